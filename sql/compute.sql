-- ---------------------------------------------------------------------------
-- compute: the computation of the hiring potential
-- ---------------------------------------------------------------------------

-- Semesters before as_of that lack complete data, when complete_until is the
-- last day of complete data.
CREATE FUNCTION jobmarket.data_gap_periods(complete_until date, as_of date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN greatest(0, ceil(((extract(year FROM as_of) * 12 + extract(month FROM as_of))
		- (extract(year FROM complete_until + 1) * 12 + extract(month FROM complete_until + 1))) / 6.0))::integer;
COMMENT ON FUNCTION jobmarket.data_gap_periods(date, date) IS
'Semesters, begun ones counted whole, between the last month that is complete and as_of';

CREATE FUNCTION jobmarket.potential_test_period(gap integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 2 * ((gap + 2) / 2);
COMMENT ON FUNCTION jobmarket.potential_test_period(integer) IS
'How many semesters before the coming one lies the newest that is known and of its season, by the semesters without complete data';

-- How the counts of both families lie behind each other in a feature row: each
-- has so many semesters that features one and two years back end before what
-- they predict.
CREATE FUNCTION jobmarket.potential_periods(run jobmarket.hiring_potential_run) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 9 + least(greatest(run.gap_periods, run.gap_periods_alternance), 20)
	+ jobmarket.potential_test_period(least(greatest(run.gap_periods, run.gap_periods_alternance), 20));
COMMENT ON FUNCTION jobmarket.potential_periods(jobmarket.hiring_potential_run) IS 'Semesters counted for a computation';

-- Step 1: hirings of each office by semester, both families in one pass.
CREATE PROCEDURE jobmarket.potential_features(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n_periods integer := jobmarket.potential_periods(run);
	hash_before text := current_setting('enable_hashagg');
	cost_before text := current_setting('random_page_cost');
BEGIN
	-- Counting along the covering index misses no cache; a hash table of half a
	-- million offices does at every row.  Only where vacuum has been there: the
	-- index alone does not tell whether a row is visible.
	IF (SELECT c.relallvisible > 0.8 * c.relpages FROM pg_class c WHERE c.oid = 'jobmarket.hiring'::regclass) THEN
		PERFORM set_config('enable_hashagg', 'off', true), set_config('random_page_cost', '1.1', true);
	END IF;
	CREATE TEMP TABLE jobmarket_feature ON COMMIT DROP AS
	SELECT o.siret, o.departement_code, coalesce(o.naf_code, '') AS naf_code,
		coalesce(o.headcount_class, '') AS headcount_class,
		coalesce(c.min_headcount, 1)::float8 AS headcount, o.geom IS NOT NULL AS has_place,
		o.flag_junior, o.flag_senior, o.flag_handicap, f.counts,
		s.siret IS NULL AS is_new, s.score AS score_before, s.score_alternance AS score_alternance_before
	FROM jobmarket.office o
	LEFT JOIN jobmarket.office_score s ON s.siret = o.siret
	LEFT JOIN jobmarket.headcount_class c ON c.headcount_class = o.headcount_class
	LEFT JOIN (
		SELECT h.siret, jobmarket.hiring_profile(h.hired_on, h.contract_type, h.age_bracket,
												 h.disabled, run.as_of, n_periods) AS counts
		FROM jobmarket.hiring h WHERE h.hired_on < run.as_of GROUP BY h.siret) f ON f.siret = o.siret
	WHERE o.departement_code = ANY (run.departements)
	-- the same sums to the last bit at each run, and pages met in order
	ORDER BY o.siret;
	PERFORM set_config('enable_hashagg', hash_before, true), set_config('random_page_cost', cost_before, true);
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_features(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_features(jobmarket.hiring_potential_run) IS 'First step of compute_hiring_potential: temporary table jobmarket_feature, one row an office';

-- Step 2: one model a département and family.
CREATE PROCEDURE jobmarket.potential_models(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n_periods integer := jobmarket.potential_periods(run);
	model_kind integer := jobmarket.score_setting('model_kind');
	penalty float8 := jobmarket.score_setting('ridge_penalty');
BEGIN
	-- shift: what lies before the family's counts; back: how many semesters before
	-- the coming one (0) lies what the test predicts, in whole years
	CREATE TEMP TABLE jobmarket_model ON COMMIT DROP AS
	SELECT q.departement_code, q.contract, q.shift, q.gap, q.back, model_kind AS kind, (q.fit).*
	FROM (
		SELECT f.departement_code, c.contract, c.shift, c.gap, c.back,
			jobmarket.semester_model(f.counts, f.headcount, c.shift + 1, n_periods, c.gap, c.back, model_kind, penalty) AS fit
		FROM (
			SELECT v.contract, v.shift, v.gap, jobmarket.potential_test_period(v.gap) AS back
			FROM (VALUES ('dpae', 0, least(run.gap_periods, 20)),
				('alternance', n_periods, least(run.gap_periods_alternance, 20))) v (contract, shift, gap)) c
		CROSS JOIN pg_temp.jobmarket_feature f
		WHERE f.counts IS NOT NULL
		GROUP BY f.departement_code, c.contract, c.shift, c.gap, c.back
		OFFSET 0) q
	-- a family without any hiring has no model
	WHERE q.fit IS DISTINCT FROM NULL;
	ANALYZE pg_temp.jobmarket_model;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_models(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_models(jobmarket.hiring_potential_run) IS 'Second step of compute_hiring_potential: temporary table jobmarket_model, one row a département and family';

-- Step 3: what each office will hire.
CREATE PROCEDURE jobmarket.potential_predictions(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
-- one large table beside small ones: it must not be sorted for them
SET enable_mergejoin = off
AS $$
DECLARE
	lags constant integer := 7;
	-- weight, in offices, of the wider group when a narrower one is estimated
	prior_weight constant float8 := 20;
	at_50 float8 := jobmarket.score_setting('hirings_50');
	at_60 float8 := jobmarket.score_setting('hirings_60');
	at_80 float8 := jobmarket.score_setting('hirings_80');
	at_100 float8 := jobmarket.score_setting('hirings_100');
	n_periods integer := jobmarket.potential_periods(run);
	gap integer := least(run.gap_periods, 20);
	gap_alternance integer := least(run.gap_periods_alternance, 20);
	back integer := jobmarket.potential_test_period(gap);
	back_alternance integer := jobmarket.potential_test_period(gap_alternance);
BEGIN
	-- Offices without history: what those that had hired nobody a year ago hired
	-- since, by activity, headcount and département, each group drawn to the
	-- wider one.
	CREATE TEMP TABLE jobmarket_prior ON COMMIT DROP AS
	WITH silent AS MATERIALIZED (
		SELECT f.departement_code, f.naf_code, f.headcount_class, count(*)::float8 AS n,
			coalesce(sum(f.counts[back]), 0)::float8 AS hired,
			coalesce(sum(f.counts[n_periods + back_alternance]), 0)::float8 AS hired_alternance,
			bool_or(f.counts IS NULL) AS wanted
		FROM pg_temp.jobmarket_feature f
		WHERE f.counts IS NULL
			OR jobmarket.lag_sum(f.counts, gap + back + 1, lags) = 0
			AND jobmarket.lag_sum(f.counts, n_periods + gap_alternance + back_alternance + 1, lags) = 0
		GROUP BY f.departement_code, f.naf_code, f.headcount_class
	), wide AS (
		SELECT headcount_class, sum(hired) / sum(n) AS mean, sum(hired_alternance) / sum(n) AS mean_alternance
		FROM silent GROUP BY headcount_class
	), middle AS (
		SELECT s.headcount_class, s.naf_code,
			(sum(s.hired) + prior_weight * min(w.mean)) / (sum(s.n) + prior_weight) AS mean,
			(sum(s.hired_alternance) + prior_weight * min(w.mean_alternance)) / (sum(s.n) + prior_weight) AS mean_alternance
		FROM silent s JOIN wide w USING (headcount_class)
		GROUP BY s.headcount_class, s.naf_code
	)
	SELECT s.departement_code, s.naf_code, s.headcount_class,
		(s.hired + prior_weight * m.mean) / (s.n + prior_weight) AS mean,
		(s.hired_alternance + prior_weight * m.mean_alternance) / (s.n + prior_weight) AS mean_alternance
	FROM silent s JOIN middle m USING (headcount_class, naf_code)
	WHERE s.wanted;
	ANALYZE pg_temp.jobmarket_prior;

	CREATE TEMP TABLE jobmarket_prediction ON COMMIT DROP AS
	SELECT r.siret, r.departement_code, r.has_place, r.is_new, r.method,
		r.raw, greatest(r.raw, 0) AS hirings,
		jobmarket.score_from_hirings(greatest(r.raw, 0), at_50, at_60, at_80, at_100)::smallint AS score,
		r.semesters, r.score_before,
		r.raw_alternance, greatest(r.raw_alternance, 0) AS hirings_alternance,
		jobmarket.score_from_hirings(greatest(r.raw_alternance, 0), at_50, at_60, at_80, at_100)::smallint AS score_alternance,
		r.semesters_alternance, r.score_alternance_before
	FROM (
		SELECT f.siret, f.departement_code, f.has_place, f.is_new, f.score_before, f.score_alternance_before,
			CASE WHEN f.counts IS NULL THEN 'prior' ELSE 'model' END AS method,
			f.counts[d.shift + d.gap + 1:d.shift + d.gap + lags] AS semesters,
			f.counts[a.shift + a.gap + 1:a.shift + a.gap + lags] AS semesters_alternance,
			CASE WHEN f.counts IS NOT NULL
				THEN jobmarket.semester_prediction(d.intercept, d.coefficients, f.counts, d.shift + d.gap + 1, f.headcount, d.kind)
				WHEN d.intercept IS NOT NULL THEN o.mean END AS raw,
			CASE WHEN f.counts IS NOT NULL
				THEN jobmarket.semester_prediction(a.intercept, a.coefficients, f.counts, a.shift + a.gap + 1, f.headcount, a.kind)
				WHEN a.intercept IS NOT NULL THEN o.mean_alternance END AS raw_alternance
		FROM pg_temp.jobmarket_feature f
		LEFT JOIN pg_temp.jobmarket_model d ON d.departement_code = f.departement_code AND d.contract = 'dpae'
		LEFT JOIN pg_temp.jobmarket_model a ON a.departement_code = f.departement_code AND a.contract = 'alternance'
		LEFT JOIN pg_temp.jobmarket_prior o ON f.counts IS NULL
			AND (o.departement_code, o.naf_code, o.headcount_class)
				= (f.departement_code, f.naf_code, f.headcount_class)
		-- keeps the subquery, whose columns are used several times, by itself
		OFFSET 0) r;
	DROP TABLE pg_temp.jobmarket_prior;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_predictions(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_predictions(jobmarket.hiring_potential_run) IS 'Third step of compute_hiring_potential: temporary table jobmarket_prediction, one row an office';

CREATE PROCEDURE jobmarket.compute_hiring_potential(as_of date DEFAULT NULL, departements text[] DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
-- all is set work on tables made on the way: no compilation pays, no plan can be kept
SET jit = off
SET plan_cache_mode = force_custom_plan
SET work_mem = '128MB'
AS $$
#variable_conflict use_column
DECLARE
	start_on date;
	newest date;
	newest_alternance date;
	areas text[];
	unknown text[];
	gap integer;
	gap_alternance integer;
	run jobmarket.hiring_potential_run;
	verdicts record;
BEGIN
	-- one computation at a time in a database
	PERFORM pg_advisory_xact_lock(hashtext('jobmarket.compute_hiring_potential'), 0);

	-- Which départements, and which six months ----------------------------------
	IF departements IS NULL THEN
		SELECT array_agg(d.departement_code) INTO areas FROM jobmarket.departement d
		WHERE EXISTS (SELECT FROM jobmarket.office o WHERE o.departement_code = d.departement_code);
	ELSE
		SELECT array_agg(DISTINCT d.departement_code) INTO areas
		FROM unnest(departements) a (code)
		JOIN jobmarket.departement d ON d.departement_code = upper(btrim(a.code))
			OR btrim(a.code) = '20' AND d.departement_code IN ('2A', '2B')
			OR btrim(a.code) = '97' AND d.departement_code LIKE '97_';
		SELECT array_agg(a.code) INTO unknown
		FROM unnest(departements) a (code)
		WHERE a.code IS NULL OR btrim(a.code) NOT IN ('20', '97') AND NOT EXISTS (
			SELECT FROM jobmarket.departement d WHERE d.departement_code = upper(btrim(a.code)));
		IF unknown IS NOT NULL THEN
			RAISE EXCEPTION 'unknown département: %', array_to_string(unknown, ', ', 'NULL')
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Give codes of jobmarket.departement, as 57 or 2A; 20 stands for Corsica and 97 for overseas.';
		END IF;
	END IF;
	IF areas IS NULL THEN
		RAISE NOTICE 'no office to compute a hiring potential for';
		RETURN;
	END IF;

	-- the index gives each type's newest day at once
	SELECT max(n.hired_on) FILTER (WHERE t.type < 10), max(n.hired_on) FILTER (WHERE t.type > 10)
	INTO newest, newest_alternance
	FROM (VALUES (1), (2), (3), (11), (12)) t (type)
	CROSS JOIN LATERAL (SELECT max(h.hired_on) AS hired_on FROM jobmarket.hiring h
						WHERE h.contract_type = t.type AND h.hired_on < coalesce(date_trunc('month', as_of)::date, 'infinity')) n;
	SELECT date_trunc('month', coalesce(as_of,
		(SELECT max(r.file_date) FROM jobmarket.import_run r WHERE r.kind = 'dpae' AND r.status = 'done'),
		(date_trunc('month', newest) + interval '1 month')::date))
	INTO start_on;
	IF start_on IS NULL THEN
		RAISE EXCEPTION 'no hirings to compute a hiring potential from'
			USING ERRCODE = 'no_data_found', HINT = 'Import hirings, or give as_of.';
	END IF;
	IF NOT isfinite(start_on) OR extract(year FROM start_on) NOT BETWEEN 1000 AND 9999 THEN
		RAISE EXCEPTION 'date % is out of range', start_on USING ERRCODE = 'datetime_field_overflow';
	END IF;

	-- A file is complete up to its day, so whole months only; of hirings that came
	-- without a file the newest month counts as complete.
	SELECT jobmarket.data_gap_periods(coalesce(
			(SELECT (date_trunc('month', max(r.file_date) + 1) - interval '1 day')::date
			 FROM jobmarket.import_run r WHERE r.status = 'done' AND r.kind = 'dpae'),
			(date_trunc('month', newest) + interval '1 month - 1 day')::date), start_on),
		jobmarket.data_gap_periods(coalesce(
			(SELECT (date_trunc('month', max(r.file_date) + 1) - interval '1 day')::date
			 FROM jobmarket.import_run r WHERE r.status = 'done' AND r.kind = 'apprenticeship'),
			(date_trunc('month', newest_alternance) + interval '1 month - 1 day')::date), start_on)
	INTO gap, gap_alternance;
	gap := coalesce(gap, 0);
	gap_alternance := coalesce(gap_alternance, 0);
	INSERT INTO jobmarket.hiring_potential_run (as_of, departements, gap_periods, gap_periods_alternance)
	VALUES (start_on, areas, gap, gap_alternance) RETURNING * INTO run;

	CALL jobmarket.potential_features(run);
	CALL jobmarket.potential_models(run);
	-- From here to the commit no office may vanish, and no constant of the scores
	-- may change; see refresh_rome_scores for the order of locks.
	LOCK TABLE jobmarket.office IN SHARE MODE;
	CALL jobmarket.potential_predictions(run);
	CALL jobmarket.potential_checks(run);
	CALL jobmarket.potential_publish(run);

	DROP TABLE pg_temp.jobmarket_feature, pg_temp.jobmarket_model, pg_temp.jobmarket_prediction;
	UPDATE jobmarket.hiring_potential_run r SET finished_at = clock_timestamp() WHERE r.run_id = run.run_id;

	SELECT count(*) FILTER (WHERE k.failed) AS failed,
		string_agg(DISTINCT k.departement_code, ', ' ORDER BY k.departement_code) FILTER (WHERE k.failed) AS where_failed
	INTO verdicts
	FROM (SELECT departement_code, contract, bool_or(verdict = 'fail') AS failed
		  FROM jobmarket.hiring_check k WHERE k.run_id = run.run_id GROUP BY 1, 2) k;
	IF verdicts.failed > 0 THEN
		RAISE NOTICE '% models failed a check: the previous scores stay', verdicts.failed
			USING DETAIL = format('Départements: %s.', verdicts.where_failed),
				HINT = format('SELECT * FROM jobmarket.hiring_check WHERE run_id = %s AND verdict = ''fail'';', run.run_id);
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.compute_hiring_potential(date, text[]) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.compute_hiring_potential(date, text[]) IS
'Predicts the hirings of every office in the six months from as_of (its month; NULL: the month of the newest hirings), for all départements or these, checks the models, and publishes those that pass';
