/*
 * normalise.c
 *		Text brought to one form before it is compared.
 *
 * Offers come from hundreds of sites: accents or none, decomposed or not,
 * typographic quotes, HTML left in, UTF-8 that somebody read as Windows-1252.
 * One pass over the bytes repairs and folds them, with tables of our own: the
 * database's collation must not change what a title means.
 */
#include "text/normalise.h"

#include <string.h>

#define REPLACEMENT 0xFFFD
#define LATIN_MAX 0x180
#define TAG_MAX 256				/* a longer <...> is not a tag */
#define ENTITY_MAX 9			/* longest name of a reference */

/* Windows-1252 characters of the bytes 0x80 to 0x9F */
static const uint16_t cp1252[32] = {
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178
};

/*
 * One character of UTF-8 at src (len > 0); *used is its number of bytes.  A
 * byte that is not UTF-8 is taken for Windows-1252, which is what it mostly is.
 */
static uint32_t
decode_utf8(const unsigned char *src, size_t len, size_t *used)
{
	unsigned	c = src[0];

	*used = 1;
	if (c < 0x80)
		return c;
	if (c >= 0xC2 && c < 0xE0 && len >= 2 && (src[1] & 0xC0) == 0x80)
	{
		*used = 2;
		return ((c & 0x1F) << 6) | (src[1] & 0x3F);
	}
	if (c >= 0xE0 && c < 0xF0 && len >= 3 &&
		(src[1] & 0xC0) == 0x80 && (src[2] & 0xC0) == 0x80)
	{
		uint32_t	cp = ((c & 0x0F) << 12) | ((src[1] & 0x3F) << 6) | (src[2] & 0x3F);

		if (cp >= 0x800 && (cp < 0xD800 || cp > 0xDFFF))
		{
			*used = 3;
			return cp;
		}
	}
	if (c >= 0xF0 && c < 0xF5 && len >= 4 && (src[1] & 0xC0) == 0x80 &&
		(src[2] & 0xC0) == 0x80 && (src[3] & 0xC0) == 0x80)
	{
		uint32_t	cp = ((c & 0x07) << 18) | ((src[1] & 0x3F) << 12) |
		((src[2] & 0x3F) << 6) | (src[3] & 0x3F);

		if (cp >= 0x10000 && cp < 0x110000)
		{
			*used = 4;
			return cp;
		}
	}
	return c < 0xA0 ? cp1252[c - 0x80] : c;
}

static size_t
encode_utf8(uint32_t cp, char *dst)
{
	if (cp < 0x80)
	{
		dst[0] = (char) cp;
		return 1;
	}
	if (cp < 0x800)
	{
		dst[0] = (char) (0xC0 | (cp >> 6));
		dst[1] = (char) (0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000)
	{
		dst[0] = (char) (0xE0 | (cp >> 12));
		dst[1] = (char) (0x80 | ((cp >> 6) & 0x3F));
		dst[2] = (char) (0x80 | (cp & 0x3F));
		return 3;
	}
	dst[0] = (char) (0xF0 | (cp >> 18));
	dst[1] = (char) (0x80 | ((cp >> 12) & 0x3F));
	dst[2] = (char) (0x80 | ((cp >> 6) & 0x3F));
	dst[3] = (char) (0x80 | (cp & 0x3F));
	return 4;
}

/* The byte that Windows-1252 or Latin-1 writes for a character, or -1. */
static int
legacy_byte(uint32_t cp)
{
	int			i;

	if (cp >= 0x80 && cp <= 0xFF)
		return (int) cp;
	for (i = 0; i < 32; i++)
		if (cp1252[i] == cp)
			return 0x80 + i;
	return -1;
}

/*
 * Mojibake: UTF-8 that was read as Windows-1252 and written as UTF-8 again, so
 * that each of its bytes became a character.  Given such a first character cp,
 * whose own bytes end at src, returns what was meant and moves *used on by the
 * bytes that followed; 0 when this is ordinary text.  Only characters that
 * French text holds are believed, since "a-grave, no-break space, guillemet"
 * would decode to a Samaritan letter.  With twice, cp itself came out of such
 * a repair, and each character that follows is repaired first.
 */
static uint32_t
repair_mojibake(uint32_t cp, const unsigned char *src, size_t len, size_t *used,
				bool twice)
{
	size_t		n;
	size_t		at = 0;
	int			follow[2];
	int			i;
	int			wanted;
	uint32_t	next;
	uint32_t	meant;

	if (cp == 0xC2 || cp == 0xC3 || cp == 0xC5)
		wanted = 1;
	else if (cp == 0xE2 || cp == 0xEF)
		wanted = 2;
	else
		return 0;
	for (i = 0; i < wanted; i++)
	{
		if (at >= len || src[at] < 0x80)
			return 0;
		next = decode_utf8(src + at, len - at, &n);
		at += n;
		if (twice && (meant = repair_mojibake(next, src + at, len - at, &at, false)) != 0)
			next = meant;
		follow[i] = legacy_byte(next);
		if (follow[i] < 0 || (follow[i] & 0xC0) != 0x80)
			return 0;
	}
	if (wanted == 1)
	{
		meant = ((cp & 0x1F) << 6) | (uint32_t) (follow[0] & 0x3F);
		if (cp == 0xC5 && meant != 0x152 && meant != 0x153 && meant != 0x178)
			return 0;
	}
	else
	{
		meant = ((cp & 0x0F) << 12) | (uint32_t) ((follow[0] & 0x3F) << 6) |
			(uint32_t) (follow[1] & 0x3F);
		if (cp == 0xEF && meant != REPLACEMENT && meant != 0xFEFF)
			return 0;
		if (cp == 0xE2 && !(meant >= 0x2010 && meant <= 0x203A) &&
			meant != 0x20AC && meant != 0x2122 && meant != 0x202F)
			return 0;
	}
	*used += at;
	return meant;
}

/* A reference (&name; &#n; &#xn;) whose & stands before src; 0 when it is none. */
static uint32_t
decode_entity(const unsigned char *src, size_t len, size_t *used)
{
	size_t		n = 0;
	uint32_t	cp = 0;
	int			low = 0;
	int			high = jm_entity_count - 1;

	if (len >= 3 && src[0] == '#')
	{
		bool		hex = src[1] == 'x' || src[1] == 'X';

		for (n = hex ? 2 : 1; n < len && n < ENTITY_MAX; n++)
		{
			unsigned	c = src[n];

			if (c >= '0' && c <= '9')
				cp = cp * (hex ? 16 : 10) + (c - '0');
			else if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
				cp = cp * 16 + ((c | 0x20) - 'a' + 10);
			else
				break;
		}
		if (n < len && src[n] == ';' && n > (hex ? 2 : 1) && cp < 0x110000 &&
			cp > 0 && (cp < 0xD800 || cp > 0xDFFF))
		{
			*used = n + 1;
			return cp;
		}
		return 0;
	}
	while (n < len && n < ENTITY_MAX && ((src[n] | 0x20) >= 'a' && (src[n] | 0x20) <= 'z'))
		n++;
	while (n < len && n < ENTITY_MAX && src[n] >= '0' && src[n] <= '9')
		n++;
	if (n < 2 || n >= len || src[n] != ';')
		return 0;
	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = strncmp((const char *) src, jm_entity_table[middle].name, n);

		if (order == 0 && jm_entity_table[middle].name[n] != '\0')
			order = -1;
		if (order == 0)
		{
			*used = n + 1;
			return jm_entity_table[middle].character;
		}
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return 0;
}

/* Length of an HTML tag whose < stands before src; 0 when it is none. */
static size_t
tag_length(const unsigned char *src, size_t len)
{
	size_t		n = 0;

	if (len > TAG_MAX)
		len = TAG_MAX;
	if (len > 0 && (src[0] == '/' || src[0] == '!'))
		n++;
	if (n >= len || (src[n] | 0x20) < 'a' || (src[n] | 0x20) > 'z')
		return 0;
	for (; n < len; n++)
	{
		if (src[n] == '>')
			return n + 1;
		if (src[n] == '<')
			return 0;
	}
	return 0;
}

/*
 * The next character of damaged text: references decoded (also twice encoded
 * ones), tags as one space, mojibake repaired.
 */
static uint32_t
next_character(const unsigned char *src, size_t len, size_t *used)
{
	size_t		n;
	uint32_t	meant;
	uint32_t	cp = decode_utf8(src, len, used);

	while (cp == '&' && (meant = decode_entity(src + *used, len - *used, &n)) != 0)
	{
		cp = meant;
		*used += n;
	}
	if (cp == '<' && (n = tag_length(src + *used, len - *used)) > 0)
	{
		*used += n;
		return ' ';
	}
	if (cp >= 0x80 && cp < 0xA0)
		cp = cp1252[cp - 0x80];
	if (cp >= 0xC2 && cp <= 0xEF)
	{
		if ((meant = repair_mojibake(cp, src + *used, len - *used, used, false)) != 0)
		{
			cp = meant;
			if ((meant = repair_mojibake(cp, src + *used, len - *used, used, true)) != 0)
				cp = meant;
		}
	}
	return cp;
}

/* What a character folds to; NULL when it stays as it is. */
static const JmFold *
find_fold(uint32_t cp)
{
	int			low = 0;
	int			high = jm_fold_count - 1;

	/* the table is dense below U+0180: start where the character must be */
	if (cp < LATIN_MAX)
		high = (int) cp - 0x80 < high ? (int) cp - 0x80 : high;
	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (jm_fold_table[middle].character == cp)
			return &jm_fold_table[middle];
		if (jm_fold_table[middle].character < cp)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

/* Is a character that folds to nothing else a sign and no letter? */
static bool
is_sign(uint32_t c)
{
	return c < 0xC0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
		(c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFE00 && c <= 0xFE4F) || c >= 0x1F000;
}

/*
 * Folds len bytes of UTF-8: lower case, no accents, ligatures in letters,
 * plain quotes, hyphens and spaces, runs of white space as one, none at the
 * ends; HTML references and tags decoded, mojibake repaired.  dst has room for
 * JM_NORMALISED_MAX(len) bytes, and so has flags, unless it is NULL: it gets
 * JM_WAS_... of each output byte.  Returns the number of bytes written; no
 * final NUL.  Bytes that are not UTF-8 are read as Windows-1252.
 */
size_t
jm_normalise(const char *src, size_t len, char *dst, unsigned char *flags,
			 int options, JmPoll poll)
{
	const unsigned char *in = (const unsigned char *) src;
	size_t		at = 0;
	size_t		stop = 0;
	size_t		out = 0;
	bool		space = true;	/* nothing but space so far */
	bool		hyphen_is_space = (options & JM_HYPHEN_IS_SPACE) != 0;

	while (at < stop || jm_more(at, len, &stop, poll))
	{
		unsigned	c = in[at];
		uint32_t	cp;
		size_t		used;
		const JmFold *fold;
		const char *to;
		size_t		to_len;
		char		own[4];
		unsigned char upper;
		size_t		i;

		/* ASCII that needs no second look, nearly always */
		if (c < 0x80 && c != '&' && c != '<')
		{
			at++;
			if (c >= 'a' && c <= 'z')
			{
				if (flags)
					flags[out] = 0;
				dst[out++] = (char) c;
				space = false;
			}
			else if (c <= ' ' || c == 0x7F || (hyphen_is_space && c == '-'))
			{
				if (!space)
				{
					if (flags)
						flags[out] = 0;
					dst[out++] = ' ';
				}
				space = true;
			}
			else
			{
				bool		capital = c >= 'A' && c <= 'Z';

				if (flags)
					flags[out] = capital ? JM_WAS_UPPER : 0;
				dst[out++] = (char) (capital ? c | 0x20 : c);
				space = false;
			}
			continue;
		}

		cp = next_character(in + at, len - at, &used);
		at += used;
		upper = ((cp >= 0xC0 && cp <= 0xDE) || (cp >= 'A' && cp <= 'Z') ||
				 cp == 0x152) ? JM_WAS_UPPER : 0;
		if (cp < 0x80)
		{
			if (cp <= ' ' || cp == 0x7F)
				cp = ' ';
			own[0] = (char) (cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp);
			to = own;
			to_len = 1;
		}
		else if ((fold = find_fold(cp)) != NULL)
		{
			to = fold->to;
			to_len = fold->len;
		}
		else if ((options & JM_SIGN_IS_SPACE) && is_sign(cp))
		{
			to = " ";
			to_len = 1;
		}
		else
		{
			to = own;
			to_len = encode_utf8(cp, own);
		}
		for (i = 0; i < to_len; i++)
		{
			bool		blank = to[i] == ' ' || (hyphen_is_space && to[i] == '-');

			if (blank && space)
				continue;
			if (flags)
				flags[out] = upper;
			dst[out++] = blank ? ' ' : to[i];
			space = blank;
		}
	}
	if (out > 0 && space)
		out--;
	return out;
}

/*
 * Repairs len bytes of text without folding them: HTML references and tags
 * decoded, mojibake repaired, no-break spaces as spaces, zero-width characters
 * and control characters but line ends dropped.  Case, accents and line ends
 * stay.  dst has room for JM_NORMALISED_MAX(len) bytes; returns how many were
 * written, always valid UTF-8 and without NUL.
 */
size_t
jm_clean_text(const char *src, size_t len, char *dst, JmPoll poll)
{
	const unsigned char *in = (const unsigned char *) src;
	size_t		at = 0;
	size_t		stop = 0;
	size_t		out = 0;

	while (at < stop || jm_more(at, len, &stop, poll))
	{
		size_t		used;
		uint32_t	cp = next_character(in + at, len - at, &used);

		at += used;
		if (cp == 0xA0 || cp == 0x202F || cp == '\t')
			cp = ' ';
		else if ((cp < ' ' && cp != '\n') || cp == 0x7F || cp == 0xFEFF ||
				 cp == 0xAD || (cp >= 0x200B && cp <= 0x200F))
			continue;
		out += encode_utf8(cp, dst + out);
	}
	return out;
}
