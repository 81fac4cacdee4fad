/*
 * bench.c
 *		Pages a second: a bare keep-alive client for the emulator.
 *
 * bench PORT [SECONDS [CONNECTIONS [QUERY]]]
 *
 * It asks for pages of 150 offers of windows spread over the stock, counts
 * bodies and bytes, and prints the rate.  The client wants the default
 * credentials without a quota: --client PAR_demo:demo-secret:0 .  To measure
 * one core, start the emulator by "taskset -c 0" and this by "taskset -c 1".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 64

typedef struct Connection
{
	int			fd;
	char	   *buf;
	size_t		len;
}			Connection;

static const size_t buffer_size = 4 << 20;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void
stop(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static void
open_connection(Connection * c, int port)
{
	struct sockaddr_in address = {0};
	int			one = 1;

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *) &address, sizeof(address)) != 0)
		stop("cannot connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->buf = malloc(buffer_size);
	if (c->buf == NULL)
		stop("out of memory");
}

static void
send_all(Connection * c, const char *text)
{
	size_t		len = strlen(text);

	while (len > 0)
	{
		ssize_t		n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			stop("cannot send");
		text	  +=n;

		len -= n;
	}
}

/* Read one reply; its body is at buf + *body.  Returns the status. */
static int
read_reply(Connection * c, size_t *body, size_t *size)
{
	size_t		need = 0;
	char	   *p;

	c->len = 0;
	*size = 0;
	for (;;)
	{
		ssize_t		n;

		if (need == 0 && c->len > 0)
		{
			c->buf[c->len] = '\0';
			p = strstr(c->buf, "\r\n\r\n");
			if (p)
			{
				*body = p + 4 - c->buf;
				*p = '\0';
				p = strcasestr(c->buf, "\r\ncontent-length:");
				*size = p ? strtoul(p + 17, NULL, 10) : 0;
				need = *body + *size;
			}
		}
		if (need > 0 && c->len >= need)
			return atoi(c->buf + 9);
		if (need >= buffer_size || c->len >= buffer_size - 1)
			stop("reply too long");
		n = recv(c->fd, c->buf + c->len, buffer_size - 1 - c->len, 0);
		if (n <= 0)
			stop("connection closed");
		c->len += n;
	}
}

int
main(int argc, char **argv)
{
	static const char form[] =
	"grant_type=client_credentials&client_id=PAR_demo&client_secret=demo-secret&scope=api_offresdemploiv2";
	Connection	connections[MAX_CONNECTIONS] = {0};
	int			port = argc > 1 ? atoi(argv[1]) : 0;
	double		seconds = argc > 2 ? atof(argv[2]) : 5;
	int			n = argc > 3 ? atoi(argv[3]) : 2;
	const char *extra = argc > 4 ? argv[4] : "";
	char		request[4096];
	char		token[128] = "";
	char	   *p;
	size_t		body;
	size_t		size;
	double		start;
	double		elapsed;
	long		asked = 0;
	long		pages = 0;
	long		full = 0;
	double		bytes = 0;

	if (port == 0 || n < 1 || n > MAX_CONNECTIONS)
		stop("usage: bench PORT [SECONDS [CONNECTIONS [QUERY]]]");
	for (int i = 0; i < n; i++)
		open_connection(&connections[i], port);

	snprintf(request, sizeof(request),
			 "POST /connexion/oauth2/access_token?realm=/partenaire HTTP/1.1\r\nHost: localhost\r\n"
			 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
			 sizeof(form) - 1, form);
	send_all(&connections[0], request);
	if (read_reply(&connections[0], &body, &size) != 200)
		stop("no token");
	p = strstr(connections[0].buf + body, "\"access_token\":\"");
	if (p)
		snprintf(token, sizeof(token), "%.*s", (int) strcspn(p + 16, "\""), p + 16);

	start = now();
	do
	{
		for (int i = 0; i < n; i++, asked++)
		{
			/* windows end 0 to 29 days ago, and each is read from 21 places */
			time_t		end = time(NULL) - asked / 21 % 30 * 86400;
			struct tm	tm;
			char		date[32];
			long		first = asked % 21 * 150;

			gmtime_r(&end, &tm);
			strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
			snprintf(request, sizeof(request),
					 "GET /partenaire/offresdemploi/v2/offres/search?range=%ld-%ld&sort=1&origineOffre=%ld"
					 "&minCreationDate=2000-01-01T00:00:00Z&maxCreationDate=%s%s HTTP/1.1\r\n"
					 "Host: localhost\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n",
					 first, first + 149, asked % 2 + 1, date, extra, token);
			send_all(&connections[i], request);
		}
		for (int i = 0; i < n; i++)
		{
			int			status = read_reply(&connections[i], &body, &size);

			if (status != 200 && status != 206 && status != 204)
				stop("unexpected status");
			pages++;
			full += size > 100000;
			bytes += size;
		}
		elapsed = now() - start;
	} while (elapsed < seconds);
	printf("%ld pages (%ld full) in %.2f s: %.0f pages/s, %.0f kB a page, %.0f MB/s\n",
		   pages, full, elapsed, pages / elapsed, bytes / pages / 1000, bytes / elapsed / 1e6);
	return 0;
}
