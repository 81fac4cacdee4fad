/*
 * server.c
 *		Looks foreign servers and user mappings up.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "core/compat.h"
#include "foreign/foreign.h"
#include "http/http.h"
#include "http/options.h"
#include "http/url.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define WRAPPER "jobmarket"

/* Value of an option in a list, or the default. */
static char *
option_value(List *given, const char *name, const char *preset)
{
	ListCell   *cell;

	foreach(cell, given)
	{
		DefElem    *element = (DefElem *) lfirst(cell);

		if (strcmp(element->defname, name) == 0)
			return pstrdup(defGetString(element));
	}
	return preset ? pstrdup(preset) : NULL;
}

/*
 * The options of the role's mapping, else of PUBLIC's; *owner becomes the name
 * of whose it is, NULL when there is none.
 */
static List *
mapping_options(Oid serverid, Oid roleid, const char **owner)
{
	HeapTuple	tuple;
	Datum		given;
	bool		isnull;
	List	   *result = NIL;

	tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(roleid),
							ObjectIdGetDatum(serverid));
	*owner = quote_identifier(GetUserNameFromId(roleid, false));
	if (!HeapTupleIsValid(tuple))
	{
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(serverid));
		*owner = HeapTupleIsValid(tuple) ? "PUBLIC" : NULL;
	}
	if (!HeapTupleIsValid(tuple))
		return NIL;
	given = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
							Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		result = untransformRelOptions(given);
	ReleaseSysCache(tuple);
	return result;
}

/* Adds a text with its length, so that no two lists of texts look the same. */
static int
digest_text(pg_cryptohash_ctx *context, const char *text)
{
	uint32		len = strlen(text);

	if (pg_cryptohash_update(context, (const uint8 *) &len, sizeof(len)) < 0)
		return -1;
	return pg_cryptohash_update(context, (const uint8 *) text, len);
}

/* Sets token_key: SHA-256 of all that the token depends on. */
static void
make_token_key(JmServer *server)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (uint8 *) &MyDatabaseId, sizeof(Oid)) < 0 ||
		digest_text(context, server->token_url) < 0 ||
		digest_text(context, server->client_id) < 0 ||
		digest_text(context, server->client_secret) < 0 ||
		digest_text(context, server->scope) < 0 ||
		jm_cryptohash_final(context, server->token_key, JM_TOKEN_KEY_LEN) < 0)
	{
		pg_cryptohash_free(context);
		elog(ERROR, "could not compute a SHA-256 digest");
	}
	pg_cryptohash_free(context);
}

/* Clears the secret when its memory is given back. */
static void
wipe_secret(void *arg)
{
	explicit_bzero(arg, strlen(arg));
}

/* The credentials of the current user for the server, or ERROR. */
static void
read_mapping(JmServer *server)
{
	MemoryContextCallback *callback;
	const char *owner;
	List	   *given = mapping_options(server->serverid, GetUserId(), &owner);
	const char *missing = NULL;
	const char *user = GetUserNameFromId(GetUserId(), false);
	const char *name = quote_identifier(server->name);

	if (owner == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no user mapping for \"%s\" on server \"%s\"",
						user, server->name),
				 errhint("CREATE USER MAPPING FOR %s SERVER %s OPTIONS (client_id '...', client_secret '...');",
						 quote_identifier(user), name)));

	server->client_id = option_value(given, "client_id", NULL);
	server->client_secret = option_value(given, "client_secret", NULL);
	if (server->client_id == NULL)
		missing = "client_id";
	else if (server->client_secret == NULL)
		missing = "client_secret";
	if (missing)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("user mapping on server \"%s\" lacks option \"%s\"", server->name, missing),
				 errhint("ALTER USER MAPPING FOR %s SERVER %s OPTIONS (ADD %s '...');",
						 owner, name, missing)));

	callback = palloc(sizeof(MemoryContextCallback));
	callback->func = wipe_secret;
	callback->arg = server->client_secret;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
}

JmServer *
jm_server_open(const char *name)
{
	JmServer   *server = palloc0(sizeof(JmServer));
	ForeignServer *foreign = GetForeignServerByName(name, true);
	const JmProvider *provider;
	AclResult	aclresult;
	char	   *value;

	if (foreign == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" does not exist", name),
				 errhint("CREATE SERVER %s FOREIGN DATA WRAPPER " WRAPPER ";",
						 quote_identifier(name))));
	if (strcmp(GetForeignDataWrapper(foreign->fdwid)->fdwname, WRAPPER) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" does not use the foreign data wrapper \"" WRAPPER "\"", name),
				 errhint("CREATE SERVER ... FOREIGN DATA WRAPPER " WRAPPER ";")));
	aclresult = jm_server_aclcheck(foreign->serverid, GetUserId());
	if (aclresult != ACLCHECK_OK)
		aclcheck_error(aclresult, OBJECT_FOREIGN_SERVER, foreign->servername);

	server->serverid = foreign->serverid;
	server->name = pstrdup(foreign->servername);
	value = option_value(foreign->options, "provider", NULL);
	provider = jm_provider_find(value);
	if (provider == NULL)
		elog(ERROR, "unknown provider \"%s\"", value);
	server->provider = pstrdup(provider->name);

	server->api_url = option_value(foreign->options, "api_url", provider->api_url);
	if (server->api_url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("server \"%s\" lacks option \"api_url\"", name),
				 errhint("ALTER SERVER %s OPTIONS (ADD api_url 'https://...');",
						 quote_identifier(name))));
	for (size_t len = strlen(server->api_url);
		 len > 0 && server->api_url[len - 1] == '/'; len--)
		server->api_url[len - 1] = '\0';
	server->token_url = option_value(foreign->options, "token_url", provider->token_url);
	server->scope = option_value(foreign->options, "scope",
								 provider->scope ? provider->scope : "");
	server->resource = option_value(foreign->options, "resource",
									provider->resource ? provider->resource : "");
	server->ca_file = option_value(foreign->options, "ca_file", NULL);
	server->requests_per_second = provider->requests_per_second;
	value = option_value(foreign->options, "requests_per_second", NULL);
	if (value)
		server->requests_per_second = jm_option_rate(value);
	server->burst = 1;
	value = option_value(foreign->options, "burst", NULL);
	if (value)
		server->burst = jm_option_burst(value);

	if (server->token_url)
	{
		read_mapping(server);
		make_token_key(server);
	}
	return server;
}

char *
jm_url_encode(const char *plain)
{
	char	   *result = palloc(strlen(plain) * 3 + 1);

	jm_percent_encode(plain, "", result);
	return result;
}
