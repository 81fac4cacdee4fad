/*
 * json.c
 *		Token answers and errors (src/json/json.c).
 */
#include "json/json.h"

#include <stdlib.h>

#include "unit.h"

static bool
token(const char *doc, char **value, double *life)
{
	return jm_json_token(doc, strlen(doc), value, life);
}

static bool
error(const char *doc, JmJsonError *e)
{
	return jm_json_error(doc, strlen(doc), e);
}

int
main(void)
{
	static const char *const bad_tokens[] = {
		"", "{", "[]", "\"x\"", "null", "{}", "{\"access_token\":1}", "{\"access_token\":\"\"}",
		"{\"access_token\":\"a b\"}", "{\"access_token\":\"a\\r\\nX: y\"}",
		"{\"access_token\":\"\\u00e9\"}", "{\"access_token\":\"a\\u0000b\"}",
		"{\"access_token\":\"a\"} x", "<html>", "{\"access_token\":\"\xff\"}", NULL
	};
	JmJsonError e;
	char	   *value;
	double		life;
	char		doc[8192];

	CHECK(token("{\"scope\":\"a b\",\"expires_in\":1499,\"token_type\":\"Bearer\",\"access_token\":\"t0k-3n_.\"}",
				&value, &life));
	CHECK_STR(value, "t0k-3n_.");
	CHECK(life == 1499);
	free(value);
	CHECK(token("{\"access_token\":\"x\",\"expires_in\":\"12.5\"}", &value, &life));
	CHECK(life == 12.5);
	free(value);
	CHECK(token("{\"access_token\":\"x\",\"expires_in\":-3}", &value, &life));
	CHECK(life == 0);
	free(value);
	CHECK(token("{\"access_token\":\"x\",\"expires_in\":\"nan\"}", &value, &life));
	CHECK(life == 0);
	free(value);
	for (const char *const *p = bad_tokens; *p; p++)
	{
		if (token(*p, &value, &life))
		{
			fprintf(stderr, "taken for a token: %s\n", *p);
			unit_failures++;
		}
		CHECK(value == NULL);
	}

	CHECK(error("{\"message\":\"Valeur du param\xc3\xa8tre.\",\"codeHttp\":400,\"codeErreur\":\"1722445850117\"}", &e));
	CHECK_STR(e.message, "Valeur du param\xc3\xa8tre.");
	CHECK_STR(e.code, "1722445850117");
	CHECK(error("{\"message\":\"two\\nlines\\u0007\",\"codeErreur\":1722445850117}", &e));
	CHECK_STR(e.message, "two lines ");
	CHECK_STR(e.code, "1722445850117");
	CHECK(error("{\"error\":\"invalid_client\",\"error_description\":\"Client authentication failed\"}", &e));
	CHECK_STR(e.message, "Client authentication failed");
	CHECK_STR(e.code, "invalid_client");
	CHECK(error("{\"error\":\"invalid_scope\"}", &e));
	CHECK_STR(e.message, "");
	CHECK(error("{\"error\":{\"errorType\":\"not_found\",\"message\":\" No data found \"}}", &e));
	CHECK_STR(e.message, " No data found ");
	CHECK_STR(e.code, "not_found");
	CHECK(error("{\"error_code\":171,\"error\":\"No suitable edges near location\",\"status_code\":400}", &e));
	CHECK_STR(e.message, "No suitable edges near location");
	CHECK_STR(e.code, "171");
	CHECK(!error("{\"error\":{}}", &e));
	CHECK(!error("{\"error\":[1]}", &e));
	CHECK_STR(e.code, "");
	CHECK(!error("{\"a\":1}", &e));
	CHECK(!error("[1]", &e));
	CHECK(!error("<html>", &e));
	CHECK(!error("", &e));
	CHECK_STR(e.message, "");
	CHECK_STR(e.code, "");

	/* a long message is cut between two characters */
	strcpy(doc, "{\"message\":\"x");
	for (int i = 0; i < 2000; i++)
		strcat(doc, "\xc3\xa9");
	strcat(doc, "\"}");
	CHECK(error(doc, &e));
	CHECK_INT(strlen(e.message), 1023);
	CHECK_INT((unsigned char) e.message[1022], 0xa9);
	doc[12] = 'a';
	memmove(doc + 12, doc + 13, strlen(doc + 13) + 1);
	CHECK(error(doc, &e));
	CHECK_INT(strlen(e.message), 1022);
	return unit_failures != 0;
}
