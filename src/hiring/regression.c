/*
 * regression.c
 *		SQL aggregates linear_regression, ridge_regression and
 *		poisson_regression, and predict.
 *
 * Rows of which y or an element of x is NULL are left out, as the aggregates
 * regr_* of the server do.  NaN and infinity are errors: a fit through them
 * would be NaN without a trace of why.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hiring/hiring_sql.h"
#include "hiring/lsq.h"
#include "hiring/poisson.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

/* Rows that wait to be folded into the factor together. */
#define BLOCK_ROWS 64
#define FIRST_ROWS 4

/* State of linear_regression and ridge_regression. */
typedef struct JmRegression
{
	JmLsq		lsq;
	double		ridge;
	int			pending;		/* rows in block */
	int			capacity;		/* rows that block can hold */
	double	   *block;			/* row-major, x_1 .. x_p, y */
} JmRegression;

/* State of poisson_regression: the rows, for it needs to pass over them again. */
typedef struct JmPoisson
{
	int			p;
	int64		n;
	int64		capacity;
	double	   *rows;			/* row-major, x_1 .. x_p, y */
} JmPoisson;

/* Columns of jobmarket.regression, in its order. */
enum
{
	COL_INTERCEPT,
	COL_COEFFICIENTS,
	COL_N,
	COL_RANK,
	COL_MSE,
	COL_R2,
	COLUMNS
};

/* What is sent between processes: this, the mean and the factor. */
typedef struct JmRegressionHeader
{
	int32		p;
	int64		n;
	double		sum_weight;
	double		ridge;
} JmRegressionHeader;

PG_FUNCTION_INFO_V1(jobmarket_regression_accum);
PG_FUNCTION_INFO_V1(jobmarket_regression_combine);
PG_FUNCTION_INFO_V1(jobmarket_regression_serialize);
PG_FUNCTION_INFO_V1(jobmarket_regression_deserialize);
PG_FUNCTION_INFO_V1(jobmarket_regression_final);
PG_FUNCTION_INFO_V1(jobmarket_poisson_accum);
PG_FUNCTION_INFO_V1(jobmarket_poisson_final);
PG_FUNCTION_INFO_V1(jobmarket_predict);

static double *
allocate(size_t doubles)
{
	return palloc(Max(doubles, 1) * sizeof(double));
}

static double
checked_value(double value, const char *what)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s of a regression must be finite", what),
				 errdetail("It is %s.", isnan(value) ? "NaN" : "infinite"),
				 errhint("Leave such rows out with FILTER or WHERE; rows with NULL are left out by themselves.")));
	return value;
}

/*
 * The numbers of a one-dimensional float8 array, or NULL when one of them is
 * NULL.  They are used in place: no copy.
 */
static const double *
array_values(ArrayType *array, int *length)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x of a regression must be a one-dimensional array")));
	*length = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	if (*length > JM_LSQ_MAX_P)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("x of a regression has %d elements, more than %d",
						*length, JM_LSQ_MAX_P)));
	if (array_contains_nulls(array))
		return NULL;
	return (const double *) ARR_DATA_PTR(array);
}

static void
check_length(int p, int expected)
{
	if (p != expected)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x of a regression has %d elements where %d are expected",
						p, expected),
				 errhint("Every row needs an array of the same length.")));
}

static void
check_penalty(double ridge, const JmRegression *state)
{
	if (ridge != state->ridge)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ridge penalty must be the same in all rows"),
				 errdetail("%g follows %g.", ridge, state->ridge)));
}

static JmRegression *
new_regression(MemoryContext context, int p, double ridge)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	JmRegression *state = palloc0(sizeof(JmRegression));

	jm_lsq_init(&state->lsq, p, allocate(jm_lsq_doubles(p)));
	state->ridge = ridge;
	MemoryContextSwitchTo(old);
	return state;
}

/* Folds the pending rows into a factor; work space in the current context. */
static void
fold_pending(const JmRegression *state, JmLsq *lsq)
{
	double	   *work;

	if (state->pending == 0)
		return;
	work = allocate(jm_lsq_fold_doubles(lsq->p, state->pending));
	jm_lsq_fold(lsq, state->block, NULL, state->pending, work);
	pfree(work);
}

/* The factor of all the rows, as a copy: a window calls for it many times. */
static JmLsq *
whole_factor(const JmRegression *state)
{
	JmLsq	   *lsq = palloc(sizeof(JmLsq));

	jm_lsq_init(lsq, state->lsq.p, allocate(jm_lsq_doubles(state->lsq.p)));
	jm_lsq_copy(lsq, &state->lsq);
	fold_pending(state, lsq);
	return lsq;
}

/* accum(state, y, x [, ridge]) */
Datum
jobmarket_regression_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = jm_aggregate_context(fcinfo);
	JmRegression *state = PG_ARGISNULL(0) ? NULL : (JmRegression *) PG_GETARG_POINTER(0);
	bool		has_ridge = PG_NARGS() > 3;
	double		ridge = 0;
	double		y;
	ArrayType  *array;
	const double *x;
	double	   *row;
	int			p;

	if (has_ridge)
	{
		if (PG_ARGISNULL(3) || !isfinite(PG_GETARG_FLOAT8(3)) || PG_GETARG_FLOAT8(3) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("ridge penalty must be a number of at least 0")));
		ridge = PG_GETARG_FLOAT8(3);
		if (state)
			check_penalty(ridge, state);
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		goto done;
	array = PG_GETARG_ARRAYTYPE_P(2);
	x = array_values(array, &p);
	if (state)
		check_length(p, state->lsq.p);
	if (!x)
		goto done;
	y = checked_value(PG_GETARG_FLOAT8(1), "y");
	for (int j = 0; j < p; j++)
		checked_value(x[j], "x");

	if (!state)
		state = new_regression(context, p, ridge);
	if (state->pending == state->capacity)
	{
		if (state->capacity == BLOCK_ROWS)
		{
			fold_pending(state, &state->lsq);
			state->pending = 0;
		}
		else
		{
			/* small groups stay small: there may be a great many of them */
			int			capacity = state->capacity ? state->capacity * 4 : FIRST_ROWS;
			Size		size = sizeof(double) * capacity * (p + 1);

			state->block = state->block ? repalloc(state->block, size) :
				MemoryContextAlloc(context, size);
			state->capacity = capacity;
		}
	}
	row = state->block + (size_t) state->pending * (p + 1);
	memcpy(row, x, p * sizeof(double));
	row[p] = y;
	state->pending++;

done:
	if (!state)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

Datum
jobmarket_regression_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = jm_aggregate_context(fcinfo);
	JmRegression *state = PG_ARGISNULL(0) ? NULL : (JmRegression *) PG_GETARG_POINTER(0);
	JmRegression *other = PG_ARGISNULL(1) ? NULL : (JmRegression *) PG_GETARG_POINTER(1);

	if (other)
	{
		if (!state)
			state = new_regression(context, other->lsq.p, other->ridge);
		check_length(other->lsq.p, state->lsq.p);
		check_penalty(other->ridge, state);
		fold_pending(state, &state->lsq);
		state->pending = 0;
		jm_lsq_merge(&state->lsq, whole_factor(other),
					 allocate(jm_lsq_merge_doubles(other->lsq.p)));
	}
	if (!state)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/* A bytea for another process of the same server: no need for byte order. */
Datum
jobmarket_regression_serialize(PG_FUNCTION_ARGS)
{
	JmRegression *state = (JmRegression *) PG_GETARG_POINTER(0);
	JmRegressionHeader header = {0};
	JmLsq	   *lsq;
	StringInfoData buffer;

	(void) jm_aggregate_context(fcinfo);
	lsq = whole_factor(state);
	header.p = lsq->p;
	header.n = lsq->n;
	header.sum_weight = lsq->sum_weight;
	header.ridge = state->ridge;

	initStringInfo(&buffer);
	appendStringInfoSpaces(&buffer, VARHDRSZ);
	appendBinaryStringInfo(&buffer, (char *) &header, sizeof(header));
	/* mean and r lie behind each other, see jm_lsq_init */
	appendBinaryStringInfo(&buffer, (char *) lsq->mean,
						   jm_lsq_doubles(lsq->p) * sizeof(double));
	SET_VARSIZE(buffer.data, buffer.len);
	PG_RETURN_BYTEA_P(buffer.data);
}

Datum
jobmarket_regression_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *data = PG_GETARG_BYTEA_PP(0);
	Size		length = VARSIZE_ANY_EXHDR(data);
	JmRegressionHeader header;
	JmRegression *state;

	(void) jm_aggregate_context(fcinfo);
	if (length < sizeof(header))
		elog(ERROR, "regression state is too short");
	memcpy(&header, VARDATA_ANY(data), sizeof(header));
	if (header.p < 0 || header.p > JM_LSQ_MAX_P ||
		length != sizeof(header) + jm_lsq_doubles(header.p) * sizeof(double))
		elog(ERROR, "regression state has the wrong length");

	state = new_regression(CurrentMemoryContext, header.p, header.ridge);
	state->lsq.n = header.n;
	state->lsq.sum_weight = header.sum_weight;
	memcpy(state->lsq.mean, VARDATA_ANY(data) + sizeof(header),
		   length - sizeof(header));
	PG_RETURN_POINTER(state);
}

/* A row of type jobmarket.regression. */
static Datum
regression_row(FunctionCallInfo fcinfo, int p, const double *coefficients,
			   int64 n, const JmLsqResult *result)
{
	TupleDesc	desc;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != COLUMNS)
		elog(ERROR, "result type must be jobmarket.regression");
	desc = BlessTupleDesc(desc);

	checked_value(result->intercept, "result");
	for (int j = 0; j < p; j++)
		checked_value(coefficients[j], "result");
	values[COL_INTERCEPT] = Float8GetDatum(result->intercept);
	values[COL_COEFFICIENTS] = jm_float8_array(coefficients, p);
	values[COL_N] = Int64GetDatum(n);
	values[COL_RANK] = Int32GetDatum(result->rank);
	values[COL_MSE] = Float8GetDatum(result->mse);
	values[COL_R2] = Float8GetDatum(result->r2);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("values of a regression are too large"),
			 errdetail("They, or the mean of the squared residuals, are near or beyond the end of the range of double precision.")));
}

Datum
jobmarket_regression_final(PG_FUNCTION_ARGS)
{
	JmRegression *state;
	JmLsq	   *lsq;
	JmLsqResult result;
	double	   *coefficients;

	(void) jm_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmRegression *) PG_GETARG_POINTER(0);
	lsq = whole_factor(state);
	if (!jm_lsq_is_finite(lsq))
		too_large();
	coefficients = allocate(lsq->p);
	if (!jm_lsq_solve(lsq, state->ridge, coefficients, &result,
					  allocate(jm_lsq_solve_doubles(lsq->p))))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("singular values of the regression did not converge")));
	if (!isfinite(result.mse))
		too_large();
	PG_RETURN_DATUM(regression_row(fcinfo, lsq->p, coefficients, lsq->n, &result));
}

/* accum(state, y, x) */
Datum
jobmarket_poisson_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = jm_aggregate_context(fcinfo);
	JmPoisson  *state = PG_ARGISNULL(0) ? NULL : (JmPoisson *) PG_GETARG_POINTER(0);
	const double *x;
	double		y;
	double	   *row;
	int			p;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		goto done;
	x = array_values(PG_GETARG_ARRAYTYPE_P(2), &p);
	if (state)
		check_length(p, state->p);
	if (!x)
		goto done;
	y = checked_value(PG_GETARG_FLOAT8(1), "y");
	if (y < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("y of a Poisson regression must not be negative"),
				 errdetail("It is %g.", y)));
	for (int j = 0; j < p; j++)
		checked_value(x[j], "x");

	if (!state)
	{
		state = MemoryContextAllocZero(context, sizeof(JmPoisson));
		state->p = p;
	}
	if (state->n == state->capacity)
	{
		int64		capacity = state->capacity ? state->capacity * 2 : FIRST_ROWS;
		Size		size = sizeof(double) * capacity * (p + 1);

		if (size > MaxAllocHugeSize / 2 || size > UINT64CONST(8) << 30)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many rows for a Poisson regression"),
					 errdetail("It keeps all its rows in memory, and has " INT64_FORMAT ".",
							   state->n),
					 errhint("Fit on a sample of the rows.")));
		state->rows = state->rows ? repalloc_huge(state->rows, size) :
			MemoryContextAllocHuge(context, size);
		state->capacity = capacity;
	}
	row = state->rows + state->n * (p + 1);
	memcpy(row, x, p * sizeof(double));
	row[p] = y;
	state->n++;

done:
	if (!state)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

static void
serve_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

Datum
jobmarket_poisson_final(PG_FUNCTION_ARGS)
{
	JmPoisson  *state;
	JmLsqResult result = {0};
	double	   *coefficients;

	(void) jm_aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (JmPoisson *) PG_GETARG_POINTER(0);
	coefficients = allocate(state->p);
	switch (jm_poisson_fit(state->rows, state->n, state->p, coefficients, &result,
						   allocate(jm_poisson_doubles(state->p)), serve_interrupts))
	{
		case JM_POISSON_OK:
			break;
		case JM_POISSON_NO_EVENT:
			PG_RETURN_NULL();
		case JM_POISSON_NOT_CONVERGED:
			ereport(WARNING,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("Poisson regression of " INT64_FORMAT " rows did not converge",
							state->n),
					 errhint("Large or collinear x may be the cause: try log(1 + x).")));
			PG_RETURN_NULL();
	}
	PG_RETURN_DATUM(regression_row(fcinfo, state->p, coefficients, state->n, &result));
}

/* predict(model, x): intercept + coefficients . x; NULL where x has a NULL */
Datum
jobmarket_predict(PG_FUNCTION_ARGS)
{
	HeapTupleHeader model = PG_GETARG_HEAPTUPLEHEADER(0);
	ArrayType  *x = PG_GETARG_ARRAYTYPE_P(1);
	bool		no_intercept;
	bool		no_coefficients;
	Datum		intercept = GetAttributeByNum(model, COL_INTERCEPT + 1, &no_intercept);
	Datum		array = GetAttributeByNum(model, COL_COEFFICIENTS + 1, &no_coefficients);
	const double *b;
	const double *values;
	double		sum;
	int			p;
	int			length;

	if (no_intercept || no_coefficients)
		PG_RETURN_NULL();
	b = array_values(DatumGetArrayTypeP(array), &p);
	values = array_values(x, &length);
	check_length(length, p);
	if (!b || !values)
		PG_RETURN_NULL();
	sum = DatumGetFloat8(intercept);
	for (int j = 0; j < p; j++)
		sum += b[j] * values[j];
	PG_RETURN_FLOAT8(sum);
}
