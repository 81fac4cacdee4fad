/*
 * progress.c
 *		How far the harvests under way are, for other sessions.
 *
 * The run's row tells it too, as of the last stored cell.  With the library
 * preloaded shared memory tells it as of the last answer; without, these
 * functions do nothing and harvest_live returns no row.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/shared_memory.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "offers/progress.h"
#include "storage/ipc.h"

/* Harvests at once in the whole cluster; others are seen by their row only. */
#define SLOTS 32

typedef struct Slot
{
	int			pid;			/* 0: free */
	Oid			database;
	int64		run_id;
	JmFigures	figures;
} Slot;

typedef struct Progress
{
	JmSharedHead head;
	Slot		slots[SLOTS];
} Progress;

static JmSharedArea area = {.name = "jobmarket_progress",.size = sizeof(Progress)};
static Slot *mine = NULL;

/* Called by _PG_init: asks for shared memory when the library is preloaded. */
void
jm_progress_init(void)
{
	jm_shared_area_request(&area);
}

static void
at_exit(int code, Datum arg)
{
	jm_progress_end();
}

/* Shows the figures of this backend's harvest. */
void
jm_progress_set(const JmHarvest *h)
{
	Progress   *progress = (Progress *) area.memory;
	static bool registered = false;

	if (progress == NULL)
		return;
	if (!registered)
	{
		before_shmem_exit(at_exit, (Datum) 0);
		registered = true;
	}
	LWLockAcquire(progress->head.lock, LW_EXCLUSIVE);
	for (int i = 0; mine == NULL && i < SLOTS; i++)
		if (progress->slots[i].pid == 0)
			mine = &progress->slots[i];
	if (mine)
	{
		mine->pid = MyProcPid;
		mine->database = MyDatabaseId;
		mine->run_id = h->run_id;
		mine->figures = h->figures;
	}
	LWLockRelease(progress->head.lock);
}

/* This backend harvests no more. */
void
jm_progress_end(void)
{
	Progress   *progress = (Progress *) area.memory;

	if (mine == NULL)
		return;
	LWLockAcquire(progress->head.lock, LW_EXCLUSIVE);
	mine->pid = 0;
	mine = NULL;
	LWLockRelease(progress->head.lock);
}

PG_FUNCTION_INFO_V1(jobmarket_harvest_live);

/*
 * harvest_live(): run_id, pid, offers_received, offers_available, requests,
 * retries, throttled, bytes, rejected of the harvests of this database.
 */
Datum
jobmarket_harvest_live(PG_FUNCTION_ARGS)
{
	Progress   *progress = (Progress *) area.memory;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Slot	   *slots = palloc(sizeof(Slot) * SLOTS);

	InitMaterializedSRF(fcinfo, 0);
	if (progress == NULL)
		return (Datum) 0;
	LWLockAcquire(progress->head.lock, LW_SHARED);
	memcpy(slots, progress->slots, sizeof(Slot) * SLOTS);
	LWLockRelease(progress->head.lock);
	for (int i = 0; i < SLOTS; i++)
	{
		const JmFigures *f = &slots[i].figures;
		Datum		values[9];
		bool		nulls[9] = {false};

		if (slots[i].pid == 0 || slots[i].database != MyDatabaseId)
			continue;
		values[0] = Int64GetDatum(slots[i].run_id);
		values[1] = Int32GetDatum(slots[i].pid);
		values[2] = Int64GetDatum(f->received);
		values[3] = Int64GetDatum(f->available);
		values[4] = Int64GetDatum(f->requests);
		values[5] = Int64GetDatum(f->retries);
		values[6] = Int64GetDatum(f->throttled);
		values[7] = Int64GetDatum(f->bytes);
		values[8] = Int64GetDatum(f->counts.rejected);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
