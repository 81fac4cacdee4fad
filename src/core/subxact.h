/*
 * subxact.h
 *		Running something that may fail, and going on.
 */
#ifndef JM_SUBXACT_H
#define JM_SUBXACT_H

#include "postgres.h"

extern ErrorData *jm_try(void (*action) (void *arg), void *arg);

#endif							/* JM_SUBXACT_H */
