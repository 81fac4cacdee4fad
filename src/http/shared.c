/*
 * shared.c
 *		Shared memory of the HTTP client: quotas and tokens.
 */
#include "postgres.h"

#include <time.h>

#include "core/compat.h"
#include "http/http.h"
#include "http/shared.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#define TRANCHE "jobmarket_http"

static JmHttpShared *shared_state = NULL;
static JmHttpShared *local_state = NULL;
static shmem_startup_hook_type prev_shmem_startup_hook = NULL;
#ifdef JM_SHMEM_REQUEST_HOOK
static shmem_request_hook_type prev_shmem_request_hook = NULL;
#endif

static void
http_shmem_request(void)
{
#ifdef JM_SHMEM_REQUEST_HOOK
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
#endif
	RequestAddinShmemSpace(MAXALIGN(sizeof(JmHttpShared)));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
http_shmem_startup(void)
{
	bool		found;

	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared_state = ShmemInitStruct("jobmarket http", sizeof(JmHttpShared), &found);
	if (!found)
	{
		memset(shared_state, 0, sizeof(JmHttpShared));
		shared_state->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	}
	LWLockRelease(AddinShmemInitLock);
}

void
jm_http_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
#ifdef JM_SHMEM_REQUEST_HOOK
	prev_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = http_shmem_request;
#else
	http_shmem_request();
#endif
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = http_shmem_startup;
}

/* The state to use, without its lock; never NULL. */
JmHttpShared *
jm_http_shared(void)
{
	if (shared_state)
		return shared_state;
	if (local_state == NULL)
		local_state = MemoryContextAllocZero(TopMemoryContext, sizeof(JmHttpShared));
	return local_state;
}

/* The same, locked: for a few instructions that cannot fail. */
JmHttpShared *
jm_http_lock(void)
{
	JmHttpShared *shared = jm_http_shared();

	if (shared->lock)
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	return shared;
}

void
jm_http_unlock(JmHttpShared *shared)
{
	if (shared->lock)
		LWLockRelease(shared->lock);
}

/*
 * Microseconds of a clock that all processes share and that no operator turns
 * back.
 */
int64
jm_http_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
