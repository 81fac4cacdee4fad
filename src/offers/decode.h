/*
 * decode.h
 *		From an offer's document (jsonb) to the columns of our tables.
 */
#ifndef JM_DECODE_H
#define JM_DECODE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

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

/* One element of a list. */
typedef struct JmElement
{
	int			position;		/* in the array, from 1 */
	pg_uuid_t	dimension_id;
	char	   *values[JM_LIST_FIELDS]; /* NULL where absent */
} JmElement;

/* What was odd in a document that could be loaded all the same. */
typedef struct JmRemark
{
	char	   *attribute;		/* path in the document */
	const char *problem;		/* NULL: the attribute is unknown */
} JmRemark;

typedef struct JmOffer
{
	Datum		values[JM_COLUMNS];
	bool		nulls[JM_COLUMNS];
	List	   *elements[JM_LISTS]; /* of JmElement */
	List	   *remarks;		/* of JmRemark */
} JmOffer;

extern void jm_offer_decode(JsonbContainer *document, JmOffer *offer);
extern Jsonb *jm_offer_public_document(const JsonbValue *document);
extern char *jm_scalar_text(const JsonbValue *v);
extern pg_uuid_t jm_digest(char *const *parts, int n);
extern Oid	jm_column_type(JmColumn column);
extern const char *jm_column_name(JmColumn column);

#endif							/* JM_DECODE_H */
