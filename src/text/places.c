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
#include <stdlib.h>
#include <string.h>

#include "text/normalise.h"

#define LABEL_MAX 512
#define CELL_DEGREES 0.25		/* grid of the nearest-commune search */
#define KM_A_DEGREE 111.195

/* Farther than this from every commune is not in France. */
#define NEAREST_KM 12.0
/* Within a departement that the label names, communes may be large. */
#define NEAREST_LABELLED_KM 30.0
/* French Guiana's communes are as large as departements. */
#define NEAREST_GUYANE_KM 150.0

/* Coordinates that geocoders give for "France": they say nothing. */
static const double middle_of_france[][2] = {
	{46.227638, 2.213749}, {46.603354, 1.888334}, {46.711046, 2.191160}, {47.0, 2.0}, {46.0, 2.0}
};

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

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

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || (unsigned char) c >= 0x80;
}

/* FNV-1a */
static uint32_t
hash_bytes(const char *s, size_t len)
{
	uint32_t	h = 2166136261u;

	while (len-- > 0)
		h = (h ^ (unsigned char) *s++) * 16777619u;
	return h;
}

static uint32_t
hash_cell(int row, int column)
{
	return ((uint32_t) row * 73856093u) ^ ((uint32_t) column * 19349663u);
}

static int
cell_of(double degrees)
{
	return (int) floor(degrees / CELL_DEGREES);
}

/*
 * A name in the form in which names are compared: folded words, "st" and
 * "ste" written out, "s/" as "sur", without articles in brackets or before.
 * folded comes from jm_normalise(); key has room for twice len + 8 bytes.
 * Returns the key's length; it ends in NUL.
 */
size_t
jm_place_key(const char *folded, size_t len, char *key)
{
	size_t		at = 0;
	size_t		out = 0;

	while (at < len)
	{
		size_t		start;
		size_t		n;

		if (!is_word(folded[at]))
		{
			at++;
			continue;
		}
		start = at;
		while (at < len && is_word(folded[at]))
			at++;
		n = at - start;
		if (n == 5 && memcmp(folded + start, "cedex", 5) == 0)
			break;
		/* articles at the head: "Le Mans" and "Mans (Le)" are one */
		if (((n == 2 && (memcmp(folded + start, "le", 2) == 0 || memcmp(folded + start, "la", 2) == 0)) ||
			 (n == 3 && memcmp(folded + start, "les", 3) == 0) ||
			 (n == 1 && folded[start] == 'l' && start + 1 < len && (folded[start + 1] == '\'' || folded[start + 1] == ' '))) &&
			(out == 0 || (start > 0 && folded[start - 1] == '(')))
			continue;
		if (out > 0)
			key[out++] = ' ';
		if (n == 2 && memcmp(folded + start, "st", 2) == 0)
		{
			memcpy(key + out, "saint", 5);
			out += 5;
		}
		else if (n == 3 && memcmp(folded + start, "ste", 3) == 0)
		{
			memcpy(key + out, "sainte", 6);
			out += 6;
		}
		else if (n == 1 && folded[start] == 's' && at < len && folded[at] == '/')
		{
			memcpy(key + out, "sur", 3);
			out += 3;
		}
		else
		{
			memcpy(key + out, folded + start, n);
			out += n;
		}
	}
	key[out] = '\0';
	return out;
}

/*
 * Builds the hash tables.  Memory is the allocator's; false when it had none.
 */
bool
jm_gazetteer_index(JmGazetteer *g, const JmAllocator *allocator)
{
	size_t		size = 1024;
	size_t		bytes;
	int			i;

	while (size < 2 * (size_t) (g->n_communes + g->n_postal))
		size *= 2;
	bytes = size * sizeof(int);
	g->mask = (uint32_t) (size - 1);
	g->by_insee = allocator->allocate(allocator->context, bytes);
	g->by_name = allocator->allocate(allocator->context, bytes);
	g->by_postal = allocator->allocate(allocator->context, bytes);
	g->by_cell = allocator->allocate(allocator->context, bytes);
	if (!g->by_insee || !g->by_name || !g->by_postal || !g->by_cell)
		return false;
	memset(g->by_insee, 0xFF, bytes);
	memset(g->by_name, 0xFF, bytes);
	memset(g->by_postal, 0xFF, bytes);
	memset(g->by_cell, 0xFF, bytes);

	for (i = 0; i < g->n_departements; i++)
		g->departements[i].first = g->departements[i].n = 0;
	for (i = 0; i < g->n_communes; i++)
	{
		JmCommune  *c = &g->communes[i];
		int		   *slot;

		if (g->departements[c->departement].n++ == 0)
			g->departements[c->departement].first = i;
		slot = &g->by_insee[hash_bytes(c->insee, strlen(c->insee)) & g->mask];
		c->next_insee = *slot;
		*slot = i;
		slot = &g->by_name[hash_bytes(c->key, strlen(c->key)) & g->mask];
		c->next_name = *slot;
		*slot = i;
		c->next_cell = -1;
		if (!isnan(c->latitude) && !c->divided)
		{
			slot = &g->by_cell[hash_cell(cell_of(c->latitude), cell_of(c->longitude)) & g->mask];
			c->next_cell = *slot;
			*slot = i;
		}
	}
	for (i = 0; i < g->n_postal; i++)
	{
		JmPostal   *p = &g->postal_codes[i];
		int		   *slot = &g->by_postal[hash_bytes(p->code, strlen(p->code)) & g->mask];

		p->next = *slot;
		*slot = i;
	}
	return true;
}

static int
compare_departement(const void *code, const void *departement)
{
	return strcmp(code, ((const JmDepartement *) departement)->code);
}

static int
compare_region(const void *code, const void *region)
{
	return strcmp(code, ((const JmRegion *) region)->code);
}

/* The number of the departement of that code, or -1. */
int
jm_find_departement(const JmGazetteer *g, const char *code)
{
	JmDepartement *d = bsearch(code, g->departements, g->n_departements, sizeof(JmDepartement),
							   compare_departement);

	return d ? (int) (d - g->departements) : -1;
}

/* The number of the region of that code, or -1. */
int
jm_find_region(const JmGazetteer *g, const char *code)
{
	JmRegion   *r = bsearch(code, g->regions, g->n_regions, sizeof(JmRegion), compare_region);

	return r ? (int) (r - g->regions) : -1;
}

/* The number of the commune of that INSEE code, or -1. */
int
jm_find_commune(const JmGazetteer *g, const char *insee)
{
	int			i = g->by_insee[hash_bytes(insee, strlen(insee)) & g->mask];

	while (i >= 0 && strcmp(g->communes[i].insee, insee) != 0)
		i = g->communes[i].next_insee;
	return i;
}

static int
compare_former(const void *insee, const void *former)
{
	return strcmp(insee, ((const JmFormer *) former)->insee);
}

static int
compare_alias(const void *key, const void *alias)
{
	return strcmp(key, ((const JmPlaceAlias *) alias)->key);
}

/* Copies a code of at most 7 letters and digits, in capitals, without blanks. */
static bool
copy_code(const char *s, size_t len, char *code)
{
	size_t		n = 0;
	size_t		i;

	for (i = 0; i < len; i++)
	{
		char		c = s[i];

		if (c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (!(is_digit(c) || (c >= 'A' && c <= 'Z')) || n == JM_CODE_MAX - 1)
			return false;
		code[n++] = c;
	}
	code[n] = '\0';
	return n > 0;
}

/* The departement that a postal or INSEE code begins with, or -1. */
static int
departement_of_code(const JmGazetteer *g, const char *code, bool postal)
{
	char		prefix[4] = {code[0], 0, 0, 0};

	if (strlen(code) != 5)
		return -1;
	prefix[1] = code[1];
	if (postal && prefix[0] == '2' && prefix[1] == '0')
		prefix[1] = code[2] < '2' ? 'A' : 'B';
	else if (prefix[0] == '9' && (prefix[1] == '7' || prefix[1] == '8'))
		prefix[2] = code[2];
	return jm_find_departement(g, prefix);
}

static double
distance_km(double lat1, double lon1, double lat2, double lon2)
{
	double		y = lat1 - lat2;
	double		x = (lon1 - lon2) * cos((lat1 + lat2) * (M_PI / 360.0));

	return KM_A_DEGREE * sqrt(x * x + y * y);
}

/* The nearest commune of a departement, or -1; *km is its distance. */
static int
nearest_within(const JmGazetteer *g, int departement, double lat, double lon, double *km)
{
	const JmDepartement *d = &g->departements[departement];
	double		shrink = cos(lat * (M_PI / 180.0));
	double		least = 0;
	int			best = -1;
	int			i;

	for (i = d->first; i < d->first + d->n; i++)
	{
		const JmCommune *c = &g->communes[i];
		double		x = (c->longitude - lon) * shrink;
		double		y = c->latitude - lat;
		double		square = x * x + y * y;

		if (c->divided || isnan(square))
			continue;
		if (best < 0 || square < least)
		{
			best = i;
			least = square;
		}
	}
	*km = KM_A_DEGREE * sqrt(least);
	return best;
}

/* The nearest commune of all within some 18 km, or -1; *km is its distance. */
static int
nearest_of_all(const JmGazetteer *g, double lat, double lon, double *km)
{
	int			row = cell_of(lat);
	int			column = cell_of(lon);
	int			best = -1;
	int			dr;
	int			dc;

	*km = 0;
	for (dr = -1; dr <= 1; dr++)
		for (dc = -1; dc <= 1; dc++)
		{
			int			i = g->by_cell[hash_cell(row + dr, column + dc) & g->mask];

			for (; i >= 0; i = g->communes[i].next_cell)
			{
				const JmCommune *c = &g->communes[i];
				double		d = distance_km(lat, lon, c->latitude, c->longitude);

				if (best < 0 || d < *km)
				{
					best = i;
					*km = d;
				}
			}
		}
	return best;
}

/*
 * The commune at given coordinates, within a departement (-1: any) and region
 * (-1: any); -1 when there is none.  Exchanged coordinates are put right.
 */
static int
commune_at(const JmGazetteer *g, double lat, double lon, int departement, int region,
		   double *km)
{
	int			turn;
	int			i;

	if (!isfinite(lat) || !isfinite(lon) || (fabs(lat) < 0.01 && fabs(lon) < 0.01))
		return -1;
	if (departement < 0)
		for (i = 0; i < COUNT(middle_of_france); i++)
			if (fabs(lat - middle_of_france[i][0]) < 0.002 && fabs(lon - middle_of_france[i][1]) < 0.002)
				return -1;
	for (turn = 0; turn < 2; turn++)
	{
		double		swap = lat;

		if (fabs(lat) <= 90 && fabs(lon) <= 180)
		{
			int			best;
			double		limit;

			if (departement >= 0)
			{
				best = nearest_within(g, departement, lat, lon, km);
				limit = strcmp(g->departements[departement].code, "973") == 0 ?
					NEAREST_GUYANE_KM : NEAREST_LABELLED_KM;
			}
			else
			{
				best = nearest_of_all(g, lat, lon, km);
				limit = NEAREST_KM;
			}
			if (best >= 0 && *km <= limit &&
				(region < 0 || g->departements[g->communes[best].departement].region == region))
				return best;
		}
		lat = lon;
		lon = swap;
	}
	return -1;
}

/*
 * The commune of a name: within a departement (-1: any), region (-1: any), with
 * one of the postal codes of code (NULL: any).  Of several the nearest to the
 * coordinates or else the most populous; *share is its part of their people.
 */
static int
commune_named(const JmGazetteer *g, const char *key, size_t len, int departement, int region,
			  const char *code, double lat, double lon, double *share)
{
	int			best = -1;
	double		best_km = 0;
	double		people = 0;
	int			i = g->by_name[hash_bytes(key, len) & g->mask];

	for (; i >= 0; i = g->communes[i].next_name)
	{
		const JmCommune *c = &g->communes[i];
		double		km = distance_km(lat, lon, c->latitude, c->longitude);

		if (strlen(c->key) != len || memcmp(c->key, key, len) != 0 ||
			(departement >= 0 && c->departement != departement) ||
			(region >= 0 && g->departements[c->departement].region != region))
			continue;
		if (code != NULL)
		{
			int			p;

			for (p = c->first_postal; p < c->first_postal + c->n_postal; p++)
				if (strcmp(g->postal_codes[p].code, code) == 0)
					break;
			if (p == c->first_postal + c->n_postal)
				continue;
		}
		people += c->population + 1;
		if (best < 0 || (isfinite(km) && km < 50.0 ? best_km > km : best_km >= 50.0 &&
						 c->population > g->communes[best].population))
		{
			best = i;
			best_km = isfinite(km) && km < 50.0 ? km : 50.0;
		}
	}
	if (best >= 0)
		*share = best_km < 50.0 ? 1.0 : (g->communes[best].population + 1) / people;
	return best;
}

/* "paris 12", "lyon 7e", "marseille 15eme arrondissement": the arrondissement. */
static int
arrondissement_named(const JmGazetteer *g, const char *key, size_t len)
{
	static const struct
	{
		const char *city;
		int			first;		/* INSEE code of the first arrondissement */
		int			count;
	}			cities[] =
	{
		{"paris", 75101, 20}, {"lyon", 69381, 9}, {"marseille", 13201, 16}
	};
	int			i;

	for (i = 0; i < COUNT(cities); i++)
	{
		size_t		n = strlen(cities[i].city);
		int			number = 0;
		size_t		at = n + 1;
		char		insee[JM_CODE_MAX];
		int			code;
		int			d;

		if (len <= n + 1 || memcmp(key, cities[i].city, n) != 0 || key[n] != ' ')
			continue;
		while (at < len && is_digit(key[at]) && number < 100)
			number = number * 10 + (key[at++] - '0');
		if (number < 1 || number > cities[i].count || (at < len && is_digit(key[at])))
			return -1;
		code = cities[i].first + number - 1;
		for (d = 4; d >= 0; d--)
		{
			insee[d] = (char) ('0' + code % 10);
			code /= 10;
		}
		insee[5] = '\0';
		return jm_find_commune(g, insee);
	}
	return -1;
}

/* What the label says. */
typedef struct JmLabel
{
	char		key[2 * JM_NORMALISED_MAX(LABEL_MAX) + 8];	/* of its name */
	size_t		len;
	int			departement;	/* that it names by code, or -1 */
	bool		corsica;		/* "20": one of two departements */
	char		postal[JM_CODE_MAX];
} JmLabel;

static void
read_label(const JmGazetteer *g, const char *s, size_t len, JmLabel *label)
{
	char		folded[JM_NORMALISED_MAX(LABEL_MAX)];
	size_t		n = jm_normalise(s, len < LABEL_MAX ? len : LABEL_MAX, folded, NULL, 0);
	size_t		from = 0;
	size_t		at;
	char		code[JM_CODE_MAX];

	label->departement = -1;
	label->corsica = false;
	label->postal[0] = '\0';

	/* "74 - ANNECY", "971", "2A - Corse" */
	while (from < n && is_word(folded[from]))
		from++;
	if (from >= 2 && from <= 3 && is_digit(folded[0]) && copy_code(folded, from, code) &&
		(from == n || folded[from] == ' ' || folded[from] == '-'))
	{
		label->departement = jm_find_departement(g, code);
		label->corsica = strcmp(code, "20") == 0;
	}
	if (label->departement < 0 && !label->corsica)
		from = 0;

	/* a postal code anywhere, a departement in brackets at the end */
	for (at = from; at + 5 <= n; at++)
		if ((at == 0 || !is_word(folded[at - 1])) && (at + 5 == n || !is_word(folded[at + 5])) &&
			is_digit(folded[at]) && is_digit(folded[at + 1]) && is_digit(folded[at + 2]) &&
			is_digit(folded[at + 3]) && is_digit(folded[at + 4]))
		{
			memcpy(label->postal, folded + at, 5);
			label->postal[5] = '\0';
			memset(folded + at, ' ', 5);
		}
	if (n > 3 && folded[n - 1] == ')')
	{
		for (at = n - 1; at > from && folded[at - 1] != '('; at--)
			;
		if (at > from && n - 1 - at >= 2 && n - 1 - at <= 3 && copy_code(folded + at, n - 1 - at, code))
		{
			int			d = jm_find_departement(g, code);

			if (d >= 0)
			{
				if (label->departement < 0)
					label->departement = d;
				n = at - 1;
			}
		}
	}
	label->len = jm_place_key(folded + from, n - from, label->key);
}

/* Is the word s (n letters) one of a list, separated by blanks? */
static bool
word_in(const char *s, size_t n, const char *list)
{
	while (*list)
	{
		size_t		m = strcspn(list, " ");

		if (m == n && memcmp(list, s, n) == 0)
			return true;
		list += m + (list[m] == ' ');
	}
	return false;
}

/* Is every word of a in b or among words that say nothing? */
static bool
words_within(const char *a, const char *b)
{
	while (*a)
	{
		size_t		n = strcspn(a, " ");

		if (!word_in(a, n, b) && !word_in(a, n, "de du des d l la le les et dept departement"))
			return false;
		a += n + (a[n] == ' ');
	}
	return true;
}

/* Is the label the name of its departement, in whatever order of words? */
static bool
names_departement(const JmDepartement *d, const JmLabel *label)
{
	return words_within(d->key, label->key) && words_within(label->key, d->key);
}

static void
set_commune(const JmGazetteer *g, JmPlace *place, int commune, JmPlaceMethod method, float confidence)
{
	place->commune = commune;
	place->departement = g->communes[commune].departement;
	place->method = method;
	place->confidence = confidence;
	if (place->postal[0] == '\0' && g->communes[commune].n_postal == 1)
		strcpy(place->postal, g->postal_codes[g->communes[commune].first_postal].code);
}

static void
set_departement(JmPlace *place, int departement, JmPlaceMethod method, float confidence)
{
	place->departement = departement;
	place->method = method;
	place->confidence = confidence;
}

/* The rest of jm_resolve_place() for a postal code; false when it says nothing. */
static bool
resolve_postal(const JmGazetteer *g, const JmPlaceInput *in, const JmLabel *label, JmPlace *place)
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
		named = commune_named(g, label->key, label->len, -1, -1, place->postal, NAN, NAN, &share);
		if (named >= 0 && !g->communes[named].divided)
		{
			set_commune(g, place, named, JM_PLACE_POSTAL, 0.97f);
			return true;
		}
	}
	for (p = g->by_postal[hash_bytes(place->postal, strlen(place->postal)) & g->mask]; p >= 0;
		 p = g->postal_codes[p].next)
	{
		const JmCommune *c = &g->communes[g->postal_codes[p].commune];
		double		km;

		if (strcmp(g->postal_codes[p].code, place->postal) != 0 || c->divided ||
			(label->departement >= 0 && c->departement != label->departement))
			continue;
		count++;
		people += c->population + 1;
		km = distance_km(in->latitude, in->longitude, c->latitude, c->longitude);
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
			named = commune_named(g, label->key, label->len, d, -1, NULL, NAN, NAN, &share);
			if (named >= 0)
			{
				set_commune(g, place, named, JM_PLACE_COMMUNE, 0.9f);
				return true;
			}
		}
		set_commune(g, place, best, JM_PLACE_POSTAL,
					(float) (0.8 * (g->communes[best].population + 1) / people));
		return true;
	}
	set_commune(g, place, best, JM_PLACE_POSTAL, count == 1 ? 0.95f : 0.85f);
	return true;
}

/* "annecy le vieux": the longest beginning of the label that names a commune. */
static int
commune_beginning(const JmGazetteer *g, const JmLabel *label, int departement)
{
	size_t		n = label->len;

	while (n > 0)
	{
		double		share;
		int			commune;

		while (n > 0 && label->key[n - 1] != ' ')
			n--;
		if (n < 5)				/* a word of four letters and a space */
			return -1;
		n--;
		commune = commune_named(g, label->key, n, departement, -1, NULL, NAN, NAN, &share);
		if (commune >= 0)
			return commune;
	}
	return -1;
}

/* "louhans": the only commune of a departement whose name begins so, or -1. */
static int
commune_continuing(const JmGazetteer *g, const JmLabel *label, int departement)
{
	const JmDepartement *d = &g->departements[departement];
	int			found = -1;
	int			i;

	if (label->len < 4)
		return -1;
	for (i = d->first; i < d->first + d->n; i++)
	{
		if (strncmp(g->communes[i].key, label->key, label->len) != 0 ||
			g->communes[i].key[label->len] != ' ')
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
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
		NEAREST_GUYANE_KM : NEAREST_LABELLED_KM;

		if (stated && isnan(c->latitude))
			;
		else if (stated && distance_km(lat, lon, c->latitude, c->longitude) <= limit)
			;
		else if (stated && distance_km(lon, lat, c->latitude, c->longitude) <= limit)
		{
			lat = in->longitude;
			lon = in->latitude;
		}
		else
		{
			stated = !isnan(c->latitude);
			lat = c->latitude;
			lon = c->longitude;
		}
	}
	else if (place->departement >= 0 && g->n_communes > 0)
		stated = false;			/* commune_at() did not believe them */
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

static void resolve(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place);

/*
 * Resolves a place.  *place gets the numbers of its commune, departement and
 * region, each -1 when unknown, the territory (metropole, corse, drom, com,
 * etranger, inconnu), how it was found and how much that is to be trusted
 * (0 to 1), and a point.
 */
void
jm_resolve_place(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place)
{
	resolve(g, in, place);
	set_point(g, in, place);
}

static void
resolve(const JmGazetteer *g, const JmPlaceInput *in, JmPlace *place)
{
	JmLabel		label;
	char		insee[JM_CODE_MAX];
	int			region = -1;
	int			hint = -1;		/* departement by the codes */
	int			commune;
	int			i;
	double		km;
	double		share;
	JmPlaceAlias *alias = NULL;

	memset(place, 0, sizeof(*place));
	place->commune = place->departement = place->region = -1;
	place->territory = "inconnu";
	if (in->postal == NULL || !copy_code(in->postal, in->postal_len, place->postal) ||
		strlen(place->postal) != 5)
		place->postal[0] = '\0';

	/* the commonest case needs nothing else */
	if (in->insee != NULL && copy_code(in->insee, in->insee_len, insee) && strlen(insee) == 5)
	{
		float		confidence = 0.99f;

		commune = jm_find_commune(g, insee);
		if (commune < 0)
		{
			/* an empty list has no address, which bsearch may not be given */
			JmFormer   *former = g->n_former == 0 ? NULL :
			bsearch(insee, g->former, g->n_former, sizeof(JmFormer), compare_former);

			if (former != NULL)
				commune = jm_find_commune(g, former->current);
			confidence = 0.95f;
		}
		if (commune >= 0)
		{
			set_commune(g, place, commune, JM_PLACE_INSEE, confidence);
			goto done;
		}
		if (insee[0] == '9' && insee[1] == '9')
		{
			place->territory = "etranger";
			place->method = JM_PLACE_INSEE;
			place->confidence = 0.95f;
			return;
		}
		hint = departement_of_code(g, insee, false);
	}

	label.len = 0;
	label.departement = -1;
	label.corsica = false;
	label.key[0] = '\0';
	if (in->label != NULL)
	{
		read_label(g, in->label, in->label_len, &label);
		if (place->postal[0] == '\0')
			strcpy(place->postal, label.postal);
	}
	if (label.departement < 0 && hint >= 0)
		label.departement = hint;

	if (resolve_postal(g, in, &label, place))
		goto done;
	if (place->postal[0] != '\0' && label.departement < 0)
	{
		/*
		 * an unknown code, as companies have (CEDEX), still tells the
		 * departement
		 */
		if (memcmp(place->postal, "980", 3) == 0)
		{
			place->territory = "etranger";
			place->method = JM_PLACE_POSTAL;
			place->confidence = 0.9f;
			return;
		}
		label.departement = departement_of_code(g, place->postal, true);
	}

	if (label.departement >= 0 || label.corsica)
	{
		int			departement = label.departement;

		if (label.corsica && departement < 0)
			region = jm_find_region(g, "94");
		if (label.len > 0)
		{
			commune = arrondissement_named(g, label.key, label.len);
			if (commune >= 0 && (departement < 0 || g->communes[commune].departement == departement))
			{
				set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.95f);
				goto done;
			}
			if (departement < 0 || !names_departement(&g->departements[departement], &label))
			{
				commune = commune_named(g, label.key, label.len, departement, region, NULL,
										in->latitude, in->longitude, &share);
				if (commune >= 0)
				{
					set_commune(g, place, commune, JM_PLACE_COMMUNE, (float) (0.95 * share));
					goto done;
				}
			}
		}
		commune = commune_at(g, in->latitude, in->longitude, departement, region, &km);
		if (commune >= 0)
		{
			set_commune(g, place, commune, JM_PLACE_GPS, (float) (0.9 - 0.02 * km > 0.3 ? 0.9 - 0.02 * km : 0.3));
			goto done;
		}
		if (departement >= 0 && label.len > 0 && !names_departement(&g->departements[departement], &label))
		{
			commune = commune_continuing(g, &label, departement);
			if (commune < 0)
				commune = commune_beginning(g, &label, departement);
			if (commune >= 0)
			{
				set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.6f);
				goto done;
			}
		}
		if (departement >= 0)
		{
			/* a departement that is one commune */
			if (strcmp(g->departements[departement].code, "75") == 0 &&
				(commune = jm_find_commune(g, "75056")) >= 0 && strcmp(label.key, "paris") == 0)
				set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.9f);
			else
				set_departement(place, departement, JM_PLACE_DEPARTEMENT, 0.9f);
			goto done;
		}
		place->region = region;
		place->method = JM_PLACE_REGION;
		place->confidence = 0.9f;
		goto done;
	}

	if (label.len > 0)
	{
		alias = bsearch(label.key, g->aliases, g->n_aliases, sizeof(JmPlaceAlias), compare_alias);

		/*
		 * "Luxembourg (Frontalier)", "Quebec Canada": any word of a foreign
		 * place
		 */
		if (alias == NULL && strstr(label.key, "frontalier") != NULL)
		{
			place->territory = "etranger";
			place->method = JM_PLACE_COUNTRY;
			place->confidence = 0.9f;
			return;
		}
		if (alias != NULL && alias->commune >= 0)
		{
			set_commune(g, place, alias->commune, JM_PLACE_COMMUNE, 0.9f);
			goto done;
		}
		if (alias != NULL && alias->region < 0 && alias->departement < 0)
		{
			place->territory = "etranger";
			place->method = JM_PLACE_COUNTRY;
			place->confidence = 0.9f;
			return;
		}
		if (alias != NULL && alias->departement >= 0)
			label.departement = alias->departement;
		else if (alias != NULL)
			region = alias->region;
		for (i = 0; i < g->n_regions && alias == NULL && region < 0; i++)
			if (strcmp(g->regions[i].key, label.key) == 0)
				region = i;
		for (i = 0; i < g->n_departements && region < 0 && label.departement < 0; i++)
			if (strcmp(g->departements[i].key, label.key) == 0 && strcmp(label.key, "paris") != 0)
				label.departement = i;
		if (region < 0 && label.departement < 0)
		{
			commune = arrondissement_named(g, label.key, label.len);
			share = 1.0;
			if (commune < 0)
				commune = commune_named(g, label.key, label.len, -1, -1, NULL,
										in->latitude, in->longitude, &share);
			if (commune >= 0)
			{
				set_commune(g, place, commune, JM_PLACE_COMMUNE, (float) (0.85 * share));
				goto done;
			}
		}
	}

	/* "France", a region, a departement, nothing that is known: where is it? */
	commune = commune_at(g, in->latitude, in->longitude, label.departement, region, &km);
	if (commune >= 0)
	{
		set_commune(g, place, commune, JM_PLACE_GPS, (float) (0.85 - 0.03 * km));
		goto done;
	}
	if (label.departement >= 0)
	{
		set_departement(place, label.departement, JM_PLACE_DEPARTEMENT, 0.9f);
		goto done;
	}
	if (region >= 0)
	{
		place->region = region;
		place->method = JM_PLACE_REGION;
		place->confidence = 0.9f;
		goto done;
	}
	if (label.len > 0)
	{
		/* a foreign name among other words, or coordinates far from France */
		size_t		at = 0;

		while (at < label.len)
		{
			size_t		n = strcspn(label.key + at, " ");
			char		end = label.key[at + n];

			label.key[at + n] = '\0';
			alias = bsearch(label.key + at, g->aliases, g->n_aliases, sizeof(JmPlaceAlias), compare_alias);
			label.key[at + n] = end;
			if (alias != NULL && alias->region < 0 && alias->departement < 0 && alias->commune < 0)
			{
				place->territory = "etranger";
				place->method = JM_PLACE_COUNTRY;
				place->confidence = 0.8f;
				return;
			}
			at += n + 1;
		}
	}
	return;

done:
	if (place->departement >= 0)
		place->region = g->departements[place->departement].region;
	if (place->region >= 0)
		place->territory = g->regions[place->region].territory;
}
