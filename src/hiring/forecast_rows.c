/*
 * forecast_rows.c
 *		SQL functions forecast_offices, its count, and forecast_flags: what of the last
 *		forecast is not published yet.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "hiring/forecast_sql.h"
#include "hiring/hiring_sql.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(jobmarket_forecast_offices);
PG_FUNCTION_INFO_V1(jobmarket_forecast_offices_count);
PG_FUNCTION_INFO_V1(jobmarket_forecast_flags);

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
		jm_name_number(&data->departements, elements[i], false);

		if (departement >= 0)
			chosen[departement] = true;
	}
	return chosen;
}

/* The departements that the first arguments name, for each family. */
static void
chosen_of_families(FunctionCallInfo fcinfo, JmForecastData *data, bool *chosen[JM_FAMILIES])
{
	for (int family = 0; family < JM_FAMILIES; family++)
		chosen[family] = chosen_departements(data, PG_GETARG_ARRAYTYPE_P(family));
}

/* Whether an office has something to publish, as a new row or in its own. */
static bool
is_to_publish(const JmForecastOffice *office, bool *const chosen[JM_FAMILIES], bool new_ones)
{
	bool		any = false;

	for (int family = 0; family < JM_FAMILIES; family++)
		any = any || (chosen[family][office->departement] &&
					  (office->flags & 1 << (SAME_SHIFT + family)) == 0);
	return any && new_ones != ((office->flags & IS_PUBLISHED) != 0);
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
	OFFICE_ROW = OFFICE_FAMILIES + JM_FAMILIES * FAMILY_COLUMNS,
	OFFICE_COLUMNS
};

static void
family_columns(const JmForecastData *data, int64 i, JmFamily family, bool chosen,
			   Datum *values, bool *nulls, Datum model, Datum prior)
{
	const JmForecastOffice *office = &data->forecast.offices[i];
	const int32 *semesters = jm_forecast_semesters(data, i, family);

	values[FAMILY_CHOSEN] = BoolGetDatum(chosen);
	for (int k = FAMILY_HIRINGS; k < FAMILY_COLUMNS; k++)
		nulls[k] = !chosen;
	if (!chosen)
		return;
	values[FAMILY_HIRINGS] = Float8GetDatum(jm_forecast_hirings(office, family));
	values[FAMILY_RAW] = Float8GetDatum(office->raw[family]);
	nulls[FAMILY_RAW] = isnan(office->raw[family]);
	values[FAMILY_SCORE] = Int16GetDatum(office->score[family]);
	values[FAMILY_METHOD] = semesters ? model : prior;
	nulls[FAMILY_SEMESTERS] = semesters == NULL;
	if (semesters)
		values[FAMILY_SEMESTERS] = PointerGetDatum(jm_plain_array(semesters, JM_SEMESTER_LAGS,
																  INT4OID, sizeof(int32)));
}

/* forecast_offices(dpae, alternance, new_ones): what changes of these departements */
Datum
jobmarket_forecast_offices(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JmForecastData *data = jm_last_forecast();
	bool	   *chosen[JM_FAMILIES];
	Datum		model = CStringGetTextDatum("model");
	Datum		prior = CStringGetTextDatum("prior");
	bool		new_ones = PG_GETARG_BOOL(2);
	MemoryContext scratch;
	MemoryContext before;

	InitMaterializedSRF(fcinfo, 0);
	chosen_of_families(fcinfo, data, chosen);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "jobmarket forecast row",
									ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scratch);
	for (int64 i = 0; i < data->forecast.n; i++)
	{
		const JmForecastOffice *office = &data->forecast.offices[i];
		Datum		values[OFFICE_COLUMNS];
		bool		nulls[OFFICE_COLUMNS] = {0};

		if (!is_to_publish(office, chosen, new_ones))
			continue;
		CHECK_FOR_INTERRUPTS();
		values[OFFICE_SIRET] = siret_text(office->siret);
		for (int family = 0; family < JM_FAMILIES; family++)
			family_columns(data, i, family, chosen[family][office->departement],
						   values + OFFICE_FAMILIES + FAMILY_COLUMNS * family,
						   nulls + OFFICE_FAMILIES + FAMILY_COLUMNS * family, model, prior);
		values[OFFICE_ROW] = PointerGetDatum(&data->published[i]);
		nulls[OFFICE_ROW] = new_ones;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
	PG_RETURN_NULL();
}

/* forecast_offices_count(dpae, alternance, new_ones): the rows of forecast_offices() */
Datum
jobmarket_forecast_offices_count(PG_FUNCTION_ARGS)
{
	JmForecastData *data = jm_last_forecast();
	bool	   *chosen[JM_FAMILIES];
	int64		n = 0;

	chosen_of_families(fcinfo, data, chosen);
	for (int64 i = 0; i < data->forecast.n; i++)
		n += is_to_publish(&data->forecast.offices[i], chosen, PG_GETARG_BOOL(2));
	PG_RETURN_INT64(n);
}

/* forecast_flags(junior_share, senior_share): offices whose flags are others */
Datum
jobmarket_forecast_flags(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JmForecastData *data = jm_last_forecast();
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
