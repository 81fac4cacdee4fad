/*
 * plan_cut.c
 *		Smaller windows for a cell that does not keep still.
 *
 * A single page is of one moment, so such a cell is cut into windows of about
 * a page each.  A server that would never keep still must not be asked without
 * end: there is a budget for all that.
 */
#include "offers/plan_internal.h"

#include <stdlib.h>

/* Rows that the windows of a cut cell hold: a page, and room to grow. */
#define CUT_ROWS 100

/* No cell is cut or split for moving once so many requests were sent for each
 * page that was announced, and some more. */
#define BUDGET_FACTOR 6
#define BUDGET_BASE 600

static int
time_cmp(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return x > y ? -1 : x < y;
}

static bool
within_budget(const JmPlan *plan)
{
	return plan->asked < BUDGET_BASE + BUDGET_FACTOR * plan->announced / JM_API_PAGE;
}

/*
 * Cuts a cell, by the rows at hand, into windows of about a page each, which
 * are planned anew; the cell is gone then.  A second that holds more gets a
 * window of its own.  false when dates cannot cut it.
 */
bool
jm_plan_cut_cell(JmPlan *plan, JmCell *cell)
{
	int64_t    *times;
	int			n = 0;
	int64_t		to = cell->to;

	/* parts of a split are as narrow as can be */
	if (cell->npages < 2 || cell->expected > JM_API_REACH || cell->split ||
		cell->to - cell->from <= NARROWEST || !within_budget(plan))
		return false;
	times = jm_plan_make(plan, sizeof(int64_t) * JM_PLAN_MAX_PAGES * JM_API_PAGE);
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		for (int i = 0; i < cell->pages[p].nrows; i++)
			if (cell->pages[p].rows[i].created != INT64_MIN)
				times[n++] = cell->pages[p].rows[i].created - plan->shift;
	qsort(times, (size_t) n, sizeof(int64_t), time_cmp);
	for (int i = CUT_ROWS; i < n; i++)
	{
		int64_t		t = times[i];

		if (t <= cell->from || t >= to)
			continue;
		if (times[i - CUT_ROWS + 1] == t && t - 1 > cell->from && t + 1 < to)
		{
			/* a burst: what is above it, and itself */
			jm_plan_replan_piece(plan, cell, t + 1, to);
			jm_plan_replan_piece(plan, cell, t - 1, t + 1);
			to = t - 1;
			while (i + 1 < n && times[i + 1] >= t)
				i++;
		}
		else
		{
			jm_plan_replan_piece(plan, cell, t, to);
			to = t;
		}
		i += CUT_ROWS - 1;
	}
	if (to == cell->to && n > 0)
	{
		/* all in the window's first second, say, and more come after it */
		int64_t		after = (times[n - 1] > cell->from ? times[n - 1] : cell->from) + 1;

		if (after < to)
		{
			jm_plan_replan_piece(plan, cell, after, to);
			to = after;
		}
	}
	jm_plan_discard(plan, times);
	if (to == cell->to)
		return false;
	jm_plan_replan_piece(plan, cell, cell->from, to);
	jm_plan_abandon_cell(plan, cell);
	return true;
}

/*
 * Splits a cell of a second or so by other criteria; it is gone then.  false
 * when there are none left.
 */
bool
jm_plan_split_cell(JmPlan *plan, JmCell *cell)
{
	JmSpan	   *span;
	bool		split;

	if (cell->npages < 2 || cell->expected > JM_API_REACH ||
		cell->to - cell->from > NARROWEST || !within_budget(plan))
		return false;
	span = jm_plan_replan(plan, cell, cell->from, cell->to);
	span->grows = cell->grows;
	split = jm_plan_split_by_filter(plan, span, cell->expected);
	jm_plan_remove_span(plan, span);
	if (split)
		jm_plan_abandon_cell(plan, cell);
	return split;
}
