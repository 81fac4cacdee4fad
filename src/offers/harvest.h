/*
 * harvest.h
 *		One harvest: what the loop (harvest.c) and its rows (harvest_run.c) share.
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

/* harvest_run.c; all but the first two run in a transaction, with SPI */
extern List *jm_harvest_window(JmHarvest *h, int origin, int64 from, int64 to,
							   const JmPlanFilter *filter);
extern void jm_harvest_note_error(JmHarvest *h, const JmPlanAsk *ask, const char *stage,
								  const JmRequest *request, const char *message);
extern void jm_harvest_begin(void *harvest);
extern void jm_harvest_find(void *harvest);
extern void jm_harvest_resume(void *harvest);
extern void jm_harvest_store_cell(JmHarvest *h, JmCell *cell, JmLoadCounts *counts,
								  void (*meanwhile) (void *harvest));
extern void jm_harvest_end(void *harvest);
extern void jm_harvest_interrupted(void *harvest);
extern void jm_harvest_purge(void *harvest);
extern const char *jm_harvest_status(const JmHarvest *h);
extern double jm_harvest_coverage(const JmHarvest *h);

#endif							/* JM_HARVEST_H */
