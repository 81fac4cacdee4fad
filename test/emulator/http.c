/*
 * http.c
 *		From HTTP requests to replies and back.
 *
 * A request is answered in three steps: the reply is worked out (who asks,
 * quota, faults, work), the connection is put to sleep if the answer is to be
 * late, and the reply is sent in the manner a fault may have chosen.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <zlib.h>

#include <microhttpd.h>

#include "emu.h"

#define API "/partenaire/offresdemploi/v2/"
#define MAX_BODY 65536

typedef struct Request
{
	char	   *path;			/* decoded */
	char	   *query;			/* as received */
	bool		begun;
	bool		done;			/* the reply is ready */
	Buf			body;
	Reply		reply;
} Request;

/* A body that is not simply sent */
typedef struct Stream
{
	struct MHD_Connection *connection;
	Delivery	delivery;
	char	   *data;
	size_t		size;			/* announced */
	size_t		cut;			/* where a truncated one ends */
	int64_t		started_us;
} Stream;

static struct MHD_Daemon *server;

static void *
request_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
	Request    *request = calloc(1, sizeof(Request));
	char	   *query;

	(void) cls;
	(void) connection;
	if (request == NULL)
		fatal("out of memory");
	request->path = xstrdup(uri);
	query = strchr(request->path, '?');
	if (query)
		*query++ = '\0';
	request->query = xstrdup(query ? query : "");
	percent_decode(request->path, false);
	return request;
}

static void
request_end(void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode code)
{
	Request    *request = *con_cls;

	(void) cls;
	(void) connection;
	(void) code;
	if (request == NULL)
		return;
	free(request->path);
	free(request->query);
	buf_free(&request->body);
	buf_free(&request->reply.body);
	buf_free(&request->reply.note);
	free(request);
	*con_cls = NULL;
}

static void
connection_event(void *cls, struct MHD_Connection *connection, void **socket_context,
				 enum MHD_ConnectionNotificationCode code)
{
	(void) cls;
	(void) connection;
	(void) socket_context;
	log_connection(code == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1);
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool
only(Reply *reply, const char *method, const char *allowed)
{
	if (strcmp(method, allowed) == 0)
		return true;
	reply->status = 405;
	reply_header(reply, "Allow", "%s", allowed);
	return false;
}

/* A call of the API: who asks, quota, faults, then the work */
static void
api_call(Request *request, struct MHD_Connection *connection, PathKind path, const char *rest, int64_t at_us)
{
	Reply	   *reply = &request->reply;
	const char *authorization = header(connection, "Authorization");
	uint64_t	counter;
	int			client;

	if (!token_check(reply, authorization, at_us, &client) || !quota_take(reply, client, at_us))
		return;
	counter = fault_count(path);
	if (path == PATH_SEARCH)
		churn_step();
	if (fault_before(reply, path, counter, client, authorization))
		return;
	if (path == PATH_SEARCH)
		search_run(reply, request->query, counter);
	else if (path == PATH_DETAIL)
		detail_run(reply, rest);
	else
		referential_run(reply, rest);
	fault_after(reply, path, counter);
}

static void
answer_request(Request *request, struct MHD_Connection *connection, const char *method)
{
	Reply	   *reply = &request->reply;
	const char *path = request->path;
	int64_t		at_us = now_us();
	bool		logged = true;

	reply->rows = -1;
	if (strcmp(path, "/connexion/oauth2/access_token") == 0)
	{
		if (only(reply, method, "POST"))
		{
			uint64_t	counter = fault_count(PATH_TOKEN);

			reply->delay_ms += (int) faults.token_delay_ms;
			if (!fault_before(reply, PATH_TOKEN, counter, -1, NULL))
			{
				token_run(reply, request->query, header(connection, "Content-Type"),
						  request->body.data ? request->body.data : "");
				fault_after(reply, PATH_TOKEN, counter);
			}
		}
	}
	else if (strcmp(path, API "offres/search") == 0)
	{
		if (only(reply, method, "GET"))
			api_call(request, connection, PATH_SEARCH, "", at_us);
	}
	else if (strncmp(path, API "offres/", strlen(API "offres/")) == 0)
	{
		if (only(reply, method, "GET"))
			api_call(request, connection, PATH_DETAIL, path + strlen(API "offres/"), at_us);
	}
	else if (strncmp(path, API "referentiel/", strlen(API "referentiel/")) == 0)
	{
		if (only(reply, method, "GET"))
			api_call(request, connection, PATH_REFERENTIAL, path + strlen(API "referentiel/"), at_us);
	}
	else if (strcmp(path, "/navigation/isochrone") == 0 || strcmp(path, "/isochrone") == 0)
	{
		/* open to all: no token, no quota */
		if (only(reply, method, "GET"))
		{
			uint64_t	counter = fault_count(PATH_ISOCHRONE);

			if (!fault_before(reply, PATH_ISOCHRONE, counter, -1, NULL))
			{
				(path[1] == 'n' ? isochrone_ign : isochrone_valhalla) (reply, request->query);
				fault_after(reply, PATH_ISOCHRONE, counter);
			}
		}
	}
	else if (strncmp(path, "/_emulator/", 11) == 0)
	{
		logged = false;
		control_run(reply, path + 11, request->query, strcmp(method, "POST") == 0);
	}
	else
		reply->status = 404;

	if (logged)
	{
		reply->delay_ms += (int) faults.slow_ms;
		log_request(at_us, method, path, request->query, reply);
	}
}

static ssize_t
stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
	static const char filler[] = "{\"id\":\"0000000\",\"intitule\":\"Trop long\"},";
	Stream	   *s = cls;
	size_t		left = s->size - pos;

	if (s->delivery == DELIVER_TRUNCATE)
	{
		if (pos >= s->cut)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		left = s->cut - pos;
	}
	else if (s->delivery == DELIVER_DRIP)
	{
		/*
		 * as many bytes as the time elapsed allows, looked at ten times a
		 * second
		 */
		int64_t		rate = faults.drip_rate > 0 ? faults.drip_rate : 1;
		int64_t		due = (now_us() - s->started_us) * rate / 1000000 + 1;

		if (timer_stopping())
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (due <= (int64_t) pos)
		{
			MHD_suspend_connection(s->connection);
			timer_after(s->connection, rate >= 10 ? 100 : (int) (1000 / rate));
			return 0;
		}
		if (left > (size_t) due - pos)
			left = (size_t) due - pos;
	}
	if (left > max)
		left = max;
	if (s->data)
		memcpy(out, s->data + pos, left);
	else
		for (size_t i = 0; i < left; i++)
			out[i] = pos + i < 14 ? "{\"resultats\":["[pos + i] : filler[(pos + i - 14) % (sizeof(filler) - 1)];
	return left;
}

static void
stream_free(void *cls)
{
	Stream	   *s = cls;

	free(s->data);
	free(s);
}

/* Compress the body when both sides want it. */
static bool
compress_body(Reply *reply)
{
	z_stream	z = {0};
	Buf			out = {0};
	bool		ok;

	if (reply->body.len < 200 || deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	buf_reserve(&out, deflateBound(&z, reply->body.len));
	z.next_in = (unsigned char *) reply->body.data;
	z.avail_in = reply->body.len;
	z.next_out = (unsigned char *) out.data;
	z.avail_out = out.cap;
	ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
	out.len = z.total_out;
	deflateEnd(&z);
	if (!ok)
	{
		buf_free(&out);
		return false;
	}
	buf_free(&reply->body);
	reply->body = out;
	return true;
}

static struct MHD_Response *
make_response(Reply *reply, struct MHD_Connection *connection)
{
	struct MHD_Response *response;

	if (reply->delivery == DELIVER_PLAIN)
	{
		response = MHD_create_response_from_buffer(reply->body.len,
												   reply->body.data ? reply->body.data : (void *) "",
												   reply->body.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
		if (response)
			memset(&reply->body, 0, sizeof(reply->body));
	}
	else
	{
		Stream	   *s = calloc(1, sizeof(Stream));

		if (s == NULL)
			return NULL;
		s->connection = connection;
		s->delivery = reply->delivery;
		s->started_us = now_us();
		if (reply->delivery == DELIVER_OVERSIZE)
			s->size = reply->size;
		else
		{
			s->data = reply->body.data;
			s->size = reply->body.len;
			s->cut = reply->size;
			memset(&reply->body, 0, sizeof(reply->body));
		}
		response = MHD_create_response_from_callback(s->size, 65536, stream_read, s, stream_free);
		if (response == NULL)
			stream_free(s);
	}
	return response;
}

static enum MHD_Result
send_reply(Reply *reply, struct MHD_Connection *connection)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	bool		packed = false;

	if (reply->delivery == DELIVER_RESET)
	{
		const union MHD_ConnectionInfo *info;
		struct linger hard = {1, 0};

		info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		return MHD_NO;
	}
	if (options.gzip && reply->delivery != DELIVER_OVERSIZE)
	{
		const char *accepted = header(connection, "Accept-Encoding");

		packed = accepted && strstr(accepted, "gzip") && compress_body(reply);
		if (packed && reply->delivery == DELIVER_TRUNCATE)
			reply->size %= reply->body.len;
	}
	response = make_response(reply, connection);
	if (response == NULL)
		return MHD_NO;
	if (reply->type)
		MHD_add_response_header(response, "Content-Type", reply->type);
	if (packed)
		MHD_add_response_header(response, "Content-Encoding", "gzip");
	for (int i = 0; i < reply->nheaders; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
	   const char *version, const char *upload, size_t *upload_size, void **con_cls)
{
	Request    *request = *con_cls;

	(void) cls;
	(void) url;
	(void) version;
	if (request == NULL)
		return MHD_NO;
	if (!request->begun)
	{
		/* the headers are here, a body may follow */
		request->begun = true;
		return MHD_YES;
	}
	if (*upload_size > 0)
	{
		if (request->body.len + *upload_size <= MAX_BODY)
			buf_add(&request->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!request->done)
	{
		answer_request(request, connection, method);
		request->done = true;
		if (request->reply.delay_ms > 0 && !timer_stopping())
		{
			MHD_suspend_connection(connection);
			timer_after(connection, request->reply.delay_ms);
			return MHD_YES;
		}
	}
	return send_reply(&request->reply, connection);
}

static char *
read_file(const char *path)
{
	FILE	   *in = fopen(path, "rb");
	Buf			buf = {0};
	char		block[4096];
	size_t		n;

	if (in == NULL)
		fatal("cannot open \"%s\"", path);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		buf_add(&buf, block, n);
	fclose(in);
	return buf.data ? buf.data : xstrdup("");
}

/* The library also speaks of every client that hangs up: only starts matter. */
static void
server_message(void *cls, const char *fmt, va_list args)
{
	(void) cls;
	if (server == NULL)
		vfprintf(stderr, fmt, args);
}

/* Listen on the loopback address; returns the port. */
int
http_start(void)
{
	struct sockaddr_in address = {0};
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem extra[4] = {0};
	int			n = 0;
	const union MHD_DaemonInfo *info;

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t) options.port);
	if (options.threads > 1)
		extra[n++] = (struct MHD_OptionItem)
	{
		MHD_OPTION_THREAD_POOL_SIZE, options.threads, NULL
	};
	if (options.tls_cert)
	{
		flags |= MHD_USE_TLS;
		extra[n++] = (struct MHD_OptionItem)
		{
			MHD_OPTION_HTTPS_MEM_CERT, 0, read_file(options.tls_cert)
		};
		extra[n++] = (struct MHD_OptionItem)
		{
			MHD_OPTION_HTTPS_MEM_KEY, 0, read_file(options.tls_key)
		};
	}
	extra[n] = (struct MHD_OptionItem)
	{
		MHD_OPTION_END, 0, NULL
	};
	server = MHD_start_daemon(flags, (uint16_t) options.port, NULL, NULL, handle, NULL,
							  MHD_OPTION_EXTERNAL_LOGGER, server_message, NULL,
							  MHD_OPTION_SOCK_ADDR, (struct sockaddr *) &address,
							  MHD_OPTION_URI_LOG_CALLBACK, request_begin, NULL,
							  MHD_OPTION_NOTIFY_COMPLETED, request_end, NULL,
							  MHD_OPTION_NOTIFY_CONNECTION, connection_event, NULL,
							  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) 131072,
							  MHD_OPTION_CONNECTION_LIMIT, 4000u,
	/* a client that half closed would else stay for ever */
							  MHD_OPTION_CONNECTION_TIMEOUT, 75u,
							  MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
							  MHD_OPTION_ARRAY, extra,
							  MHD_OPTION_END);
	if (server == NULL)
		fatal("cannot listen on port %d", options.port);
	info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT);
	return info ? info->port : options.port;
}

void
http_stop(void)
{
	if (server)
		MHD_stop_daemon(server);
	server = NULL;
}
