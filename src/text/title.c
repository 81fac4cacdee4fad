/*
 * title.c
 *		A job title brought to the form that role rules are written for.
 *
 * "- Ingénieur(e) Data / Développeuse - Lyon (69) H/F" becomes "ingenieur data
 * / developpeuse / lyon": folded words, " / " between the parts, and without
 * what says nothing about the occupation: gender markers, both genders of a
 * word, references, département numbers.
 */
#include "text/normalise.h"

#include <string.h>

/* A reference's number begins within so many bytes of "ref". */
#define REFERENCE_MAX 40
/* A gender marker has no more parts. */
#define MARKERS_MAX 9

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Pairs of word ends that make one word's two genders. */
static const struct
{
	const char *masculine;
	const char *feminine;
}			genders[] =

{
	{"", "e"}, {"", "ne"}, {"", "te"}, {"", "esse"}, {"r", "se"}, {"eur", "rice"},
	{"eur", "ice"}, {"ur", "rice"}, {"f", "ve"}, {"x", "se"}, {"er", "ere"}, {"ur", "resse"}
};

/* Ends that follow a word after "(", "/", ".", "-" or "*" to add its feminine. */
static const char *const suffixes[] = {
	"e", "es", "ne", "te", "le", "se", "ve", "ere", "iere", "ive", "ice", "rice", "trice",
	"euse", "ienne", "esse", "fe", "he", "s"
};

static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Does the word at s (len bytes left) equal w and end there? */
static bool
word_at(const char *s, size_t len, const char *w)
{
	size_t		n = strlen(w);

	return n <= len && memcmp(s, w, n) == 0 &&
		(n == len || !is_word((unsigned char) s[n]));
}

/*
 * Length of a gender marker at the start of a word: h/f, f/h/x, m/w/d, h - f,
 * hf, homme/femme …; 0 when there is none.
 */
static size_t
gender_marker(const char *s, size_t len)
{
	static const char *const codes[] = {"h", "f", "m", "w", "d", "x", "nb", "homme", "femme"};
	size_t		at = 0;
	size_t		end = 0;
	unsigned	seen = 0;
	int			count = 0;

	if (len == 0 || strchr("hfmwdxn", s[0]) == NULL)
		return 0;
	if (word_at(s, len, "hf") || word_at(s, len, "fh"))
		return 2;
	for (;;)
	{
		size_t		i;
		size_t		gap;

		for (i = 0; i < COUNT(codes); i++)
			if (word_at(s + at, len - at, codes[i]))
				break;
		if (i == COUNT(codes) || count == MARKERS_MAX)
			break;
		seen |= 1u << i;
		count++;
		at += strlen(codes[i]);
		end = at;
		gap = at;
		while (gap < len && s[gap] == ' ')
			gap++;
		if (gap < len && strchr("/-.,|&;", s[gap]) != NULL)
			gap++;
		else if (gap + 2 < len && memcmp(s + gap, "ou ", 3) == 0)
			gap += 2;
		else if (gap == at)
			break;
		while (gap < len && s[gap] == ' ')
			gap++;
		at = gap;
	}
	if (count < 2)
		return 0;
	if ((seen & 0x03) == 0x03 || (seen & 0x06) == 0x06 || (seen & 0x0C) == 0x0C ||
		(seen & 0x180) == 0x180)
		return end;
	return 0;
}

/* Length of a feminine added at s, just after a word: (e), /trice, .e.s, -e. */
static size_t
added_feminine(const char *s, size_t len)
{
	size_t		i;

	if (len < 2 || strchr("(/.-*", s[0]) == NULL)
		return 0;
	for (i = 0; i < COUNT(suffixes); i++)
	{
		size_t		n = strlen(suffixes[i]);

		if (n + 1 > len || memcmp(s + 1, suffixes[i], n) != 0)
			continue;
		if (s[0] == '(')
		{
			if (n + 1 < len && s[n + 1] == ')')
			{
				/* ingenieur(e)s */
				if (n + 2 < len && s[n + 2] == 's' &&
					(n + 3 == len || !is_word((unsigned char) s[n + 3])))
					return n + 3;
				return n + 2;
			}
		}
		else if ((n + 1 == len || !is_word((unsigned char) s[n + 1])) &&
				 (s[0] != '.' || n + 1 == len || s[n + 1] != '.' || n > 1 || suffixes[i][0] == 'e'))
			return n + 1;
	}
	return 0;
}

/* Are a and b one word in two genders?  Then *first says which is masculine. */
static bool
same_word(const char *a, size_t a_len, const char *b, size_t b_len, bool *first)
{
	size_t		common = 0;
	size_t		i;

	while (common < a_len && common < b_len && a[common] == b[common])
		common++;
	if (common < 3 || a_len - common > 5 || b_len - common > 5)
		return false;
	a += common;
	a_len -= common;
	b += common;
	b_len -= common;
	for (i = 0; i < COUNT(genders); i++)
	{
		const char *m = genders[i].masculine;
		const char *f = genders[i].feminine;

		if (strlen(m) == a_len && strlen(f) == b_len &&
			memcmp(a, m, a_len) == 0 && memcmp(b, f, b_len) == 0)
		{
			*first = true;
			return true;
		}
		if (strlen(f) == a_len && strlen(m) == b_len &&
			memcmp(a, f, a_len) == 0 && memcmp(b, m, b_len) == 0)
		{
			*first = false;
			return true;
		}
	}
	return false;
}

/* A reference such as ec20613 or kposde3? */
static bool
is_reference(const char *s, size_t len)
{
	size_t		i = 0;
	size_t		letters;

	while (i < len && s[i] >= 'a' && s[i] <= 'z')
		i++;
	letters = i;
	while (i < len && is_digit((unsigned char) s[i]))
		i++;
	return i == len && letters >= 1 && letters <= 4 && len - letters >= 4;
}

/* Where the word ends that begins at start: letters and digits, with what c++, c#, .net, r&d need. */
static size_t
word_end(const char *s, size_t n, size_t start)
{
	size_t		at = start + 1;

	while (at < n)
	{
		unsigned char c = (unsigned char) s[at];

		if (is_word(c) || c == '+' || c == '#')
			at++;
		else if (c == '&' && at + 1 < n && is_word((unsigned char) s[at + 1]) && at - start <= 2)
			at++;
		else if (c == '.' && at + 2 < n && s[at + 1] == 'j' && s[at + 2] == 's')
			at++;
		else
			break;
	}
	return at;
}

/* Where a reference with a number ends whose "ref" is the word start to end; 0 when there is none. */
static size_t
named_reference(const char *s, size_t n, size_t start, size_t end)
{
	size_t		limit = n - end < REFERENCE_MAX ? n : end + REFERENCE_MAX;
	size_t		i = end;

	if (!word_at(s + start, n - start, "ref") && !word_at(s + start, n - start, "reference"))
		return 0;
	while (i < limit && !is_word((unsigned char) s[i]))
		i++;
	while (i < limit && s[i] != ' ' && s[i] != ')' && !is_digit((unsigned char) s[i]))
		i++;
	if (i >= limit || !is_digit((unsigned char) s[i]))
		return 0;
	while (i < n && s[i] != ' ' && s[i] != ')')
		i++;
	return i;
}

/* Is the word a number of four digits or more, such as a reference begins a title with? */
static bool
is_long_number(const char *s, size_t len)
{
	size_t		i = 0;

	while (i < len && is_digit((unsigned char) s[i]))
		i++;
	return i == len && len >= 4;
}

/* Is the word start to end the number of a departement in brackets, (69) or (2a)? */
static bool
is_departement(const char *s, size_t n, size_t start, size_t end)
{
	return start > 0 && s[start - 1] == '(' && end < n && s[end] == ')' &&
		end - start <= 3 && is_digit((unsigned char) s[start]) &&
		(is_digit((unsigned char) s[end - 1]) || end - start == 2);
}

/*
 * Normalises a title of len bytes: see the head of this file.  scratch has
 * room for JM_NORMALISED_MAX(len) bytes and dst for twice as much; returns the
 * number of bytes written to dst.
 */
size_t
jm_normalise_title(const char *src, size_t len, char *scratch, char *dst, JmPoll poll)
{
	size_t		n = jm_normalise(src, len, scratch, NULL, JM_SIGN_IS_SPACE, poll);
	const char *s = scratch;
	size_t		at = 0;
	size_t		stop = 0;
	size_t		out = 0;
	size_t		word_start = 0; /* last word in dst */
	size_t		word_len = 0;
	bool		separator = false;
	bool		any = false;
	size_t		skip;

	while (at < stop || jm_more(at, n, &stop, poll))
	{
		unsigned char c = (unsigned char) s[at];
		size_t		start;
		size_t		end;
		bool		masculine_first;

		if (c == ' ' || c == '\'' || (c == '.' && (at + 1 >= n || s[at + 1] < 'a' || s[at + 1] > 'z')))
		{
			at++;
			continue;
		}
		if (c == '-' || c == '_')
		{
			/* within a word a hyphen is a space, between words it separates */
			if (at == 0 || at + 1 >= n || s[at - 1] == ' ' || s[at + 1] == ' ')
				separator = true;
			at++;
			continue;
		}
		if (!is_word(c) && c != '.' && c != '&')
		{
			separator = true;
			at++;
			continue;
		}
		skip = gender_marker(s + at, n - at);
		if (skip > 0)
		{
			at += skip;
			continue;
		}

		start = at;
		at = end = word_end(s, n, start);
		while ((skip = added_feminine(s + at, n - at)) > 0)
			at += skip;

		/* what says nothing about the occupation */
		if ((!any && is_long_number(s + start, end - start)) || is_departement(s, n, start, end))
			continue;
		skip = any ? named_reference(s, n, start, end) : 0;
		if (skip > 0 || (any && is_reference(s + start, end - start)))
		{
			if (skip > 0)
				at = skip;
			separator = true;
			continue;
		}

		if (any && separator && word_len >= 4 &&
			same_word(dst + word_start, word_len, s + start, end - start, &masculine_first))
		{
			if (!masculine_first)
			{
				memcpy(dst + word_start, s + start, end - start);
				word_len = end - start;
				out = word_start + word_len;
			}
			separator = false;
			continue;
		}
		if (any)
		{
			dst[out++] = ' ';
			if (separator)
			{
				dst[out++] = '/';
				dst[out++] = ' ';
			}
		}
		separator = false;
		any = true;
		word_start = out;
		word_len = end - start;
		memcpy(dst + out, s + start, word_len);
		out += word_len;
	}
	return out;
}
