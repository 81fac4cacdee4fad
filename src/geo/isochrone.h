/*
 * isochrone.h
 *		An isochrone that was asked for, whoever computes it.
 */
#ifndef JM_ISOCHRONE_H
#define JM_ISOCHRONE_H

#include "postgres.h"

#include "geo/arguments.h"

#define JM_MAX_LIMITS 100

/* The question, checked.  palloc'ed in the context of the call. */
typedef struct JmIsochrone
{
	JmGeometryType *type;
	bool		is_point;		/* false: an empty point, nothing is near it */
	double		lon;
	double		lat;
	char	   *mode;
	bool		backward;
	int			asked;
	double	   *minutes;		/* [asked], as asked for */
	uint32	   *asked_limits;	/* [asked], the same in milliseconds */
	int			count;
	uint32		limits[JM_MAX_LIMITS];	/* of these each once, ascending */
	Datum		areas[JM_MAX_LIMITS];	/* the answer: of each limit */
} JmIsochrone;

extern void jm_isochrone_read(FunctionCallInfo fcinfo, int minutes, int mode, int direction,
							  JmIsochrone *iso);
extern void jm_isochrone_local(JmIsochrone *iso);
extern Datum jm_isochrone_empty(JmIsochrone *iso);
extern void jm_isochrone_rows(FunctionCallInfo fcinfo, const JmIsochrone *iso);

#endif							/* JM_ISOCHRONE_H */
