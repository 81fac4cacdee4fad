/*
 * gazetteer.c
 *		Communes, departements and regions, by code, name and coordinates.
 */
#include "text/gazetteer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_DEGREES 0.25		/* grid of the nearest-commune search */
#define KM_A_DEGREE 111.195

/* Farther than this from every commune is not in France. */
#define NEAREST_KM 12.0

/* Coordinates that geocoders give for "France": they say nothing. */
static const double middle_of_france[][2] = {
	{46.227638, 2.213749}, {46.603354, 1.888334}, {46.711046, 2.191160}, {47.0, 2.0}, {46.0, 2.0}
};

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* bsearch() wants an array even where there is none. */
static void *
search(const void *key, const void *base, int n, size_t width,
	   int (*compare) (const void *, const void *))
{
	return n > 0 ? bsearch(key, base, (size_t) n, width, compare) : NULL;
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
	JmDepartement *d = search(code, g->departements, g->n_departements, sizeof(JmDepartement),
							  compare_departement);

	return d ? (int) (d - g->departements) : -1;
}

/* The number of the region of that code, or -1. */
int
jm_find_region(const JmGazetteer *g, const char *code)
{
	JmRegion   *r = search(code, g->regions, g->n_regions, sizeof(JmRegion), compare_region);

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

/*
 * The first of the postal codes that may be that code, or -1; their next leads
 * to the others, and the code of each is to be compared.
 */
int
jm_first_postal(const JmGazetteer *g, const char *code)
{
	return g->by_postal[hash_bytes(code, strlen(code)) & g->mask];
}

/* The number of the commune that a former INSEE code stands for now, or -1. */
int
jm_find_former(const JmGazetteer *g, const char *insee)
{
	JmFormer   *former = search(insee, g->former, g->n_former, sizeof(JmFormer), compare_former);

	return former ? jm_find_commune(g, former->current) : -1;
}

/*
 * The commune of a departement that one of that name, which is no more, is part
 * of now; -1 when there is none or several.
 */
int
jm_former_named(const JmGazetteer *g, const char *key, int departement)
{
	int			found = -1;
	int			i;

	for (i = 0; i < g->n_former; i++)
		if (strcmp(g->former[i].key, key) == 0)
		{
			int			commune = jm_find_commune(g, g->former[i].current);

			if (commune < 0 || g->communes[commune].departement != departement || commune == found)
				continue;
			if (found >= 0)
				return -1;
			found = commune;
		}
	return found;
}

/* The alias of that key, or NULL. */
const JmPlaceAlias *
jm_find_alias(const JmGazetteer *g, const char *key)
{
	return search(key, g->aliases, g->n_aliases, sizeof(JmPlaceAlias), compare_alias);
}

/* The departement that a postal or INSEE code begins with, or -1. */
int
jm_departement_of_code(const JmGazetteer *g, const char *code, bool postal)
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

/* Kilometres between two points; NAN when a coordinate is. */
double
jm_distance_km(double lat1, double lon1, double lat2, double lon2)
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
				double		d = jm_distance_km(lat, lon, c->latitude, c->longitude);

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
int
jm_commune_at(const JmGazetteer *g, double lat, double lon, int departement, int region,
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
					JM_NEAREST_GUYANE_KM : JM_NEAREST_LABELLED_KM;
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
int
jm_commune_named(const JmGazetteer *g, const char *key, size_t len, int departement, int region,
				 const char *code, double lat, double lon, double *share)
{
	int			best = -1;
	double		best_km = 0;
	double		people = 0;
	int			i = g->by_name[hash_bytes(key, len) & g->mask];

	for (; i >= 0; i = g->communes[i].next_name)
	{
		const JmCommune *c = &g->communes[i];
		double		km = jm_distance_km(lat, lon, c->latitude, c->longitude);

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
