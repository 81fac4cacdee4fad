/*
 * quota.c
 *		When a request may go: one quota a foreign server, for all backends.
 *
 * With the library preloaded the state of each server's quota (gcra.c) is in
 * shared memory.  Without it no backend knows when another sent its last
 * request.  Then a session-level advisory lock stands for the right to send: a
 * session keeps it until its requests are complete and the interval after the
 * last is over, and waits with the lock where the API asked for a pause.  That
 * is slower, one session at a time, but the quota is kept.
 */
#include "postgres.h"

#include "http/shared.h"
#include "miscadmin.h"
#include "storage/lock.h"

/*
 * Fourth field of the lock tag.  pg_advisory_lock uses 1 and 2, so that a
 * lock of the user never meets ours.
 */
#define LOCK_CLASS 3

/* How long until a lock that was not free is tried again, microseconds. */
#define LOCK_RETRY 10000

/*
 * After LOCK_TURN with the lock a session starts no request until it had to
 * give the lock back, so that the others get their turn; but not for longer
 * than LOCK_PAUSE, for the request that holds it may belong to a client that
 * nobody waits for at the moment.
 */
#define LOCK_TURN 1000000
#define LOCK_PAUSE 2000000

/* The slot of a server, made or taken from the one least in use. */
static JmQuotaSlot *
quota_slot(JmHttpShared *shared, Oid serverid, int64 now)
{
	JmQuotaSlot *oldest = &shared->quota[0];
	JmQuotaSlot *slot;

	for (int i = 0; i < JM_QUOTA_SLOTS; i++)
	{
		slot = &shared->quota[i];
		if (slot->server == serverid && slot->database == MyDatabaseId)
		{
			slot->used_at = now;
			return slot;
		}
		if (slot->holders == 0 &&
			(oldest->holders > 0 || slot->used_at < oldest->used_at))
			oldest = slot;
	}
	memset(oldest, 0, sizeof(JmQuotaSlot));
	oldest->database = MyDatabaseId;
	oldest->server = serverid;
	oldest->used_at = now;
	return oldest;
}

static void
quota_locktag(LOCKTAG *tag, Oid serverid)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, 0, serverid, LOCK_CLASS);
}

/*
 * Takes the lock for one more request; 0, or microseconds after which to try
 * again.
 */
static int64
quota_lock(JmQuotaSlot *slot, int64 now)
{
	LOCKTAG		tag;

	if (slot->holders > 0)
	{
		if (now >= slot->locked_at + LOCK_TURN + LOCK_PAUSE)
			slot->locked_at = now;
		else if (now >= slot->locked_at + LOCK_TURN)
			return LOCK_RETRY;
	}
	else
	{
		if (now < slot->retry_at)
			return slot->retry_at - now;
		quota_locktag(&tag, slot->server);
		if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
			return LOCK_RETRY;
		slot->locked_at = now;
	}
	slot->holders++;
	return 0;
}

/* A request no longer needs the lock; the last one gives it back. */
static void
quota_unlock(JmQuotaSlot *slot)
{
	LOCKTAG		tag;

	if (--slot->holders > 0)
		return;
	quota_locktag(&tag, slot->server);
	LockRelease(&tag, ExclusiveLock, true);
}

/*
 * jm_quota_take
 *		Lets a request go now, or says how long to wait.
 *
 * Returns 0 when it may go, else microseconds after which to ask again.
 * *holds belongs to the request, false at first: it becomes true when the
 * request is one of those that keep the advisory lock, until jm_quota_finish or
 * jm_quota_abandon.
 */
int64
jm_quota_take(const JmServer *server, int64 now, bool *holds)
{
	JmHttpShared *shared = jm_http_lock();
	JmQuotaSlot *slot = quota_slot(shared, server->serverid, now);
	bool		alone = shared->head.lock == NULL;
	int64		wait;

	if (alone && !*holds)
	{
		wait = quota_lock(slot, now);
		if (wait > 0)
			return wait;
	}
	wait = jm_gcra_take(&slot->gcra, now, server->requests_per_second, server->burst);
	jm_http_unlock(shared);
	if (!alone)
		return wait;

	if (wait == 0)
	{
		slot->release_at = now + jm_gcra_interval(server->requests_per_second);
		*holds = true;
	}
	else if (!*holds)
		quota_unlock(slot);
	return wait;
}

/*
 * jm_quota_finish
 *		A request is complete and will not be sent again.
 *
 * Returns 0 when nothing is left to do, else the microseconds that it has to
 * stay so that the next session keeps its distance.
 */
int64
jm_quota_finish(const JmServer *server, int64 now, bool *holds)
{
	JmQuotaSlot *slot;

	if (!*holds)
		return 0;
	slot = quota_slot(jm_http_shared(), server->serverid, now);
	if (slot->holders == 1 && now < slot->release_at)
		return slot->release_at - now;
	/* let those who look at the lock from time to time have it before us */
	slot->retry_at = now + 2 * LOCK_RETRY;
	*holds = false;
	quota_unlock(slot);
	return 0;
}

/*
 * jm_quota_abandon
 *		A request goes before its end (error, cancel).
 *
 * Other sessions may then send their next request less than an interval after
 * it, for the session cannot stay here to hold them off.
 */
void
jm_quota_abandon(Oid serverid, bool *holds)
{
	if (!*holds)
		return;
	*holds = false;
	quota_unlock(quota_slot(jm_http_shared(), serverid, jm_http_now()));
}

/*
 * jm_quota_push
 *		The API wants no request before until.
 */
void
jm_quota_push(const JmServer *server, int64 until)
{
	JmHttpShared *shared = jm_http_lock();

	jm_gcra_push(&quota_slot(shared, server->serverid, jm_http_now())->gcra, until);
	jm_http_unlock(shared);
}
