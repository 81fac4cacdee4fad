/*
 * harvest_plan.c
 *		The plan of a harvest, from what its run has stored already; and the
 *		criteria of its parts.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "offers/harvest.h"
#include "offers/iso8601.h"
#include "offers/query.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

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

/* One column of texts. */
static char **
text_column(JmHarvest *h, const char *sql, int *n)
{
	char	  **list;
	MemoryContext old;

	jm_harvest_execute(sql, 0, NULL, NULL, NULL);
	*n = (int) SPI_processed;
	old = MemoryContextSwitchTo(h->context);
	list = palloc(sizeof(char *) * (*n + 1));
	for (int i = 0; i < *n; i++)
		list[i] = jm_harvest_text(i, 1);
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
	jm_harvest_execute("SELECT greatest(lower(g) - 1, $3), least(upper(g), $4) FROM unnest("
					   "int8multirange(int8range($3, $4, '[]')) - coalesce((SELECT range_agg(int8range("
					   "extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
					   "extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, '[]')) "
					   "FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
					   "AND parent_cell_id IS NULL AND criteria ->> 'origineOffre' = $2), '{}')) g "
					   "ORDER BY 1 DESC", 4, types, values, NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
		jm_plan_add_span(h->plan, origin, jm_harvest_int64(r, 1), jm_harvest_int64(r, 2));
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

	jm_harvest_execute_run(h, "SELECT (criteria ->> 'origineOffre')::bigint, "
						   "extract(epoch FROM (criteria ->> 'minCreationDate')::timestamptz)::bigint, "
						   "extract(epoch FROM (criteria ->> 'maxCreationDate')::timestamptz)::bigint, "
						   "criteria ->> 'grandDomaine', criteria ->> 'departement', criteria ->> 'codeROME', expected "
						   "FROM jobmarket.harvest_cell WHERE run_id = $1 AND status IN ('complete', 'split') "
						   "AND parent_cell_id IS NOT NULL");
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		char	   *domain = jm_harvest_text(r, 4);
		JmPlanFilter filter;

		memset(&filter, 0, sizeof(filter));
		filter.domain = domain ? domain[0] : 0;
		if (find_group(h->departements, h->ndepartements, jm_harvest_text(r, 5),
					   &filter.departement_first, &filter.departement_count) &&
			find_group(h->romes, h->nromes, jm_harvest_text(r, 6),
					   &filter.rome_first, &filter.rome_count))
			jm_plan_add_done(h->plan, (int) jm_harvest_int64(r, 1), jm_harvest_int64(r, 2),
							 jm_harvest_int64(r, 3), &filter, jm_harvest_int64(r, 7));
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

/* Makes the plan of what the run, whose row is there, is missing. */
void
jm_harvest_make_plan(JmHarvest *h)
{
	JmPlanHooks hooks = {plan_alloc, plan_free, drop_payload, h->context};
	const char *origin = jm_criteria_get(h->criteria, "origineOffre");
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
	jm_harvest_execute_run(h, "SELECT coalesce(max(cell_id), 0) + 1 FROM jobmarket.harvest_cell WHERE run_id = $1");
	next_cell = jm_harvest_int64(0, 1);
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
