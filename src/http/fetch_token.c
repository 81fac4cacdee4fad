/*
 * fetch_token.c
 *		The fetching of a token, for all requests of a client that wait for it.
 */
#include "postgres.h"

#include "core/guc.h"
#include "http/client_internal.h"
#include "http/shared.h"
#include "json/json.h"
#include "utils/memutils.h"

/* Life of a token whose server does not tell, seconds. */
#define TOKEN_LIFE 300

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
void
jm_fetch_start(JmClient *client, JmServer *server)
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

/* curl is done with a fetch's transfer. */
static void
fetch_landed(JmTransfer *transfer)
{
	JmFetch    *fetch = (JmFetch *) transfer->owner;
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
			jm_fetch_fail(fetch, outcome);
			return;
		case JM_ACTION_RETRY:
			fetch->history.failures++;
			if (transfer->status == 500)
				fetch->history.internal = true;
			fetch->retry_at = now + jm_transfer_pause(transfer, fetch->history.failures);
			break;
		case JM_ACTION_THROTTLE:
			fetch->retry_at = now + jm_transfer_pause(transfer, fetch->history.throttled);
			break;
	}
	jm_token_extend(fetch->key, fetch->retry_at + TOKEN_LEASE);
}

/* Starts the fetches whose time has come; returns when the next one does. */
int64
jm_fetch_advance(JmClient *client, int64 now)
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
		fetch->transfer.landed = fetch_landed;
		jm_transfer_start(&fetch->transfer, client->events.multi, fetch->url);
		fetch->flying = true;
	}
	return next;
}

/* The client's fetch for a server's token, or NULL. */
JmFetch *
jm_fetch_find(JmClient *client, const JmServer *server)
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
