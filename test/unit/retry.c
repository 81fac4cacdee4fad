/*
 * retry.c
 *		What an attempt's end means (src/http/retry.c).
 */
#include "http/retry.h"

#include "unit.h"

#define MAX 5

static const JmHistory fresh = {0, 0, false, false};

static void
check(JmTransferEnd end, int status, bool promised, const JmHistory *history,
	  JmAction action, JmOutcome outcome)
{
	JmOutcome	got;
	JmAction	a = jm_retry_decide(end, status, promised, history, MAX, &got);

	if (a != action || got != outcome)
	{
		fprintf(stderr, "end %d, status %d: action %d outcome %d, expected %d and %d\n",
				end, status, a, got, action, outcome);
		unit_failures++;
	}
}

/* How often a request is sent that is always answered by that status. */
static int
attempts(int status, bool promised, JmOutcome *outcome)
{
	JmHistory	history = fresh;

	for (int n = 1;; n++)
	{
		if (status == 429)
			history.throttled++;
		switch (jm_retry_decide(JM_END_ANSWER, status, promised, &history, MAX, outcome))
		{
			case JM_ACTION_DONE:
				return n;
			case JM_ACTION_RETRY:
				history.failures++;
				history.internal |= status == 500;
				break;
			case JM_ACTION_THROTTLE:
				break;
			case JM_ACTION_RENEW:
				history.renewed = true;
				break;
		}
	}
}

int
main(void)
{
	JmHistory	tired = {MAX, 0, false, false};
	JmOutcome	outcome;

	check(JM_END_ANSWER, 200, true, &fresh, JM_ACTION_DONE, JM_OK);
	check(JM_END_ANSWER, 204, true, &fresh, JM_ACTION_DONE, JM_OK);
	check(JM_END_ANSWER, 206, true, &tired, JM_ACTION_DONE, JM_OK);
	check(JM_END_ANSWER, 200, false, &fresh, JM_ACTION_RETRY, JM_BAD_ANSWER);
	check(JM_END_ANSWER, 200, false, &tired, JM_ACTION_DONE, JM_BAD_ANSWER);

	/* a cut body counts as none, unless it only explains an error */
	check(JM_END_NETWORK, 200, true, &fresh, JM_ACTION_RETRY, JM_NETWORK_ERROR);
	check(JM_END_NETWORK, 0, false, &tired, JM_ACTION_DONE, JM_NETWORK_ERROR);
	check(JM_END_NETWORK, 400, false, &fresh, JM_ACTION_DONE, JM_REFUSED);
	check(JM_END_NETWORK, 503, false, &fresh, JM_ACTION_RETRY, JM_SERVER_ERROR);
	check(JM_END_PERMANENT, 0, false, &fresh, JM_ACTION_DONE, JM_NETWORK_ERROR);
	check(JM_END_TOO_LARGE, 200, false, &fresh, JM_ACTION_DONE, JM_TOO_LARGE);

	/* times sent in all, by status; any other than these is sent once */
	for (int status = 100; status <= 599; status++)
	{
		int			expected = 1;

		if (status == 401 || status == 500)
			expected = 2;
		else if (status == 429 || status == 502 || status == 503 || status == 504)
			expected = MAX + 1;
		CHECK_INT(attempts(status, true, &outcome), expected);
		if (status >= 200 && status <= 299)
			CHECK_INT(outcome, JM_OK);
		else if (status == 401 || status == 403)
			CHECK_INT(outcome, JM_UNAUTHORISED);
		else if (status == 429)
			CHECK_INT(outcome, JM_THROTTLED);
		else if (status >= 500)
			CHECK_INT(outcome, JM_SERVER_ERROR);
		else if (status >= 400)
			CHECK_INT(outcome, JM_REFUSED);
		else
			CHECK_INT(outcome, JM_BAD_ANSWER);
	}
	CHECK_INT(attempts(200, false, &outcome), MAX + 1);

	/* a retry limit of none is none */
	CHECK_INT(jm_retry_decide(JM_END_NETWORK, 0, false, &fresh, 0, &outcome), JM_ACTION_DONE);
	CHECK_INT(jm_retry_decide(JM_END_ANSWER, 500, false, &fresh, 0, &outcome), JM_ACTION_DONE);

	CHECK_INT(jm_retry_delay(1, 0), 200000);
	CHECK_INT(jm_retry_delay(2, 0), 400000);
	CHECK_INT(jm_retry_delay(5, 0), 3200000);
	CHECK_INT(jm_retry_delay(1000, 0), 20000000);
	CHECK_INT(jm_retry_delay(0, 0), 200000);
	CHECK(jm_retry_delay(1, 0.999999) >= 100000);
	return unit_failures != 0;
}
