/*
 * search.c
 *		Running a search: what matches, in which order, and the page.
 *
 * A search by dates and origin alone is a range of an index.  Any other is a
 * scan of that range, whose result is kept for the following pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "emu.h"

#define CACHE_SIZE 8

/* Rows that match a search, first row first */
typedef struct Result
{
	char	   *key;
	uint64_t	version;
	uint64_t	used;
	uint32_t   *slots;
	uint32_t	count;			/* rows that can be read */
	uint32_t	total;			/* rows that are announced */
} Result;

typedef struct Facets
{
	uint32_t	types[32];
	uint32_t	natures[32];
	uint32_t	exper[5];
	uint32_t	qual[3];
} Facets;

typedef struct Ranked
{
	double		km;
	int			relevance;
	uint32_t	order;
	uint32_t	slot;
} Ranked;

static Result cache[CACHE_SIZE];
static uint64_t cache_clock;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
matches(const Query *q, const Offer *o)
{
	if (q->place_ok && !q->place_ok[o->place])
		return false;
	if (q->rome_ok && (o->rome == NO_ROW || !q->rome_ok[o->rome]))
		return false;
	if (q->title_ok && !q->title_ok[o->title])
		return false;
	if (q->naf_ok && (o->naf == NO_ROW || !q->naf_ok[o->naf]))
		return false;
	if (q->partner_ok && !q->partner_ok[o->partner == NO_ROW ? partners_count : o->partner])
		return false;

	/* the service ORs these two */
	if (q->contract && !(q->types & (1u << o->type)) && !(q->natures & (1u << o->nature)))
		return false;
	if (q->exper >= 0 && o->exper != q->exper)
		return false;
	if (q->exig && o->exig != q->exig)
		return false;
	if (q->qual == 9 && o->qual != 9)
		return false;
	if (q->qual == 0 && (o->qual == 0 || o->qual == 9))
		return false;
	if (q->full_time >= 0 && o->hours != (q->full_time ? 1 : 2))
		return false;
	if (q->hours >= 0 && o->hours != q->hours)
		return false;
	if ((q->th == 1 && !(o->flags & FLAG_TH)) ||
		(q->shortage == 1 && !(o->flags & FLAG_SHORTAGE)) ||
		(q->adapted == 1 && !(o->flags & FLAG_ADAPTED)) ||
		(q->handi == 1 && !(o->flags & FLAG_HANDI)))
		return false;
	return true;
}

static int
by_relevance(const void *a, const void *b)
{
	const Ranked *x = a;
	const Ranked *y = b;

	if (x->relevance != y->relevance)
		return y->relevance - x->relevance;
	if (x->km != y->km)
		return x->km < y->km ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int
by_distance(const void *a, const void *b)
{
	const Ranked *x = a;
	const Ranked *y = b;

	if (x->km != y->km)
		return x->km < y->km ? -1 : 1;
	return by_relevance(a, b);
}

/* Order by relevance or distance where the search has any. */
static void
rank_rows(const Query *q, uint32_t *slots, uint32_t count)
{
	Ranked	   *ranked;

	if (q->sort == 1 || (q->title_ok == NULL && q->place_km == NULL))
		return;
	ranked = xmalloc(count * sizeof(Ranked));
	for (uint32_t i = 0; i < count; i++)
	{
		const Offer *o = &offers[slots[i]];

		ranked[i].km = q->place_km ? q->place_km[o->place] : 0;
		ranked[i].relevance = q->title_ok ? q->title_ok[o->title] : 0;
		ranked[i].order = i;
		ranked[i].slot = slots[i];
	}
	qsort(ranked, count, sizeof(Ranked), q->sort == 2 ? by_distance : by_relevance);
	for (uint32_t i = 0; i < count; i++)
		slots[i] = ranked[i].slot;
	free(ranked);
}

static void
scan(const Query *q, Result *result)
{
	uint32_t	lo;
	uint32_t	hi;
	uint32_t	cap = 1024;
	const uint32_t *rows = index_rows[q->origin];

	index_window(q->origin, q->min_ms, q->max_ms, &lo, &hi);
	result->slots = xmalloc(cap * sizeof(uint32_t));
	result->count = 0;
	result->total = 0;
	while (hi-- > lo)
	{
		if (!matches(q, &offers[rows[hi]]))
			continue;
		result->total++;
		if (faults.own_first && q->origin == 0 && offers[rows[hi]].origin != 1)
			continue;
		if (result->count == cap)
		{
			cap *= 2;
			result->slots = xrealloc(result->slots, cap * sizeof(uint32_t));
		}
		result->slots[result->count++] = rows[hi];
	}
	rank_rows(q, result->slots, result->count);
}

/* What tells two searches apart, whatever the page */
static char *
cache_key(const Query *q, const Params *params)
{
	Buf			key = {0};

	buf_addf(&key, "%lld %lld %d", (long long) q->min_ms, (long long) q->max_ms, faults.own_first);
	for (int i = 0; i < params->count; i++)
		if (strcmp(params->items[i].name, "range") != 0)
			buf_addf(&key, "&%s=%s", params->items[i].name, params->items[i].value);
	return key.data;
}

/* The result of a search with filters; cache_lock is held. */
static Result *
find_result(const Query *q, const Params *params)
{
	char	   *key = cache_key(q, params);
	Result	   *oldest = &cache[0];

	for (int i = 0; i < CACHE_SIZE; i++)
	{
		Result	   *r = &cache[i];

		if (r->key && r->version == store_version && strcmp(r->key, key) == 0)
		{
			free(key);
			r->used = ++cache_clock;
			return r;
		}
		if (r->used < oldest->used)
			oldest = r;
	}
	free(oldest->key);
	free(oldest->slots);
	oldest->key = key;
	oldest->version = store_version;
	oldest->used = ++cache_clock;
	scan(q, oldest);
	return oldest;
}

static void
count_facets(Facets *f, const Offer *o)
{
	f->types[o->type]++;
	f->natures[o->nature]++;
	f->exper[o->exper]++;
	f->qual[o->qual == 9 ? 1 : o->qual ? 0 : 2]++;
}

static void
put_facet(Buf *buf, const char *name, const char *const *values, const uint32_t *counts, int n)
{
	bool		first = true;

	buf_addf(buf, "{\"filtre\":\"%s\",\"agregation\":[", name);
	for (int i = 0; i < n; i++)
	{
		if (counts[i] == 0 || values[i] == NULL)
			continue;
		buf_addf(buf, "%s{\"valeurPossible\":\"%s\",\"nbResultats\":%u}", first ? "" : ",", values[i], counts[i]);
		first = false;
	}
	buf_adds(buf, "]}");
}

static void
put_facets(Buf *buf, const Facets *f)
{
	static const char *const exper[] = {"0", "1", "2", "3", "4"};
	static const char *const qual[] = {"0", "9", "X"};
	const char *types[32] = {0};
	const char *natures[32] = {0};

	for (int i = 0; i < data_types_count; i++)
		types[i] = data_types[i].code;
	for (int i = 0; i < data_natures_count; i++)
		natures[i] = data_natures[i].code;
	buf_adds(buf, ",\"filtresPossibles\":[");
	put_facet(buf, "typeContrat", types, f->types, 32);
	buf_adds(buf, ",");
	put_facet(buf, "experience", exper, f->exper, 5);
	buf_adds(buf, ",");
	put_facet(buf, "qualification", qual, f->qual, 3);
	buf_adds(buf, ",");
	put_facet(buf, "natureContrat", natures, f->natures, 32);
	buf_adds(buf, "]");
}

static void
put_content_range(Reply *reply, int64_t first, int64_t last, uint32_t total, uint64_t counter)
{
	int64_t		shown = total;

	if (fault_norange(counter))
	{
		reply_note(reply, "norange");
		return;
	}
	switch (fault_wrongrange(counter))
	{
		case 1:
			shown = total + 1000;
			break;
		case 2:
			shown = total / 2;
			break;
		case 3:
			first += 150;
			last += 150;
			break;
		case 4:
			last = first + 7;
			shown = 0;
			break;
		default:
			counter = 0;
	}
	if (counter != 0)
		reply_note(reply, "wrongrange");
	reply_header(reply, "Content-Range", "offres %lld-%lld/%lld", (long long) first, (long long) last,
				 (long long) shown);
}

static void
search_page(Reply *reply, const Query *q, const Params *params, uint64_t counter)
{
	uint32_t	page[MAX_PAGE];
	uint32_t	rows = 0;
	uint32_t	total;
	uint32_t	reachable;
	uint32_t	duplicates;
	uint32_t	bad = 0;
	uint32_t	lo = 0;
	uint32_t	hi = 0;
	bool		faceted = false;
	Facets		facets = {0};
	Result	   *result = NULL;
	int			which = q->origin;

	if (q->filtered)
	{
		pthread_mutex_lock(&cache_lock);
		result = find_result(q, params);
		total = result->total;
		reachable = result->count;
	}
	else
	{
		index_window(which, q->min_ms, q->max_ms, &lo, &hi);
		total = reachable = hi - lo;
	}

	if (!options.no_facets && total > 0 &&
		((q->first == 0 && q->last == 0) || total <= options.facet_limit))
	{
		faceted = true;
		for (uint32_t i = 0; i < (result ? result->count : total); i++)
			count_facets(&facets, &offers[result ? result->slots[i] : index_rows[which][lo + i]]);
	}

	if (!result && faults.own_first && which == 0)
	{
		/* announced with both origins, read from the own offers */
		which = 1;
		index_window(which, q->min_ms, q->max_ms, &lo, &hi);
		reachable = hi - lo;
	}

	duplicates = fault_duplicates(counter, q->first, (uint32_t) (q->last - q->first + 1));
	for (int64_t i = q->first; i <= q->last && i < reachable; i++)
	{
		int64_t		at = i;

		/* the rows displaced are lost, as under an unstable order */
		if (i - q->first < duplicates)
			at = i - duplicates;
		page[rows++] = result ? result->slots[at] : index_rows[which][hi - 1 - at];
	}
	if (result)
		pthread_mutex_unlock(&cache_lock);

	if (total == 0 || rows == 0)
	{
		reply->status = 204;
		reply->rows = 0;
		reply_header(reply, "Content-Range", "*/%u", total);
		return;
	}
	if (duplicates)
		reply_note(reply, "duplicate:%u", duplicates);

	reply->status = (q->first == 0 && rows == total) ? 200 : 206;
	reply->type = "application/json;charset=UTF-8";
	reply->rows = rows;
	put_content_range(reply, q->first, q->first + rows - 1, total, counter);
	reply_header(reply, "Accept-Range", "%d", MAX_PAGE);
	buf_reserve(&reply->body, (size_t) rows * 3600 + 4096);
	buf_adds(&reply->body, "{\"resultats\":[");
	for (uint32_t i = 0; i < rows; i++)
	{
		size_t		start;
		int			variant;

		if (i)
			buf_add(&reply->body, ",", 1);
		start = reply->body.len;
		render_offer(&reply->body, &offers[page[i]]);
		variant = fault_badoffer(counter, i);
		if (variant)
		{
			spoil_offer(&reply->body, start, variant);
			bad++;
		}
	}
	buf_adds(&reply->body, "]");
	if (faceted)
		put_facets(&reply->body, &facets);
	buf_adds(&reply->body, "}");
	if (bad)
		reply_note(reply, "badoffer:%u", bad);
}

void
search_run(Reply *reply, const char *raw_query, uint64_t counter)
{
	Params		params;
	Query		query;

	params_parse(&params, raw_query);
	pthread_rwlock_rdlock(&store_lock);
	if (query_parse(&query, &params, reply))
		search_page(reply, &query, &params, counter);
	pthread_rwlock_unlock(&store_lock);
	query_free(&query);
	params_free(&params);
}

void
detail_run(Reply *reply, const char *id)
{
	uint32_t	slot;
	size_t		len = strlen(id);

	pthread_rwlock_rdlock(&store_lock);
	if (store_find(id, &slot))
	{
		reply->status = 200;
		reply->rows = 1;
		reply->type = "application/json;charset=UTF-8";
		render_offer(&reply->body, &offers[slot]);
	}
	else if (len != 7 || strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len)
		reply_error400(reply, "Le format de l'id de l'offre recherchée est incorrect.");
	else
	{
		reply->status = 204;
		reply->rows = 0;
	}
	pthread_rwlock_unlock(&store_lock);
}
