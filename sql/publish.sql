-- ---------------------------------------------------------------------------
-- publish: predictions are checked, and what passed becomes the scores
-- ---------------------------------------------------------------------------

CREATE PROCEDURE jobmarket.potential_checks(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	WITH variation AS (
		SELECT t.departement_code, t.contract, stddev_samp(u.n) / nullif(avg(u.n), 0) AS cv
		FROM pg_temp.jobmarket_model t
		CROSS JOIN unnest(t.totals[t.gap + 1:]) u (n)
		GROUP BY t.departement_code, t.contract
	), facts AS (
		SELECT t.departement_code, t.contract, t.offices, t.gap, t.test[1] AS mse, t.kind, t.intercept, v.cv,
			least(t.last_semester[1], t.last_year[1]) AS mse_naive, t.mean_difference, t.compared,
			t.above, t.above_before, t.at_least, t.placed,
			t.departement_code IN ('2A', '2B') AS corsica
		FROM pg_temp.jobmarket_model t
		LEFT JOIN variation v USING (departement_code, contract)
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
COMMENT ON PROCEDURE jobmarket.potential_checks(jobmarket.hiring_potential_run) IS 'Second step of compute_hiring_potential: rows of hiring_check and hiring_model';

-- What passed, at once: readers see the scores of before, or all of the new.
CREATE PROCEDURE jobmarket.potential_publish(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	passed text[];
	passed_alternance text[];
	changed bigint;
	added bigint;
	written bigint;
BEGIN
	SELECT coalesce(array_agg(m.departement_code) FILTER (WHERE m.contract = 'dpae'), '{}'),
		coalesce(array_agg(m.departement_code) FILTER (WHERE m.contract = 'alternance'), '{}'), sum(t.changed - t.added), sum(t.added)
	INTO passed, passed_alternance, changed, added
	FROM jobmarket.hiring_model m JOIN pg_temp.jobmarket_model t USING (departement_code, contract)
	WHERE m.run_id = run.run_id AND m.published;

	-- Rows that would not change are not written: computed twice, nothing is.
	IF changed > 0 THEN
		UPDATE jobmarket.office_score s SET
			as_of = CASE WHEN p.dpae THEN run.as_of ELSE s.as_of END,
			hirings = CASE WHEN p.dpae THEN p.hirings ELSE s.hirings END,
			raw_hirings = CASE WHEN p.dpae THEN p.raw_hirings ELSE s.raw_hirings END,
			score = CASE WHEN p.dpae THEN p.score ELSE s.score END,
			method = CASE WHEN p.dpae THEN p.method ELSE s.method END,
			semesters = CASE WHEN p.dpae THEN p.semesters ELSE s.semesters END,
			as_of_alternance = CASE WHEN p.alternance THEN run.as_of ELSE s.as_of_alternance END,
			hirings_alternance = CASE WHEN p.alternance THEN p.hirings_alternance ELSE s.hirings_alternance END,
			raw_hirings_alternance = CASE WHEN p.alternance THEN p.raw_hirings_alternance ELSE s.raw_hirings_alternance END,
			score_alternance = CASE WHEN p.alternance THEN p.score_alternance ELSE s.score_alternance END,
			method_alternance = CASE WHEN p.alternance THEN p.method_alternance ELSE s.method_alternance END,
			semesters_alternance = CASE WHEN p.alternance THEN p.semesters_alternance ELSE s.semesters_alternance END
		FROM jobmarket.forecast_offices(passed, passed_alternance, false) p
		-- by its place: no other way to it costs less, and office_score_lock keeps it
		-- there
		WHERE s.ctid = p.published AND s.siret = p.siret;
		GET DIAGNOSTICS written = ROW_COUNT;
		IF written <> jobmarket.forecast_offices_count(passed, passed_alternance, false) THEN
			RAISE serialization_failure USING
				MESSAGE = 'rows of jobmarket.office_score were changed without its triggers during the computation',
				DETAIL = format('%s of %s rows could be found again.', written,
					jobmarket.forecast_offices_count(passed, passed_alternance, false)),
				HINT = 'Nothing is published: compute again.';
		END IF;
	END IF;
	IF added > 0 THEN
		INSERT INTO jobmarket.office_score (siret, as_of, hirings, raw_hirings, score, method, semesters,
			as_of_alternance, hirings_alternance, raw_hirings_alternance, score_alternance,
			method_alternance, semesters_alternance)
		SELECT p.siret, CASE WHEN p.dpae THEN run.as_of END, p.hirings, p.raw_hirings, p.score, p.method, p.semesters,
			CASE WHEN p.alternance THEN run.as_of END, p.hirings_alternance, p.raw_hirings_alternance,
			p.score_alternance, p.method_alternance, p.semesters_alternance
		FROM jobmarket.forecast_offices(passed, passed_alternance, true) p;
	END IF;

	UPDATE jobmarket.office o SET flag_junior = n.junior, flag_senior = n.senior, flag_handicap = n.handicap
	FROM jobmarket.forecast_flags(jobmarket.score_setting('junior_share'), jobmarket.score_setting('senior_share')) n
	WHERE o.siret = n.siret;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_publish(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_publish(jobmarket.hiring_potential_run) IS 'Last step of compute_hiring_potential: office_score, and by its triggers the scores per ROME, and the flags of offices';
