/*
 * token.c
 *		OAuth 2.0 tokens, kept for all backends for as long as they live.
 *
 * One backend at a time renews a token, the others wait for it or, while the
 * old one is still good, go on with that.  The renewer may die at any moment:
 * its mark counts only while its process lives and until a deadline.
 *
 * A token is found by a digest of all that it depends on (address, client,
 * secret, scope, database), so that whoever changes a secret gets a new token,
 * and nobody gets one for which he does not know the secret.
 */
#include "postgres.h"

#include "http/shared.h"
#include "miscadmin.h"
#include "storage/procarray.h"

/* A token is no longer given out when it has less than this to live. */
#define LAST_MOMENT 2000000

/* The slot of a key, or NULL. */
static JmTokenSlot *
token_find(JmHttpShared *shared, const uint8 *key)
{
	for (int i = 0; i < JM_TOKEN_SLOTS; i++)
		if (shared->token[i].used &&
			memcmp(shared->token[i].key, key, JM_TOKEN_KEY_LEN) == 0)
			return &shared->token[i];
	return NULL;
}

/* Forgets what a slot holds. */
static void
token_wipe(JmTokenSlot *slot)
{
	explicit_bzero(slot->token, sizeof(slot->token));
	slot->renew_at = slot->expires_at = 0;
}

/* The slot of a key, made if need be from the one least in use. */
static JmTokenSlot *
token_slot(JmHttpShared *shared, const uint8 *key)
{
	JmTokenSlot *slot = token_find(shared, key);

	if (slot)
		return slot;
	slot = &shared->token[0];
	for (int i = 0; i < JM_TOKEN_SLOTS; i++)
	{
		if (!shared->token[i].used)
		{
			slot = &shared->token[i];
			break;
		}
		if (shared->token[i].used_at < slot->used_at)
			slot = &shared->token[i];
	}
	token_wipe(slot);
	memset(slot, 0, offsetof(JmTokenSlot, token));
	slot->used = true;
	memcpy(slot->key, key, JM_TOKEN_KEY_LEN);
	return slot;
}

/*
 * jm_token_get
 *		Looks for a token.
 *
 * JM_TOKEN_READY: copied into token (of JM_TOKEN_SIZE bytes), and *generation
 * names it.  JM_TOKEN_RENEW: the caller is now its renewer until now + lease,
 * and must end with jm_token_store or jm_token_release.  JM_TOKEN_BUSY:
 * another backend is; ask again soon.
 */
JmTokenState
jm_token_get(const uint8 *key, int64 now, int64 lease, char *token, uint64 *generation)
{
	JmHttpShared *shared = jm_http_lock();
	JmTokenSlot *slot = token_slot(shared, key);
	JmTokenState state;
	int			renewer;

	slot->used_at = now;
	renewer = slot->renewer && now < slot->renewer_until ? slot->renewer : 0;

	if (slot->renew_at > now || (renewer && slot->expires_at > now + LAST_MOMENT))
	{
		strlcpy(token, slot->token, JM_TOKEN_SIZE);
		*generation = slot->generation;
		state = JM_TOKEN_READY;
	}
	else if (renewer && renewer != MyProcPid)
		state = JM_TOKEN_BUSY;
	else
	{
		slot->renewer = MyProcPid;
		slot->renewer_until = now + lease;
		state = JM_TOKEN_RENEW;
	}
	jm_http_unlock(shared);

	/* A dead renewer's mark; not looked up under our lock. */
	if (state == JM_TOKEN_BUSY && BackendPidGetProc(renewer) == NULL)
	{
		shared = jm_http_lock();
		slot = token_find(shared, key);
		if (slot && slot->renewer == renewer)
			slot->renewer = 0;
		jm_http_unlock(shared);
	}
	return state;
}

/* The renewer needs more time. */
void
jm_token_extend(const uint8 *key, int64 until)
{
	JmHttpShared *shared = jm_http_lock();
	JmTokenSlot *slot = token_find(shared, key);

	if (slot && slot->renewer == MyProcPid)
		slot->renewer_until = until;
	jm_http_unlock(shared);
}

/*
 * jm_token_store
 *		Keeps a new token for life seconds, less a margin.
 *
 * The token must be shorter than JM_TOKEN_SIZE.  Ends the renewal.
 */
void
jm_token_store(const uint8 *key, const char *token, double life, int64 now)
{
	JmHttpShared *shared = jm_http_lock();
	JmTokenSlot *slot = token_slot(shared, key);
	double		margin = life >= 600 ? 60 : life / 10;

	/* a year is enough, and fits */
	life = Min(life, 365 * 86400.0);
	token_wipe(slot);
	strlcpy(slot->token, token, JM_TOKEN_SIZE);
	slot->used_at = now;
	slot->generation = ++shared->generation;
	slot->expires_at = now + (int64) (life * 1e6);
	slot->renew_at = now + (int64) ((life - margin) * 1e6);
	slot->renewer = 0;
	jm_http_unlock(shared);
}

/* The renewal failed or was given up: the next who needs a token may try. */
void
jm_token_release(const uint8 *key)
{
	JmHttpShared *shared = jm_http_lock();
	JmTokenSlot *slot = token_find(shared, key);

	if (slot && slot->renewer == MyProcPid)
		slot->renewer = 0;
	jm_http_unlock(shared);
}

/*
 * jm_token_reject
 *		The API did not accept this token (401): forgets it.
 *
 * False when it was not the newest any more: rejected already, or replaced.
 */
bool
jm_token_reject(const uint8 *key, uint64 generation)
{
	JmHttpShared *shared = jm_http_lock();
	JmTokenSlot *slot = token_find(shared, key);
	bool		current;

	current = slot && slot->generation == generation && slot->expires_at != 0;
	if (current)
		token_wipe(slot);
	jm_http_unlock(shared);
	return current;
}
