/*
 * understand.h
 *		Columns of an offer that are read from its texts: one definition for
 *		the loader, which fills them, and for reclassify_offers(), which fills
 *		them again after rules have changed.
 */
#ifndef JM_UNDERSTAND_H
#define JM_UNDERSTAND_H

/*
 * X(column, expression) on the offer's own columns, of alias b, and on the
 * aliases of JM_UNDERSTOOD_FROM.  geom is not among them: it needs the schema
 * of PostGIS.
 */
#define JM_UNDERSTOOD_COLUMNS(X) \
	X(role_code, "jobmarket.classify_role(b.title, b.description)") \
	X(experience_months, "jobmarket.experience_months(b.experience_label)") \
	X(weekly_hours, "jobmarket.weekly_hours(b.working_time_label)") \
	X(contract_months, "jobmarket.contract_months(b.contract_type_label)") \
	X(salary_min, "salary.min") \
	X(salary_max, "salary.max") \
	X(salary_period, "salary.period") \
	X(salary_months, "salary.months") \
	X(annual_min, "salary.annual_min") \
	X(annual_max, "salary.annual_max") \
	X(salary_flags, "salary.flags") \
	X(insee_code, "place.insee_code") \
	X(postal_code, "place.postal_code") \
	X(departement_code, "place.departement_code") \
	X(region_code, "place.region_code") \
	X(territory, "place.territory") \
	X(place_method, "place.method") \
	X(place_confidence, "place.confidence")

/* ", column" and ", expression" of them all */
#define JM_UNDERSTOOD_NAME(column, expression) ", " #column
#define JM_UNDERSTOOD_VALUE(column, expression) ", " expression
#define JM_UNDERSTOOD_SET(column, expression) ", " #column " = EXCLUDED." #column

/* The label says more than the comment, unless only the comment has a number. */
#define JM_UNDERSTOOD_FROM \
	" LEFT JOIN LATERAL jobmarket.parse_salary(CASE WHEN b.salary_label ~ '[0-9]'" \
	" OR b.salary_comment IS NULL THEN b.salary_label ELSE b.salary_comment END) salary ON true" \
	" LEFT JOIN LATERAL jobmarket.resolve_place(b.place_label, b.place_postal_code, b.place_insee_code," \
	" b.place_latitude, b.place_longitude) place ON true"

/* %1$s is the schema of PostGIS. */
#define JM_UNDERSTOOD_GEOM \
	"%1$s.ST_SetSRID(%1$s.ST_MakePoint(place.longitude, place.latitude), 4326)"

#define JM_UNDERSTOOD_TEXT "concat_ws(E'\\n', b.title, b.description)"

/* Rows of the children, from offers of alias b. */
#define JM_KEYWORDS_OF \
	"SELECT b.offer_id, k.keyword FROM %s b" \
	" CROSS JOIN LATERAL unnest(jobmarket.extract_keywords(" JM_UNDERSTOOD_TEXT ")) k (keyword)"
#define JM_ROLES_OF \
	"SELECT b.offer_id, r.role_code, r.confidence, r.rule_id FROM %s b" \
	" CROSS JOIN LATERAL jobmarket.classify_roles(b.title, b.description) r"

extern void jm_lock_rules(void);
extern void jm_lock_loads(void);
extern char *jm_postgis_schema(void);

#endif							/* JM_UNDERSTAND_H */
