/*
 * rules.c
 *		Rules that stand in tables, compiled once per backend.
 *
 * A statement trigger on each rule table sends a relation cache invalidation,
 * as a change of its definition would: it reaches every session (on standbys
 * too) when the change commits, and the changing session at once.
 *
 * The tables are read as the server reads its catalogs, with the newest
 * committed state and not the query's snapshot: a repeatable-read transaction
 * would otherwise keep its old view of them in the cache for whatever this
 * session does later.  Their rows are readable by everybody.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "text/rules.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define MAX_COLUMNS 16

static JmRuleCache *caches = NULL;

static void *
palloc_in(void *context, size_t size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

/* The pure parts' way to be cancelled: a JmPoll. */
void
jm_check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* The bytes of t, *len of them, in place: UTF-8, as the database's encoding is. */
char *
jm_utf8(const text *t, size_t *len)
{
	*len = VARSIZE_ANY_EXHDR(t);
	return VARDATA_ANY(t);
}

/* A text of len bytes of UTF-8. */
text *
jm_text_from_utf8(const char *s, size_t len)
{
	if (len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("normalised text of %zu bytes is too long", len)));
	return cstring_to_text_with_len(s, (int) len);
}

/*
 * The result of a function that returns one row.  Its type is kept with the
 * call site (fn_extra is ours), so that it is looked up once a query.
 */
Datum
jm_result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc	desc = fcinfo->flinfo->fn_extra;

	if (desc == NULL)
	{
		MemoryContext old;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = desc;
	}
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

static void
invalidate(Datum arg, Oid relid)
{
	JmRuleCache *cache;
	int			i;

	for (cache = caches; cache; cache = cache->next)
		for (i = 0; i < JM_CACHE_TABLES && cache->tables[i]; i++)
			if (relid == InvalidOid || relid == cache->relids[i])
				cache->valid = false;
}

static Oid
rule_table(const char *name)
{
	Oid			relid = get_relname_relid(name, get_namespace_oid("jobmarket", false));

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table jobmarket.%s does not exist", name)));
	return relid;
}

/*
 * What is compiled from a cache's tables, up to date.  Valid until the next
 * call for the same cache: nothing between may run foreign code.
 */
void *
jm_rule_cache(JmRuleCache *cache)
{
	MemoryContext context;
	MemoryContext caller;
	void	   *data;
	int			i;

	if (likely(cache->valid))
		return cache->data;

	if (!cache->registered)
	{
		if (caches == NULL)
			CacheRegisterRelcacheCallback(invalidate, (Datum) 0);
		cache->registered = true;
		cache->next = caches;
		caches = cache;
	}
	if (cache->context != NULL)
	{
		MemoryContextDelete(cache->context);
		cache->context = NULL;
	}

	/*
	 * an error while building leaves nothing behind: the parent is the
	 * caller's
	 */
	context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket rules",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	for (i = 0; i < JM_CACHE_TABLES && cache->tables[i]; i++)
	{
		cache->relids[i] = rule_table(cache->tables[i]);
		/* taking the lock reads what other sessions have sent */
		LockRelationOid(cache->relids[i], AccessShareLock);
	}
	cache->valid = true;		/* a change from now on clears it again */
	PG_TRY();
	{
		data = cache->build();
	}
	PG_CATCH();
	{
		cache->valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	for (i = 0; i < JM_CACHE_TABLES && cache->tables[i]; i++)
		UnlockRelationOid(cache->relids[i], AccessShareLock);
	MemoryContextSetParent(context, CacheMemoryContext);
	cache->context = context;
	cache->data = data;
	return data;
}

/*
 * Calls back for each row of a table of schema jobmarket, with the columns
 * asked for.  The values live until the callback returns.
 */
void
jm_scan_table(const char *table, const char *const *columns, int n_columns,
			  JmRowCallback callback, void *arg)
{
	Relation	rel = table_open(rule_table(table), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan;
	AttrNumber	attnums[MAX_COLUMNS];
	int			i;

	Assert(n_columns <= MAX_COLUMNS);
	for (i = 0; i < n_columns; i++)
	{
		attnums[i] = get_attnum(RelationGetRelid(rel), columns[i]);
		if (attnums[i] == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of table jobmarket.%s does not exist",
							columns[i], table)));
	}

	scan = table_beginscan_catalog(rel, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum		values[MAX_COLUMNS];
		bool		nulls[MAX_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < n_columns; i++)
			values[i] = slot_getattr(slot, attnums[i], &nulls[i]);
		callback(arg, values, nulls);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, AccessShareLock);
}

/* The type of a column of a table of schema jobmarket. */
Oid
jm_rule_column_type(const char *table, const char *column)
{
	Oid			relid = rule_table(table);

	return get_atttype(relid, get_attnum(relid, column));
}

PG_FUNCTION_INFO_V1(jobmarket_rules_changed);

/* Statement trigger: tells every session that a rule table has changed. */
Datum
jobmarket_rules_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by a trigger", "rules_changed")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

const JmAllocator jm_palloc_allocator = {palloc_in, NULL};
