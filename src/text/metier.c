/*
 * metier.c
 *		The earlier project's label of a title (DE, DA, DS), rule for rule.
 *
 * Its rules are case-insensitive LIKE tests of the raw title for substrings,
 * accents included, made by three UPDATEs of which the last that matches wins.
 * All the substrings are sought in one pass; three of them are two words with
 * anything between (data%scientist).
 */
#include "text/metier.h"

#include <stdbool.h>
#include <string.h>

#define DE 0x1
#define DA 0x2
#define DS 0x4

#define E_ACUTE "\xC3\xA9"

/* What a word says: it is wanted as ..., or it forbids the roles given. */
typedef enum JmMetierWord
{
	ENGINEER, DATA, DONNEES, SEES, SCIENCE_PHRASE, POWER, BI, BUSINESS, INTELLIGENCE,
	SCIENTIST, SCIENCE, N_WANTED
} JmMetierWord;

static const struct
{
	const char *word;
	int			wanted;			/* JmMetierWord, or -1 */
	int			forbids;
}			words[] =

{
	{"ing", ENGINEER, 0},
	{"eng", ENGINEER, 0},
	{"data", DATA, 0},
	{"donn" E_ACUTE "es", DONNEES, 0},
	{"analys", SEES, DE},
	{"viz", SEES, DE},
	{"vis", SEES, 0},
	{"power", POWER, 0},
	{"bi", BI, 0},
	{"business", BUSINESS, DE | DS},
	{"intelligence", INTELLIGENCE, 0},
	{"scientist", SCIENTIST, 0},
	{"science", SCIENCE, 0},
	{"scientifique donn" E_ACUTE "e", SCIENCE_PHRASE, 0},
	{"visuali", -1, DE},
	{"scien", -1, DE},
	{"center", -1, DE | DA | DS},
	{"software", -1, DE | DA | DS},
	{"architect", -1, DE},
	{"base", -1, DE | DA | DS},
	{"r" E_ACUTE "seau", -1, DE | DA | DS},
	{"model", -1, DE},
	{"observabilit" E_ACUTE, -1, DE | DA | DS},
	{"logiciel", -1, DE | DA | DS},
	{"analytics", -1, DE | DA | DS},
	{"chef", -1, DE | DA | DS},
	{"cyber", -1, DE | DA | DS},
	{"sre", -1, DE | DA | DS},
	{"marketing", -1, DE | DA | DS},
	{"manager", -1, DE | DA | DS},
	{"gouvernance", -1, DE | DA | DS},
	{"responsable", -1, DE | DA | DS},
	{"directeur", -1, DE | DA | DS},
	{"formation", -1, DE | DA | DS},
	{"certification", -1, DE | DA | DS},
	{"d" E_ACUTE "veloppeur", -1, DA | DS},
	{"programmeur", -1, DA},
	{"informaticien", -1, DA},
	{"audit", -1, DA | DS},
	{"soc", -1, DA | DS},
	{"advisory", -1, DA | DS},
	{"supervision", -1, DA | DS},
	{"tr" E_ACUTE "sorerie", -1, DA},
	{"fonctionnel", -1, DA},
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

/*
 * The automaton of the rules' words, which takes capitals for small letters: A
 * to Z, and the second byte of E acute (which no other character of the words
 * shares).  Memory is the allocator's.
 */
JmAutomaton *
jm_metier_automaton(const JmAllocator *allocator)
{
	const char *patterns[N_WORDS];
	size_t		lengths[N_WORDS];
	JmAutomaton *a;
	size_t		i;

	for (i = 0; i < N_WORDS; i++)
	{
		patterns[i] = words[i].word;
		lengths[i] = strlen(words[i].word);
	}
	a = jm_automaton_build(patterns, lengths, N_WORDS, allocator);
	if (a != NULL)
	{
		for (i = 'A'; i <= 'Z'; i++)
			a->class_of[i] = a->class_of[i | 0x20];
		a->class_of[0x89] = a->class_of[0xA9];
	}
	return a;
}

/*
 * "DE", "DA", "DS" or NULL for a title of len bytes in UTF-8; words is
 * jm_metier_automaton().
 */
const char *
jm_metier_data(const JmAutomaton *a, const char *title, size_t len, JmPoll poll)
{
	/* where a wanted word first begins to be complete, and last begins */
	int64_t		first_end[N_WANTED];
	int64_t		last_start[N_WANTED];
	unsigned	found = 0;
	int			forbidden = 0;
	uint32_t	state = 0;
	size_t		at;
	size_t		stop = 0;
	bool		data;
	bool		sees;

	for (at = 0; at < stop || jm_more(at, len, &stop, poll); at++)
	{
		uint32_t	s;

		unsigned char c = (unsigned char) title[at];

		/* two characters beyond Latin-1 whose small letter is ASCII's */
		if (c == 0xC4 && at + 1 < len && (unsigned char) title[at + 1] == 0xB0)
		{
			c = 'i';
			at++;
		}
		else if (c == 0xE2 && at + 2 < len &&
				 (unsigned char) title[at + 1] == 0x84 && (unsigned char) title[at + 2] == 0xAA)
		{
			c = 'k';
			at += 2;
		}
		state = jm_automaton_step(a, state, c);
		if (!jm_automaton_ends(a, state))
			continue;
		for (s = state; s; s = a->also[s])
		{
			int32_t		p = a->first[s];
			int			w;

			if (p < 0)
				continue;
			forbidden |= words[p].forbids;
			w = words[p].wanted;
			if (w < 0)
				continue;
			if (!(found & (1u << w)))
				first_end[w] = (int64_t) at;
			found |= 1u << w;
			last_start[w] = (int64_t) at - (int64_t) strlen(words[p].word);
		}
	}

#define HAS(w) ((found & (1u << (w))) != 0)
#define IN_ORDER(v, w) (HAS(v) && HAS(w) && last_start[w] >= first_end[v])

	/* the last UPDATE wins, so the last rule is tried first */
	if (!(forbidden & DS) &&
		(IN_ORDER(DATA, SCIENTIST) || IN_ORDER(DATA, SCIENCE) || HAS(SCIENCE_PHRASE)))
		return "DS";
	sees = HAS(SEES) || IN_ORDER(POWER, BI) || IN_ORDER(BUSINESS, INTELLIGENCE);
	data = HAS(DATA) || HAS(DONNEES);
	if (!(forbidden & DA) && data && sees)
		return "DA";
	if (!(forbidden & DE) && data && HAS(ENGINEER))
		return "DE";
	return NULL;
}
