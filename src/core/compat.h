/*
 * compat.h
 *		All differences between the server versions 14 to 18 that touch us.
 *
 * Only PostgreSQL 15 is tested; the guards for the others follow the servers'
 * release notes and headers.
 */
#ifndef JM_COMPAT_H
#define JM_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 140000
#error "jobmarket needs PostgreSQL 14 or later"
#endif

#include "catalog/pg_foreign_server.h"
#include "common/cryptohash.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
#if PG_VERSION_NUM >= 180000
#include "storage/waiteventset.h"
#endif

/* Since 15 shared memory is asked for in a hook, before in _PG_init. */
#if PG_VERSION_NUM >= 150000
#define JM_SHMEM_REQUEST_HOOK
#endif

/* May the role use the foreign server? */
static inline AclResult
jm_server_aclcheck(Oid serverid, Oid roleid)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, serverid, roleid, ACL_USAGE);
#else
	return pg_foreign_server_aclcheck(serverid, roleid, ACL_USAGE);
#endif
}

/*
 * A set of events to wait for.  Up to 16 its memory is in context, and the
 * caller frees the set before that goes, in any version.
 */
static inline WaitEventSet *
jm_wait_event_set(MemoryContext context, int nevents)
{
#if PG_VERSION_NUM >= 170000
	return CreateWaitEventSet(NULL, nevents);
#else
	return CreateWaitEventSet(context, nevents);
#endif
}

/* What pg_stat_activity shows while we wait: own names since 17. */
static inline uint32
jm_wait_event(const char *name, uint32 *cache)
{
#if PG_VERSION_NUM >= 170000
	if (*cache == 0)
		*cache = WaitEventExtensionNew(name);
	return *cache;
#else
	return PG_WAIT_EXTENSION;
#endif
}

/* Ends a digest; the length of its buffer is an argument since 15. */
static inline int
jm_cryptohash_final(pg_cryptohash_ctx *context, uint8 *digest, size_t len)
{
#if PG_VERSION_NUM >= 150000
	return pg_cryptohash_final(context, digest, len);
#else
	return pg_cryptohash_final(context, digest);
#endif
}

/* 15 brought this helper; before, every function did it by hand. */
#if PG_VERSION_NUM < 150000
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#define MAT_SRF_USE_EXPECTED_DESC 0x01

static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TupleDesc	desc;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) ||
		(rsinfo->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	if (flags & MAT_SRF_USE_EXPECTED_DESC)
		desc = CreateTupleDescCopy(rsinfo->expectedDesc);
	else if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0,
											  false, work_mem);
	rsinfo->setDesc = desc;
	MemoryContextSwitchTo(old);
}
#endif

#endif							/* JM_COMPAT_H */
