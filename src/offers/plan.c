/*
 * plan.c
 *		What a harvest asks next, and when a part of it is complete: the
 *		questions and answers.
 *
 * The API serves 3,150 rows of a search and no more, so the whole is cut into
 * cells: windows of creation dates of one origin.  Each span of time is walked
 * from its newest offer to its oldest (plan_walk.c), which cuts cells off its
 * top; the pages of each are read until they agree (plan_cell.c).  One that
 * does not keep still is cut smaller (plan_cut.c); where a second alone holds
 * too much, it is split by other criteria (plan_split.c).  What the API makes
 * of the bounds of a window is learnt on the way (plan_bounds.c).  plan_list.c
 * keeps the spans and cells.
 */
#include "offers/plan.h"

#include <string.h>

#include "offers/plan_internal.h"

/* A doubtful answer is asked for again so often, and then taken. */
#define MAX_DOUBTS 4

/* Requests under way at once, until jm_plan_set_depth tells. */
#define DEFAULT_DEPTH 8

/* Pages at most that are asked for or read and not yet stored, beyond those of
 * a deep pipeline: one cell is read while another is stored.  They are lost
 * when the harvest is cut off; with the requests that only count, they are not
 * more than one search has. */
#define MAX_HELD (2 * CELL_PAGES)

/* Before each request for a cell that is given time to keep still. */
#define PATIENT_PAUSE_MS 700

/*
 * Makes a plan.  The lists of codes, used when one second holds too many
 * offers, and the hooks' context must outlive it.  Cells are numbered from
 * first_cell_id.
 */
JmPlan *
jm_plan_create(const JmPlanHooks *hooks,
			   const char *const *departements, int ndepartements,
			   const char *const *romes, int nromes, int64_t first_cell_id)
{
	JmPlan	   *plan = hooks->alloc(hooks->context, sizeof(JmPlan));

	memset(plan, 0, sizeof(*plan));
	plan->hooks = *hooks;
	plan->departements = departements;
	plan->ndepartements = ndepartements;
	plan->romes = romes;
	plan->nromes = nromes;
	plan->next_id = first_cell_id;
	plan->depth = DEFAULT_DEPTH;
	return plan;
}

/* Adds a window of creation dates (seconds, inclusive) to be read whole. */
void
jm_plan_add_span(JmPlan *plan, int origin, int64_t from, int64_t to)
{
	JmSpan	   *span = jm_plan_new_span(plan, origin, from, to, NULL);

	span->given = span->open_top = span->grows = true;
	jm_plan_push_back(plan, span);
}

/* Tells of a filtered cell that an earlier, interrupted run completed. */
void
jm_plan_add_done(JmPlan *plan, int origin, int64_t from, int64_t to,
				 const JmPlanFilter *filter, int64_t expected)
{
	JmDone	   *done = jm_plan_make(plan, sizeof(JmDone));

	done->origin = origin;
	done->from = from;
	done->to = to;
	done->filter = *filter;
	done->expected = expected;
	done->next = plan->done;
	plan->done = done;
}

/*
 * Tells how many requests should be under way at once: the plan looks so far
 * ahead, but holds no more pages than that and MAX_HELD.
 */
void
jm_plan_set_depth(JmPlan *plan, int depth)
{
	plan->depth = depth;
}

/* Rows of the spans given that the API announced at first. */
int64_t
jm_plan_announced(const JmPlan *plan)
{
	return plan->announced;
}

static void
fill_ask(JmPlanAsk *ask, void *unit, bool probe, int page, int origin,
		 int64_t from, int64_t to, const JmPlanFilter *filter)
{
	memset(ask, 0, sizeof(*ask));
	ask->unit = unit;
	ask->probe = probe;
	ask->page = page;
	ask->first = page * JM_API_PAGE;
	ask->last = ask->first + JM_API_PAGE - 1;
	ask->origin = origin;
	ask->from = from;
	ask->to = to;
	ask->filter = *filter;
}

/*
 * The next request to send; false when there is none to send now.  Each must
 * be answered by jm_plan_answer or jm_plan_no_answer, in any order.
 */
bool
jm_plan_next(JmPlan *plan, JmPlanAsk *ask)
{
	int			needed = 0;
	int			held = plan->taken;

	for (JmCell *cell = plan->ready; cell; cell = cell->next)
		held += cell->npages;
	for (JmSpan *span = plan->spans; span; span = span->next)
		held += !span->asked ? 0 : span->small ? 1 : CELL_PAGES;
	for (JmCell *cell = plan->open; cell; cell = cell->next)
	{
		held += cell->npages;
		for (int p = 0; p < cell->npages; p++)
			needed += jm_plan_may_ask(cell, p);
	}
	if (needed < plan->depth / 2 &&
		(held == 0 || held + CELL_PAGES <= MAX_HELD || held <= plan->depth))
		for (JmSpan *span = plan->spans; span; span = span->next)
			if (!span->asked)
			{
				span->asked = true;
				plan->asked++;
				fill_ask(ask, span, true, span->walk ? CELL_PAGES - 1 : 0, span->origin,
						 span->from, span->to, &span->filter);
				return true;
			}
	for (JmCell *cell = plan->open; cell; cell = cell->next)
		for (int p = 0; p < cell->npages; p++)
			if (jm_plan_may_ask(cell, p))
			{
				cell->pages[p].state = PAGE_ASKED;
				plan->asked++;
				fill_ask(ask, cell, false, p, cell->origin, cell->from, cell->to, &cell->filter);
				ask->cell_id = cell->cell_id;
				ask->pause_ms = cell->patient ? PATIENT_PAUSE_MS : 0;
				return true;
			}
	return false;
}

/* Is the unit of a request still there?  (A cell may have been given up.) */
static bool
is_open(const JmPlan *plan, const JmPlanAsk *ask)
{
	if (ask->probe)
		return true;
	for (JmCell *cell = plan->open; cell; cell = cell->next)
		if (cell == ask->unit && cell->cell_id == ask->cell_id)
			return true;
	return false;
}

/* Why a window was given up. */
static const char *
no_use(bool stranger)
{
	return stranger ? "the answers hold offers of other dates" : "no usable answer";
}

/* Tells that a request brought no usable answer, all retries included. */
void
jm_plan_no_answer(JmPlan *plan, const JmPlanAsk *ask)
{
	if (!is_open(plan, ask))
		return;
	if (ask->probe)
	{
		JmSpan	   *span = ask->unit;

		span->asked = false;
		if (++span->tries >= MAX_TRIES && span->recount)
		{
			JmSplit    *split = span->split;

			jm_plan_remove_span(plan, span);
			jm_plan_finish_part(plan, split, JM_CELL_COMPLETE, 0);
		}
		else if (span->tries >= MAX_TRIES)
		{
			/* expected stays -1 where even the total is not known */
			JmCell	   *cell = jm_plan_new_cell(plan, span, span->total);
			const char *why = no_use(span->stranger);

			cell->npages = 0;
			jm_plan_remove_span(plan, span);
			jm_plan_finish_cell(plan, cell, JM_CELL_FAILED, why);
		}
	}
	else
	{
		JmCell	   *cell = ask->unit;
		JmPlanPage *page = &cell->pages[ask->page];

		if (++page->tries >= MAX_TRIES)
			jm_plan_finish_cell(plan, cell, JM_CELL_FAILED, no_use(page->stranger));
		else
			page->state = PAGE_NEEDED;
	}
}

/* An answer is no use: the request is to be sent again. */
static void
refuse(JmPlan *plan, const JmPlanAsk *ask, void *payload)
{
	jm_plan_drop(plan, payload);
	jm_plan_no_answer(plan, ask);
}

/*
 * Feeds an answer: the total that it announced (-1: none) and its rows.
 * payload is the caller's; it comes back in a cell's page, or is dropped.  rows
 * may be changed.
 */
void
jm_plan_answer(JmPlan *plan, const JmPlanAsk *ask, int64_t total,
			   JmPlanRow *rows, int nrows, void *payload)
{
	if (!is_open(plan, ask))
	{
		jm_plan_drop(plan, payload);
		return;
	}
	if (total < 0)
	{
		refuse(plan, ask, payload);
		return;
	}
	if (jm_plan_has_stranger(plan, ask, rows, nrows))
	{
		/* a slip of the server, or a shift of its clock: that comes again */
		bool	   *seen = ask->probe ? &((JmSpan *) ask->unit)->stranger :
		&((JmCell *) ask->unit)->pages[ask->page].stranger;

		if (*seen && !ask->probe && rows[0].created > ask->to + plan->shift + 1 &&
			jm_plan_may_reopen(plan, ask->unit))
		{
			jm_plan_drop(plan, payload);
			jm_plan_reopen_top(plan, ask->unit);
			return;
		}
		if (!*seen || !jm_plan_learn_shift(plan, ask, rows, nrows))
		{
			*seen = true;
			refuse(plan, ask, payload);
			return;
		}
	}
	if (ask->doubtful)
	{
		int		   *doubts = ask->probe ? &((JmSpan *) ask->unit)->doubts :
		&((JmCell *) ask->unit)->pages[ask->page].doubts;

		if ((*doubts)++ < MAX_DOUBTS)
		{
			refuse(plan, ask, payload);
			return;
		}
	}
	if (ask->probe)
	{
		JmSpan	   *span = ask->unit;

		span->asked = false;
		if (span->walk && nrows < JM_API_PAGE && total > CELL_ROWS)
		{
			/* a page that is not whole does not tell where the rows end */
			refuse(plan, ask, payload);
			return;
		}
		span->tries = span->doubts = 0;
		if (span->walk)
			jm_plan_answer_walk(plan, span, total, rows, nrows, payload);
		else
			jm_plan_answer_count(plan, span, total, rows, nrows, payload);
	}
	else
	{
		JmCell	   *cell = ask->unit;

		cell->answers++;
		jm_plan_answer_page(plan, cell, ask->page, total, rows, nrows, payload);
	}
}

/* A finished cell, to be stored, or NULL.  Free it with jm_plan_free_cell. */
JmCell *
jm_plan_ready(JmPlan *plan)
{
	JmCell	   *cell = plan->ready;

	if (cell)
	{
		plan->ready = cell->next;
		cell->taken = true;
		plan->taken += cell->npages;
	}
	return cell;
}

/* Is there nothing left to ask, to wait for or to store? */
bool
jm_plan_finished(const JmPlan *plan)
{
	return plan->spans == NULL && plan->open == NULL && plan->ready == NULL;
}

/* Seconds by which the API was seen to shift the bounds. */
int64_t
jm_plan_clock_shift(const JmPlan *plan)
{
	return plan->shift;
}
