/*
 * client_internal.h
 *		What client.c, fetch_token.c and outcome.c share, and nobody else includes.
 */
#ifndef JM_HTTP_CLIENT_INTERNAL_H
#define JM_HTTP_CLIENT_INTERNAL_H

#include "postgres.h"

#include "http/events.h"
#include "http/http.h"
#include "http/transfer.h"
#include "lib/ilist.h"

#define NEVER PG_INT64_MAX

/* A renewer of a token that says nothing for so long has lost its turn. */
#define TOKEN_LEASE 20000000

typedef enum JmCallState
{
	CALL_WAITING,
	CALL_FLYING,
	CALL_BACKOFF,
	CALL_LINGERING,
	CALL_DONE,
	CALL_RETURNED
} JmCallState;

/* A request with what only we know about it. */
typedef struct JmCall
{
	JmRequest	request;		/* first: the caller's pointer */
	JmClient   *client;			/* NULL when that went before */
	MemoryContext context;
	MemoryContextCallback callback;
	dlist_node	all;			/* of the client */
	dlist_node	queue;			/* active or done; not when returned */
	JmCallState state;
	JmTransfer	transfer;
	JmHistory	history;
	int64		wake_at;		/* end of the back-off */
	char	   *url;
	char	   *token;			/* the last that was sent */
	uint64		generation;		/* of that token */
	int			stale_tokens;	/* refused after they had been replaced */
	bool		holds;			/* of the quota, see quota.c */
} JmCall;

/* The fetching of a token, for all requests of this client that wait for it. */
typedef struct JmFetch
{
	JmClient   *client;
	MemoryContext context;
	MemoryContextCallback callback;
	dlist_node	node;
	uint8		key[JM_TOKEN_KEY_LEN];
	char	   *url;
	char	   *form;			/* holds the secret */
	char	   *secret;
	JmTransfer	transfer;
	JmHistory	history;
	bool		flying;
	int64		retry_at;
} JmFetch;

struct JmClient
{
	MemoryContext context;
	MemoryContextCallback callback;
	JmEvents	events;
	int			max_in_flight;
	int			in_flight;
	int			pending;
	dlist_head	all;
	dlist_head	active;			/* in the order of submission */
	dlist_head	done;
	dlist_head	fetches;
};

/* fetch_token.c */
extern void jm_fetch_start(JmClient *client, JmServer *server);
extern int64 jm_fetch_advance(JmClient *client, int64 now);
extern JmFetch *jm_fetch_find(JmClient *client, const JmServer *server);

/* outcome.c */
extern void jm_call_conclude(JmCall *call, JmOutcome outcome);
extern void jm_fetch_fail(JmFetch *fetch, JmOutcome outcome);

#endif							/* JM_HTTP_CLIENT_INTERNAL_H */
