-- ---------------------------------------------------------------------------
-- forecast: what every office will hire, computed in one pass
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.forecast(departements text[], as_of date, periods integer, gap integer, gap_alternance integer,
	back integer, back_alternance integer, kind integer, penalty float8,
	hirings_50 float8, hirings_60 float8, hirings_80 float8, hirings_100 float8)
RETURNS TABLE (departement_code text, contract text, intercept float8, coefficients float8[], rank integer,
	mse_train float8, test float8[], offices bigint, totals bigint[], last_semester float8[], last_year float8[],
	placed float8, mean_difference float8, compared bigint, above bigint, above_before bigint, at_least bigint,
	changed bigint, added bigint, tallies bigint, profiles bigint)
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 200 AS 'MODULE_PATHNAME', 'jobmarket_forecast';
REVOKE ALL ON FUNCTION jobmarket.forecast(text[], date, integer, integer, integer, integer, integer, integer, float8,
	float8, float8, float8, float8) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.forecast(text[], date, integer, integer, integer, integer, integer, integer, float8,
	float8, float8, float8, float8) IS
'Counts the hirings of each office in so many semesters before as_of, from hiring_tally; fits and tests one model a département and family (kind: 0 least squares, 1 ridge regression with penalty, 2 Poisson regression on log(1 + x)), where gap semesters lack complete data and the test predicts the semester back before the coming one, training those two years back; predicts, and compares with office_score. One row a département and family: the model (NULL where nobody hired; coefficients NULL too where the fit did not converge), its test one year back and those of two naive predictions (mean squared error, mean absolute error, nine cumulative gains), hirings by semester, and what the checks want to know of the scores. The predictions are kept for forecast_offices and forecast_flags until the end of the transaction';

CREATE FUNCTION jobmarket.forecast_offices(departements text[], departements_alternance text[], new_ones boolean)
RETURNS TABLE (siret text, dpae boolean, hirings float8, raw_hirings float8, score smallint, method text, semesters integer[],
	alternance boolean, hirings_alternance float8, raw_hirings_alternance float8, score_alternance smallint,
	method_alternance text, semesters_alternance integer[], published tid)
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'jobmarket_forecast_offices';
REVOKE ALL ON FUNCTION jobmarket.forecast_offices(text[], text[], boolean) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.forecast_offices(text[], text[], boolean) IS
'Of the last forecast, the offices whose row in office_score it changes, or with new_ones those that have none, in these départements for ordinary contracts and in those for alternance; in order of SIRET. published is the place of that row, which nobody moves, but with triggers off, before the end of the transaction that locked office before the forecast';

CREATE FUNCTION jobmarket.forecast_offices_count(departements text[], departements_alternance text[], new_ones boolean)
RETURNS bigint LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'jobmarket_forecast_offices_count';
REVOKE ALL ON FUNCTION jobmarket.forecast_offices_count(text[], text[], boolean) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.forecast_offices_count(text[], text[], boolean) IS
'How many rows forecast_offices returns, without making them';

CREATE FUNCTION jobmarket.forecast_flags(junior_share float8, senior_share float8)
RETURNS TABLE (siret text, junior boolean, senior boolean, handicap boolean)
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 50000 AS 'MODULE_PATHNAME', 'jobmarket_forecast_flags';
REVOKE ALL ON FUNCTION jobmarket.forecast_flags(float8, float8) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.forecast_flags(float8, float8) IS
'Of the last forecast, the offices whose flags junior, senior and handicap are others than those stored, by their hirings of the last 365 days';
