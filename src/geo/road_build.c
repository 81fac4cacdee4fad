/*
 * road_build.c
 *		Compiles the road tables into a file.
 */
#include "postgres.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/file_perm.h"
#include "core/compat.h"
#include "executor/spi.h"
#include "geo/road.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define FETCH_ROWS 5000
#define WRITE_BYTES (1024 * 1024)

/* Point arrays of one line, reused. */
typedef struct LineBuffer
{
	JmPoint    *points;
	uint32		room;
	MemoryContext context;
} LineBuffer;

/*
 * Points of a line string in native-endian EWKB; 0 when it is something else
 * or lies outside the Earth.
 */
static uint32
line_points(const char *wkb, Size size, LineBuffer *buffer)
{
	uint32		kind;
	uint32		count;
	uint32		i;
	Size		at = 5;
	Size		stride = 16;

	if (size < 9)
		return 0;
	memcpy(&kind, wkb + 1, sizeof(kind));
	if (kind & 0x20000000)		/* SRID */
		at += 4;
	if (kind & 0x80000000)		/* Z */
		stride += 8;
	if (kind & 0x40000000)		/* M */
		stride += 8;
	if ((kind & 0x1fffffff) != 2 || size < at + 4)
		return 0;
	memcpy(&count, wkb + at, sizeof(count));
	at += 4;
	if ((size - at) / stride < count)
		return 0;
	if (count > buffer->room)
	{
		if (buffer->points)
			pfree(buffer->points);
		buffer->room = Max(count, 1024);
		buffer->points = MemoryContextAllocHuge(buffer->context,
												buffer->room * sizeof(JmPoint));
	}
	for (i = 0; i < count; i++)
	{
		double		place[2];

		memcpy(place, wkb + at + i * stride, sizeof(place));
		if (!(fabs(place[0]) <= 180 && fabs(place[1]) <= 90))
			return 0;
		buffer->points[i].x = (int32) rint(place[0] * 1e7);
		buffer->points[i].y = (int32) rint(place[1] * 1e7);
	}
	return count;
}

/* Hands all edges of the mode to the builder; the rows come through a cursor. */
static void
read_edges(const char *mode, Snapshot snapshot, JmBuilder *builder, MemoryContext context)
{
	LineBuffer	buffer = {NULL, 0, context};
	MemoryContext batch = AllocSetContextCreate(context, "jobmarket road rows",
												ALLOCSET_DEFAULT_SIZES);
	Oid			type = TEXTOID;
	Datum		value;
	SPIPlanPtr	plan;
	Portal		portal;
	FmgrInfo	send;
	bool		have_send = false;
	int			nest;

	/*
	 * Edges are numbered as they come: from the table's start, not from where
	 * another scan is, so that the same table gives the same network.
	 */
	nest = NewGUCNestLevel();
	set_config_option("synchronize_seqscans", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
					  true, 0, false);
	PushActiveSnapshot(snapshot);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare("SELECT id, source, target, cost, reverse_cost, geom FROM jobmarket.road_cost($1)",
					   1, &type);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed");
	value = CStringGetTextDatum(mode);
	portal = SPI_cursor_open(NULL, plan, &value, NULL, true);
	for (;;)
	{
		uint64		i;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		if (!have_send)
		{
			Oid			output;
			bool		varlena;

			getTypeBinaryOutputInfo(SPI_gettypeid(SPI_tuptable->tupdesc, 6), &output, &varlena);
			fmgr_info_cxt(output, &send, context);
			have_send = true;
		}
		for (i = 0; i < SPI_processed; i++)
		{
			Datum		values[6];
			bool		nulls[6];
			MemoryContext before = MemoryContextSwitchTo(batch);
			bytea	   *wkb;
			uint32		count;
			const char *why;

			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			if (!nulls[0] && !nulls[1] && !nulls[2] && !nulls[5])
			{
				wkb = SendFunctionCall(&send, values[5]);
				count = line_points(VARDATA(wkb), VARSIZE(wkb) - VARHDRSZ, &buffer);
				MemoryContextSwitchTo(before);
				why = jm_builder_edge(builder, DatumGetInt64(values[1]), DatumGetInt64(values[2]),
									  nulls[3] ? -1 : DatumGetFloat8(values[3]),
									  nulls[4] ? -1 : DatumGetFloat8(values[4]),
									  buffer.points, count);
				if (why != NULL)
					ereport(ERROR,
							(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							 errmsg("could not compile the road network: %s", why)));
			}
			else
				MemoryContextSwitchTo(before);
		}
		MemoryContextReset(batch);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	AtEOXact_GUC(true, nest);
	PopActiveSnapshot();
	MemoryContextDelete(batch);
	if (buffer.points)
		pfree(buffer.points);
}

/* Writes all of it, in pieces, so that a cancel is heard. */
static void
write_block(int fd, const char *path, const char *block, size_t size)
{
	size_t		at = 0;

	while (at < size)
	{
		size_t		piece = Min(size - at, WRITE_BYTES);
		ssize_t		written;

		CHECK_FOR_INTERRUPTS();
		errno = 0;
		written = write(fd, block + at, piece);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
		{
			/* a short write without a reason is a full disk */
			if (errno == 0)
				errno = ENOSPC;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write compiled road network \"%s\": %m", path),
					 errdetail("It takes %zu bytes below the data directory.", size),
					 errhint("The road tables are untouched; the next query will try again.")));
		}
		at += written;
	}
}

/*
 * Removes what nobody will open again: files half written by processes that
 * died, and those of databases that were dropped.  Called by the only process
 * that may publish in this database.
 */
static void
clean_directory(const char *mode)
{
	DIR		   *dir = AllocateDir(JM_ROAD_DIRECTORY);
	struct dirent *entry;

	while ((entry = ReadDirExtended(dir, JM_ROAD_DIRECTORY, LOG)) != NULL)
	{
		char		path[MAXPGPATH * 2];
		char	   *rest;
		unsigned long database = strtoul(entry->d_name, &rest, 10);
		size_t		length = strlen(mode);
		bool		left_over = false;

		if (rest == entry->d_name || *rest != '-')
			continue;
		if (database == MyDatabaseId && strncmp(rest + 1, mode, length) == 0 &&
			rest[1 + length] == '.' && strstr(rest, ".tmp") != NULL)
		{
			pid_t		writer = (pid_t) strtol(rest + length + 2, NULL, 10);

			/* workers of one parallel query do not exclude each other */
			left_over = writer == MyProcPid || (kill(writer, 0) != 0 && errno == ESRCH);
		}
		if (left_over ||
			!SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum((Oid) database)))
		{
			snprintf(path, sizeof(path), "%s/%s", JM_ROAD_DIRECTORY, entry->d_name);
			unlink(path);
		}
	}
	FreeDir(dir);
}

/* One of our tables. */
Oid
jm_road_table(const char *name)
{
	Oid			table = get_relname_relid(name, get_namespace_oid("jobmarket", false));

	if (!OidIsValid(table))
		elog(ERROR, "table jobmarket.%s does not exist", name);
	return table;
}

/* Owner of our tables, who alone is sure to be allowed to read them. */
Oid
jm_road_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(jm_road_table("road_edge")));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for table jobmarket.road_edge");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Compiles the network of a mode as the snapshot sees it, and returns the file
 * open for reading (to be closed with CloseTransientFile).  publish: it gets
 * its name, path, in place of the one before; otherwise it has no name, and is
 * gone when it is closed and unmapped.
 */
void
jm_road_build(const char *mode, const unsigned char *version, Snapshot snapshot,
			  bool publish, const char *path, int *fd)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "jobmarket road build",
												  ALLOCSET_DEFAULT_SIZES);
	JmEnv		env;
	JmBuilder  *builder;
	JmRoadHeader identity;
	char	   *block;
	size_t		size;
	char		temporary[MAXPGPATH];
	Oid			user;
	int			security;
	instr_time	start;
	instr_time	duration;

	INSTR_TIME_SET_CURRENT(start);
	jm_memory_env(&env, context);
	memset(&identity, 0, sizeof(identity));
	identity.system_id = GetSystemIdentifier();
	identity.database = MyDatabaseId;
	strlcpy(identity.mode, mode, sizeof(identity.mode));
	memcpy(identity.version, version, sizeof(identity.version));

	builder = jm_builder_create(&env);

	/*
	 * Whoever asks for an isochrone may lack the right to read the tables; an
	 * error resets both by itself.
	 */
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(jm_road_owner(),
						   security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	read_edges(mode, snapshot, builder, context);
	SetUserIdAndSecContext(user, security);
	block = jm_builder_finish(builder, &identity, &size);

	if (MakePGDirectory(JM_ROAD_DIRECTORY) != 0 && errno != EEXIST)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create directory \"%s\": %m", JM_ROAD_DIRECTORY)));
	if (publish)
		clean_directory(mode);
	snprintf(temporary, sizeof(temporary), "%s/%u-%s.%d%s", JM_ROAD_DIRECTORY, MyDatabaseId, mode,
			 MyProcPid, publish ? ".tmp" : ".own.tmp");
	unlink(temporary);
	*fd = OpenTransientFile(temporary, O_RDWR | O_CREAT | O_EXCL | PG_BINARY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", temporary)));
	PG_TRY();
	{
		if (!publish)
			unlink(temporary);
		write_block(*fd, temporary, block, size);
		if (publish)
		{
			if (pg_fsync(*fd) != 0)
				ereport(ERROR,
						(errcode_for_file_access(),
						 errmsg("could not sync file \"%s\": %m", temporary)));
			durable_rename(temporary, path, ERROR);
		}
	}
	PG_CATCH();
	{
		unlink(temporary);
		PG_RE_THROW();
	}
	PG_END_TRY();
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	ereport(publish ? LOG : DEBUG1,
			(errmsg("compiled road network for mode \"%s\": %u edges, %zu bytes, %.0f ms",
					mode, ((JmRoadHeader *) block)->edges, size,
					INSTR_TIME_GET_MILLISEC(duration))));
	MemoryContextDelete(context);
}
