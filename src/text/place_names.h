/*
 * place_names.h
 *		The steps of jm_resolve_place(), between its files.  Plain C.
 */
#ifndef JM_PLACE_NAMES_H
#define JM_PLACE_NAMES_H

#include "text/place_label.h"
#include "text/places.h"

/* places.c: what is found, how, and how much that is to be trusted */
extern void jm_set_commune(const JmGazetteer *g, JmPlace *place, int commune,
						   JmPlaceMethod method, float confidence);
extern void jm_set_departement(JmPlace *place, int departement, JmPlaceMethod method,
							   float confidence);
extern void jm_set_region(const JmGazetteer *g, JmPlace *place, int region);
extern void jm_set_foreign(JmPlace *place, JmPlaceMethod method, float confidence);

/* place_names.c: what the label says */
extern int	jm_commune_of_part(const JmGazetteer *g, const JmPlaceInput *in, const JmPlaceLabel *label,
							   int departement, int region, const char *postal);
extern void jm_resolve_within(const JmGazetteer *g, const JmPlaceInput *in,
							  const JmPlaceLabel *label, JmPlace *place);
extern bool jm_resolve_name(const JmGazetteer *g, const JmPlaceInput *in,
							JmPlaceLabel *label, int *region, JmPlace *place);
extern void jm_resolve_foreign_word(const JmGazetteer *g, JmPlaceLabel *label,
									JmPlace *place);

#endif							/* JM_PLACE_NAMES_H */
