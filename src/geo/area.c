/*
 * area.c
 *		The area reached by a search, as polygons (pure C).
 *
 * The plane is covered by a square grid.  Each grid point takes the travel
 * time of the nearest point of the network (reached or not, so that a road
 * that cannot be entered cuts through the area), or none when that is too far.
 * The area of a limit is a level set of that field, linear between the points
 * of each half square: its outlines cannot cross or touch, whatever the times,
 * and those of two limits cannot cross each other.  (A saddle, the weak spot
 * of marching squares, does not exist on triangles.)
 *
 * area_grid.c lays the grid, area_draw.c draws the roads into it, area_check.c
 * looks up points along a sample of them in the area; when too much road lies on
 * the wrong side, the grid is made finer.  area_outline.c turns the last grid
 * into polygons.
 */
#include "geo/area_grid.h"

#include <string.h>

#define LONG_METRES 100.0		/* at least; see long_metres */
#define MAX_POINTS 16000000		/* of a grid, most of them idle */
#define MAX_TIMES 5				/* finer in one step */

static void
widen(JmBox *box, JmPoint p)
{
	if (p.x < box->xmin)
		box->xmin = p.x;
	if (p.x > box->xmax)
		box->xmax = p.x;
	if (p.y < box->ymin)
		box->ymin = p.y;
	if (p.y > box->ymax)
		box->ymax = p.y;
}

/* Widens the box by the part of an edge that is reached within the limit. */
static bool
widen_by_edge(JmGrid *g, uint32_t edge, double limit, JmBox *box)
{
	JmProfile	p;
	double		total;
	uint32_t	i;

	if (!jm_grid_edge(g, edge, &p))
		return false;
	total = g->shape.along[g->shape.count - 1];
	for (i = 0; i < g->shape.count; i++)
	{
		double		s = total > 0 ? g->shape.along[i] / total : 0;

		if (jm_edge_time(&p, s) <= limit)
			widen(box, g->shape.points[i]);
		if (i > 0)
		{
			double		before = total > 0 ? g->shape.along[i - 1] / total : 0;
			double		f[3];
			int			k;

			/* where the times from either end, and along, run out */
			f[0] = (limit - p.start) / p.forward;
			f[1] = 1 - (limit - p.end) / p.backward;
			f[2] = p.origin >= 0 ? p.origin + limit / p.forward : -1;
			for (k = 0; k < 3; k++)
				if (f[k] > before && f[k] < s)
				{
					double		t = (f[k] - before) / (s - before);
					JmPoint		q;

					q.x = (int32_t) (g->shape.points[i - 1].x +
									 t * ((double) g->shape.points[i].x - g->shape.points[i - 1].x));
					q.y = (int32_t) (g->shape.points[i - 1].y +
									 t * ((double) g->shape.points[i].y - g->shape.points[i - 1].y));
					widen(box, q);
				}
			if (p.origin > before && p.origin < s)
			{
				double		t = (p.origin - before) / (s - before);
				double		r = p.backward > 0 && p.backward < INFINITY ?
				p.origin - limit / p.backward : p.origin;
				JmPoint		q;

				q.x = (int32_t) (g->shape.points[i - 1].x +
								 t * ((double) g->shape.points[i].x - g->shape.points[i - 1].x));
				q.y = (int32_t) (g->shape.points[i - 1].y +
								 t * ((double) g->shape.points[i].y - g->shape.points[i - 1].y));
				widen(box, q);
				if (r > before)
				{
					t = (r - before) / (s - before);
					q.x = (int32_t) (g->shape.points[i - 1].x +
									 t * ((double) g->shape.points[i].x - g->shape.points[i - 1].x));
					q.y = (int32_t) (g->shape.points[i - 1].y +
									 t * ((double) g->shape.points[i].y - g->shape.points[i - 1].y));
					widen(box, q);
				}
			}
		}
	}
	return true;
}

/* The search's nodes in ascending order: neighbours in memory are neighbours on the map. */
static void
sort_nodes(JmGrid *g)
{
	size_t		n = g->search->touched_count;
	const uint32_t *from = g->search->touched;
	uint32_t   *to = g->env->alloc(g->env, (n + 1) * sizeof(uint32_t));
	uint32_t   *other = g->env->alloc(g->env, (n + 1) * sizeof(uint32_t));
	int			shift;
	size_t		i;

	for (shift = 0; shift < 32; shift += 11)
	{
		uint32_t	count[2048] = {0};
		uint32_t	sum = 0;
		uint32_t   *swap;

		for (i = 0; i < n; i++)
			count[(from[i] >> shift) & 2047]++;
		for (i = 0; i < 2048; i++)
		{
			uint32_t	c = count[i];

			count[i] = sum;
			sum += c;
		}
		for (i = 0; i < n; i++)
			to[count[(from[i] >> shift) & 2047]++] = from[i];
		from = to;
		swap = to;
		to = other;
		other = swap;
	}
	/* three passes: the last wrote what is now called other */
	g->env->release(g->env, to);
	g->nodes = other;
	g->node_count = (uint32_t) n;
}

/* Lists the reached edges that are too long to be known by their ends. */
static bool
list_long_edges(JmGrid *g)
{
	const JmNetwork *net = g->net;
	uint32_t	i;

	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];
		uint32_t	link = JM_READ(net->first[u]);
		uint32_t	end = JM_READ(net->first[u + 1]);

		if ((i & 0xffff) == 0)
			g->env->poll(g->env);
		if (g->search->cells[u].cost > g->limit)
			continue;
		if (end > net->head.links)
			return false;
		for (; link < end; link++)
		{
			uint32_t	edge = JM_READ(net->links[link].edge) & ~JM_HIGH_BIT;

			if (edge >= net->head.edges)
				return false;
			if (net->edges[edge].metres <= g->long_metres)
				continue;
			if (g->longer_count == g->longer_room)
			{
				g->longer_room = g->longer_room ? g->longer_room * 2 : 256;
				g->longer = g->longer ?
					g->env->resize(g->env, g->longer, g->longer_room * sizeof(uint32_t)) :
					g->env->alloc(g->env, g->longer_room * sizeof(uint32_t));
			}
			g->longer[g->longer_count++] = edge;
		}
	}
	return true;
}

/*
 * Box of all that is reached within the limit; short edges may stick out by
 * half of long_metres.  False when damaged.
 */
static bool
reached_box(JmGrid *g, uint32_t limit, JmBox *box)
{
	uint32_t	i;

	box->xmin = box->ymin = INT32_MAX;
	box->xmax = box->ymax = INT32_MIN;
	if (!widen_by_edge(g, g->search->origin.edge, limit, box))
		return false;
	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if (g->search->cells[u].cost <= limit)
		{
			JmPoint		p;

			p.x = JM_READ(g->net->points[u].x);
			p.y = JM_READ(g->net->points[u].y);
			widen(box, p);
		}
	}
	for (i = 0; i < g->longer_count; i++)
	{
		if ((i & 0xfff) == 0)
			g->env->poll(g->env);
		if (!widen_by_edge(g, g->longer[i], limit, box))
			return false;
	}
	return true;
}

static void
box_metres(const JmBox *box, double *width, double *height)
{
	*width = ((double) box->xmax - box->xmin) * JM_METRES_PER_UNIT * jm_box_scale(box);
	*height = ((double) box->ymax - box->ymin) * JM_METRES_PER_UNIT;
}

/* Does the work of jm_area; what it allocates in the grid is the caller's. */
static bool
draw_area(JmGrid *g, const uint32_t *limits, int limit_count, const JmAreaOptions *options,
		  JmBytes *wkb)
{
	JmAreaReport *report = g->report;
	JmBox		box;
	JmBox		smallest;
	double		width;
	double		height;
	double		cell;
	double		finest;
	double		error;
	int			times;
	int			k;

	sort_nodes(g);
	/* a first box from the nodes tells what counts as long */
	if (!reached_box(g, g->limit, &box))
		return false;
	box_metres(&box, &width, &height);
	g->long_metres = fmax(LONG_METRES, fmax(width, height) / 100);
	if (!list_long_edges(g) || !reached_box(g, g->limit, &box))
		return false;
	smallest = box;
	if (limits[0] != g->limit && !reached_box(g, limits[0], &smallest))
		return false;

	/* fine enough for the smallest limit, but not too fine for the largest */
	box_metres(&smallest, &width, &height);
	/* where many roads are drawn, points are cheap beside them */
	cell = sqrt(fmax(width * height, 1) / fmax(options->base_cells, g->node_count * 0.4));
	cell = fmax(cell, fmax(width, height) / 2000);
	box_metres(&box, &width, &height);
	finest = fmax(options->min_cell,
				  sqrt((width + 2 * options->fill_metres) *
					   (height + 2 * options->fill_metres) / MAX_POINTS));
	finest = fmax(finest, fmax(width, height) / 20000);
	cell = fmax(cell, finest);
	/* whether the first grid lies in memory is not known before it is laid */
	cell = fmax(cell, sqrt(width * height / options->max_cells));

	if (!jm_grid_fill(g, &box, cell, options))
		return false;
	jm_grid_check(g, limits, limit_count);
	while ((error = fmax(report->missed / options->max_missed,
						 report->excess / options->max_excess)) > 1)
	{
		/* only blocks near roads take memory */
		finest = fmax(finest, report->cell * sqrt((double) g->active / options->max_cells));
		if (report->cell < 2 * finest)
			break;
		if (g->stride == 1)
		{
			/* errors shrink about as the cells do */
			times = (int) fmin(fmin(ceil(error / 0.8), MAX_TIMES), floor(report->cell / finest));
			if (!jm_grid_refine(g, times < 2 ? 2 : times, options))
				return false;
		}
		else
		{
			/* where it is wrong is to be seen on all roads, not on some of them */
			jm_grid_sample_all(g);
			if (g->damaged)
				return false;
		}
		jm_grid_check(g, limits, limit_count);
	}
	for (k = 0; k < limit_count; k++)
		jm_grid_outline(g, limits[k], &wkb[k]);
	return true;
}

/*
 * The area reached within each of the limits (milliseconds, ascending, none
 * above that of the search), as one MultiPolygon each in wkb[] (native-endian
 * WKB, longitude and latitude in degrees; data from env).  False when the
 * network is damaged.
 */
bool
jm_area(const JmSearch *search, const uint32_t *limits, int limit_count,
		const JmAreaOptions *options, JmBytes *wkb, JmAreaReport *report, JmEnv *env)
{
	JmGrid		grid;
	JmGrid	   *g = &grid;
	bool		good;

	memset(&grid, 0, sizeof(grid));
	memset(report, 0, sizeof(*report));
	g->search = search;
	g->net = search->net;
	g->env = env;
	g->report = report;
	g->limit = limits[limit_count - 1];
	g->lowest = limits[0];
	good = draw_area(g, limits, limit_count, options, wkb);
	jm_grid_free(g);
	return good;
}
