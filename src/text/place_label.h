/*
 * place_label.h
 *		What the label of a place says: a name, and codes.  Plain C.
 */
#ifndef JM_PLACE_LABEL_H
#define JM_PLACE_LABEL_H

#include "text/gazetteer.h"
#include "text/normalise.h"

#define JM_PLACE_LABEL_MAX 512	/* bytes looked at; labels have 50 */

typedef struct JmPlaceLabel
{
	char		key[2 * JM_NORMALISED_MAX(JM_PLACE_LABEL_MAX) + 8]; /* of its name */
	size_t		len;
	int			departement;	/* that it names by code, or -1 */
	bool		corsica;		/* "20": one of two departements */
	char		postal[JM_CODE_MAX];	/* empty: none */
	char		folded[JM_NORMALISED_MAX(JM_PLACE_LABEL_MAX)];	/* without these codes */
	size_t		folded_len;
} JmPlaceLabel;

extern size_t jm_place_key(const char *folded, size_t len, char *key);
extern bool jm_copy_code(const char *s, size_t len, char *code);
extern void jm_read_place_label(const JmGazetteer *g, const char *s, size_t len,
								JmPlaceLabel *label);
extern size_t jm_next_place_part(const JmPlaceLabel *label, size_t at, char *key,
								 size_t *len);
extern bool jm_shorten_place_part(char *key, size_t *len);
extern bool jm_names_departement(const JmDepartement *d, const JmPlaceLabel *label);
extern int	jm_arrondissement_named(const JmGazetteer *g, const char *key, size_t len);

#endif							/* JM_PLACE_LABEL_H */
