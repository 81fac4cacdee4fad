/*
 * geo_env.h
 *		Plain memory for the road tests, and a generated town.
 */
#ifndef JM_GEO_ENV_H
#define JM_GEO_ENV_H

#include <stdlib.h>

#include "geo/area.h"
#include "geo/search.h"

static void *
plain_alloc(JmEnv *env, size_t size)
{
	void	   *block = malloc(size ? size : 1);

	(void) env;
	if (block == NULL)
		abort();
	return block;
}

static void *
plain_resize(JmEnv *env, void *block, size_t size)
{
	(void) env;
	block = realloc(block, size ? size : 1);
	if (block == NULL)
		abort();
	return block;
}

static void
plain_release(JmEnv *env, void *block)
{
	(void) env;
	free(block);
}

static void
plain_poll(JmEnv *env)
{
	(void) env;
}

static JmEnv plain_env = {plain_alloc, plain_resize, plain_release, plain_poll, NULL};

/* A small generator of pseudo-random numbers (Marsaglia's xorshift, 2003). */
static uint64_t random_state = 88172645463325252u;

static uint32_t
random_u32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t) (random_state >> 32);
}

static double
random_double(void)
{
	return random_u32() / 4294967296.0;
}

#define TOWN_STEP 10000			/* 0.001 degrees, about 111 m */

/* Crossing number i, j of the town, slightly off the grid. */
static inline JmPoint
town_point(int i, int j)
{
	JmPoint		p;

	p.x = 61000000 + i * TOWN_STEP + (i * 7919 + j * 104729) % 2500;
	p.y = 491000000 + j * TOWN_STEP * 2 / 3 + (i * 15485863 % 7 + j * 32452843 % 11) * 120;
	return p;
}

/*
 * A town of size x size crossings.  Every eighth street is fast, some streets
 * are one-way, some are missing, and most bend.
 */
static inline JmBuilder *
town(int size, JmEnv *env)
{
	JmBuilder  *b = jm_builder_create(env);
	int			i;
	int			j;
	int			k;

	for (j = 0; j < size; j++)
		for (i = 0; i < size; i++)
			for (k = 0; k < 2; k++)
			{
				int			i2 = i + (k == 0);
				int			j2 = j + (k == 1);
				bool		fast = (k == 0 ? j : i) % 8 == 0;
				double		seconds = (k == 0 ? 73 : 74) / (fast ? 20.0 : 7.0) + random_double();
				double		back = seconds + random_double();
				JmPoint		p[3];

				if (i2 >= size || j2 >= size || (!fast && random_u32() % 16 == 0))
					continue;
				if (!fast && random_u32() % 8 == 0)
					back = -1;
				p[0] = town_point(i, j);
				p[2] = town_point(i2, j2);
				p[1].x = (p[0].x + p[2].x) / 2 + (int) (random_u32() % 1600);
				p[1].y = (p[0].y + p[2].y) / 2 + (int) (random_u32() % 1600);
				jm_builder_edge(b, (int64_t) j * size + i, (int64_t) j2 * size + i2,
								seconds, back, p, 3);
			}
	return b;
}

static inline JmRoadHeader
town_identity(void)
{
	JmRoadHeader h;

	memset(&h, 0, sizeof(h));
	h.system_id = 1;
	h.database = 2;
	memcpy(h.mode, "car", 4);
	return h;
}

#endif							/* JM_GEO_ENV_H */
