/*
 * attributes.c
 *		The attributes of an offer's document that have a place in our tables.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "offers/attributes.h"

static const JmAttribute attributes[] = {
#define X(column, kind, object, key) {object, key, KIND_##kind, COL_##column},
	JM_OFFER_COLUMNS(X)
	JM_LABEL_COLUMNS(X)
#undef X
	{"", "id", KIND_KNOWN, 0},
	{"", "entreprise", KIND_OBJECT, 0},
	{"", "lieuTravail", KIND_OBJECT, 0},
	{"", "salaire", KIND_OBJECT, 0},
	{"", "contexteTravail", KIND_OBJECT, 0},
	{"", "origineOffre", KIND_OBJECT, 0},
	/* persons: the licence asks not to keep them */
	{"", "contact", KIND_KNOWN, 0},
	{"", "agence", KIND_KNOWN, 0},
	{"", "competences", KIND_LIST, 0},
	{"", "langues", KIND_LIST, 1},
	{"", "permis", KIND_LIST, 2},
	{"", "formations", KIND_LIST, 3},
	{"", "qualitesProfessionnelles", KIND_LIST, 4},
	{"salaire", "listeComplements", KIND_LIST, 5},
	{"origineOffre", "partenaires", KIND_LIST, 6},
};

const JmList jm_lists[JM_LISTS] = {
	{"", "competences", "offer_skill", "skill", "skill_id", 2, 2, 3,
	{"code", "libelle", "exigence"}, {"skill_code", "label", "requirement"}},
	{"", "langues", "offer_language", "language", "language_id", 1, 1, 2,
	{"libelle", "exigence"}, {"label", "requirement"}},
	{"", "permis", "offer_licence", "licence", "licence_id", 1, 1, 2,
	{"libelle", "exigence"}, {"label", "requirement"}},
	{"", "formations", "offer_training", "training", "training_id", 3, 3, 5,
		{"codeFormation", "domaineLibelle", "niveauLibelle", "exigence", "commentaire"},
	{"training_code", "domain_label", "level_label", "requirement", "comment"}},
	{"", "qualitesProfessionnelles", "offer_quality", "quality", "quality_id", 2, 1, 2,
	{"libelle", "description"}, {"label", "description"}},
	{"salaire", "listeComplements", "offer_salary_supplement", NULL, NULL, 0, 0, 2,
	{"code", "libelle"}, {"supplement_code", "label"}},
	{"origineOffre", "partenaires", "offer_partner", NULL, NULL, 0, 0, 3,
	{"nom", "url", "logo"}, {"name", "url", "logo_url"}},
};

/* Order of the look-up: by object, then key. */
static int
attribute_cmp(const char *object_a, const char *key_a, size_t len_a,
			  const char *object_b, const char *key_b, size_t len_b)
{
	int			cmp = strcmp(object_a, object_b);

	if (cmp == 0)
		cmp = memcmp(key_a, key_b, Min(len_a, len_b));
	if (cmp == 0)
		cmp = len_a < len_b ? -1 : len_a > len_b;
	return cmp;
}

static int
attribute_qsort_cmp(const void *a, const void *b)
{
	const JmAttribute *x = *(const JmAttribute *const *) a;
	const JmAttribute *y = *(const JmAttribute *const *) b;

	return attribute_cmp(x->object, x->key, strlen(x->key),
						 y->object, y->key, strlen(y->key));
}

/*
 * The attribute of that key in an object ("" is the document itself), or NULL if
 * it is unknown.
 */
const JmAttribute *
jm_attribute_find(const char *object, const char *key, size_t len)
{
	static const JmAttribute *sorted[lengthof(attributes)];
	static bool ready = false;
	size_t		low = 0,
				high = lengthof(attributes);

	if (!ready)
	{
		for (size_t i = 0; i < lengthof(attributes); i++)
			sorted[i] = &attributes[i];
		qsort(sorted, lengthof(attributes), sizeof(sorted[0]), attribute_qsort_cmp);
		ready = true;
	}
	while (low < high)
	{
		size_t		mid = (low + high) / 2;
		int			cmp = attribute_cmp(object, key, len, sorted[mid]->object,
										sorted[mid]->key, strlen(sorted[mid]->key));

		if (cmp == 0)
			return sorted[mid];
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* SQL type of a column of the batch. */
Oid
jm_column_type(JmColumn column)
{
	static const Oid types[] = {
		[KIND_TEXT] = TEXTOID,[KIND_CODE] = TEXTOID,[KIND_BOOL] = BOOLOID,
		[KIND_INT] = INT4OID,[KIND_FLOAT] = FLOAT8OID,
		[KIND_TIME] = TIMESTAMPTZOID,[KIND_TEXTS] = TEXTARRAYOID
	};

	/* the table of attributes begins with the columns, in their order */
	return types[attributes[column].kind];
}

/* Name of a column of the batch. */
const char *
jm_column_name(JmColumn column)
{
	static const char *const names[] = {
#define X(column, kind, object, key) #column,
		JM_OFFER_COLUMNS(X)
		JM_LABEL_COLUMNS(X)
#undef X
	};

	return names[column];
}
