/*
 * tally.h
 *		Hirings in four bytes each: what counting them by semester needs, and
 *		no more.  Plain C on the caller's memory.
 */
#ifndef JM_TALLY_H
#define JM_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JM_TALLY_PERIODS 100

typedef enum JmTallyAge
{
	JM_TALLY_AGE_UNKNOWN,
	JM_TALLY_JUNIOR,			/* below 26 years */
	JM_TALLY_MIDDLE,
	JM_TALLY_SENIOR				/* above 50 */
} JmTallyAge;

/* Behind the counts by period of both families: the last 365 days. */
enum
{
	JM_TALLY_ALL,
	JM_TALLY_ALL_JUNIOR,
	JM_TALLY_ALL_SENIOR,
	JM_TALLY_ALL_DISABLED,
	JM_TALLY_FLAGS
};

/* Which period a day lies in; made by jm_tally_calendar(). */
typedef struct JmTallyCalendar
{
	int32_t		as_of;
	int			number;			/* of periods */
	int			days;			/* in all periods */
	uint8_t		period[JM_TALLY_PERIODS * 184]; /* of day as_of - 1, as_of - 2
												 * .. */
} JmTallyCalendar;

extern int32_t jm_tally_entry(int32_t day, bool alternance, JmTallyAge age,
							  bool disabled, bool removed);
extern void jm_tally_negate(int32_t *entries, size_t n);
extern size_t jm_tally_settle(int32_t *entries, size_t n);
extern void jm_tally_calendar(JmTallyCalendar *calendar, int32_t as_of,
							  const int32_t *starts, int number);
extern int64_t jm_tally_count(const JmTallyCalendar *calendar, const int32_t *entries,
							  size_t n, int32_t *counts);

#endif							/* JM_TALLY_H */
