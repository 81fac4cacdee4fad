/*
 * label_words.h
 *		The words and numbers of a label, an attribute's short text.  Plain C.
 */
#ifndef JM_LABEL_WORDS_H
#define JM_LABEL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "text/normalise.h"

#define JM_LABEL_MAX 2048		/* bytes looked at; labels have 100 */
#define JM_LABEL_WORDS 128

/* A word, number or sign of the label. */
typedef struct JmLabelWord
{
	const char *s;				/* its bytes */
	int			len;
	bool		number;
	long long	cents;			/* number: its value in hundredths */
} JmLabelWord;

/* A label and its words, which point into it. */
typedef struct JmLabel
{
	char		folded[JM_NORMALISED_MAX(JM_LABEL_MAX)];
	JmLabelWord words[JM_LABEL_WORDS];
} JmLabel;

extern int	jm_split_label(const char *given, size_t given_len, JmLabel *label);

/* Is word i of n one of a list separated by blanks? */
static inline bool
jm_label_word_is(const JmLabelWord *words, int n, int i, const char *list)
{
	if (i < 0 || i >= n || words[i].number)
		return false;
	while (*list)
	{
		size_t		len = strcspn(list, " ");

		if ((int) len == words[i].len && memcmp(list, words[i].s, len) == 0)
			return true;
		list += len;
		while (*list == ' ')
			list++;
	}
	return false;
}

#endif							/* JM_LABEL_WORDS_H */
