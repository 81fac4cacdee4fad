/*
 * area_draw.c
 *		Drawing roads into the grid of an area, and sampling them for its check
 *		(pure C).
 *
 * Roads are drawn piece by piece, but those hardly longer than a cell by their
 * ends alone; and unreached roads only where they can matter, near reached ones.
 */
#include "geo/area_grid.h"

#define PIECE 0.7				/* of a road that is drawn, in cells */

/* Not infinite: no share of it must be infinite times zero. */
static double
or_closed(uint32_t cost)
{
	return cost == JM_NOWAY ? JM_CLOSED : cost;
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
	p->start = or_closed(jm_node_cost(g->search, from));
	p->end = or_closed(jm_node_cost(g->search, to));
	p->forward = or_closed(g->search->backward ? in : out);
	p->backward = or_closed(g->search->backward ? out : in);
	p->origin = edge == g->search->origin.edge ? g->search->origin.fraction : -1;
	return true;
}

/* Offers a point of the network, and its time, to a grid point. */
static inline void
offer(const JmTie *tie, JmNear *n, float x, float y, float square, float time)
{
	float		near = square > tie->square ? square : tie->square;
	float		before = n->square > tie->square ? n->square : tie->square;

	if (near < before || (near == before && (time < n->time) == tie->fastest))
	{
		n->x = x;
		n->y = y;
		n->square = square;
		n->time = time;
	}
}

/* Gives a point of the network (grid units) to the four grid points around it. */
static inline void
draw_point(JmGrid *g, float x, float y, float time)
{
	const JmTie *tie;
	JmNear	   *n;
	size_t		block;
	int			px;
	int			py;
	float		left;
	float		right;
	float		below;
	float		above;

	/* the outermost grid points stay outside: they close every outline */
	if (!(x >= 1 && y >= 1 && x < g->nx - 2 && y < g->ny - 2))
		return;
	px = (int) x;
	py = (int) y;
	block = (size_t) (py >> BLOCK_SHIFT) * g->bx + (px >> BLOCK_SHIFT);
	if (g->state[block] != BLOCK_ACTIVE && g->state[block] != BLOCK_HALO)
		return;
	tie = &g->ties[g->wrong_before[block]];
	left = (x - px) * (x - px);
	right = (x - px - 1) * (x - px - 1);
	below = (y - py) * (y - py);
	above = (y - py - 1) * (y - py - 1);
	n = &g->near[(size_t) py * g->nx + px];
	offer(tie, n, x, y, left + below, time);
	offer(tie, n + 1, x, y, right + below, time);
	n += g->nx;
	offer(tie, n, x, y, left + above, time);
	offer(tie, n + 1, x, y, right + above, time);
}

/* Keeps a piece of road for the check, by a point of it (grid units). */
static inline void
keep_sample(JmGrid *g, float x, float y, float time, double metres)
{
	JmSample   *sample;

	/* unreached, and far from all that is reached: on the right side */
	if (time > g->limit &&
		(!(x >= 0 && y >= 0 && x < g->nx && y < g->ny) ||
		 g->state[(size_t) ((int) y >> BLOCK_SHIFT) * g->bx + ((int) x >> BLOCK_SHIFT)] == BLOCK_IDLE))
		return;
	if (g->sample_count == g->sample_room)
	{
		g->sample_room = g->sample_room ? g->sample_room * 2 : 4096;
		g->samples = g->samples ?
			g->env->resize(g->env, g->samples, g->sample_room * sizeof(JmSample)) :
			g->env->alloc(g->env, g->sample_room * sizeof(JmSample));
	}
	sample = &g->samples[g->sample_count++];
	sample->x = x;
	sample->y = y;
	sample->time = time;
	sample->metres = (float) metres;
}

/*
 * Goes along the edge in g->shape by pieces (metres), and draws the point at a
 * share (phase) of each piece, or keeps it for the check.
 */
static inline void
follow_edge(JmGrid *g, const JmProfile *p, double piece, double phase, bool draw)
{
	const JmShape *shape = &g->shape;
	double		total = shape->along[shape->count - 1];
	double		share = 1 / total;
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	double		next;			/* point, metres */
	uint32_t	i;

	/* of what is sampled the lengths must add up to that of the edge */
	if (!draw)
		piece = total / ceil(total / piece);
	else if (total < piece)
		piece = total;
	next = piece * phase;
	for (i = 1; i < shape->count; i++)
	{
		double		before = shape->along[i - 1];
		double		end = shape->along[i];
		double		ax;
		double		ay;
		double		bx;
		double		by;

		if (!(next < end))
			continue;
		ax = (shape->points[i - 1].x - g->x0) * kx;
		ay = (shape->points[i - 1].y - g->y0) * ky;
		bx = (shape->points[i].x - g->x0) * kx;
		by = (shape->points[i].y - g->y0) * ky;
		/* wholly outside */
		if ((ax < 0 && bx < 0) || (ay < 0 && by < 0) ||
			(ax > g->nx && bx > g->nx) || (ay > g->ny && by > g->ny))
		{
			next = end;
			continue;
		}
		bx = (bx - ax) / (end - before);
		by = (by - ay) / (end - before);
		for (; next < end; next += piece)
		{
			float		x = (float) (ax + (next - before) * bx);
			float		y = (float) (ay + (next - before) * by);
			float		time = (float) jm_edge_time(p, next * share);

			if (draw)
				draw_point(g, x, y, time);
			else
				keep_sample(g, x, y, time, piece);
		}
	}
}

/*
 * Whether an edge must be drawn: unless its ends, drawn already, stand for it,
 * when it is hardly longer than a cell and both of them were seen.  (Where one
 * alone is seen the edge may be closed at that end, and run beside roads that
 * are reached.)
 */
static bool
needs_drawing(JmGrid *g, uint32_t edge)
{
	uint32_t	from = JM_READ(g->net->edges[edge].from) & ~JM_HIGH_BIT;
	uint32_t	link = JM_READ(g->net->edges[edge].link);
	uint32_t	from_cost;
	uint32_t	to;

	if (!(g->net->edges[edge].metres < g->report->cell * 1.3))
		return true;
	if (from >= g->net->head.nodes || link >= g->net->head.links)
	{
		g->damaged = true;
		return false;
	}
	from_cost = jm_node_cost(g->search, from);
	/* the search went along it, and saw the other end */
	if (from_cost <= g->limit &&
		(g->search->backward ? JM_READ(g->net->links[link].in) : JM_READ(g->net->links[link].out)) != JM_NOWAY)
		return false;
	to = JM_READ(g->net->links[link].target);
	return !(from_cost != JM_NOWAY && to < g->net->head.nodes &&
			 jm_node_cost(g->search, to) != JM_NOWAY);
}

/* Gives every node with a cost to the grid points around it. */
void
jm_grid_draw_nodes(JmGrid *g)
{
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	uint32_t	i;

	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if ((i & 0xffff) == 0)
			g->env->poll(g->env);
		draw_point(g, (float) ((JM_READ(g->net->points[u].x) - g->x0) * kx),
				   (float) ((JM_READ(g->net->points[u].y) - g->y0) * ky),
				   (float) g->search->cells[u].cost);
	}
}

static int
to_square(double at, int count)
{
	return at < 0 ? 0 : at > count - 2 ? count - 2 : (int) at;
}

/* Whether a box of edges comes near any mark of the mask. */
static bool
matters(const JmMask *mask, const JmBox *box)
{
	double		xmin = (JM_READ(box->xmin) - mask->x0) / mask->dx;
	double		xmax = (JM_READ(box->xmax) - mask->x0) / mask->dx;
	double		ymin = (JM_READ(box->ymin) - mask->y0) / mask->dy;
	double		ymax = (JM_READ(box->ymax) - mask->y0) / mask->dy;

	if (!(xmin <= mask->nx && xmax >= 0 && ymin <= mask->ny && ymax >= 0))
		return false;
	return jm_mask_any(mask, to_square(xmin - mask->margin, mask->nx),
					   to_square(ymin - mask->margin, mask->ny),
					   to_square(xmax + mask->margin, mask->nx) + 1,
					   to_square(ymax + mask->margin, mask->ny) + 1);
}

static void
visit_edges(JmGrid *g, const JmMask *mask, int level, uint32_t at, bool draw, bool sample)
{
	uint32_t	end = level == 0 ? g->net->head.edges : g->net->tree_count[level - 1];
	uint32_t	i;

	if (g->damaged || !matters(mask, &g->net->tree[level][at]))
		return;
	if (level == 1)
		g->env->poll(g->env);
	if (level == 0 && at % g->stride != 0)
		sample = false;
	for (i = at * JM_TREE_FANOUT; i < end && i - at * JM_TREE_FANOUT < JM_TREE_FANOUT; i++)
	{
		if (level > 0)
			visit_edges(g, mask, level - 1, i, draw, sample);
		else
		{
			bool		drawn = draw && needs_drawing(g, i);
			JmProfile	p;

			g->report->roads++;
			if (!drawn && !sample)
				continue;
			if (!jm_grid_edge(g, i, &p) || jm_grid_too_long(g))
			{
				g->damaged = true;
				return;
			}
			if (drawn)
				follow_edge(g, &p, g->report->cell * PIECE, 0.5, true);

			/*
			 * Elsewhere than what is drawn, for there the times are right;
			 * and not always nearer to the same end.
			 */
			if (sample)
				follow_edge(g, &p, g->report->cell * (g->fine ? FINE_SAMPLE : SAMPLE),
							i & 1 ? 0.25 : 0.75, false);
		}
	}
}

/*
 * Draws the edges of the boxes of the tree that come near the marks of the
 * mask, and samples those of one box in g->stride if asked to.
 */
void
jm_grid_draw_edges(JmGrid *g, const JmMask *mask, bool sample)
{
	visit_edges(g, mask, g->net->tree_levels - 1, 0, true, sample);
}

/*
 * Gives the origin to the grid point nearest to it, after all roads: no limit is
 * so short that nothing is reached.
 */
void
jm_grid_draw_origin(JmGrid *g)
{
	const JmShape *shape = &g->shape;
	JmProfile	p;
	JmNear	   *n;
	double		at;
	double		length;
	double		t;
	double		x;
	double		y;
	uint32_t	i = 1;
	int			px;
	int			py;
	unsigned char state;

	if (g->damaged || !jm_grid_edge(g, g->search->origin.edge, &p))
	{
		g->damaged = true;
		return;
	}
	at = p.origin * shape->along[shape->count - 1];
	while (i + 1 < shape->count && shape->along[i] < at)
		i++;
	length = shape->along[i] - shape->along[i - 1];
	t = length > 0 ? (at - shape->along[i - 1]) / length : 0;
	x = (shape->points[i - 1].x + t * ((double) shape->points[i].x - shape->points[i - 1].x) - g->x0) / g->dx;
	y = (shape->points[i - 1].y + t * ((double) shape->points[i].y - shape->points[i - 1].y) - g->y0) / g->dy;
	if (!(x >= 1 && y >= 1 && x < g->nx - 2 && y < g->ny - 2))
		return;
	px = (int) (x + 0.5);
	py = (int) (y + 0.5);
	state = g->state[(size_t) (py >> BLOCK_SHIFT) * g->bx + (px >> BLOCK_SHIFT)];
	if (state != BLOCK_ACTIVE && state != BLOCK_HALO)
		return;
	n = &g->near[(size_t) py * g->nx + px];
	n->x = (float) x;
	n->y = (float) y;
	n->square = 0;
	n->time = 0;
}

/* Samples anew, all edges near reached road. */
void
jm_grid_sample_all(JmGrid *g)
{
	g->sample_count = 0;
	g->stride = 1;
	g->fine = true;
	visit_edges(g, &g->reached, g->net->tree_levels - 1, 0, false, true);
}
