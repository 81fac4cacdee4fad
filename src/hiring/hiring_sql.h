/*
 * hiring_sql.h
 *		What the SQL functions on hirings share.
 */
#ifndef JM_HIRING_SQL_H
#define JM_HIRING_SQL_H

#include "fmgr.h"
#include "hiring/score.h"
#include "hiring/tally.h"
#include "utils/array.h"
#include "utils/date.h"

extern MemoryContext jm_aggregate_context(FunctionCallInfo fcinfo);
extern ArrayType *jm_plain_array(const void *elements, int64 n, Oid type, Size size);
extern Datum jm_float8_array(const double *values, int n);
extern const int32 *jm_tally_entries(ArrayType *tally, int *n);
extern void jm_tally_calendar_of(JmTallyCalendar *calendar, DateADT as_of, int number);
extern void jm_check_scale(const JmScoreScale *scale);

#endif							/* JM_HIRING_SQL_H */
