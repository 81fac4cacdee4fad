/*
 * query.c
 *		Criteria, as users give them in jsonb, into a query of the search.
 */
#include "postgres.h"

#include "core/compat.h"
#include "http/url.h"
#include "mb/pg_wchar.h"
#include "offers/criteria.h"
#include "offers/decode.h"
#include "offers/query.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/numeric.h"

/* One value of a criterion as text; ERROR when the search cannot take it. */
static char *
element_text(const char *name, const JsonbValue *v)
{
	char	   *text = jm_scalar_text(v);

	if (text == NULL || strchr(text, ','))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criterion \"%s\" has a value that the search cannot take", name),
				 errdetail("A value is a text without commas, a number, true or false."),
				 errhint("Give several values as an array, as in {\"codeROME\": [\"M1805\", \"M1811\"]}.")));
	return text;
}

/* One criterion's values: a scalar (which may list several), or an array. */
static List *
values_of(const char *name, const JsonbValue *v)
{
	List	   *values = NIL;

	if (v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data))
	{
		JsonbIterator *it = JsonbIteratorInit(v->val.binary.data);
		JsonbValue	element;
		JsonbIteratorToken token;

		while ((token = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
			if (token == WJB_ELEM)
				values = lappend(values, element_text(name, &element));
	}
	else if (v->type == jbvString)
	{
		/* the API's own form, "M1805,M1811", is taken as well */
		char	   *text = pnstrdup(v->val.string.val, v->val.string.len);
		char	   *comma;

		while ((comma = strchr(text, ',')) != NULL)
		{
			*comma = '\0';
			values = lappend(values, text);
			text = comma + 1;
		}
		values = lappend(values, text);
	}
	else
		values = lappend(values, element_text(name, v));
	return values;
}

static void
require_together(List *criteria, const char *a, const char *b)
{
	bool		has_a = jm_criteria_get(criteria, a) != NULL;
	bool		has_b = jm_criteria_get(criteria, b) != NULL;

	if (has_a != has_b)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criteria \"%s\" and \"%s\" go together", a, b),
				 errdetail("Only \"%s\" was given.", has_a ? a : b),
				 errhint("Give \"%s\", too.", has_a ? b : a)));
}

/*
 * Reads and checks criteria (an object; keys are the API's parameter names)
 * into a list of JmCriterion.  ERROR 22023 for what the API would refuse or
 * silently ignore.
 */
List *
jm_criteria_parse(Jsonb *criteria)
{
	List	   *result = NIL;
	JsonbIterator *it;
	JsonbValue	key,
				v;
	JsonbIteratorToken token;
	const char *from,
			   *to;

	if (!JB_ROOT_IS_OBJECT(criteria))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criteria must be a JSON object"),
				 errhint("For example {\"codeROME\": [\"M1811\"], \"departement\": [\"57\"]}.")));

	it = JsonbIteratorInit(&criteria->root);
	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		char	   *name;
		List	   *values;
		ListCell   *lc;
		const char **texts;
		StringInfoData joined;
		char		problem[256];
		int			n = 0;
		JmCriterion *criterion;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(key.val.string.val, key.val.string.len);
		JsonbIteratorNext(&it, &v, true);
		if (!jm_criterion_known(name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown criterion \"%s\"", name),
					 strcmp(name, "range") == 0 ?
					 errhint("Pages are asked for as needed; max_offers limits how many offers are fetched.") :
					 errhint("The search knows: %s.", jm_criterion_names())));
		values = values_of(name, &v);
		texts = palloc(sizeof(char *) * (list_length(values) + 1));
		initStringInfo(&joined);
		foreach(lc, values)
		{
			texts[n++] = lfirst(lc);
			appendStringInfo(&joined, "%s%s", n > 1 ? "," : "", (char *) lfirst(lc));
		}
		if (!jm_criterion_check(name, texts, n, problem, sizeof(problem)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("wrong value of criterion \"%s\"", name),
					 n > 0 ? errdetail("It was given as \"%.*s%s\".",
									   pg_mbcliplen(joined.data, joined.len, 200), joined.data,
									   joined.len > 200 ? "..." : "") : 0,
					 errhint("It %s.", problem)));
		criterion = palloc(sizeof(JmCriterion));
		criterion->name = name;
		criterion->value = joined.data;
		result = lappend(result, criterion);
	}

	require_together(result, "minCreationDate", "maxCreationDate");
	require_together(result, "salaireMin", "periodeSalaire");
	from = jm_criteria_get(result, "minCreationDate");
	to = jm_criteria_get(result, "maxCreationDate");
	if (from && strcmp(from, to) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criterion \"minCreationDate\" lies after \"maxCreationDate\""),
				 errhint("Exchange them.")));
	if (jm_criteria_get(result, "distance") && !jm_criteria_get(result, "commune"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criterion \"distance\" needs \"commune\""),
				 errhint("It is the distance in kilometres from the communes given (INSEE codes).")));
	if (jm_criteria_get(result, "modeSelectionPartenaires") && !jm_criteria_get(result, "partenaires"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("criterion \"modeSelectionPartenaires\" needs \"partenaires\""),
				 errhint("It tells whether these are the only ones (INCLUS) or left out (EXCLU).")));
	return result;
}

/* The value of a criterion, or NULL. */
const char *
jm_criteria_get(List *criteria, const char *name)
{
	ListCell   *lc;

	foreach(lc, criteria)
	{
		JmCriterion *c = lfirst(lc);

		if (strcmp(c->name, name) == 0)
			return c->value;
	}
	return NULL;
}

/* A copy of the list in which a criterion has another value, or is added. */
List *
jm_criteria_set(List *criteria, const char *name, const char *value)
{
	JmCriterion *criterion = palloc(sizeof(JmCriterion));
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, criteria)
		if (strcmp(((JmCriterion *) lfirst(lc))->name, name) != 0)
		result = lappend(result, lfirst(lc));
	criterion->name = pstrdup(name);
	criterion->value = pstrdup(value);
	return lappend(result, criterion);
}

/* The query string that asks for rows first to last (from 0, inclusive). */
char *
jm_criteria_query(List *criteria, int first, int last)
{
	StringInfoData query;
	ListCell   *lc;

	initStringInfo(&query);
	appendStringInfo(&query, "range=%d-%d", first, last);
	foreach(lc, criteria)
	{
		JmCriterion *c = lfirst(lc);

		appendStringInfo(&query, "&%s=", c->name);
		enlargeStringInfo(&query, strlen(c->value) * 3);
		/* the comma stays, the API's separator, and the colon of its dates */
		query.len += jm_percent_encode(c->value, ",:", query.data + query.len);
	}
	return query.data;
}

/* The list as a JSON object of texts, the form kept in tables. */
char *
jm_criteria_json(List *criteria)
{
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	foreach(lc, criteria)
	{
		JmCriterion *c = lfirst(lc);

		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		escape_json(&json, c->name);
		appendStringInfoString(&json, ": ");
		escape_json(&json, c->value);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}
