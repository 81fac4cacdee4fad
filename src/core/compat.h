/*
 * compat.h
 *		All differences between the server versions 14 to 18 that touch us.
 *
 * Only PostgreSQL 15 is tested; the guards for the others follow the servers'
 * release notes and headers.
 */
#ifndef JM_COMPAT_H
#define JM_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 140000
#error "jobmarket needs PostgreSQL 14 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#endif							/* JM_COMPAT_H */
