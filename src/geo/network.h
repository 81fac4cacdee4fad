/*
 * network.h
 *		A road network for one mode of travel as one block of memory, the same
 *		in the file and in the mapping (pure C).
 *
 * The block is read where it lies, possibly while somebody damages the file
 * below it, so no number from it is trusted: every index is checked before
 * it is used, and the value checked is the value used (JM_READ).
 *
 * Nodes are numbered along a Hilbert curve, and edges by their lower end, so
 * that a search in one place touches few pages.
 */
#ifndef JM_NETWORK_H
#define JM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the pure code asks of its surroundings. */
typedef struct JmEnv
{
	/* These three never return NULL: the caller raises, or stops the program. */
	void	   *(*alloc) (struct JmEnv *env, size_t size);
	void	   *(*resize) (struct JmEnv *env, void *block, size_t size);
	void		(*release) (struct JmEnv *env, void *block);
	/* Called every few thousand steps; may leave by a long jump. */
	void		(*poll) (struct JmEnv *env);
	void	   *context;
} JmEnv;

/* One load that the compiler may not repeat, whatever happens to the file. */
#define JM_READ(lvalue) __atomic_load_n(&(lvalue), __ATOMIC_RELAXED)

#define JM_ROAD_MAGIC "JMROADS"
#define JM_ROAD_FORMAT 1
#define JM_ROAD_BYTE_ORDER 0x01020304u

#define JM_NOWAY UINT32_MAX		/* a direction that is closed */
#define JM_MAX_COST 0x7fffffffu /* milliseconds; one bit is left for sums */
#define JM_MAX_NODES 0x7ffffff0u
#define JM_MAX_EDGES 0x7ffffff0u
#define JM_HIGH_BIT 0x80000000u
#define JM_TREE_FANOUT 16
#define JM_TREE_LEVELS 8

/* Coordinates are WGS 84 degrees times 1e7, as OpenStreetMap keeps them. */
typedef struct JmPoint
{
	int32_t		x;
	int32_t		y;
} JmPoint;

typedef struct JmBox
{
	int32_t		xmin;
	int32_t		ymin;
	int32_t		xmax;
	int32_t		ymax;
} JmBox;

/* An edge seen from one of its two ends. */
typedef struct JmLink
{
	uint32_t	target;
	uint32_t	out;			/* milliseconds to target, or JM_NOWAY */
	uint32_t	in;				/* milliseconds from target, or JM_NOWAY */
	uint32_t	edge;			/* high bit: seen from the edge's second end */
} JmLink;

typedef struct JmEdge
{
	uint32_t	from;			/* high bit: in the largest strongly connected
								 * part */
	uint32_t	link;			/* its link at the first end */
	uint32_t	shape;			/* where its inner points begin, in bytes */
	float		metres;			/* its length */
} JmEdge;

typedef struct JmRoadHeader
{
	char		magic[8];
	uint32_t	format;
	uint32_t	byte_order;
	uint64_t	file_size;
	/* whose network this is: set by the caller, compared when it is opened */
	uint64_t	system_id;
	uint32_t	database;
	char		mode[16];
	unsigned char version[16];
	uint32_t	nodes;
	uint32_t	links;
	uint32_t	edges;
	uint32_t	snappable;		/* edges in the largest strongly connected
								 * part */
	uint32_t	max_cost;
	uint32_t	spare;
	uint64_t	shape_bytes;
	double		metres;			/* length of all edges */
	JmBox		box;
	uint64_t	body_sum;		/* jm_checksum of all that follows the header */
	uint64_t	header_sum;		/* of the header up to here; last */
} JmRoadHeader;

/* The header's place in the file. */
#define JM_HEADER_SIZE 4096

typedef struct JmNetwork
{
	JmRoadHeader head;			/* a copy: its counts can no longer change */
	const uint32_t *first;		/* [nodes + 1] */
	const JmPoint *points;		/* [nodes] */
	const JmLink *links;		/* [links] */
	const JmEdge *edges;		/* [edges + 1] */
	const unsigned char *shapes;	/* [shape_bytes] */
	const JmBox *tree[JM_TREE_LEVELS];	/* level 0: JM_TREE_FANOUT edges each */
	uint32_t	tree_count[JM_TREE_LEVELS];
	int			tree_levels;
} JmNetwork;

extern uint64_t jm_checksum(const void *data, size_t size, uint64_t seed);
extern const char *jm_network_open(JmNetwork *net, const void *block, size_t size,
								   bool check_body);

/* Shape of an edge, both ends included; see jm_edge_shape. */
typedef struct JmShape
{
	JmPoint    *points;
	double	   *along;			/* length from the first point, in metres */
	uint32_t	count;
	uint32_t	room;
} JmShape;

extern bool jm_edge_shape(const JmNetwork *net, uint32_t edge, JmShape *shape, JmEnv *env);
extern bool jm_edge_ends(const JmNetwork *net, uint32_t edge, uint32_t *from, uint32_t *to,
						 uint32_t *out, uint32_t *in, bool *snappable);
extern void jm_shape_free(JmShape *shape, JmEnv *env);

static inline JmPoint
jm_node_point(const JmNetwork *net, uint32_t node)
{
	JmPoint		p;

	p.x = JM_READ(net->points[node].x);
	p.y = JM_READ(net->points[node].y);
	return p;
}

/* Metres in a step of one unit of latitude (mean Earth radius, IUGG 1980). */
#define JM_METRES_PER_UNIT (6371008.8 * 3.14159265358979323846 / 180.0 / 1e7)
#define JM_UNIT_RADIANS (3.14159265358979323846 / 180.0 / 1e7)

/* builder.c */
typedef struct JmBuilder JmBuilder;

extern JmBuilder *jm_builder_create(JmEnv *env);
extern const char *jm_builder_edge(JmBuilder *builder, int64_t source, int64_t target,
								   double seconds, double reverse_seconds,
								   const JmPoint *points, uint32_t count);
extern void *jm_builder_finish(JmBuilder *builder, const JmRoadHeader *identity, size_t *size);

#endif							/* JM_NETWORK_H */
