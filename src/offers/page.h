/*
 * page.h
 *		The documents of one answer of the search.
 */
#ifndef JM_PAGE_H
#define JM_PAGE_H

#include "postgres.h"

#include "offers/api_limits.h"
#include "offers/head.h"
#include "utils/jsonb.h"

/* An answer as jsonb, for those who want its documents; offers is within root. */
typedef struct JmPage
{
	Jsonb	   *root;
	JsonbContainer *offers;		/* the array of documents, NULL if none */
	int			count;
	size_t		repairs;		/* characters that had to be replaced */
} JmPage;

/* One offer, not decoded: text or value, whichever there is. */
typedef struct JmPageOffer
{
	JmOfferHead head;
	int64		hash;			/* of its content, if the head has no problem */
	const char *text;			/* its JSON text, or NULL ... */
	size_t		text_len;
	JsonbValue	value;			/* ... and then its document */
} JmPageOffer;

/* An answer's offers, for the harvest, which decodes few of them. */
typedef struct JmOfferPage
{
	JmPageOffer *offers;		/* the first JM_API_PAGE */
	int			count;			/* of all that came */
	size_t		repairs;		/* characters that had to be replaced */
} JmOfferPage;

extern Jsonb *jm_document_parse(const char *body, size_t len);
extern void jm_page_parse(const char *body, size_t len, JmPage *page);
extern void jm_page_scan(const char *body, size_t len, JmOfferPage *page);

#endif							/* JM_PAGE_H */
