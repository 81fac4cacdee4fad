/*
 * salary_period.c
 *		What the amounts of a salary label are a year.
 *
 * Recruiters mistake the period, or leave it out; the amounts themselves then
 * say what it is, where only one can be.
 */
#include "text/salary.h"

/* Working time of a full-time year: 35 hours a week, 52 weeks. */
#define HOURS_A_YEAR 1820
/* Yearly minimum wage of a full-time job: 11.65 an hour (2024). */
#define FULL_TIME_SMIC 21203
/* Without a period, a rate above this may be a day's as well as an hour's. */
#define HOUR_INFERRED_MAX 6000
/* Without a period, 5,400 to 20,000 may be a month or a year. */
#define YEAR_INFERRED_MIN 1000000
/* "Annuel de 30": thirty thousand, or an hour's wage?  Below, an hour's. */
#define THOUSANDS_MIN 2000

/* Plausible gross amounts of a full or part time job, in cents. */
static const struct
{
	long long	min;
	long long	max;
}			bands[] =

{
	[JM_PERIOD_HOUR] = {900, 20000},
	[JM_PERIOD_MONTH] = {45000, 2000000},
	[JM_PERIOD_YEAR] = {540000, 30000000},
};

static const JmSalaryPeriod annual_periods[] = {JM_PERIOD_HOUR, JM_PERIOD_MONTH, JM_PERIOD_YEAR};

static bool
fits(JmSalaryPeriod period, long long min, long long max)
{
	return (min < 0 || (min >= bands[period].min && min <= bands[period].max)) &&
		(max < 0 || (max >= bands[period].min && max <= bands[period].max));
}

/* One more bound as an amount of a year, in whole euros. */
static long long
annualise(long long cents, JmSalaryPeriod period, int months)
{
	if (cents < 0)
		return -1;
	if (period == JM_PERIOD_HOUR)
		cents *= HOURS_A_YEAR;
	else if (period == JM_PERIOD_MONTH)
		cents = (cents * (months > 0 ? months : 1200) + 50) / 100;
	return (cents + 50) / 100;
}

/* The only period that the amounts alone may have; flags say why there is none. */
static JmSalaryPeriod
infer_period(JmSalary *s, bool thousands)
{
	long long	top = s->max >= 0 ? s->max : s->min;
	int			i;

	if (thousands)
		return JM_PERIOD_YEAR;
	if (fits(JM_PERIOD_HOUR, s->min, s->max))
	{
		if (top <= HOUR_INFERRED_MAX)
			return JM_PERIOD_HOUR;
		s->flags |= JM_SALARY_AMBIGUOUS;
		return JM_PERIOD_NONE;
	}
	if (fits(JM_PERIOD_YEAR, s->min, s->max) && top >= YEAR_INFERRED_MIN)
		return JM_PERIOD_YEAR;
	if (fits(JM_PERIOD_MONTH, s->min, s->max))
		return JM_PERIOD_MONTH;
	/* one bound that fits decides, the lower first */
	for (i = 2; i >= 0; i--)
		if (s->min >= 0 && fits(annual_periods[i], s->min, -1))
			return annual_periods[i];
	for (i = 2; i >= 0; i--)
		if (s->max >= 0 && fits(annual_periods[i], s->max, -1))
			return annual_periods[i];
	s->flags |= JM_SALARY_IMPLAUSIBLE;
	return JM_PERIOD_NONE;
}

/* The only other period that amounts may have which the stated one cannot. */
static JmSalaryPeriod
repaired_period(JmSalary *s)
{
	int			candidates = 0;
	JmSalaryPeriod other = JM_PERIOD_NONE;

	for (int i = 0; i < 3; i++)
		if (annual_periods[i] != s->period && fits(annual_periods[i], s->min, s->max))
		{
			candidates++;
			other = annual_periods[i];
		}
	/* thousands typed as units read like an hour's wage */
	if (s->period == JM_PERIOD_YEAR && (s->max >= 0 ? s->max : s->min) >= THOUSANDS_MIN &&
		fits(JM_PERIOD_YEAR, s->min >= 0 ? s->min * 1000 : -1, s->max >= 0 ? s->max * 1000 : -1))
		candidates++;
	if (candidates == 1 && other != JM_PERIOD_NONE)
		return other;
	s->flags |= candidates > 1 ? JM_SALARY_AMBIGUOUS : JM_SALARY_IMPLAUSIBLE;
	return JM_PERIOD_NONE;
}

/*
 * Finds the period of a salary whose amounts are known, and the annual bounds.
 * stated is what the label says; thousands, that the amounts were given so.
 */
void
jm_settle_period(JmSalary *s, JmSalaryPeriod stated, bool thousands, bool repair)
{
	bool		min_fits;
	bool		max_fits;

	s->period = stated;
	if (stated == JM_PERIOD_FEE && repair && fits(JM_PERIOD_YEAR, s->min, s->max))
	{
		s->period = JM_PERIOD_YEAR;
		s->flags |= JM_SALARY_PERIOD_INFERRED;
	}
	if (s->period == JM_PERIOD_DAY || s->period == JM_PERIOD_FEE || s->period == JM_PERIOD_WEEK)
	{
		s->flags |= JM_SALARY_NOT_ANNUALISED;
		return;
	}
	if (s->period == JM_PERIOD_NONE)
	{
		if (!repair)
			s->flags |= JM_SALARY_AMBIGUOUS;
		else
			s->period = infer_period(s, thousands);
		if (s->period == JM_PERIOD_NONE)
			return;
		s->flags |= JM_SALARY_PERIOD_INFERRED;
	}

	min_fits = s->min >= 0 && fits(s->period, s->min, -1);
	max_fits = s->max >= 0 && fits(s->period, s->max, -1);
	if (!min_fits && !max_fits)
	{
		JmSalaryPeriod other = JM_PERIOD_NONE;

		if (repair)
			other = repaired_period(s);
		else
			s->flags |= JM_SALARY_IMPLAUSIBLE;
		if (other == JM_PERIOD_NONE)
			return;
		s->period = other;
		s->flags |= JM_SALARY_PERIOD_REPAIRED;
		min_fits = s->min >= 0;
		max_fits = s->max >= 0;
	}
	if (s->min >= 0 && !min_fits)
		s->flags |= JM_SALARY_MIN_OUTLIER;
	if (s->max >= 0 && !max_fits)
		s->flags |= JM_SALARY_MAX_OUTLIER;
	if (!repair && (s->flags & (JM_SALARY_SWAPPED | JM_SALARY_MIN_OUTLIER | JM_SALARY_MAX_OUTLIER)))
		return;
	if (min_fits)
		s->annual_min = annualise(s->min, s->period, s->months);
	if (max_fits)
		s->annual_max = annualise(s->max, s->period, s->months);
	if ((s->annual_min >= 0 ? s->annual_min : s->annual_max) < FULL_TIME_SMIC)
		s->flags |= JM_SALARY_BELOW_SMIC;
}
