/*
 * decode.c
 *		From an offer's document (jsonb) to the columns of our tables.
 *
 * One walk over each object finds both the attributes that have a column and
 * those that are unknown to us.  A missing attribute, null, an empty string,
 * array or object all mean the same to the API, and become NULL here.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "core/compat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "offers/decode.h"
#include "offers/head.h"
#include "offers/iso8601.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* Longest code taken: they stand in B-tree indexes. */
#define MAX_CODE 40

static void
remark(JmOffer *offer, const char *object, const char *key, int keylen,
	   const char *problem)
{
	JmRemark   *r = palloc(sizeof(JmRemark));

	keylen = pg_mbcliplen(key, keylen, 100);
	r->attribute = psprintf("%s%s%.*s", object, *object ? "." : "", keylen, key);
	r->problem = problem;
	offer->remarks = lappend(offer->remarks, r);
}

/* Does a value say nothing?  Null, and empty or blank text, array and object. */
static bool
is_blank(const JsonbValue *v)
{
	if (v->type == jbvNull)
		return true;
	if (v->type == jbvBinary)
		return JsonContainerSize(v->val.binary.data) == 0;
	if (v->type == jbvString)
	{
		for (int i = 0; i < v->val.string.len; i++)
			if (!isspace((unsigned char) v->val.string.val[i]))
				return false;
		return true;
	}
	return false;
}

/* A scalar as text, palloc'ed, or NULL for null, an array or object. */
char *
jm_scalar_text(const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvString:
			return pnstrdup(v->val.string.val, v->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(v->val.numeric)));
		case jbvBool:
			return pstrdup(v->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

/* Text without the blanks around it; codes come so in some old offers. */
static char *
trimmed(char *s)
{
	char	   *end = s + strlen(s);

	while (isspace((unsigned char) *s))
		s++;
	while (end > s && isspace((unsigned char) end[-1]))
		end--;
	*end = '\0';
	return s;
}

/* A JSON number, or text that is one, as float8; false if it is neither. */
static bool
scalar_number(const JsonbValue *v, double *number)
{
	char	   *s = jm_scalar_text(v);
	char	   *end;

	if (s == NULL || v->type == jbvBool)
		return false;
	s = trimmed(s);

	/* strtod would also take hexadecimal numbers and infinity */
	if (s[strspn(s, "+-.0123456789eE")] != '\0')
		return false;
	*number = strtod(s, &end);
	return *end == '\0' && end != s && isfinite(*number);
}

/*
 * Array of texts, or one text; elements that say nothing are left out, and so
 * are those that are no text, with *odd set.
 */
static Datum
text_array(const JsonbValue *v, bool *isnull, bool *odd)
{
	ArrayBuildState *array = NULL;
	JsonbIterator *it;
	JsonbValue	element;
	JsonbIteratorToken token;

	if (v->type == jbvString)
		array = accumArrayResult(NULL, PointerGetDatum(cstring_to_text_with_len(v->val.string.val,
																				v->val.string.len)),
								 false, TEXTOID, CurrentMemoryContext);
	else if (v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data))
	{
		it = JsonbIteratorInit(v->val.binary.data);
		while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
		{
			char	   *s;

			if (token != WJB_ELEM || is_blank(&element))
				continue;
			s = jm_scalar_text(&element);
			if (s != NULL)
				array = accumArrayResult(array, CStringGetTextDatum(s), false,
										 TEXTOID, CurrentMemoryContext);
			else
				*odd = true;
		}
	}
	else
		*odd = true;
	*isnull = array == NULL;
	return array ? makeArrayResult(array, CurrentMemoryContext) : (Datum) 0;
}

/*
 * Puts one attribute's value into its column.  A value that is not of the
 * column's type leaves it NULL, with a remark: one odd attribute must not cost
 * the offer.
 */
static void
decode_scalar(JmOffer *offer, const JmAttribute *attribute, const JsonbValue *v)
{
	Datum	   *value = &offer->values[attribute->target];
	bool	   *isnull = &offer->nulls[attribute->target];
	const char *problem = NULL;
	double		number;
	char	   *s;

	switch (attribute->kind)
	{
		case KIND_TEXT:
			if (v->type == jbvString)
				*value = PointerGetDatum(cstring_to_text_with_len(v->val.string.val,
																  v->val.string.len));
			else if ((s = jm_scalar_text(v)) != NULL)
				*value = CStringGetTextDatum(s);
			else
				problem = "not a text";
			break;
		case KIND_CODE:
			s = jm_scalar_text(v);
			if (s == NULL)
				problem = "not a code";
			else if (strlen(s = trimmed(s)) > MAX_CODE)
				problem = "too long for a code";
			else
				*value = CStringGetTextDatum(s);
			break;
		case KIND_BOOL:
			if (v->type == jbvBool)
				*value = BoolGetDatum(v->val.boolean);
			else if ((s = jm_scalar_text(v)) != NULL &&
					 (strcmp(s, "true") == 0 || strcmp(s, "false") == 0))
				*value = BoolGetDatum(s[0] == 't');
			else
				problem = "not a boolean";
			break;
		case KIND_INT:
			if (scalar_number(v, &number) && number >= PG_INT32_MIN &&
				number <= PG_INT32_MAX && number == floor(number))
				*value = Int32GetDatum((int32) number);
			else
				problem = "not an integer";
			break;
		case KIND_FLOAT:
			if (scalar_number(v, &number))
				*value = Float8GetDatum(number);
			else
				problem = "not a number";
			break;
		case KIND_TIME:
			{
				int64_t		us;

				if (v->type == jbvString &&
					jm_iso8601_parse(v->val.string.val, v->val.string.len, &us))
					*value = TimestampTzGetDatum(us - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
												 USECS_PER_DAY);
				else
					problem = "not an instant";
				break;
			}
		case KIND_TEXTS:
			{
				bool		odd = false;

				*value = text_array(v, isnull, &odd);
				if (odd)
					remark(offer, attribute->object, attribute->key,
						   strlen(attribute->key), "not an array of texts");
				return;
			}
		default:
			elog(ERROR, "attribute \"%s\" is no column", attribute->key);
	}
	if (problem)
		remark(offer, attribute->object, attribute->key, strlen(attribute->key), problem);
	*isnull = problem != NULL;
}

/*
 * Key of a dimension without a code: the first 16 bytes of SHA-256 over the
 * parts, each after its length (8 digits), so that no two lists of parts are
 * alike.  NULL counts as empty.
 */
pg_uuid_t
jm_digest(char *const *parts, int n)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_uuid_t	uuid;
	bool		ok;

	ok = ctx != NULL && pg_cryptohash_init(ctx) >= 0;
	for (int i = 0; ok && i < n; i++)
	{
		const char *part = parts[i] ? parts[i] : "";

		char		length[16];

		snprintf(length, sizeof(length), "%08zu", strlen(part));
		ok = pg_cryptohash_update(ctx, (const uint8 *) length, strlen(length)) >= 0 &&
			pg_cryptohash_update(ctx, (const uint8 *) part, strlen(part)) >= 0;
	}
	ok = ok && jm_cryptohash_final(ctx, digest, sizeof(digest)) >= 0;
	pg_cryptohash_free(ctx);
	if (!ok)
		elog(ERROR, "could not compute SHA-256");
	memcpy(uuid.data, digest, UUID_LEN);
	return uuid;
}

/* Decodes one element of a list; returns NULL if it says nothing. */
static JmElement *
decode_element(JmOffer *offer, const JmList *list, const JsonbValue *v, int position)
{
	JmElement  *element;
	bool		any = false;

	if (is_blank(v))
		return NULL;
	element = palloc0(sizeof(JmElement));

	element->position = position;
	if (v->type == jbvString)
	{
		/* old data give a bare label */
		int			label = list->ndimension == 2 && list->ndigest == 2 ? 1 : 0;

		element->values[label] = jm_scalar_text(v);
		any = true;
	}
	else if (v->type == jbvBinary && JsonContainerIsObject(v->val.binary.data))
	{
		JsonbIterator *it = JsonbIteratorInit(v->val.binary.data);
		JsonbValue	key,
					value;
		JsonbIteratorToken token;

		while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
		{
			int			f;

			if (token != WJB_KEY)
				continue;
			JsonbIteratorNext(&it, &value, true);
			for (f = 0; f < list->nfields; f++)
				if (key.val.string.len == strlen(list->fields[f]) &&
					memcmp(key.val.string.val, list->fields[f], key.val.string.len) == 0)
					break;
			if (f == list->nfields)
			{
				if (!is_blank(&value))
					remark(offer, psprintf("%s[]", list->key), key.val.string.val,
						   key.val.string.len, NULL);
			}
			else if (!is_blank(&value))
			{
				element->values[f] = jm_scalar_text(&value);
				if (element->values[f])
					any = true;
				else
					remark(offer, psprintf("%s[]", list->key), list->fields[f],
						   strlen(list->fields[f]), "not a text");
			}
		}
	}
	else
		remark(offer, list->object, list->key, strlen(list->key), "not an array of objects");
	if (!any)
		return NULL;
	if (list->dimension)
		element->dimension_id = jm_digest(element->values, list->ndigest);
	return element;
}

static void
decode_list(JmOffer *offer, int target, const JsonbValue *v)
{
	const JmList *list = &jm_lists[target];
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;
	int			position = 0;

	if (v->type != jbvBinary || !JsonContainerIsArray(v->val.binary.data) ||
		JsonContainerIsScalar(v->val.binary.data))
	{
		remark(offer, list->object, list->key, strlen(list->key), "not an array");
		return;
	}
	it = JsonbIteratorInit(v->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		JmElement  *element;

		if (token != WJB_ELEM)
			continue;
		CHECK_FOR_INTERRUPTS();
		element = decode_element(offer, list, &value, ++position);
		if (element)
			offer->elements[target] = lappend(offer->elements[target], element);
	}
}

static void
decode_object(JmOffer *offer, const char *object, JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbValue	key,
				value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		const JmAttribute *attribute;

		if (token != WJB_KEY)
			continue;
		JsonbIteratorNext(&it, &value, true);
		attribute = jm_attribute_find(object, key.val.string.val, key.val.string.len);
		if (is_blank(&value))
			continue;
		if (attribute == NULL)
			remark(offer, object, key.val.string.val, key.val.string.len, NULL);
		else if (attribute->kind == KIND_LIST)
			decode_list(offer, attribute->target, &value);
		else if (attribute->kind == KIND_OBJECT)
		{
			if (value.type == jbvBinary && JsonContainerIsObject(value.val.binary.data))
				decode_object(offer, attribute->key, value.val.binary.data);
			else
				remark(offer, object, attribute->key, strlen(attribute->key), "not an object");
		}
		else if (attribute->kind != KIND_KNOWN)
			decode_scalar(offer, attribute, &value);
	}
}

/*
 * Decodes a whole document, an object, into *offer; all memory is of the
 * current context.  Never fails for what the document holds.
 */
void
jm_offer_decode(JsonbContainer *document, JmOffer *offer)
{
	memset(offer, 0, sizeof(*offer));
	memset(offer->nulls, true, sizeof(offer->nulls));
	decode_object(offer, "", document);
}

/* The document as it may be kept and shown: without contact and agency. */
Jsonb *
jm_offer_public_document(const JsonbValue *document)
{
	JsonbContainer *container = document->val.binary.data;
	JsonbIterator *it;
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;
	JsonbValue	v;
	JsonbIteratorToken token;
	bool		skip = false;

	if (getKeyJsonValueFromContainer(container, "contact", 7, &v) == NULL &&
		getKeyJsonValueFromContainer(container, "agence", 6, &v) == NULL)
		return JsonbValueToJsonb((JsonbValue *) document);	/* one copy */

	it = JsonbIteratorInit(container);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			skip = jm_is_private(v.val.string.val, v.val.string.len);
		if (skip && (token == WJB_KEY || token == WJB_VALUE))
			continue;
		result = pushJsonbValue(&state, token,
								token == WJB_BEGIN_OBJECT || token == WJB_END_OBJECT ? NULL : &v);
	}
	return JsonbValueToJsonb(result);
}
