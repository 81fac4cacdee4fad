/*
 * harvest_sql.c
 *		Running the statements of a harvest.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "offers/harvest.h"

/*
 * Runs a statement; its rows are in SPI_tuptable.  SPI leaves its caller in a memory context that lives as
 * long as the procedure: that of before is restored.
 */
void
jm_harvest_execute(const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	MemoryContext old = CurrentMemoryContext;
	int			result = SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0);

	if (result < 0)
		elog(ERROR, "harvest statement failed: %s", SPI_result_code_string(result));
	MemoryContextSwitchTo(old);
}

/* Likewise a statement whose only parameter is the run. */
void
jm_harvest_execute_run(const JmHarvest *h, const char *sql)
{
	Oid			type = INT8OID;
	Datum		run_id = Int64GetDatum(h->run_id);

	jm_harvest_execute(sql, 1, &type, &run_id, NULL);
}

/* A bigint of the last result, 0 for NULL. */
int64
jm_harvest_int64(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/* A text of the last result in the current memory context, or NULL. */
char *
jm_harvest_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}
