/*
 * load.h
 *		Offers' documents into the tables.
 */
#ifndef JM_LOAD_H
#define JM_LOAD_H

#include "postgres.h"

#include "offers/page.h"

typedef struct JmLoadCounts
{
	int64		received;		/* documents given */
	int64		inserted;		/* met for the first time */
	int64		updated;		/* changed, or back after a withdrawal */
	int64		unchanged;
	int64		repeated;		/* of these, seen by this harvest before */
	int64		rejected;		/* could not be read */
} JmLoadCounts;

typedef struct JmLoader JmLoader;

extern JmLoader *jm_loader_create(const char *source, int64 run_id, int64 cell_id);
extern void jm_loader_add(JmLoader *loader, JsonbContainer *offers);
extern void jm_loader_add_page(JmLoader *loader, const JmOfferPage *page);
extern void jm_loader_between(JmLoader *loader, void (*action) (void *arg), void *arg);
extern void jm_loader_finish(JmLoader *loader, JmLoadCounts *counts);

#endif							/* JM_LOAD_H */
