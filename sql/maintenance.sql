-- ---------------------------------------------------------------------------
-- maintenance: how long history is kept, and what the licence of the offers
-- wants of those that are withdrawn
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.purge_history(keep interval DEFAULT NULL)
RETURNS TABLE (relation text, deleted bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- NULL where all is kept; the settings are unknown, and unchecked, until the
	-- library is loaded
	runs_before timestamptz := now() - coalesce(keep,
		make_interval(days => (SELECT s.d FROM (VALUES (coalesce(nullif(current_setting('jobmarket.keep_runs', true), ''), '90')::int)) s (d) WHERE s.d >= 0)));
	changes_before timestamptz := now() - coalesce(keep,
		make_interval(days => (SELECT s.d FROM (VALUES (coalesce(nullif(current_setting('jobmarket.keep_changes', true), ''), '-1')::int)) s (d) WHERE s.d >= 0)));
	old_runs bigint[];
BEGIN
	IF keep < interval '0' THEN
		RAISE EXCEPTION 'cannot keep history for %', keep
			USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give a positive interval, as ''90 days''.';
	END IF;
	-- an incremental harvest begins at the last complete one of its criteria,
	-- and what runs or may be resumed is not history yet
	SELECT coalesce(array_agg(r.run_id), '{}') INTO old_runs
	FROM jobmarket.harvest_run r
	WHERE r.finished_at < runs_before AND r.status <> 'running'
	  AND NOT EXISTS (SELECT FROM jobmarket.source s WHERE s.last_complete_run_id = r.run_id)
	  AND EXISTS (SELECT FROM jobmarket.harvest_run n
		WHERE n.source = r.source AND n.criteria = r.criteria AND n.run_id > r.run_id
		  AND (n.status = 'complete' OR r.status <> 'complete'));

	relation := 'harvest_error';
	DELETE FROM jobmarket.harvest_error e WHERE e.run_id = ANY (old_runs) OR (e.run_id IS NULL AND e.occurred_at < runs_before);
	GET DIAGNOSTICS deleted = ROW_COUNT;
	RETURN NEXT;
	relation := 'harvest_cell';
	DELETE FROM jobmarket.harvest_cell c WHERE c.run_id = ANY (old_runs);
	GET DIAGNOSTICS deleted = ROW_COUNT;
	RETURN NEXT;
	relation := 'harvest_run';
	DELETE FROM jobmarket.harvest_run r WHERE r.run_id = ANY (old_runs);
	GET DIAGNOSTICS deleted = ROW_COUNT;
	RETURN NEXT;
	relation := 'offer_change';
	DELETE FROM jobmarket.offer_change h WHERE h.changed_at < changes_before;
	GET DIAGNOSTICS deleted = ROW_COUNT;
	RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.purge_history(interval) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.purge_history(interval) IS
'Deletes harvest runs with their cells and errors, and changes of offers, that are older than keep; without it, than the settings jobmarket.keep_runs and jobmarket.keep_changes say, as each harvest does at its end. Keeps what the next harvests need. Returns the rows deleted from each table';

CREATE FUNCTION jobmarket.anonymise_withdrawn(older_than interval)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	cleared text[];
	companies uuid[];
BEGIN
	IF older_than IS NULL THEN
		RAISE EXCEPTION 'the age of withdrawn offers is null'
			USING ERRCODE = 'null_value_not_allowed',
			HINT = 'Give an interval, as ''1 day''.';
	END IF;
	IF older_than < interval '0' THEN
		RAISE EXCEPTION 'cannot anonymise what is withdrawn in the future'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The age given is %s.', older_than),
			HINT = 'Give a positive interval, as ''1 day''; 0 is for all that is withdrawn now.';
	END IF;
	-- the description too: employers write names and telephone numbers into it
	WITH affected AS (
		SELECT o.offer_id, o.company_id
		FROM jobmarket.offer o
		WHERE o.withdrawn_at <= now() - older_than
		  AND (num_nonnulls(o.company_id, o.company_siret, o.company_description, o.company_url,
			o.company_logo_url, o.description, o.place_label, o.place_postal_code, o.place_insee_code,
			o.place_latitude, o.place_longitude, o.insee_code, o.postal_code, o.geom, o.origin_url) > 0
			OR EXISTS (SELECT FROM jobmarket.offer_document d WHERE d.offer_id = o.offer_id)
			OR EXISTS (SELECT FROM jobmarket.offer_change h WHERE h.offer_id = o.offer_id AND h.before IS NOT NULL)
			OR EXISTS (SELECT FROM jobmarket.offer_partner p WHERE p.offer_id = o.offer_id
				AND num_nonnulls(p.url, p.logo_url) > 0))
		ORDER BY o.offer_id
		FOR UPDATE
	)
	SELECT array_agg(a.offer_id), array_agg(DISTINCT a.company_id) FILTER (WHERE a.company_id IS NOT NULL)
	INTO cleared, companies FROM affected a;
	IF cleared IS NULL THEN
		RETURN 0;
	END IF;

	UPDATE jobmarket.offer SET company_id = NULL, company_siret = NULL, company_description = NULL,
		company_url = NULL, company_logo_url = NULL, description = NULL,
		place_label = NULL, place_postal_code = NULL, place_insee_code = NULL,
		place_latitude = NULL, place_longitude = NULL, insee_code = NULL, postal_code = NULL,
		geom = NULL, origin_url = NULL
	WHERE offer_id = ANY (cleared);
	DELETE FROM jobmarket.offer_document WHERE offer_id = ANY (cleared);
	UPDATE jobmarket.offer_change SET before = NULL WHERE offer_id = ANY (cleared) AND before IS NOT NULL;
	UPDATE jobmarket.offer_partner SET url = NULL, logo_url = NULL
	WHERE offer_id = ANY (cleared) AND num_nonnulls(url, logo_url) > 0;
	DELETE FROM jobmarket.company c WHERE c.company_id = ANY (companies)
	  AND NOT EXISTS (SELECT FROM jobmarket.offer o WHERE o.company_id = c.company_id);
	RETURN cardinality(cleared);
END
$$;
REVOKE ALL ON FUNCTION jobmarket.anonymise_withdrawn(interval) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.anonymise_withdrawn(interval) IS
'Clears company, texts, URLs, precise place and document of offers withdrawn for longer, as article 7 of their licence asks; keeps département, occupation, contract, salary and dates. Returns the number of offers that it changed';
