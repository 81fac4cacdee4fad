/*
 * isochrone.c
 *		SQL function isochrone on the network of this database.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "funcapi.h"
#include "geo/isochrone.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Grid of an area: see JmAreaOptions.  Five million points take 100 MB. */
#define AREA_BASE_CELLS 16000
#define AREA_MAX_CELLS 5000000
#define AREA_MIN_CELL 1.0
#define AREA_MAX_MISSED 0.0095
#define AREA_MAX_EXCESS 0.019

PG_FUNCTION_INFO_V1(jobmarket_isochrone);

typedef struct IsochroneJob
{
	JmEnv		env;
	JmIsochrone *iso;
	bool		found;
	JmBytes		wkb[JM_MAX_LIMITS];
	JmAreaReport report;
} IsochroneJob;

static bool
isochrone_work(JmRoad *road, void *argument)
{
	IsochroneJob *job = argument;
	const JmIsochrone *iso = job->iso;
	JmAreaOptions options;
	JmPlace		place;

	memset(job->wkb, 0, sizeof(job->wkb));
	if (!jm_snap_point(road, &job->env, iso->lon, iso->lat, &place, &job->found))
		return false;
	if (!job->found)
		return true;
	if (!jm_search_run(&road->search, &place, iso->backward, iso->limits[iso->count - 1], NULL, 0))
		return false;
	options.fill_metres = road->fill_metres;
	options.base_cells = AREA_BASE_CELLS;
	options.max_cells = AREA_MAX_CELLS;
	options.min_cell = AREA_MIN_CELL;
	options.max_missed = AREA_MAX_MISSED;
	options.max_excess = AREA_MAX_EXCESS;
	return jm_area(&road->search, iso->limits, iso->count, &options, job->wkb, &job->report,
				   &job->env);
}

static int
compare_u32(const void *a, const void *b)
{
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

/*
 * Reads the arguments of a call: the first is the origin, those of the numbers
 * given are the minutes, the mode and the direction; none of them is NULL.
 */
void
jm_isochrone_read(FunctionCallInfo fcinfo, int minutes, int mode, int direction, JmIsochrone *iso)
{
	Datum	   *values;
	bool	   *nulls;
	int			i;

	memset(iso, 0, sizeof(*iso));
	iso->type = jm_geometry_type(fcinfo, 0);
	iso->mode = text_to_cstring(PG_GETARG_TEXT_PP(mode));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(minutes), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &values, &nulls, &iso->asked);
	if (iso->asked > JM_MAX_LIMITS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many limits"),
				 errdetail("An isochrone has at most %d.", JM_MAX_LIMITS)));
	iso->minutes = palloc(sizeof(double) * Max(iso->asked, 1));
	iso->asked_limits = palloc(sizeof(uint32) * Max(iso->asked, 1));
	for (i = 0; i < iso->asked; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("minutes must not contain NULL"),
					 errhint("Minutes are positive numbers, such as 15.")));
		iso->minutes[i] = DatumGetFloat8(values[i]);
		iso->limits[i] = iso->asked_limits[i] = jm_read_minutes(iso->minutes[i]);
	}
	iso->backward = jm_read_direction(PG_GETARG_TEXT_PP(direction));
	iso->is_point = jm_read_point(iso->type, PG_GETARG_DATUM(0), "origin", &iso->lon, &iso->lat);

	qsort(iso->limits, iso->asked, sizeof(uint32), compare_u32);
	for (i = 0; i < iso->asked; i++)
		if (iso->count == 0 || iso->limits[i] != iso->limits[iso->count - 1])
			iso->limits[iso->count++] = iso->limits[i];
}

/* An area in which nothing is. */
Datum
jm_isochrone_empty(JmIsochrone *iso)
{
	const uint16_t probe = 1;
	const uint32 kind = 6;		/* MultiPolygon, of no polygons */
	unsigned char none[9] = {0};

	none[0] = *(const unsigned char *) &probe;
	memcpy(none + 1, &kind, sizeof(kind));
	return jm_geometry_from_wkb(iso->type, none, sizeof(none));
}

/* Answers from the compiled network. */
void
jm_isochrone_local(JmIsochrone *iso)
{
	IsochroneJob *job = palloc(sizeof(IsochroneJob));
	int			k;

	job->iso = iso;
	job->found = false;
	jm_memory_env(&job->env, CurrentMemoryContext);
	if (iso->is_point)
		jm_road_run(iso->mode, isochrone_work, job);
	if (job->found)
		ereport(DEBUG1,
				(errmsg_internal("isochrone: cells of %.1f m, %u grid points, %u rounds, %u edges drawn, missed %.4f, excess %.4f",
								 job->report.cell, job->report.grid_points, job->report.rounds,
								 job->report.roads, job->report.missed, job->report.excess)));
	for (k = 0; k < iso->count; k++)
		iso->areas[k] = job->found ?
			jm_geometry_from_wkb(iso->type, job->wkb[k].data, job->wkb[k].size) :
			jm_isochrone_empty(iso);
}

/* Puts a row for each limit asked for, in the order of the question. */
void
jm_isochrone_rows(FunctionCallInfo fcinfo, const JmIsochrone *iso)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			i;
	int			k;

	for (i = 0; i < iso->asked; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false, false};

		for (k = 0; iso->limits[k] != iso->asked_limits[i]; k++)
			 /* it is one of them */ ;
		values[0] = Float8GetDatum(iso->minutes[i]);
		values[1] = iso->areas[k];
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* isochrone(origin, minutes[], mode, direction): a row for each limit. */
Datum
jobmarket_isochrone(PG_FUNCTION_ARGS)
{
	JmIsochrone *iso;
	int			i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	iso = palloc(sizeof(JmIsochrone));
	jm_isochrone_read(fcinfo, 1, 2, 3, iso);
	if (iso->count > 0)
		jm_isochrone_local(iso);
	jm_isochrone_rows(fcinfo, iso);
	return (Datum) 0;
}
