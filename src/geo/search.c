/*
 * search.c
 *		Bounded one-to-all shortest paths (pure C).
 *
 * Dijkstra's algorithm over buckets (Dial 1969), each of which spans about a
 * second.  Within a bucket nodes come in any order and may come again with a
 * lower cost, so that the result is exact whatever the span.
 */
#include "geo/search.h"

#include <stdlib.h>
#include <string.h>

/*
 * Prepares a work area.  cells: one for each node of the network, zeroed.
 */
void
jm_search_init(JmSearch *s, const JmNetwork *net, JmNodeCost *cells, JmEnv *env)
{
	uint32_t	count = 1;

	memset(s, 0, sizeof(*s));
	s->net = net;
	s->env = env;
	s->cells = cells;
	/* the ring must hold the longest edge; 65,536 buckets at most */
	s->bucket_shift = 10;
	while ((net->head.max_cost >> s->bucket_shift) + 2 > 65536)
		s->bucket_shift++;
	while (count < (net->head.max_cost >> s->bucket_shift) + 2)
		count *= 2;
	s->bucket_mask = count - 1;
	s->buckets = env->alloc(env, count * sizeof(uint32_t));
	memset(s->buckets, 0, count * sizeof(uint32_t));
	s->entry_room = 1024;
	s->entries = env->alloc(env, s->entry_room * sizeof(JmEntry));
	s->touched_room = 1024;
	s->touched = env->alloc(env, s->touched_room * sizeof(uint32_t));
}

static void
forget_ends(JmSearch *s)
{
	if (s->ends)
		s->env->release(s->env, s->ends);
	s->ends = NULL;
	s->end_count = 0;
}

void
jm_search_free(JmSearch *s)
{
	s->env->release(s->env, s->buckets);
	s->env->release(s->env, s->entries);
	s->env->release(s->env, s->touched);
	forget_ends(s);
	memset(s, 0, sizeof(*s));
}

/* Share of a cost, in whole milliseconds; nothing is needed to go nowhere. */
static uint32_t
share(double fraction, uint32_t cost)
{
	if (fraction <= 0)
		return 0;
	if (cost == JM_NOWAY)
		return JM_NOWAY;
	return (uint32_t) (fraction * cost + 0.5);
}

/*
 * Costs between a place and the ends of its edge: node[0] and cost[0] for the
 * first end.  leaving: from the place to the ends, otherwise from the ends to
 * the place.  False when the network is damaged or the edge closed to snapping.
 */
static bool
place_ends(const JmNetwork *net, const JmPlace *place, bool leaving,
		   uint32_t node[2], uint32_t cost[2])
{
	uint32_t	out;
	uint32_t	in;
	bool		snappable;

	if (!jm_edge_ends(net, place->edge, &node[0], &node[1], &out, &in, &snappable))
		return false;
	cost[0] = share(place->fraction, leaving ? in : out);
	cost[1] = share(1 - place->fraction, leaving ? out : in);
	/* what a damaged file says must not overflow a sum */
	if ((cost[0] > net->head.max_cost && cost[0] != JM_NOWAY) ||
		(cost[1] > net->head.max_cost && cost[1] != JM_NOWAY))
		return false;
	return true;
}

/*
 * Fills a target at a place, for a search from the origin (backward: to it).
 * False when the network is damaged.
 */
bool
jm_target_at(const JmNetwork *net, const JmPlace *place, const JmPlace *origin,
			 bool backward, JmTarget *target)
{
	target->direct = JM_NOWAY;
	target->cost_found = JM_NOWAY;
	if (!place_ends(net, place, backward, target->node, target->cost))
		return false;
	if (place->edge == origin->edge)
	{
		uint32_t	node[2];
		uint32_t	out;
		uint32_t	in;
		bool		snappable;
		double		step = place->fraction - origin->fraction;

		if (!jm_edge_ends(net, place->edge, &node[0], &node[1], &out, &in, &snappable))
			return false;
		if (backward)
			step = -step;
		target->direct = step >= 0 ? share(step, out) : share(-step, in);
	}
	return true;
}

static void
push(JmSearch *s, uint32_t node, uint32_t cost)
{
	uint32_t	at;
	uint32_t   *bucket = &s->buckets[(cost >> s->bucket_shift) & s->bucket_mask];

	if (s->entry_free != 0)
	{
		at = s->entry_free - 1;
		s->entry_free = s->entries[at].next;
	}
	else
	{
		if (s->entry_count == s->entry_room)
		{
			s->entry_room *= 2;
			s->entries = s->env->resize(s->env, s->entries,
										s->entry_room * sizeof(JmEntry));
		}
		at = s->entry_count++;
	}
	s->entries[at].node = node;
	s->entries[at].cost = cost;
	s->entries[at].next = *bucket;
	*bucket = at + 1;
	s->live++;
}

/* Lowers the cost of a node; queues it while it is within the limit. */
static inline void
relax(JmSearch *s, uint32_t node, uint32_t cost)
{
	JmNodeCost *cell = &s->cells[node];

	if ((cell->stamp & ~JM_HIGH_BIT) != s->generation)
	{
		cell->stamp = s->generation;
		cell->cost = JM_NOWAY;
	}
	if (cell->cost <= cost)
		return;
	if (cell->cost == JM_NOWAY)
	{
		if (s->touched_count == s->touched_room)
		{
			s->touched_room *= 2;
			s->touched = s->env->resize(s->env, s->touched,
										s->touched_room * sizeof(uint32_t));
		}
		s->touched[s->touched_count++] = node;
	}
	cell->cost = cost;
	if (cost <= s->limit)
		push(s, node, cost);
}

static int
compare_ends(const void *a, const void *b)
{
	const JmTargetEnd *x = a;
	const JmTargetEnd *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->target < y->target ? -1 : x->target > y->target;
}

static uint32_t
target_cost(const JmSearch *s, const JmTarget *t)
{
	uint32_t	best = t->direct;
	int			i;

	for (i = 0; i < 2; i++)
	{
		uint32_t	cost = jm_node_cost(s, t->node[i]);

		if (cost != JM_NOWAY && t->cost[i] != JM_NOWAY && cost + t->cost[i] < best)
			best = cost + t->cost[i];
	}
	return best;
}

/* Every target has some cost now: nothing beyond the highest is wanted. */
static void
lower_limit(JmSearch *s)
{
	uint32_t	highest = 0;
	uint32_t	i;

	for (i = 0; i < s->target_count; i++)
	{
		uint32_t	cost = target_cost(s, &s->targets[i]);

		if (cost > highest)
			highest = cost;
	}
	if (highest < s->limit)
		s->limit = highest;
}

/* A node at the end of a target's edge has got a cost. */
static void
end_reached(JmSearch *s, uint32_t node)
{
	uint32_t	low = 0;
	uint32_t	high = s->end_count;

	if (s->targets_open == 0)
		return;
	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (s->ends[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->end_count && s->ends[low].node == node; low++)
	{
		JmTarget   *t = &s->targets[s->ends[low].target];

		/* cost_found serves as a mark until the end */
		if (t->cost_found == JM_NOWAY)
		{
			t->cost_found = 0;
			s->targets_open--;
		}
	}
	if (s->targets_open == 0)
		lower_limit(s);
}

/* Marks the nodes from which targets are entered, and sorts them. */
static void
prepare_targets(JmSearch *s)
{
	uint32_t	i;
	int			k;

	forget_ends(s);
	s->targets_open = 0;
	if (s->target_count == 0)
		return;
	s->ends = s->env->alloc(s->env, (size_t) s->target_count * 2 * sizeof(JmTargetEnd));
	for (i = 0; i < s->target_count; i++)
	{
		JmTarget   *t = &s->targets[i];

		t->cost_found = JM_NOWAY;
		if (t->direct != JM_NOWAY)
			t->cost_found = 0;
		else
			s->targets_open++;
		for (k = 0; k < 2; k++)
			if (t->cost[k] != JM_NOWAY)
			{
				s->ends[s->end_count].node = t->node[k];
				s->ends[s->end_count++].target = i;
				s->cells[t->node[k]].stamp = s->generation | JM_HIGH_BIT;
				s->cells[t->node[k]].cost = JM_NOWAY;
			}
	}
	qsort(s->ends, s->end_count, sizeof(JmTargetEnd), compare_ends);
	if (s->targets_open == 0)
		lower_limit(s);
}

/*
 * Costs from the origin to all nodes within limit milliseconds (backward: from
 * the nodes to the origin), read afterwards with jm_node_cost; those above the
 * limit are upper bounds only.  With targets, sets their cost_found and stops
 * as soon as these cannot improve.  False when the network is damaged.  May be
 * left by a long jump out of env->poll; the next run starts clean.
 */
bool
jm_search_run(JmSearch *s, const JmPlace *origin, bool backward, uint32_t limit,
			  JmTarget *targets, uint32_t target_count)
{
	const JmNetwork *net = s->net;
	const uint32_t nodes = net->head.nodes;
	const uint32_t links = net->head.links;
	uint32_t	node[2];
	uint32_t	cost[2];
	uint32_t	at;				/* bucket, counted from time 0 */
	uint32_t	steps = 0;
	uint32_t	i;

	if (s->live > 0)			/* a run was left half way */
		memset(s->buckets, 0, ((size_t) s->bucket_mask + 1) * sizeof(uint32_t));
	s->live = 0;
	s->entry_count = 0;
	s->entry_free = 0;
	s->touched_count = 0;
	if (++s->generation == JM_HIGH_BIT)
	{
		memset(s->cells, 0, (size_t) nodes * sizeof(JmNodeCost));
		s->generation = 1;
	}
	s->backward = backward;
	s->origin = *origin;
	s->limit = limit > JM_MAX_COST ? JM_MAX_COST : limit;
	s->targets = targets;
	s->target_count = target_count;
	if (!place_ends(net, origin, !backward, node, cost))
		return false;
	prepare_targets(s);
	for (i = 0; i < 2; i++)
		if (cost[i] != JM_NOWAY)
			relax(s, node[i], cost[i]);

	for (at = 0; s->live > 0; at++)
	{
		uint32_t   *bucket = &s->buckets[at & s->bucket_mask];

		if (((uint64_t) at << s->bucket_shift) > s->limit)
			break;
		while (*bucket != 0)
		{
			uint32_t	number = *bucket - 1;
			JmEntry    *entry = &s->entries[number];
			uint32_t	u = entry->node;
			uint32_t	base = entry->cost;
			uint32_t	link;
			uint32_t	end;

			*bucket = entry->next;
			entry->next = s->entry_free;
			s->entry_free = number + 1;
			s->live--;
			/* a better way was found after it was queued, or the limit fell */
			if (s->cells[u].cost < base || base > s->limit)
				continue;
			if ((++steps & 4095) == 0)
				s->env->poll(s->env);
			if (s->cells[u].stamp & JM_HIGH_BIT)
				end_reached(s, u);
			link = JM_READ(net->first[u]);
			end = JM_READ(net->first[u + 1]);
			if (end > links)
				return false;
			for (; link < end; link++)
			{
				uint32_t	step = backward ? JM_READ(net->links[link].in) :
				JM_READ(net->links[link].out);
				uint32_t	v;

				if (step == JM_NOWAY)
					continue;
				v = JM_READ(net->links[link].target);
				/* longer than the ring: only a damaged file says so */
				if (v >= nodes || step > net->head.max_cost)
					return false;
				relax(s, v, base + step);
			}
		}
	}
	for (i = 0; i < target_count; i++)
		targets[i].cost_found = target_cost(s, &targets[i]);
	/* those of a million targets would keep much else from being given back */
	forget_ends(s);
	if (s->live > 0)
		memset(s->buckets, 0, ((size_t) s->bucket_mask + 1) * sizeof(uint32_t));
	s->live = 0;
	return true;
}
