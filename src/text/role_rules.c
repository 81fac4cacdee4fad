/*
 * role_rules.c
 *		The rules of table role_rule, compiled, and whether one matches.
 *
 * A rule's regular expression (PostgreSQL's engine, in the C locale) looks at
 * the normalised title or description.  The rules are compiled once per
 * backend; behind the literals that they cannot match without, few of them run
 * on any one title.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "text/literals.h"
#include "text/normalise.h"
#include "text/role_rules.h"
#include "text/rules.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Longer titles are cut, longer descriptions too: no label is that long. */
#define TITLE_MAX 4096
#define DESCRIPTION_MAX 65536

/* UTF-8 to wide characters; out has room for len + 1. */
size_t
jm_role_widen(const char *s, size_t len, pg_wchar *out)
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
int
jm_role_compile(regex_t *regex, const pg_wchar *wide, size_t n)
{
	int			code = pg_regcomp(regex, wide, n, REG_ADVANCED, C_COLLATION_OID);

	/* a cancelled one looks like a wrong one */
	if (code != REG_OKAY)
		CHECK_FOR_INTERRUPTS();
	return code;
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

	JM_GROW(rules->roles, rules->n_roles, rules->max_roles);
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

	JM_GROW(rows->rows, rows->count, rows->max);
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

	rules->context = CurrentMemoryContext;
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
		code = jm_role_compile(&rule->regex, wide, jm_role_widen(row->pattern, row->pattern_len, wide));
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
	return rules;
}

static JmRuleCache role_cache = {.tables = {"role", "role_rule"},.build = build_rules};

/* The rules as the tables have them now; they hold until the next call. */
JmRoleRules *
jm_role_rules(void)
{
	return jm_rule_cache(&role_cache);
}

/*
 * Normalises a title or description and seeks the rules' literals in it; false
 * when there is no such text.
 */
bool
jm_role_prepare(const JmRoleRules *rules, JmSubject *subject, bool description)
{
	uint32_t	state = 0;
	size_t		len;
	size_t		i;
	char	   *s;

	if (subject->source.isnull)
		return false;

	s = jm_utf8(DatumGetTextPP(subject->source.value), &len);
	if (description)
	{
		len = Min(len, DESCRIPTION_MAX);
		subject->bytes = palloc(JM_NORMALISED_MAX(len));
		subject->len = jm_normalise(s, len, subject->bytes, NULL, 0, NULL);
	}
	else
	{
		char	   *scratch;

		len = Min(len, TITLE_MAX);
		scratch = palloc(JM_NORMALISED_MAX(len));
		subject->bytes = palloc(2 * JM_NORMALISED_MAX(len));
		subject->len = jm_normalise_title(s, len, scratch, subject->bytes, NULL);
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

/*
 * Runs a rule on a subject that is prepared; *position, unless NULL, is where
 * it matches.
 */
bool
jm_role_run(const JmRoleRules *rules, int r, JmSubject *subject, int *position)
{
	regmatch_t	match[1];
	int			code;

	if (subject->wide == NULL)
	{
		subject->wide = palloc((subject->len + 1) * sizeof(pg_wchar));
		subject->wide_len = jm_role_widen(subject->bytes, subject->len, subject->wide);
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
