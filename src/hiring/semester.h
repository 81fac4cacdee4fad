/*
 * semester.h
 *		The model of hiring potential: hirings of a semester by those of the
 *		semesters before it and the headcount, fitted and tested on offices with
 *		history.  Plain C on the caller's memory.
 */
#ifndef JM_SEMESTER_H
#define JM_SEMESTER_H

#include "hiring/gains.h"
#include "hiring/lsq.h"

#define JM_SEMESTER_LAGS 7
#define JM_SEMESTER_P (JM_SEMESTER_LAGS + 1)	/* the last x is the headcount */

typedef enum JmSemesterKind
{
	JM_SEMESTER_LEAST_SQUARES,
	JM_SEMESTER_RIDGE,
	JM_SEMESTER_POISSON,		/* of log(1 + x): a power law of each x */
	JM_SEMESTER_KINDS
} JmSemesterKind;

/* The offices: row i of counts holds the semesters, nearest first. */
typedef struct JmSemesterData
{
	int64_t		n;
	int			periods;
	const int32_t *counts;		/* n * periods */
	const double *headcount;	/* n */
} JmSemesterData;

/*
 * gap: semesters without complete data; back: how many semesters before the
 * coming one lies the one that the test predicts, in whole years.
 */
typedef struct JmSemesterTask
{
	int			gap;
	int			back;
	JmSemesterKind kind;
	double		penalty;		/* of JM_SEMESTER_RIDGE */
} JmSemesterTask;

/* How close predictions came to what happened. */
typedef struct JmSemesterTest
{
	double		mse;
	double		mae;
	double		gains[JM_GAINS_SHARES];
} JmSemesterTest;

typedef struct JmSemesterFit
{
	bool		fitted;			/* if not, nothing below holds but the naive
								 * tests */
	double		coefficients[JM_SEMESTER_P];
	JmLsqResult result;
	JmSemesterTest test;
	JmSemesterTest last_semester;	/* naive: as in the last known one */
	JmSemesterTest last_year;	/* naive: as in the same one a year before */
} JmSemesterFit;

extern bool jm_semester_task_valid(const JmSemesterTask *task, int periods);
extern size_t jm_semester_doubles(const JmSemesterTask *task, int64_t n);
extern void jm_semester_fit(const JmSemesterData *data, const JmSemesterTask *task,
							JmSemesterFit *fit, JmGainsPair *pairs, double *work,
							void (*check) (void));
extern double jm_semester_predict(JmSemesterKind kind, double intercept,
								  const double *b, const int32_t *lags,
								  double headcount);

#endif							/* JM_SEMESTER_H */
