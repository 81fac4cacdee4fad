/*
 * area_check.c
 *		How much road lies on the wrong side of an area's outline (pure C).
 */
#include "geo/area_grid.h"

#include <string.h>

#define SAMPLE 5000				/* edges to check an area on */
#define EDGE_SAMPLE 400			/* points of one edge */
#define CHECKED 8				/* limits; more are not looked at */

/* Whether a place, in grid units, lies in the area that jm_grid_outline draws. */
static bool
in_area(const JmGrid *g, double limit, double x, double y)
{
	int			i;
	int			j;
	double		u;
	double		v;
	const JmNear *n;
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
		t = inside == 1 ? jm_grid_crossing(time[odd], time[k], limit) :
			1 - jm_grid_crossing(time[k], time[odd], limit);
		sum += weight[k] / t;
	}
	return (sum < 1) == (inside == 1);
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
		}
	}
}

/*
 * Sets missed and excess of the report to the worst of the limits, from points
 * along a sample of the roads near.  False when the network is damaged.
 */
bool
jm_grid_check(JmGrid *g, const uint32_t *limits, int limit_count)
{
	Check		check;
	JmAreaReport *report = g->report;
	int			k;

	memset(&check, 0, sizeof(check));
	check.limits = limits;
	check.limit_count = limit_count < CHECKED ? limit_count : CHECKED;
	g->stride = 1 + report->roads / SAMPLE;
	jm_grid_each_edge(g, check_edge, &check);
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
