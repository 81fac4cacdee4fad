/*
 * semester.c
 *		The model of hirings finds a law that the counts follow, refuses tasks
 *		that the counts cannot answer, and tests what it says it tests.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "hiring/semester.h"

#define PERIODS 11
#define OFFICES 700

static uint64_t seed = 88172645463325252u;

/* xorshift: the same numbers everywhere */
static int
dice(int sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (int) (seed % (uint64_t) sides);
}

static void
no_check(void)
{
}

static void *
allocate(size_t size)
{
	void	   *memory = malloc(size);

	if (!memory)
		abort();
	return memory;
}

static void
fit(int n, const int32_t *counts, const double *headcount, const JmSemesterTask *task,
	JmSemesterFit *result)
{
	JmSemesterData data = {n, PERIODS, counts, headcount};
	JmGainsPair *pairs = allocate(sizeof(JmGainsPair) * n);
	double	   *work = allocate(sizeof(double) * jm_semester_doubles(task, n));

	jm_semester_fit(&data, task, result, pairs, work, no_check);
	free(work);
	free(pairs);
}

static void
test_tasks(void)
{
	JmSemesterTask task = {0, 2, JM_SEMESTER_LEAST_SQUARES, 0};

	CHECK(jm_semester_task_valid(&task, PERIODS));
	CHECK(!jm_semester_task_valid(&task, PERIODS - 1));
	task.back = 0;
	CHECK(!jm_semester_task_valid(&task, PERIODS));
	task.back = 2;
	task.gap = 1;
	CHECK(!jm_semester_task_valid(&task, PERIODS) && jm_semester_task_valid(&task, PERIODS + 1));
	task.gap = INT32_MAX;
	CHECK(!jm_semester_task_valid(&task, PERIODS));
	task.gap = 0;
	task.penalty = NAN;
	CHECK(!jm_semester_task_valid(&task, PERIODS));
}

/*
 * y of training is 2 x_1 + x_3 + 5 exactly; in the test semester the law is off
 * by one everywhere, so that the errors are known.
 */
static void
test_law(void)
{
	static int32_t counts[OFFICES][PERIODS];
	static double headcount[OFFICES];
	JmSemesterTask task = {0, 2, JM_SEMESTER_LEAST_SQUARES, 0};
	JmSemesterFit result;
	double		last = 0;
	double		year = 0;

	for (int i = 0; i < OFFICES; i++)
	{
		for (int k = 4; k < PERIODS; k++)
			counts[i][k] = dice(40);
		counts[i][3] = 2 * counts[i][4] + counts[i][6] + 5;
		counts[i][2] = dice(40);
		counts[i][1] = 2 * counts[i][2] + counts[i][4] + 6;
		counts[i][0] = 0;
		headcount[i] = 10;
		last += pow(counts[i][1] - counts[i][2], 2) / OFFICES;
		year += pow(counts[i][1] - counts[i][3], 2) / OFFICES;
	}
	fit(OFFICES, counts[0], headcount, &task, &result);
	CHECK(result.fitted);
	CHECK_INT(result.result.rank, 7);	/* the headcount is constant */
	CHECK(fabs(result.result.intercept - 5) < 1e-9);
	CHECK(fabs(result.coefficients[0] - 2) < 1e-9 && fabs(result.coefficients[2] - 1) < 1e-9);
	CHECK(result.coefficients[JM_SEMESTER_LAGS] == 0 && result.result.mse < 1e-15);
	CHECK(fabs(result.test.mse - 1) < 1e-9 && fabs(result.test.mae - 1) < 1e-9);
	CHECK(fabs(result.last_semester.mse / last - 1) < 1e-12);
	CHECK(fabs(result.last_year.mse / year - 1) < 1e-12);
	/* a perfect order gains most */
	CHECK(result.test.gains[0] > result.last_semester.gains[0] &&
		  result.test.gains[0] > result.last_year.gains[0]);

	/* ridge shrinks */
	task.kind = JM_SEMESTER_RIDGE;
	task.penalty = 1e9;
	fit(OFFICES, counts[0], headcount, &task, &result);
	CHECK(result.fitted && fabs(result.coefficients[0]) < 0.1);
}

/* A power law of counts is what the Poisson model fits. */
static void
test_poisson(void)
{
	static int32_t counts[OFFICES][PERIODS];
	static double headcount[OFFICES];
	const int32_t huge[JM_SEMESTER_LAGS] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
	JmSemesterTask task = {0, 2, JM_SEMESTER_POISSON, 0};
	JmSemesterFit result;

	for (int i = 0; i < OFFICES; i++)
	{
		for (int k = 4; k < PERIODS; k++)
			counts[i][k] = dice(400);
		counts[i][2] = dice(400);
		counts[i][3] = (int32_t) (3 * (1 + counts[i][4]) + 0.5);
		counts[i][1] = (int32_t) (3 * (1 + counts[i][2]) + 0.5);
		headcount[i] = dice(100);
	}
	fit(OFFICES, counts[0], headcount, &task, &result);
	CHECK(result.fitted);
	CHECK(fabs(result.coefficients[0] - 1) < 1e-6 && fabs(result.result.intercept - log(3)) < 1e-6);
	CHECK(result.test.mse < 1e-6);
	CHECK(jm_semester_predict(task.kind, result.result.intercept, result.coefficients, huge, 1e9) < 1e18);
	CHECK(jm_semester_predict(task.kind, -1e300, result.coefficients, huge, 1e9) >= 0);

	/*
	 * nobody hired in the semester of training: no fit, naive tests all the
	 * same
	 */
	for (int i = 0; i < OFFICES; i++)
		counts[i][3] = 0;
	fit(OFFICES, counts[0], headcount, &task, &result);
	CHECK(!result.fitted && result.last_semester.mse > 0);
}

static void
test_few(void)
{
	int32_t		counts[PERIODS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, INT32_MAX};
	double		headcount = 0;
	JmSemesterTask task = {0, 2, JM_SEMESTER_LEAST_SQUARES, 0};
	JmSemesterFit result;

	fit(1, counts, &headcount, &task, &result);
	CHECK(result.fitted && result.result.rank == 0 && result.result.intercept == 1);
	CHECK(result.test.mse == 0);
}

int
main(void)
{
	test_tasks();
	test_law();
	test_poisson();
	test_few();
	return unit_failures != 0;
}
