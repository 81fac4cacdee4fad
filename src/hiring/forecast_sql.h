/*
 * forecast_sql.h
 *		What a forecast keeps until the end of its transaction: read and computed
 *		by forecast(), returned by forecast_offices() and forecast_flags().
 */
#ifndef JM_FORECAST_SQL_H
#define JM_FORECAST_SQL_H

#include "fmgr.h"
#include "hiring/forecast.h"
#include "hiring/names_sql.h"
#include "hiring/tally.h"
#include "storage/itemptr.h"
#include "utils/date.h"

#define SIRET_DIGITS 14

/* JmForecastOffice.flags */
#define HAS_PLACE 1
#define IS_JUNIOR 2
#define IS_SENIOR 4
#define IS_HANDICAP 8
#define IS_PUBLISHED 16			/* has a row in office_score .. */
#define SAME_SHIFT 5			/* .. and the same for this family */

/* What is said of a departement and family beside its model. */
typedef struct JmFacts
{
	int64		offices;		/* the first four: of both families */
	int64		placed;
	int64		tallies;		/* rows of hiring_tally .. */
	int64		profiles;		/* .. of so many offices */
	int64		compared;
	int64		difference;
	int64		above;
	int64		above_before;
	int64		at_least;
	int64		changed;
	int64		added;			/* of these, have no row yet */
} JmFacts;

typedef struct JmForecastData
{
	MemoryContext context;
	JmForecast	forecast;
	JmNames		departements;
	JmNames		nafs;
	JmNames		headcount_classes;
	double	   *headcounts;		/* of the classes that are known .. */
	int64		n_headcounts;	/* .. which are the first of them */
	int64		headcounts_room;
	int64		room;			/* for offices */
	int32	   *profiles;
	int64		n_profiles;
	int64		profiles_room;
	JmTallyCalendar calendar;
	DateADT		as_of;
	int64	   *first;			/* in forecast.order, of each departement; the
								 * end */
	JmFacts    *facts;			/* JM_FAMILIES of each departement */
	ItemPointerData *published; /* of each office with IS_PUBLISHED, its row
								 * in office_score */
} JmForecastData;

extern JmForecastData *jm_last_forecast(void);
extern void jm_forecast_read_offices(JmForecastData *data);
extern void jm_forecast_read_tallies(JmForecastData *data);
extern void jm_forecast_read_scores(JmForecastData *data);
extern const char *jm_forecast_method(const JmForecastOffice *office);
extern const int32 *jm_forecast_semesters(const JmForecastData *data, int64 i,
										  JmFamily family);
extern double jm_forecast_hirings(const JmForecastOffice *office, JmFamily family);

#endif							/* JM_FORECAST_SQL_H */
