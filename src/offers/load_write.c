/*
 * load_write.c
 *		A batch compared with the tables, and written into them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/guc.h"
#include "executor/spi.h"
#include "offers/load_internal.h"
#include "utils/array.h"
#include "utils/builtins.h"

static Datum
text_array_datum(char **texts, int n)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		datums[i] = CStringGetTextDatum(texts[i]);
	return PointerGetDatum(construct_array(datums, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static JmDocument *
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

/* Harvest and cell as parameters $1 and $2, NULL outside a harvest. */
void
jm_load_run_parameters(JmLoader *loader, Datum *values, char *nulls)
{
	values[0] = Int64GetDatum(loader->run_id);
	values[1] = Int64GetDatum(loader->cell_id);
	nulls[0] = loader->run_id ? ' ' : 'n';
	nulls[1] = loader->cell_id ? ' ' : 'n';
}

/* Asks the table what it holds, and marks the documents to be written. */
void
jm_load_look_up(JmLoader *loader)
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
	jm_load_run(loader, ST_LOOKUP, 1, types, values, NULL, SPI_OK_SELECT);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[r];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		JmDocument *d = find_document(loader, SPI_getvalue(tuple, desc, 1));
		int64		hash = DatumGetInt64(SPI_getbinval(tuple, desc, 2, &isnull));
		Datum		updated_at = SPI_getbinval(tuple, desc, 3, &isnull);
		bool		older = !isnull && d->head.has_updated_at &&
		d->head.updated_at < DatumGetTimestampTz(updated_at);
		bool		withdrawn = DatumGetBool(SPI_getbinval(tuple, desc, 4, &isnull));

		d->known = true;
		/* a harvest found it alive; a document from elsewhere may just be old */
		d->write = older ? withdrawn && loader->run_id != 0 : withdrawn || hash != d->hash;
	}
	SPI_freetuptable(SPI_tuptable);
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
		JmDocument *d = find_document(loader, SPI_getvalue(tuple, desc, 1));

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
		JmLoadStore *store = jm_load_list_store(loader, l);

		jm_load_register(loader, store);
		if (nids > 0)
			jm_load_run(loader, ST_DELETE + l, 1, types, values, NULL, SPI_OK_DELETE);
		if (store->count > 0)
		{
			if (jm_lists[l].dimension)
			{
				jm_load_run(loader, ST_DIMENSION + l, 0, NULL, NULL, NULL, SPI_OK_INSERT);
				jm_load_lock_references(loader, ST_LOCK_DIMENSION + l);
			}
			jm_load_run(loader, (nids > 0 ? ST_CHILD_AGAIN : ST_CHILD) + l, 0, NULL, NULL, NULL, SPI_OK_INSERT);
		}
		jm_load_drop_store(store);
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
			jm_load_run(loader, known ? ST_ROLES_AGAIN : ST_ROLES, 1, types, values, NULL, SPI_OK_INSERT);
			jm_load_run(loader, known ? ST_KEYWORDS_AGAIN : ST_KEYWORDS, 1, types, values, NULL, SPI_OK_INSERT);
		}
		else if (known)
		{
			/* what their old state said does not hold any more */
			jm_load_run(loader, ST_DELETE_ROLES, 1, types, values, NULL, SPI_OK_DELETE);
			jm_load_run(loader, ST_DELETE_KEYWORDS, 1, types, values, NULL, SPI_OK_DELETE);
		}
	}
}

/*
 * Writes the nwrite documents that are to be written, which are decoded, with
 * all that refers to them and that they refer to.  any_known: does the table
 * hold one of them?
 */
void
jm_load_write_offers(JmLoader *loader, int nwrite, bool any_known)
{
	JmLoadStore *offers = jm_load_offer_store(loader);
	JmLoadStore *documents = jm_load_document_store(loader, false);
	Oid			types[1];
	Datum		values[2];
	char		nulls[2];
	int			nwritten;

	jm_load_register(loader, offers);
	jm_load_register(loader, documents);
	for (JmLoadStatement st = ST_ROME; st <= ST_COMPANY; st++)
	{
		jm_load_run(loader, st, 0, NULL, NULL, NULL, SPI_OK_INSERT);
		jm_load_lock_references(loader, ST_LOCK + (st - ST_ROME));
	}
	if (any_known)
	{
		types[0] = INT8OID;
		jm_load_run_parameters(loader, values, nulls);
		jm_load_run(loader, ST_CHANGE, 1, types, values, nulls, SPI_OK_INSERT);
	}
	types[0] = TEXTOID;
	values[0] = CStringGetTextDatum(loader->source);
	jm_load_run(loader, jm_understand_offers ? ST_OFFER : ST_OFFER_PLAIN, 1, types, values, NULL,
				SPI_OK_INSERT_RETURNING);
	nwritten = note_written(loader);
	loader->counts.unchanged += nwrite - nwritten;
	write_understood(loader);

	if (jm_keep_documents)
	{
		if (nwritten < nwrite)
		{
			jm_load_drop_store(documents);
			documents = jm_load_document_store(loader, true);
			jm_load_register(loader, documents);
		}
		jm_load_run(loader, ST_DOCUMENT, 0, NULL, NULL, NULL, SPI_OK_INSERT);
	}
	else if (any_known)
		jm_load_run(loader, ST_NO_DOCUMENT, 0, NULL, NULL, NULL, SPI_OK_DELETE);	/* out of date */
	jm_load_drop_store(documents);
	jm_load_drop_store(offers);
	write_children(loader);
}

/* Notes that the documents of a batch, written or not, were seen. */
void
jm_load_note_sightings(JmLoader *loader)
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
		jm_load_run_parameters(loader, values + 1, nulls + 1);
		values[0] = text_array_datum(ids, n);
		nulls[0] = ' ';
		jm_load_run(loader, known ? ST_SEEN_AGAIN : ST_SEEN_NEW, 2, types, values, nulls,
					known ? SPI_OK_UPDATE : SPI_OK_INSERT);
		if (known && loader->run_id)
			loader->counts.repeated += n - (int64) SPI_processed;
	}
}
