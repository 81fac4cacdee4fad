/*
 * json_text.c
 *		Steps over the parts of a JSON text (RFC 8259) without building anything.
 *
 * Each function takes where it stands and where the text ends, and returns
 * where the part ends, or NULL when what stands there is no such part.  As
 * strict as PostgreSQL's own parser.  Knows nothing of the server.
 */
#include "json/json_text.h"

#include <stdint.h>
#include <string.h>

#include "json/eight_bytes.h"

/* Past blanks; never NULL. */
const char *
jm_json_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* Do these eight bytes hold neither a quote, a backslash nor a control character? */
static bool
is_plain(uint64_t bytes)
{
	return !jm_any_is(bytes, '"') && !jm_any_is(bytes, '\\') && !jm_any_below(bytes, 0x20);
}

static bool
is_hex4(const char *p, const char *end)
{
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f') ||
			  (p[i] >= 'A' && p[i] <= 'F')))
			return false;
	return true;
}

/* Past a string; *escaped: does it hold escapes? */
const char *
jm_json_string(const char *p, const char *end, bool *escaped)
{
	*escaped = false;
	if (p == end || *p != '"')
		return NULL;
	p++;
	while (p < end)
	{
		uint64_t	bytes;

		while (end - p >= 8 && (memcpy(&bytes, p, 8), is_plain(bytes)))
			p += 8;
		if (p == end)
			break;
		if (*p == '"')
			return p + 1;
		if ((unsigned char) *p < 0x20)
			return NULL;
		if (*p++ != '\\')
			continue;
		*escaped = true;
		if (p == end || *p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
			return NULL;
		if (*p++ == 'u')
		{
			if (!is_hex4(p, end))
				return NULL;
			p += 4;
		}
	}
	return NULL;
}

static const char *
digits(const char *p, const char *end)
{
	const char *first = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > first ? p : NULL;
}

/* Past a number. */
const char *
jm_json_number(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if ((p = digits(p, end)) == NULL)
		return NULL;
	if (p < end && *p == '.' && (p = digits(p + 1, end)) == NULL)
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((p = digits(p, end)) == NULL)
			return NULL;
	}
	/* nothing that a reader could take for a part of it */
	if (p < end && ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
					(*p >= 'A' && *p <= 'Z') || *p == '_' || (unsigned char) *p >= 0x80))
		return NULL;
	return p;
}

/* Past true, false or null. */
const char *
jm_json_word(const char *p, const char *end, const char *word)
{
	size_t		len = strlen(word);

	if ((size_t) (end - p) < len || memcmp(p, word, len) != 0)
		return NULL;
	p += len;
	if (p < end && ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
					(*p >= 'A' && *p <= 'Z') || *p == '_' || (unsigned char) *p >= 0x80))
		return NULL;
	return p;
}

/* Past a value of any kind, with containers at most depth deep. */
const char *
jm_json_value(const char *p, const char *end, int depth)
{
	bool		escaped;
	bool		object;

	if (p == end)
		return NULL;
	switch (*p)
	{
		case '"':
			return jm_json_string(p, end, &escaped);
		case 't':
			return jm_json_word(p, end, "true");
		case 'f':
			return jm_json_word(p, end, "false");
		case 'n':
			return jm_json_word(p, end, "null");
		case '{':
		case '[':
			break;
		default:
			return jm_json_number(p, end);
	}
	if (depth == 0)
		return NULL;
	object = *p == '{';
	p = jm_json_space(p + 1, end);
	if (p < end && *p == (object ? '}' : ']'))
		return p + 1;
	for (;;)
	{
		if (object)
		{
			p = jm_json_string(p, end, &escaped);
			p = p ? jm_json_space(p, end) : NULL;
			if (p == NULL || p == end || *p != ':')
				return NULL;
			p = jm_json_space(p + 1, end);
		}
		p = jm_json_value(p, end, depth - 1);
		p = p ? jm_json_space(p, end) : NULL;
		if (p == NULL || p == end)
			return NULL;
		if (*p == (object ? '}' : ']'))
			return p + 1;
		if (*p != ',')
			return NULL;
		p = jm_json_space(p + 1, end);
	}
}

static unsigned
hex4(const char *p)
{
	unsigned	value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (unsigned) (p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return value;
}

/*
 * Writes what the inside of a string (that jm_json_string has accepted) stands
 * for, as UTF-8, and returns its length, which is never more than len.  Halves
 * of surrogate pairs must not be alone.
 */
size_t
jm_json_unescape(const char *in, size_t len, char *out)
{
	const char *p = in;
	const char *end = in + len;
	char	   *o = out;

	while (p < end)
	{
		const char *slash = memchr(p, '\\', (size_t) (end - p));
		size_t		n = (size_t) ((slash ? slash : end) - p);
		unsigned	code;

		memcpy(o, p, n);
		o += n;
		p += n;
		if (slash == NULL)
			break;
		switch (p[1])
		{
			case 'b':
				*o++ = '\b';
				break;
			case 'f':
				*o++ = '\f';
				break;
			case 'n':
				*o++ = '\n';
				break;
			case 'r':
				*o++ = '\r';
				break;
			case 't':
				*o++ = '\t';
				break;
			case 'u':
				code = hex4(p + 2);
				p += 4;
				if (code >= 0xd800 && code <= 0xdbff && end - p >= 8)
				{
					code = 0x10000 + ((code - 0xd800) << 10) + (hex4(p + 4) - 0xdc00);
					p += 6;
				}
				if (code < 0x80)
					*o++ = (char) code;
				else if (code < 0x800)
				{
					*o++ = (char) (0xc0 | code >> 6);
					*o++ = (char) (0x80 | (code & 0x3f));
				}
				else if (code < 0x10000)
				{
					*o++ = (char) (0xe0 | code >> 12);
					*o++ = (char) (0x80 | (code >> 6 & 0x3f));
					*o++ = (char) (0x80 | (code & 0x3f));
				}
				else
				{
					*o++ = (char) (0xf0 | (code >> 18 & 7));
					*o++ = (char) (0x80 | (code >> 12 & 0x3f));
					*o++ = (char) (0x80 | (code >> 6 & 0x3f));
					*o++ = (char) (0x80 | (code & 0x3f));
				}
				break;
			default:
				*o++ = p[1];
		}
		p += 2;
	}
	return (size_t) (o - out);
}
