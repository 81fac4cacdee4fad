/*
 * events.c
 *		curl's sockets and timers among the server's events.
 *
 * One WaitEventSet holds curl's sockets and the process latch, so that an
 * answer, a signal and the postmaster's death all wake the loop at once.
 * curl's callbacks only note sockets and times; nothing that may raise an
 * error happens below a call of curl.
 */
#include "postgres.h"

#include "core/compat.h"
#include "http/events.h"
#include "http/shared.h"
#include "http/transfer.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define NEVER PG_INT64_MAX

struct JmSocket
{
	curl_socket_t fd;
	int			what;			/* CURL_POLL_IN, _OUT, _INOUT */
};

/* curl: watch that socket, or no longer. */
static int
on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	JmEvents   *events = (JmEvents *) arg;
	int			i;

	events->set_stale = true;
	for (i = 0; i < events->nsockets; i++)
		if (events->sockets[i].fd == fd)
			break;
	if (what == CURL_POLL_REMOVE)
	{
		if (i < events->nsockets)
			events->sockets[i] = events->sockets[--events->nsockets];
		return 0;
	}
	if (i == events->sockets_size)
	{
		int			size = events->sockets_size * 2;
		JmSocket   *sockets;

		sockets = MemoryContextAllocExtended(events->context, size * sizeof(JmSocket),
											 MCXT_ALLOC_NO_OOM);
		if (sockets == NULL)
			return -1;
		memcpy(sockets, events->sockets, events->nsockets * sizeof(JmSocket));
		pfree(events->sockets);
		events->sockets = sockets;
		events->sockets_size = size;
	}
	if (i == events->nsockets)
		events->nsockets++;
	events->sockets[i].fd = fd;
	events->sockets[i].what = what;
	return 0;
}

/* curl: call me in so many milliseconds, or (-1) no longer. */
static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	JmEvents   *events = (JmEvents *) arg;

	events->timer_at = timeout_ms < 0 ? NEVER : jm_http_now() + (int64) timeout_ms * 1000;
	return 0;
}

/*
 * Makes curl's handle for many transfers.  *events, all zero, must stay where
 * it is; it allocates in context.  false when there is no memory.
 */
bool
jm_events_open(JmEvents *events, MemoryContext context, int max_connections)
{
	sigset_t	saved;

	events->context = context;
	events->timer_at = NEVER;
	events->set_stale = true;
	events->sockets_size = 8;
	events->sockets = MemoryContextAlloc(context, events->sockets_size * sizeof(JmSocket));
	jm_curl_enter(&saved);
	events->multi = curl_multi_init();
	if (events->multi)
	{
		curl_multi_setopt(events->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
		curl_multi_setopt(events->multi, CURLMOPT_SOCKETDATA, events);
		curl_multi_setopt(events->multi, CURLMOPT_TIMERFUNCTION, on_timer);
		curl_multi_setopt(events->multi, CURLMOPT_TIMERDATA, events);
		curl_multi_setopt(events->multi, CURLMOPT_MAXCONNECTS, (long) max_connections);
	}
	jm_curl_leave(&saved);
	return events->multi != NULL;
}

/* Gives back what is not memory of its context; its transfers are closed. */
void
jm_events_close(JmEvents *events)
{
	sigset_t	saved;

	if (events->multi)
	{
		jm_curl_enter(&saved);
		curl_multi_cleanup(events->multi);
		jm_curl_leave(&saved);
		events->multi = NULL;
	}
	if (events->set)
		FreeWaitEventSet(events->set);
	events->set = NULL;
}

/* Lets curl work on a socket or a timer, and takes what it has finished. */
static void
run_curl(JmEvents *events, curl_socket_t fd, int mask)
{
	sigset_t	saved;
	CURLMcode	code;
	int			running;

	jm_curl_enter(&saved);
	code = curl_multi_socket_action(events->multi, fd, mask, &running);
	jm_curl_leave(&saved);
	if (code != CURLM_OK)
	{
		events->broken = true;
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("libcurl failed: %s", curl_multi_strerror(code))));
	}

	for (;;)
	{
		CURLMsg    *message;
		int			more;
		CURLcode	result;
		JmTransfer *transfer;

		message = curl_multi_info_read(events->multi, &more);
		if (message == NULL)
			break;
		if (message->msg != CURLMSG_DONE)
			continue;
		result = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		jm_transfer_finish(transfer, result);
		transfer->landed(transfer);
	}
}

/* Makes the set of events for the sockets of this moment. */
static void
build_set(JmEvents *events)
{
	if (events->set)
	{
		WaitEventSet *old = events->set;

		events->set = NULL;
		FreeWaitEventSet(old);
	}
	events->set = jm_wait_event_set(events->context, events->nsockets + 2);
	AddWaitEventToSet(events->set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	if (IsUnderPostmaster)
		AddWaitEventToSet(events->set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < events->nsockets; i++)
	{
		int			what = events->sockets[i].what;
		uint32		wanted = 0;

		if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
			wanted |= WL_SOCKET_READABLE;
		if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
			wanted |= WL_SOCKET_WRITEABLE;
		AddWaitEventToSet(events->set, wanted, events->sockets[i].fd, NULL, NULL);
	}
	events->set_stale = false;
}

/*
 * Waits until something happens, at the latest at until (PG_INT64_MAX: no
 * limit), and lets curl work.  ERROR when curl fails: broken is set then.
 */
void
jm_events_wait(JmEvents *events, int64 until)
{
	static uint32 wait_event = 0;
	WaitEvent	happened[16];
	int			nevents;
	long		timeout = -1;
	curl_socket_t fds[lengthof(happened)];
	int			masks[lengthof(happened)];
	int			nfds = 0;

	if (events->set == NULL || events->set_stale)
		build_set(events);

	until = Min(until, events->timer_at);
	if (until != NEVER)
	{
		int64		now = jm_http_now();

		/* rounded up, or the last part of a millisecond would be a busy loop */
		timeout = until <= now ? 0 : (long) Min((until - now + 999) / 1000, INT_MAX);
	}
	nevents = WaitEventSetWait(events->set, timeout, happened, lengthof(happened),
							   jm_wait_event("JobmarketHttp", &wait_event));

	/* run_curl may change the set that these point into */
	for (int i = 0; i < nevents; i++)
	{
		if (happened[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		if (happened[i].events & (WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE))
		{
			fds[nfds] = happened[i].fd;
			masks[nfds++] = ((happened[i].events & WL_SOCKET_READABLE) ? CURL_CSELECT_IN : 0) |
				((happened[i].events & WL_SOCKET_WRITEABLE) ? CURL_CSELECT_OUT : 0);
		}
	}
	for (int i = 0; i < nfds; i++)
		run_curl(events, fds[i], masks[i]);
	if (events->timer_at <= jm_http_now())
	{
		events->timer_at = NEVER;
		run_curl(events, CURL_SOCKET_TIMEOUT, 0);
	}
}
