/*
 * load.c
 *		Offers' documents into the tables, set by set.
 *
 * Documents are taken in batches.  The content hash says which are new or
 * changed; only those are decoded, into tuplestores that SQL sees as tables
 * named jm_... (load_store.c), and one INSERT ... SELECT a table (load_sql.c)
 * does the rest (load_write.c).  What is unchanged costs a look-up and an
 * update of the narrow offer_sighting.
 *
 * One session loads at a time, from its first document to the end of its
 * transaction: two that wrote the same offers or labels in different orders
 * would deadlock, and each would tell the history of the other.
 *
 * Rules and places, which are small and seldom edited, are locked against edits
 * for the transaction, unless it loads a handful of documents: it classifies by
 * one state of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "offers/load_internal.h"
#include "text/understand.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* Enough for a statement's fixed cost not to matter, little enough memory. */
#define BATCH 600

/* Loads of fewer documents do not keep those who edit rules waiting; with fewer
 * to write the triggers of foreign keys cost less than replanning. */
#define MIN_OWN_CHECKS 100

#define BATCH_MEMORY (16 * 1024 * 1024)

static int
document_cmp(const void *a, const void *b)
{
	const JmDocument *x = a;
	const JmDocument *y = b;
	int			cmp = strcmp(x->offer_id, y->offer_id);

	/* of one offer given twice, the newer state first, else what came last */
	if (cmp == 0)
		cmp = x->head.updated_at > y->head.updated_at ? -1 :
			x->head.updated_at < y->head.updated_at;
	if (cmp == 0)
		cmp = x->position > y->position ? -1 : 1;
	return cmp;
}

/* Sorts by identifier and drops repetitions: they count as unchanged. */
static void
sort_documents(JmLoader *loader)
{
	int			n = 0;

	qsort(loader->documents, loader->ndocuments, sizeof(JmDocument), document_cmp);
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

/* Makes jsonb of what was given as text. */
static void
parse_document(JmDocument *d)
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

/* Writes the documents at hand. */
static void
flush_batch(JmLoader *loader)
{
	MemoryContext old = MemoryContextSwitchTo(loader->batch_context);
	int			nwrite = 0;
	bool		any_known = false;

	CHECK_FOR_INTERRUPTS();
	jm_load_write_rejects(loader);
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
		jm_load_look_up(loader);
		for (int i = 0; i < loader->ndocuments; i++)
			nwrite += loader->documents[i].write;
		if (nwrite >= MIN_OWN_CHECKS)
			jm_load_check_references(loader);
		for (int i = 0; i < loader->ndocuments; i++)
		{
			JmDocument *d = &loader->documents[i];

			if (!d->write)
			{
				loader->counts.unchanged++;
				continue;
			}
			CHECK_FOR_INTERRUPTS();
			if (i % 32 == 31)
				jm_load_between(loader);
			any_known = any_known || d->known;
			parse_document(d);
			d->offer = palloc(sizeof(JmOffer));
			jm_offer_decode(d->value.val.binary.data, d->offer);
			jm_load_note_remarks(loader, d);
		}
		if (nwrite > 0)
			jm_load_write_offers(loader, nwrite, any_known);
		jm_load_note_sightings(loader);
	}
	loader->ndocuments = 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(loader->batch_context);
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

	loader->source = pstrdup(source);
	loader->prefix = strcmp(source, "france_travail") == 0 ? "" : psprintf("%s:", source);
	loader->run_id = run_id;
	loader->cell_id = cell_id;
	loader->context = CurrentMemoryContext;
	/* kept between batches: giving it back to the system costs more than SQL */
	loader->batch_context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket batch",
												  BATCH_MEMORY, ALLOCSET_DEFAULT_INITSIZE,
												  ALLOCSET_DEFAULT_MAXSIZE);
	loader->documents = palloc(sizeof(JmDocument) * BATCH);

	jm_lock_loads();
	values[0] = CStringGetTextDatum(source);
	jm_load_run(loader, ST_SOURCE, 1, types, values, NULL, SPI_OK_SELECT);
	if (SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("source \"%s\" is not in jobmarket.source", source)));
	loader->guc_level = NewGUCNestLevel();
	compress_log();
	jm_load_follow_postgis();
	return loader;
}

/* Lets the loader's user do what he wants to be done between statements. */
void
jm_load_between(JmLoader *loader)
{
	if (loader->between)
		loader->between(loader->between_arg);
}

/*
 * Has an action called often until jm_loader_finish.  It must not use SPI.
 */
void
jm_loader_between(JmLoader *loader, void (*action) (void *arg), void *arg)
{
	loader->between = action;
	loader->between_arg = arg;
}

/* Adds a document whose head is known; *given is copied. */
static void
add_document(JmLoader *loader, JmDocument *given)
{
	MemoryContext old = MemoryContextSwitchTo(loader->batch_context);

	loader->position++;
	loader->counts.received++;
	if (given->head.problem == NULL && *loader->prefix == '\0' && strchr(given->head.id, ':'))
		given->head.problem = "the identifier holds a colon, which parts other sources' identifiers";
	if (given->head.problem)
	{
		jm_load_reject(loader, given->head.problem, given->head.id);
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
		JmDocument	d;
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
		JmDocument	d;

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
	flush_batch(loader);
	jm_load_write_remarks(loader);
	AtEOXact_GUC(true, loader->guc_level);
	*counts = loader->counts;
	if (loader->remarks)
		hash_destroy(loader->remarks);
	MemoryContextDelete(loader->batch_context);
	pfree(loader->documents);
	pfree(loader);
}
