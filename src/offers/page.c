/*
 * page.c
 *		The documents of one answer of the search: an object with "resultats",
 *		or a bare array.
 *
 * What jsonb would refuse in a text is repaired first.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/subxact.h"
#include "fmgr.h"
#include "json/json_repair.h"
#include "json/json_text.h"
#include "miscadmin.h"
#include "offers/page.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

/* Deeper texts are left to jsonb ... */
#define MAX_DEPTH 32

/* ... offer by offer, unless one is deeper than this. */
#define MAX_DEPTH_ALONE 1000

/* The body made acceptable to jsonb, NULL if it is empty (204: nothing found). */
static char *
repair(const char *body, size_t *len, size_t *repairs)
{
	char	   *text = MemoryContextAllocExtended(CurrentMemoryContext, JM_JSON_REPAIR_SIZE(*len),
												  MCXT_ALLOC_HUGE);

	*len = jm_json_repair(body, *len, text, repairs);
	if (*len > 0)
		return repalloc_huge(text, *len + 1);
	pfree(text);
	return NULL;
}

static void
parse_text(const char *text, JmPage *page)
{
	JsonbValue	buffer;
	JsonbValue *v;

	/* databases are UTF-8, and so is what was repaired */
	page->root = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	if (JB_ROOT_IS_ARRAY(page->root) && !JB_ROOT_IS_SCALAR(page->root))
		page->offers = &page->root->root;
	else if (JB_ROOT_IS_OBJECT(page->root))
	{
		v = getKeyJsonValueFromContainer(&page->root->root, "resultats", 9, &buffer);
		if (v && v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data))
			page->offers = v->val.binary.data;
		else if (v == NULL || v->type != jbvNull)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("the answer has no \"resultats\"")));
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("the answer is neither an object nor an array")));
	page->count = page->offers ? JsonContainerSize(page->offers) : 0;
}

/*
 * Parses an answer.  Errors: what is not JSON, or neither of the two, as
 * ERRCODE_INVALID_TEXT_REPRESENTATION.
 */
void
jm_page_parse(const char *body, size_t len, JmPage *page)
{
	char	   *json;

	memset(page, 0, sizeof(*page));
	json = repair(body, &len, &page->repairs);
	if (json == NULL)
		return;
	parse_text(json, page);
	pfree(json);
}

/* Parses an answer that is one document; NULL if it is empty.  Errors likewise. */
Jsonb *
jm_document_parse(const char *body, size_t len)
{
	size_t		repairs;
	char	   *json = repair(body, &len, &repairs);

	return json ? DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json))) : NULL;
}

/* ------------------------------------------------------------------------
 * Without jsonb
 * ------------------------------------------------------------------------
 */

/* Room for one more; what is beyond a page is counted, and nothing else. */
static JmPageOffer *
add_offer(JmOfferPage *page)
{
	if (page->offers == NULL)
		page->offers = palloc0(sizeof(JmPageOffer) * JM_API_PAGE);
	page->count++;
	return page->count <= JM_API_PAGE ? &page->offers[page->count - 1] : NULL;
}

/* Head and hash of an offer that is jsonb. */
static void
read_value(const JsonbValue *v, JmPageOffer *offer)
{
	offer->value = *v;
	jm_offer_head(v, &offer->head);
	if (offer->head.problem == NULL)
		offer->hash = jm_offer_hash(v->val.binary.data);
}

typedef struct AloneArgs
{
	const char *text;
	JmPageOffer *offer;
} AloneArgs;

static void
parse_alone(void *arg)
{
	AloneArgs  *args = arg;
	Jsonb	   *root = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(args->text)));
	JsonbValue	v = {.type = jbvBinary};

	v.val.binary.data = &root->root;
	v.val.binary.len = VARSIZE(root) - VARHDRSZ;
	read_value(&v, args->offer);
}

/*
 * An offer that must be left to jsonb, which may refuse it (a number that it
 * has no room for): that costs the page no other.  Where it ends, or NULL if
 * it is not JSON.
 */
static const char *
read_alone(const char *p, const char *end, JmPageOffer *offer)
{
	const char *after = jm_json_value(p, end, MAX_DEPTH_ALONE);
	AloneArgs	args = {.offer = offer};
	ErrorData  *error;

	if (after == NULL)
		return NULL;
	args.text = pnstrdup(p, after - p);
	error = jm_try(parse_alone, &args);
	if (error)
	{
		memset(offer, 0, sizeof(*offer));
		offer->head.problem = error->message;
	}
	return after;
}

/* The array's offers; where it ends, or NULL if jsonb must read it. */
static const char *
scan_array(const char *p, const char *end, char *scratch, JmOfferPage *page)
{
	p = jm_json_space(p + 1, end);
	if (p < end && *p == ']')
		return p + 1;
	for (;;)
	{
		JmPageOffer *offer = add_offer(page);
		const char *first = p;

		CHECK_FOR_INTERRUPTS();
		p = offer ? jm_offer_scan(p, end, scratch, &offer->head, &offer->hash) :
			jm_json_value(p, end, MAX_DEPTH);
		if (p && offer)
		{
			offer->text = first;
			offer->text_len = p - first;
		}
		else if (offer)
			p = read_alone(first, end, offer);
		if (p == NULL)
			return NULL;
		p = jm_json_space(p, end);
		if (p == end || (*p != ',' && *p != ']'))
			return NULL;
		if (*p == ']')
			return p + 1;
		p = jm_json_space(p + 1, end);
	}
}

/* The whole text; false if jsonb must read it. */
static bool
scan_text(const char *p, const char *end, char *scratch, JmOfferPage *page)
{
	static const char key[] = "\"resultats\"";
	bool		found = false;

	p = jm_json_space(p, end);
	if (p < end && *p == '[')
		p = scan_array(p, end, scratch, page);
	else if (p < end && *p == '{')
	{
		do
		{
			const char *name = jm_json_space(p + 1, end);
			bool		escaped;

			p = jm_json_string(name, end, &escaped);
			if (p == NULL || escaped)
				return false;
			if (p - name != sizeof(key) - 1 || memcmp(name, key, p - name) != 0)
				name = NULL;
			p = jm_json_space(p, end);
			if (p == end || *p != ':')
				return false;
			p = jm_json_space(p + 1, end);
			if (name == NULL)
				p = jm_json_value(p, end, MAX_DEPTH);
			else if (found || p == end || *p != '[')
				return false;
			else
			{
				found = true;
				p = scan_array(p, end, scratch, page);
			}
			if (p == NULL)
				return false;
			p = jm_json_space(p, end);
		} while (p < end && *p == ',');
		if (!found || p == end || *p++ != '}')
			return false;
	}
	else
		return false;
	return p && jm_json_space(p, end) == end;
}

/* Parsing needs many times the memory of its result, which alone is kept. */
static void
parse_apart(const char *text, JmPage *page)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext apart = AllocSetContextCreate(old, "jobmarket parsing", ALLOCSET_DEFAULT_SIZES);
	Jsonb	   *root;

	memset(page, 0, sizeof(*page));
	MemoryContextSwitchTo(apart);
	parse_text(text, page);
	MemoryContextSwitchTo(old);
	root = MemoryContextAllocHuge(old, VARSIZE(page->root));
	memcpy(root, page->root, VARSIZE(page->root));
	if (page->offers)
		page->offers = (JsonbContainer *) ((char *) root + ((char *) page->offers - (char *) page->root));
	page->root = root;
	MemoryContextDelete(apart);
}

/*
 * Reads the heads and content hashes of an answer's offers.  page keeps the
 * memory of their texts.  Errors as jm_page_parse.
 */
void
jm_page_scan(const char *body, size_t len, JmOfferPage *page)
{
	char	   *json;
	char	   *scratch;
	JmPage		parsed;
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	size_t		repairs;

	memset(page, 0, sizeof(*page));
	json = repair(body, &len, &repairs);
	if (json == NULL)
		return;
	page->repairs = repairs;
	scratch = MemoryContextAllocExtended(CurrentMemoryContext, len, MCXT_ALLOC_HUGE);
	if (scan_text(json, json + len, scratch, page))
	{
		pfree(scratch);
		return;
	}

	/* odd, or no JSON at all: jsonb reads it, or says what is wrong */
	pfree(scratch);
	memset(page, 0, sizeof(*page));
	parse_apart(json, &parsed);
	pfree(json);
	page->repairs = repairs;
	if (parsed.offers == NULL)
		return;
	it = JsonbIteratorInit(parsed.offers);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		JmPageOffer *offer = token == WJB_ELEM ? add_offer(page) : NULL;

		if (offer)
			read_value(&v, offer);
	}
}
