/*
 * literals.c
 *		What a regular expression cannot match without.
 *
 * Thousands of titles hold none of the words that a rule asks for, and finding
 * words is far cheaper than running the regular expression engine.  This reads
 * the commoner part of PostgreSQL's advanced syntax; on anything else it says
 * that nothing is known, never something wrong.
 */
#include "text/literals.h"

#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 32
#define MIN_LITERAL 2			/* shorter ones are in every text */

typedef struct JmPattern
{
	const char *s;
	size_t		len;
	size_t		at;
	int			depth;
	bool		failed;			/* syntax that is not read here */
	JmRequired *required;		/* what the outermost sequence needs */
	const JmAllocator *allocator;
} JmPattern;

static void alternatives(JmPattern *p, JmLiterals *result);

/* Is a better than b?  The longer its shortest literal, the rarer a hit. */
static bool
is_better(const JmLiterals *a, const JmLiterals *b)
{
	size_t		shortest_a = (size_t) -1;
	size_t		shortest_b = (size_t) -1;
	int			i;

	if (a->count == 0 || b->count == 0)
		return a->count > 0;
	for (i = 0; i < a->count; i++)
		if (a->len[i] < shortest_a)
			shortest_a = a->len[i];
	for (i = 0; i < b->count; i++)
		if (b->len[i] < shortest_b)
			shortest_b = b->len[i];
	return shortest_a > shortest_b || (shortest_a == shortest_b && a->count < b->count);
}

/* Notes that a text must have one of these literals. */
static void
note_set(JmPattern *p, const JmLiterals *set, JmLiterals *best)
{
	if (p->depth == 1 && p->required->n_sets < JM_MAX_LITERAL_SETS)
		p->required->sets[p->required->n_sets++] = *set;
	if (is_better(set, best))
		*best = *set;
}

/* Notes the literal run[0 .. len - 1]. */
static void
offer_run(JmPattern *p, const char *run, size_t len, JmLiterals *best)
{
	JmLiterals	one;
	char	   *copy;

	if (len < MIN_LITERAL)
		return;
	one.count = 1;
	one.len[0] = len;
	copy = p->allocator->allocate(p->allocator->context, len);
	if (copy == NULL)
	{
		p->failed = true;
		return;
	}
	memcpy(copy, run, len);
	one.text[0] = copy;
	note_set(p, &one, best);
}

/* Skips a bracket expression, whose [ was read. */
static void
skip_bracket(JmPattern *p)
{
	if (p->at < p->len && p->s[p->at] == '^')
		p->at++;
	if (p->at < p->len && p->s[p->at] == ']')
		p->at++;
	while (p->at < p->len && p->s[p->at] != ']')
	{
		if (p->s[p->at] == '\\')
			p->at++;
		else if (p->s[p->at] == '[' && p->at + 1 < p->len && strchr(":.=", p->s[p->at + 1]) != NULL)
		{
			char		kind = p->s[p->at + 1];

			p->at += 2;
			while (p->at + 1 < p->len && !(p->s[p->at] == kind && p->s[p->at + 1] == ']'))
				p->at++;
			p->at++;
		}
		p->at++;
	}
	if (p->at >= p->len)
		p->failed = true;
	p->at++;
}

/*
 * Reads a quantifier, if one stands here.  Returns 0 for none, 1 when what
 * precedes it must occur, 2 when it may be left out.
 */
static int
quantifier(JmPattern *p)
{
	int			kind;

	if (p->at >= p->len)
		return 0;
	switch (p->s[p->at])
	{
		case '*':
		case '?':
			kind = 2;
			p->at++;
			break;
		case '+':
			kind = 1;
			p->at++;
			break;
		case '{':
			p->at++;
			if (p->at >= p->len || p->s[p->at] < '0' || p->s[p->at] > '9')
			{
				p->failed = true;
				return 0;
			}
			kind = p->s[p->at] == '0' ? 2 : 1;
			while (p->at < p->len && p->s[p->at] != '}')
				p->at++;
			p->at++;
			break;
		default:
			return 0;
	}
	if (p->at < p->len && p->s[p->at] == '?')
		p->at++;				/* not greedy */
	return kind;
}

/* One alternative: up to |, ) or the end. */
static void
concatenation(JmPattern *p, JmLiterals *best)
{
	char		run[128];
	size_t		run_len = 0;

	best->count = 0;
	while (p->at < p->len && !p->failed)
	{
		char		c = p->s[p->at];
		JmLiterals	group;
		bool		consumes = true;
		bool		literal = false;

		if (c == '|' || c == ')')
			break;
		p->at++;
		group.count = 0;
		switch (c)
		{
			case '^':
			case '$':
				consumes = false;
				break;
			case '.':
				break;
			case '[':
				skip_bracket(p);
				break;
			case '*':
			case '+':
			case '?':
			case '{':
				p->failed = true;	/* quantifies nothing */
				break;
			case '(':
				if (p->at < p->len && p->s[p->at] == '?')
				{
					bool		look = false;

					p->at++;
					if (p->at < p->len && p->s[p->at] == '<')
						p->at++;
					if (p->at < p->len && (p->s[p->at] == '=' || p->s[p->at] == '!'))
						look = true;
					else if (p->at >= p->len || p->s[p->at] != ':' || p->s[p->at - 1] == '<')
						p->failed = true;
					p->at++;
					if (!p->failed)
						alternatives(p, &group);
					if (look)
						group.count = 0;
				}
				else
					alternatives(p, &group);
				if (p->at >= p->len || p->s[p->at] != ')')
					p->failed = true;
				p->at++;
				break;
			case '\\':
				if (p->at >= p->len)
				{
					p->failed = true;
					break;
				}
				c = p->s[p->at++];
				if (strchr("ymMYAZ", c) != NULL)
					consumes = false;
				else if (strchr("dwsDWS", c) != NULL)
					break;
				else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
					p->failed = true;
				else
					literal = true;
				break;
			default:
				literal = true;
		}
		if (p->failed || !consumes)
			continue;
		if (literal)
		{
			size_t		next = p->at;
			int			kind = quantifier(p);

			/* a byte within a longer character: its quantifier takes it whole */
			if (((unsigned char) c & 0xC0) == 0x80 && kind != 0)
				p->failed = true;
			if (kind == 2)
			{
				offer_run(p, run, run_len, best);
				run_len = 0;
				continue;
			}
			if (run_len == sizeof(run))
			{
				offer_run(p, run, run_len, best);
				run_len = 0;
			}
			run[run_len++] = c;
			if (p->at != next)
			{
				/* a+ may be aa: what follows does not join what precedes */
				offer_run(p, run, run_len, best);
				run_len = 0;
			}
			continue;
		}
		offer_run(p, run, run_len, best);
		run_len = 0;
		if (quantifier(p) != 2 && group.count > 0)
			note_set(p, &group, best);
	}
	offer_run(p, run, run_len, best);
}

/* Alternatives, up to ) or the end: one of them must match. */
static void
alternatives(JmPattern *p, JmLiterals *result)
{
	bool		known = true;

	result->count = 0;
	if (++p->depth > MAX_DEPTH)
		p->failed = true;
	while (!p->failed)
	{
		JmLiterals	one;
		int			i;

		concatenation(p, &one);
		if (one.count == 0 || result->count + one.count > JM_MAX_LITERALS)
			known = false;
		for (i = 0; known && i < one.count; i++)
		{
			result->text[result->count] = one.text[i];
			result->len[result->count++] = one.len[i];
		}
		if (p->at >= p->len || p->s[p->at] != '|')
			break;
		p->at++;
	}
	if (!known)
		result->count = 0;
	p->depth--;
}

/*
 * Sets of literals, of each of which every text that matches the pattern
 * (PostgreSQL's advanced syntax, case-sensitive, len bytes) has at least one;
 * n_sets is 0 when nothing is known.  The literals' memory is the allocator's.
 */
void
jm_required_literals(const char *pattern, size_t len,
					 const JmAllocator *allocator, JmRequired *result)
{
	JmPattern	p = {pattern, len, 0, 0, false, result, allocator};
	JmLiterals	one;
	size_t		i;

	result->n_sets = 0;
	/* directors (***) and embedded options change the syntax */
	if (len >= 3 && memcmp(pattern, "***", 3) == 0)
		return;
	alternatives(&p, &one);
	if (p.failed || p.at != p.len)
	{
		result->n_sets = 0;
		return;
	}
	/* the sets of one of several alternatives are not needed by the others */
	for (i = 0, p.depth = 0; i < len; i++)
	{
		if (pattern[i] == '\\')
			i++;
		else if (pattern[i] == '[')
		{
			p.at = i + 1;
			skip_bracket(&p);
			i = p.at - 1;
		}
		else if (pattern[i] == '(')
			p.depth++;
		else if (pattern[i] == ')')
			p.depth--;
		else if (pattern[i] == '|' && p.depth == 0)
		{
			result->n_sets = one.count > 0;
			result->sets[0] = one;
			return;
		}
	}
}
