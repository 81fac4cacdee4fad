/*
 * head.c
 *		What must be known of an offer before it is decoded, if it ever is:
 *		identifier, dates, and the hash of its content.
 *
 * Most offers of a harvest are as they were.  jm_offer_scan learns that from
 * the JSON text itself, in a tenth of the time that jsonb takes to build; both
 * ways give the same hash.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "json/json_text.h"
#include "miscadmin.h"
#include "offers/head.h"
#include "offers/iso8601.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/* Deeper texts, or with objects of more members, are left to jsonb; so are long
 * numbers and exponents, which it may refuse. */
#define MAX_DEPTH 32
#define MAX_MEMBERS 200
#define MAX_NUMBER 100
#define MAX_EXPONENT 4

/* Persons' data: neither kept nor part of the content. */
bool
jm_is_private(const char *key, size_t len)
{
	return (len == 7 && memcmp(key, "contact", 7) == 0) ||
		(len == 6 && memcmp(key, "agence", 6) == 0);
}

/* ------------------------------------------------------------------------
 * The content hash.  Missing, null, blank and empty are the same (0: "says
 * nothing"), numbers are compared as numbers, and the order of an object's
 * members does not count.
 * ------------------------------------------------------------------------
 */
static uint64
hash_key(const char *key, size_t len)
{
	return hash_bytes_extended((const unsigned char *) key, (int) len, 1);
}

static uint64
hash_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char) text[i]))
			return hash_bytes_extended((const unsigned char *) text, (int) len, 2);
	return 0;
}

static uint64
hash_number(Numeric number)
{
	return DatumGetUInt64(DirectFunctionCall2(hash_numeric_extended, NumericGetDatum(number),
											  Int64GetDatum(3)));
}

static uint64
hash_bool(bool value)
{
	return value ? 4 : 5;
}

typedef struct ContainerHash
{
	uint64		hash;
	bool		any;			/* does it say anything? */
} ContainerHash;

static void
add_element(ContainerHash *c, uint64 element)
{
	c->hash = hash_combine64(c->hash, element);
	c->any = c->any || element != 0;
}

/* The finalizer of MurmurHash3: members are added up, so each must be well mixed. */
static uint64
mix(uint64 h)
{
	h = (h ^ h >> 33) * UINT64CONST(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64CONST(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static void
add_member(ContainerHash *c, uint64 key, uint64 value)
{
	if (value == 0)
		return;
	c->hash += mix(hash_combine64(key, value));
	c->any = true;
}

/* Never 0 for what says something. */
static uint64
end_container(const ContainerHash *c)
{
	return c->any ? c->hash | 1 : 0;
}

static uint64
hash_container(JsonbContainer *container, bool top)
{
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	ContainerHash c = {0, false};
	uint64		key = 0;
	bool		skip = false;

	check_stack_depth();
	it = JsonbIteratorInit(container);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		uint64		h = 0;

		if (token == WJB_KEY)
		{
			skip = top && jm_is_private(v.val.string.val, v.val.string.len);
			key = hash_key(v.val.string.val, v.val.string.len);
			continue;
		}
		if ((token != WJB_VALUE && token != WJB_ELEM) || skip)
			continue;
		if (v.type == jbvBinary)
			h = hash_container(v.val.binary.data, false);
		else if (v.type == jbvString)
			h = hash_text(v.val.string.val, v.val.string.len);
		else if (v.type == jbvNumeric)
			h = hash_number(v.val.numeric);
		else if (v.type == jbvBool)
			h = hash_bool(v.val.boolean);
		if (token == WJB_VALUE)
			add_member(&c, key, h);
		else
			add_element(&c, h);
	}
	return end_container(&c);
}

/* Content hash of a document, an object. */
int64
jm_offer_hash(JsonbContainer *document)
{
	return (int64) hash_container(document, true);
}

/* ------------------------------------------------------------------------
 * The head
 * ------------------------------------------------------------------------
 */

/* A member, as far as the head's rules go. */
typedef struct Member
{
	bool		given;			/* there, and not null */
	bool		blank;			/* says nothing */
	const char *s;				/* NULL: not a text */
	size_t		len;
} Member;

static bool
read_instant(const Member *m, int64_t *us, bool *has)
{
	*has = m->given && !m->blank;
	return !*has || (m->s && jm_iso8601_parse(m->s, m->len, us));
}

static void
make_head(const Member *id, const Member *created, const Member *updated, JmOfferHead *head)
{
	int64_t		us = 0;

	if (!id->given)
		head->problem = "the offer has no identifier";
	else if (id->s == NULL)
		head->problem = "the identifier is not a text";
	else if (id->len == 0 || id->len > JM_MAX_ID)
		head->problem = "the identifier is empty or too long";
	else
	{
		for (size_t i = 0; i < id->len; i++)
		{
			unsigned char c = id->s[i];

			if (c <= ' ' || c == 0x7f)
				head->problem = "the identifier holds a blank or a control character";
		}
		head->id = pnstrdup(id->s, id->len);
	}
	if (head->problem)
		return;
	if (!read_instant(created, &us, &head->has_created))
	{
		head->problem = "dateCreation is not an instant";
		return;
	}
	head->created = us / 1000000;
	if (!read_instant(updated, &us, &head->has_updated_at))
		head->problem = "dateActualisation is not an instant";
	else
		head->updated_at = us - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

static Member
member_of(JsonbContainer *container, const char *key)
{
	Member		m = {false, true, NULL, 0};
	JsonbValue	buffer;
	JsonbValue *v = getKeyJsonValueFromContainer(container, key, (int) strlen(key), &buffer);

	if (v == NULL || v->type == jbvNull)
		return m;
	m.given = true;
	if (v->type == jbvString)
	{
		m.s = v->val.string.val;
		m.len = v->val.string.len;
		m.blank = hash_text(m.s, m.len) == 0;
	}
	else
		m.blank = v->type == jbvBinary && JsonContainerSize(v->val.binary.data) == 0;
	return m;
}

/*
 * Reads what must be known of a document before it is decoded: identifier and
 * dates.  head->problem says why it cannot be loaded.
 */
void
jm_offer_head(const JsonbValue *document, JmOfferHead *head)
{
	JsonbContainer *container;
	Member		id;
	Member		created;
	Member		updated;

	memset(head, 0, sizeof(*head));
	if (document->type != jbvBinary ||
		!JsonContainerIsObject(document->val.binary.data))
	{
		head->problem = "the offer is not an object";
		return;
	}
	container = document->val.binary.data;
	id = member_of(container, "id");
	created = member_of(container, "dateCreation");
	updated = member_of(container, "dateActualisation");
	make_head(&id, &created, &updated, head);
}

/* ------------------------------------------------------------------------
 * The same from text
 * ------------------------------------------------------------------------
 */
typedef struct Scan
{
	const char *end;
	char	   *scratch;		/* room for a string */
	Member		id;
	Member		created;
	Member		updated;
} Scan;

static const char *scan_container(Scan *s, const char *p, int depth, uint64 *hash, bool *empty);

/* A string's text, escapes undone. */
static const char *
scan_string(Scan *s, const char *p, const char **text, size_t *len)
{
	bool		escaped;
	const char *after = jm_json_string(p, s->end, &escaped);

	if (after == NULL)
		return NULL;
	*text = p + 1;
	*len = after - p - 2;
	if (escaped)
	{
		*len = jm_json_unescape(*text, *len, s->scratch);
		*text = s->scratch;
	}
	return after;
}

/* How many digits the exponent of a number has. */
static int
exponent_digits(const char *p, const char *end)
{
	while (p < end && *p != 'e' && *p != 'E')
		p++;
	while (p < end && (*p < '0' || *p > '9'))
		p++;
	return end - p;
}

/* A value of any kind; member, if not NULL, is told about it. */
static const char *
scan_value(Scan *s, const char *p, int depth, uint64 *hash, Member *member)
{
	const char *text = NULL;
	size_t		len = 0;
	bool		empty = false;
	const char *after;

	*hash = 0;
	if (p == s->end)
		return NULL;
	switch (*p)
	{
		case '"':
			after = scan_string(s, p, &text, &len);
			if (after)
				*hash = hash_text(text, len);
			break;
		case '{':
		case '[':
			after = depth < MAX_DEPTH ? scan_container(s, p, depth + 1, hash, &empty) : NULL;
			break;
		case 't':
			after = jm_json_word(p, s->end, "true");
			*hash = hash_bool(true);
			break;
		case 'f':
			after = jm_json_word(p, s->end, "false");
			*hash = hash_bool(false);
			break;
		case 'n':
			return jm_json_word(p, s->end, "null");
		default:
			after = jm_json_number(p, s->end);
			if (after && after - p < MAX_NUMBER && exponent_digits(p, after) <= MAX_EXPONENT)
			{
				char		number[MAX_NUMBER];

				memcpy(number, p, after - p);
				number[after - p] = '\0';
				*hash = hash_number(DatumGetNumeric(DirectFunctionCall3(numeric_in,
																		CStringGetDatum(number),
																		ObjectIdGetDatum(InvalidOid),
																		Int32GetDatum(-1))));
			}
			else
				after = NULL;
	}
	if (after && member)
	{
		member->given = true;
		member->blank = text ? *hash == 0 : empty;
		member->s = text == s->scratch ? pnstrdup(text, len) : text;

		member->len = len;
	}
	return after;
}

static Member *
head_member(Scan *s, const char *key, size_t len)
{
	if (len == 2 && memcmp(key, "id", 2) == 0)
		return &s->id;
	if (len == 12 && memcmp(key, "dateCreation", 12) == 0)
		return &s->created;
	if (len == 17 && memcmp(key, "dateActualisation", 17) == 0)
		return &s->updated;
	return NULL;
}

/* An object or array from its first character on. */
static const char *
scan_container(Scan *s, const char *p, int depth, uint64 *hash, bool *empty)
{
	bool		object = *p == '{';
	char		close = object ? '}' : ']';
	uint64		keys[MAX_MEMBERS];
	int			nkeys = 0;
	ContainerHash c = {0, false};

	p = jm_json_space(p + 1, s->end);
	*empty = p < s->end && *p == close;
	if (*empty)
	{
		*hash = 0;
		return p + 1;
	}
	for (;;)
	{
		Member	   *member = NULL;
		bool		skip = false;
		uint64		h;

		if (object)
		{
			const char *key;
			size_t		len;

			p = scan_string(s, p, &key, &len);
			if (p == NULL || nkeys == MAX_MEMBERS)
				return NULL;
			keys[nkeys] = hash_key(key, len);
			/* of a key given twice jsonb keeps the last */
			for (int i = 0; i < nkeys; i++)
				if (keys[i] == keys[nkeys])
					return NULL;
			nkeys++;
			if (depth == 1)
			{
				skip = jm_is_private(key, len);
				member = head_member(s, key, len);
			}
			p = jm_json_space(p, s->end);
			if (p == s->end || *p != ':')
				return NULL;
			p = jm_json_space(p + 1, s->end);
		}
		p = scan_value(s, p, depth, &h, member);
		if (p == NULL)
			return NULL;
		if (!object)
			add_element(&c, h);
		else if (!skip)
			add_member(&c, keys[nkeys - 1], h);
		p = jm_json_space(p, s->end);
		if (p == s->end)
			return NULL;
		if (*p == close)
			break;
		if (*p != ',')
			return NULL;
		p = jm_json_space(p + 1, s->end);
	}
	*hash = end_container(&c);
	return p + 1;
}

/*
 * Reads head and content hash of the object that stands at p, as jm_offer_head
 * and jm_offer_hash do from jsonb, and returns where it ends.  scratch has
 * room for the longest string.  NULL when the text must be left to jsonb: it
 * is not JSON, or has a key twice, or is of a size that offers have not.
 */
const char *
jm_offer_scan(const char *p, const char *end, char *scratch, JmOfferHead *head, int64 *hash)
{
	Scan		s = {.end = end,.scratch = scratch,
		.id = {false, true, NULL, 0},.created = {false, true, NULL, 0},
	.updated = {false, true, NULL, 0}};
	uint64		h;
	bool		empty;
	const char *after;

	memset(head, 0, sizeof(*head));
	if (p == end || *p != '{')
		return NULL;
	after = scan_container(&s, p, 1, &h, &empty);
	if (after == NULL)
		return NULL;
	make_head(&s.id, &s.created, &s.updated, head);
	*hash = (int64) h;
	return after;
}
