/*
 * hiring_sql.c
 *		Cumulative gains, and the splitting of lines.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "hiring/csv.h"
#include "hiring/gains.h"
#include "hiring/hiring_sql.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(jobmarket_gains_accum);
PG_FUNCTION_INFO_V1(jobmarket_gains_final);
PG_FUNCTION_INFO_V1(jobmarket_forecast_final);
PG_FUNCTION_INFO_V1(jobmarket_split_line);

/* Where the state of the aggregate lives that calls. */
MemoryContext
jm_aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function may only be called as part of an aggregate")));
	return context;
}

/* State of cumulative_gains: all the pairs. */
typedef struct JmGains
{
	int64		n;
	int64		capacity;
	JmGainsPair *pairs;
} JmGains;

/* accum(state, predicted, effective); pairs with a NULL are left out */
Datum
jobmarket_gains_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = jm_aggregate_context(fcinfo);
	JmGains    *state = PG_ARGISNULL(0) ? NULL : (JmGains *) PG_GETARG_POINTER(0);
	double		predicted;
	double		effective;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (!state)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	predicted = PG_GETARG_FLOAT8(1);
	effective = PG_GETARG_FLOAT8(2);
	if (isnan(predicted) || !isfinite(effective) || effective < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("cumulative gains need predictions that are numbers and finite counts of at least 0")));
	if (!state)
		state = MemoryContextAllocZero(context, sizeof(JmGains));
	if (state->n == state->capacity)
	{
		int64		capacity = state->capacity ? state->capacity * 2 : 16;
		Size		size = sizeof(JmGainsPair) * capacity;

		state->pairs = state->pairs ? repalloc_huge(state->pairs, size) :
			MemoryContextAllocHuge(context, size);
		state->capacity = capacity;
	}
	state->pairs[state->n].predicted = predicted;
	state->pairs[state->n].effective = effective;
	state->n++;
	PG_RETURN_POINTER(state);
}

/*
 * An array of n elements of a type of fixed size, 4 or 8 bytes, as they lie in
 * memory.
 */
ArrayType *
jm_plain_array(const void *elements, int64 n, Oid type, Size size)
{
	Size		bytes = ARR_OVERHEAD_NONULLS(1) + n * size;
	ArrayType  *array;

	if (n == 0)
		return construct_empty_array(type);
	if (!AllocSizeIsValid(bytes))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an array cannot have " INT64_FORMAT " elements", n)));
	array = palloc0(bytes);
	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->elemtype = type;
	ARR_DIMS(array)[0] = n;
	ARR_LBOUND(array)[0] = 1;
	memcpy(ARR_DATA_PTR(array), elements, n * size);
	return array;
}

Datum
jm_float8_array(const double *values, int n)
{
	return PointerGetDatum(jm_plain_array(values, n, FLOAT8OID, sizeof(float8)));
}

/* Shares of the effective total, float8[9] for the best 10 % .. 90 %. */
Datum
jobmarket_gains_final(PG_FUNCTION_ARGS)
{
	JmGains    *state;
	double		gains[JM_GAINS_SHARES];

	(void) jm_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmGains *) PG_GETARG_POINTER(0);
	CHECK_FOR_INTERRUPTS();
	/* sorts in place: the order of the pairs means nothing to later calls */
	jm_gains(state->pairs, state->n, gains);
	PG_RETURN_DATUM(jm_float8_array(gains, JM_GAINS_SHARES));
}

/* Mean squared error, mean absolute error, and the nine shares. */
Datum
jobmarket_forecast_final(PG_FUNCTION_ARGS)
{
	JmGains    *state;
	double		values[2 + JM_GAINS_SHARES];

	(void) jm_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmGains *) PG_GETARG_POINTER(0);
	CHECK_FOR_INTERRUPTS();
	jm_forecast_errors(state->pairs, state->n, &values[0], &values[1]);
	jm_gains(state->pairs, state->n, values + 2);
	PG_RETURN_DATUM(jm_float8_array(values, 2 + JM_GAINS_SHARES));
}

/* split_line(line, delimiter): fields as text[], or NULL for a broken line */
Datum
jobmarket_split_line(PG_FUNCTION_ARGS)
{
	text	   *line = PG_GETARG_TEXT_PP(0);
	text	   *delimiter = PG_GETARG_TEXT_PP(1);
	const char *cursor = VARDATA_ANY(line);
	const char *end = cursor + VARSIZE_ANY_EXHDR(line);
	char	   *field = palloc(VARSIZE_ANY_EXHDR(line) + 1);
	ArrayBuildState *fields = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	/*
	 * a byte below 128 never is part of another character in a server
	 * encoding
	 */
	if (VARSIZE_ANY_EXHDR(delimiter) != 1 || IS_HIGHBIT_SET(*VARDATA_ANY(delimiter)) ||
		*VARDATA_ANY(delimiter) == '"')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delimiter must be one ASCII character, and not a quote")));
	while (cursor)
	{
		size_t		length;

		CHECK_FOR_INTERRUPTS();
		if (!jm_csv_next(&cursor, end, *VARDATA_ANY(delimiter), field, &length))
			PG_RETURN_NULL();
		fields = accumArrayResult(fields,
								  PointerGetDatum(cstring_to_text_with_len(field, length)),
								  false, TEXTOID, CurrentMemoryContext);
	}
	PG_RETURN_DATUM(makeArrayResult(fields, CurrentMemoryContext));
}
