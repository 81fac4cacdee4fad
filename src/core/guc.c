/*
 * guc.c
 *		Settings of the extension (jobmarket.*).
 *
 * What decides where requests may go is for superusers only: a user who could
 * open private networks would reach, through the server, hosts that no
 * outsider should.
 */
#include "postgres.h"

#include <limits.h>

#include "core/compat.h"
#include "core/guc.h"
#include "utils/guc.h"

bool		jm_allow_private_networks = false;
int			jm_connect_timeout = 10000;
int			jm_request_timeout = 120000;
int			jm_stall_timeout = 30;
int			jm_max_response_size = 65536;
int			jm_max_retries = 5;
int			jm_max_retry_after = 300;
bool		jm_keep_documents = true;
bool		jm_understand_offers = true;
static int	keep_runs = 90;
static int	keep_changes = -1;
int			jm_isochrone_cache_expiry = 30 * 86400;
int			jm_isochrone_cache_size = 65536;

/* Defines every setting; called once when the library is loaded. */
void
jm_guc_init(void)
{
	DefineCustomBoolVariable("jobmarket.allow_private_networks",
							 "Lets requests go to loopback and private addresses.",
							 "Checked on the address that is really connected to. "
							 "For tests and for proxies inside one's own network.",
							 &jm_allow_private_networks,
							 false,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("jobmarket.connect_timeout",
							"Time to connect to a server, name lookup and TLS included.",
							NULL,
							&jm_connect_timeout,
							10000, 1, 3600000,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.request_timeout",
							"Time for one attempt of a request, from its start to its last byte.",
							"Zero is no limit.",
							&jm_request_timeout,
							120000, 0, 86400000,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.stall_timeout",
							"Time that an answer may come slower than 100 bytes a second.",
							"Zero is no limit.",
							&jm_stall_timeout,
							30, 0, 86400,
							PGC_USERSET, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.max_response_size",
							"Largest answer, after decompression.",
							"A larger one is an error. Each request on its way may take this much memory.",
							&jm_max_response_size,
							65536, 1, 1048575,
							PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.max_retries",
							"Times that a request is sent again after a failure that may pass.",
							"Such as a broken connection or the statuses 429, 502, 503 and 504.",
							&jm_max_retries,
							5, 0, 100,
							PGC_USERSET, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.max_retry_after",
							"Longest pause that an API may ask for with Retry-After.",
							"A longer one is cut to this.",
							&jm_max_retry_after,
							300, 0, 86400,
							PGC_USERSET, GUC_UNIT_S,
							NULL, NULL, NULL);

	DefineCustomBoolVariable("jobmarket.keep_documents",
							 "Keeps each offer's document in jobmarket.offer_document.",
							 "Off saves about half of the space; then the history tells that an offer "
							 "changed, but not what, and unknown attributes are lost.",
							 &jm_keep_documents,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("jobmarket.understand_offers",
							 "Reads roles, keywords, salaries and places from offers while they are loaded.",
							 "Off makes a load faster; jobmarket.reclassify_offers() does it later.",
							 &jm_understand_offers,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	/* read by purge_history, in SQL */
	DefineCustomIntVariable("jobmarket.keep_runs",
							"Days that harvest runs are kept, with their cells and errors.",
							"Each harvest deletes older ones at its end. -1 keeps them for ever.",
							&keep_runs,
							90, -1, 36500,
							PGC_USERSET, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.keep_changes",
							"Days that the history of offers (offer_change) is kept.",
							"Each harvest deletes older changes at its end. -1 keeps them for ever.",
							&keep_changes,
							-1, -1, 36500,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("jobmarket.isochrone_cache_expiry",
							"Age at which an isochrone of a remote server is asked for again.",
							"Zero does without jobmarket.isochrone_cache.",
							&jm_isochrone_cache_expiry,
							30 * 86400, 0, INT_MAX / 1000,
							PGC_SUSET, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("jobmarket.isochrone_cache_size",
							"Size of jobmarket.isochrone_cache above which its oldest rows are deleted.",
							"Zero does without it.",
							&jm_isochrone_cache_size,
							65536, 0, INT_MAX,
							PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);

#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved("jobmarket");
#else
	EmitWarningsOnPlaceholders("jobmarket");
#endif
}
