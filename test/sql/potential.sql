-- Hiring potential: the golden vector, odd départements, checks, and quality.
\set VERBOSITY terse
BEGIN;
-- 60 offices, 11 of them without any hiring; 4,115 hirings
INSERT INTO jobmarket.office (siret, naf_code, headcount_class, departement_code)
SELECT lpad(s::text, 14, '0'), '2363Z', ('{00,01,02,03,11,12,21,22,31,32,41}'::text[])[1 + (7 * s) % 11], '57'
FROM generate_series(1, 60) s;
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type)
SELECT lpad(s::text, 14, '0'), ('2012-01-01'::date - make_interval(months => m))::date, 2
FROM generate_series(1, 60) s CROSS JOIN generate_series(1, 66) m
CROSS JOIN generate_series(1, ((31 * s * s + 17 * m * m + 13 * s * m) % 97)
	% (1 + s % 5 + CASE WHEN s % 9 = 0 THEN 2 ELSE 0 END));
SELECT count(*) FROM jobmarket.hiring;
SELECT array_agg(n ORDER BY k) AS by_semester
FROM (SELECT k, count(*) AS n FROM jobmarket.hiring JOIN generate_series(1, 11) k
	ON age('2012-01-01', hired_on) > make_interval(months => 6 * k - 6) AND age('2012-01-01', hired_on) <= make_interval(months => 6 * k)
	GROUP BY k) t;
-- 49 offices cannot train a model, unless that is allowed
CALL jobmarket.compute_hiring_potential('2012-01-01', '{57}');
SELECT departement_code, contract, check_name, value, limit_value, message FROM jobmarket.hiring_check WHERE verdict = 'fail';
SELECT count(*) FROM jobmarket.office_score;
UPDATE jobmarket.score_setting SET value = 49 WHERE name = 'training_offices_min';
CALL jobmarket.compute_hiring_potential('2012-01-15', '{57}');
CREATE VIEW last_model AS SELECT * FROM jobmarket.hiring_model
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run);
SELECT as_of, contract, offices, gap_periods, rank, published, beats_baselines FROM last_model;
-- equal to exact arithmetic to 1e-9
SELECT abs(intercept / 0.219699174188 - 1) < 1e-9 AS intercept, abs(mse_train / 7.6216843278 - 1) < 1e-9 AS mse_train,
	abs(mse_test / 7.1305231842 - 1) < 1e-9 AS mse_test, abs(rmse_test ^ 2 / mse_test - 1) < 1e-12 AS rmse,
	(SELECT max(abs(c / g - 1)) < 1e-9 FROM unnest(coefficients,
		'{0.168497697526,0.240111673828,-0.150663047692,0.252582432900,0.067519510937,0.237438805319,0.051853592575,0.001179315326}'::float8[])
		AS u (c, g)) AS coefficients
FROM last_model;
SELECT abs(value / 0.0454977876 - 1) < 1e-9 AS variation FROM jobmarket.hiring_check
WHERE check_name = 'variation' AND verdict = 'pass';
SELECT abs(sum(raw_hirings) / 329.074780643 - 1) < 1e-9 AS sum FROM jobmarket.office_score WHERE method = 'model';
SELECT siret::bigint AS s, round(raw_hirings::numeric, 9) AS hirings, score, method, semesters
FROM jobmarket.office_score WHERE siret::bigint IN (1, 2, 3, 4, 5, 9, 18, 27, 36, 45, 54) ORDER BY siret;

-- what really happens next: the checks of quality
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type)
SELECT siret, '2012-03-15'::date, 2 FROM jobmarket.office_score CROSS JOIN generate_series(1, round(hirings)::int);
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type) VALUES ('00000000000054', '2012-07-01', 2), ('00000000000054', '2012-06-30', 11);
SELECT grouping_key, offices, effective, gains[1] > 0.1 AS better_than_chance, rmse < 0.5 AS close, good_offices, share_not_covered
FROM jobmarket.hiring_gains();
SELECT grouping_key, offices, effective FROM jobmarket.hiring_gains('2012-01-01', 7, 'dpae', 'departement');
SELECT count(*) FROM jobmarket.hiring_gains(contract => 'alternance');
SAVEPOINT s;
SELECT jobmarket.hiring_gains(grouping_by => 'colour');
ROLLBACK TO s;
-- each office from the date of its own prediction
UPDATE jobmarket.office_score SET as_of = '2012-04-01' WHERE siret = '00000000000054';
SELECT offices, effective FROM jobmarket.hiring_gains(grouping_by => 'departement');
UPDATE jobmarket.office_score SET as_of = '2012-01-01';
DELETE FROM jobmarket.hiring WHERE hired_on >= '2012-01-01';

-- drift, both ways: the published scores stay, and the checks say so
UPDATE jobmarket.office_score SET score = 90, hirings = 120;
CALL jobmarket.compute_hiring_potential('2012-01-01');
SELECT check_name, round(value) AS value, limit_value, verdict, message FROM jobmarket.hiring_check
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run) AND verdict = 'fail' ORDER BY 1;
SELECT DISTINCT score, hirings FROM jobmarket.office_score;
SELECT contract, published FROM last_model;
UPDATE jobmarket.score_setting SET value = 1000 WHERE name IN ('mean_difference_max', 'high_score_change_max');
CALL jobmarket.compute_hiring_potential('2012-01-01');
SELECT count(*), round(sum(hirings)) FROM jobmarket.office_score;
-- too old data
CALL jobmarket.compute_hiring_potential('2013-06-01');
SELECT check_name, value, limit_value FROM jobmarket.hiring_check
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run) AND verdict = 'fail' ORDER BY 1;
-- a gap that is allowed is predicted across: H = 2011-08-31, P = 2012-01-01
SELECT h, jobmarket.data_gap_periods(h::date, '2012-01-01')
FROM unnest('{2011-12-31,2011-11-30,2011-08-31,2011-06-30,2011-05-31,2012-02-29}'::text[]) h;
DELETE FROM jobmarket.hiring WHERE hired_on > '2011-08-31';
CALL jobmarket.compute_hiring_potential('2012-01-01');
SELECT gap_periods, offices FROM last_model;
SELECT semesters FROM jobmarket.office_score WHERE siret::bigint = 54;
-- arguments
SAVEPOINT s;
CALL jobmarket.compute_hiring_potential('2012-01-01', '{57,xx,NULL}');
ROLLBACK TO s;
CALL jobmarket.compute_hiring_potential('infinity');
ROLLBACK TO s;
CALL jobmarket.compute_hiring_potential('2012-01-01', '{20,97}');
SELECT departements FROM jobmarket.hiring_potential_run ORDER BY run_id DESC LIMIT 1;
ROLLBACK TO s;
DELETE FROM jobmarket.hiring;
CALL jobmarket.compute_hiring_potential();
ROLLBACK TO s;
DELETE FROM jobmarket.office;
CALL jobmarket.compute_hiring_potential();
ROLLBACK;

-- Départements that are odd, beside one that is not.
BEGIN;
INSERT INTO jobmarket.office (siret, naf_code, headcount_class, departement_code)
SELECT d || lpad(i::text, 12, '0'), '4711D', CASE d WHEN '01' THEN '03' ELSE (ARRAY['01', '02', '03', '11'])[1 + i % 4] END, d
FROM (VALUES ('01', 80), ('02', 3), ('03', 60), ('04', 80), ('05', 80)) v (d, n) CROSS JOIN LATERAL generate_series(1, n) i;
-- 01 constant headcount, 02 three offices, 03 no hiring, 04 one giant, 05 nothing special
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, age_bracket, disabled)
SELECT o.siret, day, 1 + i % 2, CASE i % 5 WHEN 0 THEN '51-99' ELSE '00-25' END, siret = '01000000000001'
FROM (SELECT siret, departement_code AS d, right(siret, 12)::int AS i FROM jobmarket.office WHERE departement_code <> '03') o
CROSS JOIN generate_series('2014-01-01'::date, '2019-12-31', '1 month') day
CROSS JOIN generate_series(1, CASE WHEN d = '04' AND i = 1 THEN 3000 ELSE (i * 7 + extract(month FROM day)::int * i) % 5 END);
UPDATE jobmarket.score_setting SET value = 1e12 WHERE name = 'mse_max';
CALL jobmarket.compute_hiring_potential();
SELECT departement_code AS d, check_name, round(value::numeric, 6) AS value, message FROM jobmarket.hiring_check
WHERE contract = 'dpae' AND verdict IN ('fail', 'flag') ORDER BY 1, 2;
SELECT departement_code AS d, offices, rank, abs(coefficients[8]) < 1e-9 AS headcount_unused, published FROM jobmarket.hiring_model
WHERE contract = 'dpae' ORDER BY 1;
SELECT departement_code AS d, method, count(*), min(hirings) >= 0 AS not_negative, bool_and(hirings = greatest(raw_hirings, 0)) AS clamped
FROM jobmarket.office_score JOIN jobmarket.office USING (siret) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT round(hirings / 18000, 2) AS giant FROM (SELECT hirings::numeric FROM jobmarket.office_score WHERE siret = '04000000000001') t;
-- flags, from the last year
SELECT flag_junior, flag_senior, flag_handicap, count(*) FROM jobmarket.office WHERE departement_code = '01' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
ROLLBACK;

-- Ridge and Poisson regression instead, and what has not changed is not written.
BEGIN;
\set ECHO none
\i test/hiring_generator.sql
\set ECHO all
CALL pg_temp.generate_hirings(1500, 60000, '{57}', '2019-12-31', alternance_share => 0.2);
SELECT count(geom) FROM jobmarket.office;
UPDATE jobmarket.score_setting SET value = 1e9 WHERE name IN ('mean_difference_max', 'high_score_change_max', 'mse_max');
CALL jobmarket.compute_hiring_potential();
CREATE VIEW last_model AS SELECT * FROM jobmarket.hiring_model
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run);
CREATE TEMP TABLE plain AS SELECT * FROM last_model;
CREATE TEMP TABLE scores AS SELECT ctid AS version, * FROM jobmarket.office_score;
SELECT count(*) FROM scores;
CALL jobmarket.compute_hiring_potential();
SELECT count(*) AS rewritten FROM jobmarket.office_score s JOIN scores b USING (siret) WHERE s.ctid <> b.version;
-- the next month: all
CALL jobmarket.compute_hiring_potential('2019-12-01');
SELECT count(*) AS left_alone FROM jobmarket.office_score s JOIN scores b USING (siret) WHERE s.ctid = b.version;
CALL jobmarket.compute_hiring_potential();
SELECT count(*) AS different FROM (SELECT siret, score, semesters, score_alternance FROM jobmarket.office_score
	EXCEPT SELECT siret, score, semesters, score_alternance FROM scores) d;
SELECT check_name, verdict, count(*) FROM jobmarket.hiring_check
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run) AND check_name IN ('fit', 'geocoding')
GROUP BY 1, 2 ORDER BY 1, 2;
-- ridge regression equals the aggregate of that name on rows that plain SQL counts
CREATE TEMP TABLE profile AS
SELECT siret, array_agg(n ORDER BY k)::integer[] AS c
FROM (SELECT o.siret, k, count(h.hiring_id) AS n
	FROM (SELECT DISTINCT siret FROM jobmarket.hiring) o CROSS JOIN generate_series(1, 11) k
	LEFT JOIN jobmarket.hiring h ON h.siret = o.siret AND h.contract_type < 10
		AND h.hired_on >= ('2020-01-01'::date - make_interval(months => 6 * k))::date
		AND h.hired_on < ('2020-01-01'::date - make_interval(months => 6 * k - 6))::date
	GROUP BY o.siret, k) t
GROUP BY siret;
UPDATE jobmarket.score_setting SET value = 1 WHERE name = 'model_kind';
UPDATE jobmarket.score_setting SET value = 1e5 WHERE name = 'ridge_penalty';
CALL jobmarket.compute_hiring_potential();
WITH expected AS (
	SELECT jobmarket.ridge_regression(c[4], c[5:11]::float8[] || min_headcount::float8, 1e5) AS m
	FROM profile JOIN jobmarket.office USING (siret) JOIN jobmarket.headcount_class USING (headcount_class)
)
SELECT kind, published, offices = (m).n AS same_offices, abs(intercept / (m).intercept - 1) < 1e-9 AS intercept,
	(SELECT max(abs(a / b - 1)) < 1e-9 FROM unnest(coefficients, (m).coefficients) u (a, b)) AS coefficients,
	abs(mse_train / (m).mse - 1) < 1e-9 AS mse
FROM last_model, expected WHERE contract = 'dpae';
-- Poisson, on logarithms
UPDATE jobmarket.score_setting SET value = 2 WHERE name = 'model_kind';
CALL jobmarket.compute_hiring_potential();
WITH x AS (
	SELECT siret, c, (SELECT array_agg(ln(1 + v::float8) ORDER BY i) FROM unnest(c[5:11] || min_headcount) WITH ORDINALITY u (v, i)) AS x,
		(SELECT array_agg(ln(1 + v::float8) ORDER BY i) FROM unnest(c[1:7] || min_headcount) WITH ORDINALITY u (v, i)) AS live
	FROM profile JOIN jobmarket.office USING (siret) JOIN jobmarket.headcount_class USING (headcount_class)
), expected AS (
	SELECT jobmarket.poisson_regression(c[4], x) AS m FROM x
)
SELECT l.kind, l.published, abs(l.intercept / (m).intercept - 1) < 1e-6 AS intercept,
	(SELECT bool_and(abs(exp(jobmarket.predict(m, live)) / hirings - 1) < 1e-6)
	 FROM x JOIN jobmarket.office_score USING (siret)) AS predictions,
	l.mse_test < 1.5 * plain.mse_test AS not_bad
FROM last_model l JOIN plain USING (contract), expected WHERE contract = 'dpae';
SELECT bool_and(raw_hirings > 0) AS positive FROM jobmarket.office_score WHERE method = 'model';
-- a kind that is none
UPDATE jobmarket.score_setting SET value = 3 WHERE name = 'model_kind';
SAVEPOINT s;
CALL jobmarket.compute_hiring_potential();
ROLLBACK TO s;
ROLLBACK;

-- The semesters stored are those that plain SQL counts, in both families.
BEGIN;
\set ECHO none
\i test/hiring_generator.sql
\set ECHO all
CALL pg_temp.generate_hirings(300, 8000, '{57}', '2019-12-31', alternance_share => 0.4);
CALL jobmarket.compute_hiring_potential();
SELECT count(*) AS offices, count(*) FILTER (WHERE s.semesters IS DISTINCT FROM e.dpae) AS wrong,
	count(*) FILTER (WHERE s.semesters_alternance IS DISTINCT FROM e.alternance) AS wrong_alternance
FROM jobmarket.office_score s
LEFT JOIN (
	SELECT siret, array_agg(n ORDER BY k)::integer[] AS dpae, array_agg(a ORDER BY k)::integer[] AS alternance
	FROM (SELECT o.siret, k, count(h.hiring_id) FILTER (WHERE h.contract_type < 10) AS n,
			count(h.hiring_id) FILTER (WHERE h.contract_type > 10) AS a
		FROM (SELECT DISTINCT siret FROM jobmarket.hiring) o CROSS JOIN generate_series(1, 7) k
		LEFT JOIN jobmarket.hiring h ON h.siret = o.siret
			AND h.hired_on >= ('2020-01-01'::date - make_interval(months => 6 * k))::date
			AND h.hired_on < ('2020-01-01'::date - make_interval(months => 6 * k - 6))::date
		GROUP BY o.siret, k) t
	GROUP BY siret) e USING (siret);
-- one family fails its checks: of the other all is published, of this nothing
UPDATE jobmarket.score_setting SET value = -1 WHERE name = 'alternance_above_50_min';
UPDATE jobmarket.score_setting SET value = 1e9 WHERE name = 'offices_above_50_min';
CALL jobmarket.compute_hiring_potential('2019-12-01');
SELECT as_of, as_of_alternance, count(*) FROM jobmarket.office_score GROUP BY 1, 2;
ROLLBACK;

-- The function by itself: bad input.
SELECT siret FROM jobmarket.forecast_offices('{57}', '{57}', false);
SELECT siret FROM jobmarket.forecast_flags(80, 16);
\set scale '10, 50, 100, 500'
SELECT contract, offices, placed, changed FROM jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, 0, 0, :scale);
SELECT count(*) FROM jobmarket.forecast('{NULL}', '2020-01-01', 11, 0, 0, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-02', 11, 0, 0, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', 'infinity', 11, 0, 0, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 101, 0, 0, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 10, 0, 0, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2147483647, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, -1, 2, 2, 0, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, 3, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, 1, 'NaN', :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, NULL, 0, :scale);
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, 0, 0, 10, 5, 100, 500);
BEGIN;
UPDATE jobmarket.headcount_class SET min_headcount = -1 WHERE headcount_class = '01';
INSERT INTO jobmarket.office (siret, headcount_class, departement_code) VALUES ('00000000000001', '01', '57');
SELECT jobmarket.forecast('{57}', '2020-01-01', 11, 0, 0, 2, 2, 0, 0, :scale);
ROLLBACK;
