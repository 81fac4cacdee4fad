/*
 * names_sql.h
 *		Texts by number, in order of appearance.
 */
#ifndef JM_NAMES_SQL_H
#define JM_NAMES_SQL_H

#include "fmgr.h"

/* Open addressing; all its memory is of context. */
typedef struct JmNames
{
	MemoryContext context;
	int			n;
	int			room;
	text	  **names;
	uint32		mask;
	struct
	{
		uint64		head;		/* first bytes of the name */
		int32		number;		/* + 1, or 0 */
	}		   *slots;
} JmNames;

extern void jm_names_init(JmNames *names, MemoryContext context);
extern int32 jm_name_number(JmNames *names, Datum datum, bool add);

#endif							/* JM_NAMES_SQL_H */
