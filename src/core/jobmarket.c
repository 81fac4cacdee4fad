/*
 * jobmarket.c
 *		Entry point of the module: a table of contents of what it sets up.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/guc.h"
#include "core/version.h"
#include "fmgr.h"
#include "http/http.h"
#include "miscadmin.h"
#include "offers/progress.h"
#include "utils/builtins.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "jobmarket",.version = JM_VERSION);
#else
PG_MODULE_MAGIC;
#endif

PGDLLEXPORT void _PG_init(void);

/*
 * Runs once in each process that loads the library, or once in the postmaster
 * when it is preloaded.
 */
void
_PG_init(void)
{
	jm_guc_init();
	jm_http_init();
	jm_progress_init();
}

PG_FUNCTION_INFO_V1(jobmarket_version);

/* Version of this library, as text. */
Datum
jobmarket_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(JM_VERSION));
}
