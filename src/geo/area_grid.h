/*
 * area_grid.h
 *		The grid from which an area is drawn: what the files area*.c share (pure C).
 */
#ifndef JM_AREA_GRID_H
#define JM_AREA_GRID_H

#include <math.h>

#include "geo/area.h"

/* The nearest point of the network to a grid point; places are grid units. */
typedef struct JmNear
{
	float		x;
	float		y;
	float		square;			/* of the distance */
	float		time;			/* milliseconds, INFINITY: unreached */
} JmNear;

/* Travel time along an edge of a given search. */
typedef struct JmProfile
{
	double		start;			/* at the first end */
	double		end;			/* at the second end */
	double		forward;		/* whole edge, away from the first end */
	double		backward;		/* whole edge, away from the second end */
	double		origin;			/* fraction of the origin, or negative */
} JmProfile;

/*
 * Squares of a grid, as a summed-area table: sums[y * nx + x] is how many are
 * marked left of x and below y.
 */
typedef struct JmMask
{
	uint32_t   *sums;
	int			nx;				/* one more than there are squares */
	int			ny;
	int			shift;			/* a square has 2^shift cells in a row */
	double		x0;				/* corner, and size of a square, units of the
								 * network */
	double		y0;
	double		dx;
	double		dy;
	double		margin;			/* how far around a mark counts, in squares */
} JmMask;

/* A reached edge that is not known by its ends alone. */
typedef struct JmLonger
{
	uint32_t	edge;
	float		metres;
	bool		straight;		/* nearly: wholly reached, and within half of
								 * long_metres of a line between its ends */
	JmPoint		ends[2];
} JmLonger;

/* A point of a piece of road, in grid units, that stands for it. */
typedef struct JmSample
{
	float		x;
	float		y;
	float		time;			/* milliseconds, INFINITY: unreached */
	float		metres;			/* length of the piece */
} JmSample;

/*
 * Which road counts at a grid point where several are near: the fastest, so that
 * rather too much lies in the area than reached road is missed, or the slowest.
 */
typedef struct JmTie
{
	float		square;			/* of the distance within which all are
								 * equally near, grid units */
	bool		fastest;
} JmTie;

typedef struct JmGrid
{
	const JmSearch *search;
	const JmNetwork *net;
	JmEnv	   *env;
	JmShape		shape;
	double		x0;				/* grid origin, units of the network */
	double		y0;
	double		dx;				/* cell, units of longitude and of latitude */
	double		dy;
	int			nx;
	int			ny;
	float		fill;			/* squared, grid units */
	float		wall;			/* milliseconds: two roads that differ by more
								 * from one grid point to the next do not meet
								 * there */
	JmNear	   *near;
	unsigned char *state;		/* of each block: BLOCK_... */
	unsigned char *wrong_before;	/* of each block: what was wrong there in
									 * the grid before, WRONG_... */
	JmTie		ties[4];		/* by that */
	uint32_t   *ring;			/* for the step from point i to i + 1: the
								 * ring that crosses it, counted on */
	uint32_t	rings;
	const uint32_t *limits;		/* ascending */
	int			limit_count;
	uint32_t	limit;			/* the highest */
	float	   *levels;			/* time that stands for all up to each limit */
	uint32_t   *nodes;			/* those with a cost, ascending */
	uint32_t	node_count;
	double		long_metres;	/* shorter edges are known by their ends */
	JmLonger   *longer;			/* reached edges that are longer */
	uint32_t	longer_count;
	uint32_t	longer_room;
	size_t		active;			/* points of active blocks */
	unsigned char *wrong;		/* points around which road lies on the wrong
								 * side: WRONG_...; NULL: not noted */
	JmMask		reached;		/* squares of the first grid on reached roads */
	JmMask		core;			/* blocks that a finer grid computes anew */
	int			bx;				/* blocks, one more than needed */
	int			by;
	JmSample   *samples;		/* of the roads near, to check the area on */
	size_t		sample_count;
	size_t		sample_room;
	uint32_t	stride;			/* every how manieth box of edges is sampled */
	bool		fine;			/* samples are of all of them, and near each
								 * other */
	JmAreaReport *report;
	bool		damaged;
} JmGrid;

#define WRONG_MISSED 1			/* reached road outside */
#define WRONG_EXCESS 2			/* unreached road inside */

#define SAMPLE 1.0				/* pieces of road that are sampled, in cells */
#define FINE_SAMPLE 0.2

#define BLOCK_IDLE 0			/* nothing is near: not even initialised */
#define BLOCK_RIM 1				/* beside an active block */
#define BLOCK_ACTIVE 2			/* the area may extend into it */
#define BLOCK_HALO 3			/* roads there matter to active blocks */
#define BLOCK_COPIED 4			/* as the coarser grid before had it */
#define BLOCK_LEVEL 5			/* and more, the number of a limit: inside it,
								 * outside the one before, as all around: no
								 * outline is near; not initialised either */
#define BLOCK_SHIFT 2			/* log2 of the grid points in a row of a block */
#define BLOCK (1 << BLOCK_SHIFT)

#define JM_CLOSED 1e30			/* a cost of JmProfile that stands for none */

/* Milliseconds at a share (0 to 1) of an edge's length, INFINITY where it is not reached. */
static inline double
jm_edge_time(const JmProfile *p, double s)
{
	double		t = p->start + s * p->forward;
	double		back = p->end + (1 - s) * p->backward;

	if (back < t)
		t = back;
	if (p->origin >= 0)
	{
		double		direct = s >= p->origin ? (s - p->origin) * p->forward :
		(p->origin - s) * p->backward;

		if (direct < t)
			t = direct;
	}
	/* rounding may leave a little of what is closed, never of a cost */
	return t < JM_CLOSED / 1e18 ? t : INFINITY;
}

/*
 * Where the outline crosses the step from a grid point inside to one outside,
 * as a share of the step.  Beside a wall the road inside may be anywhere in the
 * step, and its time tells nothing of where it ends.
 */
static inline double
jm_grid_crossing(const JmGrid *g, double inside, double outside, double limit)
{
	double		t;

	if (!(outside - inside < g->wall))
		return 0.5;
	t = (limit - inside) / (outside - inside);
	/* never quite at a grid point: outlines would touch there */
	return t < 0.02 ? 0.02 : t > 0.98 ? 0.98 : t;
}

/* Length of a degree of longitude in degrees of latitude, mid-box. */
static inline double
jm_box_scale(const JmBox *box)
{
	double		kx = cos(((double) box->ymin + box->ymax) / 2 * JM_UNIT_RADIANS);

	return kx < 0.01 ? 0.01 : kx;
}

/* Is the shape longer than all edges together, but for rounding: damaged? */
static inline bool
jm_grid_too_long(const JmGrid *g)
{
	return g->shape.along[g->shape.count - 1] > g->net->head.metres * 1.01 + 1;
}

/* Time at a grid point, whatever the state of its block. */
static inline float
jm_grid_time(const JmGrid *g, int x, int y)
{
	unsigned char state = g->state[(size_t) (y >> BLOCK_SHIFT) * g->bx + (x >> BLOCK_SHIFT)];

	return state >= BLOCK_LEVEL ? g->levels[state - BLOCK_LEVEL] : state == BLOCK_IDLE ? INFINITY :
		g->near[(size_t) y * g->nx + x].time;
}

/* Whether any of the squares x1 .. x2 - 1, y1 .. y2 - 1 is marked. */
static inline bool
jm_mask_any(const JmMask *mask, int x1, int y1, int x2, int y2)
{
	const uint32_t *m = mask->sums;

	return m[(size_t) y2 * mask->nx + x2] + m[(size_t) y1 * mask->nx + x1] !=
		m[(size_t) y1 * mask->nx + x2] + m[(size_t) y2 * mask->nx + x1];
}

/* area_grid.c */
extern bool jm_grid_fill(JmGrid *g, const JmBox *box, double cell, const JmAreaOptions *options);
extern bool jm_grid_refine(JmGrid *g, int times, const JmAreaOptions *options);
extern void jm_grid_free(JmGrid *g);

/* area_draw.c */
extern bool jm_grid_edge(JmGrid *g, uint32_t edge, JmProfile *p);
extern void jm_grid_draw_nodes(JmGrid *g);
extern void jm_grid_draw_edges(JmGrid *g, const JmMask *mask, bool sample);
extern void jm_grid_draw_origin(JmGrid *g);
extern void jm_grid_sample_all(JmGrid *g);

/* area_check.c */
extern void jm_grid_check(JmGrid *g);

/* area_outline.c */
extern void jm_grid_outline(JmGrid *g, double limit, JmBytes *wkb);

#endif							/* JM_AREA_GRID_H */
