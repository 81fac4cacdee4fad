/*
 * travel_time.c
 *		SQL functions travel_time and road_position.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "geo/arguments.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(jobmarket_travel_time);
PG_FUNCTION_INFO_V1(jobmarket_road_position);

/*
 * Positions: a place on the network in one bigint, for points that are asked
 * for again and again.  22 bits tell to which compiled network it belongs, by
 * its contents: another mode has other edges, and the same tables read in
 * another order have them under other numbers.
 */
#define FRACTION_STEPS 1023

static uint64
network_tag(const JmNetwork *net)
{
	uint64		sum = net->head.body_sum;

	return (sum ^ (sum >> 22) ^ (sum >> 44)) & 0x3fffff;
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

	if (!jm_snap_point(road, &job->env, job->lon, job->lat, &place, &job->found))
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
	if (!jm_read_point(type, PG_GETARG_DATUM(0), "location", &job.lon, &job.lat))
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
	if (!jm_snap_point(road, &job->env, job->lon, job->lat, &origin, &found))
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
			!jm_snap_point(road, &job->env, job->lons[i], job->lats[i], &place, &found))
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
			job->minutes[job->numbers[k]] = job->targets[k].cost_found / JM_MS_PER_MINUTE;
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
	job.backward = jm_read_direction(PG_GETARG_TEXT_PP(3));
	job.limit = PG_ARGISNULL(4) ? JM_MAX_COST : jm_read_minutes(PG_GETARG_FLOAT8(4));
	is_point = jm_read_point(type, PG_GETARG_DATUM(0), "origin", &job.lon, &job.lat);

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
		if (nulls[i] || !jm_read_point(type, values[i], "destination", &job.lons[i], &job.lats[i]))
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
