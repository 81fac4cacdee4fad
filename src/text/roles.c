/*
 * roles.c
 *		Roles of an offer by the rules of tables role and role_rule.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "text/role_rules.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A role below this is reported, but is nobody's primary one. */
#define PRIMARY_CONFIDENCE 0.5f

/*
 * What was found lately, for the loader asks twice: for an offer's primary role
 * and, with the rest of its batch, for all of them.
 */
#define MEMOS 1024
#define MEMO_ROLES 4

/* A role that was found. */
typedef struct JmFoundRole
{
	int			role;
	float4		confidence;
	const JmRoleRule *rule;		/* the include rule that decided */
	int			position;		/* of its match */
} JmFoundRole;

/* The roles found in a text; texts are told apart by hashes and lengths. */
typedef struct JmRoleMemo
{
	uint64		title;
	uint64		description;
	Size		title_len;		/* with its header; 0: nothing remembered */
	Size		description_len;
	int			n;
	JmFoundRole found[MEMO_ROLES];
} JmRoleMemo;

/* Best first. */
static int
compare_found(const void *a, const void *b)
{
	const JmFoundRole *x = a;
	const JmFoundRole *y = b;

	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	if (x->rule->priority != y->rule->priority)
		return x->rule->priority > y->rule->priority ? -1 : 1;
	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return x->rule->rule_id < y->rule->rule_id ? -1 : x->rule->rule_id > y->rule->rule_id;
}

/*
 * The roles that include rules find, unordered: of a role's rules the one of
 * greatest weight decides, then priority, then rule_id.  Returns their number;
 * *result is in the current memory context, NULL for none.
 */
static int
find_included(const JmRoleRules *rules, JmSubject *subjects, JmFoundRole **result)
{
	JmFoundRole *found = NULL;
	int			n = 0;
	int			i;

	for (int r = 0; r < rules->n_includes; r++)
	{
		const JmRoleRule *rule = &rules->rules[r];

		if (rule->role < 0 || !jm_role_matches(rules, r, subjects, NULL))
			continue;
		if (found == NULL)
			found = palloc(rules->n_roles * sizeof(JmFoundRole));
		for (i = 0; i < n; i++)
			if (found[i].role == rule->role)
				break;
		if (i == n)
		{
			found[n].role = rule->role;
			found[n].rule = rule;
			found[n++].position = 0;
		}
		else if (rule->weight > found[i].rule->weight ||
				 (rule->weight == found[i].rule->weight &&
				  rule->priority > found[i].rule->priority))
			found[i].rule = rule;
	}
	for (i = 0; i < n; i++)
		found[i].confidence = found[i].rule->weight;
	*result = found;
	return n;
}

/*
 * Lets context and exclude rules act on n roles: confidence changes, and the
 * rule of a role that is excluded becomes NULL.
 */
static void
apply_others(const JmRoleRules *rules, JmSubject *subjects, JmFoundRole *found, int n)
{
	for (int r = rules->n_includes; r < rules->n_rules; r++)
	{
		const JmRoleRule *rule = &rules->rules[r];
		bool		wanted = false;

		for (int i = 0; i < n; i++)
			if (rule->role < 0 || rule->role == found[i].role)
				wanted = true;
		if (!wanted || !jm_role_matches(rules, r, subjects, NULL))
			continue;
		for (int i = 0; i < n; i++)
		{
			if (rule->role >= 0 && rule->role != found[i].role)
				continue;
			if (rule->kind == RULE_EXCLUDE)
				found[i].rule = NULL;
			else
				found[i].confidence += rule->weight;
		}
	}
}

/*
 * The roles of a title and perhaps a description, best first, as an array in
 * the current memory context; returns their number.
 *
 * A role is found when one of its include rules matches, and the one that
 * decides gives the confidence, to which the weights of its context rules that
 * match are added, within 0 and 1.  An exclude rule that matches takes the
 * role away, one without role all.
 */
static int
find_roles(const JmRoleRules *rules, NullableDatum title, NullableDatum description,
		   JmFoundRole **result)
{
	JmSubject	subjects[2] = {{title}, {description}};
	JmFoundRole *found;
	int			n = find_included(rules, subjects, result);
	int			kept = 0;

	if (n == 0)
		return 0;
	found = *result;
	apply_others(rules, subjects, found, n);
	for (int i = 0; i < n; i++)
	{
		if (found[i].rule == NULL || found[i].confidence <= 0)
			continue;
		found[i].confidence = Min(found[i].confidence, 1.0f);
		found[kept++] = found[i];
	}
	if (kept > 1)
	{
		/* of two that are equal, the one named first */
		for (int i = 0; i < kept; i++)
			if (!found[i].rule->in_description)
				jm_role_matches(rules, (int) (found[i].rule - rules->rules), subjects,
								&found[i].position);
		qsort(found, kept, sizeof(JmFoundRole), compare_found);
	}
	return kept;
}

/* As find_roles(), or what it gave for the same texts a while ago. */
static int
recall_roles(JmRoleRules *rules, NullableDatum title, NullableDatum description,
			 JmFoundRole **result)
{
	text	   *t = DatumGetTextPP(title.value);
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 0);
	Size		len = VARSIZE_ANY_EXHDR(t) + VARHDRSZ;
	JmRoleMemo *memo;
	bool		same;
	uint64		description_hash = 0;
	Size		description_len = 0;
	int			n;

	if (rules->memos == NULL)
		rules->memos = MemoryContextAllocZero(rules->context, MEMOS * sizeof(JmRoleMemo));
	memo = &rules->memos[hash % MEMOS];
	same = memo->title == hash && memo->title_len == len;

	/* most titles have no role, whatever the description */
	if (same && memo->n == 0 && !rules->descriptions)
		return 0;
	if (!description.isnull)
	{
		text	   *d = DatumGetTextPP(description.value);

		title.value = PointerGetDatum(t);
		description.value = PointerGetDatum(d);
		description_hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(d), VARSIZE_ANY_EXHDR(d), 0);
		description_len = VARSIZE_ANY_EXHDR(d) + VARHDRSZ;
	}
	if (same && memo->description == description_hash && memo->description_len == description_len)
	{
		*result = memo->found;
		return memo->n;
	}
	n = find_roles(rules, title, description, result);
	if (n <= MEMO_ROLES)
	{
		memo->title = hash;
		memo->title_len = len;
		memo->description = description_hash;
		memo->description_len = description_len;
		memo->n = n;
		if (n > 0)
			memcpy(memo->found, *result, n * sizeof(JmFoundRole));
	}
	return n;
}

PG_FUNCTION_INFO_V1(jobmarket_classify_role);

/* classify_role(text, text) -> text */
Datum
jobmarket_classify_role(PG_FUNCTION_ARGS)
{
	JmRoleRules *rules;
	JmFoundRole *found;
	int			n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rules = jm_role_rules();
	n = recall_roles(rules, fcinfo->args[0], fcinfo->args[1], &found);
	if (n == 0 || found[0].confidence < PRIMARY_CONFIDENCE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(rules->roles[found[0].role]));
}

/* Rows of classify_roles() still to be returned. */
typedef struct JmRoleRow
{
	char	   *role_code;
	float4		confidence;
	int			rule_id;
} JmRoleRow;

PG_FUNCTION_INFO_V1(jobmarket_classify_roles);

/* classify_roles(text, text) -> SETOF (role_code, confidence, rule_id) */
Datum
jobmarket_classify_roles(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		JmRoleRules *rules;
		JmFoundRole *found;
		JmRoleRow  *rows;
		int			n = 0;
		int			i;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(call->tuple_desc);
		if (!PG_ARGISNULL(0))
		{
			rules = jm_role_rules();
			n = recall_roles(rules, fcinfo->args[0], fcinfo->args[1], &found);
			/* a copy: the rules may change between two rows */
			rows = palloc((n + 1) * sizeof(JmRoleRow));
			for (i = 0; i < n; i++)
			{
				rows[i].role_code = pstrdup(rules->roles[found[i].role]);
				rows[i].confidence = found[i].confidence;
				rows[i].rule_id = found[i].rule->rule_id;
			}
			call->user_fctx = rows;
		}
		call->max_calls = n;
		MemoryContextSwitchTo(old);
	}

	call = SRF_PERCALL_SETUP();
	if (call->call_cntr < call->max_calls)
	{
		JmRoleRow  *row = (JmRoleRow *) call->user_fctx + call->call_cntr;
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		values[0] = CStringGetTextDatum(row->role_code);
		values[1] = Float4GetDatum(row->confidence);
		values[2] = Int32GetDatum(row->rule_id);
		SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
	}
	SRF_RETURN_DONE(call);
}
