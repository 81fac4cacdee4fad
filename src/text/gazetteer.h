/*
 * gazetteer.h
 *		Communes, departements and regions, by code, name and coordinates.
 *		Plain C.
 */
#ifndef JM_GAZETTEER_H
#define JM_GAZETTEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/automaton.h"

#define JM_CODE_MAX 8			/* of a code, with its final NUL */

/* Within a departement that is known, the nearest commune may be far. */
#define JM_NEAREST_LABELLED_KM 30.0
/* French Guiana's communes are as large as departements. */
#define JM_NEAREST_GUYANE_KM 150.0

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
	const char *key;			/* of its name then; empty: unknown */
} JmFormer;

/* Another name of a region, département or commune, or a foreign place. */
typedef struct JmPlaceAlias
{
	const char *key;
	int			region;			/* -1: none */
	int			departement;
	int			commune;
	const char *territory;		/* of an alias without any of these */
	bool		city;			/* abroad; gives way to communes */
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

extern bool jm_gazetteer_index(JmGazetteer *g, const JmAllocator *allocator);
extern int	jm_find_departement(const JmGazetteer *g, const char *code);
extern int	jm_find_region(const JmGazetteer *g, const char *code);
extern int	jm_find_commune(const JmGazetteer *g, const char *insee);
extern int	jm_first_postal(const JmGazetteer *g, const char *code);
extern int	jm_find_former(const JmGazetteer *g, const char *insee);
extern int	jm_former_named(const JmGazetteer *g, const char *key, int departement);
extern const JmPlaceAlias *jm_find_alias(const JmGazetteer *g, const char *key);
extern int	jm_departement_of_code(const JmGazetteer *g, const char *code, bool postal);
extern double jm_distance_km(double lat1, double lon1, double lat2, double lon2);
extern int	jm_commune_at(const JmGazetteer *g, double lat, double lon,
						  int departement, int region, double *km);
extern int	jm_commune_named(const JmGazetteer *g, const char *key, size_t len,
							 int departement, int region, const char *code,
							 double lat, double lon, double *share);

#endif							/* JM_GAZETTEER_H */
