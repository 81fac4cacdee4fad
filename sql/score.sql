-- ---------------------------------------------------------------------------
-- score: from hirings to a score of 0 to 100, to stars, and back
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.score_setting (
	name text PRIMARY KEY,
	-- NaN is above any number: each limit would be off
	value float8 NOT NULL CHECK (value <> 'NaN'),
	description text NOT NULL,
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.score_setting IS 'Constants of the score scale, and limits of the checks on imports and models; edit the values, the next computation uses them';
COMMENT ON COLUMN jobmarket.score_setting.name IS 'Name that the functions look for';
COMMENT ON COLUMN jobmarket.score_setting.value IS 'Value in force';
COMMENT ON COLUMN jobmarket.score_setting.description IS 'What it does, with its unit';
COMMENT ON COLUMN jobmarket.score_setting.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.score_setting (name, value, description) VALUES
	('hirings_50', 10, 'Hirings in six months worth a score of 50'),
	('hirings_60', 50, 'Hirings in six months worth a score of 60'),
	('hirings_80', 100, 'Hirings in six months worth a score of 80'),
	('hirings_100', 500, 'Hirings in six months worth a score of 100'),
	('minimum_score_base', 20, 'Least score per ROME for an office to be shown, where recruiting is easy or its tension unknown'),
	('minimum_score_floor', 5, 'Least score per ROME where recruiting is hardest (tension 100 %)'),
	('minimum_office_score', 50, 'Offices whose predicted hirings are worth less get no scores per ROME'),
	('minimum_alternance_score', 20, 'The same for alternance'),
	('history_weight', 20, 'Shrinkage of scores per ROME: as many hirings of unknown occupation as the NAF prior counts for against the office''s own; negative: own hirings are not used'),
	('distinct_departements_min', 1, 'Import of offices: least number of départements with offices (96 for the whole of France)'),
	('offices_per_departement_min', 1, 'Import of offices: least number of offices in each of its départements'),
	('unprocessable_departements_max', 2500, 'Import of offices: most rows whose département cannot be told'),
	('blank_communes_max', 75000, 'Import of offices: most rows without commune'),
	('format_errors_max', 5, 'Import of offices: most rows of the wrong form'),
	('first_rows_error_rate_max', 0.1, 'Import of hirings: the share of errors in the first 20 rows must be below'),
	('oldest_hiring_year', 2012, 'Import of hirings: rows before this year are left out'),
	('hirings_zip_errors_max', 100, 'Import of hirings: most rows with a value that cannot be read'),
	('hirings_invalid_rows_max', 100, 'Import of hirings: most rows with the wrong number of fields'),
	('cdd_days_over', 31, 'Hirings: fixed-term contracts count when longer than this many days'),
	('training_offices_min', 50, 'Model: fewer offices with history than this cannot train one'),
	('variation_max', 3, 'Model: coefficient of variation of the semester totals must be below'),
	('model_kind', 0, 'Model: 0 ordinary least squares, 1 ridge regression, 2 Poisson regression on log(1 + x)'),
	('ridge_penalty', 1000, 'Model: penalty of ridge regression, times the sum of squared coefficients'),
	('mse_max', 4000, 'Model: mean squared error one year back must be below'),
	('mean_difference_max', 30, 'Scores: the mean change against the published ones must be smaller, up or down'),
	('high_score_change_max', 30, 'Scores: change in percent of the number of offices above 50 must be smaller'),
	('high_score_offices_min', 0, 'Scores: least number of offices above 50 of a département (100 in production)'),
	('offices_above_50_min', 0, 'Scores: least number of offices at or above 50 of a département (500 in production)'),
	('alternance_above_50_min', 0, 'Scores: the same for alternance'),
	('geocoding_ratio_min', 0.75, 'Scores: a département with a smaller share of offices that have a place is flagged'),
	('data_gap_periods_max', 1, 'Model: most semesters without complete data before the prediction starts'),
	('junior_share', 80, 'Flag: percent of hirings below 26 years from which an office is marked junior'),
	('senior_share', 16, 'Flag: percent of hirings above 50 years from which an office is marked senior');
CALL jobmarket.keep_shipped('jobmarket.score_setting', 'name');
-- the functions below read it for whoever may call them
GRANT SELECT ON jobmarket.score_setting TO PUBLIC;

CREATE FUNCTION jobmarket.score_setting(setting text) RETURNS float8
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT s.value FROM jobmarket.score_setting s WHERE s.name = setting;
END;
COMMENT ON FUNCTION jobmarket.score_setting(text) IS 'Value of a row of score_setting';

CREATE FUNCTION jobmarket.score_from_hirings(hirings float8) RETURNS integer
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_score_from_hirings';
COMMENT ON FUNCTION jobmarket.score_from_hirings(float8) IS 'Score, 0 to 100, of a number of hirings in six months, with the constants of score_setting';

CREATE FUNCTION jobmarket.score_from_hirings(hirings float8, hirings_50 float8, hirings_60 float8,
											 hirings_80 float8, hirings_100 float8) RETURNS integer
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_score_from_hirings_scale';
COMMENT ON FUNCTION jobmarket.score_from_hirings(float8, float8, float8, float8, float8) IS 'The same with the constants given';

CREATE FUNCTION jobmarket.hirings_from_score(score integer) RETURNS integer
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_hirings_from_score';
COMMENT ON FUNCTION jobmarket.hirings_from_score(integer) IS 'Hirings in six months, in whole numbers, that a score stands for, with the constants of score_setting';

CREATE FUNCTION jobmarket.hirings_from_score(score integer, hirings_50 float8, hirings_60 float8,
											 hirings_80 float8, hirings_100 float8) RETURNS integer
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_hirings_from_score_scale';
COMMENT ON FUNCTION jobmarket.hirings_from_score(integer, float8, float8, float8, float8) IS 'The same with the constants given';

CREATE FUNCTION jobmarket.stars_from_score(score float8) RETURNS float8
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_stars_from_score';
COMMENT ON FUNCTION jobmarket.stars_from_score(float8) IS 'Stars, 2.5 to 5, to one decimal';

CREATE FUNCTION jobmarket.score_from_stars(stars float8) RETURNS float8
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_score_from_stars';
COMMENT ON FUNCTION jobmarket.score_from_stars(float8) IS 'Score, 20 to 100, that a number of stars stands for';
