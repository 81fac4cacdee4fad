/*
 * places.c
 *		Places from codes, labels and coordinates.
 */
#include "text_env.h"
#include "unit.h"

static JmGazetteer *g;

/* "insee postal departement territory method", - for what is unknown. */
static const char *
resolve(const char *label, const char *postal, const char *insee, double lat, double lon)
{
	static char line[128];
	JmPlaceInput in = {label, label ? strlen(label) : 0, postal, postal ? strlen(postal) : 0,
	insee, insee ? strlen(insee) : 0, lat, lon};
	JmPlace		p;

	jm_resolve_place(g, &in, &p);
	CHECK(p.confidence >= 0 && p.confidence <= 1);
	snprintf(line, sizeof(line), "%s %s %s %s %s", p.commune >= 0 ? g->communes[p.commune].insee : "-",
			 p.postal[0] ? p.postal : "-",
			 p.departement >= 0 ? g->departements[p.departement].code : "-",
			 p.territory, jm_place_method_name(p.method));
	return line;
}

#define LABEL(label, expected) CHECK_STR(resolve(label, NULL, NULL, NAN, NAN), expected)

static void
test_codes(void)
{
	CHECK_STR(resolve(NULL, NULL, NULL, NAN, NAN), "- - - inconnu none");
	CHECK_STR(resolve("", "", "", NAN, NAN), "- - - inconnu none");
	CHECK_STR(resolve("13 - X", NULL, "01173", NAN, NAN), "01173 01170 01 metropole insee");
	CHECK_STR(resolve(NULL, NULL, "2a004", NAN, NAN), "2A004 20000 2A corse insee");
	CHECK_STR(resolve(NULL, NULL, "74011", NAN, NAN), "74010 - 74 metropole insee");
	CHECK_STR(resolve(NULL, NULL, "99131", NAN, NAN), "- - - etranger insee");
	CHECK_STR(resolve(NULL, "74000", NULL, NAN, NAN), "74010 74000 74 metropole postal");
	CHECK_STR(resolve("74 - Annecy", "74009", NULL, NAN, NAN), "74010 74009 74 metropole label_commune");
	CHECK_STR(resolve(NULL, "20090", NULL, NAN, NAN), "- 20090 2A corse label_departement");
	CHECK_STR(resolve(NULL, "98000", NULL, NAN, NAN), "- 98000 - etranger postal");
	/* codes that went through a number, or stand among words */
	CHECK_STR(resolve(NULL, NULL, "1999", NAN, NAN), "01999 01999 01 metropole insee");
	CHECK_STR(resolve(NULL, NULL, "1999.0", NAN, NAN), "01999 01999 01 metropole insee");
	CHECK_STR(resolve(NULL, "1999", NULL, NAN, NAN), "01999 01999 01 metropole postal");
	CHECK_STR(resolve(NULL, "74000.0 ", NULL, NAN, NAN), "74010 74000 74 metropole postal");
	CHECK_STR(resolve(NULL, "F-74000", NULL, NAN, NAN), "74010 74000 74 metropole postal");
	CHECK_STR(resolve(NULL, "74000 ANNECY", NULL, NAN, NAN), "74010 74000 74 metropole postal");
	CHECK_STR(resolve(NULL, "D-74000", NULL, NAN, NAN), "- - - etranger postal");
	/* Belgian codes have four digits */
	CHECK_STR(resolve("Namur", "B-5000", NULL, NAN, NAN), "- - - etranger postal");
	CHECK_STR(resolve("Ajaccio", "B-20000", NULL, NAN, NAN), "2A004 20000 2A corse postal");
	CHECK_STR(resolve(NULL, "740000", "740100", NAN, NAN), "- - - inconnu none");
	CHECK_STR(resolve(NULL, "100", "100", NAN, NAN), "- - - inconnu none");
	CHECK_STR(resolve("74 - x", NULL, "74999", NAN, NAN), "- - 74 metropole label_departement");
}

static void
test_labels(void)
{
	LABEL("74 - ANNECY", "74010 - 74 metropole label_commune");
	LABEL("74 - ST JULIEN EN GENEVOIS", "74243 74160 74 metropole label_commune");
	LABEL("74 - Savoie (Haute)", "- - 74 metropole label_departement");
	LABEL("74 - Annecy Nord", "74010 - 74 metropole label_commune");
	LABEL("74", "- - 74 metropole label_departement");
	LABEL("01 - VILLE LA GRAND", "01999 01999 01 metropole label_commune");
	LABEL("Ville-la-Grand", "74305 74100 74 metropole label_commune");
	LABEL("Annecy (74)", "74010 - 74 metropole label_commune");
	LABEL("74000 Annecy", "74010 74000 74 metropole postal");
	LABEL("75 - PARIS 12", "75112 75012 75 metropole label_commune");
	LABEL("74 - CRAN GEVRIER", "74010 - 74 metropole label_commune");
	LABEL("01 - CRAN GEVRIER", "- - 01 metropole label_departement");
	LABEL("Annecy, Haute-Savoie", "74010 - 74 metropole label_commune");
	LABEL("Haute-Savoie / Annecy", "74010 - 74 metropole label_commune");
	LABEL("ANNECY 74", "74010 - 74 metropole label_commune");
	LABEL("Annecy et agglom\xC3\xA9ration", "74010 - 74 metropole label_commune");
	LABEL("Annecy, Belgique", "- - - etranger label_country");
	LABEL("D\xC3\xA9partement de la Haute-Savoie", "- - 74 metropole label_departement");
	LABEL("Collectivit\xC3\xA9s d'Outre-Mer", "- - - com label_region");
	LABEL("1 - Ain", "- - 01 metropole label_departement");
	LABEL(" - , / et ()", "- - - inconnu none");
	LABEL("Paris 12e Arrondissement", "75112 75012 75 metropole label_commune");
	LABEL("75 - Paris (Dept.)", "- - 75 metropole label_departement");
	LABEL("Paris", "75056 - 75 metropole label_commune");
	LABEL("20 - AJACCIO", "2A004 20000 2A corse label_commune");
	LABEL("20 - Corse", "- - - corse label_region");
	LABEL("\xC3\x8Ele-de-France", "- - - metropole label_region");
	LABEL("IDF", "- - - metropole label_region");
	LABEL("France", "- - - inconnu none");
	LABEL("Belgique", "- - - etranger label_country");
	LABEL("Luxembourg (Frontalier)", "- - - etranger label_country");
	LABEL("Namur, Belgique", "- - - etranger label_country");
	LABEL("Annecy - 74", "74010 - 74 metropole label_commune");
	LABEL("Ville-la-Grand - 74", "74305 74100 74 metropole label_commune");
	LABEL("Ville-la-Grand, Haute-Savoie, France", "74305 74100 74 metropole label_commune");
	LABEL("Annecy (74), France", "74010 - 74 metropole label_commune");
	LABEL("\"74 - ANNECY\"", "74010 - 74 metropole label_commune");
	LABEL("74, France", "- - 74 metropole label_departement");
	LABEL("1 rue X, 74000 Annecy", "74010 74000 74 metropole postal");
	LABEL("01 avenue Y, Annecy", "74010 - 74 metropole label_commune");
	LABEL("74 rue Z 75012 Paris", "75112 75012 75 metropole postal");
	LABEL("74 - Rue", "- - 74 metropole label_departement");
	LABEL("20 - AJACCIO (t\xC3\xA9l\xC3\xA9travail)", "2A004 20000 2A corse label_commune");
	LABEL("Paris - 12", "75112 75012 75 metropole label_commune");
	LABEL("L-1234 Luxembourg", "- - - etranger postal");
	LABEL("D\xC3\xA9pt. 74", "- - 74 metropole label_departement");
	LABEL("Poste bas\xC3\xA9 \xC3\xA0 Annecy (74)", "74010 - 74 metropole label_commune");
	LABEL("\xF0\x9F\x93\x8D Annecy", "74010 - 74 metropole label_commune");
	/* a city abroad gives way to a commune; "gex" is also a commune's name */
	LABEL("Kehl", "- - - etranger label_country");
	LABEL("Annecy, Kehl", "74010 - 74 metropole label_commune");
	LABEL("Kehl / Annecy", "74010 - 74 metropole label_commune");
	LABEL("Annecy et Kehl", "74010 - 74 metropole label_commune");
	LABEL("Annecy, Kehl, Belgique", "- - - etranger label_country");
	LABEL("Kehl, Haute-Savoie", "- - - etranger label_country");
	LABEL("Gex", "- - - etranger label_country");
	LABEL("Le Gex", "01173 01170 01 metropole label_commune");
	LABEL("Gex, Ain", "01173 01170 01 metropole label_commune");
	LABEL("Gex, Kehl", "- - - etranger label_country");
}

static void
test_points(void)
{
	CHECK_STR(resolve("France", NULL, NULL, 45.89, 6.11), "74010 - 74 metropole gps");
	CHECK_STR(resolve("France", NULL, NULL, 6.11, 45.89), "74010 - 74 metropole gps");
	CHECK_STR(resolve("74 - Haute-Savoie", NULL, NULL, 46.15, 6.07), "74243 74160 74 metropole gps");
	CHECK_STR(resolve("74 - Annecy, France", NULL, NULL, 46.15, 6.07), "74010 - 74 metropole label_commune");
	CHECK_STR(resolve("75 - Paris", NULL, NULL, 48.84, 2.42), "75112 75012 75 metropole gps");
	CHECK_STR(resolve("75 - Paris", NULL, NULL, 45.89, 6.11), "75056 - 75 metropole label_commune");
	CHECK_STR(resolve("Gex", NULL, NULL, 46.3, 6.1), "01173 01170 01 metropole label_commune");
	CHECK_STR(resolve("Kehl", NULL, NULL, 45.9, 6.11), "74010 - 74 metropole gps");
	CHECK_STR(resolve("Kehl, X", NULL, NULL, 45.9, 6.11), "74010 - 74 metropole gps");
	CHECK_STR(resolve("Annecy, Kehl", NULL, NULL, 46.14, 6.08), "74010 - 74 metropole label_commune");
	/* 4 km from a commune's centre is what cities across the border are */
	CHECK_STR(resolve("Kehl", NULL, NULL, 45.936, 6.12), "- - - etranger label_country");
	CHECK_STR(resolve("France", NULL, NULL, 0, 0), "- - - inconnu none");
	CHECK_STR(resolve("France", NULL, NULL, 46.227638, 2.213749), "- - - inconnu none");
	CHECK_STR(resolve("France", NULL, NULL, 52.5, 13.4), "- - - inconnu none");
	CHECK_STR(resolve("France", NULL, NULL, INFINITY, -1e308), "- - - inconnu none");
}

int
main(void)
{
	g = env_gazetteer();
	test_codes();
	test_labels();
	test_points();
	env_free();
	return unit_failures != 0;
}
