/*
 * understand.c
 *		reclassify_offers(): reads all offers again after rules have changed.
 *
 * Three queries, which may use parallel workers, read every offer and keep
 * what differs from the tables; only that is written, under the lock of the
 * loader and unless the offer has changed meanwhile (its loader has read it
 * then).
 *
 * For the planner to use workers, what they shall compute must stand outside
 * of lateral and correlated subqueries.  OFFSET keeps each function from being
 * called both for its value and for the comparison; it is a string so that it
 * is a constant of the right type at once, for with a conversion in it there
 * would be no workers either.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "text/understand.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

/* To write so many takes long enough to say how far it is. */
#define MANY 10000

/* Each column of the UPDATE's SET, of the reading, and of its comparison */
#define SET_COLUMN(column, expression) ", " #column " = u." #column
#define READ_COLUMN(column, expression) ", " expression " AS " #column ", b." #column " AS old_" #column
#define COMPARE_COLUMN(column, expression) " OR u." #column " IS DISTINCT FROM u.old_" #column

/* Offers of a reading u that are still as they were read */
#define STILL " JOIN jobmarket.offer o ON o.offer_id = u.offer_id AND o.content_hash = u.content_hash "

/*
 * %1$s is the schema of PostGIS, %2$s geom's expression.  geometry has no
 * operator in pg_catalog: its bytes are compared.
 */
static const char offers_sql[] =
"SELECT u.* FROM (SELECT b.offer_id, b.content_hash, %2$s AS geom, b.geom AS old_geom"
JM_UNDERSTOOD_COLUMNS(READ_COLUMN) " FROM jobmarket.offer b" JM_UNDERSTOOD_FROM " OFFSET '0') u"
" WHERE %1$s.ST_AsEWKB(u.geom) IS DISTINCT FROM %1$s.ST_AsEWKB(u.old_geom)"
JM_UNDERSTOOD_COLUMNS(COMPARE_COLUMN);

static const char update_sql[] =
"UPDATE jobmarket.offer o SET geom = u.geom" JM_UNDERSTOOD_COLUMNS(SET_COLUMN)
" FROM jm_offers u WHERE o.offer_id = u.offer_id AND o.content_hash = u.content_hash";

/* confidence is NULL where a role is no longer found */
static const char roles_sql[] =
"SELECT coalesce(n.offer_id, s.offer_id) AS offer_id, coalesce(n.role_code, s.role_code) AS role_code,"
" n.confidence, n.rule_id, coalesce(n.content_hash, s.content_hash) AS content_hash"
" FROM (SELECT b.offer_id, b.content_hash, (b.r).role_code, (b.r).confidence, (b.r).rule_id"
" FROM (SELECT b.offer_id, b.content_hash, jobmarket.classify_roles(b.title, b.description) AS r"
" FROM jobmarket.offer b) b) n"
" FULL JOIN (SELECT r.*, b.content_hash FROM jobmarket.offer_role r JOIN jobmarket.offer b USING (offer_id)) s"
" ON s.offer_id = n.offer_id AND s.role_code = n.role_code"
" WHERE (s.confidence, s.rule_id) IS DISTINCT FROM (n.confidence, n.rule_id)";

static const char delete_roles_sql[] =
"DELETE FROM jobmarket.offer_role r USING jm_roles u" STILL
"WHERE r.offer_id = u.offer_id AND r.role_code = u.role_code AND u.confidence IS NULL";

static const char insert_roles_sql[] =
"INSERT INTO jobmarket.offer_role (offer_id, role_code, confidence, rule_id)"
" SELECT u.offer_id, u.role_code, u.confidence, u.rule_id FROM jm_roles u" STILL
"WHERE u.confidence IS NOT NULL ON CONFLICT (offer_id, role_code)"
" DO UPDATE SET confidence = EXCLUDED.confidence, rule_id = EXCLUDED.rule_id";

static const char keywords_sql[] =
"SELECT u.* FROM (SELECT b.offer_id, b.content_hash, jobmarket.extract_keywords(" JM_UNDERSTOOD_TEXT ")"
" AS keywords FROM jobmarket.offer b OFFSET '0') u WHERE u.keywords IS DISTINCT FROM"
" ARRAY(SELECT k.keyword FROM jobmarket.offer_keyword k WHERE k.offer_id = u.offer_id"
" ORDER BY k.keyword COLLATE \"C\")";

static const char delete_keywords_sql[] =
"DELETE FROM jobmarket.offer_keyword k USING jm_keywords u" STILL
"WHERE k.offer_id = u.offer_id AND NOT k.keyword = ANY (u.keywords)";

static const char insert_keywords_sql[] =
"INSERT INTO jobmarket.offer_keyword (offer_id, keyword)"
" SELECT u.offer_id, n.keyword FROM jm_keywords u" STILL
"CROSS JOIN LATERAL unnest(u.keywords) n (keyword) ON CONFLICT DO NOTHING";

/* Locks the tables that what is read from texts refers to against edits. */
void
jm_lock_rules(void)
{
	static const char *const tables[] = {
		"role", "keyword", "region", "departement", "commune"
	};
	Oid			schema = get_namespace_oid("jobmarket", false);

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			table = get_relname_relid(tables[i], schema);

		if (OidIsValid(table))
			LockRelationOid(table, ShareLock);
	}
}

/* Makes all other loads wait until the end of this transaction. */
void
jm_lock_loads(void)
{
	LockDatabaseObject(NamespaceRelationId, get_namespace_oid("jobmarket", false), 0, ExclusiveLock);
}

/*
 * Schema of PostGIS, quoted: its functions must not come from search_path.
 * Needs SPI.
 */
char *
jm_postgis_schema(void)
{
	char	   *schema;

	if (SPI_execute("SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e "
					"JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace "
					"WHERE e.extname = 'postgis'", true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "extension postgis not found");
	schema = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	SPI_freetuptable(SPI_tuptable);
	return schema;
}

/* Runs a statement; returns how many rows it wrote. */
static int64
write_rows(const char *sql, int expected)
{
	int			result = SPI_execute(sql, false, 0);

	if (result != expected)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), sql);
	return (int64) SPI_processed;
}

/*
 * Runs a query and lets later statements see its rows, which are returned, as
 * the table name.
 */
static Tuplestorestate *
read_offers(const char *name, const char *sql)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	SPIExecuteOptions options = {0};
	Tuplestorestate *rows = tuplestore_begin_heap(true, false, work_mem);

	/* no row: what columns it has */
	if (SPI_execute(psprintf("%s LIMIT 0", sql), true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read offers");
	enr->md.tupdesc = CreateTupleDescCopy(SPI_tuptable->tupdesc);

	options.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(options.dest, rows, CurrentMemoryContext, true, NULL, NULL);
	if (SPI_execute_extended(sql, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read offers");
	enr->md.name = pstrdup(name);
	enr->md.reliddesc = InvalidOid;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = tuplestore_tuple_count(rows);
	enr->reldata = rows;
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\"", name);
	return rows;
}

static void
drop_rows(const char *name, Tuplestorestate *rows)
{
	SPI_unregister_relation(name);
	tuplestore_end(rows);
}

PG_FUNCTION_INFO_V1(jobmarket_reclassify_offers);

/* reclassify_offers() -> (offers, roles, keywords): rows that changed */
Datum
jobmarket_reclassify_offers(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};
	char	   *postgis;
	Tuplestorestate *offers;
	Tuplestorestate *roles;
	Tuplestorestate *keywords;
	int64		differ;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	SPI_connect();
	postgis = jm_postgis_schema();

	jm_lock_rules();
	offers = read_offers("jm_offers", psprintf(offers_sql, postgis, psprintf(JM_UNDERSTOOD_GEOM, postgis)));
	roles = read_offers("jm_roles", roles_sql);
	keywords = read_offers("jm_keywords", keywords_sql);
	differ = tuplestore_tuple_count(offers) + tuplestore_tuple_count(keywords);
	if (differ >= MANY)
		ereport(NOTICE,
				(errmsg("all offers were read again, " INT64_FORMAT " differences are to be written",
						differ + tuplestore_tuple_count(roles))));
	jm_lock_loads();
	values[0] = Int64GetDatum(write_rows(update_sql, SPI_OK_UPDATE));
	values[1] = Int64GetDatum(write_rows(delete_roles_sql, SPI_OK_DELETE) +
							  write_rows(insert_roles_sql, SPI_OK_INSERT));
	values[2] = Int64GetDatum(write_rows(delete_keywords_sql, SPI_OK_DELETE) +
							  write_rows(insert_keywords_sql, SPI_OK_INSERT));
	drop_rows("jm_offers", offers);
	drop_rows("jm_roles", roles);
	drop_rows("jm_keywords", keywords);
	SPI_finish();
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}
