/*
 * subxact.c
 *		Running something that may fail, and going on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "core/compat.h"
#include "core/subxact.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * Runs action(arg) in a subtransaction, with search_path = pg_catalog, pg_temp:
 * a procedure that commits cannot pin it for its whole run.  Returns NULL when
 * it succeeded; otherwise all that it wrote is rolled back, and the error comes
 * back, in the caller's memory context.  Cancel and shutdown are passed on as
 * the errors that they are.
 */
ErrorData *
jm_try(void (*action) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		int			nestlevel = NewGUCNestLevel();

		(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
		action(arg);
		AtEOXact_GUC(true, nestlevel);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (error && (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
				  error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN ||
				  error->sqlerrcode == ERRCODE_CRASH_SHUTDOWN))
		ReThrowError(error);
	return error;
}
