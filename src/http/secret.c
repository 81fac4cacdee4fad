/*
 * secret.c
 *		Secrets that come back in an answer.
 *
 * A server that repeats what it was asked with repeats it as it came, in a form
 * or a header, or as it writes it itself, in JSON.  Knows nothing of the server.
 */
#include "http/secret.h"

#include <stdbool.h>
#include <string.h>

/* Shorter secrets would be found in ordinary words. */
#define MIN_SECRET 6
/* So many characters of one are found nowhere by chance. */
#define ENOUGH 16

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

/*
 * How many bytes at p are the beginning of the secret, plain or spelled otherwise;
 * *characters: how much of it.
 */
static size_t
begins(const char *p, size_t len, const char *secret, bool plain, size_t *characters)
{
	size_t		used = 0;
	size_t		k;

	for (k = 0; secret[k] && used < len; k++)
	{
		size_t		n = plain ? p[used] == secret[k] :
		spelled_char(p + used, len - used, secret[k]);

		if (n == 0)
			break;
		used += n;
	}
	*characters = k;
	return used;
}

/*
 * jm_secret_mask
 *		Overwrites every place of a message where the secret stands, plain or as
 *		forms, URLs and JSON write it, or the first ENOUGH of its characters and
 *		what follows of it.  NULL and short secrets stand nowhere.  So the time is
 *		proportional to the message, whatever a server repeats in it.
 */
void
jm_secret_mask(char *message, size_t len, const char *secret)
{
	size_t		enough;
	size_t		i = 0;

	if (secret == NULL || strlen(secret) < MIN_SECRET)
		return;
	enough = strlen(secret) < ENOUGH ? strlen(secret) : ENOUGH;
	while (i < len)
	{
		size_t		used = 0;

		if (spelled_char(message + i, len - i, secret[0]) > 0)
			for (int plain = 0; plain < 2; plain++)
			{
				size_t		characters;
				size_t		n = begins(message + i, len - i, secret, plain, &characters);

				if (characters >= enough && n > used)
					used = n;
			}
		memset(message + i, '*', used);
		i += used > 0 ? used : 1;
	}
}
