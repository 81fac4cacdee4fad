/*
 * query.c
 *		The parameters of a search: their checks, their messages, and the
 *		filters they make over the small tables.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "emu.h"

/* U+00A0: the service puts no-break spaces inside its guillemets */
#define NBSP "\xc2\xa0"
#define QUOTED(name) "«" NBSP name NBSP "»"

static bool
bad_value(Reply *error, const char *name)
{
	char text[	256];

	snprintf(text, sizeof(text), "Valeur du paramètre " QUOTED("%s") " incorrecte.", name);
	reply_error400(error, text);
	return false;
}

static bool
bad_format(Reply *error, const char *name, const char *expected)
{
	char text[	512];

	snprintf(text, sizeof(text), "Format du paramètre " QUOTED("%s") " incorrect. %s", name, expected);
	reply_error400(error, text);
	return false;
}

/* A non-negative integer, saturated; false when it is none. */
static bool
read_int(const char *s, size_t len, int64_t *value)
{
	if (len == 0)
		return false;
	*value = 0;
	for (size_t i = 0; i < len; i++)
	{
		if (!isdigit((unsigned char) s[i]))
			return false;
		if (*value < INT64_C(100000000000000000))
			*value = *value * 10 + (s[i] - '0');
	}
	return true;
}

static bool
read_number(const char *s, double *value)
{
	char	   *end;

	/* strtod takes more than a number of the API: hexadecimals, names */
	if (!*s || strspn(s, "0123456789.") != strlen(s))
		return false;
	*value = strtod(s, &end);
	return *end == '\0';
}

static bool
read_bool(const Params *params, const char *name, int *value, Reply *error)
{
	const char *s = params_get(params, name);

	*value = -1;
	if (s == NULL)
		return true;
	if (strcmp(s, "true") == 0)
		*value = 1;
	else if (strcmp(s, "false") == 0)
		*value = 0;
	else
		return bad_format(error, name, "Booléen attendu.");
	return true;
}

/* One digit out of a set; -1 when absent. */
static bool
read_choice(const Params *params, const char *name, const char *choices, int *value, Reply *error)
{
	const char *s = params_get(params, name);

	*value = -1;
	if (s == NULL)
		return true;
	if (strlen(s) != 1 || strchr(choices, *s) == NULL)
		return bad_value(error, name);
	*value = *s - '0';
	return true;
}

/* Call each for every value of a comma list; at most max values. */
typedef bool (*EachValue) (Query *q, const char *value);

static bool
read_list(Query *q, const Params *params, const char *name, int max, EachValue each, Reply *error)
{
	const char *s = params_get(params, name);
	char	   *copy;
	char	   *p;
	int			count = 0;
	bool		ok = true;

	if (s == NULL)
		return true;
	copy = xstrdup(s);
	for (p = copy; ok; count++)
	{
		char	   *next = p + strcspn(p, ",");
		char		end = *next;

		*next = '\0';
		if (count == max)
		{
			char text[	96];

			snprintf(text, sizeof(text), "%d valeurs au maximum séparées par des virgules.", max);
			free(copy);
			return bad_format(error, name, text);
		}
		ok = each(q, p);
		if (!end)
			break;
		p = next + 1;
	}
	free(copy);
	return ok ? true : bad_value(error, name);
}

/*
 * Filters of places narrow each other: each list first marks what it wants
 * in a fresh table, then the two are crossed.
 */
static uint8_t *place_wanted;
static pthread_mutex_t query_lock = PTHREAD_MUTEX_INITIALIZER;

static void
place_begin(void)
{
	place_wanted = calloc(places_count, 1);
	if (place_wanted == NULL)
		fatal("out of memory");
}

static void
place_end(Query *q)
{
	if (q->place_ok == NULL)
		q->place_ok = place_wanted;
	else
	{
		for (uint32_t i = 0; i < places_count; i++)
			q->place_ok[i] &= place_wanted[i];
		free(place_wanted);
	}
	place_wanted = NULL;
	q->filtered = true;
}

static bool
want_dept(Query *q, const char *value)
{
	(void) q;
	if (dept_region(value)[0] == '\0')
		return false;
	for (uint32_t i = 0; i < places_count; i++)
		if (strcmp(places[i].dept, value) == 0)
			place_wanted[i] = 1;
	return true;
}

static bool
want_region(Query *q, const char *value)
{
	int			i;

	(void) q;
	for (i = 0; i < data_regions_count && strcmp(data_regions[i].code, value) != 0; i++)
		;
	if (i == data_regions_count)
		return false;
	for (uint32_t j = 0; j < places_count; j++)
		if (strcmp(places[j].region, value) == 0)
			place_wanted[j] = 1;
	return true;
}

/* Paris, Lyon and Marseille: any of their codes means the whole city. */
static const char *
city_of(const char *code)
{
	if (strcmp(code, "75056") == 0 || strncmp(code, "751", 3) == 0)
		return "75056";
	if (strcmp(code, "69123") == 0 || strncmp(code, "6938", 4) == 0)
		return "69123";
	if (strcmp(code, "13055") == 0 || strncmp(code, "132", 3) == 0)
		return "13055";
	return code;
}

static double query_radius;

static bool
want_commune(Query *q, const char *value)
{
	const Place *centre;
	const char *city = city_of(value);

	if (!valid_commune(value))
		return false;
	centre = find_commune(value);
	for (uint32_t i = 1; i < places_count; i++)
	{
		double		km;

		if (places[i].commune[0] && strcmp(city_of(places[i].commune), city) == 0)
			km = 0;
		else if (centre && centre->located && places[i].located)
			km = distance_km(centre->lat, centre->lon, places[i].lat, places[i].lon);
		else
			continue;
		if (km > 0 && (query_radius == 0 || km > query_radius))
			continue;
		place_wanted[i] = 1;
		if (km < q->place_km[i])
			q->place_km[i] = km;
	}
	return true;
}

static bool
want_rome(Query *q, const char *value)
{
	if (strlen(value) != 5 || value[0] < 'A' || value[0] > 'N' || strspn(value + 1, "0123456789") != 4)
		return false;
	for (uint32_t i = 0; i < romes_count; i++)
		if (strcmp(romes[i].code, value) == 0)
			q->rome_ok[i] |= 2;
	return true;
}

/* The letters and digits a ROME code begins with */
static bool
want_rome_prefix(Query *q, const char *prefix)
{
	for (uint32_t i = 0; i < romes_count; i++)
		if (strncmp(romes[i].code, prefix, strlen(prefix)) == 0)
			q->rome_ok[i] |= 2;
	return true;
}

static bool
want_grand(Query *q, const char *value)
{
	for (int i = 0; i < data_domains_count; i++)
		if (strcmp(data_domains[i].code, value) == 0)
			return want_rome_prefix(q, value);
	return false;
}

static bool
want_domain(Query *q, const char *value)
{
	if (strlen(value) != 3 || value[0] < 'A' || value[0] > 'N' || strspn(value + 1, "0123456789") != 2)
		return false;
	return want_rome_prefix(q, value);
}

static bool
want_type(Query *q, const char *value)
{
	uint8_t		row = type_by_code(value);

	if (row == 31)
		return false;
	q->types |= 1u << row;
	return true;
}

static bool
want_nature(Query *q, const char *value)
{
	uint8_t		row = nature_by_code(value);

	if (row == 31)
		return false;
	q->natures |= 1u << row;
	return true;
}

static bool
want_sector(Query *q, const char *value)
{
	if (strlen(value) != 2 || strspn(value, "0123456789") != 2)
		return false;
	for (uint32_t i = 0; i < nafs_count; i++)
		if (strncmp(nafs[i], value, 2) == 0)
			q->naf_ok[i] |= 2;
	return true;
}

static bool naf_known;

/* An unknown activity is ignored, not refused. */
static bool
want_naf(Query *q, const char *value)
{
	for (uint32_t i = 0; i < nafs_count; i++)
		if (strcmp(nafs[i], value) == 0)
		{
			q->naf_ok[i] |= 2;
			naf_known = true;
		}
	for (int i = 0; i < data_nafs_count; i++)
		if (strcmp(data_nafs[i].code, value) == 0)
			naf_known = true;
	return true;
}

static bool
want_partner(Query *q, const char *value)
{
	for (uint32_t i = 0; i < partners_count; i++)
		if (strcmp(partners[i], value) == 0)
			q->partner_ok[i] = 1;
	return true;
}

/* Cross what the last list wanted (2) with what was left before (1). */
static void
cross(uint8_t *ok, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		ok[i] = (ok[i] == 3);
}

static uint8_t *
all_ones(uint32_t count)
{
	uint8_t    *table = xmalloc(count);

	memset(table, 1, count);
	return table;
}

/*
 * Keywords: all of them must be in the title or in the label of the ROME
 * code, without regard to case and accents.
 */
static bool
read_keywords(Query *q, const Params *params, Reply *error)
{
	const char *s = params_get(params, "motsCles");
	char	   *folded;
	char	   *words[MAX_KEYWORDS];
	int			count = 0;
	bool		bad = false;

	if (s == NULL)
		return true;
	for (const unsigned char *c = (const unsigned char *) s; *c; c++)
		if (*c < 0x80 && !isalnum(*c) && strchr(" ,'@#$%^&+./-\"", *c) == NULL)
			bad = true;
	folded = fold(s);
	for (char *p = folded; !bad;)
	{
		char	   *next = p + strcspn(p, ",");
		char		end = *next;

		*next = '\0';
		while (*p == ' ')
			p++;
		if (strlen(p) < 2 || count == MAX_KEYWORDS)
			bad = true;
		else
			words[count++] = p;
		if (!end)
			break;
		p = next + 1;
	}
	if (bad)
	{
		free(folded);
		return bad_format(error, "motsCles",
						  "7 mots-clé au maximum séparés par des virgules et d'au moins 2 caractères.");
	}
	if (q->title_ok == NULL)
		q->title_ok = all_ones(titles_count + 1);
	for (uint32_t t = 0; t < titles_count; t++)
	{
		int			relevance = q->title_ok[t];

		for (int w = 0; w < count && relevance; w++)
		{
			if (strstr(titles[t].folded, words[w]))
				relevance += 10;
			else if (titles[t].rome == NO_ROW || !strstr(romes[titles[t].rome].folded, words[w]))
				relevance = 0;
		}
		q->title_ok[t] = relevance;
	}
	free(folded);
	q->filtered = true;
	return true;
}

static bool
read_range(Query *q, const Params *params, Reply *error)
{
	const char *s = params_get(params, "range");
	const char *dash;

	q->first = 0;
	q->last = MAX_PAGE - 1;
	if (s == NULL)
		return true;
	dash = strchr(s, '-');
	if (dash == NULL || !read_int(s, dash - s, &q->first) ||
		!read_int(dash + 1, strlen(dash + 1), &q->last) || q->last < q->first)
		return bad_format(error, "range", "<entier>-<entier> attendu.");
	if (q->last - q->first + 1 > MAX_PAGE)
		reply_error400(error, "La plage de résultats demandée est trop importante.");
	else if (q->first > MAX_FIRST)
		reply_error400(error, "La position de début doit être inférieure ou égale à 3000.");
	else if (q->last > MAX_LAST)
		reply_error400(error, "La position de fin doit être inférieure ou égale à 3149.");
	else
		return true;
	return false;
}

/* 2022-03-25T14:52:00Z and nothing else */
static bool
read_date(const Params *params, const char *name, int64_t *ms, Reply *error)
{
	const char *s = params_get(params, name);

	if (strlen(s) != 20 || s[19] != 'Z' || !parse_iso(s, 20, ms))
		return bad_format(error, name, "yyyy-MM-dd'T'hh:mm:ss'Z' attendu.");
	return true;
}

static bool
read_dates(Query *q, const Params *params, Reply *error)
{
	const char *min = params_get(params, "minCreationDate");
	const char *max = params_get(params, "maxCreationDate");
	const char *since = params_get(params, "publieeDepuis");

	q->min_ms = INT64_MIN;
	q->max_ms = INT64_MAX;
	if ((min == NULL) != (max == NULL))
	{
		reply_error400(error, "les paramètres minCreationDate et maxCreationDate sont dépendants et doivent être renseignés ensemble");
		return false;
	}
	if (min)
	{
		if (!read_date(params, "minCreationDate", &q->min_ms, error) ||
			!read_date(params, "maxCreationDate", &q->max_ms, error))
			return false;
		q->min_ms -= faults.clock_shift * 1000;
		q->max_ms -= faults.clock_shift * 1000;

		/* compared at seconds: the whole of the last second is inside */
		q->max_ms += 999;
		if (faults.nodates)
		{
			q->min_ms = INT64_MIN;
			q->max_ms = INT64_MAX;
		}
	}
	if (since)
	{
		int64_t		days;
		int64_t		from;

		if (!read_int(since, strlen(since), &days))
			return bad_format(error, "publieeDepuis", "Entier attendu.");
		if (days != 1 && days != 3 && days != 7 && days != 14 && days != 31)
			return bad_value(error, "publieeDepuis");
		/* whole seconds, so that two pages of a search agree on it */
		from = clock_ms() / 1000 * 1000 - days * 86400000;
		if (from > q->min_ms)
			q->min_ms = from;
	}
	return true;
}

/* What is only checked: these are known but filter nothing here. */
static bool
read_others(const Params *params, Reply *error)
{
	static const char *const hhmm[] = {"dureeHebdoMin", "dureeHebdoMax"};
	static const char *const months[] = {"dureeContratMin", "dureeContratMax"};
	const char *s;
	const char *period;
	int			flag;
	int64_t		n;
	double		x;

	for (int i = 0; i < 2; i++)
	{
		s = params_get(params, hhmm[i]);
		if (s && (strlen(s) > 4 || !read_int(s, strlen(s), &n) || n % 100 > 59))
			return bad_format(error, hhmm[i], "HHMM attendu.");
		s = params_get(params, months[i]);
		if (s && (!read_number(s, &x) || x > 99))
			return bad_format(error, months[i], "Nombre de 0 à 99 attendu.");
	}
	s = params_get(params, "salaireMin");
	period = params_get(params, "periodeSalaire");
	if ((s == NULL) != (period == NULL))
	{
		reply_error400(error, "les paramètres salaireMin et periodeSalaire sont dépendants et doivent être renseignés ensemble");
		return false;
	}
	if (s && !read_number(s, &x))
		return bad_format(error, "salaireMin", "Nombre attendu.");
	if (period && (strlen(period) != 1 || !strchr("MAHC", *period)))
		return bad_value(error, "periodeSalaire");
	if (!read_bool(params, "inclureLimitrophes", &flag, error) ||
		!read_bool(params, "offresMRS", &flag, error))
		return false;
	s = params_get(params, "niveauFormation");
	if (s)
	{
		int			i;

		for (i = 0; i < data_levels_count && strcmp(data_levels[i].code, s) != 0; i++)
			;
		if (i == data_levels_count)
			return bad_value(error, "niveauFormation");
	}
	s = params_get(params, "theme");
	if (s && !read_int(s, strlen(s), &n))
		return bad_format(error, "theme", "Code de thème attendu.");
	s = params_get(params, "paysContinent");
	if (s && (strlen(s) > 5 || strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(s)))
		return bad_value(error, "paysContinent");
	return true;
}

static bool
read_rome_filters(Query *q, const Params *params, Reply *error)
{
	static const struct
	{
		const char *name;
		int			max;
		EachValue	each;
		bool		format;		/* the message speaks of the format */
	}			lists[] =
	{
		{"codeROME", 200, want_rome, false},
		{"grandDomaine", 5, want_grand, true},
		{"domaine", 1, want_domain, false},
	};
	const char *app = params_get(params, "appellation");

	for (int i = 0; i < 3; i++)
	{
		if (params_get(params, lists[i].name) == NULL)
			continue;
		if (q->rome_ok == NULL)
			q->rome_ok = all_ones(romes_count);
		if (!read_list(q, params, lists[i].name, lists[i].max, lists[i].each, error))
			return lists[i].format ? bad_format(error, lists[i].name, "Code de grand domaine attendu.") : false;
		cross(q->rome_ok, romes_count);
		q->filtered = true;
	}
	if (app)
	{
		int64_t		n;
		size_t		len = strcspn(app, ",");

		/* of several values only the first is honoured */
		if (!read_int(app, len, &n))
			return bad_value(error, "appellation");
		if (q->title_ok == NULL)
			q->title_ok = all_ones(titles_count + 1);
		for (uint32_t t = 0; t < titles_count; t++)
			if (titles[t].appellation == NULL || strlen(titles[t].appellation) != len ||
				strncmp(titles[t].appellation, app, len) != 0)
				q->title_ok[t] = 0;
		q->filtered = true;
	}
	return true;
}

static bool
read_place_filters(Query *q, const Params *params, Reply *error)
{
	const char *distance = params_get(params, "distance");
	const char *commune = params_get(params, "commune");
	int64_t		km = 10;

	if (distance && !read_int(distance, strlen(distance), &km))
		return bad_format(error, "distance", "Entier attendu.");
	query_radius = (double) km;
	if (commune)
	{
		bool		ok;

		place_begin();
		q->place_km = xmalloc(places_count * sizeof(double));
		for (uint32_t i = 0; i < places_count; i++)
			q->place_km[i] = HUGE_VAL;
		ok = read_list(q, params, "commune", 5, want_commune, error);
		place_end(q);
		if (!ok)
			return false;
	}
	if (params_get(params, "departement"))
	{
		bool		ok;

		place_begin();
		ok = read_list(q, params, "departement", 5, want_dept, error);
		place_end(q);
		if (!ok)
			return false;
	}
	if (params_get(params, "region"))
	{
		bool		ok;

		place_begin();
		ok = read_list(q, params, "region", 1, want_region, error);
		place_end(q);
		if (!ok)
			return bad_value(error, "region");
	}
	return true;
}

static bool
read_filters(Query *q, const Params *params, Reply *error)
{
	const char *s;

	if (!read_choice(params, "sort", "012", &q->sort, error))
		return bad_format(error, "sort", "0, 1 ou 2 attendu.");
	if (q->sort < 0)
		q->sort = 0;
	if (!read_choice(params, "origineOffre", "12", &q->origin, error))
		return false;
	if (q->origin < 0)
		q->origin = 0;
	if (!read_choice(params, "experience", "0123", &q->exper, error) ||
		!read_choice(params, "qualification", "09", &q->qual, error) ||
		!read_choice(params, "dureeHebdo", "012", &q->hours, error))
		return false;
	s = params_get(params, "experienceExigence");
	if (s && (strlen(s) != 1 || !strchr("DSE", *s)))
		return bad_format(error, "experienceExigence", "D, E ou S attendu.");
	q->exig = s ? *s : 0;
	if (!read_bool(params, "tempsPlein", &q->full_time, error) ||
		!read_bool(params, "accesTravailleurHandicape", &q->th, error) ||
		!read_bool(params, "offresManqueCandidats", &q->shortage, error) ||
		!read_bool(params, "entreprisesAdaptees", &q->adapted, error) ||
		!read_bool(params, "employeursHandiEngages", &q->handi, error))
		return false;
	q->filtered = q->exper >= 0 || q->qual >= 0 || q->hours >= 0 || q->exig || q->full_time >= 0 ||
		q->th == 1 || q->shortage == 1 || q->adapted == 1 || q->handi == 1;

	if (!read_list(q, params, "typeContrat", 20, want_type, error) ||
		!read_list(q, params, "natureContrat", 20, want_nature, error))
		return false;
	q->contract = q->types || q->natures;
	q->filtered |= q->contract;

	if (!read_place_filters(q, params, error) || !read_rome_filters(q, params, error))
		return false;

	if (params_get(params, "secteurActivite"))
	{
		q->naf_ok = all_ones(nafs_count + 1);
		if (!read_list(q, params, "secteurActivite", 2, want_sector, error))
			return false;
		cross(q->naf_ok, nafs_count);
		q->filtered = true;
	}
	if (params_get(params, "codeNAF"))
	{
		uint8_t    *before = q->naf_ok;

		q->naf_ok = all_ones(nafs_count + 1);
		if (before)
			memcpy(q->naf_ok, before, nafs_count);
		naf_known = false;
		if (!read_list(q, params, "codeNAF", 2, want_naf, error))
		{
			free(before);
			return false;
		}
		if (naf_known)
		{
			cross(q->naf_ok, nafs_count);
			free(before);
			q->filtered = true;
		}
		else
		{
			free(q->naf_ok);
			q->naf_ok = before;
		}
	}
	s = params_get(params, "modeSelectionPartenaires");
	if (s && strcmp(s, "INCLUS") != 0 && strcmp(s, "EXCLU") != 0)
		return bad_value(error, "modeSelectionPartenaires");
	if (params_get(params, "partenaires"))
	{
		bool		excluded = s && strcmp(s, "EXCLU") == 0;

		q->partner_ok = calloc(partners_count + 1, 1);
		if (q->partner_ok == NULL)
			fatal("out of memory");
		if (!read_list(q, params, "partenaires", 100, want_partner, error))
			return false;
		for (uint32_t i = 0; i <= partners_count; i++)
			q->partner_ok[i] ^= excluded;
		q->filtered = true;
	}
	return true;
}

/*
 * Check the parameters and make the filters.  On a mistake the reply is the
 * error 400 of the service.  The caller holds store_lock.
 */
bool
query_parse(Query *q, const Params *params, Reply *error)
{
	bool		ok;

	memset(q, 0, sizeof(*q));
	/* the lists above mark through a few static variables */
	pthread_mutex_lock(&query_lock);
	ok = read_range(q, params, error) &&
		read_dates(q, params, error) &&
		read_filters(q, params, error) &&
		read_others(params, error) &&
		read_keywords(q, params, error);
	pthread_mutex_unlock(&query_lock);
	return ok;
}

void
query_free(Query *q)
{
	free(q->place_ok);
	free(q->rome_ok);
	free(q->naf_ok);
	free(q->title_ok);
	free(q->partner_ok);
	free(q->place_km);
	memset(q, 0, sizeof(*q));
}
