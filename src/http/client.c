/*
 * client.c
 *		Many requests at once, each a small state machine, in one event loop.
 *
 *	WAITING ---> FLYING ---> LINGERING ---> DONE
 *	   ^            |
 *	   +- BACKOFF <-+
 *
 * WAITING: needs a token (fetched by a JmFetch of this client or by another
 * backend), an instant of the server's quota and a free place in flight.
 * FLYING: curl has it.  BACKOFF: will be sent again.  LINGERING: complete, but
 * the quota wants it to stay (only without shared memory).  DONE: to be
 * returned.
 *
 * What is malloc'ed by curl hangs on memory contexts: the callback of a
 * request's context gives its curl handle back, that of the client's context
 * the connections.
 */
#include "postgres.h"

#include "core/guc.h"
#include "fmgr.h"
#include "http/client_internal.h"
#include "http/shared.h"
#include "http/url.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Requests in flight at once of a backend's own client. */
#define KEPT_IN_FLIGHT 4

/* How often to look whether another backend has a token at last. */
#define TOKEN_POLL 20000

static JmClient *kept_client = NULL;
static bool kept_private = false;	/* were private addresses allowed to it? */

PG_FUNCTION_INFO_V1(jobmarket_http_live_handles);

Datum
jobmarket_http_live_handles(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(jm_transfer_live());
}

/* Callback of the client's context: the calls outlive it, its handles do not. */
static void
client_cleanup(void *arg)
{
	JmClient   *client = (JmClient *) arg;
	dlist_iter	iter;

	dlist_foreach(iter, &client->all)
	{
		JmCall	   *call = dlist_container(JmCall, all, iter.cur);

		jm_transfer_close(&call->transfer);
		call->client = NULL;
	}
	jm_events_close(&client->events);
}

JmClient *
jm_client_create(MemoryContext parent, int max_in_flight)
{
	MemoryContext context;
	JmClient   *client;

	jm_curl_init();
	context = AllocSetContextCreate(parent, "jobmarket http client", ALLOCSET_SMALL_SIZES);
	client = MemoryContextAllocZero(context, sizeof(JmClient));
	client->context = context;
	client->max_in_flight = Max(max_in_flight, 1);
	dlist_init(&client->all);
	dlist_init(&client->active);
	dlist_init(&client->done);
	dlist_init(&client->fetches);
	client->callback.func = client_cleanup;
	client->callback.arg = client;
	MemoryContextRegisterResetCallback(context, &client->callback);

	if (!jm_events_open(&client->events, context, client->max_in_flight + 1))
	{
		MemoryContextDelete(context);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	return client;
}

void
jm_client_destroy(JmClient *client)
{
	if (client == kept_client)
		kept_client = NULL;
	MemoryContextDelete(client->context);
}

int
jm_client_pending(JmClient *client)
{
	return client->pending;
}

/* No request waits any more: nobody would work on the tokens either. */
static void
drop_fetches(JmClient *client)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &client->fetches)
		MemoryContextDelete(dlist_container(JmFetch, node, iter.cur)->context);
}

/* Callback of a call's context. */
static void
call_cleanup(void *arg)
{
	JmCall	   *call = (JmCall *) arg;
	JmClient   *client = call->client;

	jm_transfer_close(&call->transfer);
	if (call->token)
		explicit_bzero(call->token, strlen(call->token));
	jm_quota_abandon(call->request.server->serverid, &call->holds);
	if (client == NULL)
		return;
	dlist_delete(&call->all);
	if (call->state != CALL_RETURNED)
	{
		dlist_delete(&call->queue);
		client->pending--;
		if (call->state == CALL_FLYING)
			client->in_flight--;
	}
	if (dlist_is_empty(&client->active))
		drop_fetches(client);
}

/* Is there a segment "." or ".." in the path? */
static bool
has_dot_segment(const char *path)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
	{
		size_t		len = strcspn(p + 1, "/");

		if ((len == 1 && p[1] == '.') || (len == 2 && p[1] == '.' && p[2] == '.'))
			return true;
	}
	return false;
}

static JmRequest *
submit(JmClient *client, MemoryContext parent, JmServer *server,
	   const char *path, const char *query, void *tag)
{
	MemoryContext context;
	JmCall	   *call;
	JmUrlProblem problem;

	context = AllocSetContextCreate(parent, "jobmarket http request", ALLOCSET_SMALL_SIZES);
	call = MemoryContextAllocZero(context, sizeof(JmCall));
	call->context = context;
	call->client = client;
	call->transfer.context = context;
	call->transfer.ca_file = server->ca_file;
	call->request.server = server;
	call->request.tag = tag;
	call->request.range.first = call->request.range.last = call->request.range.total = -1;
	call->request.body = MemoryContextStrdup(context, "");
	call->request.message = call->request.body;
	call->url = MemoryContextAlloc(context, strlen(server->api_url) + strlen(path) +
								   (query ? strlen(query) : 0) + 2);
	sprintf(call->url, "%s%s%s%s", server->api_url, path, query ? "?" : "", query ? query : "");

	/* names come from users: they must not change where the request goes */
	problem = jm_url_check(call->url, true);
	if (problem != JM_URL_GOOD || strchr(path, '?') || has_dot_segment(path))
	{
		MemoryContextDelete(context);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no path of an API", path)));
	}

	dlist_push_tail(&client->all, &call->all);
	dlist_push_tail(&client->active, &call->queue);
	client->pending++;
	call->callback.func = call_cleanup;
	call->callback.arg = call;
	MemoryContextRegisterResetCallback(context, &call->callback);
	return &call->request;
}

JmRequest *
jm_client_submit(JmClient *client, JmServer *server, const char *path,
				 const char *query, void *tag, int pause_ms)
{
	JmRequest  *request = submit(client, client->context, server, path, query, tag);
	JmCall	   *call = (JmCall *) request;

	if (pause_ms > 0)
	{
		call->state = CALL_BACKOFF;
		call->wake_at = jm_http_now() + pause_ms * INT64CONST(1000);
	}
	return request;
}

void
jm_request_free(JmRequest *request)
{
	MemoryContextDelete(((JmCall *) request)->context);
}

/* curl is done with a call's transfer. */
static void
call_landed(JmTransfer *transfer)
{
	JmCall	   *call = (JmCall *) transfer->owner;
	JmOutcome	outcome;
	bool		promised;
	int64		now = jm_http_now();

	call->client->in_flight--;
	call->state = CALL_WAITING;
	call->request.bytes += transfer->bytes;

	promised = transfer->status == 204 ||
		jm_body_is_json(transfer->content_type, transfer->body ? transfer->body : "",
						transfer->body_len);
	if (transfer->status == 429)
		call->request.throttled = ++call->history.throttled;

	/*
	 * A token that was replaced while this request was on its way says
	 * nothing about the next one, and the request has still its renewal.
	 */
	if (transfer->status == 401 && call->token &&
		!jm_token_reject(call->request.server->token_key, call->generation) &&
		call->stale_tokens++ < jm_max_retries)
		return;

	switch (jm_retry_decide(transfer->end, transfer->status, promised,
							&call->history, jm_max_retries, &outcome))
	{
		case JM_ACTION_DONE:
			jm_call_conclude(call, outcome);
			break;
		case JM_ACTION_RETRY:
			call->history.failures++;
			if (transfer->status == 500)
				call->history.internal = true;
			call->state = CALL_BACKOFF;
			call->wake_at = now + jm_transfer_pause(transfer, call->history.failures);
			break;
		case JM_ACTION_THROTTLE:
			jm_quota_push(call->request.server, now + jm_transfer_pause(transfer, call->history.throttled));
			break;
		case JM_ACTION_RENEW:
			if (call->token)
				call->history.renewed = true;
			else
				jm_call_conclude(call, outcome);
			break;
	}
}

/*
 * Gets the call its token.  False when it has to wait: then something will
 * wake it, or *next says when to look again.
 */
static bool
have_token(JmCall *call, int64 now, int64 *next)
{
	JmServer   *server = call->request.server;
	char		token[JM_TOKEN_SIZE];

	if (server->token_url == NULL || jm_fetch_find(call->client, server))
		return server->token_url == NULL;

	switch (jm_token_get(server->token_key, now, TOKEN_LEASE, token, &call->generation))
	{
		case JM_TOKEN_READY:
			break;
		case JM_TOKEN_BUSY:
			*next = Min(*next, now + TOKEN_POLL);
			return false;
		case JM_TOKEN_RENEW:
			jm_fetch_start(call->client, server);
			return false;
	}
	if (call->token == NULL || strcmp(call->token, token) != 0)
	{
		if (call->token)
		{
			explicit_bzero(call->token, strlen(call->token));
			pfree(call->token);
		}
		call->token = MemoryContextStrdup(call->context, token);
	}
	call->transfer.token = call->token;
	explicit_bzero(token, strlen(token));
	return true;
}

/*
 * Moves every call as far as it gets without waiting.  Returns when to do so
 * again, if nothing happens before.
 */
static int64
advance(JmClient *client)
{
	int64		now = jm_http_now();
	int64		next = NEVER;
	int64		wait;
	JmServer   *closed = NULL;	/* lets no more go for now */
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &client->active)
	{
		JmCall	   *call = dlist_container(JmCall, queue, iter.cur);

		if (call->state == CALL_BACKOFF)
		{
			if (now < call->wake_at)
			{
				next = Min(next, call->wake_at);
				continue;
			}
			call->state = CALL_WAITING;
		}
		if (call->state != CALL_WAITING || client->in_flight >= client->max_in_flight ||
			(call->request.server == closed && !call->holds))
			continue;
		if (have_token(call, now, &next))
			wait = jm_quota_take(call->request.server, now, &call->holds);
		else
			wait = NEVER;
		if (wait > 0)
		{
			if (wait != NEVER)
				next = Min(next, now + wait);
			/* its other requests need not ask; with many of them that counts */
			closed = call->request.server;
			continue;
		}
		call->request.attempts++;
		call->transfer.owner = call;
		call->transfer.landed = call_landed;
		jm_transfer_start(&call->transfer, client->events.multi, call->url);
		call->state = CALL_FLYING;
		client->in_flight++;
	}

	/* after the others, so that one of them may keep the right to send */
	dlist_foreach_modify(iter, &client->active)
	{
		JmCall	   *call = dlist_container(JmCall, queue, iter.cur);

		if (call->state != CALL_LINGERING)
			continue;
		wait = jm_quota_finish(call->request.server, now, &call->holds);
		if (wait > 0)
		{
			next = Min(next, now + wait);
			continue;
		}
		call->state = CALL_DONE;
		dlist_delete(&call->queue);
		dlist_push_tail(&client->done, &call->queue);
	}
	return Min(next, jm_fetch_advance(client, now));
}

JmRequest *
jm_client_wait(JmClient *client, long timeout_ms)
{
	int64		deadline = NEVER;
	bool		last = false;

	if (timeout_ms >= 0)
		deadline = jm_http_now() + (int64) timeout_ms * 1000;

	/* a caller that is busy with answers must not keep others from coming */
	if (client->in_flight > 0)
		jm_events_wait(&client->events, 0);

	for (;;)
	{
		int64		next;

		CHECK_FOR_INTERRUPTS();
		next = advance(client);

		if (!dlist_is_empty(&client->done))
		{
			JmCall	   *call = dlist_container(JmCall, queue, dlist_pop_head_node(&client->done));

			call->state = CALL_RETURNED;
			client->pending--;
			return &call->request;
		}
		if (client->pending == 0 || last)
			return NULL;
		/* even without time to wait, take what is there */
		jm_events_wait(&client->events, Min(next, deadline));
		last = deadline <= jm_http_now();
	}
}

JmRequest *
jm_http_get(JmServer *server, const char *path, const char *query)
{
	JmRequest  *request;

	/* addresses are checked when a connection is made: none outlives that */
	if (kept_client && (kept_client->events.broken || (kept_private && !jm_allow_private_networks)))
		jm_client_destroy(kept_client);
	if (kept_client == NULL)
		kept_client = jm_client_create(TopMemoryContext, KEPT_IN_FLIGHT);
	kept_private = jm_allow_private_networks;

	request = submit(kept_client, CurrentMemoryContext, server, path, query, NULL);
	PG_TRY();
	{
		if (jm_client_wait(kept_client, -1) != request)
			elog(ERROR, "another request was in the way");
	}
	PG_CATCH();
	{
		jm_request_free(request);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return request;
}
