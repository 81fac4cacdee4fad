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

-- So many that the features one and two years back end before what they predict.
CREATE FUNCTION jobmarket.potential_periods(run jobmarket.hiring_potential_run) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 9 + least(greatest(run.gap_periods, run.gap_periods_alternance), 20)
	+ jobmarket.potential_test_period(least(greatest(run.gap_periods, run.gap_periods_alternance), 20));
COMMENT ON FUNCTION jobmarket.potential_periods(jobmarket.hiring_potential_run) IS 'Semesters counted for a computation';

-- First step: the models, and in the memory of the session what they predict.
CREATE PROCEDURE jobmarket.potential_forecast(run jobmarket.hiring_potential_run)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	gap integer := least(run.gap_periods, 20);
	gap_alternance integer := least(run.gap_periods_alternance, 20);
	model_kind integer := jobmarket.score_setting('model_kind');
BEGIN
	CREATE TEMP TABLE jobmarket_model ON COMMIT DROP AS
	SELECT f.*,
		-- a family without any hiring has no model
		CASE WHEN f.offices IS NOT NULL THEN CASE f.contract WHEN 'dpae' THEN gap ELSE gap_alternance END END AS gap,
		CASE WHEN f.offices IS NOT NULL THEN model_kind END AS kind
	FROM jobmarket.forecast(run.departements, run.as_of, jobmarket.potential_periods(run), gap, gap_alternance,
		jobmarket.potential_test_period(gap), jobmarket.potential_test_period(gap_alternance),
		model_kind, jobmarket.score_setting('ridge_penalty'),
		jobmarket.score_setting('hirings_50'), jobmarket.score_setting('hirings_60'),
		jobmarket.score_setting('hirings_80'), jobmarket.score_setting('hirings_100')) f;
	ANALYZE pg_temp.jobmarket_model;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.potential_forecast(jobmarket.hiring_potential_run) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.potential_forecast(jobmarket.hiring_potential_run) IS 'First step of compute_hiring_potential: temporary table jobmarket_model, one row a département and family';

CREATE PROCEDURE jobmarket.compute_hiring_potential(as_of date DEFAULT NULL, departements text[] DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
-- what changes of half a million offices stays in memory; no plan_cache_mode here:
-- it would hold for the checks of foreign keys, and plan each of them anew
SET work_mem = '256MB'
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
		JOIN jobmarket.departement d ON jobmarket.means_departement(a.code, d.departement_code);
		SELECT array_agg(a.code) INTO unknown
		FROM unnest(departements) a (code)
		WHERE NOT EXISTS (
			SELECT FROM jobmarket.departement d WHERE jobmarket.means_departement(a.code, d.departement_code));
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

	-- From here to the commit no office may vanish, and no constant of the scores
	-- may change; see refresh_rome_scores for the order of locks.
	-- Before it office_score, which this reads later: TRUNCATE takes it first, too,
	-- and comes to office by its trigger.  No other change waits for this lock.
	LOCK TABLE jobmarket.office_score IN ACCESS SHARE MODE;
	LOCK TABLE jobmarket.office IN SHARE MODE;
	-- hirings that came without triggers: by a parallel restore, or a subscription
	IF NOT EXISTS (SELECT FROM jobmarket.hiring_tally) AND EXISTS (SELECT FROM jobmarket.hiring)
		OR EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = 'jobmarket.hiring'::regclass) THEN
		PERFORM jobmarket.refresh_hiring_tallies();
	END IF;
	CALL jobmarket.potential_forecast(run);
	CALL jobmarket.potential_checks(run);
	CALL jobmarket.potential_publish(run);
	-- so that reading them stays cheap
	IF (SELECT sum(m.tallies) > 2 * sum(m.profiles) FROM pg_temp.jobmarket_model m) THEN
		PERFORM jobmarket.merge_hiring_tallies();
	END IF;
	DROP TABLE pg_temp.jobmarket_model;
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
