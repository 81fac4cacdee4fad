/*
 * harvest.c
 *		CALL harvest, CALL resume_harvest: the plan, the network and the tables
 *		brought together.
 *
 * Requests are under way all the time, over all the servers given; a finished
 * cell is stored in one transaction, and the client is served between its
 * batches.  While it waits for the network the backend holds no snapshot and
 * no transaction identifier: each cell is committed, and with it the run's
 * figures, so that any session sees how far it is, and a run that is cut off
 * at any moment can be resumed from the cells that it stored.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/compat.h"
#include "core/subxact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "offers/decode.h"
#include "offers/harvest.h"
#include "offers/progress.h"
#include "offers/query.h"
#include "offers/search.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "utils/array.h"
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

/* How often the tables are asked to take a cell, which may fail for a
 * deadlock or the like. */
#define STORE_TRIES 3

/* Lock class of harvests: one of a source at a time. */
#define LOCK_CLASS 0x6a6f626d

/* A request's tag. */
typedef struct Tag
{
	JmPlanAsk	ask;
	JmHarvestServer *server;
} Tag;

/* Runs a part of the preparations with a search_path that is ours. */
static void
run_pinned(void (*action) (void *arg), JmHarvest *h)
{
	ErrorData  *error = jm_try(action, h);

	if (error)
		ReThrowError(error);
}

/* ------------------------------------------------------------------------
 * Requests
 * ------------------------------------------------------------------------
 */

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
	jm_client_submit_later(h->client, server->server, "/v2/offres/search",
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
	int			n = Min(page->count, JM_PLAN_PAGE);

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
	if (page->count > JM_PLAN_PAGE)
		return "more offers than were asked for";
	if (request->status == 204 || page->count == 0)
	{
		if (*total < 0 && ask->first == 0 && request->status == 204)
			*total = 0;
		return *total < 0 ? "an empty answer without a total" : NULL;
	}
	if (!range->present)
		return "no Content-Range";
	if (range->first >= 0 && range->first != ask->first)
		return "Content-Range of another page";
	if (range->first >= 0 && range->last - range->first + 1 != page->count)
		return "Content-Range that does not fit the offers";
	if (*total >= 0 && *total < ask->first + page->count)
		return "Content-Range whose total is less than the offers";
	return *total < 0 ? "Content-Range without a total" : NULL;
}

/* The harvest must end: every further request would end like this one. */
static void
stop(JmHarvest *h, const JmRequest *request, const char *why)
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
		stop(h, request, request->message);
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
		stop(h, request, request->message);
	else if (++h->lost >= LOST_AFTER * h->nservers)
		stop(h, request, psprintf("no answer any more: %s", request->message));
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
	JmPlanRow	rows[JM_PLAN_PAGE];
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

/* ------------------------------------------------------------------------
 * Storing a cell
 * ------------------------------------------------------------------------
 */
typedef struct StoreArgs
{
	JmHarvest  *harvest;
	JmCell	   *cell;
	JmLoadCounts counts;
} StoreArgs;

static void
store_cell(void *arg)
{
	StoreArgs  *args = arg;

	args->harvest->figures.available = Max(args->harvest->figures.available,
										   args->harvest->received_before +
										   jm_plan_announced(args->harvest->plan));
	jm_harvest_store_cell(args->harvest, args->cell, &args->counts, pump);
}

/* Stores a finished cell and commits. */
static void
store(JmHarvest *h, JmCell *cell)
{
	StoreArgs	args = {h, cell};
	JmFigures	before = h->figures;
	ErrorData  *error = NULL;
	MemoryContext old = MemoryContextSwitchTo(h->scratch);

	for (int attempt = 0; attempt < STORE_TRIES; attempt++)
	{
		error = jm_try(store_cell, &args);
		if (error == NULL)
			break;
		h->figures = before;
	}
	if (error)
	{
		/* the tables refuse it: keep that, and go on with the other cells */
		JmPlanAsk	ask = {.cell_id = cell->cell_id,.last = cell->npages * JM_PLAN_PAGE - 1,
			.origin = cell->origin,.from = cell->from,.to = cell->to,
		.filter = cell->filter};
		JmRequest	none = {.server = h->servers[0].server};

		jm_harvest_note_error(h, &ask, "load", &none,
							  psprintf("%s (SQLSTATE %s)", error->message,
									   unpack_sql_state(error->sqlerrcode)));
		cell->status = JM_CELL_FAILED;
		cell->problem = "the tables refused its offers";
		cell->received = 0;
		for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		{
			if (cell->pages[p].payload)
				MemoryContextDelete(GetMemoryChunkContext(cell->pages[p].payload));
			cell->pages[p].payload = NULL;
		}
		error = jm_try(store_cell, &args);
		if (error)
			ReThrowError(error);
	}
	MemoryContextSwitchTo(old);
	jm_plan_free_cell(h->plan, cell);
	SPI_commit();
	h->committed = h->figures;
	h->errors = NIL;
	MemoryContextReset(h->error_context);
	MemoryContextReset(h->scratch);
}

/* ------------------------------------------------------------------------
 * Progress
 * ------------------------------------------------------------------------
 */
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

/* ------------------------------------------------------------------------
 * One run, from its row to its end
 * ------------------------------------------------------------------------
 */
static void
run_plan(JmHarvest *h)
{
	JmRequest  *request;
	JmCell	   *cell;

	h->client = jm_client_create(h->context, MAX_DEPTH);
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
			store(h, cell);
		report_progress(h);
		adapt_depth(h);
		MemoryContextReset(h->scratch);
		CHECK_FOR_INTERRUPTS();
	}
	jm_client_destroy(h->client);
	h->client = NULL;
}

static void
finish(JmHarvest *h)
{
	JmFigures  *f = &h->figures;
	const char *status = jm_harvest_status(h);
	ErrorData  *error;

	run_pinned(jm_harvest_end, h);
	SPI_commit();
	h->committed = *f;
	h->errors = NIL;
	h->ended = true;
	if (h->stop)
		ereport(ERROR,
				(errcode(h->stop_sqlstate ? h->stop_sqlstate : ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
				 errmsg("harvest " INT64_FORMAT " stopped: %s", h->run_id, h->stop),
				 errdetail(INT64_FORMAT " offers were received and are stored; see jobmarket.harvest_error.",
						   f->received),
				 h->stop_hint ? errhint("%s", h->stop_hint) :
				 errhint("CALL jobmarket.resume_harvest(" INT64_FORMAT ") goes on with it.", h->run_id)));
	ereport(NOTICE,
			(errmsg("harvest " INT64_FORMAT " %s: " INT64_FORMAT " offers received, " INT64_FORMAT
					" inserted, " INT64_FORMAT " updated, " INT64_FORMAT " unchanged, " INT64_FORMAT
					" withdrawn, " INT64_FORMAT " rejected; coverage %.4f; " INT64_FORMAT " requests",
					h->run_id, status, f->received, f->counts.inserted, f->counts.updated,
					f->counts.unchanged, f->withdrawn, f->counts.rejected,
	/* not rounded up to a 1 that it is not */
					floor(jm_harvest_coverage(h) * 10000) / 10000, f->requests),
			 f->bad_cells > 0 ? errdetail(INT64_FORMAT " cells could not be read whole: see harvest_cell and harvest_error.",
										  f->bad_cells) : 0,
			 f->bad_cells > 0 ? errhint("CALL jobmarket.resume_harvest(" INT64_FORMAT ") reads what is missing.",
										h->run_id) : 0));
	error = jm_try(jm_harvest_purge, h);
	if (error)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("old history was not deleted: %s", error->message)));
	SPI_commit();
}

/* Notes in the run's row that it was cut short.  Must not fail itself. */
static void
note_interrupted(JmHarvest *h)
{
	MemoryContext context = CurrentMemoryContext;

	/* requests were sent, even if what they brought is not stored */
	h->committed.requests = h->figures.requests;
	h->committed.retries = h->figures.retries;
	h->committed.throttled = h->figures.throttled;
	h->committed.bytes = h->figures.bytes;
	h->figures = h->committed;
	PG_TRY();
	{
		(void) jm_try(jm_harvest_interrupted, h);
		SPI_commit();
	}
	PG_CATCH();
	{
		/* a second cancel, say: the next harvest will mark it */
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
}

static void
lock_tag(LOCKTAG *tag, const char *source)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, LOCK_CLASS,
						 hash_bytes((const unsigned char *) source, strlen(source)), 2);
}

/*
 * Runs a harvest, prepared by begin (which makes the run's row and the plan,
 * or no plan when there is nothing to do), holding the lock of its source.
 * When it is cut short by an error or a cancel, the row says so before the
 * error goes on.
 */
static void
run_locked(JmHarvest *h, void (*begin) (void *harvest))
{
	LOCKTAG		tag;

	lock_tag(&tag, h->source);
	/* of the session, for it outlives the transactions */
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("source \"%s\" is being harvested by another session", h->source),
				 errhint("See jobmarket.harvest_progress; wait for its end, or stop it with pg_cancel_backend.")));
	PG_TRY();
	{
		run_pinned(begin, h);
		SPI_commit();
		h->committed = h->figures;
		h->started = h->last_notice = h->depth_since = GetCurrentTimestamp();
		if (h->plan)
		{
			run_plan(h);
			finish(h);
		}
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(h->context);
		error = CopyErrorData();
		FlushErrorState();
		jm_progress_end();
		if (h->client)
			jm_client_destroy(h->client);
		SPI_rollback();
		/* started is set once the row is there */
		if (h->started && h->stop == NULL && !h->ended)
			note_interrupted(h);
		(void) LockRelease(&tag, ExclusiveLock, true);
		ReThrowError(error);
	}
	PG_END_TRY();
	jm_progress_end();
	(void) LockRelease(&tag, ExclusiveLock, true);
}

/* ------------------------------------------------------------------------
 * The procedures
 * ------------------------------------------------------------------------
 */
static void
require_procedure_call(FunctionCallInfo fcinfo, const char *name)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s cannot run inside a transaction block", name),
				 errdetail("It commits after each part, so that nothing is lost when it is stopped."),
				 errhint("Call it on its own, not within BEGIN, a function, or a DO block in a transaction.")));
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("%s cannot run on a standby", name)));
}

static void
open_servers(JmHarvest *h)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(h->server_names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR,
					  &elements, &nulls, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h->servers = palloc0(sizeof(JmHarvestServer) * n);
	for (int i = 0; i < n; i++)
	{
		const char *name;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a server's name is null"),
					 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
		name = NameStr(*DatumGetName(elements[i]));
		for (int j = 0; j < i; j++)
			if (strcmp(h->servers[j].server->name, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("server \"%s\" is named twice", name),
						 errhint("Several servers are for several applications, each with its own quota.")));
		h->servers[i].server = jm_search_server(name);
	}
	h->nservers = n;
	h->source = "france_travail";
}

/* Connects to SPI; the harvest's memory is then the current one. */
static JmHarvest *
new_harvest(void)
{
	MemoryContext context;
	JmHarvest  *h;

	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* SPI's own memory outlives the commits, too */
	context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket harvest", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	h = palloc0(sizeof(JmHarvest));
	h->context = context;
	h->scratch = AllocSetContextCreate(context, "jobmarket harvest turn", ALLOCSET_DEFAULT_SIZES);
	h->error_context = AllocSetContextCreate(context, "jobmarket harvest errors", ALLOCSET_DEFAULT_SIZES);
	h->depth = MIN_DEPTH;
	return h;
}

PG_FUNCTION_INFO_V1(jobmarket_harvest);

/* harvest(servers name[], mode text, criteria jsonb): a procedure. */
Datum
jobmarket_harvest(PG_FUNCTION_ARGS)
{
	JmHarvest  *h;
	char	   *mode;
	static const char *const ours[] = {"sort", "publieeDepuis"};

	require_procedure_call(fcinfo, "jobmarket.harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h = new_harvest();
	h->server_names = PG_GETARG_ARRAYTYPE_P_COPY(0);
	mode = PG_ARGISNULL(1) ? "full" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	h->full = strcmp(mode, "full") == 0;
	if (!h->full && strcmp(mode, "incremental") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown mode \"%s\" of a harvest", mode),
				 errhint("The modes are full and incremental.")));
	h->criteria = PG_ARGISNULL(2) ? NIL : jm_criteria_parse(PG_GETARG_JSONB_P_COPY(2));
	for (int i = 0; i < lengthof(ours); i++)
		if (jm_criteria_get(h->criteria, ours[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a harvest cannot have the criterion \"%s\"", ours[i]),
					 errdetail("It cuts its search by creation date and orders it itself."),
					 errhint("Use minCreationDate and maxCreationDate, or fetch_offers.")));
	h->criteria_json = jm_criteria_json(h->criteria);
	open_servers(h);
	run_locked(h, jm_harvest_begin);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(jobmarket_resume_harvest);

/* resume_harvest(run_id bigint): a procedure. */
Datum
jobmarket_resume_harvest(PG_FUNCTION_ARGS)
{
	JmHarvest  *h;

	require_procedure_call(fcinfo, "jobmarket.resume_harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the run to resume is null"),
				 errhint("See jobmarket.harvest_run.")));
	h = new_harvest();
	h->run_id = PG_GETARG_INT64(0);
	run_pinned(jm_harvest_find, h);
	open_servers(h);
	run_locked(h, jm_harvest_resume);
	SPI_finish();
	PG_RETURN_VOID();
}
