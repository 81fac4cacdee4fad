/*
 * tally_sql.c
 *		SQL aggregates on tallies of hirings: hiring_tally makes them of rows,
 *		tally_sum adds them up.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "hiring/hiring_sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#define MONTHS_OF_PERIOD 6
#define FIRST_ENTRIES 8

/* State of hiring_tally and tally_sum. */
typedef struct JmTallyState
{
	int64		n;
	int64		capacity;
	int32	   *entries;
} JmTallyState;

PG_FUNCTION_INFO_V1(jobmarket_hiring_tally_accum);
PG_FUNCTION_INFO_V1(jobmarket_tally_sum_accum);
PG_FUNCTION_INFO_V1(jobmarket_tally_final);

/* Entries of a tally and their number. */
const int32 *
jm_tally_entries(ArrayType *tally, int *n)
{
	if (ARR_NDIM(tally) > 1 || array_contains_nulls(tally))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a tally must be a one-dimensional array without NULL")));
	*n = ARR_NDIM(tally) == 0 ? 0 : ARR_DIMS(tally)[0];
	return (const int32 *) ARR_DATA_PTR(tally);
}

/* The state with room for more entries. */
static JmTallyState *
tally_state(FunctionCallInfo fcinfo, int64 more)
{
	MemoryContext context = jm_aggregate_context(fcinfo);
	JmTallyState *state = PG_ARGISNULL(0) ? NULL : (JmTallyState *) PG_GETARG_POINTER(0);

	if (!state)
		state = MemoryContextAllocZero(context, sizeof(JmTallyState));
	if (state->n + more > state->capacity)
	{
		int64		capacity = Max(state->capacity ? state->capacity * 2 : FIRST_ENTRIES,
								   state->n + more);
		Size		size = capacity * sizeof(int32);

		state->entries = state->entries ? repalloc_huge(state->entries, size) :
			MemoryContextAllocHuge(context, size);
		state->capacity = capacity;
	}
	return state;
}

/* accum(state, hired_on, contract_type, age_bracket, disabled, removed) */
Datum
jobmarket_hiring_tally_accum(PG_FUNCTION_ARGS)
{
	JmTallyState *state = tally_state(fcinfo, 1);
	JmTallyAge	age = JM_TALLY_AGE_UNKNOWN;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	if (!PG_ARGISNULL(3))
	{
		text	   *bracket = PG_GETARG_TEXT_PP(3);
		char		first = VARSIZE_ANY_EXHDR(bracket) > 0 ? *VARDATA_ANY(bracket) : '\0';

		/* 00-25, 26-50, 51-99 */
		if (first == '0')
			age = JM_TALLY_JUNIOR;
		else if (first == '2')
			age = JM_TALLY_MIDDLE;
		else if (first == '5')
			age = JM_TALLY_SENIOR;
	}
	state->entries[state->n++] =
		jm_tally_entry(PG_GETARG_DATEADT(1), PG_GETARG_INT32(2) > 10, age,
					   !PG_ARGISNULL(4) && PG_GETARG_BOOL(4),
					   !PG_ARGISNULL(5) && PG_GETARG_BOOL(5));
	PG_RETURN_POINTER(state);
}

/* accum(state, tally, removed) */
Datum
jobmarket_tally_sum_accum(PG_FUNCTION_ARGS)
{
	JmTallyState *state;
	const int32 *entries = NULL;
	int			n = 0;

	if (!PG_ARGISNULL(1))
		entries = jm_tally_entries(PG_GETARG_ARRAYTYPE_P(1), &n);
	state = tally_state(fcinfo, n);
	if (n > 0)
	{
		memcpy(state->entries + state->n, entries, n * sizeof(int32));
		if (!PG_ARGISNULL(2) && PG_GETARG_BOOL(2))
			jm_tally_negate(state->entries + state->n, n);
		state->n += n;
	}
	PG_RETURN_POINTER(state);
}

/* What is left, as an array; empty where nothing is. */
Datum
jobmarket_tally_final(PG_FUNCTION_ARGS)
{
	JmTallyState *state;

	(void) jm_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmTallyState *) PG_GETARG_POINTER(0);
	/* the same bag afterwards: later calls may go on */
	state->n = jm_tally_settle(state->entries, state->n);
	PG_RETURN_ARRAYTYPE_P(jm_plain_array(state->entries, state->n, INT4OID, sizeof(int32)));
}

/* The calendar of a number of semesters before as_of, first day of a month. */
void
jm_tally_calendar_of(JmTallyCalendar *calendar, DateADT as_of, int number)
{
	int32		starts[JM_TALLY_PERIODS];
	int			year;
	int			month;
	int			day;

	if (number < 1 || number > JM_TALLY_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of periods must be between 1 and %d", JM_TALLY_PERIODS)));
	if (!IS_VALID_DATE(as_of) || DATE_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date must be finite")));
	j2date(as_of + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (day != 1 || year < 1000 || year > 9999)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prediction date must be the first day of a month")));
	for (int i = 0; i < number; i++)
	{
		int			months = year * 12 + month - 1 - MONTHS_OF_PERIOD * (i + 1);

		starts[i] = date2j(months / 12, months % 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
	}
	jm_tally_calendar(calendar, as_of, starts, number);
}
