/*
 * poisson.h
 *		Poisson regression with a logarithmic link, for counts.
 */
#ifndef JM_POISSON_H
#define JM_POISSON_H

#include "hiring/lsq.h"

typedef enum JmPoissonStatus
{
	JM_POISSON_OK,
	JM_POISSON_NO_EVENT,		/* all y are 0: no finite intercept is best */
	JM_POISSON_NOT_CONVERGED
} JmPoissonStatus;

extern size_t jm_poisson_doubles(int p);
extern JmPoissonStatus jm_poisson_fit(const double *rows, int64_t n, int p,
									  double *coefficients,
									  JmLsqResult *result,
									  double *work, void (*check) (void));

#endif							/* JM_POISSON_H */
