/*
 * road.h
 *		The compiled road network of this database as the backend sees it.
 */
#ifndef JM_ROAD_H
#define JM_ROAD_H

#include "postgres.h"

#include "geo/area.h"
#include "geo/search.h"
#include "storage/lock.h"
#include "utils/snapshot.h"

#define JM_ROAD_DIRECTORY "jobmarket"

typedef struct JmRoad
{
	char		mode[16];
	bool		open;
	bool		stale;			/* an older version, used while another builds */
	unsigned char asked[16];	/* version that was wanted when it was opened */
	void	   *map;
	size_t		map_size;
	JmNetwork	net;
	void	   *cells;
	size_t		cells_size;
	MemoryContext memory;		/* of the work area */
	JmEnv		env;
	JmSearch	search;
	JmShape		shape;
	double		snap_metres;
	double		fill_metres;
} JmRoad;

/* What is done with the network; true, or false when it proves damaged. */
typedef bool (*JmRoadWork) (JmRoad *road, void *argument);

extern void jm_road_run(const char *mode, JmRoadWork work, void *argument);
extern void jm_memory_env(JmEnv *env, MemoryContext context);

/* road_build.c */
extern Oid	jm_road_table(const char *name);
extern Oid	jm_road_owner(void);
extern void jm_road_build(const char *mode, const unsigned char *version, Snapshot snapshot,
						  bool publish, const char *path, int *fd);

#endif							/* JM_ROAD_H */
