/*
 * load_internal.h
 *		What the files of the loader (load*.c) share, and nobody else includes.
 */
#ifndef JM_LOAD_INTERNAL_H
#define JM_LOAD_INTERNAL_H

#include "offers/load.h"

#include "access/tupdesc.h"
#include "offers/decode.h"
#include "offers/head.h"
#include "utils/hsearch.h"
#include "utils/tuplestore.h"

typedef struct JmDocument
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
	bool		known;			/* did the table have it before? */
	bool		write;
	bool		written;
} JmDocument;

struct JmLoader
{
	char	   *source;
	char	   *prefix;			/* before identifiers: "" or "source:" */
	int64		run_id;			/* 0: no harvest */
	int64		cell_id;
	int64		position;		/* of the document added last, from 1 */
	JmLoadCounts counts;
	MemoryContext context;
	MemoryContext batch_context;
	MemoryContext spi_context;	/* in which SPI leaves its caller */
	void		(*between) (void *arg); /* what its user wants done between
										 * statements, or NULL */
	void	   *between_arg;
	int			guc_level;
	bool		rules_locked;
	bool		checks_itself;	/* foreign keys: not left to triggers */
	HTAB	   *remarks;		/* NULL: none yet */
	JmDocument *documents;
	int			ndocuments;
	List	   *rejects;
};

typedef enum JmLoadStatement
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
} JmLoadStatement;

/* Rows that statements see as a table. */
typedef struct JmLoadStore
{
	char	   *name;
	TupleDesc	desc;
	Tuplestorestate *tuples;
	int64		count;
} JmLoadStore;

/* load.c */
extern void jm_load_between(JmLoader *loader);

/* load_sql.c */
extern void jm_load_run(JmLoader *loader, JmLoadStatement st, int nargs, Oid *types,
						Datum *values, const char *nulls, int expected);
extern void jm_load_follow_postgis(void);

/* load_store.c */
extern JmLoadStore *jm_load_offer_store(JmLoader *loader);
extern JmLoadStore *jm_load_document_store(JmLoader *loader, bool only_written);
extern JmLoadStore *jm_load_list_store(JmLoader *loader, int l);
extern void jm_load_register(JmLoader *loader, JmLoadStore *store);
extern void jm_load_drop_store(JmLoadStore *store);

/* load_write.c */
extern void jm_load_look_up(JmLoader *loader);
extern void jm_load_write_offers(JmLoader *loader, int nwrite, bool any_known);
extern void jm_load_note_sightings(JmLoader *loader);
extern void jm_load_run_parameters(JmLoader *loader, Datum *values, char *nulls);

/* load_checks.c */
extern void jm_load_check_references(JmLoader *loader);
extern void jm_load_lock_references(JmLoader *loader, JmLoadStatement st);

/* load_errors.c */
extern void jm_load_reject(JmLoader *loader, const char *problem, const char *offer_id);
extern void jm_load_write_rejects(JmLoader *loader);
extern void jm_load_note_remarks(JmLoader *loader, const JmDocument *d);
extern void jm_load_write_remarks(JmLoader *loader);

#endif							/* JM_LOAD_INTERNAL_H */
