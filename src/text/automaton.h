/*
 * automaton.h
 *		Finds any number of literal strings in one pass over a text
 *		(Aho-Corasick, as a complete transition table).  Plain C.
 *
 * Bytes that no pattern holds share one class, so that the table stays small
 * enough for the processor's caches.
 */
#ifndef JM_AUTOMATON_H
#define JM_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

/* Where memory comes from; it is released as a whole by the caller. */
typedef struct JmAllocator
{
	void	   *(*allocate) (void *context, size_t size);
	void	   *context;
} JmAllocator;

typedef struct JmAutomaton
{
	uint8_t		class_of[256];
	int			n_classes;
	int			n_states;
	/* next[state * n_classes + class]: the next state */
	uint32_t   *next;
	/* first[state]: a pattern that ends here, or -1 */
	int32_t    *first;
	/* also[state]: the next state, by suffix, where a pattern ends, or 0 */
	uint32_t   *also;
	/* same[pattern]: another pattern of the same text, or -1 */
	int32_t    *same;
} JmAutomaton;

extern JmAutomaton *jm_automaton_build(const char *const *patterns,
									   const size_t *lengths, int count,
									   const JmAllocator *allocator);

/* The state after one more byte; 0 is the state to begin with. */
static inline uint32_t
jm_automaton_step(const JmAutomaton *a, uint32_t state, unsigned char byte)
{
	return a->next[(size_t) state * a->n_classes + a->class_of[byte]];
}

/*
 * The patterns that end in a state:
 *	for (s = state; s; s = a->also[s])
 *		for (p = a->first[s]; p >= 0; p = a->same[p])
 * and jm_automaton_ends() says at once that there is none.
 */
static inline int
jm_automaton_ends(const JmAutomaton *a, uint32_t state)
{
	return a->first[state] >= 0 || a->also[state] != 0;
}

#endif							/* JM_AUTOMATON_H */
