/*
 * lsq.c
 *		Streaming least squares: QR of row blocks, merge of two factors, and
 *		the minimum-norm solution through the singular values of the factor.
 *
 * Centring: a block of m rows with mean b joins a state of n rows with mean a
 * as its centred rows and one row more, sqrt(n m / (n + m)) (b - a): the
 * pairwise formula for sums of squares (Chan, Golub and LeVeque, 1983),
 * written for the factor in place of the cross products.
 *
 * QR: Householder reflections (Golub and Van Loan, Matrix Computations, 5.2)
 * that use the triangle on top, so that a step costs the height of the block
 * only.  This is the kernel of tall-skinny QR (Demmel, Grigori, Hoemmen and
 * Langou, 2012), whose error does not depend on how rows fall into blocks or
 * processes beyond rounding.
 */
#include "hiring/lsq.h"

#include <float.h>
#include <math.h>
#include <string.h>

/*
 * Fortran: singular value decomposition.  gfortran passes the lengths of the
 * CHARACTER arguments after all others.
 */
extern void dgesvd_(const char *jobu, const char *jobvt, const int *m,
					const int *n, double *a, const int *lda, double *s,
					double *u, const int *ldu, double *vt, const int *ldvt,
					double *work, const int *lwork, int *info,
					size_t jobu_len, size_t jobvt_len);

/* Doubles that the state of p variables needs. */
size_t
jm_lsq_doubles(int p)
{
	size_t		q = (size_t) p + 1;

	return q + q * q;
}

/* An empty state in the caller's memory, jm_lsq_doubles(p) long. */
void
jm_lsq_init(JmLsq *s, int p, double *memory)
{
	s->p = p;
	s->n = 0;
	s->sum_weight = 0;
	s->mean = memory;
	s->r = memory + p + 1;
	memset(memory, 0, jm_lsq_doubles(p) * sizeof(double));
}

/* Copies a state over one of the same p. */
void
jm_lsq_copy(JmLsq *to, const JmLsq *from)
{
	to->n = from->n;
	to->sum_weight = from->sum_weight;
	memcpy(to->mean, from->mean, ((size_t) from->p + 1) * sizeof(double));
	memcpy(to->r, from->r, ((size_t) from->p + 1) * (from->p + 1) * sizeof(double));
}

/*
 * Four sums at once: one running sum would wait for the adder at each step,
 * and the compiler may not reorder additions by itself.
 */
static double
dot(const double *a, const double *b, int m)
{
	double		s0 = 0;
	double		s1 = 0;
	double		s2 = 0;
	double		s3 = 0;
	int			i = 0;

	for (; i + 4 <= m; i += 4)
	{
		s0 += a[i] * b[i];
		s1 += a[i + 1] * b[i + 1];
		s2 += a[i + 2] * b[i + 2];
		s3 += a[i + 3] * b[i + 3];
	}
	for (; i < m; i++)
		s0 += a[i] * b[i];
	return (s0 + s1) + (s2 + s3);
}

/* Largest of the absolute values. */
static double
largest(const double *a, int m)
{
	double		max = 0;

	for (int i = 0; i < m; i++)
		max = fmax(max, fabs(a[i]));
	return max;
}

/*
 * Outside of this sums of squares may lose digits to the range of double, or the
 * products with a column of quite another size do.
 */
#define SQUARES_MIN 1e-20
#define SQUARES_MAX 1e20

/*
 * The factor of [R; B], in R's place.  B is m x q, column-major with ld rows,
 * and is destroyed.
 */
static void
triangularise(double *r, int q, double *b, int ld, int m)
{
	for (int j = 0; j < q; j++)
	{
		double	   *u = b + (size_t) j * ld;
		double		alpha = r[j + (size_t) j * q];
		double		below = dot(u, u, m);
		double		squares = alpha * alpha + below;
		int			exponent = 0;
		double		norm;
		double		top;
		double		h;

		/*
		 * A reflection is the same for a multiple of its vector: one by a
		 * power of two is without rounding.
		 */
		if (!(squares > SQUARES_MIN && squares < SQUARES_MAX))
		{
			double		max = fmax(fabs(alpha), largest(u, m));

			if (max == 0)
				continue;
			(void) frexp(max, &exponent);
			alpha = ldexp(alpha, -exponent);
			for (int i = 0; i < m; i++)
				u[i] = ldexp(u[i], -exponent);
			below = dot(u, u, m);
			squares = alpha * alpha + below;
		}
		if (below == 0)
			continue;
		norm = sqrt(squares);
		/* the reflection (top, u) that adds up, not one that cancels */
		top = alpha + copysign(norm, alpha);
		h = norm * fabs(top);
		r[j + (size_t) j * q] = ldexp(-copysign(norm, alpha), exponent);

		for (int k = j + 1; k < q; k++)
		{
			double	   *c = b + (size_t) k * ld;
			double	   *rjk = &r[j + (size_t) k * q];
			double		t = (top * *rjk + dot(u, c, m)) / h;

			*rjk -= t * top;
			for (int i = 0; i < m; i++)
				c[i] -= t * u[i];
		}
	}
}

/* Doubles of work space that jm_lsq_fold needs for m rows. */
size_t
jm_lsq_fold_doubles(int p, int m)
{
	return ((size_t) m + 1) * ((size_t) p + 1) + (size_t) m;
}

/*
 * Adds m rows, row-major, each x_1 .. x_p, y.  weights is NULL, or m numbers
 * above zero.
 */
void
jm_lsq_fold(JmLsq *s, const double *rows, const double *weights, int m,
			double *work)
{
	int			q = s->p + 1;
	int			ld = m + 1;
	double	   *root = work + (size_t) ld * q;
	double		block_weight = m;
	double		total;

	if (m == 0)
		return;
	if (weights)
	{
		block_weight = 0;
		for (int i = 0; i < m; i++)
		{
			block_weight += weights[i];
			root[i] = sqrt(weights[i]);
		}
	}
	total = s->sum_weight + block_weight;

	for (int j = 0; j < q; j++)
	{
		double	   *c = work + (size_t) j * ld;
		double		first = rows[j];
		double		mean = 0;
		double		shift;

		/*
		 * The mean as the first value and a mean of differences from it: a
		 * constant column then has exactly its constant as mean, and becomes
		 * exactly zero, not rounding noise that would pass for a variable.
		 */
		for (int i = 0; i < m; i++)
		{
			c[i] = rows[(size_t) i * q + j] - first;
			mean += weights ? weights[i] * c[i] : c[i];
		}
		mean /= block_weight;
		for (int i = 0; i < m; i++)
			c[i] -= mean;
		if (weights)
			for (int i = 0; i < m; i++)
				c[i] *= root[i];

		shift = (first - s->mean[j]) + mean;
		if (s->n == 0)
		{
			c[m] = 0;
			s->mean[j] = first + mean;
		}
		else
		{
			c[m] = sqrt(s->sum_weight / total * block_weight) * shift;
			s->mean[j] += shift * (block_weight / total);
		}
	}
	triangularise(s->r, q, work, ld, m + 1);
	s->n += m;
	s->sum_weight = total;
}

/* Doubles of work space that jm_lsq_merge needs. */
size_t
jm_lsq_merge_doubles(int p)
{
	return ((size_t) p + 2) * ((size_t) p + 1);
}

/* Adds the rows of another state of the same p. */
void
jm_lsq_merge(JmLsq *s, const JmLsq *other, double *work)
{
	int			q = s->p + 1;
	int			ld = q + 1;
	double		total = s->sum_weight + other->sum_weight;

	if (other->n == 0)
		return;
	if (s->n == 0)
	{
		jm_lsq_copy(s, other);
		return;
	}
	for (int j = 0; j < q; j++)
	{
		double	   *c = work + (size_t) j * ld;
		double		shift = other->mean[j] - s->mean[j];

		for (int i = 0; i < q; i++)
			c[i] = i <= j ? other->r[i + (size_t) j * q] : 0;
		c[q] = sqrt(s->sum_weight / total * other->sum_weight) * shift;
		s->mean[j] += shift * (other->sum_weight / total);
	}
	triangularise(s->r, q, work, ld, q + 1);
	s->n += other->n;
	s->sum_weight = total;
}

/* Sums over rows and columns of numbers below this stay finite. */
#define VALUE_MAX 1e300

/*
 * False when the values are, or went, near or beyond the end of the range of
 * double: the state is of no use then, and must not reach LAPACK, which may loop
 * on NaN.
 */
bool
jm_lsq_is_finite(const JmLsq *s)
{
	int			q = s->p + 1;

	for (int j = 0; j < q; j++)
	{
		/* not "above": NaN is not finite either */
		if (!(sqrt(s->sum_weight) * fabs(s->mean[j]) < VALUE_MAX))
			return false;
		for (int i = 0; i <= j; i++)
			if (!(fabs(s->r[i + (size_t) j * q]) < VALUE_MAX))
				return false;
	}
	return true;
}

/* Length of LAPACK's own work space for a p x p matrix; 5 p is its minimum. */
static int
svd_work(int p)
{
	return 5 * p + 32 * p;
}

/* Doubles of work space that jm_lsq_solve needs. */
size_t
jm_lsq_solve_doubles(int p)
{
	size_t		pp = (size_t) p * p;

	return 3 * pp + 3 * (size_t) p + svd_work(p);
}

/*
 * Solves min |y - a - X b|^2 + ridge |b|^2 for the rows of a state that has at
 * least one; the intercept a is not penalised.  coefficients gets p numbers.
 *
 * Where the columns of X depend on each other, b is the solution of least
 * norm.  A direction counts as absent when its singular value is below
 * p eps |X|, with the norm of X before centring: rounding of the given numbers
 * alone could have made it.
 *
 * False when the singular values did not converge.  The state must be finite.
 */
bool
jm_lsq_solve(const JmLsq *s, double ridge, double *coefficients,
			 JmLsqResult *result, double *work)
{
	int			p = s->p;
	int			q = p + 1;
	double	   *a = work;
	double	   *u = a + (size_t) p * p;
	double	   *vt = u + (size_t) p * p;
	double	   *sv = vt + (size_t) p * p;
	double	   *d = sv + p;
	double	   *fit = d + p;
	double	   *svd = fit + p;
	const double *c = s->r + (size_t) p * q;
	double		norm = 0;
	double		tolerance;
	double		rss = 0;
	double		tss = 0;
	int			exponent;

	result->rank = 0;
	if (p > 0)
	{
		int			lwork = svd_work(p);
		int			info = 0;

		for (int j = 0; j < p; j++)
		{
			const double *column = s->r + (size_t) j * q;

			norm = hypot(norm, sqrt(s->sum_weight) * s->mean[j]);
			for (int i = 0; i < p; i++)
			{
				a[i + (size_t) j * p] = i <= j ? column[i] : 0;
				if (i <= j)
					norm = hypot(norm, column[i]);
			}
		}

		/*
		 * The arguments are right by construction: with a wrong one LAPACK
		 * would print a message and stop the process.
		 */
		dgesvd_("A", "A", &p, &p, a, &p, sv, u, &p, vt, &p, svd, &lwork, &info,
				1, 1);
		if (info != 0)
			return false;

		tolerance = p * DBL_EPSILON * norm;
		for (int k = 0; k < p; k++)
		{
			bool		present = sv[k] > tolerance;

			d[k] = 0;
			if (present)
				result->rank++;
			if (present || ridge > 0)
			{
				/* ridge >= 0; divided so that sv^2 cannot underflow to 0/0 */
				double		divisor = sv[k] + (ridge > 0 ? ridge / sv[k] : 0);

				if (divisor > 0 && isfinite(divisor))
					d[k] = dot(u + (size_t) k * p, c, p) / divisor;
			}
		}
	}

	result->intercept = s->mean[p];
	for (int j = 0; j < p; j++)
	{
		coefficients[j] = dot(vt + (size_t) j * p, d, p);
		result->intercept -= coefficients[j] * s->mean[j];
	}

	/*
	 * Residuals inside the span of X: none but for ridge and rank.  Squares
	 * of numbers divided by a power of two near y, so that r2 is right
	 * whatever its unit.
	 */
	(void) frexp(largest(c, q), &exponent);
	for (int i = 0; i < p; i++)
		fit[i] = 0;
	for (int j = 0; j < p; j++)
		for (int i = 0; i <= j; i++)
			fit[i] += s->r[i + (size_t) j * q] * coefficients[j];
	for (int i = 0; i < q; i++)
	{
		double		whole = ldexp(c[i], -exponent);
		double		rest = i < p ? ldexp(c[i] - fit[i], -exponent) : whole;

		tss += whole * whole;
		rss += rest * rest;
	}

	result->mse = ldexp(rss / s->sum_weight, 2 * exponent);
	result->r2 = tss > 0 ? 1 - rss / tss : 1;
	return true;
}
