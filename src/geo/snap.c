/*
 * snap.c
 *		The nearest edge to a point, through the tree of boxes (pure C).
 */
#include "geo/search.h"

#include <math.h>

/* Coordinates are kept to a centimetre. */
#define NODE_METRES 0.03

typedef struct Snapper
{
	const JmNetwork *net;
	JmEnv	   *env;
	JmShape    *shape;
	double		x;				/* the point, in units of the network */
	double		y;
	double		kx;				/* length of a unit of longitude in units of
								 * latitude */
	double		best;			/* squared distance, units of latitude */
	JmPlace		place;
	bool		found;
	bool		damaged;
} Snapper;

static double
box_distance(const Snapper *s, const JmBox *box)
{
	double		xmin = JM_READ(box->xmin);
	double		xmax = JM_READ(box->xmax);
	double		ymin = JM_READ(box->ymin);
	double		ymax = JM_READ(box->ymax);
	double		dx = s->x < xmin ? xmin - s->x : s->x > xmax ? s->x - xmax : 0;
	double		dy = s->y < ymin ? ymin - s->y : s->y > ymax ? s->y - ymax : 0;

	dx *= s->kx;
	return dx * dx + dy * dy;
}

static void
try_edge(Snapper *s, uint32_t edge)
{
	uint32_t	i;

	/* only edges of the largest strongly connected part */
	if ((JM_READ(s->net->edges[edge].from) & JM_HIGH_BIT) == 0)
		return;
	if (!jm_edge_shape(s->net, edge, s->shape, s->env))
	{
		s->damaged = true;
		return;
	}
	for (i = 1; i < s->shape->count; i++)
	{
		double		ax = (s->shape->points[i - 1].x - s->x) * s->kx;
		double		ay = s->shape->points[i - 1].y - s->y;
		double		dx = ((double) s->shape->points[i].x - s->shape->points[i - 1].x) * s->kx;
		double		dy = (double) s->shape->points[i].y - s->shape->points[i - 1].y;
		double		square = dx * dx + dy * dy;
		double		t = square > 0 ? -(ax * dx + ay * dy) / square : 0;
		double		d;

		t = t < 0 ? 0 : t > 1 ? 1 : t;
		ax += t * dx;
		ay += t * dy;
		d = ax * ax + ay * ay;
		if (d < s->best)
		{
			double		total = s->shape->along[s->shape->count - 1];
			double		at = s->shape->along[i - 1] +
			t * (s->shape->along[i] - s->shape->along[i - 1]);

			s->best = d;
			s->found = true;
			s->place.edge = edge;
			/* a node is a node, although its coordinates are rounded */
			s->place.fraction = at < NODE_METRES ? 0 : total - at < NODE_METRES ? 1 : at / total;
		}
	}
}

/* Visits the children of box number `at` of a level, nearest first. */
static void
visit(Snapper *s, int level, uint32_t at)
{
	uint32_t	child[JM_TREE_FANOUT];
	double		distance[JM_TREE_FANOUT];
	uint32_t	count = 0;
	uint32_t	end;
	uint32_t	i;

	if (level == 0)
	{
		end = s->net->head.edges - at * JM_TREE_FANOUT;
		for (i = 0; i < JM_TREE_FANOUT && i < end; i++)
			try_edge(s, at * JM_TREE_FANOUT + i);
		return;
	}
	end = s->net->tree_count[level - 1];
	for (i = at * JM_TREE_FANOUT; i < end && i < (at + 1) * JM_TREE_FANOUT; i++)
	{
		double		d = box_distance(s, &s->net->tree[level - 1][i]);
		uint32_t	j;

		if (d >= s->best)
			continue;
		for (j = count++; j > 0 && distance[j - 1] > d; j--)
		{
			distance[j] = distance[j - 1];
			child[j] = child[j - 1];
		}
		distance[j] = d;
		child[j] = i;
	}
	for (i = 0; i < count && !s->damaged; i++)
		if (distance[i] < s->best)
			visit(s, level - 1, child[i]);
}

/*
 * Nearest place to lon, lat (degrees, WGS 84) on an edge of the largest
 * strongly connected part, at most max_metres away.  shape is scratch memory.
 */
JmSnap
jm_snap(const JmNetwork *net, double lon, double lat, double max_metres,
		JmShape *shape, JmEnv *env, JmPlace *place)
{
	Snapper		s;
	double		reach = max_metres / JM_METRES_PER_UNIT;

	if (net->head.snappable == 0)
		return JM_SNAP_NONE;
	s.net = net;
	s.env = env;
	s.shape = shape;
	s.x = lon * 1e7;
	s.y = lat * 1e7;
	s.kx = cos(s.y * JM_UNIT_RADIANS);
	s.best = reach * reach;
	s.found = false;
	s.damaged = false;
	if (box_distance(&s, &net->tree[net->tree_levels - 1][0]) < s.best)
		visit(&s, net->tree_levels - 1, 0);
	if (s.damaged)
		return JM_SNAP_DAMAGED;
	if (!s.found)
		return JM_SNAP_NONE;
	s.place.metres = sqrt(s.best) * JM_METRES_PER_UNIT;
	*place = s.place;
	return JM_SNAP_FOUND;
}
