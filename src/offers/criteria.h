/*
 * criteria.h
 *		The search's parameters, and what the API takes for each.
 */
#ifndef JM_CRITERIA_H
#define JM_CRITERIA_H

#include <stdbool.h>
#include <stddef.h>

extern bool jm_criterion_known(const char *name);
extern const char *jm_criterion_names(void);
extern bool jm_criterion_check(const char *name, const char *const *values, int n,
							   char *problem, size_t size);

#endif							/* JM_CRITERIA_H */
