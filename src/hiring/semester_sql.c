/*
 * semester_sql.c
 *		SQL aggregate semester_model and its prediction.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hiring/semester.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

#define FIRST_OFFICES 64

/* State of semester_model: the offices of a département, one family. */
typedef struct JmSemesterState
{
	JmSemesterTask task;
	int			first;			/* element of counts where the family begins */
	int			periods;
	int64		n;
	int64		capacity;
	int32	   *counts;
	double	   *headcount;
} JmSemesterState;

/* Columns of jobmarket.semester_fit, in its order. */
enum
{
	COL_INTERCEPT,
	COL_COEFFICIENTS,
	COL_RANK,
	COL_MSE,
	COL_TEST,
	COL_OFFICES,
	COL_TOTALS,
	COL_LAST_SEMESTER,
	COL_LAST_YEAR,
	COLUMNS
};

PG_FUNCTION_INFO_V1(jobmarket_semester_accum);
PG_FUNCTION_INFO_V1(jobmarket_semester_final);
PG_FUNCTION_INFO_V1(jobmarket_semester_prediction);

/* Elements first .. first + number - 1, from 1, of an int4 array without NULL. */
static const int32 *
slice(ArrayType *array, int first, int number)
{
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("counts must be a one-dimensional array without NULL")));
	if (first < 1 || number < 0 || first > ARR_DIMS(array)[0] ||
		number > ARR_DIMS(array)[0] - first + 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array of %d has no %d elements from %d on",
						ARR_DIMS(array)[0], number, first)));
	return (const int32 *) ARR_DATA_PTR(array) + first - 1;
}

static double
checked_headcount(double headcount)
{
	if (!isfinite(headcount) || headcount < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("headcount must be a number of at least 0")));
	return headcount;
}

static JmSemesterKind
checked_kind(int kind)
{
	if (kind < 0 || kind >= JM_SEMESTER_KINDS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no kind of model %d", kind),
				 errhint("0 is least squares, 1 ridge regression and 2 Poisson regression.")));
	return (JmSemesterKind) kind;
}

static JmSemesterState *
new_state(FunctionCallInfo fcinfo, MemoryContext context)
{
	JmSemesterState *state = MemoryContextAllocZero(context, sizeof(JmSemesterState));

	for (int i = 3; i <= 8; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("only counts and headcount may be NULL")));
	state->first = PG_GETARG_INT32(3);
	state->periods = PG_GETARG_INT32(4);
	state->task.gap = PG_GETARG_INT32(5);
	state->task.back = PG_GETARG_INT32(6);
	state->task.kind = checked_kind(PG_GETARG_INT32(7));
	state->task.penalty = PG_GETARG_FLOAT8(8);
	if (!jm_semester_task_valid(&state->task, state->periods))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model cannot be trained and tested on %d semesters with a gap of %d, tested %d back, penalty %g",
						state->periods, state->task.gap, state->task.back,
						state->task.penalty)));
	return state;
}

static void
grow(JmSemesterState *state, MemoryContext context)
{
	int64		capacity = state->capacity ? state->capacity * 2 : FIRST_OFFICES;
	Size		counts = sizeof(int32) * capacity * state->periods;
	Size		headcount = sizeof(double) * capacity;

	if (state->counts)
	{
		state->counts = repalloc_huge(state->counts, counts);
		state->headcount = repalloc_huge(state->headcount, headcount);
	}
	else
	{
		state->counts = MemoryContextAllocHuge(context, counts);
		state->headcount = MemoryContextAllocHuge(context, headcount);
	}
	state->capacity = capacity;
}

/*
 * accum(state, counts, headcount, first, periods, gap, back, kind, penalty);
 * the last six are those of the first row.
 */
Datum
jobmarket_semester_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	JmSemesterState *state = PG_ARGISNULL(0) ? NULL : (JmSemesterState *) PG_GETARG_POINTER(0);
	double		headcount;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function may only be called as part of an aggregate")));
	if (!state)
		state = new_state(fcinfo, context);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);

	headcount = checked_headcount(PG_GETARG_FLOAT8(2));
	if (state->n == state->capacity)
		grow(state, context);
	memcpy(state->counts + state->n * state->periods,
		   slice(PG_GETARG_ARRAYTYPE_P(1), state->first, state->periods),
		   sizeof(int32) * state->periods);
	state->headcount[state->n] = headcount;
	state->n++;
	PG_RETURN_POINTER(state);
}

static void
serve_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

static Datum
float8_array(const double *values, int n)
{
	Datum	   *elements = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(elements, n, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Mean squared error, mean absolute error, and the nine shares. */
static Datum
test_array(const JmSemesterTest *test)
{
	double		values[2 + JM_GAINS_SHARES];

	values[0] = test->mse;
	values[1] = test->mae;
	memcpy(values + 2, test->gains, sizeof(test->gains));
	return float8_array(values, 2 + JM_GAINS_SHARES);
}

/* Sums of the counts by period; returns whether there are any hirings. */
static bool
add_up(const JmSemesterState *state, Datum *totals)
{
	bool		any = false;

	for (int k = 0; k < state->periods; k++)
	{
		int64		sum = 0;

		for (int64 i = 0; i < state->n; i++)
			sum += state->counts[i * state->periods + k];
		totals[k] = Int64GetDatum(sum);
		any = any || sum != 0;
	}
	return any;
}

/* A row of jobmarket.semester_fit; NULL for a family without any hiring */
Datum
jobmarket_semester_final(PG_FUNCTION_ARGS)
{
	JmSemesterState *state;
	JmSemesterData data;
	JmSemesterFit fit;
	TupleDesc	desc;
	Datum	   *totals;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function may only be called as part of an aggregate")));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmSemesterState *) PG_GETARG_POINTER(0);
	totals = palloc(sizeof(Datum) * state->periods);
	if (!add_up(state, totals))
		PG_RETURN_NULL();

	data.n = state->n;
	data.periods = state->periods;
	data.counts = state->counts;
	data.headcount = state->headcount;
	jm_semester_fit(&data, &state->task, &fit,
					MemoryContextAllocHuge(CurrentMemoryContext, sizeof(JmGainsPair) * state->n),
					MemoryContextAllocHuge(CurrentMemoryContext,
										   sizeof(double) * jm_semester_doubles(&state->task, state->n)),
					serve_interrupts);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != COLUMNS)
		elog(ERROR, "result type must be jobmarket.semester_fit");
	if (fit.fitted)
	{
		values[COL_INTERCEPT] = Float8GetDatum(fit.result.intercept);
		values[COL_COEFFICIENTS] = float8_array(fit.coefficients, JM_SEMESTER_P);
		values[COL_RANK] = Int32GetDatum(fit.result.rank);
		values[COL_MSE] = Float8GetDatum(fit.result.mse);
		values[COL_TEST] = test_array(&fit.test);
	}
	else
		for (int i = 0; i <= COL_TEST; i++)
			nulls[i] = true;
	values[COL_OFFICES] = Int64GetDatum(state->n);
	values[COL_TOTALS] =
		PointerGetDatum(construct_array(totals, state->periods, INT8OID, sizeof(int64),
										FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[COL_LAST_SEMESTER] = test_array(&fit.last_semester);
	values[COL_LAST_YEAR] = test_array(&fit.last_year);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* prediction(intercept, coefficients, counts, first, headcount, kind) */
Datum
jobmarket_semester_prediction(PG_FUNCTION_ARGS)
{
	ArrayType  *coefficients = PG_GETARG_ARRAYTYPE_P(1);
	const int32 *lags = slice(PG_GETARG_ARRAYTYPE_P(2), PG_GETARG_INT32(3), JM_SEMESTER_LAGS);

	if (ARR_NDIM(coefficients) != 1 || ARR_HASNULL(coefficients) ||
		ARR_DIMS(coefficients)[0] != JM_SEMESTER_P)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a model of hirings has %d coefficients", JM_SEMESTER_P)));
	PG_RETURN_FLOAT8(jm_semester_predict(checked_kind(PG_GETARG_INT32(5)), PG_GETARG_FLOAT8(0),
										 (const double *) ARR_DATA_PTR(coefficients), lags,
										 checked_headcount(PG_GETARG_FLOAT8(4))));
}
