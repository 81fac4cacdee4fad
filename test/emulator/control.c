/*
 * control.c
 *		POST /_emulator/…: what a test does to the stock and to the faults.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu.h"

static void
answer(Reply *reply, const char *what, uint32_t count)
{
	reply->status = 200;
	reply->type = "application/json;charset=UTF-8";
	buf_addf(&reply->body, "{\"%s\":%u,\"offers\":%u}", what, count, index_count[0]);
}

static void
refuse(Reply *reply, const char *why)
{
	reply->status = 400;
	reply->type = "text/plain; charset=UTF-8";
	buf_adds(&reply->body, why);
}

static void
control_remove(Reply *reply, const Params *params)
{
	const char *id = params_get(params, "id");
	const char *share = params_get(params, "share");
	uint32_t	count = 0;
	uint32_t	slot;
	static uint64_t times;

	pthread_rwlock_wrlock(&store_lock);
	if (id && store_find(id, &slot))
	{
		store_remove(slot);
		count = 1;
	}
	else if (share)
		store_remove_share(atof(share), mix64((uint64_t) faults.seed ^ 0x5EED) + times++, &count);
	answer(reply, "removed", count);
	pthread_rwlock_unlock(&store_lock);
}

static void
control_change(Reply *reply, const Params *params)
{
	const char *id = params_get(params, "id");
	const char *share = params_get(params, "share");
	uint32_t	count = 0;
	uint32_t	slot;
	static uint64_t times;

	pthread_rwlock_wrlock(&store_lock);
	if (id && store_find(id, &slot))
		count += churn_change(slot);
	else if (share)
	{
		uint64_t	key = mix64((uint64_t) faults.seed ^ 0xC4A6E) + times++;
		double		p = atof(share);

		for (slot = 0; slot < offers_count; slot++)
		{
			uint64_t	state = mix64(key ^ slot);

			if (rng_chance(&state, p))
				count += churn_change(slot);
		}
	}
	answer(reply, "changed", count);
	pthread_rwlock_unlock(&store_lock);
}

static void
control_create(Reply *reply, const Params *params)
{
	const char *n = params_get(params, "n");
	const char *at = params_get(params, "at");
	int64_t		at_ms = clock_ms();
	long		count = n ? atol(n) : 1;
	uint32_t	made;

	if (at && !parse_iso(at, strlen(at), &at_ms))
	{
		refuse(reply, "at: an instant like 2026-08-01T12:00:00Z");
		return;
	}
	if (count < 0 || count > 5000000)
	{
		refuse(reply, "n: 0 to 5000000");
		return;
	}
	pthread_rwlock_wrlock(&store_lock);
	made = churn_create((uint32_t) count, at_ms);
	answer(reply, "created", made);
	pthread_rwlock_unlock(&store_lock);
}

void
control_run(Reply *reply, const char *action, const char *query, bool post)
{
	Params		params;

	if (strcmp(action, "stats") == 0)
	{
		stats_run(reply);
		return;
	}
	if (!post)
	{
		reply->status = 405;
		reply_header(reply, "Allow", "POST");
		return;
	}
	params_parse(&params, query);
	if (strcmp(action, "remove") == 0)
		control_remove(reply, &params);
	else if (strcmp(action, "change") == 0)
		control_change(reply, &params);
	else if (strcmp(action, "create") == 0)
		control_create(reply, &params);
	else if (strcmp(action, "faults") == 0 || strcmp(action, "reset-faults") == 0)
	{
		if (strcmp(action, "reset-faults") == 0)
			faults_reset();
		for (int i = 0; i < params.count && reply->status == 0; i++)
			if (!fault_set(params.items[i].name, params.items[i].value))
			{
				refuse(reply, "unknown fault or bad value: ");
				buf_adds(&reply->body, params.items[i].name);
			}
		if (reply->status == 0)
		{
			reply->status = 200;
			reply->type = "application/json;charset=UTF-8";
			faults_describe(&reply->body);
		}
	}
	else if (strcmp(action, "revoke") == 0)
	{
		token_revoke_all();
		reply->status = 204;
	}
	else
		reply->status = 404;
	params_free(&params);
}
