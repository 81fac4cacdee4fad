/*
 * search.h
 *		One page of the search, read from an answer.
 */
#ifndef JM_SEARCH_H
#define JM_SEARCH_H

#include "postgres.h"

#include "http/http.h"
#include "offers/page.h"

extern ErrorData *jm_search_page(const JmRequest *request, JmPage *page);
extern ErrorData *jm_search_offers(const JmRequest *request, JmOfferPage *page);
extern void jm_raise_bad_answer(const JmRequest *request, const ErrorData *why) pg_attribute_noreturn();

#endif							/* JM_SEARCH_H */
