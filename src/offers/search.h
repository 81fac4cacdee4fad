/*
 * search.h
 *		The servers that can be searched, and one page of the search.
 */
#ifndef JM_OFFERS_SEARCH_H
#define JM_OFFERS_SEARCH_H

#include "postgres.h"

#include "http/http.h"
#include "offers/page.h"

extern JmServer *jm_search_server(const char *name);
extern ErrorData *jm_search_page(const JmRequest *request, JmPage *page);
extern ErrorData *jm_search_document(const JmRequest *request, Jsonb **document);
extern ErrorData *jm_search_offers(const JmRequest *request, JmOfferPage *page);
extern void jm_raise_bad_answer(const JmRequest *request, const ErrorData *why) pg_attribute_noreturn();

#endif							/* JM_OFFERS_SEARCH_H */
