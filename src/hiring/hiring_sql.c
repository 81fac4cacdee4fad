/*
 * hiring_sql.c
 *		Set work on hirings that SQL alone does too slowly: counts by semester,
 *		features of the model, cumulative gains; and the splitting of lines.
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "core/compat.h"
#include "fmgr.h"
#include "hiring/csv.h"
#include "hiring/gains.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#define MAX_PERIODS 100
#define MONTHS_OF_PERIOD 6
#define DAYS_OF_FLAGS 365

/* Behind the counts by period of both families. */
enum
{
	FLAG_ALL,
	FLAG_JUNIOR,
	FLAG_SENIOR,
	FLAG_DISABLED,
	FLAGS
};

/* First days of the periods, nearest first, of one date and number. */
typedef struct JmPeriods
{
	DateADT		as_of;
	int			number;
	DateADT		starts[MAX_PERIODS];
} JmPeriods;

PG_FUNCTION_INFO_V1(jobmarket_hiring_profile_accum);
PG_FUNCTION_INFO_V1(jobmarket_int_array_add);
PG_FUNCTION_INFO_V1(jobmarket_lag_sum);
PG_FUNCTION_INFO_V1(jobmarket_gains_accum);
PG_FUNCTION_INFO_V1(jobmarket_gains_final);
PG_FUNCTION_INFO_V1(jobmarket_forecast_final);
PG_FUNCTION_INFO_V1(jobmarket_split_line);

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function may only be called as part of an aggregate")));
	return context;
}

/* The periods of a call site, kept from call to call. */
static const JmPeriods *
periods_of(FunctionCallInfo fcinfo, DateADT as_of, int number)
{
	JmPeriods  *periods = fcinfo->flinfo->fn_extra;
	int			year;
	int			month;
	int			day;

	if (periods && periods->as_of == as_of && periods->number == number)
		return periods;

	if (number < 1 || number > MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of periods must be between 1 and %d", MAX_PERIODS)));
	if (!IS_VALID_DATE(as_of) || DATE_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date must be finite")));
	j2date(as_of + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (day != 1 || year < 1000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prediction date must be the first day of a month")));

	if (!periods)
	{
		periods = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(JmPeriods));
		fcinfo->flinfo->fn_extra = periods;
	}
	periods->as_of = as_of;
	periods->number = number;
	for (int i = 0; i < number; i++)
	{
		int			months = year * 12 + month - 1 - MONTHS_OF_PERIOD * (i + 1);

		periods->starts[i] = date2j(months / 12, months % 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
	}
	return periods;
}

static ArrayType *
new_int_array(MemoryContext context, int length)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + length * sizeof(int32);
	ArrayType  *array = MemoryContextAllocZero(context, size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = INT4OID;
	ARR_DIMS(array)[0] = length;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

/* Length of a one-dimensional int4 array without NULL. */
static int
int_array_length(ArrayType *array)
{
	if (ARR_NDIM(array) != 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("counts must be a one-dimensional array without NULL")));
	return ARR_DIMS(array)[0];
}

/*
 * accum(counts, hired_on, contract_type, age_bracket, disabled, as_of, periods)
 *
 * counts: hirings of types 1 to 3 in periods 1 .. n before as_of, those of
 * types 11 and 12 likewise, and over the last 365 days: all, below 26 years,
 * above 50, disabled.
 */
Datum
jobmarket_hiring_profile_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	const JmPeriods *periods;
	ArrayType  *array;
	int32	   *counts;
	DateADT		hired_on;
	int			type;
	bool		alternance;
	int			n;

	if (PG_ARGISNULL(5) || PG_ARGISNULL(6))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("prediction date and number of periods must not be NULL")));
	periods = periods_of(fcinfo, PG_GETARG_DATEADT(5), PG_GETARG_INT32(6));
	n = periods->number;
	if (PG_ARGISNULL(0))
		array = new_int_array(context, 2 * n + FLAGS);
	else
	{
		array = PG_GETARG_ARRAYTYPE_P(0);
		if (int_array_length(array) != 2 * n + FLAGS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("number of periods must be the same in all rows")));
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(array);

	hired_on = PG_GETARG_DATEADT(1);
	type = PG_GETARG_INT32(2);
	alternance = type == 11 || type == 12;
	if (hired_on >= periods->as_of || (!alternance && (type < 1 || type > 3)))
		PG_RETURN_POINTER(array);

	counts = (int32 *) ARR_DATA_PTR(array);
	for (int i = 0; i < n; i++)
		if (hired_on >= periods->starts[i])
		{
			counts[alternance ? n + i : i]++;
			break;
		}
	if (hired_on >= periods->as_of - DAYS_OF_FLAGS)
	{
		int32	   *flags = counts + 2 * n;

		flags[FLAG_ALL]++;
		if (!PG_ARGISNULL(3))
		{
			text	   *bracket = PG_GETARG_TEXT_PP(3);
			char		first = VARSIZE_ANY_EXHDR(bracket) > 0 ? *VARDATA_ANY(bracket) : '\0';

			/* 00-25, 26-50, 51-99 */
			if (first == '0')
				flags[FLAG_JUNIOR]++;
			else if (first == '5')
				flags[FLAG_SENIOR]++;
		}
		if (!PG_ARGISNULL(4) && PG_GETARG_BOOL(4))
			flags[FLAG_DISABLED]++;
	}
	PG_RETURN_POINTER(array);
}

/* Sum of two arrays of the same length, in the first one's place. */
Datum
jobmarket_int_array_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ArrayType  *sum;
	ArrayType  *other;
	int			n;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = PG_GETARG_ARRAYTYPE_P(1);
	n = int_array_length(other);
	if (PG_ARGISNULL(0))
		sum = new_int_array(context, n);
	else
		sum = PG_GETARG_ARRAYTYPE_P(0);
	if (int_array_length(sum) != n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays must have the same length")));
	for (int i = 0; i < n; i++)
	{
		int32	   *total = (int32 *) ARR_DATA_PTR(sum) + i;

		if (pg_add_s32_overflow(*total, ((int32 *) ARR_DATA_PTR(other))[i], total))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("integer out of range")));
	}
	PG_RETURN_POINTER(sum);
}

static void
check_slice(int first, int number, int length)
{
	if (first < 1 || number < 0 || first - 1 > length || number > length - (first - 1))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array of %d has no elements %d to %lld", length, first,
						(long long) first + number - 1)));
}

/* lag_sum(counts, first, number): sum of counts[first .. first + number - 1]. */
Datum
jobmarket_lag_sum(PG_FUNCTION_ARGS)
{
	ArrayType  *counts = PG_GETARG_ARRAYTYPE_P(0);
	int			first = PG_GETARG_INT32(1);
	int			number = PG_GETARG_INT32(2);
	int64		sum = 0;

	check_slice(first, number, int_array_length(counts));
	for (int i = 0; i < number; i++)
		sum += ((int32 *) ARR_DATA_PTR(counts))[first - 1 + i];
	PG_RETURN_INT64(sum);
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
	MemoryContext context = aggregate_context(fcinfo);
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

static ArrayType *
float8_array(const double *values, int n)
{
	Datum	   *elements = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = Float8GetDatum(values[i]);
	return construct_array(elements, n, FLOAT8OID, sizeof(float8),
						   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/* Shares of the effective total, float8[9] for the best 10 % .. 90 %. */
Datum
jobmarket_gains_final(PG_FUNCTION_ARGS)
{
	JmGains    *state;
	double		gains[JM_GAINS_SHARES];

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmGains *) PG_GETARG_POINTER(0);
	CHECK_FOR_INTERRUPTS();
	/* sorts in place: the order of the pairs means nothing to later calls */
	jm_gains(state->pairs, state->n, gains);
	PG_RETURN_ARRAYTYPE_P(float8_array(gains, JM_GAINS_SHARES));
}

/* Mean squared error, mean absolute error, and the nine shares. */
Datum
jobmarket_forecast_final(PG_FUNCTION_ARGS)
{
	JmGains    *state;
	double		values[2 + JM_GAINS_SHARES];

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmGains *) PG_GETARG_POINTER(0);
	CHECK_FOR_INTERRUPTS();
	jm_forecast_errors(state->pairs, state->n, &values[0], &values[1]);
	jm_gains(state->pairs, state->n, values + 2);
	PG_RETURN_ARRAYTYPE_P(float8_array(values, 2 + JM_GAINS_SHARES));
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
