/*
 * score_sql.c
 *		SQL functions of the score scale.
 *
 * Each comes twice: with the four constants as arguments (IMMUTABLE, for set
 * work, where they are read once), and without, reading jobmarket.score_setting
 * (STABLE, for people).
 */
#include "postgres.h"

#include <math.h>

#include "core/compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "hiring/hiring_sql.h"
#include "utils/snapmgr.h"

/* The constants, and the state of the database that they were read in. */
typedef struct JmScoreCache
{
	JmScoreScale scale;
	uint64		completions;
	CommandId	command;
} JmScoreCache;

/* An error where the four constants do not increase. */
void
jm_check_scale(const JmScoreScale *scale)
{
	if (!(scale->at_50 > 0 && scale->at_60 > scale->at_50 &&
		  scale->at_80 > scale->at_60 && scale->at_100 > scale->at_80 &&
		  scale->at_100 <= 1e9))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("hirings of scores 50, 60, 80 and 100 must increase"),
				 errdetail("They are %g, %g, %g and %g.", scale->at_50,
						   scale->at_60, scale->at_80, scale->at_100),
				 errhint("Look at hirings_50, hirings_60, hirings_80 and hirings_100 in jobmarket.score_setting.")));
}

static JmScoreScale
scale_of_arguments(FunctionCallInfo fcinfo, int first)
{
	JmScoreScale scale;

	scale.at_50 = PG_GETARG_FLOAT8(first);
	scale.at_60 = PG_GETARG_FLOAT8(first + 1);
	scale.at_80 = PG_GETARG_FLOAT8(first + 2);
	scale.at_100 = PG_GETARG_FLOAT8(first + 3);
	jm_check_scale(&scale);
	return scale;
}

/*
 * The constants of jobmarket.score_setting, read once a snapshot for each call
 * site: a query over a million rows reads the table once, and sees what its
 * snapshot sees.
 */
static const JmScoreScale *
scale_of_settings(FunctionCallInfo fcinfo)
{
	JmScoreCache *cache = fcinfo->flinfo->fn_extra;
	Snapshot	snapshot = GetActiveSnapshot();
	JmScoreScale scale;
	double	   *fields[4] = {&scale.at_50, &scale.at_60, &scale.at_80, &scale.at_100};

	if (cache && cache->completions == snapshot->snapXactCompletionCount &&
		cache->command == snapshot->curcid)
		return &cache->scale;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT pg_catalog.max(value) FILTER (WHERE name OPERATOR(pg_catalog.=) 'hirings_50'), "
					"pg_catalog.max(value) FILTER (WHERE name OPERATOR(pg_catalog.=) 'hirings_60'), "
					"pg_catalog.max(value) FILTER (WHERE name OPERATOR(pg_catalog.=) 'hirings_80'), "
					"pg_catalog.max(value) FILTER (WHERE name OPERATOR(pg_catalog.=) 'hirings_100') "
					"FROM jobmarket.score_setting", true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read jobmarket.score_setting");
	for (int i = 0; i < 4; i++)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0],
										  SPI_tuptable->tupdesc, i + 1, &isnull);

		*fields[i] = isnull ? 0 : DatumGetFloat8(value);
	}
	SPI_finish();
	jm_check_scale(&scale);

	if (!cache)
	{
		cache = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(JmScoreCache));
		fcinfo->flinfo->fn_extra = cache;
	}
	cache->scale = scale;
	cache->completions = snapshot->snapXactCompletionCount;
	cache->command = snapshot->curcid;
	return &cache->scale;
}

static double
number(double x, const char *what)
{
	if (isnan(x))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a number, not NaN", what)));
	return x;
}

static int32
checked_score(int32 score)
{
	if (score < 0 || score > 100)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("score %d is not between 0 and 100", score)));
	return score;
}

PG_FUNCTION_INFO_V1(jobmarket_score_from_hirings);
PG_FUNCTION_INFO_V1(jobmarket_score_from_hirings_scale);
PG_FUNCTION_INFO_V1(jobmarket_hirings_from_score);
PG_FUNCTION_INFO_V1(jobmarket_hirings_from_score_scale);
PG_FUNCTION_INFO_V1(jobmarket_stars_from_score);
PG_FUNCTION_INFO_V1(jobmarket_score_from_stars);

/* score_from_hirings(hirings) */
Datum
jobmarket_score_from_hirings(PG_FUNCTION_ARGS)
{
	double		hirings = number(PG_GETARG_FLOAT8(0), "hirings");

	PG_RETURN_INT32(jm_score_from_hirings(scale_of_settings(fcinfo), hirings));
}

/* score_from_hirings(hirings, hirings_50, hirings_60, hirings_80, hirings_100) */
Datum
jobmarket_score_from_hirings_scale(PG_FUNCTION_ARGS)
{
	double		hirings = number(PG_GETARG_FLOAT8(0), "hirings");
	JmScoreScale scale = scale_of_arguments(fcinfo, 1);

	PG_RETURN_INT32(jm_score_from_hirings(&scale, hirings));
}

/* hirings_from_score(score) */
Datum
jobmarket_hirings_from_score(PG_FUNCTION_ARGS)
{
	int32		score = checked_score(PG_GETARG_INT32(0));

	PG_RETURN_INT32(jm_hirings_from_score(scale_of_settings(fcinfo), score));
}

/* hirings_from_score(score, hirings_50, hirings_60, hirings_80, hirings_100) */
Datum
jobmarket_hirings_from_score_scale(PG_FUNCTION_ARGS)
{
	int32		score = checked_score(PG_GETARG_INT32(0));
	JmScoreScale scale = scale_of_arguments(fcinfo, 1);

	PG_RETURN_INT32(jm_hirings_from_score(&scale, score));
}

/* stars_from_score(score) */
Datum
jobmarket_stars_from_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(jm_stars_from_score(number(PG_GETARG_FLOAT8(0), "score")));
}

/* score_from_stars(stars) */
Datum
jobmarket_score_from_stars(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(jm_score_from_stars(number(PG_GETARG_FLOAT8(0), "stars")));
}
