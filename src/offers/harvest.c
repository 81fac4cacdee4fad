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

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/compat.h"
#include "core/subxact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "http/http.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "offers/decode.h"
#include "offers/iso8601.h"
#include "offers/load.h"
#include "offers/plan.h"
#include "offers/query.h"
#include "offers/search.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Requests under way or answered and not yet dealt with. */
#define IN_FLIGHT 8

/* Requests in a row without an answer, after which the network counts as lost. */
#define LOST_AFTER 12

#define NOTICE_EVERY_MS 5000

/* No offer is older; it is also before the API's clock could put one. */
#define EARLIEST INT64CONST(946684800)	/* 2000-01-01 */
#define DAY 86400

/* How far an incremental harvest reaches back before the last complete one:
 * the API's clock shift, and more. */
#define INCREMENTAL_MARGIN (3 * 3600)

/* Lock class of harvests: one of a source at a time. */
#define LOCK_CLASS 0x6a6f626d

typedef struct Harvest
{
	MemoryContext context;
	int64		run_id;
	bool		full;
	char	   *source;
	List	   *criteria;
	char	   *criteria_json;
	JmServer  **servers;
	int			nservers;
	int		   *load;			/* requests under way for each */
	char	  **departements;
	int			ndepartements;
	char	  **romes;
	int			nromes;
	int64		from,
				to;
	JmPlan	   *plan;
	JmClient   *client;
	List	   *answered;		/* requests not dealt with yet */
	List	   *errors;			/* PendingError, to be stored with the next
								 * cell */
	int			lost;			/* requests without an answer in a row */
	char	   *stop;			/* why it must end early */

	/* figures, as in harvest_run */
	int64		available;
	int			counted;		/* bits: origins whose total is known */
	int64		received;
	JmLoadCounts counts;
	int64		requests;
	int64		retries;
	int64		throttled;
	int64		bytes;
	int64		expected_cells; /* over finished cells */
	int64		received_cells;
	int64		bad_cells;
	int64		withdrawn;
	TimestampTz started;
	TimestampTz last_notice;
	int64		done_before;	/* received by the run before it was resumed */
} Harvest;

/* A request's tag. */
typedef struct Tag
{
	JmPlanAsk	ask;
	int			server;
	bool		counts_total;	/* counts a span that no filter limits */
} Tag;

/* What a page's payload is: the parsed page in memory of its own. */
typedef struct Payload
{
	MemoryContext context;
	JmPage		page;
} Payload;

typedef struct PendingError
{
	int64		cell_id;
	const char *stage;
	int			status;
	char	   *message;
	char	   *detail;			/* JSON */
} PendingError;

/* ------------------------------------------------------------------------
 * Criteria of a request
 * ------------------------------------------------------------------------
 */
static char *
join(char **list, int first, int count)
{
	StringInfoData joined;

	initStringInfo(&joined);
	for (int i = first; i < first + count; i++)
		appendStringInfo(&joined, "%s%s", i > first ? "," : "", list[i]);
	return joined.data;
}

static List *
window_criteria(Harvest *h, int origin, int64 from, int64 to, const JmPlanFilter *filter)
{
	char		instant[JM_ISO8601_SIZE];
	List	   *criteria = h->criteria;

	if (origin)
		criteria = jm_criteria_set(criteria, "origineOffre", origin == 1 ? "1" : "2");
	jm_iso8601_format(from, instant);
	criteria = jm_criteria_set(criteria, "minCreationDate", instant);
	jm_iso8601_format(to, instant);
	criteria = jm_criteria_set(criteria, "maxCreationDate", instant);
	if (filter->domain)
		criteria = jm_criteria_set(criteria, "grandDomaine", psprintf("%c", filter->domain));
	if (filter->departement_count)
		criteria = jm_criteria_set(criteria, "departement",
								   join(h->departements, filter->departement_first,
										filter->departement_count));
	if (filter->rome_count)
		criteria = jm_criteria_set(criteria, "codeROME",
								   join(h->romes, filter->rome_first, filter->rome_count));
	return criteria;
}

/* ------------------------------------------------------------------------
 * Errors, kept until the next transaction
 * ------------------------------------------------------------------------
 */
static void
note_error(Harvest *h, const JmPlanAsk *ask, const char *stage, const JmRequest *request,
		   const char *message)
{
	MemoryContext old = MemoryContextSwitchTo(h->context);
	PendingError *error = palloc(sizeof(PendingError));
	StringInfoData detail;
	List	   *criteria = window_criteria(h, ask->origin, ask->from, ask->to, &ask->filter);

	initStringInfo(&detail);
	appendStringInfo(&detail, "{\"criteria\": %s, \"range\": \"%d-%d\", \"server\": ",
					 jm_criteria_json(criteria), ask->first, ask->last);
	escape_json(&detail, request->server->name);
	if (request->error_code)
	{
		appendStringInfoString(&detail, ", \"codeErreur\": ");
		escape_json(&detail, request->error_code);
	}
	appendStringInfoChar(&detail, '}');
	error->cell_id = ask->cell_id;
	error->stage = stage;
	error->status = request->status;
	error->message = pstrdup(message);
	error->detail = detail.data;
	h->errors = lappend(h->errors, error);
	MemoryContextSwitchTo(old);
}

static void
execute(const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	int			result = SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0);

	if (result < 0)
		elog(ERROR, "harvest statement failed: %s", SPI_result_code_string(result));
}

static void
store_errors(Harvest *h)
{
	ListCell   *lc;

	foreach(lc, h->errors)
	{
		PendingError *e = lfirst(lc);
		Oid			types[6] = {INT8OID, INT8OID, TEXTOID, INT4OID, TEXTOID, TEXTOID};
		Datum		values[6];
		char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

		values[0] = Int64GetDatum(h->run_id);
		values[1] = Int64GetDatum(e->cell_id);
		nulls[1] = e->cell_id ? ' ' : 'n';
		values[2] = CStringGetTextDatum(e->stage);
		values[3] = Int32GetDatum(e->status);
		nulls[3] = e->status ? ' ' : 'n';
		values[4] = CStringGetTextDatum(e->message);
		values[5] = CStringGetTextDatum(e->detail);
		execute("INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, http_status, message, detail) "
				"VALUES ($1, $2, $3, $4, $5, $6::jsonb)", 6, types, values, nulls);
	}
}

/* Writes the run's figures; status NULL leaves it running. */
static void
store_figures(Harvest *h, const char *status, const char *message, double coverage)
{
	Oid			types[15] = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
	INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, FLOAT8OID, INT8OID};
	Datum		values[15];
	char		nulls[15];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int64GetDatum(h->available);
	values[2] = Int64GetDatum(h->received);
	values[3] = Int64GetDatum(h->counts.inserted);
	values[4] = Int64GetDatum(h->counts.updated);
	values[5] = Int64GetDatum(h->counts.unchanged);
	values[6] = Int64GetDatum(h->counts.rejected);
	values[7] = Int64GetDatum(h->requests);
	values[8] = Int64GetDatum(h->retries);
	values[9] = Int64GetDatum(h->throttled);
	values[10] = Int64GetDatum(h->bytes);
	values[11] = status ? CStringGetTextDatum(status) : (Datum) 0;
	nulls[11] = status ? ' ' : 'n';
	values[12] = message ? CStringGetTextDatum(message) : (Datum) 0;
	nulls[12] = message ? ' ' : 'n';
	values[13] = Float8GetDatum(coverage);
	nulls[13] = coverage >= 0 ? ' ' : 'n';
	values[14] = Int64GetDatum(h->withdrawn);
	execute("UPDATE jobmarket.harvest_run SET offers_available = $2, offers_received = $3, "
			"inserted = $4, updated = $5, unchanged = $6, rejected = $7, requests = $8, "
			"retries = $9, throttled = $10, bytes = $11, status = coalesce($12, status), "
			"message = $13, coverage = $14, withdrawn = $15, "
			"finished_at = CASE WHEN $12 IS NULL THEN NULL ELSE clock_timestamp() END "
			"WHERE run_id = $1", 15, types, values, nulls);
}

/* ------------------------------------------------------------------------
 * Requests
 * ------------------------------------------------------------------------
 */
static void
submit(Harvest *h, const JmPlanAsk *ask)
{
	MemoryContext old = MemoryContextSwitchTo(h->context);
	Tag		   *tag = palloc(sizeof(Tag));
	List	   *criteria = window_criteria(h, ask->origin, ask->from, ask->to, &ask->filter);
	char	   *query;
	int			best = 0;

	/* the server with the least to do for its quota */
	for (int s = 1; s < h->nservers; s++)
		if ((h->load[s] + 1) / h->servers[s]->requests_per_second <
			(h->load[best] + 1) / h->servers[best]->requests_per_second)
			best = s;
	tag->ask = *ask;
	tag->server = best;
	tag->counts_total = ask->probe && ask->page == 0 && ask->filter.domain == 0;
	criteria = jm_criteria_set(criteria, "sort", "1");
	query = jm_criteria_query(criteria, ask->first, ask->last);
	jm_client_submit(h->client, h->servers[best], "/v2/offres/search", query, tag);
	h->load[best]++;
	pfree(query);
	MemoryContextSwitchTo(old);
}

static void
fill(Harvest *h)
{
	JmPlanAsk	ask;

	while (h->stop == NULL &&
		   jm_client_pending(h->client) + list_length(h->answered) < IN_FLIGHT &&
		   jm_plan_next(h->plan, &ask))
		submit(h, &ask);
}

/* Lets transfers go on while a cell is being stored; does not wait. */
static void
pump(Harvest *h)
{
	JmRequest  *request;

	while ((request = jm_client_wait(h->client, 0)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(h->context);

		h->answered = lappend(h->answered, request);
		MemoryContextSwitchTo(old);
	}
	fill(h);
}

static void
drop_payload(void *context, void *p)
{
	Payload    *payload = p;

	if (payload)
		MemoryContextDelete(payload->context);
}

static void *
plan_alloc(void *context, size_t size)
{
	return MemoryContextAlloc(context, size);
}

static void
plan_free(void *context, void *p)
{
	pfree(p);
}

/* Rows of a page, as the plan wants them; also notes those that are no offers. */
static int
page_rows(Harvest *h, const Tag *tag, const JmRequest *request, const JmPage *page, JmPlanRow *rows)
{
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	int			n = 0;

	if (page->offers == NULL)
		return 0;
	it = JsonbIteratorInit(page->offers);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE && n < JM_PLAN_PAGE)
	{
		JmOfferHead head;

		if (token != WJB_ELEM)
			continue;
		jm_offer_head(&v, &head);
		rows[n].readable = head.problem == NULL;
		rows[n].created = head.has_created ? head.created : PG_INT64_MIN;
		rows[n].id = head.id ? hash_bytes_extended((unsigned char *) head.id,
												   strlen(head.id), 0) : 0;
		if (head.problem)
			note_error(h, &tag->ask, "decode", request,
					   head.id ? psprintf("%s (offer %s)", head.problem, head.id) : head.problem);
		n++;
	}
	return n;
}

/* What is wrong with an answer's envelope, or NULL; *total is what it tells. */
static const char *
check_envelope(const JmRequest *request, const JmPlanAsk *ask, const JmPage *page, int64 *total)
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
	return *total < 0 ? "Content-Range without a total" : NULL;
}

/* An answer that cannot be used: one more try, or the end of the harvest. */
static void
no_answer(Harvest *h, Tag *tag, const JmRequest *request)
{
	note_error(h, &tag->ask, "request", request, request->message);
	if (request->outcome == JM_UNAUTHORISED || request->outcome == JM_REFUSED)
	{
		/* the same for every request of that server */
		if (h->nservers > 1 && request->outcome == JM_UNAUTHORISED)
		{
			ereport(WARNING,
					(errcode(ERRCODE_WARNING),
					 errmsg("harvest goes on without server \"%s\": %s",
							request->server->name, request->message)));
			for (int s = 0; s < h->nservers; s++)
				if (h->servers[s] == request->server)
				{
					h->nservers--;
					h->servers[s] = h->servers[h->nservers];
					h->load[s] = h->load[h->nservers];
					break;
				}
		}
		else if (h->received == 0 || request->outcome == JM_UNAUTHORISED)
			h->stop = MemoryContextStrdup(h->context, request->message);
	}
	else if (++h->lost >= LOST_AFTER * h->nservers)
		h->stop = MemoryContextStrdup(h->context,
									  psprintf("no answer any more: %s", request->message));
	jm_plan_no_answer(h->plan, &tag->ask);
}

static void
deal_with(Harvest *h, JmRequest *request)
{
	Tag		   *tag = request->tag;
	Payload    *payload;
	MemoryContext context;
	MemoryContext old;
	JmPlanRow	rows[JM_PLAN_PAGE];
	ErrorData  *error;
	const char *problem;
	int64		total = -1;
	int			nrows;

	for (int s = 0; s < h->nservers; s++)
		if (h->servers[s] == request->server)
			h->load[s]--;
	h->requests += request->attempts;
	h->retries += Max(request->attempts - 1, 0);
	h->throttled += request->throttled;
	h->bytes += request->bytes;

	if (request->outcome != JM_OK)
		no_answer(h, tag, request);
	else
	{
		h->lost = 0;
		context = AllocSetContextCreate(h->context, "jobmarket page", ALLOCSET_DEFAULT_SIZES);
		old = MemoryContextSwitchTo(context);
		payload = palloc0(sizeof(Payload));
		payload->context = context;
		error = jm_search_page(request, &payload->page);
		problem = error ? error->message :
			check_envelope(request, &tag->ask, &payload->page, &total);
		if (problem)
		{
			note_error(h, &tag->ask, "page", request, problem);
			MemoryContextSwitchTo(old);
			MemoryContextDelete(context);
			jm_plan_no_answer(h->plan, &tag->ask);
		}
		else
		{
			if (payload->page.repairs > 0)
				note_error(h, &tag->ask, "page", request,
						   psprintf("%zu characters that are not text were replaced",
									payload->page.repairs));
			nrows = page_rows(h, tag, request, &payload->page, rows);
			MemoryContextSwitchTo(old);
			if (tag->counts_total && tag->ask.from == h->from &&
				(h->counted & (1 << tag->ask.origin)) == 0)
			{
				h->counted |= 1 << tag->ask.origin;
				h->available += total;
			}
			jm_plan_answer(h->plan, &tag->ask, total, rows, nrows, payload);
		}
	}
	pfree(tag);
	jm_request_free(request);
}

/* ------------------------------------------------------------------------
 * Storing a cell
 * ------------------------------------------------------------------------
 */
typedef struct StoreArgs
{
	Harvest    *harvest;
	JmCell	   *cell;
	JmLoadCounts counts;
} StoreArgs;

static const char *
status_name(JmCellStatus status)
{
	switch (status)
	{
		case JM_CELL_COMPLETE:
			return "complete";
		case JM_CELL_SPLIT:
			return "split";
		case JM_CELL_TRUNCATED:
			return "truncated";
		default:
			return "failed";
	}
}

static void
store_cell(void *arg)
{
	StoreArgs  *args = arg;
	Harvest    *h = args->harvest;
	JmCell	   *cell = args->cell;
	Oid			types[10] = {INT8OID, INT8OID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTOID,
	INT4OID, INT8OID, TEXTOID};
	Datum		values[10];
	char		nulls[10];
	JmLoader   *loader = jm_loader_create(h->source, h->run_id, cell->cell_id);

	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
	{
		Payload    *payload = cell->pages[p].payload;

		if (payload && payload->page.offers)
		{
			jm_loader_add(loader, payload->page.offers);
			pump(h);
		}
	}
	jm_loader_finish(loader, &args->counts);

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int64GetDatum(cell->cell_id);
	values[2] = CStringGetTextDatum(jm_criteria_json(window_criteria(h, cell->origin, cell->from,
																	 cell->to, &cell->filter)));
	values[3] = Int64GetDatum(cell->expected);
	values[4] = Int64GetDatum(cell->received);
	values[5] = Int32GetDatum(cell->npages);
	values[6] = CStringGetTextDatum(status_name(cell->status));
	values[7] = Int32GetDatum(cell->moves + 1);
	values[8] = Int64GetDatum(cell->parent_id);
	nulls[8] = cell->parent_id ? ' ' : 'n';
	nulls[9] = cell->problem ? ' ' : 'n';
	values[9] = cell->problem ? CStringGetTextDatum(cell->problem) : (Datum) 0;
	execute("INSERT INTO jobmarket.harvest_cell (run_id, cell_id, criteria, expected, received, "
			"pages, status, attempts, parent_cell_id, message, finished_at) "
			"VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())",
			10, types, values, nulls);
	store_errors(h);
	if (cell->status == JM_CELL_COMPLETE)
		execute("UPDATE jobmarket.harvest_error SET resolved_at = clock_timestamp() "
				"WHERE run_id = $1 AND cell_id = $2 AND resolved_at IS NULL AND stage IN ('request', 'page', 'decode')",
				2, types, values, NULL);
}

static void
add_counts(Harvest *h, const JmCell *cell, const JmLoadCounts *counts)
{
	h->received += counts->received;
	h->counts.inserted += counts->inserted;
	h->counts.updated += counts->updated;
	h->counts.unchanged += counts->unchanged;
	h->counts.rejected += counts->rejected;
	h->bad_cells += cell->status == JM_CELL_FAILED || cell->status == JM_CELL_TRUNCATED;
	/* the parts of a split cell are counted themselves */
	if (cell->status == JM_CELL_SPLIT || (cell->npages == 0 && cell->expected > 0 &&
										  cell->received > 0))
		return;
	h->expected_cells += cell->expected;
	h->received_cells += cell->received;
}

static void
figures(void *arg)
{
	store_figures(arg, NULL, NULL, -1);
}

/* Stores a finished cell and commits. */
static void
store(Harvest *h, JmCell *cell)
{
	StoreArgs	args = {h, cell};
	ErrorData  *error = NULL;
	MemoryContext work = AllocSetContextCreate(h->context, "jobmarket cell",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);

	for (int attempt = 1; attempt <= 3; attempt++)
	{
		memset(&args.counts, 0, sizeof(args.counts));
		error = jm_try(store_cell, &args);
		if (error == NULL)
			break;
	}
	if (error)
	{
		/* the tables refused it: keep that, and go on with the other cells */
		PendingError *e;

		MemoryContextSwitchTo(h->context);
		e = palloc0(sizeof(PendingError));
		e->cell_id = cell->cell_id;
		e->stage = "load";
		e->message = pstrdup(error->message);
		e->detail = psprintf("{\"sqlstate\": \"%s\"}", unpack_sql_state(error->sqlerrcode));
		h->errors = lappend(h->errors, e);
		MemoryContextSwitchTo(work);
		cell->status = JM_CELL_FAILED;
		cell->problem = "the tables refused its offers";
		cell->received = 0;
		for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		{
			drop_payload(NULL, cell->pages[p].payload);
			cell->pages[p].payload = NULL;
		}
		error = jm_try(store_cell, &args);
		if (error)
			ReThrowError(error);
	}
	h->errors = NIL;
	add_counts(h, cell, &args.counts);
	error = jm_try(figures, h);
	if (error)
		ReThrowError(error);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	jm_plan_free_cell(h->plan, cell);
	SPI_commit();
}

/* ------------------------------------------------------------------------
 * Progress
 * ------------------------------------------------------------------------
 */
static void
report_progress(Harvest *h, bool always)
{
	TimestampTz now = GetCurrentTimestamp();
	double		seconds = (now - h->started) / 1e6;
	double		rate = seconds > 0 ? (h->received - h->done_before) / seconds : 0;
	double		percent = h->available > 0 ? Min(100.0 * h->received / h->available, 100.0) : 0;
	char	   *line;

	if (!always && !TimestampDifferenceExceeds(h->last_notice, now, NOTICE_EVERY_MS))
		return;
	h->last_notice = now;
	line = psprintf("harvest " INT64_FORMAT ": %.0f %%, " INT64_FORMAT " of " INT64_FORMAT
					" offers, %.0f/s, " INT64_FORMAT " requests, " INT64_FORMAT " throttled, %s",
					h->run_id, percent, h->received, h->available, rate, h->requests, h->throttled,
					rate > 0 && h->available > h->received ?
					psprintf("about %.0f s left", (h->available - h->received) / rate) : "ending");
	pgstat_report_activity(STATE_RUNNING, line);
	ereport(NOTICE, (errmsg_internal("%s", line)));
	pfree(line);
}

/* ------------------------------------------------------------------------
 * Beginning
 * ------------------------------------------------------------------------
 */

/* One column of texts. */
static char **
text_column(Harvest *h, const char *sql, int *n)
{
	char	  **list;
	MemoryContext old;

	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a list of codes");
	*n = (int) SPI_processed;
	old = MemoryContextSwitchTo(h->context);
	list = palloc(sizeof(char *) * (*n + 1));
	for (int i = 0; i < *n; i++)
		list[i] = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
	for (int i = 0; i < *n; i++)
		list[i] = pstrdup(list[i]);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return list;
}

static void
lock_source(const char *source)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_CLASS,
						 hash_bytes((const unsigned char *) source, strlen(source)), 2);
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("source \"%s\" is being harvested by another session", source),
				 errhint("See jobmarket.harvest_progress; wait for its end, or stop it with pg_cancel_backend.")));
}

static void
unlock_source(const char *source)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_CLASS,
						 hash_bytes((const unsigned char *) source, strlen(source)), 2);
	(void) LockRelease(&tag, ExclusiveLock, true);
}

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
}

static void
open_servers(Harvest *h, ArrayType *names)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &elements, &nulls, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h->servers = palloc(sizeof(JmServer *) * n);
	h->load = palloc0(sizeof(int) * n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a server's name is null")));
		for (int j = 0; j < i; j++)
			if (strcmp(h->servers[j]->name, NameStr(*DatumGetName(elements[i]))) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("server \"%s\" is named twice", h->servers[j]->name)));
		h->servers[i] = jm_server_open(NameStr(*DatumGetName(elements[i])));
		if (strcmp(h->servers[i]->provider, "france_travail") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("server \"%s\" serves no offers", h->servers[i]->name),
					 errdetail("Its provider is \"%s\".", h->servers[i]->provider)));
	}
	h->nservers = n;
	h->source = "france_travail";
}

/* Limits of the sweep: the criteria's own dates, or all that there can be. */
static void
set_window(Harvest *h)
{
	const char *from = jm_criteria_get(h->criteria, "minCreationDate");
	const char *to = jm_criteria_get(h->criteria, "maxCreationDate");
	int64_t		us;

	h->from = EARLIEST;
	/* the API's clock may read the bound up to two hours early */
	h->to = timestamptz_to_time_t(GetCurrentTimestamp()) + DAY;
	if (from && jm_iso8601_parse(from, strlen(from), &us))
		h->from = us / 1000000;
	if (to && jm_iso8601_parse(to, strlen(to), &us))
		h->to = us / 1000000;
	if (!h->full && from == NULL)
	{
		Oid			types[2] = {TEXTOID, TEXTOID};
		Datum		values[2];
		bool		isnull;

		values[0] = CStringGetTextDatum(h->source);
		values[1] = CStringGetTextDatum(h->criteria_json);
		execute("SELECT extract(epoch FROM max(started_at))::float8 FROM jobmarket.harvest_run "
				"WHERE source = $1 AND criteria = $2::jsonb AND status = 'complete'",
				2, types, values, NULL);
		values[0] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		if (isnull)
			ereport(NOTICE,
					(errmsg("no complete harvest of these criteria yet: all offers are read")));
		else
			h->from = (int64) DatumGetFloat8(values[0]) - INCREMENTAL_MARGIN;
	}
}

static void
insert_run(Harvest *h, ArrayType *names)
{
	Oid			types[7] = {TEXTOID, NAMEARRAYOID, TEXTOID, TEXTOID, INT4OID, FLOAT8OID, FLOAT8OID};
	Datum		values[7];
	bool		isnull;

	values[0] = CStringGetTextDatum(h->full ? "full" : "incremental");
	values[1] = PointerGetDatum(names);
	values[2] = CStringGetTextDatum(h->criteria_json);
	values[3] = CStringGetTextDatum(h->source);
	values[4] = Int32GetDatum(MyProcPid);
	values[5] = Float8GetDatum((double) h->from);
	values[6] = Float8GetDatum((double) h->to);
	execute("INSERT INTO jobmarket.harvest_run (mode, servers, criteria, source, pid, window_from, window_to) "
			"VALUES ($1, $2, $3::jsonb, $4, $5, to_timestamp($6), to_timestamp($7)) RETURNING run_id",
			7, types, values, NULL);
	h->run_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* The run to go on with instead of a new one, or 0. */
static int64
find_interrupted(Harvest *h)
{
	Oid			types[3] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[3];
	bool		isnull;

	values[0] = CStringGetTextDatum(h->source);
	values[1] = CStringGetTextDatum(h->full ? "full" : "incremental");
	values[2] = CStringGetTextDatum(h->criteria_json);
	/* we hold the lock: what says "running" was cut off */
	execute("UPDATE jobmarket.harvest_run SET status = 'interrupted', finished_at = clock_timestamp(), "
			"message = 'its server process ended' WHERE source = $1 AND status = 'running'",
			1, types, values, NULL);
	execute("SELECT run_id FROM jobmarket.harvest_run r WHERE source = $1 AND mode = $2 "
			"AND criteria = $3::jsonb AND status = 'interrupted' "
			"AND started_at > now() - interval '6 hours' "
			"AND NOT EXISTS (SELECT 1 FROM jobmarket.harvest_run n WHERE n.source = $1 AND n.run_id > r.run_id) "
			"ORDER BY run_id DESC LIMIT 1", 3, types, values, NULL);
	if (SPI_processed == 0)
		return 0;
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* Reads back the figures of a run that is resumed. */
static void
read_run(Harvest *h)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	int64	   *targets[] = {&h->received, &h->counts.inserted, &h->counts.updated,
		&h->counts.unchanged, &h->counts.rejected, &h->requests, &h->retries, &h->throttled,
	&h->bytes, &h->from, &h->to, &h->expected_cells, &h->received_cells};

	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT offers_received, inserted, updated, unchanged, rejected, requests, retries, "
			"throttled, bytes, extract(epoch FROM window_from)::bigint, extract(epoch FROM window_to)::bigint, "
			"(SELECT coalesce(sum(expected), 0)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete'), "
			"(SELECT coalesce(sum(received), 0)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete') "
			"FROM jobmarket.harvest_run r WHERE run_id = $1", 1, types, values, NULL);
	for (int i = 0; i < lengthof(targets); i++)
	{
		bool		isnull;

		*targets[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
												  i + 1, &isnull));
	}
	h->available = h->done_before = h->received_cells;
}

/*
 * What of the run's window no complete cell covers, for one origin.  A gap is
 * widened by the second at each end that it shares with its neighbours.
 */
static void
add_gaps(Harvest *h, int origin)
{
	Oid			types[4] = {INT8OID, TEXTOID, INT8OID, INT8OID};
	Datum		values[4];
	char		nulls[4] = {' ', origin ? ' ' : 'n', ' ', ' '};

	values[0] = Int64GetDatum(h->run_id);
	values[1] = CStringGetTextDatum(origin == 1 ? "1" : "2");
	values[2] = Int64GetDatum(h->from);
	values[3] = Int64GetDatum(h->to);
	execute("SELECT greatest(lower(g) - 1, $3), least(upper(g), $4) FROM unnest("
			"int8multirange(int8range($3, $4, '[]')) - coalesce((SELECT range_agg(int8range("
			"extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
			"extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, '[]')) "
			"FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
			"AND parent_cell_id IS NULL AND criteria ->> 'origineOffre' IS NOT DISTINCT FROM $2), '{}')) g "
			"ORDER BY 1 DESC", 4, types, values, nulls);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		bool		isnull;
		TupleDesc	desc = SPI_tuptable->tupdesc;

		jm_plan_add_span(h->plan, origin,
						 DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[r], desc, 1, &isnull)),
						 DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[r], desc, 2, &isnull)));
	}
}

/* Position of a comma list within a list of codes; false if it is not there. */
static bool
find_group(char **list, int n, const char *csv, int *first, int *count)
{
	*first = *count = 0;
	if (csv == NULL)
		return true;
	*count = 1;
	for (const char *p = csv; *p; p++)
		*count += *p == ',';
	for (*first = 0; *first + *count <= n; (*first)++)
		if (strcmp(join(list, *first, *count), csv) == 0)
			return true;
	return false;
}

/* Parts of split seconds that the run has stored already. */
static void
add_done_parts(Harvest *h)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT coalesce(criteria ->> 'origineOffre', '0'), "
			"extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
			"extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, "
			"criteria ->> 'grandDomaine', criteria ->> 'departement', criteria ->> 'codeROME', expected "
			"FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
			"AND parent_cell_id IS NOT NULL", 1, types, values, NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[r];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *domain = SPI_getvalue(tuple, desc, 4);
		JmPlanFilter filter;
		bool		isnull;

		memset(&filter, 0, sizeof(filter));
		filter.domain = domain ? domain[0] : 0;
		if (find_group(h->departements, h->ndepartements, SPI_getvalue(tuple, desc, 5),
					   &filter.departement_first, &filter.departement_count) &&
			find_group(h->romes, h->nromes, SPI_getvalue(tuple, desc, 6),
					   &filter.rome_first, &filter.rome_count))
			jm_plan_add_done(h->plan, atoi(SPI_getvalue(tuple, desc, 1)),
							 DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull)),
							 DatumGetInt64(SPI_getbinval(tuple, desc, 3, &isnull)), &filter,
							 DatumGetInt64(SPI_getbinval(tuple, desc, 7, &isnull)));
	}
}

static void
make_plan(Harvest *h)
{
	JmPlanHooks hooks = {plan_alloc, plan_free, drop_payload, h->context};
	const char *origin = jm_criteria_get(h->criteria, "origineOffre");
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	bool		isnull;
	int64		next_cell;

	/* criteria of the caller's own must not be overwritten by a split's */
	if (jm_criteria_get(h->criteria, "grandDomaine") == NULL &&
		jm_criteria_get(h->criteria, "departement") == NULL &&
		jm_criteria_get(h->criteria, "codeROME") == NULL)
	{
		h->departements = text_column(h, "SELECT departement_code FROM jobmarket.departement ORDER BY departement_code COLLATE \"C\"",
									  &h->ndepartements);
		h->romes = text_column(h, "SELECT rome_code FROM jobmarket.rome ORDER BY rome_code COLLATE \"C\"", &h->nromes);
	}
	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT coalesce(max(cell_id), 0) + 1 FROM jobmarket.harvest_cell WHERE run_id = $1",
			1, types, values, NULL);
	next_cell = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	h->plan = jm_plan_create(&hooks, (const char *const *) h->departements, h->ndepartements,
							 (const char *const *) h->romes, h->nromes, next_cell);
	add_done_parts(h);
	/* asked apart: an unsplit search may list only France Travail's own */
	if (origin)
		add_gaps(h, atoi(origin));
	else
	{
		add_gaps(h, 1);
		add_gaps(h, 2);
	}
	/* a resumed run reads the failed cells anew */
	execute("DELETE FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('failed', 'truncated')",
			1, types, values, NULL);
}

/* ------------------------------------------------------------------------
 * End
 * ------------------------------------------------------------------------
 */

/*
 * Withdraws offers that the run should have seen and did not.  Where a cell is
 * not complete, offers created within its window, or two hours around it for
 * the API's clock, are left as they are.
 */
static void
withdraw(Harvest *h)
{
	Oid			types[4] = {INT8OID, TEXTOID, FLOAT8OID, FLOAT8OID};
	Datum		values[4];

	values[0] = Int64GetDatum(h->run_id);
	values[1] = CStringGetTextDatum(h->source);
	values[2] = Float8GetDatum((double) h->from);
	values[3] = Float8GetDatum((double) h->to);
	execute("WITH gap AS MATERIALIZED ("
			" SELECT criteria ->> 'origineOffre' AS origin,"
			"  (criteria ->> 'minCreationDate')::timestamptz - interval '2 hours 1 second' AS since,"
			"  (criteria ->> 'maxCreationDate')::timestamptz + interval '2 hours 1 second' AS until"
			" FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('failed', 'truncated', 'pending')"
			"), gone AS ("
			" UPDATE jobmarket.offer o SET withdrawn_at = now(), changed_at = now()"
			" FROM jobmarket.offer_sighting s"
			" WHERE s.offer_id = o.offer_id AND o.source = $2 AND o.withdrawn_at IS NULL"
			" AND s.run_id IS DISTINCT FROM $1 AND s.seen_at < (SELECT started_at FROM jobmarket.harvest_run WHERE run_id = $1)"
			" AND (o.created_at IS NULL OR o.created_at BETWEEN to_timestamp($3) AND to_timestamp($4))"
			" AND NOT EXISTS (SELECT 1 FROM gap g WHERE"
			"  o.created_at IS NULL OR o.origin_code IS NULL"
			"  OR ((g.origin IS NULL OR g.origin = o.origin_code)"
			"   AND o.created_at BETWEEN g.since AND g.until))"
			" RETURNING o.offer_id) "
			"INSERT INTO jobmarket.offer_change (offer_id, kind, run_id) "
			"SELECT offer_id, 'withdrawn', $1 FROM gone", 4, types, values, NULL);
	h->withdrawn += (int64) SPI_processed;
}

typedef struct EndArgs
{
	Harvest    *harvest;
	const char *status;
	const char *message;
	double		coverage;
} EndArgs;

static void
end_run(void *arg)
{
	EndArgs    *args = arg;
	Harvest    *h = args->harvest;
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(h->run_id);
	store_errors(h);

	/*
	 * limited to some criteria, nobody knows which offers should have been
	 * seen
	 */
	if (h->full && list_length(h->criteria) == 0 && h->stop == NULL)
		withdraw(h);
	store_figures(h, args->status, args->message, args->coverage);
	if (strcmp(args->status, "complete") == 0)
	{
		execute("UPDATE jobmarket.harvest_error SET resolved_at = clock_timestamp() "
				"WHERE run_id = $1 AND resolved_at IS NULL AND stage IN ('request', 'page', 'decode', 'load')",
				1, types, values, NULL);
		if (h->full && list_length(h->criteria) == 0)
			execute("UPDATE jobmarket.source s SET last_complete_run_id = r.run_id, refreshed_at = r.started_at "
					"FROM jobmarket.harvest_run r WHERE r.run_id = $1 AND s.source = r.source",
					1, types, values, NULL);
	}
}

static void
finish(Harvest *h)
{
	EndArgs		args = {h, "complete", NULL, 1};
	ErrorData  *error;

	if (h->expected_cells > 0)
		args.coverage = Min(1.0, (double) h->received_cells / Max(h->expected_cells, h->stop || h->bad_cells ? h->available : 0));
	if (h->stop)
	{
		args.status = h->received > 0 ? "interrupted" : "failed";
		args.message = h->stop;
		if (h->received == 0)
			args.coverage = 0;
	}
	else if (h->bad_cells > 0)
	{
		args.status = h->received_cells > 0 ? "partial" : "failed";
		args.message = psprintf(INT64_FORMAT " cells could not be read whole: see harvest_cell and harvest_error",
								h->bad_cells);
		args.coverage = Min(args.coverage, 0.999999);
	}
	error = jm_try(end_run, &args);
	if (error)
		ReThrowError(error);
	h->errors = NIL;
	SPI_commit();

	if (h->stop)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
				 errmsg("harvest " INT64_FORMAT " stopped: %s", h->run_id, h->stop),
				 errdetail(INT64_FORMAT " offers were received and are stored.", h->received),
				 errhint("See jobmarket.harvest_error; then CALL jobmarket.resume_harvest(" INT64_FORMAT ").",
						 h->run_id)));
	ereport(NOTICE,
			(errmsg("harvest " INT64_FORMAT " %s: " INT64_FORMAT " offers received, " INT64_FORMAT
					" inserted, " INT64_FORMAT " updated, " INT64_FORMAT " unchanged, " INT64_FORMAT
					" withdrawn, " INT64_FORMAT " rejected; coverage %.4f; " INT64_FORMAT " requests",
					h->run_id, args.status, h->received, h->counts.inserted, h->counts.updated,
					h->counts.unchanged, h->withdrawn, h->counts.rejected, args.coverage, h->requests),
			 args.message ? errdetail("%s.", args.message) : 0,
			 args.message ? errhint("CALL jobmarket.resume_harvest(" INT64_FORMAT ") reads what is missing.",
									h->run_id) : 0));
}

static void
interrupted(void *arg)
{
	Harvest    *h = arg;

	store_errors(h);
	store_figures(h, "interrupted", "it was cancelled or failed: see the server's log", -1);
}

/* The main loop. */
static void
run_plan(Harvest *h)
{
	h->client = jm_client_create(h->context, IN_FLIGHT);
	while (h->stop == NULL && !jm_plan_finished(h->plan))
	{
		JmRequest  *request;
		JmCell	   *cell;

		fill(h);
		if (h->answered != NIL)
		{
			request = linitial(h->answered);
			h->answered = list_delete_first(h->answered);
		}
		else
			request = jm_client_wait(h->client, -1);
		if (request)
			deal_with(h, request);
		while ((cell = jm_plan_ready(h->plan)) != NULL)
		{
			store(h, cell);
			report_progress(h, false);
		}
		CHECK_FOR_INTERRUPTS();
	}
	jm_client_destroy(h->client);
	h->client = NULL;
}

/*
 * Runs a harvest whose row is there.  When it is cut short by an error or a
 * cancel, the row says so before the error goes on.
 */
static void
run_harvest(Harvest *h)
{
	h->started = h->last_notice = GetCurrentTimestamp();
	SPI_commit();
	PG_TRY();
	{
		run_plan(h);
		finish(h);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(h->context);
		error = CopyErrorData();
		FlushErrorState();
		if (h->client)
			jm_client_destroy(h->client);
		SPI_rollback();
		if (h->stop == NULL)
		{
			(void) jm_try(interrupted, h);
			SPI_commit();
		}
		unlock_source(h->source);
		ReThrowError(error);
	}
	PG_END_TRY();
	unlock_source(h->source);
}

static Harvest *
new_harvest(const char *name)
{
	MemoryContext context;
	Harvest    *h;

	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("%s cannot run on a standby", name)));
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* the portal outlives the commits */
	context = AllocSetContextCreate(PortalContext, "jobmarket harvest", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	h = palloc0(sizeof(Harvest));
	h->context = context;
	return h;
}

PG_FUNCTION_INFO_V1(jobmarket_harvest);

/* harvest(servers name[], mode text, criteria jsonb): a procedure. */
Datum
jobmarket_harvest(PG_FUNCTION_ARGS)
{
	Harvest    *h;
	ArrayType  *names;
	char	   *mode;
	int64		interrupted_run;
	static const char *const ours[] = {"sort", "publieeDepuis"};

	require_procedure_call(fcinfo, "jobmarket.harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h = new_harvest("jobmarket.harvest");
	names = PG_GETARG_ARRAYTYPE_P_COPY(0);
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
	open_servers(h, names);
	lock_source(h->source);

	interrupted_run = find_interrupted(h);
	if (interrupted_run)
	{
		Oid			types[2] = {INT8OID, INT4OID};
		Datum		values[2];

		h->run_id = interrupted_run;
		ereport(NOTICE,
				(errmsg("resuming harvest " INT64_FORMAT ", which was interrupted", h->run_id)));
		values[0] = Int64GetDatum(h->run_id);
		values[1] = Int32GetDatum(MyProcPid);
		execute("UPDATE jobmarket.harvest_run SET status = 'running', finished_at = NULL, message = NULL, pid = $2 "
				"WHERE run_id = $1", 2, types, values, NULL);
		read_run(h);
	}
	else
	{
		set_window(h);
		insert_run(h, names);
	}
	make_plan(h);
	run_harvest(h);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(jobmarket_resume_harvest);

/* resume_harvest(run_id bigint): a procedure. */
Datum
jobmarket_resume_harvest(PG_FUNCTION_ARGS)
{
	Harvest    *h;
	Oid			types[2] = {INT8OID, INT4OID};
	Datum		values[2];
	HeapTuple	row;
	TupleDesc	desc;
	bool		isnull;
	char	   *status;

	require_procedure_call(fcinfo, "jobmarket.resume_harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the run to resume is null"),
				 errhint("See jobmarket.harvest_run.")));
	h = new_harvest("jobmarket.resume_harvest");
	h->run_id = PG_GETARG_INT64(0);
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int32GetDatum(MyProcPid);
	execute("SELECT mode, criteria, servers, status, source FROM jobmarket.harvest_run WHERE run_id = $1",
			1, types, values, NULL);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("there is no harvest " INT64_FORMAT, h->run_id),
				 errhint("See jobmarket.harvest_run.")));
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	MemoryContextSwitchTo(h->context);
	h->full = strcmp(SPI_getvalue(row, desc, 1), "full") == 0;
	h->criteria = jm_criteria_parse(DatumGetJsonbPCopy(SPI_getbinval(row, desc, 2, &isnull)));
	h->criteria_json = jm_criteria_json(h->criteria);
	status = SPI_getvalue(row, desc, 4);
	open_servers(h, DatumGetArrayTypePCopy(SPI_getbinval(row, desc, 3, &isnull)));
	if (strcmp(status, "complete") == 0)
	{
		ereport(NOTICE,
				(errmsg("harvest " INT64_FORMAT " is complete: nothing to resume", h->run_id)));
		SPI_finish();
		PG_RETURN_VOID();
	}
	lock_source(h->source);
	execute("UPDATE jobmarket.harvest_run SET status = 'running', finished_at = NULL, message = NULL, pid = $2 "
			"WHERE run_id = $1", 2, types, values, NULL);
	read_run(h);
	make_plan(h);
	run_harvest(h);
	SPI_finish();
	PG_RETURN_VOID();
}
