/*
 * area_grid.c
 *		The grid of an area: laying it, spreading the times of the roads drawn
 *		into it, and making it finer (pure C).
 */
#include "geo/area_grid.h"

#include <string.h>

#define COMPETE 3.0				/* coarse cells within which roads compete */
#define MARK_SHIFT 1			/* log2 of the cells in a row of a square of
								 * g->reached */
#define MARK (1 << MARK_SHIFT)
#define WALL 1500.0f			/* milliseconds for a metre: half the pace of
								 * a walk */
#define FAR 1e15f				/* place of a road that is none */
#define SAMPLED 5000			/* nodes: with more, not all roads near them
								 * are sampled at first */
#define FEW 200					/* nodes: with fewer, a coarse sample of the
								 * roads tells too little */

/* An empty mask over the grid, of squares of 2^shift cells in a row. */
static void
begin_mask(JmGrid *g, JmMask *mask, int shift)
{
	int			cells = 1 << shift;
	size_t		size;

	mask->shift = shift;
	mask->nx = (g->nx + cells - 1) / cells + 1;
	mask->ny = (g->ny + cells - 1) / cells + 1;
	mask->x0 = g->x0;
	mask->y0 = g->y0;
	mask->dx = g->dx * cells;
	mask->dy = g->dy * cells;
	size = (size_t) mask->nx * mask->ny * sizeof(uint32_t);
	if (mask->sums)
		g->env->release(g->env, mask->sums);
	mask->sums = g->env->alloc(g->env, size);
	memset(mask->sums, 0, size);
}

/* Marks the square of a place (grid units). */
static inline void
mark(const JmGrid *g, JmMask *mask, double x, double y)
{
	if (x >= 0 && y >= 0 && x < g->nx && y < g->ny)
		mask->sums[(size_t) (((int) y >> mask->shift) + 1) * mask->nx + ((int) x >> mask->shift) + 1] = 1;
}

/* Turns the marks into sums. */
static void
end_mask(JmMask *mask)
{
	int			x;
	int			y;

	for (y = 1; y < mask->ny; y++)
	{
		uint32_t   *row = &mask->sums[(size_t) y * mask->nx];
		const uint32_t *below = row - mask->nx;
		uint32_t	sum = 0;

		for (x = 1; x < mask->nx; x++)
		{
			sum += row[x];
			row[x] = sum + below[x];
		}
	}
}

/* Whether anything within a distance, in cells, of a block is marked. */
static bool
marked_near(const JmMask *mask, int x, int y, int distance)
{
	int			x1 = x * BLOCK - distance;
	int			y1 = y * BLOCK - distance;
	int			x2 = (((x + 1) * BLOCK - 1 + distance) >> mask->shift) + 1;
	int			y2 = (((y + 1) * BLOCK - 1 + distance) >> mask->shift) + 1;

	return jm_mask_any(mask, x1 > 0 ? x1 >> mask->shift : 0, y1 > 0 ? y1 >> mask->shift : 0,
					   x2 < mask->nx - 1 ? x2 : mask->nx - 1, y2 < mask->ny - 1 ? y2 : mask->ny - 1);
}

/*
 * Marks squares along a line, so that none of its points is farther than half
 * a square from a mark.
 */
static void
mark_line(JmGrid *g, JmMask *mask, const JmPoint *points, uint32_t count)
{
	double		kx = 1 / g->dx;
	double		ky = 1 / g->dy;
	double		square = 1 << mask->shift;
	double		x = (points[0].x - g->x0) * kx;
	double		y = (points[0].y - g->y0) * ky;
	uint32_t	i;

	mark(g, mask, x, y);
	for (i = 1; i < count; i++)
	{
		double		vx = (points[i].x - g->x0) * kx - x;
		double		vy = (points[i].y - g->y0) * ky - y;
		double		length = fabs(vx) + fabs(vy);

		if (length > square)
		{
			/* a damaged shape may be long, a true one has few steps */
			double		steps = fmin(ceil(length / square), 1e6);
			double		k;

			for (k = 1; k < steps; k++)
				mark(g, mask, x + vx * k / steps, y + vy * k / steps);
		}
		x += vx;
		y += vy;
		mark(g, mask, x, y);
	}
}

/* Marks the squares that hold reached road, but for what unmarked_reach says. */
static void
mark_reached(JmGrid *g)
{
	uint32_t	i;

	begin_mask(g, &g->reached, MARK_SHIFT);
	for (i = 0; i < g->node_count; i++)
	{
		uint32_t	u = g->nodes[i];

		if (g->search->cells[u].cost <= g->limit)
			mark(g, &g->reached, (JM_READ(g->net->points[u].x) - g->x0) / g->dx,
				 (JM_READ(g->net->points[u].y) - g->y0) / g->dy);
	}
	for (i = 0; i < g->longer_count; i++)
	{
		const JmLonger *longer = &g->longer[i];

		if ((i & 63) == 0)
			g->env->poll(g->env);
		if (longer->metres < g->report->cell * (MARK / 2))
			continue;
		if (longer->straight)
		{
			mark_line(g, &g->reached, longer->ends, 2);
			continue;
		}
		if (!jm_edge_shape(g->net, longer->edge, &g->shape, g->env) ||
			jm_grid_too_long(g))
		{
			g->damaged = true;
			return;
		}
		mark_line(g, &g->reached, g->shape.points, g->shape.count);
	}
	end_mask(&g->reached);
}

/* How far, in cells, an edge known by its ends alone may stray from them. */
static double
unmarked_reach(const JmGrid *g)
{
	return fmax(MARK / 2, g->long_metres / 2 / g->report->cell);
}

/*
 * Finds the blocks that the area may extend into, and initialises them and
 * those around them.
 */
static void
activate(JmGrid *g)
{
	/* so far away that nobody takes it over; what is nearer than fill counts */
	const JmNear nothing = {FAR, FAR, g->fill, INFINITY};
	int			reach = (int) ceil(sqrt(g->fill) + unmarked_reach(g) + 1.5);
	int			x;
	int			y;

	g->active = 0;
	for (y = 0; y < g->by - 1; y++)
	{
		g->env->poll(g->env);
		for (x = 0; x < g->bx - 1; x++)
		{
			int			px;
			int			py;

			if (!marked_near(&g->reached, x, y, reach + BLOCK))
				continue;
			g->state[(size_t) y * g->bx + x] = marked_near(&g->reached, x, y, reach) ? BLOCK_ACTIVE : BLOCK_RIM;
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

/* x and y: the grid point of n. */
static inline void
take_from(JmNear *n, const JmNear *from, float x, float y)
{
	float		dx = from->x - x;
	float		dy = from->y - y;
	float		square = dx * dx + dy * dy;

	if (square < n->square)
	{
		n->x = from->x;
		n->y = from->y;
		n->square = square;
		n->time = from->time;
	}
}

/*
 * One row of the distance transform: from the row before (above or below, by
 * up) and from the neighbours on the row, in active blocks.  The outermost
 * points are left as they are.
 */
static void
spread_row(JmGrid *g, int y, int up)
{
	JmNear	   *row = g->near + (size_t) y * g->nx;
	const JmNear *other = row + (ptrdiff_t) up * g->nx;
	const unsigned char *state = g->state + (size_t) (y / BLOCK) * g->bx;
	float		fy = y;
	int			block;
	int			x;

	for (block = 0; block * BLOCK < g->nx; block++)
	{
		int			end = (block + 1) * BLOCK < g->nx - 1 ? (block + 1) * BLOCK : g->nx - 1;

		if (state[block] != BLOCK_ACTIVE && state[block] != BLOCK_HALO)
			continue;
		for (x = block > 0 ? block * BLOCK : 1; x < end; x++)
		{
			float		fx = x;

			/* within a cell of a road the nearest point is known already */
			if (row[x].square <= 1)
				continue;
			take_from(&row[x], &other[x], fx, fy);
			take_from(&row[x], &row[x - 1], fx, fy);
		}
	}
	for (block = (g->nx - 1) / BLOCK; block >= 0; block--)
	{
		int			end = block > 0 ? block * BLOCK : 1;

		if (state[block] != BLOCK_ACTIVE && state[block] != BLOCK_HALO)
			continue;
		x = (block + 1) * BLOCK < g->nx - 1 ? (block + 1) * BLOCK : g->nx - 1;
		for (x--; x >= end; x--)
			if (row[x].square > 1)
				take_from(&row[x], &row[x + 1], x, fy);
	}
}

/*
 * Hands the nearest points on to the neighbours, once up and once down the
 * grid: the four-point sequential distance transform (Danielsson 1980).
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

static void
free_block(JmEnv *env, void *block)
{
	if (block)
		env->release(env, block);
}

/* Frees the points of the grid and of its blocks. */
static void
free_points(JmGrid *g)
{
	free_block(g->env, g->near);
	free_block(g->env, g->ring);
	free_block(g->env, g->state);
	free_block(g->env, g->wrong_before);
	free_block(g->env, g->wrong);
	g->near = NULL;
	g->ring = NULL;
	g->state = NULL;
	g->wrong_before = NULL;
	g->wrong = NULL;
}

/* Room for nx * ny points, not yet initialised. */
static void
lay_grid(JmGrid *g)
{
	size_t		points = (size_t) g->nx * g->ny;

	g->near = g->env->alloc(g->env, points * sizeof(JmNear));
	g->ring = g->env->alloc(g->env, points * sizeof(uint32_t));
	g->bx = (g->nx + BLOCK - 1) / BLOCK + 1;
	g->by = (g->ny + BLOCK - 1) / BLOCK + 1;
	g->state = g->env->alloc(g->env, (size_t) g->bx * g->by);
	memset(g->state, BLOCK_IDLE, (size_t) g->bx * g->by);
	g->wrong_before = g->env->alloc(g->env, (size_t) g->bx * g->by);
	memset(g->wrong_before, 0, (size_t) g->bx * g->by);
	g->wall = (float) (g->report->cell * WALL);
	g->rings = 0;
	g->report->grid_points = (uint32_t) points;
	g->report->rounds++;
	g->report->roads = 0;
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
	g->report->cell = cell;
	lay_grid(g);
	g->ties[0].square = 0.25f;
	g->ties[0].fastest = true;
	g->stride = 1 + g->node_count / SAMPLED;
	g->fine = g->node_count < FEW;
	mark_reached(g);
	/* as far as a road is drawn or spread, and what is not marked */
	g->reached.margin = (fill + 2 + unmarked_reach(g)) / MARK + 1;
	activate(g);
	jm_grid_draw_nodes(g);
	jm_grid_draw_edges(g, &g->reached, true);
	jm_grid_draw_origin(g);
	if (g->damaged)
		return false;
	spread(g);
	return true;
}

/*
 * The time that a coarser grid has at a point of the finer one: linear within
 * its triangles, so that outlines stay where they are; where a wall parts the
 * corners of one, that of the side which has more weight.
 */
static float
coarse_time(const JmGrid *old, int times, int x, int y)
{
	int			i = x / times;
	int			j = y / times;
	float		u = (float) (x - i * times) / times;
	float		v = (float) (y - j * times) / times;
	float		time[3];
	float		weight[3];
	float		sum[2] = {0, 0};
	float		sums[2] = {0, 0};	/* of the weights */
	float		least[2] = {INFINITY, INFINITY};
	float		most[2] = {0, 0};
	float		lowest = INFINITY;
	int			k;

	/* on the last row and column the other corners have no weight */
	time[0] = jm_grid_time(old, i, j);
	if (u == 0 && v == 0)
		return time[0];
	time[1] = jm_grid_time(old, i + 1 < old->nx ? i + 1 : i, j + 1 < old->ny ? j + 1 : j);
	weight[0] = 1 - (u >= v ? u : v);
	weight[1] = u >= v ? v : u;
	weight[2] = u >= v ? u - v : v - u;
	time[2] = u >= v ? jm_grid_time(old, i + 1 < old->nx ? i + 1 : i, j) :
		jm_grid_time(old, i, j + 1 < old->ny ? j + 1 : j);
	for (k = 0; k < 3; k++)
		if (weight[k] > 0)
			lowest = fminf(lowest, time[k]);
	for (k = 0; k < 3; k++)
		if (weight[k] > 0)
		{
			int			side = !(time[k] - lowest < old->wall);

			sum[side] += weight[k] * time[k];
			sums[side] += weight[k];
			least[side] = fminf(least[side], time[k]);
			most[side] = fmaxf(most[side], time[k]);
		}
	k = sums[1] >= 0.5f;
	/* rounding must not lead out of what the corners say (see kind_near) */
	return fminf(fmaxf(sum[k] / sums[k], least[k]), most[k]);
}

/* How points of the coarser grid at a block of the finer are wrong: WRONG_... */
static unsigned char
wrong_near(const JmGrid *old, int times, int x, int y)
{
	unsigned char how = 0;
	int			i;
	int			j;

	for (j = y * BLOCK / times; j <= (y * BLOCK + BLOCK - 1) / times + 1 && j < old->ny; j++)
		for (i = x * BLOCK / times; i <= (x * BLOCK + BLOCK - 1) / times + 1 && i < old->nx; i++)
			how |= old->wrong[(size_t) j * old->nx + i];
	/* what was wrong before may be so again */
	if (how)
		how |= old->wrong_before[(size_t) (y / times) * old->bx + x / times];
	return how;
}

/* What a block is as a whole: BLOCK_LEVEL of a limit, BLOCK_IDLE, or BLOCK_COPIED when neither. */
static unsigned char
classify_block(const JmGrid *g, int x, int y)
{
	float		first = g->near[(size_t) y * BLOCK * g->nx + x * BLOCK].time;
	double		above = -1;
	double		up_to = INFINITY;
	int			px;
	int			py;
	int			k;

	for (k = 0; k < g->limit_count && first > (double) g->limits[k]; k++)
		above = g->limits[k];
	if (k < g->limit_count)
		up_to = g->limits[k];
	for (py = y * BLOCK; py < (y + 1) * BLOCK && py < g->ny; py++)
		for (px = x * BLOCK; px < (x + 1) * BLOCK && px < g->nx; px++)
		{
			float		time = g->near[(size_t) py * g->nx + px].time;

			if (!(time > above && time <= up_to))
				return BLOCK_COPIED;
		}
	return k < g->limit_count ? (unsigned char) (BLOCK_LEVEL + k) : BLOCK_IDLE;
}

/* The same for each block of the grid. */
static unsigned char *
classify(const JmGrid *g)
{
	unsigned char *kind = g->env->alloc(g->env, (size_t) g->bx * g->by);
	int			x;
	int			y;

	for (y = 0; y < g->by - 1; y++)
		for (x = 0; x < g->bx - 1; x++)
		{
			unsigned char state = g->state[(size_t) y * g->bx + x];

			kind[(size_t) y * g->bx + x] = state == BLOCK_IDLE || state >= BLOCK_LEVEL ? state : classify_block(g, x, y);
		}
	return kind;
}

/* What a block of the finer grid is, with a cell of the coarser around it. */
static unsigned char
kind_near(const JmGrid *old, const unsigned char *kind, int times, int x, int y)
{
	int			first_i = (x * BLOCK / times - 1) / BLOCK;
	int			first_j = (y * BLOCK / times - 1) / BLOCK;
	int			last_i = ((x * BLOCK + BLOCK - 1) / times + 2) / BLOCK;
	int			last_j = ((y * BLOCK + BLOCK - 1) / times + 2) / BLOCK;
	unsigned char all = kind[(size_t) first_j * old->bx + first_i];
	int			i;
	int			j;

	for (j = first_j; j <= last_j && j < old->by - 1; j++)
		for (i = first_i; i <= last_i && i < old->bx - 1; i++)
			if (kind[(size_t) j * old->bx + i] != all)
				return BLOCK_COPIED;
	return all;
}

/* Gives the points of a block the times of the coarser grid. */
static void
copy_block(JmGrid *g, const JmGrid *old, int times, int x, int y)
{
	int			px;
	int			py;

	for (py = y * BLOCK; py < (y + 1) * BLOCK && py < g->ny; py++)
		for (px = x * BLOCK; px < (x + 1) * BLOCK && px < g->nx; px++)
		{
			JmNear	   *n = &g->near[(size_t) py * g->nx + px];

			n->x = n->y = FAR;
			n->square = g->fill;
			n->time = coarse_time(old, times, px, py);
			g->ring[(size_t) py * g->nx + px] = 0;
		}
}

/*
 * Replaces the grid by one of which some cells make one of before: computed
 * anew around the places noted as wrong, otherwise with the times that it had.
 * All is one field again, so that outlines stay valid and nested.  False when
 * the network is damaged.
 */
bool
jm_grid_refine(JmGrid *g, int times, const JmAreaOptions *options)
{
	JmGrid		old = *g;
	double		fill = fmin(options->fill_metres / (g->report->cell / times), COMPETE * times);
	unsigned char *kind = classify(&old);
	int			halo;
	int			x;
	int			y;

	g->near = NULL;
	g->ring = NULL;
	g->state = NULL;
	g->wrong_before = NULL;
	g->wrong = NULL;
	g->dx /= times;
	g->dy /= times;
	g->nx = (old.nx - 1) * times + 1;
	g->ny = (old.ny - 1) * times + 1;
	fill = fmax(fill, 1.5);
	g->fill = (float) (fill * fill);
	g->report->cell /= times;
	lay_grid(g);
	begin_mask(g, &g->core, BLOCK_SHIFT);
	for (y = 0; y < g->by - 1; y++)
		for (x = 0; x < g->bx - 1; x++)
		{
			unsigned char how = wrong_near(&old, times, x, y);

			g->wrong_before[(size_t) y * g->bx + x] = how;
			if (how)
				mark(g, &g->core, x * BLOCK, y * BLOCK);
		}
	end_mask(&g->core);
	halo = (int) ceil((fill + 1.5) / BLOCK) * BLOCK;
	g->core.margin = (fill + 2) / BLOCK;
	g->active = 0;
	for (y = 0; y < g->by - 1; y++)
	{
		g->env->poll(g->env);
		for (x = 0; x < g->bx - 1; x++)
		{
			unsigned char *state = &g->state[(size_t) y * g->bx + x];

			/* the rim of the grid takes no roads: it closes every outline */
			if (x > 0 && y > 0 && x < g->bx - 2 && y < g->by - 2 &&
				marked_near(&g->core, x, y, halo))
				*state = marked_near(&g->core, x, y, 0) ? BLOCK_ACTIVE : BLOCK_HALO;
			else if (marked_near(&g->core, x, y, halo + BLOCK))
				*state = BLOCK_COPIED;
			else
				*state = kind_near(&old, kind, times, x, y);
			if (*state == BLOCK_IDLE || *state >= BLOCK_LEVEL)
				continue;
			g->active += BLOCK * BLOCK;
			copy_block(g, &old, times, x, y);
		}
	}
	jm_grid_draw_nodes(g);
	jm_grid_draw_edges(g, &g->core, false);
	jm_grid_draw_origin(g);
	if (!g->damaged)
		spread(g);
	/* roads were also drawn to the next points, on the right and above */
	for (y = g->by - 2; y >= 0; y--)
		for (x = g->bx - 2; x >= 0; x--)
		{
			unsigned char *state = &g->state[(size_t) y * g->bx + x];

			if (*state == BLOCK_HALO ||
				(*state == BLOCK_COPIED &&
				 ((x > 0 && state[-1] == BLOCK_HALO) ||
				  (y > 0 && state[-g->bx] == BLOCK_HALO) ||
				  (x > 0 && y > 0 && state[-g->bx - 1] == BLOCK_HALO))))
			{
				copy_block(g, &old, times, x, y);
				*state = BLOCK_COPIED;
			}
		}
	free_points(&old);
	g->env->release(g->env, kind);
	return !g->damaged;
}

/* Frees what the grid holds. */
void
jm_grid_free(JmGrid *g)
{
	free_points(g);
	free_block(g->env, g->reached.sums);
	free_block(g->env, g->core.sums);
	free_block(g->env, g->nodes);
	free_block(g->env, g->longer);
	free_block(g->env, g->samples);
	free_block(g->env, g->levels);
	jm_shape_free(&g->shape, g->env);
}
