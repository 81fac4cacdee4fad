/*
 * gcra.c
 *		How often requests may go (src/http/gcra.c).
 */
#include "http/gcra.h"

#include <stdbool.h>
#include <stdlib.h>

#include "unit.h"

#define SECOND INT64_C(1000000)

/*
 * Lets n requests go as soon as they may, each waking late by up to jitter
 * microseconds; sent[] gets the instants.
 */
static int64_t
run(JmGcra *gcra, int64_t now, double rate, int burst, int n, int jitter, int64_t *sent)
{
	for (int i = 0; i < n; i++)
	{
		int64_t		wait;

		while ((wait = jm_gcra_take(gcra, now, rate, burst)) > 0)
			now += wait + (jitter ? random() % jitter : 0);
		CHECK(wait == 0);
		sent[i] = now;
	}
	return now;
}

/* Most requests in any second. */
static int
busiest(const int64_t *sent, int n)
{
	int			most = 0;

	for (int i = 0, j = 0; i < n; i++)
	{
		while (sent[i] - sent[j] >= SECOND)
			j++;
		if (i - j + 1 > most)
			most = i - j + 1;
	}
	return most;
}

int
main(void)
{
	static const double rates[] = {1, 2, 3, 5, 7, 10, 30, 50, 100};
	int64_t		sent[400];
	JmGcra		gcra = {0, 0};

	/* no second holds more than the rate, late or not, and little is lost */
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		for (int jitter = 0; jitter <= 20000; jitter += 5000)
		{
			JmGcra		g = {0, 0};
			int64_t		end = run(&g, 5 * SECOND, rates[i], 1, 400, jitter, sent);

			CHECK(busiest(sent, 400) <= rates[i]);
			if (jitter == 0)
				CHECK((end - 5 * SECOND) / 399.0 <= 1.03 * SECOND / rates[i]);
			/* as many as the rate, and one, take more than a second */
			for (int k = 0; k + (int) rates[i] < 400; k++)
				CHECK(sent[k + (int) rates[i]] - sent[k] >= SECOND + SECOND / 100);
		}

	/* a wait changes nothing; asking early costs nothing */
	CHECK_INT(jm_gcra_take(&gcra, SECOND, 10, 1), 0);
	CHECK_INT(jm_gcra_take(&gcra, SECOND, 10, 1), 102000);
	CHECK_INT(jm_gcra_take(&gcra, SECOND + 2000, 10, 1), 100000);
	CHECK_INT(jm_gcra_take(&gcra, SECOND + 102000, 10, 1), 0);

	/* a burst after a pause, then the rate */
	run(&gcra, 10 * SECOND, 10, 5, 20, 0, sent);
	CHECK_INT(sent[4] - sent[0], 0);
	CHECK_INT(sent[5] - sent[4], 102000);
	CHECK_INT(sent[19] - sent[4], 15 * 102000);

	/* the rate may change: a faster one counts at once */
	gcra.next = gcra.closed_until = 0;
	CHECK_INT(jm_gcra_take(&gcra, SECOND, 0.01, 1), 0);
	CHECK_INT(jm_gcra_take(&gcra, SECOND, 0.01, 1), 102 * SECOND);
	CHECK_INT(jm_gcra_take(&gcra, SECOND, 10, 1), 102000);
	CHECK_INT(jm_gcra_take(&gcra, 2 * SECOND, 10, 1), 0);

	/* the API's pause holds everybody, and is not shortened by a later one */
	jm_gcra_push(&gcra, 9 * SECOND);
	jm_gcra_push(&gcra, 4 * SECOND);
	CHECK_INT(jm_gcra_take(&gcra, 3 * SECOND, 10, 5), 6 * SECOND);
	CHECK_INT(jm_gcra_take(&gcra, 9 * SECOND, 10, 1), 0);
	CHECK_INT(jm_gcra_take(&gcra, 9 * SECOND, 10, 1), 102000);

	/* odd rates */
	CHECK_INT(jm_gcra_interval(1e12), 1);
	CHECK_INT(jm_gcra_interval(1e-12), 86400 * SECOND);
	CHECK_INT(jm_gcra_interval(0), 86400 * SECOND);
	return unit_failures != 0;
}
