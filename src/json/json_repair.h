/*
 * json_repair.h
 *		Makes JSON text from outside acceptable to jsonb without losing a page.
 */
#ifndef JM_JSON_REPAIR_H
#define JM_JSON_REPAIR_H

#include <stddef.h>

extern size_t jm_json_repair(const char *in, size_t len, char *out, size_t *repairs);

/* The worst case: each broken byte becomes the three of U+FFFD. */
#define JM_JSON_REPAIR_SIZE(len) ((len) * 3 + 1)

#endif							/* JM_JSON_REPAIR_H */
