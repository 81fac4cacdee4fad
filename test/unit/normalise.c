/*
 * normalise.c
 *		Folding, repair of damaged text, and titles.
 */
#include <stdlib.h>

#include "text/normalise.h"
#include "unit.h"

static char buffer[4][4096];
static int	turn = 0;

static char *
fold(const char *s)
{
	char	   *out = buffer[turn++ % 4];

	out[jm_normalise(s, strlen(s), out, NULL, 0, NULL)] = '\0';
	return out;
}

static char *
clean(const char *s)
{
	char	   *out = buffer[turn++ % 4];

	out[jm_clean_text(s, strlen(s), out, NULL)] = '\0';
	return out;
}

static char *
title(const char *s)
{
	static char scratch[4096];
	char	   *out = buffer[turn++ % 4];

	out[jm_normalise_title(s, strlen(s), scratch, out, NULL)] = '\0';
	return out;
}

static void
test_fold(void)
{
	CHECK_STR(fold(""), "");
	CHECK_STR(fold(" \t\n "), "");
	CHECK_STR(fold("Ing\xC3\xA9nieur  DONN\xC3\x89" "ES"), "ingenieur donnees");
	/* decomposed, full width, ligatures, no-break and zero-width characters */
	CHECK_STR(fold("Inge\xCC\x81nieur"), "ingenieur");
	CHECK_STR(fold("\xEF\xBC\xA4\xEF\xBC\xA1"), "da");
	CHECK_STR(fold("C\xC5\x93ur \xEF\xAC\x81n"), "coeur fin");
	CHECK_STR(fold("35\xC2\xA0" "000\xE2\x80\xAF\xE2\x82\xAC"), "35 000 \xE2\x82\xAC");
	CHECK_STR(fold("co\xC2\xADnt\xE2\x80\x8Brat"), "contrat");
	CHECK_STR(fold("l\xE2\x80\x99" "\xC3\x89tat \xE2\x80\x93 \xC2\xAB x \xC2\xBB"), "l'etat - \" x \"");
	/* references, also twice encoded, and tags; not a comparison */
	CHECK_STR(fold("R&amp;D l&#39;air &eacute;t&#xE9; &amp;eacute;"), "r&d l'air ete e");
	CHECK_STR(fold("a<br/>b <p class=\"x\">c</p> 3 < 4 > 2"), "a b c 3 < 4 > 2");
	CHECK_STR(fold("&unknown; & &;"), "&unknown; & &;");
	CHECK_STR(fold("&oelig;uvre"), "oeuvre");
	/* UTF-8 read as Windows-1252, once and twice; bytes of Windows-1252 */
	CHECK_STR(fold("donn\xC3\x83\xC2\xA9" "es"), "donnees");
	CHECK_STR(fold("donn\xC3\x83\xC6\x92\xC3\x82\xC2\xA9" "es"), "donnees");
	CHECK_STR(fold("l\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2" "air"), "l'air");
	CHECK_STR(fold("donn\xE9" "es"), "donnees");
	/* ordinary French that looks a little like it stays */
	CHECK_STR(fold("\xC3\xA0\xC2\xA0\xC2\xAB a \xC2\xBB"), "a \" a \"");
	CHECK_STR(fold("\xC3\x82ge"), "age");
	/* other scripts stay readable, and nothing is lost of what is unknown */
	CHECK_STR(fold("\xD0\x9C\xD0\x9E"), "\xD0\xBC\xD0\xBE");
	CHECK_STR(fold("\xF0\x9F\x9A\x80"), "\xF0\x9F\x9A\x80");
}

static void
test_flags(void)
{
	char		out[64];
	unsigned char flags[64];
	size_t		n = jm_normalise("Go GO-go \xC3\x89", 11, out, flags, JM_HYPHEN_IS_SPACE, NULL);

	CHECK_INT(n, 10);
	CHECK(memcmp(out, "go go go e", 10) == 0);
	CHECK(flags[0] == JM_WAS_UPPER && flags[1] == 0 && flags[4] == JM_WAS_UPPER);
	CHECK(flags[6] == 0 && flags[9] == JM_WAS_UPPER);
}

static void
test_clean(void)
{
	CHECK_STR(clean("D\xC3\x83\xC2\xA9veloppeur &amp; co\nligne"), "D\xC3\xA9veloppeur & co\nligne");
	CHECK_STR(clean("a\x01" "b\x7F<b>c</b>"), "ab c ");
	CHECK_STR(clean("\xE9t\xE9"), "\xC3\xA9t\xC3\xA9");
}

static void
test_title(void)
{
	CHECK_STR(title("Data Engineer (H/F)"), "data engineer");
	CHECK_STR(title("Ing\xC3\xA9nieur(e) Data & IA F/H (H/F)"), "ingenieur data & ia");
	CHECK_STR(title("D\xC3\xA9veloppeur / D\xC3\xA9veloppeuse Big Data"), "developpeur big data");
	CHECK_STR(title("Ing\xC3\xA9nieure / Ing\xC3\xA9nieur BigData F/H"), "ingenieur bigdata");
	/* a word that begins like a reference and is none (found by the fuzzer) */
	CHECK_STR(title("&:ref#re!!(@&\xE2!!!\xE2\x82\xE6(@&\xE2\x82!"), "& / ref#re / &a / a ae / &a");
	CHECK_STR(title("Ing\xC3\xA9nieur\xC2\xB7" "e Data (F/H/NB)"), "ingenieur data");
	CHECK_STR(title("DATA ENGINEER \xE2\x80\x93 CDI \xE2\x80\x93 PARIS (H/F) R\xC3\xA9" "f. 2025-118"),
			  "data engineer / cdi / paris");
	CHECK_STR(title("2024-41502 - Data Architect /Data Engineer H/F"), "data architect / data engineer");
	CHECK_STR(title("data scientist H/F - EC20613"), "data scientist");
	CHECK_STR(title("Data engineer - Lyon (69)"), "data engineer / lyon");
	CHECK_STR(title("D\xC3\xA9veloppeur C++/C# .NET, Node.js"), "developpeur c++ / c# .net / node.js");
	CHECK_STR(title("R&D"), "r&d");
	CHECK_STR(title("H/F"), "");
	CHECK_STR(title("(((///---"), "");
}

static size_t polled;

static void
count_poll(void)
{
	polled++;
}

/* Long and hostile texts end, and end within their bounds; who waits is asked. */
static void
test_long(void)
{
	static const char *const units[] = {"<a", "&amp;", "\xC3\x83\xC2\xA9", "\xBD", "h/f ", "(e)", "st/ ", "h ", "ref("};
	size_t		len = 256 * 1024;
	char	   *text = malloc(len);
	char	   *out = malloc(JM_NORMALISED_MAX(len));
	char	   *out2 = malloc(2 * JM_NORMALISED_MAX(len));
	size_t		u;

	for (u = 0; u < sizeof(units) / sizeof(units[0]); u++)
	{
		size_t		n = strlen(units[u]);
		size_t		i;

		for (i = 0; i < len; i++)
			text[		i] = units[u][i % n];

		polled = 0;
		CHECK(jm_normalise(text, len, out, NULL, 0, count_poll) <= JM_NORMALISED_MAX(len));
		CHECK(jm_normalise_title(text, len, out, out2, NULL) <= 2 * JM_NORMALISED_MAX(len));
		CHECK(jm_clean_text(text, len, out, count_poll) <= JM_NORMALISED_MAX(len));
		CHECK(polled == 2 * (len / JM_POLL_BYTES - 1));
	}
	free(text);
	free(out);
	free(out2);
}

int
main(void)
{
	test_fold();
	test_flags();
	test_clean();
	test_title();
	test_long();
	return unit_failures != 0;
}
