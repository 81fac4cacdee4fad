/*
 * forecast_sql.c
 *		SQL functions forecast, which reads offices, tallies and published
 *		scores, fits the models and predicts; and forecast_offices and
 *		forecast_flags, which return what of that is not published yet.
 *
 * The tables are read once each, in the order in which they lie, into an array
 * of offices, which is kept from forecast to the end of the transaction.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hiring/forecast.h"
#include "hiring/hiring_sql.h"
#include "hiring/tally.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#define SIRET_DIGITS 14

/* JmForecastOffice.flags */
#define HAS_PLACE 1
#define IS_JUNIOR 2
#define IS_SENIOR 4
#define IS_HANDICAP 8
#define IS_PUBLISHED 16			/* has a row in office_score .. */
#define SAME_SHIFT 5			/* .. and the same for this family */

/* Texts by number, in order of appearance: open addressing. */
typedef struct JmNames
{
	int			n;
	int			room;
	text	  **names;
	uint32		mask;
	struct
	{
		uint64		head;		/* first bytes of the name */
		int32		number;		/* + 1, or 0 */
	}		   *slots;
} JmNames;

/* What is said of a departement and family beside its model. */
typedef struct JmFacts
{
	int64		offices;		/* the first four: of both families */
	int64		placed;
	int64		tallies;		/* rows of hiring_tally .. */
	int64		profiles;		/* .. of so many offices */
	int64		compared;
	int64		difference;
	int64		above;
	int64		above_before;
	int64		at_least;
	int64		changed;
	int64		added;			/* of these, have no row yet */
} JmFacts;

typedef struct JmForecastData
{
	MemoryContext context;
	JmForecast	forecast;
	JmNames		departements;
	JmNames		nafs;
	JmNames		headcount_classes;
	int64		room;			/* for offices */
	int32	   *profiles;
	int64		n_profiles;
	int64		profiles_room;
	JmTallyCalendar calendar;
	DateADT		as_of;
	int64	   *first;			/* in forecast.order, of each departement; the
								 * end */
	JmFacts    *facts;			/* JM_FAMILIES of each departement */
} JmForecastData;

/* A DestReceiver that hands each row's values to a function. */
typedef struct JmRowReceiver
{
	DestReceiver pub;
	void		(*row) (JmForecastData *data, const Datum *values, const bool *nulls);
	JmForecastData *data;
} JmRowReceiver;

/* The last forecast of this transaction. */
static JmForecastData *current = NULL;

PG_FUNCTION_INFO_V1(jobmarket_forecast);
PG_FUNCTION_INFO_V1(jobmarket_forecast_offices);
PG_FUNCTION_INFO_V1(jobmarket_forecast_flags);

/* Reading ---------------------------------------------------------------- */

static void
ignore_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
ignore_end(DestReceiver *self)
{
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	JmRowReceiver *receiver = (JmRowReceiver *) self;

	slot_getallattrs(slot);
	receiver->row(receiver->data, slot->tts_values, slot->tts_isnull);
	return true;
}

static void
read_rows(JmForecastData *data, const char *query,
		  void (*row) (JmForecastData *data, const Datum *values, const bool *nulls))
{
	JmRowReceiver receiver = {
		.pub = {.receiveSlot = receive_row,.rStartup = ignore_startup,
		.rShutdown = ignore_end,.rDestroy = ignore_end,.mydest = DestTuplestore},
		.row = row,.data = data
	};
	SPIExecuteOptions options = {.dest = &receiver.pub};

	if (SPI_execute_extended(query, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read: %s", query);
}

/* The number of a SIRET; -1 for what is none. */
static int64
siret_number(Datum datum)
{
	text	   *siret = DatumGetTextPP(datum);
	const char *digits = VARDATA_ANY(siret);
	int64		number = 0;

	if (VARSIZE_ANY_EXHDR(siret) != SIRET_DIGITS)
		return -1;
	for (int i = 0; i < SIRET_DIGITS; i++)
	{
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		number = number * 10 + (digits[i] - '0');
	}
	return number;
}

static Datum
siret_text(int64 number)
{
	text	   *siret = palloc(VARHDRSZ + SIRET_DIGITS);

	SET_VARSIZE(siret, VARHDRSZ + SIRET_DIGITS);
	for (int i = SIRET_DIGITS - 1; i >= 0; i--)
	{
		VARDATA(siret)[i] = '0' + number % 10;
		number /= 10;
	}
	return PointerGetDatum(siret);
}

/* The first bytes of a name, of which most have no more. */
static uint64
name_head(const text *name)
{
	uint64		head = 0;

	memcpy(&head, VARDATA_ANY(name), Min(VARSIZE_ANY_EXHDR(name), sizeof(head)));
	return head;
}

/* The slot of a name, or the one where it would go. */
static uint32
name_slot(const JmNames *names, const text *name, uint64 head)
{
	int			length = VARSIZE_ANY_EXHDR(name);

	/* a multiplicative hash; the high bits are the good ones */
	uint32		slot = (uint32) (((head ^ length) * UINT64CONST(0x9E3779B97F4A7C15)) >> 32) & names->mask;

	for (; names->slots[slot].number != 0; slot = (slot + 1) & names->mask)
	{
		const text *other = names->names[names->slots[slot].number - 1];

		if (names->slots[slot].head == head && VARSIZE_ANY_EXHDR(other) == length &&
			(length <= sizeof(head) ||
			 memcmp(VARDATA_ANY(other), VARDATA_ANY(name), length) == 0))
			break;
	}
	return slot;
}

static void
names_grow(JmForecastData *data, JmNames *names)
{
	int			room = names->room ? names->room * 2 : 64;
	text	  **larger = MemoryContextAllocHuge(data->context, sizeof(text *) * room);

	if (names->n > 0)
		memcpy(larger, names->names, sizeof(text *) * names->n);
	names->names = larger;
	names->room = room;
	names->mask = 2 * room - 1;
	names->slots = MemoryContextAllocExtended(data->context, sizeof(*names->slots) * 2 * room,
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < names->n; i++)
	{
		uint64		head = name_head(names->names[i]);
		uint32		slot = name_slot(names, names->names[i], head);

		names->slots[slot].head = head;
		names->slots[slot].number = i + 1;
	}
}

/* Number of a name, a new one where it was not met before; or -1 if not add. */
static int32
name_number(JmForecastData *data, JmNames *names, Datum datum, bool add)
{
	text	   *name = DatumGetTextPP(datum);
	uint64		head = name_head(name);
	uint32		slot;

	if (names->n == names->room)
		names_grow(data, names);
	slot = name_slot(names, name, head);
	if (names->slots[slot].number == 0)
	{
		Size		size = VARSIZE_ANY(name);

		if (!add)
			return -1;
		names->names[names->n] = MemoryContextAlloc(data->context, size);
		memcpy(names->names[names->n], name, size);
		names->slots[slot].head = head;
		names->slots[slot].number = ++names->n;
	}
	return names->slots[slot].number - 1;
}

/* Memory of size for elements more than n, in place of old. */
static void *
more_room(JmForecastData *data, void *old, int64 n, int64 *room, Size size)
{
	if (n < *room)
		return old;
	*room = *room ? *room * 2 : 1024;
	return old ? repalloc_huge(old, *room * size) :
		MemoryContextAllocHuge(data->context, *room * size);
}

/* siret, departement_code, naf, class, headcount, has_place, three flags */
static void
office_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	JmForecast *forecast = &data->forecast;
	JmForecastOffice *office;
	int32		departement = nulls[1] ? -1 :
	name_number(data, &data->departements, values[1], false);

	if (departement < 0)
		return;
	forecast->offices = more_room(data, forecast->offices, forecast->n, &data->room,
								  sizeof(JmForecastOffice));
	office = &forecast->offices[forecast->n++];
	office->siret = siret_number(values[0]);
	office->departement = departement;
	office->naf = name_number(data, &data->nafs, values[2], true);
	office->headcount_class = name_number(data, &data->headcount_classes, values[3], true);
	office->headcount = DatumGetFloat8(values[4]);
	if (office->headcount < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("headcount must be a number of at least 0")));
	office->profile = -1;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		office->raw[family] = NAN;
		office->score[family] = 0;
	}
	office->flags = (DatumGetBool(values[5]) ? HAS_PLACE : 0) |
		(DatumGetBool(values[6]) ? IS_JUNIOR : 0) | (DatumGetBool(values[7]) ? IS_SENIOR : 0) |
		(DatumGetBool(values[8]) ? IS_HANDICAP : 0);
}

/* siret, tally */
static void
tally_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	JmForecast *forecast = &data->forecast;
	int64		i = jm_forecast_find(forecast, siret_number(values[0]));
	JmForecastOffice *office;
	ArrayType  *tally;
	const int32 *entries;
	int			n;
	int32	   *profile;

	if (i < 0)
		return;
	office = &forecast->offices[i];
	data->facts[JM_FAMILIES * office->departement].tallies++;
	if (office->profile < 0)
	{
		data->profiles = more_room(data, data->profiles, data->n_profiles, &data->profiles_room,
								   sizeof(int32) * forecast->width);
		memset(data->profiles + data->n_profiles * forecast->width, 0,
			   sizeof(int32) * forecast->width);
		office->profile = data->n_profiles++;
		data->facts[JM_FAMILIES * office->departement].profiles++;
	}
	profile = data->profiles + office->profile * forecast->width;
	tally = DatumGetArrayTypeP(values[1]);
	entries = jm_tally_entries(tally, &n);
	/* behind the counts: how many there are before as_of at all */
	profile[forecast->width - 1] += jm_tally_count(&data->calendar, entries, n, profile);
	if ((Pointer) tally != DatumGetPointer(values[1]))
		pfree(tally);
}

/* Is the value the array of the seven semesters, or NULL without any? */
static bool
same_semesters(Datum value, bool null, const int32 *lags)
{
	ArrayType  *array;
	bool		same;

	if (null || !lags)
		return null && !lags;
	array = DatumGetArrayTypeP(value);
	same = ARR_NDIM(array) == 1 && ARR_DIMS(array)[0] == JM_SEMESTER_LAGS &&
		ARR_LBOUND(array)[0] == 1 && !ARR_HASNULL(array) &&
		memcmp(ARR_DATA_PTR(array), lags, sizeof(int32) * JM_SEMESTER_LAGS) == 0;
	if ((Pointer) array != DatumGetPointer(value))
		pfree(array);
	return same;
}

static bool
same_text(Datum value, const char *expected)
{
	const text *found = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(found) == strlen(expected) &&
		memcmp(VARDATA_ANY(found), expected, strlen(expected)) == 0;
}

static const char *
method_of(const JmForecastOffice *office)
{
	return office->profile < 0 ? "prior" : "model";
}

/* The semesters that a prediction rests on, NULL without history. */
static const int32 *
semesters_of(const JmForecastData *data, int64 i, JmFamily family)
{
	return data->forecast.offices[i].profile < 0 ? NULL :
		jm_forecast_lags(&data->forecast, i, family);
}

static double
hirings_of(const JmForecastOffice *office, JmFamily family)
{
	return office->raw[family] > 0 ? office->raw[family] : 0;
}

/* siret, and for each family as_of, hirings, raw_hirings, score, method, semesters */
static void
score_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	int64		i = jm_forecast_find(&data->forecast, siret_number(values[0]));
	JmForecastOffice *office;

	if (i < 0)
		return;
	office = &data->forecast.offices[i];
	office->flags |= IS_PUBLISHED;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		const Datum *value = values + 1 + 6 * family;
		const bool *null = nulls + 1 + 6 * family;
		JmFacts    *facts = &data->facts[JM_FAMILIES * office->departement + family];

		if (!null[3])
		{
			int			before = DatumGetInt16(value[3]);

			facts->compared++;
			facts->difference += office->score[family] - before;
			facts->above_before += before > 50;
		}
		if (!null[0] && DatumGetDateADT(value[0]) == data->as_of &&
			!null[1] && DatumGetFloat8(value[1]) == hirings_of(office, family) &&
			(null[2] ? isnan(office->raw[family]) :
			 DatumGetFloat8(value[2]) == office->raw[family]) &&
			!null[3] && DatumGetInt16(value[3]) == office->score[family] &&
			!null[4] && same_text(value[4], method_of(office)) &&
			same_semesters(value[5], null[5], semesters_of(data, i, family)))
			office->flags |= 1 << (SAME_SHIFT + family);
	}
}

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
			office->score[family] = jm_score_from_hirings(scale, hirings_of(office, family));
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

static Datum
int8_array(const int64 *values, int n)
{
	Datum	   *elements = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = Int64GetDatum(values[i]);
	return PointerGetDatum(construct_array(elements, n, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
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
		values[COL_TOTALS] = int8_array(model->totals, data->forecast.periods);
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
			(void) name_number(data, &data->departements, elements[i], true);
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
	read_rows(data, "SELECT o.siret, o.departement_code, coalesce(o.naf_code, ''), "
			  "coalesce(o.headcount_class, ''), coalesce(c.min_headcount, 1)::float8, "
			  "o.geom IS NOT NULL, o.flag_junior, o.flag_senior, o.flag_handicap "
			  "FROM jobmarket.office o LEFT JOIN jobmarket.headcount_class c "
			  "ON c.headcount_class OPERATOR(pg_catalog.=) o.headcount_class", office_row);
	order_offices(data);
	read_rows(data, "SELECT t.siret, t.tally FROM jobmarket.hiring_tally t", tally_row);
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
	read_rows(data, "SELECT siret, as_of, hirings, raw_hirings, score, method, semesters, "
			  "as_of_alternance, hirings_alternance, raw_hirings_alternance, score_alternance, "
			  "method_alternance, semesters_alternance FROM jobmarket.office_score", score_row);
	count_changes(data);
	for (int i = 0; i < JM_FAMILIES * data->departements.n; i++)
		model_row(data, i / JM_FAMILIES, i % JM_FAMILIES, &models[i], result);
	SPI_finish();
	PG_RETURN_NULL();
}

static JmForecastData *
last_forecast(void)
{
	if (!current)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no forecast in this transaction")));
	return current;
}

/* Which departements an argument names. */
static bool *
chosen_departements(JmForecastData *data, ArrayType *codes)
{
	bool	   *chosen = palloc0(Max(data->departements.n, 1) * sizeof(bool));
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(codes, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		int32		departement = nulls[i] ? -1 :
		name_number(data, &data->departements, elements[i], false);

		if (departement >= 0)
			chosen[departement] = true;
	}
	return chosen;
}

/* Columns of forecast_offices(); those of a family come together. */
enum
{
	OFFICE_SIRET,
	OFFICE_FAMILIES,
	FAMILY_CHOSEN = 0,
	FAMILY_HIRINGS,
	FAMILY_RAW,
	FAMILY_SCORE,
	FAMILY_METHOD,
	FAMILY_SEMESTERS,
	FAMILY_COLUMNS,
	OFFICE_COLUMNS = OFFICE_FAMILIES + JM_FAMILIES * FAMILY_COLUMNS
};

static void
family_columns(const JmForecastData *data, int64 i, JmFamily family, bool chosen,
			   Datum *values, bool *nulls, Datum model, Datum prior)
{
	const JmForecastOffice *office = &data->forecast.offices[i];
	const int32 *semesters = semesters_of(data, i, family);

	values[FAMILY_CHOSEN] = BoolGetDatum(chosen);
	for (int k = FAMILY_HIRINGS; k < FAMILY_COLUMNS; k++)
		nulls[k] = !chosen;
	if (!chosen)
		return;
	values[FAMILY_HIRINGS] = Float8GetDatum(hirings_of(office, family));
	values[FAMILY_RAW] = Float8GetDatum(office->raw[family]);
	nulls[FAMILY_RAW] = isnan(office->raw[family]);
	values[FAMILY_SCORE] = Int16GetDatum(office->score[family]);
	values[FAMILY_METHOD] = semesters ? model : prior;
	nulls[FAMILY_SEMESTERS] = semesters == NULL;
	if (semesters)
		values[FAMILY_SEMESTERS] = PointerGetDatum(jm_int_array(semesters, JM_SEMESTER_LAGS));
}

/* forecast_offices(dpae, alternance, new_ones): what changes of these departements */
Datum
jobmarket_forecast_offices(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JmForecastData *data = last_forecast();
	bool	   *chosen[JM_FAMILIES];
	Datum		model = CStringGetTextDatum("model");
	Datum		prior = CStringGetTextDatum("prior");
	bool		new_ones = PG_GETARG_BOOL(2);
	MemoryContext scratch;
	MemoryContext before;

	InitMaterializedSRF(fcinfo, 0);
	for (int family = 0; family < JM_FAMILIES; family++)
		chosen[family] = chosen_departements(data, PG_GETARG_ARRAYTYPE_P(family));
	scratch = AllocSetContextCreate(CurrentMemoryContext, "jobmarket forecast row",
									ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scratch);
	for (int64 i = 0; i < data->forecast.n; i++)
	{
		const JmForecastOffice *office = &data->forecast.offices[i];
		Datum		values[OFFICE_COLUMNS];
		bool		nulls[OFFICE_COLUMNS] = {0};
		bool		any = false;

		for (int family = 0; family < JM_FAMILIES; family++)
			any = any || (chosen[family][office->departement] &&
						  (office->flags & 1 << (SAME_SHIFT + family)) == 0);
		if (!any || new_ones == ((office->flags & IS_PUBLISHED) != 0))
			continue;
		CHECK_FOR_INTERRUPTS();
		values[OFFICE_SIRET] = siret_text(office->siret);
		for (int family = 0; family < JM_FAMILIES; family++)
			family_columns(data, i, family, chosen[family][office->departement],
						   values + OFFICE_FAMILIES + FAMILY_COLUMNS * family,
						   nulls + OFFICE_FAMILIES + FAMILY_COLUMNS * family, model, prior);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
	PG_RETURN_NULL();
}

/* forecast_flags(junior_share, senior_share): offices whose flags are others */
Datum
jobmarket_forecast_flags(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JmForecastData *data = last_forecast();
	double		junior_share = PG_GETARG_FLOAT8(0);
	double		senior_share = PG_GETARG_FLOAT8(1);

	InitMaterializedSRF(fcinfo, 0);
	for (int64 i = 0; i < data->forecast.n; i++)
	{
		const JmForecastOffice *office = &data->forecast.offices[i];
		uint8		flags = 0;
		Datum		values[4];
		bool		nulls[4] = {0};

		if (office->profile >= 0)
		{
			const int32 *year = data->profiles + office->profile * data->forecast.width +
			JM_FAMILIES * data->forecast.periods;
			int64		all = year[JM_TALLY_ALL];

			if (all > 0 && year[JM_TALLY_ALL_JUNIOR] * 100.0 >= all * junior_share)
				flags |= IS_JUNIOR;
			if (all > 0 && year[JM_TALLY_ALL_SENIOR] * 100.0 >= all * senior_share)
				flags |= IS_SENIOR;
			if (year[JM_TALLY_ALL_DISABLED] > 0)
				flags |= IS_HANDICAP;
		}
		if (flags == (office->flags & (IS_JUNIOR | IS_SENIOR | IS_HANDICAP)))
			continue;
		CHECK_FOR_INTERRUPTS();
		values[0] = siret_text(office->siret);
		values[1] = BoolGetDatum((flags & IS_JUNIOR) != 0);
		values[2] = BoolGetDatum((flags & IS_SENIOR) != 0);
		values[3] = BoolGetDatum((flags & IS_HANDICAP) != 0);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	PG_RETURN_NULL();
}
