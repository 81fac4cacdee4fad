/*
 * shared.h
 *		What all backends know together: quotas and tokens.
 *
 * In shared memory when the library is preloaded.  Otherwise each backend has
 * a copy of its own, and the quota is kept by advisory locks (quota.c).
 */
#ifndef JM_HTTP_SHARED_H
#define JM_HTTP_SHARED_H

#include "postgres.h"

#include "core/shared_memory.h"
#include "http/gcra.h"
#include "http/http.h"

#define JM_QUOTA_SLOTS	128
#define JM_TOKEN_SLOTS	32
#define JM_TOKEN_SIZE	8192	/* longest token, with its NUL */

/* The quota of one server of one database. */
typedef struct JmQuotaSlot
{
	Oid			database;		/* InvalidOid: free */
	Oid			server;
	int64		used_at;
	JmGcra		gcra;

	/* of a backend's own copy only */
	int			holders;		/* our requests under the advisory lock */
	int64		locked_at;
	int64		release_at;		/* not before */
	int64		retry_at;		/* others first */
} JmQuotaSlot;

/* The token of one application, for one database. */
typedef struct JmTokenSlot
{
	bool		used;
	uint8		key[JM_TOKEN_KEY_LEN];
	int64		used_at;
	uint64		generation;		/* tells a token from the one before it */
	int64		renew_at;		/* 0: there is no token */
	int64		expires_at;
	int			renewer;		/* process that fetches the next, or 0 */
	int64		renewer_until;	/* after that somebody else may */
	char		token[JM_TOKEN_SIZE];
} JmTokenSlot;

typedef struct JmHttpShared
{
	JmSharedHead head;			/* its lock: NULL in a backend's own copy */
	uint64		generation;
	JmQuotaSlot quota[JM_QUOTA_SLOTS];
	JmTokenSlot token[JM_TOKEN_SLOTS];
} JmHttpShared;

extern JmHttpShared *jm_http_shared(void);
extern JmHttpShared *jm_http_lock(void);
extern void jm_http_unlock(JmHttpShared *shared);
extern int64 jm_http_now(void);

/* quota.c */
extern int64 jm_quota_take(const JmServer *server, int64 now, bool *holds);
extern int64 jm_quota_finish(const JmServer *server, int64 now, bool *holds);
extern void jm_quota_abandon(Oid serverid, bool *holds);
extern void jm_quota_push(const JmServer *server, int64 until);

/* token.c */
typedef enum JmTokenState
{
	JM_TOKEN_READY,				/* there is one */
	JM_TOKEN_RENEW,				/* the caller is to fetch it */
	JM_TOKEN_BUSY				/* somebody else fetches it */
} JmTokenState;

extern JmTokenState jm_token_get(const uint8 *key, int64 now, int64 lease,
								 char *token, uint64 *generation);
extern void jm_token_extend(const uint8 *key, int64 until);
extern void jm_token_store(const uint8 *key, const char *token, double life, int64 now);
extern void jm_token_release(const uint8 *key);
extern bool jm_token_reject(const uint8 *key, uint64 generation);

#endif							/* JM_HTTP_SHARED_H */
