/*
 * literals.h
 *		What a regular expression cannot match without.  Plain C.
 */
#ifndef JM_LITERALS_H
#define JM_LITERALS_H

#include <stddef.h>

#include "text/automaton.h"

#define JM_MAX_LITERALS 64

/* Literal strings of which one at least is in every text that matches. */
typedef struct JmLiterals
{
	int			count;			/* 0: nothing is known */
	const char *text[JM_MAX_LITERALS];
	size_t		len[JM_MAX_LITERALS];
} JmLiterals;

/* Sets of which each must have a literal in every text that matches. */
#define JM_MAX_LITERAL_SETS 4
typedef struct JmRequired
{
	int			n_sets;
	JmLiterals	sets[JM_MAX_LITERAL_SETS];
} JmRequired;

extern void jm_required_literals(const char *pattern, size_t len,
								 const JmAllocator *allocator, JmRequired *result);

#endif							/* JM_LITERALS_H */
