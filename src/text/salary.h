/*
 * salary.h
 *		Amounts and periods read from the salary labels of offers.  Plain C.
 */
#ifndef JM_SALARY_H
#define JM_SALARY_H

#include <stdbool.h>
#include <stddef.h>

typedef enum JmSalaryPeriod
{
	JM_PERIOD_NONE, JM_PERIOD_HOUR, JM_PERIOD_DAY, JM_PERIOD_MONTH, JM_PERIOD_YEAR,
	JM_PERIOD_FEE, JM_PERIOD_WEEK
} JmSalaryPeriod;

/* What jm_parse_salary() has to say about a label; names in jm_salary_flags */
#define JM_SALARY_SWAPPED			0x0001
#define JM_SALARY_PERIOD_REPAIRED	0x0002
#define JM_SALARY_PERIOD_INFERRED	0x0004
#define JM_SALARY_MIN_OUTLIER		0x0008
#define JM_SALARY_MAX_OUTLIER		0x0010
#define JM_SALARY_AMBIGUOUS			0x0020
#define JM_SALARY_IMPLAUSIBLE		0x0040
#define JM_SALARY_NOT_ANNUALISED	0x0080
#define JM_SALARY_NOT_NUMERIC		0x0100
#define JM_SALARY_PERCENT_OF_SMIC	0x0200
#define JM_SALARY_ZERO				0x0400
#define JM_SALARY_NET				0x0800
#define JM_SALARY_ENCODING_FIXED	0x1000
#define JM_SALARY_BELOW_SMIC		0x2000

#define JM_SALARY_FLAGS 14
extern const char *const jm_salary_flags[JM_SALARY_FLAGS];

/* Amounts are in hundredths of a euro; a bound that is absent is -1. */
typedef struct JmSalary
{
	long long	min;
	long long	max;
	JmSalaryPeriod period;
	int			months;			/* in hundredths; 0 when not stated */
	long long	annual_min;		/* whole euros, or -1 */
	long long	annual_max;
	unsigned	flags;
} JmSalary;

extern const char *jm_period_name(JmSalaryPeriod period);
extern void jm_settle_period(JmSalary *salary, JmSalaryPeriod stated,
							 bool thousands, bool repair);
extern void jm_parse_salary(const char *label, size_t len, bool repair,
							JmSalary *salary);

#endif							/* JM_SALARY_H */
