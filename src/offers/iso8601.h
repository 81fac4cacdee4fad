/*
 * iso8601.h
 *		Instants as the offers' API writes them.
 */
#ifndef JM_ISO8601_H
#define JM_ISO8601_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool jm_iso8601_parse(const char *s, size_t len, int64_t *unix_us);

/* Size of the buffer that jm_iso8601_format fills, terminator included. */
#define JM_ISO8601_SIZE 21
extern void jm_iso8601_format(int64_t unix_seconds, char *buf);

#endif							/* JM_ISO8601_H */
