/*
 * options.c
 *		The options of foreign servers and user mappings.
 *
 * CREATE SERVER says where an API is and how fast it may be asked, CREATE USER
 * MAPPING holds the application's credentials.  PostgreSQL shows the options
 * of a mapping only to its owner and to superusers.
 */
#include "postgres.h"

#include <math.h>

#include "access/reloptions.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "core/compat.h"
#include "fmgr.h"
#include "http/options.h"
#include "http/url.h"
#include "miscadmin.h"
#include "utils/acl.h"

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

/* The provider of that name, the first if it is NULL; NULL if there is none. */
const JmProvider *
jm_provider_find(const char *name)
{
	if (name == NULL)
		return &providers[0];
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

/* Value of option requests_per_second, or ERROR. */
double
jm_option_rate(const char *value)
{
	return check_number("requests_per_second", value, 0.001, 100000, false);
}

/* Value of option burst, or ERROR. */
int
jm_option_burst(const char *value)
{
	return (int) check_number("burst", value, 1, 10000, true);
}

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
			if (jm_provider_find(value) == NULL)
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
			(void) jm_option_rate(value);
			break;
		case OPTION_BURST:
			(void) jm_option_burst(value);
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
