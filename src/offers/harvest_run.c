/*
 * harvest_run.c
 *		A harvest's row: begun, taken up again, and its figures.
 *
 * Everything here and in the other files of a harvest's tables runs within
 * jm_try, that is with a search_path of pg_catalog, and is committed by the
 * caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "offers/harvest.h"
#include "offers/iso8601.h"
#include "offers/query.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* No offer is older; it is also before the API's clock could put one. */
#define EARLIEST INT64CONST(946684800)	/* 2000-01-01 */
#define DAY 86400

/* How far an incremental harvest reaches back before the last complete one:
 * the API's clock shift, and more. */
#define INCREMENTAL_MARGIN (3 * 3600)

/* Writes the run's figures; status NULL leaves it running. */
void
jm_harvest_store_figures(JmHarvest *h, const char *status, const char *message, double coverage)
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
	jm_harvest_execute("UPDATE jobmarket.harvest_run SET offers_available = $2, offers_received = $3, "
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
		jm_harvest_execute("SELECT extract(epoch FROM max(started_at))::bigint FROM jobmarket.harvest_run "
						   "WHERE source = $1 AND criteria = $2::jsonb AND status = 'complete'",
						   2, types, values, NULL);
		if (jm_harvest_int64(0, 1) == 0)
			ereport(NOTICE,
					(errmsg("no complete harvest of these criteria yet: all offers are read")));
		else
			h->from = Min(jm_harvest_int64(0, 1) - INCREMENTAL_MARGIN, h->to);
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
	jm_harvest_execute("INSERT INTO jobmarket.harvest_run (mode, servers, criteria, source, pid, window_from, window_to) "
					   "VALUES ($1, $2, $3::jsonb, $4, $5, to_timestamp($6), to_timestamp($7)) RETURNING run_id",
					   7, types, values, NULL);
	h->run_id = jm_harvest_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
}

/* We hold the source's lock: what says "running" was cut off. */
static void
mark_interrupted(JmHarvest *h)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1];

	values[0] = CStringGetTextDatum(h->source);
	jm_harvest_execute("UPDATE jobmarket.harvest_run SET status = 'interrupted', finished_at = clock_timestamp(), "
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
	jm_harvest_execute("SELECT run_id FROM jobmarket.harvest_run r WHERE source = $1 AND mode = $2 "
					   "AND criteria = $3::jsonb AND status = 'interrupted' "
					   "AND started_at > clock_timestamp() - interval '6 hours' "
					   "AND NOT EXISTS (SELECT 1 FROM jobmarket.harvest_run n WHERE n.source = $1 AND n.run_id > r.run_id) "
					   "ORDER BY run_id DESC LIMIT 1", 3, types, values, NULL);
	if (SPI_processed > 0)
		run_id = jm_harvest_int64(0, 1);
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
	jm_harvest_execute("UPDATE jobmarket.harvest_run SET status = 'running', finished_at = NULL, message = NULL, "
					   "coverage = NULL, pid = $2, servers = $3, resumed_at = clock_timestamp(), "
					   "received_before = offers_received WHERE run_id = $1", 3, types, values, NULL);
	jm_harvest_execute_run(h, "DELETE FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('failed', 'truncated')");
	jm_harvest_execute_run(h, "SELECT offers_received, inserted, updated, unchanged, rejected, requests, retries, "
						   "throttled, bytes, withdrawn, extract(epoch FROM window_from)::bigint, extract(epoch FROM window_to)::bigint, "
						   "(SELECT sum(expected)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete'), "
						   "(SELECT sum(received)::bigint FROM jobmarket.harvest_cell c WHERE c.run_id = r.run_id AND status = 'complete') "
						   "FROM jobmarket.harvest_run r WHERE run_id = $1");
	for (int i = 0; i < lengthof(targets); i++)
		*targets[i] = jm_harvest_int64(0, i + 1);
	SPI_freetuptable(SPI_tuptable);
	h->received_before = f->received;
	h->resumed = true;
}

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
	jm_harvest_make_plan(h);
}

/* Looks up the run to be resumed: its mode, criteria and servers. */
void
jm_harvest_find(void *harvest)
{
	JmHarvest  *h = harvest;
	bool		isnull;
	HeapTuple	row;
	TupleDesc	desc;
	MemoryContext old;

	jm_harvest_execute_run(h, "SELECT mode, criteria, servers FROM jobmarket.harvest_run WHERE run_id = $1");
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
	bool		complete;

	mark_interrupted(h);
	jm_harvest_execute_run(h, "SELECT 1 FROM jobmarket.harvest_run WHERE run_id = $1 AND status = 'complete'");
	complete = SPI_processed > 0;
	SPI_freetuptable(SPI_tuptable);
	if (complete)
		ereport(NOTICE,
				(errmsg("harvest " INT64_FORMAT " is complete: nothing to resume", h->run_id)));
	else
	{
		take_up(h);
		jm_harvest_make_plan(h);
	}
}
