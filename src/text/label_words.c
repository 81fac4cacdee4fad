/*
 * label_words.c
 *		The words and numbers of a label.
 */
#include "text/label_words.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Three digits, and no fourth, at s? */
static bool
three_digits(const char *s, size_t len)
{
	return len >= 3 && is_digit(s[0]) && is_digit(s[1]) && is_digit(s[2]) &&
		(len == 3 || !is_digit(s[3]));
}

/*
 * A number at s: thousands grouped by blanks, dots or commas or not at all,
 * decimals after either sign.  Sets *cents, returns its length.
 */
static size_t
read_number(const char *s, size_t len, long long *cents)
{
	const long long limit = 1000000000000LL;
	long long	value = 0;
	size_t		at = 0;
	long long	fraction = 0;
	int			scale = 100;

	while (at < len && is_digit(s[at]))
	{
		if (value < limit)
			value = value * 10 + (s[at] - '0');
		at++;
	}
	if (at <= 3 && value > 0)
	{
		while (at + 1 < len && (s[at] == ' ' || s[at] == '.' || s[at] == ',' || s[at] == '\'') &&
			   three_digits(s + at + 1, len - at - 1))
		{
			int			i;

			for (i = 1; i <= 3; i++)
				if (value < limit)
					value = value * 10 + (s[at + i] - '0');
			at += 4;
		}
	}
	if (at + 1 < len && (s[at] == '.' || s[at] == ',') && is_digit(s[at + 1]))
	{
		at++;
		while (at < len && is_digit(s[at]))
		{
			scale /= 10;
			fraction += (s[at] - '0') * scale;
			at++;
		}
	}
	*cents = (value < limit ? value : limit) * 100 + fraction;
	return at;
}

/* Normalises a label of given_len bytes and splits it into words; returns how many. */
int
jm_split_label(const char *given, size_t given_len, JmLabel *label)
{
	const char *s = label->folded;
	size_t		len = jm_normalise(given, given_len < JM_LABEL_MAX ? given_len : JM_LABEL_MAX,
								   label->folded, NULL, 0, NULL);
	size_t		at = 0;
	int			n = 0;

	while (at < len && n < JM_LABEL_WORDS)
	{
		JmLabelWord *w = &label->words[n];
		size_t		start = at;

		if (s[at] == ' ' || s[at] == '\'')
		{
			at++;
			continue;
		}
		w->number = is_digit(s[at]);
		w->cents = 0;
		if (w->number)
			at += read_number(s + at, len - at, &w->cents);
		else if (is_letter(s[at]))
		{
			while (at < len && is_letter(s[at]))
				at++;
		}
		else if ((unsigned char) s[at] >= 0x80)
		{
			/* one character: the euro sign is its own word */
			at++;
			while (at < len && ((unsigned char) s[at] & 0xC0) == 0x80)
				at++;
		}
		else
			at++;
		w->s = s + start;
		w->len = (int) (at - start);
		n++;
	}
	return n;
}
