/*
 * area.c
 *		The area reached by a search, as polygons (pure C).
 *
 * The plane is covered by a square grid.  Each grid point takes the travel
 * time of the nearest point of the network (reached or not, so that a road
 * that cannot be entered cuts through the area), or none when that is too far.
 * The area of a limit is a level set of that field, linear between the points
 * of each half square (half way where roads do not meet: jm_grid_crossing): its
 * outlines cannot cross or touch, whatever the times,
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
#define KX_GOOD 1e6				/* units of latitude over which the length of
								 * a degree of longitude changes little */
#define MAX_POINTS 16000000		/* of a grid, most of them idle */
#define MAX_TIMES 5				/* finer in one step */
#define FILL_CELLS 20			/* in fill_metres, at first */

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
	double		f[5];
	uint32_t	i;
	int			k;

	if (!jm_grid_edge(g, edge, &p))
		return false;
	total = g->shape.along[g->shape.count - 1];
	/* where the times from either end, and from the origin, run out */
	f[0] = (limit - p.start) / p.forward;
	f[1] = 1 - (limit - p.end) / p.backward;
	f[2] = p.origin;
	f[3] = p.origin >= 0 ? p.origin + limit / p.forward : -1;
	f[4] = p.origin >= 0 ? p.origin - limit / p.backward : -1;
	for (i = 0; i < g->shape.count; i++)
	{
		double		s = total > 0 ? g->shape.along[i] / total : 0;
		double		before;

		if (jm_edge_time(&p, s) <= limit)
			widen(box, g->shape.points[i]);
		if (i == 0)
			continue;
		before = g->shape.along[i - 1] / total;
		for (k = 0; k < 5; k++)
			if (f[k] > before && f[k] < s)
			{
				const JmPoint *from = &g->shape.points[i - 1];
				const JmPoint *to = &g->shape.points[i];
				double		t = (f[k] - before) / (s - before);
				JmPoint		q;

				q.x = (int32_t) (from->x + t * ((double) to->x - from->x));
				q.y = (int32_t) (from->y + t * ((double) to->y - from->y));
				widen(box, q);
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

static void
keep_longer(JmGrid *g, const JmLonger *edge)
{
	if (g->longer_count == g->longer_room)
	{
		g->longer_room = g->longer_room ? g->longer_room * 2 : 256;
		g->longer = g->longer ?
			g->env->resize(g->env, g->longer, g->longer_room * sizeof(JmLonger)) :
			g->env->alloc(g->env, g->longer_room * sizeof(JmLonger));
	}
	g->longer[g->longer_count++] = *edge;
}

/* Lists the reached edges that are too long to be known by their ends. */
static bool
list_long_edges(JmGrid *g)
{
	const JmNetwork *net = g->net;
	JmLonger	longer = {g->search->origin.edge, INFINITY, false, {{0, 0}, {0, 0}}};
	double		kx = 0;
	int32_t		kx_at = 0;		/* latitude of kx */
	uint64_t	seen = 0;		/* links; a true network has each once */
	uint32_t	i;

	/* of the origin's edge a part may be all that is reached */
	keep_longer(g, &longer);
	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];
		uint32_t	link = JM_READ(net->first[u]);
		uint32_t	end = JM_READ(net->first[u + 1]);

		if ((i & 0xffff) == 0)
			g->env->poll(g->env);
		if (g->search->cells[u].cost > g->limit)
			continue;
		seen += end > link ? end - link : 0;
		if (end > net->head.links || seen > net->head.links)
			return false;
		for (; link < end; link++)
		{
			uint32_t	edge = JM_READ(net->links[link].edge);
			bool		second = (edge & JM_HIGH_BIT) != 0;
			uint32_t	target;

			longer.edge = edge & ~JM_HIGH_BIT;
			longer.straight = false;
			if (longer.edge >= net->head.edges)
				return false;
			longer.metres = net->edges[longer.edge].metres;

			/*
			 * left half way, it sticks out by its length: then half counts as
			 * long
			 */
			if (longer.metres <= g->long_metres / 2)
				continue;
			target = JM_READ(net->links[link].target);
			if (target >= net->head.nodes)
				return false;
			longer.ends[0] = jm_node_point(g->net, u);
			longer.ends[1] = jm_node_point(g->net, target);
			if (jm_node_cost(g->search, target) <= g->limit)
			{
				double		dx;
				double		dy;

				/* seen from its first end as well */
				if (second || longer.metres <= g->long_metres)
					continue;
				if (kx == 0 || fabs((double) longer.ends[0].y - kx_at) > KX_GOOD)
				{
					kx_at = longer.ends[0].y;
					kx = cos(kx_at * JM_UNIT_RADIANS);
				}
				dx = ((double) longer.ends[1].x - longer.ends[0].x) * kx * JM_METRES_PER_UNIT;
				dy = ((double) longer.ends[1].y - longer.ends[0].y) * JM_METRES_PER_UNIT;
				/* all of it lies in the ellipse around its ends */
				longer.straight = longer.metres * longer.metres - dx * dx - dy * dy <
					g->long_metres * g->long_metres;
			}
			keep_longer(g, &longer);
		}
	}
	return true;
}

/* Whether all of an edge lies in the box, as its ends and its length tell. */
static bool
surely_inside(const JmLonger *edge, const JmBox *box, double kx)
{
	/* no point of it is farther from the middle of its ends */
	double		y = edge->metres / 2 * 1.001 / JM_METRES_PER_UNIT;
	double		x = y / kx;
	double		mx = ((double) edge->ends[0].x + edge->ends[1].x) / 2;
	double		my = ((double) edge->ends[0].y + edge->ends[1].y) / 2;

	return mx - x >= box->xmin && mx + x <= box->xmax && my - y >= box->ymin && my + y <= box->ymax;
}

/*
 * Box of all that is reached within the limit; short and straight edges that
 * are wholly reached may stick out by half of long_metres.  False when damaged.
 */
static bool
reached_box(JmGrid *g, uint32_t limit, JmBox *box)
{
	double		kx;
	uint32_t	i;

	box->xmin = box->ymin = INT32_MAX;
	box->xmax = box->ymax = INT32_MIN;
	if (!widen_by_edge(g, g->search->origin.edge, limit, box))
		return false;
	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if (g->search->cells[u].cost <= limit)
			widen(box, jm_node_point(g->net, u));
	}
	/* where a metre is most degrees; a pole makes no difference */
	kx = fmax(fmin(cos(box->ymin * JM_UNIT_RADIANS), cos(box->ymax * JM_UNIT_RADIANS)), 1e-6);
	for (i = 0; i < g->longer_count; i++)
	{
		if ((i & 0xfff) == 0)
			g->env->poll(g->env);
		if (!(g->longer[i].straight && limit == g->limit) &&
			!surely_inside(&g->longer[i], box, kx) &&
			!widen_by_edge(g, g->longer[i].edge, limit, box))
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

/*
 * Which road is to count where the grid was wrong, after these errors (1: as much
 * as may be).  Where nearly all is reached, little road inside is much of what
 * is not: then the slowest, and from then on.  With several limits the nearest is
 * tried first, for a place that holds too much for one of them holds roads of
 * others, which would be missed.
 */
static void
choose_ties(JmGrid *g, double missed, double excess)
{
	const JmTie nearest = {1e-4f, true};
	const JmTie slowest = {0.25f, false};
	const JmTie fastest = {0.25f, true};
	const JmTie widest = {1, true};
	JmTie	   *too_much = &g->ties[WRONG_EXCESS];
	JmTie	   *both = &g->ties[WRONG_MISSED | WRONG_EXCESS];
	bool		again = g->report->rounds > 1;

	if (g->limit_count > 1)
	{
		*both = excess > (again ? 1 : 2) ? nearest : fastest;
		*too_much = again && excess > 1 ? slowest : *both;
	}
	else
	{
		if (excess > 3 || (again && !too_much->fastest))
			*too_much = slowest;
		else
			*too_much = excess > 2 ? nearest : fastest;
		*both = *too_much;
	}
	g->ties[WRONG_MISSED] = missed > excess ? widest : fastest;
	if (missed > excess && excess <= 1)
		*both = widest;
}

/* Does the work of jm_area; what it allocates in the grid is the caller's. */
static bool
draw_area(JmGrid *g, const JmAreaOptions *options, JmBytes *wkb)
{
	JmAreaReport *report = g->report;
	JmBox		box;
	JmBox		smallest;
	double		width;
	double		height;
	double		cell;
	double		finest;
	double		full;
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
	if (g->limit_count > 1 && !reached_box(g, g->limits[0], &smallest))
		return false;

	/* fine enough for the smallest limit, but not too fine for the largest */
	box_metres(&smallest, &width, &height);
	/* where many roads are drawn, points are cheap beside them */
	cell = sqrt(fmax(width * height, 1) / fmax(options->base_cells, g->node_count * 0.4));
	cell = fmax(cell, fmax(fmax(width, height) / 2000, options->fill_metres / FILL_CELLS));
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
	jm_grid_check(g);
	for (;;)
	{
		double		missed = report->missed / options->max_missed;
		double		excess = report->excess / options->max_excess;

		if (missed <= 1 && excess <= 1)
			break;

		/*
		 * of the first grid blocks near roads take memory, of others those
		 * near outlines, which are as many again where the cells are half
		 */
		full = (double) g->active / options->max_cells;
		finest = fmax(finest, report->cell * (report->rounds == 1 ? sqrt(full) : full));
		if (report->cell < 2 * finest)
			break;
		/* how wrong it is, and where, is to be seen on all roads */
		if (g->fine)
		{
			/*
			 * errors shrink about as the cells do; once slow roads count,
			 * faster
			 */
			times = report->rounds > 1 && excess > missed ? 2 :
				(int) fmin(fmin(ceil(fmax(missed, excess) / 0.8), MAX_TIMES),
						   floor(report->cell / finest));
			if (times < 2)
				times = 2;

			/*
			 * where reached road is missed beside other road, that can give
			 * way
			 */
			if (report->rounds == 1 && missed > 1 && excess < 0.7)
				times = 1;
			choose_ties(g, missed, excess);
			if (!jm_grid_refine(g, times, options))
				return false;
		}
		jm_grid_sample_all(g);
		if (g->damaged)
			return false;
		jm_grid_check(g);
	}
	for (k = 0; k < g->limit_count; k++)
		jm_grid_outline(g, g->limits[k], &wkb[k]);
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
	int			k;

	memset(&grid, 0, sizeof(grid));
	memset(report, 0, sizeof(*report));
	g->search = search;
	g->net = search->net;
	g->env = env;
	g->report = report;
	g->limits = limits;
	g->limit_count = limit_count;
	g->limit = limits[limit_count - 1];
	g->levels = env->alloc(env, limit_count * sizeof(float));
	for (k = 0; k < limit_count; k++)
	{
		g->levels[k] = (float) limits[k];
		if (g->levels[k] > (double) limits[k])
			g->levels[k] = nextafterf(g->levels[k], 0);
	}
	good = draw_area(g, options, wkb);
	jm_grid_free(g);
	return good;
}
