/*
 * iso8601.c
 *		Instants as the offers' API writes them.
 *
 * PostgreSQL's own timestamptz input takes far more forms ("yesterday", a date
 * without a year ...): what is not one of the API's forms should be reported,
 * not guessed.  Knows nothing of the server.
 */
#include "offers/iso8601.h"

#include <stdio.h>

/* Reads exactly n digits; false if there are not so many. */
static bool
digits(const char **p, const char *end, int n, int *value)
{
	*value = 0;
	if (end - *p < n)
		return false;
	while (n-- > 0)
	{
		if (**p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (*(*p)++ - '0');
	}
	return true;
}

static bool
literal(const char **p, const char *end, char c)
{
	if (*p >= end || **p != c)
		return false;
	(*p)++;
	return true;
}

/*
 * Days since 1970-01-01 of a date of the proleptic Gregorian calendar
 * (arithmetic on years that begin in March, so that leap days come last).
 */
static int64_t
days_from_civil(int year, int month, int day)
{
	int64_t		y = year - (month <= 2);
	int64_t		era = (y >= 0 ? y : y - 399) / 400;
	int64_t		yoe = y - era * 400;
	int64_t		doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/*
 * Reads YYYY-MM-DDThh:mm:ss[.f…](Z|±hh[:]mm) into microseconds since
 * 1970-01-01 UTC.  Digits beyond microseconds are dropped; a leap second
 * counts as the next second.  Returns false for anything else, also for years
 * outside 1900 to 2999.
 */
bool
jm_iso8601_parse(const char *s, size_t len, int64_t *unix_us)
{
	const char *p = s;
	const char *end = s + len;
	int			year,
				month,
				day,
				hour,
				minute,
				second;
	int			micros = 0;
	int			offset = 0;

	if (!digits(&p, end, 4, &year) || !literal(&p, end, '-') ||
		!digits(&p, end, 2, &month) || !literal(&p, end, '-') ||
		!digits(&p, end, 2, &day) || !literal(&p, end, 'T') ||
		!digits(&p, end, 2, &hour) || !literal(&p, end, ':') ||
		!digits(&p, end, 2, &minute) || !literal(&p, end, ':') ||
		!digits(&p, end, 2, &second))
		return false;
	if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month) || hour > 23 || minute > 59 ||
		second > 60)
		return false;

	if (p < end && *p == '.')
	{
		int			scale = 100000;

		p++;
		if (p >= end || *p < '0' || *p > '9')
			return false;
		for (; p < end && *p >= '0' && *p <= '9'; p++, scale /= 10)
			micros += (*p - '0') * scale;
	}

	if (p < end && (*p == '+' || *p == '-'))
	{
		int			sign = *p++ == '-' ? -1 : 1;
		int			oh,
					om;

		if (!digits(&p, end, 2, &oh))
			return false;
		(void) literal(&p, end, ':');
		if (!digits(&p, end, 2, &om) || oh > 15 || om > 59)
			return false;
		offset = sign * (oh * 3600 + om * 60);
	}
	else if (!literal(&p, end, 'Z'))
		return false;

	if (p != end)
		return false;
	*unix_us = ((days_from_civil(year, month, day) * 86400 + hour * 3600 +
				 minute * 60 + second - offset) * INT64_C(1000000)) + micros;
	return true;
}

/*
 * Writes seconds since 1970-01-01 UTC as YYYY-MM-DDThh:mm:ssZ, the only form
 * that the API's date parameters take, into buf (JM_ISO8601_SIZE bytes).
 * Instants outside the years 1900 to 2999 are clamped to that span.
 */
void
jm_iso8601_format(int64_t unix_seconds, char *buf)
{
	const int64_t lowest = days_from_civil(1900, 1, 1) * 86400;
	const int64_t highest = days_from_civil(3000, 1, 1) * 86400 - 1;
	int64_t		days;
	int64_t		rest;
	int64_t		era,
				doe,
				yoe,
				doy,
				mp;
	unsigned	year,
				month,
				day;

	if (unix_seconds < lowest)
		unix_seconds = lowest;
	if (unix_seconds > highest)
		unix_seconds = highest;
	days = unix_seconds / 86400;
	rest = unix_seconds % 86400;
	if (rest < 0)
	{
		rest += 86400;
		days--;
	}
	/* the inverse of days_from_civil */
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	day = (unsigned) (doy - (153 * mp + 2) / 5 + 1);
	month = (unsigned) (mp < 10 ? mp + 3 : mp - 9);
	year = (unsigned) (yoe + era * 400 + (month <= 2));
	snprintf(buf, JM_ISO8601_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
			 year % 10000, month % 100, day % 100, (unsigned) (rest / 3600) % 100,
			 (unsigned) (rest / 60 % 60), (unsigned) (rest % 60));
}
