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
 * Roads are drawn into the grid piece by piece, but those hardly longer than a
 * cell by their ends alone; and unreached roads only where they can matter,
 * near reached ones.  Afterwards points along a sample of the roads are looked
 * up in the area; when too much road lies on the wrong side, the grid is made
 * finer.
 */
#include "geo/area.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The nearest point of the network to a grid point; places are grid units. */
typedef struct Near
{
	float		x;
	float		y;
	float		square;			/* of the distance */
	float		time;			/* milliseconds, INFINITY: unreached */
} Near;

/* Travel time along an edge of a given search. */
typedef struct Profile
{
	double		start;			/* at the first end */
	double		end;			/* at the second end */
	double		forward;		/* whole edge, away from the first end */
	double		backward;		/* whole edge, away from the second end */
	double		origin;			/* fraction of the origin, or negative */
} Profile;

typedef struct Grid
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
	Near	   *near;
	unsigned char *state;		/* of each block: BLOCK_... */
	uint32_t   *ring;			/* for the step from point i to i + 1: the
								 * ring that crosses it, counted on */
	uint32_t	rings;
	uint32_t	limit;			/* the highest */
	uint32_t   *nodes;			/* those with a cost, ascending */
	uint32_t	node_count;
	double		long_metres;	/* shorter edges are known by their ends */
	uint32_t   *longer;			/* reached edges that are longer */
	uint32_t	longer_count;
	uint32_t	longer_room;
	size_t		active;			/* points of active blocks */
	uint32_t   *marks;			/* for blocks of the grid: how many are near
								 * reached roads up to here (in both
								 * directions; a summed-area table) */
	int			bx;				/* blocks, one more than needed */
	int			by;
	uint32_t	stride;			/* every how manieth box of edges to visit */
	JmAreaReport *report;
	bool		damaged;
} Grid;

#define BLOCK_IDLE 0			/* nothing is near: not even initialised */
#define BLOCK_RIM 1				/* beside an active block */
#define BLOCK_ACTIVE 2			/* the area may extend into it */

#define LONG_METRES 100.0		/* at least; see long_metres */
#define BLOCK 8					/* grid points in a row of a block */
#define SAMPLE 5000				/* edges to check an area on */
#define EDGE_SAMPLE 400			/* points of one edge */
#define MAX_POINTS 16000000		/* of a grid, most of them idle */

static double
edge_time(const Profile *p, double s)
{
	double		t = p->start + s * p->forward;
	double		back = p->end + (1 - s) * p->backward;

	if (s <= 0)
		t = p->start;
	if (s >= 1)
		back = p->end;
	if (back < t)
		t = back;
	if (p->origin >= 0)
	{
		double		direct = s >= p->origin ? (s - p->origin) * p->forward :
		(p->origin - s) * p->backward;

		if (direct < t)
			t = direct;
	}
	return t;
}

static double
or_infinite(uint32_t cost)
{
	return cost == JM_NOWAY ? INFINITY : cost;
}

/* Times along an edge, and its shape in g->shape; false when damaged. */
static bool
read_edge(Grid *g, uint32_t edge, Profile *p)
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
offer(Grid *g, int px, int py, float x, float y, float time)
{
	uint32_t	at = (uint32_t) py * g->nx + px;
	Near	   *n = &g->near[at];
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
draw_point(Grid *g, double x, double y, double time)
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
draw_edge(Grid *g, uint32_t edge)
{
	Profile		p;
	double		total;
	double		step = g->report->cell / 2;
	double		next = 0;		/* where the next point is due, metres */
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	uint32_t	i;

	if (!read_edge(g, edge, &p))
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
					   edge_time(&p, next / total));
		}
	}
	draw_point(g, (g->shape.points[g->shape.count - 1].x - g->x0) * kx,
			   (g->shape.points[g->shape.count - 1].y - g->y0) * ky, edge_time(&p, 1));
}

/*
 * Draws an edge unless its ends, drawn already, stand for it: one hardly longer
 * than a cell that has both of them seen.  (Where one alone is seen the edge may
 * be closed at that end, and run beside roads that are reached.)
 */
static void
draw_if_needed(Grid *g, uint32_t edge)
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
draw_nodes(Grid *g)
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
mark(Grid *g, double x, double y)
{
	if (x >= 0 && y >= 0 && x < g->nx && y < g->ny)
		g->marks[(size_t) ((int) y / BLOCK + 1) * g->bx + (int) x / BLOCK + 1] = 1;
}

/*
 * Marks the blocks that hold reached road, and turns the marks into sums.  An
 * edge shorter than a block ends in it or in the next.
 */
static void
mark_reached(Grid *g)
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
unmarked_reach(const Grid *g)
{
	return fmax(BLOCK / 2, g->long_metres / 2 / g->report->cell);
}

/* Whether a block within a distance of blocks from this one is marked. */
static bool
marked_near(const Grid *g, int x, int y, int distance)
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
activate(Grid *g)
{
	static const Near nothing = {0, 0, FLT_MAX, INFINITY};
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
matters(const Grid *g, const JmBox *box)
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

/*
 * Calls visit for the edges of every box of the tree (or of one box in
 * g->stride) that comes near reached roads.
 */
static void
each_edge(Grid *g, int level, uint32_t at, void (*visit) (Grid *g, uint32_t edge))
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
			each_edge(g, level - 1, i, visit);
		else
		{
			g->report->roads++;
			visit(g, i);
		}
	}
}

static inline void
take_from(Near *n, const Near *from, int x, int y, float fill)
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
spread_row(Grid *g, int y, int up)
{
	Near	   *row = g->near + (size_t) y * g->nx;
	const Near *other = row + (ptrdiff_t) up * g->nx;
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
spread(Grid *g)
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
 * Where the outline crosses the step from a grid point inside to one outside,
 * as a share of the step.
 */
static inline double
crossing(double inside, double outside, double limit)
{
	double		t;

	if (!(outside < INFINITY))
		return 0.5;
	t = (limit - inside) / (outside - inside);
	/* never quite at a grid point: outlines would touch there */
	return t < 0.02 ? 0.02 : t > 0.98 ? 0.98 : t;
}

static void
put(JmBytes *b, const void *data, size_t size, JmEnv *env)
{
	if (b->size + size > b->room)
	{
		size_t		room = b->room ? b->room : 4096;

		while (room < b->size + size)
			room *= 2;
		b->data = b->data ? env->resize(env, b->data, room) : env->alloc(env, room);
		b->room = room;
	}
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static void
put_u32(JmBytes *b, uint32_t value, JmEnv *env)
{
	put(b, &value, sizeof(value), env);
}

/* A traced outline: its points in the common buffer, and whose hole it is. */
typedef struct Ring
{
	size_t		begin;			/* bytes */
	size_t		end;
	uint32_t	shell;			/* number of its shell; its own when it is one */
	uint32_t	next;			/* next ring of the same shell, or 0 */
	uint32_t	last;			/* of a shell: its last ring so far */
} Ring;

/*
 * Follows the outline that passes between the grid points a (inside) and b
 * (outside), with the inside on the left, and marks its steps with number.
 */
static void
trace(Grid *g, double limit, size_t a, size_t b, uint32_t number, JmBytes *points)
{
	const size_t nx = (size_t) g->nx;
	size_t		first_a = a;
	size_t		first_b = b;
	double		first[2] = {0, 0};
	uint32_t	steps = 0;

	do
	{
		int			ax = (int) (a % nx);
		int			ay = (int) (a / nx);
		int			bx = (int) (b % nx);
		int			by = (int) (b / nx);
		double		t = crossing(g->near[a].time, g->near[b].time, limit);
		double		place[2];
		size_t		third;
		int			dx = bx - ax;
		int			dy = by - ay;

		place[0] = (g->x0 + (ax + t * dx) * g->dx) / 1e7;
		place[1] = (g->y0 + (ay + t * dy) * g->dy) / 1e7;
		put(points, place, sizeof(place), g->env);
		if (steps++ == 0)
			memcpy(first, place, sizeof(first));
		else if ((steps & 4095) == 0)
			g->env->poll(g->env);
		if (dy == 0)
			g->ring[dx > 0 ? a : b] = number;

		/*
		 * The third corner of the triangle that has the step from a to b in
		 * its counterclockwise order.  Each square is cut from its lower left
		 * to its upper right corner.
		 */
		if (dx == 1 && dy == 0)
			third = a + nx + 1;
		else if (dx == 0 && dy == 1)
			third = a - 1;
		else if (dx == -1 && dy == -1)
			third = a - nx;
		else if (dx == 1 && dy == 1)
			third = a + nx;
		else if (dx == -1 && dy == 0)
			third = a - nx - 1;
		else
			third = a + 1;
		if (g->near[third].time <= limit)
			a = third;
		else
			b = third;
	} while (a != first_a || b != first_b);
	put(points, first, sizeof(first), g->env);
}

/* Appends the area of one limit as a MultiPolygon in native-endian WKB. */
static void
outline(Grid *g, double limit, JmBytes *wkb)
{
	JmEnv	   *env = g->env;
	const uint16_t probe = 1;
	unsigned char order = *(const unsigned char *) &probe;
	JmBytes		points = {0};
	Ring	   *rings = NULL;
	uint32_t	count = 0;		/* ring numbers run from base + 1 */
	uint32_t	room = 0;
	uint32_t	base = g->rings;
	uint32_t	shells = 0;
	uint32_t	i;
	int			x;
	int			y;

	for (y = 1; y < g->ny - 1; y++)
	{
		const Near *row = g->near + (size_t) y * g->nx;
		const unsigned char *state = g->state + (size_t) (y / BLOCK) * g->bx;
		uint32_t	left = 0;	/* the ring crossed last on this row */

		if ((y & 63) == 0)
			env->poll(env);
		for (x = 0; x < g->nx - 1; x++)
		{
			bool		a;
			bool		b;
			size_t		at = (size_t) y * g->nx + x;
			Ring	   *r;

			if (state[x / BLOCK] == BLOCK_IDLE)
			{
				x = x / BLOCK * BLOCK + BLOCK - 1;
				continue;
			}
			a = row[x].time <= limit;
			/* beside an idle block there is a rim, where all is outside */
			b = state[(x + 1) / BLOCK] != BLOCK_IDLE && row[x + 1].time <= limit;
			if (a == b)
				continue;
			if (g->ring[at] <= base)
			{
				if (count == room)
				{
					room = room ? room * 2 : 64;
					rings = rings ? env->resize(env, rings, room * sizeof(Ring)) :
						env->alloc(env, room * sizeof(Ring));
				}
				r = &rings[count++];
				r->begin = points.size;
				r->next = 0;
				r->last = count;
				if (a)
				{
					/*
					 * Seen first from its inside: a hole, of the same shell
					 * as the outline that let us in on this row.
					 */
					Ring	   *shell;

					r->shell = rings[left - 1].shell;
					shell = &rings[r->shell - 1];
					rings[shell->last - 1].next = count;
					shell->last = count;
				}
				else
				{
					r->shell = count;
					shells++;
				}
				trace(g, limit, a ? at : at + 1, a ? at + 1 : at, base + count, &points);
				rings[count - 1].end = points.size;
			}
			left = g->ring[at] - base;
		}
	}
	g->rings += count;

	put(wkb, &order, 1, env);
	put_u32(wkb, 6, env);		/* MultiPolygon */
	put_u32(wkb, shells, env);
	for (i = 0; i < count; i++)
	{
		uint32_t	k;
		uint32_t	n = 0;

		if (rings[i].shell != i + 1)
			continue;
		for (k = i + 1; k != 0; k = rings[k - 1].next)
			n++;
		put(wkb, &order, 1, env);
		put_u32(wkb, 3, env);	/* Polygon */
		put_u32(wkb, n, env);
		for (k = i + 1; k != 0; k = rings[k - 1].next)
		{
			size_t		size = rings[k - 1].end - rings[k - 1].begin;

			put_u32(wkb, (uint32_t) (size / 16), env);
			put(wkb, points.data + rings[k - 1].begin, size, env);
		}
	}
	if (rings)
		env->release(env, rings);
	if (points.data)
		env->release(env, points.data);
}

/* Whether a place, in grid units, lies in the area that outline() draws. */
static bool
in_area(const Grid *g, double limit, double x, double y)
{
	int			i;
	int			j;
	double		u;
	double		v;
	const Near *n;
	float		time[3];
	double		weight[3];
	bool		in[3];
	int			inside;
	int			k;
	int			odd = 0;
	double		sum = 0;

	if (!(x >= 0 && y >= 0 && x < g->nx - 1 && y < g->ny - 1))
		return false;
	i = (int) x;
	j = (int) y;
	u = x - i;
	v = y - j;
	if (g->state[(size_t) (j / BLOCK) * g->bx + i / BLOCK] != BLOCK_ACTIVE)
		return false;
	n = g->near + (size_t) j * g->nx + i;
	time[0] = n[0].time;
	time[1] = n[g->nx + 1].time;
	if (u >= v)
	{
		time[2] = n[1].time;
		weight[0] = 1 - u;
		weight[1] = v;
		weight[2] = u - v;
	}
	else
	{
		time[2] = n[g->nx].time;
		weight[0] = 1 - v;
		weight[1] = u;
		weight[2] = v - u;
	}
	for (inside = 0, k = 0; k < 3; k++)
	{
		in[k] = time[k] <= limit;
		inside += in[k];
	}
	if (inside == 0 || inside == 3)
		return inside == 3;
	/* one corner differs from the other two */
	for (k = 0; k < 3; k++)
		if (in[k] == (inside == 1))
			odd = k;
	for (k = 0; k < 3; k++)
	{
		double		t;

		if (k == odd)
			continue;
		t = inside == 1 ? crossing(time[odd], time[k], limit) :
			1 - crossing(time[k], time[odd], limit);
		sum += weight[k] / t;
	}
	return (sum < 1) == (inside == 1);
}

typedef struct Check
{
	Grid		grid;			/* first: each_edge hands it on */
	const uint32_t *limits;
	int			limit_count;
	double		reached[8];
	double		missed[8];
	double		excess[8];
} Check;

/* Adds up the road length on each side of each limit, by points along it. */
static void
check_edge(Grid *g, uint32_t edge)
{
	Check	   *c = (Check *) g;
	Profile		p;
	double		total;
	double		step;
	double		at;
	uint32_t	i = 1;

	if (!read_edge(g, edge, &p))
	{
		g->damaged = true;
		return;
	}
	total = g->shape.along[g->shape.count - 1];
	step = g->report->cell / 2;
	if (!(total > 0))
		return;
	if (total / step > EDGE_SAMPLE)
		step = total / EDGE_SAMPLE;
	if (total < step)
		step = total;
	for (at = step / 2; at < total; at += step)
	{
		double		t;
		double		f;
		double		x;
		double		y;
		int			k;

		while (i + 1 < g->shape.count && g->shape.along[i] < at)
			i++;
		f = g->shape.along[i] > g->shape.along[i - 1] ?
			(at - g->shape.along[i - 1]) / (g->shape.along[i] - g->shape.along[i - 1]) : 0;
		x = g->shape.points[i - 1].x + f * ((double) g->shape.points[i].x - g->shape.points[i - 1].x);
		y = g->shape.points[i - 1].y + f * ((double) g->shape.points[i].y - g->shape.points[i - 1].y);
		x = (x - g->x0) / g->dx;
		y = (y - g->y0) / g->dy;
		t = edge_time(&p, at / total);
		for (k = 0; k < c->limit_count && k < 8; k++)
		{
			bool		reached = t <= c->limits[k];
			bool		inside = in_area(g, c->limits[k], x, y);

			if (reached)
				c->reached[k] += step;
			if (reached && !inside)
				c->missed[k] += step;
			if (!reached && inside)
				c->excess[k] += step;
		}
	}
}

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
widen_by_edge(Grid *g, uint32_t edge, double limit, JmBox *box)
{
	Profile		p;
	double		total;
	uint32_t	i;

	if (!read_edge(g, edge, &p))
		return false;
	total = g->shape.along[g->shape.count - 1];
	for (i = 0; i < g->shape.count; i++)
	{
		double		s = total > 0 ? g->shape.along[i] / total : 0;

		if (edge_time(&p, s) <= limit)
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
sort_nodes(Grid *g)
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
list_long_edges(Grid *g)
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
reached_box(Grid *g, uint32_t limit, JmBox *box)
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

/* Length of a degree of longitude in degrees of latitude, mid-box. */
static double
box_scale(const JmBox *box)
{
	double		kx = cos(((double) box->ymin + box->ymax) / 2 * JM_UNIT_RADIANS);

	return kx < 0.01 ? 0.01 : kx;
}

static void
box_metres(const JmBox *box, double *width, double *height)
{
	*width = ((double) box->xmax - box->xmin) * JM_METRES_PER_UNIT * box_scale(box);
	*height = ((double) box->ymax - box->ymin) * JM_METRES_PER_UNIT;
}

/* Lays a grid of about this cell size (metres) over the box; fills it. */
static bool
fill_grid(Grid *g, const JmBox *box, double cell, const JmAreaOptions *options)
{
	double		fill = options->fill_metres / cell;
	double		margin;
	size_t		points;

	/* a road must reach the grid points around it, however coarse the grid */
	if (fill < 1.5)
		fill = 1.5;
	margin = ceil(fill + g->long_metres / 2 / cell) + 2;
	g->dy = cell / JM_METRES_PER_UNIT;
	g->dx = g->dy / box_scale(box);
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
	g->near = g->env->alloc(g->env, points * sizeof(Near));
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
	each_edge(g, g->net->tree_levels - 1, 0, draw_if_needed);
	if (g->damaged)
		return false;
	spread(g);
	return true;
}

static void
free_block(JmEnv *env, void *block)
{
	if (block)
		env->release(env, block);
}

/* Does the work of jm_area; what it allocates in the grid is the caller's. */
static bool
draw_area(Check *check, const JmAreaOptions *options, JmBytes *wkb)
{
	Grid	   *g = &check->grid;
	const uint32_t *limits = check->limits;
	int			limit_count = check->limit_count;
	JmAreaReport *report = g->report;
	JmBox		box;
	JmBox		smallest;
	double		width;
	double		height;
	double		cell;
	double		finest;
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
	cell = sqrt(fmax(width * height, 1) / options->base_cells);
	cell = fmax(cell, fmax(width, height) / 2000);
	box_metres(&box, &width, &height);
	finest = fmax(options->min_cell,
				  sqrt((width + 2 * options->fill_metres) *
					   (height + 2 * options->fill_metres) / MAX_POINTS));
	finest = fmax(finest, fmax(width, height) / 20000);
	cell = fmax(cell, finest);
	/* whether the first grid lies in memory is not known before it is laid */
	cell = fmax(cell, sqrt(width * height / options->max_cells));

	for (;;)
	{
		double		error;

		if (!fill_grid(g, &box, cell, options))
			return false;
		memset(check->reached, 0, sizeof(check->reached));
		memset(check->missed, 0, sizeof(check->missed));
		memset(check->excess, 0, sizeof(check->excess));
		g->stride = 1 + report->roads / SAMPLE;
		each_edge(g, g->net->tree_levels - 1, 0, check_edge);
		if (g->damaged)
			return false;
		report->missed = 0;
		report->excess = 0;
		for (k = 0; k < limit_count && k < 8; k++)
		{
			double		reached = check->reached[k];
			double		unreached = g->net->head.metres - reached * g->stride;

			if (reached > 0)
				report->missed = fmax(report->missed, check->missed[k] / reached);
			if (unreached > 0)
				report->excess = fmax(report->excess,
									  check->excess[k] * g->stride / unreached);
		}
		error = fmax(report->missed, report->excess) / options->max_error;
		if (error <= 1 || cell <= finest)
			break;
		/* only blocks near roads take memory */
		finest = fmax(finest, cell * sqrt((double) g->active / options->max_cells));
		if (cell <= finest)
			break;
		/* errors shrink about as the cells do */
		cell = fmax(cell * fmax(fmin(0.8 / error, 0.7), 0.2), finest);
	}
	for (k = 0; k < limit_count; k++)
		outline(g, limits[k], &wkb[k]);
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
	Check		check;
	Grid	   *g = &check.grid;
	bool		good;

	memset(&check, 0, sizeof(check));
	memset(report, 0, sizeof(*report));
	g->search = search;
	g->net = search->net;
	g->env = env;
	g->report = report;
	check.limits = limits;
	check.limit_count = limit_count;
	g->limit = limits[limit_count - 1];
	good = draw_area(&check, options, wkb);
	jm_shape_free(&g->shape, env);
	free_block(env, g->near);
	free_block(env, g->ring);
	free_block(env, g->state);
	free_block(env, g->marks);
	free_block(env, g->nodes);
	free_block(env, g->longer);
	return good;
}
