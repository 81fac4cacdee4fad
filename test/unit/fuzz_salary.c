/*
 * fuzz_salary.c
 *		Labels of any bytes are read, and amounts stay plausible.
 */
#include "text/literals.h"
#include "text/durations.h"
#include "text/salary.h"
#include "text_env.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	JmSalary	s;

	jm_parse_salary((const char *) data, size, size % 2 == 0, &s);
	if (s.min < -1 || s.max < -1 || s.annual_min < -1 || s.annual_max < -1 || s.annual_max > 2000000)
		abort();
	if (jm_experience_months((const char *) data, size) < -1 ||
		jm_weekly_minutes((const char *) data, size) < -1 ||
		jm_contract_days((const char *) data, size) < -1)
		abort();
	return 0;
}
