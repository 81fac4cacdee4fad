-- ---------------------------------------------------------------------------
-- referential: the API's code lists into the reference tables
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.sync_referential(server name, resource text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- where a list goes: table, key, label
	targets CONSTANT jsonb := '{
		"metiers": ["rome", "rome_code"],
		"appellations": ["rome_appellation", "appellation_code"],
		"nafs": ["naf", "naf_code"],
		"secteursActivites": ["naf_division", "naf_division_code"],
		"typesContrats": ["contract_type", "contract_type_code"]}';
	target CONSTANT jsonb := targets -> resource;
	-- what an entry refers to
	parent CONSTANT text := CASE resource WHEN 'departements' THEN 'region' WHEN 'communes' THEN 'departement' END;
	entries jsonb;
	taken bigint;
	nameless bigint;
	orphans bigint;
BEGIN
	-- read whole before anything is written: an answer cut short changes nothing
	SELECT coalesce(jsonb_agg(e) FILTER (WHERE good), '[]'), count(*) FILTER (WHERE NOT good)
	INTO entries, nameless
	FROM (SELECT e, coalesce(length(e ->> 'code') BETWEEN 1 AND 40
							 AND jsonb_typeof(e -> 'code') IN ('string', 'number')
							 AND jsonb_typeof(e -> 'libelle') IN ('string', 'number'), false) AS good
		  FROM jobmarket.fetch_referential(server, resource) e) f;

	-- those whose parent is not there are left out
	SELECT coalesce(jsonb_agg(e) FILTER (WHERE good), '[]'), count(*) FILTER (WHERE NOT good)
	INTO entries, orphans
	FROM (SELECT e, CASE resource
					WHEN 'departements' THEN EXISTS (SELECT FROM jobmarket.region r WHERE r.region_code = e -> 'region' ->> 'code')
					WHEN 'communes' THEN EXISTS (SELECT FROM jobmarket.departement d WHERE d.departement_code = e ->> 'codeDepartement')
					ELSE true END AS good
		  FROM jsonb_array_elements(entries) e) f;

	-- INSERT only what is missing: an inserted row would replace one that came
	-- with the extension
	IF resource = 'regions' THEN
		INSERT INTO jobmarket.region (region_code, name, territory)
		SELECT DISTINCT ON (1) e ->> 'code', e ->> 'libelle',
			   CASE WHEN e ->> 'code' LIKE '0%' THEN 'drom'
					WHEN e ->> 'code' LIKE '9__' THEN 'com' ELSE 'metropole' END
		FROM jsonb_array_elements(entries) e
		WHERE NOT EXISTS (SELECT FROM jobmarket.region r WHERE r.region_code = e ->> 'code');
	ELSIF resource = 'departements' THEN
		INSERT INTO jobmarket.departement (departement_code, name, region_code)
		SELECT DISTINCT ON (1) e ->> 'code', e ->> 'libelle', e -> 'region' ->> 'code'
		FROM jsonb_array_elements(entries) e
		WHERE NOT EXISTS (SELECT FROM jobmarket.departement d WHERE d.departement_code = e ->> 'code');
	ELSIF resource = 'communes' THEN
		-- one entry a postal code; what the list does not tell is kept
		INSERT INTO jobmarket.commune AS c (insee_code, name, departement_code, postal_codes)
		SELECT e ->> 'code', min(e ->> 'libelle'), min(e ->> 'codeDepartement'),
			   coalesce(array_agg(DISTINCT e ->> 'codePostal' ORDER BY e ->> 'codePostal')
						FILTER (WHERE e ->> 'codePostal' <> ''), '{}')
		FROM jsonb_array_elements(entries) e
		GROUP BY 1
		ON CONFLICT (insee_code) DO UPDATE SET departement_code = EXCLUDED.departement_code,
			postal_codes = EXCLUDED.postal_codes;
	ELSIF target IS NOT NULL THEN
		EXECUTE format('UPDATE jobmarket.%1$I t SET label = e ->> ''libelle''
						FROM jsonb_array_elements($1) e
						WHERE t.%2$I = e ->> ''code'' AND t.label IS DISTINCT FROM e ->> ''libelle''',
					   target ->> 0, target ->> 1)
			USING entries;
		EXECUTE format('INSERT INTO jobmarket.%1$I (%2$I, label)
						SELECT DISTINCT ON (1) e ->> ''code'', e ->> ''libelle''
						FROM jsonb_array_elements($1) e
						WHERE NOT EXISTS (SELECT FROM jobmarket.%1$I t WHERE t.%2$I = e ->> ''code'')
						ON CONFLICT DO NOTHING',
					   target ->> 0, target ->> 1)
			USING entries;
	ELSE
		INSERT INTO jobmarket.referential_value (resource, code, label, detail)
		SELECT DISTINCT ON (e ->> 'code') sync_referential.resource, e ->> 'code', e ->> 'libelle', e
		FROM jsonb_array_elements(entries) e
		ON CONFLICT ON CONSTRAINT referential_value_pkey
		DO UPDATE SET label = EXCLUDED.label, detail = EXCLUDED.detail;
	END IF;

	SELECT count(DISTINCT e ->> 'code') INTO taken FROM jsonb_array_elements(entries) e;
	IF nameless > 0 THEN
		RAISE WARNING '% entries were left out', nameless
			USING DETAIL = 'They have no code of at most 40 characters, or no label.';
	END IF;
	IF orphans > 0 THEN
		RAISE WARNING '% entries were left out', orphans
			USING DETAIL = format('Their %1$s is not in jobmarket.%1$s.', parent),
				  HINT = format('Call sync_referential for %ss first.', parent);
	END IF;
	RETURN taken;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.sync_referential(name, text) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.sync_referential(name, text) IS
'Reads one of the API''s code lists into the reference tables (regions, departements, communes, metiers, appellations, nafs, secteursActivites, typesContrats; the others into referential_value); returns the number of codes taken';
