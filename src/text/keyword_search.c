/*
 * keyword_search.c
 *		extract_keywords(): the dictionary of tables keyword and
 *		keyword_variant, compiled once per backend.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "text/keywords.h"
#include "text/normalise.h"
#include "text/rules.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A keyword, and its variants' rows while the dictionary is built. */
typedef struct JmKeyword
{
	char	   *name;			/* in the database's encoding */
	Datum		datum;
} JmKeyword;

typedef struct JmKeywordRules
{
	int			n_keywords;
	int			max_keywords;
	JmKeyword  *keywords;		/* in byte order of their names */
	int			max_variants;
	JmDictionary dictionary;
} JmKeywordRules;

/* Folds a word of a rule as texts are folded; NUL-terminated. */
static char *
fold_word(const text *t, size_t *len, unsigned char **upper)
{
	size_t		n;
	char	   *s = jm_utf8(t, &n);
	char	   *out = palloc(JM_NORMALISED_MAX(n) + 1);
	unsigned char *flags = palloc(JM_NORMALISED_MAX(n));

	*len = jm_normalise(s, n, out, flags, JM_HYPHEN_IS_SPACE | JM_SIGN_IS_SPACE, jm_check_interrupts);
	out[*len] = '\0';
	if (upper)
		*upper = flags;
	return out;
}

static void
add_keyword(void *arg, Datum *values, bool *nulls)
{
	JmKeywordRules *rules = arg;

	JM_GROW(rules->keywords, rules->n_keywords, rules->max_keywords);
	rules->keywords[rules->n_keywords].name = TextDatumGetCString(values[0]);
	rules->keywords[rules->n_keywords].datum = PointerGetDatum(PG_DETOAST_DATUM_COPY(values[0]));
	rules->n_keywords++;
}

static int
compare_keywords(const void *a, const void *b)
{
	return strcmp(((const JmKeyword *) a)->name, ((const JmKeyword *) b)->name);
}

/* The number of the keyword of that name, or -1. */
static int
find_keyword(const JmKeywordRules *rules, const char *name)
{
	JmKeyword	wanted;
	JmKeyword  *found;

	wanted.name = unconstify(char *, name);
	if (rules->n_keywords == 0)
		return -1;
	found = bsearch(&wanted, rules->keywords, rules->n_keywords, sizeof(JmKeyword), compare_keywords);
	return found ? (int) (found - rules->keywords) : -1;
}

static JmVariant *
new_variant(JmKeywordRules *rules)
{
	JmDictionary *d = &rules->dictionary;

	JM_GROW(d->variants, d->n_variants, rules->max_variants);
	memset(&d->variants[d->n_variants], 0, sizeof(JmVariant));
	return &d->variants[d->n_variants++];
}

/*
 * Texts that must not stand beside a variant, folded.  One that begins (ends)
 * with a letter stands after (before) a space; for others a space may be or
 * not.
 */
static const char **
neighbours(Datum array, bool before, int *count)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	int			i;
	const char **list;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	list = palloc((2 * n + 1) * sizeof(char *));
	*count = 0;
	for (i = 0; i < n; i++)
	{
		size_t		len;
		char	   *word;
		unsigned char edge;
		bool		letter;

		if (nulls[i])
			continue;
		word = fold_word(DatumGetTextPP(elements[i]), &len, NULL);
		if (len == 0)
			continue;
		edge = (unsigned char) word[before ? len - 1 : 0];
		letter = (edge >= 'a' && edge <= 'z') || (edge >= '0' && edge <= '9') || edge >= 0x80;
		list[(*count)++] = before ? psprintf("%s ", word) : psprintf(" %s", word);
		if (!letter)
			list[(*count)++] = word;
	}
	return list;
}

static void
add_variant(void *arg, Datum *values, bool *nulls)
{
	JmKeywordRules *rules = arg;
	int			keyword = find_keyword(rules, TextDatumGetCString(values[1]));
	char	   *policy = TextDatumGetCString(values[2]);
	JmVariant  *v;
	Datum	   *elements;
	bool	   *element_nulls;
	int			n;
	int			i;

	/* a row that a concurrent deletion has already left without keyword */
	if (keyword < 0)
		return;
	v = new_variant(rules);
	v->keyword = keyword;
	v->pattern = fold_word(DatumGetTextPP(values[0]), &v->len, &v->upper);
	v->case_policy = strcmp(policy, "exact") == 0 ? JM_CASE_EXACT :
		strcmp(policy, "capital") == 0 ? JM_CASE_CAPITAL : JM_CASE_ANY;
	v->covers = DatumGetBool(values[3]);
	v->not_before = neighbours(values[4], false, &v->n_not_before);
	v->not_after = neighbours(values[5], true, &v->n_not_after);
	deconstruct_array(DatumGetArrayTypeP(values[6]), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &element_nulls, &n);
	v->needs = palloc((n + 1) * sizeof(int));
	for (i = 0; i < n; i++)
	{
		int			needed = element_nulls[i] ? -1 :
		find_keyword(rules, TextDatumGetCString(elements[i]));

		if (needed >= 0)
			v->needs[v->n_needs++] = needed;
	}
	/* needs that name no keyword cannot be met */
	if (n > 0 && v->n_needs == 0)
		rules->dictionary.n_variants--;
}

static int
compare_patterns(const void *a, const void *b)
{
	const JmVariant *x = *(const JmVariant *const *) a;
	const JmVariant *y = *(const JmVariant *const *) b;
	int			order = memcmp(x->pattern, y->pattern, Min(x->len, y->len));

	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

/* Reads both tables and builds the automaton. */
static void *
build_dictionary(void)
{
	static const char *const keyword_columns[] = {"keyword"};
	static const char *const variant_columns[] = {
		"variant", "keyword", "case_policy", "covers", "not_before", "not_after", "needs"
	};
	JmKeywordRules *rules = palloc0(sizeof(JmKeywordRules));
	JmVariant **sorted;
	int			n_listed;
	int			i;

	jm_scan_table("keyword", keyword_columns, lengthof(keyword_columns), add_keyword, rules);
	if (rules->n_keywords > 0)
		qsort(rules->keywords, rules->n_keywords, sizeof(JmKeyword), compare_keywords);
	jm_scan_table("keyword_variant", variant_columns, lengthof(variant_columns), add_variant, rules);

	/*
	 * a keyword's name is a variant too, unless one of its own has its
	 * letters
	 */
	n_listed = rules->dictionary.n_variants;
	sorted = palloc((n_listed + 1) * sizeof(JmVariant *));
	for (i = 0; i < n_listed; i++)
		sorted[i] = &rules->dictionary.variants[i];
	qsort(sorted, n_listed, sizeof(JmVariant *), compare_patterns);
	{
		JmVariant  *own = palloc0((rules->n_keywords + 1) * sizeof(JmVariant));
		int			n_own = 0;

		for (i = 0; i < rules->n_keywords; i++)
		{
			JmVariant  *v = &own[n_own];
			JmVariant **same;

			v->keyword = i;
			v->covers = true;
			v->pattern = fold_word(DatumGetTextPP(rules->keywords[i].datum), &v->len, &v->upper);
			same = n_listed == 0 ? NULL : bsearch(&v, sorted, n_listed, sizeof(JmVariant *), compare_patterns);
			if (same == NULL)
				n_own++;
		}
		for (i = 0; i < n_own; i++)
			*new_variant(rules) = own[i];
	}

	rules->dictionary.n_keywords = rules->n_keywords;
	jm_dictionary_compile(&rules->dictionary, &jm_palloc_allocator);
	return rules;
}

static JmRuleCache keyword_cache = {.tables = {"keyword", "keyword_variant"},.build = build_dictionary};

PG_FUNCTION_INFO_V1(jobmarket_extract_keywords);

/* extract_keywords(text) -> text[] */
Datum
jobmarket_extract_keywords(PG_FUNCTION_ARGS)
{
	JmKeywordRules *rules = jm_rule_cache(&keyword_cache);
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	char	   *folded = MemoryContextAllocHuge(CurrentMemoryContext, JM_NORMALISED_MAX(len));
	unsigned char *flags = MemoryContextAllocHuge(CurrentMemoryContext, JM_NORMALISED_MAX(len));
	unsigned char *found = palloc(rules->n_keywords + 1);
	Datum	   *names = palloc((rules->n_keywords + 1) * sizeof(Datum));
	int			n = 0;
	int			i;
	size_t		folded_len;

	folded_len = jm_normalise(s, len, folded, flags, JM_HYPHEN_IS_SPACE | JM_SIGN_IS_SPACE, jm_check_interrupts);
	jm_find_keywords(&rules->dictionary, folded, flags, folded_len, found, jm_check_interrupts);
	for (i = 0; i < rules->n_keywords; i++)
		if (found[i])
			names[n++] = rules->keywords[i].datum;
	PG_RETURN_ARRAYTYPE_P(n == 0 ? construct_empty_array(TEXTOID) :
						  construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}
