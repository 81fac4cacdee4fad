-- ---------------------------------------------------------------------------
-- publish: predictions are checked, and what passed becomes the scores
-- ---------------------------------------------------------------------------

CREATE PROCEDURE jobmarket.potential_checks(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	WITH area AS (
		SELECT d.code AS departement_code, c.contract
		FROM unnest(run.departements) d (code) CROSS JOIN (VALUES ('dpae'), ('alternance')) c (contract)
	), variation AS (
		SELECT t.departement_code, t.contract, stddev_samp(u.n) / nullif(avg(u.n), 0) AS cv
		FROM pg_temp.jobmarket_model t
		CROSS JOIN unnest(t.totals[t.gap + 1:]) u (n)
		GROUP BY t.departement_code, t.contract
	), scored AS (
		SELECT p.departement_code, avg(p.has_place::integer) AS placed,
			avg(p.score - p.score_before) AS difference, count(p.score_before) AS compared,
			count(*) FILTER (WHERE p.score > 50) AS above, count(*) FILTER (WHERE p.score_before > 50) AS above_before,
			count(*) FILTER (WHERE p.score >= 50) AS at_least,
			avg(p.score_alternance - p.score_alternance_before) AS difference_a, count(p.score_alternance_before) AS compared_a,
			count(*) FILTER (WHERE p.score_alternance > 50) AS above_a,
			count(*) FILTER (WHERE p.score_alternance_before > 50) AS above_before_a,
			count(*) FILTER (WHERE p.score_alternance >= 50) AS at_least_a
		FROM pg_temp.jobmarket_prediction p GROUP BY p.departement_code
	), change AS (
		SELECT s.departement_code, s.placed, c.*
		FROM scored s
		CROSS JOIN LATERAL (VALUES
			('dpae', s.difference, s.compared, s.above, s.above_before, s.at_least),
			('alternance', s.difference_a, s.compared_a, s.above_a, s.above_before_a, s.at_least_a))
			c (contract, mean_difference, compared, above, above_before, at_least)
	), facts AS (
		SELECT a.departement_code, a.contract, t.offices, t.gap, t.test[1] AS mse, t.kind, t.intercept, v.cv,
			least(t.last_semester[1], t.last_year[1]) AS mse_naive, h.mean_difference, h.compared,
			h.above, h.above_before, h.at_least, h.placed,
			a.departement_code IN ('2A', '2B') AS corsica
		FROM area a
		LEFT JOIN pg_temp.jobmarket_model t USING (departement_code, contract)
		LEFT JOIN variation v USING (departement_code, contract)
		LEFT JOIN change h USING (departement_code, contract)
	)
	INSERT INTO jobmarket.hiring_check (run_id, departement_code, contract, check_name, value,
		limit_value, verdict, message)
	SELECT run.run_id, f.departement_code, f.contract, c.check_name, c.value, c.limit_value,
		CASE WHEN c.applies IS NOT TRUE THEN 'skip' WHEN c.good THEN 'pass' ELSE c.otherwise END,
		CASE WHEN c.applies AND c.good IS NOT TRUE THEN c.message END
	FROM facts f
	CROSS JOIN LATERAL (VALUES
		('training_offices', coalesce(f.offices, 0)::float8, jobmarket.score_setting('training_offices_min'),
			-- many départements have no alternance at all in their data
			f.contract = 'dpae' OR f.offices IS NOT NULL,
			coalesce(f.offices, 0) >= jobmarket.score_setting('training_offices_min'),
			'fail', 'too few offices with history to train a model'),
		('fit', f.kind::float8, NULL, f.offices IS NOT NULL, f.intercept IS NOT NULL,
			'fail', 'the fit did not converge'),
		('geocoding', f.placed::float8, jobmarket.score_setting('geocoding_ratio_min'),
			f.contract = 'dpae' AND f.placed IS NOT NULL,
			f.placed >= jobmarket.score_setting('geocoding_ratio_min'),
			'flag', 'too few offices have a place: searches by distance cannot find the others'),
		('data_gap', f.gap::float8, jobmarket.score_setting('data_gap_periods_max'), f.gap IS NOT NULL,
			f.gap <= jobmarket.score_setting('data_gap_periods_max'), 'fail', 'the hirings known are too old'),
		('variation', f.cv, jobmarket.score_setting('variation_max'), f.cv IS NOT NULL AND NOT f.corsica,
			f.cv < jobmarket.score_setting('variation_max'), 'fail', 'the totals of the semesters jump: data are missing or doubled'),
		('mse_test', f.mse, jobmarket.score_setting('mse_max'), f.mse IS NOT NULL,
			f.mse < jobmarket.score_setting('mse_max'), 'fail', 'the model was far off one year back'),
		('baseline', f.mse, f.mse_naive, f.mse IS NOT NULL,
			f.mse < f.mse_naive, 'flag', 'a naive prediction was as good one year back'),
		('mean_difference', f.mean_difference, jobmarket.score_setting('mean_difference_max'),
			f.compared > 0 AND NOT f.corsica,
			abs(f.mean_difference) < jobmarket.score_setting('mean_difference_max'),
			'fail', 'the scores drift away from the published ones'),
		('high_score_change', 100 * abs(f.above - f.above_before) / nullif(f.above_before, 0)::float8,
			jobmarket.score_setting('high_score_change_max'), f.above_before > 0 AND NOT f.corsica,
			100 * abs(f.above - f.above_before) / nullif(f.above_before, 0)::float8
				< jobmarket.score_setting('high_score_change_max'),
			'fail', 'the number of offices above 50 changes too much'),
		('high_score_offices', f.above::float8, jobmarket.score_setting('high_score_offices_min'),
			f.above IS NOT NULL AND f.contract = 'dpae' AND NOT f.corsica,
			f.above >= jobmarket.score_setting('high_score_offices_min'), 'fail', 'too few offices above 50'),
		('offices_above_50', f.at_least::float8, jobmarket.score_setting(
			CASE f.contract WHEN 'dpae' THEN 'offices_above_50_min' ELSE 'alternance_above_50_min' END),
			f.at_least IS NOT NULL,
			f.at_least >= jobmarket.score_setting(
				CASE f.contract WHEN 'dpae' THEN 'offices_above_50_min' ELSE 'alternance_above_50_min' END),
			'fail', 'too few offices at 50 or above'))
		c (check_name, value, limit_value, applies, good, otherwise, message);

	INSERT INTO jobmarket.hiring_model (run_id, departement_code, contract, as_of, gap_periods, offices,
		intercept, coefficients, rank, mse_train, mse_test, rmse_test, mae_test, gains,
		mse_last_semester, mae_last_semester, gains_last_semester,
		mse_last_year, mae_last_year, gains_last_year, beats_baselines, published, kind)
	SELECT run.run_id, t.departement_code, t.contract, run.as_of, t.gap, t.offices,
		t.intercept, t.coefficients, t.rank, t.mse_train, t.test[1], sqrt(t.test[1]), t.test[2], t.test[3:],
		t.last_semester[1], t.last_semester[2], t.last_semester[3:],
		t.last_year[1], t.last_year[2], t.last_year[3:],
		t.test[1] < least(t.last_semester[1], t.last_year[1]),
		NOT EXISTS (SELECT FROM jobmarket.hiring_check k
					WHERE k.run_id = run.run_id AND k.departement_code = t.departement_code
						AND k.contract = t.contract AND k.verdict = 'fail'),
		('{least squares,ridge,poisson}'::text[])[t.kind + 1]
	FROM pg_temp.jobmarket_model t WHERE t.intercept IS NOT NULL;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_checks(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_checks(jobmarket.hiring_potential_run) IS 'Fourth step of compute_hiring_potential: rows of hiring_check and hiring_model';

-- What passed, at once: readers see the scores of before, or all of the new.
CREATE PROCEDURE jobmarket.potential_publish(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	base integer := 2 * jobmarket.potential_periods(run);
	junior_share float8 := jobmarket.score_setting('junior_share');
	senior_share float8 := jobmarket.score_setting('senior_share');
BEGIN
	CREATE TEMP TABLE jobmarket_passed ON COMMIT DROP AS
	SELECT m.departement_code, bool_or(m.contract = 'dpae') AS dpae, bool_or(m.contract = 'alternance') AS alternance
	FROM jobmarket.hiring_model m WHERE m.run_id = run.run_id AND m.published
	GROUP BY m.departement_code;
	ANALYZE pg_temp.jobmarket_passed;

	-- Rows that would not change are not written: computed twice, nothing is.
	UPDATE jobmarket.office_score s SET
		as_of = CASE WHEN v.dpae THEN run.as_of ELSE s.as_of END,
		hirings = CASE WHEN v.dpae THEN p.hirings ELSE s.hirings END,
		raw_hirings = CASE WHEN v.dpae THEN p.raw ELSE s.raw_hirings END,
		score = CASE WHEN v.dpae THEN p.score ELSE s.score END,
		method = CASE WHEN v.dpae THEN p.method ELSE s.method END,
		semesters = CASE WHEN v.dpae THEN p.semesters ELSE s.semesters END,
		as_of_alternance = CASE WHEN v.alternance THEN run.as_of ELSE s.as_of_alternance END,
		hirings_alternance = CASE WHEN v.alternance THEN p.hirings_alternance ELSE s.hirings_alternance END,
		raw_hirings_alternance = CASE WHEN v.alternance THEN p.raw_alternance ELSE s.raw_hirings_alternance END,
		score_alternance = CASE WHEN v.alternance THEN p.score_alternance ELSE s.score_alternance END,
		method_alternance = CASE WHEN v.alternance THEN p.method ELSE s.method_alternance END,
		semesters_alternance = CASE WHEN v.alternance THEN p.semesters_alternance ELSE s.semesters_alternance END
	FROM pg_temp.jobmarket_prediction p
	JOIN pg_temp.jobmarket_passed v ON v.departement_code = p.departement_code
	WHERE s.siret = p.siret
		AND (v.dpae AND (s.as_of, s.raw_hirings, s.hirings, s.score, s.method, s.semesters)
				IS DISTINCT FROM (run.as_of, p.raw, p.hirings, p.score, p.method, p.semesters)
			OR v.alternance AND (s.as_of_alternance, s.raw_hirings_alternance, s.hirings_alternance,
					s.score_alternance, s.method_alternance, s.semesters_alternance)
				IS DISTINCT FROM (run.as_of, p.raw_alternance, p.hirings_alternance,
					p.score_alternance, p.method, p.semesters_alternance));

	INSERT INTO jobmarket.office_score AS s (siret, as_of, hirings, raw_hirings, score, method, semesters,
		as_of_alternance, hirings_alternance, raw_hirings_alternance, score_alternance,
		method_alternance, semesters_alternance)
	SELECT p.siret, CASE WHEN v.dpae THEN run.as_of END, CASE WHEN v.dpae THEN p.hirings END,
		CASE WHEN v.dpae THEN p.raw END, CASE WHEN v.dpae THEN p.score END,
		CASE WHEN v.dpae THEN p.method END, CASE WHEN v.dpae THEN p.semesters END,
		CASE WHEN v.alternance THEN run.as_of END, CASE WHEN v.alternance THEN p.hirings_alternance END,
		CASE WHEN v.alternance THEN p.raw_alternance END, CASE WHEN v.alternance THEN p.score_alternance END,
		CASE WHEN v.alternance THEN p.method END, CASE WHEN v.alternance THEN p.semesters_alternance END
	FROM pg_temp.jobmarket_prediction p
	JOIN pg_temp.jobmarket_passed v ON v.departement_code = p.departement_code
	JOIN jobmarket.office o ON o.siret = p.siret
	WHERE p.is_new
	ORDER BY p.siret
	ON CONFLICT (siret) DO UPDATE SET
		as_of = coalesce(EXCLUDED.as_of, s.as_of), hirings = coalesce(EXCLUDED.hirings, s.hirings),
		raw_hirings = coalesce(EXCLUDED.raw_hirings, s.raw_hirings),
		score = coalesce(EXCLUDED.score, s.score), method = coalesce(EXCLUDED.method, s.method),
		semesters = CASE WHEN EXCLUDED.as_of IS NOT NULL THEN EXCLUDED.semesters ELSE s.semesters END,
		as_of_alternance = coalesce(EXCLUDED.as_of_alternance, s.as_of_alternance),
		hirings_alternance = coalesce(EXCLUDED.hirings_alternance, s.hirings_alternance),
		raw_hirings_alternance = coalesce(EXCLUDED.raw_hirings_alternance, s.raw_hirings_alternance),
		score_alternance = coalesce(EXCLUDED.score_alternance, s.score_alternance),
		method_alternance = coalesce(EXCLUDED.method_alternance, s.method_alternance),
		semesters_alternance = CASE WHEN EXCLUDED.as_of_alternance IS NOT NULL
			THEN EXCLUDED.semesters_alternance ELSE s.semesters_alternance END;

	-- a table of its own, so that the planner sees that they are few
	CREATE TEMP TABLE jobmarket_flag ON COMMIT DROP AS
	SELECT n.siret, n.junior, n.senior, n.disabled
	FROM (
		SELECT f.siret, f.flag_junior, f.flag_senior, f.flag_handicap,
			coalesce(f.counts[base + 2] * 100 >= f.counts[base + 1] * junior_share AND f.counts[base + 1] > 0, false) AS junior,
			coalesce(f.counts[base + 3] * 100 >= f.counts[base + 1] * senior_share AND f.counts[base + 1] > 0, false) AS senior,
			coalesce(f.counts[base + 4] > 0, false) AS disabled
		FROM pg_temp.jobmarket_feature f) n
	WHERE (n.flag_junior, n.flag_senior, n.flag_handicap) IS DISTINCT FROM (n.junior, n.senior, n.disabled);
	UPDATE jobmarket.office o SET flag_junior = n.junior, flag_senior = n.senior, flag_handicap = n.disabled
	FROM pg_temp.jobmarket_flag n WHERE o.siret = n.siret;
	DROP TABLE pg_temp.jobmarket_passed, pg_temp.jobmarket_flag;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_publish(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_publish(jobmarket.hiring_potential_run) IS 'Last step of compute_hiring_potential: office_score, and by its triggers the scores per ROME, and the flags of offices';
