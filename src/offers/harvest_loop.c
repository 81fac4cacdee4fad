/*
 * harvest_loop.c
 *		The loop of a harvest: the plan, the network and the tables brought
 *		together.
 *
 * Requests are under way all the time, over all the servers given; a finished
 * cell is stored in one transaction, and the client is served between its
 * batches.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "offers/harvest.h"
#include "offers/progress.h"
#include "offers/query.h"
#include "offers/search.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * Requests under way or answered and not yet dealt with: as few as keep the
 * loader busy, for what is not stored is lost when the harvest is cut off; more
 * where a distant API would not give its quota's worth otherwise.
 */
#define MIN_DEPTH 6
#define MAX_DEPTH 32
#define DEPTH_STEP 4

/* Requests in a row without an answer, after which the network counts as lost. */
#define LOST_AFTER 12

/* Refusals of its credentials in a row after which a server is given up. */
#define REFUSED_AFTER 4

#define NOTICE_EVERY_MS 5000

/* A request's tag. */
typedef struct Tag
{
	JmPlanAsk	ask;
	JmHarvestServer *server;
} Tag;

/* The server with the least to do for its quota. */
static JmHarvestServer *
choose_server(JmHarvest *h)
{
	JmHarvestServer *best = NULL;

	for (int s = 0; s < h->nservers; s++)
	{
		JmHarvestServer *it = &h->servers[s];

		if (!it->given_up &&
			(best == NULL || (it->load + 1) / it->server->requests_per_second <
			 (best->load + 1) / best->server->requests_per_second))
			best = it;
	}
	return best;
}

static void
submit(JmHarvest *h, const JmPlanAsk *ask, JmHarvestServer *server)
{
	MemoryContext old = MemoryContextSwitchTo(h->scratch);
	Tag		   *tag = MemoryContextAlloc(h->context, sizeof(Tag));
	List	   *criteria = jm_harvest_window(h, ask->origin, ask->from, ask->to, &ask->filter);

	tag->ask = *ask;
	tag->server = server;
	criteria = jm_criteria_set(criteria, "sort", "1");
	jm_client_submit(h->client, server->server, "/v2/offres/search",
					 jm_criteria_query(criteria, ask->first, ask->last), tag,
					 ask->pause_ms);
	server->load++;
	MemoryContextSwitchTo(old);
}

static void
fill(JmHarvest *h)
{
	JmPlanAsk	ask;
	JmHarvestServer *server = choose_server(h);

	while (h->stop == NULL && server &&
		   jm_client_pending(h->client) + list_length(h->answered) < h->depth &&
		   jm_plan_next(h->plan, &ask))
	{
		submit(h, &ask, server);
		server = choose_server(h);
	}
}

/* Lets transfers go on while a cell is being stored; does not wait. */
static void
pump(void *harvest)
{
	JmHarvest  *h = harvest;
	JmRequest  *request;

	while ((request = jm_client_wait(h->client, 0)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(h->context);

		h->answered = lappend(h->answered, request);
		MemoryContextSwitchTo(old);
	}
	fill(h);
}

/*
 * Rows of a page, as the plan wants them.  *problem: what is wrong with the
 * first of those that cannot be read; *unreadable: how many these are.
 */
static int
page_rows(const JmOfferPage *page, JmPlanRow *rows, const char **problem, int *unreadable)
{
	int			n = Min(page->count, JM_API_PAGE);

	*unreadable = 0;
	for (int i = 0; i < n; i++)
	{
		const JmOfferHead *head = &page->offers[i].head;

		rows[i].readable = head->problem == NULL;
		rows[i].created = head->has_created ? head->created : PG_INT64_MIN;
		rows[i].id = head->id ? hash_bytes_extended((unsigned char *) head->id,
													strlen(head->id), 0) : 0;
		if (head->problem && (*unreadable)++ == 0)
			*problem = head->id ? psprintf("%s (offer %s)", head->problem, head->id) : head->problem;
	}
	return n;
}

/* What is wrong with an answer's envelope, or NULL; *total is what it tells. */
static const char *
check_envelope(const JmRequest *request, const JmPlanAsk *ask, const JmOfferPage *page, int64 *total)
{
	const JmContentRange *range = &request->range;

	*total = range->present ? range->total : -1;
	if (page->count > JM_API_PAGE)
		return "more offers than were asked for";
	if (request->status == 204 || page->count == 0)
	{
		if (*total < 0 && ask->first == 0 && request->status == 204)
			*total = 0;
		return *total < 0 ? "an empty answer without a total" : NULL;
	}
	if (!range->present)
		return "no Content-Range that makes sense";
	if (range->first >= 0 && range->first != ask->first)
		return "Content-Range of another page";
	if (range->first >= 0 && range->last - range->first + 1 != page->count)
		return "Content-Range that does not fit the offers";
	if (*total >= 0 && *total < ask->first + page->count)
		return "Content-Range whose total is less than the offers";
	return *total < 0 ? "Content-Range without a total" : NULL;
}

/* The harvest must end: every further request would end like this one. */
void
jm_harvest_stop(JmHarvest *h, const JmRequest *request, const char *why)
{
	if (h->stop)
		return;
	h->stop = MemoryContextStrdup(h->context, why);
	h->stop_sqlstate = request->sqlstate;
	h->stop_hint = request->hint ? MemoryContextStrdup(h->context, request->hint) : NULL;
}

/*
 * A server does not accept our credentials.  Wrong ones stay wrong; a token
 * that is refused now and then is the server's slip.
 */
static void
refused(JmHarvest *h, JmHarvestServer *server, const JmRequest *request)
{
	int			left = 0;

	if (server->given_up)
		return;
	if (++server->refused < REFUSED_AFTER && request->sqlstate != ERRCODE_INVALID_PASSWORD &&
		request->status != 403)
		return;
	server->given_up = true;
	for (int s = 0; s < h->nservers; s++)
		left += !h->servers[s].given_up;
	if (left == 0)
		jm_harvest_stop(h, request, request->message);
	else
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("harvest goes on without server \"%s\": %s",
						request->server->name, request->message),
				 request->hint ? errhint("%s", request->hint) : 0));
}

/* An answer that cannot be used: one more try, or the end of the harvest. */
static void
no_answer(JmHarvest *h, Tag *tag, const JmRequest *request)
{
	jm_harvest_note_error(h, &tag->ask, "request", request, request->message);
	if (request->outcome == JM_UNAUTHORISED)
		refused(h, tag->server, request);
	else if (request->outcome == JM_REFUSED && h->figures.received == 0 && !h->resumed)
		jm_harvest_stop(h, request, request->message);
	else if (++h->lost >= LOST_AFTER * h->nservers)
		jm_harvest_stop(h, request, psprintf("no answer any more: %s", request->message));
	jm_plan_no_answer(h->plan, &tag->ask);
}

/* The answer's offers in memory of their own, or NULL and why not. */
static JmOfferPage *
read_page(JmHarvest *h, const JmRequest *request, const char **problem)
{
	MemoryContext context = AllocSetContextCreate(h->context, "jobmarket page", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	JmOfferPage *page = palloc(sizeof(JmOfferPage));
	ErrorData  *error = jm_search_offers(request, page);

	MemoryContextSwitchTo(old);
	if (error == NULL)
		return page;
	*problem = pstrdup(error->message);
	MemoryContextDelete(context);
	return NULL;
}

static void
use_answer(JmHarvest *h, const JmPlanAsk *ask, const JmRequest *request)
{
	JmPlanRow	rows[JM_API_PAGE];
	const char *problem = NULL;
	int64		total = -1;
	int			unreadable;
	int			nrows;
	JmPlanAsk	answered;
	JmOfferPage *page = read_page(h, request, &problem);

	if (page && problem == NULL)
		problem = check_envelope(request, ask, page, &total);
	if (problem)
	{
		jm_harvest_note_error(h, ask, "page", request, problem);
		if (page)
			MemoryContextDelete(GetMemoryChunkContext(page));
		jm_plan_no_answer(h->plan, ask);
		return;
	}
	if (page->repairs > 0)
		jm_harvest_note_error(h, ask, "page", request,
							  psprintf("%zu characters that are not text were replaced",
									   page->repairs));
	nrows = page_rows(page, rows, &problem, &unreadable);
	if (unreadable > 0)
		jm_harvest_note_error(h, ask, "page", request,
							  unreadable == 1 ? psprintf("an offer that cannot be read: %s", problem) :
							  psprintf("%d offers that cannot be read, the first: %s", unreadable, problem));
	/* characters cut on the way would change an offer's content */
	answered = *ask;
	answered.doubtful = page->repairs > 0;
	jm_plan_answer(h->plan, &answered, total, rows, nrows, page);
}

static void
deal_with(JmHarvest *h, JmRequest *request)
{
	Tag		   *tag = request->tag;
	JmFigures  *f = &h->figures;
	MemoryContext old = MemoryContextSwitchTo(h->scratch);

	tag->server->load--;
	f->requests += request->attempts;
	f->retries += Max(request->attempts - 1, 0);
	f->throttled += request->throttled;
	f->bytes += request->bytes;
	if (request->outcome != JM_OK)
		no_answer(h, tag, request);
	else
	{
		h->lost = 0;
		tag->server->refused = 0;
		use_answer(h, &tag->ask, request);
	}
	MemoryContextSwitchTo(old);
	pfree(tag);
	jm_request_free(request);
}

/*
 * More requests at once where the time goes by in waiting and the quota is not
 * used up; fewer where the loader has enough to do.
 */
static void
adapt_depth(JmHarvest *h)
{
	TimestampTz now = GetCurrentTimestamp();
	double		seconds = (now - h->depth_since) / 1e6;
	double		quota = 0;

	h->depth_answers++;
	if (seconds < 1)
		return;
	for (int s = 0; s < h->nservers; s++)
		quota += h->servers[s].given_up ? 0 : h->servers[s].server->requests_per_second;
	if (h->depth_waited > 0.5 * seconds && h->depth_answers < 0.9 * quota * seconds)
		h->depth = Min(h->depth + DEPTH_STEP, MAX_DEPTH);
	else if (h->depth_waited < 0.2 * seconds)
		h->depth = Max(h->depth - DEPTH_STEP, MIN_DEPTH);
	jm_plan_set_depth(h->plan, h->depth);
	h->depth_since = now;
	h->depth_answers = 0;
	h->depth_waited = 0;
}

static void
report_progress(JmHarvest *h)
{
	TimestampTz now = GetCurrentTimestamp();
	JmFigures  *f = &h->figures;
	double		seconds = (now - h->started) / 1e6;
	double		rate = seconds > 0 ? (f->received - h->received_before) / seconds : 0;
	double		percent = f->available > 0 ? Min(100.0 * f->received / f->available, 100.0) : 0;
	char		line[256];
	char		left[64];

	if (rate > 0 && f->available > f->received)
		snprintf(left, sizeof(left), "about %.0f s left", (f->available - f->received) / rate);
	else
		snprintf(left, sizeof(left), "%s", f->received > 0 ? "ending" : "beginning");
	snprintf(line, sizeof(line),
			 "harvest " INT64_FORMAT ": %.0f %%, " INT64_FORMAT " of " INT64_FORMAT
			 " offers, %.0f/s, " INT64_FORMAT " requests, " INT64_FORMAT " throttled, %s",
			 h->run_id, percent, f->received, f->available, rate, f->requests, f->throttled, left);
	pgstat_report_activity(STATE_RUNNING, line);
	jm_progress_set(h);
	if (!TimestampDifferenceExceeds(h->last_notice, now, NOTICE_EVERY_MS))
		return;
	h->last_notice = now;
	ereport(NOTICE, (errmsg_internal("%s", line)));
}

/* Asks, reads and stores until the plan is finished or the harvest must stop. */
void
jm_harvest_run_plan(JmHarvest *h)
{
	JmRequest  *request;
	JmCell	   *cell;

	h->client = jm_client_create(h->context, MAX_DEPTH);
	h->depth = MIN_DEPTH;
	h->depth_since = GetCurrentTimestamp();
	jm_plan_set_depth(h->plan, h->depth);
	while (h->stop == NULL && !jm_plan_finished(h->plan))
	{
		fill(h);
		if (h->answered != NIL)
		{
			request = linitial(h->answered);
			h->answered = list_delete_first(h->answered);
		}
		else
		{
			TimestampTz before = GetCurrentTimestamp();

			request = jm_client_wait(h->client, -1);
			h->depth_waited += (GetCurrentTimestamp() - before) / 1e6;
		}
		if (request)
			deal_with(h, request);
		while ((cell = jm_plan_ready(h->plan)) != NULL)
			jm_harvest_take_cell(h, cell, pump);
		report_progress(h);
		adapt_depth(h);
		MemoryContextReset(h->scratch);
		CHECK_FOR_INTERRUPTS();
	}
	jm_client_destroy(h->client);
	h->client = NULL;
}
