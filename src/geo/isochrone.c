/*
 * isochrone.c
 *		SQL functions isochrone, isochrone_report, travel_time and road_position.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "funcapi.h"
#include "geo/geometry.h"
#include "geo/road.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define MS_PER_MINUTE 60000.0
#define MAX_MINUTES (JM_MAX_COST / MS_PER_MINUTE)
#define MAX_LIMITS 100

/* Grid of an area: see JmAreaOptions.  Two million points take 40 MB. */
#define AREA_BASE_CELLS 60000
#define AREA_MAX_CELLS 2000000
#define AREA_MIN_CELL 2.0
#define AREA_MAX_ERROR 0.009

PG_FUNCTION_INFO_V1(jobmarket_isochrone);
PG_FUNCTION_INFO_V1(jobmarket_travel_time);
PG_FUNCTION_INFO_V1(jobmarket_road_position);

static bool
read_direction(text *direction)
{
	char	   *name = text_to_cstring(direction);

	if (strcmp(name, "from") == 0)
		return false;
	if (strcmp(name, "to") == 0)
		return true;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown direction \"%s\"", name),
			 errhint("Use \"from\" (who leaves the origin) or \"to\" (who goes to it).")));
	return false;				/* not reached */
}

/* Minutes to milliseconds; an error unless positive and below 24 days. */
static uint32
read_minutes(double minutes)
{
	if (!(minutes > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minutes must be greater than zero, not %g", minutes)));
	if (minutes > MAX_MINUTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minutes must not be greater than %d", (int) MAX_MINUTES)));
	return (uint32) rint(minutes * MS_PER_MINUTE);
}

/* False for an empty point; an error for what is not a point. */
static bool
read_point(JmGeometryType *type, Datum geometry, const char *what, double *lon, double *lat)
{
	switch (jm_geometry_point(type, geometry, lon, lat))
	{
		case JM_POINT:
			return true;
		case JM_POINT_EMPTY:
			return false;
		case JM_POINT_OTHER:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be a point", what),
			 errhint("ST_PointOnSurface(geometry) or ST_Centroid(geometry) gives a point.")));
	return false;				/* not reached */
}

/*
 * Snaps a point into *place.  False when the network is damaged; *found tells
 * whether there is a road near enough.
 */
static bool
snap_point(JmRoad *road, JmEnv *env, double lon, double lat, JmPlace *place, bool *found)
{
	JmSnap		snap = jm_snap(&road->net, lon, lat, road->snap_metres, &road->shape,
							   &road->env, place);

	*found = snap == JM_SNAP_FOUND;
	return snap != JM_SNAP_DAMAGED;
}

typedef struct IsochroneJob
{
	JmEnv		env;
	double		lon;
	double		lat;
	bool		backward;
	uint32		limits[MAX_LIMITS];
	int			count;
	bool		found;
	JmBytes		wkb[MAX_LIMITS];
	JmAreaReport report;
} IsochroneJob;

static bool
isochrone_work(JmRoad *road, void *argument)
{
	IsochroneJob *job = argument;
	JmAreaOptions options;
	JmPlace		place;

	memset(job->wkb, 0, sizeof(job->wkb));
	if (!snap_point(road, &job->env, job->lon, job->lat, &place, &job->found))
		return false;
	if (!job->found)
		return true;
	if (!jm_search_run(&road->search, &place, job->backward, job->limits[job->count - 1], NULL, 0))
		return false;
	options.fill_metres = road->fill_metres;
	options.base_cells = AREA_BASE_CELLS;
	options.max_cells = AREA_MAX_CELLS;
	options.min_cell = AREA_MIN_CELL;
	options.max_error = AREA_MAX_ERROR;
	return jm_area(&road->search, job->limits, job->count, &options, job->wkb, &job->report,
				   &job->env);
}

static int
compare_u32(const void *a, const void *b)
{
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

typedef struct IsochroneRows
{
	int			count;
	double	   *minutes;
	Datum	   *areas;
} IsochroneRows;

static IsochroneRows *
compute_isochrone(FunctionCallInfo fcinfo)
{
	JmGeometryType *type = jm_geometry_type(fcinfo, 0);
	IsochroneRows *rows = palloc0(sizeof(IsochroneRows));
	IsochroneJob *job = palloc0(sizeof(IsochroneJob));
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	char	   *mode = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Datum	   *values;
	bool	   *nulls;
	uint32		asked[MAX_LIMITS];
	Datum		areas[MAX_LIMITS];
	bool		is_point;
	int			i;
	int			k;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &rows->count);
	if (rows->count > MAX_LIMITS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many limits"),
				 errdetail("An isochrone has at most %d.", MAX_LIMITS)));
	rows->minutes = palloc(sizeof(double) * Max(rows->count, 1));
	rows->areas = palloc(sizeof(Datum) * Max(rows->count, 1));
	for (i = 0; i < rows->count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("minutes must not contain NULL")));
		rows->minutes[i] = DatumGetFloat8(values[i]);
		asked[i] = read_minutes(rows->minutes[i]);
	}
	job->backward = read_direction(PG_GETARG_TEXT_PP(3));
	is_point = read_point(type, PG_GETARG_DATUM(0), "origin", &job->lon, &job->lat);
	if (rows->count == 0)
		return rows;

	memcpy(job->limits, asked, sizeof(uint32) * rows->count);
	qsort(job->limits, rows->count, sizeof(uint32), compare_u32);
	for (i = 0; i < rows->count; i++)
		if (job->count == 0 || job->limits[i] != job->limits[job->count - 1])
			job->limits[job->count++] = job->limits[i];
	jm_memory_env(&job->env, CurrentMemoryContext);
	if (is_point)
		jm_road_run(mode, isochrone_work, job);
	if (job->found)
		ereport(DEBUG1,
				(errmsg_internal("isochrone: cells of %.1f m, %u grid points, %u rounds, %u edges drawn, missed %.4f, excess %.4f",
								 job->report.cell, job->report.grid_points, job->report.rounds,
								 job->report.roads, job->report.missed, job->report.excess)));
	for (k = 0; k < job->count; k++)
	{
		/* an empty MultiPolygon where there is no road near */
		unsigned char none[9];
		const uint16 probe = 1;
		uint32		kind = 6;

		if (job->found)
			areas[k] = jm_geometry_from_wkb(type, job->wkb[k].data, job->wkb[k].size);
		else
		{
			memset(none, 0, sizeof(none));
			none[0] = *(const unsigned char *) &probe;
			memcpy(none + 1, &kind, sizeof(kind));
			areas[k] = jm_geometry_from_wkb(type, none, sizeof(none));
		}
	}
	for (i = 0; i < rows->count; i++)
		for (k = 0; k < job->count; k++)
			if (job->limits[k] == asked[i])
				rows->areas[i] = areas[k];
	return rows;
}

/* isochrone(origin, minutes[], mode, direction): a row for each limit. */
Datum
jobmarket_isochrone(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	IsochroneRows *rows;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;
		TupleDesc	desc;

		/*
		 * fn_extra is the SRF's; the type's own goes through a call of its
		 * own
		 */
		FmgrInfo	flinfo = *fcinfo->flinfo;

		LOCAL_FCINFO(inner, 4);
		int			i;

		call = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(desc);
		for (i = 0; i < 4; i++)
			if (PG_ARGISNULL(i))
			{
				MemoryContextSwitchTo(before);
				SRF_RETURN_DONE(call);
			}
		flinfo.fn_extra = NULL;
		InitFunctionCallInfoData(*inner, &flinfo, 4, fcinfo->fncollation, NULL, NULL);
		memcpy(inner->args, fcinfo->args, sizeof(NullableDatum) * 4);
		call->user_fctx = compute_isochrone(inner);
		MemoryContextSwitchTo(before);
	}
	call = SRF_PERCALL_SETUP();
	rows = call->user_fctx;
	if (rows != NULL && call->call_cntr < rows->count)
	{
		Datum		values[2];
		bool		nulls[2] = {false, false};

		values[0] = Float8GetDatum(rows->minutes[call->call_cntr]);
		values[1] = rows->areas[call->call_cntr];
		SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
	}
	SRF_RETURN_DONE(call);
}

/*
 * Positions: a place on the network in one bigint, for points that are asked
 * for again and again.  22 bits tell to which compiled network it belongs.
 */
#define FRACTION_STEPS 1023

static uint64
network_tag(const JmNetwork *net)
{
	uint64		tag;

	memcpy(&tag, net->head.version, sizeof(tag));
	return (tag ^ (tag >> 32)) & 0x3fffff;
}

static int64
pack_position(const JmNetwork *net, const JmPlace *place)
{
	return (int64) ((network_tag(net) << 41) | ((uint64) place->edge << 10) |
					(uint64) rint(place->fraction * FRACTION_STEPS));
}

/* False when the position is not one of this network. */
static bool
unpack_position(const JmNetwork *net, int64 position, JmPlace *place)
{
	uint64		bits = (uint64) position;

	if (bits >> 41 != network_tag(net) || ((bits >> 10) & 0x7fffffff) >= net->head.edges)
		return false;
	place->edge = (bits >> 10) & 0x7fffffff;
	place->fraction = (double) (bits & 0x3ff) / FRACTION_STEPS;
	place->metres = 0;
	return true;
}

typedef struct PositionJob
{
	JmEnv		env;
	double		lon;
	double		lat;
	bool		found;
	int64		position;
} PositionJob;

static bool
position_work(JmRoad *road, void *argument)
{
	PositionJob *job = argument;
	JmPlace		place;

	if (!snap_point(road, &job->env, job->lon, job->lat, &place, &job->found))
		return false;
	if (job->found)
		job->position = pack_position(&road->net, &place);
	return true;
}

/* road_position(location, mode) */
Datum
jobmarket_road_position(PG_FUNCTION_ARGS)
{
	JmGeometryType *type = jm_geometry_type(fcinfo, 0);
	PositionJob job;

	memset(&job, 0, sizeof(job));
	jm_memory_env(&job.env, CurrentMemoryContext);
	if (!read_point(type, PG_GETARG_DATUM(0), "location", &job.lon, &job.lat))
		PG_RETURN_NULL();
	jm_road_run(text_to_cstring(PG_GETARG_TEXT_PP(1)), position_work, &job);
	if (!job.found)
		PG_RETURN_NULL();
	PG_RETURN_INT64(job.position);
}

typedef struct TravelJob
{
	JmEnv		env;
	double		lon;
	double		lat;
	bool		backward;
	uint32		limit;
	int			count;
	double	   *lons;			/* NaN: not a place */
	double	   *lats;
	int64	   *positions;		/* or NULL; -1: none */
	JmTarget   *targets;
	int		   *numbers;		/* of the destination of each target */
	double	   *minutes;		/* result; NaN: unreachable */
} TravelJob;

static bool
travel_work(JmRoad *road, void *argument)
{
	TravelJob  *job = argument;
	JmPlace		origin;
	bool		found;
	uint32		n = 0;
	uint32		k;
	int			i;

	for (i = 0; i < job->count; i++)
		job->minutes[i] = NAN;
	if (!snap_point(road, &job->env, job->lon, job->lat, &origin, &found))
		return false;
	if (!found)
		return true;
	for (i = 0; i < job->count; i++)
	{
		JmPlace		place;

		if ((i & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		found = job->positions && job->positions[i] >= 0 &&
			unpack_position(&road->net, job->positions[i], &place);
		if (!found && !isnan(job->lons[i]) &&
			!snap_point(road, &job->env, job->lons[i], job->lats[i], &place, &found))
			return false;
		if (!found)
			continue;
		if (!jm_target_at(&road->net, &place, &origin, job->backward, &job->targets[n]))
			return false;
		job->numbers[n++] = i;
	}
	if (n == 0)
		return true;
	if (!jm_search_run(&road->search, &origin, job->backward, job->limit, job->targets, n))
		return false;
	for (k = 0; k < n; k++)
		if (job->targets[k].cost_found <= job->limit)
			job->minutes[job->numbers[k]] = job->targets[k].cost_found / MS_PER_MINUTE;
	return true;
}

/* travel_time(origin, destinations[], mode, direction, max_minutes, positions[]) */
Datum
jobmarket_travel_time(PG_FUNCTION_ARGS)
{
	JmGeometryType *type;
	ArrayType  *destinations;
	TravelJob	job;
	Datum	   *values;
	bool	   *nulls;
	Datum	   *results;
	bool		is_point;
	int			i;

	for (i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	type = jm_geometry_type(fcinfo, 0);
	destinations = PG_GETARG_ARRAYTYPE_P(1);
	memset(&job, 0, sizeof(job));
	jm_memory_env(&job.env, CurrentMemoryContext);
	job.backward = read_direction(PG_GETARG_TEXT_PP(3));
	job.limit = PG_ARGISNULL(4) ? JM_MAX_COST : read_minutes(PG_GETARG_FLOAT8(4));
	is_point = read_point(type, PG_GETARG_DATUM(0), "origin", &job.lon, &job.lat);

	deconstruct_array(destinations, type->type, type->length, type->by_value, type->align,
					  &values, &nulls, &job.count);
	if (job.count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	job.lons = palloc(sizeof(double) * job.count);
	job.lats = palloc(sizeof(double) * job.count);
	job.minutes = palloc(sizeof(double) * job.count);
	job.numbers = palloc(sizeof(int) * job.count);
	job.targets = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(JmTarget) * job.count);
	for (i = 0; i < job.count; i++)
	{
		if ((i & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		if (nulls[i] || !read_point(type, values[i], "destination", &job.lons[i], &job.lats[i]))
			job.lons[i] = NAN;
	}
	if (!PG_ARGISNULL(5))
	{
		Datum	   *positions;
		bool	   *none;
		int			count;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(5), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						  TYPALIGN_DOUBLE, &positions, &none, &count);
		if (count != job.count)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("positions and destinations must have the same number of elements"),
					 errdetail("There are %d and %d.", count, job.count)));
		job.positions = palloc(sizeof(int64) * count);
		for (i = 0; i < count; i++)
			job.positions[i] = none[i] ? -1 : DatumGetInt64(positions[i]);
	}
	results = palloc(sizeof(Datum) * job.count);
	if (is_point)
		jm_road_run(text_to_cstring(PG_GETARG_TEXT_PP(2)), travel_work, &job);
	else
		for (i = 0; i < job.count; i++)
			job.minutes[i] = NAN;
	for (i = 0; i < job.count; i++)
	{
		nulls[i] = isnan(job.minutes[i]);
		results[i] = Float8GetDatum(job.minutes[i]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(results, nulls, ARR_NDIM(destinations),
											 ARR_DIMS(destinations), ARR_LBOUND(destinations),
											 FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}
