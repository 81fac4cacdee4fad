/*
 * json.c
 *		Reads the small JSON documents of the protocol: token answers and errors.
 *
 * jansson allocates with malloc, so nothing here may leave by a jump: no
 * function of the server is called, and every path frees what it parsed.
 */
#include "json/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Decodes text as an object; NULL when it is anything else. */
static json_t *
parse_object(const char *doc, size_t len)
{
	/* a byte order mark does no harm */
	size_t		mark = len >= 3 && memcmp(doc, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	json_t	   *root = json_loadb(doc + mark, len - mark, 0, NULL);

	if (root && !json_is_object(root))
	{
		json_decref(root);
		root = NULL;
	}
	return root;
}

/*
 * Copies the text or number of a member into out as one line, cut at a whole
 * UTF-8 character.  False, and out is "", when there is none.
 */
static bool
copy_member(const json_t *root, const char *name, char *out, size_t size)
{
	json_t	   *member = json_object_get(root, name);
	const char *doc;
	size_t		len;

	out[0] = '\0';
	if (json_is_integer(member))
	{
		snprintf(out, size, "%lld", (long long) json_integer_value(member));
		return true;
	}
	doc = json_string_value(member);
	if (doc == NULL || doc[0] == '\0')
		return false;
	len = strlen(doc);
	if (len >= size)
	{
		len = size - 1;
		while (len > 0 && ((unsigned char) doc[len] & 0xC0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char) doc[i] < 0x20 || doc[i] == 0x7f ? ' ' : doc[i];
	out[len] = '\0';
	return true;
}

/*
 * jm_json_token
 *		Reads an OAuth 2.0 token answer: access_token and expires_in.
 *
 * *token is malloc'ed, the caller frees it.  *expires_in is in seconds, 0 when
 * not given.  False when the text is no such answer, or the token could not be
 * a header's value.
 */
bool
jm_json_token(const char *doc, size_t len, char **token, double *expires_in)
{
	json_t	   *root = parse_object(doc, len);
	json_t	   *life;
	const char *value;
	bool		good;

	*token = NULL;
	*expires_in = 0;
	if (root == NULL)
		return false;

	value = json_string_value(json_object_get(root, "access_token"));
	good = value != NULL && value[0] != '\0';
	for (const char *p = value; good && *p; p++)
		if ((unsigned char) *p <= 0x20 || (unsigned char) *p >= 0x7f)
			good = false;
	if (good)
	{
		*token = strdup(value);
		good = *token != NULL;
	}

	life = json_object_get(root, "expires_in");
	if (json_is_number(life))
		*expires_in = json_number_value(life);
	else if (json_is_string(life))
		*expires_in = strtod(json_string_value(life), NULL);
	/* this also refuses what is not a number */
	if (!(*expires_in >= 0))
		*expires_in = 0;

	json_decref(root);
	return good;
}

/*
 * jm_json_error
 *		Reads an error answer of the API {message, codeErreur} or of its token
 *		server {error, error_description}, of IGN {error {message, errorType}}, or of
 *		Valhalla {error, error_code}.
 *
 * False, with both texts "", when it is none.
 */
bool
jm_json_error(const char *doc, size_t len, JmJsonError *error)
{
	json_t	   *root = parse_object(doc, len);
	json_t	   *nested;
	bool		good = false;

	error->message[0] = error->code[0] = '\0';
	if (root == NULL)
		return false;
	good = copy_member(root, "message", error->message, sizeof(error->message)) ||
		copy_member(root, "error_description", error->message, sizeof(error->message)) ||
		copy_member(root, "detail", error->message, sizeof(error->message));
	nested = json_object_get(root, "error");
	if (json_is_object(nested))
	{
		good = copy_member(nested, "message", error->message, sizeof(error->message)) || good;
		good = copy_member(nested, "errorType", error->code, sizeof(error->code)) || good;
	}
	else if (!good && copy_member(root, "error_code", error->code, sizeof(error->code)))
	{
		good = true;
		copy_member(root, "error", error->message, sizeof(error->message));
	}
	else
		good = copy_member(root, "codeErreur", error->code, sizeof(error->code)) ||
			copy_member(root, "error", error->code, sizeof(error->code)) || good;
	json_decref(root);
	return good;
}
