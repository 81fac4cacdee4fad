/*
 * gains.c
 *		Cumulative gains of a ranking.
 */
#include "hiring/gains.h"

#include <math.h>

/* A walk through the ranks, best first, without sorting what lies between. */
typedef struct JmCuts
{
	JmGainsPair *pairs;
	int64_t		rank[JM_GAINS_SHARES];
	double	   *sum;			/* effective up to each rank */
	uint64_t	random;
} JmCuts;

static void
swap(JmGainsPair *a, JmGainsPair *b)
{
	JmGainsPair pair = *a;

	*a = *b;
	*b = pair;
}

static int64_t
random_below(JmCuts *cuts, int64_t n)
{
	/* Marsaglia's xorshift; the same numbers at every run */
	cuts->random ^= cuts->random << 13;
	cuts->random ^= cuts->random >> 7;
	cuts->random ^= cuts->random << 17;
	return (int64_t) (cuts->random % (uint64_t) n);
}

static double
median(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/*
 * Finds the sums at the cuts first .. last - 1, whose ranks lie among the pairs
 * from .. until - 1; before is what the pairs before them made.  Parts by a
 * value into larger, equal and smaller ones, and goes on where cuts are.
 */
static void
find_cuts(JmCuts *cuts, int first, int last, int64_t from, int64_t until, double before)
{
	for (;;)
	{
		JmGainsPair *pairs = cuts->pairs;
		int64_t		n = until - from;
		int64_t		larger = from;
		int64_t		smaller = until;
		double		larger_sum = 0;
		double		equal_sum = 0;
		double		value;
		int			k;

		while (first < last && cuts->rank[first] <= from)
			cuts->sum[first++] = before;
		if (first == last)
			break;
		/* at random: no order of the data must be the worst */
		value = median(pairs[from + random_below(cuts, n)].predicted,
					   pairs[from + random_below(cuts, n)].predicted,
					   pairs[from + random_below(cuts, n)].predicted);

		for (int64_t i = from; i < smaller;)
		{
			if (pairs[i].predicted > value)
			{
				larger_sum += pairs[i].effective;
				swap(&pairs[i++], &pairs[larger++]);
			}
			else if (pairs[i].predicted < value)
				swap(&pairs[i], &pairs[--smaller]);
			else
				equal_sum += pairs[i++].effective;
		}
		for (k = first; k < last && cuts->rank[k] <= larger; k++)
			;
		if (k == last)
		{
			until = larger;
			continue;
		}
		/* with fewer cuts each time: nine levels deep at most */
		if (k > first)
			find_cuts(cuts, first, k, from, larger, before);
		before += larger_sum;
		for (first = k; first < last && cuts->rank[first] <= smaller; first++)
			cuts->sum[first] = before + equal_sum * (cuts->rank[first] - larger) / (smaller - larger);
		before += equal_sum;
		from = smaller;
	}
}

/*
 * For k = 10, 20 .. 90 the share of all that was effective which the first
 * int(n k / 100) of n pairs made, by predicted, largest first; 0 when nothing
 * was.  A cut through equal predictions takes their mean: what a random order
 * among them gives on average, and the same at every run.  Changes the order
 * of the pairs.
 */
void
jm_gains(JmGainsPair *pairs, int64_t n, double *gains)
{
	JmCuts		cuts = {pairs, {0}, gains, 88172645463325252};
	double		total = 0;

	for (int64_t i = 0; i < n; i++)
		total += pairs[i].effective;
	for (int k = 0; k < JM_GAINS_SHARES; k++)
	{
		cuts.rank[k] = n * (k + 1) / 10;
		gains[k] = 0;
	}
	if (total <= 0)
		return;
	find_cuts(&cuts, 0, JM_GAINS_SHARES, 0, n, 0);
	for (int k = 0; k < JM_GAINS_SHARES; k++)
		gains[k] /= total;
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
