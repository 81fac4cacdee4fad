/*
 * places.h
 *		Where an offer is, from whatever it says of its place.  Plain C.
 */
#ifndef JM_PLACES_H
#define JM_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/automaton.h"

#define JM_CODE_MAX 8			/* of a code, with its final NUL */

typedef enum JmPlaceMethod
{
	JM_PLACE_NONE, JM_PLACE_INSEE, JM_PLACE_POSTAL, JM_PLACE_COMMUNE, JM_PLACE_GPS,
	JM_PLACE_DEPARTEMENT, JM_PLACE_REGION, JM_PLACE_COUNTRY
} JmPlaceMethod;

/* A commune or arrondissement; numbers are places in the gazetteer's arrays. */
typedef struct JmCommune
{
	char		insee[JM_CODE_MAX];
	const char *key;			/* jm_place_key() of its name */
	int			departement;
	int			population;
	double		latitude;		/* NAN when unknown */
	double		longitude;
	int			first_postal;	/* among postal_codes */
	int			n_postal;
	bool		divided;		/* has arrondissements */
	bool		arrondissement;
	/* links of the hash tables below; -1 ends */
	int			next_insee;
	int			next_name;
	int			next_cell;
} JmCommune;

typedef struct JmDepartement
{
	char		code[JM_CODE_MAX];
	const char *key;
	int			region;
	int			first;			/* of its communes, which stand together */
	int			n;
} JmDepartement;

typedef struct JmRegion
{
	char		code[JM_CODE_MAX];
	const char *key;
	const char *territory;
} JmRegion;

/* A postal code of a commune. */
typedef struct JmPostal
{
	char		code[JM_CODE_MAX];
	int			commune;
	int			next;			/* same hash */
} JmPostal;

/* A former commune's code and the commune that it is part of now. */
typedef struct JmFormer
{
	char		insee[JM_CODE_MAX];
	char		current[JM_CODE_MAX];
} JmFormer;

/* Another name of a region, département or commune, or a foreign place. */
typedef struct JmPlaceAlias
{
	const char *key;
	int			region;			/* -1: none */
	int			departement;
	int			commune;
} JmPlaceAlias;

/*
 * All places.  The caller fills the arrays (communes sorted by département,
 * departements, regions, former and aliases by code or key in byte order) and calls
 * jm_gazetteer_index().
 */
typedef struct JmGazetteer
{
	int			n_communes;
	JmCommune  *communes;
	int			n_departements;
	JmDepartement *departements;
	int			n_regions;
	JmRegion   *regions;
	int			n_postal;
	JmPostal   *postal_codes;
	int			n_former;
	JmFormer   *former;
	int			n_aliases;
	JmPlaceAlias *aliases;
	/* made by jm_gazetteer_index() */
	uint32_t	mask;
	int		   *by_insee;
	int		   *by_name;
	int		   *by_postal;
	int		   *by_cell;
} JmGazetteer;

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
extern size_t jm_place_key(const char *folded, size_t len, char *key);
extern bool jm_gazetteer_index(JmGazetteer *g, const JmAllocator *allocator);
extern int	jm_find_departement(const JmGazetteer *g, const char *code);
extern int	jm_find_region(const JmGazetteer *g, const char *code);
extern int	jm_find_commune(const JmGazetteer *g, const char *insee);
extern void jm_resolve_place(const JmGazetteer *g, const JmPlaceInput *in,
							 JmPlace *place);

#endif							/* JM_PLACES_H */
