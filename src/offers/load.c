/*
 * load.c
 *		Offers' documents into the tables, set by set.
 *
 * Documents are taken in batches.  The content hash says which are new or
 * changed; only those are decoded, into tuplestores that SQL sees as tables
 * named jm_…, and one INSERT … SELECT a table does the rest.  What is unchanged
 * costs a look-up and an update of the narrow offer_sighting.
 *
 * One session loads at a time, from its first document to the end of its
 * transaction: two that wrote the same offers or labels in different orders
 * would deadlock, and each would tell the history of the other.
 *
 * Foreign keys.  PostgreSQL checks them row by row, one look-up and one lock
 * each; with some fourteen a new offer that was measured to be a third of a
 * load.  Here they hold by construction: a child's offer was written, and so
 * is locked, by this very transaction, and the rows of the dimensions are
 * locked set by set (ST_LOCK) before anything refers to them.  So the loader
 * works as a replication applier does, with session_replication_role =
 * replica, unless users have put triggers, rules or foreign keys of their own
 * on the tables, which must act, or there is too little to write to be worth
 * it (the change makes the session plan its statements anew).
 * Rules and places, which are small and seldom edited, are locked against edits
 * for the transaction, unless it loads a handful of documents: it classifies by
 * one state of them.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "core/compat.h"
#include "core/guc.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "offers/decode.h"
#include "offers/head.h"
#include "offers/load.h"
#include "storage/lmgr.h"
#include "text/understand.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/* Enough for a statement's fixed cost not to matter, little enough memory. */
#define BATCH 600

/* Loads of fewer documents do not keep those who edit rules waiting; with fewer
 * to write the triggers of foreign keys cost less than replanning. */
#define MIN_OWN_CHECKS 100

/* Different remarks of one load that are told apart. */
#define MAX_REMARKS 500

#define BATCH_MEMORY (16 * 1024 * 1024)
#define STORE_KB (32 * 1024)

typedef struct Document
{
	char	   *offer_id;
	JsonbValue	value;			/* the object, of binary type, once it is
								 * needed */
	const char *text;			/* the same as JSON text, NULL if not given so */
	size_t		text_len;
	JmOfferHead head;
	int64		hash;
	int64		position;		/* among what was given, from 1 */
	JmOffer    *offer;			/* decoded, if it is to be written */
	int			known;			/* 1 if the table had it before */
	bool		write;
	bool		written;
} Document;

struct JmLoader
{
	char	   *source;
	char	   *prefix;			/* before identifiers: "" or "source:" */
	int64		run_id;			/* 0: no harvest */
	int64		cell_id;
	int64		position;
	JmLoadCounts counts;
	MemoryContext context;
	MemoryContext batch_context;
	int			guc_level;
	bool		rules_locked;
	bool		checks_itself;	/* foreign keys: not left to triggers */
	HTAB	   *remarks;
	Document   *documents;
	int			ndocuments;
	List	   *rejects;
};

typedef struct RemarkEntry
{
	char		attribute[256];
	const char *problem;		/* NULL: unknown attribute */
	int64		count;
	char		example[256];
} RemarkEntry;

typedef struct Reject
{
	const char *problem;
	char	   *offer_id;
	int64		position;
} Reject;

/* ------------------------------------------------------------------------
 * Statements.  Each is planned once in a session; the plan cache follows
 * changes of the tables.
 * ------------------------------------------------------------------------
 */
typedef enum Statement
{
	ST_LOOKUP,
	ST_ROME,
	ST_NAF,
	ST_DIVISION,
	ST_CONTRACT,
	ST_QUALIFICATION,
	ST_COMPANY,
	ST_LOCK,					/* one for each of the six above */
	ST_CHANGE = ST_LOCK + 6,
	ST_OFFER,
	ST_OFFER_PLAIN,				/* its texts left for reclassify_offers() */
	ST_DOCUMENT,
	ST_NO_DOCUMENT,
	ST_DELETE_ROLES,
	ST_DELETE_KEYWORDS,
	ST_ROLES,
	ST_KEYWORDS,
	ST_ROLES_AGAIN,
	ST_KEYWORDS_AGAIN,
	ST_DELETE,					/* one for each list */
	ST_DIMENSION = ST_DELETE + JM_LISTS,
	ST_LOCK_DIMENSION = ST_DIMENSION + JM_LISTS,
	ST_CHILD = ST_LOCK_DIMENSION + JM_LISTS,
	ST_CHILD_AGAIN = ST_CHILD + JM_LISTS,
	ST_SEEN_NEW = ST_CHILD_AGAIN + JM_LISTS,
	ST_SEEN_AGAIN,
	ST_REJECT,
	ST_UNKNOWN,
	ST_ATTRIBUTE,
	ST_SOURCE,
	STATEMENTS
} Statement;

static SPIPlanPtr plans[STATEMENTS];

/* What the loader's user wants to do between statements; of one load. */
static void (*between) (void *arg);
static void *between_arg;

/* Memory of SPI's connection, in which it leaves its caller. */
static MemoryContext spi_context;

/* A code that an offer names but the reference table lacks is added to it. */
static char *
reference_sql(const char *table, const char *column, const char *label)
{
	return psprintf("INSERT INTO jobmarket.%1$s (%2$s, label) "
					"SELECT DISTINCT ON (b.%2$s) b.%2$s, %3$s FROM jm_offer b "
					"WHERE b.%2$s IS NOT NULL AND NOT EXISTS "
					"(SELECT 1 FROM jobmarket.%1$s r WHERE r.%2$s = b.%2$s) "
					"ORDER BY b.%2$s, 2 ON CONFLICT DO NOTHING", table, column, label);
}

/*
 * Locks the rows of a reference table that a batch refers to, as a foreign
 * key's check does, so that nobody deletes one before this transaction ends.
 * Returns a row where one is missing already.
 */
static char *
lock_sql(const char *table, const char *column, const char *batch)
{
	return psprintf("WITH locked AS MATERIALIZED (SELECT r.%2$s FROM jobmarket.%1$s r "
					"WHERE r.%2$s IN (SELECT b.%2$s FROM %3$s b) FOR KEY SHARE OF r) "
					"SELECT b.%2$s FROM %3$s b WHERE b.%2$s IS NOT NULL "
					"EXCEPT SELECT l.%2$s FROM locked l LIMIT 1",
					table, column, batch);
}

/* Schema of PostGIS, quoted: its functions must not come from search_path. */
static char *
postgis_schema(void)
{
	char	   *schema;

	if (SPI_execute("SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e "
					"JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace "
					"WHERE e.extname = 'postgis'", true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "extension postgis not found");
	schema = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	SPI_freetuptable(SPI_tuptable);
	return schema;
}

static char *
offer_sql(bool understand)
{
	StringInfoData sql;
	char	   *postgis = postgis_schema();

	initStringInfo(&sql);
	appendStringInfoString(&sql, "INSERT INTO jobmarket.offer AS o (offer_id, source, content_hash, company_id");
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, ", %s", jm_column_name(c));
	if (understand)
		appendStringInfoString(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_NAME) ", geom");
	appendStringInfoString(&sql, ") SELECT b.offer_id, $1, b.content_hash, b.company_id");
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, c == COL_adapted_company ?
						 ", coalesce(b.%s, b.company_adapted)" : ", b.%s", jm_column_name(c));
	if (understand)
		appendStringInfo(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_VALUE) ", " JM_UNDERSTOOD_GEOM,
						 postgis);
	appendStringInfo(&sql, " FROM jm_offer b%s"
					 " ON CONFLICT (offer_id) DO UPDATE SET content_hash = EXCLUDED.content_hash"
					 ", company_id = EXCLUDED.company_id, geom = EXCLUDED.geom"
					 ", changed_at = now(), withdrawn_at = NULL",
					 understand ? JM_UNDERSTOOD_FROM : "");
	/* columns that are not among those inserted are NULL in EXCLUDED */
	appendStringInfoString(&sql, JM_UNDERSTOOD_COLUMNS(JM_UNDERSTOOD_SET));
	for (int c = 0; c < JM_OFFER_COLUMN_COUNT; c++)
		appendStringInfo(&sql, ", %1$s = EXCLUDED.%1$s", jm_column_name(c));
	/* a session that came first may have written a newer state */
	appendStringInfoString(&sql,
						   " WHERE o.withdrawn_at IS NOT NULL OR (o.content_hash <> EXCLUDED.content_hash"
						   " AND NOT coalesce(EXCLUDED.updated_at < o.updated_at, false))"
						   " RETURNING o.offer_id, o.xmax = 0");
	return sql.data;
}

static char *
dimension_sql(const JmList *list)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO jobmarket.%s (%s", list->dimension, list->dimension_id);
	for (int f = 0; f < list->ndimension; f++)
		appendStringInfo(&sql, ", %s", list->columns[f]);
	appendStringInfo(&sql, ") SELECT DISTINCT ON (b.%1$s) b.%1$s", list->dimension_id);
	for (int f = 0; f < list->ndimension; f++)
		appendStringInfo(&sql, ", b.%s", list->columns[f]);
	appendStringInfo(&sql, " FROM jm_%1$s b WHERE NOT EXISTS"
					 " (SELECT 1 FROM jobmarket.%2$s d WHERE d.%3$s = b.%3$s)"
					 " ORDER BY b.%3$s ON CONFLICT DO NOTHING",
					 list->child, list->dimension, list->dimension_id);
	return sql.data;
}

/* Columns of a child but for its key, each after separator and alias. */
static char *
child_columns(const JmList *list, const char *separator, const char *alias)
{
	StringInfoData columns;
	const char *between = "";

	initStringInfo(&columns);
	if (list->dimension)
	{
		appendStringInfo(&columns, "%s%s", alias, list->dimension_id);
		between = separator;
	}
	for (int f = list->ndimension; f < list->nfields; f++)
	{
		appendStringInfo(&columns, "%s%s%s", between, alias, list->columns[f]);
		between = separator;
	}
	return columns.data;
}

static char *
child_sql(const JmList *list)
{
	return psprintf("INSERT INTO jobmarket.%1$s (offer_id, position, %2$s) "
					"SELECT offer_id, position, %2$s FROM jm_%1$s",
					list->child, child_columns(list, ", ", ""));
}

/*
 * Deletes what an offer's new state has not; most of it stays as it is when an
 * offer changes, and costs no write then.
 */
static char *
child_delete_sql(const JmList *list)
{
	return psprintf("DELETE FROM jobmarket.%1$s c WHERE c.offer_id = ANY ($1) AND NOT EXISTS "
					"(SELECT FROM jm_%1$s b WHERE b.offer_id = c.offer_id AND b.position = c.position "
					"AND ROW(%2$s) IS NOT DISTINCT FROM ROW(%3$s))",
					list->child, child_columns(list, ", ", "b."), child_columns(list, ", ", "c."));
}

/* Reference tables that an offer's own row refers to, and by which column. */
static const char *const references[][2] = {
	{"rome", "rome_code"},
	{"naf", "naf_code"},
	{"naf_division", "naf_division_code"},
	{"contract_type", "contract_type_code"},
	{"qualification", "qualification_code"},
	{"company", "company_id"},
};

static char *
statement_sql(Statement st)
{
	switch (st)
	{
		case ST_SOURCE:
			return "SELECT 1 FROM jobmarket.source s WHERE s.source = $1 FOR KEY SHARE";
		case ST_LOOKUP:
			return "SELECT o.offer_id, o.content_hash, o.updated_at, o.withdrawn_at IS NOT NULL "
				"FROM jobmarket.offer o WHERE o.offer_id = ANY ($1)";
		case ST_ROME:
			return reference_sql("rome", "rome_code", "b.rome_label");
		case ST_NAF:
			return reference_sql("naf", "naf_code", "NULL::text");
		case ST_DIVISION:
			return reference_sql("naf_division", "naf_division_code", "b.naf_division_label");
		case ST_CONTRACT:
			return reference_sql("contract_type", "contract_type_code", "NULL::text");
		case ST_QUALIFICATION:
			return reference_sql("qualification", "qualification_code", "b.qualification_label");
		case ST_COMPANY:
			return "INSERT INTO jobmarket.company (company_id, name) "
				"SELECT DISTINCT ON (b.company_id) b.company_id, b.company_name FROM jm_offer b "
				"WHERE b.company_id IS NOT NULL AND NOT EXISTS "
				"(SELECT 1 FROM jobmarket.company c WHERE c.company_id = b.company_id) "
				"ORDER BY b.company_id ON CONFLICT DO NOTHING";
		case ST_CHANGE:
			return "INSERT INTO jobmarket.offer_change (offer_id, kind, run_id, before) "
				"SELECT o.offer_id, CASE WHEN o.withdrawn_at IS NULL THEN 'updated' ELSE 'revived' END, $1, "
				"(SELECT jsonb_object_agg(k, d.document -> k) FROM jsonb_object_keys(d.document || b.document) k "
				"WHERE d.document -> k IS DISTINCT FROM b.document -> k) "
				"FROM jm_document b JOIN jobmarket.offer o ON o.offer_id = b.offer_id "
				"LEFT JOIN jobmarket.offer_document d ON d.offer_id = b.offer_id";
		case ST_OFFER:
			return offer_sql(true);
		case ST_OFFER_PLAIN:
			return offer_sql(false);
		case ST_DOCUMENT:
			return "INSERT INTO jobmarket.offer_document (offer_id, document) "
				"SELECT offer_id, document FROM jm_document "
				"ON CONFLICT (offer_id) DO UPDATE SET document = EXCLUDED.document";
		case ST_NO_DOCUMENT:
			return "DELETE FROM jobmarket.offer_document d USING jm_document b WHERE d.offer_id = b.offer_id";
		case ST_DELETE_ROLES:
			return "DELETE FROM jobmarket.offer_role WHERE offer_id = ANY ($1)";
		case ST_DELETE_KEYWORDS:
			return "DELETE FROM jobmarket.offer_keyword WHERE offer_id = ANY ($1)";
		case ST_ROLES:
			return psprintf("INSERT INTO jobmarket.offer_role (offer_id, role_code, confidence, rule_id) "
							JM_ROLES_OF " WHERE b.offer_id = ANY ($1)", "jm_offer");
		case ST_KEYWORDS:
			return psprintf("INSERT INTO jobmarket.offer_keyword (offer_id, keyword) "
							JM_KEYWORDS_OF " WHERE b.offer_id = ANY ($1)", "jm_offer");
		case ST_ROLES_AGAIN:

			/*
			 * what stays as it is costs no write; the two touch different
			 * rows
			 */
			return psprintf("WITH found AS MATERIALIZED (" JM_ROLES_OF " WHERE b.offer_id = ANY ($1)), "
							"gone AS (DELETE FROM jobmarket.offer_role r WHERE r.offer_id = ANY ($1) AND NOT EXISTS "
							"(SELECT FROM found f WHERE f.offer_id = r.offer_id AND f.role_code = r.role_code)) "
							"INSERT INTO jobmarket.offer_role AS r (offer_id, role_code, confidence, rule_id) "
							"SELECT * FROM found ON CONFLICT (offer_id, role_code) DO UPDATE "
							"SET confidence = EXCLUDED.confidence, rule_id = EXCLUDED.rule_id "
							"WHERE (r.confidence, r.rule_id) IS DISTINCT FROM (EXCLUDED.confidence, EXCLUDED.rule_id)",
							"jm_offer");
		case ST_KEYWORDS_AGAIN:
			return psprintf("WITH found AS MATERIALIZED (" JM_KEYWORDS_OF " WHERE b.offer_id = ANY ($1)), "
							"gone AS (DELETE FROM jobmarket.offer_keyword k WHERE k.offer_id = ANY ($1) AND NOT EXISTS "
							"(SELECT FROM found f WHERE f.offer_id = k.offer_id AND f.keyword = k.keyword)) "
							"INSERT INTO jobmarket.offer_keyword (offer_id, keyword) "
							"SELECT * FROM found ON CONFLICT DO NOTHING", "jm_offer");
		case ST_SEEN_NEW:
			return "INSERT INTO jobmarket.offer_sighting (offer_id, run_id, seen_at) "
				"SELECT u, $2, now() FROM unnest($1) u "
				"WHERE EXISTS (SELECT 1 FROM jobmarket.offer o WHERE o.offer_id = u) "
				"ON CONFLICT (offer_id) DO UPDATE SET run_id = EXCLUDED.run_id, seen_at = EXCLUDED.seen_at";
		case ST_SEEN_AGAIN:
			return "UPDATE jobmarket.offer_sighting s SET run_id = $2, seen_at = now() "
				"FROM unnest($1) u WHERE s.offer_id = u AND ($2 IS NULL OR s.run_id IS DISTINCT FROM $2)";
		case ST_REJECT:
			return "INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, message, detail) "
				"VALUES ($1, $2, 'decode', $3, jsonb_strip_nulls(jsonb_build_object("
				"'source', $4, 'position', $5, 'offer_id', $6)))";
		case ST_UNKNOWN:
			return "INSERT INTO jobmarket.unknown_attribute AS a (attribute, offers, example_offer_id) "
				"VALUES ($1, $2, $3) ON CONFLICT (attribute) DO UPDATE SET "
				"offers = a.offers + EXCLUDED.offers, last_seen_at = now()";
		case ST_ATTRIBUTE:
			return "INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, message, detail) "
				"VALUES ($1, $2, 'attribute', $3, jsonb_build_object("
				"'source', $4, 'attribute', $5, 'offers', $6, 'example_offer_id', $7))";
		default:
			if (st >= ST_LOCK && st < ST_LOCK + lengthof(references))
				return lock_sql(references[st - ST_LOCK][0], references[st - ST_LOCK][1], "jm_offer");
			if (st >= ST_LOCK_DIMENSION && st < ST_LOCK_DIMENSION + JM_LISTS)
				return lock_sql(jm_lists[st - ST_LOCK_DIMENSION].dimension,
								jm_lists[st - ST_LOCK_DIMENSION].dimension_id,
								psprintf("jm_%s", jm_lists[st - ST_LOCK_DIMENSION].child));
			if (st >= ST_DELETE && st < ST_DELETE + JM_LISTS)
				return child_delete_sql(&jm_lists[st - ST_DELETE]);
			if (st >= ST_DIMENSION && st < ST_DIMENSION + JM_LISTS)
				return dimension_sql(&jm_lists[st - ST_DIMENSION]);
			if (st >= ST_CHILD && st < ST_CHILD + JM_LISTS)
				return child_sql(&jm_lists[st - ST_CHILD]);
			if (st >= ST_CHILD_AGAIN && st < ST_CHILD_AGAIN + JM_LISTS)
				return psprintf("%s ON CONFLICT DO NOTHING", child_sql(&jm_lists[st - ST_CHILD_AGAIN]));
			elog(ERROR, "no statement %d", (int) st);
	}
	return NULL;
}

static void
run(Statement st, int nargs, Oid *types, Datum *values, const char *nulls, int expected)
{
	int			result;
	MemoryContext old = CurrentMemoryContext;

	if (plans[st] == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare(statement_sql(st), nargs, types);

		if (plan == NULL)
			elog(ERROR, "could not prepare statement %d: %s", (int) st,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		plans[st] = plan;
	}
	result = SPI_execute_plan(plans[st], values, nulls, false, 0);
	if (result != expected)
		elog(ERROR, "statement %d failed: %s", (int) st, SPI_result_code_string(result));
	/* a harvest stays connected for long: nothing of a batch may stay there */
	spi_context = MemoryContextSwitchTo(old);
	if (between)
		between(between_arg);
}

/* Takes the locks of a foreign key's check for a whole batch. */
static void
lock_references(JmLoader *loader, Statement st)
{
	if (!loader->checks_itself)
		return;
	run(st, 0, NULL, NULL, NULL, SPI_OK_SELECT);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("a row that an offer refers to was deleted meanwhile"),
				 errhint("Load again: the loader adds it.")));
	SPI_freetuptable(SPI_tuptable);
}

static Datum
text_array_datum(char **texts, int n)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		datums[i] = CStringGetTextDatum(texts[i]);
	return PointerGetDatum(construct_array(datums, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ------------------------------------------------------------------------
 * Named tuplestores
 * ------------------------------------------------------------------------
 */
typedef struct Store
{
	char	   *name;
	TupleDesc	desc;
	Tuplestorestate *tuples;
	int64		count;
} Store;

static Store *
store_create(const char *name, int ncolumns)
{
	Store	   *store = palloc0(sizeof(Store));

	store->name = pstrdup(name);
	store->desc = CreateTemplateTupleDesc(ncolumns);
	store->tuples = tuplestore_begin_heap(true, false, STORE_KB);
	return store;
}

static void
store_column(Store *store, int column, const char *name, Oid type)
{
	TupleDescInitEntry(store->desc, column, name, type, -1, 0);
}

static void
store_put(Store *store, Datum *values, bool *nulls)
{
	tuplestore_putvalues(store->tuples, store->desc, values, nulls);
	store->count++;
}

static void
store_register(Store *store)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	MemoryContext old;

	enr->md.name = store->name;
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = store->desc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = store->count;
	enr->reldata = store->tuples;
	/* SPI keeps its list of relations in the current context */
	old = MemoryContextSwitchTo(spi_context);
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\"", store->name);
	MemoryContextSwitchTo(old);
}

static void
store_drop(Store *store)
{
	SPI_unregister_relation(store->name);
	tuplestore_end(store->tuples);
}

#define OFFER_EXTRA 3			/* offer_id, content_hash, company_id */

static Store *
offer_store(JmLoader *loader)
{
	Store	   *store = store_create("jm_offer", OFFER_EXTRA + JM_COLUMNS);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "content_hash", INT8OID);
	store_column(store, 3, "company_id", UUIDOID);
	for (int c = 0; c < JM_COLUMNS; c++)
		store_column(store, OFFER_EXTRA + 1 + c, jm_column_name(c), jm_column_type(c));

	for (int i = 0; i < loader->ndocuments; i++)
	{
		Document   *d = &loader->documents[i];
		Datum		values[OFFER_EXTRA + JM_COLUMNS];
		bool		nulls[OFFER_EXTRA + JM_COLUMNS];

		if (!d->write)
			continue;
		memcpy(values + OFFER_EXTRA, d->offer->values, sizeof(d->offer->values));
		memcpy(nulls + OFFER_EXTRA, d->offer->nulls, sizeof(d->offer->nulls));
		values[0] = CStringGetTextDatum(d->offer_id);
		values[1] = Int64GetDatum(d->hash);
		nulls[0] = nulls[1] = false;
		nulls[2] = d->offer->nulls[COL_company_name];
		if (!nulls[2])
		{
			char	   *name = TextDatumGetCString(d->offer->values[COL_company_name]);
			pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
			char	   *to = name;

			/* runs of blanks made one, none at the ends */
			for (char *from = name; *from; from++)
				if (!isspace((unsigned char) *from))
					*to++ = *from;
				else if (to > name && to[-1] != ' ')
					*to++ = ' ';
			if (to > name && to[-1] == ' ')
				to--;
			*to = '\0';
			*id = jm_digest(&name, 1);
			values[2] = UUIDPGetDatum(id);
			values[OFFER_EXTRA + COL_company_name] = CStringGetTextDatum(name);
		}
		store_put(store, values, nulls);
	}
	return store;
}

static Store *
document_store(JmLoader *loader, bool only_written)
{
	Store	   *store = store_create("jm_document", 2);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "document", JSONBOID);
	for (int i = 0; i < loader->ndocuments; i++)
	{
		Document   *d = &loader->documents[i];
		Datum		values[2];
		bool		nulls[2] = {false, false};

		if (!(only_written ? d->written : d->write))
			continue;
		values[0] = CStringGetTextDatum(d->offer_id);
		values[1] = JsonbPGetDatum(jm_offer_public_document(&d->value));
		store_put(store, values, nulls);
	}
	return store;
}

static Store *
list_store(JmLoader *loader, int l)
{
	const JmList *list = &jm_lists[l];
	Store	   *store = store_create(psprintf("jm_%s", list->child), 3 + list->nfields);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "position", INT4OID);
	store_column(store, 3, list->dimension ? list->dimension_id : "no_dimension", UUIDOID);
	for (int f = 0; f < list->nfields; f++)
		store_column(store, 4 + f, list->columns[f], TEXTOID);

	for (int i = 0; i < loader->ndocuments; i++)
	{
		Document   *d = &loader->documents[i];
		ListCell   *lc;

		if (!d->written)
			continue;
		foreach(lc, d->offer->elements[l])
		{
			JmElement  *element = lfirst(lc);
			Datum		values[3 + JM_LIST_FIELDS];
			bool		nulls[3 + JM_LIST_FIELDS];

			values[0] = CStringGetTextDatum(d->offer_id);
			values[1] = Int32GetDatum(element->position);
			values[2] = UUIDPGetDatum(&element->dimension_id);
			nulls[0] = nulls[1] = false;
			nulls[2] = list->dimension == NULL;
			for (int f = 0; f < list->nfields; f++)
			{
				nulls[3 + f] = element->values[f] == NULL;
				if (!nulls[3 + f])
					values[3 + f] = CStringGetTextDatum(element->values[f]);
			}
			store_put(store, values, nulls);
		}
	}
	return store;
}

/* ------------------------------------------------------------------------
 * One batch
 * ------------------------------------------------------------------------
 */
static int
document_cmp(const void *a, const void *b)
{
	const Document *x = a;
	const Document *y = b;
	int			cmp = strcmp(x->offer_id, y->offer_id);

	/* of one offer given twice, the newer state first, else what came last */
	if (cmp == 0)
		cmp = x->head.updated_at > y->head.updated_at ? -1 :
			x->head.updated_at < y->head.updated_at;
	if (cmp == 0)
		cmp = x->position > y->position ? -1 : 1;
	return cmp;
}

static Document *
find_document(JmLoader *loader, const char *offer_id)
{
	int			low = 0,
				high = loader->ndocuments;

	while (low < high)
	{
		int			mid = (low + high) / 2;
		int			cmp = strcmp(offer_id, loader->documents[mid].offer_id);

		if (cmp == 0)
			return &loader->documents[mid];
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* Sorts by identifier and drops repetitions: they count as unchanged. */
static void
sort_documents(JmLoader *loader)
{
	int			n = 0;

	qsort(loader->documents, loader->ndocuments, sizeof(Document), document_cmp);
	for (int i = 0; i < loader->ndocuments; i++)
	{
		if (n > 0 && strcmp(loader->documents[n - 1].offer_id,
							loader->documents[i].offer_id) == 0)
		{
			loader->counts.unchanged++;
			loader->counts.repeated++;
		}
		else
			loader->documents[n++] = loader->documents[i];
	}
	loader->ndocuments = n;
}

/* Asks the table what it holds, and marks the documents to be written. */
static void
look_up(JmLoader *loader)
{
	char	  **ids = palloc(sizeof(char *) * loader->ndocuments);
	Oid			types[1] = {TEXTARRAYOID};
	Datum		values[1];

	for (int i = 0; i < loader->ndocuments; i++)
	{
		ids[i] = loader->documents[i].offer_id;
		loader->documents[i].write = true;
	}
	values[0] = text_array_datum(ids, loader->ndocuments);
	run(ST_LOOKUP, 1, types, values, NULL, SPI_OK_SELECT);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[r];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Document   *d = find_document(loader, SPI_getvalue(tuple, desc, 1));
		int64		hash = DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull));
		Datum		updated_at = SPI_getbinval(tuple, desc, 3, &isnull);
		bool		older = !isnull && d->head.has_updated_at &&
		d->head.updated_at < DatumGetTimestampTz(updated_at);
		bool		withdrawn = DatumGetBool(SPI_getbinval(tuple, desc, 4, &isnull));

		d->known = 1;
		/* a harvest found it alive; a document from elsewhere may just be old */
		d->write = older ? withdrawn && loader->run_id != 0 : withdrawn || hash != d->hash;
	}
	SPI_freetuptable(SPI_tuptable);
}

static void
note_remarks(JmLoader *loader, const Document *d)
{
	ListCell   *lc;

	foreach(lc, d->offer->remarks)
	{
		JmRemark   *r = lfirst(lc);
		RemarkEntry *entry;
		char		key[256];
		bool		found;

		/* a document may name any number of attributes that nobody knows */
		strlcpy(key, hash_get_num_entries(loader->remarks) < MAX_REMARKS ? r->attribute : "...",
				sizeof(key));
		entry = hash_search(loader->remarks, key, HASH_ENTER, &found);
		if (!found)
		{
			entry->problem = r->problem;
			entry->count = 0;
			strlcpy(entry->example, d->offer_id, sizeof(entry->example));
		}
		entry->count++;
	}
}

/* Harvest and cell as parameters $1 and $2, NULL outside a harvest. */
static void
run_parameters(JmLoader *loader, Datum *values, char *nulls)
{
	values[0] = Int64GetDatum(loader->run_id);
	values[1] = Int64GetDatum(loader->cell_id);
	nulls[0] = loader->run_id ? ' ' : 'n';
	nulls[1] = loader->cell_id ? ' ' : 'n';
}

/* Marks the documents whose row was written, from what RETURNING gave. */
static int
note_written(JmLoader *loader)
{
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[r];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Document   *d = find_document(loader, SPI_getvalue(tuple, desc, 1));

		if (d == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("a trigger changed the identifier of an offer")));
		d->written = true;
		d->known = !DatumGetBool(SPI_getbinval(tuple, desc, 2, &isnull));
		if (d->known)
			loader->counts.updated++;
		else
			loader->counts.inserted++;
	}
	SPI_freetuptable(SPI_tuptable);
	return (int) SPI_processed;
}

static void
write_children(JmLoader *loader)
{
	char	  **ids = palloc(sizeof(char *) * loader->ndocuments);
	int			nids = 0;
	Oid			types[1] = {TEXTARRAYOID};
	Datum		values[1];

	for (int i = 0; i < loader->ndocuments; i++)
		if (loader->documents[i].written && loader->documents[i].known)
			ids[nids++] = loader->documents[i].offer_id;
	if (nids > 0)
		values[0] = text_array_datum(ids, nids);

	for (int l = 0; l < JM_LISTS; l++)
	{
		Store	   *store = list_store(loader, l);

		store_register(store);
		if (nids > 0)
			run(ST_DELETE + l, 1, types, values, NULL, SPI_OK_DELETE);
		if (store->count > 0)
		{
			if (jm_lists[l].dimension)
			{
				run(ST_DIMENSION + l, 0, NULL, NULL, NULL, SPI_OK_INSERT);
				lock_references(loader, ST_LOCK_DIMENSION + l);
			}
			run((nids > 0 ? ST_CHILD_AGAIN : ST_CHILD) + l, 0, NULL, NULL, NULL, SPI_OK_INSERT);
		}
		store_drop(store);
	}
}

/* Roles and keywords of the offers that were written. */
static void
write_understood(JmLoader *loader)
{
	char	  **ids = palloc(sizeof(char *) * loader->ndocuments);
	Oid			types[1] = {TEXTARRAYOID};
	Datum		values[1];

	for (int known = 0; known <= 1; known++)
	{
		int			n = 0;

		for (int i = 0; i < loader->ndocuments; i++)
			if (loader->documents[i].written && loader->documents[i].known == known)
				ids[n++] = loader->documents[i].offer_id;
		if (n == 0)
			continue;
		values[0] = text_array_datum(ids, n);
		if (jm_understand_offers)
		{
			run(known ? ST_ROLES_AGAIN : ST_ROLES, 1, types, values, NULL, SPI_OK_INSERT);
			run(known ? ST_KEYWORDS_AGAIN : ST_KEYWORDS, 1, types, values, NULL, SPI_OK_INSERT);
		}
		else if (known)
		{
			/* what their old state said does not hold any more */
			run(ST_DELETE_ROLES, 1, types, values, NULL, SPI_OK_DELETE);
			run(ST_DELETE_KEYWORDS, 1, types, values, NULL, SPI_OK_DELETE);
		}
	}
}

static void
write_offers(JmLoader *loader, int nwrite, bool any_known)
{
	Store	   *offers = offer_store(loader);
	Store	   *documents = document_store(loader, false);
	Oid			types[1];
	Datum		values[2];
	char		nulls[2];
	int			nwritten;

	store_register(offers);
	store_register(documents);
	for (Statement st = ST_ROME; st <= ST_COMPANY; st++)
	{
		run(st, 0, NULL, NULL, NULL, SPI_OK_INSERT);
		lock_references(loader, ST_LOCK + (st - ST_ROME));
	}
	if (any_known)
	{
		types[0] = INT8OID;
		run_parameters(loader, values, nulls);
		run(ST_CHANGE, 1, types, values, nulls, SPI_OK_INSERT);
	}
	types[0] = TEXTOID;
	values[0] = CStringGetTextDatum(loader->source);
	run(jm_understand_offers ? ST_OFFER : ST_OFFER_PLAIN, 1, types, values, NULL,
		SPI_OK_INSERT_RETURNING);
	nwritten = note_written(loader);
	loader->counts.unchanged += nwrite - nwritten;
	write_understood(loader);

	if (jm_keep_documents)
	{
		if (nwritten < nwrite)
		{
			store_drop(documents);
			documents = document_store(loader, true);
			store_register(documents);
		}
		run(ST_DOCUMENT, 0, NULL, NULL, NULL, SPI_OK_INSERT);
	}
	else if (any_known)
		run(ST_NO_DOCUMENT, 0, NULL, NULL, NULL, SPI_OK_DELETE);	/* out of date */
	store_drop(documents);
	store_drop(offers);
	write_children(loader);
}

static void
note_sightings(JmLoader *loader)
{
	char	  **ids = palloc(sizeof(char *) * loader->ndocuments);
	Oid			types[2] = {TEXTARRAYOID, INT8OID};

	/* new ones first: an INSERT; then those that have a row already */
	for (int known = 0; known <= 1; known++)
	{
		Datum		values[3];
		char		nulls[3];
		int			n = 0;

		for (int i = 0; i < loader->ndocuments; i++)
			if (loader->documents[i].known == known)
				ids[n++] = loader->documents[i].offer_id;
		if (n == 0)
			continue;
		run_parameters(loader, values + 1, nulls + 1);
		values[0] = text_array_datum(ids, n);
		nulls[0] = ' ';
		run(known ? ST_SEEN_AGAIN : ST_SEEN_NEW, 2, types, values, nulls,
			known ? SPI_OK_UPDATE : SPI_OK_INSERT);
		if (known && loader->run_id)
			loader->counts.repeated += n - (int64) SPI_processed;
	}
}

static void
write_rejects(JmLoader *loader)
{
	Oid			types[6] = {INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID, TEXTOID};
	ListCell   *lc;

	foreach(lc, loader->rejects)
	{
		Reject	   *reject = lfirst(lc);
		Datum		values[6];
		char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

		run_parameters(loader, values, nulls);
		values[2] = CStringGetTextDatum(reject->problem);
		values[3] = CStringGetTextDatum(loader->source);
		values[4] = Int64GetDatum(reject->position);
		nulls[5] = reject->offer_id ? ' ' : 'n';
		values[5] = reject->offer_id ? CStringGetTextDatum(reject->offer_id) : (Datum) 0;
		run(ST_REJECT, 6, types, values, nulls, SPI_OK_INSERT);
	}
	loader->rejects = NIL;
}

/* Makes jsonb of what was given as text. */
static void
parse_document(Document *d)
{
	Jsonb	   *root;

	if (d->text == NULL)
		return;
	root = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(pnstrdup(d->text, d->text_len))));
	d->value.type = jbvBinary;
	d->value.val.binary.data = &root->root;
	d->value.val.binary.len = VARSIZE(root) - VARHDRSZ;
}

static void check_ourselves(JmLoader *loader);

static void
flush_batch(JmLoader *loader)
{
	MemoryContext old = MemoryContextSwitchTo(loader->batch_context);
	int			nwrite = 0;
	bool		any_known = false;

	CHECK_FOR_INTERRUPTS();
	write_rejects(loader);
	if (loader->ndocuments > 0)
	{
		sort_documents(loader);
		/* before any row is: those who edit rules may lock rows after them */
		if (!loader->rules_locked && loader->ndocuments >= MIN_OWN_CHECKS &&
			loader->counts.inserted + loader->counts.updated + loader->counts.unchanged == 0)
		{
			jm_lock_rules();
			loader->rules_locked = true;
		}
		look_up(loader);
		for (int i = 0; i < loader->ndocuments; i++)
			nwrite += loader->documents[i].write;
		if (nwrite >= MIN_OWN_CHECKS)
			check_ourselves(loader);
		for (int i = 0; i < loader->ndocuments; i++)
		{
			Document   *d = &loader->documents[i];

			if (!d->write)
			{
				loader->counts.unchanged++;
				continue;
			}
			CHECK_FOR_INTERRUPTS();
			if (between && i % 32 == 31)
				between(between_arg);
			any_known = any_known || d->known;
			parse_document(d);
			d->offer = palloc(sizeof(JmOffer));
			jm_offer_decode(d->value.val.binary.data, d->offer);
			note_remarks(loader, d);
		}
		if (nwrite > 0)
			write_offers(loader, nwrite, any_known);
		note_sightings(loader);
	}
	loader->ndocuments = 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(loader->batch_context);
}

/* ------------------------------------------------------------------------
 * What the others use
 * ------------------------------------------------------------------------
 */

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
static void
check_ourselves(JmLoader *loader)
{
	if (loader->checks_itself || !loader->rules_locked || has_user_hooks())
		return;
	(void) set_config_option("session_replication_role", "replica", PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	loader->checks_itself = true;
}

/*
 * A sweep touches most pages a little, and after each checkpoint the first
 * touch of a page writes all of it to the log: two thirds of what a second
 * harvest was measured to write.  Where the server can, and its administrator
 * has chosen no other way, these are compressed.
 */
static void
compress_log(void)
{
	const char *now = GetConfigOption("wal_compression", true, false);

	if (now && strcmp(now, "off") == 0)
		(void) set_config_option("wal_compression", "lz4", PGC_SUSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, DEBUG2, false);
}

/* A plan that names PostGIS's schema is of no use after that was moved. */
static void
follow_postgis(void)
{
	static char planned[NAMEDATALEN * 2 + 3];
	char	   *schema = postgis_schema();

	if (plans[ST_OFFER] && strcmp(planned, schema) != 0)
	{
		SPI_freeplan(plans[ST_OFFER]);
		plans[ST_OFFER] = NULL;
	}
	strlcpy(planned, schema, sizeof(planned));
	pfree(schema);
}

/*
 * Begins a load of offers of a source, which must be in table source.  run_id
 * and cell_id, 0 for none, go into sightings, changes and errors.  SPI must be
 * connected from here to jm_loader_finish; memory is of the current context.
 */
JmLoader *
jm_loader_create(const char *source, int64 run_id, int64 cell_id)
{
	JmLoader   *loader = palloc0(sizeof(JmLoader));
	Oid			types[1] = {TEXTOID};
	Datum		values[1];
	HASHCTL		ctl;

	between = NULL;
	loader->source = pstrdup(source);
	loader->prefix = strcmp(source, "france_travail") == 0 ? "" : psprintf("%s:", source);
	loader->run_id = run_id;
	loader->cell_id = cell_id;
	loader->context = CurrentMemoryContext;
	/* kept between batches: giving it back to the system costs more than SQL */
	loader->batch_context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket batch",
												  BATCH_MEMORY, ALLOCSET_DEFAULT_INITSIZE,
												  ALLOCSET_DEFAULT_MAXSIZE);
	loader->documents = palloc(sizeof(Document) * BATCH);

	jm_lock_loads();
	values[0] = CStringGetTextDatum(source);
	run(ST_SOURCE, 1, types, values, NULL, SPI_OK_SELECT);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("source \"%s\" is not in jobmarket.source", source)));
	loader->guc_level = NewGUCNestLevel();
	compress_log();
	follow_postgis();

	memset(&ctl, 0, sizeof(ctl));
	ctl.hcxt = CurrentMemoryContext;
	ctl.keysize = sizeof(((RemarkEntry *) NULL)->attribute);
	ctl.entrysize = sizeof(RemarkEntry);
	loader->remarks = hash_create("jobmarket remarks", 16, &ctl,
								  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	return loader;
}

/*
 * Has an action called often until jm_loader_finish.  It must not use SPI.
 */
void
jm_loader_between(JmLoader *loader, void (*action) (void *arg), void *arg)
{
	between = action;
	between_arg = arg;
}

/* Adds a document whose head is known; *given is copied. */
static void
add_document(JmLoader *loader, Document *given)
{
	MemoryContext old = MemoryContextSwitchTo(loader->batch_context);

	loader->position++;
	loader->counts.received++;
	if (given->head.problem == NULL && *loader->prefix == '\0' && strchr(given->head.id, ':'))
		given->head.problem = "the identifier holds a colon, which parts other sources' identifiers";
	if (given->head.problem)
	{
		Reject	   *reject = palloc(sizeof(Reject));

		reject->problem = given->head.problem;
		reject->offer_id = given->head.id ? pstrdup(given->head.id) : NULL;
		reject->position = loader->position;
		loader->rejects = lappend(loader->rejects, reject);
		loader->counts.rejected++;
	}
	else
	{
		given->offer_id = psprintf("%s%s", loader->prefix, given->head.id);
		given->position = loader->position;
		loader->documents[loader->ndocuments++] = *given;
	}
	MemoryContextSwitchTo(old);
	if (loader->ndocuments == BATCH || list_length(loader->rejects) >= BATCH)
		flush_batch(loader);
}

/*
 * Adds an array of documents.  The container must stay in memory until
 * jm_loader_finish.
 */
void
jm_loader_add(JmLoader *loader, JsonbContainer *offers)
{
	JsonbIterator *it = JsonbIteratorInit(offers);
	JsonbValue	v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		Document	d;
		MemoryContext old;

		if (token != WJB_ELEM)
			continue;
		memset(&d, 0, sizeof(d));
		d.value = v;
		old = MemoryContextSwitchTo(loader->batch_context);
		jm_offer_head(&v, &d.head);
		MemoryContextSwitchTo(old);
		if (d.head.problem == NULL)
			d.hash = jm_offer_hash(v.val.binary.data);
		add_document(loader, &d);
	}
}

/* Adds the documents of a page, which must stay in memory likewise. */
void
jm_loader_add_page(JmLoader *loader, const JmOfferPage *page)
{
	for (int i = 0; i < page->count; i++)
	{
		const JmPageOffer *offer = &page->offers[i];
		Document	d;

		memset(&d, 0, sizeof(d));
		d.head = offer->head;
		d.hash = offer->hash;
		d.value = offer->value;
		d.text = offer->text;
		d.text_len = offer->text_len;
		add_document(loader, &d);
	}
}

/* Writes what is left, and reports; the loader is then of no more use. */
void
jm_loader_finish(JmLoader *loader, JmLoadCounts *counts)
{
	HASH_SEQ_STATUS scan;
	RemarkEntry *entry;

	flush_batch(loader);
	hash_seq_init(&scan, loader->remarks);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		Datum		values[7];
		char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};

		if (entry->problem == NULL)
		{
			Oid			types[3] = {TEXTOID, INT8OID, TEXTOID};

			values[0] = CStringGetTextDatum(entry->attribute);
			values[1] = Int64GetDatum(entry->count);
			values[2] = CStringGetTextDatum(entry->example);
			run(ST_UNKNOWN, 3, types, values, NULL, SPI_OK_INSERT);
		}
		else
		{
			Oid			types[7] = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID};

			run_parameters(loader, values, nulls);
			values[2] = CStringGetTextDatum(entry->problem);
			values[3] = CStringGetTextDatum(loader->source);
			values[4] = CStringGetTextDatum(entry->attribute);
			values[5] = Int64GetDatum(entry->count);
			values[6] = CStringGetTextDatum(entry->example);
			run(ST_ATTRIBUTE, 7, types, values, nulls, SPI_OK_INSERT);
		}
	}
	between = NULL;
	AtEOXact_GUC(true, loader->guc_level);
	*counts = loader->counts;
	hash_destroy(loader->remarks);
	MemoryContextDelete(loader->batch_context);
	pfree(loader->documents);
	pfree(loader);
}
