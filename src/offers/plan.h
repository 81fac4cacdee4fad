/*
 * plan.h
 *		What a harvest asks next, and when a part of it is complete.
 *
 * The plan knows the API's limits and nothing of the network, of JSON or of
 * the server: answers are fed to it as totals and rows.
 */
#ifndef JM_PLAN_H
#define JM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offers/api_limits.h"

#define JM_PLAN_MAX_PAGES (JM_API_REACH / JM_API_PAGE)

/* Memory comes from the caller; alloc never returns NULL. */
typedef struct JmPlanHooks
{
	void	   *(*alloc) (void *context, size_t size);
	void		(*free) (void *context, void *p);
	void		(*drop) (void *context, void *payload); /* a page not needed */
	void	   *context;
} JmPlanHooks;

/* Further criteria of a cell that dates alone cannot make small enough. */
typedef struct JmPlanFilter
{
	char		domain;			/* grand domaine's letter, or 0 */
	int			departement_first,	/* indexes into the plan's lists; */
				departement_count;	/* count 0: no such criterion */
	int			rome_first,
				rome_count;
} JmPlanFilter;

/* One row of an answer. */
typedef struct JmPlanRow
{
	int64_t		created;		/* seconds since 1970; INT64_MIN: not given */
	uint64_t	id;				/* digest of the identifier */
	bool		readable;		/* false: not an offer, or without identifier */
} JmPlanRow;

/* A request to send. */
typedef struct JmPlanAsk
{
	void	   *unit;			/* the plan's own ... */
	int64_t		cell_id;		/* ... and the cell's number, 0 for a probe */
	bool		probe;
	int			page;
	int			first,
				last;			/* rows, from 0, inclusive */
	int			origin;			/* 0: any */
	int64_t		from,
				to;				/* creation dates, seconds, inclusive */
	JmPlanFilter filter;
	int			pause_ms;		/* not to be sent before that */
	bool		doubtful;		/* set by the caller of jm_plan_answer: what
								 * came may not be what was sent */
} JmPlanAsk;

typedef enum JmCellStatus
{
	JM_CELL_OPEN,
	JM_CELL_COMPLETE,
	JM_CELL_SPLIT,				/* its parts are cells of their own, all
								 * complete */
	JM_CELL_TRUNCATED,
	JM_CELL_FAILED
} JmCellStatus;

typedef struct JmPlanPage
{
	int			state;			/* the plan's own */
	int			tries;
	int			doubts;
	int64_t		total;			/* that it announced */
	int64_t		odd_total;		/* announced once against the others */
	bool		stranger;		/* did an answer hold rows of another time? */
	uint64_t	unreadable;		/* digest of which rows could not be read ... */
	int			unreadable_same;	/* ... and how often it was that */
	int			nrows;
	JmPlanRow  *rows;
	void	   *payload;		/* the caller's; NULL when not there */
} JmPlanPage;

typedef struct JmCell
{
	int64_t		cell_id;
	int64_t		parent_id;		/* 0: none */
	int			origin;
	int64_t		from,
				to;
	JmPlanFilter filter;
	JmCellStatus status;
	int64_t		expected;		/* rows that the API announced; -1: it did not */
	int64_t		received;		/* different offers among those read */
	int			npages;
	int			answers;		/* pages read, repetitions included */
	int			moves;			/* how often the total changed meanwhile */
	bool		patient;		/* is it given time to keep still? */
	bool		top;			/* should end at the newest offer ... */
	int64_t		top_shift;		/* ... if this is the clock's shift ... */
	int			grown;			/* ... and should not have grown so often */
	bool		grows;			/* may offers be created in it? */
	uint64_t	first_rows;		/* digest of its first page, if so */
	bool		rereading;		/* is that being read once more? */
	bool		still;			/* was it the same? */
	const char *problem;		/* why it is not complete */
	bool		taken;			/* by jm_plan_ready */
	JmPlanPage	pages[JM_PLAN_MAX_PAGES];
	struct JmSplit *split;		/* that it is a part of */
	struct JmCell *next;
} JmCell;

typedef struct JmPlan JmPlan;

extern JmPlan *jm_plan_create(const JmPlanHooks *hooks,
							  const char *const *departements, int ndepartements,
							  const char *const *romes, int nromes, int64_t first_cell_id);
extern void jm_plan_add_span(JmPlan *plan, int origin, int64_t from, int64_t to);
extern void jm_plan_add_done(JmPlan *plan, int origin, int64_t from, int64_t to,
							 const JmPlanFilter *filter, int64_t expected);
extern void jm_plan_set_depth(JmPlan *plan, int depth);
extern bool jm_plan_next(JmPlan *plan, JmPlanAsk *ask);
extern void jm_plan_answer(JmPlan *plan, const JmPlanAsk *ask, int64_t total,
						   JmPlanRow *rows, int nrows, void *payload);
extern void jm_plan_no_answer(JmPlan *plan, const JmPlanAsk *ask);
extern JmCell *jm_plan_ready(JmPlan *plan);
extern void jm_plan_free_cell(JmPlan *plan, JmCell *cell);
extern bool jm_plan_finished(const JmPlan *plan);
extern int64_t jm_plan_announced(const JmPlan *plan);
extern int64_t jm_plan_clock_shift(const JmPlan *plan);

#endif							/* JM_PLAN_H */
