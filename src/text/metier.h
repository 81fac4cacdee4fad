/*
 * metier.h
 *		The three substring rules of the earlier project.  Plain C.
 */
#ifndef JM_METIER_H
#define JM_METIER_H

#include "text/automaton.h"
#include "text/poll.h"

extern const char *jm_metier_data(const JmAutomaton *words, const char *title,
								  size_t len, JmPoll poll);
extern JmAutomaton *jm_metier_automaton(const JmAllocator *allocator);

#endif							/* JM_METIER_H */
