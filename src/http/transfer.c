/*
 * transfer.c
 *		One exchange with a server: the settings of a curl handle, its limits,
 *		and what came back.
 *
 * No function that curl calls back may raise an error: it would jump through
 * frames of curl.  They note what happened in the transfer and make curl stop.
 */
#include "postgres.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/compat.h"
#include "core/guc.h"
#include "core/version.h"
#include "http/address.h"
#include "http/retry.h"
#include "http/transfer.h"
#include "http/url.h"
#include "libpq/pqsignal.h"
#include "utils/memutils.h"

#define FIRST_BODY 65536		/* bytes of a body's first buffer */
#define LOW_SPEED 100L			/* bytes a second; less is a stall */

static const JmContentRange no_range = {false, -1, -1, -1};
static int64 live = 0;

/* curl handles with a transfer in this backend. */
int64
jm_transfer_live(void)
{
	return live;
}

/*
 * jm_curl_enter, jm_curl_leave
 *		To stand around every call of curl that may do more than set a value.
 *
 * curl resolves names in threads of its own, which inherit the signal mask.
 * With all signals blocked the server's handlers can never run in them.
 */
void
jm_curl_enter(sigset_t *saved)
{
	sigset_t	mask = BlockSig;

	/* the server leaves SIGQUIT open; our calls are short enough */
	sigaddset(&mask, SIGQUIT);
	sigprocmask(SIG_SETMASK, &mask, saved);
}

void
jm_curl_leave(const sigset_t *saved)
{
	sigprocmask(SIG_SETMASK, saved, NULL);
}

/* Prepares curl, once in a backend; ERROR when that fails. */
void
jm_curl_init(void)
{
	static bool initialised = false;
	CURLcode	code;
	sigset_t	saved;

	if (initialised)
		return;
	/* never in the postmaster: TLS libraries do not survive a fork */
	jm_curl_enter(&saved);
	code = curl_global_init(CURL_GLOBAL_DEFAULT);
	jm_curl_leave(&saved);
	if (code != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("could not initialize libcurl: %s", curl_easy_strerror(code))));
	initialised = true;
}

/*
 * Makes room for more bytes and a NUL; false when there is no memory.  Not
 * repalloc, which has no form that returns in all server versions.
 */
static bool
reserve(JmTransfer *transfer, size_t more)
{
	size_t		need = transfer->body_len + more + 1;
	size_t		size = Max(transfer->body_size * 2, FIRST_BODY);
	char	   *body;

	if (need <= transfer->body_size)
		return true;
	size = Max(size, need);
	body = MemoryContextAllocExtended(transfer->context, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (body == NULL)
		return false;
	if (transfer->body)
	{
		memcpy(body, transfer->body, transfer->body_len);
		pfree(transfer->body);
	}
	transfer->body = body;
	transfer->body_size = size;
	return true;
}

/* curl: a piece of the body, decompressed. */
static size_t
on_body(char *data, size_t size, size_t nmemb, void *arg)
{
	JmTransfer *transfer = (JmTransfer *) arg;
	size_t		len = size * nmemb;

	if (len > transfer->limit - transfer->body_len)
	{
		transfer->too_large = true;
		return 0;
	}
	if (!reserve(transfer, len))
	{
		transfer->no_memory = true;
		return 0;
	}
	memcpy(transfer->body + transfer->body_len, data, len);
	transfer->body_len += len;
	return len;
}

/* curl: one line of the head of an answer. */
static size_t
on_header(char *data, size_t size, size_t nmemb, void *arg)
{
	JmTransfer *transfer = (JmTransfer *) arg;
	size_t		len = size * nmemb;
	const char *value;
	size_t		value_len;

	/* the final answer comes after any number of interim ones */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		transfer->range = no_range;
	else if (jm_header_value(data, len, "Content-Range", &value, &value_len))
		jm_content_range_parse(value, value_len, &transfer->range);
	return len;
}

/* curl: wants a socket for an address. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	JmTransfer *transfer = (JmTransfer *) arg;
	JmAddressClass class = jm_address_class(&address->addr);
	bool		allowed = class == JM_ADDRESS_PUBLIC;

	if (class != JM_ADDRESS_RESERVED && transfer->private_allowed)
		allowed = true;
	/* the name in a plain URL was this machine's: so must the address be */
	if (transfer->plain && class != JM_ADDRESS_LOOPBACK)
		allowed = false;

	if (!allowed)
	{
		if (!jm_address_text(&address->addr, transfer->forbidden, sizeof(transfer->forbidden)))
			strlcpy(transfer->forbidden, "?", sizeof(transfer->forbidden));
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype, address->protocol);
}

/* Sets everything that a transfer needs; stops at the first refusal. */
static CURLcode
set_options(JmTransfer *transfer, const char *url)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code;

#define SET(option, value) \
	do { \
		code = curl_easy_setopt(easy, option, value); \
		if (code != CURLE_OK) \
			return code; \
	} while (0)

	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->errbuf);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_URL, url);

	/* where a request may go */
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	/* a proxy of the environment would hide the address from on_socket */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, transfer);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (transfer->ca_file)
	{
		SET(CURLOPT_CAINFO, transfer->ca_file);
		/* that file and nothing else */
		SET(CURLOPT_CAPATH, NULL);
	}

	/* how long it may take, and how much it may bring */
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long) jm_connect_timeout);
	SET(CURLOPT_TIMEOUT_MS, (long) jm_request_timeout);
	if (jm_stall_timeout > 0)
	{
		/* a limit of speed wakes curl every second */
		SET(CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED);
		SET(CURLOPT_LOW_SPEED_TIME, (long) jm_stall_timeout);
	}
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) transfer->limit);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* or giving up would wait for the thread that resolves the name */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif

	/*
	 * One connection a request in flight: what breaks one breaks no other,
	 * and a cut answer shows in its Content-Length.
	 */
	SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_USERAGENT, "jobmarket/" JM_VERSION " (+PostgreSQL)");
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	if (transfer->form)
	{
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) strlen(transfer->form));
		SET(CURLOPT_POSTFIELDS, transfer->form);
	}

	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, transfer);
#undef SET
	return CURLE_OK;
}

/* Appends a line to the request's head; false without memory. */
static bool
add_header(JmTransfer *transfer, const char *line)
{
	struct curl_slist *longer = curl_slist_append(transfer->headers, line);

	if (longer == NULL)
		return false;
	transfer->headers = longer;
	return true;
}

static bool
set_headers(JmTransfer *transfer)
{
	char	   *line;
	bool		good;

	if (!add_header(transfer, "Accept: application/json"))
		return false;
	/* curl would wait for a 100 before it sends a long form */
	if (transfer->form && !add_header(transfer, "Expect:"))
		return false;
	if (transfer->token == NULL)
		return true;
	line = psprintf("Authorization: Bearer %s", transfer->token);
	good = add_header(transfer, line);
	explicit_bzero(line, strlen(line));
	pfree(line);
	return good;
}

/*
 * jm_transfer_start
 *		Hands a transfer to multi, which does the rest.  ERROR without memory.
 */
void
jm_transfer_start(JmTransfer *transfer, CURLM *multi, const char *url)
{
	sigset_t	saved;
	CURLcode	code;

	jm_transfer_close(transfer);

	if (transfer->body)
		pfree(transfer->body);
	transfer->body = NULL;
	transfer->body_len = transfer->body_size = 0;
	transfer->limit = (size_t) jm_max_response_size * 1024;
	transfer->plain = jm_url_is_plain(url);
	transfer->private_allowed = jm_allow_private_networks;
	transfer->too_large = transfer->no_memory = false;
	transfer->forbidden[0] = transfer->errbuf[0] = '\0';
	transfer->range = no_range;

	jm_curl_enter(&saved);
	transfer->easy = curl_easy_init();
	jm_curl_leave(&saved);
	if (transfer->easy == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	live++;

	code = set_headers(transfer) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
	jm_curl_enter(&saved);
	if (code == CURLE_OK)
		code = set_options(transfer, url);
	if (code == CURLE_OK)
	{
		transfer->multi = multi;
		if (curl_multi_add_handle(multi, transfer->easy) != CURLM_OK)
		{
			transfer->multi = NULL;
			code = CURLE_OUT_OF_MEMORY;
		}
	}
	jm_curl_leave(&saved);
	if (code != CURLE_OK)
	{
		jm_transfer_close(transfer);
		ereport(ERROR,
				(errcode(code == CURLE_OUT_OF_MEMORY ? ERRCODE_OUT_OF_MEMORY :
						 ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("could not prepare a request: %s", curl_easy_strerror(code))));
	}
}

/*
 * Where the fault of a failed transfer lies, with the words and the SQLSTATE
 * for it.  How curl's codes sort depends on whether a connection was there.
 */
static void
explain_failure(JmTransfer *transfer, CURLcode code)
{
	const char *words = transfer->errbuf[0] ? transfer->errbuf : curl_easy_strerror(code);

	transfer->end = JM_END_NETWORK;
	transfer->sqlstate = ERRCODE_CONNECTION_FAILURE;
	switch (code)
	{
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_CONNECT:
			transfer->hint = "Check the server options \"api_url\" and \"token_url\", and the network of the database server.";
			transfer->sqlstate = ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
			break;
		case CURLE_SSL_CONNECT_ERROR:
			transfer->hint = "Is it a server that speaks TLS 1.2 or later?  Check the server options \"api_url\" and \"token_url\".";
			transfer->sqlstate = ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
			break;
		case CURLE_OPERATION_TIMEDOUT:
			transfer->hint = "Limits of time are the settings jobmarket.connect_timeout, jobmarket.request_timeout and jobmarket.stall_timeout.";
			break;
		case CURLE_PARTIAL_FILE:
		case CURLE_GOT_NOTHING:
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
		case CURLE_BAD_CONTENT_ENCODING:
		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_UNSUPPORTED_PROTOCOL:	/* HTTP/0.9 */
			transfer->hint = "The API or the network may have a problem; try again later.";
			break;
		case CURLE_PEER_FAILED_VERIFICATION:
			transfer->end = JM_END_PERMANENT;
			transfer->sqlstate = ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
			transfer->hint = "The certificate must be signed by an authority that the database server's system knows, "
				"or by one in the file that the server option \"ca_file\" names.";
			break;
		case CURLE_SSL_CACERT_BADFILE:
			transfer->end = JM_END_PERMANENT;
			transfer->sqlstate = ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
			transfer->hint = "The file that the server option \"ca_file\" names must hold certificates in PEM format "
				"and be readable by the database server.";
			break;
		default:
			transfer->end = JM_END_PERMANENT;
			break;
	}

	if (transfer->forbidden[0] && code == CURLE_COULDNT_CONNECT)
	{
		transfer->end = JM_END_PERMANENT;
		transfer->sqlstate = ERRCODE_INSUFFICIENT_PRIVILEGE;
		if (transfer->plain && transfer->private_allowed)
		{
			words = psprintf("address %s is not this machine's, and plain http goes nowhere else",
							 transfer->forbidden);
			transfer->hint = "Use an https URL.";
		}
		else
		{
			words = psprintf("requests to the address %s are not allowed", transfer->forbidden);
			transfer->hint = transfer->private_allowed ? "It is reserved: no host has it." :
				"A superuser can allow loopback and private addresses with the setting jobmarket.allow_private_networks.";
		}
	}
	if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED)
	{
		transfer->end = JM_END_TOO_LARGE;
		transfer->sqlstate = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		words = psprintf("the answer is larger than %zu kB", transfer->limit / 1024);
		transfer->hint = "The limit is the setting jobmarket.max_response_size.";
	}
	if (transfer->no_memory || code == CURLE_OUT_OF_MEMORY)
	{
		transfer->end = JM_END_PERMANENT;
		transfer->sqlstate = ERRCODE_OUT_OF_MEMORY;
		words = "out of memory";
	}
	transfer->error = MemoryContextStrdup(transfer->context, words);
}

/*
 * jm_transfer_finish
 *		Takes over what came back from a transfer that curl ended with code,
 *		and closes it.
 */
void
jm_transfer_finish(JmTransfer *transfer, CURLcode code)
{
	CURL	   *easy = transfer->easy;
	long		status = 0;
	char	   *text = NULL;
	curl_off_t	number = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->status = (int) status;
	transfer->content_type = NULL;
	if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text)
		transfer->content_type = MemoryContextStrdup(transfer->context, text);
	transfer->retry_after = 0;
	if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &number) == CURLE_OK)
		transfer->retry_after = number;
	transfer->bytes = 0;
	if (curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &number) == CURLE_OK)
		transfer->bytes = number;
	transfer->location = NULL;
	if (curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &text) == CURLE_OK && text)
	{
		char		host[256];

		if (jm_url_host(text, host, sizeof(host)))
			transfer->location = MemoryContextStrdup(transfer->context, host);
	}

	transfer->end = JM_END_ANSWER;
	transfer->error = NULL;
	transfer->hint = NULL;
	transfer->sqlstate = 0;
	if (code != CURLE_OK)
		explain_failure(transfer, code);
	if (transfer->body)
		transfer->body[transfer->body_len] = '\0';
	jm_transfer_close(transfer);
}

/*
 * jm_transfer_close
 *		Gives the curl handle back, whatever its state; the answer stays.
 */
void
jm_transfer_close(JmTransfer *transfer)
{
	sigset_t	saved;

	if (transfer->easy)
	{
		jm_curl_enter(&saved);
		if (transfer->multi)
			curl_multi_remove_handle(transfer->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
		jm_curl_leave(&saved);
		transfer->easy = NULL;
		transfer->multi = NULL;
		live--;
	}
	if (transfer->headers)
	{
		/* one of them holds the token */
		for (struct curl_slist *line = transfer->headers; line; line = line->next)
			explicit_bzero(line->data, strlen(line->data));
		curl_slist_free_all(transfer->headers);
		transfer->headers = NULL;
	}
}

/* Random number in [0, 1). */
static double
random_unit(void)
{
	uint32		bits;

	if (!pg_strong_random(&bits, sizeof(bits)))
		return 0.5;
	return bits / 4294967296.0;
}

/*
 * Microseconds to wait before a request is sent again for the nth time: what
 * the answer asked for, or a back-off of our own.
 */
int64
jm_transfer_pause(const JmTransfer *transfer, int nth)
{
	int64		pause = jm_retry_delay(nth, random_unit());

	if (transfer->retry_after > 0)
		pause = Max(pause, Min(transfer->retry_after, jm_max_retry_after) * INT64CONST(1000000));
	return pause;
}
