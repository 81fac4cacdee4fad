/*
 * generate.c
 *		Deterministic offers: everything follows from the seed and the serial
 *		number of the offer.
 *
 * Creation dates follow the life of the labour market: few at night and at
 * weekends for own offers, loads of hundreds within seconds for partners, and
 * more young offers than old ones.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "emu.h"

static uint64_t base_seed;
static int64_t now_base;		/* ms */
static int	spread_days;

/* cumulative weights */
static uint32_t *cum_commune;
static uint32_t *cum_rome;
static uint32_t *cum_partner;
static double *cum_day[2];		/* own, partner */

/* share of a day's own offers by hour, UTC */
static const int hour_weight[24] = {
	2, 1, 1, 1, 2, 6, 20, 60, 90, 95, 80, 50, 60, 85, 90, 75, 50, 25, 12, 8,
	6, 5, 4, 3
};

/* seconds of the day when partners load */
static const int load_times[] = {
	4500, 13771, 21040, 39600, 65700, 72900, 83400
};

static const struct
{
	int			code;			/* row of data_types */
	int			weight;
}			type_weight[] =

{
	{0, 690}, {1, 150}, {2, 118}, {3, 12}, {4, 16}, {5, 5}, {6, 3}, {7, 3},
	{8, 2}, {9, 1}
};

static const uint8_t month_choice[] = {
	0, 0, 0, 1, 2, 3, 6, 6, 12, 12, 12, 24, 24, 24, 36, 36, 36, 48, 60, 60, 72,
	108
};

static uint32_t
pick_weighted(const uint32_t *cum, int n, uint64_t *state)
{
	uint32_t	x = rng_below(state, cum[n - 1]);
	int			lo = 0;
	int			hi = n - 1;

	while (lo < hi)
	{
		int			mid = (lo + hi) / 2;

		if (cum[mid] > x)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* State of a stream of numbers for one purpose of one offer */
uint64_t
generate_key(uint32_t serial, uint64_t purpose)
{
	return mix64(base_seed ^ mix64(((uint64_t) serial << 16) | purpose));
}

void
generate_init(uint64_t seed, int64_t now_ms, int days)
{
	uint32_t	sum;

	base_seed = mix64(seed);
	now_base = now_ms;
	spread_days = days;

#define CUMULATE(cum, table) \
	do { \
		cum = xmalloc(table##_count * sizeof(uint32_t)); \
		sum = 0; \
		for (int i = 0; i < table##_count; i++) \
			cum[i] = (sum += table[i].weight); \
	} while (0)

	CUMULATE(cum_commune, data_communes);
	CUMULATE(cum_rome, data_romes);
	CUMULATE(cum_partner, data_partners);

	for (int k = 0; k < 2; k++)
	{
		double		total = 0;

		cum_day[k] = xmalloc((days + 1) * sizeof(double));
		for (int d = 0; d <= days; d++)
		{
			/* 1970-01-01 was a Thursday: 0 is Monday */
			int			weekday = (int) (((now_ms / 86400000 - d) + 3) % 7);
			double		w = exp(-d / 30.0);

			if (weekday >= 5)
				w *= (k == 0) ? (weekday == 5 ? 0.15 : 0.06) : 0.45;
			total += w;
			cum_day[k][d] = total;
		}
	}
}

static int64_t
draw_created(uint64_t *state, bool partner)
{
	double	   *cum = cum_day[partner];
	double		x = rng_unit(state) * cum[spread_days];
	int64_t		midnight;
	int64_t		created;
	int			d = 0;

	while (d < spread_days && cum[d] <= x)
		d++;
	midnight = (now_base / 86400000 - d) * 86400000;
	if (partner && rng_chance(state, 0.7))
	{
		int			load = rng_below(state, sizeof(load_times) / sizeof(load_times[0]));
		double		u = rng_unit(state);
		uint64_t	jitter = mix64(base_seed ^ (uint64_t) midnight ^ load);
		int			second = load_times[load] + (int) (jitter % 900) + (int) (u * u * 420);

		/* loads come without milliseconds half of the time */
		created = midnight + second * INT64_C(1000);
		if (rng_chance(state, 0.5))
			created += rng_below(state, 1000);
	}
	else
	{
		uint32_t	h = rng_below(state, 831);
		int			hour = 0;

		while (hour < 23 && h >= (uint32_t) hour_weight[hour])
			h -= hour_weight[hour++];
		created = midnight + hour * INT64_C(3600000) + rng_below(state, 3600000);
	}

	/* not in the future: a week earlier keeps the day of the week */
	while (created > now_base)
		created -= (spread_days >= 7) ? 7 * INT64_C(86400000) : INT64_C(3600000);
	return created;
}

/*
 * Ids: a multiplier without a factor 2 or 5 visits every number below a power
 * of ten (or of 2 and 5) once, so that ids are scattered and never twice the
 * same.
 */
static void
make_id(uint32_t serial, bool partner, char *id)
{
	if (partner)
		snprintf(id, 8, "%07u",
				 (uint32_t) ((serial * UINT64_C(7368787) + base_seed % 10000000) % 10000000));
	else
	{
		static const char consonants[] = "BCDFGHJKLMNPQRSTVWXZ";
		uint32_t	x = (uint32_t) ((serial * UINT64_C(5368787) + base_seed % 8000000) % 8000000);
		uint32_t	prefix = 160 + x / 160000;

		id[0] = '0' + prefix / 100;
		id[1] = '0' + prefix / 10 % 10;
		id[2] = '0' + prefix % 10;
		x %= 160000;
		for (int i = 6; i >= 3; i--)
		{
			id[i] = consonants[x % 20];
			x /= 20;
		}
		id[7] = '\0';
	}
}

/*
 * Key of the text: some adverts of partners are the same in many towns, so
 * sixteen neighbours share one.
 */
uint64_t
text_key(const Offer *offer)
{
	if (offer->flags & FLAG_TWIN)
		return generate_key(offer->serial / 16, 'G');
	return generate_key(offer->serial, 'T');
}

void
generate_one(uint32_t serial, Offer *o)
{
	uint64_t	r = generate_key(serial, 'O');
	uint64_t	t;
	uint64_t	twins;
	bool		partner;
	uint32_t	x;
	int			n;

	memset(o, 0, sizeof(*o));
	o->serial = serial;
	partner = rng_chance(&r, 0.55);
	o->origin = partner ? 2 : 1;
	make_id(serial, partner, o->id);
	o->created = draw_created(&r, partner);
	o->updated = o->created;
	if (rng_chance(&r, 0.6))
	{
		o->updated += (int64_t) (rng_unit(&r) * rng_unit(&r) * 20 * 86400000);
		if (o->updated > now_base)
			o->updated = now_base > o->created ? now_base : o->created;
	}
	o->partner = partner ? pick_weighted(cum_partner, data_partners_count, &r) : NO_ROW;
	twins = generate_key(serial / 16, 'W');
	if (partner && rng_chance(&twins, 0.12))
		o->flags |= FLAG_TWIN;

	/* what goes with the text */
	t = text_key(o);
	o->rome = pick_weighted(cum_rome, data_romes_count, &t);
	for (n = 0; n < DATA_MAX_TITLES && data_romes[o->rome].titles[n].title; n++)
		;
	o->title = romes[o->rome].first_title + rng_below(&t, n);

	x = rng_below(&r, 1000);
	if (x < 920)
		o->place = place_first_commune + pick_weighted(cum_commune, data_communes_count, &r);
	else if (x < 970)
	{
		/* weighted like the communes */
		int			c = pick_weighted(cum_commune, data_communes_count, &r);

		for (int i = 0; i < data_depts_count; i++)
			if (strcmp(data_depts[i].code, data_communes[c].dept) == 0)
				o->place = place_first_dept + i;
	}
	else if (x < 985)
		o->place = place_france;
	else if (x < 995)
		o->place = place_first_region + rng_below(&r, data_regions_count);
	else
		o->place = PLACE_NONE;

	x = rng_below(&r, 1000);
	for (n = 0; x >= (uint32_t) type_weight[n].weight; n++)
		x -= type_weight[n].weight;
	o->type = type_weight[n].code;
	x = rng_below(&r, 1000);
	switch (o->type)
	{
		case 0:
			o->nature = x < 980 ? 0 : x < 985 ? 5 : x < 990 ? 6 : x < 997 ? 1 : 9;
			break;
		case 1:
			o->nature = x < 880 ? 0 : x < 950 ? 1 : x < 970 ? 2 : x < 985 ? 4 : 8;
			break;
		case 4:
		case 5:
		case 6:
			o->nature = 3;
			break;
		case 7:
		case 9:
			o->nature = 7;
			break;
		default:
			o->nature = 0;
	}

	x = rng_below(&r, 100);
	o->exig = x < 45 ? 'D' : x < 94 ? 'E' : 'S';
	o->months = month_choice[rng_below(&r, sizeof(month_choice))];
	if (o->exig == 'D')
	{
		o->months = 0;
		o->exper = 1;
	}
	else if (o->months == 0)
		o->exper = (o->exig == 'S') ? 0 : 4;
	else
		o->exper = o->months < 12 ? 1 : o->months <= 36 ? 2 : 3;

	if (rng_chance(&r, 0.5))
	{
		static const uint8_t quals[] = {1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7, 7, 8, 9, 9, 9};

		o->qual = quals[rng_below(&r, sizeof(quals))];
	}
	o->hours = rng_chance(&r, 0.52) ? (rng_chance(&r, 0.15) ? 2 : 1) : 0;
	n = data_romes[o->rome].naf[rng_below(&r, 3)];
	o->naf = (n >= 0 && rng_chance(&r, 0.62)) ? n : NO_ROW;
	if (rng_chance(&r, 0.1))
		o->flags |= FLAG_TH;
	if (rng_chance(&r, 0.2))
		o->flags |= FLAG_SHORTAGE;
	if (rng_chance(&r, 0.01))
		o->flags |= FLAG_ADAPTED;
	if (rng_chance(&r, 0.03))
		o->flags |= FLAG_HANDI;
}

void
generate_offers(uint32_t count, const Burst *bursts, int nbursts)
{
	Offer		o;
	uint32_t	serial = 0;

	for (; serial < count; serial++)
	{
		generate_one(serial, &o);
		store_add(&o);
	}
	for (int b = 0; b < nbursts; b++)
	{
		for (uint32_t i = 0; i < bursts[b].count; i++, serial++)
		{
			generate_one(serial, &o);
			o.created = bursts[b].second * 1000 + (int64_t) (mix64(serial) % 1000);
			if (o.updated < o.created)
				o.updated = o.created;
			store_add(&o);
		}
	}
}
