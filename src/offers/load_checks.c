/*
 * load_checks.c
 *		Foreign keys that the loader checks itself.
 *
 * PostgreSQL checks them row by row, one look-up and one lock each; with some
 * fourteen a new offer that was measured to be a third of a load.  Here they
 * hold by construction: a child's offer was written, and so is locked, by this
 * very transaction, and the rows of the dimensions are locked set by set
 * (ST_LOCK) before anything refers to them.  So the loader works as a
 * replication applier does, with session_replication_role = replica, unless
 * users have put triggers, rules or foreign keys of their own on the tables,
 * which must act, or there is too little to write to be worth it (the change
 * makes the session plan its statements anew).
 */
#include "postgres.h"

#include "executor/spi.h"
#include "offers/load_internal.h"
#include "utils/guc.h"

/*
 * Has somebody put triggers, rules or foreign keys of his own on a table that
 * the loader writes?  (What belongs to this extension is none of his own; a
 * trigger that calls another extension's function is.)
 */
static bool
has_user_hooks(void)
{
	bool		found;

	if (SPI_execute("WITH ours AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend d "
					"JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid "
					"WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e' "
					"AND e.extname = 'jobmarket'), "
					"written AS (SELECT c.oid FROM pg_catalog.pg_class c "
					"WHERE c.relnamespace = 'jobmarket'::regnamespace AND (c.relname LIKE 'offer%' "
					"OR c.relname IN ('rome', 'naf', 'naf_division', 'contract_type', 'qualification', "
					"'company', 'skill', 'language', 'licence', 'training', 'quality', 'harvest_error', "
					"'unknown_attribute'))) "
					"SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid IN (SELECT oid FROM written) "
					"AND NOT t.tgisinternal AND NOT EXISTS (SELECT 1 FROM ours d "
					"WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = t.tgfoid) "
					"UNION ALL SELECT 1 FROM pg_catalog.pg_rewrite r WHERE r.ev_class IN (SELECT oid FROM written) "
					"AND r.ev_type <> '1' "
					"UNION ALL SELECT 1 FROM pg_catalog.pg_constraint k "
					"WHERE k.contype = 'f' AND k.confrelid IN (SELECT oid FROM written) AND NOT EXISTS "
					"(SELECT 1 FROM ours d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = k.conrelid) "
					"LIMIT 1", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for triggers");
	found = SPI_processed > 0;
	SPI_freetuptable(SPI_tuptable);
	return found;
}

/* Takes the checks of foreign keys over from the triggers, where that pays. */
void
jm_load_check_references(JmLoader *loader)
{
	if (loader->checks_itself || !loader->rules_locked || has_user_hooks())
		return;
	(void) set_config_option("session_replication_role", "replica", PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	loader->checks_itself = true;
}

/* Takes the locks of a foreign key's check for a whole batch. */
void
jm_load_lock_references(JmLoader *loader, JmLoadStatement st)
{
	if (!loader->checks_itself)
		return;
	jm_load_run(loader, st, 0, NULL, NULL, NULL, SPI_OK_SELECT);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("a row that an offer refers to was deleted meanwhile"),
				 errhint("Load again: the loader adds it.")));
	SPI_freetuptable(SPI_tuptable);
}
