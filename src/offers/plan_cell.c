/*
 * plan_cell.c
 *		The pages of a cell: which to read, which to read again, and when they
 *		are complete.
 *
 * Offers come and go while pages are read, which moves rows from page to page.
 * A cell is complete when all its pages announced the same total and together
 * brought that many different offers; otherwise pages are read again, a
 * bounded number of times, and then the cell is cut or split.  Where offers
 * are created, one may be while another goes, and the total says nothing: the
 * first page is then read before the others and after them, and must be the
 * same.
 */
#include "offers/plan_internal.h"

#include <stdlib.h>
#include <string.h>

/* A cell whose total moved so often is cut, or else given time ... */
#define MAX_MOVES 6

/* ... with a pause before each request; after so many more moves it is split
 * by other criteria, or given up. */
#define MAX_PATIENT_MOVES 6

/* A closed window whose total rose so often is read later than thought. */
#define MAX_GROWN 3

/* Rows that were unreadable in so many readings of a page will stay so. */
#define SAME_UNREADABLE 3

/*
 * May a page be asked for now?  In a cell that grows the first stands before
 * all the others, and after them.
 */
bool
jm_plan_may_ask(const JmCell *cell, int p)
{
	if (cell->pages[p].state != PAGE_NEEDED)
		return false;
	if (!cell->grows || cell->npages < 2)
		return true;
	if (p > 0)
		return cell->pages[0].state == PAGE_HAVE;
	for (int other = 1; other < JM_PLAN_MAX_PAGES; other++)
		if (cell->pages[other].state == PAGE_ASKED)
			return false;
	return true;
}

typedef struct RowPage
{
	uint64_t	id;
	int			page;
} RowPage;

static int
row_page_cmp(const void *a, const void *b)
{
	const RowPage *x = a;
	const RowPage *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/*
 * Counts the different readable offers in a cell's pages, and marks the pages
 * that share one with another row.
 */
static int
count_distinct(JmPlan *plan, JmCell *cell, int *unreadable, bool *repeats)
{
	RowPage    *ids = jm_plan_make(plan, sizeof(RowPage) * JM_PLAN_MAX_PAGES * JM_API_PAGE);
	int			n = 0;
	int			distinct = 0;

	*unreadable = 0;
	memset(repeats, 0, sizeof(bool) * JM_PLAN_MAX_PAGES);
	for (int p = 0; p < cell->npages; p++)
		for (int i = 0; i < cell->pages[p].nrows; i++)
			if (cell->pages[p].rows[i].readable)
			{
				ids[n].id = cell->pages[p].rows[i].id;
				ids[n++].page = p;
			}
			else
				(*unreadable)++;
	qsort(ids, (size_t) n, sizeof(RowPage), row_page_cmp);
	for (int i = 0; i < n; i++)
		if (i > 0 && ids[i].id == ids[i - 1].id)
			repeats[ids[i].page] = repeats[ids[i - 1].page] = true;
		else
			distinct++;
	jm_plan_discard(plan, ids);
	return distinct;
}

/* Is a page to be read again?  Not more often than is bounded. */
static bool
read_again(JmPlan *plan, JmPlanPage *page)
{
	if (++page->tries >= MAX_TRIES)
		return false;
	jm_plan_clear_page(plan, page);
	return true;
}

/*
 * Has the page unreadable rows that another reading may cure?  Not those that
 * were the same several times.
 */
static bool
may_become_readable(JmPlanPage *page)
{
	uint64_t	digest = 14695981039346656037U; /* FNV-1a */
	bool		any = false;

	for (int i = 0; i < page->nrows; i++)
	{
		any = any || !page->rows[i].readable;
		digest = (digest ^ (page->rows[i].readable ? 1 : 2)) * 1099511628211U;
	}
	if (!any)
		return false;
	page->unreadable_same = digest == page->unreadable ? page->unreadable_same + 1 : 1;
	page->unreadable = digest;
	return page->unreadable_same < SAME_UNREADABLE;
}

/* Finishes the cell if all its pages are there. */
void
jm_plan_check_cell(JmPlan *plan, JmCell *cell)
{
	int			unreadable;
	bool		missing = false;
	bool		repeats[JM_PLAN_MAX_PAGES];
	int64_t		reach = cell->expected < JM_API_REACH ? cell->expected : JM_API_REACH;

	for (int p = 0; p < cell->npages; p++)
	{
		int64_t		should = reach - (int64_t) p * JM_API_PAGE;

		if (should > JM_API_PAGE)
			should = JM_API_PAGE;
		if (cell->pages[p].state != PAGE_HAVE)
			missing = true;
		else if (cell->pages[p].nrows != should)
		{
			missing = true;
			if (!read_again(plan, &cell->pages[p]))
			{
				jm_plan_finish_cell(plan, cell, JM_CELL_FAILED,
									"a page held fewer offers than it should");
				return;
			}
		}
	}
	if (missing)
		return;
	cell->received = count_distinct(plan, cell, &unreadable, repeats);
	if (cell->received + unreadable < reach)
	{
		/*
		 * some row came twice, so another never came: one page of the two is
		 * wrong
		 */
		for (int p = 0; p < cell->npages; p++)
			if (repeats[p] && !read_again(plan, &cell->pages[p]))
			{
				jm_plan_finish_cell(plan, cell, JM_CELL_FAILED,
									"fewer different offers came than were announced");
				return;
			}
		return;
	}
	if (unreadable)
	{
		bool		again = false;

		for (int p = 0; p < cell->npages; p++)
			if (may_become_readable(&cell->pages[p]))
				again = read_again(plan, &cell->pages[p]) || again;
		if (!again)
			jm_plan_finish_cell(plan, cell, JM_CELL_FAILED, "some offers could not be read");
	}
	else if (cell->expected > JM_API_REACH)
		jm_plan_finish_cell(plan, cell, JM_CELL_TRUNCATED, "more offers than one search serves");
	else if (cell->grows && cell->npages > 1 && !cell->still)
	{
		cell->rereading = true;
		jm_plan_clear_page(plan, &cell->pages[0]);
	}
	else
		jm_plan_finish_cell(plan, cell, JM_CELL_COMPLETE, NULL);
}

/*
 * The total moved: what was read under another total must be read again.
 * false if the cell is no longer open.
 */
static bool
move_total(JmPlan *plan, JmCell *cell, int64_t total)
{
	bool		forced = cell->expected > JM_API_REACH;

	if (total > JM_API_REACH && !forced)
	{
		jm_plan_replan_piece(plan, cell, cell->from, cell->to);
		jm_plan_abandon_cell(plan, cell);
		return false;
	}
	if (++cell->moves > MAX_MOVES)
	{
		if (jm_plan_cut_cell(plan, cell))
			return false;
		cell->patient = true;
	}
	if (cell->moves > MAX_MOVES + MAX_PATIENT_MOVES)
	{
		if (jm_plan_split_cell(plan, cell))
			return false;
		jm_plan_finish_cell(plan, cell, JM_CELL_FAILED, "its number of offers kept changing");
		return false;
	}
	cell->expected = total;
	cell->npages = jm_plan_pages_of(total);
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
	{
		JmPlanPage *page = &cell->pages[p];

		if (page->state == PAGE_HAVE && (page->total != total || p >= cell->npages))
			jm_plan_clear_page(plan, page);
	}
	return true;
}

/*
 * The first page of a cell that grows came.  At the end it must be what it was
 * at first; otherwise the others are read again, in the new order.  false if
 * the cell is no longer open.
 */
static bool
look_at_first(JmPlan *plan, JmCell *cell)
{
	uint64_t	digest = jm_plan_rows_digest(&cell->pages[0]);
	bool		moved = cell->rereading;

	cell->still = cell->rereading && digest == cell->first_rows;
	for (int p = 0; p < cell->npages; p++)
		if (cell->pages[p].state != PAGE_HAVE || cell->pages[p].total != cell->expected)
			cell->still = false;
	cell->rereading = false;
	if (cell->still)
		return true;
	cell->first_rows = digest;
	for (int p = 1; p < JM_PLAN_MAX_PAGES; p++)
		if (cell->pages[p].state == PAGE_HAVE)
			jm_plan_clear_page(plan, &cell->pages[p]);
	return !moved || move_total(plan, cell, cell->expected);
}

/*
 * Takes the answer to the question for page p of a cell; the cell may be gone
 * afterwards.
 */
void
jm_plan_answer_page(JmPlan *plan, JmCell *cell, int p, int64_t total, JmPlanRow *rows, int nrows,
					void *payload)
{
	JmPlanPage *page = &cell->pages[p];

	if (p >= cell->npages)
	{
		/* asked for before the total shrank */
		jm_plan_drop(plan, payload);
		page->state = PAGE_NEEDED;
		return;
	}
	if (total != cell->expected)
	{
		bool		confirmed = page->odd_total >= 0;

		cell->grown += total > cell->expected;
		if (cell->grown >= MAX_GROWN && jm_plan_may_reopen(plan, cell))
		{
			jm_plan_drop(plan, payload);
			jm_plan_reopen_top(plan, cell);
			return;
		}

		/*
		 * One page against the others may be a slip of the server: the page
		 * is asked for once more before all the others are.  A cell that a
		 * walk cut has no announced total yet.
		 */
		page->odd_total = total;
		if (!confirmed && cell->answers > 1 && read_again(plan, page))
		{
			jm_plan_drop(plan, payload);
			return;
		}
		jm_plan_keep_page(plan, page, total, rows, nrows, payload);
		if (!move_total(plan, cell, total))
			return;
	}
	else
	{
		page->odd_total = -1;
		jm_plan_keep_page(plan, page, total, rows, nrows, payload);
	}
	if (p == 0 && cell->grows && !look_at_first(plan, cell))
		return;
	jm_plan_check_cell(plan, cell);
}
