/*
 * headers.h
 *		Parsers of what an answer's headers and first bytes say.
 *
 * Plain C, without the server; tested and fuzzed in test/unit.
 */
#ifndef JM_HEADERS_H
#define JM_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A Content-Range header; -1 stands for a number that is not given. */
typedef struct JmContentRange
{
	bool		present;
	int64_t		first;
	int64_t		last;
	int64_t		total;
} JmContentRange;

extern bool jm_content_range_parse(const char *value, size_t len, JmContentRange *range);
extern bool jm_header_value(const char *line, size_t len, const char *name,
							const char **value, size_t *value_len);
extern bool jm_body_is_json(const char *content_type, const char *body, size_t len);

#endif							/* JM_HEADERS_H */
