/*
 * http.h
 *		Requests to the APIs behind our foreign servers: what other topics use.
 *
 * A request is submitted and waits, in this order, for a token, for an instant
 * that the server's quota allows, for the answer, and where a retry may help
 * for the end of a back-off.  Many requests of many servers do so at once in
 * one client; none waits for another.  Waiting serves interrupts and needs no
 * transaction, no snapshot and no catalog access.
 *
 * An answer is data, not an error: whatever its outcome the request comes
 * back, and jm_request_raise turns it into an ERROR where the caller wants one.
 */
#ifndef JM_HTTP_H
#define JM_HTTP_H

#include "postgres.h"

#include "http/headers.h"
#include "http/retry.h"

#define JM_TOKEN_KEY_LEN 32

/*
 * A foreign server with the caller's user mapping, checked and ready.
 *
 * Strings are never NULL unless said so.  It must outlive its requests.
 */
typedef struct JmServer
{
	Oid			serverid;
	char	   *name;
	char	   *provider;
	char	   *api_url;		/* without a slash at its end */
	char	   *token_url;		/* NULL: the API asks for no token */
	char	   *scope;
	char	   *resource;		/* of the provider's that is asked, "" where
								 * it has one only */
	char	   *ca_file;		/* NULL: the system's authorities */
	double		requests_per_second;
	int			burst;			/* requests that may go at once after a pause */
	char	   *client_id;		/* NULL without a token */
	char	   *client_secret;	/* likewise; never printed, wiped with its
								 * memory */
	uint8		token_key[JM_TOKEN_KEY_LEN];	/* digest of all that a token
												 * depends on */
} JmServer;

/*
 * One request and, once it is complete, its answer.  Lives until
 * jm_request_free or the end of its memory context.
 */
typedef struct JmRequest
{
	JmServer   *server;
	void	   *tag;			/* the caller's */

	JmOutcome	outcome;
	int			status;			/* HTTP status of the last answer, 0 without */
	char	   *body;			/* NUL-terminated, never NULL */
	size_t		body_len;
	char	   *content_type;	/* NULL when not given */
	JmContentRange range;
	char	   *message;		/* one line for people, in the database's
								 * encoding, never a secret */
	char	   *error_code;		/* codeErreur of the API, or NULL */
	char	   *hint;			/* what to do about it, or NULL */
	int			sqlstate;		/* for jm_request_raise, 0 when JM_OK */

	int			attempts;		/* times that it was sent */
	int			throttled;		/* of these, answers 429 */
	int64		bytes;			/* received, as sent over the wire */
} JmRequest;

typedef struct JmClient JmClient;

/*
 * Looks a server and the current user's mapping up.  palloc'ed in
 * CurrentMemoryContext.  Needs a transaction (the only function here that
 * does).
 *
 * ERROR when the server does not exist (42704) or is not ours (HV000), the
 * user lacks USAGE (42501), has no mapping (42704) or an incomplete one
 * (HV002).
 */
extern JmServer *jm_server_open(const char *name);

/*
 * Makes a client: connections that are kept alive, and at most max_in_flight
 * requests on their way at once.  It lives in a context below parent, and goes
 * with all its requests when that is reset.
 */
extern JmClient *jm_client_create(MemoryContext parent, int max_in_flight);
extern void jm_client_destroy(JmClient *client);

/*
 * Queues GET api_url || path || '?' || query.  path and query are copied;
 * server must outlive the request.  Nothing is sent before the next
 * jm_client_wait, nor before pause_ms milliseconds have passed.
 */
extern JmRequest *jm_client_submit(JmClient *client, JmServer *server,
								   const char *path, const char *query, void *tag,
								   int pause_ms);

/*
 * Works on all requests of the client until one is complete, and returns it.
 * NULL when none is pending, or after timeout_ms (-1: no limit, 0: only looks
 * at what is there).  Serves interrupts at every turn.
 */
extern JmRequest *jm_client_wait(JmClient *client, long timeout_ms);

/* Number of requests submitted and not yet returned by jm_client_wait. */
extern int	jm_client_pending(JmClient *client);

/* Frees a request; one that is not complete is abandoned. */
extern void jm_request_free(JmRequest *request);

/*
 * A text of the database percent-encoded, as UTF-8, for a part of a path or
 * query (all but letters, digits and "-._~"); palloc'ed.
 */
extern char *jm_url_encode(const char *plain);

/* ERROR that tells what became of a request whose outcome is not JM_OK. */
extern void jm_request_raise(const JmRequest *request) pg_attribute_noreturn();

/*
 * One request from start to end, whatever its outcome, on a client that the
 * backend keeps so that the next one finds the connection open.  The request
 * lives in CurrentMemoryContext.
 */
extern JmRequest *jm_http_get(JmServer *server, const char *path, const char *query);

/* Called by _PG_init: shared memory, when the library is preloaded. */
extern void jm_http_init(void);

#endif							/* JM_HTTP_H */
