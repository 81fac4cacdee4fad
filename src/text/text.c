/*
 * text.c
 *		SQL functions of the pure parts: normalisation, the earlier project's
 *		label, salaries and durations.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "text/durations.h"
#include "text/metier.h"
#include "text/normalise.h"
#include "text/rules.h"
#include "text/salary.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

/* How many times more than once a text is escaped at most. */
#define MAX_DAMAGE 5

static void *
allocate(size_t size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

PG_FUNCTION_INFO_V1(jobmarket_normalise_text);

/* normalise_text(text) -> text */
Datum
jobmarket_normalise_text(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	char	   *out = allocate(JM_NORMALISED_MAX(len));

	PG_RETURN_TEXT_P(jm_text_from_utf8(out, jm_normalise(s, len, out, NULL, 0, jm_check_interrupts)));
}

PG_FUNCTION_INFO_V1(jobmarket_clean_text);

/*
 * clean_text(text) -> text: until nothing changes any more, for what was
 * escaped or wrongly decoded twice comes out as damaged once.
 */
Datum
jobmarket_clean_text(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	char	   *out = allocate(JM_NORMALISED_MAX(len));

	len = jm_clean_text(s, len, out, jm_check_interrupts);
	for (int pass = 0; pass < MAX_DAMAGE; pass++)
	{
		char	   *again = allocate(JM_NORMALISED_MAX(len));
		size_t		again_len = jm_clean_text(out, len, again, jm_check_interrupts);
		bool		same = again_len == len && memcmp(again, out, len) == 0;

		pfree(out);
		out = again;
		len = again_len;
		if (same)
			break;
	}
	PG_RETURN_TEXT_P(jm_text_from_utf8(out, len));
}

PG_FUNCTION_INFO_V1(jobmarket_normalise_title);

/* normalise_title(text) -> text */
Datum
jobmarket_normalise_title(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	char	   *scratch = allocate(JM_NORMALISED_MAX(len));
	char	   *out = allocate(2 * JM_NORMALISED_MAX(len));

	PG_RETURN_TEXT_P(jm_text_from_utf8(out, jm_normalise_title(s, len, scratch, out, jm_check_interrupts)));
}

PG_FUNCTION_INFO_V1(jobmarket_metier_data);

/* metier_data(text) -> text: NULL when no rule matches */
Datum
jobmarket_metier_data(PG_FUNCTION_ARGS)
{
	static JmAutomaton *words = NULL;
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	const char *label;

	if (words == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		words = jm_metier_automaton(&jm_palloc_allocator);
		MemoryContextSwitchTo(old);
	}
	label = jm_metier_data(words, s, len, jm_check_interrupts);
	if (label == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(label, 2));
}

/* A numeric of hundredths, without zeros at its end. */
static Datum
numeric_of(int64 hundredths)
{
	if (hundredths % 100 == 0)
		return NumericGetDatum(int64_to_numeric(hundredths / 100));
	if (hundredths % 10 == 0)
		return NumericGetDatum(int64_div_fast_to_numeric(hundredths / 10, 1));
	return NumericGetDatum(int64_div_fast_to_numeric(hundredths, 2));
}

PG_FUNCTION_INFO_V1(jobmarket_parse_salary);

/* parse_salary(text, text) -> (min, max, period, months, annual_min, annual_max, flags) */
Datum
jobmarket_parse_salary(PG_FUNCTION_ARGS)
{
	text	   *policy = PG_GETARG_TEXT_PP(1);
	Datum		values[7];
	bool		nulls[7];
	Datum		flags[JM_SALARY_FLAGS];
	int			n_flags = 0;
	JmSalary	salary;
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	bool		repair;
	int			i;

	if (VARSIZE_ANY_EXHDR(policy) == 6 && memcmp(VARDATA_ANY(policy), "repair", 6) == 0)
		repair = true;
	else if (VARSIZE_ANY_EXHDR(policy) == 6 && memcmp(VARDATA_ANY(policy), "strict", 6) == 0)
		repair = false;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown salary policy \"%s\"", text_to_cstring(policy)),
				 errhint("Policies are \"repair\" and \"strict\".")));

	jm_parse_salary(s, len, repair, &salary);
	memset(nulls, false, sizeof(nulls));
	memset(values, 0, sizeof(values));
	if ((nulls[0] = salary.min < 0) == false)
		values[0] = numeric_of(salary.min);
	if ((nulls[1] = salary.max < 0) == false)
		values[1] = numeric_of(salary.max);
	if ((nulls[2] = salary.period == JM_PERIOD_NONE) == false)
		values[2] = CStringGetTextDatum(jm_period_name(salary.period));
	if ((nulls[3] = salary.months == 0) == false)
		values[3] = numeric_of(salary.months);
	if ((nulls[4] = salary.annual_min < 0) == false)
		values[4] = NumericGetDatum(int64_to_numeric(salary.annual_min));
	if ((nulls[5] = salary.annual_max < 0) == false)
		values[5] = NumericGetDatum(int64_to_numeric(salary.annual_max));
	for (i = 0; i < JM_SALARY_FLAGS; i++)
		if (salary.flags & (1u << i))
			flags[n_flags++] = CStringGetTextDatum(jm_salary_flags[i]);
	values[6] = n_flags == 0 ? PointerGetDatum(construct_empty_array(TEXTOID)) :
		PointerGetDatum(construct_array(flags, n_flags, TEXTOID, -1, false, TYPALIGN_INT));
	return jm_result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(jobmarket_experience_months);

/* experience_months(text) -> int */
Datum
jobmarket_experience_months(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	int			months = jm_experience_months(s, len);

	if (months < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(months);
}

PG_FUNCTION_INFO_V1(jobmarket_weekly_hours);

/* weekly_hours(text) -> numeric, to two decimals */
Datum
jobmarket_weekly_hours(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	int			minutes = jm_weekly_minutes(s, len);

	if (minutes < 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(numeric_of(((int64) minutes * 100 + 30) / 60));
}

PG_FUNCTION_INFO_V1(jobmarket_contract_months);

/* contract_months(text) -> numeric, to two decimals */
Datum
jobmarket_contract_months(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = jm_utf8(PG_GETARG_TEXT_PP(0), &len);
	int			days = jm_contract_days(s, len);

	if (days < 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(numeric_of(((int64) days * 100 + 15) / 30));
}
