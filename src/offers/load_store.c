/*
 * load_store.c
 *		A batch's documents as tuplestores that SQL sees as tables: jm_offer,
 *		jm_document, and jm_... for each child of an offer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "offers/load_internal.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#define STORE_KB (32 * 1024)

static JmLoadStore *
store_create(const char *name, int ncolumns)
{
	JmLoadStore *store = palloc0(sizeof(JmLoadStore));

	store->name = pstrdup(name);
	store->desc = CreateTemplateTupleDesc(ncolumns);
	store->tuples = tuplestore_begin_heap(true, false, STORE_KB);
	return store;
}

static void
store_column(JmLoadStore *store, int column, const char *name, Oid type)
{
	TupleDescInitEntry(store->desc, column, name, type, -1, 0);
}

static void
store_put(JmLoadStore *store, Datum *values, bool *nulls)
{
	tuplestore_putvalues(store->tuples, store->desc, values, nulls);
	store->count++;
}

/* Lets statements see a store under its name. */
void
jm_load_register(JmLoader *loader, JmLoadStore *store)
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
	old = MemoryContextSwitchTo(loader->spi_context);
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\"", store->name);
	MemoryContextSwitchTo(old);
}

/* Ends that, and frees its rows. */
void
jm_load_drop_store(JmLoadStore *store)
{
	SPI_unregister_relation(store->name);
	tuplestore_end(store->tuples);
}

#define OFFER_EXTRA 3			/* offer_id, content_hash, company_id */

/* The offers that are to be written, with all columns that were decoded. */
JmLoadStore *
jm_load_offer_store(JmLoader *loader)
{
	JmLoadStore *store = store_create("jm_offer", OFFER_EXTRA + JM_COLUMNS);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "content_hash", INT8OID);
	store_column(store, 3, "company_id", UUIDOID);
	for (int c = 0; c < JM_COLUMNS; c++)
		store_column(store, OFFER_EXTRA + 1 + c, jm_column_name(c), jm_column_type(c));

	for (int i = 0; i < loader->ndocuments; i++)
	{
		JmDocument *d = &loader->documents[i];
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

/* The documents to be written, or of those that were, without private parts. */
JmLoadStore *
jm_load_document_store(JmLoader *loader, bool only_written)
{
	JmLoadStore *store = store_create("jm_document", 2);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "document", JSONBOID);
	for (int i = 0; i < loader->ndocuments; i++)
	{
		JmDocument *d = &loader->documents[i];
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

/* Elements of the list jm_lists[l] of the offers that were written. */
JmLoadStore *
jm_load_list_store(JmLoader *loader, int l)
{
	const JmList *list = &jm_lists[l];
	JmLoadStore *store = store_create(psprintf("jm_%s", list->child), 3 + list->nfields);

	store_column(store, 1, "offer_id", TEXTOID);
	store_column(store, 2, "position", INT4OID);
	store_column(store, 3, list->dimension ? list->dimension_id : "no_dimension", UUIDOID);
	for (int f = 0; f < list->nfields; f++)
		store_column(store, 4 + f, list->columns[f], TEXTOID);

	for (int i = 0; i < loader->ndocuments; i++)
	{
		JmDocument *d = &loader->documents[i];
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
