/*
 * lsq.c
 *		Least squares: any division into blocks and states gives one answer, and
 *		the answer has the properties of a solution.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "hiring/lsq.h"
#include "hiring/poisson.h"

static uint64_t seed = 88172645463325252u;

/* xorshift, 0 to 1: the same numbers everywhere */
static double
uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double) (seed >> 11) / 9007199254740992.0;
}

static double *
doubles(size_t n)
{
	/* one more than nothing: malloc(0) may be NULL */
	double	   *memory = malloc((n + 1) * sizeof(double));

	if (!memory)
		abort();
	return memory;
}

static void
fold(JmLsq *s, const double *rows, const double *weights, int m)
{
	double	   *work = doubles(jm_lsq_fold_doubles(s->p, m));

	jm_lsq_fold(s, rows, weights, m, work);
	free(work);
}

static bool
solve(const JmLsq *s, double ridge, double *b, JmLsqResult *result)
{
	double	   *work = doubles(jm_lsq_solve_doubles(s->p));
	bool		ok = jm_lsq_solve(s, ridge, b, result, work);

	free(work);
	return ok;
}

/* Blocks of random sizes, spread over states that are merged in the end. */
static void
fold_in_pieces(JmLsq *s, int p, const double *rows, int n, int states)
{
	double	   *memory = doubles(jm_lsq_doubles(p));
	double	   *work = doubles(jm_lsq_merge_doubles(p));
	int			start = 0;

	for (int k = 0; k < states; k++)
	{
		JmLsq		part;
		int			stop = k == states - 1 ? n : start + (int) (uniform() * (n - start));

		jm_lsq_init(&part, p, memory);
		while (start < stop)
		{
			int			m = 1 + (int) (uniform() * 64);

			m = m > stop - start ? stop - start : m;
			fold(&part, rows + (size_t) start * (p + 1), NULL, m);
			start += m;
		}
		jm_lsq_merge(s, &part, work);
	}
	free(memory);
	free(work);
}

static void
test_pieces(int p, int n, double offset)
{
	double	   *rows = doubles((size_t) n * (p + 1));
	double	   *memory = doubles(2 * jm_lsq_doubles(p));
	double	   *b = doubles(p);
	double	   *c = doubles(p);
	JmLsq		whole;
	JmLsq		pieces;
	JmLsqResult one;
	JmLsqResult two;

	for (int i = 0; i < n; i++)
	{
		double		y = 3;

		for (int j = 0; j < p; j++)
		{
			rows[(size_t) i * (p + 1) + j] = offset + uniform();
			y += (j + 1) * (rows[(size_t) i * (p + 1) + j] - offset);
		}
		rows[(size_t) i * (p + 1) + p] = y + uniform() * 0.1;
	}
	jm_lsq_init(&whole, p, memory);
	jm_lsq_init(&pieces, p, memory + jm_lsq_doubles(p));
	fold(&whole, rows, NULL, n);
	fold_in_pieces(&pieces, p, rows, n, 1 + (int) (uniform() * 6));
	CHECK_INT(pieces.n, n);
	CHECK(jm_lsq_is_finite(&pieces));
	CHECK(solve(&whole, 0, b, &one));
	CHECK(solve(&pieces, 0, c, &two));
	CHECK_INT(one.rank, two.rank);
	CHECK(fabs(one.mse - two.mse) <= 1e-9 * one.mse + 1e-20);
	for (int j = 0; j < p; j++)
		CHECK(fabs(b[j] - c[j]) <= 1e-8 * (1 + fabs(b[j])));

	/* residuals are orthogonal to all columns */
	if (n > p + 1)
		for (int j = 0; j <= p; j++)
		{
			double		sum = 0;

			for (int i = 0; i < n; i++)
			{
				const double *row = rows + (size_t) i * (p + 1);
				double		residual = row[p] - two.intercept;

				for (int k = 0; k < p; k++)
					residual -= c[k] * row[k];
				sum += residual * (j < p ? row[j] - offset : 1);
			}
			CHECK(fabs(sum) < 1e-7 * n * (1 + fabs(offset)));
		}
	free(rows);
	free(memory);
	free(b);
	free(c);
}

/*
 * Units do not matter: numbers whose squares are beyond the range of double, one
 * way or the other, give the coefficients in the other units, also merged.
 */
static void
test_units(void)
{
	enum
	{
		P = 3,
		N = 300
	};
	static const int units[][P + 1] = {
		{-700, -700, -700, -700}, {-700, 0, 700, -10}, {700, 700, 700, 0},
		{0, -900, 0, -900}, {0, 0, 0, -800}, {-530, 530, 0, 500},
		{-430, -430, -430, -660}, {-460, -460, -460, -630}, {460, 460, 460, -100}
	};
	double		rows[N * (P + 1)];
	double		scaled[N * (P + 1)];
	double		b[P];
	double		c[P];
	double	   *memory = doubles(2 * jm_lsq_doubles(P));
	JmLsq		plain;
	JmLsq		other;
	JmLsqResult one;
	JmLsqResult two;

	for (int i = 0; i < N; i++)
	{
		double	   *row = rows + i * (P + 1);

		row[P] = uniform();
		for (int j = 0; j < P; j++)
		{
			row[j] = 5 + uniform();
			row[P] += (j + 1) * row[j];
		}
	}
	jm_lsq_init(&plain, P, memory);
	fold(&plain, rows, NULL, N);
	CHECK(solve(&plain, 0, b, &one));
	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++)
	{
		const int  *unit = units[k];

		for (int i = 0; i < N * (P + 1); i++)
			scaled[i] = ldexp(rows[i], unit[i % (P + 1)]);
		jm_lsq_init(&other, P, memory + jm_lsq_doubles(P));
		fold_in_pieces(&other, P, scaled, N, 3);
		CHECK(jm_lsq_is_finite(&other));
		CHECK(solve(&other, 0, c, &two));

		/*
		 * columns of like units only: a direction of far smaller ones counts
		 * as absent
		 */
		if (unit[0] != unit[1] || unit[1] != unit[2])
			continue;
		CHECK_INT(two.rank, P);
		CHECK(fabs(two.r2 - one.r2) < 1e-9);
		CHECK(fabs(ldexp(two.intercept, -unit[P]) - one.intercept) < 1e-9);
		for (int j = 0; j < P; j++)
			CHECK(fabs(ldexp(c[j], unit[j] - unit[P]) - b[j]) < 1e-9);
	}
	/* but not numbers at the end of the range */
	for (int i = 0; i < N * (P + 1); i++)
		scaled[i] = ldexp(rows[i], 1015);
	jm_lsq_init(&other, P, memory + jm_lsq_doubles(P));
	fold(&other, scaled, NULL, N);
	CHECK(!jm_lsq_is_finite(&other));
	free(memory);
}

static void
test_small_cases(void)
{
	double		memory[100];
	double		b[3];
	JmLsq		s;
	JmLsqResult result;

	/* y = 1 + x1 + x2 with x1 = x2 and a constant column */
	double		equal[] = {1, 1, 7, 3, 2, 2, 7, 5, 4, 4, 7, 9};
	double		constant[] = {0.1, 5, 0.1, 6, 0.1, 7, 0.1, 8, 0.1, 9, 0.1, 10, 0.1, 11};
	double		huge[] = {1e301, 1, -1e301, 2};
	double		weighted[] = {0, 0, 1, 1, 2, 10};
	double		weights[] = {1, 1, 1e-9};

	jm_lsq_init(&s, 3, memory);
	fold(&s, equal, NULL, 3);
	CHECK(solve(&s, 0, b, &result));
	CHECK_INT(result.rank, 1);
	CHECK(fabs(b[0] - 1) < 1e-12 && fabs(b[1] - 1) < 1e-12 && b[2] == 0);
	CHECK(fabs(result.intercept - 1) < 1e-12);
	CHECK(fabs(result.r2 - 1) < 1e-12);

	/* 0.1 is no binary number, and seven of them have a rounded mean */
	jm_lsq_init(&s, 1, memory);
	fold(&s, constant, NULL, 3);
	fold(&s, constant + 6, NULL, 4);
	CHECK(solve(&s, 0, b, &result));
	CHECK_INT(result.rank, 0);
	CHECK(b[0] == 0 && result.intercept == 8);

	jm_lsq_init(&s, 1, memory);
	fold(&s, huge, NULL, 2);
	CHECK(!jm_lsq_is_finite(&s));

	/* a row without weight to speak of does not count */
	jm_lsq_init(&s, 1, memory);
	fold(&s, weighted, weights, 3);
	CHECK(solve(&s, 0, b, &result));
	CHECK(fabs(b[0] - 1) < 1e-6);

	/* ridge of one column: sxy / (sxx + penalty) */
	jm_lsq_init(&s, 1, memory);
	fold(&s, weighted, NULL, 3);
	CHECK(solve(&s, 3, b, &result));
	CHECK(fabs(b[0] - 10.0 / 5) < 1e-12);
}

static void
no_interrupt(void)
{
}

static void
test_poisson(void)
{
	enum
	{
		N = 500, P = 3
	};
	static double rows[N * (P + 1)];
	double		b[P];
	double	   *work = doubles(jm_poisson_doubles(P));
	JmLsqResult result;

	for (int i = 0; i < N; i++)
	{
		double	   *row = rows + i * (P + 1);

		row[0] = uniform();
		row[1] = uniform() * 3 - 1;
		row[2] = row[0];		/* dependent on purpose */
		row[3] = floor(exp(1 + row[0] - 0.5 * row[1]) * 2 * uniform());
	}
	CHECK(jm_poisson_fit(rows, N, P, b, &result, work, no_interrupt) == JM_POISSON_OK);
	CHECK_INT(result.rank, 2);
	CHECK(fabs(b[0] - b[2]) < 1e-9);
	for (int j = 0; j <= P; j++)
	{
		double		score = 0;

		for (int i = 0; i < N; i++)
		{
			const double *row = rows + i * (P + 1);
			double		mu = exp(result.intercept + b[0] * row[0] + b[1] * row[1] + b[2] * row[2]);

			score += (row[P] - mu) * (j < P ? row[j] : 1);
		}
		CHECK(fabs(score) < 1e-6);
	}

	for (int i = 0; i < N; i++)
		rows[i * (P + 1) + P] = 0;
	CHECK(jm_poisson_fit(rows, N, P, b, &result, work, no_interrupt) == JM_POISSON_NO_EVENT);
	free(work);
}

int
main(void)
{
	for (int round = 0; round < 40; round++)
	{
		int			p = (int) (uniform() * 12);

		test_pieces(p, 1 + (int) (uniform() * 400), 0);
		test_pieces(p, p + 2 + (int) (uniform() * 400), 1e4);
	}
	test_units();
	test_small_cases();
	test_poisson();
	return unit_failures != 0;
}
