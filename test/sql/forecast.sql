-- The one pass behind compute_hiring_potential: what it takes, returns and
-- refuses.  That its predictions are right is tested by potential.
\set VERBOSITY terse
BEGIN;
-- without a forecast there is nothing to publish
SAVEPOINT s;
SELECT * FROM jobmarket.forecast_offices('{57}', '{57}', true);
ROLLBACK TO s;
SELECT * FROM jobmarket.forecast_flags(80, 16);
ROLLBACK TO s;

INSERT INTO jobmarket.office (siret, naf_code, headcount_class, departement_code)
SELECT lpad(i::text, 14, '0'), '47.11D', CASE WHEN i % 5 > 0 THEN '0' || i % 4 END, CASE WHEN i <= 12 THEN '57' ELSE '54' END
FROM generate_series(1, 14) i;
-- offices 1 to 9 hire i times a semester, all young in the last year; 10 and 11 hired
-- once, before as_of and on it; 12 and those of 54 never
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, age_bracket)
SELECT lpad(i::text, 14, '0'), month::date, CASE WHEN i = 9 THEN 11 ELSE 2 END, CASE WHEN month >= '2019-01-01' THEN '00-25' END
FROM generate_series(1, 9) i CROSS JOIN generate_series('2014-07-01'::date, '2019-07-01', '6 months') month
CROSS JOIN generate_series(1, i)
UNION ALL VALUES ('00000000000010', '2019-12-31'::date, 2, '51-99'), ('00000000000011', '2020-01-01', 2, '51-99');
-- DEPARTEMENTS AS_OF PERIODS GAP BACK KIND: a forecast, on the shipped scale
CREATE FUNCTION pg_temp.forecast(departements text[], as_of date DEFAULT '2020-01-01', periods integer DEFAULT 11,
	gap integer DEFAULT 0, back integer DEFAULT 2, kind integer DEFAULT 0, penalty float8 DEFAULT 1, hirings_50 float8 DEFAULT 10)
RETURNS TABLE (departement text, family text, model text, offices bigint, totals bigint[], tests text,
	scores text, writes text, tallies text) LANGUAGE sql AS $$
	SELECT f.departement_code, f.contract, round(f.intercept::numeric, 6) || ' ' || cardinality(f.coefficients) || ' of rank ' || f.rank,
		f.offices, f.totals, concat_ws(' ', cardinality(f.test), cardinality(f.last_semester), cardinality(f.last_year)),
		concat_ws(' ', f.above, f.above_before, f.at_least, f.compared, f.mean_difference), f.changed || ' ' || f.added, f.tallies || ' ' || f.profiles
	FROM jobmarket.forecast(departements, as_of, periods, gap, gap, back, back, kind, penalty, hirings_50, 50, 100, 500) f
$$;
SELECT * FROM pg_temp.forecast('{57,54}');
-- rows to insert, none to update, in the departements asked for and only there
SELECT siret, dpae, round(hirings::numeric, 6) AS hirings, score, method, semesters, alternance, round(hirings_alternance::numeric, 6) AS alt, published
FROM jobmarket.forecast_offices('{57}', '{}', true);
SELECT count(*) FROM jobmarket.forecast_offices('{57,54}', '{57,54}', false);
SELECT count(*) FROM jobmarket.forecast_offices('{99,NULL}', '{}', true);
SELECT * FROM jobmarket.forecast_flags(80, 16);
-- kept for the transaction, until another one, or one that is rolled back
SELECT departement, totals FROM pg_temp.forecast('{54}');
SELECT count(*) FROM jobmarket.forecast_offices('{57,54}', '{57,54}', true);
SAVEPOINT s;
SELECT count(*) FROM pg_temp.forecast('{57}', kind => 1);
ROLLBACK TO s;
SELECT count(*) FROM jobmarket.forecast_offices('{57}', '{57}', true);
ROLLBACK TO s;
-- no departement, unknown ones, the same twice
SELECT count(*) FROM pg_temp.forecast('{}');
SELECT departement, family, offices, scores FROM pg_temp.forecast('{XX,NULL,54,54}');
-- what is refused
SELECT * FROM pg_temp.forecast(NULL);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', 'infinity');
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', periods => 10);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', periods => 1000000000);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', periods => -1);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', gap => -1);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', gap => 2);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', back => 2147483647);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', kind => 3);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', kind => 1, penalty => 'NaN');
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', kind => 1, penalty => -1);
ROLLBACK TO s;
SELECT * FROM pg_temp.forecast('{57}', hirings_50 => 'infinity');
ROLLBACK TO s;
-- a damaged tally is an error, one of nobody's office is passed over
INSERT INTO jobmarket.hiring_tally (siret, tally) VALUES ('nonsense', '{1,2,3}'), ('99999999999999', '{{1,2},{3,4}}');
SELECT count(*) FROM pg_temp.forecast('{57}');
INSERT INTO jobmarket.hiring_tally (siret, tally) VALUES ('00000000000001', '{1,NULL}');
SELECT count(*) FROM pg_temp.forecast('{57}');
ROLLBACK;
