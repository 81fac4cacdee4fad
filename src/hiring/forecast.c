/*
 * forecast.c
 *		From profiles of hirings to predictions.
 */
#include "hiring/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* weight, in offices, of the wider group when a narrower one is estimated */
#define PRIOR_WEIGHT 20.0

static int
by_siret(const void *a, const void *b)
{
	int64_t		x = ((const JmForecastOffice *) a)->siret;
	int64_t		y = ((const JmForecastOffice *) b)->siret;

	return (x > y) - (x < y);
}

/*
 * Puts the offices into their order, so that sums are the same to the last bit
 * in whatever order they came; fills order, and first[0 .. departements], where
 * each departement begins in it.
 */
void
jm_forecast_order(JmForecast *forecast, int departements, int64_t *first)
{
	int64_t		sorted = 1;

	/* tables tend to lie in that order: looking is cheaper than sorting */
	while (sorted < forecast->n &&
		   by_siret(&forecast->offices[sorted - 1], &forecast->offices[sorted]) <= 0)
		sorted++;
	if (sorted < forecast->n)
		qsort(forecast->offices, forecast->n, sizeof(JmForecastOffice), by_siret);
	forecast->found = 0;
	for (int d = 0; d <= departements; d++)
		first[d] = 0;
	for (int64_t i = 0; i < forecast->n; i++)
		first[forecast->offices[i].departement + 1]++;
	for (int d = 1; d <= departements; d++)
		first[d] += first[d - 1];
	/* each first[] moves on to where the next one begins .. */
	for (int64_t i = 0; i < forecast->n; i++)
		forecast->order[first[forecast->offices[i].departement]++] = (uint32_t) i;
	/* .. and back */
	for (int d = departements; d > 0; d--)
		first[d] = first[d - 1];
	first[0] = 0;
}

/*
 * Number of an office, or -1.  Tables tend to lie in order of SIRET too, so the
 * search begins behind what was found last, with growing steps.
 */
int64_t
jm_forecast_find(JmForecast *forecast, int64_t siret)
{
	const JmForecastOffice *offices = forecast->offices;
	int64_t		low = forecast->found;	/* the first that may be it .. */
	int64_t		high;			/* .. and the first that may not */
	int64_t		step = 1;

	if (low > 0 && (low >= forecast->n || offices[low - 1].siret >= siret))
		low = 0;
	for (high = low; high < forecast->n && offices[high].siret < siret; step *= 2)
	{
		low = high + 1;
		high += step;
	}
	high = high < forecast->n ? high + 1 : forecast->n;
	while (low < high)
	{
		int64_t		middle = low + (high - low) / 2;

		if (offices[middle].siret < siret)
			low = middle + 1;
		else
			high = middle;
	}
	forecast->found = low;
	if (low == forecast->n || offices[low].siret != siret)
		return -1;
	return forecast->found++;
}

static const int32_t *
family_counts(const JmForecast *forecast, int64_t office, JmFamily family)
{
	return forecast->profiles + forecast->offices[office].profile * forecast->width +
		(int) family * forecast->periods;
}

/* The seven last known semesters of an office with history, nearest first. */
const int32_t *
jm_forecast_lags(const JmForecast *forecast, int64_t office, JmFamily family)
{
	return family_counts(forecast, office, family) + forecast->task[family].gap;
}

/*
 * Copies what the offices with history at order[first .. last - 1] have: counts
 * of each family, periods each, and headcount.  Returns how many they are.
 */
int64_t
jm_forecast_training(const JmForecast *forecast, int64_t first, int64_t last,
					 int32_t *const *counts, double *headcount)
{
	int64_t		n = 0;

	for (int64_t i = first; i < last; i++)
	{
		uint32_t	office = forecast->order[i];

		if (forecast->offices[office].profile < 0)
			continue;
		for (int family = 0; family < JM_FAMILIES; family++)
			memcpy(counts[family] + n * forecast->periods, family_counts(forecast, office, family),
				   sizeof(int32_t) * forecast->periods);
		headcount[n++] = forecast->offices[office].headcount;
	}
	return n;
}

/* Predicts for the offices with history at order[first .. last - 1]. */
void
jm_forecast_predict(JmForecast *forecast, int64_t first, int64_t last,
					JmFamily family, const JmSemesterFit *fit)
{
	for (int64_t i = first; i < last; i++)
	{
		uint32_t	number = forecast->order[i];
		JmForecastOffice *office = &forecast->offices[number];

		if (office->profile >= 0)
			office->raw[family] =
				jm_semester_predict(forecast->task[family].kind, fit->result.intercept,
									fit->coefficients, jm_forecast_lags(forecast, number, family),
									office->headcount);
	}
}

static int
by_group(const void *a, const void *b)
{
	const JmForecastSilent *x = a;
	const JmForecastSilent *y = b;

	if (x->headcount_class != y->headcount_class)
		return x->headcount_class < y->headcount_class ? -1 : 1;
	if (x->naf != y->naf)
		return x->naf < y->naf ? -1 : 1;
	return (x->departement > y->departement) - (x->departement < y->departement);
}

/* Did the office hire nobody in the seven semesters before the test? */
static bool
was_silent(const JmForecast *forecast, int64_t office)
{
	if (forecast->offices[office].profile < 0)
		return true;
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		const int32_t *counts = family_counts(forecast, office, family) +
		forecast->task[family].gap + forecast->task[family].back;

		for (int k = 0; k < JM_SEMESTER_LAGS; k++)
			if (counts[k] != 0)
				return false;
	}
	return true;
}

/* Mean hirings of a group, drawn towards the mean of the one around it. */
static void
group_mean(const JmForecastSilent *silent, int64_t first, int64_t last,
		   double weight, const double *around, double *mean)
{
	for (int family = 0; family < JM_FAMILIES; family++)
	{
		int64_t		hired = 0;

		for (int64_t i = first; i < last; i++)
			hired += silent[i].hired[family];
		mean[family] = (hired + weight * around[family]) / ((last - first) + weight);
	}
}

/*
 * Offices without history: what those that had hired nobody a year ago hired
 * since, by activity, headcount and departement, each group drawn to the wider
 * one.  fits[2 * departement + family] is NULL where there is no model, and then
 * there is no prior either.  silent has room for all offices.
 */
void
jm_forecast_prior(JmForecast *forecast, JmSemesterFit *const *fits,
				  JmForecastSilent *silent)
{
	static const double nothing[JM_FAMILIES] = {0, 0};
	int64_t		n = 0;

	for (int64_t i = 0; i < forecast->n; i++)
	{
		const JmForecastOffice *office = &forecast->offices[i];
		JmForecastSilent *one = &silent[n];

		if (!was_silent(forecast, i))
			continue;
		one->office = (uint32_t) i;
		one->naf = office->naf;
		one->headcount_class = office->headcount_class;
		one->departement = office->departement;
		for (int family = 0; family < JM_FAMILIES; family++)
			one->hired[family] = office->profile < 0 ? 0 :
				family_counts(forecast, i, family)[forecast->task[family].back - 1];
		n++;
	}
	qsort(silent, n, sizeof(JmForecastSilent), by_group);

	for (int64_t wide = 0, wide_end; wide < n; wide = wide_end)
	{
		double		wide_mean[JM_FAMILIES];

		for (wide_end = wide; wide_end < n &&
			 silent[wide_end].headcount_class == silent[wide].headcount_class; wide_end++)
			;
		group_mean(silent, wide, wide_end, 0, nothing, wide_mean);
		for (int64_t middle = wide, middle_end; middle < wide_end; middle = middle_end)
		{
			double		middle_mean[JM_FAMILIES];

			for (middle_end = middle; middle_end < wide_end &&
				 silent[middle_end].naf == silent[middle].naf; middle_end++)
				;
			group_mean(silent, middle, middle_end, PRIOR_WEIGHT, wide_mean, middle_mean);
			for (int64_t group = middle, end; group < middle_end; group = end)
			{
				double		mean[JM_FAMILIES];

				for (end = group; end < middle_end &&
					 silent[end].departement == silent[group].departement; end++)
					;
				group_mean(silent, group, end, PRIOR_WEIGHT, middle_mean, mean);
				for (int64_t i = group; i < end; i++)
				{
					JmForecastOffice *office = &forecast->offices[silent[i].office];

					if (office->profile >= 0)
						continue;
					for (int family = 0; family < JM_FAMILIES; family++)
						if (fits[JM_FAMILIES * office->departement + family])
							office->raw[family] = mean[family];
				}
			}
		}
	}
}
