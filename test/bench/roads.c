/*
 * roads.c
 *		The search and the area of isochrones without a server, on a compiled
 *		network: the search against a plain Dijkstra on arrays.
 *
 *	make -C test/bench && test/bench/roads FILE [MINUTES...]
 *
 * FILE is that of a mode in folder jobmarket of a data directory.  Prints for
 * each limit, in CPU time, p50 and p99 over 40 origins and the ratio of the
 * sums, searches of both kinds in turn, after a round that warms up.  The peer reads the same
 * edges, nodes numbered alike, from three arrays: a binary heap with the usual
 * skipping of outdated entries, and costs that are reset where they were set.
 * Both must find the same costs, or the program says so and fails.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../unit/geo_env.h"

#define ORIGINS 40

typedef struct HeapItem
{
	uint32_t	cost;
	uint32_t	node;
} HeapItem;

typedef struct Peer
{
	uint32_t   *first;
	uint32_t   *target;
	uint32_t   *cost;
	uint32_t   *found;			/* costs found */
	uint32_t   *touched;
	uint32_t	touched_count;
	HeapItem   *heap;
	size_t		heap_room;
	size_t		heap_count;
} Peer;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void
peer_init(Peer *p, const JmNetwork *net)
{
	uint32_t	n = 0;
	uint32_t	u;
	uint32_t	i;

	memset(p, 0, sizeof(*p));
	p->first = malloc(((size_t) net->head.nodes + 1) * sizeof(uint32_t));
	p->target = malloc((size_t) net->head.links * sizeof(uint32_t));
	p->cost = malloc((size_t) net->head.links * sizeof(uint32_t));
	p->found = malloc((size_t) net->head.nodes * sizeof(uint32_t));
	p->touched = malloc((size_t) net->head.nodes * sizeof(uint32_t));
	memset(p->found, 0xff, (size_t) net->head.nodes * sizeof(uint32_t));
	for (u = 0; u < net->head.nodes; u++)
	{
		p->first[u] = n;
		for (i = net->first[u]; i < net->first[u + 1]; i++)
			if (net->links[i].out != JM_NOWAY)
			{
				p->target[n] = net->links[i].target;
				p->cost[n++] = net->links[i].out;
			}
	}
	p->first[u] = n;
}

static void
peer_push(Peer *p, uint32_t node, uint32_t cost)
{
	size_t		at = p->heap_count++;

	if (at == p->heap_room)
	{
		p->heap_room = p->heap_room ? p->heap_room * 2 : 1024;
		p->heap = realloc(p->heap, p->heap_room * sizeof(HeapItem));
	}
	for (; at > 0 && p->heap[(at - 1) / 2].cost > cost; at = (at - 1) / 2)
		p->heap[at] = p->heap[(at - 1) / 2];
	p->heap[at].cost = cost;
	p->heap[at].node = node;
}

static HeapItem
peer_pop(Peer *p)
{
	HeapItem	top = p->heap[0];
	HeapItem	last = p->heap[--p->heap_count];
	size_t		at = 0;
	size_t		child;

	while ((child = 2 * at + 1) < p->heap_count)
	{
		if (child + 1 < p->heap_count && p->heap[child + 1].cost < p->heap[child].cost)
			child++;
		if (p->heap[child].cost >= last.cost)
			break;
		p->heap[at] = p->heap[child];
		at = child;
	}
	if (p->heap_count > 0)
		p->heap[at] = last;
	return top;
}

static void
peer_relax(Peer *p, uint32_t node, uint32_t cost, uint32_t limit)
{
	if (cost > limit || cost >= p->found[node])
		return;
	if (p->found[node] == UINT32_MAX)
		p->touched[p->touched_count++] = node;
	p->found[node] = cost;
	peer_push(p, node, cost);
}

/* Costs from the two ends of an edge, at the given costs. */
static void
peer_run(Peer *p, const uint32_t node[2], const uint32_t cost[2], uint32_t limit)
{
	uint32_t	i;

	for (i = 0; i < p->touched_count; i++)
		p->found[p->touched[i]] = UINT32_MAX;
	p->touched_count = 0;
	p->heap_count = 0;
	peer_relax(p, node[0], cost[0], limit);
	peer_relax(p, node[1], cost[1], limit);
	while (p->heap_count > 0)
	{
		HeapItem	item = peer_pop(p);

		if (item.cost > p->found[item.node])
			continue;
		for (i = p->first[item.node]; i < p->first[item.node + 1]; i++)
			peer_relax(p, p->target[i], item.cost + p->cost[i], limit);
	}
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static double
sum_sorted(double *ms)
{
	double		sum = 0;
	int			i;

	qsort(ms, ORIGINS, sizeof(double), compare);
	for (i = 0; i < ORIGINS; i++)
		sum += ms[i];
	return sum;
}

#define P50(ms) ((ms)[ORIGINS / 2 - 1])
#define P99(ms) ((ms)[ORIGINS - 1])

int
main(int argc, char **argv)
{
	static const JmAreaOptions options = {150, 2, 16000, 2000000, 0.008, 0.018};
	static const char *const usual[] = {"10", "15", "30", "60"};
	FILE	   *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	char	   *block;
	size_t		size;
	JmNetwork	net;
	const char *why;
	Peer		peer;
	JmSearch	search;
	int			k;

	if (file == NULL)
	{
		fprintf(stderr, "usage: roads FILE [MINUTES...]\n");
		return 2;
	}
	fseek(file, 0, SEEK_END);
	size = (size_t) ftell(file);
	rewind(file);
	block = malloc(size);
	if (block == NULL || fread(block, 1, size, file) != size)
		return 2;
	why = jm_network_open(&net, block, size, true);
	if (why != NULL)
	{
		fprintf(stderr, "%s: %s\n", argv[1], why);
		return 2;
	}
	peer_init(&peer, &net);
	jm_search_init(&search, &net, calloc(net.head.nodes, sizeof(JmNodeCost)), &plain_env);
	printf("%u edges, %u nodes; milliseconds\n", net.head.edges, net.head.nodes);
	for (k = 0; k < (argc > 2 ? argc - 2 : 4); k++)
	{
		double		minutes = atof(argc > 2 ? argv[k + 2] : usual[k]);
		uint32_t	limit = (uint32_t) (minutes * 60000);
		double		ours[ORIGINS];
		double		theirs[ORIGINS];
		double		area[ORIGINS];
		double		reached = 0;
		double		sum;
		double		peer_sum;
		double		area_sum;
		int			round;
		int			i;

		for (round = 0; round < 2; round++)
		{
			random_state = 88172645463325252u;
			reached = 0;
			for (i = 0; i < ORIGINS; i++)
			{
				JmPlace		origin;
				JmAreaReport report;
				JmBytes		wkb = {0};
				uint32_t	node[2];
				uint32_t	cost[2];
				uint32_t	out;
				uint32_t	in;
				uint32_t	u;
				bool		snappable = false;
				double		begun;

				while (!snappable)
				{
					origin.edge = random_u32() % net.head.edges;
					jm_edge_ends(&net, origin.edge, &node[0], &node[1], &out, &in, &snappable);
				}
				origin.fraction = 0.5;
				cost[0] = in == JM_NOWAY ? JM_NOWAY : (uint32_t) (0.5 * in + 0.5);
				cost[1] = out == JM_NOWAY ? JM_NOWAY : (uint32_t) (0.5 * out + 0.5);
				begun = now();
				peer_run(&peer, node, cost, limit);
				theirs[i] = now() - begun;
				begun = now();
				jm_search_run(&search, &origin, false, limit, NULL, 0);
				ours[i] = now() - begun;
				begun = now();
				jm_area(&search, &limit, 1, &options, &wkb, &report, &plain_env);
				area[i] = now() - begun;
				free(wkb.data);
				reached += peer.touched_count;
				for (u = 0; u < peer.touched_count; u++)
					if (jm_node_cost(&search, peer.touched[u]) != peer.found[peer.touched[u]])
					{
						fprintf(stderr, "costs differ at node %u\n", peer.touched[u]);
						return 1;
					}
			}
		}
		sum = sum_sorted(ours);
		peer_sum = sum_sorted(theirs);
		area_sum = sum_sorted(area);
		printf("%g min: %.0f nodes; search p50 %.3f, p99 %.3f; plain Dijkstra p50 %.3f, ratio %.2f; area mean %.3f, p50 %.3f, p99 %.3f\n",
			   minutes, reached / ORIGINS, P50(ours), P99(ours), P50(theirs), sum / peer_sum,
			   area_sum / ORIGINS, P50(area), P99(area));
	}
	return 0;
}
