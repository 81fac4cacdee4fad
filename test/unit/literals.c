/*
 * literals.c
 *		Literals that regular expressions cannot match without.
 */
#include "text/literals.h"
#include "text_env.h"
#include "unit.h"

/* The sets of a pattern by " & ", their literals by bars; empty: nothing known. */
static const char *
literals(const char *pattern)
{
	static char list[1024];
	JmRequired	found;
	int			i;
	int			j;

	jm_required_literals(pattern, strlen(pattern), &env_allocator, &found);
	list[0] = '\0';
	for (j = 0; j < found.n_sets; j++)
	{
		if (j > 0)
			strcat(list, " & ");
		for (i = 0; i < found.sets[j].count; i++)
		{
			if (i > 0)
				strcat(list, "|");
			strncat(list, found.sets[j].text[i], found.sets[j].len[i]);
		}
	}
	return list;
}

int
main(void)
{
	CHECK_STR(literals("data"), "data");
	CHECK_STR(literals("\\ydata ?(engineer|ingenieur)\\y"), "data & engineer|ingenieur");
	CHECK_STR(literals("big ?data"), "big & data");
	CHECK_STR(literals("(a|bc)"), "");
	CHECK_STR(literals("(ab|bc)+"), "ab|bc");
	CHECK_STR(literals("(ab|bc)*"), "");
	CHECK_STR(literals("(ab|bc)?cde"), "cde");
	CHECK_STR(literals("abc{0,2}de"), "ab & de");
	CHECK_STR(literals("abc+de"), "abc & de");
	CHECK_STR(literals("abc|"), "");
	CHECK_STR(literals("ab(?!cdef)gh"), "ab & gh");
	CHECK_STR(literals("ab(?:cdef)gh"), "ab & cdef & gh");
	CHECK_STR(literals("x[abc]yz"), "yz");
	CHECK_STR(literals("x[]a]yz"), "yz");
	CHECK_STR(literals("[[:alpha:]]data"), "data");
	CHECK_STR(literals("a\\.b"), "a.b");
	CHECK_STR(literals("(ab|bc)de|fgh[|]x"), "de|fgh");
	CHECK_STR(literals("ab\\|cd"), "ab|cd");
	/* syntax that is not read: nothing is claimed */
	CHECK_STR(literals("(?i)data"), "");
	CHECK_STR(literals("***=data"), "");
	CHECK_STR(literals("(data)\\1"), "");
	CHECK_STR(literals("data\\x41"), "");
	CHECK_STR(literals("(data"), "");
	CHECK_STR(literals("[data"), "");
	CHECK_STR(literals("data\\"), "");
	CHECK_STR(literals(""), "");
	env_free();
	return unit_failures != 0;
}
