/*
 * keywords.c
 *		Finds the keywords of a dictionary in a text: whole words only, in one
 *		pass of an automaton, whatever the number of keywords.
 */
#include "text/keywords.h"

#include <stdint.h>
#include <string.h>

#include "text/normalise.h"

/* Matches that a longer one may still cover. */
#define PENDING 32

typedef struct JmMatch
{
	size_t		start;
	size_t		end;
	int			variant;
} JmMatch;

/*
 * Builds the automaton of a dictionary whose variants are set.  Memory is the
 * allocator's; false when it had none.
 */
bool
jm_dictionary_compile(JmDictionary *d, const JmAllocator *allocator)
{
	const char **patterns;
	size_t	   *lengths;
	int			i;

	patterns = allocator->allocate(allocator->context, (d->n_variants + 1) * sizeof(char *));
	lengths = allocator->allocate(allocator->context, (d->n_variants + 1) * sizeof(size_t));
	if (patterns == NULL || lengths == NULL)
		return false;
	for (i = 0; i < d->n_variants; i++)
	{
		patterns[i] = d->variants[i].pattern;
		lengths[i] = d->variants[i].len;
	}
	d->automaton = jm_automaton_build(patterns, lengths, d->n_variants, allocator);
	return d->automaton != NULL;
}

/* Letters, digits, the underscore, and whatever is not ASCII. */
static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

/* Does the text from start to end stand as a word of its own? */
static bool
is_whole(const char *txt, size_t len, size_t start, size_t end)
{
	unsigned char before = start > 0 ? (unsigned char) txt[start - 1] : ' ';
	unsigned char after = end < len ? (unsigned char) txt[end] : ' ';

	if (is_word(before))
		return false;
	/* C++17 is C++, C++ and C# are not C */
	if (is_word(after) && (is_word((unsigned char) txt[end - 1]) || !(after >= '0' && after <= '9')))
		return false;
	if (end - start == 1)
	{
		/* one letter: R&D, C'est, C.D.I., H/R+1 are something else */
		if (strchr("+#&'", after) != NULL || strchr("&'+#", before) != NULL)
			return false;
		if (after == '.' && end + 1 < len && is_word((unsigned char) txt[end + 1]))
			return false;
		if (before == '.' && start >= 2 && is_word((unsigned char) txt[start - 2]))
			return false;
		if (after == ' ' && end + 1 < len && txt[end + 1] == '&')
			return false;
		if (before == ' ' && start >= 2 && txt[start - 2] == '&')
			return false;
	}
	else if (!is_word((unsigned char) txt[end - 1]) && (after == '+' || after == '#'))
		return false;
	return true;
}

/* Do the letters' cases and the neighbours suit the variant? */
static bool
suits(const JmVariant *v, const char *txt, const unsigned char *flags,
	  size_t len, size_t start, size_t end)
{
	int			i;
	size_t		j;

	if (v->case_policy == JM_CASE_EXACT)
	{
		for (j = 0; j < v->len; j++)
			if ((flags[start + j] & JM_WAS_UPPER) != v->upper[j])
				return false;
	}
	else if (v->case_policy == JM_CASE_CAPITAL && !(flags[start] & JM_WAS_UPPER))
		return false;
	for (i = 0; i < v->n_not_before; i++)
	{
		size_t		n = strlen(v->not_before[i]);

		if (n <= len - end && memcmp(txt + end, v->not_before[i], n) == 0 &&
			(n == len - end || !is_word((unsigned char) txt[end + n - 1]) ||
			 !is_word((unsigned char) txt[end + n])))
			return false;
	}
	for (i = 0; i < v->n_not_after; i++)
	{
		size_t		n = strlen(v->not_after[i]);

		if (n <= start && memcmp(txt + start - n, v->not_after[i], n) == 0 &&
			(n == start || !is_word((unsigned char) txt[start - n]) ||
			 !is_word((unsigned char) txt[start - n - 1])))
			return false;
	}
	return true;
}

/* Notes a match that stands: 1, or 2 where it needs another keyword. */
static void
note_match(const JmDictionary *d, const JmMatch *m, unsigned char *found)
{
	const JmVariant *v = &d->variants[m->variant];

	if (found[v->keyword] != 1)
		found[v->keyword] = v->n_needs > 0 ? 2 : 1;
}

/*
 * Adds a match to those that a longer one may still cover, unless one of them
 * covers it; takes away those that it covers.
 */
static void
add_match(const JmDictionary *d, JmMatch *pending, int *n_pending, const JmMatch *m,
		  unsigned char *found)
{
	int			i;
	int			kept;

	for (i = 0; i < *n_pending; i++)
		if (d->variants[pending[i].variant].covers &&
			pending[i].start <= m->start && pending[i].end >= m->end &&
			pending[i].end - pending[i].start > m->end - m->start)
			return;
	if (d->variants[m->variant].covers)
	{
		for (i = kept = 0; i < *n_pending; i++)
			if (pending[i].start < m->start || pending[i].end == m->end)
				pending[kept++] = pending[i];
		*n_pending = kept;
	}
	if (*n_pending == PENDING)
	{
		note_match(d, &pending[0], found);
		memmove(pending, pending + 1, (PENDING - 1) * sizeof(JmMatch));
		(*n_pending)--;
	}
	pending[(*n_pending)++] = *m;
}

/* Decides on doubtful keywords: one that was found makes others certain, once. */
static void
meet_needs(const JmDictionary *d, unsigned char *found)
{
	int			i;
	int			j;

	if (memchr(found, 2, d->n_keywords) == NULL)
		return;
	for (i = 0; i < d->n_variants; i++)
	{
		const JmVariant *v = &d->variants[i];

		if (found[v->keyword] != 2)
			continue;
		for (j = 0; j < v->n_needs; j++)
			if (found[v->needs[j]] == 1)
				break;
		if (j < v->n_needs)
			found[v->keyword] = 3;
	}
	for (i = 0; i < d->n_keywords; i++)
		found[i] = found[i] == 1 || found[i] == 3;
}

/*
 * Finds keywords in txt, which jm_normalise() folded with JM_HYPHEN_IS_SPACE,
 * with its flags.  Sets found[k] for each keyword k that is there, and clears
 * the others.
 */
void
jm_find_keywords(const JmDictionary *d, const char *txt,
				 const unsigned char *flags, size_t len, unsigned char *found, JmPoll poll)
{
	const JmAutomaton *a = d->automaton;
	JmMatch		pending[PENDING];
	int			n_pending = 0;
	uint32_t	state = 0;
	size_t		at;
	size_t		stop = 0;
	int			i;

	memset(found, 0, d->n_keywords);
	for (at = 0; at < stop || jm_more(at, len, &stop, poll); at++)
	{
		uint32_t	s;
		int32_t		p;

		state = jm_automaton_step(a, state, (unsigned char) txt[at]);
		if (!jm_automaton_ends(a, state))
			continue;

		/* the longest first */
		for (s = state; s; s = a->also[s])
			for (p = a->first[s]; p >= 0; p = a->same[p])
			{
				JmMatch		m = {at + 1 - d->variants[p].len, at + 1, p};

				if (is_whole(txt, len, m.start, m.end) &&
					suits(&d->variants[p], txt, flags, len, m.start, m.end))
					add_match(d, pending, &n_pending, &m, found);
			}
	}
	for (i = 0; i < n_pending; i++)
		note_match(d, &pending[i], found);
	meet_needs(d, found);
}
