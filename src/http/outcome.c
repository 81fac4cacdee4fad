/*
 * outcome.c
 *		How a request ends: its outcome, and what people are told about it.
 *
 * No message holds a secret, whatever a server sends back.
 */
#include "postgres.h"

#include "http/client_internal.h"
#include "http/secret.h"
#include "json/json.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/*
 * A text of the outside made fit for a message: in UTF-8, as the database is,
 * without control characters.
 */
static char *
clean(MemoryContext context, const char *raw)
{
	char	   *result = MemoryContextStrdup(context, raw);
	bool		utf8 = pg_verify_mbstr(PG_UTF8, raw, strlen(raw), true);

	for (char *p = result; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f || (IS_HIGHBIT_SET(*p) && !utf8))
			*p = '?';
	return result;
}

/* printf into a context. */
static char *format(MemoryContext context, const char *fmt,...) pg_attribute_printf(2, 3);

static char *
format(MemoryContext context, const char *fmt,...)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData result;
	int			needed;

	initStringInfo(&result);
	for (;;)
	{
		va_list		args;

		va_start(args, fmt);
		needed = appendStringInfoVA(&result, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&result, needed);
	}
	MemoryContextSwitchTo(old);
	return result.data;
}

/* Overwrites the secrets of a call where a text holds them. */
static void
mask(const JmCall *call, char *message, size_t len)
{
	jm_secret_mask(message, len, call->token);
	jm_secret_mask(message, len, call->request.server->client_secret);
}

/* The request has its outcome, and leaves as soon as the quota lets it. */
static void
finish_call(JmCall *call, JmOutcome outcome, int sqlstate, char *message, const char *hint)
{
	JmRequest  *request = &call->request;

	request->outcome = outcome;
	request->sqlstate = sqlstate;
	request->message = message;
	request->hint = hint ? MemoryContextStrdup(call->context, hint) : NULL;
	if (call->transfer.body)
	{
		request->body = call->transfer.body;
		request->body_len = call->transfer.body_len;
	}
	if (outcome != JM_OK)
	{
		/* an answer may repeat what it was asked with */
		mask(call, request->body, request->body_len);
		mask(call, message, strlen(message));
	}
	if (call->token)
		explicit_bzero(call->token, strlen(call->token));
	call->state = CALL_LINGERING;
}

/* Ends a call with what its last transfer brought. */
void
jm_call_conclude(JmCall *call, JmOutcome outcome)
{
	JmTransfer *transfer = &call->transfer;
	JmRequest  *request = &call->request;
	MemoryContext context = call->context;
	JmJsonError error;
	char	   *said = NULL;
	int			sqlstate = 0;
	char	   *message;
	const char *hint = NULL;

	request->status = transfer->status;
	request->content_type = transfer->content_type ? clean(context, transfer->content_type) : NULL;
	request->range = transfer->range;

	if (outcome != JM_OK && transfer->body)
	{
		mask(call, transfer->body, transfer->body_len);
		if (jm_json_error(transfer->body, transfer->body_len, &error))
		{
			if (error.message[0])
				said = clean(context, error.message);
			if (error.code[0])
				request->error_code = clean(context, error.code);
		}
	}

	message = format(context, "HTTP %d%s%s", transfer->status, said ? ": " : "", said ? said : "");
	switch (outcome)
	{
		case JM_OK:
			break;
		case JM_REFUSED:
			sqlstate = transfer->status == 400 ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_FDW_ERROR;
			hint = transfer->status == 400 ?
				"The API does not take these parameters; the detail is what it says of them." :
				"The server option \"api_url\" may be wrong.";
			break;
		case JM_UNAUTHORISED:
			sqlstate = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
			hint = transfer->status == 403 ?
				"The application must be subscribed to this API, and the server option \"scope\" must name it." :
				"The API does not accept the tokens of its token server: compare the server options \"api_url\", \"token_url\" and \"scope\".";
			break;
		case JM_THROTTLED:
			sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
			hint = "Lower the server option \"requests_per_second\"; other programs may use the same application.";
			break;
		case JM_SERVER_ERROR:
			sqlstate = transfer->status == 500 ? ERRCODE_SYSTEM_ERROR : ERRCODE_CANNOT_CONNECT_NOW;
			hint = "The API has a problem of its own; try again later.";
			break;
		case JM_NETWORK_ERROR:
		case JM_TOO_LARGE:
			sqlstate = transfer->sqlstate;
			message = clean(context, transfer->error);
			hint = transfer->hint;
			break;
		case JM_BAD_ANSWER:
			sqlstate = ERRCODE_PROTOCOL_VIOLATION;
			if (transfer->status >= 300 && transfer->status <= 399)
			{
				message = transfer->location ?
					format(context, "HTTP %d: redirected to host %s", transfer->status, transfer->location) :
					format(context, "HTTP %d: redirected", transfer->status);
				hint = "Redirects are not followed; the server option \"api_url\" must name the API itself.";
			}
			else if (transfer->status >= 200 && transfer->status <= 299)
			{
				message = format(context, "HTTP %d, but the answer is not a whole JSON document (%s, %zu bytes)",
								 transfer->status,
								 request->content_type ? request->content_type : "no content type",
								 transfer->body_len);
				hint = "The API may be down for maintenance, or the server option \"api_url\" is wrong.";
			}
			break;
	}
	finish_call(call, outcome, sqlstate, message, hint);
}

/* A token cannot be had: ends all the calls of the client that wait for it. */
void
jm_fetch_fail(JmFetch *fetch, JmOutcome outcome)
{
	JmTransfer *transfer = &fetch->transfer;
	JmClient   *client = fetch->client;
	JmJsonError error = {"", ""};
	int			sqlstate;
	char	   *message;
	const char *hint = NULL;
	dlist_iter	iter;

	if (transfer->body)
	{
		jm_secret_mask(transfer->body, transfer->body_len, fetch->secret);
		jm_json_error(transfer->body, transfer->body_len, &error);
	}

	switch (outcome)
	{
		case JM_NETWORK_ERROR:
		case JM_TOO_LARGE:
			message = format(fetch->context, "token server: %s", clean(fetch->context, transfer->error));
			sqlstate = transfer->sqlstate;
			hint = transfer->hint;
			break;
		case JM_BAD_ANSWER:
			sqlstate = ERRCODE_PROTOCOL_VIOLATION;
			hint = "The server option \"token_url\" may be wrong.";
			if (transfer->status >= 300 && transfer->status <= 399)
				message = format(fetch->context, "token server: HTTP %d: redirected%s%s", transfer->status,
								 transfer->location ? " to host " : "",
								 transfer->location ? transfer->location : "");
			else
				message = format(fetch->context, "token server: HTTP %d, but the answer holds no token",
								 transfer->status);
			break;
		default:
			message = format(fetch->context, "token server: HTTP %d%s%s", transfer->status,
							 error.message[0] ? ": " : "", clean(fetch->context, error.message));
			if (outcome == JM_THROTTLED)
			{
				sqlstate = ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
				hint = "The token server is asked too often; try again later.";
			}
			else if (outcome == JM_SERVER_ERROR)
			{
				sqlstate = transfer->status == 500 ? ERRCODE_SYSTEM_ERROR : ERRCODE_CANNOT_CONNECT_NOW;
				hint = "The token server has a problem of its own; try again later.";
			}
			else if (strcmp(error.code, "invalid_client") == 0)
			{
				outcome = JM_UNAUTHORISED;
				sqlstate = ERRCODE_INVALID_PASSWORD;
				hint = "Check client_id and client_secret of the user mapping (ALTER USER MAPPING ... OPTIONS (SET client_secret '...')), "
					"and that the API's terms were accepted in the provider's portal.";
			}
			else
			{
				outcome = JM_UNAUTHORISED;
				sqlstate = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
				hint = strcmp(error.code, "invalid_scope") == 0 ?
					"The application must be subscribed to every API that the server option \"scope\" names." :
					"Compare the server options \"token_url\" and \"scope\" with the API's documentation.";
			}
			break;
	}

	dlist_foreach(iter, &client->active)
	{
		JmCall	   *call = dlist_container(JmCall, queue, iter.cur);
		JmServer   *server = call->request.server;

		if (call->state != CALL_WAITING || server->token_url == NULL ||
			memcmp(server->token_key, fetch->key, JM_TOKEN_KEY_LEN) != 0)
			continue;
		call->request.status = transfer->status;
		if (error.code[0])
			call->request.error_code = clean(call->context, error.code);
		finish_call(call, outcome, sqlstate, MemoryContextStrdup(call->context, message), hint);
	}
	MemoryContextDelete(fetch->context);
}

void
jm_request_raise(const JmRequest *request)
{
	const char *name = request->server->name;
	const char *summary = NULL;
	StringInfoData detail;

	switch (request->outcome)
	{
		case JM_OK:
			elog(ERROR, "request to server \"%s\" did not fail", name);
			break;
		case JM_REFUSED:
			summary = "server \"%s\" refused the request";
			break;
		case JM_UNAUTHORISED:
			summary = "server \"%s\" did not accept the credentials";
			break;
		case JM_THROTTLED:
			summary = "server \"%s\" was asked too often";
			break;
		case JM_SERVER_ERROR:
			summary = "server \"%s\" failed";
			break;
		case JM_NETWORK_ERROR:
			summary = "could not get an answer from server \"%s\"";
			break;
		case JM_TOO_LARGE:
			summary = "answer from server \"%s\" is too large";
			break;
		case JM_BAD_ANSWER:
			summary = "unexpected answer from server \"%s\"";
			break;
	}

	initStringInfo(&detail);
	appendStringInfoString(&detail, request->message);
	if (request->error_code)
		appendStringInfo(&detail, " (%s)", request->error_code);
	if (request->attempts > 1)
		appendStringInfo(&detail, ", after %d attempts", request->attempts);
	ereport(ERROR,
			(errcode(request->sqlstate),
			 errmsg(summary, name),
			 errdetail_internal("%s", detail.data),
			 request->hint ? errhint("%s", request->hint) : 0));
	pg_unreachable();
}
