/*
 * gcra.h
 *		Generic cell rate algorithm: how often requests may go.
 *
 * Plain C, without the server and without a clock: times are microseconds
 * since any origin that the callers share.
 */
#ifndef JM_GCRA_H
#define JM_GCRA_H

#include <stdint.h>

typedef struct JmGcra
{
	int64_t		next;			/* theoretical arrival time of the next
								 * request */
	int64_t		closed_until;	/* nothing goes before: the API said so */
} JmGcra;

extern int64_t jm_gcra_interval(double rate);
extern int64_t jm_gcra_take(JmGcra *gcra, int64_t now, double rate, int burst);
extern void jm_gcra_push(JmGcra *gcra, int64_t until);

#endif							/* JM_GCRA_H */
