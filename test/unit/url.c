/*
 * url.c
 *		Checks of the URLs that users give (src/http/url.c).
 */
#include "http/url.h"

#include "unit.h"

static void
check(const char *url, bool query_allowed, JmUrlProblem expected)
{
	JmUrlProblem problem = jm_url_check(url, query_allowed);

	if (problem != expected)
	{
		fprintf(stderr, "%s: problem %d, expected %d\n", url, problem, expected);
		unit_failures++;
	}
}

int
main(void)
{
	char		host[32];
	char		out[64];

	check("https://api.francetravail.io/partenaire/offresdemploi", false, JM_URL_GOOD);
	check("https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire",
		  true, JM_URL_GOOD);
	check("https://entreprise.francetravail.fr/x?realm=1", false, JM_URL_QUERY);
	check("https://a.example/?", false, JM_URL_QUERY);
	check("https://a.example:8443", false, JM_URL_GOOD);
	check("https://[2001:db8::1]:8443/x", false, JM_URL_GOOD);
	check("HTTPS://A.example", false, JM_URL_GOOD);

	/* plain http only to this machine */
	check("http://localhost:8080/x", false, JM_URL_GOOD);
	check("http://LOCALHOST", false, JM_URL_GOOD);
	check("http://127.0.0.1", false, JM_URL_GOOD);
	check("http://127.8.9.10:1/x", false, JM_URL_GOOD);
	check("http://[::1]:8080", false, JM_URL_GOOD);
	check("http://api.francetravail.io", false, JM_URL_PLAIN);
	check("http://localhost.example.org", false, JM_URL_PLAIN);
	check("http://127.0.0.1.example.org", false, JM_URL_PLAIN);
	check("http://10.0.0.1", false, JM_URL_PLAIN);
	check("http://[::2]", false, JM_URL_PLAIN);
	check("http://[fe80::1%25eth0]/", false, JM_URL_PLAIN);

	check("https://user:secret@a.example/", false, JM_URL_USER);
	check("https://user@a.example/", false, JM_URL_USER);
	check("http://localhost:pw@evil.example/", false, JM_URL_USER);
	check("https://a.example/#x", false, JM_URL_FRAGMENT);
	check("https://a.example/#", true, JM_URL_FRAGMENT);
	check("ftp://a.example/", false, JM_URL_SCHEME);
	check("file:///etc/passwd", false, JM_URL_SCHEME);
	check("javascript:alert(1)", false, JM_URL_SYNTAX);

	check("", false, JM_URL_SYNTAX);
	check("a.example", false, JM_URL_SYNTAX);
	check("https://", false, JM_URL_SYNTAX);
	check("https:///x", false, JM_URL_SYNTAX);
	check("https://a.example/a b", false, JM_URL_SYNTAX);
	check("https://a.example/\r\nX: y", false, JM_URL_SYNTAX);
	check("https://a.example\\@b.example/", false, JM_URL_SYNTAX);
	check("https://a.example:99999/", false, JM_URL_SYNTAX);
	check("https://a.example/\xc3\xa9", false, JM_URL_SYNTAX);

	CHECK(jm_url_host("https://evil.example.com:8/x?token=1", host, sizeof(host)));
	CHECK_STR(host, "evil.example.com");
	CHECK(!jm_url_host("/relative", host, sizeof(host)));
	CHECK(!jm_url_host("https://a-name-that-is-longer-than-the-buffer.example/", host, sizeof(host)));

	CHECK(jm_url_is_plain("http://localhost"));
	CHECK(!jm_url_is_plain("HTTPS://localhost"));

	CHECK_INT(jm_percent_encode("a b,\xc3\xa9&c:d", ",:", out), 18);
	CHECK_STR(out, "a%20b,%C3%A9%26c:d");
	CHECK_INT(jm_percent_encode("a-._~Z9,/", "", out), 13);
	CHECK_STR(out, "a-._~Z9%2C%2F");
	return unit_failures != 0;
}
