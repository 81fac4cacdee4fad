-- ---------------------------------------------------------------------------
-- rome_refresh: the scores per ROME are kept true
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.expected_rome_scores(sirets text[] DEFAULT NULL)
RETURNS TABLE (siret text, contract text, rome_code text, score integer, boosted boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- EXECUTE: planned for the offices at hand, one or all of them
	RETURN QUERY EXECUTE $q$
	WITH s AS (
		SELECT max(value) FILTER (WHERE name = 'hirings_50') AS at_50,
			max(value) FILTER (WHERE name = 'hirings_60') AS at_60,
			max(value) FILTER (WHERE name = 'hirings_80') AS at_80,
			max(value) FILTER (WHERE name = 'hirings_100') AS at_100,
			max(value) FILTER (WHERE name = 'minimum_office_score') AS least,
			max(value) FILTER (WHERE name = 'minimum_alternance_score') AS least_alternance,
			max(value) FILTER (WHERE name = 'history_weight') AS weight
		FROM jobmarket.score_setting
	), effect AS (
		SELECT v.siret, c.contract,
			bool_or(v.action = 'remove') AS removed,
			-- hirings without a family are those on ordinary contracts
			jobmarket.last_not_null(v.hirings ORDER BY v.override_id)
				FILTER (WHERE coalesce(v.contract, 'dpae') = c.contract) AS hirings,
			bool_or(v.boost) AS boost,
			bool_or(v.boost AND v.boost_romes = '{}') AS boost_all,
			array_agg(DISTINCT b.code) FILTER (WHERE b.kind = 'boost' AND v.boost) AS boosted_romes,
			array_agg(DISTINCT b.code) FILTER (WHERE b.kind = 'boost') AS added_romes,
			array_agg(DISTINCT b.code) FILTER (WHERE b.kind = 'remove') AS removed_romes,
			array_agg(DISTINCT jobmarket.normalise_naf(b.code)) FILTER (WHERE b.kind = 'naf') AS nafs
		FROM jobmarket.office_override v
		JOIN (VALUES ('dpae'), ('alternance')) c (contract) ON coalesce(v.contract, c.contract) = c.contract
		LEFT JOIN LATERAL (
			SELECT g.kind, upper(btrim(g.code)) AS code
			FROM (SELECT 'boost' AS kind, unnest(v.boost_romes) AS code
				  UNION ALL SELECT 'remove', unnest(v.remove_romes)
				  UNION ALL SELECT 'naf', unnest(v.add_nafs)) g
			WHERE g.code IS NOT NULL) b ON true
		WHERE $1 IS NULL OR v.siret = ANY ($1)
		GROUP BY v.siret, c.contract
	), candidate AS MATERIALIZED (
		SELECT o.siret, c.contract, coalesce(e.hirings, c.hirings) AS hirings, c.as_of,
			array_remove(o.naf_code || coalesce(e.nafs, '{}'), NULL) AS nafs,
			coalesce(e.boost, false) AS boost, coalesce(e.boost_all, false) AS boost_all,
			coalesce(e.boosted_romes, '{}') AS boosted_romes,
			coalesce(e.added_romes, '{}') AS added_romes, coalesce(e.removed_romes, '{}') AS removed_romes
		FROM jobmarket.office o
		LEFT JOIN jobmarket.office_score p ON p.siret = o.siret
		CROSS JOIN s
		CROSS JOIN LATERAL (VALUES
			('dpae', p.hirings, p.as_of, s.least),
			('alternance', p.hirings_alternance, p.as_of_alternance, s.least_alternance))
			c (contract, hirings, as_of, least)
		LEFT JOIN effect e ON e.siret = o.siret AND e.contract = c.contract
		WHERE ($1 IS NULL OR o.siret = ANY ($1))
			AND NOT coalesce(e.removed, false)
			AND coalesce(e.hirings, c.hirings)
				>= jobmarket.hirings_from_score(c.least::integer, s.at_50, s.at_60, s.at_80, s.at_100)
			AND coalesce(e.hirings, c.hirings) > 0
	), own AS (
		SELECT c.siret, c.contract, h.rome_code, count(*)::float8 AS n,
			sum(count(*)) OVER (PARTITION BY c.siret, c.contract)::float8 AS total
		FROM candidate c
		JOIN jobmarket.hiring h ON h.siret = c.siret AND h.rome_code IS NOT NULL
			AND h.hired_on >= c.as_of - interval '2 years' AND h.hired_on < c.as_of
			AND (h.contract_type > 10) = (c.contract = 'alternance')
		CROSS JOIN s
		WHERE s.weight >= 0
		GROUP BY c.siret, c.contract, h.rome_code
	), affinity AS MATERIALIZED (
		SELECT a.rome_code, a.naf_code, a.affinity FROM jobmarket.rome_naf_affinity a
	), found AS (
		-- occupations of the activities, by their share blended with the office's own
		SELECT c.siret, c.contract, a.rome_code,
			c.hirings * CASE WHEN t.total IS NULL THEN a.affinity
				ELSE (coalesce(w.n, 0) + s.weight * a.affinity) / (t.total + s.weight) END AS hirings,
			c.boost AND (c.boost_all OR a.rome_code = ANY (c.boosted_romes)) AS boosted
		FROM candidate c CROSS JOIN s CROSS JOIN unnest(c.nafs) f (naf_code)
		JOIN affinity a ON a.naf_code = f.naf_code
		LEFT JOIN own w ON w.siret = c.siret AND w.contract = c.contract AND w.rome_code = a.rome_code
		LEFT JOIN (SELECT DISTINCT w.siret, w.contract, w.total FROM own w) t
			ON t.siret = c.siret AND t.contract = c.contract
		WHERE a.rome_code <> ALL (c.removed_romes)
		UNION ALL
		-- occupations that the office hired for and its activities do not have
		SELECT c.siret, c.contract, w.rome_code,
			c.hirings * w.n / (w.total + CASE WHEN EXISTS (SELECT FROM affinity a WHERE a.naf_code = ANY (c.nafs))
				THEN s.weight ELSE 0 END),
			c.boost AND (c.boost_all OR w.rome_code = ANY (c.boosted_romes))
		FROM candidate c CROSS JOIN s
		JOIN own w ON w.siret = c.siret AND w.contract = c.contract
		WHERE NOT EXISTS (SELECT FROM affinity a WHERE a.naf_code = ANY (c.nafs) AND a.rome_code = w.rome_code)
			AND w.rome_code <> ALL (c.removed_romes)
		UNION ALL
		-- occupations added by hand that nothing else gives: by all its hirings
		SELECT c.siret, c.contract, b.rome_code, c.hirings,
			c.boost AND (c.boost_all OR b.rome_code = ANY (c.boosted_romes))
		FROM candidate c CROSS JOIN unnest(c.added_romes) b (rome_code)
		WHERE NOT EXISTS (SELECT FROM affinity a WHERE a.naf_code = ANY (c.nafs) AND a.rome_code = b.rome_code)
			AND b.rome_code <> ALL (c.removed_romes)
	), minimum AS MATERIALIZED (
		SELECT r.rome_code, jobmarket.minimum_score(r.rome_code) AS least FROM jobmarket.rome r
	), shown AS (
		SELECT d.siret, d.contract, d.rome_code, d.score, d.boosted
		FROM (
			SELECT f.siret, f.contract, f.rome_code, m.least, f.boosted,
				jobmarket.score_from_hirings(f.hirings, s.at_50, s.at_60, s.at_80, s.at_100) AS score
			FROM found f CROSS JOIN s
			JOIN minimum m ON m.rome_code = f.rome_code
			OFFSET 0) d
		WHERE d.score >= d.least OR d.boosted
	)
	-- the best of what several activities give; all or none of them are boosted
	SELECT h.siret, h.contract, h.rome_code, max(h.score), bool_or(h.boosted)
	FROM shown h GROUP BY h.siret, h.contract, h.rome_code
	$q$ USING sirets;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.expected_rome_scores(text[]) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.expected_rome_scores(text[]) IS
'What office_rome_score must hold for these offices, or for all: computed from predictions, mapping, tension, own hirings, settings and overrides';

CREATE FUNCTION jobmarket.refresh_rome_scores(sirets text[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed bigint;
BEGIN
	IF cardinality(sirets) = 0 THEN
		RETURN 0;
	END IF;
	-- Two transactions that change, say, a prediction and an override of one
	-- office must not each compute without the other's change.  Always in this
	-- order, or they would wait for each other: the table office, then the key.
	LOCK TABLE jobmarket.office IN ROW EXCLUSIVE MODE;
	PERFORM pg_advisory_xact_lock(hashtext('jobmarket.office_rome_score'), 0);
	-- EXECUTE: plans for one office and for all differ too much to share one.  A
	-- setting instead would hold for the checks of foreign keys too, which would
	-- be planned anew for each row.
	EXECUTE $q$
	WITH expected AS MATERIALIZED (
		SELECT * FROM jobmarket.expected_rome_scores($1)
	), gone AS (
		DELETE FROM jobmarket.office_rome_score r
		USING (
			SELECT k.siret, k.contract, k.rome_code FROM jobmarket.office_rome_score k
			WHERE $1 IS NULL OR k.siret = ANY ($1)
			-- not NOT EXISTS: the planner cannot know how many are expected, and a
			-- nested loop over them would take minutes
			EXCEPT
			SELECT e.siret, e.contract, e.rome_code FROM expected e) x
		WHERE r.siret = x.siret AND r.contract = x.contract AND r.rome_code = x.rome_code
		RETURNING 1
	), kept AS (
		INSERT INTO jobmarket.office_rome_score AS r (siret, contract, rome_code, score, boosted)
		SELECT e.siret, e.contract, e.rome_code, e.score, e.boosted FROM expected e
		ON CONFLICT (siret, contract, rome_code) DO UPDATE
			SET score = EXCLUDED.score, boosted = EXCLUDED.boosted
			WHERE (r.score, r.boosted) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.boosted)
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
	$q$ INTO changed USING sirets;
	RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.refresh_rome_scores(text[]) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.refresh_rome_scores(text[]) IS
'Makes office_rome_score true again for these offices, or for all, and returns the number of rows changed; triggers call it, by hand it should return 0';

CREATE FUNCTION jobmarket.refresh_locations(sirets text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed bigint;
BEGIN
	EXECUTE $q$
	WITH expected AS MATERIALIZED (
		SELECT o.siret, c.insee_code, (array_agg(c.centroid))[1] AS geom,
			-- NULL is without end
			CASE WHEN bool_and(v.locations_until IS NOT NULL) THEN max(v.locations_until) END AS until
		FROM jobmarket.office_override v
		JOIN jobmarket.office o ON o.siret = v.siret
		CROSS JOIN unnest(v.location_codes) l (code)
		-- a département stands for all its communes
		JOIN jobmarket.commune c ON (c.insee_code = upper(btrim(l.code))
			OR jobmarket.means_departement(l.code, c.departement_code))
			AND c.centroid IS NOT NULL
		WHERE v.siret IN (SELECT unnest($1)) AND v.action <> 'remove'
		GROUP BY o.siret, c.insee_code
	), gone AS (
		DELETE FROM jobmarket.office_location l
		WHERE l.siret IN (SELECT unnest($1)) AND NOT EXISTS (
			SELECT FROM expected e WHERE e.siret = l.siret AND e.insee_code = l.insee_code)
		RETURNING 1
	), kept AS (
		INSERT INTO jobmarket.office_location AS l (siret, insee_code, geom, until)
		SELECT e.siret, e.insee_code, e.geom, e.until FROM expected e
		ON CONFLICT (siret, insee_code) DO UPDATE SET geom = EXCLUDED.geom, until = EXCLUDED.until
			WHERE l.until IS DISTINCT FROM EXCLUDED.until
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
	$q$ INTO changed USING sirets;
	RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.refresh_locations(text[]) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.refresh_locations(text[]) IS 'Makes office_location true again for these offices, from the overrides';

-- Triggers that keep the scores per ROME true --------------------------------

CREATE FUNCTION jobmarket.rome_scores_of_overrides() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed text[];
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		PERFORM jobmarket.refresh_rome_scores();
		PERFORM jobmarket.refresh_locations((SELECT array_agg(DISTINCT l.siret) FROM jobmarket.office_location l));
		RETURN NULL;
	ELSIF TG_OP = 'DELETE' THEN
		SELECT array_agg(DISTINCT siret) INTO changed FROM before;
	ELSIF TG_OP = 'INSERT' THEN
		SELECT array_agg(DISTINCT siret) INTO changed FROM after;
	ELSE
		SELECT array_agg(siret) INTO changed
		FROM (SELECT siret FROM before UNION SELECT siret FROM after) c;
	END IF;
	IF changed IS NULL THEN
		RETURN NULL;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		-- an added office gives way to the one that an import brings later
		INSERT INTO jobmarket.office (siret, name, trade_name, naf_code, headcount_class, postal_code,
			insee_code, geom, email, phone, website)
		SELECT DISTINCT ON (siret) siret, name, trade_name, naf_code, headcount_class, postal_code,
			insee_code, geom, email, phone, website
		FROM after WHERE action = 'add' ORDER BY siret, override_id DESC
		ON CONFLICT (siret) DO NOTHING;
	END IF;
	PERFORM jobmarket.refresh_rome_scores(changed);
	PERFORM jobmarket.refresh_locations(changed);
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.rome_scores_of_overrides() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rome_scores_of_overrides() IS 'Trigger: overrides take effect when they are made, changed or deleted';
CREATE TRIGGER rome_scores_insert AFTER INSERT ON jobmarket.office_override
	REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_overrides();
CREATE TRIGGER rome_scores_update AFTER UPDATE ON jobmarket.office_override
	REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_overrides();
CREATE TRIGGER rome_scores_delete AFTER DELETE ON jobmarket.office_override
	REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_overrides();
CREATE TRIGGER rome_scores_truncate AFTER TRUNCATE ON jobmarket.office_override
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_overrides();

CREATE FUNCTION jobmarket.rome_scores_of_predictions() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	least float8 := jobmarket.hirings_from_score(jobmarket.score_setting('minimum_office_score')::integer);
	least_alternance float8 := jobmarket.hirings_from_score(jobmarket.score_setting('minimum_alternance_score')::integer);
	changed text[];
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		PERFORM jobmarket.refresh_rome_scores();
		RETURN NULL;
	ELSIF TG_OP = 'DELETE' THEN
		SELECT array_agg(siret) INTO changed FROM before;
	ELSE
		-- most offices are too small to have scores per ROME before and after
		SELECT array_agg(a.siret) INTO changed FROM after a
		WHERE a.hirings >= least OR a.hirings_alternance >= least_alternance
			OR a.siret IN (SELECT r.siret FROM jobmarket.office_rome_score r)
			OR a.siret IN (SELECT v.siret FROM jobmarket.office_override v);
	END IF;
	PERFORM jobmarket.refresh_rome_scores(coalesce(changed, '{}'));
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.rome_scores_of_predictions() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rome_scores_of_predictions() IS 'Trigger: scores per ROME follow the predictions';
-- A computation locks office first and rows of office_score later; who began with
-- such a row and came to office by the trigger above would wait for it, and it
-- for him.  It also knows each row by its place.
CREATE FUNCTION jobmarket.office_score_lock() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	LOCK TABLE jobmarket.office IN ROW EXCLUSIVE MODE;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.office_score_lock() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.office_score_lock() IS 'Trigger: changes to office_score wait for a computation before they touch a row';
CREATE TRIGGER office_score_lock BEFORE INSERT OR UPDATE OR DELETE ON jobmarket.office_score
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.office_score_lock();
CREATE TRIGGER rome_scores_insert AFTER INSERT ON jobmarket.office_score
	REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_predictions();
CREATE TRIGGER rome_scores_update AFTER UPDATE ON jobmarket.office_score
	REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_predictions();
CREATE TRIGGER rome_scores_delete AFTER DELETE ON jobmarket.office_score
	REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_predictions();
CREATE TRIGGER rome_scores_truncate AFTER TRUNCATE ON jobmarket.office_score
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_predictions();

CREATE FUNCTION jobmarket.rome_scores_of_offices() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed text[];
BEGIN
	IF TG_OP = 'UPDATE' THEN
		SELECT array_agg(a.siret) INTO changed
		FROM after a JOIN before b ON b.siret = a.siret
		WHERE a.naf_code IS DISTINCT FROM b.naf_code;
	ELSE
		-- an override may have waited for the office
		SELECT array_agg(a.siret) INTO changed
		FROM after a WHERE a.siret IN (SELECT v.siret FROM jobmarket.office_override v);
		PERFORM jobmarket.refresh_locations(changed);
	END IF;
	PERFORM jobmarket.refresh_rome_scores(coalesce(changed, '{}'));
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.rome_scores_of_offices() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rome_scores_of_offices() IS 'Trigger: scores per ROME follow the activity of an office';
CREATE TRIGGER rome_scores_insert AFTER INSERT ON jobmarket.office
	REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_offices();
CREATE TRIGGER rome_scores_update AFTER UPDATE ON jobmarket.office
	REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_offices();

-- Mapping, tension and constants touch many offices at once: all are done again.
CREATE FUNCTION jobmarket.rome_scores_of_all() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM jobmarket.office_score) OR EXISTS (SELECT FROM jobmarket.office_override) THEN
		-- before any row is touched: a computation that is publishing, with the
		-- constants of before, comes first
		LOCK TABLE jobmarket.office IN ROW EXCLUSIVE MODE;
		IF TG_TABLE_NAME = 'score_setting' THEN
			UPDATE jobmarket.office_score SET score = jobmarket.score_from_hirings(hirings),
				score_alternance = jobmarket.score_from_hirings(hirings_alternance)
			WHERE (score, score_alternance) IS DISTINCT FROM
				(jobmarket.score_from_hirings(hirings), jobmarket.score_from_hirings(hirings_alternance));
		END IF;
		PERFORM jobmarket.refresh_rome_scores();
	END IF;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.rome_scores_of_all() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rome_scores_of_all() IS 'Trigger: scores per ROME follow mapping, tension and constants';
CREATE TRIGGER rome_scores AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.rome_naf
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_all();
CREATE TRIGGER rome_scores AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.rome_tension
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_all();
CREATE TRIGGER rome_scores AFTER INSERT OR UPDATE OR DELETE ON jobmarket.score_setting
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rome_scores_of_all();
