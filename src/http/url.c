/*
 * url.c
 *		Checks of the URLs that users give, before anything is sent to them; and
 *		encoding of their parts.
 *
 * The parser is libcurl's own, so that what is checked is what is used.
 */
#include "http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/address.h"

/*
 * Is the host this machine, by its name alone?  Names below localhost are the
 * resolver's affair, so they are not.
 */
static bool
is_loopback(const char *host)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char		inner[64];
	size_t		len = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
		return jm_address_class((struct sockaddr *) &in) == JM_ADDRESS_LOOPBACK;
	/* [::1] */
	if (len < 3 || len - 2 >= sizeof(inner) || host[0] != '[')
		return false;
	memcpy(inner, host + 1, len - 2);
	inner[len - 2] = '\0';
	return inet_pton(AF_INET6, inner, &in6.sin6_addr) == 1 &&
		jm_address_class((struct sockaddr *) &in6) == JM_ADDRESS_LOOPBACK;
}

/* Does the URL have that part, and one that is not empty? */
static bool
has_part(CURLU *handle, CURLUPart part)
{
	char	   *part_text = NULL;
	bool		there;

	if (curl_url_get(handle, part, &part_text, 0) != CURLUE_OK)
		return false;
	there = part_text[0] != '\0';
	curl_free(part_text);
	return there;
}

static JmUrlProblem
check_parts(CURLU *handle, bool query_allowed)
{
	JmUrlProblem problem = JM_URL_GOOD;
	char	   *scheme = NULL;
	char	   *host = NULL;

	if (curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		problem = JM_URL_SYNTAX;
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		problem = JM_URL_SCHEME;
	else if (curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
			 host[0] == '\0')
		problem = JM_URL_SYNTAX;
	else if (has_part(handle, CURLUPART_USER) || has_part(handle, CURLUPART_PASSWORD))
		problem = JM_URL_USER;
	else if (has_part(handle, CURLUPART_FRAGMENT))
		problem = JM_URL_FRAGMENT;
	else if (!query_allowed && has_part(handle, CURLUPART_QUERY))
		problem = JM_URL_QUERY;
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
		problem = JM_URL_PLAIN;
	curl_free(scheme);
	curl_free(host);
	return problem;
}

/*
 * jm_url_check
 *		Says what is wrong with a URL, or JM_URL_GOOD.
 *
 * Plain http is good only for a host that is this machine by its name or
 * address; what the name leads to is checked when the connection is made.
 */
JmUrlProblem
jm_url_check(const char *url, bool query_allowed)
{
	CURLU	   *handle;
	JmUrlProblem problem;

	/* blanks, control characters, and what is not ASCII */
	for (const char *p = url; *p; p++)
		if ((unsigned char) *p <= 0x20 || (unsigned char) *p >= 0x7f || *p == '\\')
			return JM_URL_SYNTAX;
	/* an empty part is not reported by the parser, and is not wanted */
	if (strchr(url, '#'))
		return JM_URL_FRAGMENT;
	if (!query_allowed && strchr(url, '?'))
		return JM_URL_QUERY;

	handle = curl_url();
	if (handle == NULL)
		return JM_URL_SYNTAX;
	switch (curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME))
	{
		case CURLUE_OK:
			problem = check_parts(handle, query_allowed);
			break;
		case CURLUE_UNSUPPORTED_SCHEME:
			problem = JM_URL_SCHEME;
			break;
		default:
			problem = JM_URL_SYNTAX;
			break;
	}
	curl_url_cleanup(handle);
	/* the parser overlooks slashes too many before the host */
	if (problem == JM_URL_GOOD && strncmp(strchr(url, ':'), ":///", 4) == 0)
		problem = JM_URL_SYNTAX;
	return problem;
}

/*
 * jm_url_host
 *		Copies the host of an absolute URL, which may be hostile; false when
 *		there is none that fits and is plain ASCII.
 */
bool
jm_url_host(const char *url, char *host, size_t size)
{
	CURLU	   *handle = curl_url();
	char	   *part_text = NULL;
	bool		good = false;

	if (handle == NULL)
		return false;
	if (curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(handle, CURLUPART_HOST, &part_text, 0) == CURLUE_OK &&
		part_text[0] != '\0' && strlen(part_text) < size)
	{
		good = true;
		for (const char *p = part_text; *p; p++)
			if ((unsigned char) *p <= 0x20 || (unsigned char) *p >= 0x7f)
				good = false;
		if (good)
			strcpy(host, part_text);
	}
	curl_free(part_text);
	curl_url_cleanup(handle);
	return good;
}

/* Is it a URL without TLS? */
bool
jm_url_is_plain(const char *url)
{
	return strncasecmp(url, "https:", 6) != 0;
}

/*
 * Percent-encodes all but letters, digits, "-._~" (RFC 3986's unreserved) and
 * the characters in also, into out, which must hold three times the length of
 * in and a terminator; returns the length written.
 */
size_t
jm_percent_encode(const char *in, const char *also, char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	char	   *o = out;

	for (; *in; in++)
	{
		unsigned char c = (unsigned char) *in;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("-._~", c) || strchr(also, c))
			*o++ = (char) c;
		else
		{
			*o++ = '%';
			*o++ = hex[c >> 4];
			*o++ = hex[c & 15];
		}
	}
	*o = '\0';
	return (size_t) (o - out);
}
