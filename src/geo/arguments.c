/*
 * arguments.c
 *		Arguments that isochrone and travel_time have in common.
 */
#include "postgres.h"

#include <math.h>

#include "geo/arguments.h"
#include "utils/builtins.h"

/* Argument direction: false for "from", true for "to"; an error otherwise. */
bool
jm_read_direction(text *direction)
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
uint32
jm_read_minutes(double minutes)
{
	if (!(minutes > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minutes must be greater than zero, not %g", minutes),
				 errhint("Minutes are positive numbers, such as 15.")));
	if (minutes > JM_MAX_MINUTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minutes must not be greater than %d", (int) JM_MAX_MINUTES),
				 errhint("That is 24 days; the whole network is reached long before.")));
	return (uint32) rint(minutes * JM_MS_PER_MINUTE);
}

/* False for an empty point; an error for what is not a point. */
bool
jm_read_point(JmGeometryType *type, Datum geometry, const char *what, double *lon, double *lat)
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
bool
jm_snap_point(JmRoad *road, JmEnv *env, double lon, double lat, JmPlace *place, bool *found)
{
	JmSnap		snap = jm_snap(&road->net, lon, lat, road->snap_metres, &road->shape,
							   &road->env, place);

	*found = snap == JM_SNAP_FOUND;
	return snap != JM_SNAP_DAMAGED;
}
