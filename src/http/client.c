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
 * The loop waits on curl's sockets and the process latch in one WaitEventSet,
 * so that an answer, a signal and the postmaster's death all wake it at once.
 * curl's callbacks only note sockets and times; nothing that may raise an
 * error happens below a call of curl.
 *
 * What is malloc'ed by curl hangs on memory contexts: the callback of a
 * request's context gives its curl handle back, that of the client's context
 * the connections.
 */
#include "postgres.h"

#include <curl/curl.h>

#include "core/compat.h"
#include "core/guc.h"
#include "fmgr.h"
#include "http/http.h"
#include "http/shared.h"
#include "http/transfer.h"
#include "http/url.h"
#include "json/json.h"
#include "lib/ilist.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#define NEVER PG_INT64_MAX

/* Requests in flight at once of a backend's own client. */
#define KEPT_IN_FLIGHT 4

/* A renewer of a token that says nothing for so long has lost its turn. */
#define TOKEN_LEASE 20000000

/* How often to look whether another backend has a token at last. */
#define TOKEN_POLL 20000

/* Life of a token whose server does not tell, seconds. */
#define TOKEN_LIFE 300

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
	int64		submitted_at;
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
	char	   *name;			/* of the server */
	char	   *url;
	char	   *form;			/* holds the secret */
	char	   *secret;
	JmTransfer	transfer;
	JmHistory	history;
	bool		flying;
	int64		retry_at;
} JmFetch;

/* A socket that curl wants to be watched. */
typedef struct JmSocket
{
	curl_socket_t fd;
	int			what;			/* CURL_POLL_IN, _OUT, _INOUT */
} JmSocket;

struct JmClient
{
	MemoryContext context;
	MemoryContextCallback callback;
	CURLM	   *multi;
	bool		broken;
	int			max_in_flight;
	int			in_flight;
	int			pending;
	dlist_head	all;
	dlist_head	active;			/* in the order of submission */
	dlist_head	done;
	dlist_head	fetches;

	WaitEventSet *set;
	bool		set_stale;		/* sockets changed since it was made */
	JmSocket   *sockets;
	int			nsockets;
	int			sockets_size;
	int64		timer_at;		/* curl wants to be called, or NEVER */
};

static JmClient *kept_client = NULL;
static bool kept_private = false;	/* were private addresses allowed to it? */

PG_FUNCTION_INFO_V1(jobmarket_http_live_handles);

int64
jm_http_live_handles(void)
{
	return jm_transfer_live();
}

Datum
jobmarket_http_live_handles(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(jm_http_live_handles());
}

/* ---- what curl tells the event loop ---- */

/* curl: watch that socket, or no longer. */
static int
on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	JmClient   *client = (JmClient *) arg;
	int			i;

	client->set_stale = true;
	for (i = 0; i < client->nsockets; i++)
		if (client->sockets[i].fd == fd)
			break;
	if (what == CURL_POLL_REMOVE)
	{
		if (i < client->nsockets)
			client->sockets[i] = client->sockets[--client->nsockets];
		return 0;
	}
	if (i == client->sockets_size)
	{
		int			size = client->sockets_size * 2;
		JmSocket   *sockets;

		sockets = MemoryContextAllocExtended(client->context, size * sizeof(JmSocket),
											 MCXT_ALLOC_NO_OOM);
		if (sockets == NULL)
			return -1;
		memcpy(sockets, client->sockets, client->nsockets * sizeof(JmSocket));
		pfree(client->sockets);
		client->sockets = sockets;
		client->sockets_size = size;
	}
	if (i == client->nsockets)
		client->nsockets++;
	client->sockets[i].fd = fd;
	client->sockets[i].what = what;
	return 0;
}

/* curl: call me in so many milliseconds, or (-1) no longer. */
static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	JmClient   *client = (JmClient *) arg;

	client->timer_at = timeout_ms < 0 ? NEVER : jm_http_now() + (int64) timeout_ms * 1000;
	return 0;
}

/* ---- the client ---- */

/* Callback of the client's context: the calls outlive it, its handles do not. */
static void
client_cleanup(void *arg)
{
	JmClient   *client = (JmClient *) arg;
	sigset_t	saved;
	dlist_iter	iter;

	dlist_foreach(iter, &client->all)
	{
		JmCall	   *call = dlist_container(JmCall, all, iter.cur);

		jm_transfer_close(&call->transfer);
		call->client = NULL;
	}
	if (client->multi)
	{
		jm_curl_enter(&saved);
		curl_multi_cleanup(client->multi);
		jm_curl_leave(&saved);
		client->multi = NULL;
	}
	if (client->set)
		FreeWaitEventSet(client->set);
	client->set = NULL;
}

JmClient *
jm_client_create(MemoryContext parent, int max_in_flight)
{
	static bool initialised = false;
	MemoryContext context;
	JmClient   *client;
	sigset_t	saved;

	if (!initialised)
	{
		CURLcode	code;

		/* never in the postmaster: TLS libraries do not survive a fork */
		jm_curl_enter(&saved);
		code = curl_global_init(CURL_GLOBAL_DEFAULT);
		jm_curl_leave(&saved);
		if (code != CURLE_OK)
			ereport(ERROR,
					(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
					 errmsg("could not initialize libcurl: %s", curl_easy_strerror(code))));
		initialised = true;
	}

	context = AllocSetContextCreate(parent, "jobmarket http client", ALLOCSET_SMALL_SIZES);
	client = MemoryContextAllocZero(context, sizeof(JmClient));
	client->context = context;
	client->max_in_flight = Max(max_in_flight, 1);
	client->timer_at = NEVER;
	client->set_stale = true;
	dlist_init(&client->all);
	dlist_init(&client->active);
	dlist_init(&client->done);
	dlist_init(&client->fetches);
	client->sockets_size = 8;
	client->sockets = MemoryContextAlloc(context, client->sockets_size * sizeof(JmSocket));
	client->callback.func = client_cleanup;
	client->callback.arg = client;
	MemoryContextRegisterResetCallback(context, &client->callback);

	jm_curl_enter(&saved);
	client->multi = curl_multi_init();
	if (client->multi)
	{
		curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
		curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
		curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
		curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
		curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long) client->max_in_flight + 1);
	}
	jm_curl_leave(&saved);
	if (client->multi == NULL)
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

/* ---- requests come and go ---- */

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
	call->submitted_at = jm_http_now();
	call->request.server = server;
	call->request.path = MemoryContextStrdup(context, path);
	call->request.query = query ? MemoryContextStrdup(context, query) : NULL;
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
				 const char *query, void *tag)
{
	return submit(client, client->context, server, path, query, tag);
}

JmRequest *
jm_client_submit_later(JmClient *client, JmServer *server, const char *path,
					   const char *query, void *tag, int pause_ms)
{
	JmRequest  *request = submit(client, client->context, server, path, query, tag);
	JmCall	   *call = (JmCall *) request;

	if (pause_ms > 0 && call->state == CALL_WAITING)
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

/* ---- how a request ends ---- */

/* Shorter secrets would be found in ordinary words. */
#define MIN_SECRET 6

/* Overwrites every place where a message holds the secret. */
static void
mask(char *message, size_t len, const char *secret)
{
	size_t		secret_len = secret ? strlen(secret) : 0;

	if (secret_len < MIN_SECRET)
		return;
	for (size_t i = 0; i + secret_len <= len; i++)
		if (memcmp(message + i, secret, secret_len) == 0)
			memset(message + i, '*', secret_len);
}

/*
 * A text of the outside made fit for a message: in the database's encoding,
 * without control characters.
 */
static char *
clean(MemoryContext context, const char *raw)
{
	char	   *result = MemoryContextStrdup(context, raw);
	bool		utf8;

	utf8 = GetDatabaseEncoding() == PG_UTF8 &&
		pg_verify_mbstr(PG_UTF8, raw, strlen(raw), true);

	for (char *p = result; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f || (IS_HIGHBIT_SET(*p) && !utf8))
			*p = '?';
	return result;
}

/* printf into a context. */
static char *format(MemoryContext context, const char *fmt,...) pg_attribute_printf(2, 3);

static char *
format(MemoryContext context, const char *fmt,...)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData result;
	int			needed;

	initStringInfo(&result);
	for (;;)
	{
		va_list		args;

		va_start(args, fmt);
		needed = appendStringInfoVA(&result, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&result, needed);
	}
	MemoryContextSwitchTo(old);
	return result.data;
}

/* The request has its outcome, and leaves as soon as the quota lets it. */
static void
finish_call(JmCall *call, JmOutcome outcome, int sqlstate, char *message, const char *hint)
{
	JmRequest  *request = &call->request;

	request->outcome = outcome;
	request->sqlstate = sqlstate;
	request->message = message;
	request->hint = hint ? MemoryContextStrdup(call->context, hint) : NULL;
	if (call->transfer.body)
	{
		request->body = call->transfer.body;
		request->body_len = call->transfer.body_len;
	}
	if (outcome != JM_OK)
	{
		/* an answer may repeat what it was asked with */
		mask(request->body, request->body_len, call->token);
		mask(request->body, request->body_len, request->server->client_secret);
		mask(message, strlen(message), call->token);
		mask(message, strlen(message), request->server->client_secret);
	}
	if (call->token)
		explicit_bzero(call->token, strlen(call->token));
	request->seconds = (jm_http_now() - call->submitted_at) / 1e6;
	call->state = CALL_LINGERING;
}

/* Ends a call with what its last transfer brought. */
static void
conclude(JmCall *call, JmOutcome outcome)
{
	JmTransfer *transfer = &call->transfer;
	JmRequest  *request = &call->request;
	MemoryContext context = call->context;
	JmJsonError error;
	char	   *said = NULL;
	int			sqlstate = 0;
	char	   *message;
	const char *hint = NULL;

	request->status = transfer->status;
	request->content_type = transfer->content_type ? clean(context, transfer->content_type) : NULL;
	request->range = transfer->range;

	if (outcome != JM_OK && transfer->body)
	{
		mask(transfer->body, transfer->body_len, call->token);
		mask(transfer->body, transfer->body_len, request->server->client_secret);
		if (jm_json_error(transfer->body, transfer->body_len, &error))
		{
			if (error.message[0])
				said = clean(context, error.message);
			if (error.code[0])
				request->error_code = clean(context, error.code);
		}
	}

	message = format(context, "HTTP %d%s%s", transfer->status, said ? ": " : "", said ? said : "");
	switch (outcome)
	{
		case JM_OK:
			break;
		case JM_REFUSED:
			sqlstate = transfer->status == 400 ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_FDW_ERROR;
			hint = transfer->status == 400 ?
				"The API does not take these parameters; the detail is what it says of them." :
				"The server option \"api_url\" may be wrong.";
			break;
		case JM_UNAUTHORISED:
			sqlstate = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
			hint = transfer->status == 403 ?
				"The application must be subscribed to this API, and the server option \"scope\" must name it." :
				"The API does not accept the tokens of its token server: compare the server options \"api_url\", \"token_url\" and \"scope\".";
			break;
		case JM_THROTTLED:
			sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
			hint = "Lower the server option \"requests_per_second\"; other programs may use the same application.";
			break;
		case JM_SERVER_ERROR:
			sqlstate = transfer->status == 500 ? ERRCODE_SYSTEM_ERROR : ERRCODE_CANNOT_CONNECT_NOW;
			hint = "The API has a problem of its own; try again later.";
			break;
		case JM_NETWORK_ERROR:
		case JM_TOO_LARGE:
			sqlstate = transfer->sqlstate;
			message = clean(context, transfer->error);
			hint = transfer->hint;
			break;
		case JM_BAD_ANSWER:
			sqlstate = ERRCODE_PROTOCOL_VIOLATION;
			if (transfer->status >= 300 && transfer->status <= 399)
			{
				message = transfer->location ?
					format(context, "HTTP %d: redirected to host %s", transfer->status, transfer->location) :
					format(context, "HTTP %d: redirected", transfer->status);
				hint = "Redirects are not followed; the server option \"api_url\" must name the API itself.";
			}
			else if (transfer->status >= 200 && transfer->status <= 299)
			{
				message = format(context, "HTTP %d, but the answer is not a whole JSON document (%s, %zu bytes)",
								 transfer->status,
								 request->content_type ? request->content_type : "no content type",
								 transfer->body_len);
				hint = "The API may be down for maintenance, or the server option \"api_url\" is wrong.";
			}
			break;
	}
	finish_call(call, outcome, sqlstate, message, hint);
}

/* Random number in [0, 1). */
static double
random_unit(void)
{
	uint32		bits;

	if (!pg_strong_random(&bits, sizeof(bits)))
		return 0.5;
	return bits / 4294967296.0;
}

/* Pause that an answer asked for, microseconds, or a back-off of our own. */
static int64
pause_for(const JmTransfer *transfer, int nth)
{
	int64		pause = jm_retry_delay(nth, random_unit());

	if (transfer->retry_after > 0)
		pause = Max(pause, Min(transfer->retry_after, jm_max_retry_after) * INT64CONST(1000000));
	return pause;
}

/* curl is done with a call's transfer. */
static void
call_landed(JmCall *call)
{
	JmTransfer *transfer = &call->transfer;
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
			conclude(call, outcome);
			break;
		case JM_ACTION_RETRY:
			call->history.failures++;
			if (transfer->status == 500)
				call->history.internal = true;
			call->state = CALL_BACKOFF;
			call->wake_at = now + pause_for(transfer, call->history.failures);
			break;
		case JM_ACTION_THROTTLE:
			jm_quota_push(call->request.server, now + pause_for(transfer, call->history.throttled));
			break;
		case JM_ACTION_RENEW:
			if (call->token)
				call->history.renewed = true;
			else
				conclude(call, outcome);
			break;
	}
}

/* ---- tokens ---- */

/* Callback of a fetch's context. */
static void
fetch_cleanup(void *arg)
{
	JmFetch    *fetch = (JmFetch *) arg;

	jm_transfer_close(&fetch->transfer);
	if (fetch->transfer.body)
		explicit_bzero(fetch->transfer.body, fetch->transfer.body_len);
	if (fetch->form)
		explicit_bzero(fetch->form, strlen(fetch->form));
	if (fetch->secret)
		explicit_bzero(fetch->secret, strlen(fetch->secret));
	jm_token_release(fetch->key);
	dlist_delete(&fetch->node);
}

/* Starts to fetch the token of a server. */
static void
fetch_token(JmClient *client, JmServer *server)
{
	MemoryContext context;
	MemoryContext old;
	JmFetch    *fetch;
	char	   *id;
	char	   *secret;
	char	   *scope;

	context = AllocSetContextCreate(client->context, "jobmarket token", ALLOCSET_SMALL_SIZES);
	fetch = MemoryContextAllocZero(context, sizeof(JmFetch));
	fetch->client = client;
	fetch->context = context;
	memcpy(fetch->key, server->token_key, JM_TOKEN_KEY_LEN);
	dlist_push_tail(&client->fetches, &fetch->node);
	fetch->callback.func = fetch_cleanup;
	fetch->callback.arg = fetch;
	MemoryContextRegisterResetCallback(context, &fetch->callback);

	/* all that it needs, for the server may go before it */
	old = MemoryContextSwitchTo(context);
	fetch->name = pstrdup(server->name);
	fetch->url = pstrdup(server->token_url);
	fetch->secret = pstrdup(server->client_secret);
	fetch->transfer.context = context;
	fetch->transfer.ca_file = server->ca_file ? pstrdup(server->ca_file) : NULL;
	id = jm_url_encode(server->client_id);
	secret = jm_url_encode(server->client_secret);
	scope = jm_url_encode(server->scope);
	fetch->form = psprintf("grant_type=client_credentials&client_id=%s&client_secret=%s%s%s",
						   id, secret, scope[0] ? "&scope=" : "", scope);
	explicit_bzero(secret, strlen(secret));
	fetch->transfer.form = fetch->form;
	MemoryContextSwitchTo(old);
}

/* Starts the fetches whose time has come; returns when the next one does. */
static int64
advance_fetches(JmClient *client, int64 now)
{
	int64		next = NEVER;
	dlist_iter	iter;

	dlist_foreach(iter, &client->fetches)
	{
		JmFetch    *fetch = dlist_container(JmFetch, node, iter.cur);

		if (fetch->flying)
			continue;
		if (now < fetch->retry_at)
		{
			next = Min(next, fetch->retry_at);
			continue;
		}
		jm_token_extend(fetch->key, now + TOKEN_LEASE);
		fetch->transfer.owner = fetch;
		jm_transfer_start(&fetch->transfer, client->multi, fetch->url);
		fetch->flying = true;
	}
	return next;
}

/* A token cannot be had: ends all the calls of the client that wait for it. */
static void
fetch_failed(JmFetch *fetch, JmOutcome outcome)
{
	JmTransfer *transfer = &fetch->transfer;
	JmClient   *client = fetch->client;
	JmJsonError error = {"", ""};
	int			sqlstate;
	char	   *message;
	const char *hint = NULL;
	dlist_iter	iter;

	if (transfer->body)
	{
		mask(transfer->body, transfer->body_len, fetch->secret);
		jm_json_error(transfer->body, transfer->body_len, &error);
	}

	switch (outcome)
	{
		case JM_NETWORK_ERROR:
		case JM_TOO_LARGE:
			message = format(fetch->context, "token server: %s", clean(fetch->context, transfer->error));
			sqlstate = transfer->sqlstate;
			hint = transfer->hint;
			break;
		case JM_BAD_ANSWER:
			sqlstate = ERRCODE_PROTOCOL_VIOLATION;
			hint = "The server option \"token_url\" may be wrong.";
			if (transfer->status >= 300 && transfer->status <= 399)
				message = format(fetch->context, "token server: HTTP %d: redirected%s%s", transfer->status,
								 transfer->location ? " to host " : "",
								 transfer->location ? transfer->location : "");
			else
				message = format(fetch->context, "token server: HTTP %d, but the answer holds no token",
								 transfer->status);
			break;
		default:
			message = format(fetch->context, "token server: HTTP %d%s%s", transfer->status,
							 error.message[0] ? ": " : "", clean(fetch->context, error.message));
			if (outcome == JM_THROTTLED)
			{
				sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
				hint = "The token server is asked too often; try again later.";
			}
			else if (outcome == JM_SERVER_ERROR)
			{
				sqlstate = transfer->status == 500 ? ERRCODE_SYSTEM_ERROR : ERRCODE_CANNOT_CONNECT_NOW;
				hint = "The token server has a problem of its own; try again later.";
			}
			else if (strcmp(error.code, "invalid_client") == 0)
			{
				outcome = JM_UNAUTHORISED;
				sqlstate = ERRCODE_INVALID_PASSWORD;
				hint = "Check client_id and client_secret of the user mapping (ALTER USER MAPPING ... OPTIONS (SET client_secret '...')), "
					"and that the API's terms were accepted in the provider's portal.";
			}
			else
			{
				outcome = JM_UNAUTHORISED;
				sqlstate = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
				hint = strcmp(error.code, "invalid_scope") == 0 ?
					"The application must be subscribed to every API that the server option \"scope\" names." :
					"Compare the server options \"token_url\" and \"scope\" with the API's documentation.";
			}
			break;
	}

	dlist_foreach(iter, &client->active)
	{
		JmCall	   *call = dlist_container(JmCall, queue, iter.cur);
		JmServer   *server = call->request.server;

		if (call->state != CALL_WAITING || server->token_url == NULL ||
			memcmp(server->token_key, fetch->key, JM_TOKEN_KEY_LEN) != 0)
			continue;
		call->request.status = transfer->status;
		if (error.code[0])
			call->request.error_code = clean(call->context, error.code);
		finish_call(call, outcome, sqlstate, MemoryContextStrdup(call->context, message), hint);
	}
	MemoryContextDelete(fetch->context);
}

/* curl is done with a fetch's transfer. */
static void
fetch_landed(JmFetch *fetch)
{
	JmTransfer *transfer = &fetch->transfer;
	JmOutcome	outcome;
	int64		now = jm_http_now();
	bool		good = false;
	char	   *token = NULL;
	double		life;

	fetch->flying = false;
	if (transfer->end == JM_END_ANSWER && transfer->status == 200 && transfer->body &&
		jm_json_token(transfer->body, transfer->body_len, &token, &life))
	{
		/* malloc'ed: nothing between here and free may raise an error */
		good = strlen(token) < JM_TOKEN_SIZE;
		if (good)
			jm_token_store(fetch->key, token, life > 0 ? life : TOKEN_LIFE, now);
		explicit_bzero(token, strlen(token));
		free(token);
	}
	if (good)
	{
		MemoryContextDelete(fetch->context);
		return;
	}

	/* a token that is refused is not got by asking for another */
	fetch->history.renewed = true;
	if (transfer->status == 429)
		fetch->history.throttled++;
	switch (jm_retry_decide(transfer->end, transfer->status, false,
							&fetch->history, jm_max_retries, &outcome))
	{
		case JM_ACTION_DONE:
		case JM_ACTION_RENEW:
			fetch_failed(fetch, outcome);
			return;
		case JM_ACTION_RETRY:
			fetch->history.failures++;
			if (transfer->status == 500)
				fetch->history.internal = true;
			fetch->retry_at = now + pause_for(transfer, fetch->history.failures);
			break;
		case JM_ACTION_THROTTLE:
			fetch->retry_at = now + pause_for(transfer, fetch->history.throttled);
			break;
	}
	jm_token_extend(fetch->key, fetch->retry_at + TOKEN_LEASE);
}

/* The client's fetch for a server's token, or NULL. */
static JmFetch *
find_fetch(JmClient *client, const JmServer *server)
{
	dlist_iter	iter;

	dlist_foreach(iter, &client->fetches)
	{
		JmFetch    *fetch = dlist_container(JmFetch, node, iter.cur);

		if (memcmp(fetch->key, server->token_key, JM_TOKEN_KEY_LEN) == 0)
			return fetch;
	}
	return NULL;
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

	if (server->token_url == NULL || find_fetch(call->client, server))
		return server->token_url == NULL;

	switch (jm_token_get(server->token_key, now, TOKEN_LEASE, token, &call->generation))
	{
		case JM_TOKEN_READY:
			break;
		case JM_TOKEN_BUSY:
			*next = Min(*next, now + TOKEN_POLL);
			return false;
		case JM_TOKEN_RENEW:
			fetch_token(call->client, server);
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

/* ---- the event loop ---- */

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
		jm_transfer_start(&call->transfer, client->multi, call->url);
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
	return Min(next, advance_fetches(client, now));
}

/* Lets curl work on a socket or a timer, and takes what it has finished. */
static void
run_curl(JmClient *client, curl_socket_t fd, int mask_bits)
{
	sigset_t	saved;
	CURLMcode	code;
	int			running;

	jm_curl_enter(&saved);
	code = curl_multi_socket_action(client->multi, fd, mask_bits, &running);
	jm_curl_leave(&saved);
	if (code != CURLM_OK)
	{
		client->broken = true;
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

		message = curl_multi_info_read(client->multi, &more);
		if (message == NULL)
			break;
		if (message->msg != CURLMSG_DONE)
			continue;
		result = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		jm_transfer_finish(transfer, result);
		if (transfer->form)
			fetch_landed((JmFetch *) transfer->owner);
		else
			call_landed((JmCall *) transfer->owner);
	}
}

/* Makes the set of events for the sockets of this moment. */
static void
build_set(JmClient *client)
{
	if (client->set)
	{
		WaitEventSet *old = client->set;

		client->set = NULL;
		FreeWaitEventSet(old);
	}
	client->set = jm_wait_event_set(client->context, client->nsockets + 2);
	AddWaitEventToSet(client->set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	if (IsUnderPostmaster)
		AddWaitEventToSet(client->set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < client->nsockets; i++)
	{
		int			what = client->sockets[i].what;
		uint32		events = 0;

		if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
			events |= WL_SOCKET_READABLE;
		if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
			events |= WL_SOCKET_WRITEABLE;
		AddWaitEventToSet(client->set, events, client->sockets[i].fd, NULL, NULL);
	}
	client->set_stale = false;
}

/* Waits until something happens, at the latest at until, and lets curl work. */
static void
wait_events(JmClient *client, int64 until)
{
	static uint32 wait_event = 0;
	WaitEvent	events[16];
	int			nevents;
	long		timeout = -1;
	curl_socket_t fds[lengthof(events)];
	int			masks[lengthof(events)];
	int			nfds = 0;

	if (client->set == NULL || client->set_stale)
		build_set(client);

	until = Min(until, client->timer_at);
	if (until != NEVER)
	{
		int64		now = jm_http_now();

		/* rounded up, or the last part of a millisecond would be a busy loop */
		timeout = until <= now ? 0 : (long) Min((until - now + 999) / 1000, INT_MAX);
	}
	nevents = WaitEventSetWait(client->set, timeout, events, lengthof(events),
							   jm_wait_event("JobmarketHttp", &wait_event));

	/* run_curl may change the set that the events point into */
	for (int i = 0; i < nevents; i++)
	{
		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		if (events[i].events & (WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE))
		{
			fds[nfds] = events[i].fd;
			masks[nfds++] = ((events[i].events & WL_SOCKET_READABLE) ? CURL_CSELECT_IN : 0) |
				((events[i].events & WL_SOCKET_WRITEABLE) ? CURL_CSELECT_OUT : 0);
		}
	}
	for (int i = 0; i < nfds; i++)
		run_curl(client, fds[i], masks[i]);
	if (client->timer_at <= jm_http_now())
	{
		client->timer_at = NEVER;
		run_curl(client, CURL_SOCKET_TIMEOUT, 0);
	}
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
		wait_events(client, 0);

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
		wait_events(client, Min(next, deadline));
		last = deadline <= jm_http_now();
	}
}

/* ---- one request ---- */

JmRequest *
jm_http_get(JmServer *server, const char *path, const char *query)
{
	JmRequest  *request;

	/* addresses are checked when a connection is made: none outlives that */
	if (kept_client && (kept_client->broken || (kept_private && !jm_allow_private_networks)))
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

void
jm_request_raise(const JmRequest *request)
{
	const char *name = request->server->name;
	const char *summary = NULL;
	StringInfoData detail;

	switch (request->outcome)
	{
		case JM_OK:
			elog(ERROR, "request to server \"%s\" did not fail", name);
			break;
		case JM_REFUSED:
			summary = "server \"%s\" refused the request";
			break;
		case JM_UNAUTHORISED:
			summary = "server \"%s\" did not accept the credentials";
			break;
		case JM_THROTTLED:
			summary = "server \"%s\" was asked too often";
			break;
		case JM_SERVER_ERROR:
			summary = "server \"%s\" failed";
			break;
		case JM_NETWORK_ERROR:
			summary = "could not get an answer from server \"%s\"";
			break;
		case JM_TOO_LARGE:
			summary = "answer from server \"%s\" is too large";
			break;
		case JM_BAD_ANSWER:
			summary = "unexpected answer from server \"%s\"";
			break;
	}

	initStringInfo(&detail);
	appendStringInfoString(&detail, request->message);
	if (request->error_code)
		appendStringInfo(&detail, " (%s)", request->error_code);
	if (request->attempts > 1)
		appendStringInfo(&detail, ", after %d attempts", request->attempts);
	ereport(ERROR,
			(errcode(request->sqlstate),
			 errmsg(summary, name),
			 errdetail_internal("%s", detail.data),
			 request->hint ? errhint("%s", request->hint) : 0));
	pg_unreachable();
}
