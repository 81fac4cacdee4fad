/*
 * keywords.h
 *		Finds the keywords of a dictionary in a text.  Plain C.
 */
#ifndef JM_KEYWORDS_H
#define JM_KEYWORDS_H

#include <stdbool.h>

#include "text/automaton.h"
#include "text/poll.h"

typedef enum JmCasePolicy
{
	JM_CASE_ANY,				/* excel, Excel, EXCEL */
	JM_CASE_EXACT,				/* capitals just where the variant has them */
	JM_CASE_CAPITAL				/* the first letter a capital */
} JmCasePolicy;

/* One way to write a keyword. */
typedef struct JmVariant
{
	int			keyword;		/* its number, 0 .. n_keywords - 1 */
	const char *pattern;		/* folded, hyphens as spaces */
	size_t		len;
	unsigned char *upper;		/* JM_CASE_EXACT: which bytes were capitals */
	JmCasePolicy case_policy;
	bool		covers;			/* keywords inside this one are not seen */
	int			n_not_before;	/* folded texts that must not follow */
	const char **not_before;
	int			n_not_after;	/* folded texts that must not precede */
	const char **not_after;
	int			n_needs;		/* keywords of which one must be found too */
	int		   *needs;
} JmVariant;

typedef struct JmDictionary
{
	int			n_keywords;
	int			n_variants;
	JmVariant  *variants;
	JmAutomaton *automaton;
} JmDictionary;

extern bool jm_dictionary_compile(JmDictionary *dictionary,
								  const JmAllocator *allocator);
extern void jm_find_keywords(const JmDictionary *dictionary, const char *txt,
							 const unsigned char *flags, size_t len,
							 unsigned char *found, JmPoll poll);

#endif							/* JM_KEYWORDS_H */
