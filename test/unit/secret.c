/*
 * secret.c
 *		Secrets that come back in an answer (src/http/secret.c).
 */
#include "http/secret.h"

#include "unit.h"

static void
check(const char *text, const char *secret, const char *expected)
{
	char		buffer[200];

	snprintf(buffer, sizeof(buffer), "%s", text);
	jm_secret_mask(buffer, strlen(buffer), secret);
	CHECK_STR(buffer, expected);
}

int
main(void)
{
	static char near[16000000];
	static char secret[8000];

	check("it is abcdef.", "abcdef", "it is ******.");
	check("abcdefabcdef abcde", "abcdef", "************ abcde");
	check("abcdef", NULL, "abcdef");
	check("the end", "the", "the end");

	/* as forms and URLs write it, and as JSON does */
	check("client_secret=a%2Fb%2B%20c&x", "a/b+ c", "client_secret=************&x");
	check("a%2fb%2b+c", "a/b+ c", "**********");
	check("\"a\\/b+ c\"", "a/b+ c", "\"*******\"");
	check("\"a\\u002Fb\\u002b c\"", "a/b+ c", "\"****************\"");
	check("a\\\"\\\\bcd", "a\"\\bcd", "********");
	check("caf%C3%A9s", "caf\303\251s", "**********");

	/* a secret that looks encoded, plain and encoded */
	check("a%25bcd", "a%25bcd", "*******");
	check("a%2525bcd", "a%25bcd", "*********");

	/* cut off at the end of the text */
	check("a/b+ ", "a/b+ c", "a/b+ ");
	check("a/b+%2", "a/b+ c", "a/b+%2");
	check("a/b+\\u002", "a/b+ c", "a/b+\\u002");
	check("", "abcdef", "");

	/* a long one: its beginning tells, and what goes on like it is hidden */
	check("x0123456789abcdefghij, 0123456789abcde", "0123456789abcdefghijklmno",
		  "x********************, 0123456789abcde");

	/*
	 * what nearly is the secret, everywhere: not its length times that of the
	 * text
	 */
	memset(near, 'a', sizeof(near));
	memset(secret, 'a', sizeof(secret) - 2);
	secret[sizeof(secret) - 2] = 'b';
	secret[sizeof(secret) - 1] = '\0';
	jm_secret_mask(near, sizeof(near), secret);
	CHECK(near[0] == '*' && near[sizeof(near) - 17] == '*');
	return unit_failures != 0;
}
