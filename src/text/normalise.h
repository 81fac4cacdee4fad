/*
 * normalise.h
 *		Text brought to one form before it is compared: lower case, no accents,
 *		plain spaces.  Plain C, independent of locale and collation.
 */
#ifndef JM_NORMALISE_H
#define JM_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/poll.h"

/* A character and what it folds to (len bytes of UTF-8, perhaps none). */
typedef struct JmFold
{
	uint32_t	character;
	uint8_t		len;
	char		to[9];
} JmFold;

/* A named character reference of HTML, without & and ; */
typedef struct JmEntity
{
	const char *name;
	uint32_t	character;
} JmEntity;

extern const int jm_fold_count;
extern const JmFold jm_fold_table[];
extern const int jm_entity_count;
extern const JmEntity jm_entity_table[];

/* What jm_normalise() writes at most for len bytes. */
#define JM_NORMALISED_MAX(len) (3 * (size_t) (len) + 8)

/* Options of jm_normalise() */
#define JM_HYPHEN_IS_SPACE	0x01
#define JM_SIGN_IS_SPACE	0x02	/* emoji, arrows, trademarks and the like */

/* Flags of an output byte */
#define JM_WAS_UPPER		0x01	/* it stood in upper case */

extern size_t jm_normalise(const char *src, size_t len, char *dst,
						   unsigned char *flags, int options, JmPoll poll);
extern size_t jm_normalise_title(const char *src, size_t len, char *scratch,
								 char *dst, JmPoll poll);
extern size_t jm_clean_text(const char *src, size_t len, char *dst,
							JmPoll poll);

#endif							/* JM_NORMALISE_H */
