/*
 * literals.c
 *		Literals that regular expressions cannot match without.
 */
#include "text/literals.h"
#include "text_env.h"
#include "unit.h"

/* The literals of a pattern, separated by bars; empty when nothing is known. */
static const char *
literals(const char *pattern)
{
	static char list[1024];
	JmLiterals	found;
	int			i;

	jm_required_literals(pattern, strlen(pattern), &env_allocator, &found);
	list[0] = '\0';
	for (i = 0; i < found.count; i++)
	{
		if (i > 0)
			strcat(list, "|");
		strncat(list, found.text[i], found.len[i]);
	}
	return list;
}

int
main(void)
{
	CHECK_STR(literals("data"), "data");
	CHECK_STR(literals("\\ydata ?(engineer|ingenieur)\\y"), "engineer|ingenieur");
	CHECK_STR(literals("big ?data"), "data");
	CHECK_STR(literals("(a|bc)"), "");
	CHECK_STR(literals("(ab|bc)+"), "ab|bc");
	CHECK_STR(literals("(ab|bc)*"), "");
	CHECK_STR(literals("(ab|bc)?cde"), "cde");
	CHECK_STR(literals("abc{0,2}de"), "ab");
	CHECK_STR(literals("abc+de"), "abc");
	CHECK_STR(literals("abc|"), "");
	CHECK_STR(literals("ab(?!cdef)gh"), "ab");
	CHECK_STR(literals("ab(?:cdef)gh"), "cdef");
	CHECK_STR(literals("x[abc]yz"), "yz");
	CHECK_STR(literals("x[]a]yz"), "yz");
	CHECK_STR(literals("[[:alpha:]]data"), "data");
	CHECK_STR(literals("a\\.b"), "a.b");
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
