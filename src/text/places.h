/*
 * places.h
 *		Where an offer is, from whatever it says of its place.  Plain C.
 */
#ifndef JM_PLACES_H
#define JM_PLACES_H

#include "text/gazetteer.h"

typedef enum JmPlaceMethod
{
	JM_PLACE_NONE, JM_PLACE_INSEE, JM_PLACE_POSTAL, JM_PLACE_COMMUNE, JM_PLACE_GPS,
	JM_PLACE_DEPARTEMENT, JM_PLACE_REGION, JM_PLACE_COUNTRY
} JmPlaceMethod;

/* What an offer says; NULL or NAN for what it does not. */
typedef struct JmPlaceInput
{
	const char *label;
	size_t		label_len;
	const char *postal;
	size_t		postal_len;
	const char *insee;
	size_t		insee_len;
	double		latitude;
	double		longitude;
} JmPlaceInput;

typedef struct JmPlace
{
	int			commune;		/* -1: unknown */
	int			departement;
	int			region;
	char		postal[JM_CODE_MAX];	/* empty: unknown */
	const char *territory;
	JmPlaceMethod method;
	float		confidence;
	double		latitude;		/* NAN: unknown */
	double		longitude;
} JmPlace;

extern const char *jm_place_method_name(JmPlaceMethod method);
extern void jm_resolve_place(const JmGazetteer *g, const JmPlaceInput *in,
							 JmPlace *place);

#endif							/* JM_PLACES_H */
