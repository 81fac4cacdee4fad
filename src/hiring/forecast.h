/*
 * forecast.h
 *		What every office will hire in the next six months: models by
 *		departement, and estimates for offices without history.  Plain C on the
 *		caller's memory.
 */
#ifndef JM_FORECAST_H
#define JM_FORECAST_H

#include "hiring/semester.h"
#include "hiring/score.h"

typedef enum JmFamily
{
	JM_DPAE,					/* ordinary contracts */
	JM_ALTERNANCE,
	JM_FAMILIES
} JmFamily;

typedef struct JmForecastOffice
{
	int64_t		siret;
	double		headcount;
	double		raw[JM_FAMILIES];	/* what the model says; NaN without one */
	int64_t		profile;		/* row of profiles, -1 without any hirings */
	int32_t		departement;	/* from 0 */
	int32_t		naf;			/* any number for an activity .. */
	int32_t		headcount_class;	/* .. and for a class */
	int16_t		score[JM_FAMILIES];
	uint8_t		flags;			/* the caller's */
} JmForecastOffice;

/*
 * The offices in order of SIRET, and the profiles: rows of width numbers, which
 * begin with periods counts of each family.
 */
typedef struct JmForecast
{
	int64_t		n;
	JmForecastOffice *offices;
	uint32_t   *order;			/* by departement and SIRET */
	int64_t		found;			/* the office that was asked for last */
	int			periods;
	int			width;
	const int32_t *profiles;
	JmSemesterTask task[JM_FAMILIES];
} JmForecast;

/* An office that hired nobody in the seven semesters up to a year ago. */
typedef struct JmForecastSilent
{
	uint32_t	office;
	int32_t		naf;
	int32_t		headcount_class;
	int32_t		departement;
	int32_t		hired[JM_FAMILIES]; /* since */
} JmForecastSilent;

extern void jm_forecast_order(JmForecast *forecast, int departements, int64_t *first);
extern int64_t jm_forecast_find(JmForecast *forecast, int64_t siret);
extern int64_t jm_forecast_training(const JmForecast *forecast, int64_t first, int64_t last,
									int32_t *const *counts, double *headcount);
extern void jm_forecast_predict(JmForecast *forecast, int64_t first, int64_t last,
								JmFamily family, const JmSemesterFit *fit);
extern void jm_forecast_prior(JmForecast *forecast, JmSemesterFit *const *fits,
							  JmForecastSilent *silent);
extern const int32_t *jm_forecast_lags(const JmForecast *forecast, int64_t office,
									   JmFamily family);

#endif							/* JM_FORECAST_H */
