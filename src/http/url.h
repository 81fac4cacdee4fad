/*
 * url.h
 *		Checks of the URLs that users give, before anything is sent to them; and
 *		encoding of their parts.
 *
 * Needs libcurl, but not the server.
 */
#ifndef JM_URL_H
#define JM_URL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum JmUrlProblem
{
	JM_URL_GOOD,
	JM_URL_SYNTAX,				/* no URL */
	JM_URL_SCHEME,				/* neither http nor https */
	JM_URL_USER,				/* holds a user name or password */
	JM_URL_FRAGMENT,
	JM_URL_QUERY,				/* a query where none may be */
	JM_URL_PLAIN				/* http to a host that is not this one */
} JmUrlProblem;

extern JmUrlProblem jm_url_check(const char *url, bool query_allowed);
extern bool jm_url_host(const char *url, char *host, size_t size);
extern bool jm_url_is_plain(const char *url);
extern size_t jm_percent_encode(const char *in, const char *also, char *out);

#endif							/* JM_URL_H */
