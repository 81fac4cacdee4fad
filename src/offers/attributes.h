/*
 * attributes.h
 *		The attributes of an offer's document that have a place in our tables.
 */
#ifndef JM_ATTRIBUTES_H
#define JM_ATTRIBUTES_H

#include "postgres.h"

/*
 * Columns of table offer that come straight from the document, in the order of
 * the batch that the loader hands to SQL:
 *		X(column, kind, object that holds it or "", key)
 * and, after them, labels that feed the dimensions.
 */
#define JM_OFFER_COLUMNS(X) \
	X(title, TEXT, "", "intitule") \
	X(description, TEXT, "", "description") \
	X(created_at, TIME, "", "dateCreation") \
	X(updated_at, TIME, "", "dateActualisation") \
	X(rome_code, CODE, "", "romeCode") \
	X(appellation_label, TEXT, "", "appellationlibelle") \
	X(company_siret, TEXT, "entreprise", "siret") \
	X(company_description, TEXT, "entreprise", "description") \
	X(company_url, TEXT, "entreprise", "url") \
	X(company_logo_url, TEXT, "entreprise", "logo") \
	X(company_headcount_label, TEXT, "", "trancheEffectifEtab") \
	X(adapted_company, BOOL, "", "entrepriseAdaptee") \
	X(disability_committed, BOOL, "", "employeurHandiEngage") \
	X(naf_code, CODE, "", "codeNAF") \
	X(naf_division_code, CODE, "", "secteurActivite") \
	X(contract_type_code, CODE, "", "typeContrat") \
	X(contract_type_label, TEXT, "", "typeContratLibelle") \
	X(contract_nature, TEXT, "", "natureContrat") \
	X(apprenticeship, BOOL, "", "alternance") \
	X(working_time_label, TEXT, "", "dureeTravailLibelle") \
	X(working_time, TEXT, "", "dureeTravailLibelleConverti") \
	X(work_supplement, TEXT, "", "complementExercice") \
	X(work_condition, TEXT, "", "conditionExercice") \
	X(schedules, TEXTS, "contexteTravail", "horaires") \
	X(working_conditions, TEXTS, "contexteTravail", "conditionsExercice") \
	X(experience_requirement, TEXT, "", "experienceExige") \
	X(experience_label, TEXT, "", "experienceLibelle") \
	X(experience_comment, TEXT, "", "experienceCommentaire") \
	X(qualification_code, CODE, "", "qualificationCode") \
	X(positions, INT, "", "nombrePostes") \
	X(accessible_to_disabled, BOOL, "", "accessibleTH") \
	X(travel_code, TEXT, "", "deplacementCode") \
	X(travel_label, TEXT, "", "deplacementLibelle") \
	X(hard_to_fill, BOOL, "", "offresManqueCandidats") \
	X(office_tools, TEXTS, "", "outilsBureautiques") \
	X(salary_label, TEXT, "salaire", "libelle") \
	X(salary_comment, TEXT, "salaire", "commentaire") \
	X(salary_supplement_1, TEXT, "salaire", "complement1") \
	X(salary_supplement_2, TEXT, "salaire", "complement2") \
	X(place_label, TEXT, "lieuTravail", "libelle") \
	X(place_postal_code, TEXT, "lieuTravail", "codePostal") \
	X(place_insee_code, TEXT, "lieuTravail", "commune") \
	X(place_latitude, FLOAT, "lieuTravail", "latitude") \
	X(place_longitude, FLOAT, "lieuTravail", "longitude") \
	X(origin_code, TEXT, "origineOffre", "origine") \
	X(origin_url, TEXT, "origineOffre", "urlOrigine")

#define JM_LABEL_COLUMNS(X) \
	X(rome_label, TEXT, "", "romeLibelle") \
	X(company_name, TEXT, "entreprise", "nom") \
	X(company_adapted, BOOL, "entreprise", "entrepriseAdaptee") \
	X(naf_division_label, TEXT, "", "secteurActiviteLibelle") \
	X(qualification_label, TEXT, "", "qualificationLibelle")

typedef enum JmColumn
{
#define X(column, kind, object, key) COL_##column,
	JM_OFFER_COLUMNS(X)
	JM_LABEL_COLUMNS(X)
#undef X
	JM_COLUMNS
} JmColumn;

#define JM_OFFER_COLUMN_COUNT COL_rome_label

/* One of the document's arrays of objects, and where its elements go. */
#define JM_LIST_FIELDS 5
typedef struct JmList
{
	const char *object;			/* object that holds the array, or "" */
	const char *key;
	const char *child;			/* table of the elements */
	const char *dimension;		/* table that they share, or NULL */
	const char *dimension_id;	/* its key */
	int			ndimension;		/* fields that go to the dimension ... */
	int			ndigest;		/* ... of which the first make its key */
	int			nfields;		/* fields in all; the rest go to the child */
	const char *fields[JM_LIST_FIELDS]; /* keys in the document */
	const char *columns[JM_LIST_FIELDS];	/* columns in the tables */
} JmList;

#define JM_LISTS 7
extern const JmList jm_lists[JM_LISTS];

typedef enum JmKind
{
	KIND_TEXT,
	KIND_CODE,					/* short text that refers to another table */
	KIND_BOOL,
	KIND_INT,
	KIND_FLOAT,
	KIND_TIME,
	KIND_TEXTS,
	KIND_OBJECT,
	KIND_LIST,
	KIND_KNOWN					/* read elsewhere, or not to be kept */
} JmKind;

typedef struct JmAttribute
{
	const char *object;
	const char *key;
	JmKind		kind;
	int			target;			/* JmColumn, or index into jm_lists */
} JmAttribute;

extern const JmAttribute *jm_attribute_find(const char *object, const char *key, size_t len);
extern Oid	jm_column_type(JmColumn column);
extern const char *jm_column_name(JmColumn column);

#endif							/* JM_ATTRIBUTES_H */
