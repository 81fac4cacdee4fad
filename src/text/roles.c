/*
 * roles.c
 *		Roles of an offer by the rules of tables role and role_rule.
 *
 * A rule's regular expression (PostgreSQL's engine, in the C locale) looks at
 * the normalised title or description.  The rules are compiled once per
 * backend; behind the literals that they cannot match without, few of them run
 * on any one title.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "text/literals.h"
#include "text/normalise.h"
#include "text/rules.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define PATTERN_MAX 2000
/* A role below this is reported, but is nobody's primary one. */
#define PRIMARY_CONFIDENCE 0.5f
/* Longer titles are cut, longer descriptions too: no label is that long. */
#define TITLE_MAX 4096
#define DESCRIPTION_MAX 65536

/*
 * What was found lately, for the loader asks twice: for an offer's primary role
 * and, with the rest of its batch, for all of them.
 */
#define MEMOS 1024
#define MEMO_ROLES 4

typedef enum JmRuleKind
{
	RULE_INCLUDE, RULE_CONTEXT, RULE_EXCLUDE
} JmRuleKind;

typedef struct JmRoleRule
{
	int			rule_id;
	int			role;			/* number, or -1 for every role */
	bool		in_description;
	JmRuleKind	kind;
	float4		weight;
	int			priority;
	regex_t		regex;
	uint8		n_sets;			/* sets of literals that it waits for */
} JmRoleRule;

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

typedef struct JmRoleRules
{
	int			n_roles;
	int			max_roles;
	char	  **roles;			/* codes, in byte order */
	int			n_rules;
	int			max_rules;
	JmRoleRule *rules;			/* by kind, then rule_id */
	int			n_includes;		/* the first of them */
	JmAutomaton *automaton;
	int			n_literals;
	int		   *rule_of;		/* of a literal ... */
	uint8	   *set_of;			/* ... and which of the rule's sets, a bit */
	bool		descriptions;	/* whether some includes look at descriptions */
	JmRoleMemo *memos;			/* MEMOS of them */
} JmRoleRules;

/* A text, normalised, as bytes and as the regular expression engine wants it. */
typedef struct JmSubject
{
	NullableDatum source;		/* the text, perhaps compressed still */
	char	   *bytes;			/* NULL until prepared */
	size_t		len;
	pg_wchar   *wide;
	size_t		wide_len;
	uint8	   *seen;			/* by rule: sets of which a literal is there */
} JmSubject;

/* UTF-8 to wide characters; out has room for len + 1. */
static size_t
widen(const char *s, size_t len, pg_wchar *out)
{
	size_t		at = 0;
	size_t		n = 0;

	while (at < len)
	{
		unsigned char c = (unsigned char) s[at];
		int			used = 1;

		if (c >= 0xC0)
		{
			used = pg_utf_mblen((const unsigned char *) s + at);
			if (at + used > len)
				used = 1;
		}
		out[n++] = used == 1 ? c : utf8_to_unicode((const unsigned char *) s + at);
		at += used;
	}
	out[n] = 0;
	return n;
}

/* Compiles a pattern of n wide characters; returns the engine's code. */
static int
compile(regex_t *regex, const pg_wchar *wide, size_t n)
{
	return pg_regcomp(regex, wide, n, REG_ADVANCED, C_COLLATION_OID);
}

static void
free_regexes(void *arg)
{
	JmRoleRules *rules = arg;
	int			i;

	for (i = 0; i < rules->n_rules; i++)
		pg_regfree(&rules->rules[i].regex);
}

static void
add_role(void *arg, Datum *values, bool *nulls)
{
	JmRoleRules *rules = arg;

	if (rules->n_roles == rules->max_roles)
	{
		rules->max_roles = rules->max_roles ? 2 * rules->max_roles : 64;
		rules->roles = rules->roles ? repalloc(rules->roles, rules->max_roles * sizeof(char *)) :
			palloc(rules->max_roles * sizeof(char *));
	}
	rules->roles[rules->n_roles++] = TextDatumGetCString(values[0]);
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* A row of role_rule before it is compiled. */
typedef struct JmRuleRow
{
	JmRoleRule	rule;
	char	   *pattern;		/* UTF-8 */
	size_t		pattern_len;
} JmRuleRow;

typedef struct JmRuleRows
{
	JmRoleRules *rules;
	int			count;
	int			max;
	JmRuleRow  *rows;
} JmRuleRows;

static void
add_rule(void *arg, Datum *values, bool *nulls)
{
	JmRuleRows *rows = arg;
	JmRuleRow  *row;
	char	   *kind;
	char	   *s;
	size_t		len;

	if (rows->count == rows->max)
	{
		rows->max = rows->max ? 2 * rows->max : 128;
		rows->rows = rows->rows ? repalloc(rows->rows, rows->max * sizeof(JmRuleRow)) :
			palloc(rows->max * sizeof(JmRuleRow));
	}
	row = &rows->rows[rows->count];
	memset(row, 0, sizeof(JmRuleRow));
	row->rule.rule_id = DatumGetInt32(values[0]);
	row->rule.role = -1;
	if (!nulls[1])
	{
		char	   *code = TextDatumGetCString(values[1]);
		char	  **found = rows->rules->n_roles == 0 ? NULL : bsearch(&code, rows->rules->roles, rows->rules->n_roles,
																	   sizeof(char *), compare_strings);

		if (found == NULL)
			return;				/* its role is being deleted */
		row->rule.role = (int) (found - rows->rules->roles);
	}
	row->rule.in_description = strcmp(TextDatumGetCString(values[2]), "description") == 0;
	kind = TextDatumGetCString(values[3]);
	row->rule.kind = strcmp(kind, "include") == 0 ? RULE_INCLUDE :
		strcmp(kind, "exclude") == 0 ? RULE_EXCLUDE : RULE_CONTEXT;
	s = jm_utf8(DatumGetTextPP(values[4]), &len);
	row->pattern = pnstrdup(s, len);
	row->pattern_len = len;
	row->rule.weight = DatumGetFloat4(values[5]);
	row->rule.priority = DatumGetInt32(values[6]);
	rows->count++;
}

static int
compare_rows(const void *a, const void *b)
{
	const JmRoleRule *x = &((const JmRuleRow *) a)->rule;
	const JmRoleRule *y = &((const JmRuleRow *) b)->rule;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->rule_id < y->rule_id ? -1 : x->rule_id > y->rule_id;
}

/* Reads both tables and compiles the rules. */
static void *
build_rules(void)
{
	static const char *const role_columns[] = {"role_code"};
	static const char *const rule_columns[] = {
		"rule_id", "role_code", "target", "kind", "pattern", "weight", "priority"
	};
	JmRoleRules *rules = palloc0(sizeof(JmRoleRules));
	JmRuleRows	rows = {rules};
	MemoryContextCallback *callback;
	const char **literals;
	size_t	   *lengths;
	int			max_literals;
	int			i;

	jm_scan_table("role", role_columns, lengthof(role_columns), add_role, rules);
	if (rules->n_roles > 0)
		qsort(rules->roles, rules->n_roles, sizeof(char *), compare_strings);
	jm_scan_table("role_rule", rule_columns, lengthof(rule_columns), add_rule, &rows);
	if (rows.count > 0)
		qsort(rows.rows, rows.count, sizeof(JmRuleRow), compare_rows);

	rules->rules = palloc0((rows.count + 1) * sizeof(JmRoleRule));
	callback = palloc(sizeof(MemoryContextCallback));
	callback->func = free_regexes;
	callback->arg = rules;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);

	max_literals = rows.count * JM_MAX_LITERALS * JM_MAX_LITERAL_SETS + 1;
	literals = palloc(max_literals * sizeof(char *));
	lengths = palloc(max_literals * sizeof(size_t));
	rules->rule_of = palloc(max_literals * sizeof(int));
	rules->set_of = palloc(max_literals);
	for (i = 0; i < rows.count; i++)
	{
		JmRuleRow  *row = &rows.rows[i];
		JmRoleRule *rule = &rules->rules[rules->n_rules];
		pg_wchar   *wide = palloc((row->pattern_len + 1) * sizeof(pg_wchar));
		JmRequired	required;
		int			code;
		int			j;
		int			k;

		*rule = row->rule;
		code = compile(&rule->regex, wide, widen(row->pattern, row->pattern_len, wide));
		pfree(wide);
		if (code != REG_OKAY)
		{
			/* written past the trigger; the other rules still hold */
			ereport(WARNING,
					(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
					 errmsg("rule %d of jobmarket.role_rule is not a valid regular expression",
							rule->rule_id)));
			continue;
		}
		jm_required_literals(row->pattern, row->pattern_len, &jm_palloc_allocator, &required);
		rule->n_sets = required.n_sets;
		for (k = 0; k < required.n_sets; k++)
			for (j = 0; j < required.sets[k].count; j++)
			{
				literals[rules->n_literals] = required.sets[k].text[j];
				lengths[rules->n_literals] = required.sets[k].len[j];
				rules->set_of[rules->n_literals] = 1 << k;
				rules->rule_of[rules->n_literals++] = rules->n_rules;
			}
		if (rule->kind == RULE_INCLUDE)
			rules->n_includes = rules->n_rules + 1;
		rules->n_rules++;
	}
	rules->automaton = jm_automaton_build(literals, lengths, rules->n_literals, &jm_palloc_allocator);
	for (i = 0; i < rules->n_includes; i++)
		rules->descriptions |= rules->rules[i].in_description;
	rules->memos = palloc0(MEMOS * sizeof(JmRoleMemo));
	return rules;
}

static JmRuleCache role_cache = {.tables = {"role", "role_rule"},.build = build_rules};

/*
 * Normalises the title or description and seeks the rules' literals in it, at
 * the first call; false when there is no such text.
 */
static bool
prepare_subject(const JmRoleRules *rules, JmSubject *subject, bool description)
{
	uint32_t	state = 0;
	size_t		len;
	size_t		i;
	char	   *s;

	if (subject->bytes != NULL)
		return true;
	if (subject->source.isnull)
		return false;

	s = jm_utf8(DatumGetTextPP(subject->source.value), &len);
	if (description)
	{
		len = Min(len, DESCRIPTION_MAX);
		subject->bytes = palloc(JM_NORMALISED_MAX(len));
		subject->len = jm_normalise(s, len, subject->bytes, NULL, 0);
	}
	else
	{
		char	   *scratch;

		len = Min(len, TITLE_MAX);
		scratch = palloc(JM_NORMALISED_MAX(len));
		subject->bytes = palloc(2 * JM_NORMALISED_MAX(len));
		subject->len = jm_normalise_title(s, len, scratch, subject->bytes);
	}

	subject->seen = palloc0(rules->n_rules + 1);
	for (i = 0; i < subject->len; i++)
	{
		uint32_t	state_of_end;

		state = jm_automaton_step(rules->automaton, state, (unsigned char) subject->bytes[i]);
		if (!jm_automaton_ends(rules->automaton, state))
			continue;
		for (state_of_end = state; state_of_end; state_of_end = rules->automaton->also[state_of_end])
		{
			int32_t		p;

			for (p = rules->automaton->first[state_of_end]; p >= 0; p = rules->automaton->same[p])
				subject->seen[rules->rule_of[p]] |= rules->set_of[p];
		}
	}
	return true;
}

/* Runs a rule on a subject; *position, unless NULL, is where it matches. */
static bool
matches(const JmRoleRules *rules, int r, JmSubject *subject, int *position)
{
	regmatch_t	match[1];
	int			code;

	if (subject->seen[r] != (1 << rules->rules[r].n_sets) - 1)
		return false;
	if (subject->wide == NULL)
	{
		subject->wide = palloc((subject->len + 1) * sizeof(pg_wchar));
		subject->wide_len = widen(subject->bytes, subject->len, subject->wide);
	}
	code = pg_regexec(&rules->rules[r].regex, subject->wide,
					  subject->wide_len, 0, NULL, position ? 1 : 0, match, 0);
	if (code == REG_NOMATCH)
		return false;
	if (code != REG_OKAY)
	{
		char		message[100];

		CHECK_FOR_INTERRUPTS();
		pg_regerror(code, &rules->rules[r].regex, message, sizeof(message));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("rule %d of jobmarket.role_rule failed: %s",
						rules->rules[r].rule_id, message)));
	}
	if (position)
		*position = (int) match[0].rm_so;
	return true;
}

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
 * The roles of a title and perhaps a description, best first, as an array in
 * the current memory context; returns their number.
 *
 * A role is found when one of its include rules matches: the one of greatest
 * weight decides (then priority, then rule_id) and gives the confidence, to
 * which the weights of its context rules that match are added, within 0 and 1.
 * An exclude rule that matches takes the role away, one without role all.
 */
static int
find_roles(const JmRoleRules *rules, NullableDatum title, NullableDatum description,
		   JmFoundRole **result)
{
	JmSubject	subjects[2] = {{title}, {description}};
	JmFoundRole *found = NULL;
	int			n = 0;
	int			kept = 0;
	int			i;
	int			r;

	for (r = 0; r < rules->n_includes; r++)
	{
		const JmRoleRule *rule = &rules->rules[r];

		if (rule->role < 0 ||
			!prepare_subject(rules, &subjects[rule->in_description], rule->in_description) ||
			!matches(rules, r, &subjects[rule->in_description], NULL))
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
	*result = found;
	if (n == 0)
		return 0;

	for (i = 0; i < n; i++)
		found[i].confidence = found[i].rule->weight;
	for (r = rules->n_includes; r < rules->n_rules; r++)
	{
		const JmRoleRule *rule = &rules->rules[r];
		bool		wanted = false;

		for (i = 0; i < n; i++)
			if (rule->role < 0 || rule->role == found[i].role)
				wanted = true;
		if (!wanted ||
			!prepare_subject(rules, &subjects[rule->in_description], rule->in_description) ||
			!matches(rules, r, &subjects[rule->in_description], NULL))
			continue;
		for (i = 0; i < n; i++)
		{
			if (rule->role >= 0 && rule->role != found[i].role)
				continue;
			if (rule->kind == RULE_EXCLUDE)
				found[i].rule = NULL;
			else
				found[i].confidence += rule->weight;
		}
	}
	for (i = 0; i < n; i++)
	{
		if (found[i].rule == NULL || found[i].confidence <= 0)
			continue;
		found[i].confidence = Min(found[i].confidence, 1.0f);
		found[kept++] = found[i];
	}
	if (kept > 1)
	{
		/* of two that are equal, the one named first */
		for (i = 0; i < kept; i++)
			if (!found[i].rule->in_description)
				matches(rules, (int) (found[i].rule - rules->rules), &subjects[0], &found[i].position);
		qsort(found, kept, sizeof(JmFoundRole), compare_found);
	}
	return kept;
}

/* As find_roles(), or what it gave for the same texts a while ago. */
static int
recall_roles(const JmRoleRules *rules, NullableDatum title, NullableDatum description,
			 JmFoundRole **result)
{
	text	   *t = DatumGetTextPP(title.value);
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 0);
	Size		len = VARSIZE_ANY_EXHDR(t) + VARHDRSZ;
	JmRoleMemo *memo = &rules->memos[hash % MEMOS];
	bool		same = memo->title == hash && memo->title_len == len;
	uint64		description_hash = 0;
	Size		description_len = 0;
	int			n;

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
	rules = jm_rule_cache(&role_cache);
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
			rules = jm_rule_cache(&role_cache);
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

/*
 * Where a pattern of n wide characters, which fails with code, goes wrong: the
 * engine does not say, but from there on every beginning of it fails so.
 * Counted from 1.
 */
static size_t
error_position(const pg_wchar *wide, size_t n, int code)
{
	size_t		at = n;

	while (at > 1)
	{
		regex_t		regex;
		int			shorter = compile(&regex, wide, at - 1);

		if (shorter == REG_OKAY)
			pg_regfree(&regex);
		if (shorter != code)
			break;
		at--;
	}
	return at;
}

PG_FUNCTION_INFO_V1(jobmarket_check_role_rule);

/*
 * Row trigger of role_rule: refuses a bad regular expression, with the place
 * of its error, and counts the versions of a rule.
 */
Datum
jobmarket_check_role_rule(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	tuple;
	Datum		value;
	bool		isnull;
	char	   *pattern;
	size_t		len;
	pg_wchar   *wide;
	size_t		n;
	regex_t		regex;
	int			code;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by a trigger", "check_role_rule")));
	desc = RelationGetDescr(trigger->tg_relation);
	tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	value = heap_getattr(tuple, SPI_fnumber(desc, "pattern"), desc, &isnull);
	if (isnull)
		return PointerGetDatum(tuple);	/* NOT NULL says it better */
	pattern = jm_utf8(DatumGetTextPP(value), &len);
	if (len > PATTERN_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("regular expression of a role rule is too long"),
				 errdetail("It has %zu bytes; at most %d are allowed.", len, PATTERN_MAX),
				 errhint("Write several rules.")));
	wide = palloc((len + 1) * sizeof(pg_wchar));
	n = widen(pattern, len, wide);
	code = compile(&regex, wide, n);
	if (code == REG_OKAY)
		pg_regfree(&regex);
	else
	{
		char		message[100];
		size_t		position = error_position(wide, n, code);

		pg_regerror(code, &regex, message, sizeof(message));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("invalid regular expression in role rule, at character %zu: %s",
						position, message),
				 errdetail("The pattern is \"%s\".", pnstrdup(pattern, len)),
				 errhint("Rules match normalised titles: lower case, no accents, \\y for word boundaries.")));
	}

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		int			pattern_column = SPI_fnumber(desc, "pattern");
		int			version_column = SPI_fnumber(desc, "version");
		Datum		old_pattern = heap_getattr(trigger->tg_trigtuple, pattern_column, desc, &isnull);

		if (!DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, old_pattern, value)))
		{
			Datum		version = heap_getattr(trigger->tg_trigtuple, version_column, desc, &isnull);
			Datum		next = Int32GetDatum(DatumGetInt32(version) + 1);
			bool		no = false;

			tuple = heap_modify_tuple_by_cols(tuple, desc, 1, &version_column, &next, &no);
		}
	}
	return PointerGetDatum(tuple);
}
