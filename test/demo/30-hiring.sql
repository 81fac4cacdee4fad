-- Hiring potential of a synthetic Moselle.
\pset footer off
\pset null '-'

\echo
\echo '==== Who will hire?  3,000 invented companies of Moselle =============='
\echo
\i :tree/test/hiring_generator.sql
SET client_min_messages = warning;
CALL pg_temp.generate_hirings(3000, 90000, '{57}', '2025-12-31', rome_share => 0.5);
CALL jobmarket.compute_hiring_potential();
RESET client_min_messages;

\echo 'The model, tested one year back, beside two naive predictions'
SELECT contract, offices, round(rmse_test::numeric, 2) AS rmse, round(sqrt(mse_last_semester)::numeric, 2) AS "rmse: last semester",
	round(sqrt(mse_last_year)::numeric, 2) AS "rmse: last year",
	round(100 * gains[1]::numeric) || ' %' AS "hirings at the best 10 %", round(100 * gains_last_semester[1]::numeric) || ' %' AS "last semester",
	round(100 * gains_last_year[1]::numeric) || ' %' AS "last year"
FROM jobmarket.hiring_model
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run) ORDER BY contract DESC;

\echo 'Who will hire in the next six months, and why'
SELECT o.name, o.naf_code AS naf, h.label AS headcount, round(s.hirings::numeric, 1) AS hirings, s.score,
	jobmarket.stars_from_score(s.score) AS stars, s.semesters AS "last semesters, newest first",
	(SELECT string_agg(r.rome_code || ' ' || r.score, ', ' ORDER BY r.score DESC, r.rome_code)
	 FROM (SELECT * FROM jobmarket.office_rome_score r WHERE r.siret = s.siret AND r.contract = 'dpae'
		   ORDER BY r.score DESC, r.rome_code LIMIT 3) r) AS "best occupations"
FROM jobmarket.office_score s
JOIN jobmarket.office o USING (siret)
LEFT JOIN jobmarket.headcount_class h USING (headcount_class)
WHERE o.departement_code = '57'
ORDER BY s.hirings DESC, s.siret LIMIT 10;

\echo 'Checks that did not pass'
SELECT departement_code AS departement, contract, check_name, round(value::numeric, 2) AS value, round(limit_value::numeric, 2) AS "limit", verdict, message
FROM jobmarket.hiring_check
WHERE run_id = (SELECT max(run_id) FROM jobmarket.hiring_potential_run) AND verdict IN ('fail', 'flag')
ORDER BY 1, 2, 3;
