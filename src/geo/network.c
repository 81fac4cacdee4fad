/*
 * network.c
 *		Opening a compiled road network, and reading one edge of it (pure C).
 */
#include "geo/network.h"

#include <math.h>
#include <string.h>

/*
 * A checksum of eight interleaved 64-bit lanes: each word is xored in and the
 * lane multiplied by an odd constant, both of which can be undone, so that a
 * change of any one word changes the sum.  As fast as memory; it finds damage,
 * not malice.
 */
uint64_t
jm_checksum(const void *data, size_t size, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t	lane[8];
	uint64_t	word[8];
	uint64_t	sum = size;
	int			i;

	for (i = 0; i < 8; i++)
		lane[i] = seed + (uint64_t) i * UINT64_C(0x9e3779b97f4a7c15);
	for (; size >= sizeof(word); p += sizeof(word), size -= sizeof(word))
	{
		memcpy(word, p, sizeof(word));
		for (i = 0; i < 8; i++)
			lane[i] = (lane[i] ^ word[i]) * UINT64_C(0x9fb21c651e98df25);
	}
	memset(word, 0, sizeof(word));
	memcpy(word, p, size);
	for (i = 0; i < 8; i++)
	{
		lane[i] = (lane[i] ^ word[i]) * UINT64_C(0x9fb21c651e98df25);
		sum = (sum ^ lane[i] ^ (lane[i] >> 29)) * UINT64_C(0xd6e8feb86659fd93);
	}
	return sum ^ (sum >> 32);
}

/* Takes count items of item_size from the block; false when they do not fit. */
static bool
take(uint64_t *at, uint64_t count, uint64_t item_size, uint64_t size, uint64_t *begin)
{
	*begin = *at;
	/* counts are below 2^33 and items below 2^5 bytes: no overflow */
	*at += (count * item_size + 63) & ~UINT64_C(63);
	return *at <= size;
}

/*
 * Opens the block as a network.  Returns NULL, or why it is none: a message
 * without capital and full stop.  With check_body the whole block is read once
 * for its checksum; without, only the header is.  Either way later reads stay
 * within the block.
 */
const char *
jm_network_open(JmNetwork *net, const void *block, size_t size, bool check_body)
{
	const char *base = block;
	uint64_t	at = JM_HEADER_SIZE;
	uint64_t	begin;
	uint32_t	count;
	bool		fits = true;

	memset(net, 0, sizeof(*net));
	if (size < JM_HEADER_SIZE)
		return "file is too short";
	memcpy(&net->head, base, sizeof(net->head));
	if (memcmp(net->head.magic, JM_ROAD_MAGIC, sizeof(net->head.magic)) != 0)
		return "not a road network";
	if (net->head.format != JM_ROAD_FORMAT)
		return "other format version";
	if (net->head.byte_order != JM_ROAD_BYTE_ORDER)
		return "other byte order";
	if (net->head.header_sum !=
		jm_checksum(&net->head, offsetof(JmRoadHeader, header_sum), 1))
		return "checksum of the header does not match";
	if (net->head.file_size != size)
		return "file has not its full length";
	if (net->head.nodes > JM_MAX_NODES || net->head.edges > JM_MAX_EDGES ||
		net->head.links != 2 * net->head.edges || net->head.max_cost > JM_MAX_COST)
		return "impossible counts";

	fits &= take(&at, (uint64_t) net->head.nodes + 1, sizeof(uint32_t), size, &begin);
	net->first = (const void *) (base + begin);
	fits &= take(&at, net->head.nodes, sizeof(JmPoint), size, &begin);
	net->points = (const void *) (base + begin);
	fits &= take(&at, net->head.links, sizeof(JmLink), size, &begin);
	net->links = (const void *) (base + begin);
	fits &= take(&at, (uint64_t) net->head.edges + 1, sizeof(JmEdge), size, &begin);
	net->edges = (const void *) (base + begin);
	for (count = net->head.edges; count > 1 || net->tree_levels == 0;)
	{
		count = count / JM_TREE_FANOUT + (count % JM_TREE_FANOUT != 0);
		if (net->tree_levels == JM_TREE_LEVELS)
			return "impossible counts";
		fits &= take(&at, count, sizeof(JmBox), size, &begin);
		net->tree[net->tree_levels] = (const void *) (base + begin);
		net->tree_count[net->tree_levels++] = count;
	}
	if (net->head.shape_bytes > size)
		return "impossible counts";
	fits &= take(&at, net->head.shape_bytes, 1, size, &begin);
	net->shapes = (const void *) (base + begin);
	if (!fits || at != size)
		return "counts do not match the length";
	if (check_body &&
		net->head.body_sum != jm_checksum(base + JM_HEADER_SIZE, size - JM_HEADER_SIZE, 2))
		return "checksum does not match";
	return NULL;
}

/*
 * Ends and costs of an edge (milliseconds or JM_NOWAY, out: first to second
 * end).  False when the network is damaged.
 */
bool
jm_edge_ends(const JmNetwork *net, uint32_t edge, uint32_t *from, uint32_t *to,
			 uint32_t *out, uint32_t *in, bool *snappable)
{
	uint32_t	tail;
	uint32_t	link;

	if (edge >= net->head.edges)
		return false;
	tail = JM_READ(net->edges[edge].from);
	link = JM_READ(net->edges[edge].link);
	if (link >= net->head.links)
		return false;
	*snappable = (tail & JM_HIGH_BIT) != 0;
	*from = tail & ~JM_HIGH_BIT;
	*to = JM_READ(net->links[link].target);
	*out = JM_READ(net->links[link].out);
	*in = JM_READ(net->links[link].in);
	return *from < net->head.nodes && *to < net->head.nodes;
}

/*
 * Reads one zigzag varint: where the next begins, or NULL at the end of the
 * bytes and after five of them.
 */
static inline const unsigned char *
read_delta(const unsigned char *at, const unsigned char *end, int32_t *delta)
{
	uint32_t	value = 0;
	int			shift;

	for (shift = 0; shift < 35 && at < end; shift += 7)
	{
		unsigned char byte = JM_READ(*at);

		at++;
		value |= (uint32_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			*delta = (int32_t) ((value >> 1) ^ (~(value & 1) + 1));
			return at;
		}
	}
	return NULL;
}

static void
shape_room(JmShape *shape, uint32_t count, JmEnv *env)
{
	uint32_t	room = shape->room ? shape->room : 64;

	if (count <= shape->room)
		return;
	while (room < count)
		room *= 2;
	shape->points = shape->points ?
		env->resize(env, shape->points, room * sizeof(JmPoint)) :
		env->alloc(env, room * sizeof(JmPoint));
	shape->along = shape->along ?
		env->resize(env, shape->along, room * sizeof(double)) :
		env->alloc(env, room * sizeof(double));
	shape->room = room;
}

void
jm_shape_free(JmShape *shape, JmEnv *env)
{
	if (shape->points)
		env->release(env, shape->points);
	if (shape->along)
		env->release(env, shape->along);
	memset(shape, 0, sizeof(*shape));
}

/*
 * Points of an edge from its first to its second end, with the length up to
 * each (metres, on a plane that touches the sphere at the edge).  The shape's
 * memory is reused from call to call.  False when the network is damaged.
 */
bool
jm_edge_shape(const JmNetwork *net, uint32_t edge, JmShape *shape, JmEnv *env)
{
	uint32_t	from;
	uint32_t	to;
	uint32_t	out;
	uint32_t	in;
	bool		snappable;
	uint32_t	first;
	uint32_t	last;
	const unsigned char *at;
	const unsigned char *end;
	JmPoint		p;
	JmPoint    *points;
	double	   *along;
	double		kx;
	uint32_t	count = 1;
	uint32_t	i;

	if (!jm_edge_ends(net, edge, &from, &to, &out, &in, &snappable))
		return false;
	first = JM_READ(net->edges[edge].shape);
	last = JM_READ(net->edges[edge + 1].shape);
	/* none is so large that its points cannot be counted */
	if (first > last || last > net->head.shape_bytes || last - first >= JM_HIGH_BIT)
		return false;
	at = net->shapes + first;
	end = net->shapes + last;

	/* a point takes two bytes at least */
	shape_room(shape, (last - first) / 2 + 2, env);
	points = shape->points;
	along = shape->along;
	p = jm_node_point(net, from);
	points[0] = p;
	while (at < end)
	{
		int32_t		dx;
		int32_t		dy;

		if ((at = read_delta(at, end, &dx)) == NULL || (at = read_delta(at, end, &dy)) == NULL)
			return false;
		/* unsigned: damaged deltas may wrap round */
		p.x = (int32_t) ((uint32_t) p.x + (uint32_t) dx);
		p.y = (int32_t) ((uint32_t) p.y + (uint32_t) dy);
		points[count++] = p;
	}
	points[count++] = jm_node_point(net, to);
	shape->count = count;

	kx = cos(points[0].y * JM_UNIT_RADIANS);
	along[0] = 0;
	for (i = 1; i < count; i++)
	{
		double		dx = ((double) points[i].x - points[i - 1].x) * kx;
		double		dy = (double) points[i].y - points[i - 1].y;

		along[i] = along[i - 1] + sqrt(dx * dx + dy * dy) * JM_METRES_PER_UNIT;
	}
	return true;
}
