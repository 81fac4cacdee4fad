/*
 * gains.c
 *		Cumulative gains of a ranking.
 */
#include "hiring/gains.h"

#include <math.h>
#include <stdlib.h>

static int
by_prediction(const void *a, const void *b)
{
	double		x = ((const JmGainsPair *) a)->predicted;
	double		y = ((const JmGainsPair *) b)->predicted;

	return (x < y) - (x > y);
}

/*
 * Sorts n pairs by predicted, largest first, and writes for k = 10, 20 .. 90
 * the share of all that was effective which the first int(n k / 100) made; 0
 * when nothing was.  A cut through equal predictions takes their mean: what a
 * random order among them gives on average, and the same at every run.
 */
void
jm_gains(JmGainsPair *pairs, int64_t n, double *gains)
{
	double		total = 0;
	double		before = 0;
	int			k = 0;

	for (int i = 0; i < JM_GAINS_SHARES; i++)
		gains[i] = 0;
	if (n == 0)
		return;
	qsort(pairs, n, sizeof(JmGainsPair), by_prediction);
	for (int64_t i = 0; i < n; i++)
		total += pairs[i].effective;
	if (total <= 0)
		return;

	for (int64_t start = 0, stop; start < n && k < JM_GAINS_SHARES; start = stop)
	{
		double		tied = 0;

		for (stop = start; stop < n && pairs[stop].predicted == pairs[start].predicted; stop++)
			tied += pairs[stop].effective;
		while (k < JM_GAINS_SHARES && n * (k + 1) / 10 <= stop)
		{
			int64_t		taken = n * (k + 1) / 10 - start;

			gains[k++] = (before + tied * taken / (double) (stop - start)) / total;
		}
		before += tied;
	}
}

/* Mean squared and mean absolute error of n > 0 pairs. */
void
jm_forecast_errors(const JmGainsPair *pairs, int64_t n, double *mse, double *mae)
{
	double		squares = 0;
	double		sum = 0;

	for (int64_t i = 0; i < n; i++)
	{
		double		miss = pairs[i].predicted - pairs[i].effective;

		squares += miss * miss;
		sum += fabs(miss);
	}
	*mse = squares / n;
	*mae = sum / n;
}
