/*
 * fuzz_http.c
 *		libFuzzer target: what comes from the network or from users into the
 *		HTTP client's parsers.  No input may make them read beyond it, and what
 *		they accept holds what their callers rely on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/headers.h"
#include "http/url.h"
#include "json/json.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	JmContentRange range;
	JmJsonError error;
	const char *value;
	size_t		len;
	char	   *token;
	char	   *copy;
	double		life;
	char		host[64];

	if (size == 0)
		return 0;
	/* the first byte chooses the parser, so that each gets its own corpus */
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';

	switch (data[0] % 5)
	{
		case 0:
			if (jm_content_range_parse((const char *) data + 1, size - 1, &range))
				require(range.present && range.first <= range.last && range.first >= -1 &&
						range.total >= -1 && (range.total == -1 || range.last < range.total || range.last == -1));
			else
				require(!range.present && range.first == -1);
			break;
		case 1:
			if (jm_header_value((const char *) data + 1, size - 1, "Content-Range", &value, &len))
				require(value >= (const char *) data + 1 && value + len <= (const char *) data + size);
			jm_body_is_json("application/json", (const char *) data + 1, size - 1);
			break;
		case 2:
			if (jm_json_token((const char *) data + 1, size - 1, &token, &life))
			{
				require(token[0] != '\0' && strpbrk(token, " \r\n\t") == NULL && life >= 0);
				free(token);
			}
			else
				require(token == NULL);
			break;
		case 3:
			jm_json_error((const char *) data + 1, size - 1, &error);
			require(strlen(error.message) < sizeof(error.message) && strpbrk(error.message, "\r\n") == NULL);
			break;
		case 4:
			if (jm_url_check(copy, true) == JM_URL_GOOD)
			{
				require(strpbrk(copy, " \r\n\t\\#") == NULL);
				require(jm_url_host(copy, host, sizeof(host)) || strlen(copy) > 64);
			}
			break;
	}
	free(copy);
	return 0;
}
