/*
 * retry.c
 *		What an attempt's end means: done, or again, and after which pause.
 */
#include "http/retry.h"

#define FIRST_DELAY	200000		/* microseconds */
#define LAST_DELAY	20000000

/*
 * jm_retry_decide
 *		Says what to do after an attempt.
 *
 * status is that of the answer, 0 without one; promised says that a 2xx answer
 * holds what the request asked for (JSON, complete as far as can be seen).
 * *outcome is set in any case: it is how the request ends if the action is
 * JM_ACTION_DONE.
 *
 * Only what may go better the next time is tried again: a failing connection,
 * a gateway that is away (502, 503, 504, or a page of HTML in place of JSON),
 * 429, an inner failure (500) once, 401 once with a new token.  A request that
 * is wrong (other 4xx) stays wrong.
 */
JmAction
jm_retry_decide(JmTransferEnd end, int status, bool promised,
				const JmHistory *history, int max_retries, JmOutcome *outcome)
{
	bool		again = history->failures < max_retries;

	switch (end)
	{
		case JM_END_PERMANENT:
			*outcome = JM_NETWORK_ERROR;
			return JM_ACTION_DONE;
		case JM_END_TOO_LARGE:
			*outcome = JM_TOO_LARGE;
			return JM_ACTION_DONE;
		case JM_END_NETWORK:
			/* an error that lost a part of its explanation is still one */
			if (status < 400)
			{
				*outcome = JM_NETWORK_ERROR;
				return again ? JM_ACTION_RETRY : JM_ACTION_DONE;
			}
			break;
		case JM_END_ANSWER:
			break;
	}

	if (status >= 200 && status <= 299)
	{
		if (promised)
		{
			*outcome = JM_OK;
			return JM_ACTION_DONE;
		}
		*outcome = JM_BAD_ANSWER;
		return again ? JM_ACTION_RETRY : JM_ACTION_DONE;
	}
	if (status == 401)
	{
		*outcome = JM_UNAUTHORISED;
		return history->renewed ? JM_ACTION_DONE : JM_ACTION_RENEW;
	}
	if (status == 403)
	{
		*outcome = JM_UNAUTHORISED;
		return JM_ACTION_DONE;
	}
	if (status == 429)
	{
		*outcome = JM_THROTTLED;
		return history->throttled <= max_retries ? JM_ACTION_THROTTLE : JM_ACTION_DONE;
	}
	if (status >= 400 && status <= 499)
	{
		*outcome = JM_REFUSED;
		return JM_ACTION_DONE;
	}
	if (status == 500)
	{
		*outcome = JM_SERVER_ERROR;
		return again && !history->internal ? JM_ACTION_RETRY : JM_ACTION_DONE;
	}
	if (status == 502 || status == 503 || status == 504)
	{
		*outcome = JM_SERVER_ERROR;
		return again ? JM_ACTION_RETRY : JM_ACTION_DONE;
	}
	/* other 5xx; redirects are never followed; anything else is no HTTP */
	*outcome = status >= 500 && status <= 599 ? JM_SERVER_ERROR : JM_BAD_ANSWER;
	return JM_ACTION_DONE;
}

/*
 * jm_retry_delay
 *		Microseconds to wait before the nth retry (from 1).
 *
 * Doubles from 0.2 s up to 20 s; random in [0, 1) takes up to half of it away,
 * so that requests that failed together do not come back together.
 */
int64_t
jm_retry_delay(int nth, double random)
{
	int64_t		delay = FIRST_DELAY;

	while (--nth > 0 && delay < LAST_DELAY)
		delay *= 2;
	if (delay > LAST_DELAY)
		delay = LAST_DELAY;
	return delay - (int64_t) (delay * 0.5 * random);
}
