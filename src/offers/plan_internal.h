/*
 * plan_internal.h
 *		What the files of the plan (plan*.c) share, and nobody else includes.
 */
#ifndef JM_PLAN_INTERNAL_H
#define JM_PLAN_INTERNAL_H

#include "offers/plan.h"

/* Rows of a cell that a walk cuts: two cells at once stay within the work
 * that one cell of the API's reach would be. */
#define CELL_PAGES 8
#define CELL_ROWS (CELL_PAGES * JM_API_PAGE)

/* How often a page is read at most. */
#define MAX_TRIES 12

/* Dates cannot cut a window of a second and its neighbours'. */
#define NARROWEST 2

/* State of a JmPlanPage. */
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
typedef struct JmSpan
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
	struct JmSpan *next;
} JmSpan;

/* A filtered cell that an earlier run completed. */
typedef struct JmDone
{
	int			origin;
	int64_t		from,
				to;
	JmPlanFilter filter;
	int64_t		expected;
	struct JmDone *next;
} JmDone;

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
	JmSpan	   *spans;			/* first: worked on */
	JmSpan	   *last_span;
	JmCell	   *open;
	JmCell	   *ready;
	JmDone	   *done;
};

/* plan_list.c */
extern void *jm_plan_make(JmPlan *plan, size_t size);
extern void jm_plan_discard(JmPlan *plan, void *p);
extern void jm_plan_drop(JmPlan *plan, void *payload);
extern void jm_plan_clear_page(JmPlan *plan, JmPlanPage *page);
extern void jm_plan_keep_page(JmPlan *plan, JmPlanPage *page, int64_t total,
							  JmPlanRow *rows, int nrows, void *payload);
extern uint64_t jm_plan_rows_digest(const JmPlanPage *page);
extern JmSpan *jm_plan_new_span(JmPlan *plan, int origin, int64_t from, int64_t to,
								const JmPlanFilter *filter);
extern void jm_plan_push_front(JmPlan *plan, JmSpan *span);
extern void jm_plan_push_back(JmPlan *plan, JmSpan *span);
extern void jm_plan_remove_span(JmPlan *plan, JmSpan *span);
extern int	jm_plan_pages_of(int64_t total);
extern JmCell *jm_plan_new_cell(JmPlan *plan, const JmSpan *span, int64_t total);
extern void jm_plan_open_cell(JmPlan *plan, JmCell *cell);
extern void jm_plan_finish_cell(JmPlan *plan, JmCell *cell, JmCellStatus status,
								const char *problem);
extern void jm_plan_hand_over(JmPlan *plan, JmCell *cell);
extern void jm_plan_abandon_cell(JmPlan *plan, JmCell *cell);
extern JmSpan *jm_plan_replan(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to);
extern void jm_plan_replan_piece(JmPlan *plan, const JmCell *cell, int64_t from, int64_t to);

/* plan_bounds.c */
extern bool jm_plan_has_stranger(const JmPlan *plan, const JmPlanAsk *ask,
								 const JmPlanRow *rows, int nrows);
extern bool jm_plan_learn_shift(JmPlan *plan, const JmPlanAsk *ask,
								const JmPlanRow *rows, int nrows);
extern bool jm_plan_may_reopen(const JmPlan *plan, const JmCell *cell);
extern void jm_plan_reopen_top(JmPlan *plan, JmCell *cell);

/* plan_walk.c */
extern void jm_plan_answer_count(JmPlan *plan, JmSpan *span, int64_t total,
								 JmPlanRow *rows, int nrows, void *payload);
extern void jm_plan_answer_walk(JmPlan *plan, JmSpan *span, int64_t total,
								JmPlanRow *rows, int nrows, void *payload);

/* plan_cell.c */
extern bool jm_plan_may_ask(const JmCell *cell, int p);
extern void jm_plan_check_cell(JmPlan *plan, JmCell *cell);
extern void jm_plan_answer_page(JmPlan *plan, JmCell *cell, int p, int64_t total,
								JmPlanRow *rows, int nrows, void *payload);

/* plan_cut.c */
extern bool jm_plan_cut_cell(JmPlan *plan, JmCell *cell);
extern bool jm_plan_split_cell(JmPlan *plan, JmCell *cell);

/* plan_split.c */
extern bool jm_plan_split_by_filter(JmPlan *plan, JmSpan *whole, int64_t total);
extern void jm_plan_finish_part(JmPlan *plan, JmSplit *split, JmCellStatus status,
								int64_t expected);

#endif							/* JM_PLAN_INTERNAL_H */
