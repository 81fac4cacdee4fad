/*
 * understand.c
 *		reclassify_offers(): reads all offers again after rules have changed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "text/understand.h"
#include "utils/builtins.h"

/* Each column of the UPDATE's SET, of its source u, and of its WHERE */
#define SET_COLUMN(column, expression) ", " #column " = u." #column
#define NAME_COLUMN(column, expression) ", " expression " AS " #column
#define COMPARE_COLUMN(column, expression) " OR o." #column " IS DISTINCT FROM u." #column

/* Runs a statement; returns how many rows it wrote. */
static int64
write_rows(const char *sql, int expected)
{
	int			result = SPI_execute(sql, false, 0);

	if (result != expected)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), sql);
	return (int64) SPI_processed;
}

/* Makes a child table hold the rows of a query, touching only what differs. */
static int64
replace_rows(const char *table, const char *columns, const char *query)
{
	int64		deleted = write_rows(psprintf("DELETE FROM jobmarket.%1$s WHERE (%2$s) IN "
											  "(SELECT %2$s FROM jobmarket.%1$s EXCEPT (%3$s))",
											  table, columns, query), SPI_OK_DELETE);

	return deleted + write_rows(psprintf("INSERT INTO jobmarket.%1$s (%2$s) "
										 "(%3$s) EXCEPT SELECT %2$s FROM jobmarket.%1$s",
										 table, columns, query), SPI_OK_INSERT);
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
	char	   *sql;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	SPI_connect();
	if (SPI_execute("SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n "
					"ON n.oid = e.extnamespace WHERE e.extname = 'postgis'", true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "extension postgis not found");
	postgis = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

	/* geometry has no operator in pg_catalog: its bytes are compared */
	sql = psprintf("UPDATE jobmarket.offer o SET geom = u.geom%1$s"
				   " FROM (SELECT b.offer_id, %2$s AS geom%3$s FROM jobmarket.offer b%4$s) u"
				   " WHERE u.offer_id = o.offer_id AND ("
				   "%5$s.ST_AsEWKB(o.geom) IS DISTINCT FROM %5$s.ST_AsEWKB(u.geom)%6$s)",
				   JM_UNDERSTOOD_COLUMNS(SET_COLUMN), psprintf(JM_UNDERSTOOD_GEOM, postgis),
				   JM_UNDERSTOOD_COLUMNS(NAME_COLUMN), JM_UNDERSTOOD_FROM, postgis,
				   JM_UNDERSTOOD_COLUMNS(COMPARE_COLUMN));
	values[0] = Int64GetDatum(write_rows(sql, SPI_OK_UPDATE));
	values[1] = Int64GetDatum(replace_rows("offer_role", "offer_id, role_code, confidence, rule_id",
										   psprintf(JM_ROLES_OF, "jobmarket.offer")));
	values[2] = Int64GetDatum(replace_rows("offer_keyword", "offer_id, keyword",
										   psprintf(JM_KEYWORDS_OF, "jobmarket.offer")));
	SPI_finish();
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}
