/*
 * builder.c
 *		Compiles edges into the block that network.h describes (pure C).
 *
 * Nodes are known by the caller's ids and get dense numbers as they come (a
 * hash table), then new numbers along a Hilbert curve.  Peak memory is about
 * 110 bytes an edge, the result included.
 */
#include "geo/network.h"

#include <math.h>
#include <string.h>

typedef struct RawEdge
{
	uint32_t	from;
	uint32_t	to;
	uint32_t	out;
	uint32_t	in;
	uint32_t	shape;			/* where its inner points begin */
} RawEdge;

struct JmBuilder
{
	JmEnv	   *env;
	/* nodes, in order of appearance */
	int64_t    *ids;
	JmPoint    *points;
	uint32_t	nodes;
	uint32_t	node_room;
	/* id to node number plus one; open addressing, a power of two of slots */
	uint32_t   *slots;
	uint32_t	slot_mask;
	RawEdge    *edges;
	uint32_t	edge_count;
	uint32_t	edge_room;
	unsigned char *shapes;
	uint64_t	shape_bytes;
	uint64_t	shape_room;
	uint32_t	steps;			/* since the last poll */
};

static void
breathe(JmBuilder *b)
{
	if ((++b->steps & 0xffff) == 0)
		b->env->poll(b->env);
}

JmBuilder *
jm_builder_create(JmEnv *env)
{
	JmBuilder  *b = env->alloc(env, sizeof(JmBuilder));

	memset(b, 0, sizeof(*b));
	b->env = env;
	b->node_room = 1024;
	b->ids = env->alloc(env, b->node_room * sizeof(int64_t));
	b->points = env->alloc(env, b->node_room * sizeof(JmPoint));
	b->slot_mask = 4095;
	b->slots = env->alloc(env, (b->slot_mask + 1) * sizeof(uint32_t));
	memset(b->slots, 0, (b->slot_mask + 1) * sizeof(uint32_t));
	b->edge_room = 1024;
	b->edges = env->alloc(env, b->edge_room * sizeof(RawEdge));
	b->shape_room = 4096;
	b->shapes = env->alloc(env, b->shape_room);
	return b;
}

/* Finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint32_t
hash_id(int64_t id)
{
	uint64_t	h = (uint64_t) id + UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t) (h ^ (h >> 31));
}

static void
grow_slots(JmBuilder *b)
{
	JmEnv	   *env = b->env;
	uint32_t	mask = b->slot_mask * 2 + 1;
	uint32_t   *slots = env->alloc(env, ((size_t) mask + 1) * sizeof(uint32_t));
	uint32_t	i;

	memset(slots, 0, ((size_t) mask + 1) * sizeof(uint32_t));
	for (i = 0; i < b->nodes; i++)
	{
		uint32_t	at = hash_id(b->ids[i]) & mask;

		while (slots[at] != 0)
			at = (at + 1) & mask;
		slots[at] = i + 1;
	}
	env->release(env, b->slots);
	b->slots = slots;
	b->slot_mask = mask;
}

/* Number of the node of this id, made at this place if it is new. */
static uint32_t
node_number(JmBuilder *b, int64_t id, JmPoint place)
{
	uint32_t	at = hash_id(id) & b->slot_mask;

	while (b->slots[at] != 0)
	{
		if (b->ids[b->slots[at] - 1] == id)
			return b->slots[at] - 1;
		at = (at + 1) & b->slot_mask;
	}
	if (b->nodes == b->node_room)
	{
		b->node_room *= 2;
		b->ids = b->env->resize(b->env, b->ids, b->node_room * sizeof(int64_t));
		b->points = b->env->resize(b->env, b->points, b->node_room * sizeof(JmPoint));
	}
	b->ids[b->nodes] = id;
	b->points[b->nodes] = place;
	b->slots[at] = ++b->nodes;
	if (b->nodes > b->slot_mask / 2)
		grow_slots(b);
	return b->nodes - 1;
}

/* Seconds to milliseconds; closed where negative, infinite, NaN or beyond 24 days. */
static uint32_t
milliseconds(double seconds)
{
	if (!(seconds >= 0) || seconds * 1000 >= JM_MAX_COST)
		return JM_NOWAY;
	return (uint32_t) (seconds * 1000 + 0.5);
}

static void
put_delta(JmBuilder *b, int32_t from, int32_t to)
{
	/* modulo 2^32: the reader adds in the same way */
	uint32_t	delta = (uint32_t) to - (uint32_t) from;
	uint32_t	value = (delta << 1) ^ (delta & JM_HIGH_BIT ? UINT32_MAX : 0);

	while (value >= 0x80)
	{
		b->shapes[b->shape_bytes++] = (unsigned char) (value | 0x80);
		value >>= 7;
	}
	b->shapes[b->shape_bytes++] = (unsigned char) value;
}

/*
 * Adds an edge: ids of its ends, travel time both ways in seconds (negative,
 * NaN or infinite: closed) and at least two points.  An edge closed both ways
 * is left out.  A node lies where the first edge that names it puts it.
 * Returns NULL, or why the network cannot be built.
 */
const char *
jm_builder_edge(JmBuilder *b, int64_t source, int64_t target,
				double seconds, double reverse_seconds,
				const JmPoint *points, uint32_t count)
{
	RawEdge		e;
	uint32_t	i;
	JmPoint		previous;

	e.out = milliseconds(seconds);
	e.in = milliseconds(reverse_seconds);
	if (count < 2 || (e.out == JM_NOWAY && e.in == JM_NOWAY))
		return NULL;
	breathe(b);
	if (b->edge_count >= JM_MAX_EDGES / 2 || b->nodes >= JM_MAX_NODES - 2)
		return "more edges than a network can hold";
	e.from = node_number(b, source, points[0]);
	e.to = node_number(b, target, points[count - 1]);
	e.shape = (uint32_t) b->shape_bytes;

	if (b->shape_bytes + (uint64_t) count * 10 > UINT32_MAX)
		return "more than 4 GB of road shapes";
	if (b->shape_bytes + (uint64_t) count * 10 > b->shape_room)
	{
		while (b->shape_bytes + (uint64_t) count * 10 > b->shape_room)
			b->shape_room += b->shape_room / 2;
		b->shapes = b->env->resize(b->env, b->shapes, b->shape_room);
	}
	previous = b->points[e.from];
	for (i = 1; i + 1 < count; i++)
	{
		put_delta(b, previous.x, points[i].x);
		put_delta(b, previous.y, points[i].y);
		previous = points[i];
	}
	if (b->edge_count == b->edge_room)
	{
		b->edge_room += b->edge_room / 2;
		b->edges = b->env->resize(b->env, b->edges, b->edge_room * sizeof(RawEdge));
	}
	b->edges[b->edge_count++] = e;
	return NULL;
}

/*
 * Place on a Hilbert curve through 65,536 x 65,536 cells (Wikipedia, "Hilbert
 * curve", xy2d).
 */
static uint32_t
hilbert(uint32_t x, uint32_t y)
{
	uint32_t	d = 0;
	uint32_t	s;

	for (s = 1u << 15; s > 0; s >>= 1)
	{
		uint32_t	rx = (x & s) != 0;
		uint32_t	ry = (y & s) != 0;
		uint32_t	t;

		d += s * s * ((3 * rx) ^ ry);
		if (ry == 0)
		{
			if (rx == 1)
			{
				x = 65535 - x;
				y = 65535 - y;
			}
			t = x;
			x = y;
			y = t;
		}
	}
	return d;
}

/* Node numbers in curve order (result owned by the caller). */
static uint32_t *
curve_order(JmBuilder *b, const JmBox *box)
{
	JmEnv	   *env = b->env;
	size_t		n = b->nodes;
	uint32_t   *keys = env->alloc(env, (n + 1) * sizeof(uint32_t));
	uint32_t   *order = env->alloc(env, (n + 1) * sizeof(uint32_t));
	uint32_t   *other = env->alloc(env, (n + 1) * sizeof(uint32_t));
	double		width = (double) box->xmax - box->xmin + 1;
	double		height = (double) box->ymax - box->ymin + 1;
	int			shift;
	size_t		i;

	for (i = 0; i < n; i++)
	{
		keys[i] = hilbert((uint32_t) (((double) b->points[i].x - box->xmin) / width * 65536),
						  (uint32_t) (((double) b->points[i].y - box->ymin) / height * 65536));
		order[i] = (uint32_t) i;
		breathe(b);
	}
	/* radix sort, 11 bits a pass; stable, so equal keys keep their order */
	for (shift = 0; shift < 32; shift += 11)
	{
		uint32_t	count[2048] = {0};
		uint32_t	sum = 0;
		uint32_t   *swap;

		for (i = 0; i < n; i++)
			count[(keys[order[i]] >> shift) & 2047]++;
		for (i = 0; i < 2048; i++)
		{
			uint32_t	c = count[i];

			count[i] = sum;
			sum += c;
		}
		for (i = 0; i < n; i++)
			other[count[(keys[order[i]] >> shift) & 2047]++] = order[i];
		swap = order;
		order = other;
		other = swap;
		env->poll(env);
	}
	env->release(env, keys);
	env->release(env, other);
	return order;
}

/*
 * Marks the nodes of the largest strongly connected part with 1 in member[]:
 * Tarjan's algorithm (1972) without recursion.
 */
static void
largest_part(JmBuilder *b, const uint32_t *first, const JmLink *links, uint32_t n,
			 unsigned char *member)
{
	JmEnv	   *env = b->env;
	uint32_t   *index = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t   *low = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t   *part = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t   *stack = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t   *calls = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t   *next = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	uint32_t	stacked = 0;
	uint32_t	clock = 0;
	uint32_t	parts = 0;
	uint32_t	best = 0;
	uint32_t	best_size = 0;
	uint32_t	root;
	uint32_t	i;

	/* index 0: not seen; part 0: not yet assigned */
	memset(index, 0, (size_t) n * sizeof(uint32_t));
	memset(part, 0, (size_t) n * sizeof(uint32_t));
	for (root = 0; root < n; root++)
	{
		uint32_t	depth = 0;

		if (index[root] != 0)
			continue;
		calls[depth++] = root;
		index[root] = low[root] = ++clock;
		next[root] = first[root];
		stack[stacked++] = root;
		while (depth > 0)
		{
			uint32_t	u = calls[depth - 1];
			bool		deeper = false;

			breathe(b);
			while (next[u] < first[u + 1])
			{
				const JmLink *l = &links[next[u]++];
				uint32_t	v = l->target;

				if (l->out == JM_NOWAY)
					continue;
				if (index[v] == 0)
				{
					index[v] = low[v] = ++clock;
					next[v] = first[v];
					stack[stacked++] = v;
					calls[depth++] = v;
					deeper = true;
					break;
				}
				if (part[v] == 0 && index[v] < low[u])
					low[u] = index[v];
			}
			if (deeper)
				continue;
			depth--;
			if (depth > 0 && low[u] < low[calls[depth - 1]])
				low[calls[depth - 1]] = low[u];
			if (low[u] == index[u])
			{
				uint32_t	size = 0;
				uint32_t	v;

				parts++;
				do
				{
					v = stack[--stacked];
					part[v] = parts;
					size++;
				} while (v != u);
				if (size > best_size)
				{
					best_size = size;
					best = parts;
				}
			}
		}
	}
	for (i = 0; i < n; i++)
		member[i] = part[i] == best;
	env->release(env, index);
	env->release(env, low);
	env->release(env, part);
	env->release(env, stack);
	env->release(env, calls);
	env->release(env, next);
}

static uint64_t
aligned(uint64_t size)
{
	return (size + 63) & ~UINT64_C(63);
}

static void
widen(JmBox *box, int32_t x, int32_t y)
{
	if (x < box->xmin)
		box->xmin = x;
	if (x > box->xmax)
		box->xmax = x;
	if (y < box->ymin)
		box->ymin = y;
	if (y > box->ymax)
		box->ymax = y;
}

static const JmBox empty_box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};

/* Boxes of JM_TREE_FANOUT edges each, then of as many boxes, up to one; and the length. */
static void
build_tree(JmBuilder *b, JmNetwork *net, double *metres)
{
	JmEnv	   *env = b->env;
	JmShape		shape = {0};
	uint32_t	i;
	uint32_t	j;
	int			level;

	for (i = 0; i < net->tree_count[0]; i++)
		((JmBox *) net->tree[0])[i] = empty_box;
	for (i = 0; i < net->head.edges; i++)
	{
		breathe(b);
		jm_edge_shape(net, i, &shape, env);
		((JmEdge *) net->edges)[i].metres = (float) shape.along[shape.count - 1];
		*metres += shape.along[shape.count - 1];
		for (j = 0; j < shape.count; j++)
			widen((JmBox *) &net->tree[0][i / JM_TREE_FANOUT],
				  shape.points[j].x, shape.points[j].y);
	}
	jm_shape_free(&shape, env);
	for (level = 1; level < net->tree_levels; level++)
	{
		for (i = 0; i < net->tree_count[level]; i++)
			((JmBox *) net->tree[level])[i] = empty_box;
		for (i = 0; i < net->tree_count[level - 1]; i++)
		{
			JmBox	   *box = (JmBox *) &net->tree[level][i / JM_TREE_FANOUT];

			widen(box, net->tree[level - 1][i].xmin, net->tree[level - 1][i].ymin);
			widen(box, net->tree[level - 1][i].xmax, net->tree[level - 1][i].ymax);
		}
	}
}

/* A network's header and parts laid over a zeroed block of the right size. */
static char *
lay_out(JmEnv *env, JmRoadHeader *head, JmNetwork *net)
{
	uint64_t	size = JM_HEADER_SIZE;
	uint32_t	count = head->edges;
	int			levels = 0;
	char	   *block;

	size += aligned(((uint64_t) head->nodes + 1) * sizeof(uint32_t));
	size += aligned((uint64_t) head->nodes * sizeof(JmPoint));
	size += aligned((uint64_t) head->links * sizeof(JmLink));
	size += aligned(((uint64_t) head->edges + 1) * sizeof(JmEdge));
	do
	{
		count = count / JM_TREE_FANOUT + (count % JM_TREE_FANOUT != 0);
		size += aligned(count * sizeof(JmBox));
		levels++;
	} while (count > 1);
	size += aligned(head->shape_bytes);
	head->file_size = size;
	head->header_sum = jm_checksum(head, offsetof(JmRoadHeader, header_sum), 1);

	block = env->alloc(env, size);
	memset(block, 0, size);
	memcpy(block, head, sizeof(*head));
	jm_network_open(net, block, size, false);
	return block;
}

/*
 * Compiles what was added and frees the builder.  identity gives the fields
 * that say whose network this is (system_id, database, mode, version).
 * Returns the block, to be released by the caller, and its size.
 */
void *
jm_builder_finish(JmBuilder *b, const JmRoadHeader *identity, size_t *size)
{
	JmEnv	   *env = b->env;
	uint32_t	n = b->nodes;
	uint32_t	m = b->edge_count;
	JmRoadHeader head;
	JmNetwork	net;
	char	   *block;
	uint32_t   *order;
	uint32_t   *rank;
	uint32_t   *sorted;
	uint32_t   *first;
	JmPoint    *points;
	JmLink	   *links;
	JmEdge	   *edges;
	unsigned char *member;
	uint64_t	shape_at = 0;
	uint32_t	i;

	env->release(env, b->slots);
	env->release(env, b->ids);

	memset(&head, 0, sizeof(head));
	memcpy(head.magic, JM_ROAD_MAGIC, sizeof(head.magic));
	head.format = JM_ROAD_FORMAT;
	head.byte_order = JM_ROAD_BYTE_ORDER;
	head.system_id = identity->system_id;
	head.database = identity->database;
	memcpy(head.mode, identity->mode, sizeof(head.mode));
	memcpy(head.version, identity->version, sizeof(head.version));
	head.nodes = n;
	head.edges = m;
	head.links = 2 * m;
	head.shape_bytes = b->shape_bytes;
	head.box = empty_box;
	for (i = 0; i < n; i++)
		widen(&head.box, b->points[i].x, b->points[i].y);

	block = lay_out(env, &head, &net);
	*size = head.file_size;
	first = (uint32_t *) net.first;
	points = (JmPoint *) net.points;
	links = (JmLink *) net.links;
	edges = (JmEdge *) net.edges;

	/* nodes along the curve; rank[old] = new */
	order = curve_order(b, &head.box);
	rank = env->alloc(env, ((size_t) n + 1) * sizeof(uint32_t));
	for (i = 0; i < n; i++)
	{
		rank[order[i]] = i;
		points[i] = b->points[order[i]];
	}
	env->release(env, order);
	env->release(env, b->points);

	/* edges by their lower end (counting sort; first[] serves as the counts) */
	sorted = env->alloc(env, ((size_t) m + 1) * sizeof(uint32_t));
	for (i = 0; i < m; i++)
	{
		RawEdge    *e = &b->edges[i];

		e->from = rank[e->from];
		e->to = rank[e->to];
		first[(e->from < e->to ? e->from : e->to) + 1]++;
		breathe(b);
	}
	env->release(env, rank);
	for (i = 0; i < n; i++)
		first[i + 1] += first[i];
	for (i = 0; i < m; i++)
	{
		RawEdge    *e = &b->edges[i];

		sorted[first[e->from < e->to ? e->from : e->to]++] = i;
		breathe(b);
	}

	/* links by node: counts, sums, then each edge at both its ends */
	memset(first, 0, ((size_t) n + 1) * sizeof(uint32_t));
	for (i = 0; i < m; i++)
	{
		first[b->edges[i].from]++;
		first[b->edges[i].to]++;
	}
	{
		uint32_t	sum = 0;

		for (i = 0; i <= n; i++)
		{
			uint32_t	c = first[i];

			first[i] = sum;
			sum += c;
		}
	}
	for (i = 0; i < m; i++)
	{
		const RawEdge *e = &b->edges[sorted[i]];
		uint64_t	shape_end = sorted[i] + 1 < m ? b->edges[sorted[i] + 1].shape :
		b->shape_bytes;
		uint32_t	at = first[e->from]++;
		uint32_t	back = first[e->to]++;

		breathe(b);
		links[at].target = e->to;
		links[at].out = e->out;
		links[at].in = e->in;
		links[at].edge = i;
		links[back].target = e->from;
		links[back].out = e->in;
		links[back].in = e->out;
		links[back].edge = i | JM_HIGH_BIT;
		edges[i].from = e->from;
		edges[i].link = at;
		edges[i].shape = (uint32_t) shape_at;
		memcpy((unsigned char *) net.shapes + shape_at, b->shapes + e->shape,
			   shape_end - e->shape);
		shape_at += shape_end - e->shape;
		if (e->out != JM_NOWAY && e->out > head.max_cost)
			head.max_cost = e->out;
		if (e->in != JM_NOWAY && e->in > head.max_cost)
			head.max_cost = e->in;
	}
	edges[m].shape = (uint32_t) shape_at;
	/* filling moved each start to the next node's */
	memmove(first + 1, first, (size_t) n * sizeof(uint32_t));
	first[0] = 0;
	env->release(env, sorted);
	env->release(env, b->edges);
	env->release(env, b->shapes);

	member = env->alloc(env, (size_t) n + 1);
	largest_part(b, first, links, n, member);
	for (i = 0; i < m; i++)
	{
		uint32_t	from = edges[i].from;

		if (member[from] && member[links[edges[i].link].target])
		{
			edges[i].from |= JM_HIGH_BIT;
			head.snappable++;
		}
	}
	env->release(env, member);
	build_tree(b, &net, &head.metres);

	head.body_sum = jm_checksum(block + JM_HEADER_SIZE, head.file_size - JM_HEADER_SIZE, 2);
	head.header_sum = jm_checksum(&head, offsetof(JmRoadHeader, header_sum), 1);
	memcpy(block, &head, sizeof(head));
	env->release(env, b);
	return block;
}
