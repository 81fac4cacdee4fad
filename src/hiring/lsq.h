/*
 * lsq.h
 *		Least squares over a stream of rows: a triangular factor that grows row
 *		block by row block and can be merged, and its solution.
 *
 * Rows are (x_1 .. x_p, y), q = p + 1 columns.  Instead of the cross products
 * X'X, whose condition number is the square of that of X, the state keeps the
 * factor R of a QR decomposition of the centred data.  All is plain C on the
 * caller's memory.
 */
#ifndef JM_LSQ_H
#define JM_LSQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * More columns than this are refused: the last step is cubic in them, cannot
 * be interrupted, and takes a tenth of a second then.
 */
#define JM_LSQ_MAX_P 200

/*
 * The state.  r is q x q, column-major, upper triangle: r[i + j * q], i <= j.
 * R'R is the matrix of (weighted) cross products about the mean.
 */
typedef struct JmLsq
{
	int			p;				/* number of x */
	int64_t		n;				/* rows */
	double		sum_weight;		/* n where no weights are given */
	double	   *mean;			/* q */
	double	   *r;				/* q * q */
} JmLsq;

typedef struct JmLsqResult
{
	double		intercept;
	int			rank;			/* of the centred x */
	double		mse;			/* (weighted) mean of the squared residuals */
	double		r2;				/* 1 where y is constant, as regr_r2 does */
} JmLsqResult;

extern size_t jm_lsq_doubles(int p);
extern void jm_lsq_init(JmLsq *s, int p, double *memory);
extern void jm_lsq_copy(JmLsq *to, const JmLsq *from);
extern size_t jm_lsq_fold_doubles(int p, int m);
extern void jm_lsq_fold(JmLsq *s, const double *rows, const double *weights,
						int m, double *work);
extern size_t jm_lsq_merge_doubles(int p);
extern void jm_lsq_merge(JmLsq *s, const JmLsq *other, double *work);
extern bool jm_lsq_is_finite(const JmLsq *s);
extern size_t jm_lsq_solve_doubles(int p);
extern bool jm_lsq_solve(const JmLsq *s, double ridge, double *coefficients,
						 JmLsqResult *result, double *work);

#endif							/* JM_LSQ_H */
