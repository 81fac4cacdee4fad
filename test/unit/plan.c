/*
 * The plan against a simulated API: it must find every offer, ask almost no
 * request too many, and hold under bursts, churn, faults and a shifted clock.
 */
#include "offers/plan.h"

#include <stdlib.h>

#include "unit.h"

typedef struct Offer
{
	int64_t		created;		/* milliseconds */
	uint64_t	id;
	char		domain;
	int			departement;
	int			rome;			/* index into romes */
	bool		alive;
	bool		seen;
	bool		whole;			/* existed from start to end */
} Offer;

static const char *const departements[] = {
	"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12",
};
static const char *const romes[] = {"A1101", "A1201", "D1101", "D1102", "D1106", "M1805", "M1811", "N1103"};

#define COUNT(a) ((int) (sizeof(a) / sizeof((a)[0])))

static Offer *offers;			/* of one origin, newest first */
static int	noffers;
static long requests;
static long payloads;
static int	shift;				/* seconds added to a bound before it is
								 * compared */
static double churn;			/* chance of a removal at each request */
static double creation;			/* chance that one more of the offers in
								 * store, the newest, is listed at each
								 * request */
static int	listed;				/* index of the newest that is */
static int64_t broken;			/* index of an offer that is never readable */
static double fault_total,
			fault_short,
			fault_duplicate,
			fault_unreadable,
			fault_none;
static bool ignores_filters;
static bool milliseconds;		/* are bounds compared with fractions? */
static unsigned long rng = 88172645463325252UL;

static double
chance(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (double) (rng % 1000000) / 1e6;
}

static void *
hook_alloc(void *context, size_t size)
{
	return malloc(size);
}

static void
hook_free(void *context, void *p)
{
	free(p);
}

static void
hook_drop(void *context, void *payload)
{
	free(payload);
	payloads--;
}

static int
newest_first(const void *a, const void *b)
{
	const Offer *x = a;
	const Offer *y = b;

	return x->created > y->created ? -1 : x->created < y->created ? 1 :
		x->id < y->id ? -1 : x->id > y->id;
}

/* First index whose creation is not above the instant (milliseconds). */
static int
search(int64_t ms)
{
	int			low = 0,
				high = noffers;

	while (low < high)
	{
		int			mid = (low + high) / 2;

		if (offers[mid].created > ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
matches(const Offer *o, const JmPlanFilter *f)
{
	if (ignores_filters)
		return true;
	return (f->domain == 0 || o->domain == f->domain) &&
		(f->departement_count == 0 ||
		 (o->departement >= f->departement_first &&
		  o->departement < f->departement_first + f->departement_count)) &&
		(f->rome_count == 0 ||
		 (o->rome >= f->rome_first && o->rome < f->rome_first + f->rome_count));
}

static int64_t
serve(const JmPlanAsk *ask, JmPlanRow *rows, int *nrows)
{
	int64_t		low = (ask->from + shift) * 1000;
	int64_t		high = (ask->to + shift) * 1000 + (milliseconds ? 0 : 999);
	int64_t		total = 0;

	*nrows = 0;
	for (int i = search(high); i < noffers && offers[i].created >= low; i++)
	{
		if (i < listed || !offers[i].alive || !matches(&offers[i], &ask->filter))
			continue;
		if (total >= ask->first && total <= ask->last && total < JM_API_REACH)
		{
			rows[*nrows].created = offers[i].created / 1000;
			rows[*nrows].id = offers[i].id;
			rows[(*nrows)++].readable = i != broken;
		}
		total++;
	}
	return total;
}

static JmPlanRow previous[JM_API_PAGE];
static int	nprevious;
static JmPlanAsk previous_ask;

/* Harvests all; returns the number of cells that are not complete. */
static int
harvest(int in_flight, int64_t from, int64_t to, int *truncated)
{
	JmPlanHooks hooks = {hook_alloc, hook_free, hook_drop, NULL};
	JmPlan	   *plan = jm_plan_create(&hooks, departements, COUNT(departements),
									  romes, COUNT(romes), 1);
	JmPlanAsk	asks[16];
	int			nasks = 0;
	int			bad = 0;
	int			idle = 0;

	*truncated = 0;
	jm_plan_add_span(plan, 1, from, to);
	while (!jm_plan_finished(plan) && idle < 1000)
	{
		JmCell	   *cell;

		while (nasks < in_flight && jm_plan_next(plan, &asks[nasks]))
			nasks++;
		idle = nasks ? 0 : idle + 1;
		if (nasks > 0)
		{
			int			pick = (int) (chance() * 0.999 * nasks);
			JmPlanAsk	ask = asks[pick];
			JmPlanRow	rows[JM_API_PAGE];
			int			nrows;
			int64_t		total;

			asks[pick] = asks[--nasks];
			requests++;
			if (chance() < churn)
			{
				int			victim = (int) (chance() * noffers * 0.999999);

				offers[victim].alive = false;
				offers[victim].whole = false;
			}
			if (listed > 0 && chance() < creation)
				listed--;
			total = serve(&ask, rows, &nrows);
			if (chance() < fault_none)
			{
				jm_plan_no_answer(plan, &ask);
				continue;
			}
			if (chance() < fault_total)
				total += 7;
			if (chance() < fault_short && nrows > 0)
				nrows--;
			/* a page that repeats rows of another page of the same search */
			if (chance() < fault_duplicate && nprevious > 20 && nrows > 20 &&
				ask.from == previous_ask.from && ask.to == previous_ask.to &&
				memcmp(&ask.filter, &previous_ask.filter, sizeof(ask.filter)) == 0)
				memcpy(rows, previous, sizeof(JmPlanRow) * 20);
			previous_ask = ask;
			memcpy(previous, rows, sizeof(rows));
			nprevious = nrows;
			for (int i = 0; i < nrows; i++)
				if (chance() < fault_unreadable)
					rows[i].readable = false;
			payloads++;
			jm_plan_answer(plan, &ask, total, rows, nrows, malloc(1));
		}
		while ((cell = jm_plan_ready(plan)) != NULL)
		{
			for (int p = 0; p < cell->npages; p++)
				for (int i = 0; i < cell->pages[p].nrows; i++)
					if (cell->pages[p].rows[i].readable)
						offers[cell->pages[p].rows[i].id].seen = true;
			if (cell->status == JM_CELL_FAILED && fault_none < 1 && broken < 0)
				fprintf(stderr, "failed: %s; expected %lld, received %lld, width %lld, moves %d, answers %d\n", cell->problem, (long long) cell->expected, (long long) cell->received, (long long) (cell->to - cell->from), cell->moves, cell->answers);
			bad += cell->status == JM_CELL_FAILED;
			*truncated += cell->status == JM_CELL_TRUNCATED;
			jm_plan_free_cell(plan, cell);
		}
	}
	CHECK(jm_plan_finished(plan));
	CHECK_INT(payloads, 0);
	free(plan);
	return bad;
}

/* n offers over 60 days, b of them in one second; ids are final positions. */
static void
generate(int n, int b)
{
	noffers = n;
	offers = calloc((size_t) n, sizeof(Offer));
	for (int i = 0; i < n; i++)
	{
		offers[i].created = i < b ? 1750000000000 + (int64_t) (chance() * 1000) :
			(int64_t) ((1747000000.0 + chance() * 60 * 86400) * 1000);
		offers[i].rome = (int) (chance() * COUNT(romes) * 0.9999);
		offers[i].domain = romes[offers[i].rome][0];
		offers[i].departement = (int) (chance() * COUNT(departements) * 0.9999);
		offers[i].alive = offers[i].whole = true;
		offers[i].id = (uint64_t) i;
	}
	qsort(offers, (size_t) n, sizeof(Offer), newest_first);
	for (int i = 0; i < n; i++)
		offers[i].id = (uint64_t) i;
	requests = 0;
	listed = 0;
	broken = -1;
}

static int
missing(void)
{
	int			n = 0;

	for (int i = 0; i < noffers; i++)
		n += offers[i].whole && !offers[i].seen;
	return n;
}

#define FROM INT64_C(946684800)
#define TO INT64_C(1760000000)

int
main(void)
{
	int			truncated;
	int64_t		reach = 0;

	/* nothing, one, exactly the limits of a page and of a search */
	for (int n = 0; n <= JM_API_REACH + 1; n = n == 0 ? 1 : n == 1 ? 150 : n == 150 ? 151 :
		 n == 151 ? JM_API_REACH : n + 1)
	{
		generate(n, 0);
		CHECK_INT(harvest(4, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		CHECK_INT(truncated, 0);
		CHECK(requests <= n / 150 + 5);
		free(offers);
	}

	/* the country, with a second of 9,000 offers; both readings of the bounds */
	for (int m = 0; m <= 1; m++)
	{
		milliseconds = m;
		generate(740000, 9000);
		CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		CHECK_INT(truncated, 0);
		fprintf(stderr, "740,000 offers: %ld requests, %.4f of the least\n",
				requests, requests / (740000 / 150.0));
		CHECK(requests / (740000 / 150.0) <= 1.02);
		free(offers);
	}

	/*
	 * a second that must be split to the last criterion, and one that cannot
	 * be
	 */
	generate(60000, 40000);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK_INT(missing(), 0);
	CHECK_INT(truncated, 0);
	free(offers);
	generate(450000, 400000);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK(truncated > 0);
	for (int i = 0; i < noffers; i++)
		reach += offers[i].seen;
	CHECK(reach > 8 * 12 * 3000);
	free(offers);

	/* bounds read in another time zone */
	for (shift = -7200; shift <= 7200; shift += 14400)
	{
		generate(100000, 2000);
		CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		fprintf(stderr, "shift %d: %.4f\n", shift, requests / (100000 / 150.0));
		CHECK(requests / (100000 / 150.0) <= 1.10);
		free(offers);
		/* pages of a single second tell nothing of what is below */
		generate(20000, 9000);
		CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		free(offers);
	}
	shift = 0;

	/* offers that go while pages are read: none of the others is lost */
	churn = 1;
	generate(200000, 3000);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK_INT(missing(), 0);
	fprintf(stderr, "churn: %.4f\n", requests / (200000 / 150.0));
	free(offers);
	churn = 0;

	/* one of them in a second that must be split: it is not called truncated */
	churn = 1;
	generate(20000, 9000);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK_INT(truncated, 0);
	CHECK_INT(missing(), 0);
	free(offers);
	churn = 0;

	/* so many go, come and go in so few that no cell ever keeps still */
	for (int c = 0; c <= 1; c++)
	{
		churn = 1.0;
		creation = c;
		generate(14000, 3000);
		listed = c * 700;
		for (int i = 0; i < listed; i++)
			offers[i].whole = false;
		CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		fprintf(stderr, "heavy churn: %.4f\n", requests / (14000 / 150.0));
		free(offers);
	}
	churn = creation = 0;

	/* offers created all the time while it reads, however the clock is off */
	for (shift = -7200; shift <= 7200; shift += 7200)
	{
		generate(100000, 0);
		creation = 0.9;
		listed = 700;
		for (int i = 0; i < listed; i++)
			offers[i].whole = false;
		CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
		CHECK_INT(missing(), 0);
		fprintf(stderr, "creation, shift %d: %.4f\n", shift, requests / (100000 / 150.0));
		CHECK(requests / (100000 / 150.0) <= 1.15);
		free(offers);
	}
	creation = 0;
	shift = 0;

	/* what is never readable is asked for some times, and its cell told */
	generate(3000, 0);
	broken = 2000;
	CHECK_INT(harvest(4, FROM, TO, &truncated), 1);
	CHECK(requests <= 3000 / 150 + 8);
	CHECK_INT(missing(), 1 - offers[2000].seen);
	free(offers);

	/* slips of the server, all at once */
	fault_total = fault_short = fault_duplicate = fault_none = 0.04;
	fault_unreadable = 0.001;
	generate(100000, 4000);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK_INT(missing(), 0);
	fprintf(stderr, "faults: %.4f\n", requests / (100000 / 150.0));
	free(offers);

	/* an API that is never right is not asked without end */
	for (int f = 0; f <= 1; f++)
		for (int jitter = 0; jitter <= 1; jitter++)
			for (int burst = 0; burst <= 1; burst++)
			{
				int			n = burst ? 300 : 6000;

				ignores_filters = f;
				fault_total = jitter ? 0.5 : 1;
				fault_short = fault_duplicate = fault_none = fault_unreadable = 0;
				generate(n, burst ? n : 0);
				broken = 0;		/* say nothing of failed cells */
				harvest(8, FROM, TO, &truncated);
				fprintf(stderr, "never right, %s, %s, %d offers: %ld requests\n",
						f ? "without filters" : "with filters", jitter ? "jitter" : "too many", n, requests);
				CHECK(requests <= n / 150 * 12 + 1500);
				free(offers);
			}
	ignores_filters = false;
	fault_total = 0;

	/* offers that no part of a split second holds are told */
	generate(4600, 4600);
	for (int i = 0; i < 200; i++)
		offers[i].domain = '?';
	CHECK_INT(harvest(8, FROM, TO, &truncated), 0);
	CHECK(truncated > 0 && missing() > 0);
	free(offers);

	/* an API that is down: everything fails, and it ends */
	fault_none = 1;
	generate(10000, 0);
	CHECK_INT(harvest(8, FROM, TO, &truncated), 1);
	CHECK(requests <= 12);
	free(offers);
	return unit_failures != 0;
}
