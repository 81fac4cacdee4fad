/*
 * retry.h
 *		What an attempt's end means: done, or again, and after which pause.
 *
 * Plain C, without the server: the whole table is tested in test/unit/retry.c.
 */
#ifndef JM_RETRY_H
#define JM_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* How a request ended. */
typedef enum JmOutcome
{
	JM_OK,						/* a 2xx answer whose body is complete */
	JM_REFUSED,					/* a 4xx other than those below */
	JM_UNAUTHORISED,			/* 401 after a renewal, 403, or no token */
	JM_THROTTLED,				/* 429, and the retries are used up */
	JM_SERVER_ERROR,			/* 5xx, after its retries */
	JM_NETWORK_ERROR,			/* connection, TLS, time limit, reset, cut
								 * body */
	JM_TOO_LARGE,				/* more than jobmarket.max_response_size */
	JM_BAD_ANSWER				/* a redirect, or not what was promised */
} JmOutcome;

/* How one attempt ended, before its status is looked at. */
typedef enum JmTransferEnd
{
	JM_END_ANSWER,				/* an answer, complete */
	JM_END_NETWORK,				/* a failure that may pass: name, connection,
								 * reset, time limit, cut body */
	JM_END_PERMANENT,			/* a failure that will not: certificate,
								 * forbidden address, bad URL, no memory */
	JM_END_TOO_LARGE
} JmTransferEnd;

typedef enum JmAction
{
	JM_ACTION_DONE,
	JM_ACTION_RETRY,			/* after a back-off of the request's own */
	JM_ACTION_THROTTLE,			/* after a pause of all requests to the server */
	JM_ACTION_RENEW				/* at once, with a new token */
} JmAction;

/* What happened to a request so far. */
typedef struct JmHistory
{
	int			failures;		/* attempts retried after a failure */
	int			throttled;		/* answers 429 */
	bool		internal;		/* a plain 500 was retried already */
	bool		renewed;		/* the token was renewed for it already */
} JmHistory;

extern JmAction jm_retry_decide(JmTransferEnd end, int status, bool promised,
								const JmHistory *history, int max_retries,
								JmOutcome *outcome);
extern int64_t jm_retry_delay(int nth, double random);

#endif							/* JM_RETRY_H */
