/*
 * text_env.h
 *		Memory and dictionaries for the tests of src/text.
 */
#ifndef JM_TEXT_ENV_H
#define JM_TEXT_ENV_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text/keywords.h"
#include "text/normalise.h"
#include "text/place_label.h"
#include "text/places.h"

/* Everything allocated, so that the leak checker has nothing to say. */
static void *env_blocks[4096];
static int	env_count = 0;

static void *
env_allocate(void *context, size_t size)
{
	void	   *p = malloc(size > 0 ? size : 1);

	(void) context;
	if (env_count == sizeof(env_blocks) / sizeof(env_blocks[0]) || p == NULL)
		abort();
	env_blocks[env_count++] = p;
	return p;
}

static const JmAllocator env_allocator = {env_allocate, NULL};

static inline void
env_free(void)
{
	while (env_count > 0)
		free(env_blocks[--env_count]);
}

/* A variant; its contexts and needs come after. */
static inline void
env_variant(JmVariant *v, int keyword, const char *words, JmCasePolicy policy)
{
	char	   *pattern = env_allocate(NULL, JM_NORMALISED_MAX(strlen(words)));

	memset(v, 0, sizeof(*v));
	v->upper = env_allocate(NULL, JM_NORMALISED_MAX(strlen(words)));
	v->len = jm_normalise(words, strlen(words), pattern, v->upper, JM_HYPHEN_IS_SPACE, NULL);
	v->pattern = pattern;
	v->keyword = keyword;
	v->case_policy = policy;
	v->covers = true;
}

/* A few places of two departements. */
static inline JmGazetteer *
env_gazetteer(void)
{
	static JmRegion regions[] = {{"11", "ile de france", "metropole"}, {"84", "auvergne rhone alpes", "metropole"},
	{"94", "corse", "corse"}};
	static JmDepartement departements[] = {{"01", "ain", 1, 0, 0}, {"2A", "corse du sud", 2, 0, 0},
	{"74", "haute savoie", 1, 0, 0}, {"75", "paris", 0, 0, 0}};
	static JmCommune communes[] = {
		{"01173", "gex", 0, 13000, 46.33, 6.06, 0, 1, false, 0, 0, 0},
		{"01999", "ville la grand", 0, 10, 46.2, 5.2, 1, 1, false, 0, 0, 0},
		{"2A004", "ajaccio", 1, 70000, 41.93, 8.74, 2, 1, false, 0, 0, 0},
		{"74010", "annecy", 2, 130000, 45.9, 6.12, 3, 2, false, 0, 0, 0},
		{"74243", "saint julien en genevois", 2, 15000, 46.14, 6.08, 5, 1, false, 0, 0, 0},
		{"74305", "ville la grand", 2, 9000, 46.2, 6.25, 6, 1, false, 0, 0, 0},
		{"75056", "paris", 3, 2100000, 48.857, 2.341, 7, 0, true, 0, 0, 0},
		{"75112", "paris 12e arrondissement", 3, 140000, 48.835, 2.421, 7, 1, false, 0, 0, 0},
	};
	static JmPostal postal[] = {{"01170", 0, 0}, {"01999", 1, 0}, {"20000", 2, 0}, {"74000", 3, 0},
	{"74940", 3, 0}, {"74160", 4, 0}, {"74100", 5, 0}, {"75012", 7, 0}};
	static JmFormer former[] = {{"74011", "74010", "annecy vieux"}, {"74093", "74010", "cran gevrier"}};
	static JmPlaceAlias aliases[] = {{"belgique", -1, -1, -1, "etranger", false},
	{"collectivites d outre mer", -1, -1, -1, "com", false}, {"gex", -1, -1, -1, "etranger", true},
	{"idf", 0, -1, -1, "etranger", false}, {"kehl", -1, -1, -1, "etranger", true}};
	static JmGazetteer g;

	memset(&g, 0, sizeof(g));
	g.n_regions = 3;
	g.regions = regions;
	g.n_departements = 4;
	g.departements = departements;
	g.n_communes = 8;
	g.communes = communes;
	g.n_postal = 8;
	g.postal_codes = postal;
	g.n_former = 2;
	g.former = former;
	g.n_aliases = 5;
	g.aliases = aliases;
	if (!jm_gazetteer_index(&g, &env_allocator))
		abort();
	return &g;
}

#endif							/* JM_TEXT_ENV_H */
