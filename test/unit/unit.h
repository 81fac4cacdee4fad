/*
 * unit.h
 *		What the plain test programs share: a check that says where it failed
 *		and goes on, so that one run shows all the failures.
 */
#ifndef JM_UNIT_H
#define JM_UNIT_H

#include <stdio.h>
#include <string.h>

static int	unit_failures = 0;

#define CHECK(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			unit_failures++; \
		} \
	} while (0)

#define CHECK_STR(actual, expected) \
	do { \
		const char *unit_a = (actual); \
		const char *unit_e = (expected); \
		if (strcmp(unit_a ? unit_a : "(null)", unit_e ? unit_e : "(null)") != 0) \
		{ \
			fprintf(stderr, "%s:%d: %s is \"%s\", expected \"%s\"\n", __FILE__, __LINE__, \
					#actual, unit_a ? unit_a : "(null)", unit_e ? unit_e : "(null)"); \
			unit_failures++; \
		} \
	} while (0)

#define CHECK_INT(actual, expected) \
	do { \
		long long unit_a = (long long) (actual); \
		long long unit_e = (long long) (expected); \
		if (unit_a != unit_e) \
		{ \
			fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, \
					#actual, unit_a, unit_e); \
			unit_failures++; \
		} \
	} while (0)

#endif							/* JM_UNIT_H */
