/*
 * geo.c
 *		Unit tests of the road network: compiled form, nearest edge, travel
 *		times and areas, against the plainest ways to compute the same.
 */
#include "unit.h"

#include <math.h>

#include "geo_env.h"

static void *
build_town(int size, JmNetwork *net, size_t *bytes)
{
	JmRoadHeader identity = town_identity();
	void	   *block;

	random_state = 88172645463325252u;
	block = jm_builder_finish(town(size, &plain_env), &identity, bytes);
	CHECK_STR(jm_network_open(net, block, *bytes, true), NULL);
	return block;
}

/* Costs from or to a place: relaxing all edges until nothing changes. */
static uint32_t *
plain_costs(const JmNetwork *net, const JmPlace *origin, bool backward)
{
	uint32_t   *cost = malloc(net->head.nodes * sizeof(uint32_t));
	uint32_t	from;
	uint32_t	to;
	uint32_t	out;
	uint32_t	in;
	bool		snappable;
	bool		changed = true;
	uint32_t	i;

	memset(cost, 0xff, net->head.nodes * sizeof(uint32_t));
	jm_edge_ends(net, origin->edge, &from, &to, &out, &in, &snappable);
	if ((backward ? in : out) != JM_NOWAY)
		cost[to] = (uint32_t) ((1 - origin->fraction) * (backward ? in : out) + 0.5);
	if ((backward ? out : in) != JM_NOWAY)
		cost[from] = (uint32_t) (origin->fraction * (backward ? out : in) + 0.5);
	while (changed)
	{
		changed = false;
		for (i = 0; i < net->head.edges; i++)
		{
			jm_edge_ends(net, i, &from, &to, &out, &in, &snappable);
			if (backward)
			{
				uint32_t	swap = out;

				out = in;
				in = swap;
			}
			if (out != JM_NOWAY && cost[from] != JM_NOWAY && cost[from] + out < cost[to])
			{
				cost[to] = cost[from] + out;
				changed = true;
			}
			if (in != JM_NOWAY && cost[to] != JM_NOWAY && cost[to] + in < cost[from])
			{
				cost[from] = cost[to] + in;
				changed = true;
			}
		}
	}
	return cost;
}

static void
test_search(void)
{
	JmNetwork	net;
	size_t		bytes;
	void	   *block = build_town(40, &net, &bytes);
	JmNodeCost *cells = calloc(net.head.nodes, sizeof(JmNodeCost));
	JmSearch	search;
	int			round;
	uint32_t	i;

	jm_search_init(&search, &net, cells, &plain_env);
	for (round = 0; round < 20; round++)
	{
		JmPlace		origin = {random_u32() % net.head.edges, 0.1 + 0.8 * random_double(), 0};
		bool		backward = round % 2;
		uint32_t   *expected = plain_costs(&net, &origin, backward);
		uint32_t	limit = round < 10 ? JM_MAX_COST : 60000 + random_u32() % 200000;
		JmTarget	targets[50];
		uint32_t	wrong = 0;

		CHECK(jm_search_run(&search, &origin, backward, limit, NULL, 0));
		for (i = 0; i < net.head.nodes; i++)
		{
			uint32_t	cost = jm_node_cost(&search, i);

			if (expected[i] <= limit ? cost != expected[i] : cost < expected[i])
				wrong++;
		}
		CHECK_INT(wrong, 0);

		/* the same through targets, which stop early */
		for (i = 0; i < 50; i++)
		{
			JmPlace		place = {random_u32() % net.head.edges, 0.1 + 0.8 * random_double(), 0};

			if (i == 0)
				place = origin;
			CHECK(jm_target_at(&net, &place, &origin, backward, &targets[i]));
		}
		CHECK(jm_search_run(&search, &origin, backward, limit, targets, 50));
		CHECK_INT(targets[0].cost_found, 0);
		for (i = 0; i < 50; i++)
		{
			uint32_t	best = targets[i].direct;
			int			k;

			for (k = 0; k < 2; k++)
				if (expected[targets[i].node[k]] != JM_NOWAY && targets[i].cost[k] != JM_NOWAY &&
					expected[targets[i].node[k]] + targets[i].cost[k] < best)
					best = expected[targets[i].node[k]] + targets[i].cost[k];
			if (best <= limit)
				CHECK_INT(targets[i].cost_found, best);
			else
				CHECK(targets[i].cost_found > limit);
		}
		free(expected);
	}
	jm_search_free(&search);
	free(cells);
	free(block);
}

static void
test_snap(void)
{
	JmNetwork	net;
	size_t		bytes;
	void	   *block = build_town(30, &net, &bytes);
	JmShape		shape = {0};
	int			round;
	JmPoint		corner = town_point(0, 0);

	for (round = 0; round < 200; round++)
	{
		double		lon = (corner.x + random_double() * 30 * TOWN_STEP) / 1e7;
		double		lat = (corner.y + random_double() * 20 * TOWN_STEP) / 1e7;
		double		kx = cos(lat * 1e7 * JM_UNIT_RADIANS);
		double		best = 1e30;
		JmPlace		place;
		uint32_t	i;
		uint32_t	j;

		for (i = 0; i < net.head.edges; i++)
		{
			if ((net.edges[i].from & JM_HIGH_BIT) == 0)
				continue;
			jm_edge_shape(&net, i, &shape, &plain_env);
			/* a hundred points of each piece stand for it */
			for (j = 1; j < shape.count; j++)
			{
				int			k;

				for (k = 0; k <= 100; k++)
				{
					double		x = shape.points[j - 1].x + k / 100.0 * (shape.points[j].x - shape.points[j - 1].x);
					double		y = shape.points[j - 1].y + k / 100.0 * (shape.points[j].y - shape.points[j - 1].y);
					double		d = hypot((x - lon * 1e7) * kx, y - lat * 1e7) * JM_METRES_PER_UNIT;

					if (d < best)
						best = d;
				}
			}
		}
		CHECK_INT(jm_snap(&net, lon, lat, 5000, &shape, &plain_env, &place), JM_SNAP_FOUND);
		CHECK(place.metres <= best + 1e-6 && place.metres > best - 1);
		CHECK(place.fraction >= 0 && place.fraction <= 1);
		CHECK_INT(jm_snap(&net, lon, lat, place.metres * 0.99, &shape, &plain_env, &place), JM_SNAP_NONE);
	}
	/* at a crossing: the node itself, whatever the edge */
	for (round = 0; round < 50; round++)
	{
		uint32_t	u = random_u32() % net.head.nodes;
		JmPlace		place;

		CHECK_INT(jm_snap(&net, net.points[u].x / 1e7, net.points[u].y / 1e7, 5, &shape,
						  &plain_env, &place), JM_SNAP_FOUND);
		CHECK(place.fraction == 0 || place.fraction == 1);
	}
	jm_shape_free(&shape, &plain_env);
	free(block);
}

/* Whether a point lies in a MultiPolygon (WKB): an odd number of crossings. */
static bool
in_wkb(const JmBytes *wkb, double x, double y)
{
	const unsigned char *p = wkb->data + 5;
	uint32_t	polygons;
	uint32_t	i;
	bool		inside = false;

	memcpy(&polygons, p, 4);
	p += 4;
	for (i = 0; i < polygons; i++)
	{
		uint32_t	rings;
		uint32_t	r;

		memcpy(&rings, p + 5, 4);
		p += 9;
		for (r = 0; r < rings; r++)
		{
			uint32_t	n;
			uint32_t	k;
			double		a[2];
			double		b[2];

			memcpy(&n, p, 4);
			p += 4;
			for (k = 0; k + 1 < n; k++)
			{
				memcpy(a, p + k * 16, 16);
				memcpy(b, p + k * 16 + 16, 16);
				if ((a[1] > y) != (b[1] > y) &&
					x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
					inside = !inside;
			}
			p += (size_t) n * 16;
		}
	}
	return inside;
}

/* Rings are closed, shells run counterclockwise and holes clockwise. */
static void
check_rings(const JmBytes *wkb)
{
	const unsigned char *p = wkb->data + 5;
	uint32_t	polygons;
	uint32_t	i;

	memcpy(&polygons, p, 4);
	p += 4;
	CHECK(polygons > 0);
	for (i = 0; i < polygons; i++)
	{
		uint32_t	rings;
		uint32_t	r;

		memcpy(&rings, p + 5, 4);
		p += 9;
		for (r = 0; r < rings; r++)
		{
			uint32_t	n;
			uint32_t	k;
			double		area = 0;
			double		first[2];
			double		a[2];
			double		b[2];

			memcpy(&n, p, 4);
			p += 4;
			CHECK(n >= 4);
			memcpy(first, p, 16);
			for (k = 0; k + 1 < n; k++)
			{
				memcpy(a, p + k * 16, 16);
				memcpy(b, p + k * 16 + 16, 16);
				area += (a[0] - first[0]) * (b[1] - first[1]) - (b[0] - first[0]) * (a[1] - first[1]);
			}
			CHECK(memcmp(first, b, 16) == 0);
			CHECK(r == 0 ? area > 0 : area < 0);
			p += (size_t) n * 16;
		}
	}
	CHECK_INT(p - wkb->data, wkb->size);
}

static void
test_area(void)
{
	/* the second begins so coarse that it must refine */
	static const JmAreaOptions options[] = {{150, 2, 40000, 2000000, 0.008, 0.016},
	{150, 2, 900, 4000000, 0.008, 0.016}};
	JmNetwork	net;
	size_t		bytes;
	void	   *block = build_town(60, &net, &bytes);
	JmNodeCost *cells = calloc(net.head.nodes, sizeof(JmNodeCost));
	JmSearch	search;
	JmShape		shape = {0};
	JmPoint		middle = town_point(30, 30);
	int			round;

	jm_search_init(&search, &net, cells, &plain_env);
	for (round = 0; round < 4; round++)
	{
		bool		backward = round % 2;
		uint32_t	limits[3] = {60000, 120000, 240000};
		JmBytes		wkb[3] = {{0}, {0}, {0}};
		JmAreaReport report;
		JmPlace		origin;
		uint32_t   *expected;
		int			l;

		CHECK_INT(jm_snap(&net, middle.x / 1e7 + 0.0004, middle.y / 1e7, 500, &shape, &plain_env, &origin),
				  JM_SNAP_FOUND);
		expected = plain_costs(&net, &origin, backward);
		CHECK(jm_search_run(&search, &origin, backward, limits[2], NULL, 0));
		CHECK(jm_area(&search, limits, 3, &options[round / 2], wkb, &report, &plain_env));
		CHECK(round / 2 == 0 || report.rounds > 1);
		for (l = 0; l < 3; l++)
		{
			double		reached = 0;
			double		missed = 0;
			double		unreached = 0;
			double		excess = 0;
			uint32_t	i;

			check_rings(&wkb[l]);
			for (i = 0; i < net.head.edges; i++)
			{
				uint32_t	from;
				uint32_t	to;
				uint32_t	out;
				uint32_t	in;
				bool		snappable;
				double		s = random_double();
				double		total;
				double		t = INFINITY;
				double		x;
				double		y;
				uint32_t	j = 1;
				bool		inside;

				jm_edge_ends(&net, i, &from, &to, &out, &in, &snappable);
				jm_edge_shape(&net, i, &shape, &plain_env);
				total = shape.along[shape.count - 1];
				while (j + 1 < shape.count && shape.along[j] < s * total)
					j++;
				x = (s * total - shape.along[j - 1]) / (shape.along[j] - shape.along[j - 1]);
				y = shape.points[j - 1].y + x * (shape.points[j].y - shape.points[j - 1].y);
				x = shape.points[j - 1].x + x * (shape.points[j].x - shape.points[j - 1].x);
				if (backward)
				{
					uint32_t	swap = out;

					out = in;
					in = swap;
				}
				if (out != JM_NOWAY && expected[from] != JM_NOWAY)
					t = expected[from] + s * out;
				if (in != JM_NOWAY && expected[to] != JM_NOWAY && expected[to] + (1 - s) * in < t)
					t = expected[to] + (1 - s) * in;
				if (i == origin.edge)
					continue;
				inside = in_wkb(&wkb[l], x / 1e7, y / 1e7);
				if (t <= limits[l])
				{
					reached += total;
					missed += inside ? 0 : total;
				}
				else
				{
					unreached += total;
					excess += inside ? total : 0;
				}
			}
			CHECK(missed <= 0.01 * reached);
			CHECK(excess <= 0.02 * unreached);
			CHECK(reached > 0 && unreached > 0);
		}
		/* nested: every corner of a smaller area lies in the larger ones */
		for (l = 0; l < 2; l++)
		{
			size_t		at = 5 + 4 + 9 + 4;
			int			k;

			for (k = 0; k < 50; k++)
			{
				double		p[2];
				double		q[2];
				double		to_middle = 1e-7;

				memcpy(p, wkb[l].data + at + k * 16, 16);
				/* corners may be shared: look a little further inside */
				q[0] = p[0] + (middle.x / 1e7 - p[0]) * to_middle;
				q[1] = p[1] + (middle.y / 1e7 - p[1]) * to_middle;
				if (in_wkb(&wkb[l], q[0], q[1]))
					CHECK(in_wkb(&wkb[l + 1], q[0], q[1]));
			}
		}
		for (l = 0; l < 3; l++)
			free(wkb[l].data);
		free(expected);
	}
	jm_shape_free(&shape, &plain_env);
	jm_search_free(&search);
	free(cells);
	free(block);
}

static void
test_damage(void)
{
	JmNetwork	net;
	size_t		bytes;
	char	   *block = build_town(12, &net, &bytes);
	size_t		at;

	for (at = 0; at < bytes; at += 37)
	{
		/* from a byte that is not padding of the header */
		if (at >= sizeof(JmRoadHeader) && at < JM_HEADER_SIZE)
			continue;
		block[at] ^= 0x10;
		CHECK(jm_network_open(&net, block, bytes, true) != NULL);
		block[at] ^= 0x10;
	}
	CHECK_STR(jm_network_open(&net, block, bytes, true), NULL);
	CHECK(jm_network_open(&net, block, bytes - 1, true) != NULL);
	CHECK(jm_network_open(&net, block, JM_HEADER_SIZE, true) != NULL);
	CHECK(jm_network_open(&net, block, 10, true) != NULL);
	CHECK(jm_network_open(&net, block, 0, true) != NULL);
	free(block);
}

static void
test_odd_input(void)
{
	JmRoadHeader identity = town_identity();
	JmBuilder  *b = jm_builder_create(&plain_env);
	JmPoint		line[4] = {{10, 10}, {INT32_MAX, INT32_MIN}, {INT32_MIN, 0}, {10, 20}};
	JmNetwork	net;
	JmShape		shape = {0};
	JmPlace		place;
	size_t		bytes;
	void	   *block;
	JmSearch	search;
	JmNodeCost *cells;

	/* nothing open, nothing to walk along */
	CHECK_STR(jm_builder_edge(b, 1, 2, -1, -1, line, 4), NULL);
	CHECK_STR(jm_builder_edge(b, 1, 2, NAN, INFINITY, line, 4), NULL);
	CHECK_STR(jm_builder_edge(b, 1, 2, 1e300, -INFINITY, line, 4), NULL);
	CHECK_STR(jm_builder_edge(b, 1, 2, 1, 1, line, 1), NULL);
	block = jm_builder_finish(b, &identity, &bytes);
	CHECK_STR(jm_network_open(&net, block, bytes, true), NULL);
	CHECK_INT(net.head.edges, 0);
	CHECK_INT(jm_snap(&net, 0, 0, 1e9, &shape, &plain_env, &place), JM_SNAP_NONE);
	free(block);

	/* the longest deltas, a loop, an edge without length, one without cost */
	b = jm_builder_create(&plain_env);
	CHECK_STR(jm_builder_edge(b, INT64_MIN, INT64_MAX, 0, 0, line, 4), NULL);
	CHECK_STR(jm_builder_edge(b, INT64_MIN, INT64_MIN, 5, -1, line, 2), NULL);
	line[1] = line[0];
	CHECK_STR(jm_builder_edge(b, INT64_MIN, 7, 2147483, 1, line, 2), NULL);
	block = jm_builder_finish(b, &identity, &bytes);
	CHECK_STR(jm_network_open(&net, block, bytes, true), NULL);
	CHECK_INT(net.head.edges, 3);
	CHECK_INT(net.head.nodes, 3);
	CHECK_INT(net.head.snappable, 3);
	CHECK_INT(net.head.max_cost, 2147483000);
	CHECK(jm_edge_shape(&net, 0, &shape, &plain_env));
	cells = calloc(net.head.nodes, sizeof(JmNodeCost));
	jm_search_init(&search, &net, cells, &plain_env);
	place.edge = 0;
	place.fraction = 0;
	CHECK(jm_search_run(&search, &place, false, JM_NOWAY, NULL, 0));
	CHECK_INT(search.touched_count, 3);
	jm_search_free(&search);
	jm_shape_free(&shape, &plain_env);
	free(cells);
	free(block);
}

int
main(void)
{
	test_search();
	test_snap();
	test_area();
	test_damage();
	test_odd_input();
	return unit_failures != 0;
}
