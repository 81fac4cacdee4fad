/*
 * tables.c
 *		Numbered tables of what offers refer to: places, titles, ROME codes,
 *		NAF codes, partners.
 *
 * They begin with the embedded data and grow with what a file holds.  A
 * filter is first worked out over these small tables, then tested on an offer
 * by looking up one byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "emu.h"

Place	   *places;
uint32_t	places_count;
uint32_t	place_first_commune;
uint32_t	place_first_dept;
uint32_t	place_first_region;
uint32_t	place_france;
Title	   *titles;
uint32_t	titles_count;
Rome	   *romes;
uint32_t	romes_count;
char	  **nafs;
uint32_t	nafs_count;
char	  **partners;
uint32_t	partners_count;

static StrMap place_map;
static StrMap title_map;
static StrMap rome_map;
static StrMap naf_map;
static StrMap partner_map;
static StrMap commune_map;

/* Grow an array at every power of two. */
static void *
grow(void *array, uint32_t count, size_t size)
{
	if ((count & (count - 1)) == 0)
		array = xrealloc(array, (size_t) (count ? count * 2 : 1) * size);
	return array;
}

static Place *
place_new(char kind, int data)
{
	Place	   *place;

	places = grow(places, places_count, sizeof(Place));
	place = &places[places_count++];
	memset(place, 0, sizeof(*place));
	place->kind = kind;
	place->data = data;
	return place;
}

/* Copy at most what fits, always terminated. */
static void
copy_code(char *to, size_t size, const char *from)
{
	size_t		len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

const char *
dept_region(const char *dept)
{
	for (int i = 0; i < data_depts_count; i++)
		if (strcmp(data_depts[i].code, dept) == 0)
			return data_depts[i].region;
	return "";
}

/* Département of an INSEE code; dept has room for 4 bytes. */
void
dept_of_commune(const char *commune, char *dept)
{
	size_t		len = strlen(commune);

	dept[0] = '\0';
	if (len == 5)
		copy_code(dept, strncmp(commune, "97", 2) == 0 ? 4 : 3, commune);
}

/*
 * Could this be a commune?  The form and the département are checked; with
 * strict communes it must also be one that the référentiel lists.
 */
bool
valid_commune(const char *code)
{
	char		dept[4];
	uint32_t	row;

	if (strmap_get(&commune_map, code, &row))
		return true;
	if (options.strict_communes || strlen(code) != 5 || strcmp(code + 2, "000") == 0)
		return false;
	for (int i = 0; i < 5; i++)
		if ((code[i] < '0' || code[i] > '9') &&
			!(i == 1 && code[0] == '2' && (code[1] == 'A' || code[1] == 'B')))
			return false;
	dept_of_commune(code, dept);
	return dept_region(dept)[0] != '\0';
}

const Place *
find_commune(const char *code)
{
	uint32_t	row;

	return strmap_get(&commune_map, code, &row) ? &places[row] : NULL;
}

uint16_t
rome_intern(const char *code, const char *label)
{
	uint32_t	row;
	Rome	   *rome;
	Buf text = {0};

	if (!*code || strlen(code) >= sizeof(rome->code))
		return NO_ROW;
	if (strmap_get(&rome_map, code, &row))
		return row;
	if (romes_count >= NO_ROW)
		return NO_ROW;
	romes = grow(romes, romes_count, sizeof(Rome));
	rome = &romes[romes_count];
	memset(rome, 0, sizeof(*rome));
	copy_code(rome->code, sizeof(rome->code), code);
	rome->label = xstrdup(label);
	buf_addf(&text, "%s %s", code, label);
	rome->folded = fold(text.data);
	buf_free(&text);
	rome->data = -1;
	strmap_put(&rome_map, code, romes_count);
	return romes_count++;
}

uint32_t
title_intern(const char *text, const char *appellation, uint16_t rome)
{
	Buf			key = {0};
	uint32_t	row;
	Title	   *title;

	buf_addf(&key, "%u %s", rome, text);
	if (strmap_get(&title_map, key.data, &row))
	{
		buf_free(&key);
		return row;
	}
	strmap_put(&title_map, key.data, titles_count);
	buf_free(&key);
	titles = grow(titles, titles_count, sizeof(Title));
	title = &titles[titles_count];
	title->text = xstrdup(text);
	title->folded = fold(text);
	title->appellation = appellation ? xstrdup(appellation) : NULL;
	title->rome = rome;
	return titles_count++;
}

/* A place of a file, known by its label, commune and position. */
uint32_t
place_intern(const char *label, const char *commune, bool located, double lat, double lon)
{
	Buf			key = {0};
	uint32_t	row;
	Place	   *place;

	buf_addf(&key, "%s|%s|%d|%.6f|%.6f", label, commune, located, lat, lon);
	if (strmap_get(&place_map, key.data, &row))
	{
		buf_free(&key);
		return row;
	}
	strmap_put(&place_map, key.data, places_count);
	buf_free(&key);
	place = place_new(0, -1);
	place->located = located;
	place->lat = lat;
	place->lon = lon;
	if (strlen(commune) == 5)
	{
		copy_code(place->commune, sizeof(place->commune), commune);
		dept_of_commune(commune, place->dept);
		if (!strmap_get(&commune_map, commune, &row))
			strmap_put(&commune_map, commune, places_count - 1);
	}
	else
	{
		/* the label of a place without a commune begins by its département */
		size_t		len = strcspn(label, " ");

		if ((len == 2 || len == 3) && strncmp(label + len, " - ", 3) == 0)
			copy_code(place->dept, len + 1, label);
	}
	copy_code(place->region, sizeof(place->region), dept_region(place->dept));
	for (int i = 0; i < data_regions_count && !place->region[0]; i++)
		if (strcmp(data_regions[i].label, label) == 0)
			copy_code(place->region, sizeof(place->region), data_regions[i].code);
	return places_count - 1;
}

static uint16_t
code_intern(StrMap *map, char ***list, uint32_t *count, const char *code)
{
	uint32_t	row;

	if (!*code)
		return NO_ROW;
	if (strmap_get(map, code, &row))
		return row;
	if (*count >= NO_ROW)
		return NO_ROW;
	*list = grow(*list, *count, sizeof(char *));
	(*list)[*count] = xstrdup(code);
	strmap_put(map, code, *count);
	return (*count)++;
}

uint16_t
naf_intern(const char *code)
{
	return code_intern(&naf_map, &nafs, &nafs_count, code);
}

uint16_t
partner_intern(const char *code)
{
	return code_intern(&partner_map, &partners, &partners_count, code);
}

/* 31 stands for a code that is not listed. */
uint8_t
type_by_code(const char *code)
{
	for (int i = 0; i < data_types_count; i++)
		if (strcmp(data_types[i].code, code) == 0)
			return i;
	return 31;
}

uint8_t
nature_by_label(const char *label)
{
	for (int i = 0; i < data_natures_count; i++)
		if (strcmp(data_natures[i].label, label) == 0)
			return i;
	return 31;
}

uint8_t
nature_by_code(const char *code)
{
	for (int i = 0; i < data_natures_count; i++)
		if (strcmp(data_natures[i].code, code) == 0)
			return i;
	return 31;
}

void
tables_init(void)
{
	Place	   *place;

	place_new(0, -1);			/* PLACE_NONE */
	place_first_commune = places_count;
	for (int i = 0; i < data_communes_count; i++)
	{
		const DataCommune *c = &data_communes[i];

		place = place_new('c', i);
		copy_code(place->commune, sizeof(place->commune), c->code);
		copy_code(place->dept, sizeof(place->dept), c->dept);
		copy_code(place->region, sizeof(place->region), dept_region(c->dept));
		place->located = true;
		place->lat = c->lat;
		place->lon = c->lon;
		strmap_put(&commune_map, c->code, places_count - 1);
	}
	place_first_dept = places_count;
	for (int i = 0; i < data_depts_count; i++)
	{
		place = place_new('d', i);
		copy_code(place->dept, sizeof(place->dept), data_depts[i].code);
		copy_code(place->region, sizeof(place->region), data_depts[i].region);
	}
	place_first_region = places_count;
	for (int i = 0; i < data_regions_count; i++)
	{
		place = place_new('r', i);
		copy_code(place->region, sizeof(place->region), data_regions[i].code);
	}
	place_france = places_count;
	place_new('f', -1);

	/* the whole of a city cut into arrondissements is a commune, too */
	strmap_put(&commune_map, "75056", (uint32_t) (find_commune("75101") - places));
	strmap_put(&commune_map, "69123", (uint32_t) (find_commune("69383") - places));
	strmap_put(&commune_map, "13055", (uint32_t) (find_commune("13202") - places));

	for (int i = 0; i < data_nafs_count; i++)
		naf_intern(data_nafs[i].code);
	for (int i = 0; i < data_partners_count; i++)
		partner_intern(data_partners[i].code);
	for (int i = 0; i < data_romes_count; i++)
	{
		const DataRome *r = &data_romes[i];
		uint16_t	row = rome_intern(r->code, r->label);

		romes[row].data = i;
		romes[row].first_title = titles_count;
		for (int t = 0; t < DATA_MAX_TITLES && r->titles[t].title; t++)
			title_intern(r->titles[t].title, r->titles[t].code, row);
	}
}
