/* The forms of instants that offers have had since 2019, and what must not pass. */
#include "offers/iso8601.h"
#include "unit.h"

static long long
parse(const char *s)
{
	int64_t		us;

	return jm_iso8601_parse(s, strlen(s), &us) ? (long long) us : -1;
}

static const char *
format(long long seconds)
{
	static char buf[JM_ISO8601_SIZE];

	jm_iso8601_format(seconds, buf);
	return buf;
}

int
main(void)
{
	static const char *const bad[] = {
		"", "2025", "2025-08", "2025-08-04T", "2025-08-04T18", "2025-08-04T18:",
		"2025-08-04T18:00:", "2025-08-04T18:00:5", "2025-08-04Z", "2025-08-04  18:00:50",
		"2025-08-04 18:00:50 Z", "20250804", "04/08/2025", "1754330450000",
		"2025-13-04T18:00:50Z", "2025-13-04", "2025-04-31", "2025-02-29T00:00:00Z",
		"2025-08-04T24:00:00Z", "2025-08-04T18:60", "2025-08-04T18:00.5Z",
		"2025-08-04T18:00:50.Z", "2025-08-04T18:00:50Zx", "2025-08-04T18:00:50+2",
		"2025-08-04T18:00:50+02:", "2025-08-04T18:00:50+02:0", "2025-08-04T18:00:50+020",
		"0000-01-01T00:00:00Z", "25-08-04T18:00:50Z", "yesterday", "2025-08-04T18:00:50+99:00",
	};
	size_t		i;

	CHECK_INT(parse("1970-01-01T00:00:00Z"), 0);
	CHECK_INT(parse("2025-08-04T18:00:50.137Z"), 1754330450137000LL);
	CHECK_INT(parse("2025-08-04T20:00:50+02:00"), 1754330450000000LL);
	CHECK_INT(parse("2025-08-04T20:00:50+0200"), 1754330450000000LL);
	CHECK_INT(parse("2025-08-04T18:00:50.1234567899Z"), 1754330450123456LL);
	CHECK_INT(parse("2024-02-29T12:00:00Z"), 1709208000000000LL);
	CHECK_INT(parse("2016-12-31T23:59:60Z"), 1483228800000000LL);
	/* archives and other sources leave parts out */
	CHECK_INT(parse("2025-08-04"), 1754265600000000LL);
	CHECK_INT(parse("2025-08-04 18:00:50Z"), 1754330450000000LL);
	CHECK_INT(parse("2025-08-04T18:00:50"), 1754330450000000LL);
	CHECK_INT(parse("2025-08-04T18:00:50.5"), 1754330450500000LL);
	CHECK_INT(parse("2025-08-04 20:00:50+02"), 1754330450000000LL);
	CHECK_INT(parse("2025-08-04T18:00Z"), 1754330400000000LL);
	CHECK_INT(parse("2025-08-04T13:30-0430"), 1754330400000000LL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(parse(bad[i]), -1);

	CHECK_STR(format(0), "1970-01-01T00:00:00Z");
	CHECK_STR(format(1754330450), "2025-08-04T18:00:50Z");
	CHECK_STR(format(1709208000), "2024-02-29T12:00:00Z");
	CHECK_STR(format(-1), "1969-12-31T23:59:59Z");
	CHECK_STR(format(INT64_MAX), "2999-12-31T23:59:59Z");
	CHECK_STR(format(INT64_MIN), "1900-01-01T00:00:00Z");
	/* there and back, at a step that meets every hour and month */
	for (int64_t t = -2208988800; t < 32503680000; t += 86400 * 11 + 3607)
	{
		int64_t		us;
		const char *s = format(t);

		CHECK(jm_iso8601_parse(s, strlen(s), &us) && us == t * 1000000);
	}
	return unit_failures != 0;
}
