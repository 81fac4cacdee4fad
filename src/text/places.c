/*
 * places.c
 *		Where an offer is, from whatever it says of its place.
 *
 * In order of trust: the INSEE code, the postal code (with the label's name
 * where several communes share it), a commune that the label names, the
 * coordinates (within the departement that the label names), a departement, a
 * region.  Coordinates come late: real ones were found 221 km off.
 */
#include "text/places.h"

#include <math.h>
#include <string.h>

#include "text/place_names.h"

/* Name of a method, as resolve_place() reports it. */
const char *
jm_place_method_name(JmPlaceMethod method)
{
	static const char *const names[] = {
		"none", "insee", "postal", "label_commune", "gps", "label_departement", "label_region",
		"label_country"
	};

	return names[method];
}

/* The place is a commune (its number), and its only postal code unless one is stated. */
void
jm_set_commune(const JmGazetteer *g, JmPlace *place, int commune, JmPlaceMethod method, float confidence)
{
	place->commune = commune;
	place->departement = g->communes[commune].departement;
	place->method = method;
	place->confidence = confidence;
	if (place->postal[0] == '\0' && g->communes[commune].n_postal == 1)
		strcpy(place->postal, g->postal_codes[g->communes[commune].first_postal].code);
}

/* The place is a departement (its number), and no more is known. */
void
jm_set_departement(JmPlace *place, int departement, JmPlaceMethod method, float confidence)
{
	place->departement = departement;
	place->method = method;
	place->confidence = confidence;
}

/* The place is a region (its number); overseas, where it is one departement, that too. */
void
jm_set_region(const JmGazetteer *g, JmPlace *place, int region)
{
	const char *territory = g->regions[region].territory;

	if (strcmp(territory, "drom") == 0 || strcmp(territory, "com") == 0)
		for (int i = 0; i < g->n_departements; i++)
			if (g->departements[i].region == region)
				place->departement = i;
	place->region = region;
	place->method = JM_PLACE_REGION;
	place->confidence = 0.9f;
}

/* The place is abroad, and no more is known. */
void
jm_set_foreign(JmPlace *place, JmPlaceMethod method, float confidence)
{
	place->territory = "etranger";
	place->method = method;
	place->confidence = confidence;
}

/* The rest of jm_resolve_place() for a postal code; false when it says nothing. */
static bool
resolve_postal(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label, JmPlace *place)
{
	int			best = -1;
	int			count = 0;
	double		least = 0;
	double		people = 0;
	double		share;
	int			named;
	int			p;

	if (place->postal[0] == '\0')
		return false;
	if (label->len > 0)
	{
		named = jm_commune_named(g, label->key, label->len, -1, -1, place->postal, NAN, NAN, &share);
		if (named < 0)
			named = jm_commune_of_part(g, in, label, -1, -1, place->postal);
		if (named >= 0 && !g->communes[named].divided)
		{
			jm_set_commune(g, place, named, JM_PLACE_POSTAL, 0.97f);
			return true;
		}
	}
	for (p = jm_first_postal(g, place->postal); p >= 0;
		 p = g->postal_codes[p].next)
	{
		const JmCommune *c = &g->communes[g->postal_codes[p].commune];
		double		km;

		if (strcmp(g->postal_codes[p].code, place->postal) != 0 || c->divided ||
			(label->departement >= 0 && c->departement != label->departement))
			continue;
		count++;
		people += c->population + 1;
		km = jm_distance_km(in->latitude, in->longitude, c->latitude, c->longitude);
		if (!isfinite(km) || km > 50.0)
			km = 1000.0 - c->population / 1e5;
		if (best < 0 || km < least)
		{
			best = g->postal_codes[p].commune;
			least = km;
		}
	}
	if (count == 0)
		return false;
	/* one of several, by its people: the label may know a better one */
	if (count > 1 && least > 50.0)
	{
		int			d = g->communes[best].departement;

		if (label->len > 0)
		{
			named = jm_commune_named(g, label->key, label->len, d, -1, NULL, NAN, NAN, &share);
			if (named < 0)
				named = jm_commune_of_part(g, in, label, d, -1, NULL);
			if (named >= 0)
			{
				jm_set_commune(g, place, named, JM_PLACE_COMMUNE, 0.9f);
				return true;
			}
		}
		jm_set_commune(g, place, best, JM_PLACE_POSTAL,
					   (float) (0.8 * (g->communes[best].population + 1) / people));
		return true;
	}
	jm_set_commune(g, place, best, JM_PLACE_POSTAL, count == 1 ? 0.95f : 0.85f);
	return true;
}

/*
 * Where on the map: the stated coordinates, put right if they were exchanged,
 * unless they are far from the commune that was found; then its own.
 */
static void
set_point(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place)
{
	double		lat = in->latitude;
	double		lon = in->longitude;
	bool		stated = isfinite(lat) && isfinite(lon) && fabs(lat) <= 90 && fabs(lon) <= 180 &&
	!(fabs(lat) < 0.01 && fabs(lon) < 0.01);

	place->latitude = place->longitude = NAN;
	if (place->commune >= 0)
	{
		const JmCommune *c = &g->communes[place->commune];
		double		limit = c->insee[0] == '9' && c->insee[1] == '7' && c->insee[2] == '3' ?
		JM_NEAREST_GUYANE_KM : JM_NEAREST_LABELLED_KM;

		bool		as_is = stated && (isnan(c->latitude) ||
									   jm_distance_km(lat, lon, c->latitude, c->longitude) <= limit);

		if (!as_is && stated && jm_distance_km(lon, lat, c->latitude, c->longitude) <= limit)
		{
			lat = in->longitude;
			lon = in->latitude;
		}
		else if (!as_is)
		{
			stated = !isnan(c->latitude);
			lat = c->latitude;
			lon = c->longitude;
		}
	}
	else if (place->departement >= 0 && g->n_communes > 0)
		stated = false;			/* jm_commune_at() did not believe them */
	else if (stated && lon > 41.0 && lon < 51.5 && lat > -5.5 && lat < 10.0)
	{
		/* no commune to compare with, but these are France's exchanged */
		lat = in->longitude;
		lon = in->latitude;
	}
	if (stated)
	{
		place->latitude = lat;
		place->longitude = lon;
	}
}

/*
 * A postal or INSEE code of five characters, also as programs spoil them that
 * take codes for numbers (1000, 1000.0), and a postal code among other words
 * ("F-75001", "75001 PARIS").  False when there is none.
 */
static bool
read_code(const char *s, size_t len, bool postal, char *code)
{
	size_t		at;

	if (s == NULL)
		return false;
	while (len > 0 && s[len - 1] == ' ')
		len--;
	if (len > 2 && s[len - 2] == '.' && s[len - 1] == '0')
		len -= 2;
	if (jm_copy_code(s, len, code))
	{
		if (strlen(code) == 4 && strspn(code, "0123456789") == 4)
		{
			memmove(code + 1, code, 5);
			code[0] = '0';
		}
		if (strlen(code) == 5)
			return true;
	}
	for (at = 0; postal && at + 5 <= len; at++)
	{
		size_t		digits = 0;

		while (at + digits < len && s[at + digits] >= '0' && s[at + digits] <= '9')
			digits++;
		if (digits == 5)
		{
			memcpy(code, s + at, 5);
			code[5] = '\0';
			return true;
		}
		at += digits;
	}
	code[0] = '\0';
	return false;
}

/*
 * The INSEE code, the commonest case, which needs nothing else.  False when it
 * names no place; *departement is then what it begins with, -1 when that is none.
 */
static bool
resolve_insee(const JmGazetteer *g, const JmPlaceInput *in, int *departement, JmPlace *place)
{
	char		insee[JM_CODE_MAX];
	float		confidence = 0.99f;
	int			commune;

	*departement = -1;
	if (!read_code(in->insee, in->insee_len, false, insee))
		return false;
	commune = jm_find_commune(g, insee);
	if (commune < 0)
	{
		commune = jm_find_former(g, insee);
		confidence = 0.95f;
	}
	if (commune >= 0)
	{
		jm_set_commune(g, place, commune, JM_PLACE_INSEE, confidence);
		return true;
	}
	if (insee[0] == '9' && insee[1] == '9')
	{
		jm_set_foreign(place, JM_PLACE_INSEE, 0.95f);
		return true;
	}
	*departement = jm_departement_of_code(g, insee, false);
	return false;
}

/*
 * "D-66111", "L-1234": a postal code that begins with the letters of a country
 * whose codes are as long?  Others are not: "ZA-1234" is a business park,
 * "RE-97400" is Reunion.
 */
static bool
is_foreign_code(const char *s, size_t len)
{
	static const char *const countries[2][16] = {
		{"a", "at", "b", "be", "ch", "dk", "l", "li", "lu", "nl", "no", "p", "pt"},
		{"d", "de", "e", "es", "fi", "i", "it", "mc", "se"}
	};
	size_t		letters = 0;
	size_t		digits = 0;

	if (s == NULL)
		return false;
	while (len > 0 && *s == ' ')
	{
		s++;
		len--;
	}
	while (letters < len && ((s[letters] | 0x20) >= 'a' && (s[letters] | 0x20) <= 'z'))
		letters++;
	if (letters < 1 || letters > 2 || letters == len || s[letters] != '-')
		return false;
	while (letters + 1 + digits < len && s[letters + 1 + digits] >= '0' && s[letters + 1 + digits] <= '9')
		digits++;
	if (digits != 4 && digits != 5)
		return false;
	for (int i = 0; i < 16 && countries[digits - 4][i] != NULL; i++)
	{
		const char *country = countries[digits - 4][i];

		if (strlen(country) == letters && (s[0] | 0x20) == country[0] &&
			(letters == 1 || (s[1] | 0x20) == country[1]))
			return true;
	}
	return false;
}

/* Commune, departement or region, or a territory abroad; and the method. */
static void
resolve(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place)
{
	JmPlaceLabel label;
	int			region = -1;
	int			by_code;
	int			commune;
	double		km;

	if (resolve_insee(g, in, &by_code, place))
		return;

	if (is_foreign_code(in->postal, in->postal_len) || is_foreign_code(in->label, in->label_len))
	{
		place->postal[0] = '\0';
		jm_set_foreign(place, JM_PLACE_POSTAL, 0.9f);
		return;
	}

	label.len = 0;
	label.departement = -1;
	label.corsica = false;
	label.key[0] = '\0';
	if (in->label != NULL)
	{
		jm_read_place_label(g, in->label, in->label_len, &label);
		if (place->postal[0] == '\0')
			strcpy(place->postal, label.postal);
	}
	if (label.departement < 0)
		label.departement = by_code;

	if (resolve_postal(g, in, &label, place))
		return;
	if (place->postal[0] != '\0' && label.departement < 0)
	{
		/*
		 * an unknown code, as companies have (CEDEX), still tells the
		 * departement
		 */
		if (memcmp(place->postal, "980", 3) == 0)
		{
			jm_set_foreign(place, JM_PLACE_POSTAL, 0.9f);
			return;
		}
		label.departement = jm_departement_of_code(g, place->postal, true);
	}
	if (label.departement >= 0 || label.corsica)
	{
		jm_resolve_within(g, in, &label, place);
		return;
	}
	if (label.len > 0 && jm_resolve_name(g, in, &label, &region, place))
		return;

	/* "France", a region, a departement, nothing that is known: where is it? */
	commune = jm_commune_at(g, in->latitude, in->longitude, label.departement, region, &km);
	if (commune >= 0)
		jm_set_commune(g, place, commune, JM_PLACE_GPS, (float) (0.85 - 0.03 * km));
	else if (label.departement >= 0)
		jm_set_departement(place, label.departement, JM_PLACE_DEPARTEMENT, 0.9f);
	else if (region >= 0)
		jm_set_region(g, place, region);
	else
		jm_resolve_foreign_word(g, &label, place);
}

/*
 * Resolves a place.  *place gets the numbers of its commune, departement and
 * region, each -1 when unknown, the territory (metropole, corse, drom, com,
 * etranger, inconnu), how it was found and how much that is to be trusted
 * (0 to 1), and a point.
 */
void
jm_resolve_place(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place)
{
	memset(place, 0, sizeof(*place));
	place->commune = place->departement = place->region = -1;
	place->territory = "inconnu";
	(void) read_code(in->postal, in->postal_len, true, place->postal);
	resolve(g, in, place);
	if (place->departement >= 0)
		place->region = g->departements[place->departement].region;
	if (place->region >= 0)
		place->territory = g->regions[place->region].territory;
	set_point(g, in, place);
}
