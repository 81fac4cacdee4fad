/*
 * head.h
 *		What must be known of an offer before it is decoded, if it ever is.
 */
#ifndef JM_HEAD_H
#define JM_HEAD_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* Longest identifier taken: they stand in B-tree indexes. */
#define JM_MAX_ID 200

typedef struct JmOfferHead
{
	char	   *id;				/* as the source gives it; NULL: unusable */
	const char *problem;		/* why, if it is */
	bool		has_created;
	int64		created;		/* seconds since 1970 */
	bool		has_updated_at;
	TimestampTz updated_at;
} JmOfferHead;

extern bool jm_is_private(const char *key, size_t len);
extern int64 jm_offer_hash(JsonbContainer *document);
extern void jm_offer_head(const JsonbValue *document, JmOfferHead *head);
extern const char *jm_offer_scan(const char *p, const char *end, char *scratch,
								 JmOfferHead *head, int64 *hash);

#endif							/* JM_HEAD_H */
