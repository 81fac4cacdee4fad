/*
 * shared_memory.c
 *		Memory that all processes share, where the library is preloaded.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/shared_memory.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

static JmSharedArea *areas = NULL;
static shmem_startup_hook_type prev_shmem_startup_hook = NULL;
#ifdef JM_SHMEM_REQUEST_HOOK
static shmem_request_hook_type prev_shmem_request_hook = NULL;
#endif

static void
request_area(const JmSharedArea *area)
{
	RequestAddinShmemSpace(MAXALIGN(area->size));
	RequestNamedLWLockTranche(area->name, 1);
}

#ifdef JM_SHMEM_REQUEST_HOOK
static void
request_areas(void)
{
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
	for (JmSharedArea *area = areas; area; area = area->next)
		request_area(area);
}
#endif

static void
start_areas(void)
{
	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (JmSharedArea *area = areas; area; area = area->next)
	{
		bool		found;

		area->memory = ShmemInitStruct(area->name, area->size, &found);
		if (!found)
		{
			memset(area->memory, 0, area->size);
			area->memory->lock = &GetNamedLWLockTranche(area->name)->lock;
		}
	}
	LWLockRelease(AddinShmemInitLock);
}

/*
 * Asks for an area, from _PG_init.  Without preloading it does nothing, and
 * area->memory stays NULL.
 */
void
jm_shared_area_request(JmSharedArea *area)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	if (areas == NULL)
	{
#ifdef JM_SHMEM_REQUEST_HOOK
		prev_shmem_request_hook = shmem_request_hook;
		shmem_request_hook = request_areas;
#endif
		prev_shmem_startup_hook = shmem_startup_hook;
		shmem_startup_hook = start_areas;
	}
	area->next = areas;
	areas = area;
#ifndef JM_SHMEM_REQUEST_HOOK
	request_area(area);
#endif
}
