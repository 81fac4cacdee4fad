/*
 * place_names.c
 *		What the names in the label of a place mean: communes, departements,
 *		regions, and places abroad.
 */
#include "text/place_names.h"

#include <math.h>
#include <string.h>

/* Nearer than this to a commune's centre is not a city across the border. */
#define AT_COMMUNE_KM 2.0

/* "annecy le vieux": the longest beginning of the label that names a commune. */
static int
commune_beginning(const JmGazetteer *g, const JmPlaceLabel *label, int departement)
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
		commune = jm_commune_named(g, label->key, n, departement, -1, NULL, NAN, NAN, &share);
		if (commune >= 0)
			return commune;
	}
	return -1;
}

/* "louhans": the only commune of a departement whose name begins so, or -1. */
static int
commune_continuing(const JmGazetteer *g, const JmPlaceLabel *label, int departement)
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

/* The commune that a key is another name of, in a departement (-1: any); or -1. */
static int
alias_commune(const JmGazetteer *g, const char *key, int departement)
{
	const JmPlaceAlias *alias = jm_find_alias(g, key);

	if (alias == NULL || alias->commune < 0 ||
		(departement >= 0 && g->communes[alias->commune].departement != departement))
		return -1;
	return alias->commune;
}

/* The place is abroad, or in a territory and no more is known. */
static void
set_territory(JmPlace *place, const JmPlaceAlias *alias, float confidence)
{
	place->territory = alias->territory;
	place->method = strcmp(alias->territory, "etranger") == 0 ? JM_PLACE_COUNTRY : JM_PLACE_REGION;
	place->confidence = confidence;
}

/* Does an alias name no more than a territory? */
static bool
is_territory(const JmPlaceAlias *alias)
{
	return alias != NULL && alias->region < 0 && alias->departement < 0 && alias->commune < 0;
}

/* Are the stated coordinates near a commune? */
static bool
is_near(const JmGazetteer *g, const JmPlaceInput *in, int commune)
{
	const JmCommune *c = &g->communes[commune];

	return jm_distance_km(in->latitude, in->longitude, c->latitude, c->longitude) <= JM_NEAREST_LABELLED_KM;
}

/*
 * Are the stated coordinates those of a commune?  Cities abroad are within the
 * distance that jm_commune_at() allows: Kehl is 4 km from Strasbourg.
 */
static bool
is_at_commune(const JmGazetteer *g, const JmPlaceInput *in)
{
	double		km;

	return jm_commune_at(g, in->latitude, in->longitude, -1, -1, &km) >= 0 && km <= AT_COMMUNE_KM;
}

/* Does the label have an article before the name of that key, as "Le Liege" has? */
static bool
has_article(const JmPlaceLabel *label, const char *key)
{
	static const char *const articles[] = {"le ", "la ", "les ", "l'"};
	size_t		n = strcspn(key, " ");

	for (int i = 0; i < 4; i++)
	{
		size_t		before = strlen(articles[i]);

		for (size_t at = 0; at + before + n <= label->folded_len; at++)
			if ((at == 0 || strchr(" ,;:/|(", label->folded[at - 1]) != NULL) &&
				memcmp(label->folded + at, articles[i], before) == 0 &&
				memcmp(label->folded + at + before, key, n) == 0)
				return true;
	}
	return false;
}

/*
 * The city abroad of that key, or NULL; not when a commune has that name and
 * the stated coordinates are near it, or the label has its article.
 */
static const JmPlaceAlias *
city_abroad(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label, const char *key)
{
	const JmPlaceAlias *alias = jm_find_alias(g, key);
	double		share;
	int			commune;

	if (alias == NULL || !alias->city)
		return NULL;
	commune = jm_commune_named(g, key, strlen(key), -1, -1, NULL, in->latitude, in->longitude, &share);
	return commune >= 0 && (is_near(g, in, commune) || has_article(label, key)) ? NULL : alias;
}

/* A region (true) or departement of that key, or an alias of one. */
static bool
area_named(const JmGazetteer *g, const char *key, int *region, int *departement)
{
	const JmPlaceAlias *alias = jm_find_alias(g, key);
	int			i;

	if (alias != NULL && (alias->region >= 0 || alias->departement >= 0))
	{
		if (alias->region >= 0)
			*region = alias->region;
		else
			*departement = alias->departement;
		return true;
	}
	for (i = 0; i < g->n_regions; i++)
		if (strcmp(g->regions[i].key, key) == 0)
		{
			*region = i;
			return true;
		}
	for (i = 0; i < g->n_departements; i++)
		if (strcmp(g->departements[i].key, key) == 0 && strcmp(key, "paris") != 0)
		{
			*departement = i;
			return true;
		}
	return false;
}

/* "lille et paris": ends the key after its first part and returns the second, or NULL. */
static char *
split_key(char *key)
{
	for (char *at = key; (at = strchr(at, ' ')) != NULL; at++)
		if (strncmp(at, " et ", 4) == 0 || strncmp(at, " ou ", 4) == 0)
		{
			*at = '\0';
			return at + 4;
		}
	return NULL;
}

/*
 * The commune that a part of a label names, of a departement and region (-1:
 * any) and a postal code (NULL: any); -1 when it names an area, a city abroad
 * or nothing.  Of "X et Y" the first, with half its share.  Spoils the key.
 */
static int
commune_of_key(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label, char *key,
			   int departement, int region, const char *postal, double *share)
{
	size_t		len = strlen(key);
	int			commune;
	int			ignore[2];
	char	   *rest;

	do
	{
		const char *last = strrchr(key, ' ');
		char		code[JM_CODE_MAX];
		int			own;

		if (len == 0 || (postal == NULL && area_named(g, key, &ignore[0], &ignore[1])))
			return -1;
		if (postal == NULL && departement < 0 && region < 0 && city_abroad(g, in, label, key) != NULL)
			return -1;
		commune = postal == NULL ? alias_commune(g, key, departement) : -1;
		if (commune < 0 && postal == NULL && departement < 0)
			commune = jm_arrondissement_named(g, key, len);
		if (commune < 0)
			commune = jm_commune_named(g, key, len, departement, region, postal,
									   in->latitude, in->longitude, share);
		/* "NANTES 44" */
		if (commune < 0 && departement < 0 && last != NULL && strlen(last + 1) <= 3 &&
			jm_copy_code(last + 1, strlen(last + 1), code) &&
			(own = jm_find_departement(g, code)) >= 0)
			commune = jm_commune_named(g, key, (size_t) (last - key), own, -1, postal,
									   in->latitude, in->longitude, share);
	} while (commune < 0 && jm_shorten_place_part(key, &len));
	if (commune < 0 && (rest = split_key(key)) != NULL)
	{
		double		rest_share = *share;
		int			other = commune_of_key(g, in, label, rest, departement, region, postal, &rest_share);

		commune = commune_of_key(g, in, label, key, departement, region, postal, share);
		if (commune < 0)
		{
			commune = other;
			*share = rest_share;
		}
		else if (other >= 0 && other != commune)
			*share /= 2;
	}
	return commune;
}

/*
 * "Metz, France", "poste base a metz": the first part of the label that names
 * a commune of a departement and region (their numbers, -1 for any) and a postal
 * code (NULL for any); -1 when none does.
 */
int
jm_commune_of_part(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label,
				   int departement, int region, const char *postal)
{
	char		key[sizeof(label->key)];
	int			commune;
	double		share;
	size_t		len;
	size_t		at = 0;

	do
	{
		at = jm_next_place_part(label, at, key, &len);
		commune = commune_of_key(g, in, label, key, departement, region, postal, &share);
	} while (commune < 0 && at > 0);
	return commune;
}

/*
 * A territory (true: it is set), region, departement or city abroad that a part
 * of a label names.  Spoils the key.
 */
static bool
area_of_key(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label, char *key,
			int *region, int *departement, const JmPlaceAlias **city, JmPlace *place)
{
	size_t		len = strlen(key);
	int			region_before = *region;
	int			departement_before = *departement;
	char	   *rest;

	do
	{
		const JmPlaceAlias *alias = jm_find_alias(g, key);

		if (len == 0)
			return false;
		if (is_territory(alias) && !alias->city)
		{
			set_territory(place, alias, 0.85f);
			return true;
		}
		if ((alias = city_abroad(g, in, label, key)) != NULL)
		{
			*city = alias;
			return false;
		}
		if (area_named(g, key, region, departement))
			return false;
	} while (jm_shorten_place_part(key, &len));
	rest = split_key(key);
	if (rest == NULL)
		return false;
	if (area_of_key(g, in, label, key, region, departement, city, place))
		return true;
	/* of "Val d'Oise et Yvelines" the first, as of communes */
	return *region == region_before && *departement == departement_before &&
		area_of_key(g, in, label, rest, region, departement, city, place);
}

/*
 * The rest of jm_resolve_place() for a label of several parts, such as "Lille,
 * Hauts-de-France" or "NANTES 44".  A country decides before communes, a city
 * abroad after them.  False when they name none of these; then *region or
 * *departement may be set.
 */
static bool
resolve_parts(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label,
			  int *region, int *departement, JmPlace *place)
{
	char		key[sizeof(label->key)];
	const JmPlaceAlias *city = NULL;
	int			found = -1;
	int			others = 0;
	double		share = 1.0;
	double		best_share = 1.0;
	size_t		len;
	size_t		at = 0;

	do
	{
		at = jm_next_place_part(label, at, key, &len);
		if (area_of_key(g, in, label, key, region, departement, &city, place))
			return true;
	} while (at > 0);
	if (*departement >= 0)
		*region = -1;
	do
	{
		int			commune;

		at = jm_next_place_part(label, at, key, &len);
		commune = commune_of_key(g, in, label, key, *departement, *region, NULL, &share);
		if (commune >= 0 && found < 0)
		{
			found = commune;
			best_share = share;
		}
		else if (commune >= 0 && commune != found)
			others++;
	} while (at > 0);
	if (found >= 0)
	{
		others += city != NULL && strcmp(city->key, g->communes[found].key) != 0;
		jm_set_commune(g, place, found, JM_PLACE_COMMUNE, (float) (0.8 * best_share / (1 + others)));
		return true;
	}
	if (city == NULL || is_at_commune(g, in))
		return false;
	set_territory(place, city, 0.85f);
	return true;
}

/*
 * A departement that is known, by the label or a code, or Corsica: the commune
 * in it by name or coordinates, or no more than itself.
 */
void
jm_resolve_within(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label, JmPlace *place)
{
	int			departement = label->departement;
	int			region = label->corsica && departement < 0 ? jm_find_region(g, "94") : -1;
	bool		named = departement >= 0 && jm_names_departement(&g->departements[departement], label);
	bool		other_name = departement >= 0 && label->len > 0 && !named;
	int			commune;
	double		km;
	double		share;

	if (label->len > 0)
	{
		commune = jm_arrondissement_named(g, label->key, label->len);
		if (commune >= 0 && (departement < 0 || g->communes[commune].departement == departement))
		{
			jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.95f);
			return;
		}
		if (!named)
		{
			commune = jm_commune_named(g, label->key, label->len, departement, region, NULL,
									   in->latitude, in->longitude, &share);
			if (commune >= 0)
			{
				jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, (float) (0.95 * share));
				return;
			}
		}
	}
	if (other_name)
	{
		/* a quarter with a name of its own, or a commune of old */
		commune = alias_commune(g, label->key, departement);
		if (commune < 0)
			commune = jm_former_named(g, label->key, departement);
		/* "57 - Metz, France" */
		if (commune < 0)
			commune = jm_commune_of_part(g, in, label, departement, -1, NULL);
		if (commune >= 0)
		{
			jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.85f);
			return;
		}
	}
	commune = jm_commune_at(g, in->latitude, in->longitude, departement, region, &km);
	if (commune >= 0)
	{
		jm_set_commune(g, place, commune, JM_PLACE_GPS, (float) (0.9 - 0.02 * km > 0.3 ? 0.9 - 0.02 * km : 0.3));
		return;
	}
	if (other_name)
	{
		commune = commune_continuing(g, label, departement);
		if (commune < 0)
			commune = commune_beginning(g, label, departement);
		if (commune >= 0)
		{
			jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.6f);
			return;
		}
	}
	if (departement < 0 && label->len > 0 &&
		(commune = jm_commune_of_part(g, in, label, -1, region, NULL)) >= 0)
		jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.6f);
	else if (departement < 0)
		jm_set_region(g, place, region);
	/* a departement that is one commune */
	else if (strcmp(g->departements[departement].code, "75") == 0 &&
			 (commune = jm_find_commune(g, "75056")) >= 0 && strcmp(label->key, "paris") == 0)
		jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.9f);
	else
		jm_set_departement(place, departement, JM_PLACE_DEPARTEMENT, 0.9f);
}

/*
 * A label without a code.  False when it names no commune and no territory;
 * then label->departement or *region may be set.
 */
bool
jm_resolve_name(const JmGazetteer *g, const JmPlaceInput *in, JmPlaceLabel *label, int *region, JmPlace *place)
{
	const JmPlaceAlias *alias = jm_find_alias(g, label->key);
	double		share = 1.0;
	double		km;
	int			commune;

	/*
	 * "Luxembourg (Frontalier)", "Quebec Canada": any word of a foreign place
	 */
	if (alias == NULL && strstr(label->key, "frontalier") != NULL)
	{
		jm_set_foreign(place, JM_PLACE_COUNTRY, 0.9f);
		return true;
	}
	if (alias != NULL && alias->commune >= 0)
	{
		/*
		 * "Saint-Ouen" is the one beside Paris, unless the point is in
		 * another
		 */
		commune = jm_commune_named(g, label->key, label->len, -1, -1, NULL, in->latitude, in->longitude, &share);
		if (commune < 0 || !is_near(g, in, commune) || is_near(g, in, alias->commune))
			commune = alias->commune;
		jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, 0.9f);
		return true;
	}
	if (alias != NULL && alias->city && city_abroad(g, in, label, label->key) == NULL)
		alias = NULL;
	if (is_territory(alias))
	{
		if (alias->city && is_at_commune(g, in))
			return false;
		set_territory(place, alias, 0.9f);
		return true;
	}
	if (alias != NULL && alias->departement >= 0)
		label->departement = alias->departement;
	else if (alias != NULL)
		*region = alias->region;
	else
		area_named(g, label->key, region, &label->departement);
	if (*region >= 0 || label->departement >= 0)
		return false;

	commune = jm_arrondissement_named(g, label->key, label->len);
	if (commune < 0)
		commune = jm_commune_named(g, label->key, label->len, -1, -1, NULL,
								   in->latitude, in->longitude, &share);
	/* of many namesakes, none near the point, it tells more */
	if (commune >= 0 && (share >= 0.5 ||
						 jm_commune_at(g, in->latitude, in->longitude, -1, -1, &km) < 0))
	{
		jm_set_commune(g, place, commune, JM_PLACE_COMMUNE, (float) (0.85 * share));
		return true;
	}
	return commune < 0 && resolve_parts(g, in, label, region, &label->departement, place);
}

/* A foreign name among a label's other words, if there is one. */
void
jm_resolve_foreign_word(const JmGazetteer *g, JmPlaceLabel *label, JmPlace *place)
{
	size_t		at = 0;

	while (at < label->len)
	{
		size_t		n = strcspn(label->key + at, " ");
		char		end = label->key[at + n];
		const JmPlaceAlias *alias;

		label->key[at + n] = '\0';
		alias = jm_find_alias(g, label->key + at);
		label->key[at + n] = end;
		if (is_territory(alias))
		{
			set_territory(place, alias, 0.8f);
			return;
		}
		at += n + 1;
	}
}
