/*
 * gains.h
 *		Cumulative gains: how many of the hirings the best-ranked offices made.
 */
#ifndef JM_GAINS_H
#define JM_GAINS_H

#include <stdint.h>

#define JM_GAINS_SHARES 9		/* 10 % .. 90 % */

typedef struct JmGainsPair
{
	double		predicted;
	double		effective;
} JmGainsPair;

extern void jm_gains(JmGainsPair *pairs, int64_t n, double *gains);
extern void jm_forecast_errors(const JmGainsPair *pairs, int64_t n, double *mse,
							   double *mae);

#endif							/* JM_GAINS_H */
