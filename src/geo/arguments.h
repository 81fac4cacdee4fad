/*
 * arguments.h
 *		Arguments that isochrone and travel_time have in common.
 */
#ifndef JM_ARGUMENTS_H
#define JM_ARGUMENTS_H

#include "postgres.h"

#include "geo/geometry.h"
#include "geo/road.h"

#define JM_MS_PER_MINUTE 60000.0
#define JM_MAX_MINUTES (JM_MAX_COST / JM_MS_PER_MINUTE)

extern bool jm_read_direction(text *direction);
extern uint32 jm_read_minutes(double minutes);
extern bool jm_read_point(JmGeometryType *type, Datum geometry, const char *what,
						  double *lon, double *lat);
extern bool jm_snap_point(JmRoad *road, JmEnv *env, double lon, double lat,
						  JmPlace *place, bool *found);

#endif							/* JM_ARGUMENTS_H */
