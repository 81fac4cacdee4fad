/*
 * render.c
 *		The JSON text of an offer.
 *
 * A generated offer is written afresh at each request from its serial number
 * and its number of changes; an offer of a file is copied.  Optional fields
 * come missing, null, empty or filled, as in the real service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "emu.h"

#define LIT(buf, s) buf_add(buf, s, sizeof(s) - 1)

/* JSON text prepared once */
static char **rome_json;		/* "romeCode":…,"romeLibelle":… */
static char **title_json;		/* inside of a string */
static char **appellation_json;
static char **naf_json;			/* the three activity fields */
static char *hours_json[32];
static char *part_hours_json[16];
static char *comments_json[32];

static const char *const qual_labels[10] = {
	"", "Manœuvre", "Ouvrier spécialisé", "Ouvrier qualifié (P1,P2)",
	"Ouvrier qualifié (P3,P4,OHQ)", "Employé non qualifié",
	"Employé qualifié", "Technicien", "Agent de maîtrise", "Cadre"
};

static char *
escaped(const char *s)
{
	Buf			buf = {0};

	buf_json_escape(&buf, s, strlen(s));
	return buf.data ? buf.data : xstrdup("");
}

void
render_init(void)
{
	Buf			buf = {0};

	text_init();
	rome_json = xmalloc(romes_count * sizeof(char *));
	for (uint32_t i = 0; i < romes_count; i++)
	{
		buf.len = 0;
		buf_addf(&buf, ",\"romeCode\":\"%s\",\"romeLibelle\":", romes[i].code);
		buf_json_string(&buf, romes[i].label);
		rome_json[i] = xstrdup(buf.data);
	}
	title_json = xmalloc(titles_count * sizeof(char *));
	appellation_json = xmalloc(titles_count * sizeof(char *));
	for (uint32_t i = 0; i < titles_count; i++)
	{
		const Rome *rome = &romes[titles[i].rome];

		title_json[i] = escaped(titles[i].text);
		appellation_json[i] = escaped(rome->data < 0 ? titles[i].text :
									  data_romes[rome->data].titles[i - rome->first_title].appellation);
	}
	naf_json = xmalloc(data_nafs_count * sizeof(char *));
	for (int i = 0; i < data_nafs_count; i++)
	{
		buf.len = 0;
		buf_addf(&buf, ",\"codeNAF\":\"%s\",\"secteurActivite\":\"%.2s\",\"secteurActiviteLibelle\":",
				 data_nafs[i].code, data_nafs[i].code);
		buf_json_string(&buf, data_nafs[i].label);
		naf_json[i] = xstrdup(buf.data);
	}
	for (int i = 0; i < data_hours_count; i++)
		hours_json[i] = escaped(data_hours[i]);
	for (int i = 0; i < data_part_hours_count; i++)
		part_hours_json[i] = escaped(data_part_hours[i]);
	for (int i = 0; i < data_comments_count; i++)
		comments_json[i] = escaped(data_comments[i]);
	buf_free(&buf);
}

/* missing, null, or the empty value given */
static void
put_empty(Buf *buf, uint64_t *r, const char *name, const char *empty)
{
	switch (rng_below(r, 4))
	{
		case 0:
			buf_addf(buf, ",\"%s\":null", name);
			break;
		case 1:
			buf_addf(buf, ",\"%s\":%s", name, empty);
			break;
		default:
			break;
	}
}

/* An amount with two decimals and a comma, or with one and a dot */
static void
put_amount(Buf *buf, int cents, bool comma)
{
	if (comma)
		buf_addf(buf, "%d,%02d", cents / 100, cents % 100);
	else if (cents % 10 == 0)
		buf_addf(buf, "%d.%d", cents / 100, cents / 10 % 10);
	else
		buf_addf(buf, "%d.%02d", cents / 100, cents % 100);
}

/*
 * A salary label in one of the nineteen shapes seen: four periods and none,
 * comma or dot, one bound or two, with or without months, or no number at all.
 */
static void
put_salary_label(Buf *buf, uint64_t *r, bool skilled)
{
	static const struct
	{
		const char *period;
		char		scale;		/* y, m, h, or 0 without number */
		bool		comma;
		bool		range;
		const char *months;
		int			weight;
	}			shapes[19] =
	{
		{"Mensuel de ", 'm', false, true, "12.0", 150},
		{"Annuel de ", 'y', false, true, "12.0", 100},
		{"Annuel de ", 'y', true, true, NULL, 95},
		{"Mensuel de ", 'm', false, false, "12.0", 85},
		{"Mensuel de ", 'm', true, true, NULL, 45},
		{"Horaire de ", 'h', false, true, "12.0", 45},
		{"Horaire de ", 'h', false, true, NULL, 28},
		{"Mensuel de ", 'm', false, true, "13.0", 20},
		{"Horaire de ", 'h', false, false, "12.0", 22},
		{"Horaire de ", 'h', true, true, NULL, 16},
		{"Annuel de ", 'y', false, false, "12.0", 16},
		{"Mensuel de ", 'm', true, false, NULL, 13},
		{"Horaire de ", 'h', false, false, NULL, 12},
		{"Horaire de ", 'h', false, false, "0.0", 12},
		{"Annuel de ", 'y', true, false, NULL, 9},
		{"De ", 'y', true, true, NULL, 8},
		{"Autre de ", 'm', true, true, NULL, 4},
		{"Annuel de", 0, false, false, NULL, 3},
		{"Mensuel de", 0, false, false, NULL, 3},
	};
	uint32_t	x = rng_below(r, 686);
	int			s = 0;
	char		scale;
	int			low;
	int			high;

	while (s < 18 && x >= (uint32_t) shapes[s].weight)
		x -= shapes[s++].weight;
	buf_adds(buf, shapes[s].period);
	if (shapes[s].scale == 0)
		return;
	scale = shapes[s].scale;

	/* one in eighty has the amount of another period */
	if (rng_chance(r, 0.0125))
		scale = "ymh"[rng_below(r, 3)];
	switch (scale)
	{
		case 'y':
			low = (21700 + rng_below(r, skilled ? 40000 : 12000)) / 100 * 10000;
			high = low + 100000 * (1 + rng_below(r, 12));
			break;
		case 'm':
			low = 180200 + rng_below(r, skilled ? 250000 : 90000);
			if (rng_chance(r, 0.7))
				low = low / 5000 * 5000 + 5000;
			high = low + 5000 * (1 + rng_below(r, 12));
			break;
		default:
			low = 1188 + rng_below(r, skilled ? 1500 : 400);
			high = low + 10 * rng_below(r, 40);
			break;
	}
	put_amount(buf, low, shapes[s].comma);
	LIT(buf, " Euros");
	if (shapes[s].range)
	{
		LIT(buf, " à ");
		put_amount(buf, high, shapes[s].comma);
		LIT(buf, " Euros");
	}
	if (shapes[s].months)
		buf_addf(buf, " sur %s mois", shapes[s].months);
}

static void
put_salary(Buf *buf, const Offer *o)
{
	uint64_t	r = generate_key(o->serial, ('S' << 8) + (o->rev & 0xFF));
	const char *comma = "";

	if (rng_chance(&r, 0.36))
	{
		put_empty(buf, &r, "salaire", "{}");
		return;
	}
	LIT(buf, ",\"salaire\":{");
	if (rng_chance(&r, 0.77))
	{
		LIT(buf, "\"libelle\":\"");
		put_salary_label(buf, &r, o->qual >= 7);
		LIT(buf, "\"");
		comma = ",";
	}
	if (rng_chance(&r, 0.23))
	{
		buf_addf(buf, "%s\"commentaire\":\"%s\"", comma,
				 comments_json[rng_below(&r, data_comments_count)]);
		comma = ",";
	}
	if (rng_chance(&r, 0.37))
	{
		buf_addf(buf, "%s\"complement1\":\"%s\"", comma,
				 data_extras[rng_below(&r, data_extras_count)]);
		comma = ",";
		if (rng_chance(&r, 0.45))
			buf_addf(buf, ",\"complement2\":\"%s\"",
					 data_extras[rng_below(&r, data_extras_count)]);
	}
	if (rng_chance(&r, 0.05))
	{
		int			n = 1 + rng_below(&r, 5);
		int			at = rng_below(&r, data_complements_count);

		buf_addf(buf, "%s\"listeComplements\":[", comma);
		for (int i = 0; i < n; i++)
		{
			const DataPair *c = &data_complements[(at + i) % data_complements_count];

			buf_addf(buf, "%s{\"code\":\"%s\",\"libelle\":\"%s\"}", i ? "," : "", c->code, c->label);
		}
		LIT(buf, "]");
	}
	LIT(buf, "}");
}

/* Upper case of the ASCII letters and of the accented ones of Latin-1 */
static void
put_upper(Buf *buf, const char *s)
{
	for (; *s; s++)
	{
		unsigned char c = *s;
		char		out = c;

		if (c >= 'a' && c <= 'z')
			out = c - 32;
		else if (c == 0xC3 && (unsigned char) s[1] >= 0xA0)
		{
			buf_add(buf, s, 1);
			out = *++s - 0x20;
		}
		buf_add(buf, &out, 1);
	}
}

static void
put_place(Buf *buf, const Offer *o, uint64_t *r)
{
	const Place *place = &places[o->place];

	switch (place->kind)
	{
		case 'c':
			{
				const DataCommune *c = &data_communes[place->data];
				const char *district = strstr(c->name, "e Arrondissement");

				buf_addf(buf, ",\"lieuTravail\":{\"libelle\":\"%s - ", c->dept);
				if (strncmp(c->code, "751", 3) == 0)
					buf_addf(buf, "Paris %s", c->code + 3);
				else if (district || strstr(c->name, "er Arr"))
					buf_addf(buf, "%.*s %d", (int) strcspn(c->name, " "), c->name,
							 atoi(c->code + 3) % 20);
				else if (rng_chance(r, 0.5))
					put_upper(buf, c->name);
				else
					buf_adds(buf, c->name);
				LIT(buf, "\"");
				if (rng_chance(r, 0.93))
					buf_addf(buf, ",\"latitude\":%.6f,\"longitude\":%.6f", c->lat, c->lon);
				if (rng_chance(r, 0.985))
					buf_addf(buf, ",\"codePostal\":\"%s\"", c->postal);
				buf_addf(buf, ",\"commune\":\"%s\"}", c->code);
				break;
			}
		case 'd':
			buf_addf(buf, ",\"lieuTravail\":{\"libelle\":\"%s - %s%s\"}", data_depts[place->data].code,
					 data_depts[place->data].name, rng_chance(r, 0.3) ? " (Dept.)" : "");
			break;
		case 'r':
			buf_addf(buf, ",\"lieuTravail\":{\"libelle\":\"%s\"}", data_regions[place->data].label);
			break;
		case 'f':
			LIT(buf, ",\"lieuTravail\":{\"libelle\":\"France\"}");
			break;
		default:
			switch (rng_below(r, 4))
			{
				case 0:
					LIT(buf, ",\"lieuTravail\":null");
					break;
				case 1:
					LIT(buf, ",\"lieuTravail\":{}");
					break;
				case 2:
					LIT(buf, ",\"lieuTravail\":{\"libelle\":\"\"}");
					break;
				default:
					break;
			}
	}
}

static void
put_contract(Buf *buf, const Offer *o, uint64_t *r)
{
	const char *code = data_types[o->type].code;

	buf_addf(buf, ",\"typeContrat\":\"%s\",\"typeContratLibelle\":\"", code);
	if (o->type == 0)
		buf_adds(buf, o->origin == 1 ? "CDI" : data_types[0].label);
	else
	{
		static const uint8_t durations[] = {1, 1, 2, 3, 3, 4, 5, 6, 6, 6, 8, 9, 12, 12, 12, 18, 24};

		if (o->type == 1)
			buf_adds(buf, o->origin == 1 ? "CDD" : data_types[1].label);
		else if (o->type == 2)
			buf_adds(buf, o->origin == 1 ? "Intérim" : data_types[2].label);
		else
			buf_adds(buf, data_types[o->type].label);
		if (o->type <= 3 || o->type == 7)
		{
			if (rng_chance(r, 0.2))
				buf_addf(buf, " - %u Jour(s)", 1 + rng_below(r, 30));
			else
				buf_addf(buf, " - %d Mois", durations[rng_below(r, sizeof(durations))]);
		}
	}
	buf_addf(buf, "\",\"natureContrat\":\"%s\"", data_natures[o->nature].label);

	/* two generations of labels */
	buf_addf(buf, ",\"experienceExige\":\"%c\"", o->exig);
	if (o->exig == 'D')
		LIT(buf, ",\"experienceLibelle\":\"Débutant accepté\"");
	else
	{
		const char *kind = o->exig == 'E' ? "Expérience exigée" : "Expérience souhaitée";
		int			years = o->months / 12;

		if (o->months == 0)
			buf_addf(buf, ",\"experienceLibelle\":\"%s\"", kind);
		else
		{
			LIT(buf, ",\"experienceLibelle\":\"");
			if (o->origin == 2)
				buf_addf(buf, "%s de ", kind);
			if (o->months < 12 || (o->months <= 24 && rng_chance(r, 0.1)))
				buf_addf(buf, "%d Mois", o->months);
			else
				buf_addf(buf, "%d An(s)", years);
			if (rng_chance(r, 0.03))
				LIT(buf, " - Sur même type de poste");
			LIT(buf, "\"");
		}
		if (rng_chance(r, 0.03))
			LIT(buf, ",\"experienceCommentaire\":\"sur poste similaire\"");
	}
}

static void
put_lists(Buf *buf, const Offer *o, uint64_t *r)
{
	if (rng_chance(r, o->origin == 1 ? 0.45 : 0.2))
	{
		int			n = 1 + rng_below(r, 6);
		int			at = rng_below(r, data_skills_count);

		LIT(buf, ",\"competences\":[");
		for (int i = 0; i < n; i++)
		{
			const DataPair *s = &data_skills[(at + i * 7) % data_skills_count];

			buf_adds(buf, i ? ",{" : "{");
			if (s->code)
				buf_addf(buf, "\"code\":\"%s\",", s->code);
			LIT(buf, "\"libelle\":\"");
			buf_json_escape(buf, s->label, strlen(s->label));
			buf_addf(buf, "\",\"exigence\":\"%c\"}", rng_chance(r, 0.3) ? 'E' : 'S');
		}
		LIT(buf, "]");
	}
	else
		put_empty(buf, r, "competences", "[]");

	if (rng_chance(r, 0.125))
	{
		const DataPair *f = &data_trainings[rng_below(r, data_trainings_count)];

		LIT(buf, ",\"formations\":[{");
		if (f->code)
			buf_addf(buf, "\"codeFormation\":\"%s\",\"domaineLibelle\":\"%s\",", f->code, f->label);
		buf_addf(buf, "\"niveauLibelle\":\"%s\",\"exigence\":\"%c\"}]",
				 data_levels[rng_below(r, data_levels_count)].label, rng_chance(r, 0.5) ? 'E' : 'S');
	}
	else
		put_empty(buf, r, "formations", "[]");

	if (rng_chance(r, 0.06))
		buf_addf(buf, ",\"langues\":[{\"libelle\":\"%s\",\"exigence\":\"%c\"}]",
				 data_languages[rng_chance(r, 0.7) ? 0 : rng_below(r, data_languages_count)].label,
				 rng_chance(r, 0.5) ? 'E' : 'S');
	if (rng_chance(r, 0.095))
		buf_addf(buf, ",\"permis\":[{\"libelle\":\"%s\",\"exigence\":\"%c\"}]",
				 data_licences[rng_chance(r, 0.85) ? 0 : rng_below(r, data_licences_count)].label,
				 rng_chance(r, 0.6) ? 'E' : 'S');
	if (rng_chance(r, 0.02))
		buf_adds(buf, rng_chance(r, 0.5) ? ",\"outilsBureautiques\":\"Traitement de texte\"" :
				 ",\"outilsBureautiques\":[\"Traitement de texte\",\"Tableur\"]");
	if (rng_chance(r, 0.16))
	{
		int			n = 1 + rng_below(r, 3);
		int			at = rng_below(r, data_qualities_count);

		LIT(buf, ",\"qualitesProfessionnelles\":[");
		for (int i = 0; i < n; i++)
		{
			const DataPair *q = &data_qualities[(at + i) % data_qualities_count];

			buf_addf(buf, "%s{\"libelle\":\"%s\",\"description\":\"%s\"}", i ? "," : "", q->code, q->label);
		}
		LIT(buf, "]");
	}
}

static void
put_hours(Buf *buf, const Offer *o, uint64_t *r)
{
	const char *label;

	if (o->hours == 0)
	{
		put_empty(buf, r, "contexteTravail", "{}");
		return;
	}
	label = o->hours == 1 ? hours_json[rng_below(r, data_hours_count)] :
		part_hours_json[rng_below(r, data_part_hours_count)];
	buf_addf(buf, ",\"dureeTravailLibelle\":\"%s\"", label);
	if (rng_chance(r, 0.92))
		buf_addf(buf, ",\"dureeTravailLibelleConverti\":\"%s\"",
				 o->hours == 1 ? "Temps plein" : "Temps partiel");
	if (rng_chance(r, 0.4))
	{
		buf_addf(buf, ",\"contexteTravail\":{\"horaires\":[\"%s\"]", label);
		if (rng_chance(r, 0.3))
			buf_addf(buf, ",\"conditionsExercice\":[\"%s\"]",
					 data_conditions[rng_below(r, data_conditions_count)]);
		LIT(buf, "}");
	}
	if (rng_chance(r, 0.07))
		LIT(buf, ",\"complementExercice\":\"Temps plein\"");
}

/*
 * Contact and agency, with invented persons: whoever stores offers must not
 * keep these, and a test can look for the names.
 */
static void
put_contact(Buf *buf, const Offer *o, uint64_t *r)
{
	static const char *const names[] = {
		"Jean Exemple", "Marie Fictive", "Paul Témoin", "Zoé Modèle"
	};
	static const char *const mails[] = {
		"jean.exemple", "marie.fictive", "paul.temoin", "zoe.modele"
	};
	uint32_t	who = rng_below(r, 4);
	uint32_t	phone = rng_below(r, 10000);

	if (o->origin == 2 || rng_chance(r, 0.25))
	{
		put_empty(buf, r, "contact", "{}");
		put_empty(buf, r, "agence", "{}");
		return;
	}
	buf_addf(buf, ",\"contact\":{\"nom\":\"M. ou Mme %s\",\"coordonnees1\":\"%u rue de l'Exemple\"",
			 names[who], phone % 90 + 1);
	if (rng_chance(r, 0.5))
		buf_addf(buf, ",\"telephone\":\"01 99 00 %02u %02u\"", phone / 100, phone % 100);
	if (rng_chance(r, 0.5))
		buf_addf(buf, ",\"courriel\":\"Pour postuler, utiliser le lien suivant : https://candidat.francetravail.fr/offres/recherche/detail/%s\"", o->id);
	else
		buf_addf(buf, ",\"courriel\":\"%s@example.org\"", mails[who]);
	if (rng_chance(r, 0.3))
		buf_addf(buf, ",\"urlPostulation\":\"https://postuler.example.org/%s\"", o->id);
	LIT(buf, "}");
	if (rng_chance(r, 0.1))
		buf_addf(buf, ",\"agence\":{\"telephone\":\"3949 poste %04u\",\"courriel\":\"agence.fictive@example.org\"}", phone);
	else
		LIT(buf, ",\"agence\":{}");
}

static void
put_company(Buf *buf, uint64_t *r, const char *company)
{
	uint32_t	x = rng_below(r, 100);
	const char *comma = "";

	if (x < 8)
	{
		put_empty(buf, r, "entreprise", "{}");
		return;
	}
	LIT(buf, ",\"entreprise\":{");
	if (x < 78)
	{
		buf_addf(buf, "\"nom\":\"%s\"", company);
		comma = ",";
	}
	if (rng_chance(r, 0.25))
	{
		buf_addf(buf, "%s\"description\":\"%s est une entreprise à taille humaine, proche de ses clients&nbsp;et de ses équipes, présente dans toute la région...\"",
				 comma, company);
		comma = ",";
	}
	if (rng_chance(r, 0.04))
	{
		buf_addf(buf, "%s\"logo\":\"https://logos.example.org/%u.png\"", comma, rng_below(r, 9999));
		comma = ",";
	}
	if (rng_chance(r, 0.02))
	{
		buf_addf(buf, "%s\"url\":\"https://entreprise.example.org\"", comma);
		comma = ",";
	}
	buf_addf(buf, "%s\"entrepriseAdaptee\":false}", comma);
}

void
render_offer(Buf *buf, const Offer *o)
{
	static const char *const suffixes[] = {
		" (H/F)", " H/F", " F/H", " (F/H)", " F/H (H/F)", "", " H/F (H/F)"
	};
	static const char *const changes[] = {
		" - mise à jour", " - URGENT", " confirmé"
	};
	static const char *const travel[] = {
		"A préciser", "Jamais", "Ponctuels Zone départementale",
		"Fréquents Zone régionale", "Quotidiens Zone départementale"
	};
	uint64_t	r;
	uint64_t	t;
	char		date[32];
	Buf			company = {0};
	char		company_text[1024]; /* never outgrown: names are short */
	const char *title;

	if (o->raw)
	{
		buf_add(buf, o->raw, o->raw_len);
		return;
	}

	r = generate_key(o->serial, 'R');
	t = text_key(o);
	company.data = company_text;
	company.cap = sizeof(company_text);
	company_text[0] = '\0';
	text_company(&company, t);
	title = title_json[o->title];

	buf_reserve(buf, 8192);
	LIT(buf, "{\"id\":\"");
	buf_adds(buf, o->id);
	LIT(buf, "\",\"intitule\":\"");
	if (rng_chance(&t, 0.01))
		LIT(buf, "- ");
	buf_adds(buf, title);
	buf_adds(buf, suffixes[mix64(t) % (sizeof(suffixes) / sizeof(suffixes[0]))]);
	if (o->rev > 0)
		buf_adds(buf, changes[(o->rev - 1) % 3]);
	LIT(buf, "\",\"description\":\"");
	text_describe(buf, o, text_key(o), company_text, title);
	LIT(buf, "\",\"dateCreation\":\"");
	format_iso_ms(date, o->created);
	buf_add(buf, date, 24);
	if (o->rev > 0 || rng_chance(&r, 0.989))
	{
		LIT(buf, "\",\"dateActualisation\":\"");
		format_iso_ms(date, o->updated);
		buf_add(buf, date, 24);
	}
	LIT(buf, "\"");
	put_place(buf, o, &r);
	buf_adds(buf, rome_json[o->rome]);
	LIT(buf, ",\"appellationlibelle\":\"");
	buf_adds(buf, appellation_json[o->title]);
	LIT(buf, "\"");
	put_company(buf, &r, company_text);
	put_contract(buf, o, &r);
	put_lists(buf, o, &r);
	put_salary(buf, o);
	put_hours(buf, o, &r);
	buf_adds(buf, (o->nature == 1 || o->nature == 2) ? ",\"alternance\":true" : ",\"alternance\":false");
	put_contact(buf, o, &r);
	buf_addf(buf, ",\"nombrePostes\":%u", rng_chance(&r, 0.93) ? 1 : 2 + rng_below(&r, 9));
	if (rng_chance(&r, 0.98) || (o->flags & FLAG_TH))
		buf_adds(buf, (o->flags & FLAG_TH) ? ",\"accessibleTH\":true" : ",\"accessibleTH\":false");
	if (rng_chance(&r, 0.18))
	{
		uint32_t	code = rng_below(&r, 5);

		buf_addf(buf, ",\"deplacementCode\":\"%u\",\"deplacementLibelle\":\"%s\"", code, travel[code]);
	}
	if (o->qual)
		buf_addf(buf, ",\"qualificationCode\":\"%d\",\"qualificationLibelle\":\"%s\"", o->qual, qual_labels[o->qual]);
	if (o->naf != NO_ROW)
		buf_adds(buf, naf_json[o->naf]);
	if (rng_chance(&r, 0.016))
	{
		LIT(buf, ",\"trancheEffectifEtab\":\"");
		buf_adds(buf, data_sizes[rng_below(&r, data_sizes_count)]);
		LIT(buf, "\"");
	}
	buf_addf(buf, ",\"origineOffre\":{\"origine\":\"%d\",\"urlOrigine\":\"https://candidat.francetravail.fr/offres/recherche/detail/%s\"",
			 o->origin, o->id);
	if (o->partner != NO_ROW)
	{
		const DataPartner *p = &data_partners[o->partner];
		uint32_t	number = (uint32_t) (generate_key(o->serial, 'P') % 90000000 + 10000000);

		LIT(buf, ",\"partenaires\":[{\"nom\":\"");
		buf_adds(buf, p->code);
		LIT(buf, "\",\"url\":\"");
		for (const char *u = p->url; *u; u++)
		{
			if (u[0] == '%' && u[1] == 'u')
			{
				buf_addf(buf, "%u", number);
				u++;
			}
			else
				buf_add(buf, u, 1);
		}
		LIT(buf, "\",\"logo\":\"https://www.francetravail.fr/logos/img/partenaires/");
		buf_adds(buf, p->logo);
		LIT(buf, "\"}]");
	}
	LIT(buf, "}");
	if (o->flags & FLAG_SHORTAGE)
		LIT(buf, ",\"offresManqueCandidats\":true");
	else if (rng_chance(&r, 0.25))
		LIT(buf, ",\"offresManqueCandidats\":false");
	if (rng_chance(&r, 0.26) || (o->flags & (FLAG_ADAPTED | FLAG_HANDI)))
		buf_addf(buf, ",\"entrepriseAdaptee\":%s,\"employeurHandiEngage\":%s",
				 (o->flags & FLAG_ADAPTED) ? "true" : "false", (o->flags & FLAG_HANDI) ? "true" : "false");
	LIT(buf, "}");
}
