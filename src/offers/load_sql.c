/*
 * load_sql.c
 *		The loader's statements: their text, and how they are run.
 *
 * Each is planned once in a session; the plan cache follows changes of the
 * tables.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "offers/load_internal.h"
#include "text/understand.h"

static SPIPlanPtr plans[STATEMENTS];

/* A code that an offer names but the reference table lacks is added to it. */
static char *
reference_sql(const char *table, const char *column, const char *label)
{
	return psprintf("INSERT INTO jobmarket.%1$s (%2$s, label) "
					"SELECT DISTINCT ON (b.%2$s) b.%2$s, %3$s FROM jm_offer b "
					"WHERE b.%2$s IS NOT NULL AND NOT EXISTS "
					"(SELECT 1 FROM jobmarket.%1$s r WHERE r.%2$s = b.%2$s) "
					"ORDER BY b.%2$s, 2 ON CONFLICT DO NOTHING", table, column, label);
}

/*
 * Locks the rows of a reference table that a batch refers to, as a foreign
 * key's check does, so that nobody deletes one before this transaction ends.
 * Returns a row where one is missing already.
 */
static char *
lock_sql(const char *table, const char *column, const char *batch)
{
	return psprintf("WITH locked AS MATERIALIZED (SELECT r.%2$s FROM jobmarket.%1$s r "
					"WHERE r.%2$s IN (SELECT b.%2$s FROM %3$s b) FOR KEY SHARE OF r) "
					"SELECT b.%2$s FROM %3$s b WHERE b.%2$s IS NOT NULL "
					"EXCEPT SELECT l.%2$s FROM locked l LIMIT 1",
					table, column, batch);
}

static char *
offer_sql(bool understand)
{
	StringInfoData sql;
	char	   *postgis = jm_postgis_schema();

	initStringInfo(&sql);
	appendStringInfoString(&sql, "INSERT INTO jobmarket.offer AS o (offer_id, source, content_hash, company_id");
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, ", %s", jm_column_name(c));
	if (understand)
		appendStringInfoString(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_NAME) ", geom");
	appendStringInfoString(&sql, ") SELECT b.offer_id, $1, b.content_hash, b.company_id");
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, c == COL_adapted_company ?
						 ", coalesce(b.%s, b.company_adapted)" : ", b.%s", jm_column_name(c));
	if (understand)
		appendStringInfo(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_VALUE) ", " JM_UNDERSTOOD_GEOM,
						 postgis);
	appendStringInfo(&sql, " FROM jm_offer b%s"
					 " ON CONFLICT (offer_id) DO UPDATE SET content_hash = EXCLUDED.content_hash"
					 ", company_id = EXCLUDED.company_id, geom = EXCLUDED.geom"
					 ", changed_at = now(), withdrawn_at = NULL",
					 understand ? JM_UNDERSTOOD_FROM : "");
	/* columns that are not among those inserted are NULL in EXCLUDED */
	appendStringInfoString(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_SET));
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, ", %1$s = EXCLUDED.%1$s", jm_column_name(c));
	/* a session that came first may have written a newer state */
	appendStringInfoString(&sql,
						   " WHERE o.withdrawn_at IS NOT NULL OR (o.content_hash <> EXCLUDED.content_hash"
						   " AND NOT coalesce(EXCLUDED.updated_at < o.updated_at, false))"
						   " RETURNING o.offer_id, o.xmax = 0");
	return sql.data;
}

static char *
dimension_sql(const JmList *list)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO jobmarket.%s (%s", list->dimension, list->dimension_id);
	for (int f = 0; f < list->ndimension; f++)
		appendStringInfo(&sql, ", %s", list->columns[f]);
	appendStringInfo(&sql, ") SELECT DISTINCT ON (b.%1$s) b.%1$s", list->dimension_id);
	for (int f = 0; f < list->ndimension; f++)
		appendStringInfo(&sql, ", b.%s", list->columns[f]);
	appendStringInfo(&sql, " FROM jm_%1$s b WHERE NOT EXISTS"
					 " (SELECT 1 FROM jobmarket.%2$s d WHERE d.%3$s = b.%3$s)"
					 " ORDER BY b.%3$s ON CONFLICT DO NOTHING",
					 list->child, list->dimension, list->dimension_id);
	return sql.data;
}

/* Columns of a child but for its key, each after separator and alias. */
static char *
child_columns(const JmList *list, const char *separator, const char *alias)
{
	StringInfoData columns;
	const char *between = "";

	initStringInfo(&columns);
	if (list->dimension)
	{
		appendStringInfo(&columns, "%s%s", alias, list->dimension_id);
		between = separator;
	}
	for (int f = list->ndimension; f < list->nfields; f++)
	{
		appendStringInfo(&columns, "%s%s%s", between, alias, list->columns[f]);
		between = separator;
	}
	return columns.data;
}

static char *
child_sql(const JmList *list)
{
	return psprintf("INSERT INTO jobmarket.%1$s (offer_id, position, %2$s) "
					"SELECT offer_id, position, %2$s FROM jm_%1$s",
					list->child, child_columns(list, ", ", ""));
}

/*
 * Deletes what an offer's new state has not; most of it stays as it is when an
 * offer changes, and costs no write then.
 */
static char *
child_delete_sql(const JmList *list)
{
	return psprintf("DELETE FROM jobmarket.%1$s c WHERE c.offer_id = ANY ($1) AND NOT EXISTS "
					"(SELECT FROM jm_%1$s b WHERE b.offer_id = c.offer_id AND b.position = c.position "
					"AND ROW(%2$s) IS NOT DISTINCT FROM ROW(%3$s))",
					list->child, child_columns(list, ", ", "b."), child_columns(list, ", ", "c."));
}

/* Reference tables that an offer's own row refers to, and by which column. */
static const char *const references[][2] = {
	{"rome", "rome_code"},
	{"naf", "naf_code"},
	{"naf_division", "naf_division_code"},
	{"contract_type", "contract_type_code"},
	{"qualification", "qualification_code"},
	{"company", "company_id"},
};

static char *
statement_sql(JmLoadStatement st)
{
	switch (st)
	{
		case ST_SOURCE:
			return "SELECT 1 FROM jobmarket.source s WHERE s.source = $1 FOR KEY SHARE";
		case ST_LOOKUP:
			return "SELECT o.offer_id, o.content_hash, o.updated_at, o.withdrawn_at IS NOT NULL "
				"FROM jobmarket.offer o WHERE o.offer_id = ANY ($1)";
		case ST_ROME:
			return reference_sql("rome", "rome_code", "b.rome_label");
		case ST_NAF:
			return reference_sql("naf", "naf_code", "NULL::text");
		case ST_DIVISION:
			return reference_sql("naf_division", "naf_division_code", "b.naf_division_label");
		case ST_CONTRACT:
			return reference_sql("contract_type", "contract_type_code", "NULL::text");
		case ST_QUALIFICATION:
			return reference_sql("qualification", "qualification_code", "b.qualification_label");
		case ST_COMPANY:
			return "INSERT INTO jobmarket.company (company_id, name) "
				"SELECT DISTINCT ON (b.company_id) b.company_id, b.company_name FROM jm_offer b "
				"WHERE b.company_id IS NOT NULL AND NOT EXISTS "
				"(SELECT 1 FROM jobmarket.company c WHERE c.company_id = b.company_id) "
				"ORDER BY b.company_id ON CONFLICT DO NOTHING";
		case ST_CHANGE:
			return "INSERT INTO jobmarket.offer_change (offer_id, kind, run_id, before) "
				"SELECT o.offer_id, CASE WHEN o.withdrawn_at IS NULL THEN 'updated' ELSE 'revived' END, $1, "
				"(SELECT jsonb_object_agg(k, d.document -> k) FROM jsonb_object_keys(d.document || b.document) k "
				"WHERE d.document -> k IS DISTINCT FROM b.document -> k) "
				"FROM jm_document b JOIN jobmarket.offer o ON o.offer_id = b.offer_id "
				"LEFT JOIN jobmarket.offer_document d ON d.offer_id = b.offer_id";
		case ST_OFFER:
			return offer_sql(true);
		case ST_OFFER_PLAIN:
			return offer_sql(false);
		case ST_DOCUMENT:
			return "INSERT INTO jobmarket.offer_document (offer_id, document) "
				"SELECT offer_id, document FROM jm_document "
				"ON CONFLICT (offer_id) DO UPDATE SET document = EXCLUDED.document";
		case ST_NO_DOCUMENT:
			return "DELETE FROM jobmarket.offer_document d USING jm_document b WHERE d.offer_id = b.offer_id";
		case ST_DELETE_ROLES:
			return "DELETE FROM jobmarket.offer_role WHERE offer_id = ANY ($1)";
		case ST_DELETE_KEYWORDS:
			return "DELETE FROM jobmarket.offer_keyword WHERE offer_id = ANY ($1)";
		case ST_ROLES:
			return psprintf("INSERT INTO jobmarket.offer_role (offer_id, role_code, confidence, rule_id) "
							JM_ROLES_OF " WHERE b.offer_id = ANY ($1)", "jm_offer");
		case ST_KEYWORDS:
			return psprintf("INSERT INTO jobmarket.offer_keyword (offer_id, keyword) "
							JM_KEYWORDS_OF " WHERE b.offer_id = ANY ($1)", "jm_offer");
		case ST_ROLES_AGAIN:

			/*
			 * what stays as it is costs no write; the two touch different
			 * rows
			 */
			return psprintf("WITH found AS MATERIALIZED (" JM_ROLES_OF " WHERE b.offer_id = ANY ($1)), "
							"gone AS (DELETE FROM jobmarket.offer_role r WHERE r.offer_id = ANY ($1) AND NOT EXISTS "
							"(SELECT FROM found f WHERE f.offer_id = r.offer_id AND f.role_code = r.role_code)) "
							"INSERT INTO jobmarket.offer_role AS r (offer_id, role_code, confidence, rule_id) "
							"SELECT * FROM found ON CONFLICT (offer_id, role_code) DO UPDATE "
							"SET confidence = EXCLUDED.confidence, rule_id = EXCLUDED.rule_id "
							"WHERE (r.confidence, r.rule_id) IS DISTINCT FROM (EXCLUDED.confidence, EXCLUDED.rule_id)",
							"jm_offer");
		case ST_KEYWORDS_AGAIN:
			return psprintf("WITH found AS MATERIALIZED (" JM_KEYWORDS_OF " WHERE b.offer_id = ANY ($1)), "
							"gone AS (DELETE FROM jobmarket.offer_keyword k WHERE k.offer_id = ANY ($1) AND NOT EXISTS "
							"(SELECT FROM found f WHERE f.offer_id = k.offer_id AND f.keyword = k.keyword)) "
							"INSERT INTO jobmarket.offer_keyword (offer_id, keyword) "
							"SELECT * FROM found ON CONFLICT DO NOTHING", "jm_offer");
		case ST_SEEN_NEW:
			return "INSERT INTO jobmarket.offer_sighting (offer_id, run_id, seen_at) "
				"SELECT u, $2, now() FROM unnest($1) u "
				"WHERE EXISTS (SELECT 1 FROM jobmarket.offer o WHERE o.offer_id = u) "
				"ON CONFLICT (offer_id) DO UPDATE SET run_id = EXCLUDED.run_id, seen_at = EXCLUDED.seen_at";
		case ST_SEEN_AGAIN:
			return "UPDATE jobmarket.offer_sighting s SET run_id = $2, seen_at = now() "
				"FROM unnest($1) u WHERE s.offer_id = u AND ($2 IS NULL OR s.run_id IS DISTINCT FROM $2)";
		case ST_REJECT:
			return "INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, message, detail) "
				"VALUES ($1, $2, 'decode', $3, jsonb_strip_nulls(jsonb_build_object("
				"'source', $4, 'position', $5, 'offer_id', $6)))";
		case ST_UNKNOWN:
			return "INSERT INTO jobmarket.unknown_attribute AS a (attribute, offers, example_offer_id) "
				"VALUES ($1, $2, $3) ON CONFLICT (attribute) DO UPDATE SET "
				"offers = a.offers + EXCLUDED.offers, last_seen_at = now()";
		case ST_ATTRIBUTE:
			return "INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, message, detail) "
				"VALUES ($1, $2, 'attribute', $3, jsonb_build_object("
				"'source', $4, 'attribute', $5, 'offers', $6, 'example_offer_id', $7))";
		default:
			if (st >= ST_LOCK && st < ST_LOCK + lengthof(references))
				return lock_sql(references[st - ST_LOCK][0], references[st - ST_LOCK][1], "jm_offer");
			if (st >= ST_LOCK_DIMENSION && st < ST_LOCK_DIMENSION + JM_LISTS)
				return lock_sql(jm_lists[st - ST_LOCK_DIMENSION].dimension,
								jm_lists[st - ST_LOCK_DIMENSION].dimension_id,
								psprintf("jm_%s", jm_lists[st - ST_LOCK_DIMENSION].child));
			if (st >= ST_DELETE && st < ST_DELETE + JM_LISTS)
				return child_delete_sql(&jm_lists[st - ST_DELETE]);
			if (st >= ST_DIMENSION && st < ST_DIMENSION + JM_LISTS)
				return dimension_sql(&jm_lists[st - ST_DIMENSION]);
			if (st >= ST_CHILD && st < ST_CHILD + JM_LISTS)
				return child_sql(&jm_lists[st - ST_CHILD]);
			if (st >= ST_CHILD_AGAIN && st < ST_CHILD_AGAIN + JM_LISTS)
				return psprintf("%s ON CONFLICT DO NOTHING", child_sql(&jm_lists[st - ST_CHILD_AGAIN]));
			elog(ERROR, "no statement %d", (int) st);
	}
	return NULL;
}

/*
 * Runs a statement; expected is SPI's result code of success.  Rows are in
 * SPI_tuptable.
 */
void
jm_load_run(JmLoader *loader, JmLoadStatement st, int nargs, Oid *types, Datum *values,
			const char *nulls, int expected)
{
	int			result;
	MemoryContext old = CurrentMemoryContext;

	if (plans[st] == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(statement_sql(st), nargs, types);

		if (plan == NULL)
			elog(ERROR, "could not prepare statement %d: %s", (int) st,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		plans[st] = plan;
	}
	result = SPI_execute_plan(plans[st], values, nulls, false, 0);
	if (result != expected)
		elog(ERROR, "statement %d failed: %s", (int) st, SPI_result_code_string(result));
	/* a harvest stays connected for long: nothing of a batch may stay there */
	loader->spi_context = MemoryContextSwitchTo(old);
	jm_load_between(loader);
}

/* A plan that names PostGIS's schema is of no use after that was moved. */
void
jm_load_follow_postgis(void)
{
	static char planned[NAMEDATALEN * 2 + 3];
	char	   *schema = jm_postgis_schema();

	if (plans[ST_OFFER] && strcmp(planned, schema) != 0)
	{
		SPI_freeplan(plans[ST_OFFER]);
		plans[ST_OFFER] = NULL;
	}
	strlcpy(planned, schema, sizeof(planned));
	pfree(schema);
}
