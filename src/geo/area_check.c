/*
 * area_check.c
 *		How much road lies on the wrong side of an area's outline (pure C).
 */
#include "geo/area_grid.h"

#include <string.h>

#define EDGE_SAMPLE 400			/* points of one edge */
#define WRONG_CELLS 2			/* around a place that is wrong */
#define CHECKED 8				/* limits; more are not looked at */

/* Whether a place, in grid units, lies in the area that jm_grid_outline draws. */
static bool
in_area(const JmGrid *g, double limit, double x, double y)
{
	int			i;
	int			j;
	double		u;
	double		v;
	float		time[3];
	double		weight[3];
	bool		in[3];
	int			inside;
	int			k;
	int			odd = 0;
	unsigned char state;
	double		sum = 0;

	if (!(x >= 0 && y >= 0 && x < g->nx - 1 && y < g->ny - 1))
		return false;
	i = (int) x;
	j = (int) y;
	u = x - i;
	v = y - j;
	state = g->state[(size_t) (j / BLOCK) * g->bx + i / BLOCK];
	if (state == BLOCK_IDLE || state == BLOCK_RIM || state == BLOCK_FULL)
		return state == BLOCK_FULL;
	time[0] = jm_grid_time(g, i, j);
	time[1] = jm_grid_time(g, i + 1, j + 1);
	if (u >= v)
	{
		time[2] = jm_grid_time(g, i + 1, j);
		weight[0] = 1 - u;
		weight[1] = v;
		weight[2] = u - v;
	}
	else
	{
		time[2] = jm_grid_time(g, i, j + 1);
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
		t = inside == 1 ? jm_grid_crossing(time[odd], time[k], limit) :
			1 - jm_grid_crossing(time[k], time[odd], limit);
		sum += weight[k] / t;
	}
	return (sum < 1) == (inside == 1);
}

/* Notes that road lies on the wrong side of an outline at a place (grid units). */
static void
note_wrong(JmGrid *g, double x, double y)
{
	int			i;
	int			j;

	for (j = (int) y - WRONG_CELLS; j <= (int) y + WRONG_CELLS + 1; j++)
		for (i = (int) x - WRONG_CELLS; i <= (int) x + WRONG_CELLS + 1; i++)
			if (i >= 0 && j >= 0 && i < g->nx && j < g->ny)
				g->wrong[(size_t) j * g->nx + i] = 1;
}

typedef struct Check
{
	const uint32_t *limits;
	int			limit_count;
	double		reached[CHECKED];
	double		missed[CHECKED];
	double		excess[CHECKED];
} Check;

/* Adds up the road length on each side of each limit, by points along it. */
static void
check_edge(JmGrid *g, uint32_t edge, void *argument)
{
	Check	   *c = argument;
	JmProfile	p;
	double		total;
	double		step;
	double		at;
	uint32_t	i = 1;

	if (!jm_grid_edge(g, edge, &p))
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
		t = jm_edge_time(&p, at / total);
		for (k = 0; k < c->limit_count; k++)
		{
			bool		reached = t <= c->limits[k];
			bool		inside = in_area(g, c->limits[k], x, y);

			if (reached)
				c->reached[k] += step;
			if (reached && !inside)
				c->missed[k] += step;
			if (!reached && inside)
				c->excess[k] += step;
			if (reached != inside && g->wrong)
				note_wrong(g, x, y);
		}
	}
}

/*
 * Sets missed and excess of the report to the worst of the limits, from points
 * along a sample of the roads near, or all of them: then the places that are wrong
 * are noted in the grid.  False when the network is damaged.
 */
bool
jm_grid_check(JmGrid *g, const uint32_t *limits, int limit_count, bool all)
{
	Check		check;
	JmAreaReport *report = g->report;
	int			k;

	memset(&check, 0, sizeof(check));
	check.limits = limits;
	check.limit_count = limit_count < CHECKED ? limit_count : CHECKED;
	if (all)
	{
		size_t		points = (size_t) g->nx * g->ny;

		g->wrong = g->env->alloc(g->env, points);
		memset(g->wrong, 0, points);
	}
	g->stride = all ? 1 : 1 + report->roads / JM_CHECK_SAMPLE;
	jm_grid_each_edge(g, &g->reached, check_edge, &check);
	if (g->damaged)
		return false;
	report->missed = 0;
	report->excess = 0;
	for (k = 0; k < check.limit_count; k++)
	{
		double		reached = check.reached[k];
		double		unreached = g->net->head.metres - reached * g->stride;

		if (reached > 0)
			report->missed = fmax(report->missed, check.missed[k] / reached);
		if (unreached > 0)
			report->excess = fmax(report->excess, check.excess[k] * g->stride / unreached);
	}
	return true;
}
