/*
 * role_rules.h
 *		The rules of table role_rule, compiled, and whether one matches.
 */
#ifndef JM_ROLE_RULES_H
#define JM_ROLE_RULES_H

#include "postgres.h"

#include "mb/pg_wchar.h"
#include "regex/regex.h"
#include "text/automaton.h"

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

typedef struct JmRoleRules
{
	MemoryContext context;		/* of all this */
	int			n_roles;
	int			max_roles;
	char	  **roles;			/* codes, in byte order */
	int			n_rules;
	JmRoleRule *rules;			/* by kind, then rule_id */
	int			n_includes;		/* the first of them */
	JmAutomaton *automaton;
	int			n_literals;
	int		   *rule_of;		/* of a literal ... */
	uint8	   *set_of;			/* ... and which of the rule's sets, a bit */
	bool		descriptions;	/* whether some includes look at descriptions */
	struct JmRoleMemo *memos;	/* of roles.c */
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

extern JmRoleRules *jm_role_rules(void);
extern bool jm_role_prepare(const JmRoleRules *rules, JmSubject *subject, bool description);
extern bool jm_role_run(const JmRoleRules *rules, int r, JmSubject *subject, int *position);
extern size_t jm_role_widen(const char *s, size_t len, pg_wchar *out);
extern int	jm_role_compile(regex_t *regex, const pg_wchar *wide, size_t n);

/*
 * Does rule r match an offer?  subjects: its title and its description, of
 * which only source needs to be set at first; *position, unless NULL, is where
 * it does.  Inline, for most rules end here.
 */
static inline bool
jm_role_matches(const JmRoleRules *rules, int r, JmSubject *subjects, int *position)
{
	const JmRoleRule *rule = &rules->rules[r];
	JmSubject  *subject = &subjects[rule->in_description];

	if (subject->bytes == NULL && !jm_role_prepare(rules, subject, rule->in_description))
		return false;
	return subject->seen[r] == (1 << rule->n_sets) - 1 && jm_role_run(rules, r, subject, position);
}

#endif							/* JM_ROLE_RULES_H */
