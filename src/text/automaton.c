/*
 * automaton.c
 *		Builds the automaton of automaton.h.
 *
 * A. Aho, M. Corasick: Efficient string matching, an aid to bibliographic
 * search, CACM 18 (1975); the failure links are folded into the transitions
 * (their algorithm 4).
 */
#include "text/automaton.h"

#include <string.h>

/*
 * Builds the automaton of count patterns (byte strings of the given lengths;
 * an empty one is never found).  Memory is the allocator's; returns NULL only
 * when the allocator does.
 */
JmAutomaton *
jm_automaton_build(const char *const *patterns, const size_t *lengths,
				   int count, const JmAllocator *allocator)
{
	JmAutomaton *a = allocator->allocate(allocator->context, sizeof(JmAutomaton));
	size_t		most = 1;
	uint32_t   *queue;
	uint32_t   *fail;
	int			head = 0;
	int			tail = 0;
	int			i;

	if (a == NULL)
		return NULL;
	memset(a->class_of, 0, sizeof(a->class_of));
	a->n_classes = 1;
	for (i = 0; i < count; i++)
	{
		size_t		j;

		most += lengths[i];
		for (j = 0; j < lengths[i]; j++)
		{
			unsigned char c = (unsigned char) patterns[i][j];

			/* at most 255 byte values differ from the rest: always fits */
			if (a->class_of[c] == 0 && a->n_classes < 256)
				a->class_of[c] = (uint8_t) a->n_classes++;
		}
	}

	a->next = allocator->allocate(allocator->context, most * a->n_classes * sizeof(uint32_t));
	a->first = allocator->allocate(allocator->context, most * sizeof(int32_t));
	a->also = allocator->allocate(allocator->context, most * sizeof(uint32_t));
	a->same = allocator->allocate(allocator->context, (count + 1) * sizeof(int32_t));
	queue = allocator->allocate(allocator->context, most * sizeof(uint32_t));
	fail = allocator->allocate(allocator->context, most * sizeof(uint32_t));
	if (!a->next || !a->first || !a->also || !a->same || !queue || !fail)
		return NULL;
	memset(a->next, 0, most * a->n_classes * sizeof(uint32_t));
	memset(a->also, 0, most * sizeof(uint32_t));

	/* the trie; state 0 is its root, and no edge leads back to it */
	a->n_states = 1;
	a->first[0] = -1;
	for (i = 0; i < count; i++)
	{
		uint32_t	state = 0;
		size_t		j;

		a->same[i] = -1;
		if (lengths[i] == 0)
			continue;
		for (j = 0; j < lengths[i]; j++)
		{
			uint32_t   *edge = &a->next[(size_t) state * a->n_classes +
										a->class_of[(unsigned char) patterns[i][j]]];

			if (*edge == 0)
			{
				a->first[a->n_states] = -1;
				*edge = (uint32_t) a->n_states++;
			}
			state = *edge;
		}
		a->same[i] = a->first[state];
		a->first[state] = i;
	}

	/* breadth first: the failure link of a state is always complete before it */
	fail[0] = 0;
	for (i = 0; i < a->n_classes; i++)
	{
		uint32_t	child = a->next[i];

		if (child != 0)
		{
			fail[child] = 0;
			queue[tail++] = child;
		}
	}
	while (head < tail)
	{
		uint32_t	state = queue[head++];
		uint32_t   *row = &a->next[(size_t) state * a->n_classes];
		const uint32_t *fail_row = &a->next[(size_t) fail[state] * a->n_classes];

		a->also[state] = a->first[fail[state]] >= 0 ? fail[state] : a->also[fail[state]];
		for (i = 0; i < a->n_classes; i++)
		{
			if (row[i] != 0)
			{
				fail[row[i]] = fail_row[i];
				queue[tail++] = row[i];
			}
			else
				row[i] = fail_row[i];
		}
	}
	return a;
}
