/*
 * headers.c
 *		Parsers of what an answer's headers and first bytes say.
 */
#include "http/headers.h"

#include <string.h>
#include <strings.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Reads digits at *p into *number; false without any or beyond 15 digits,
 * which no count of offers needs and which cannot overflow.
 */
static bool
read_number(const char **p, const char *end, int64_t *number)
{
	const char *start = *p;

	*number = 0;
	while (*p < end && **p >= '0' && **p <= '9')
	{
		if (*p - start >= 15)
			return false;
		*number = *number * 10 + (**p - '0');
		(*p)++;
	}
	return *p > start;
}

/*
 * jm_content_range_parse
 *		Reads the value of a Content-Range header.
 *
 *	content-range = [ unit SP ] ( first "-" last "/" ( total / "*" )
 *								/ "*" "/" ( total / "*" ) )
 *
 * The API leaves the unit out in places, so it is optional, and spaces around
 * the parts are let through.  False, with range->present unset, when the value
 * is anything else or when first > last or last >= total.
 */
bool
jm_content_range_parse(const char *value, size_t len, JmContentRange *range)
{
	const char *p = value;
	const char *end = value + len;
	JmContentRange result = {true, -1, -1, -1};

	range->present = false;
	range->first = range->last = range->total = -1;

	while (p < end && is_space(*p))
		p++;
	while (end > p && is_space(end[-1]))
		end--;

	/* the unit: a word that starts with a letter */
	if (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
	{
		while (p < end && !is_space(*p))
			p++;
		while (p < end && is_space(*p))
			p++;
	}

	if (p < end && *p == '*')
		p++;
	else
	{
		if (!read_number(&p, end, &result.first))
			return false;
		if (p >= end || *p++ != '-')
			return false;
		if (!read_number(&p, end, &result.last))
			return false;
		if (result.first > result.last)
			return false;
	}

	if (p >= end || *p++ != '/')
		return false;
	if (p < end && *p == '*')
		p++;
	else
	{
		if (!read_number(&p, end, &result.total))
			return false;
		if (result.last >= result.total && result.last != -1)
			return false;
	}
	if (p != end)
		return false;

	*range = result;
	return true;
}

/*
 * jm_header_value
 *		True when line is the header of that name; then *value is its value
 *		without the blanks around it, in the line.
 */
bool
jm_header_value(const char *line, size_t len, const char *name,
				const char **value, size_t *value_len)
{
	size_t		name_len = strlen(name);
	const char *p;
	const char *end = line + len;

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return false;
	p = line + name_len + 1;
	while (p < end && is_space(*p))
		p++;
	while (end > p && is_space(end[-1]))
		end--;
	*value = p;
	*value_len = end - p;
	return true;
}

/* Does hay hold word, whatever the case of its letters? */
static bool
contains(const char *hay, const char *word)
{
	size_t		len = strlen(word);

	for (; *hay; hay++)
		if (strncasecmp(hay, word, len) == 0)
			return true;
	return false;
}

/*
 * jm_body_is_json
 *		Does a body look like a whole JSON object or array?
 *
 * A gateway's maintenance page comes with status 200 in places, and a body
 * without a length that was cut shows only in its last byte.  content_type may
 * be NULL; what it says counts only when it says HTML.
 */
bool
jm_body_is_json(const char *content_type, const char *body, size_t len)
{
	const char *end = body + len;

	if (content_type && contains(content_type, "html"))
		return false;
	/* a byte order mark does no harm */
	if (len >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0)
		body += 3;
	while (body < end && is_space(*body))
		body++;
	while (end > body && is_space(end[-1]))
		end--;
	if (end - body < 2)
		return false;
	return (body[0] == '{' && end[-1] == '}') || (body[0] == '[' && end[-1] == ']');
}
