/*
 * events.h
 *		curl's sockets and timers among the server's events.
 */
#ifndef JM_HTTP_EVENTS_H
#define JM_HTTP_EVENTS_H

#include "postgres.h"

#include <curl/curl.h>

#include "core/compat.h"

/* A socket that curl wants to be watched. */
typedef struct JmSocket JmSocket;

typedef struct JmEvents
{
	MemoryContext context;
	CURLM	   *multi;			/* for jm_transfer_start */
	bool		broken;			/* curl failed: of no more use */
	WaitEventSet *set;
	bool		set_stale;		/* sockets changed since it was made */
	JmSocket   *sockets;
	int			nsockets;
	int			sockets_size;
	int64		timer_at;		/* curl wants to be called, PG_INT64_MAX:
								 * never */
} JmEvents;

extern bool jm_events_open(JmEvents *events, MemoryContext context, int max_connections);
extern void jm_events_close(JmEvents *events);
extern void jm_events_wait(JmEvents *events, int64 until);

#endif							/* JM_HTTP_EVENTS_H */
