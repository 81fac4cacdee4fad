/*
 * fetch.c
 *		SQL functions that ask the API and store nothing: fetch_offers,
 *		fetch_offer, fetch_referential.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "http/http.h"
#include "miscadmin.h"
#include "offers/api_limits.h"
#include "offers/decode.h"
#include "offers/load.h"
#include "offers/query.h"
#include "offers/search.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/* How often a page that is not JSON is asked for. */
#define READ_ATTEMPTS 3

/* The server argument, which must not be NULL. */
static JmServer *
server_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the server's name is null"),
				 errhint("Name a foreign server of the wrapper jobmarket, as in CREATE SERVER.")));
	return jm_search_server(NameStr(*PG_GETARG_NAME(0)));
}

/* Asks for a path and parses the answer; NULL root when there is no content. */
static JmRequest *
get_page(JmServer *server, const char *path, const char *query, JmPage *page)
{
	for (int attempt = 1;; attempt++)
	{
		JmRequest  *request = jm_http_get(server, path, query);
		ErrorData  *error;

		if (request->outcome != JM_OK)
			jm_request_raise(request);
		error = jm_search_page(request, page);
		if (error == NULL)
			return request;
		if (attempt == READ_ATTEMPTS)
			jm_raise_bad_answer(request, error);
		jm_request_free(request);
	}
}

/* Puts one document as a row, unless there are max_offers; false if it is no offer. */
static bool
put_offer(ReturnSetInfo *rsinfo, HTAB *seen, int max_offers, const JsonbValue *v)
{
	static const JmColumn columns[] = {
		COL_title, COL_company_name, COL_rome_code, COL_place_label,
		COL_place_insee_code, COL_contract_type_code, COL_salary_label, COL_created_at
	};
	JmOfferHead head;
	JmOffer		offer;
	Datum		values[10];
	bool		nulls[10] = {false};
	char		key[256];
	bool		found;

	jm_offer_head(v, &head);
	if (head.id == NULL)
		return false;
	/* an offer that moved between two pages comes twice */
	strlcpy(key, head.id, sizeof(key));
	hash_search(seen, key, HASH_ENTER, &found);
	if (found || hash_get_num_entries(seen) > max_offers)
		return true;
	jm_offer_decode(v->val.binary.data, &offer);
	values[0] = CStringGetTextDatum(head.id);
	for (int i = 0; i < lengthof(columns); i++)
	{
		values[1 + i] = offer.values[columns[i]];
		nulls[1 + i] = offer.nulls[columns[i]];
	}
	values[9] = JsonbPGetDatum(jm_offer_public_document(v));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return true;
}

PG_FUNCTION_INFO_V1(jobmarket_fetch_offers);

/*
 * fetch_offers(server name, criteria jsonb, max_offers int): the offers that
 * match, in the API's order, at most max_offers and at most 3,150 of them.
 */
Datum
jobmarket_fetch_offers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			max_offers = PG_ARGISNULL(2) ? PG_INT32_MAX : PG_GETARG_INT32(2);
	List	   *criteria = PG_ARGISNULL(1) ? NIL : jm_criteria_parse(PG_GETARG_JSONB_P(1));
	JmServer   *server;
	HASHCTL		ctl;
	HTAB	   *seen;
	MemoryContext page_context;
	int64		total = -1;
	int			odd = 0;

	if (max_offers < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_offers must not be negative"),
				 errhint("Leave it out for 150 offers; NULL is for all that the search serves.")));
	server = server_argument(fcinfo);
	InitMaterializedSRF(fcinfo, 0);

	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = 256;
	ctl.entrysize = 256;
	ctl.hcxt = CurrentMemoryContext;
	seen = hash_create("jobmarket fetched offers", JM_API_PAGE, &ctl,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	page_context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket page",
										 ALLOCSET_DEFAULT_SIZES);

	for (int first = 0; first < Min(max_offers, JM_API_REACH); first += JM_API_PAGE)
	{
		int			last = Min(first + JM_API_PAGE, Min(max_offers, JM_API_REACH)) - 1;
		MemoryContext old = MemoryContextSwitchTo(page_context);
		JmPage		page;
		JmRequest  *request = get_page(server, "/v2/offres/search",
									   jm_criteria_query(criteria, first, last), &page);
		int			count = page.count;

		if (request->range.present && request->range.total >= 0)
			total = request->range.total;
		if (page.offers)
		{
			JsonbIterator *it = JsonbIteratorInit(page.offers);
			JsonbValue	v;
			JsonbIteratorToken token;

			while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
				if (token == WJB_ELEM)
				{
					CHECK_FOR_INTERRUPTS();
					if (!put_offer(rsinfo, seen, max_offers, &v))
						odd++;
				}
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(page_context);
		if (count < last - first + 1 || (total >= 0 && last + 1 >= total))
			break;
	}

	if (odd > 0)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("%d answers without a usable identifier were left out", odd)));
	if (total > JM_API_REACH && max_offers > JM_API_REACH)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("only %d of %lld offers were fetched", JM_API_REACH, (long long) total),
				 errdetail("The API serves no more for one search."),
				 errhint("Narrow the criteria, or use CALL jobmarket.harvest, which splits the search as needed.")));
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(jobmarket_fetch_offer);

/* fetch_offer(server name, offer_id text): the document, NULL when it is gone. */
Datum
jobmarket_fetch_offer(PG_FUNCTION_ARGS)
{
	JmServer   *server;
	char	   *id;
	char	   *path;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	id = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (*id == '\0' || strlen(id) > JM_MAX_ID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the offer's identifier is empty or too long"),
				 errhint("France Travail's identifiers have seven letters and digits.")));
	server = server_argument(fcinfo);
	path = psprintf("/v2/offres/%s", jm_url_encode(id));

	for (int attempt = 1;; attempt++)
	{
		JmRequest  *request = jm_http_get(server, path, NULL);
		Jsonb	   *document;
		ErrorData  *error;

		if (request->outcome != JM_OK)
			jm_request_raise(request);
		if (request->status == 204)
			PG_RETURN_NULL();
		error = jm_search_document(request, &document);
		if (error == NULL && document == NULL)
			PG_RETURN_NULL();
		if (error == NULL)
		{
			JsonbValue	v = {.type = jbvBinary};

			if (!JB_ROOT_IS_OBJECT(document))
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
						 errmsg("server \"%s\" sent something that is not an offer", server->name)));
			v.val.binary.data = &document->root;
			v.val.binary.len = VARSIZE(document) - VARHDRSZ;
			PG_RETURN_JSONB_P(jm_offer_public_document(&v));
		}
		if (attempt == READ_ATTEMPTS)
			jm_raise_bad_answer(request, error);
		jm_request_free(request);
	}
}

PG_FUNCTION_INFO_V1(jobmarket_fetch_referential);

/* fetch_referential(server name, resource text): the list's entries, as given. */
Datum
jobmarket_fetch_referential(PG_FUNCTION_ARGS)
{
	static const char *const resources[] = {
		"appellations", "communes", "continents", "departements", "domaines", "langues",
		"metiers", "nafs", "naturesContrats", "niveauxFormations", "pays", "permis",
		"regions", "secteursActivites", "themes", "typesContrats"
	};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *resource;
	bool		known = false;
	JmServer   *server;
	JmPage		page;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the resource is null"),
				 errhint("Name one of the API's lists, as 'metiers' or 'communes'.")));
	resource = text_to_cstring(PG_GETARG_TEXT_PP(1));
	for (int i = 0; i < lengthof(resources); i++)
		known = known || strcmp(resources[i], resource) == 0;
	if (!known)
	{
		StringInfoData names;

		initStringInfo(&names);
		for (int i = 0; i < lengthof(resources); i++)
			appendStringInfo(&names, "%s%s", i ? ", " : "", resources[i]);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown referential \"%s\"", resource),
				 errhint("The API has: %s.", names.data)));
	}
	server = server_argument(fcinfo);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	get_page(server, psprintf("/v2/referentiel/%s", resource), NULL, &page);
	if (page.offers)
	{
		JsonbIterator *it = JsonbIteratorInit(page.offers);
		JsonbValue	v;
		JsonbIteratorToken token;

		while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
		{
			Datum		values[1];
			bool		nulls[1] = {false};

			if (token != WJB_ELEM)
				continue;
			CHECK_FOR_INTERRUPTS();
			values[0] = JsonbPGetDatum(JsonbValueToJsonb(&v));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}
