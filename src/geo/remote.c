/*
 * remote.c
 *		SQL function isochrone(network => ...): areas that a service computes,
 *		kept in table isochrone_cache.
 *
 * The caller needs USAGE on the server, as for every request.  The cache is
 * read and written as its owner; what is in it came from a server that the
 * caller may use, for its key holds the server's name and address.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "core/compat.h"
#include "core/guc.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "geo/isochrone.h"
#include "http/http.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define DIGEST_LENGTH 32
#define CONTOURS 4				/* that Valhalla takes in one request */

PG_FUNCTION_INFO_V1(jobmarket_isochrone_remote);

/* What a provider calls our modes; NULL: it has no such mode. */
typedef struct Provider
{
	const char *name;
	const char *car;
	const char *bike;
	const char *foot;
	int			limits_at_once;
} Provider;

static const Provider providers[] = {
	{"ign_isochrone", "car", NULL, "pedestrian", 1},
	{"valhalla", "auto", "bicycle", "pedestrian", CONTOURS}
};

typedef struct Remote
{
	JmServer   *server;
	const Provider *provider;
	const char *profile;
	JmIsochrone *iso;
	bool		known[JM_MAX_LIMITS];	/* iso->areas[k] is there */
	bool		fresh[JM_MAX_LIMITS];	/* and came from the server just now */
	char	   *keys[JM_MAX_LIMITS];
	/* of a failure */
	JmRequest  *failed;			/* a request, or */
	char	   *problem;		/* what is wrong with an answer */
} Remote;

/* Finds the provider and its name for the mode; an error when there is none. */
static void
find_profile(Remote *r)
{
	const char *mode = r->iso->mode;

	for (int i = 0; i < lengthof(providers); i++)
		if (strcmp(providers[i].name, r->server->provider) == 0)
			r->provider = &providers[i];
	if (r->provider == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" does not compute isochrones", r->server->name),
				 errdetail("Its provider is \"%s\".", r->server->provider),
				 errhint("Providers of isochrones are ign_isochrone and valhalla.")));
	if (strcmp(mode, "car") == 0)
		r->profile = r->provider->car;
	else if (strcmp(mode, "bike") == 0)
		r->profile = r->provider->bike;
	else if (strcmp(mode, "foot") == 0)
		r->profile = r->provider->foot;
	if (r->profile == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("server \"%s\" does not know mode of travel \"%s\"", r->server->name, mode),
				 errhint("Provider %s has the modes car%s and foot; network => NULL is the network of this database.",
						 r->provider->name, r->provider->bike ? ", bike" : "")));
}

/*
 * Path and query for some of the limits.  The point is rounded to 1e-5 degrees
 * (a metre), so that one stands for all that are stored with it.
 */
static char *
make_query(const Remote *r, const int *numbers, int count)
{
	const JmIsochrone *iso = r->iso;
	StringInfoData text;

	initStringInfo(&text);
	if (strcmp(r->provider->name, "ign_isochrone") == 0)
	{
		appendStringInfo(&text, "point=%.5f%%2C%.5f&resource=%s&costType=time&timeUnit=second&costValue=%.15g"
						 "&profile=%s&direction=%s&crs=EPSG%%3A4326&geometryFormat=geojson",
						 iso->lon, iso->lat, jm_url_encode(r->server->resource),
						 iso->limits[numbers[0]] / 1000.0, r->profile,
						 iso->backward ? "arrival" : "departure");
		return text.data;
	}
	appendStringInfo(&text, "{\"locations\":[{\"lat\":%.5f,\"lon\":%.5f}],\"costing\":\"%s\",\"reverse\":%s,"
					 "\"polygons\":true,\"contours\":[",
					 iso->lat, iso->lon, r->profile, iso->backward ? "true" : "false");
	for (int i = 0; i < count; i++)
		appendStringInfo(&text, "%s{\"time\":%.15g}", i ? "," : "",
						 iso->limits[numbers[i]] / JM_MS_PER_MINUTE);
	appendStringInfoString(&text, "]}");
	return psprintf("json=%s", jm_url_encode(text.data));
}

/* Digest of all that the answer for one limit depends on. */
static char *
make_key(const Remote *r, int number)
{
	static const char hex[] = "0123456789abcdef";
	char	   *text = psprintf("%s %s %s", quote_literal_cstr(r->server->name), r->server->api_url,
								make_query(r, &number, 1));
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	uint8		digest[DIGEST_LENGTH];
	char	   *key = palloc(2 * DIGEST_LENGTH + 1);

	if (context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) text, strlen(text)) < 0 ||
		jm_cryptohash_final(context, digest, DIGEST_LENGTH) < 0)
	{
		pg_cryptohash_free(context);
		elog(ERROR, "could not compute a SHA-256 digest");
	}
	pg_cryptohash_free(context);
	for (int i = 0; i < DIGEST_LENGTH; i++)
	{
		key[2 * i] = hex[digest[i] >> 4];
		key[2 * i + 1] = hex[digest[i] & 15];
	}
	key[2 * DIGEST_LENGTH] = '\0';
	return key;
}

/* The geometry in a column of a row of SPI, copied into the caller's context. */
static Datum
take_geometry(const JmIsochrone *iso, HeapTuple row, int column, MemoryContext context, bool *isnull)
{
	Datum		value = SPI_getbinval(row, SPI_tuptable->tupdesc, column, isnull);
	MemoryContext before;

	if (*isnull)
		return (Datum) 0;
	before = MemoryContextSwitchTo(context);
	value = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	MemoryContextSwitchTo(before);
	return value;
}

/*
 * Runs a query of ours, if it needs the cache as its owner; SPI stays
 * connected, to be closed with end_query.  An error resets both by itself.
 */
static void
begin_query(const char *query, bool as_owner, int count, Oid *types, Datum *values,
			Oid *user, int *security)
{
	GetUserIdAndSecContext(user, security);
	if (as_owner)
		SetUserIdAndSecContext(jm_road_owner(),
							   *security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* not read_only: what this statement stored itself is to be seen */
	if (SPI_execute_with_args(query, count, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", query);
}

static void
end_query(Oid user, int security)
{
	SPI_finish();
	SetUserIdAndSecContext(user, security);
}

/* Takes what the cache has. */
static void
look_up(Remote *r)
{
	MemoryContext context = CurrentMemoryContext;
	JmIsochrone *iso = r->iso;
	Oid			types[2] = {TEXTARRAYOID, INT4OID};
	Datum		keys[JM_MAX_LIMITS];
	Datum		values[2];
	Oid			user;
	int			security;

	for (int k = 0; k < iso->count; k++)
		keys[k] = CStringGetTextDatum(r->keys[k]);
	values[0] = PointerGetDatum(construct_array(keys, iso->count, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = Int32GetDatum(jm_isochrone_cache_expiry);
	begin_query("SELECT * FROM jobmarket.cached_isochrones($1, $2)", true, 2, types, values, &user, &security);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *key = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		for (int k = 0; k < iso->count; k++)
			if (strcmp(key, r->keys[k]) == 0)
			{
				bool		isnull;

				iso->areas[k] = take_geometry(iso, SPI_tuptable->vals[i], 2, context, &isnull);
				r->known[k] = !isnull;
			}
	}
	end_query(user, security);
}

/* Does the service say that there is no road near the point? */
static bool
no_road(const Remote *r, const JmRequest *request)
{
	if (strcmp(r->provider->name, "ign_isochrone") == 0)
		return request->status == 404 && strcasestr(request->message, "no data found") != NULL;
	return request->status == 400 && request->error_code && strcmp(request->error_code, "171") == 0;
}

/* Reads the areas of some limits from an answer; false: r->problem says why. */
static bool
read_answer(Remote *r, JmRequest *request, const int *numbers, int count)
{
	MemoryContext context = CurrentMemoryContext;
	JmIsochrone *iso = r->iso;
	Oid			types[3] = {TEXTOID, TEXTOID, FLOAT8ARRAYOID};
	Datum		minutes[CONTOURS];
	Datum		values[3];
	Oid			user;
	int			security;

	if (request->body_len >= MaxAllocSize / 4 ||
		!pg_verify_mbstr(GetDatabaseEncoding(), request->body, request->body_len, true))
	{
		r->problem = "it is not a text in UTF-8";
		return false;
	}
	for (int i = 0; i < count; i++)
		minutes[i] = Float8GetDatum(iso->limits[numbers[i]] / JM_MS_PER_MINUTE);
	values[0] = CStringGetTextDatum(r->provider->name);
	values[1] = PointerGetDatum(cstring_to_text_with_len(request->body, request->body_len));
	values[2] = PointerGetDatum(construct_array(minutes, count, FLOAT8OID, sizeof(float8),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	begin_query("SELECT geom, problem FROM jobmarket.read_isochrone($1, $2, $3)", false, 3, types, values,
				&user, &security);
	if (SPI_processed != count)
		elog(ERROR, "read_isochrone gave " UINT64_FORMAT " rows", SPI_processed);
	for (int i = 0; i < count && r->problem == NULL; i++)
	{
		bool		isnull;

		iso->areas[numbers[i]] = take_geometry(iso, SPI_tuptable->vals[i], 1, context, &isnull);
		r->known[numbers[i]] = r->fresh[numbers[i]] = !isnull;
		if (isnull)
		{
			char	   *problem = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);

			r->problem = MemoryContextStrdup(context, problem ? problem : "it holds no area");
		}
	}
	end_query(user, security);
	return r->problem == NULL;
}

/* Asks the service for what is not known yet; false when that failed. */
static bool
ask(Remote *r)
{
	JmIsochrone *iso = r->iso;
	int			numbers[CONTOURS];
	int			count = 0;

	for (int k = 0; k <= iso->count; k++)
	{
		JmRequest  *request;

		if (k < iso->count && !r->known[k])
			numbers[count++] = k;
		if (count == 0 || (k < iso->count && count < r->provider->limits_at_once))
			continue;
		request = jm_http_get(r->server, "/isochrone", make_query(r, numbers, count));
		if (request->outcome == JM_OK)
		{
			if (!read_answer(r, request, numbers, count))
				return false;
		}
		else if (no_road(r, request))
			for (int i = 0; i < count; i++)
			{
				iso->areas[numbers[i]] = jm_isochrone_empty(iso);
				r->known[numbers[i]] = r->fresh[numbers[i]] = true;
			}
		else
		{
			r->failed = request;
			return false;
		}
		jm_request_free(request);
		count = 0;
	}
	return true;
}

/* Stores what came from the service. */
static void
store(Remote *r)
{
	const JmIsochrone *iso = r->iso;

	for (int k = 0; k < iso->count; k++)
	{
		Oid			types[10] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID, FLOAT8OID,
		iso->type->type, INT4OID, INT8OID};
		Datum		values[10];
		Oid			user;
		int			security;

		if (!r->fresh[k])
			continue;
		values[0] = CStringGetTextDatum(r->keys[k]);
		values[1] = CStringGetTextDatum(r->server->name);
		values[2] = CStringGetTextDatum(iso->mode);
		values[3] = CStringGetTextDatum(iso->backward ? "to" : "from");
		values[4] = Float8GetDatum(iso->limits[k] / JM_MS_PER_MINUTE);
		values[5] = Float8GetDatum(iso->lon);
		values[6] = Float8GetDatum(iso->lat);
		values[7] = iso->areas[k];
		values[8] = Int32GetDatum(jm_isochrone_cache_expiry);
		values[9] = Int64GetDatum((int64) jm_isochrone_cache_size * 1024);
		begin_query("SELECT jobmarket.cache_isochrone($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", true,
					10, types, values, &user, &security);
		end_query(user, security);
	}
}

#define FALLBACK_HINT "With fallback => true the network of this database answers in its place."

/* The failure as an error; with fallback as a warning. */
static void
report_failure(Remote *r, bool fallback)
{
	const char *detail = r->problem ? r->problem : r->failed->message;

	if (fallback)
	{
		ereport(WARNING,
				(errcode(r->problem ? ERRCODE_PROTOCOL_VIOLATION : r->failed->sqlstate),
				 errmsg("server \"%s\" gave no isochrone: the network of this database is used",
						r->server->name),
				 errdetail_internal("%s", detail)));
		return;
	}
	if (r->problem)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("unexpected answer from server \"%s\"", r->server->name),
				 errdetail_internal("%s", detail),
				 errhint(FALLBACK_HINT)));
	r->failed->hint = r->failed->hint ? psprintf("%s  %s", r->failed->hint, FALLBACK_HINT) :
		FALLBACK_HINT;
	jm_request_raise(r->failed);
}

static void
remote_isochrone(JmIsochrone *iso, const char *server, bool fallback)
{
	Remote	   *r = palloc0(sizeof(Remote));
	bool		cache = jm_isochrone_cache_expiry > 0 && jm_isochrone_cache_size > 0;
	bool		good;

	r->iso = iso;
	r->server = jm_server_open(server);
	find_profile(r);
	if (!iso->is_point)
	{
		for (int k = 0; k < iso->count; k++)
			iso->areas[k] = jm_isochrone_empty(iso);
		return;
	}
	for (int k = 0; k < iso->count; k++)
		r->keys[k] = make_key(r, k);
	if (cache)
		look_up(r);
	good = ask(r);
	if (!good)
		report_failure(r, fallback);
	/* a standby and a read-only transaction do without */
	if (cache && !XactReadOnly && !RecoveryInProgress())
		store(r);
	if (!good)
		jm_isochrone_local(iso);
}

/* isochrone(origin, minutes[], network, mode, direction, fallback) */
Datum
jobmarket_isochrone_remote(PG_FUNCTION_ARGS)
{
	JmIsochrone *iso;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		return (Datum) 0;
	iso = palloc(sizeof(JmIsochrone));
	jm_isochrone_read(fcinfo, 1, 3, 4, iso);
	if (PG_ARGISNULL(2))
	{
		if (iso->count > 0)
			jm_isochrone_local(iso);
	}
	else
		remote_isochrone(iso, NameStr(*PG_GETARG_NAME(2)), !PG_ARGISNULL(5) && PG_GETARG_BOOL(5));
	jm_isochrone_rows(fcinfo, iso);
	return (Datum) 0;
}
