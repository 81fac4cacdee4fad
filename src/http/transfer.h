/*
 * transfer.h
 *		One exchange with a server: the settings of a curl handle, its limits,
 *		and what came back.
 */
#ifndef JM_TRANSFER_H
#define JM_TRANSFER_H

#include "postgres.h"

#include <curl/curl.h>
#include <signal.h>

#include "http/headers.h"
#include "http/retry.h"

/*
 * The memory is the caller's.  All zero at first, then jm_transfer_start,
 * then jm_transfer_finish once curl says that it is done; jm_transfer_close at
 * any moment.
 */
typedef struct JmTransfer
{
	void	   *owner;			/* the caller's, who is told when ... */
	void		(*landed) (struct JmTransfer *transfer);	/* ... it is finished */

	/* settings */
	MemoryContext context;		/* of the body and the texts below */
	const char *ca_file;
	const char *token;			/* bearer, or NULL */
	const char *form;			/* body of a POST, or NULL for GET */

	/* the answer, after jm_transfer_finish */
	JmTransferEnd end;
	int			status;
	char	   *body;			/* NULL when there is none */
	size_t		body_len;
	char	   *content_type;	/* NULL when not given */
	JmContentRange range;
	int64		retry_after;	/* seconds, 0 when not given */
	char	   *location;		/* host that a redirect names, or NULL */
	int64		bytes;
	char	   *error;			/* what curl says, NULL when all went well */
	int			sqlstate;		/* of that error */
	const char *hint;			/* likewise, or NULL */

	/* private */
	CURL	   *easy;
	CURLM	   *multi;
	struct curl_slist *headers;
	size_t		body_size;
	size_t		limit;
	bool		plain;			/* http: only to this machine */
	bool		private_allowed;
	bool		too_large;
	bool		no_memory;
	char		forbidden[64];	/* address that was refused */
	char		errbuf[CURL_ERROR_SIZE];
} JmTransfer;

extern void jm_transfer_start(JmTransfer *transfer, CURLM *multi, const char *url);
extern void jm_transfer_finish(JmTransfer *transfer, CURLcode code);
extern void jm_transfer_close(JmTransfer *transfer);
extern int64 jm_transfer_pause(const JmTransfer *transfer, int nth);
extern int64 jm_transfer_live(void);

extern void jm_curl_init(void);
extern void jm_curl_enter(sigset_t *saved);
extern void jm_curl_leave(const sigset_t *saved);

#endif							/* JM_TRANSFER_H */
