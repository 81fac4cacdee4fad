/*
 * shared.c
 *		Shared memory of the HTTP client: quotas and tokens.
 */
#include "postgres.h"

#include <time.h>

#include "http/http.h"
#include "http/shared.h"
#include "utils/memutils.h"

static JmSharedArea area = {.name = "jobmarket_http",.size = sizeof(JmHttpShared)};
static JmHttpShared *local_state = NULL;

void
jm_http_init(void)
{
	jm_shared_area_request(&area);
}

/* The state to use, without its lock; never NULL. */
JmHttpShared *
jm_http_shared(void)
{
	if (area.memory)
		return (JmHttpShared *) area.memory;
	if (local_state == NULL)
		local_state = MemoryContextAllocZero(TopMemoryContext, sizeof(JmHttpShared));
	return local_state;
}

/* The same, locked: for a few instructions that cannot fail. */
JmHttpShared *
jm_http_lock(void)
{
	JmHttpShared *shared = jm_http_shared();

	if (shared->head.lock)
		LWLockAcquire(shared->head.lock, LW_EXCLUSIVE);
	return shared;
}

void
jm_http_unlock(JmHttpShared *shared)
{
	if (shared->head.lock)
		LWLockRelease(shared->head.lock);
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
