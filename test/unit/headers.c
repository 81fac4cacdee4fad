/*
 * headers.c
 *		What an answer's headers and first bytes say (src/http/headers.c).
 */
#include "http/headers.h"

#include <stdlib.h>

#include "unit.h"

/* Parses a copy of exactly its length, so that reading beyond it is seen. */
static bool
parse(const char *value, JmContentRange *range)
{
	size_t		len = strlen(value);
	char	   *copy = malloc(len ? len : 1);
	bool		good;

	memcpy(copy, value, len);
	good = jm_content_range_parse(copy, len, range);
	free(copy);
	CHECK_INT(good, range->present);
	return good;
}

static void
check_range(const char *value, int64_t first, int64_t last, int64_t total)
{
	JmContentRange range;

	if (!parse(value, &range))
	{
		fprintf(stderr, "not parsed: \"%s\"\n", value);
		unit_failures++;
		return;
	}
	CHECK_INT(range.first, first);
	CHECK_INT(range.last, last);
	CHECK_INT(range.total, total);
}

static void
check_header(const char *line, const char *name, const char *expected)
{
	const char *value;
	size_t		len;

	if (jm_header_value(line, strlen(line), name, &value, &len))
	{
		CHECK(expected != NULL && len == strlen(expected) && memcmp(value, expected, len) == 0);
	}
	else
		CHECK(expected == NULL);
}

#define JSON(type, body) jm_body_is_json(type, body, strlen(body))

int
main(void)
{
	static const char *const bad[] = {
		"", " ", "offres", "offres ", "0-149", "0-149/", "-149/200", "0-/200", "/200",
		"*", "*/", "*/x", "*/-1", "a-b/c", "offres 0-149/x", "offres 0-149/200 x",
		"149-0/200", "0-149/149", "0-0/0", "0-149/200/300", "offres 0 - 149/200",
		"0-9999999999999999/*", "99999999999999999999999-1/2", "offres */1e3", NULL
	};
	JmContentRange range;

	check_range("offres 0-149/12345", 0, 149, 12345);
	check_range("offres 3000-3149/3150", 3000, 3149, 3150);
	check_range("0-149/12345", 0, 149, 12345);
	check_range("  offres   0-0/1  ", 0, 0, 1);
	check_range("offres 0-149/*", 0, 149, -1);
	check_range("*/0", -1, -1, 0);
	check_range("offres */0", -1, -1, 0);
	check_range("metiers */1911", -1, -1, 1911);
	check_range("naturesContrats */*", -1, -1, -1);
	check_range("offres 0-149/999999999999999", 0, 149, INT64_C(999999999999999));
	for (const char *const *p = bad; *p; p++)
		if (parse(*p, &range))
		{
			fprintf(stderr, "parsed: \"%s\"\n", *p);
			unit_failures++;
		}
	CHECK_INT(range.first, -1);
	CHECK_INT(range.last, -1);
	CHECK_INT(range.total, -1);

	check_header("Content-Range: offres 0-1/2\r\n", "Content-Range", "offres 0-1/2");
	check_header("content-range:offres 0-1/2", "Content-Range", "offres 0-1/2");
	check_header("CONTENT-RANGE:   \r\n", "Content-Range", "");
	check_header("Content-Range:", "Content-Range", "");
	check_header("Content-Rang: x", "Content-Range", NULL);
	check_header("Content-Ranges: x", "Content-Range", NULL);
	check_header("Content-Range", "Content-Range", NULL);
	check_header("", "Content-Range", NULL);

	CHECK(JSON("application/json", "{\"a\":1}"));
	CHECK(JSON("application/json;charset=UTF-8", " [1] \r\n"));
	CHECK(JSON(NULL, "\xEF\xBB\xBF{}"));
	CHECK(JSON("text/plain", "{}"));
	CHECK(!JSON("text/html;charset=utf-8", "{}"));
	CHECK(!JSON("Text/HTML", "{}"));
	CHECK(!JSON("application/json", ""));
	CHECK(!JSON("application/json", "   "));
	CHECK(!JSON("application/json", "{"));
	CHECK(!JSON("application/json", "{\"a\":[1,2"));
	CHECK(!JSON("application/json", "[1}"));
	CHECK(!JSON("application/json", "<html></html>"));
	CHECK(!JSON("application/json", "null"));
	return unit_failures != 0;
}
