/*
 * area.h
 *		The area reached by a search, as polygons (pure C).
 */
#ifndef JM_AREA_H
#define JM_AREA_H

#include "geo/search.h"

typedef struct JmAreaOptions
{
	double		fill_metres;	/* how far from a reached road the area
								 * extends */
	double		min_cell;		/* finest resolution, metres */
	uint32_t	base_cells;		/* grid points to begin with */
	uint32_t	max_cells;		/* grid points near roads, at most about */
	/* what asks for a finer grid: */
	double		max_missed;		/* reached length outside, share */
	double		max_excess;		/* unreached length inside, share of that in
								 * the network */
} JmAreaOptions;

/* What an area was made from, for tests and for EXPLAIN-like reports. */
typedef struct JmAreaReport
{
	double		cell;			/* resolution used, metres */
	uint32_t	grid_points;
	uint32_t	rounds;			/* grids that were tried */
	uint32_t	roads;			/* edges looked at */
	double		missed;			/* reached length outside, share */
	double		excess;			/* unreached length inside, share of that in
								 * the network */
} JmAreaReport;

typedef struct JmBytes
{
	unsigned char *data;
	size_t		size;
	size_t		room;
} JmBytes;

extern bool jm_area(const JmSearch *search, const uint32_t *limits, int limit_count,
					const JmAreaOptions *options, JmBytes *wkb, JmAreaReport *report,
					JmEnv *env);

#endif							/* JM_AREA_H */
