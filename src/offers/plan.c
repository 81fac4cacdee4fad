/*
 * plan.c
 *		What a harvest asks next, and when a part of it is complete.
 *
 * The API serves 3,150 rows of a search and no more, so the whole is cut into
 * cells: windows of creation dates of one origin.  Halving windows blindly
 * wastes a request on each that is too full.  Instead each span of time is
 * walked from its newest offer to its oldest: sorted by date, the last page of
 * the first 1,200 rows tells exactly where those end, and is itself one of the
 * pages to be read.  The cell above that date is then a closed window, whose
 * announced total can be compared with what is read; the walk goes on below.
 * So hardly a request is wasted, and no knowledge of earlier runs is needed.
 *
 * Bounds.  The API's bounds are inclusive and have no fractions of a second,
 * while offers have: two neighbouring cells share the second at their border,
 * so that no reading of the bounds can lose an offer between them.  The API
 * was also seen to read bounds in another time zone than it writes dates; any
 * constant shift leaves the cells complete, and is learnt from the rows so
 * that they keep their size.
 *
 * Truth.  Offers come and go while pages are read, which moves rows from page
 * to page.  A cell is complete when all its pages announced the same total and
 * together brought that many different offers; otherwise pages are read again,
 * a bounded number of times.  A single page is of one moment, so a cell that
 * does not keep still is cut into windows of about a page each; where a second
 * alone holds more, it is given time, and then split by other criteria.  A
 * server that would never keep still must not be asked without end: there is a
 * budget for all that.  Where offers are created, one may be while another goes, and
 * the total says nothing: the first page is then read before the others and
 * after them, and must be the same.
 */
#include "offers/plan.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a cell that a walk cuts: two cells at once stay within the work
 * that one cell of the API's reach would be. */
#define CELL_PAGES 8
#define CELL_ROWS (CELL_PAGES * JM_PLAN_PAGE)

/* How often a page is read at most. */
#define MAX_TRIES 12

/* A cell whose total moved so often is cut, or else given time ... */
#define MAX_MOVES 6

/* ... with a pause before each request; after so many more moves it is split
 * by other criteria, or given up. */
#define MAX_PATIENT_MOVES 6
#define PATIENT_PAUSE_MS 700

/* Rows that the windows of a cut cell hold: a page, and room to grow. */
#define CUT_ROWS 100

/* No cell is cut or split for moving once so many requests were sent for each
 * page that was announced, and some more. */
#define BUDGET_FACTOR 6
#define BUDGET_BASE 600

/* Dates cannot cut a window of a second and its neighbours'. */
#define NARROWEST 2

#define MAX_REOPENED 16

/* A doubtful answer is asked for again so often, and then taken. */
#define MAX_DOUBTS 4

/* Rows that were unreadable in so many readings of a page will stay so. */
#define SAME_UNREADABLE 3

/* Requests under way at once, until jm_plan_set_depth tells. */
#define DEFAULT_DEPTH 8

/* Pages at most that are asked for or read and not yet stored, beyond those of
 * a deep pipeline: one cell is read while another is stored.  They are lost
 * when the harvest is cut off; with the requests that only count, they are not
 * more than one search has. */
#define MAX_HELD (2 * CELL_PAGES)

/* The API's clock shift is a matter of time zones. */
#define SHIFT_STEP 900
#define SHIFT_MAX (14 * 3600)

enum
{
	PAGE_NEEDED,
	PAGE_ASKED,
	PAGE_HAVE
};

/* Parts of a window of one second or so. */
typedef struct JmSplit
{
	JmCell	   *cell;			/* stands for the whole */
	struct JmSplit *parent;
	int			pending;		/* parts not finished */
	int64_t		expected;		/* sum over the finished parts */
	bool		failed;
	bool		truncated;
	bool		recounted;		/* was the whole counted again at the end? */
} JmSplit;

/* A span of time not cut into cells yet. */
typedef struct Span
{
	int			origin;
	int64_t		from,
				to;
	JmPlanFilter filter;
	bool		given;			/* by the caller, and not counted yet */
	bool		open_top;		/* may offers still be created in it? */
	bool		closed_top;		/* no more, see close_top */
	bool		grows;			/* or yet, as far as is known */
	int64_t		top_shift;		/* the clock's shift assumed then */
	bool		recount;		/* counts its split's whole again */
	bool		walk;			/* next: where do the first rows end? else:
								 * how many are there? */
	bool		asked;
	bool		small;			/* of about a page */
	bool		stranger;		/* did an answer hold rows of another time? */
	int			tries;
	int			doubts;
	int64_t		total;			/* known or estimated rows, -1: unknown */
	JmPlanPage	first;			/* its first page, if read already */
	JmSplit    *split;
	struct Span *next;
} Span;

typedef struct Done
{
	int			origin;
	int64_t		from,
				to;
	JmPlanFilter filter;
	int64_t		expected;
	struct Done *next;
} Done;

struct JmPlan
{
	JmPlanHooks hooks;
	const char *const *departements;
	int			ndepartements;
	const char *const *romes;
	int			nromes;
	int64_t		next_id;
	int			depth;			/* requests that should be under way */
	int			taken;			/* pages of finished cells not freed yet */
	int64_t		asked;			/* requests */
	int			reopened;		/* how often close_top had failed */
	int64_t		announced;		/* rows of the spans given, as first counted */
	int64_t		shift;			/* a row created at t is selected by bound t -
								 * shift */
	Span	   *spans;			/* first: worked on */
	Span	   *last_span;
	JmCell	   *open;
	JmCell	   *ready;
	Done	   *done;
};

static void *
make(JmPlan *plan, size_t size)
{
	void	   *p = plan->hooks.alloc(plan->hooks.context, size);

	memset(p, 0, size);
	return p;
}

static void
discard(JmPlan *plan, void *p)
{
	if (p)
		plan->hooks.free(plan->hooks.context, p);
}

static void
clear_page(JmPlan *plan, JmPlanPage *page)
{
	discard(plan, page->rows);
	if (page->payload)
		plan->hooks.drop(plan->hooks.context, page->payload);
	page->rows = NULL;
	page->payload = NULL;
	page->nrows = 0;
	page->state = PAGE_NEEDED;
}

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

static Span *
new_span(JmPlan *plan, int origin, int64_t from, int64_t to, const JmPlanFilter *filter)
{
	Span	   *span = make(plan, sizeof(Span));

	span->origin = origin;
	span->from = from;
	span->to = to;
	if (filter)
		span->filter = *filter;
	span->total = -1;
	return span;
}

static void
push_front(JmPlan *plan, Span *span)
{
	span->next = plan->spans;
	plan->spans = span;
	if (plan->last_span == NULL)
		plan->last_span = span;
}

static void
push_back(JmPlan *plan, Span *span)
{
	span->next = NULL;
	if (plan->last_span)
		plan->last_span->next = span;
	else
		plan->spans = span;
	plan->last_span = span;
}

static void
remove_span(JmPlan *plan, Span *span)
{
	Span	  **link = &plan->spans;

	while (*link != span)
		link = &(*link)->next;
	*link = span->next;
	plan->last_span = NULL;
	for (Span *s = plan->spans; s; s = s->next)
		plan->last_span = s;
	clear_page(plan, &span->first);
	discard(plan, span);
}

/* Adds a window of creation dates (seconds, inclusive) to be read whole. */
void
jm_plan_add_span(JmPlan *plan, int origin, int64_t from, int64_t to)
{
	Span	   *span = new_span(plan, origin, from, to, NULL);

	span->given = span->open_top = span->grows = true;
	push_back(plan, span);
}

/* Tells of a filtered cell that an earlier, interrupted run completed. */
void
jm_plan_add_done(JmPlan *plan, int origin, int64_t from, int64_t to,
				 const JmPlanFilter *filter, int64_t expected)
{
	Done	   *done = make(plan, sizeof(Done));

	done->origin = origin;
	done->from = from;
	done->to = to;
	done->filter = *filter;
	done->expected = expected;
	done->next = plan->done;
	plan->done = done;
}

static int
pages_of(int64_t total)
{
	if (total > JM_PLAN_REACH)
		total = JM_PLAN_REACH;
	return (int) ((total + JM_PLAN_PAGE - 1) / JM_PLAN_PAGE);
}

static JmCell *
new_cell(JmPlan *plan, int origin, int64_t from, int64_t to, const JmPlanFilter *filter,
		 int64_t total, JmSplit *split)
{
	JmCell	   *cell = make(plan, sizeof(JmCell));

	cell->cell_id = plan->next_id++;
	cell->origin = origin;
	cell->from = from;
	cell->to = to;
	cell->filter = *filter;
	cell->expected = total;
	cell->npages = pages_of(total);
	cell->split = split;
	cell->parent_id = split ? split->cell->cell_id : 0;
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

/* A part is finished; when it was the last, so is the whole. */
static void
finish_part(JmPlan *plan, JmSplit *split, JmCellStatus status, int64_t expected)
{
	while (split)
	{
		JmSplit    *parent = split->parent;
		JmCell	   *cell = split->cell;

		split->pending--;
		split->expected += expected;
		split->failed = split->failed || status == JM_CELL_FAILED;
		split->truncated = split->truncated || status == JM_CELL_TRUNCATED;
		if (split->pending > 0)
			return;

		/*
		 * Fewer than the whole had: either some went meanwhile, or no part
		 * can reach them, being without the criterion.  Counting again tells.
		 */
		if (!split->failed && !split->truncated && !split->recounted &&
			split->expected < cell->expected)
		{
			Span	   *span = new_span(plan, cell->origin, cell->from, cell->to, &cell->filter);

			split->recounted = true;
			split->pending = 1;
			span->recount = true;
			span->split = split;
			push_front(plan, span);
			return;
		}
		/* offers that no part can reach make the difference */
		cell->received = split->expected;
		if (split->failed)
		{
			cell->status = JM_CELL_FAILED;
			cell->problem = "some of its parts could not be read";
		}
		else if (split->truncated || split->expected < cell->expected)
		{
			cell->status = JM_CELL_TRUNCATED;
			cell->problem = "its parts do not hold all its offers";
		}
		else
			cell->status = JM_CELL_SPLIT;
		status = cell->status;
		expected = cell->expected;
		append_cell(&plan->ready, cell);
		discard(plan, split);
		split = parent;
	}
}

static void
finish_cell(JmPlan *plan, JmCell *cell, JmCellStatus status, const char *problem)
{
	JmCell	  **link = &plan->open;

	cell->status = status;
	cell->problem = problem;
	while (*link && *link != cell)
		link = &(*link)->next;
	if (*link)
		*link = cell->next;
	append_cell(&plan->ready, cell);
	finish_part(plan, cell->split, status, cell->expected > 0 ? cell->expected : 0);
}

/* Opens a cell; one without offers is complete at once. */
static void
open_cell(JmPlan *plan, JmCell *cell)
{
	if (cell->npages == 0)
		finish_cell(plan, cell, JM_CELL_COMPLETE, NULL);
	else
		append_cell(&plan->open, cell);
}

/* ------------------------------------------------------------------------
 * Splitting one second
 * ------------------------------------------------------------------------
 */
static const char domains[] = "ABCDEFGHIJKLMN";

/* Index and number of the ROME codes of a domain (the list is sorted). */
static void
romes_of(const JmPlan *plan, char domain, int *first, int *count)
{
	*first = 0;
	while (*first < plan->nromes && domain && plan->romes[*first][0] != domain)
		(*first)++;
	*count = 0;
	while (*first + *count < plan->nromes &&
		   (domain == 0 || plan->romes[*first + *count][0] == domain))
		(*count)++;
}

static bool
same_filter(const JmPlanFilter *a, const JmPlanFilter *b)
{
	return a->domain == b->domain &&
		a->departement_first == b->departement_first &&
		a->departement_count == b->departement_count &&
		a->rome_first == b->rome_first && a->rome_count == b->rome_count;
}

static void
add_part(JmPlan *plan, JmSplit *split, const Span *whole, const JmPlanFilter *filter)
{
	Span	   *span;

	split->pending++;
	for (Done *done = plan->done; done; done = done->next)
		if (done->origin == whole->origin && done->from == whole->from &&
			done->to == whole->to && same_filter(&done->filter, filter))
		{
			split->expected += done->expected;
			split->pending--;
			return;
		}
	span = new_span(plan, whole->origin, whole->from, whole->to, filter);
	span->split = split;
	span->grows = whole->grows;
	push_front(plan, span);
}

/* Parts of a list of n codes from first: groups, or halves of a group. */
static void
add_groups(JmPlan *plan, JmSplit *split, const Span *whole, JmPlanFilter filter,
		   bool romes, int first, int n, int group)
{
	for (int i = 0; i < n; i += group)
	{
		int			count = n - i < group ? n - i : group;

		if (romes)
		{
			filter.rome_first = first + i;
			filter.rome_count = count;
		}
		else
		{
			filter.departement_first = first + i;
			filter.departement_count = count;
		}
		add_part(plan, split, whole, &filter);
	}
}

/*
 * Splits a window that dates cannot split: by grand domaine, then groups of
 * départements down to one, then groups of ROME codes down to one.  false
 * when nothing is left to split by.
 */
static bool
split_by_filter(JmPlan *plan, Span *whole, int64_t total)
{
	JmSplit    *split;
	JmPlanFilter filter = whole->filter;
	int			first,
				count;

	if (plan->ndepartements == 0 && plan->nromes == 0)
		return false;			/* the caller's own criteria are in the way */
	romes_of(plan, filter.domain, &first, &count);
	if (filter.rome_count == 1 ||
		(filter.domain && filter.departement_count == 1 && filter.rome_count == 0 && count == 0))
		return false;

	split = make(plan, sizeof(JmSplit));
	split->parent = whole->split;
	split->cell = new_cell(plan, whole->origin, whole->from, whole->to, &filter, total, whole->split);
	split->cell->npages = 0;
	split->pending = 1;			/* until all parts are added */
	if (filter.domain == 0)
	{
		for (const char *d = domains; *d; d++)
		{
			filter.domain = *d;
			add_part(plan, split, whole, &filter);
		}
	}
	else if (filter.departement_count == 0)
		add_groups(plan, split, whole, filter, false, 0, plan->ndepartements, 5);
	else if (filter.departement_count > 1)
		add_groups(plan, split, whole, filter, false, filter.departement_first,
				   filter.departement_count, 1);
	else if (filter.rome_count == 0)
		add_groups(plan, split, whole, filter, true, first, count, 200);
	else
		add_groups(plan, split, whole, filter, true, filter.rome_first, filter.rome_count,
				   (filter.rome_count + 1) / 2);
	/* the count of one taken above is given back here */
	finish_part(plan, split, JM_CELL_COMPLETE, 0);
	return true;
}

/* ------------------------------------------------------------------------
 * Walking a span
 * ------------------------------------------------------------------------
 */

/* Is a row outside the bounds that were asked for, as they are understood? */
static bool
has_stranger(const JmPlan *plan, const JmPlanAsk *ask, const JmPlanRow *rows, int nrows)
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
static bool
learn_shift(JmPlan *plan, const JmPlanAsk *ask, const JmPlanRow *rows, int nrows)
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
	if (has_stranger(plan, ask, rows, nrows))
	{
		plan->shift = before;
		return false;
	}
	return true;
}

static void
keep_page(JmPlan *plan, JmPlanPage *page, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	clear_page(plan, page);
	page->state = PAGE_HAVE;
	page->total = total;
	page->rows = make(plan, sizeof(JmPlanRow) * (size_t) (nrows + 1));
	memcpy(page->rows, rows, sizeof(JmPlanRow) * (size_t) nrows);
	page->nrows = nrows;
	page->payload = payload;
}

static void check_cell(JmPlan *plan, JmCell *cell);

/* Digest of a page's rows. */
static uint64_t
rows_digest(const JmPlanPage *page)
{
	uint64_t	digest = 14695981039346656037U; /* FNV-1a */

	for (int i = 0; i < page->nrows; i++)
		digest = (digest ^ page->rows[i].id) * 1099511628211U;
	return digest;
}

/* The first page, read with a wider window, serves a cell of the same top. */
static void
give_first_page(Span *span, JmCell *cell, int64_t total)
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
	cell->first_rows = rows_digest(&cell->pages[0]);
	memset(&span->first, 0, sizeof(span->first));
}

/* The span is small enough, or cannot be made smaller: it becomes a cell. */
static void
close_span(JmPlan *plan, Span *span, int64_t total)
{
	JmCell	   *cell = new_cell(plan, span->origin, span->from, span->to, &span->filter,
								total, span->split);

	give_first_page(span, cell, total);
	remove_span(plan, span);
	open_cell(plan, cell);
	if (cell->status == JM_CELL_OPEN)
		check_cell(plan, cell);
}

/* Likewise, and the page that the walk read serves the cell too. */
static void
close_walk(JmPlan *plan, Span *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	JmCell	   *cell = new_cell(plan, span->origin, span->from, span->to, &span->filter,
								total, span->split);

	give_first_page(span, cell, total);
	if (cell->npages >= CELL_PAGES)
		keep_page(plan, &cell->pages[CELL_PAGES - 1], total, rows, nrows, payload);
	else
		plan->hooks.drop(plan->hooks.context, payload);
	remove_span(plan, span);
	open_cell(plan, cell);
	if (cell->status == JM_CELL_OPEN)
		check_cell(plan, cell);
}

/*
 * Offers are created while the newest are read, and their number would never
 * keep still: the span is closed at the newest offer that there is, and what
 * comes after it is read last.  That goes on until it is a single page, which
 * is of one moment.
 */
static void
close_top(JmPlan *plan, Span *span, const JmPlanRow *rows, int nrows)
{
	int64_t		newest = INT64_MIN;
	int64_t		bound;
	Span	   *rest;

	span->open_top = false;
	for (int i = 0; i < nrows; i++)
		if (rows[i].created != INT64_MIN && rows[i].created > newest)
			newest = rows[i].created;
	if (newest == INT64_MIN)
		return;
	bound = newest - plan->shift;
	if (bound <= span->from || bound >= span->to - 1)
		return;
	rest = new_span(plan, span->origin, bound, span->to, &span->filter);
	rest->open_top = rest->grows = true;
	push_back(plan, rest);
	span->to = bound;
	span->closed_top = true;
	span->top_shift = plan->shift;
	/* whether the API reads the new bound as we do is not known yet */
	clear_page(plan, &span->first);
}

static void
answer_count(JmPlan *plan, Span *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	if (span->recount)
	{
		JmSplit    *split = span->split;

		plan->hooks.drop(plan->hooks.context, payload);
		split->cell->expected = total;
		remove_span(plan, span);
		finish_part(plan, split, JM_CELL_COMPLETE, 0);
		return;
	}
	keep_page(plan, &span->first, total, rows, nrows, payload);
	span->total = total;
	if (span->given)
		plan->announced += total;
	span->given = false;
	if (span->open_top && total > JM_PLAN_PAGE)
		close_top(plan, span, rows, nrows);
	if (total > CELL_ROWS && span->to - span->from > 2)
		span->walk = true;
	else if (total <= JM_PLAN_REACH)
		close_span(plan, span, total);
	else if (split_by_filter(plan, span, total))
		remove_span(plan, span);
	else
		close_span(plan, span, total);
}

/*
 * Page CELL_PAGES - 1 of the span tells where its first rows end: they become
 * a cell, and the span goes on below.
 */
static void
answer_walk(JmPlan *plan, Span *span, int64_t total, JmPlanRow *rows, int nrows, void *payload)
{
	int64_t		oldest = INT64_MAX;
	int64_t		cut = INT64_MAX;
	int64_t		bound;
	int			kept = 0;
	JmCell	   *cell;

	span->total = total;
	/* read before something went: its rows would not join on to the others */
	if (span->first.state == PAGE_HAVE && span->first.total != total)
		clear_page(plan, &span->first);
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
	bound = cut - plan->shift;
	if (cut != INT64_MAX && bound > span->from && bound < span->to)
	{
		for (int i = 0; i < nrows; i++)
			if (rows[i].created != INT64_MIN && rows[i].created >= cut)
				rows[kept++] = rows[i];
		cell = new_cell(plan, span->origin, bound, span->to, &span->filter,
						(CELL_PAGES - 1) * JM_PLAN_PAGE + kept, span->split);
		if (span->split)
			span->split->pending++;
		give_first_page(span, cell, cell->expected);
		keep_page(plan, &cell->pages[CELL_PAGES - 1], cell->expected, rows, kept, payload);
		span->total -= cell->expected;
		span->to = bound;
		span->walk = span->total > CELL_ROWS;
		append_cell(&plan->open, cell);
		return;
	}

	if (total <= JM_PLAN_REACH)
	{
		close_walk(plan, span, total, rows, nrows, payload);
		return;
	}

	/* a page of one second: what is above it, that second, what is below */
	plan->hooks.drop(plan->hooks.context, payload);
	bound = oldest - plan->shift;
	if (oldest == INT64_MAX || bound - 1 <= span->from || bound + 1 >= span->to)
	{
		/* no help from the rows: halves */
		int64_t		middle = span->from + (span->to - span->from) / 2;

		if (oldest != INT64_MAX && bound + 1 >= span->to && span->to - 2 > span->from)
			middle = span->to - 2;
		else if (oldest != INT64_MAX && bound - 1 <= span->from && span->from + 2 < span->to)
			middle = span->from + 2;
		push_front(plan, new_span(plan, span->origin, span->from, middle, &span->filter));
		plan->spans->split = span->split;
	}
	else
	{
		push_front(plan, new_span(plan, span->origin, span->from, bound - 1, &span->filter));
		plan->spans->split = span->split;
		push_front(plan, new_span(plan, span->origin, bound - 1, bound + 1, &span->filter));
		plan->spans->split = span->split;
		if (span->split)
			span->split->pending++;
	}
	if (span->split)
		span->split->pending++;
	push_front(plan, new_span(plan, span->origin, plan->spans->to, span->to, &span->filter));
	plan->spans->split = span->split;
	plan->spans->closed_top = span->closed_top;
	plan->spans->top_shift = span->top_shift;
	plan->spans->grows = span->grows;
	remove_span(plan, span);
}

/* ------------------------------------------------------------------------
 * Reading a cell
 * ------------------------------------------------------------------------
 */
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
	RowPage    *ids = make(plan, sizeof(RowPage) * JM_PLAN_MAX_PAGES * JM_PLAN_PAGE);
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
	discard(plan, ids);
	return distinct;
}

/* A unit's window goes back to planning, at the front. */
static Span *
plan_window(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to)
{
	Span	   *span = new_span(plan, cell->origin, from, to, &cell->filter);

	span->split = cell->split;
	push_front(plan, span);
	return span;
}

/* Takes a cell out of those that are open, without a result. */
static void
abandon_cell(JmPlan *plan, JmCell *cell)
{
	JmCell	  **link = &plan->open;

	while (*link != cell)
		link = &(*link)->next;
	*link = cell->next;
	jm_plan_free_cell(plan, cell);
}

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
	return plan->asked < BUDGET_BASE + BUDGET_FACTOR * plan->announced / JM_PLAN_PAGE;
}

/* One window of a cell that is cut; the topmost is what the cell's top was. */
static void
plan_piece(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to)
{
	Span	   *span = plan_window(plan, cell, from, to);

	span->small = from > cell->from || to < cell->to;
	if (to == cell->to)
	{
		span->closed_top = cell->top;
		span->top_shift = cell->top_shift;
		span->grows = cell->grows;
	}
}

/*
 * Cuts a cell, by the rows at hand, into windows of about a page each, which
 * are planned anew; the cell is gone then.  A second that holds more gets a
 * window of its own.  false when dates cannot cut it.
 */
static bool
cut_cell(JmPlan *plan, JmCell *cell)
{
	int64_t    *times;
	int			n = 0;
	int64_t		to = cell->to;

	/* parts of a split are as narrow as can be */
	if (cell->npages < 2 || cell->expected > JM_PLAN_REACH || cell->split ||
		cell->to - cell->from <= NARROWEST || !within_budget(plan))
		return false;
	times = make(plan, sizeof(int64_t) * JM_PLAN_MAX_PAGES * JM_PLAN_PAGE);
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
			plan_piece(plan, cell, t + 1, to);
			plan_piece(plan, cell, t - 1, t + 1);
			to = t - 1;
			while (i + 1 < n && times[i + 1] >= t)
				i++;
		}
		else
		{
			plan_piece(plan, cell, t, to);
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
			plan_piece(plan, cell, after, to);
			to = after;
		}
	}
	discard(plan, times);
	if (to == cell->to)
		return false;
	plan_piece(plan, cell, cell->from, to);
	abandon_cell(plan, cell);
	return true;
}

/*
 * Splits a cell of a second or so by other criteria; it is gone then.  false
 * when there are none left.
 */
static bool
split_cell(JmPlan *plan, JmCell *cell)
{
	Span	   *span;
	bool		split;

	if (cell->npages < 2 || cell->expected > JM_PLAN_REACH ||
		cell->to - cell->from > NARROWEST || !within_budget(plan))
		return false;
	span = plan_window(plan, cell, cell->from, cell->to);
	span->grows = cell->grows;
	split = split_by_filter(plan, span, cell->expected);
	remove_span(plan, span);
	if (split)
		abandon_cell(plan, cell);
	return split;
}

/* Is a page to be read again?  Not more often than is bounded. */
static bool
read_again(JmPlan *plan, JmPlanPage *page)
{
	if (++page->tries >= MAX_TRIES)
		return false;
	clear_page(plan, page);
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
static void
check_cell(JmPlan *plan, JmCell *cell)
{
	int			unreadable;
	bool		missing = false;
	bool		repeats[JM_PLAN_MAX_PAGES];
	int64_t		reach = cell->expected < JM_PLAN_REACH ? cell->expected : JM_PLAN_REACH;

	for (int p = 0; p < cell->npages; p++)
	{
		int64_t		should = reach - (int64_t) p * JM_PLAN_PAGE;

		if (should > JM_PLAN_PAGE)
			should = JM_PLAN_PAGE;
		if (cell->pages[p].state != PAGE_HAVE)
			missing = true;
		else if (cell->pages[p].nrows != should)
		{
			missing = true;
			if (!read_again(plan, &cell->pages[p]))
			{
				finish_cell(plan, cell, JM_CELL_FAILED,
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
				finish_cell(plan, cell, JM_CELL_FAILED,
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
			finish_cell(plan, cell, JM_CELL_FAILED, "some offers could not be read");
	}
	else if (cell->expected > JM_PLAN_REACH)
		finish_cell(plan, cell, JM_CELL_TRUNCATED, "more offers than one search serves");
	else if (cell->grows && cell->npages > 1 && !cell->still)
	{
		cell->rereading = true;
		clear_page(plan, &cell->pages[0]);
	}
	else
		finish_cell(plan, cell, JM_CELL_COMPLETE, NULL);
}

static bool
may_reopen(const JmPlan *plan, const JmCell *cell)
{
	return cell->top && plan->reopened < MAX_REOPENED;
}

/*
 * Offers are still created in a cell whose end was closed, so the API reads
 * that end later than we thought: by whole hours, being a matter of time zones.
 */
static void
reopen_top(JmPlan *plan, JmCell *cell)
{
	Span	   *span;

	/* the first time it may be the second that is just passing */
	if (plan->reopened++ % 2 == 1 && plan->shift <= cell->top_shift)
		plan->shift = (cell->top_shift < 0 ? 0 : cell->top_shift / 3600 + 1) * 3600;
	span = plan_window(plan, cell, cell->from, cell->to);
	span->open_top = span->grows = true;
	abandon_cell(plan, cell);
}

/*
 * The total moved: what was read under another total must be read again.
 * false if the cell is no longer open.
 */
static bool
move_total(JmPlan *plan, JmCell *cell, int64_t total)
{
	bool		forced = cell->expected > JM_PLAN_REACH;

	if (total > JM_PLAN_REACH && !forced)
	{
		plan_piece(plan, cell, cell->from, cell->to);
		abandon_cell(plan, cell);
		return false;
	}
	if (++cell->moves > MAX_MOVES)
	{
		if (cut_cell(plan, cell))
			return false;
		cell->patient = true;
	}
	if (cell->moves > MAX_MOVES + MAX_PATIENT_MOVES)
	{
		if (split_cell(plan, cell))
			return false;
		finish_cell(plan, cell, JM_CELL_FAILED, "its number of offers kept changing");
		return false;
	}
	cell->expected = total;
	cell->npages = pages_of(total);
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
	{
		JmPlanPage *page = &cell->pages[p];

		if (page->state == PAGE_HAVE && (page->total != total || p >= cell->npages))
			clear_page(plan, page);
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
	uint64_t	digest = rows_digest(&cell->pages[0]);
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
			clear_page(plan, &cell->pages[p]);
	return !moved || move_total(plan, cell, cell->expected);
}

/*
 * May a page be asked for now?  In a cell that grows the first stands before
 * all the others, and after them.
 */
static bool
may_ask(const JmCell *cell, int p)
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

static void
answer_page(JmPlan *plan, JmCell *cell, int p, int64_t total, JmPlanRow *rows, int nrows,
			void *payload)
{
	JmPlanPage *page = &cell->pages[p];

	if (p >= cell->npages)
	{
		/* asked for before the total shrank */
		plan->hooks.drop(plan->hooks.context, payload);
		page->state = PAGE_NEEDED;
		return;
	}
	if (total != cell->expected)
	{
		bool		confirmed = page->odd_total >= 0;

		cell->grown += total > cell->expected;
		if (cell->grown >= 3 && may_reopen(plan, cell))
		{
			plan->hooks.drop(plan->hooks.context, payload);
			reopen_top(plan, cell);
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
			plan->hooks.drop(plan->hooks.context, payload);
			return;
		}
		keep_page(plan, page, total, rows, nrows, payload);
		if (!move_total(plan, cell, total))
			return;
	}
	else
	{
		page->odd_total = -1;
		keep_page(plan, page, total, rows, nrows, payload);
	}
	if (p == 0 && cell->grows && !look_at_first(plan, cell))
		return;
	check_cell(plan, cell);
}

/* ------------------------------------------------------------------------
 * What the harvest uses
 * ------------------------------------------------------------------------
 */
static void
fill_ask(JmPlanAsk *ask, void *unit, bool probe, int page, int origin,
		 int64_t from, int64_t to, const JmPlanFilter *filter)
{
	memset(ask, 0, sizeof(*ask));
	ask->unit = unit;
	ask->probe = probe;
	ask->page = page;
	ask->first = page * JM_PLAN_PAGE;
	ask->last = ask->first + JM_PLAN_PAGE - 1;
	ask->origin = origin;
	ask->from = from;
	ask->to = to;
	ask->filter = *filter;
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
	for (Span *span = plan->spans; span; span = span->next)
		held += !span->asked ? 0 : span->small ? 1 : CELL_PAGES;
	for (JmCell *cell = plan->open; cell; cell = cell->next)
	{
		held += cell->npages;
		for (int p = 0; p < cell->npages; p++)
			needed += may_ask(cell, p);
	}
	if (needed < plan->depth / 2 &&
		(held == 0 || held + CELL_PAGES <= MAX_HELD || held <= plan->depth))
		for (Span *span = plan->spans; span; span = span->next)
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
			if (may_ask(cell, p))
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
		plan->hooks.drop(plan->hooks.context, payload);
		return;
	}
	if (total < 0)
	{
		plan->hooks.drop(plan->hooks.context, payload);
		jm_plan_no_answer(plan, ask);
		return;
	}
	if (has_stranger(plan, ask, rows, nrows))
	{
		/* a slip of the server, or a shift of its clock: that comes again */
		bool	   *seen = ask->probe ? &((Span *) ask->unit)->stranger :
		&((JmCell *) ask->unit)->pages[ask->page].stranger;

		if (*seen && !ask->probe && rows[0].created > ask->to + plan->shift + 1 &&
			may_reopen(plan, ask->unit))
		{
			plan->hooks.drop(plan->hooks.context, payload);
			reopen_top(plan, ask->unit);
			return;
		}
		if (!*seen || !learn_shift(plan, ask, rows, nrows))
		{
			*seen = true;
			plan->hooks.drop(plan->hooks.context, payload);
			jm_plan_no_answer(plan, ask);
			return;
		}
	}
	if (ask->doubtful)
	{
		int		   *doubts = ask->probe ? &((Span *) ask->unit)->doubts :
		&((JmCell *) ask->unit)->pages[ask->page].doubts;

		if ((*doubts)++ < MAX_DOUBTS)
		{
			plan->hooks.drop(plan->hooks.context, payload);
			jm_plan_no_answer(plan, ask);
			return;
		}
	}
	if (ask->probe)
	{
		Span	   *span = ask->unit;

		span->asked = false;
		if (span->walk && nrows < JM_PLAN_PAGE && total > CELL_ROWS)
		{
			/* a page that is not whole does not tell where the rows end */
			plan->hooks.drop(plan->hooks.context, payload);
			jm_plan_no_answer(plan, ask);
			return;
		}
		span->tries = span->doubts = 0;
		if (span->walk)
			answer_walk(plan, span, total, rows, nrows, payload);
		else
			answer_count(plan, span, total, rows, nrows, payload);
	}
	else
	{
		JmCell	   *cell = ask->unit;

		cell->answers++;
		answer_page(plan, cell, ask->page, total, rows, nrows, payload);
	}
}

/* Tells that a request brought no usable answer, all retries included. */
void
jm_plan_no_answer(JmPlan *plan, const JmPlanAsk *ask)
{
	if (!is_open(plan, ask))
		return;
	if (ask->probe)
	{
		Span	   *span = ask->unit;

		span->asked = false;
		if (++span->tries >= MAX_TRIES && span->recount)
		{
			JmSplit    *split = span->split;

			remove_span(plan, span);
			finish_part(plan, split, JM_CELL_COMPLETE, 0);
		}
		else if (span->tries >= MAX_TRIES)
		{
			/* expected stays -1 where even the total is not known */
			JmCell	   *cell = new_cell(plan, span->origin, span->from, span->to,
										&span->filter, span->total, span->split);

			cell->npages = 0;
			remove_span(plan, span);
			finish_cell(plan, cell, JM_CELL_FAILED, "no usable answer");
		}
	}
	else
	{
		JmCell	   *cell = ask->unit;
		JmPlanPage *page = &cell->pages[ask->page];

		if (++page->tries >= MAX_TRIES)
			finish_cell(plan, cell, JM_CELL_FAILED, "no usable answer");
		else
			page->state = PAGE_NEEDED;
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

void
jm_plan_free_cell(JmPlan *plan, JmCell *cell)
{
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		clear_page(plan, &cell->pages[p]);
	if (cell->taken)
		plan->taken -= cell->npages;
	discard(plan, cell);
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
