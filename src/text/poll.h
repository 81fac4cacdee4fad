/*
 * poll.h
 *		A way out of loops over long texts.  Plain C.
 */
#ifndef JM_POLL_H
#define JM_POLL_H

#include <stdbool.h>
#include <stddef.h>

/* Called now and then; it may jump out.  NULL where a text cannot be long. */
typedef void (*JmPoll) (void);

#define JM_POLL_BYTES 65536

/*
 * For a loop over len bytes that costs nothing more than one without:
 *	for (at = stop = 0; at < stop || jm_more(at, len, &stop, poll); at++)
 */
static inline bool
jm_more(size_t at, size_t len, size_t *stop, JmPoll poll)
{
	if (at >= len)
		return false;
	if (poll != NULL && at > 0)
		poll();
	*stop = len - at < JM_POLL_BYTES ? len : at + JM_POLL_BYTES;
	return true;
}

#endif							/* JM_POLL_H */
