/*
 * load.h
 *		Offers' documents into the tables.
 */
#ifndef JM_LOAD_H
#define JM_LOAD_H

#include "postgres.h"

#include "utils/jsonb.h"

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

/* One answer of the search, parsed. */
typedef struct JmPage
{
	Jsonb	   *root;
	JsonbContainer *offers;		/* the array of documents, NULL if none */
	int			count;
	size_t		repairs;		/* characters that had to be replaced */
} JmPage;

extern void jm_page_parse(const char *body, size_t len, JmPage *page);

extern JmLoader *jm_loader_create(const char *source, int64 run_id, int64 cell_id);
extern void jm_loader_add(JmLoader *loader, JsonbContainer *offers);
extern void jm_loader_finish(JmLoader *loader, JmLoadCounts *counts);

#endif							/* JM_LOAD_H */
