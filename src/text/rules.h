/*
 * rules.h
 *		What the functions of this topic share: text in UTF-8, row results, and
 *		rules that stand in tables, compiled once per backend.
 */
#ifndef JM_RULES_H
#define JM_RULES_H

#include "postgres.h"

#include "core/compat.h"
#include "fmgr.h"
#include "text/automaton.h"
#include "utils/palloc.h"

#define JM_CACHE_TABLES 6

/*
 * Something compiled from tables of schema jobmarket.  build() makes it in the
 * current memory context, which lives until one of the tables changes.
 */
typedef struct JmRuleCache
{
	const char *tables[JM_CACHE_TABLES];	/* NULL after the last */
	void	   *(*build) (void);
	/* private to rules.c */
	Oid			relids[JM_CACHE_TABLES];
	MemoryContext context;
	void	   *data;
	bool		valid;
	bool		registered;
	struct JmRuleCache *next;
} JmRuleCache;

typedef void (*JmRowCallback) (void *arg, Datum *values, bool *nulls);

/* Room for one more element in an array of n, max allocated; NULL, 0 at first. */
#define JM_GROW(array, n, max) \
	do { \
		if ((n) == (max)) \
		{ \
			(max) = (max) ? 2 * (max) : 256; \
			(array) = (array) ? repalloc_huge((array), (max) * sizeof(*(array))) : \
				palloc((max) * sizeof(*(array))); \
		} \
	} while (0)

extern const JmAllocator jm_palloc_allocator;

extern void jm_check_interrupts(void);
extern char *jm_utf8(const text *t, size_t *len);
extern text *jm_text_from_utf8(const char *s, size_t len);
extern void *jm_rule_cache(JmRuleCache *cache);
extern void jm_scan_table(const char *table, const char *const *columns,
						  int n_columns, JmRowCallback callback, void *arg);

extern Datum jm_result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls);
extern Oid	jm_rule_column_type(const char *table, const char *column);

#endif							/* JM_RULES_H */
