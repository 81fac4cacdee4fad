/*
 * area_check.c
 *		How much road lies on the wrong side of an area's outline (pure C).
 */
#include "geo/area_grid.h"

#include <string.h>

#define WRONG_CELLS 2			/* around a place that is wrong */
#define CHECKED 8				/* limits; more are not looked at */
#define TOLD 0.2				/* of the network unreached: with less, a
								 * sample of the roads cannot tell how much */
#define SPACING 6.0				/* metres between points at which others may
								 * look */

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
	state = g->state[(size_t) (j >> BLOCK_SHIFT) * g->bx + (i >> BLOCK_SHIFT)];
	if (state == BLOCK_IDLE || state == BLOCK_RIM)
		return false;
	if (state >= BLOCK_LEVEL)
		return g->levels[state - BLOCK_LEVEL] <= limit;
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
		t = inside == 1 ? jm_grid_crossing(g, time[odd], time[k], limit) :
			1 - jm_grid_crossing(g, time[k], time[odd], limit);
		sum += weight[k] / t;
	}
	return (sum < 1) == (inside == 1);
}

/* Notes that road lies on the wrong side of an outline at a place (grid units). */
static void
note_wrong(JmGrid *g, double x, double y, unsigned char how)
{
	int			i;
	int			j;

	for (j = (int) y - WRONG_CELLS; j <= (int) y + WRONG_CELLS + 1; j++)
		for (i = (int) x - WRONG_CELLS; i <= (int) x + WRONG_CELLS + 1; i++)
			if (i >= 0 && j >= 0 && i < g->nx && j < g->ny)
				g->wrong[(size_t) j * g->nx + i] |= how;
}

/*
 * A length of road known by pieces, of which each counts wholly or not at all,
 * its standard deviation, and a piece more: as much as another sample may well
 * find.
 */
static double
at_most(double length, double piece)
{
	return length + sqrt(length * fmax(piece, SPACING)) + piece;
}

/*
 * Sets missed and excess of the report to the worst of the limits, by the
 * samples of the grid (excess to INFINITY where all roads must be looked at to
 * tell it); the places that are wrong are noted when these are fine.
 */
void
jm_grid_check(JmGrid *g)
{
	JmAreaReport *report = g->report;
	size_t		points = (size_t) g->nx * g->ny;
	double		piece = g->report->cell * (g->fine ? FINE_SAMPLE : SAMPLE) * g->stride;
	int			k;

	if (g->fine)
	{
		g->wrong = g->env->alloc(g->env, points);
		memset(g->wrong, 0, points);
	}
	report->missed = 0;
	report->excess = 0;
	for (k = 0; k < g->limit_count && k < CHECKED; k++)
	{
		uint32_t	limit = g->limits[g->limit_count <= CHECKED ? k : k * (g->limit_count - 1) / (CHECKED - 1)];
		double		reached = 0;
		double		missed = 0;
		double		excess = 0;
		double		unreached;
		size_t		i;

		for (i = 0; i < g->sample_count; i++)
		{
			const JmSample *s = &g->samples[i];
			bool		in = s->time <= limit;
			bool		inside = in_area(g, limit, s->x, s->y);

			if ((i & 0xffff) == 0)
				g->env->poll(g->env);
			if (in)
				reached += s->metres;
			if (in == inside)
				continue;
			if (in)
				missed += s->metres;
			else
				excess += s->metres;
			if (g->wrong)
				note_wrong(g, s->x, s->y, in ? WRONG_MISSED : WRONG_EXCESS);
		}
		unreached = g->net->head.metres - reached * g->stride;
		if (g->stride > 1 && unreached < g->net->head.metres * TOLD)
			report->excess = INFINITY;
		if (reached > 0)
			report->missed = fmax(report->missed,
								  at_most(missed * g->stride, piece) / (reached * g->stride));
		if (unreached > 0)
			report->excess = fmax(report->excess, at_most(excess * g->stride, piece) / unreached);
	}
}
