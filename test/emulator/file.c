/*
 * file.c
 *		Offers of a file: JSON lines, plain or compressed.
 *
 * The bytes of a line are served as they are; the document is only read to
 * know what the filters and the indexes need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zlib.h>

#include "data.h"
#include "emu.h"

static const char *
text_of(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* Months out of "2 An(s)", "6 Mois", "Expérience exigée de 3 An(s)" */
static int
months_of(const char *label)
{
	const char *p = label + strcspn(label, "0123456789");
	long		n;

	if (!*p)
		return 0;
	n = strtol(p, (char **) &p, 10);
	while (*p == ' ')
		p++;
	if (strncmp(p, "An", 2) == 0)
		n *= 12;
	return n < 0 ? 0 : n > 250 ? 250 : (int) n;
}

/* Codes of appellations the embedded data knows */
static const char *
appellation_code(const char *label)
{
	for (int i = 0; i < data_romes_count; i++)
		for (int t = 0; t < DATA_MAX_TITLES && data_romes[i].titles[t].title; t++)
			if (strcmp(data_romes[i].titles[t].appellation, label) == 0)
				return data_romes[i].titles[t].code;
	return NULL;
}

static uint32_t
read_place(json_t *place)
{
	json_t	   *lat = json_object_get(place, "latitude");
	json_t	   *lon = json_object_get(place, "longitude");
	const char *label = text_of(place, "libelle");
	const char *commune = text_of(place, "commune");

	if (!json_is_object(place) || (!*label && !*commune))
		return PLACE_NONE;
	return place_intern(label, commune, json_is_number(lat) && json_is_number(lon),
						json_number_value(lat), json_number_value(lon));
}

static bool
flag_of(json_t *doc, const char *key)
{
	return json_is_true(json_object_get(doc, key));
}

/* What is wrong with the document, or NULL */
static const char *
read_document(json_t *doc, Offer *o)
{
	json_t	   *origin = json_object_get(doc, "origineOffre");
	json_t	   *firm = json_object_get(doc, "entreprise");
	json_t	   *partner;
	const char *s;
	const char *wrong = NULL;

	o->rome = o->naf = o->partner = NO_ROW;
	o->type = o->nature = 31;
	o->created = o->updated = clock_ms();
	o->title = title_intern("", NULL, NO_ROW);
	if (!json_is_object(doc))
		return "not an object";

	s = text_of(doc, "id");
	if (!*s)
		wrong = "no id";
	else if (strlen(s) >= sizeof(o->id))
		wrong = "id too long";
	else
		memcpy(o->id, s, strlen(s) + 1);
	s = text_of(doc, "dateCreation");
	if (!parse_iso(s, strlen(s), &o->created) && !wrong)
		wrong = "no valid dateCreation";
	s = text_of(doc, "dateActualisation");
	if (!parse_iso(s, strlen(s), &o->updated))
		o->updated = NO_DATE;

	o->rome = rome_intern(text_of(doc, "romeCode"), text_of(doc, "romeLibelle"));
	o->title = title_intern(text_of(doc, "intitule"),
							appellation_code(text_of(doc, "appellationlibelle")), o->rome);
	o->place = read_place(json_object_get(doc, "lieuTravail"));
	o->naf = naf_intern(text_of(doc, "codeNAF"));
	o->type = type_by_code(text_of(doc, "typeContrat"));
	o->nature = nature_by_label(text_of(doc, "natureContrat"));
	o->exig = *text_of(doc, "experienceExige");
	o->months = months_of(text_of(doc, "experienceLibelle"));
	if (o->exig == 'D')
		o->exper = 1;
	else if (o->months == 0)
		o->exper = o->exig == 'E' ? 4 : 0;
	else
		o->exper = o->months < 12 ? 1 : o->months <= 36 ? 2 : 3;
	s = text_of(doc, "qualificationCode");
	o->qual = (*s >= '1' && *s <= '9') ? *s - '0' : 0;
	s = text_of(doc, "dureeTravailLibelleConverti");
	o->hours = strcmp(s, "Temps plein") == 0 ? 1 : strcmp(s, "Temps partiel") == 0 ? 2 : 0;
	if (flag_of(doc, "accessibleTH"))
		o->flags |= FLAG_TH;
	if (flag_of(doc, "offresManqueCandidats"))
		o->flags |= FLAG_SHORTAGE;
	if (flag_of(doc, "entrepriseAdaptee") || flag_of(firm, "entrepriseAdaptee"))
		o->flags |= FLAG_ADAPTED;
	if (flag_of(doc, "employeurHandiEngage"))
		o->flags |= FLAG_HANDI;
	s = text_of(origin, "origine");
	o->origin = strcmp(s, "1") == 0 ? 1 : strcmp(s, "2") == 0 ? 2 : 0;
	partner = json_array_get(json_object_get(origin, "partenaires"), 0);
	o->partner = partner_intern(text_of(partner, "nom"));
	return wrong;
}

static bool
read_line(gzFile in, Buf *line)
{
	line->len = 0;
	for (;;)
	{
		buf_reserve(line, 65536);
		if (gzgets(in, line->data + line->len, 65536) == NULL)
			return line->len > 0;
		line->len += strlen(line->data + line->len);
		if (line->len > 0 && line->data[line->len - 1] == '\n')
			return true;
	}
}

void
file_load(const char *path, bool keep_broken)
{
	gzFile		in = gzopen(path, "rb");
	Buf			line = {0};
	uint32_t	number = 0;
	uint32_t	broken = 0;
	StrMap		seen = {0};

	if (in == NULL)
		fatal("cannot open \"%s\"", path);
	gzbuffer(in, 1 << 18);
	while (read_line(in, &line))
	{
		Offer		o = {0};
		json_t	   *doc;
		json_error_t error;
		const char *wrong;
		uint32_t	other;

		number++;
		while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
			line.len--;
		if (line.len == 0)
			continue;
		doc = json_loadb(line.data, line.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
		wrong = read_document(doc, &o);
		if (doc == NULL)
			wrong = error.text;
		if (!wrong && strmap_get(&seen, o.id, &other))
			wrong = "an id seen before";
		if (!wrong)
			strmap_put(&seen, o.id, number);
		json_decref(doc);
		if (wrong)
		{
			fprintf(stderr, "emulator: %s line %u: %s\n", path, number, wrong);
			broken++;
			if (!keep_broken)
				continue;
			o.flags |= FLAG_BROKEN;
		}
		o.serial = number;
		o.raw_len = line.len;
		o.raw = memcpy(xmalloc(line.len + 1), line.data, line.len);
		((char *) o.raw)[line.len] = '\0';
		store_add(&o);
	}
	gzclose(in);
	buf_free(&line);
	strmap_free(&seen);
	if (broken)
		fprintf(stderr, "emulator: %u broken lines %s\n", broken, keep_broken ? "kept" : "left out");
}
