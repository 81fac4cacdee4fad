/*
 * plan_walk.c
 *		A span of time walked from its newest offer to its oldest.
 *
 * Halving windows blindly wastes a request on each that is too full.  Sorted
 * by date, the last page of the first 1,200 rows tells exactly where those
 * end, and is itself one of the pages to be read.  The cell above that date is
 * then a closed window, whose announced total can be compared with what is
 * read; the walk goes on below.  So hardly a request is wasted, and no
 * knowledge of earlier runs is needed.
 */
#include "offers/plan_internal.h"

#include <string.h>

/* The first page, read with a wider window, serves a cell of the same top. */
static void
give_first_page(JmSpan *span, JmCell *cell, int64_t total)
{
	cell->top = span->closed_top;
	cell->top_shift = span->top_shift;
	cell->grows = span->grows;
	span->closed_top = span->grows = false;
	if (span->first.state != PAGE_HAVE)
		return;
	cell->pages[0] = span->first;
	cell->pages[0].total = total;
	cell->pages[0].odd_total = -1;
	cell->first_rows = jm_plan_rows_digest(&cell->pages[0]);
	memset(&span->first, 0, sizeof(span->first));
}

/* A cell stands for all that is left of a span. */
static void
replace_span(JmPlan *plan, JmSpan *span, JmCell *cell)
{
	jm_plan_remove_span(plan, span);
	jm_plan_open_cell(plan, cell);
	if (cell->status == JM_CELL_OPEN)
		jm_plan_check_cell(plan, cell);
}

/* The span is small enough, or cannot be made smaller: it becomes a cell. */
static void
close_span(JmPlan *plan, JmSpan *span, int64_t total)
{
	JmCell	   *cell = jm_plan_new_cell(plan, span, total);

	give_first_page(span, cell, total);
	replace_span(plan, span, cell);
}

/* Likewise, and the page that the walk read serves the cell too. */
static void
close_walk(JmPlan *plan, JmSpan *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	JmCell	   *cell = jm_plan_new_cell(plan, span, total);

	give_first_page(span, cell, total);
	if (cell->npages >= CELL_PAGES)
		jm_plan_keep_page(plan, &cell->pages[CELL_PAGES - 1], total, rows, nrows, payload);
	else
		jm_plan_drop(plan, payload);
	replace_span(plan, span, cell);
}

/*
 * Offers are created while the newest are read, and their number would never
 * keep still: the span is closed at the newest offer that there is, and what
 * comes after it is read last.  That goes on until it is a single page, which
 * is of one moment.
 */
static void
close_top(JmPlan *plan, JmSpan *span, const JmPlanRow *rows, int nrows)
{
	int64_t		newest = INT64_MIN;
	int64_t		bound;
	JmSpan	   *rest;

	span->open_top = false;
	for (int i = 0; i < nrows; i++)
		if (rows[i].created != INT64_MIN && rows[i].created > newest)
			newest = rows[i].created;
	if (newest == INT64_MIN)
		return;
	bound = newest - plan->shift;
	if (bound <= span->from || bound >= span->to - 1)
		return;
	rest = jm_plan_new_span(plan, span->origin, bound, span->to, &span->filter);
	rest->open_top = rest->grows = true;
	jm_plan_push_back(plan, rest);
	span->to = bound;
	span->closed_top = true;
	span->top_shift = plan->shift;
	/* whether the API reads the new bound as we do is not known yet */
	jm_plan_clear_page(plan, &span->first);
}

/* Takes the answer to the question how many rows a span has. */
void
jm_plan_answer_count(JmPlan *plan, JmSpan *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	if (span->recount)
	{
		JmSplit    *split = span->split;

		jm_plan_drop(plan, payload);
		split->cell->expected = total;
		jm_plan_remove_span(plan, span);
		jm_plan_finish_part(plan, split, JM_CELL_COMPLETE, 0);
		return;
	}
	jm_plan_keep_page(plan, &span->first, total, rows, nrows, payload);
	span->total = total;
	if (span->given)
		plan->announced += total;
	span->given = false;
	if (span->open_top && total > JM_API_PAGE)
		close_top(plan, span, rows, nrows);
	if (total > CELL_ROWS && span->to - span->from > NARROWEST)
		span->walk = true;
	else if (total <= JM_API_REACH)
		close_span(plan, span, total);
	else if (jm_plan_split_by_filter(plan, span, total))
		jm_plan_remove_span(plan, span);
	else
		close_span(plan, span, total);
}

/* Another part of a span is to be worked on, before the others. */
static JmSpan *
add_part(JmPlan *plan, const JmSpan *span, int64_t from, int64_t to)
{
	JmSpan	   *part = jm_plan_new_span(plan, span->origin, from, to, &span->filter);

	part->split = span->split;
	if (part->split)
		part->split->pending++;
	jm_plan_push_front(plan, part);
	return part;
}

/*
 * Divides a span whose rows do not tell where to cut, being all of one time,
 * oldest (INT64_MAX: none is known): what is above that second, the second,
 * what is below.
 */
static void
divide_span(JmPlan *plan, JmSpan *span, int64_t oldest)
{
	bool		known = oldest != INT64_MAX;
	int64_t		bound = known ? oldest - plan->shift : span->from;
	JmSpan	   *top;

	if (bound - 1 <= span->from || bound + 1 >= span->to)
	{
		/* no help from the rows: halves, or the end where they all are */
		int64_t		middle = span->from + (span->to - span->from) / 2;

		if (known && bound + 1 >= span->to && span->to - NARROWEST > span->from)
			middle = span->to - NARROWEST;
		else if (known && bound - 1 <= span->from && span->from + NARROWEST < span->to)
			middle = span->from + NARROWEST;
		add_part(plan, span, span->from, middle);
		top = add_part(plan, span, middle, span->to);
	}
	else
	{
		add_part(plan, span, span->from, bound - 1);
		add_part(plan, span, bound - 1, bound + 1);
		top = add_part(plan, span, bound + 1, span->to);
	}
	if (span->split)
		span->split->pending--;
	top->closed_top = span->closed_top;
	top->top_shift = span->top_shift;
	top->grows = span->grows;
	jm_plan_remove_span(plan, span);
}

/*
 * Page CELL_PAGES - 1 of the span tells where its first rows end: they become
 * a cell, and the span goes on below.
 */
void
jm_plan_answer_walk(JmPlan *plan, JmSpan *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	int64_t		oldest = INT64_MAX;
	int64_t		cut = INT64_MAX;
	int64_t		bound;
	int			kept = 0;
	JmCell	   *cell;

	span->total = total;
	/* read before something went: its rows would not join on to the others */
	if (span->first.state == PAGE_HAVE && span->first.total != total)
		jm_plan_clear_page(plan, &span->first);
	if (total <= CELL_ROWS)
	{
		/* fewer than was thought */
		close_walk(plan, span, total, rows, nrows, payload);
		return;
	}

	for (int i = 0; i < nrows; i++)
		if (rows[i].created != INT64_MIN && rows[i].created < oldest)
			oldest = rows[i].created;
	for (int i = 0; i < nrows; i++)
		if (rows[i].created != INT64_MIN && rows[i].created > oldest && rows[i].created < cut)
			cut = rows[i].created;
	bound = cut == INT64_MAX ? span->from : cut - plan->shift;
	if (bound > span->from && bound < span->to)
	{
		for (int i = 0; i < nrows; i++)
			if (rows[i].created != INT64_MIN && rows[i].created >= cut)
				rows[kept++] = rows[i];
		cell = jm_plan_new_cell(plan, span, (CELL_PAGES - 1) * JM_API_PAGE + kept);
		cell->from = bound;
		if (span->split)
			span->split->pending++;
		give_first_page(span, cell, cell->expected);
		jm_plan_keep_page(plan, &cell->pages[CELL_PAGES - 1], cell->expected, rows, kept, payload);
		span->total -= cell->expected;
		span->to = bound;
		span->walk = span->total > CELL_ROWS;
		jm_plan_open_cell(plan, cell);
		return;
	}

	if (total <= JM_API_REACH)
	{
		close_walk(plan, span, total, rows, nrows, payload);
		return;
	}

	jm_plan_drop(plan, payload);
	divide_span(plan, span, oldest);
}
