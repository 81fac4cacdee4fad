/*
 * load_errors.c
 *		What a load could not read: documents, and attributes of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "offers/load_internal.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

/* Different remarks of one load that are told apart. */
#define MAX_REMARKS 500

/* Remarks on an attribute: how many documents, and one of them. */
typedef struct RemarkEntry
{
	char		attribute[256];
	const char *problem;		/* NULL: unknown attribute */
	int64		count;
	int64		position;		/* of the document counted last */
	char		example[256];
} RemarkEntry;

typedef struct Reject
{
	const char *problem;
	char	   *offer_id;
	int64		position;
} Reject;

static void
create_remarks(JmLoader *loader)
{
	HASHCTL		ctl;

	memset(&ctl, 0, sizeof(ctl));
	ctl.hcxt = loader->context;
	ctl.keysize = sizeof(((RemarkEntry *) NULL)->attribute);
	ctl.entrysize = sizeof(RemarkEntry);
	loader->remarks = hash_create("jobmarket remarks", 16, &ctl,
								  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/* Counts what was remarked on a document that was decoded. */
void
jm_load_note_remarks(JmLoader *loader, const JmDocument *d)
{
	ListCell   *lc;

	if (loader->remarks == NULL && d->offer->remarks != NIL)
		create_remarks(loader);
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
			entry->count = entry->position = 0;
			strlcpy(entry->example, d->offer_id, sizeof(entry->example));
		}
		/* offers are counted, which may have it in several elements */
		if (entry->position != d->position)
			entry->count++;
		entry->position = d->position;
	}
}

/*
 * Notes the document at the loader's position, of identifier offer_id or NULL,
 * as one that cannot be read.
 */
void
jm_load_reject(JmLoader *loader, const char *problem, const char *offer_id)
{
	Reject	   *reject = palloc(sizeof(Reject));

	reject->problem = problem;
	reject->offer_id = offer_id ? pstrdup(offer_id) : NULL;
	reject->position = loader->position;
	loader->rejects = lappend(loader->rejects, reject);
	loader->counts.rejected++;
}

/* Writes the documents rejected since the last time to harvest_error. */
void
jm_load_write_rejects(JmLoader *loader)
{
	Oid			types[6] = {INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID, TEXTOID};
	ListCell   *lc;

	foreach(lc, loader->rejects)
	{
		Reject	   *reject = lfirst(lc);
		Datum		values[6];
		char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

		jm_load_run_parameters(loader, values, nulls);
		values[2] = CStringGetTextDatum(reject->problem);
		values[3] = CStringGetTextDatum(loader->source);
		values[4] = Int64GetDatum(reject->position);
		nulls[5] = reject->offer_id ? ' ' : 'n';
		values[5] = reject->offer_id ? CStringGetTextDatum(reject->offer_id) : (Datum) 0;
		jm_load_run(loader, ST_REJECT, 6, types, values, nulls, SPI_OK_INSERT);
	}
	loader->rejects = NIL;
}

/* Writes what was remarked: unknown attributes, and values of known ones. */
void
jm_load_write_remarks(JmLoader *loader)
{
	HASH_SEQ_STATUS scan;
	RemarkEntry *entry;

	if (loader->remarks == NULL)
		return;
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
			jm_load_run(loader, ST_UNKNOWN, 3, types, values, NULL, SPI_OK_INSERT);
		}
		else
		{
			Oid			types[7] = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID};

			jm_load_run_parameters(loader, values, nulls);
			values[2] = CStringGetTextDatum(entry->problem);
			values[3] = CStringGetTextDatum(loader->source);
			values[4] = CStringGetTextDatum(entry->attribute);
			values[5] = Int64GetDatum(entry->count);
			values[6] = CStringGetTextDatum(entry->example);
			jm_load_run(loader, ST_ATTRIBUTE, 7, types, values, nulls, SPI_OK_INSERT);
		}
	}
}
