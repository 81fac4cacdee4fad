/*
 * geometry.h
 *		PostGIS values in and out, through the binary form of the type itself
 *		(EWKB), so that no function of PostGIS is looked up by path.
 */
#ifndef JM_GEOMETRY_H
#define JM_GEOMETRY_H

#include "postgres.h"

#include "fmgr.h"

/* What is needed to read and write a geometry type; filled once a query. */
typedef struct JmGeometryType
{
	Oid			type;
	int16		length;
	bool		by_value;
	char		align;
	FmgrInfo	send;
	FmgrInfo	receive;
	Oid			io_param;
	FmgrInfo	transform;		/* fn_oid is 0 until it is needed */
} JmGeometryType;

typedef enum JmPointState
{
	JM_POINT,
	JM_POINT_EMPTY,
	JM_POINT_OTHER				/* not a point */
} JmPointState;

extern JmGeometryType *jm_geometry_type(FunctionCallInfo fcinfo, int argument);
extern JmPointState jm_geometry_point(JmGeometryType *type, Datum geometry, double *lon, double *lat);
extern Datum jm_geometry_from_wkb(JmGeometryType *type, const unsigned char *wkb, size_t size);

#endif							/* JM_GEOMETRY_H */
