/*
 * harvest.h
 *		One harvest: what its files (harvest*.c) share.
 */
#ifndef JM_HARVEST_H
#define JM_HARVEST_H

#include "postgres.h"

#include "http/http.h"
#include "nodes/pg_list.h"
#include "offers/load.h"
#include "offers/plan.h"
#include "utils/array.h"
#include "utils/timestamp.h"

/* A server of the harvest, and how it fares. */
typedef struct JmHarvestServer
{
	JmServer   *server;
	int			load;			/* requests under way */
	int			refused;		/* in a row, for its credentials */
	bool		given_up;
} JmHarvestServer;

/* As in harvest_run. */
typedef struct JmFigures
{
	int64		available;
	int64		received;		/* different offers */
	JmLoadCounts counts;
	int64		withdrawn;
	int64		expected_cells; /* over finished cells; neighbours share
								 * offers */
	int64		received_cells;
	int64		bad_cells;		/* failed or truncated */
	int64		uncounted_cells;	/* failed without even a total */
	int64		requests;
	int64		retries;
	int64		throttled;
	int64		bytes;
} JmFigures;

typedef struct JmHarvest
{
	MemoryContext context;		/* lives as long as the harvest */
	MemoryContext scratch;		/* emptied at every turn of the loop */
	MemoryContext error_context;	/* of errors; emptied when they are stored */
	int64		run_id;
	bool		full;
	bool		resumed;
	char	   *source;
	List	   *criteria;
	char	   *criteria_json;
	ArrayType  *server_names;
	JmHarvestServer *servers;
	int			nservers;
	char	  **departements;
	int			ndepartements;
	char	  **romes;
	int			nromes;
	int64		from,			/* creation dates, seconds since 1970,
								 * inclusive */
				to;
	JmPlan	   *plan;
	JmClient   *client;
	List	   *answered;		/* JmRequest, not dealt with yet */
	List	   *errors;			/* to be stored with the next cell */
	int			lost;			/* requests without an answer in a row */
	int			barren;			/* cells in a row that brought nothing */
	bool		ended;			/* the run's row says how */
	char	   *stop;			/* why it must end early, or NULL */
	int			stop_sqlstate;
	char	   *stop_hint;
	JmFigures	figures;
	JmFigures	committed;		/* the figures as of the last commit */
	int64		received_before;	/* by the run before it was resumed */
	TimestampTz started;		/* of this call */
	TimestampTz last_notice;
	int			depth;			/* requests under way at once */
	TimestampTz depth_since;
	int64		depth_answers;	/* since then */
	double		depth_waited;	/* likewise, seconds without anything to do */
} JmHarvest;

/* harvest_loop.c */
extern void jm_harvest_run_plan(JmHarvest *h);
extern void jm_harvest_stop(JmHarvest *h, const JmRequest *request, const char *why);

/* harvest_plan.c */
extern List *jm_harvest_window(JmHarvest *h, int origin, int64 from, int64 to,
							   const JmPlanFilter *filter);

/* harvest_cell.c */
extern void jm_harvest_note_error(JmHarvest *h, const JmPlanAsk *ask, const char *stage,
								  const JmRequest *request, const char *message);
extern void jm_harvest_take_cell(JmHarvest *h, JmCell *cell, void (*meanwhile) (void *harvest));

/* harvest_end.c */
extern const char *jm_harvest_status(const JmHarvest *h);
extern double jm_harvest_coverage(const JmHarvest *h);

/*
 * The rest runs in a transaction, with SPI.
 */

/* harvest_sql.c */
extern void jm_harvest_execute(const char *sql, int nargs, Oid *types, Datum *values,
							   const char *nulls);
extern void jm_harvest_execute_run(const JmHarvest *h, const char *sql);
extern int64 jm_harvest_int64(uint64 row, int column);
extern char *jm_harvest_text(uint64 row, int column);

/* harvest_run.c */
extern void jm_harvest_begin(void *harvest);
extern void jm_harvest_find(void *harvest);
extern void jm_harvest_resume(void *harvest);
extern void jm_harvest_store_figures(JmHarvest *h, const char *status, const char *message,
									 double coverage);

/* harvest_plan.c */
extern void jm_harvest_make_plan(JmHarvest *h);

/* harvest_cell.c */
extern void jm_harvest_store_errors(JmHarvest *h);

/* harvest_end.c */
extern void jm_harvest_end(void *harvest);
extern void jm_harvest_interrupted(void *harvest);
extern void jm_harvest_purge(void *harvest);

#endif							/* JM_HARVEST_H */
