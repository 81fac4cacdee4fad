/*
 * decode.h
 *		From an offer's document (jsonb) to the columns of our tables.
 */
#ifndef JM_DECODE_H
#define JM_DECODE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "offers/attributes.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/* One element of a list. */
typedef struct JmElement
{
	int			position;		/* in the array, from 1 */
	pg_uuid_t	dimension_id;
	char	   *values[JM_LIST_FIELDS]; /* NULL where absent */
} JmElement;

/* What was odd in a document that could be loaded all the same. */
typedef struct JmRemark
{
	char	   *attribute;		/* path in the document */
	const char *problem;		/* NULL: the attribute is unknown */
} JmRemark;

typedef struct JmOffer
{
	Datum		values[JM_COLUMNS];
	bool		nulls[JM_COLUMNS];
	List	   *elements[JM_LISTS]; /* of JmElement */
	List	   *remarks;		/* of JmRemark */
} JmOffer;

extern void jm_offer_decode(JsonbContainer *document, JmOffer *offer);
extern Jsonb *jm_offer_public_document(const JsonbValue *document);
extern char *jm_scalar_text(const JsonbValue *v);
extern pg_uuid_t jm_digest(char *const *parts, int n);

#endif							/* JM_DECODE_H */
