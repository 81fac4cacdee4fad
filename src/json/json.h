/*
 * json.h
 *		Reads the small JSON documents of the protocol: token answers and errors.
 *
 * Plain C.  The only folder that includes jansson, of which no type leaves it:
 * the server and jansson both export a function json_object, so files that
 * include either must not meet.
 */
#ifndef JM_JSON_H
#define JM_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* What an error answer says, as UTF-8 on one line; "" where it says nothing. */
typedef struct JmJsonError
{
	char		message[1024];	/* message, error_description or detail */
	char		code[128];		/* codeErreur, or OAuth's error */
} JmJsonError;

extern bool jm_json_token(const char *text, size_t len, char **token, double *expires_in);
extern bool jm_json_error(const char *text, size_t len, JmJsonError *error);

#endif							/* JM_JSON_H */
