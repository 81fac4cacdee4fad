/*
 * forecast.c
 *		Offices in order and found again; estimates for those without history.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "hiring/forecast.h"

#define N 500
#define PERIODS 11
#define WIDTH (2 * PERIODS)

static JmForecastOffice offices[N];
static uint32_t order[N];
static int32_t profiles[N * WIDTH];

static JmForecast
new_forecast(int n)
{
	JmForecast	forecast = {0};

	forecast.n = n;
	forecast.offices = offices;
	forecast.order = order;
	forecast.periods = PERIODS;
	forecast.width = WIDTH;
	forecast.profiles = profiles;
	for (int family = 0; family < JM_FAMILIES; family++)
		forecast.task[family].back = 2;
	memset(offices, 0, sizeof(offices));
	memset(profiles, 0, sizeof(profiles));
	return forecast;
}

static void
test_find(void)
{
	JmForecast	forecast = new_forecast(N);
	int64_t		first[5];

	for (int i = 0; i < N; i++)
	{
		/* 7 and N have no common factor: all are different */
		offices[i].siret = 10 * ((i * 7) % N);
		offices[i].departement = i % 3 == 2 ? 3 : i % 3;
	}
	jm_forecast_order(&forecast, 4, first);
	CHECK(first[0] == 0 && first[4] == N && first[2] == first[3]);
	for (int d = 0; d < 4; d++)
		for (int64_t i = first[d]; i < first[d + 1]; i++)
		{
			CHECK_INT(offices[order[i]].departement, d);
			CHECK(i == first[d] || offices[order[i - 1]].siret < offices[order[i]].siret);
		}
	for (int i = 0; i < N; i++)
		CHECK_INT(jm_forecast_find(&forecast, 10 * i), i);
	for (int i = 0; i < N; i += 3)
		CHECK_INT(jm_forecast_find(&forecast, 10 * i), i);
	for (int i = N - 1; i >= 0; i--)
		CHECK_INT(jm_forecast_find(&forecast, 10 * i), i);
	for (int i = 0; i < 20 * N; i++)
	{
		int64_t		siret = rand() % (10 * N + 20) - 10;
		int64_t		expected = siret >= 0 && siret < 10 * N && siret % 10 == 0 ? siret / 10 : -1;

		CHECK_INT(jm_forecast_find(&forecast, siret), expected);
	}
	forecast.n = 0;
	forecast.offices = NULL;
	jm_forecast_order(&forecast, 4, first);
	CHECK_INT(jm_forecast_find(&forecast, 10), -1);
}

/* Two départements, two activities, one class; the numbers are worked by hand. */
static void
test_prior(void)
{
	JmForecast	forecast = new_forecast(6);
	JmForecastSilent silent[6];
	JmSemesterFit fit;
	JmSemesterFit *fits[4] = {&fit, NULL, &fit, &fit};
	double		wide = 7.0 / 5;
	double		middle = (4 + 20 * wide) / (3 + 20);

	for (int i = 0; i < 6; i++)
	{
		offices[i].profile = i;
		offices[i].departement = i < 3 ? 0 : 1;
		offices[i].naf = i == 2 || i == 5 ? 8 : 5;
		offices[i].raw[JM_DPAE] = offices[i].raw[JM_ALTERNANCE] = NAN;
	}
	offices[0].profile = -1;
	offices[3].profile = -1;
	/* silent in the seven semesters before the test, and hired since */
	profiles[1 * WIDTH + 1] = 4;
	profiles[1 * WIDTH + PERIODS + 1] = 2;
	profiles[2 * WIDTH + 1] = 3;
	/* hired in one of the seven: does not count, whatever it hired since */
	profiles[4 * WIDTH + PERIODS + 8] = 1;
	profiles[4 * WIDTH + 1] = 1000;
	jm_forecast_prior(&forecast, fits, silent);
	CHECK(fabs(offices[0].raw[JM_DPAE] - (4 + 20 * middle) / (2 + 20)) < 1e-12);
	CHECK(fabs(offices[3].raw[JM_DPAE] - (0 + 20 * middle) / (1 + 20)) < 1e-12);
	CHECK(isnan(offices[0].raw[JM_ALTERNANCE]));
	wide = 2.0 / 5;
	middle = (2 + 20 * wide) / (3 + 20);
	CHECK(fabs(offices[3].raw[JM_ALTERNANCE] - (0 + 20 * middle) / (1 + 20)) < 1e-12);
	/* whose history is known keeps what its model says */
	CHECK(isnan(offices[1].raw[JM_DPAE]) && isnan(offices[4].raw[JM_DPAE]));
}

int
main(void)
{
	srand(1);
	test_find();
	test_prior();
	return unit_failures != 0;
}
