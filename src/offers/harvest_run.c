/*
 * harvest_run.c
 *		A harvest in the tables: its run, its cells, its errors, and what it
 *		withdraws.
 *
 * Everything here runs within jm_try, that is with a search_path of
 * pg_catalog, and is committed by the caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/subxact.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "offers/harvest.h"
#include "offers/iso8601.h"
#include "offers/query.h"
#include "offers/search.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* No offer is older; it is also before the API's clock could put one. */
#define EARLIEST INT64CONST(946684800)	/* 2000-01-01 */
#define DAY 86400

/* How far an incremental harvest reaches back before the last complete one:
 * the API's clock shift, and more. */
#define INCREMENTAL_MARGIN (3 * 3600)

/* The API's clock was seen to be that far off, seconds. */
#define CLOCK_MARGIN 7200

typedef struct PendingError
{
	int64		cell_id;
	const char *stage;
	int			status;
	char	   *message;
	char	   *detail;			/* JSON */
} PendingError;

/*
 * Runs a statement.  SPI leaves its caller in a memory context that lives as
 * long as the procedure: that of before is restored.
 */
static void
execute(const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	MemoryContext old = CurrentMemoryContext;
	int			result = SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0);

	if (result < 0)
		elog(ERROR, "harvest statement failed: %s", SPI_result_code_string(result));
	MemoryContextSwitchTo(old);
}

/* A bigint of the last result, 0 for NULL. */
static int64
result_int64(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/* A text of the last result in the current memory context, or NULL. */
static char *
result_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* ------------------------------------------------------------------------
 * Criteria of a part
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

/* The harvest's criteria narrowed to a window of creation dates and a filter. */
List *
jm_harvest_window(JmHarvest *h, int origin, int64 from, int64 to, const JmPlanFilter *filter)
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

/*
 * Notes what went wrong with a request, with all that is needed to send it
 * again.
 */
void
jm_harvest_note_error(JmHarvest *h, const JmPlanAsk *ask, const char *stage,
					  const JmRequest *request, const char *message)
{
	MemoryContext old = MemoryContextSwitchTo(h->error_context);
	PendingError *error = palloc(sizeof(PendingError));
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "{\"criteria\": %s, \"range\": \"%d-%d\", \"attempts\": %d, \"server\": ",
					 jm_criteria_json(jm_harvest_window(h, ask->origin, ask->from, ask->to,
														&ask->filter)),
					 ask->first, ask->last, request->attempts);
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
store_errors(JmHarvest *h)
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

/* ------------------------------------------------------------------------
 * The run's row
 * ------------------------------------------------------------------------
 */

/* Writes the run's figures; status NULL leaves it running. */
static void
store_figures(JmHarvest *h, const char *status, const char *message, double coverage)
{
	JmFigures  *f = &h->figures;
	Oid			types[15] = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
	INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, FLOAT8OID, INT8OID};
	Datum		values[15];
	char		nulls[15];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int64GetDatum(f->available);
	values[2] = Int64GetDatum(f->received);
	values[3] = Int64GetDatum(f->counts.inserted);
	values[4] = Int64GetDatum(f->counts.updated);
	values[5] = Int64GetDatum(f->counts.unchanged);
	values[6] = Int64GetDatum(f->counts.rejected);
	values[7] = Int64GetDatum(f->requests);
	values[8] = Int64GetDatum(f->retries);
	values[9] = Int64GetDatum(f->throttled);
	values[10] = Int64GetDatum(f->bytes);
	values[11] = status ? CStringGetTextDatum(status) : (Datum) 0;
	nulls[11] = status ? ' ' : 'n';
	values[12] = message ? CStringGetTextDatum(message) : (Datum) 0;
	nulls[12] = message ? ' ' : 'n';
	values[13] = Float8GetDatum(coverage);
	nulls[13] = coverage >= 0 ? ' ' : 'n';
	values[14] = Int64GetDatum(f->withdrawn);
	execute("UPDATE jobmarket.harvest_run SET offers_available = $2, offers_received = $3, "
			"inserted = $4, updated = $5, unchanged = $6, rejected = $7, requests = $8, "
			"retries = $9, throttled = $10, bytes = $11, status = coalesce($12, status), "
			"message = $13, coverage = $14, withdrawn = $15, "
			"finished_at = CASE WHEN $12 IS NULL THEN NULL ELSE clock_timestamp() END "
			"WHERE run_id = $1", 15, types, values, nulls);
}

/* Limits of the sweep: the criteria's own dates, or all that there can be. */
static void
set_window(JmHarvest *h)
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

		values[0] = CStringGetTextDatum(h->source);
		values[1] = CStringGetTextDatum(h->criteria_json);
		execute("SELECT extract(epoch FROM max(started_at))::bigint FROM jobmarket.harvest_run "
				"WHERE source = $1 AND criteria = $2::jsonb AND status = 'complete'",
				2, types, values, NULL);
		if (result_int64(0, 1) == 0)
			ereport(NOTICE,
					(errmsg("no complete harvest of these criteria yet: all offers are read")));
		else
			h->from = Min(result_int64(0, 1) - INCREMENTAL_MARGIN, h->to);
		SPI_freetuptable(SPI_tuptable);
	}
}

static void
insert_run(JmHarvest *h)
{
	Oid			types[7] = {TEXTOID, NAMEARRAYOID, TEXTOID, TEXTOID, INT4OID, FLOAT8OID, FLOAT8OID};
	Datum		values[7];

	values[0] = CStringGetTextDatum(h->full ? "full" : "incremental");
	values[1] = PointerGetDatum(h->server_names);
	values[2] = CStringGetTextDatum(h->criteria_json);
	values[3] = CStringGetTextDatum(h->source);
	values[4] = Int32GetDatum(MyProcPid);
	values[5] = Float8GetDatum((double) h->from);
	values[6] = Float8GetDatum((double) h->to);
	execute("INSERT INTO jobmarket.harvest_run (mode, servers, criteria, source, pid, window_from, window_to) "
			"VALUES ($1, $2, $3::jsonb, $4, $5, to_timestamp($6), to_timestamp($7)) RETURNING run_id",
			7, types, values, NULL);
	h->run_id = result_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
}

/* We hold the source's lock: what says "running" was cut off. */
static void
mark_interrupted(JmHarvest *h)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1];

	values[0] = CStringGetTextDatum(h->source);
	execute("UPDATE jobmarket.harvest_run SET status = 'interrupted', finished_at = clock_timestamp(), "
			"message = 'its server process ended' WHERE source = $1 AND status = 'running'",
			1, types, values, NULL);
}

/* The run to go on with instead of a new one, or 0. */
static int64
find_interrupted(JmHarvest *h)
{
	Oid			types[3] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[3];
	int64		run_id = 0;

	values[0] = CStringGetTextDatum(h->source);
	values[1] = CStringGetTextDatum(h->full ? "full" : "incremental");
	values[2] = CStringGetTextDatum(h->criteria_json);
	execute("SELECT run_id FROM jobmarket.harvest_run r WHERE source = $1 AND mode = $2 "
			"AND criteria = $3::jsonb AND status = 'interrupted' "
			"AND started_at > clock_timestamp() - interval '6 hours' "
			"AND NOT EXISTS (SELECT 1 FROM jobmarket.harvest_run n WHERE n.source = $1 AND n.run_id > r.run_id) "
			"ORDER BY run_id DESC LIMIT 1", 3, types, values, NULL);
	if (SPI_processed > 0)
		run_id = result_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
	return run_id;
}

/*
 * Takes a run up again: its row says running, its figures are read back, and
 * the cells that were not read whole are forgotten.
 */
static void
take_up(JmHarvest *h)
{
	Oid			types[3] = {INT8OID, INT4OID, NAMEARRAYOID};
	Datum		values[3];
	JmFigures  *f = &h->figures;
	int64	   *targets[] = {&f->received, &f->counts.inserted, &f->counts.updated,
		&f->counts.unchanged, &f->counts.rejected, &f->requests, &f->retries, &f->throttled,
	&f->bytes, &f->withdrawn, &h->from, &h->to, &f->expected_cells, &f->received_cells};

	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int32GetDatum(MyProcPid);
	values[2] = PointerGetDatum(h->server_names);
	execute("UPDATE jobmarket.harvest_run SET status = 'running', finished_at = NULL, message = NULL, "
			"coverage = NULL, pid = $2, servers = $3, resumed_at = clock_timestamp(), "
			"received_before = offers_received WHERE run_id = $1", 3, types, values, NULL);
	execute("DELETE FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('failed', 'truncated')",
			1, types, values, NULL);
	execute("SELECT offers_received, inserted, updated, unchanged, rejected, requests, retries, "
			"throttled, bytes, withdrawn, extract(epoch FROM window_from)::bigint, extract(epoch FROM window_to)::bigint, "
			"(SELECT sum(expected)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete'), "
			"(SELECT sum(received)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete') "
			"FROM jobmarket.harvest_run r WHERE run_id = $1", 1, types, values, NULL);
	for (int i = 0; i < lengthof(targets); i++)
		*targets[i] = result_int64(0, i + 1);
	SPI_freetuptable(SPI_tuptable);
	h->received_before = f->received;
	h->resumed = true;
}

/* ------------------------------------------------------------------------
 * The plan
 * ------------------------------------------------------------------------
 */

/* One column of texts. */
static char **
text_column(JmHarvest *h, const char *sql, int *n)
{
	char	  **list;
	MemoryContext old;

	execute(sql, 0, NULL, NULL, NULL);
	*n = (int) SPI_processed;
	old = MemoryContextSwitchTo(h->context);
	list = palloc(sizeof(char *) * (*n + 1));
	for (int i = 0; i < *n; i++)
		list[i] = result_text(i, 1);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return list;
}

/*
 * What of the run's window no complete cell covers, for one origin.  A gap is
 * widened by the second at each end that it shares with its neighbours.
 */
static void
add_gaps(JmHarvest *h, int origin)
{
	Oid			types[4] = {INT8OID, TEXTOID, INT8OID, INT8OID};
	Datum		values[4];

	values[0] = Int64GetDatum(h->run_id);
	values[1] = CStringGetTextDatum(origin == 1 ? "1" : "2");
	values[2] = Int64GetDatum(h->from);
	values[3] = Int64GetDatum(h->to);
	execute("SELECT greatest(lower(g) - 1, $3), least(upper(g), $4) FROM unnest("
			"int8multirange(int8range($3, $4, '[]')) - coalesce((SELECT range_agg(int8range("
			"extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
			"extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, '[]')) "
			"FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
			"AND parent_cell_id IS NULL AND criteria ->> 'origineOffre' = $2), '{}')) g "
			"ORDER BY 1 DESC", 4, types, values, NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
		jm_plan_add_span(h->plan, origin, result_int64(r, 1), result_int64(r, 2));
	SPI_freetuptable(SPI_tuptable);
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
add_done_parts(JmHarvest *h)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT (criteria ->> 'origineOffre')::bigint, "
			"extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
			"extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, "
			"criteria ->> 'grandDomaine', criteria ->> 'departement', criteria ->> 'codeROME', expected "
			"FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
			"AND parent_cell_id IS NOT NULL", 1, types, values, NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		char	   *domain = result_text(r, 4);
		JmPlanFilter filter;

		memset(&filter, 0, sizeof(filter));
		filter.domain = domain ? domain[0] : 0;
		if (find_group(h->departements, h->ndepartements, result_text(r, 5),
					   &filter.departement_first, &filter.departement_count) &&
			find_group(h->romes, h->nromes, result_text(r, 6),
					   &filter.rome_first, &filter.rome_count))
			jm_plan_add_done(h->plan, (int) result_int64(r, 1), result_int64(r, 2),
							 result_int64(r, 3), &filter, result_int64(r, 7));
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
drop_payload(void *context, void *payload)
{
	if (payload)
		MemoryContextDelete(GetMemoryChunkContext(payload));
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

static void
make_plan(JmHarvest *h)
{
	JmPlanHooks hooks = {plan_alloc, plan_free, drop_payload, h->context};
	const char *origin = jm_criteria_get(h->criteria, "origineOffre");
	Oid			types[1] = {INT8OID};
	Datum		values[1];
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
	next_cell = result_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
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
}

/* ------------------------------------------------------------------------
 * Beginning
 * ------------------------------------------------------------------------
 */

/* Begins a run, or goes on with one that was interrupted; and makes its plan. */
void
jm_harvest_begin(void *harvest)
{
	JmHarvest  *h = harvest;

	mark_interrupted(h);
	h->run_id = find_interrupted(h);
	if (h->run_id)
	{
		ereport(NOTICE,
				(errmsg("resuming harvest " INT64_FORMAT ", which was interrupted", h->run_id)));
		take_up(h);
	}
	else
	{
		set_window(h);
		insert_run(h);
	}
	make_plan(h);
}

/* Looks up the run to be resumed: its mode, criteria and servers. */
void
jm_harvest_find(void *harvest)
{
	JmHarvest  *h = harvest;
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	bool		isnull;
	HeapTuple	row;
	TupleDesc	desc;
	MemoryContext old;

	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT mode, criteria, servers FROM jobmarket.harvest_run WHERE run_id = $1",
			1, types, values, NULL);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no harvest " INT64_FORMAT, h->run_id),
				 errhint("See jobmarket.harvest_run.")));
	old = MemoryContextSwitchTo(h->context);
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	h->full = strcmp(SPI_getvalue(row, desc, 1), "full") == 0;
	h->criteria = jm_criteria_parse(DatumGetJsonbPCopy(SPI_getbinval(row, desc, 2, &isnull)));
	h->criteria_json = jm_criteria_json(h->criteria);
	h->server_names = DatumGetArrayTypePCopy(SPI_getbinval(row, desc, 3, &isnull));
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
}

/* Takes up run_id and plans what it is missing; plan NULL: nothing. */
void
jm_harvest_resume(void *harvest)
{
	JmHarvest  *h = harvest;
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	bool		complete;

	mark_interrupted(h);
	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT 1 FROM jobmarket.harvest_run WHERE run_id = $1 AND status = 'complete'",
			1, types, values, NULL);
	complete = SPI_processed > 0;
	SPI_freetuptable(SPI_tuptable);
	if (complete)
		ereport(NOTICE,
				(errmsg("harvest " INT64_FORMAT " is complete: nothing to resume", h->run_id)));
	else
	{
		take_up(h);
		make_plan(h);
	}
}

/* ------------------------------------------------------------------------
 * Cells
 * ------------------------------------------------------------------------
 */
static const char *
cell_status(JmCellStatus status)
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
store_cell_row(JmHarvest *h, JmCell *cell)
{
	Oid			types[10] = {INT8OID, INT8OID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTOID,
	INT4OID, INT8OID, TEXTOID};
	Datum		values[10];
	char		nulls[10];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int64GetDatum(cell->cell_id);
	values[2] = CStringGetTextDatum(jm_criteria_json(jm_harvest_window(h, cell->origin, cell->from,
																	   cell->to, &cell->filter)));
	values[3] = Int64GetDatum(cell->expected);
	nulls[3] = cell->expected >= 0 ? ' ' : 'n';
	values[4] = Int64GetDatum(cell->received);
	values[5] = Int32GetDatum(cell->npages);
	values[6] = CStringGetTextDatum(cell_status(cell->status));
	values[7] = Int32GetDatum(cell->moves + 1);
	values[8] = Int64GetDatum(cell->parent_id);
	nulls[8] = cell->parent_id ? ' ' : 'n';
	nulls[9] = cell->problem ? ' ' : 'n';
	values[9] = cell->problem ? CStringGetTextDatum(cell->problem) : (Datum) 0;
	execute("INSERT INTO jobmarket.harvest_cell (run_id, cell_id, criteria, expected, received, "
			"pages, status, attempts, parent_cell_id, message, finished_at) "
			"VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())",
			10, types, values, nulls);
}

/* Adds a stored cell to the figures. */
static void
add_figures(JmFigures *f, const JmCell *cell, const JmLoadCounts *counts)
{
	f->received += counts->received - counts->repeated - counts->rejected;
	f->counts.inserted += counts->inserted;
	f->counts.updated += counts->updated;
	f->counts.unchanged += Max(counts->unchanged - counts->repeated, 0);
	f->counts.rejected += counts->rejected;
	f->bad_cells += cell->status == JM_CELL_FAILED || cell->status == JM_CELL_TRUNCATED;
	f->uncounted_cells += cell->expected < 0;
	if (cell->expected < 0)
		return;
	if (cell->npages == 0)
	{
		/* parts count themselves; what none of them reaches counts here */
		f->expected_cells += Max(cell->expected - cell->received, 0);
		return;
	}
	f->expected_cells += cell->expected;
	f->received_cells += cell->received;
}

/*
 * Stores a cell's offers, its row, the errors noted meanwhile and the figures.
 * Calls meanwhile often.  Payloads are JmOfferPage.
 */
void
jm_harvest_store_cell(JmHarvest *h, JmCell *cell, JmLoadCounts *counts,
					  void (*meanwhile) (void *harvest))
{
	MemoryContext context = CurrentMemoryContext;
	JmLoader   *loader;

	/*
	 * A connection of its own: when the loader fails, all that it registered
	 * goes with the subtransaction, and so does the memory of SPI.
	 */
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	MemoryContextSwitchTo(context);
	loader = jm_loader_create(h->source, h->run_id, cell->cell_id);
	jm_loader_between(loader, meanwhile, h);
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
	{
		if (cell->pages[p].payload)
			jm_loader_add_page(loader, cell->pages[p].payload);
	}
	jm_loader_finish(loader, counts);
	store_cell_row(h, cell);
	store_errors(h);
	add_figures(&h->figures, cell, counts);
	h->figures.available = Max(h->figures.available, h->figures.received);
	store_figures(h, NULL, NULL, -1);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/* ------------------------------------------------------------------------
 * End
 * ------------------------------------------------------------------------
 */

/*
 * Withdraws offers that the run should have seen and did not.  Where a cell is
 * not complete, offers created within its window, give or take the API's
 * clock, are left as they are; and where it was split by occupation or place,
 * those without one, for no part of it can reach them.
 */
static void
withdraw(JmHarvest *h)
{
	Oid			types[5] = {INT8OID, TEXTOID, FLOAT8OID, FLOAT8OID, FLOAT8OID};
	Datum		values[5];
	int64		shift = jm_plan_clock_shift(h->plan);

	values[0] = Int64GetDatum(h->run_id);
	values[1] = CStringGetTextDatum(h->source);
	values[2] = Float8GetDatum((double) h->from);
	values[3] = Float8GetDatum((double) h->to);
	values[4] = Float8GetDatum((double) Max(shift < 0 ? -shift : shift, CLOCK_MARGIN) + 1);
	execute("WITH gap AS MATERIALIZED ("
			" SELECT criteria ->> 'origineOffre' AS origin,"
			"  (criteria ->> 'minCreationDate')::timestamptz - $5 * interval '1 second' AS since,"
			"  (criteria ->> 'maxCreationDate')::timestamptz + $5 * interval '1 second' AS until,"
			"  status = 'split' AS split, criteria ? 'grandDomaine' AS by_place"
			" FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('failed', 'truncated', 'pending', 'split')"
			"), gone AS ("
			" UPDATE jobmarket.offer o SET withdrawn_at = now(), changed_at = now()"
			" FROM jobmarket.offer_sighting s"
			" WHERE s.offer_id = o.offer_id AND o.source = $2 AND o.withdrawn_at IS NULL"
			" AND s.run_id IS DISTINCT FROM $1 AND s.seen_at < (SELECT started_at FROM jobmarket.harvest_run WHERE run_id = $1)"
			" AND (o.created_at IS NULL OR o.created_at BETWEEN to_timestamp($3) AND to_timestamp($4))"
			" AND NOT EXISTS (SELECT 1 FROM gap g WHERE"
			"  (o.created_at IS NULL OR o.origin_code IS NULL"
			"   OR (g.origin = o.origin_code AND o.created_at BETWEEN g.since AND g.until))"
			"  AND (NOT g.split OR o.rome_code IS NULL OR (g.by_place AND o.departement_code IS NULL)))"
			" RETURNING o.offer_id) "
			"INSERT INTO jobmarket.offer_change (offer_id, kind, run_id) "
			"SELECT offer_id, 'withdrawn', $1 FROM gone", 5, types, values, NULL);
	h->figures.withdrawn += (int64) SPI_processed;
}

/*
 * Where not even a total is known, the offers that were there before and were
 * not seen now stand for it.
 */
static void
guess_uncounted(JmHarvest *h)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(h->run_id);
	execute("SELECT count(*) FROM jobmarket.offer o JOIN jobmarket.offer_sighting s USING (offer_id) "
			"WHERE o.withdrawn_at IS NULL AND s.run_id IS DISTINCT FROM $1 AND EXISTS ("
			"SELECT 1 FROM jobmarket.harvest_cell c WHERE c.run_id = $1 AND c.expected IS NULL "
			"AND c.criteria ->> 'origineOffre' = o.origin_code AND o.created_at BETWEEN "
			"(c.criteria ->> 'minCreationDate')::timestamptz AND (c.criteria ->> 'maxCreationDate')::timestamptz)",
			1, types, values, NULL);
	h->figures.expected_cells += result_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
}

/*
 * An error is made good when everything that its request would have brought
 * was read in the end: no failed or truncated cell touches its window.
 */
static void
resolve_errors(JmHarvest *h)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(h->run_id);
	execute("UPDATE jobmarket.harvest_error e SET resolved_at = clock_timestamp() "
			"WHERE run_id = $1 AND resolved_at IS NULL AND stage <> 'attribute' "
			"AND NOT EXISTS (SELECT 1 FROM jobmarket.harvest_cell c WHERE c.run_id = $1 "
			"AND c.status IN ('failed', 'truncated') AND (e.cell_id = c.cell_id OR e.detail -> 'criteria' IS NULL "
			"OR (c.criteria ->> 'origineOffre' = e.detail #>> '{criteria,origineOffre}' "
			"AND (c.criteria ->> 'minCreationDate')::timestamptz <= (e.detail #>> '{criteria,maxCreationDate}')::timestamptz "
			"AND (c.criteria ->> 'maxCreationDate')::timestamptz >= (e.detail #>> '{criteria,minCreationDate}')::timestamptz)))",
			1, types, values, NULL);
}

/* How the run ends. */
const char *
jm_harvest_status(const JmHarvest *h)
{
	if (h->stop)
		return h->figures.received > 0 ? "interrupted" : "failed";
	if (h->figures.bad_cells > 0)
		return h->figures.received > 0 ? "partial" : "failed";
	return "complete";
}

/* Share of the announced offers that are stored; less than 1 if any is not. */
double
jm_harvest_coverage(const JmHarvest *h)
{
	const JmFigures *f = &h->figures;
	double		coverage;

	if (h->stop)
		coverage = f->available > 0 ? (double) f->received / f->available : 0;
	else if (f->bad_cells == 0)
		return 1;
	else
		coverage = f->expected_cells > 0 ? (double) f->received_cells / f->expected_cells : 0;
	return Min(coverage, 0.999999);
}

/* Ends the run: withdrawals, figures, and what is made good by it. */
void
jm_harvest_end(void *harvest)
{
	JmHarvest  *h = harvest;
	JmFigures  *f = &h->figures;
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	char	   *message = h->stop;
	bool		whole = h->full && list_length(h->criteria) == 0;

	values[0] = Int64GetDatum(h->run_id);
	store_errors(h);
	if (h->stop == NULL)
	{
		if (f->uncounted_cells > 0)
			guess_uncounted(h);
		/* what was announced at first may have moved meanwhile */
		f->available = f->received + Max(f->expected_cells - f->received_cells, 0);
		/* limited to some criteria, nobody knows which offers should be seen */
		if (whole)
			withdraw(h);
		resolve_errors(h);
	}
	if (h->stop == NULL && f->bad_cells > 0)
		message = psprintf(INT64_FORMAT " cells could not be read whole: see harvest_cell and harvest_error",
						   f->bad_cells);
	store_figures(h, jm_harvest_status(h), message, jm_harvest_coverage(h));
	if (whole && strcmp(jm_harvest_status(h), "complete") == 0)
		execute("UPDATE jobmarket.source s SET last_complete_run_id = r.run_id, refreshed_at = r.started_at "
				"FROM jobmarket.harvest_run r WHERE r.run_id = $1 AND s.source = r.source "
				"AND (s.refreshed_at IS NULL OR s.refreshed_at < r.started_at)",
				1, types, values, NULL);
}

/* Notes that the run was cut short, with the figures of its last commit. */
void
jm_harvest_interrupted(void *harvest)
{
	JmHarvest  *h = harvest;

	store_errors(h);
	store_figures(h, "interrupted", "it was cancelled or failed: see the server's log", -1);
}

/* Deletes history that the settings do not want kept, if the user may. */
void
jm_harvest_purge(void *harvest)
{
	bool		may;

	execute("SELECT has_function_privilege('jobmarket.purge_history(interval)', 'EXECUTE')::int::bigint",
			0, NULL, NULL, NULL);
	may = result_int64(0, 1) != 0;
	SPI_freetuptable(SPI_tuptable);
	if (may)
	{
		execute("SELECT count(*) FROM jobmarket.purge_history()", 0, NULL, NULL, NULL);
		SPI_freetuptable(SPI_tuptable);
	}
}
