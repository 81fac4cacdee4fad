/*
 * place_label.c
 *		What the label of a place says: a name, and codes.
 */
#include "text/place_label.h"

#include <string.h>

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || (unsigned char) c >= 0x80;
}

/*
 * A name in the form in which names are compared: folded words, "st" and
 * "ste" written out, "s/" as "sur", without articles in brackets or before.
 * folded comes from jm_normalise(); key has room for twice len + 8 bytes.
 * Returns the key's length; it ends in NUL.
 */
size_t
jm_place_key(const char *folded, size_t len, char *key)
{
	size_t		at = 0;
	size_t		out = 0;

	while (at < len)
	{
		size_t		start;
		size_t		n;

		if (!is_word(folded[at]))
		{
			at++;
			continue;
		}
		start = at;
		while (at < len && is_word(folded[at]))
			at++;
		n = at - start;
		if (n == 5 && memcmp(folded + start, "cedex", 5) == 0)
			break;
		/* articles at the head: "Le Mans" and "Mans (Le)" are one */
		if (((n == 2 && (memcmp(folded + start, "le", 2) == 0 || memcmp(folded + start, "la", 2) == 0)) ||
			 (n == 3 && memcmp(folded + start, "les", 3) == 0) ||
			 (n == 1 && folded[start] == 'l' && start + 1 < len && (folded[start + 1] == '\'' || folded[start + 1] == ' '))) &&
			(out == 0 || (start > 0 && folded[start - 1] == '(')))
			continue;
		if (out > 0)
			key[out++] = ' ';
		if (n == 2 && memcmp(folded + start, "st", 2) == 0)
		{
			memcpy(key + out, "saint", 5);
			out += 5;
		}
		else if (n == 3 && memcmp(folded + start, "ste", 3) == 0)
		{
			memcpy(key + out, "sainte", 6);
			out += 6;
		}
		else if (n == 1 && folded[start] == 's' && at < len && folded[at] == '/')
		{
			memcpy(key + out, "sur", 3);
			out += 3;
		}
		else
		{
			memcpy(key + out, folded + start, n);
			out += n;
		}
	}
	key[out] = '\0';
	return out;
}

/* Copies a code of at most 7 letters and digits, in capitals, without blanks. */
bool
jm_copy_code(const char *s, size_t len, char *code)
{
	size_t		n = 0;
	size_t		i;

	for (i = 0; i < len; i++)
	{
		char		c = s[i];

		if (c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (!(is_digit(c) || (c >= 'A' && c <= 'Z')) || n == JM_CODE_MAX - 1)
			return false;
		code[n++] = c;
	}
	code[n] = '\0';
	return n > 0;
}

/* "paris 12", "lyon 7e", "marseille 15eme arrondissement": the arrondissement. */
int
jm_arrondissement_named(const JmGazetteer *g, const char *key, size_t len)
{
	static const struct
	{
		const char *city;
		int			first;		/* INSEE code of the first arrondissement */
		int			count;
	}			cities[] =
	{
		{"paris", 75101, 20}, {"lyon", 69381, 9}, {"marseille", 13201, 16}
	};
	int			i;

	for (i = 0; i < COUNT(cities); i++)
	{
		size_t		n = strlen(cities[i].city);
		int			number = 0;
		size_t		at = n + 1;
		char		insee[JM_CODE_MAX];
		int			code;
		int			d;

		if (len <= n + 1 || memcmp(key, cities[i].city, n) != 0 || key[n] != ' ')
			continue;
		while (at < len && is_digit(key[at]) && number < 100)
			number = number * 10 + (key[at++] - '0');
		if (number < 1 || number > cities[i].count || (at < len && is_digit(key[at])))
			return -1;
		code = cities[i].first + number - 1;
		for (d = 4; d >= 0; d--)
		{
			insee[d] = (char) ('0' + code % 10);
			code /= 10;
		}
		insee[5] = '\0';
		return jm_find_commune(g, insee);
	}
	return -1;
}

/* Is the word s (n letters) one of a list, separated by blanks? */
static bool
word_in(const char *s, size_t n, const char *list)
{
	while (*list)
	{
		size_t		m = strcspn(list, " ");

		if (m == n && memcmp(list, s, n) == 0)
			return true;
		list += m + (list[m] == ' ');
	}
	return false;
}

/* Words of which one after a number tells that it is a house's. */
#define STREETS "rue avenue av ave boulevard bd bld blvd place pl allee allees impasse chemin che route rte quai cours " \
	"square passage faubourg fbg esplanade zone za zi zac bis ter villa cite hameau voie residence lotissement"

/*
 * The departement that a label begins with ("74 - ANNECY", "971", "2A - Corse",
 * "1 - Ain", "Dept. 69"), taken off *folded, of *n bytes.
 */
static void
take_head(const JmGazetteer *g, char **folded, size_t *n, JmPlaceLabel *label)
{
	const char *s = *folded;
	size_t		start = 0;
	size_t		end;
	size_t		next;
	size_t		next_end;
	char		code[JM_CODE_MAX];

	while (start < *n && is_word(s[start]))
		start++;
	if (word_in(s, start, "departement dept dpt dep"))
		while (start < *n && !is_word(s[start]))
			start++;
	else
		start = 0;
	for (end = start; end < *n && is_word(s[end]); end++)
		;
	if (end == start || end - start > 3 || !is_digit(s[start]) || !jm_copy_code(s + start, end - start, code))
		return;
	if (end - start == 1)
	{
		if (*n < end + 4 || memcmp(s + end, " - ", 3) != 0)
			return;
		code[1] = code[0];
		code[0] = '0';
		code[2] = '\0';
	}
	else if (end < *n && strchr(" -,", s[end]) == NULL)
		return;
	for (next = end; next < *n && !is_word(s[next]); next++)
		;
	for (next_end = next; next_end < *n && is_word(s[next_end]); next_end++)
		;
	if (next > end && memchr(s + end, '-', next - end) == NULL && word_in(s + next, next_end - next, STREETS))
		return;
	label->departement = jm_find_departement(g, code);
	label->corsica = strcmp(code, "20") == 0;
	if (label->departement < 0 && !label->corsica)
		return;
	*folded += end;
	*n -= end;
}

/* A postal code anywhere in a label, blanked. */
static void
take_postal(char *s, size_t n, JmPlaceLabel *label)
{
	for (size_t at = 0; at + 5 <= n; at++)
		if ((at == 0 || !is_word(s[at - 1])) && (at + 5 == n || !is_word(s[at + 5])) &&
			is_digit(s[at]) && is_digit(s[at + 1]) && is_digit(s[at + 2]) &&
			is_digit(s[at + 3]) && is_digit(s[at + 4]))
		{
			memcpy(label->postal, s + at, 5);
			label->postal[5] = '\0';
			memset(s + at, ' ', 5);
		}
}

/*
 * A departement in brackets, "Metz (57)", or at the end, "Metz - 57", blanked;
 * but "Paris - 15" is the city's 15th arrondissement.
 */
static void
take_tail(const JmGazetteer *g, char *s, size_t n, JmPlaceLabel *label)
{
	char		code[JM_CODE_MAX];
	int			departement;
	size_t		at;
	size_t		end;

	for (at = 0; at < n; at = end)
	{
		bool		bracket;

		for (; at < n && !is_word(s[at]); at++)
			;
		for (end = at; end < n && is_word(s[end]); end++)
			;
		if (end - at < 2 || end - at > 3)
			continue;
		bracket = at > 0 && s[at - 1] == '(' && end < n && s[end] == ')';
		if (!bracket && (end < n || at < 3 || memcmp(s + at - 3, " - ", 3) != 0 ||
						 label->departement >= 0 || word_in(s, at - 3, "paris lyon marseille")))
			continue;
		if (!jm_copy_code(s + at, end - at, code) || (departement = jm_find_departement(g, code)) < 0)
			continue;
		if (label->departement < 0)
			label->departement = departement;
		if (bracket)
			memset(s + at - 1, ' ', end - at + 2);
		else
			memset(s + at - 3, ' ', end - at + 3);
		return;
	}
}

/* Reads a label of len bytes. */
void
jm_read_place_label(const JmGazetteer *g, const char *s, size_t len, JmPlaceLabel *label)
{
	char	   *folded = label->folded;
	size_t		n = jm_normalise(s, len < JM_PLACE_LABEL_MAX ? len : JM_PLACE_LABEL_MAX,
								 folded, NULL, JM_SIGN_IS_SPACE, NULL);

	label->departement = -1;
	label->corsica = false;
	label->postal[0] = '\0';

	/* quotes around it, a full stop after it */
	for (; n > 0 && strchr(" \"'.,;:*-", *folded) != NULL; folded++)
		n--;
	while (n > 0 && strchr(" \"'.,;:*-", folded[n - 1]) != NULL)
		n--;
	take_head(g, &folded, &n, label);
	take_postal(folded, n, label);
	take_tail(g, folded, n, label);
	label->len = jm_place_key(folded, n, label->key);
	memmove(label->folded, folded, n);
	label->folded_len = n;
}

/* Takes a word off either end of a key of *len bytes; false when there is none. */
static bool
drop_word(char *key, size_t *len, bool first, const char *list)
{
	size_t		n = first ? strcspn(key, " ") : *len;

	if (!first)
	{
		while (n > 0 && key[n - 1] != ' ')
			n--;
		if (n == 0 || !word_in(key + n, *len - n, list))
			return false;
		*len = n - 1;
	}
	else
	{
		if (n == *len || !word_in(key, n, list))
			return false;
		memmove(key, key + n + 1, *len - n - 1);
		*len -= n + 1;
	}
	key[*len] = '\0';
	return true;
}

/*
 * The part of a label that begins at or after byte at of its folded text:
 * "Lille, Hauts-de-France" has two.  Its key goes into key, which has room for
 * the label's; *len is 0 when it has none.  Returns where to go on, 0 after
 * the last.
 */
size_t
jm_next_place_part(const JmPlaceLabel *label, size_t at, char *key, size_t *len)
{
	const char *s = label->folded;
	size_t		n = label->folded_len;
	size_t		end = at;

	/* "Neuilly s/ Seine" is one */
	while (end < n && !(end + 3 <= n && memcmp(s + end, " - ", 3) == 0) &&
		   (strchr(",;:/|()", s[end]) == NULL ||
			(s[end] == '/' && end > at + 1 && memcmp(s + end - 2, " s", 2) == 0)))
		end++;
	*len = jm_place_key(s + at, end - at, key);
	if (end >= n)
		return 0;
	return end + (s[end] == ' ' ? 3 : 1);
}

/*
 * Takes words such as "departement de" off a part's key of *len bytes.  False
 * when there is none, or nothing else.
 */
bool
jm_shorten_place_part(char *key, size_t *len)
{
	size_t		before = *len;

	if (drop_word(key, len, true, "departement region metropole agglomeration ville secteur grand bassin "
				  "poste base basee situe situee proche pres"))
		while (drop_word(key, len, true, "base basee situe situee a au aux de du des d la le l"))
			;
	while (drop_word(key, len, false, "metropole agglomeration peripherie environs alentours centre et ses son sa"))
		;
	return *len < before;
}

/* Is every word of a in b or among words that say nothing? */
static bool
words_within(const char *a, const char *b)
{
	while (*a)
	{
		size_t		n = strcspn(a, " ");

		if (!word_in(a, n, b) && !word_in(a, n, "de du des d l la le les et dept departement"))
			return false;
		a += n + (a[n] == ' ');
	}
	return true;
}

/* Is the label the name of its departement, in whatever order of words? */
bool
jm_names_departement(const JmDepartement *d, const JmPlaceLabel *label)
{
	return words_within(d->key, label->key) && words_within(label->key, d->key);
}
