/*
 * poisson.c
 *		Poisson regression by iteratively reweighted least squares (McCullagh
 *		and Nelder, Generalized Linear Models, 2.5): each step is a weighted
 *		least-squares fit by lsq.c.
 */
#include "hiring/poisson.h"

#include <math.h>
#include <string.h>

#define BLOCK 64
#define MAX_STEPS 50
#define MAX_HALVINGS 20
/* exp() of more would be beyond any count; of less, no weight to speak of */
#define MAX_ETA 40.0

/* Doubles of work space that jm_poisson_fit needs. */
size_t
jm_poisson_doubles(int p)
{
	size_t		q = (size_t) p + 1;

	return jm_lsq_doubles(p) + BLOCK * q + BLOCK +
		jm_lsq_fold_doubles(p, BLOCK) + jm_lsq_solve_doubles(p) + (size_t) p;
}

static double
linear(const double *row, int p, double intercept, const double *b)
{
	double		eta = intercept;

	for (int j = 0; j < p; j++)
		eta += b[j] * row[j];
	return fmax(-MAX_ETA, fmin(MAX_ETA, eta));
}

/* Twice the log-likelihood ratio of the saturated model to this one. */
static double
deviance_of(double y, double mu)
{
	return 2 * ((y > 0 ? y * log(y / mu) : 0) - (y - mu));
}

/*
 * Fits E(y) = exp(a + X b) to n rows, row-major, x_1 .. x_p, y, with y >= 0.
 * coefficients gets p numbers.  In the result mse is that of y itself and r2
 * the share of the deviance explained.  check, which may not return, is called
 * every so many rows.
 */
JmPoissonStatus
jm_poisson_fit(const double *rows, int64_t n, int p, double *coefficients,
			   JmLsqResult *result, double *work, void (*check) (void))
{
	int			q = p + 1;
	JmLsq		s;
	double	   *state = work;
	double	   *block = state + jm_lsq_doubles(p);
	double	   *weights = block + (size_t) BLOCK * q;
	double	   *fold = weights + BLOCK;
	double	   *solve = fold + jm_lsq_fold_doubles(p, BLOCK);
	double	   *next = solve + jm_lsq_solve_doubles(p);
	double		intercept;
	double		mean = 0;
	double		null_deviance = 0;
	double		deviance = 0;
	bool		converged = false;

	for (int64_t i = 0; i < n; i++)
		mean += (rows[i * q + p] - mean) / (double) (i + 1);
	if (!(mean > 0))
		return JM_POISSON_NO_EVENT;

	/* the model without x, which the first step starts from */
	intercept = log(mean);
	memset(coefficients, 0, (size_t) p * sizeof(double));
	for (int64_t i = 0; i < n; i++)
		null_deviance += deviance_of(rows[i * q + p], mean);
	deviance = null_deviance;

	for (int step = 0; step < MAX_STEPS && !converged; step++)
	{
		double		share = 1;
		double		reached = INFINITY;

		jm_lsq_init(&s, p, state);
		for (int64_t start = 0; start < n; start += BLOCK)
		{
			int			m = n - start < BLOCK ? (int) (n - start) : BLOCK;

			check();
			memcpy(block, rows + start * q, (size_t) m * q * sizeof(double));
			for (int i = 0; i < m; i++)
			{
				double	   *row = block + (size_t) i * q;
				double		eta = linear(row, p, intercept, coefficients);
				double		mu = exp(eta);

				weights[i] = mu;
				row[p] = eta + (row[p] - mu) / mu;
			}
			jm_lsq_fold(&s, block, weights, m, fold);
		}
		if (!jm_lsq_is_finite(&s) ||
			!jm_lsq_solve(&s, 0, next, result, solve))
			return JM_POISSON_NOT_CONVERGED;

		/* a step that makes things worse is halved until it does not */
		for (int halving = 0; halving < MAX_HALVINGS; halving++)
		{
			double		a = intercept + share * (result->intercept - intercept);

			for (int j = 0; j < p; j++)
				block[j] = coefficients[j] + share * (next[j] - coefficients[j]);
			reached = 0;
			for (int64_t i = 0; i < n; i++)
			{
				const double *row = rows + i * q;

				if (i % 4096 == 0)
					check();
				reached += deviance_of(row[p], exp(linear(row, p, a, block)));
			}
			if (reached <= deviance * (1 + 1e-12) + 1e-12)
			{
				converged = fabs(deviance - reached) <= 1e-13 * (fabs(reached) + 1);
				intercept = a;
				memcpy(coefficients, block, (size_t) p * sizeof(double));
				deviance = reached;
				break;
			}
			share /= 2;
			reached = INFINITY;
		}
		if (isinf(reached))
			return JM_POISSON_NOT_CONVERGED;
	}
	if (!converged)
		return JM_POISSON_NOT_CONVERGED;

	result->intercept = intercept;
	result->mse = 0;
	for (int64_t i = 0; i < n; i++)
	{
		const double *row = rows + i * q;
		double		miss = row[p] - exp(linear(row, p, intercept, coefficients));

		result->mse += (miss * miss - result->mse) / (double) (i + 1);
	}
	result->r2 = null_deviance > 0 ? 1 - deviance / null_deviance : 1;
	return JM_POISSON_OK;
}
