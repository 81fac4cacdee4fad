/*
 * data.h
 *		The constant tables the generator and the référentiels draw from.
 */
#ifndef EMU_DATA_H
#define EMU_DATA_H

typedef struct DataCommune
{
	const char *code;			/* INSEE code */
	const char *name;
	const char *dept;
	const char *postal;
	double		lat;
	double		lon;
	int			weight;
} DataCommune;

typedef struct DataDept
{
	const char *code;
	const char *name;
	const char *region;
} DataDept;

/* Any code with a label */
typedef struct DataPair
{
	const char *code;
	const char *label;
} DataPair;

typedef DataPair DataNaf;
typedef const char *DataText;

typedef struct DataTitle
{
	const char *title;			/* as a recruiter types it */
	const char *appellation;
	const char *code;			/* of the appellation */
} DataTitle;

#define DATA_MAX_TITLES 6

typedef struct DataRome
{
	const char *code;
	const char *label;
	int			weight;
	int			naf[3];			/* rows of data_nafs */
	DataTitle	titles[DATA_MAX_TITLES];
} DataRome;

typedef struct DataPartner
{
	const char *code;
	const char *url;			/* with one %u */
	const char *logo;
	int			weight;
} DataPartner;

#define TABLE(type, name) \
	extern const type name[]; \
	extern const int name##_count

TABLE(DataCommune, data_communes);
TABLE(DataDept, data_depts);
TABLE(DataPair, data_regions);
TABLE(DataNaf, data_nafs);
TABLE(DataRome, data_romes);
TABLE(DataPartner, data_partners);
TABLE(DataPair, data_types);
TABLE(DataPair, data_natures);
TABLE(DataPair, data_domains);
TABLE(DataPair, data_continents);
TABLE(DataPair, data_countries);
TABLE(DataPair, data_languages);
TABLE(DataPair, data_licences);
TABLE(DataPair, data_levels);
TABLE(DataPair, data_themes);
TABLE(DataPair, data_complements);
TABLE(DataPair, data_skills);
TABLE(DataPair, data_qualities);
TABLE(DataPair, data_trainings);
TABLE(DataText, data_companies);
TABLE(DataText, data_company_heads);
TABLE(DataText, data_company_tails);
TABLE(DataText, data_openings);
TABLE(DataText, data_duties);
TABLE(DataText, data_profiles);
TABLE(DataText, data_benefits);
TABLE(DataText, data_closings);
TABLE(DataText, data_fillers);
TABLE(DataText, data_hours);
TABLE(DataText, data_part_hours);
TABLE(DataText, data_comments);
TABLE(DataText, data_sizes);
TABLE(DataText, data_conditions);
TABLE(DataText, data_extras);

#endif
