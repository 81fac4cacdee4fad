/*
 * eight_bytes.h
 *		Tests of eight bytes at once, for texts most of which is plain.
 *
 * The classic subtraction that sets the high bit of a byte: a byte that is met
 * is never missed, but a borrow may mark one above it too.
 */
#ifndef JM_EIGHT_BYTES_H
#define JM_EIGHT_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#define JM_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Is any of the bytes less than n, which is at most 0x80? */
static inline bool
jm_any_below(uint64_t bytes, unsigned char n)
{
	return ((bytes - JM_EACH_BYTE(n)) & ~bytes & JM_EACH_BYTE(0x80)) != 0;
}

/* Is any of the bytes b? */
static inline bool
jm_any_is(uint64_t bytes, unsigned char b)
{
	return jm_any_below(bytes ^ JM_EACH_BYTE(b), 1);
}

/* Is any of the bytes not ASCII? */
static inline bool
jm_any_high(uint64_t bytes)
{
	return (bytes & JM_EACH_BYTE(0x80)) != 0;
}

#endif							/* JM_EIGHT_BYTES_H */
