/*
 * secret.c
 *		Secrets that come back in an answer.
 *
 * A server that repeats what it was asked with repeats it as it came, in a form
 * or a header, or as it writes it itself, in JSON.  Knows nothing of the server.
 */
#include "http/secret.h"

#include <string.h>

/* Shorter secrets would be found in ordinary words. */
#define MIN_SECRET 6

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Do two hexadecimal digits stand for that character? */
static int
is_hex(const char *digits, char c)
{
	int			high = hex_digit(digits[0]);
	int			low = hex_digit(digits[1]);

	return high >= 0 && low >= 0 && (char) (high * 16 + low) == c;
}

/* How many bytes at p stand for the character c, percent-encoded, escaped or
 * plain; 0: they do not. */
static size_t
spelled_char(const char *p, size_t len, char c)
{
	if (len >= 3 && p[0] == '%' && is_hex(p + 1, c))
		return 3;
	if (len >= 6 && memcmp(p, "\\u00", 4) == 0 && is_hex(p + 4, c))
		return 6;
	if (len >= 2 && p[0] == '\\' && p[1] == c && strchr("\"\\/", c))
		return 2;
	if (len >= 1 && (p[0] == c || (p[0] == '+' && c == ' ')))
		return 1;
	return 0;
}

/* How many bytes at p are the secret; 0: it is not there. */
static size_t
spelled(const char *p, size_t len, const char *secret)
{
	size_t		used = strlen(secret);

	if (used <= len && memcmp(p, secret, used) == 0)
		return used;
	for (used = 0; *secret; secret++)
	{
		size_t		n = spelled_char(p + used, len - used, *secret);

		if (n == 0)
			return 0;
		used += n;
	}
	return used;
}

/*
 * jm_secret_mask
 *		Overwrites every place of a message where the secret stands, plain or as
 *		forms, URLs and JSON write it.  NULL and short secrets stand nowhere.
 */
void
jm_secret_mask(char *message, size_t len, const char *secret)
{
	if (secret == NULL || strlen(secret) < MIN_SECRET)
		return;
	for (size_t i = 0; i < len; i++)
		if (spelled_char(message + i, len - i, secret[0]) > 0)
			memset(message + i, '*', spelled(message + i, len - i, secret));
}
