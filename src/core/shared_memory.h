/*
 * shared_memory.h
 *		Memory that all processes share, where the library is preloaded.
 */
#ifndef JM_SHARED_MEMORY_H
#define JM_SHARED_MEMORY_H

#include "postgres.h"

#include "storage/lwlock.h"

/* What every area begins with. */
typedef struct JmSharedHead
{
	LWLock	   *lock;			/* over the rest */
} JmSharedHead;

/* A topic's area; a static variable of it. */
typedef struct JmSharedArea
{
	const char *name;			/* also of its lock's tranche */
	Size		size;
	JmSharedHead *memory;		/* zero at first; NULL: not preloaded */
	/* private to shared_memory.c */
	struct JmSharedArea *next;
} JmSharedArea;

extern void jm_shared_area_request(JmSharedArea *area);

#endif							/* JM_SHARED_MEMORY_H */
