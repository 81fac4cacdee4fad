/*
 * json_repair.c
 *		Makes JSON text from outside acceptable to jsonb without losing a page.
 *
 * jsonb refuses three things that sources do send: the escape \u0000, escapes
 * of half a surrogate pair, and bytes that are not UTF-8.  One of them in one
 * offer would cost the page of 150 that it stands in, so each is replaced by
 * U+FFFD, the character that stands for what could not be read.  A byte order
 * mark at the start is dropped.  Knows nothing of the server.
 */
#include "json/json_repair.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json/eight_bytes.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the well-formed UTF-8 sequence at s (RFC 3629), or 0. */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	unsigned	c = s[0];

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return left >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (c >= 0xe0 && c <= 0xef)
	{
		unsigned	low = c == 0xe0 ? 0xa0 : 0x80;
		unsigned	high = c == 0xed ? 0x9f : 0xbf;

		return left >= 3 && s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (c >= 0xf0 && c <= 0xf4)
	{
		unsigned	low = c == 0xf0 ? 0x90 : 0x80;
		unsigned	high = c == 0xf4 ? 0x8f : 0xbf;

		return left >= 4 && s[1] >= low && s[1] <= high &&
			(s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80 ? 4 : 0;
	}
	return 0;
}

/* Are these eight bytes ASCII without a backslash or a zero? */
static bool
is_plain(uint64_t bytes)
{
	return !jm_any_high(bytes) && !jm_any_is(bytes, '\\') && !jm_any_below(bytes, 1);
}

/* The value of the four hexadecimal digits at s, or -1. */
static int
hex4(const char *s)
{
	int			value = 0;
	int			i;

	for (i = 0; i < 4; i++)
	{
		char		c = s[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			return -1;
	}
	return value;
}

/*
 * Copies len bytes of JSON text from in to out (JM_JSON_REPAIR_SIZE(len)
 * bytes, not overlapping), repaired and NUL-terminated; returns the length
 * written and sets *repairs to the number of replacements.  What is wrong in
 * other ways is left for the JSON parser to report.
 */
size_t
jm_json_repair(const char *in, size_t len, char *out, size_t *repairs)
{
	const char *p = in;
	const char *end = in + len;
	char	   *o = out;

	*repairs = 0;
	if (len >= 3 && memcmp(in, "\xef\xbb\xbf", 3) == 0)
		p += 3;

	while (p < end)
	{
		size_t		n;
		uint64_t	bytes;

		/* most of a text, eight bytes at a time */
		while (end - p >= 8 && (memcpy(&bytes, p, 8), is_plain(bytes)))
		{
			memcpy(o, p, 8);
			o += 8;
			p += 8;
		}
		if (p == end)
			break;

		if (*p == '\\' && end - p >= 2)
		{
			int			code = p[1] == 'u' && end - p >= 6 ? hex4(p + 2) : -1;

			if (code >= 0xd800 && code <= 0xdbff && end - p >= 12 &&
				p[6] == '\\' && p[7] == 'u' && hex4(p + 8) >= 0xdc00 &&
				hex4(p + 8) <= 0xdfff)
				n = 12;			/* a whole pair */
			else if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
			{
				memcpy(o, REPLACEMENT, 3);
				o += 3;
				p += 6;
				(*repairs)++;
				continue;
			}
			else if ((unsigned char) p[1] < 0x80)
				n = 2;			/* so that "\\u0000" is left alone */
			else
				n = 1;
			memcpy(o, p, n);
			o += n;
			p += n;
			continue;
		}

		n = *p == '\0' ? 0 : utf8_length((const unsigned char *) p, (size_t) (end - p));
		if (n == 0)
		{
			memcpy(o, REPLACEMENT, 3);
			o += 3;
			p++;
			(*repairs)++;
			continue;
		}
		memcpy(o, p, n);
		o += n;
		p += n;
	}
	*o = '\0';
	return (size_t) (o - out);
}
