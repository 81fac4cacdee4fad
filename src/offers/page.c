/*
 * page.c
 *		The documents of one answer of the search: an object with "resultats",
 *		or a bare array.
 *
 * What jsonb would refuse in a text is repaired first.
 */
#include "postgres.h"

#include "fmgr.h"
#include "json/json_text.h"
#include "miscadmin.h"
#include "offers/json_repair.h"
#include "offers/page.h"
#include "utils/fmgrprotos.h"

/* Deeper texts are left to jsonb. */
#define MAX_DEPTH 32

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
	char	   *text;

	memset(page, 0, sizeof(*page));
	text = repair(body, &len, &page->repairs);

	if (text == NULL)
		return;
	parse_text(text, page);
	pfree(text);
}

/* ------------------------------------------------------------------------
 * Without jsonb
 * ------------------------------------------------------------------------
 */
static JmPageOffer *
add_offer(JmOfferPage * page, int *room)
{
	if (page->count == *room)
	{
		*room = *room ? *room * 2 : 160;
		page->offers = page->offers ?
			repalloc_huge(page->offers, sizeof(JmPageOffer) * *room) :
			palloc(sizeof(JmPageOffer) * *room);
	}
	memset(&page->offers[page->count], 0, sizeof(JmPageOffer));
	return &page->offers[page->count++];
}

/* The array's offers; where it ends, or NULL if jsonb must read it. */
static const char *
scan_array(const char *p, const char *end, char *scratch, JmOfferPage * page)
{
	int			room = 0;

	p = jm_json_space(p + 1, end);
	if (p < end && *p == ']')
		return p + 1;
	for (;;)
	{
		JmPageOffer *offer = add_offer(page, &room);

		CHECK_FOR_INTERRUPTS();
		offer->text = p;
		p = jm_offer_scan(p, end, scratch, &offer->head, &offer->hash);
		if (p == NULL)
			return NULL;
		offer->text_len = p - offer->text;
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
scan_text(const char *p, const char *end, char *scratch, JmOfferPage * page)
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

/*
 * Reads the heads and content hashes of an answer's offers.  page keeps the
 * memory of their texts.  Errors as jm_page_parse.
 */
void
jm_page_scan(const char *body, size_t len, JmOfferPage * page)
{
	char	   *text;
	char	   *scratch;
	JmPage		parsed;
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	int			room = 0;

	memset(page, 0, sizeof(*page));
	text = repair(body, &len, &page->repairs);

	if (text == NULL)
		return;
	scratch = MemoryContextAllocExtended(CurrentMemoryContext, len, MCXT_ALLOC_HUGE);
	if (scan_text(text, text +len, scratch, page))
	{
		pfree(scratch);
		return;
	}

	/* odd, or no JSON at all: jsonb reads it, or says what is wrong */
	pfree(scratch);
	memset(&parsed, 0, sizeof(parsed));
	parse_text(text, &parsed);
	pfree(text);
	page->offers = NULL;
	page->count = 0;
	if (parsed.offers == NULL)
		return;
	it = JsonbIteratorInit(parsed.offers);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
		if (token == WJB_ELEM)
		{
			JmPageOffer *offer = add_offer(page, &room);

			offer->value = v;
			jm_offer_head(&v, &offer->head);
			if (offer->head.problem == NULL)
				offer->hash = jm_offer_hash(v.val.binary.data);
		}
}
