/* Steps over JSON text must take what a parser takes, and end where it ends. */
#include "json/json_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "unit.h"

static unsigned long rng = 7;

static unsigned
draw(unsigned n)
{
	rng = rng * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned) (rng >> 33) % n;
}

static bool
accepts(const char *text)
{
	const char *end = text +strlen(text);
	const char *p = jm_json_value(jm_json_space(text, end), end, 100);

	return p && jm_json_space(p, end) == end;
}

static bool
peer_accepts(const char *text)
{
	json_t	   *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool		good = value != NULL;

	json_decref(value);
	return good;
}

static const char *
unescaped(const char *in)
{
	static char out[100];

	out[jm_json_unescape(in, strlen(in), out)] = '\0';
	return out;
}

int
main(void)
{
	static const char *const bits[] = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "1", "-", "0", ".5", "e3",
	"true", "null", "false", " ", "\n", "\"a long text, more than eight bytes\"", "\"\\n\\u0041\"", "\x01", "x"};
	static const char *const whole[] = {"{\"a\": [1, -0.5e+3, {\"b\": null}], \"c\": \"x\\\"y\", \"dddddddddd\": [], \"e\": {}}",
	"[true,false,null,\"\",\"\\u00e9\\\\\",10,0,-1.0]"};
	bool		escaped;

	for (int round = 0; round < 200000; round++)
	{
		char text[	400] = "";

		if (round % 2)
			for (unsigned i = 0; i < 1 + draw(9); i++)
				strcat(text, bits[draw(sizeof(bits) / sizeof(bits[0]))]);
		else
		{
			/* a whole one with a slip */
			strcpy(text, whole[draw(2)]);
			text[		draw((unsigned) strlen(text))] = "{}[],:\"\\10-.et \x01"[draw(16)];
		}
		if (accepts(text) != peer_accepts(text))
		{
			fprintf(stderr, "%s\n", text);
			unit_failures++;
		}
	}

	CHECK(!accepts("[[[]]") && accepts("[[[]]]"));
	CHECK(jm_json_value("[[[]]]", "[[[]]]" + 6, 2) == NULL);
	CHECK(jm_json_string("\"abcdefgh", "\"abcdefgh" + 9, &escaped) == NULL);
	CHECK(!accepts("01") && !accepts("1.") && !accepts("1e") && !accepts("+1") && !accepts("truex"));
	CHECK(!accepts("\"\\ud83\"") && !accepts("\"\\x\"") && !accepts("\"\\"));

	CHECK_STR(unescaped("plain"), "plain");
	CHECK_STR(unescaped("\\b\\f\\n\\r\\t\\\"\\\\\\/"), "\b\f\n\r\t\"\\/");
	CHECK_STR(unescaped("a\\u0041\\u00e9\\u20ac\\ud83d\\ude80z"), "aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80z");
	CHECK_STR(unescaped("\\u00E9\\\\u0041"), "\xc3\xa9\\u0041");
	return unit_failures != 0;
}
