/*
 * offers.c
 *		SQL function load_offers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "offers/load.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* Adds a source that is not in the table yet, so that offers may refer to it. */
static void
ensure_source(const char *source)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1];
	size_t		len = strspn(source, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (source[len] || len == 0 || len > 40 || source[0] < 'a')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" cannot name a source", source),
				 errhint("A name has up to 40 small letters, digits and underscores, and begins with a letter.")));
	values[0] = CStringGetTextDatum(source);
	if (SPI_execute_with_args("INSERT INTO jobmarket.source (source, name) SELECT $1, $1 "
							  "WHERE NOT EXISTS (SELECT 1 FROM jobmarket.source s WHERE s.source = $1) "
							  "ON CONFLICT DO NOTHING",
							  1, types, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not look up the source");
}

PG_FUNCTION_INFO_V1(jobmarket_load_offers);

/*
 * load_offers(documents jsonb, source text): loads one offer, an array of them
 * or an answer of the search; returns the counts as one row.
 */
Datum
jobmarket_load_offers(PG_FUNCTION_ARGS)
{
	Jsonb	   *documents;
	char	   *source;
	TupleDesc	desc;
	Datum		values[5];
	bool		nulls[5] = {false};
	JmLoader   *loader;
	JmLoadCounts counts;
	JsonbContainer *offers = NULL;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the offers to load are null"),
				 errhint("Give one offer or an array of offers, as the API returns them.")));
	documents = PG_GETARG_JSONB_P(0);
	source = PG_ARGISNULL(1) ? "france_travail" : text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (JB_ROOT_IS_SCALAR(documents))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot load a scalar as an offer"),
				 errhint("Give one offer or an array of offers, as the API returns them.")));
	if (JB_ROOT_IS_ARRAY(documents))
		offers = &documents->root;
	else
	{
		JsonbValue	buffer;
		JsonbValue *v = getKeyJsonValueFromContainer(&documents->root, "resultats", 9, &buffer);

		if (v && v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data))
			offers = v->val.binary.data;
		else
		{
			/* one offer: an array of it, so that there is one way to load */
			JsonbParseState *state = NULL;
			JsonbValue	one;

			one.type = jbvBinary;
			one.val.binary.data = &documents->root;
			one.val.binary.len = VARSIZE(documents) - VARHDRSZ;
			pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
			pushJsonbValue(&state, WJB_ELEM, &one);
			documents = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
			offers = &documents->root;
		}
	}

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	ensure_source(source);
	loader = jm_loader_create(source, 0, 0);
	jm_loader_add(loader, offers);
	jm_loader_finish(loader, &counts);
	SPI_finish();

	values[0] = Int64GetDatum(counts.received);
	values[1] = Int64GetDatum(counts.inserted);
	values[2] = Int64GetDatum(counts.updated);
	values[3] = Int64GetDatum(counts.unchanged);
	values[4] = Int64GetDatum(counts.rejected);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
