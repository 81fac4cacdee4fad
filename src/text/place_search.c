/*
 * place_search.c
 *		resolve_place(): the reference tables of places, held once per backend.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "text/normalise.h"
#include "text/place_label.h"
#include "text/places.h"
#include "text/rules.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* The code of a commune that has arrondissements. */
typedef struct JmParent
{
	char		insee[JM_CODE_MAX];
} JmParent;

/* What is collected while the tables are read. */
typedef struct JmPlaceRows
{
	JmGazetteer gazetteer;
	int			max_communes;
	int			max_postal;
	int			max_departements;
	int			max_regions;
	int			max_former;
	int			max_aliases;
	JmParent   *parents;		/* communes that have arrondissements */
	int			n_parents;
	int			max_parents;
	FmgrInfo	st_x;
	FmgrInfo	st_y;
} JmPlaceRows;

/* The key of a name, which ends in NUL. */
static char *
name_key(Datum name)
{
	size_t		len;
	char	   *s = jm_utf8(DatumGetTextPP(name), &len);
	char	   *folded = palloc(JM_NORMALISED_MAX(len));
	size_t		n = jm_normalise(s, len, folded, NULL, 0, jm_check_interrupts);
	char	   *key = palloc(2 * n + 9);

	key = repalloc(key, jm_place_key(folded, n, key) + 1);
	pfree(folded);
	return key;
}

/* A code that is longer than any is cut, and so found by nobody. */
static void
set_code(char *code, Datum value)
{
	char	   *s = TextDatumGetCString(value);

	strlcpy(code, s, JM_CODE_MAX);
	pfree(s);
}

static void
add_region(void *arg, Datum *values, bool *nulls)
{
	JmPlaceRows *rows = arg;
	JmGazetteer *g = &rows->gazetteer;
	JmRegion   *r;

	JM_GROW(g->regions, g->n_regions, rows->max_regions);
	r = &g->regions[g->n_regions++];
	set_code(r->code, values[0]);
	r->key = name_key(values[1]);
	r->territory = TextDatumGetCString(values[2]);
}

static int
compare_regions(const void *a, const void *b)
{
	return strcmp(((const JmRegion *) a)->code, ((const JmRegion *) b)->code);
}

static void
add_departement(void *arg, Datum *values, bool *nulls)
{
	JmPlaceRows *rows = arg;
	JmGazetteer *g = &rows->gazetteer;
	JmDepartement *d;
	char		region[JM_CODE_MAX];

	JM_GROW(g->departements, g->n_departements, rows->max_departements);
	d = &g->departements[g->n_departements];
	set_code(d->code, values[0]);
	d->key = name_key(values[1]);
	set_code(region, values[2]);
	d->region = jm_find_region(g, region);
	if (d->region >= 0)
		g->n_departements++;
}

static int
compare_departements(const void *a, const void *b)
{
	return strcmp(((const JmDepartement *) a)->code, ((const JmDepartement *) b)->code);
}

/* ST_X and ST_Y of the schema that holds the type of a point. */
static void
find_point_functions(JmPlaceRows *rows, Oid point_type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(point_type));
	char	   *schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", point_type);
	schema = get_namespace_name(((Form_pg_type) GETSTRUCT(tuple))->typnamespace);
	ReleaseSysCache(tuple);
	fmgr_info(LookupFuncName(list_make2(makeString(schema), makeString("st_x")), 1, &point_type, false),
			  &rows->st_x);
	fmgr_info(LookupFuncName(list_make2(makeString(schema), makeString("st_y")), 1, &point_type, false),
			  &rows->st_y);
}

static void
add_commune(void *arg, Datum *values, bool *nulls)
{
	JmPlaceRows *rows = arg;
	JmGazetteer *g = &rows->gazetteer;
	JmCommune  *c;
	char		departement[JM_CODE_MAX];
	Datum	   *codes;
	bool	   *code_nulls;
	int			n_codes;
	int			i;

	set_code(departement, values[2]);
	i = jm_find_departement(g, departement);
	if (i < 0)
		return;					/* its departement is being deleted */

	JM_GROW(g->communes, g->n_communes, rows->max_communes);
	c = &g->communes[g->n_communes];
	memset(c, 0, sizeof(JmCommune));
	set_code(c->insee, values[0]);
	c->key = name_key(values[1]);
	c->departement = i;
	c->population = nulls[4] ? 0 : DatumGetInt32(values[4]);
	c->latitude = c->longitude = NAN;
	if (!nulls[5])
	{
		Datum		point = PointerGetDatum(PG_DETOAST_DATUM(values[5]));

		LOCAL_FCINFO(fcinfo, 1);
		int			axis;

		for (axis = 0; axis < 2; axis++)
		{
			Datum		value;

			/* an empty point has no coordinates: NULL */
			InitFunctionCallInfoData(*fcinfo, axis ? &rows->st_y : &rows->st_x, 1, InvalidOid, NULL, NULL);
			fcinfo->args[0].value = point;
			fcinfo->args[0].isnull = false;
			value = FunctionCallInvoke(fcinfo);
			if (fcinfo->isnull)
				continue;
			if (axis)
				c->latitude = DatumGetFloat8(value);
			else
				c->longitude = DatumGetFloat8(value);
		}
		if (!isfinite(c->latitude) || !isfinite(c->longitude) ||
			fabs(c->latitude) > 90 || fabs(c->longitude) > 180)
			c->latitude = c->longitude = NAN;
	}
	if (!nulls[6])
	{
		JM_GROW(rows->parents, rows->n_parents, rows->max_parents);
		set_code(rows->parents[rows->n_parents++].insee, values[6]);
	}

	deconstruct_array(DatumGetArrayTypeP(values[3]), TEXTOID, -1, false, TYPALIGN_INT,
					  &codes, &code_nulls, &n_codes);
	c->first_postal = g->n_postal;
	for (i = 0; i < n_codes; i++)
	{
		if (code_nulls[i])
			continue;
		JM_GROW(g->postal_codes, g->n_postal, rows->max_postal);
		set_code(g->postal_codes[g->n_postal].code, codes[i]);
		g->postal_codes[g->n_postal++].commune = g->n_communes;
		c->n_postal++;
	}
	pfree(codes);
	pfree(code_nulls);
	g->n_communes++;
}

/* By departement, then INSEE code, so that a departement's stand together. */
static int
compare_communes(const void *a, const void *b)
{
	const JmCommune *x = a;
	const JmCommune *y = b;

	if (x->departement != y->departement)
		return x->departement < y->departement ? -1 : 1;
	return strcmp(x->insee, y->insee);
}

static void
add_former(void *arg, Datum *values, bool *nulls)
{
	JmPlaceRows *rows = arg;
	JmGazetteer *g = &rows->gazetteer;

	JM_GROW(g->former, g->n_former, rows->max_former);
	set_code(g->former[g->n_former].insee, values[0]);
	set_code(g->former[g->n_former].current, values[1]);
	g->former[g->n_former++].key = nulls[2] ? "" : name_key(values[2]);
}

static int
compare_formers(const void *a, const void *b)
{
	return strcmp(((const JmFormer *) a)->insee, ((const JmFormer *) b)->insee);
}

static void
add_alias(void *arg, Datum *values, bool *nulls)
{
	JmPlaceRows *rows = arg;
	JmGazetteer *g = &rows->gazetteer;
	JmPlaceAlias *alias;
	char		code[JM_CODE_MAX];

	JM_GROW(g->aliases, g->n_aliases, rows->max_aliases);
	alias = &g->aliases[g->n_aliases];
	alias->key = name_key(values[0]);
	alias->region = alias->departement = alias->commune = -1;
	alias->territory = nulls[4] ? "etranger" : TextDatumGetCString(values[4]);
	alias->city = nulls[1] && nulls[2] && nulls[3] && nulls[4];
	if (!nulls[1])
	{
		set_code(code, values[1]);
		if ((alias->region = jm_find_region(g, code)) < 0)
			return;
	}
	if (!nulls[2])
	{
		set_code(code, values[2]);
		if ((alias->departement = jm_find_departement(g, code)) < 0)
			return;
	}
	if (!nulls[3])
	{
		set_code(code, values[3]);
		/* communes are the user's to load: without it the alias says nothing */
		if ((alias->commune = jm_find_commune(g, code)) < 0)
			return;
	}
	g->n_aliases++;
}

static int
compare_aliases(const void *a, const void *b)
{
	return strcmp(((const JmPlaceAlias *) a)->key, ((const JmPlaceAlias *) b)->key);
}

static void *
build_gazetteer(void)
{
	static const char *const region_columns[] = {"region_code", "name", "territory"};
	static const char *const departement_columns[] = {"departement_code", "name", "region_code"};
	static const char *const commune_columns[] = {
		"insee_code", "name", "departement_code", "postal_codes", "population", "centroid",
		"parent_insee_code"
	};
	static const char *const former_columns[] = {"insee_code", "current_insee_code", "name"};
	static const char *const alias_columns[] = {"alias", "region_code", "departement_code", "insee_code", "territory"};
	JmPlaceRows *rows = palloc0(sizeof(JmPlaceRows));
	JmGazetteer *g = &rows->gazetteer;
	int			i;
	int			p;

	jm_scan_table("region", region_columns, lengthof(region_columns), add_region, rows);
	if (g->n_regions > 0)
		qsort(g->regions, g->n_regions, sizeof(JmRegion), compare_regions);
	jm_scan_table("departement", departement_columns, lengthof(departement_columns), add_departement, rows);
	if (g->n_departements > 0)
		qsort(g->departements, g->n_departements, sizeof(JmDepartement), compare_departements);
	find_point_functions(rows, jm_rule_column_type("commune", "centroid"));
	jm_scan_table("commune", commune_columns, lengthof(commune_columns), add_commune, rows);
	if (g->n_communes > 0)
		qsort(g->communes, g->n_communes, sizeof(JmCommune), compare_communes);
	for (i = 0; i < g->n_communes; i++)
		for (p = 0; p < g->communes[i].n_postal; p++)
			g->postal_codes[g->communes[i].first_postal + p].commune = i;
	if (!jm_gazetteer_index(g, &jm_palloc_allocator))
		elog(ERROR, "out of memory");

	jm_scan_table("commune_former", former_columns, lengthof(former_columns), add_former, rows);
	if (g->n_former > 0)
		qsort(g->former, g->n_former, sizeof(JmFormer), compare_formers);
	jm_scan_table("place_alias", alias_columns, lengthof(alias_columns), add_alias, rows);
	if (g->n_aliases > 0)
		qsort(g->aliases, g->n_aliases, sizeof(JmPlaceAlias), compare_aliases);

	/* a city with arrondissements is not a place's nearest commune: they are */
	for (p = 0; p < rows->n_parents; p++)
		if ((i = jm_find_commune(g, rows->parents[p].insee)) >= 0)
			g->communes[i].divided = true;
	jm_gazetteer_index(g, &jm_palloc_allocator);
	return g;
}

static JmRuleCache place_cache = {
	.tables = {"region", "departement", "commune", "commune_former", "place_alias"},
	.build = build_gazetteer
};

PG_FUNCTION_INFO_V1(jobmarket_resolve_place);

/*
 * resolve_place(label, postal_code, insee_code, latitude, longitude) ->
 * (insee_code, postal_code, departement_code, region_code, territory, method,
 * confidence, latitude, longitude)
 */
Datum
jobmarket_resolve_place(PG_FUNCTION_ARGS)
{
	JmGazetteer *g = jm_rule_cache(&place_cache);
	JmPlaceInput in = {NULL, 0, NULL, 0, NULL, 0, NAN, NAN};
	JmPlace		place;
	Datum		values[9];
	bool		nulls[9];

	if (!PG_ARGISNULL(0))
		in.label = jm_utf8(PG_GETARG_TEXT_PP(0), &in.label_len);
	if (!PG_ARGISNULL(1))
		in.postal = jm_utf8(PG_GETARG_TEXT_PP(1), &in.postal_len);
	if (!PG_ARGISNULL(2))
		in.insee = jm_utf8(PG_GETARG_TEXT_PP(2), &in.insee_len);
	if (!PG_ARGISNULL(3) && !PG_ARGISNULL(4))
	{
		in.latitude = PG_GETARG_FLOAT8(3);
		in.longitude = PG_GETARG_FLOAT8(4);
	}
	jm_resolve_place(g, &in, &place);

	memset(nulls, false, sizeof(nulls));
	memset(values, 0, sizeof(values));
	if ((nulls[0] = place.commune < 0) == false)
		values[0] = CStringGetTextDatum(g->communes[place.commune].insee);
	if ((nulls[1] = place.postal[0] == '\0') == false)
		values[1] = CStringGetTextDatum(place.postal);
	if ((nulls[2] = place.departement < 0) == false)
		values[2] = CStringGetTextDatum(g->departements[place.departement].code);
	if ((nulls[3] = place.region < 0) == false)
		values[3] = CStringGetTextDatum(g->regions[place.region].code);
	values[4] = CStringGetTextDatum(place.territory);
	values[5] = CStringGetTextDatum(jm_place_method_name(place.method));
	values[6] = Float4GetDatum(place.confidence);
	if ((nulls[7] = nulls[8] = isnan(place.latitude)) == false)
	{
		values[7] = Float8GetDatum(place.latitude);
		values[8] = Float8GetDatum(place.longitude);
	}
	return jm_result_row(fcinfo, values, nulls);
}
