/* Text that jsonb refuses must come out acceptable, and all other text as it was. */
#include "json/json_repair.h"
#include "unit.h"

static char out[4096];
static size_t repairs;
static unsigned long rng = 1;

static const char *
repair(const char *in)
{
	jm_json_repair(in, strlen(in), out, &repairs);
	return out;
}

int
main(void)
{
	CHECK_STR(repair("{\"a\":\"caf\xc3\xa9 \xf0\x9f\x9a\x80\"}"), "{\"a\":\"caf\xc3\xa9 \xf0\x9f\x9a\x80\"}");
	CHECK_INT(repairs, 0);
	CHECK_STR(repair("\"a\\u0000b\""), "\"a\xef\xbf\xbd" "b\"");
	CHECK_INT(repairs, 1);
	CHECK_STR(repair("\"a\\\\u0000b\""), "\"a\\\\u0000b\"");
	CHECK_INT(repairs, 0);
	CHECK_STR(repair("\"\\ud83d\\ude80\""), "\"\\ud83d\\ude80\"");
	CHECK_INT(repairs, 0);
	CHECK_STR(repair("\"\\ud83dx\""), "\"\xef\xbf\xbdx\"");
	CHECK_STR(repair("\"\\ude80\""), "\"\xef\xbf\xbd\"");
	CHECK_STR(repair("\"\\ud83d\\ud83d\\ude80\""), "\"\xef\xbf\xbd\\ud83d\\ude80\"");
	CHECK_STR(repair("\"\\uD800"), "\"\xef\xbf\xbd");
	CHECK_STR(repair("\\ud83d\\u00"), "\xef\xbf\xbd\\u00");
	CHECK_STR(repair("\xe9t\xe9"), "\xef\xbf\xbdt\xef\xbf\xbd");
	CHECK_INT(repairs, 2);
	CHECK_STR(repair("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_STR(repair("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_STR(repair("\xf4\x90\x80\x80x"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx");
	CHECK_STR(repair("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_STR(repair("\xef\xbb\xbf{}"), "{}");
	CHECK_STR(repair("\\\xc3\xa9"), "\\\xc3\xa9");
	CHECK_STR(repair(""), "");
	CHECK_STR(repair("\\"), "\\");
	jm_json_repair("a\0b", 3, out, &repairs);
	CHECK_STR(out, "a\xef\xbf\xbd" "b");
	/* what stands before a text, eight bytes at a time, does not change it */
	for (int round = 0; round < 20000; round++)
	{
		static const char *const bits[] = {"a", "\\", "u", "0000", "d83d", "\\ude80", "\xc3\xa9", "\xe9", "\"", "abcdefgh"};
		char text[	200] = "";
		char		alone[600];
		int			ahead = round % 17;

		for (int i = 0; i < round % 9; i++)
		{
			rng = rng * 6364136223846793005UL + 1442695040888963407UL;
			strcat(text, bits[(rng >> 33) % 10]);
		}
		strcpy(alone, repair(text));
		memmove(text +ahead, text, strlen(text) + 1);
		memset(text, 'x', (size_t) ahead);
		repair(text);
		CHECK(strncmp(out, "xxxxxxxxxxxxxxxxx", (size_t) ahead) == 0);
		CHECK_STR(out + ahead, alone);
	}
	return unit_failures != 0;
}
