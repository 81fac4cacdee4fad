/*
 * plan_bounds.c
 *		How the API reads the bounds of a window.
 *
 * They are inclusive and have no fractions of a second, while offers have: two
 * neighbouring cells share the second at their border, so that no reading of
 * the bounds can lose an offer between them.  The API was also seen to read
 * bounds in another time zone than it writes dates; any constant shift leaves
 * the cells complete, and is learnt from the rows so that they keep their
 * size.
 */
#include "offers/plan_internal.h"

/* The API's clock shift is a matter of time zones. */
#define SHIFT_STEP 900
#define SHIFT_MAX (14 * 3600)

/* How often the end of a window may turn out to be read later than thought. */
#define MAX_REOPENED 16

/* Is a row outside the bounds that were asked for, as they are understood? */
bool
jm_plan_has_stranger(const JmPlan *plan, const JmPlanAsk *ask, const JmPlanRow *rows, int nrows)
{
	for (int i = 0; i < nrows; i++)
		if (rows[i].readable && rows[i].created != INT64_MIN &&
			(rows[i].created < ask->from + plan->shift - 1 ||
			 rows[i].created > ask->to + plan->shift + 1))
			return true;
	return false;
}

/*
 * Rows outside the bounds that were asked for tell how the API shifts them;
 * false if no shift explains them all.
 */
bool
jm_plan_learn_shift(JmPlan *plan, const JmPlanAsk *ask, const JmPlanRow *rows, int nrows)
{
	int64_t		before = plan->shift;

	for (int i = 0; i < nrows; i++)
	{
		int64_t		created = rows[i].created;
		int64_t		shift = plan->shift;

		if (!rows[i].readable || created == INT64_MIN)
			continue;
		if (created < ask->from + shift - 1)
		{
			shift = created - ask->from;
			shift -= (shift % SHIFT_STEP + SHIFT_STEP) % SHIFT_STEP;
		}
		else if (created > ask->to + shift + 1)
		{
			shift = created - ask->to + SHIFT_STEP - 1;
			shift -= (shift % SHIFT_STEP + SHIFT_STEP) % SHIFT_STEP;
		}
		if (shift >= -SHIFT_MAX && shift <= SHIFT_MAX)
			plan->shift = shift;
	}
	if (jm_plan_has_stranger(plan, ask, rows, nrows))
	{
		plan->shift = before;
		return false;
	}
	return true;
}

/* May a cell whose end was closed still turn out to be open there? */
bool
jm_plan_may_reopen(const JmPlan *plan, const JmCell *cell)
{
	return cell->top && plan->reopened < MAX_REOPENED;
}

/*
 * Offers are still created in a cell whose end was closed, so the API reads
 * that end later than we thought: by whole hours, being a matter of time zones.
 */
void
jm_plan_reopen_top(JmPlan *plan, JmCell *cell)
{
	JmSpan	   *span;

	/* the first time it may be the second that is just passing */
	if (plan->reopened++ % 2 == 1 && plan->shift <= cell->top_shift)
		plan->shift = (cell->top_shift < 0 ? 0 : cell->top_shift / 3600 + 1) * 3600;
	span = jm_plan_replan(plan, cell, cell->from, cell->to);
	span->open_top = span->grows = true;
	jm_plan_abandon_cell(plan, cell);
}
