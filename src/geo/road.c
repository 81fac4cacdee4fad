/*
 * road.c
 *		Opens the compiled network of a mode, and keeps it open.
 *
 * The road tables are the truth.  Beside them lies, below the data directory,
 * one compiled file for each database and mode, which all backends map, so
 * that there is one copy in memory.  It bears the version of the tables that
 * it was made from (table road_network; triggers change it) and is made anew
 * by the first query that finds it missing, damaged or old:
 *
 * - One builds at a time (a heavyweight lock, so that waiting can be cancelled
 *   and shows in pg_locks).  Whoever cannot get the lock goes on with the old
 *   file, or waits when there is none; after the wait it finds the new file.
 * - The file is written under another name, synced, and renamed, so that it is
 *   whole whenever it has its name.  Who has the old one mapped keeps it until
 *   the next query.
 * - What a transaction changed itself is nobody else's business yet: it gets a
 *   file without a name.
 * - A standby builds its own: nothing of this is written to the WAL.
 *
 * The file belongs to the server, but people restore, truncate and overwrite
 * files.  Its checksum is verified when it is opened (once for all sessions
 * while nobody writes to it: Verified).  Afterwards a page that
 * is gone raises SIGBUS when it is touched (as a disk that fails does); this
 * is caught around the pure code, which holds nothing that must be released.
 * Contents that change under a running search cannot lead it astray in memory,
 * for it checks every number that it reads (network.h).
 */
#include "postgres.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "geo/road.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

/* Modes that one backend keeps open; the one used longest ago gives way. */
#define OPEN_ROADS 4

static JmRoad roads[OPEN_ROADS];
static int	next_victim = 0;

/*
 * Memory through a context, interrupts through CHECK_FOR_INTERRUPTS.
 */
static void *
context_alloc(JmEnv *env, size_t size)
{
	return MemoryContextAllocHuge(env->context, size > 0 ? size : 1);
}

static void *
context_resize(JmEnv *env, void *block, size_t size)
{
	return repalloc_huge(block, size > 0 ? size : 1);
}

static void
context_release(JmEnv *env, void *block)
{
	pfree(block);
}

static void
context_poll(JmEnv *env)
{
	CHECK_FOR_INTERRUPTS();
}

void
jm_memory_env(JmEnv *env, MemoryContext context)
{
	env->alloc = context_alloc;
	env->resize = context_resize;
	env->release = context_release;
	env->poll = context_poll;
	env->context = context;
}

/*
 * Guard against pages that are gone.
 */
static sigjmp_buf *guard_jump = NULL;
static const char *volatile guard_from;
static const char *volatile guard_to;

static void
guard_handler(int signal_number, siginfo_t *info, void *context)
{
	const char *address = info->si_addr;

	if (guard_jump != NULL && address >= guard_from && address < guard_to)
		siglongjmp(*guard_jump, 1);
	/* not ours: happens again, without a handler */
	signal(signal_number, SIG_DFL);
}

/*
 * Runs work with the mapping of the road guarded.  False when the work says
 * that the network is damaged, or when a page of it is gone.
 */
static bool
guarded(JmRoad *road, JmRoadWork work, void *argument)
{
	struct sigaction ours;
	struct sigaction before;
	sigjmp_buf	jump;
	volatile bool good = false;

	memset(&ours, 0, sizeof(ours));
	ours.sa_sigaction = guard_handler;
	ours.sa_flags = SA_SIGINFO;
	sigemptyset(&ours.sa_mask);
	guard_from = road->map;
	guard_to = guard_from + road->map_size;
	if (sigaction(SIGBUS, &ours, &before) != 0)
		elog(ERROR, "could not set a signal handler: %m");
	PG_TRY();
	{
		if (sigsetjmp(jump, 1) == 0)
		{
			guard_jump = &jump;
			good = work(road, argument);
		}
	}
	PG_FINALLY();
	{
		guard_jump = NULL;
		sigaction(SIGBUS, &before, NULL);
	}
	PG_END_TRY();
	return good;
}

static void
close_road(JmRoad *road)
{
	if (road->map != NULL)
		munmap(road->map, road->map_size);
	if (road->cells != NULL)
		munmap(road->cells, road->cells_size);
	if (road->memory != NULL)
		MemoryContextDelete(road->memory);
	memset(road, 0, sizeof(*road));
}

/*
 * A file that was verified once need not be read whole by every session: its
 * identity is noted beside it, and any write to it changes that.
 */
typedef struct Verified
{
	uint64		device;
	uint64		inode;
	uint64		size;
	int64		modified[2];	/* seconds and nanoseconds */
	int64		changed[2];
	uint64		body_sum;
} Verified;

static void
identify(const struct stat *status, uint64 body_sum, Verified *verified)
{
	memset(verified, 0, sizeof(*verified));
	verified->device = status->st_dev;
	verified->inode = status->st_ino;
	verified->size = status->st_size;
	verified->modified[0] = status->st_mtim.tv_sec;
	verified->modified[1] = status->st_mtim.tv_nsec;
	verified->changed[0] = status->st_ctim.tv_sec;
	verified->changed[1] = status->st_ctim.tv_nsec;
	verified->body_sum = body_sum;
}

/* Whether the note beside the file says that this very file was verified. */
static bool
was_verified(const char *path, const Verified *verified)
{
	char		note[MAXPGPATH];
	Verified	read_back;
	int			fd;
	bool		same;

	snprintf(note, sizeof(note), "%s.ok", path);
	fd = OpenTransientFile(note, O_RDONLY | PG_BINARY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	same = read(fd, &read_back, sizeof(read_back)) == sizeof(read_back) &&
		memcmp(&read_back, verified, sizeof(read_back)) == 0;
	CloseTransientFile(fd);
	return same;
}

/* Writes the note; without it, files are only opened more slowly. */
static void
note_verified(const char *path, const Verified *verified)
{
	char		note[MAXPGPATH];
	char		temporary[MAXPGPATH + 32];
	int			fd;
	bool		written;

	snprintf(note, sizeof(note), "%s.ok", path);
	snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, MyProcPid);
	fd = OpenTransientFile(temporary, O_WRONLY | O_CREAT | O_TRUNC | PG_BINARY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	written = write(fd, verified, sizeof(*verified)) == sizeof(*verified);
	CloseTransientFile(fd);
	if (!written || rename(temporary, note) != 0)
		unlink(temporary);
}

typedef struct Wanted
{
	unsigned char version[16];
	bool		own;			/* changed by this transaction */
	double		snap_metres;
	double		fill_metres;
} Wanted;

/*
 * What the tables say under a snapshot.  Raises an error for a mode that does
 * not exist, or when no network was ever loaded.
 */
static void
read_wanted(const char *mode, Snapshot snapshot, Wanted *wanted)
{
	static SPIPlanPtr plan = NULL;
	Datum		value;
	bool		isnull;

	PushActiveSnapshot(snapshot);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (plan == NULL)
	{
		Oid			type = TEXTOID;

		plan = SPI_prepare("SELECT n.version, n.xmin, m.snap_metres::pg_catalog.float8, m.fill_metres::pg_catalog.float8 "
						   "FROM jobmarket.road_mode m LEFT JOIN jobmarket.road_network n "
						   "ON n.network_id OPERATOR(pg_catalog.=) 1 "
						   "WHERE m.mode OPERATOR(pg_catalog.=) $1", 1, &type);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_prepare failed");
	}
	value = CStringGetTextDatum(mode);
	if (SPI_execute_plan(plan, &value, NULL, true, 2) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan failed");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown mode of travel \"%s\"", mode),
				 errhint("Table jobmarket.road_mode lists the modes; car, bike and foot come with the extension.")));
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no road network is loaded"),
				 errhint("Import a file of OpenStreetMap with osm2pgrouting or osm2pgsql, then CALL jobmarket.load_road_network().")));
	memcpy(wanted->version, DatumGetUUIDP(value)->data, 16);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull);
	wanted->own = TransactionIdIsCurrentTransactionId(DatumGetTransactionId(value));
	wanted->snap_metres = DatumGetFloat8(SPI_getbinval(SPI_tuptable->vals[0],
													   SPI_tuptable->tupdesc, 3, &isnull));
	wanted->fill_metres = DatumGetFloat8(SPI_getbinval(SPI_tuptable->vals[0],
													   SPI_tuptable->tupdesc, 4, &isnull));
	SPI_finish();
	PopActiveSnapshot();
}

typedef struct CheckJob
{
	const char *path;			/* NULL: a file without a name */
	struct stat status;
	const char *why;
} CheckJob;

static bool
check_work(JmRoad *road, void *argument)
{
	CheckJob   *job = argument;
	Verified	verified;

	job->why = jm_network_open(&road->net, road->map, road->map_size, false);
	if (job->why != NULL)
		return false;
	identify(&job->status, road->net.head.body_sum, &verified);
	if (job->path != NULL && was_verified(job->path, &verified))
		return true;
	job->why = jm_network_open(&road->net, road->map, road->map_size, true);
	if (job->why != NULL)
		return false;
	if (job->path != NULL)
		note_verified(job->path, &verified);
	return true;
}

/*
 * Maps an open file into road, which is closed at first.  Returns NULL, or why
 * it is no network of ours.
 */
static const char *
map_file(JmRoad *road, int fd, const char *mode, const char *path)
{
	CheckJob	job;

	job.path = path;
	job.why = "a part of it cannot be read";
	if (fstat(fd, &job.status) != 0 || !S_ISREG(job.status.st_mode))
		return "not a regular file";
	if (job.status.st_size < JM_HEADER_SIZE)
		return "file is too short";
	road->map_size = (size_t) job.status.st_size;
	road->map = mmap(NULL, road->map_size, PROT_READ, MAP_SHARED, fd, 0);
	if (road->map == MAP_FAILED)
	{
		road->map = NULL;
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not map the compiled road network: %m")));
	}
	if (guarded(road, check_work, &job))
	{
		const JmRoadHeader *head = &road->net.head;

		if (head->system_id != GetSystemIdentifier() || head->database != MyDatabaseId)
			job.why = "of another database";
		else if (strncmp(head->mode, mode, sizeof(head->mode)) != 0)
			job.why = "of another mode";
		else
			return NULL;
	}
	munmap(road->map, road->map_size);
	road->map = NULL;
	/* a page that went missing while it was read leaves no reason */
	return job.why ? job.why : "a part of it cannot be read";
}

/*
 * Opens the published file, if there is a good one, into road.  A bad one is
 * reported and closed; its replacement is the caller's business.
 */
static bool
open_published(JmRoad *road, const char *mode, const char *path)
{
	const char *why;
	int			fd = OpenTransientFile(path, O_RDONLY | PG_BINARY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not open compiled road network \"%s\": %m", path)));
		return false;
	}
	why = map_file(road, fd, mode, path);
	CloseTransientFile(fd);
	if (why == NULL)
		return true;
	ereport(LOG,
			(errmsg("compiled road network \"%s\" is not used: %s", path, why),
			 errdetail("It will be compiled again from the tables.")));
	return false;
}

/* Work area for the network just mapped. */
static void
prepare_road(JmRoad *road, const char *mode, const Wanted *wanted)
{
	road->cells_size = Max((size_t) road->net.head.nodes, 1) * sizeof(JmNodeCost);
	/* zero pages that cost nothing until they are touched */
	road->cells = mmap(NULL, road->cells_size, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (road->cells == MAP_FAILED)
	{
		road->cells = NULL;
		close_road(road);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory"),
				 errdetail("A search needs %zu bytes of address space.",
						   Max((size_t) road->net.head.nodes, 1) * sizeof(JmNodeCost))));
	}
	road->memory = AllocSetContextCreate(TopMemoryContext, "jobmarket road search",
										 ALLOCSET_DEFAULT_SIZES);
	jm_memory_env(&road->env, road->memory);
	strlcpy(road->mode, mode, sizeof(road->mode));
	jm_search_init(&road->search, &road->net, road->cells, &road->env);
	memcpy(road->asked, wanted->version, sizeof(road->asked));
	road->open = true;
}

/* Takes the place of the road by what was mapped into fresh. */
static void
replace_road(JmRoad *road, JmRoad *fresh, const char *mode, const Wanted *wanted)
{
	close_road(road);
	*road = *fresh;
	prepare_road(road, mode, wanted);
}

static bool
same_version(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, 16) == 0;
}

/* Compiles from this snapshot, and opens the result into road. */
static void
build_and_open(JmRoad *road, const char *mode, const char *path, const Wanted *wanted,
			   Snapshot snapshot, bool publish)
{
	JmRoad		fresh;
	const char *why;
	int			fd;

	memset(&fresh, 0, sizeof(fresh));
	jm_road_build(mode, wanted->version, snapshot, publish, path, &fd);
	why = map_file(&fresh, fd, mode, publish ? path : NULL);
	CloseTransientFile(fd);
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("road network was damaged while it was compiled: %s", why)));
	replace_road(road, &fresh, mode, wanted);
}

/* The tables that a network is compiled from. */
static const char *const tables[] = {"road_edge", "road_mode", "road_speed", "road_control"};

/*
 * Locks the tables against TRUNCATE, as load_road_network() does it: a snapshot
 * taken before that commits would see none of the old rows afterwards, and none
 * of the new.  False when that would mean to wait and wait is not asked for.
 */
static bool
lock_tables(bool wait)
{
	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid			table = jm_road_table(tables[i]);

		if (wait)
			LockRelationOid(table, AccessShareLock);
		else if (!ConditionalLockRelationOid(table, AccessShareLock))
			return false;
	}
	return true;
}

/*
 * Whether a table was emptied, or anything else done to it as a whole, since
 * the snapshot was taken.
 */
static bool
tables_replaced(Snapshot snapshot)
{
	bool		replaced = false;

	for (int i = 0; i < lengthof(tables); i++)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(jm_road_table(tables[i])));

		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for table jobmarket.%s", tables[i]);
		replaced |= XidInMVCCSnapshot(HeapTupleHeaderGetXmin(tuple->t_data), snapshot);
		ReleaseSysCache(tuple);
	}
	return replaced;
}

/*
 * Ours to build, unless somebody just did.  The latest state counts: an old
 * snapshot must not publish what is out of date.  A parallel query is bound to
 * its own; where the tables were replaced since, it takes what is there.
 */
static void
build_unless_built(JmRoad *road, const char *mode, const char *path, Wanted *wanted)
{
	bool		parallel = IsInParallelMode();
	Snapshot	snapshot = RegisterSnapshot(parallel ? GetActiveSnapshot() : GetLatestSnapshot());
	unsigned char asked[16];
	JmRoad		fresh;

	memcpy(asked, wanted->version, sizeof(asked));
	read_wanted(mode, snapshot, wanted);
	memset(&fresh, 0, sizeof(fresh));
	if (open_published(&fresh, mode, path))
		replace_road(road, &fresh, mode, wanted);
	else
		close_road(road);
	if (!road->open || !same_version(road->net.head.version, wanted->version))
	{
		if (!parallel || !tables_replaced(snapshot))
			build_and_open(road, mode, path, wanted, snapshot, true);
		else if (!road->open)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("the road network was replaced while the query ran"),
					 errhint("Run the query again.")));
	}
	/* so that a transaction with an older snapshot does not ask again */
	memcpy(road->asked, asked, sizeof(asked));
	UnregisterSnapshot(snapshot);
}

/*
 * The network of a mode, of the version that the active snapshot sees, or of
 * an older one while a newer is being compiled by somebody else.
 */
static JmRoad *
get_road(const char *mode)
{
	JmRoad	   *road = NULL;
	JmRoad		fresh;
	Wanted		wanted;
	char		path[MAXPGPATH];
	LOCKTAG		tag;
	int			i;

	if (strlen(mode) >= sizeof(road->mode) || strspn(mode, "abcdefghijklmnopqrstuvwxyz_") != strlen(mode))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown mode of travel \"%s\"", mode),
				 errhint("Table jobmarket.road_mode lists the modes; car, bike and foot come with the extension.")));
	for (i = 0; i < OPEN_ROADS; i++)
		if (roads[i].open && strcmp(roads[i].mode, mode) == 0)
			road = &roads[i];
	if (road == NULL)
	{
		for (i = 0; i < OPEN_ROADS && road == NULL; i++)
			if (!roads[i].open)
				road = &roads[i];
		if (road == NULL)
		{
			road = &roads[next_victim];
			next_victim = (next_victim + 1) % OPEN_ROADS;
		}
	}

	read_wanted(mode, GetActiveSnapshot(), &wanted);
	if (road->open && strcmp(road->mode, mode) == 0 && !road->stale &&
		same_version(road->asked, wanted.version))
		goto ready;

	snprintf(path, sizeof(path), "%s/%u-%s.roads", JM_ROAD_DIRECTORY, MyDatabaseId, mode);
	memset(&fresh, 0, sizeof(fresh));
	if (wanted.own)
	{
		build_and_open(road, mode, path, &wanted, GetActiveSnapshot(), false);
		goto ready;
	}
	if (open_published(&fresh, mode, path))
	{
		replace_road(road, &fresh, mode, &wanted);
		if (same_version(road->net.head.version, wanted.version))
			goto ready;
		road->stale = true;
	}
	else
		close_road(road);

	/* fourth field: advisory locks of users have 1 and 2 there */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0x6a6d7264,
						 hash_bytes((const unsigned char *) mode, (int) strlen(mode)), 9);
	if (LockAcquire(&tag, ExclusiveLock, false, road->open) == LOCKACQUIRE_NOT_AVAIL)
		goto ready;
	if (lock_tables(!road->open))
	{
		build_unless_built(road, mode, path, &wanted);
		road->stale = false;
	}
	LockRelease(&tag, ExclusiveLock, false);

ready:
	road->snap_metres = wanted.snap_metres;
	road->fill_metres = wanted.fill_metres;
	return road;
}

/*
 * Does some work on the network of a mode.  When the network proves damaged it
 * is compiled again and the work done once more from the start, so that work
 * must not have lasting effects before it succeeds.
 */
void
jm_road_run(const char *mode, JmRoadWork work, void *argument)
{
	int			attempt;

	for (attempt = 0; attempt < 2; attempt++)
	{
		JmRoad	   *road = get_road(mode);

		if (road->net.head.edges == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the road network has no edge open to mode \"%s\"", mode),
					 errhint("Load roads with CALL jobmarket.load_road_network(), and look at jobmarket.road_speed for the classes open to the mode.")));
		if (guarded(road, work, argument))
			return;
		ereport(LOG,
				(errmsg("compiled road network for mode \"%s\" was damaged while in use", mode)));
		/* opening it again verifies the checksum, and compiles it if need be */
		close_road(road);
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("compiled road network for mode \"%s\" is damaged again and again", mode),
			 errhint("Something else writes to directory \"%s\" in the data directory, or the disk fails.",
					 JM_ROAD_DIRECTORY)));
}
