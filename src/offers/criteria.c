/*
 * criteria.c
 *		The search's parameters, and what the API takes for each.
 *
 * The API answers some wrong values with an error and ignores others, so that
 * one gets the whole country for a typing mistake: all are checked here, before
 * any request.  Rules: the API's own description, and the messages that it was
 * seen to give.  Knows nothing of the server.
 */
#include "offers/criteria.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offers/iso8601.h"

typedef enum Form
{
	FORM_CHOICE,				/* one of the words of "pattern" */
	FORM_CODE,					/* one of the shapes of "pattern" */
	FORM_BOOLEAN,
	FORM_NUMBER,				/* within min and max */
	FORM_INTEGER,
	FORM_HOURS,					/* hhmm */
	FORM_INSTANT,
	FORM_KEYWORDS
} Form;

typedef struct Parameter
{
	const char *name;
	Form		form;
	int			max_values;
	const char *pattern;		/* shapes: 9 digit, L capital letter, X
								 * either, * any number more of the last */
	double		min;
	double		max;
} Parameter;

static const Parameter parameters[] = {
	{"accesTravailleurHandicape", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"appellation", FORM_CODE, 1, "9*", 0, 0},
	{"codeNAF", FORM_CODE, 2, "99.99L", 0, 0},
	{"codeROME", FORM_CODE, 200, "L9999", 0, 0},
	{"commune", FORM_CODE, 5, "99999 2A999 2B999", 0, 0},
	{"departement", FORM_CODE, 5, "99 2A 2B 999", 0, 0},
	{"distance", FORM_INTEGER, 1, NULL, 0, 1000},
	{"domaine", FORM_CODE, 1, "L99", 0, 0},
	{"dureeContratMax", FORM_NUMBER, 1, NULL, 0, 99},
	{"dureeContratMin", FORM_NUMBER, 1, NULL, 0, 99},
	{"dureeHebdo", FORM_CHOICE, 1, "0 1 2", 0, 0},
	{"dureeHebdoMax", FORM_HOURS, 1, NULL, 0, 0},
	{"dureeHebdoMin", FORM_HOURS, 1, NULL, 0, 0},
	{"employeursHandiEngages", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"entreprisesAdaptees", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"experience", FORM_CHOICE, 4, "0 1 2 3", 0, 0},
	{"experienceExigence", FORM_CHOICE, 1, "D S E", 0, 0},
	{"grandDomaine", FORM_CHOICE, 1,
	"A B C C15 D E F G H I J K L L14 M M13 M14 M15 M16 M17 M18 N", 0, 0},
	{"inclureLimitrophes", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"maxCreationDate", FORM_INSTANT, 1, NULL, 0, 0},
	{"minCreationDate", FORM_INSTANT, 1, NULL, 0, 0},
	{"modeSelectionPartenaires", FORM_CHOICE, 1, "INCLUS EXCLU", 0, 0},
	{"motsCles", FORM_KEYWORDS, 7, NULL, 0, 0},
	{"natureContrat", FORM_CODE, 50, "XX", 0, 0},
	{"niveauFormation", FORM_CODE, 1, "X*", 0, 0},
	{"offresMRS", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"offresManqueCandidats", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"origineOffre", FORM_CHOICE, 1, "1 2", 0, 0},
	{"partenaires", FORM_CODE, 50, "X*", 0, 0},
	{"paysContinent", FORM_CODE, 1, "X*", 0, 0},
	{"periodeSalaire", FORM_CHOICE, 1, "M A H C", 0, 0},
	{"permis", FORM_CODE, 1, "X*", 0, 0},
	{"publieeDepuis", FORM_CHOICE, 1, "1 3 7 14 31", 0, 0},
	{"qualification", FORM_CHOICE, 1, "0 9", 0, 0},
	{"region", FORM_CODE, 1, "99 999", 0, 0},
	{"salaireMin", FORM_NUMBER, 1, NULL, 0, 10000000},
	{"secteurActivite", FORM_CODE, 2, "99", 0, 0},
	{"sort", FORM_CHOICE, 1, "0 1 2", 0, 0},
	{"tempsPlein", FORM_BOOLEAN, 1, NULL, 0, 0},
	{"theme", FORM_CODE, 1, "9*", 0, 0},
	{"typeContrat", FORM_CODE, 20, "LLL", 0, 0},
};

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static const Parameter *
find(const char *name)
{
	for (size_t i = 0; i < PARAMETERS; i++)
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	return NULL;
}

/* Is it a parameter of the search?  ("range" is not: paging is ours.) */
bool
jm_criterion_known(const char *name)
{
	return find(name) != NULL;
}

/* All the names, for a hint: "a, b, c". */
const char *
jm_criterion_names(void)
{
	static char names[1024];

	if (names[0] == '\0')
		for (size_t i = 0; i < PARAMETERS; i++)
		{
			size_t		used = strlen(names);

			snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 parameters[i].name);
		}
	return names;
}

/* Does the value have the shape that ends at a blank or the end of pattern? */
static bool
has_shape(const char *value, const char *pattern)
{
	for (; *pattern && *pattern != ' '; pattern++)
	{
		unsigned char c = (unsigned char) *value;
		char		shape = *pattern;
		bool		repeat = pattern[1] == '*';
		int			taken = 0;

		for (;;)
		{
			bool		fits = shape == '9' ? isdigit(c) != 0 :
			shape == 'L' ? (c >= 'A' && c <= 'Z') :
			shape == 'X' ? (c < 0x80 && (isalnum(c) || (c && strchr("_-()+", c)))) :
			c == (unsigned char) shape;

			if (!fits)
				break;
			taken++;
			c = (unsigned char) *++value;
			if (!repeat)
				break;
		}
		if (taken == 0 || taken > 40)
			return false;
		if (repeat)
			pattern++;
	}
	return *value == '\0';
}

/* Is the value one of the words of a list that blanks part? */
static bool
is_word(const char *value, const char *list)
{
	size_t		len = strlen(value);

	while (*list)
	{
		size_t		n = strcspn(list, " ");

		if (n == len && memcmp(list, value, n) == 0)
			return true;
		list += n;
		list += *list == ' ';
	}
	return false;
}

static bool
matches_any_shape(const char *value, const char *patterns)
{
	while (*patterns)
	{
		if (has_shape(value, patterns))
			return true;
		patterns += strcspn(patterns, " ");
		patterns += *patterns == ' ';
	}
	return false;
}

/* Words in a keyword expression, each of two characters or more; or -1. */
static int
count_keywords(const char *value)
{
	int			words = 0;
	int			length = 0;

	for (const char *p = value;; p++)
	{
		unsigned char c = (unsigned char) *p;

		if (c == '\0' || c == ' ')
		{
			if (length == 1)
				return -1;
			words += length > 0;
			length = 0;
			if (c == '\0')
				return words;
		}
		else if (c >= 0x80)
			length += (c & 0xc0) != 0x80;
		else if (isalnum(c) || strchr("@#$%^&+./-\"", c))
			length++;
		else
			return -1;
	}
}

static bool
is_number(const char *value, bool integer, double min, double max)
{
	char	   *end;
	double		number;

	for (const char *p = value; *p; p++)
		if (!isdigit((unsigned char) *p) && (integer || *p != '.'))
			return false;
	number = strtod(value, &end);
	return *value && *end == '\0' && number >= min && number <= max;
}

/*
 * Checks the values of one parameter; where they are wrong writes what would be
 * right into problem ("must be ..."), and returns false.
 */
bool
jm_criterion_check(const char *name, const char *const *values, int n,
				   char *problem, size_t size)
{
	const Parameter *p = find(name);
	int			words = 0;

	if (p == NULL)
	{
		snprintf(problem, size, "is not a parameter of the search");
		return false;
	}
	if (n < 1)
	{
		snprintf(problem, size, "must have a value");
		return false;
	}
	if (n > p->max_values)
	{
		snprintf(problem, size, "takes at most %d value%s, %d were given",
				 p->max_values, p->max_values > 1 ? "s" : "", n);
		return false;
	}
	for (int i = 0; i < n; i++)
	{
		const char *v = values[i];
		int64_t		us;
		bool		ok = false;

		switch (p->form)
		{
			case FORM_CHOICE:
				ok = is_word(v, p->pattern);
				snprintf(problem, size, "must be one of %s", p->pattern);
				break;
			case FORM_CODE:
				ok = matches_any_shape(v, p->pattern);
				snprintf(problem, size,
						 "must have the form %s (9 stands for a digit, L for a capital letter, X for either, * for more of them)",
						 p->pattern);
				break;
			case FORM_BOOLEAN:
				ok = strcmp(v, "true") == 0 || strcmp(v, "false") == 0;
				snprintf(problem, size, "must be true or false");
				break;
			case FORM_INTEGER:
			case FORM_NUMBER:
				ok = is_number(v, p->form == FORM_INTEGER, p->min, p->max);
				snprintf(problem, size, "must be %s from %.0f to %.0f",
						 p->form == FORM_INTEGER ? "an integer" : "a number", p->min, p->max);
				break;
			case FORM_HOURS:
				ok = is_number(v, true, 0, 9959) && atoi(v) % 100 < 60 && strlen(v) <= 4;
				snprintf(problem, size, "must be hours and minutes as hhmm, 2430 for 24 h 30");
				break;
			case FORM_INSTANT:
				ok = strlen(v) == 20 && v[10] == 'T' && v[19] == 'Z' && jm_iso8601_parse(v, 20, &us);
				snprintf(problem, size, "must be an instant in UTC as 2022-03-25T14:52:00Z");
				break;
			case FORM_KEYWORDS:
				{
					int			more = count_keywords(v);

					ok = more > 0 && (words += more) <= 7;
					snprintf(problem, size,
							 "takes at most 7 words of 2 characters or more (letters, digits and @#$%%^&+./-\")");
					break;
				}
		}
		if (!ok)
			return false;
	}
	return true;
}
