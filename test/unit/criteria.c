/* What the API takes and refuses for the search's parameters. */
#include "offers/criteria.h"
#include "unit.h"

static char problem[256];

/* Checks values parted by blanks. */
static int
check(const char *name, const char *list)
{
	char		copy[1024];
	const char *values[300];
	int			n = 0;

	strcpy(copy, list);
	for (char *p = strtok(copy, "|"); p; p = strtok(NULL, "|"))
		values[n++] = p;
	return jm_criterion_check(name, values, n, problem, sizeof(problem));
}

int
main(void)
{
	static const char *const good[][2] = {
		{"codeROME", "M1811|D1102"}, {"commune", "57463|2A004"}, {"departement", "57|2B|974"},
		{"distance", "0"}, {"experience", "1"}, {"grandDomaine", "C15"}, {"publieeDepuis", "31"},
		{"minCreationDate", "2022-03-25T14:52:00Z"}, {"motsCles", "data engineer|c++"},
		{"motsCles", "\xc3\xa9t\xc3\xa9"}, {"tempsPlein", "true"}, {"codeNAF", "78.20Z"},
		{"dureeHebdoMin", "2430"}, {"dureeContratMin", "0.5"}, {"salaireMin", "30000"},
		{"typeContrat", "CDI|CDD"}, {"natureContrat", "E1|FS"}, {"partenaires", "METEOJOB|PMEJOB"},
		{"region", "75"}, {"theme", "12"}, {"origineOffre", "2"}, {"permis", "E(C)"},
	};
	static const char *const bad[][2] = {
		{"codeROME", "m1811"}, {"codeROME", "M18111"}, {"codeROME", "M1811&x=1"}, {"codeROME", ""},
		{"commune", "1|2|3|4|5|6"}, {"commune", "5746"}, {"departement", "1"}, {"departement", "2C"},
		{"distance", "-1"}, {"distance", "1.5"}, {"distance", "1e3"}, {"experience", "4"}, {"grandDomaine", "Z"},
		{"grandDomaine", "A B"}, {"publieeDepuis", "2"}, {"minCreationDate", "2022-03-25"},
		{"minCreationDate", "2022-03-25T14:52:00.000Z"}, {"minCreationDate", "2022-03-25T14:52:0\xff" "Z"},
		{"motsCles", "a"}, {"motsCles", "a1|b2|c3|d4|e5|f6|g7|h8"}, {"motsCles", "un deux trois quatre cinq six sept huit"},
		{"motsCles", "data;drop"}, {"motsCles", " "}, {"tempsPlein", "oui"}, {"codeNAF", "7820Z"},
		{"dureeHebdoMin", "2460"}, {"dureeContratMin", "100"}, {"salaireMin", "1.2.3"}, {"salaireMin", "."},
		{"typeContrat", "cdi"}, {"region", "7"}, {"theme", "x"}, {"range", "0-149"}, {"origineOffre", "3"},
		{"origineOffre", "1|2"}, {"partenaires", "a b"},
		{"appellation", "11111111111111111111111111111111111111111"},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		CHECK(check(good[i][0], good[i][1]));
		if (unit_failures)
			fprintf(stderr, "%s %s: %s\n", good[i][0], good[i][1], problem);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		CHECK(!check(bad[i][0], bad[i][1]));
		if (unit_failures)
			fprintf(stderr, "%s %s\n", bad[i][0], bad[i][1]);
	}
	CHECK(jm_criterion_known("codeROME") && !jm_criterion_known("range"));
	CHECK(strstr(jm_criterion_names(), "typeContrat") != NULL);
	return unit_failures != 0;
}
