/*
 * durations.h
 *		Durations read from the labels of offers.  Plain C.
 */
#ifndef JM_DURATIONS_H
#define JM_DURATIONS_H

#include <stddef.h>

extern int	jm_experience_months(const char *label, size_t len);
extern int	jm_weekly_minutes(const char *label, size_t len);
extern int	jm_contract_days(const char *label, size_t len);

#endif							/* JM_DURATIONS_H */
