/*
 * forecast_read.c
 *		What a forecast reads: offices, tallies of their hirings, and the scores
 *		published.  Each table once, in the order in which it lies, into an array
 *		of offices.
 */
#include "postgres.h"

#include <math.h>

#include "core/compat.h"
#include "executor/spi.h"
#include "hiring/forecast_sql.h"
#include "hiring/hiring_sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* headcount of an office whose class is not known */
#define UNKNOWN_HEADCOUNT 1

/* A DestReceiver that hands each row's values to a function. */
typedef struct JmRowReceiver
{
	DestReceiver pub;
	void		(*row) (JmForecastData *data, const Datum *values, const bool *nulls);
	JmForecastData *data;
} JmRowReceiver;

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

/* Number of a name, or of none. */
static int32
number_or_none(JmNames *names, Datum name, bool null)
{
	return null ? -1 : jm_name_number(names, name, true);
}

/* headcount_class, min_headcount */
static void
headcount_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	double		headcount = nulls[1] ? UNKNOWN_HEADCOUNT : DatumGetInt32(values[1]);

	if (headcount < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("headcount must be a number of at least 0")));
	(void) jm_name_number(&data->headcount_classes, values[0], true);
	data->headcounts = more_room(data, data->headcounts, data->n_headcounts,
								 &data->headcounts_room, sizeof(double));
	data->headcounts[data->n_headcounts++] = headcount;
}

/* siret, departement_code, naf, class, has_place, three flags */
static void
office_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	JmForecast *forecast = &data->forecast;
	JmForecastOffice *office;
	int32		departement = nulls[1] ? -1 :
	jm_name_number(&data->departements, values[1], false);

	if (departement < 0)
		return;
	forecast->offices = more_room(data, forecast->offices, forecast->n, &data->room,
								  sizeof(JmForecastOffice));
	office = &forecast->offices[forecast->n++];
	office->siret = siret_number(values[0]);
	office->departement = departement;
	office->naf = number_or_none(&data->nafs, values[2], nulls[2]);
	office->headcount_class = number_or_none(&data->headcount_classes, values[3], nulls[3]);
	office->headcount = !nulls[3] && office->headcount_class < data->n_headcounts ?
		data->headcounts[office->headcount_class] : UNKNOWN_HEADCOUNT;
	office->profile = -1;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		office->raw[family] = NAN;
		office->score[family] = 0;
	}
	office->flags = (DatumGetBool(values[4]) ? HAS_PLACE : 0) |
		(DatumGetBool(values[5]) ? IS_JUNIOR : 0) | (DatumGetBool(values[6]) ? IS_SENIOR : 0) |
		(DatumGetBool(values[7]) ? IS_HANDICAP : 0);
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

const char *
jm_forecast_method(const JmForecastOffice *office)
{
	return office->profile < 0 ? "prior" : "model";
}

/* The semesters that a prediction rests on, NULL without history. */
const int32 *
jm_forecast_semesters(const JmForecastData *data, int64 i, JmFamily family)
{
	return data->forecast.offices[i].profile < 0 ? NULL :
		jm_forecast_lags(&data->forecast, i, family);
}

double
jm_forecast_hirings(const JmForecastOffice *office, JmFamily family)
{
	return office->raw[family] > 0 ? office->raw[family] : 0;
}

/* siret, for each family as_of, hirings, raw_hirings, score, method, semesters; ctid */
static void
score_row(JmForecastData *data, const Datum *values, const bool *nulls)
{
	int64		i = jm_forecast_find(&data->forecast, siret_number(values[0]));
	JmForecastOffice *office;

	if (i < 0)
		return;
	office = &data->forecast.offices[i];
	office->flags |= IS_PUBLISHED;
	data->published[i] = *(ItemPointer) DatumGetPointer(values[1 + 6 * JM_FAMILIES]);
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
			!null[1] && DatumGetFloat8(value[1]) == jm_forecast_hirings(office, family) &&
			(null[2] ? isnan(office->raw[family]) :
			 DatumGetFloat8(value[2]) == office->raw[family]) &&
			!null[3] && DatumGetInt16(value[3]) == office->score[family] &&
			!null[4] && same_text(value[4], jm_forecast_method(office)) &&
			same_semesters(value[5], null[5], jm_forecast_semesters(data, i, family)))
			office->flags |= 1 << (SAME_SHIFT + family);
	}
}

/* Offices of the departements, and what the model wants to know of them. */
void
jm_forecast_read_offices(JmForecastData *data)
{
	/* the few classes first: a join would look each office's up by its text */
	read_rows(data, "SELECT c.headcount_class, c.min_headcount "
			  "FROM jobmarket.headcount_class c", headcount_row);
	read_rows(data, "SELECT o.siret, o.departement_code, o.naf_code, o.headcount_class, "
			  "o.geom IS NOT NULL, o.flag_junior, o.flag_senior, o.flag_handicap "
			  "FROM jobmarket.office o", office_row);
}

/* Profiles of the offices, which are in order. */
void
jm_forecast_read_tallies(JmForecastData *data)
{
	read_rows(data, "SELECT t.siret, t.tally FROM jobmarket.hiring_tally t", tally_row);
}

/* What is published of the offices, which have their predictions and scores. */
void
jm_forecast_read_scores(JmForecastData *data)
{
	data->published = MemoryContextAllocHuge(data->context,
											 sizeof(ItemPointerData) * (data->forecast.n + 1));
	read_rows(data, "SELECT siret, as_of, hirings, raw_hirings, score, method, semesters, "
			  "as_of_alternance, hirings_alternance, raw_hirings_alternance, score_alternance, "
			  "method_alternance, semesters_alternance, ctid FROM jobmarket.office_score", score_row);
}
