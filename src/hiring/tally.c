/*
 * tally.c
 *		An entry is day * 32 + family * 16 + age * 4 + disabled * 2 + removed,
 *		with days counted from any day.  A tally is a bag of entries; a removed
 *		one takes away one that is equal but for this mark, in any order.
 */
#include "hiring/tally.h"

#include <stdlib.h>
#include <string.h>

#define REMOVED 1
#define DISABLED 2
#define AGE_UNIT 4
#define ALTERNANCE 16
#define DAY_UNIT 32
/* days beyond, 183,000 years from here, are counted as these */
#define DAY_MAX (INT32_MAX / DAY_UNIT)
#define DAYS_OF_FLAGS 365

int32_t
jm_tally_entry(int32_t day, bool alternance, JmTallyAge age, bool disabled,
			   bool removed)
{
	if (day > DAY_MAX)
		day = DAY_MAX;
	if (day < -DAY_MAX)
		day = -DAY_MAX;
	return day * DAY_UNIT + (alternance ? ALTERNANCE : 0) + (int) age * AGE_UNIT +
		(disabled ? DISABLED : 0) + (removed ? REMOVED : 0);
}

static int
by_value(const void *a, const void *b)
{
	int32_t		x = *(const int32_t *) a;
	int32_t		y = *(const int32_t *) b;

	return (x > y) - (x < y);
}

/* Makes added entries removed ones, and the other way round. */
void
jm_tally_negate(int32_t *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		entries[i] ^= REMOVED;
}

/* Strikes removed entries out against equal ones; returns how many are left. */
size_t
jm_tally_settle(int32_t *entries, size_t n)
{
	size_t		kept = 0;
	size_t		i = 0;

	while (i < n && !(entries[i] & REMOVED))
		i++;
	if (i == n)
		return n;
	qsort(entries, n, sizeof(int32_t), by_value);
	for (size_t start = 0, stop; start < n; start = stop)
	{
		int32_t		plain = entries[start] & ~REMOVED;
		int64_t		balance = 0;
		int32_t		left;

		for (stop = start; stop < n && (entries[stop] & ~REMOVED) == plain; stop++)
			balance += entries[stop] & REMOVED ? -1 : 1;
		left = balance < 0 ? plain | REMOVED : plain;
		for (int64_t k = llabs(balance); k > 0; k--)
			entries[kept++] = left;
	}
	return kept;
}

/*
 * starts: first days of the periods before as_of, nearest first, each of at
 * most 184 days.
 */
void
jm_tally_calendar(JmTallyCalendar *calendar, int32_t as_of, const int32_t *starts,
				  int number)
{
	int			period = 0;

	calendar->as_of = as_of;
	calendar->number = number;
	calendar->days = as_of - starts[number - 1];
	for (int i = 0; i < calendar->days; i++)
	{
		if (as_of - 1 - i < starts[period])
			period++;
		calendar->period[i] = period;
	}
}

/*
 * Adds n entries to counts[2 * number + JM_TALLY_FLAGS]: hirings on ordinary
 * contracts by period, nearest first, those of alternance, and over the 365
 * days before as_of: all, below 26 years, above 50, disabled.  Returns how many
 * are before as_of, in the periods or not.
 */
int64_t
jm_tally_count(const JmTallyCalendar *calendar, const int32_t *entries, size_t n,
			   int32_t *counts)
{
	int32_t    *flags = counts + 2 * calendar->number;
	int64_t		before = 0;

	for (size_t i = 0; i < n; i++)
	{
		int32_t		entry = entries[i];

		/* rounds down, also before day 0 */
		int32_t		day = (entry - (entry & (DAY_UNIT - 1))) / DAY_UNIT;
		int			one = entry & REMOVED ? -1 : 1;
		int64_t		ago = (int64_t) calendar->as_of - 1 - day;

		if (ago < 0)
			continue;
		before += one;
		if (ago < calendar->days)
			counts[(entry & ALTERNANCE ? calendar->number : 0) + calendar->period[ago]] += one;
		if (ago < DAYS_OF_FLAGS)
		{
			int			age = (entry & (ALTERNANCE - 1)) / AGE_UNIT;

			flags[JM_TALLY_ALL] += one;
			if (age == JM_TALLY_JUNIOR)
				flags[JM_TALLY_ALL_JUNIOR] += one;
			else if (age == JM_TALLY_SENIOR)
				flags[JM_TALLY_ALL_SENIOR] += one;
			if (entry & DISABLED)
				flags[JM_TALLY_ALL_DISABLED] += one;
		}
	}
	return before;
}
