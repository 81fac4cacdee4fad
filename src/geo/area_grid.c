/*
 * area_grid.c
 *		The grid of an area: laying it, drawing roads into it, and spreading their
 *		times (pure C).
 *
 * Roads are drawn piece by piece, but those hardly longer than a cell by their
 * ends alone; and unreached roads only where they can matter, near reached ones.
 */
#include "geo/area_grid.h"

#include <float.h>
#include <string.h>

static double
or_infinite(uint32_t cost)
{
	return cost == JM_NOWAY ? INFINITY : cost;
}

/* Times along an edge, and its shape in g->shape; false when damaged. */
bool
jm_grid_edge(JmGrid *g, uint32_t edge, JmProfile *p)
{
	uint32_t	from;
	uint32_t	to;
	uint32_t	out;
	uint32_t	in;
	bool		snappable;

	if (!jm_edge_ends(g->net, edge, &from, &to, &out, &in, &snappable) ||
		!jm_edge_shape(g->net, edge, &g->shape, g->env))
		return false;
	p->start = or_infinite(jm_node_cost(g->search, from));
	p->end = or_infinite(jm_node_cost(g->search, to));
	p->forward = or_infinite(g->search->backward ? in : out);
	p->backward = or_infinite(g->search->backward ? out : in);
	p->origin = edge == g->search->origin.edge ? g->search->origin.fraction : -1;
	return true;
}

/* Offers a point of the network, and its time, to a grid point. */
static inline void
offer(JmGrid *g, int px, int py, float x, float y, float time)
{
	uint32_t	at = (uint32_t) py * g->nx + px;
	JmNear	   *n = &g->near[at];
	float		dx = x - px;
	float		dy = y - py;
	float		square = dx * dx + dy * dy;

	/* where roads meet they are equally near: the fastest counts */
	if (square < n->square - 1e-4f ||
		(square < n->square + 1e-4f && time < n->time))
	{
		n->x = x;
		n->y = y;
		n->square = square;
		n->time = time;
	}
}

/* Gives a point of the network (grid units) to the four grid points around it. */
static inline void
draw_point(JmGrid *g, double x, double y, double time)
{
	int			px;
	int			py;

	/* the outermost grid points stay outside: they close every outline */
	if (!(x >= 1 && y >= 1 && x < g->nx - 2 && y < g->ny - 2))
		return;
	px = (int) x;
	py = (int) y;
	if (g->state[(size_t) (py / BLOCK) * g->bx + px / BLOCK] != BLOCK_ACTIVE)
		return;
	offer(g, px, py, (float) x, (float) y, (float) time);
	offer(g, px + 1, py, (float) x, (float) y, (float) time);
	offer(g, px, py + 1, (float) x, (float) y, (float) time);
	offer(g, px + 1, py + 1, (float) x, (float) y, (float) time);
}

/* Draws an edge by points half a cell apart. */
static void
draw_edge(JmGrid *g, uint32_t edge)
{
	JmProfile	p;
	double		total;
	double		step = g->report->cell / 2;
	double		next = 0;		/* where the next point is due, metres */
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	uint32_t	i;

	if (!jm_grid_edge(g, edge, &p))
	{
		g->damaged = true;
		return;
	}
	total = g->shape.along[g->shape.count - 1];
	for (i = 1; i < g->shape.count; i++)
	{
		double		ax = (g->shape.points[i - 1].x - g->x0) * kx;
		double		ay = (g->shape.points[i - 1].y - g->y0) * ky;
		double		bx = (g->shape.points[i].x - g->x0) * kx;
		double		by = (g->shape.points[i].y - g->y0) * ky;
		double		before = g->shape.along[i - 1];
		double		length = g->shape.along[i] - before;

		/* wholly outside */
		if ((ax < 0 && bx < 0) || (ay < 0 && by < 0) ||
			(ax > g->nx && bx > g->nx) || (ay > g->ny && by > g->ny))
		{
			next = fmax(next, g->shape.along[i]);
			continue;
		}
		for (; next < g->shape.along[i]; next += step)
		{
			double		t = (next - before) / length;

			draw_point(g, ax + t * (bx - ax), ay + t * (by - ay),
					   jm_edge_time(&p, next / total));
		}
	}
	draw_point(g, (g->shape.points[g->shape.count - 1].x - g->x0) * kx,
			   (g->shape.points[g->shape.count - 1].y - g->y0) * ky, jm_edge_time(&p, 1));
}

/*
 * Draws an edge unless its ends, drawn already, stand for it: one hardly longer
 * than a cell that has both of them seen.  (Where one alone is seen the edge may
 * be closed at that end, and run beside roads that are reached.)
 */
static void
draw_if_needed(JmGrid *g, uint32_t edge, void *argument)
{
	uint32_t	from = JM_READ(g->net->edges[edge].from) & ~JM_HIGH_BIT;
	uint32_t	link;
	uint32_t	to;

	if (from >= g->net->head.nodes)
	{
		g->damaged = true;
		return;
	}
	if (g->net->edges[edge].metres < g->report->cell * 1.3)
	{
		link = JM_READ(g->net->edges[edge].link);
		if (link >= g->net->head.links)
		{
			g->damaged = true;
			return;
		}
		to = JM_READ(g->net->links[link].target);
		if (to < g->net->head.nodes && jm_node_cost(g->search, from) != JM_NOWAY &&
			jm_node_cost(g->search, to) != JM_NOWAY)
			return;
	}
	draw_edge(g, edge);
}

/* Gives every node with a cost to the grid points around it. */
static void
draw_nodes(JmGrid *g)
{
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	uint32_t	i;

	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if ((i & 0xffff) == 0)
			g->env->poll(g->env);
		draw_point(g, (JM_READ(g->net->points[u].x) - g->x0) * kx,
				   (JM_READ(g->net->points[u].y) - g->y0) * ky, g->search->cells[u].cost);
	}
}

/* Marks the block of a place (grid units). */
static void
mark(JmGrid *g, double x, double y)
{
	if (x >= 0 && y >= 0 && x < g->nx && y < g->ny)
		g->marks[(size_t) ((int) y / BLOCK + 1) * g->bx + (int) x / BLOCK + 1] = 1;
}

/*
 * Marks the blocks that hold reached road, and turns the marks into sums.  An
 * edge shorter than a block ends in it or in the next.
 */
static void
mark_reached(JmGrid *g)
{
	uint32_t	i;
	int			x;
	int			y;

	g->bx = (g->nx + BLOCK - 1) / BLOCK + 1;
	g->by = (g->ny + BLOCK - 1) / BLOCK + 1;
	if (g->marks)
		g->env->release(g->env, g->marks);
	g->marks = g->env->alloc(g->env, (size_t) g->bx * g->by * sizeof(uint32_t));
	memset(g->marks, 0, (size_t) g->bx * g->by * sizeof(uint32_t));
	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if (g->search->cells[u].cost <= g->limit)
			mark(g, (JM_READ(g->net->points[u].x) - g->x0) / g->dx,
				 (JM_READ(g->net->points[u].y) - g->y0) / g->dy);
	}
	for (i = 0; i < g->longer_count; i++)
	{
		uint32_t	j;

		/* the blocks of its ends, and those around them, hold it */
		if (g->net->edges[g->longer[i]].metres < g->report->cell * BLOCK)
			continue;
		if (!jm_edge_shape(g->net, g->longer[i], &g->shape, g->env))
		{
			g->damaged = true;
			return;
		}
		for (j = 1; j < g->shape.count; j++)
		{
			double		ax = (g->shape.points[j - 1].x - g->x0) / g->dx;
			double		ay = (g->shape.points[j - 1].y - g->y0) / g->dy;
			double		vx = (g->shape.points[j].x - g->x0) / g->dx - ax;
			double		vy = (g->shape.points[j].y - g->y0) / g->dy - ay;
			double		steps = ceil((fabs(vx) + fabs(vy)) / BLOCK) + 1;
			double		k;

			/* a damaged shape may be long, a true one has few steps */
			if (steps > 1e6)
				steps = 1e6;
			for (k = 0; k <= steps; k++)
				mark(g, ax + vx * k / steps, ay + vy * k / steps);
		}
	}
	for (y = 1; y < g->by; y++)
		for (x = 1; x < g->bx; x++)
		{
			uint32_t   *m = &g->marks[(size_t) y * g->bx + x];

			*m += m[-1] + m[-g->bx] - m[-g->bx - 1];
		}
}

/* How far, in cells, an edge known by its ends alone may stray from them. */
static double
unmarked_reach(const JmGrid *g)
{
	return fmax(BLOCK / 2, g->long_metres / 2 / g->report->cell);
}

/* Whether a block within a distance of blocks from this one is marked. */
static bool
marked_near(const JmGrid *g, int x, int y, int distance)
{
	int			x1 = x - distance > 0 ? x - distance : 0;
	int			y1 = y - distance > 0 ? y - distance : 0;
	int			x2 = x + distance + 1 < g->bx - 1 ? x + distance + 1 : g->bx - 1;
	int			y2 = y + distance + 1 < g->by - 1 ? y + distance + 1 : g->by - 1;
	const uint32_t *m = g->marks;

	return m[(size_t) y2 * g->bx + x2] + m[(size_t) y1 * g->bx + x1] !=
		m[(size_t) y1 * g->bx + x2] + m[(size_t) y2 * g->bx + x1];
}

/*
 * Finds the blocks that the area may extend into, and initialises them and
 * those around them.
 */
static void
activate(JmGrid *g)
{
	static const JmNear nothing = {0, 0, FLT_MAX, INFINITY};
	int			reach = (int) ceil((sqrt(g->fill) + unmarked_reach(g) + 1.5) / BLOCK);
	int			x;
	int			y;

	if (g->state)
		g->env->release(g->env, g->state);
	g->state = g->env->alloc(g->env, (size_t) g->bx * g->by);
	memset(g->state, BLOCK_IDLE, (size_t) g->bx * g->by);
	g->active = 0;
	for (y = 0; y < g->by - 1; y++)
	{
		g->env->poll(g->env);
		for (x = 0; x < g->bx - 1; x++)
		{
			int			px;
			int			py;

			if (!marked_near(g, x, y, reach + 1))
				continue;
			g->state[(size_t) y * g->bx + x] = marked_near(g, x, y, reach) ? BLOCK_ACTIVE : BLOCK_RIM;
			g->active += BLOCK * BLOCK;
			for (py = y * BLOCK; py < (y + 1) * BLOCK && py < g->ny; py++)
				for (px = x * BLOCK; px < (x + 1) * BLOCK && px < g->nx; px++)
				{
					g->near[(size_t) py * g->nx + px] = nothing;
					g->ring[(size_t) py * g->nx + px] = 0;
				}
		}
	}
}

static int
to_block(double place, double origin, double cell, double margin, int blocks)
{
	double		at = ((place - origin) / cell + margin) / BLOCK;

	return at < 0 ? 0 : at > blocks - 2 ? blocks - 2 : (int) at;
}

/* Whether a box of edges comes near any reached road. */
static bool
matters(const JmGrid *g, const JmBox *box)
{
	/* as far as a road is drawn or spread, and what is not marked */
	double		margin = sqrt(g->fill) + 2 + unmarked_reach(g) + BLOCK / 2;
	double		xmin = JM_READ(box->xmin);
	double		xmax = JM_READ(box->xmax);
	double		ymin = JM_READ(box->ymin);
	double		ymax = JM_READ(box->ymax);
	int			x1;
	int			x2;
	int			y1;
	int			y2;
	const uint32_t *m = g->marks;

	if (xmin > g->x0 + g->nx * g->dx || xmax < g->x0 ||
		ymin > g->y0 + g->ny * g->dy || ymax < g->y0)
		return false;
	x1 = to_block(xmin, g->x0, g->dx, -margin, g->bx);
	x2 = to_block(xmax, g->x0, g->dx, margin, g->bx) + 1;
	y1 = to_block(ymin, g->y0, g->dy, -margin, g->by);
	y2 = to_block(ymax, g->y0, g->dy, margin, g->by) + 1;
	return m[(size_t) y2 * g->bx + x2] + m[(size_t) y1 * g->bx + x1] !=
		m[(size_t) y1 * g->bx + x2] + m[(size_t) y2 * g->bx + x1];
}

static void
each_edge(JmGrid *g, int level, uint32_t at,
		  void (*visit) (JmGrid *g, uint32_t edge, void *argument), void *argument)
{
	uint32_t	end = level == 0 ? g->net->head.edges : g->net->tree_count[level - 1];
	uint32_t	i;

	if (g->damaged || (level == 0 && at % g->stride != 0) ||
		!matters(g, &g->net->tree[level][at]))
		return;
	if (level == 1)
		g->env->poll(g->env);
	for (i = at * JM_TREE_FANOUT; i < end && i - at * JM_TREE_FANOUT < JM_TREE_FANOUT; i++)
	{
		if (level > 0)
			each_edge(g, level - 1, i, visit, argument);
		else
		{
			g->report->roads++;
			visit(g, i, argument);
		}
	}
}

/*
 * Calls visit for the edges of every box of the tree (or of one box in
 * g->stride) that comes near reached roads.
 */
void
jm_grid_each_edge(JmGrid *g, void (*visit) (JmGrid *g, uint32_t edge, void *argument), void *argument)
{
	each_edge(g, g->net->tree_levels - 1, 0, visit, argument);
}

static inline void
take_from(JmNear *n, const JmNear *from, int x, int y, float fill)
{
	float		dx = from->x - x;
	float		dy = from->y - y;
	float		square = dx * dx + dy * dy;

	if (square < n->square && square <= fill)
	{
		n->x = from->x;
		n->y = from->y;
		n->square = square;
		n->time = from->time;
	}
}

/*
 * One row of the distance transform: from the row before (above or below, by
 * up) and from the neighbours on the row, in active blocks.  The rim of the
 * grid is never active (fill_grid).
 */
static void
spread_row(JmGrid *g, int y, int up)
{
	JmNear	   *row = g->near + (size_t) y * g->nx;
	const JmNear *other = row + (ptrdiff_t) up * g->nx;
	const unsigned char *state = g->state + (size_t) (y / BLOCK) * g->bx;
	int			block;
	int			x;

	for (block = 0; block * BLOCK < g->nx; block++)
	{
		int			end = (block + 1) * BLOCK < g->nx - 1 ? (block + 1) * BLOCK : g->nx - 1;

		if (state[block] != BLOCK_ACTIVE)
			continue;
		for (x = block > 0 ? block * BLOCK : 1; x < end; x++)
		{
			/* within a cell of a road the nearest point is known already */
			if (row[x].square <= 1)
				continue;
			take_from(&row[x], &other[x], x, y, g->fill);
			take_from(&row[x], &other[x - 1], x, y, g->fill);
			take_from(&row[x], &other[x + 1], x, y, g->fill);
			take_from(&row[x], &row[x - 1], x, y, g->fill);
		}
	}
	for (block = (g->nx - 1) / BLOCK; block >= 0; block--)
	{
		int			end = block > 0 ? block * BLOCK : 1;

		if (state[block] != BLOCK_ACTIVE)
			continue;
		x = (block + 1) * BLOCK < g->nx - 1 ? (block + 1) * BLOCK : g->nx - 1;
		for (x--; x >= end; x--)
			if (row[x].square > 1)
				take_from(&row[x], &row[x + 1], x, y, g->fill);
	}
}

/*
 * Hands the nearest points on to the neighbours, once up and once down the
 * grid: the eight-point sequential distance transform (Danielsson 1980).
 */
static void
spread(JmGrid *g)
{
	int			y;

	for (y = 1; y < g->ny - 1; y++)
	{
		if ((y & 63) == 0)
			g->env->poll(g->env);
		spread_row(g, y, -1);
	}
	for (y = g->ny - 2; y > 0; y--)
	{
		if ((y & 63) == 0)
			g->env->poll(g->env);
		spread_row(g, y, 1);
	}
}

/*
 * Lays a grid of about this cell size (metres) over the box, and gives every point
 * that matters its time.  False when the network is damaged.
 */
bool
jm_grid_fill(JmGrid *g, const JmBox *box, double cell, const JmAreaOptions *options)
{
	double		fill = options->fill_metres / cell;
	double		margin;
	size_t		points;

	/* a road must reach the grid points around it, however coarse the grid */
	if (fill < 1.5)
		fill = 1.5;
	margin = ceil(fill + g->long_metres / 2 / cell) + 2;
	g->dy = cell / JM_METRES_PER_UNIT;
	g->dx = g->dy / jm_box_scale(box);
	g->x0 = box->xmin - margin * g->dx;
	g->y0 = box->ymin - margin * g->dy;
	g->nx = (int) (((double) box->xmax - box->xmin) / g->dx + 2 * margin) + 2;
	g->ny = (int) (((double) box->ymax - box->ymin) / g->dy + 2 * margin) + 2;
	g->fill = (float) (fill * fill);
	points = (size_t) g->nx * g->ny;
	if (g->near)
	{
		g->env->release(g->env, g->near);
		g->env->release(g->env, g->ring);
	}
	g->near = g->env->alloc(g->env, points * sizeof(JmNear));
	g->ring = g->env->alloc(g->env, points * sizeof(uint32_t));
	g->rings = 0;
	g->report->cell = cell;
	g->report->grid_points = (uint32_t) points;
	g->report->rounds++;
	g->report->roads = 0;
	g->stride = 1;
	mark_reached(g);
	activate(g);
	draw_nodes(g);
	jm_grid_each_edge(g, draw_if_needed, NULL);
	if (g->damaged)
		return false;
	spread(g);
	return true;
}
