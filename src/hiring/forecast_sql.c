/*
 * forecast_sql.c
 *		SQL function forecast, which reads offices, tallies and published scores,
 *		fits the models and predicts.
 *
 * The array of offices is kept to the end of the transaction, for
 * forecast_offices and forecast_flags.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hiring/forecast_sql.h"
#include "hiring/hiring_sql.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* The last forecast of this transaction. */
static JmForecastData *current = NULL;

PG_FUNCTION_INFO_V1(jobmarket_forecast);

/* Computing -------------------------------------------------------------- */

static void
serve_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

static void
order_offices(JmForecastData *data)
{
	JmForecast *forecast = &data->forecast;

	if (forecast->n > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many offices")));
	CHECK_FOR_INTERRUPTS();
	forecast->order = MemoryContextAllocHuge(data->context, sizeof(uint32) * (forecast->n + 1));
	jm_forecast_order(forecast, data->departements.n, data->first);
}

/* Offices whose hirings all came later, or were all removed, have no history. */
static void
forget_empty_profiles(JmForecastData *data)
{
	JmForecast *forecast = &data->forecast;

	forecast->profiles = data->profiles;
	for (int64 i = 0; i < forecast->n; i++)
	{
		int64		profile = forecast->offices[i].profile;

		CHECK_FOR_INTERRUPTS();
		if (profile >= 0 && data->profiles[(profile + 1) * forecast->width - 1] <= 0)
			forecast->offices[i].profile = -1;
	}
}

static void
score_offices(JmForecastData *data, const JmScoreScale *scale)
{
	for (int64 i = 0; i < data->forecast.n; i++)
	{
		JmForecastOffice *office = &data->forecast.offices[i];
		JmFacts    *facts = &data->facts[JM_FAMILIES * office->departement];

		CHECK_FOR_INTERRUPTS();
		facts->offices++;
		facts->placed += (office->flags & HAS_PLACE) != 0;
		for (int family = 0; family < JM_FAMILIES; family++)
		{
			office->score[family] = jm_score_from_hirings(scale, jm_forecast_hirings(office, family));
			facts[family].above += office->score[family] > 50;
			facts[family].at_least += office->score[family] >= 50;
		}
	}
}

static void
count_changes(JmForecastData *data)
{
	for (int64 i = 0; i < data->forecast.n; i++)
	{
		const JmForecastOffice *office = &data->forecast.offices[i];

		CHECK_FOR_INTERRUPTS();
		for (int family = 0; family < JM_FAMILIES; family++)
		{
			JmFacts    *facts = &data->facts[JM_FAMILIES * office->departement + family];

			facts->changed += (office->flags & 1 << (SAME_SHIFT + family)) == 0;
			facts->added += (office->flags & IS_PUBLISHED) == 0;
		}
	}
}

/* Results ---------------------------------------------------------------- */

/* Mean squared error, mean absolute error, and the nine shares. */
static Datum
test_array(const JmSemesterTest *test)
{
	double		values[2 + JM_GAINS_SHARES];

	values[0] = test->mse;
	values[1] = test->mae;
	memcpy(values + 2, test->gains, sizeof(test->gains));
	return jm_float8_array(values, 2 + JM_GAINS_SHARES);
}

/* Columns of forecast(), in its order. */
enum
{
	COL_DEPARTEMENT,
	COL_CONTRACT,
	COL_INTERCEPT,
	COL_COEFFICIENTS,
	COL_RANK,
	COL_MSE,
	COL_TEST,
	COL_OFFICES,
	COL_TOTALS,
	COL_LAST_SEMESTER,
	COL_LAST_YEAR,
	COL_PLACED,
	COL_DIFFERENCE,
	COL_COMPARED,
	COL_ABOVE,
	COL_ABOVE_BEFORE,
	COL_AT_LEAST,
	COL_CHANGED,
	COL_ADDED,
	COL_TALLIES,
	COL_PROFILES,
	COLUMNS
};

/* The model of a departement and family. */
typedef struct JmModel
{
	bool		any;			/* did anybody hire?  If not, nothing is
								 * fitted */
	int64		offices;
	int64		totals[JM_TALLY_PERIODS];
	JmSemesterFit fit;
} JmModel;

/* Hirings of all offices by period; returns whether there are any. */
static bool
add_up(const JmSemesterData *rows, int64 *totals)
{
	bool		any = false;

	memset(totals, 0, sizeof(int64) * rows->periods);
	for (int64 i = 0; i < rows->n; i++)
		for (int k = 0; k < rows->periods; k++)
			totals[k] += rows->counts[i * rows->periods + k];
	for (int k = 0; k < rows->periods; k++)
		any = any || totals[k] != 0;
	return any;
}

/* Fits and tests the models of both families of a departement, and predicts. */
static void
fit_models(JmForecastData *data, int departement, JmModel *models)
{
	JmForecast *forecast = &data->forecast;
	int64		first = data->first[departement];
	int64		last = data->first[departement + 1];
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "jobmarket model",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(scratch);
	int32	   *counts[JM_FAMILIES];
	double	   *headcount = MemoryContextAllocHuge(scratch, sizeof(double) * (last - first + 1));
	JmSemesterData rows;

	for (int family = 0; family < JM_FAMILIES; family++)
		counts[family] = MemoryContextAllocHuge(scratch, sizeof(int32) * (last - first + 1) * forecast->periods);
	rows.n = jm_forecast_training(forecast, first, last, counts, headcount);
	rows.periods = forecast->periods;
	rows.headcount = headcount;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		const JmSemesterTask *task = &forecast->task[family];
		JmModel    *model = &models[family];

		rows.counts = counts[family];
		model->offices = rows.n;
		model->any = add_up(&rows, model->totals);
		if (!model->any)
			continue;
		jm_semester_fit(&rows, task, &model->fit,
						MemoryContextAllocHuge(scratch, sizeof(JmGainsPair) * rows.n),
						MemoryContextAllocHuge(scratch, sizeof(double) * jm_semester_doubles(task, rows.n)),
						serve_interrupts);
		if (model->fit.fitted)
			jm_forecast_predict(forecast, first, last, family, &model->fit);
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
}

static void
model_row(const JmForecastData *data, int departement, JmFamily family,
		  const JmModel *model, ReturnSetInfo *result)
{
	const JmFacts *common = &data->facts[JM_FAMILIES * departement];
	const JmFacts *facts = common + family;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};

	values[COL_DEPARTEMENT] = PointerGetDatum(data->departements.names[departement]);
	values[COL_CONTRACT] = CStringGetTextDatum(family == JM_DPAE ? "dpae" : "alternance");
	for (int i = COL_INTERCEPT; i <= COL_LAST_YEAR; i++)
		nulls[i] = true;
	if (model->any)
	{
		values[COL_OFFICES] = Int64GetDatum(model->offices);
		values[COL_TOTALS] = PointerGetDatum(jm_plain_array(model->totals, data->forecast.periods,
															INT8OID, sizeof(int64)));
		values[COL_LAST_SEMESTER] = test_array(&model->fit.last_semester);
		values[COL_LAST_YEAR] = test_array(&model->fit.last_year);
		for (int i = COL_OFFICES; i <= COL_LAST_YEAR; i++)
			nulls[i] = false;
	}
	if (model->any && model->fit.fitted)
	{
		values[COL_INTERCEPT] = Float8GetDatum(model->fit.result.intercept);
		values[COL_COEFFICIENTS] = jm_float8_array(model->fit.coefficients, JM_SEMESTER_P);
		values[COL_RANK] = Int32GetDatum(model->fit.result.rank);
		values[COL_MSE] = Float8GetDatum(model->fit.result.mse);
		values[COL_TEST] = test_array(&model->fit.test);
		for (int i = COL_INTERCEPT; i <= COL_TEST; i++)
			nulls[i] = false;
	}
	values[COL_PLACED] = Float8GetDatum((double) common->placed / common->offices);
	nulls[COL_PLACED] = common->offices == 0;
	values[COL_DIFFERENCE] = Float8GetDatum((double) facts->difference / facts->compared);
	nulls[COL_DIFFERENCE] = facts->compared == 0;
	values[COL_COMPARED] = Int64GetDatum(facts->compared);
	values[COL_ABOVE] = Int64GetDatum(facts->above);
	values[COL_ABOVE_BEFORE] = Int64GetDatum(facts->above_before);
	values[COL_AT_LEAST] = Int64GetDatum(facts->at_least);
	nulls[COL_ABOVE] = nulls[COL_ABOVE_BEFORE] = nulls[COL_AT_LEAST] = common->offices == 0;
	values[COL_CHANGED] = Int64GetDatum(facts->changed);
	values[COL_ADDED] = Int64GetDatum(facts->added);
	values[COL_TALLIES] = Int64GetDatum(common->tallies);
	values[COL_PROFILES] = Int64GetDatum(common->profiles);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
forget(void *data)
{
	if (current == data)
		current = NULL;
}

/* A new forecast in place of the last one of this transaction. */
static JmForecastData *
new_forecast(void)
{
	MemoryContext context;
	MemoryContextCallback *callback;

	if (current)
		MemoryContextDelete(current->context);
	context = AllocSetContextCreate(CurTransactionContext, "jobmarket forecast",
									ALLOCSET_DEFAULT_SIZES);
	current = MemoryContextAllocZero(context, sizeof(JmForecastData));
	current->context = context;
	jm_names_init(&current->departements, context);
	jm_names_init(&current->nafs, context);
	jm_names_init(&current->headcount_classes, context);
	callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = current;
	MemoryContextRegisterResetCallback(context, callback);
	return current;
}

/* The departements of an argument become the numbers 0, 1 .. */
static void
take_departements(JmForecastData *data, ArrayType *codes)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(codes, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			(void) jm_name_number(&data->departements, elements[i], true);
	data->first = MemoryContextAllocZero(data->context, sizeof(int64) * (data->departements.n + 1));
	data->facts = MemoryContextAllocZero(data->context,
										 sizeof(JmFacts) * JM_FAMILIES * Max(data->departements.n, 1));
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

/*
 * forecast(departements, as_of, periods, gap, gap_alternance, back,
 * back_alternance, kind, penalty, hirings_50, hirings_60, hirings_80,
 * hirings_100): one row a departement and family
 */
Datum
jobmarket_forecast(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JmForecastData *data;
	JmForecast *forecast;
	JmForecastSilent *silent;
	JmScoreScale scale;
	JmModel    *models;
	JmSemesterFit **fits;

	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of forecast must not be NULL", i + 1)));
	InitMaterializedSRF(fcinfo, 0);
	data = new_forecast();
	forecast = &data->forecast;
	take_departements(data, PG_GETARG_ARRAYTYPE_P(0));
	data->as_of = PG_GETARG_DATEADT(1);
	forecast->periods = PG_GETARG_INT32(2);
	jm_tally_calendar_of(&data->calendar, data->as_of, forecast->periods);
	forecast->width = 2 * forecast->periods + JM_TALLY_FLAGS + 1;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		JmSemesterTask *task = &forecast->task[family];

		task->gap = PG_GETARG_INT32(3 + family);
		task->back = PG_GETARG_INT32(5 + family);
		task->kind = checked_kind(PG_GETARG_INT32(7));
		task->penalty = PG_GETARG_FLOAT8(8);
		if (!jm_semester_task_valid(task, forecast->periods))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a model cannot be trained and tested on %d semesters with a gap of %d, tested %d back, penalty %g",
							forecast->periods, task->gap, task->back, task->penalty)));
	}
	scale.at_50 = PG_GETARG_FLOAT8(9);
	scale.at_60 = PG_GETARG_FLOAT8(10);
	scale.at_80 = PG_GETARG_FLOAT8(11);
	scale.at_100 = PG_GETARG_FLOAT8(12);
	jm_check_scale(&scale);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	jm_forecast_read_offices(data);
	order_offices(data);
	jm_forecast_read_tallies(data);
	forget_empty_profiles(data);

	models = palloc0(sizeof(JmModel) * JM_FAMILIES * data->departements.n);
	fits = palloc0(sizeof(JmSemesterFit *) * JM_FAMILIES * data->departements.n);
	for (int d = 0; d < data->departements.n; d++)
		fit_models(data, d, &models[JM_FAMILIES * d]);
	for (int i = 0; i < JM_FAMILIES * data->departements.n; i++)
		if (models[i].fit.fitted)
			fits[i] = &models[i].fit;
	silent = MemoryContextAllocHuge(data->context, sizeof(JmForecastSilent) * (forecast->n + 1));
	jm_forecast_prior(forecast, fits, silent);
	pfree(silent);
	score_offices(data, &scale);
	jm_forecast_read_scores(data);
	count_changes(data);
	for (int i = 0; i < JM_FAMILIES * data->departements.n; i++)
		model_row(data, i / JM_FAMILIES, i % JM_FAMILIES, &models[i], result);
	SPI_finish();
	PG_RETURN_NULL();
}

/* The last forecast, or an error where there is none. */
JmForecastData *
jm_last_forecast(void)
{
	if (!current)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no forecast in this transaction")));
	return current;
}
