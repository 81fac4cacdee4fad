/*
 * store.c
 *		The offers and their indexes by creation date and by id.
 *
 * Slots are never moved nor reused, so that a slot number stays good for the
 * life of the program.  The index by creation date holds the living offers
 * only: a window is two binary searches, its total a subtraction.  Callers
 * take store_lock.
 */
#include <stdlib.h>
#include <string.h>

#include "emu.h"

Offer	   *offers;
uint32_t	offers_count;
uint32_t   *index_rows[3];
uint32_t	index_count[3];
uint64_t	store_version;
pthread_rwlock_t store_lock = PTHREAD_RWLOCK_INITIALIZER;

static uint32_t offers_cap;
static uint32_t index_cap[3];

/* ids: open addressing, slot + 1, 0 free; the dead stay until a rebuild */
static uint32_t *id_table;
static size_t id_size;
static size_t id_used;

static uint64_t
hash_id(const char *id)
{
	uint64_t	word[2] = {0, 0};

	memcpy(word, id, strnlen(id, sizeof(offers->id)));
	return mix64(word[0] ^ mix64(word[1]));
}

static void
id_put(uint32_t slot)
{
	size_t		i = hash_id(offers[slot].id) & (id_size - 1);

	while (id_table[i] != 0)
		i = (i + 1) & (id_size - 1);
	id_table[i] = slot + 1;
	id_used++;
}

static void
id_rebuild(void)
{
	free(id_table);
	id_size = 1024;
	while (id_size < (size_t) offers_count * 2 + 1024)
		id_size *= 2;
	id_used = 0;
	id_table = calloc(id_size, sizeof(uint32_t));
	if (id_table == NULL)
		fatal("out of memory");
	for (uint32_t s = 0; s < offers_count; s++)
		if ((offers[s].flags & FLAG_ALIVE) && offers[s].id[0])
			id_put(s);
}

bool
store_find(const char *id, uint32_t *slot)
{
	char		key[sizeof(offers->id)] = {0};

	if (id_size == 0 || strlen(id) >= sizeof(key) || !*id)
		return false;
	memcpy(key, id, strlen(id));
	for (size_t i = hash_id(key) & (id_size - 1); id_table[i]; i = (i + 1) & (id_size - 1))
	{
		const Offer *o = &offers[id_table[i] - 1];

		if (strcmp(o->id, key) == 0 && (o->flags & FLAG_ALIVE))
		{
			*slot = id_table[i] - 1;
			return true;
		}
	}
	return false;
}

/* Order of the indexes: by creation, then partner first, then slot. */
static int
compare_slots(uint32_t a, uint32_t b)
{
	const Offer *x = &offers[a];
	const Offer *y = &offers[b];

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;

	/* pages run from the end, so that own offers come out first */
	if (x->origin != y->origin)
		return x->origin > y->origin ? -1 : 1;
	return a < b ? -1 : (a > b);
}

static int
compare_rows(const void *a, const void *b)
{
	return compare_slots(*(const uint32_t *) a, *(const uint32_t *) b);
}

/* Append a record; the index does not know it yet. */
uint32_t
store_add(const Offer *offer)
{
	if (offers_count == offers_cap)
	{
		offers_cap = offers_cap ? offers_cap + offers_cap / 4 : 1024;
		offers = xrealloc(offers, (size_t) offers_cap * sizeof(Offer));
	}
	offers[offers_count] = *offer;
	offers[offers_count].flags |= FLAG_ALIVE;
	return offers_count++;
}

/* Index everything, after a load. */
void
store_build(void)
{
	for (int k = 0; k < 3; k++)
	{
		index_cap[k] = offers_count + 1024;
		index_rows[k] = xrealloc(index_rows[k], index_cap[k] * sizeof(uint32_t));
		index_count[k] = 0;
	}
	for (uint32_t s = 0; s < offers_count; s++)
		if (offers[s].flags & FLAG_ALIVE)
			index_rows[0][index_count[0]++] = s;
	qsort(index_rows[0], index_count[0], sizeof(uint32_t), compare_rows);
	for (uint32_t i = 0; i < index_count[0]; i++)
	{
		int			k = offers[index_rows[0][i]].origin;

		if (k != 0)
			index_rows[k][index_count[k]++] = index_rows[0][i];
	}
	id_rebuild();
	store_version++;
}

/* First position whose row is not before the slot. */
static uint32_t
index_position(int k, uint32_t slot)
{
	uint32_t	lo = 0;
	uint32_t	hi = index_count[k];

	while (lo < hi)
	{
		uint32_t	mid = lo + (hi - lo) / 2;

		if (compare_slots(index_rows[k][mid], slot) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Put a record just added into the indexes. */
void
store_insert(uint32_t slot)
{
	for (int k = 0; k < 3; k++)
	{
		uint32_t	pos;

		if (k != 0 && k != offers[slot].origin)
			continue;
		if (index_count[k] == index_cap[k])
		{
			index_cap[k] += index_cap[k] / 4 + 1024;
			index_rows[k] = xrealloc(index_rows[k], index_cap[k] * sizeof(uint32_t));
		}
		pos = index_position(k, slot);
		memmove(index_rows[k] + pos + 1, index_rows[k] + pos,
				(index_count[k] - pos) * sizeof(uint32_t));
		index_rows[k][pos] = slot;
		index_count[k]++;
	}
	if (offers[slot].id[0])
	{
		if ((id_used + 1) * 4 > id_size * 3)
			id_rebuild();
		else
			id_put(slot);
	}
	store_version++;
}

void
store_remove(uint32_t slot)
{
	if (!(offers[slot].flags & FLAG_ALIVE))
		return;
	for (int k = 0; k < 3; k++)
	{
		uint32_t	pos;

		if (k != 0 && k != offers[slot].origin)
			continue;
		pos = index_position(k, slot);
		if (pos < index_count[k] && index_rows[k][pos] == slot)
		{
			index_count[k]--;
			memmove(index_rows[k] + pos, index_rows[k] + pos + 1,
					(index_count[k] - pos) * sizeof(uint32_t));
		}
	}
	offers[slot].flags &= ~FLAG_ALIVE;
	store_version++;
}

/* Remove a share of the living offers, chosen by the key, in one pass. */
void
store_remove_share(double share, uint64_t key, uint32_t *removed)
{
	*removed = 0;
	for (uint32_t s = 0; s < offers_count; s++)
	{
		uint64_t	state = mix64(key ^ s);

		if ((offers[s].flags & FLAG_ALIVE) && rng_chance(&state, share))
		{
			offers[s].flags &= ~FLAG_ALIVE;
			(*removed)++;
		}
	}
	for (int k = 0; k < 3; k++)
	{
		uint32_t	kept = 0;

		for (uint32_t i = 0; i < index_count[k]; i++)
			if (offers[index_rows[k][i]].flags & FLAG_ALIVE)
				index_rows[k][kept++] = index_rows[k][i];
		index_count[k] = kept;
	}
	store_version++;
}

/* Positions [lo, hi) of the offers created from min_ms to max_ms. */
void
index_window(int which, int64_t min_ms, int64_t max_ms, uint32_t *lo, uint32_t *hi)
{
	const uint32_t *rows = index_rows[which];

	for (int end = 0; end < 2; end++)
	{
		uint32_t	a = 0;
		uint32_t	b = index_count[which];

		while (a < b)
		{
			uint32_t	mid = a + (b - a) / 2;
			int64_t		t = offers[rows[mid]].created;

			if (end == 0 ? t < min_ms : t <= max_ms)
				a = mid + 1;
			else
				b = mid;
		}
		*(end == 0 ? lo : hi) = a;
	}
	if (*hi < *lo)
		*hi = *lo;
}
