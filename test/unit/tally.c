/*
 * tally.c
 *		Tallies of hirings: entries, striking out, counting by period.
 */
#include "unit.h"

#include <stdlib.h>

#include "hiring/tally.h"

#define N 2000

static int
by_value(const void *a, const void *b)
{
	int32_t		x = *(const int32_t *) a;
	int32_t		y = *(const int32_t *) b;

	return (x > y) - (x < y);
}

/* A bag, some of it taken away again, is what is left of it. */
static void
test_settle(void)
{
	int32_t		all[N];
	int32_t		left[N];
	size_t		n = 0;
	size_t		n_left = 0;

	for (int i = 0; i < N / 2; i++)
	{
		int			day = rand() % 20 - 10;
		JmTallyAge	age = (JmTallyAge) (rand() % 4);
		bool		alternance = rand() % 2;
		bool		disabled = rand() % 2;

		all[n++] = jm_tally_entry(day, alternance, age, disabled, false);
		if (rand() % 2)
			all[n++] = jm_tally_entry(day, alternance, age, disabled, true);
		else
			left[n_left++] = all[n - 1];
	}
	n = jm_tally_settle(all, n);
	qsort(left, n_left, sizeof(int32_t), by_value);
	CHECK_INT(n, n_left);
	CHECK(memcmp(all, left, n_left * sizeof(int32_t)) == 0);

	/* more taken away than there is: that is kept, and negation undoes it */
	all[0] = jm_tally_entry(1, false, JM_TALLY_JUNIOR, false, true);
	all[1] = all[0];
	all[2] = jm_tally_entry(1, false, JM_TALLY_JUNIOR, false, false);
	CHECK_INT(jm_tally_settle(all, 3), 1);
	CHECK_INT(all[0], all[1]);
	jm_tally_negate(all, 1);
	CHECK_INT(all[0], jm_tally_entry(1, false, JM_TALLY_JUNIOR, false, false));
	CHECK_INT(jm_tally_settle(all, 0), 0);
	/* days far beyond any calendar stay on their side */
	CHECK(jm_tally_entry(INT32_MAX, true, JM_TALLY_SENIOR, true, true) > 0);
	CHECK(jm_tally_entry(INT32_MIN, true, JM_TALLY_SENIOR, true, true) < 0);
}

/* Day 1000 is what is predicted from; periods of 183, 182 and 184 days. */
static void
test_count(void)
{
	const int32_t starts[] = {817, 635, 451};
	static JmTallyCalendar calendar;
	int32_t		counts[2 * 3 + JM_TALLY_FLAGS];
	int32_t		expected[2 * 3 + JM_TALLY_FLAGS];
	int32_t		entries[N];
	int64_t		before = 0;

	memset(counts, 0, sizeof(counts));
	memset(expected, 0, sizeof(expected));
	jm_tally_calendar(&calendar, 1000, starts, 3);
	for (int i = 0; i < N; i++)
	{
		int			day = i < 20 ? (int[]) {1000, 999, 817, 816, 635, 634, 451, 450, 634, 635,
		-1, 0, 1, -1000000, 999999, 1001, 636, 998, 818, 452}[i] : rand() % 1400 - 200;
		JmTallyAge	age = (JmTallyAge) (rand() % 4);
		bool		alternance = rand() % 2;
		bool		disabled = rand() % 3 == 0;
		int			one = rand() % 4 == 0 ? -1 : 1;

		entries[i] = jm_tally_entry(day, alternance, age, disabled, one < 0);
		if (day >= 1000)
			continue;
		before += one;
		if (day >= 451)
			expected[(alternance ? 3 : 0) + (day >= 817 ? 0 : day >= 635 ? 1 : 2)] += one;
		if (day >= 1000 - 365)
		{
			expected[6 + JM_TALLY_ALL] += one;
			expected[6 + JM_TALLY_ALL_JUNIOR] += age == JM_TALLY_JUNIOR ? one : 0;
			expected[6 + JM_TALLY_ALL_SENIOR] += age == JM_TALLY_SENIOR ? one : 0;
			expected[6 + JM_TALLY_ALL_DISABLED] += disabled ? one : 0;
		}
	}
	CHECK_INT(jm_tally_count(&calendar, entries, N, counts), before);
	CHECK(memcmp(counts, expected, sizeof(counts)) == 0);
}

int
main(void)
{
	srand(1);
	test_settle();
	test_count();
	return unit_failures != 0;
}
