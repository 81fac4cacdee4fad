/*
 * search.c
 *		The servers that can be searched, and one page of the search, read from
 *		an answer.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/subxact.h"
#include "offers/search.h"

typedef struct ParseArgs
{
	const JmRequest *request;
	void	   *result;
} ParseArgs;

static void
parse(void *arg)
{
	ParseArgs  *args = arg;

	jm_page_parse(args->request->body, args->request->body_len, args->result);
}

static void
parse_document(void *arg)
{
	ParseArgs  *args = arg;

	*(Jsonb **) args->result = jm_document_parse(args->request->body, args->request->body_len);
}

static void
scan(void *arg)
{
	ParseArgs  *args = arg;

	jm_page_scan(args->request->body, args->request->body_len, args->result);
}

/* Opens a server (jm_server_open) of a provider that serves offers. */
JmServer *
jm_search_server(const char *name)
{
	JmServer   *server = jm_server_open(name);

	if (strcmp(server->provider, "france_travail") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("server \"%s\" serves no offers", name),
				 errdetail("Its provider is \"%s\".", server->provider),
				 errhint("Name a server of provider \"france_travail\".")));
	return server;
}

/*
 * Parses a complete answer into a page, in the current memory context.
 * Returns NULL, or the error when it is not the JSON that the API promises.
 */
ErrorData *
jm_search_page(const JmRequest *request, JmPage *page)
{
	ParseArgs	args = {request, page};

	return jm_try(parse, &args);
}

/* Likewise one document; NULL if the answer is empty. */
ErrorData *
jm_search_document(const JmRequest *request, Jsonb **document)
{
	ParseArgs	args = {request, document};

	return jm_try(parse_document, &args);
}

/* Likewise, with the offers' heads only. */
ErrorData *
jm_search_offers(const JmRequest *request, JmOfferPage *page)
{
	ParseArgs	args = {request, page};

	return jm_try(scan, &args);
}

/* ERROR for an answer that jm_search_page could not read. */
void
jm_raise_bad_answer(const JmRequest *request, const ErrorData *why)
{
	/* the parser's DETAIL quotes the text, which may repeat our token */
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("server \"%s\" sent an answer that cannot be read: %s",
					request->server->name, why->message),
			 errhint("Check the option api_url of the server; if it is right, try again later.")));
}
