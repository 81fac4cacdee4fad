/*
 * role_check.c
 *		What may be written into table role_rule.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "text/role_rules.h"
#include "text/rules.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#define PATTERN_MAX 2000

/*
 * Where a pattern of n wide characters, which fails with code, goes wrong: the
 * engine does not say, but from there on every beginning of it fails so.
 * Counted from 1.
 */
static size_t
error_position(const pg_wchar *wide, size_t n, int code)
{
	size_t		at = n;

	while (at > 1)
	{
		regex_t		regex;
		int			shorter = jm_role_compile(&regex, wide, at - 1);

		if (shorter == REG_OKAY)
			pg_regfree(&regex);
		if (shorter != code)
			break;
		at--;
	}
	return at;
}

PG_FUNCTION_INFO_V1(jobmarket_check_role_rule);

/*
 * Row trigger of role_rule: refuses a bad regular expression, with the place
 * of its error, and counts the versions of a rule.
 */
Datum
jobmarket_check_role_rule(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	tuple;
	Datum		value;
	bool		isnull;
	char	   *pattern;
	size_t		len;
	pg_wchar   *wide;
	size_t		n;
	regex_t		regex;
	int			code;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by a trigger", "check_role_rule")));
	desc = RelationGetDescr(trigger->tg_relation);
	tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	value = heap_getattr(tuple, SPI_fnumber(desc, "pattern"), desc, &isnull);
	if (isnull)
		return PointerGetDatum(tuple);	/* NOT NULL says it better */
	pattern = jm_utf8(DatumGetTextPP(value), &len);
	if (len > PATTERN_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("regular expression of a role rule is too long"),
				 errdetail("It has %zu bytes; at most %d are allowed.", len, PATTERN_MAX),
				 errhint("Write several rules.")));
	wide = palloc((len + 1) * sizeof(pg_wchar));
	n = jm_role_widen(pattern, len, wide);
	code = jm_role_compile(&regex, wide, n);
	if (code == REG_OKAY)
		pg_regfree(&regex);
	else
	{
		char		message[100];
		size_t		position = error_position(wide, n, code);

		pg_regerror(code, &regex, message, sizeof(message));
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("invalid regular expression in role rule, at character %zu: %s",
						position, message),
				 errdetail("The pattern is \"%s\".", pnstrdup(pattern, len)),
				 errhint("Rules match normalised titles: lower case, no accents, \\y for word boundaries.")));
	}

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		int			pattern_column = SPI_fnumber(desc, "pattern");
		int			version_column = SPI_fnumber(desc, "version");
		Datum		old_pattern = heap_getattr(trigger->tg_trigtuple, pattern_column, desc, &isnull);

		if (!DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, old_pattern, value)))
		{
			Datum		version = heap_getattr(trigger->tg_trigtuple, version_column, desc, &isnull);
			Datum		next = Int32GetDatum(DatumGetInt32(version) + 1);
			bool		no = false;

			tuple = heap_modify_tuple_by_cols(tuple, desc, 1, &version_column, &next, &no);
		}
	}
	return PointerGetDatum(tuple);
}
