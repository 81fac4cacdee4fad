/*
 * gcra.c
 *		Generic cell rate algorithm: how often requests may go.
 *
 * ITU-T I.371 (virtual scheduling).  A request conforms when it comes no
 * earlier than (burst - 1) intervals before its theoretical arrival time.
 *
 * A request takes its place at the moment it goes, rather than reserving an
 * instant in advance.  So a process that the system woke up late moves all the
 * requests after its own, and no second sees more of them than it should; and
 * a request that is cancelled while it waits has nothing to give back.
 */
#include "http/gcra.h"

/*
 * Requests keep this much more distance than their rate asks for, so that the
 * delays between our clock and the API's (2 % of any second, 20 ms) do not
 * push one request too many into one of its seconds.
 */
#define MARGIN 1.02

/*
 * jm_gcra_interval
 *		Microseconds between two requests at rate requests a second (> 0).
 */
int64_t
jm_gcra_interval(double rate)
{
	double		interval = 1000000.0 * MARGIN / rate;

	/* a rate of next to nothing is a day */
	if (!(interval < 86400e6))
		return INT64_C(86400000000);
	return interval < 1 ? 1 : (int64_t) interval;
}

/*
 * jm_gcra_take
 *		Lets a request go now, or says how long to wait.
 *
 * Returns 0 when it may go, and then counts it; otherwise the microseconds
 * after which to ask again.  After a pause burst requests may go at once.  The
 * rate may change from call to call.
 */
int64_t
jm_gcra_take(JmGcra *gcra, int64_t now, double rate, int burst)
{
	int64_t		interval = jm_gcra_interval(rate);
	int64_t		tolerance = (burst > 1 ? burst - 1 : 0) * interval;
	int64_t		next = gcra->next;

	if (now < gcra->closed_until)
		return gcra->closed_until - now;
	/* a rate that was raised need not wait for an interval of the old one */
	if (next > now + tolerance + interval)
		gcra->next = next = now + tolerance + interval;
	if (now < next - tolerance)
		return next - tolerance - now;
	gcra->next = (next > now ? next : now) + interval;
	return 0;
}

/*
 * jm_gcra_push
 *		Nothing goes before until; what is set already for later stays.
 */
void
jm_gcra_push(JmGcra *gcra, int64_t until)
{
	if (until > gcra->closed_until)
		gcra->closed_until = until;
}
