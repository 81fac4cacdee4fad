/*
 * plan_list.c
 *		The spans, cells and pages that a plan consists of.
 */
#include "offers/plan_internal.h"

#include <string.h>

/* Zeroed memory of the caller's. */
void *
jm_plan_make(JmPlan *plan, size_t size)
{
	void	   *p = plan->hooks.alloc(plan->hooks.context, size);

	memset(p, 0, size);
	return p;
}

/* Gives memory back; p may be NULL. */
void
jm_plan_discard(JmPlan *plan, void *p)
{
	if (p)
		plan->hooks.free(plan->hooks.context, p);
}

/* Gives the caller's page back unused. */
void
jm_plan_drop(JmPlan *plan, void *payload)
{
	plan->hooks.drop(plan->hooks.context, payload);
}

/* Forgets what a page held: it is to be read. */
void
jm_plan_clear_page(JmPlan *plan, JmPlanPage *page)
{
	jm_plan_discard(plan, page->rows);
	if (page->payload)
		jm_plan_drop(plan, page->payload);
	page->rows = NULL;
	page->payload = NULL;
	page->nrows = 0;
	page->state = PAGE_NEEDED;
}

/* Has a page hold an answer instead of what it held; rows are copied. */
void
jm_plan_keep_page(JmPlan *plan, JmPlanPage *page, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	jm_plan_clear_page(plan, page);
	page->state = PAGE_HAVE;
	page->total = total;
	page->rows = jm_plan_make(plan, sizeof(JmPlanRow) * (size_t) (nrows + 1));
	memcpy(page->rows, rows, sizeof(JmPlanRow) * (size_t) nrows);
	page->nrows = nrows;
	page->payload = payload;
}

/* Digest of the identifiers of a page's rows, in their order. */
uint64_t
jm_plan_rows_digest(const JmPlanPage *page)
{
	uint64_t	digest = 14695981039346656037U; /* FNV-1a */

	for (int i = 0; i < page->nrows; i++)
		digest = (digest ^ page->rows[i].id) * 1099511628211U;
	return digest;
}

/* A span in no list yet; filter may be NULL. */
JmSpan *
jm_plan_new_span(JmPlan *plan, int origin, int64_t from, int64_t to, const JmPlanFilter *filter)
{
	JmSpan	   *span = jm_plan_make(plan, sizeof(JmSpan));

	span->origin = origin;
	span->from = from;
	span->to = to;
	if (filter)
		span->filter = *filter;
	span->total = -1;
	return span;
}

/* Lets a span be worked on before all the others. */
void
jm_plan_push_front(JmPlan *plan, JmSpan *span)
{
	span->next = plan->spans;
	plan->spans = span;
	if (plan->last_span == NULL)
		plan->last_span = span;
}

/* Lets a span be worked on after all the others. */
void
jm_plan_push_back(JmPlan *plan, JmSpan *span)
{
	span->next = NULL;
	if (plan->last_span)
		plan->last_span->next = span;
	else
		plan->spans = span;
	plan->last_span = span;
}

/* Takes a span out of the list and frees it. */
void
jm_plan_remove_span(JmPlan *plan, JmSpan *span)
{
	JmSpan	  **link = &plan->spans;

	while (*link != span)
		link = &(*link)->next;
	*link = span->next;
	plan->last_span = NULL;
	for (JmSpan *s = plan->spans; s; s = s->next)
		plan->last_span = s;
	jm_plan_clear_page(plan, &span->first);
	jm_plan_discard(plan, span);
}

/* Pages of a search of so many rows, as far as they can be read. */
int
jm_plan_pages_of(int64_t total)
{
	if (total > JM_API_REACH)
		total = JM_API_REACH;
	return (int) ((total + JM_API_PAGE - 1) / JM_API_PAGE);
}

/* A cell of a span's window and of total rows, in no list yet. */
JmCell *
jm_plan_new_cell(JmPlan *plan, const JmSpan *span, int64_t total)
{
	JmCell	   *cell = jm_plan_make(plan, sizeof(JmCell));

	cell->cell_id = plan->next_id++;
	cell->origin = span->origin;
	cell->from = span->from;
	cell->to = span->to;
	cell->filter = span->filter;
	cell->expected = total;
	cell->npages = jm_plan_pages_of(total);
	cell->split = span->split;
	cell->parent_id = span->split ? span->split->cell->cell_id : 0;
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		cell->pages[p].odd_total = -1;
	return cell;
}

static void
append_cell(JmCell **list, JmCell *cell)
{
	while (*list)
		list = &(*list)->next;
	cell->next = NULL;
	*list = cell;
}

/* Takes a cell out of those that are open, if it is there. */
static void
take_out(JmPlan *plan, JmCell *cell)
{
	JmCell	  **link = &plan->open;

	while (*link && *link != cell)
		link = &(*link)->next;
	if (*link)
		*link = cell->next;
}

/* Hands a finished cell over to be stored. */
void
jm_plan_hand_over(JmPlan *plan, JmCell *cell)
{
	append_cell(&plan->ready, cell);
}

/*
 * Finishes a cell, open or not; problem, a constant, says why it is not
 * complete.
 */
void
jm_plan_finish_cell(JmPlan *plan, JmCell *cell, JmCellStatus status, const char *problem)
{
	cell->status = status;
	cell->problem = problem;
	take_out(plan, cell);
	jm_plan_hand_over(plan, cell);
	jm_plan_finish_part(plan, cell->split, status, cell->expected > 0 ? cell->expected : 0);
}

/* Opens a cell; one without offers is complete at once. */
void
jm_plan_open_cell(JmPlan *plan, JmCell *cell)
{
	if (cell->npages == 0)
		jm_plan_finish_cell(plan, cell, JM_CELL_COMPLETE, NULL);
	else
		append_cell(&plan->open, cell);
}

/* A part of a cell's window goes back to planning, before all the others. */
JmSpan *
jm_plan_replan(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to)
{
	JmSpan	   *span = jm_plan_new_span(plan, cell->origin, from, to, &cell->filter);

	span->split = cell->split;
	jm_plan_push_front(plan, span);
	return span;
}

/* One window of a cell that is cut; the topmost is what the cell's top was. */
void
jm_plan_replan_piece(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to)
{
	JmSpan	   *span = jm_plan_replan(plan, cell, from, to);

	span->small = from > cell->from || to < cell->to;
	if (to == cell->to)
	{
		span->closed_top = cell->top;
		span->top_shift = cell->top_shift;
		span->grows = cell->grows;
	}
}

/* Gives an open cell up without a result. */
void
jm_plan_abandon_cell(JmPlan *plan, JmCell *cell)
{
	take_out(plan, cell);
	jm_plan_free_cell(plan, cell);
}

/* Frees a cell with all its pages. */
void
jm_plan_free_cell(JmPlan *plan, JmCell *cell)
{
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		jm_plan_clear_page(plan, &cell->pages[p]);
	if (cell->taken)
		plan->taken -= cell->npages;
	jm_plan_discard(plan, cell);
}
