/*
 * query.h
 *		Criteria, as users give them in jsonb, into a query of the search.
 */
#ifndef JM_QUERY_H
#define JM_QUERY_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct JmCriterion
{
	char	   *name;
	char	   *value;			/* several values parted by commas */
} JmCriterion;

extern List *jm_criteria_parse(Jsonb *criteria);
extern const char *jm_criteria_get(List *criteria, const char *name);
extern List *jm_criteria_set(List *criteria, const char *name, const char *value);
extern char *jm_criteria_query(List *criteria, int first, int last);
extern char *jm_criteria_json(List *criteria);

#endif							/* JM_QUERY_H */
