/*
 * server.c
 *		Foreign servers and user mappings: their options, and looking them up.
 *
 * CREATE SERVER says where an API is and how fast it may be asked, CREATE USER
 * MAPPING holds the application's credentials.  PostgreSQL shows the options
 * of a mapping only to its owner and to superusers.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "core/compat.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "http/http.h"
#include "http/url.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define WRAPPER "jobmarket"

/* An API that we can talk to, and what its servers start from. */
typedef struct JmProvider
{
	const char *name;
	const char *api_url;		/* NULL: the server has to say */
	const char *token_url;		/* NULL: no token, no user mapping */
	const char *scope;
	double		requests_per_second;
	const char *resource;		/* NULL: it has one only */
} JmProvider;

/* The first is the default. */
static const JmProvider providers[] = {
	{"france_travail",
		"https://api.francetravail.io/partenaire/offresdemploi",
		"https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire",
	"api_offresdemploiv2 o2dsoffre", 5, NULL},
	{"ign_isochrone", "https://data.geopf.fr/navigation", NULL, NULL, 5, "bdtopo-valhalla"},
	{"valhalla", NULL, NULL, NULL, 100, NULL}
};

/* How an option's value is checked. */
typedef enum JmOptionKind
{
	OPTION_PROVIDER,
	OPTION_URL,
	OPTION_URL_QUERY,			/* a URL that may have a query */
	OPTION_TEXT,
	OPTION_SECRET,				/* never repeated in a message */
	OPTION_RATE,
	OPTION_BURST,
	OPTION_FILE
} JmOptionKind;

typedef struct JmOption
{
	const char *name;
	Oid			catalog;
	JmOptionKind kind;
} JmOption;

static const JmOption options[] = {
	{"provider", ForeignServerRelationId, OPTION_PROVIDER},
	{"api_url", ForeignServerRelationId, OPTION_URL},
	{"token_url", ForeignServerRelationId, OPTION_URL_QUERY},
	{"scope", ForeignServerRelationId, OPTION_TEXT},
	{"resource", ForeignServerRelationId, OPTION_TEXT},
	{"requests_per_second", ForeignServerRelationId, OPTION_RATE},
	{"burst", ForeignServerRelationId, OPTION_BURST},
	{"ca_file", ForeignServerRelationId, OPTION_FILE},
	{"client_id", UserMappingRelationId, OPTION_TEXT},
	{"client_secret", UserMappingRelationId, OPTION_SECRET}
};

PG_FUNCTION_INFO_V1(jobmarket_fdw_validator);

static const JmProvider *
provider_find(const char *name)
{
	for (int i = 0; i < lengthof(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

static const char *
catalog_name(Oid catalog)
{
	switch (catalog)
	{
		case ForeignServerRelationId:
			return "server";
		case UserMappingRelationId:
			return "user mapping";
		default:
			return NULL;
	}
}

/* ERROR for an option that we do not know, or know elsewhere. */
static void
unknown_option(const char *name, Oid catalog)
{
	const char *object = catalog_name(catalog);
	const char *place = NULL;
	StringInfoData valid;

	initStringInfo(&valid);
	for (int i = 0; i < lengthof(options); i++)
	{
		if (options[i].catalog == catalog)
			appendStringInfo(&valid, "%s%s", valid.len > 0 ? ", " : "", options[i].name);
		else if (strcmp(options[i].name, name) == 0)
			place = catalog_name(options[i].catalog);
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 place ? errdetail("It is an option of a %s.", place) : 0,
			 object ? errhint("Valid options of a %s are: %s.", object, valid.data)
			 : errhint("Only servers and user mappings of this wrapper have options.")));
}

/* ERROR for a URL that cannot be used. */
static void
check_url(const char *name, const char *url, bool query_allowed)
{
	JmUrlProblem problem = jm_url_check(url, query_allowed);

	switch (problem)
	{
		case JM_URL_GOOD:
			return;
		case JM_URL_USER:
			/* the URL holds a password: not shown */
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" must not hold a user name or password", name),
					 errhint("Credentials belong into CREATE USER MAPPING ... OPTIONS (client_id '...', client_secret '...').")));
			break;
		case JM_URL_PLAIN:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" uses http without encryption to another host", name),
					 errdetail("The value is \"%s\".", url),
					 errhint("Use https. Plain http is for localhost, 127.0.0.0/8 and [::1] only.")));
			break;
		case JM_URL_SCHEME:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" is neither an https nor an http URL", name),
					 errhint("An example of a URL is \"%s\".", providers[0].api_url)));
			break;
		case JM_URL_FRAGMENT:
		case JM_URL_QUERY:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" must not hold a %s", name,
							problem == JM_URL_QUERY ? "query (\"?\")" : "fragment (\"#\")"),
					 errhint("An example of a URL is \"%s\".",
							 query_allowed ? providers[0].token_url : providers[0].api_url)));
			break;
		case JM_URL_SYNTAX:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" is not a valid URL", name),
					 errhint("An example of a URL is \"%s\".", providers[0].api_url)));
			break;
	}
}

/* Reads a number between min and max, or ERROR. */
static double
check_number(const char *name, const char *value, double min, double max, bool whole)
{
	char	   *end;
	double		number;

	errno = 0;
	number = strtod(value, &end);
	if (end == value || *end != '\0' || errno != 0 || isnan(number) ||
		number < min || number > max || (whole && number != floor(number)))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("invalid value for option \"%s\": \"%s\"", name, value),
				 errhint("It must be %s between %g and %g.",
						 whole ? "a whole number" : "a number", min, max)));
	return number;
}

#define check_rate(name, value) check_number(name, value, 0.001, 100000, false)
#define check_burst(name, value) ((int) check_number(name, value, 1, 10000, true))

static void
check_option(const JmOption *option, const char *value)
{
	/* in a header or a file name they would end it */
	for (const char *p = value; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("option \"%s\" must not hold control characters", option->name)));
	if (value[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must not be empty", option->name)));

	switch (option->kind)
	{
		case OPTION_PROVIDER:
			if (provider_find(value) == NULL)
			{
				StringInfoData valid;

				initStringInfo(&valid);
				for (int i = 0; i < lengthof(providers); i++)
					appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", providers[i].name);
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
						 errmsg("unknown provider \"%s\"", value),
						 errhint("Providers are: %s.", valid.data)));
			}
			break;
		case OPTION_URL:
			check_url(option->name, value, false);
			break;
		case OPTION_URL_QUERY:
			check_url(option->name, value, true);
			break;
		case OPTION_TEXT:
		case OPTION_SECRET:
			break;
		case OPTION_RATE:
			check_rate(option->name, value);
			break;
		case OPTION_BURST:
			(void) check_burst(option->name, value);
			break;
		case OPTION_FILE:
			/* whether a file exists is not for everybody to try */
			if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
				ereport(ERROR,
						(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						 errmsg("permission denied to set option \"%s\"", option->name),
						 errhint("Only superusers and members of pg_read_server_files may name files of the server.")));
			if (!is_absolute_path(value))
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
						 errmsg("option \"%s\" must be an absolute path", option->name)));
			break;
	}
}

/* Checks the options of CREATE and ALTER SERVER, USER MAPPING and so on. */
Datum
jobmarket_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *given = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	ListCell   *cell;

	foreach(cell, given)
	{
		DefElem    *element = (DefElem *) lfirst(cell);
		const JmOption *option = NULL;

		for (int i = 0; i < lengthof(options); i++)
			if (options[i].catalog == catalog &&
				strcmp(options[i].name, element->defname) == 0)
				option = &options[i];
		if (option == NULL)
			unknown_option(element->defname, catalog);
		check_option(option, defGetString(element));
	}
	PG_RETURN_VOID();
}

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
	server->provider = option_value(foreign->options, "provider", providers[0].name);
	provider = provider_find(server->provider);
	if (provider == NULL)
		elog(ERROR, "unknown provider \"%s\"", server->provider);

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
		server->requests_per_second = check_rate("requests_per_second", value);
	server->burst = 1;
	value = option_value(foreign->options, "burst", NULL);
	if (value)
		server->burst = check_burst("burst", value);

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
