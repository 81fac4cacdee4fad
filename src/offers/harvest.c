/*
 * harvest.c
 *		CALL harvest, CALL resume_harvest: one run, from its row to its end.
 *
 * While it waits for the network the backend holds no snapshot and no
 * transaction identifier: each cell is committed, and with it the run's
 * figures, so that any session sees how far it is, and a run that is cut off
 * at any moment can be resumed from the cells that it stored.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/compat.h"
#include "core/subxact.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "offers/harvest.h"
#include "offers/progress.h"
#include "offers/query.h"
#include "offers/search.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Lock class of harvests: one of a source at a time. */
#define LOCK_CLASS 0x6a6f626d

/* Runs a part of the preparations with a search_path that is ours. */
static void
run_pinned(void (*action) (void *arg), JmHarvest *h)
{
	ErrorData  *error = jm_try(action, h);

	if (error)
		ReThrowError(error);
}

static void
finish(JmHarvest *h)
{
	JmFigures  *f = &h->figures;
	const char *status = jm_harvest_status(h);
	ErrorData  *error;

	run_pinned(jm_harvest_end, h);
	SPI_commit();
	h->committed = *f;
	h->errors = NIL;
	h->ended = true;
	if (h->stop)
		ereport(ERROR,
				(errcode(h->stop_sqlstate ? h->stop_sqlstate : ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
				 errmsg("harvest " INT64_FORMAT " stopped: %s", h->run_id, h->stop),
				 errdetail(INT64_FORMAT " offers were received and are stored; see jobmarket.harvest_error.",
						   f->received),
				 h->stop_hint ? errhint("%s", h->stop_hint) :
				 errhint("CALL jobmarket.resume_harvest(" INT64_FORMAT ") goes on with it.", h->run_id)));
	ereport(NOTICE,
			(errmsg("harvest " INT64_FORMAT " %s: " INT64_FORMAT " offers received, " INT64_FORMAT
					" inserted, " INT64_FORMAT " updated, " INT64_FORMAT " unchanged, " INT64_FORMAT
					" withdrawn, " INT64_FORMAT " rejected; coverage %.4f; " INT64_FORMAT " requests",
					h->run_id, status, f->received, f->counts.inserted, f->counts.updated,
					f->counts.unchanged, f->withdrawn, f->counts.rejected,
	/* not rounded up to a 1 that it is not */
					floor(jm_harvest_coverage(h) * 10000) / 10000, f->requests),
			 f->bad_cells > 0 ? errdetail(INT64_FORMAT " cells could not be read whole: see harvest_cell and harvest_error.",
										  f->bad_cells) : 0,
			 f->bad_cells > 0 ? errhint("CALL jobmarket.resume_harvest(" INT64_FORMAT ") reads what is missing.",
										h->run_id) : 0));
	error = jm_try(jm_harvest_purge, h);
	if (error)
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("old history was not deleted: %s", error->message)));
	SPI_commit();
}

/* Notes in the run's row that it was cut short.  Must not fail itself. */
static void
note_interrupted(JmHarvest *h)
{
	MemoryContext context = CurrentMemoryContext;

	/* requests were sent, even if what they brought is not stored */
	h->committed.requests = h->figures.requests;
	h->committed.retries = h->figures.retries;
	h->committed.throttled = h->figures.throttled;
	h->committed.bytes = h->figures.bytes;
	h->figures = h->committed;
	PG_TRY();
	{
		(void) jm_try(jm_harvest_interrupted, h);
		SPI_commit();
	}
	PG_CATCH();
	{
		/* a second cancel, say: the next harvest will mark it */
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
}

static void
lock_tag(LOCKTAG *tag, const char *source)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, LOCK_CLASS,
						 hash_bytes((const unsigned char *) source, strlen(source)), 2);
}

/*
 * Runs a harvest, prepared by begin (which makes the run's row and the plan,
 * or no plan when there is nothing to do), holding the lock of its source.
 * When it is cut short by an error or a cancel, the row says so before the
 * error goes on.
 */
static void
run_locked(JmHarvest *h, void (*begin) (void *harvest))
{
	LOCKTAG		tag;

	lock_tag(&tag, h->source);
	/* of the session, for it outlives the transactions */
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("source \"%s\" is being harvested by another session", h->source),
				 errhint("See jobmarket.harvest_progress; wait for its end, or stop it with pg_cancel_backend.")));
	PG_TRY();
	{
		run_pinned(begin, h);
		SPI_commit();
		h->committed = h->figures;
		h->started = h->last_notice = GetCurrentTimestamp();
		if (h->plan)
		{
			jm_harvest_run_plan(h);
			finish(h);
		}
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(h->context);
		error = CopyErrorData();
		FlushErrorState();
		jm_progress_end();
		if (h->client)
			jm_client_destroy(h->client);
		SPI_rollback();
		/* started is set once the row is there */
		if (h->started && h->stop == NULL && !h->ended)
			note_interrupted(h);
		(void) LockRelease(&tag, ExclusiveLock, true);
		ReThrowError(error);
	}
	PG_END_TRY();
	jm_progress_end();
	(void) LockRelease(&tag, ExclusiveLock, true);
}

static void
require_procedure_call(FunctionCallInfo fcinfo, const char *name)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s cannot run inside a transaction block", name),
				 errdetail("It commits after each part, so that nothing is lost when it is stopped."),
				 errhint("Call it on its own, not within BEGIN, a function, or a DO block in a transaction.")));
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("%s cannot run on a standby", name)));
}

static void
open_servers(JmHarvest *h)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(h->server_names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR,
					  &elements, &nulls, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h->servers = palloc0(sizeof(JmHarvestServer) * n);
	for (int i = 0; i < n; i++)
	{
		const char *name;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a server's name is null"),
					 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
		name = NameStr(*DatumGetName(elements[i]));
		for (int j = 0; j < i; j++)
			if (strcmp(h->servers[j].server->name, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("server \"%s\" is named twice", name),
						 errhint("Several servers are for several applications, each with its own quota.")));
		h->servers[i].server = jm_search_server(name);
	}
	h->nservers = n;
	h->source = "france_travail";
}

/* Connects to SPI; the harvest's memory is then the current one. */
static JmHarvest *
new_harvest(void)
{
	MemoryContext context;
	JmHarvest  *h;

	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* SPI's own memory outlives the commits, too */
	context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket harvest", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	h = palloc0(sizeof(JmHarvest));
	h->context = context;
	h->scratch = AllocSetContextCreate(context, "jobmarket harvest turn", ALLOCSET_DEFAULT_SIZES);
	h->error_context = AllocSetContextCreate(context, "jobmarket harvest errors", ALLOCSET_DEFAULT_SIZES);
	return h;
}

PG_FUNCTION_INFO_V1(jobmarket_harvest);

/* harvest(servers name[], mode text, criteria jsonb): a procedure. */
Datum
jobmarket_harvest(PG_FUNCTION_ARGS)
{
	JmHarvest  *h;
	char	   *mode;
	static const char *const ours[] = {"sort", "publieeDepuis"};

	require_procedure_call(fcinfo, "jobmarket.harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("no server to harvest from"),
				 errhint("Give the names of one or more foreign servers of one source, as '{francetravail}'.")));
	h = new_harvest();
	h->server_names = PG_GETARG_ARRAYTYPE_P_COPY(0);
	mode = PG_ARGISNULL(1) ? "full" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	h->full = strcmp(mode, "full") == 0;
	if (!h->full && strcmp(mode, "incremental") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown mode \"%s\" of a harvest", mode),
				 errhint("The modes are full and incremental.")));
	h->criteria = PG_ARGISNULL(2) ? NIL : jm_criteria_parse(PG_GETARG_JSONB_P_COPY(2));
	for (int i = 0; i < lengthof(ours); i++)
		if (jm_criteria_get(h->criteria, ours[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a harvest cannot have the criterion \"%s\"", ours[i]),
					 errdetail("It cuts its search by creation date and orders it itself."),
					 errhint("Use minCreationDate and maxCreationDate, or fetch_offers.")));
	h->criteria_json = jm_criteria_json(h->criteria);
	open_servers(h);
	run_locked(h, jm_harvest_begin);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(jobmarket_resume_harvest);

/* resume_harvest(run_id bigint): a procedure. */
Datum
jobmarket_resume_harvest(PG_FUNCTION_ARGS)
{
	JmHarvest  *h;

	require_procedure_call(fcinfo, "jobmarket.resume_harvest");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the run to resume is null"),
				 errhint("See jobmarket.harvest_run.")));
	h = new_harvest();
	h->run_id = PG_GETARG_INT64(0);
	run_pinned(jm_harvest_find, h);
	open_servers(h);
	run_locked(h, jm_harvest_resume);
	SPI_finish();
	PG_RETURN_VOID();
}
