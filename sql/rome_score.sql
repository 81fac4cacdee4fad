-- ---------------------------------------------------------------------------
-- rome_score: which occupations an office will hire for
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.rome_naf (
	rome_code text REFERENCES jobmarket.rome,
	naf_code text REFERENCES jobmarket.naf,
	hirings bigint NOT NULL CHECK (hirings > 0),
	PRIMARY KEY (rome_code, naf_code)
);
CREATE INDEX ON jobmarket.rome_naf (naf_code);
SELECT pg_extension_config_dump('jobmarket.rome_naf', '');
COMMENT ON TABLE jobmarket.rome_naf IS 'Hirings by occupation and activity: what share of the hirings of an activity is for an occupation';
COMMENT ON COLUMN jobmarket.rome_naf.rome_code IS 'Occupation';
COMMENT ON COLUMN jobmarket.rome_naf.naf_code IS 'Activity; a code without its dot is put right, an unknown code is added to naf';
COMMENT ON COLUMN jobmarket.rome_naf.hirings IS 'Hirings counted';

CREATE TABLE jobmarket.rome_tension (
	rome_code text PRIMARY KEY REFERENCES jobmarket.rome,
	tension_pct float8 NOT NULL CHECK (tension_pct BETWEEN 0 AND 100)
);
SELECT pg_extension_config_dump('jobmarket.rome_tension', '');
COMMENT ON TABLE jobmarket.rome_tension IS 'How hard it is to recruit for an occupation';
COMMENT ON COLUMN jobmarket.rome_tension.rome_code IS 'Occupation';
COMMENT ON COLUMN jobmarket.rome_tension.tension_pct IS 'Percent of recruitments expected to be hard; the harder, the lower the score needed to be shown';

-- the functions below read them for whoever may call them
GRANT SELECT ON jobmarket.rome_naf, jobmarket.rome_tension TO PUBLIC;

CREATE FUNCTION jobmarket.rome_naf_normalise() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO jobmarket.rome (rome_code)
	SELECT NEW.rome_code WHERE NOT EXISTS (SELECT FROM jobmarket.rome r WHERE r.rome_code = NEW.rome_code)
	ON CONFLICT DO NOTHING;
	IF TG_TABLE_NAME = 'rome_naf' THEN
		NEW.naf_code := jobmarket.normalise_naf(NEW.naf_code);
		INSERT INTO jobmarket.naf (naf_code)
		SELECT NEW.naf_code WHERE NOT EXISTS (SELECT FROM jobmarket.naf n WHERE n.naf_code = NEW.naf_code)
		ON CONFLICT DO NOTHING;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.rome_naf_normalise() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rome_naf_normalise() IS 'Trigger: NAF codes get their dot, and codes not known yet are added to rome and naf';
CREATE TRIGGER rome_naf_normalise BEFORE INSERT OR UPDATE ON jobmarket.rome_naf
	FOR EACH ROW EXECUTE FUNCTION jobmarket.rome_naf_normalise();
CREATE TRIGGER rome_tension_normalise BEFORE INSERT OR UPDATE ON jobmarket.rome_tension
	FOR EACH ROW EXECUTE FUNCTION jobmarket.rome_naf_normalise();

CREATE VIEW jobmarket.rome_naf_affinity AS
SELECT rome_code, naf_code, hirings::float8 / sum(hirings) OVER (PARTITION BY naf_code)::float8 AS affinity
FROM jobmarket.rome_naf;
COMMENT ON VIEW jobmarket.rome_naf_affinity IS 'Share of each occupation in the hirings of an activity';
COMMENT ON COLUMN jobmarket.rome_naf_affinity.rome_code IS 'Occupation';
COMMENT ON COLUMN jobmarket.rome_naf_affinity.naf_code IS 'Activity';
COMMENT ON COLUMN jobmarket.rome_naf_affinity.affinity IS 'Share, 0 to 1; the shares of an activity add up to 1';
GRANT SELECT ON jobmarket.rome_naf_affinity TO PUBLIC;

CREATE FUNCTION jobmarket.minimum_score(rome_code text) RETURNS float8
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN t.tension_pct IS NULL THEN s.base
			ELSE s.floor + (s.base - s.floor) * (100 - t.tension_pct) / 100 END
	FROM (SELECT max(value) FILTER (WHERE name = 'minimum_score_base') AS base,
				 max(value) FILTER (WHERE name = 'minimum_score_floor') AS floor
		  FROM jobmarket.score_setting) s
	LEFT JOIN jobmarket.rome_tension t ON t.rome_code = upper(btrim(minimum_score.rome_code));
END;
COMMENT ON FUNCTION jobmarket.minimum_score(text) IS
'Least score per ROME for an office to be shown: 20, and down to 5 the harder it is to recruit for the occupation';

CREATE FUNCTION jobmarket.rome_score(rome_code text, naf_code text, hirings float8) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT jobmarket.score_from_hirings(hirings * coalesce(
		(SELECT a.affinity FROM jobmarket.rome_naf_affinity a
		 WHERE a.naf_code = jobmarket.normalise_naf(rome_score.naf_code)
			AND a.rome_code = upper(btrim(rome_score.rome_code))), 1));
END;
COMMENT ON FUNCTION jobmarket.rome_score(text, text, float8) IS
'Score of an office of an activity for one occupation: that of its hirings times the share of the occupation; of all its hirings where that share is not known';

CREATE TABLE jobmarket.office_rome_score (
	siret text REFERENCES jobmarket.office ON DELETE CASCADE,
	contract text CHECK (contract IN ('dpae', 'alternance')),
	rome_code text REFERENCES jobmarket.rome,
	score smallint NOT NULL,
	boosted boolean NOT NULL DEFAULT false,
	PRIMARY KEY (siret, contract, rome_code)
);
CREATE INDEX ON jobmarket.office_rome_score (rome_code, contract, score);
-- not dumped: a restore makes it again, by the triggers on what it is made from
COMMENT ON TABLE jobmarket.office_rome_score IS
'Occupations that an office can be found for: those whose score reaches minimum_score, and boosted ones. Kept true by triggers on predictions, mapping, tension, settings and overrides';
COMMENT ON COLUMN jobmarket.office_rome_score.siret IS 'Office';
COMMENT ON COLUMN jobmarket.office_rome_score.contract IS 'dpae (ordinary contracts) or alternance';
COMMENT ON COLUMN jobmarket.office_rome_score.rome_code IS 'Occupation';
COMMENT ON COLUMN jobmarket.office_rome_score.score IS 'Score for this occupation, 0 to 100';
COMMENT ON COLUMN jobmarket.office_rome_score.boosted IS 'Shown first, and whatever the score, by an override';
