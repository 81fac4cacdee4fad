/*
 * iso8601.c
 *		Instants as offers have them, in forms of ISO 8601.
 *
 * PostgreSQL's own timestamptz input takes far more ("yesterday", 01/02/2025, a
 * date without a year ...) and depends on settings: what can be read in two ways
 * should be reported, not guessed.  Knows nothing of the server.
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

/* Reads the fraction of a second, if there is one, into microseconds. */
static bool
fraction(const char **p, const char *end, int *micros)
{
	int			scale = 100000;

	if (!literal(p, end, '.'))
		return true;
	if (*p >= end || **p < '0' || **p > '9')
		return false;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		*micros += (**p - '0') * scale;
	return true;
}

/* Reads the offset from UTC, if there is one, into seconds. */
static bool
zone(const char **p, const char *end, int *offset)
{
	int			sign;
	int			hours;
	int			minutes = 0;

	if (*p >= end || literal(p, end, 'Z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!digits(p, end, 2, &hours))
		return false;
	if ((literal(p, end, ':') || *p < end) && !digits(p, end, 2, &minutes))
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return hours <= 15 && minutes <= 59;
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
 * Reads YYYY-MM-DD[(T| )hh:mm[:ss[.f]][Z|(+|-)hh[[:]mm]]] into microseconds
 * since 1970-01-01 UTC.  The API writes date, time and Z; archives and other
 * sources leave parts out: no time is midnight, no zone is UTC.  Digits beyond
 * microseconds are dropped; a leap second counts as the next second.  Returns
 * false for anything else, also for years outside 1900 to 2999.
 */
bool
jm_iso8601_parse(const char *s, size_t len, int64_t *unix_us)
{
	const char *p = s;
	const char *end = s + len;
	int			year,
				month,
				day;
	int			hour = 0;
	int			minute = 0;
	int			second = 0;
	int			micros = 0;
	int			offset = 0;

	if (!digits(&p, end, 4, &year) || !literal(&p, end, '-') ||
		!digits(&p, end, 2, &month) || !literal(&p, end, '-') ||
		!digits(&p, end, 2, &day))
		return false;
	if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month))
		return false;

	if (p < end)
	{
		if ((!literal(&p, end, 'T') && !literal(&p, end, ' ')) ||
			!digits(&p, end, 2, &hour) || !literal(&p, end, ':') ||
			!digits(&p, end, 2, &minute))
			return false;
		if (literal(&p, end, ':') && (!digits(&p, end, 2, &second) ||
									  !fraction(&p, end, &micros)))
			return false;
		if (hour > 23 || minute > 59 || second > 60 || !zone(&p, end, &offset))
			return false;
	}

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
