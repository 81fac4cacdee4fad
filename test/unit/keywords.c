/*
 * keywords.c
 *		The automaton against a plain search, and the rules of whole words.
 */
#include "text_env.h"
#include "unit.h"

/* Names of the keywords, in the order of their numbers. */
static const char *const names[] = {"c", "c++", "java", "javascript", "r", "sql", "sql server", "tableau", "python"};

static JmDictionary dictionary;
static JmVariant variants[16];

static void
make_dictionary(void)
{
	static const char *de_bord[] = {" de bord"};
	static const char *permis[] = {"permis "};
	static int	needs_python[] = {8};
	int			n = 0;

	env_variant(&variants[n], 0, "C", JM_CASE_EXACT);
	variants[n].not_after = permis;
	variants[n++].n_not_after = 1;
	env_variant(&variants[n++], 1, "C++", JM_CASE_ANY);
	env_variant(&variants[n++], 2, "java", JM_CASE_ANY);
	env_variant(&variants[n++], 3, "javascript", JM_CASE_ANY);
	env_variant(&variants[n++], 3, "java script", JM_CASE_ANY);
	env_variant(&variants[n++], 4, "R", JM_CASE_EXACT);
	env_variant(&variants[n++], 5, "sql", JM_CASE_ANY);
	env_variant(&variants[n], 6, "sql server", JM_CASE_ANY);
	variants[n++].covers = false;
	env_variant(&variants[n], 7, "Tableau", JM_CASE_CAPITAL);
	variants[n].not_before = de_bord;
	variants[n++].n_not_before = 1;
	env_variant(&variants[n], 7, "tableau", JM_CASE_ANY);
	variants[n].not_before = de_bord;
	variants[n].n_not_before = 1;
	variants[n].needs = needs_python;
	variants[n++].n_needs = 1;
	env_variant(&variants[n++], 8, "python", JM_CASE_ANY);
	dictionary.n_keywords = sizeof(names) / sizeof(names[0]);
	dictionary.n_variants = n;
	dictionary.variants = variants;
	CHECK(jm_dictionary_compile(&dictionary, &env_allocator));
}

/* The keywords of a text, separated by commas. */
static const char *
find(const char *text)
{
	static char list[256];
	char		folded[1024];
	unsigned char flags[1024];
	unsigned char found[16];
	size_t		n = jm_normalise(text, strlen(text), folded, flags, JM_HYPHEN_IS_SPACE, NULL);
	int			i;

	jm_find_keywords(&dictionary, folded, flags, n, found, NULL);
	list[0] = '\0';
	for (i = 0; i < dictionary.n_keywords; i++)
		if (found[i])
		{
			if (list[0])
				strcat(list, ",");
			strcat(list, names[i]);
		}
	return list;
}

static void
test_words(void)
{
	CHECK_STR(find(""), "");
	CHECK_STR(find("C"), "c");
	CHECK_STR(find("c"), "");
	CHECK_STR(find("C/C++ ou C++17"), "c,c++");
	CHECK_STR(find("C# C'est C.D.I. C&A"), "");
	CHECK_STR(find("Permis C"), "");
	CHECK_STR(find("JavaScript, Java Script"), "javascript");
	CHECK_STR(find("Java et JavaScript"), "java,javascript");
	CHECK_STR(find("R&D, R & D"), "");
	CHECK_STR(find("(R)"), "r");
	CHECK_STR(find("mysql nosql sqlite"), "");
	CHECK_STR(find("SQL-Server"), "sql,sql server");
	CHECK_STR(find("Tableau de bord"), "");
	CHECK_STR(find("tableau"), "");
	CHECK_STR(find("Tableau"), "tableau");
	CHECK_STR(find("tableau et python"), "tableau,python");
}

/* The automaton finds just what a search at each place finds. */
static void
test_automaton(void)
{
	static const char *const patterns[] = {"a", "ab", "bab", "abab", "bb", "", "cab", "ab"};
	size_t		lengths[8];
	JmAutomaton *a;
	unsigned	seed = 1;
	int			round;
	int			i;

	for (i = 0; i < 8; i++)
		lengths[i] = strlen(patterns[i]);
	a = jm_automaton_build(patterns, lengths, 8, &env_allocator);
	for (round = 0; round < 2000; round++)
	{
		char text[	24];
		int			seen[8] = {0};
		int			expected[8] = {0};
		uint32_t	state = 0;
		size_t		at;

		for (at = 0; at < sizeof(text); at++)
		{
			uint32_t	s;
			int32_t		p;

			seed = seed * 1103515245u + 12345u;
			text[		at] = "abcd"[(seed >> 16) % 4];

			state = jm_automaton_step(a, state, (unsigned char) text[at]);
			for (s = state; s; s = a->also[s])
				for (p = a->first[s]; p >= 0; p = a->same[p])
					seen[p]++;
			for (i = 0; i < 8; i++)
				if (lengths[i] > 0 && at + 1 >= lengths[i] &&
					memcmp(text +at + 1 - lengths[i], patterns[i], lengths[i]) == 0)
					expected[i]++;
		}
		CHECK(memcmp(seen, expected, sizeof(seen)) == 0);
	}
}

int
main(void)
{
	make_dictionary();
	test_words();
	test_automaton();
	env_free();
	return unit_failures != 0;
}
