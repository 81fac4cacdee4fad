/*
 * log.c
 *		Request log and counters.
 *
 * A line a request, tab-separated: real time, simulated time, client id,
 * method, path, query, status, rows, bytes, note.  Neither secrets nor tokens
 * are ever written.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu.h"

/* A line stays whole for any reader: no longer than this. */
#define MAX_QUERY 8000

static int	log_fd = -1;
static uint64_t by_status[600];
static uint64_t total;
static uint64_t total_bytes;
static uint64_t total_faults;
static int	connections;
static int	connections_peak;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void
log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		fatal("cannot open the log \"%s\"", path);
}

void
log_close(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

/* Append without what would break the line or the column. */
static void
put_clean(Buf *buf, const char *s, size_t max)
{
	size_t		len = strnlen(s, max);
	size_t		start = buf->len;

	buf_add(buf, s, len);
	for (size_t i = start; i < buf->len; i++)
		if ((unsigned char) buf->data[i] < 0x20 || buf->data[i] == 0x7F)
			buf->data[i] = '?';
	if (len == 0)
		buf_add(buf, "-", 1);
}

void
log_request(int64_t at_us, const char *method, const char *path, const char *query, const Reply *reply)
{
	Buf			line = {0};
	int64_t		sim = sim_us(at_us);
	int			status = reply->status;
	const char *shown = query;

	/* a mistaken client could put its secret there */
	if (strstr(query, "client_secret") || strstr(query, "access_token="))
		shown = "hidden";
	if (log_fd >= 0)
	{
		buf_addf(&line, "%lld.%06lld\t%lld.%06lld\t",
				 (long long) (at_us / 1000000), (long long) (at_us % 1000000),
				 (long long) (sim / 1000000), (long long) (sim % 1000000));
		put_clean(&line, reply->client ? reply->client : "", 200);
		buf_adds(&line, "\t");
		put_clean(&line, method, 20);
		buf_adds(&line, "\t");
		put_clean(&line, path, 500);
		buf_adds(&line, "\t");
		put_clean(&line, shown, MAX_QUERY);
		buf_addf(&line, "\t%d\t%ld\t%zu\t%s\n", status, reply->rows,
				 reply->delivery == DELIVER_OVERSIZE ? (size_t) reply->size : reply->body.len,
				 reply->note.len ? reply->note.data : "-");
	}
	pthread_mutex_lock(&log_lock);
	total++;
	total_bytes += reply->body.len;
	total_faults += reply->note.len > 0;
	if (status >= 0 && status < 600)
		by_status[status]++;
	if (line.len > 0 && write(log_fd, line.data, line.len) != (ssize_t) line.len)
		fputs("emulator: the log cannot be written\n", stderr);
	pthread_mutex_unlock(&log_lock);
	buf_free(&line);
}

void
log_connection(int change)
{
	pthread_mutex_lock(&log_lock);
	connections += change;
	if (connections > connections_peak)
		connections_peak = connections;
	pthread_mutex_unlock(&log_lock);
}

/* GET /_emulator/stats */
void
stats_run(Reply *reply)
{
	Buf		   *buf = &reply->body;
	const char *comma = "";

	reply->status = 200;
	reply->type = "application/json;charset=UTF-8";
	pthread_mutex_lock(&log_lock);
	buf_addf(buf, "{\"requests\":%llu,\"bytes\":%llu,\"notes\":%llu,\"connections\":%d,"
			 "\"connections_peak\":%d,\"status\":{",
			 (unsigned long long) total, (unsigned long long) total_bytes,
			 (unsigned long long) total_faults, connections, connections_peak);
	for (int i = 0; i < 600; i++)
	{
		if (by_status[i] == 0)
			continue;
		buf_addf(buf, "%s\"%d\":%llu", comma, i, (unsigned long long) by_status[i]);
		comma = ",";
	}
	pthread_mutex_unlock(&log_lock);
	pthread_rwlock_rdlock(&store_lock);
	buf_addf(buf, "},\"offers\":%u,\"own\":%u,\"partner\":%u,\"ever\":%u,\"clients\":",
			 index_count[0], index_count[1], index_count[2], offers_count);
	pthread_rwlock_unlock(&store_lock);
	token_stats(buf);
	buf_adds(buf, ",\"faults\":");
	faults_describe(buf);
	buf_adds(buf, "}");
}
