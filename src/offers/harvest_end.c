/*
 * harvest_end.c
 *		The end of a harvest: what it withdraws, and how complete it was.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "offers/harvest.h"
#include "utils/builtins.h"

/* The API's clock was seen to be that far off, seconds. */
#define CLOCK_MARGIN 7200

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
	jm_harvest_execute("WITH gap AS MATERIALIZED ("
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

	jm_harvest_execute_run(h, "SELECT count(*) FROM jobmarket.offer o JOIN jobmarket.offer_sighting s USING (offer_id) "
						   "WHERE o.withdrawn_at IS NULL AND s.run_id IS DISTINCT FROM $1 AND EXISTS ("
						   "SELECT 1 FROM jobmarket.harvest_cell c WHERE c.run_id = $1 AND c.expected IS NULL "
						   "AND c.criteria ->> 'origineOffre' = o.origin_code AND o.created_at BETWEEN "
						   "(c.criteria ->> 'minCreationDate')::timestamptz AND (c.criteria ->> 'maxCreationDate')::timestamptz)");
	h->figures.expected_cells += jm_harvest_int64(0, 1);
	SPI_freetuptable(SPI_tuptable);
}

/*
 * An error is made good when everything that its request would have brought
 * was read in the end: no failed or truncated cell touches its window.
 */
static void
resolve_errors(JmHarvest *h)
{

	jm_harvest_execute_run(h, "UPDATE jobmarket.harvest_error e SET resolved_at = clock_timestamp() "
						   "WHERE run_id = $1 AND resolved_at IS NULL AND stage <> 'attribute' "
						   "AND NOT EXISTS (SELECT 1 FROM jobmarket.harvest_cell c WHERE c.run_id = $1 "
						   "AND c.status IN ('failed', 'truncated') AND (e.cell_id = c.cell_id OR e.detail -> 'criteria' IS NULL "
						   "OR (c.criteria ->> 'origineOffre' = e.detail #>> '{criteria,origineOffre}' "
						   "AND (c.criteria ->> 'minCreationDate')::timestamptz <= (e.detail #>> '{criteria,maxCreationDate}')::timestamptz "
						   "AND (c.criteria ->> 'maxCreationDate')::timestamptz >= (e.detail #>> '{criteria,minCreationDate}')::timestamptz)))");
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
	char	   *message = h->stop;
	bool		whole = h->full && list_length(h->criteria) == 0;

	jm_harvest_store_errors(h);
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
	jm_harvest_store_figures(h, jm_harvest_status(h), message, jm_harvest_coverage(h));
	if (whole && strcmp(jm_harvest_status(h), "complete") == 0)
	{
		/* what earlier runs missed was read now, or is gone */
		jm_harvest_execute_run(h, "UPDATE jobmarket.harvest_error e SET resolved_at = clock_timestamp() "
							   "FROM jobmarket.harvest_run r, jobmarket.harvest_run earlier "
							   "WHERE r.run_id = $1 AND earlier.source = r.source AND earlier.started_at < r.started_at "
							   "AND e.run_id = earlier.run_id AND e.resolved_at IS NULL AND e.stage <> 'attribute'");
		jm_harvest_execute_run(h, "UPDATE jobmarket.source s SET last_complete_run_id = r.run_id, refreshed_at = r.started_at "
							   "FROM jobmarket.harvest_run r WHERE r.run_id = $1 AND s.source = r.source "
							   "AND (s.refreshed_at IS NULL OR s.refreshed_at < r.started_at)");
	}
}

/* Notes that the run was cut short, with the figures of its last commit. */
void
jm_harvest_interrupted(void *harvest)
{
	JmHarvest  *h = harvest;

	jm_harvest_store_errors(h);
	jm_harvest_store_figures(h, "interrupted", "it was cancelled or failed: see the server's log", -1);
}

/* Deletes history that the settings do not want kept, if the user may. */
void
jm_harvest_purge(void *harvest)
{
	bool		may;

	jm_harvest_execute("SELECT has_function_privilege('jobmarket.purge_history(interval)', 'EXECUTE')::int::bigint",
					   0, NULL, NULL, NULL);
	may = jm_harvest_int64(0, 1) != 0;
	SPI_freetuptable(SPI_tuptable);
	if (may)
	{
		jm_harvest_execute("SELECT count(*) FROM jobmarket.purge_history()", 0, NULL, NULL, NULL);
		SPI_freetuptable(SPI_tuptable);
	}
}
