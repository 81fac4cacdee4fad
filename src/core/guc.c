/*
 * guc.c
 *		Settings of the extension (jobmarket.*).
 *
 * What decides where requests may go is for superusers only: a user who could
 * open private networks would reach, through the server, hosts that no
 * outsider should.
 */
#include "postgres.h"

#include "core/compat.h"
#include "core/guc.h"
#include "utils/guc.h"

bool		jm_allow_private_networks = false;
bool		jm_keep_documents = true;

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

	DefineCustomBoolVariable("jobmarket.keep_documents",
							 "Keeps each offer's document in jobmarket.offer_document.",
							 "Off saves about half of the space; then the history tells that an offer "
							 "changed, but not what, and unknown attributes are lost.",
							 &jm_keep_documents,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved("jobmarket");
#else
	EmitWarningsOnPlaceholders("jobmarket");
#endif
}
