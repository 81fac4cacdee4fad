/*
 * json_text.h
 *		Steps over the parts of a JSON text (RFC 8259) without building anything.
 */
#ifndef JM_JSON_TEXT_H
#define JM_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

extern const char *jm_json_space(const char *p, const char *end);
extern const char *jm_json_string(const char *p, const char *end, bool *escaped);
extern const char *jm_json_number(const char *p, const char *end);
extern const char *jm_json_word(const char *p, const char *end, const char *word);
extern const char *jm_json_value(const char *p, const char *end, int depth);
extern size_t jm_json_unescape(const char *in, size_t len, char *out);

#endif							/* JM_JSON_TEXT_H */
