/*
 * semester.c
 *		Training two years back, testing one year back, both with the season of
 *		the prediction.
 */
#include "hiring/semester.h"

#include <math.h>
#include <string.h>

#include "hiring/poisson.h"

#define BLOCK 64
/* exp() of more would be beyond any count */
#define MAX_ETA 40.0

/* Elements of counts, from 0, where features begin and what they predict. */
static int
train_y(const JmSemesterTask *task)
{
	return task->back + 1;
}

static int
train_x(const JmSemesterTask *task)
{
	return task->gap + task->back + 2;
}

static int
test_y(const JmSemesterTask *task)
{
	return task->back - 1;
}

static int
test_x(const JmSemesterTask *task)
{
	return task->gap + task->back;
}

static int
year_before_test(const JmSemesterTask *task)
{
	return 2 * task->back - 1;
}

/* Are there enough periods, and is nothing predicted from itself? */
bool
jm_semester_task_valid(const JmSemesterTask *task, int periods)
{
	return task->gap >= 0 && task->back > task->gap &&
		task->gap < periods && task->back < periods &&
		train_x(task) + JM_SEMESTER_LAGS <= periods &&
		year_before_test(task) < periods &&
		task->kind >= 0 && task->kind < JM_SEMESTER_KINDS &&
		isfinite(task->penalty) && task->penalty >= 0;
}

static double
feature(JmSemesterKind kind, double x)
{
	return kind == JM_SEMESTER_POISSON ? log1p(x) : x;
}

static void
features(JmSemesterKind kind, const int32_t *lags, double headcount, double *x)
{
	for (int j = 0; j < JM_SEMESTER_LAGS; j++)
		x[j] = feature(kind, lags[j]);
	x[JM_SEMESTER_LAGS] = feature(kind, headcount);
}

/*
 * Hirings expected of an office whose last known semesters are lags, nearest
 * first.  By least squares it may be negative.
 */
double
jm_semester_predict(JmSemesterKind kind, double intercept, const double *b,
					const int32_t *lags, double headcount)
{
	double		x[JM_SEMESTER_P];
	double		sum = intercept;

	features(kind, lags, headcount, x);
	for (int j = 0; j < JM_SEMESTER_P; j++)
		sum += b[j] * x[j];
	return kind == JM_SEMESTER_POISSON ? exp(fmin(sum, MAX_ETA)) : sum;
}

/* Doubles of work space that jm_semester_fit needs for n offices. */
size_t
jm_semester_doubles(const JmSemesterTask *task, int64_t n)
{
	size_t		q = JM_SEMESTER_P + 1;

	if (task->kind == JM_SEMESTER_POISSON)
		return (size_t) n * q + jm_poisson_doubles(JM_SEMESTER_P);
	return jm_lsq_doubles(JM_SEMESTER_P) + BLOCK * q +
		jm_lsq_fold_doubles(JM_SEMESTER_P, BLOCK) + jm_lsq_solve_doubles(JM_SEMESTER_P);
}

/* Writes office i as a row of training, x and y. */
static void
training_row(const JmSemesterData *data, const JmSemesterTask *task, int64_t i,
			 double *row)
{
	const int32_t *counts = data->counts + i * data->periods;

	features(task->kind, counts + train_x(task), data->headcount[i], row);
	row[JM_SEMESTER_P] = counts[train_y(task)];
}

static bool
train_squares(const JmSemesterData *data, const JmSemesterTask *task,
			  JmSemesterFit *fit, double *work)
{
	size_t		q = JM_SEMESTER_P + 1;
	double	   *block = work + jm_lsq_doubles(JM_SEMESTER_P);
	double	   *rest = block + BLOCK * q;
	JmLsq		s;

	jm_lsq_init(&s, JM_SEMESTER_P, work);
	for (int64_t i = 0; i < data->n; i += BLOCK)
	{
		int			m = data->n - i < BLOCK ? (int) (data->n - i) : BLOCK;

		for (int k = 0; k < m; k++)
			training_row(data, task, i + k, block + k * q);
		jm_lsq_fold(&s, block, NULL, m, rest);
	}
	return jm_lsq_is_finite(&s) &&
		jm_lsq_solve(&s, task->kind == JM_SEMESTER_RIDGE ? task->penalty : 0,
					 fit->coefficients, &fit->result, rest);
}

static bool
train_poisson(const JmSemesterData *data, const JmSemesterTask *task,
			  JmSemesterFit *fit, double *work, void (*check) (void))
{
	size_t		q = JM_SEMESTER_P + 1;

	for (int64_t i = 0; i < data->n; i++)
		training_row(data, task, i, work + i * q);
	return jm_poisson_fit(work, data->n, JM_SEMESTER_P, fit->coefficients,
						  &fit->result, work + data->n * q, check) == JM_POISSON_OK;
}

static void
judge(JmGainsPair *pairs, int64_t n, JmSemesterTest *test)
{
	jm_forecast_errors(pairs, n, &test->mse, &test->mae);
	jm_gains(pairs, n, test->gains);
}

/*
 * Fits and tests the model of a valid task on n > 0 offices.  pairs has room
 * for n, work for jm_semester_doubles() numbers.  check, which may not return,
 * is called between the steps.
 */
void
jm_semester_fit(const JmSemesterData *data, const JmSemesterTask *task,
				JmSemesterFit *fit, JmGainsPair *pairs, double *work,
				void (*check) (void))
{
	const int	naive[] = {test_x(task), year_before_test(task)};
	JmSemesterTest *naive_tests[] = {&fit->last_semester, &fit->last_year};

	memset(fit, 0, sizeof(*fit));
	fit->fitted = task->kind == JM_SEMESTER_POISSON ?
		train_poisson(data, task, fit, work, check) :
		train_squares(data, task, fit, work);
	check();
	if (fit->fitted)
	{
		for (int64_t i = 0; i < data->n; i++)
		{
			const int32_t *counts = data->counts + i * data->periods;

			pairs[i].predicted = jm_semester_predict(task->kind, fit->result.intercept,
													 fit->coefficients, counts + test_x(task),
													 data->headcount[i]);
			pairs[i].effective = counts[test_y(task)];
		}
		judge(pairs, data->n, &fit->test);
		check();
	}
	for (int k = 0; k < 2; k++)
	{
		for (int64_t i = 0; i < data->n; i++)
		{
			const int32_t *counts = data->counts + i * data->periods;

			pairs[i].predicted = counts[naive[k]];
			pairs[i].effective = counts[test_y(task)];
		}
		judge(pairs, data->n, naive_tests[k]);
		check();
	}
}
