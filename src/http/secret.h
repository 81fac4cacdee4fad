/*
 * secret.h
 *		Secrets that come back in an answer.
 */
#ifndef JM_SECRET_H
#define JM_SECRET_H

#include <stddef.h>

extern void jm_secret_mask(char *message, size_t len, const char *secret);

#endif							/* JM_SECRET_H */
