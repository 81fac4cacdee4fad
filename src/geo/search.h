/*
 * search.h
 *		Places on a road network, the nearest one to a point, and travel times
 *		from or to a place (pure C).
 */
#ifndef JM_SEARCH_H
#define JM_SEARCH_H

#include "geo/network.h"

/* A point of an edge: fraction is the share of its length, from its first end. */
typedef struct JmPlace
{
	uint32_t	edge;
	double		fraction;
	double		metres;			/* from the point asked for */
} JmPlace;

typedef enum JmSnap
{
	JM_SNAP_FOUND,
	JM_SNAP_NONE,				/* no usable road within the distance */
	JM_SNAP_DAMAGED
} JmSnap;

extern JmSnap jm_snap(const JmNetwork *net, double lon, double lat, double max_metres,
					  JmShape *shape, JmEnv *env, JmPlace *place);

/* What the search knows of a node; stamp tells to which search it belongs. */
typedef struct JmNodeCost
{
	uint32_t	cost;
	uint32_t	stamp;
} JmNodeCost;

typedef struct JmEntry
{
	uint32_t	node;
	uint32_t	cost;
	uint32_t	next;
} JmEntry;

/* A place whose travel time is wanted. */
typedef struct JmTarget
{
	uint32_t	node[2];		/* the ends of its edge */
	uint32_t	cost[2];		/* between each end and the place, or JM_NOWAY */
	uint32_t	direct;			/* along the origin's own edge, or JM_NOWAY */
	uint32_t	cost_found;		/* result: milliseconds, or JM_NOWAY */
} JmTarget;

typedef struct JmTargetEnd
{
	uint32_t	node;
	uint32_t	target;
} JmTargetEnd;

/*
 * Work area for searches in one network, used again and again: cells belongs
 * to the caller, zeroed at first, one for each node; a search touches only
 * those that it reaches.
 */
typedef struct JmSearch
{
	const JmNetwork *net;
	JmEnv	   *env;
	JmNodeCost *cells;
	uint32_t	generation;
	uint32_t   *buckets;		/* entry number plus one, or 0 */
	uint32_t	bucket_mask;
	int			bucket_shift;	/* a bucket spans 2^shift milliseconds */
	JmEntry    *entries;
	uint32_t	entry_count;
	uint32_t	entry_room;
	uint32_t	entry_free;		/* list of used ones, number plus one */
	uint32_t	live;
	uint32_t   *touched;		/* nodes with a cost, in order of first touch */
	uint32_t	touched_count;
	uint32_t	touched_room;
	/* of the search that runs */
	bool		backward;
	JmPlace		origin;
	uint32_t	limit;
	JmTarget   *targets;
	uint32_t	target_count;
	uint32_t	targets_open;	/* those without any cost so far */
	JmTargetEnd *ends;
	uint32_t	end_count;
} JmSearch;

extern void jm_search_init(JmSearch *s, const JmNetwork *net, JmNodeCost *cells, JmEnv *env);
extern void jm_search_free(JmSearch *s);
extern bool jm_search_run(JmSearch *s, const JmPlace *origin, bool backward, uint32_t limit,
						  JmTarget *targets, uint32_t target_count);
extern bool jm_target_at(const JmNetwork *net, const JmPlace *place, const JmPlace *origin,
						 bool backward, JmTarget *target);

/* Cost of a node after a search: milliseconds, or JM_NOWAY where not reached. */
static inline uint32_t
jm_node_cost(const JmSearch *s, uint32_t node)
{
	const JmNodeCost *cell = &s->cells[node];

	return (cell->stamp & ~JM_HIGH_BIT) == s->generation ? cell->cost : JM_NOWAY;
}

#endif							/* JM_SEARCH_H */
