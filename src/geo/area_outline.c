/*
 * area_outline.c
 *		The outlines of an area, as a MultiPolygon (pure C).
 */
#include "geo/area_grid.h"

#include <string.h>

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
 * (outside), beside each other on row y, with the inside on the left, and marks
 * its steps with number.
 */
static void
trace(JmGrid *g, double limit, int first_ax, int first_bx, int y, uint32_t number, JmBytes *points)
{
	int			ax = first_ax;
	int			ay = y;
	int			bx = first_bx;
	int			by = y;
	float		inside = jm_grid_time(g, ax, ay);
	float		outside = jm_grid_time(g, bx, by);
	size_t		begin = points->size;
	double		first[2];
	uint32_t	steps = 0;

	do
	{
		double		t = jm_grid_crossing(g, inside, outside, limit);
		double		place[2];
		int			dx = bx - ax;
		int			dy = by - ay;
		int			cx = ax;
		int			cy = ay;
		float		time;

		place[0] = (g->x0 + (ax + t * dx) * g->dx) / 1e7;
		place[1] = (g->y0 + (ay + t * dy) * g->dy) / 1e7;
		put(points, place, sizeof(place), g->env);
		if ((++steps & 4095) == 0)
			g->env->poll(g->env);
		if (dy == 0)
			g->ring[(size_t) ay * g->nx + (dx > 0 ? ax : bx)] = number;

		/*
		 * The third corner of the triangle that has the step from a to b in
		 * its counterclockwise order.  Each square is cut from its lower left
		 * to its upper right corner.
		 */
		if (dx == 1 && dy == 0)
			cx++, cy++;
		else if (dx == 0 && dy == 1)
			cx--;
		else if (dx == -1 && dy == -1)
			cy--;
		else if (dx == 1 && dy == 1)
			cy++;
		else if (dx == -1 && dy == 0)
			cx--, cy--;
		else
			cx++;
		time = jm_grid_time(g, cx, cy);
		if (time <= limit)
		{
			ax = cx;
			ay = cy;
			inside = time;
		}
		else
		{
			bx = cx;
			by = cy;
			outside = time;
		}
	} while (ax != first_ax || ay != y || bx != first_bx || by != y);
	memcpy(first, points->data + begin, sizeof(first));
	put(points, first, sizeof(first), g->env);
}

/* Appends the area of one limit as a MultiPolygon in native-endian WKB. */
void
jm_grid_outline(JmGrid *g, double limit, JmBytes *wkb)
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
		const JmNear *row = g->near + (size_t) y * g->nx;
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

			if (x % BLOCK == 0 && (state[x / BLOCK] == BLOCK_IDLE || state[x / BLOCK] >= BLOCK_LEVEL))
			{
				x += BLOCK - 1;
				continue;
			}
			a = row[x].time <= limit;

			/*
			 * no outline passes between an idle block, or one of a level, and
			 * its neighbours
			 */
			b = (x % BLOCK == BLOCK - 1 ? jm_grid_time(g, x + 1, y) : row[x + 1].time) <= limit;
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
				if (a && left > 0)
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
				trace(g, limit, a ? x : x + 1, a ? x + 1 : x, y, base + count, &points);
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
