-- ---------------------------------------------------------------------------
-- offices: establishments (SIRET), their places, and their import
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.headcount_class (
	headcount_class text PRIMARY KEY,
	label text,
	min_headcount integer,
	max_headcount integer,
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.headcount_class IS 'Classes of headcount of INSEE; a code met in an import is added without label';
COMMENT ON COLUMN jobmarket.headcount_class.headcount_class IS 'Code (tranche d''effectif)';
COMMENT ON COLUMN jobmarket.headcount_class.label IS 'Label';
COMMENT ON COLUMN jobmarket.headcount_class.min_headcount IS 'Least number of employees; what the model takes as headcount (1 where unknown)';
COMMENT ON COLUMN jobmarket.headcount_class.max_headcount IS 'Largest number of employees';
COMMENT ON COLUMN jobmarket.headcount_class.shipped IS 'True while the row is as it came with the extension';
INSERT INTO jobmarket.headcount_class (headcount_class, label, min_headcount, max_headcount) VALUES
	('00', '0 salarié', 0, 0),
	('01', '1 ou 2 salariés', 1, 2),
	('02', '3 à 5 salariés', 3, 5),
	('03', '6 à 9 salariés', 6, 9),
	('11', '10 à 19 salariés', 10, 19),
	('12', '20 à 49 salariés', 20, 49),
	('21', '50 à 99 salariés', 50, 99),
	('22', '100 à 199 salariés', 100, 199),
	('31', '200 à 249 salariés', 200, 249),
	('32', '250 à 499 salariés', 250, 499),
	('41', '500 à 999 salariés', 500, 999),
	('42', '1 000 à 1 999 salariés', 1000, 1999),
	('51', '2 000 à 4 999 salariés', 2000, 4999),
	('52', '5 000 à 9 999 salariés', 5000, 9999),
	('53', '10 000 salariés et plus', 10000, NULL);
CALL jobmarket.keep_shipped('jobmarket.headcount_class', 'headcount_class');

-- Codes and small repairs --------------------------------------------------

CREATE FUNCTION jobmarket.normalise_naf(code text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN code ~ '^\s*[0-9]{2}\.?[0-9]{2}[A-Za-z]\s*$'
	THEN upper(regexp_replace(btrim(code), '^(..)\.?', '\1.'))
	ELSE nullif(upper(btrim(code)), '') END;
COMMENT ON FUNCTION jobmarket.normalise_naf(text) IS 'NAF code with its dot and a capital (6202a is 62.02A); other text is trimmed, empty text is NULL';

CREATE FUNCTION jobmarket.departement_from_zip(zip text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
	WHEN zip ~ '^2[AB]$' THEN '20'
	ELSE CASE length(zip)
		WHEN 1 THEN '0' || zip
		WHEN 2 THEN zip
		WHEN 4 THEN '0' || left(zip, 1)
		WHEN 5 THEN replace(replace(left(zip, 2), '2A', '20'), '2B', '20')
	END
END;
COMMENT ON FUNCTION jobmarket.departement_from_zip(text) IS
'Département of a postal code as La Bonne Boite files it: two characters, Corsica together as 20 and overseas as 97; NULL where the length is not that of one';

CREATE FUNCTION jobmarket.office_departement(insee_code text, postal_code text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN insee_code ~ '^9[78][0-9]{3}$' THEN left(insee_code, 3)
	WHEN insee_code ~ '^([0-9]{2}|2[AB])[0-9]{3}$' THEN left(insee_code, 2)
	WHEN postal_code ~ '^9[78][0-9]{3}$' THEN left(postal_code, 3)
	WHEN postal_code ~ '^20[01][0-9]{2}$' THEN '2A'
	WHEN postal_code ~ '^20[0-9]{3}$' THEN '2B'
	WHEN postal_code ~ '^[0-9]{5}$' THEN left(postal_code, 2)
END;
COMMENT ON FUNCTION jobmarket.office_departement(text, text) IS
'Département (INSEE code, with 2A, 2B and 971 …) of a commune, or else of a postal code';

CREATE FUNCTION jobmarket.means_departement(code text, departement_code text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN departement_code = upper(btrim(code))
	OR btrim(code) = '20' AND departement_code IN ('2A', '2B')
	OR btrim(code) = '97' AND departement_code LIKE '97_';
COMMENT ON FUNCTION jobmarket.means_departement(text, text) IS
'Whether a code that somebody gave means this département: its own, in any case, 20 for those of Corsica, 97 for those overseas';

CREATE FUNCTION jobmarket.headcount_class_of(headcount integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('{00,01,02,03,11,12,21,22,31,32,41,42,51,52,53}'::text[])
	[1 + width_bucket(greatest(headcount, 0), '{1,3,6,10,20,50,100,200,250,500,1000,2000,5000,10000}'::integer[])];
COMMENT ON FUNCTION jobmarket.headcount_class_of(integer) IS 'INSEE class of a number of employees';

CREATE FUNCTION jobmarket.normalise_website(url text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN url LIKE '%@%' OR url NOT LIKE '%.%' OR length(url) <= 3 THEN NULL
		WHEN u.full_url ~ '^https?://[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+(:[0-9]+)?([/?#]\S*)?$' THEN u.full_url
	END
	FROM (SELECT CASE WHEN p.plain ~* '^[a-z]+://' THEN p.plain ELSE 'http://' || p.plain END AS full_url
		  FROM (SELECT btrim(regexp_replace(normalize(replace(url, '"', ''), NFD),
											'[\u0300-\u036f]', '', 'g')) AS plain) p) u;
END;
COMMENT ON FUNCTION jobmarket.normalise_website(text) IS 'Address of a web site with its scheme and without accents or quotes; NULL for what cannot be one';

CREATE FUNCTION jobmarket.point_of(longitude float8, latitude float8) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN (longitude <> 0 OR latitude <> 0)
			AND longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90
		THEN ST_SetSRID(ST_MakePoint(longitude, latitude), 4326) END;
END;
COMMENT ON FUNCTION jobmarket.point_of(float8, float8) IS 'Point in WGS 84; NULL for 0/0, which files use for unknown, and for what is not on Earth';

CREATE FUNCTION jobmarket.point_of_lambert93(x float8, y float8) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN x BETWEEN 0 AND 1300000 AND y BETWEEN 6000000 AND 7200000
		THEN ST_Transform(ST_SetSRID(ST_MakePoint(x, y), 2154), 4326) END;
END;
COMMENT ON FUNCTION jobmarket.point_of_lambert93(float8, float8) IS 'Point in WGS 84 of coordinates in Lambert 93 (mainland and Corsica); NULL outside of its area';

CREATE FUNCTION jobmarket.split_line(line text, delimiter text DEFAULT ',') RETURNS text[]
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_split_line';
COMMENT ON FUNCTION jobmarket.split_line(text, text) IS 'Fields of one line of a CSV file (quotes as in RFC 4180); NULL for a line with a quote out of place';

-- Tables -------------------------------------------------------------------

CREATE TABLE jobmarket.office (
	siret text PRIMARY KEY CHECK (siret ~ '^[0-9]{14}$'),
	name text,
	trade_name text,
	naf_code text REFERENCES jobmarket.naf,
	headcount_class text REFERENCES jobmarket.headcount_class,
	street_number text,
	street text,
	postal_code text,
	insee_code text,
	departement_code text REFERENCES jobmarket.departement,
	geom geometry(Point, 4326),
	website text,
	email text,
	phone text,
	has_email boolean NOT NULL DEFAULT false,
	flag_alternance boolean NOT NULL DEFAULT false,
	flag_junior boolean NOT NULL DEFAULT false,
	flag_senior boolean NOT NULL DEFAULT false,
	flag_handicap boolean NOT NULL DEFAULT false,
	flag_pmsmp boolean NOT NULL DEFAULT false,
	flag_poe_afpr boolean NOT NULL DEFAULT false
)
-- imports and flags change rows without touching an index: room on their page
WITH (fillfactor = 80);
CREATE INDEX ON jobmarket.office (naf_code);
CREATE INDEX ON jobmarket.office (departement_code);
CREATE INDEX ON jobmarket.office (headcount_class);
CREATE INDEX ON jobmarket.office USING gist (geom);
SELECT pg_extension_config_dump('jobmarket.office', '');
COMMENT ON TABLE jobmarket.office IS 'Establishments, as imported; what people changed by hand is in office_override';
COMMENT ON COLUMN jobmarket.office.siret IS 'SIRET, 14 digits';
COMMENT ON COLUMN jobmarket.office.name IS 'Name of the company (raison sociale)';
COMMENT ON COLUMN jobmarket.office.trade_name IS 'Name over the door (enseigne)';
COMMENT ON COLUMN jobmarket.office.naf_code IS 'Activity, NAF code with its dot';
COMMENT ON COLUMN jobmarket.office.headcount_class IS 'Class of headcount of INSEE';
COMMENT ON COLUMN jobmarket.office.street_number IS 'Number in the street';
COMMENT ON COLUMN jobmarket.office.street IS 'Street';
COMMENT ON COLUMN jobmarket.office.postal_code IS 'Postal code';
COMMENT ON COLUMN jobmarket.office.insee_code IS 'INSEE code of the commune; no foreign key, for offices may be loaded before communes, and old communes merge';
COMMENT ON COLUMN jobmarket.office.departement_code IS 'Département (INSEE code); told from the commune or the postal code where not given';
COMMENT ON COLUMN jobmarket.office.geom IS 'Place, WGS 84; NULL where unknown';
COMMENT ON COLUMN jobmarket.office.website IS 'Web site';
COMMENT ON COLUMN jobmarket.office.email IS 'E-mail address of the office';
COMMENT ON COLUMN jobmarket.office.phone IS 'Telephone number of the office';
COMMENT ON COLUMN jobmarket.office.has_email IS 'True where the office can be written to; set with email';
COMMENT ON COLUMN jobmarket.office.flag_alternance IS 'Takes apprentices';
COMMENT ON COLUMN jobmarket.office.flag_junior IS 'Hires many people below 26 (set by compute_hiring_potential)';
COMMENT ON COLUMN jobmarket.office.flag_senior IS 'Hires many people above 50 (set by compute_hiring_potential)';
COMMENT ON COLUMN jobmarket.office.flag_handicap IS 'Hired a person recognised as disabled in the last year (set by compute_hiring_potential)';
COMMENT ON COLUMN jobmarket.office.flag_pmsmp IS 'Has an agreement for immersion periods (PMSMP)';
COMMENT ON COLUMN jobmarket.office.flag_poe_afpr IS 'Has an agreement for training before hiring (POE or AFPR)';

-- What COPY and INSERT bring need not be in our form: codes are put right and
-- unknown ones added to their lists, as those met in offers are.
CREATE FUNCTION jobmarket.office_normalise() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP = 'INSERT' OR NEW.naf_code IS DISTINCT FROM OLD.naf_code THEN
		NEW.naf_code := jobmarket.normalise_naf(NEW.naf_code);
		IF NEW.naf_code IS NOT NULL
			AND NOT EXISTS (SELECT FROM jobmarket.naf n WHERE n.naf_code = NEW.naf_code) THEN
			INSERT INTO jobmarket.naf (naf_code) VALUES (NEW.naf_code) ON CONFLICT DO NOTHING;
		END IF;
	END IF;
	IF TG_OP = 'INSERT' OR NEW.headcount_class IS DISTINCT FROM OLD.headcount_class THEN
		NEW.headcount_class := nullif(btrim(NEW.headcount_class), '');
		IF NEW.headcount_class IS NOT NULL
			AND NOT EXISTS (SELECT FROM jobmarket.headcount_class h
							WHERE h.headcount_class = NEW.headcount_class) THEN
			INSERT INTO jobmarket.headcount_class (headcount_class) VALUES (NEW.headcount_class)
			ON CONFLICT DO NOTHING;
		END IF;
	END IF;
	IF NEW.departement_code IS NULL THEN
		NEW.departement_code := jobmarket.office_departement(NEW.insee_code, NEW.postal_code);
	END IF;
	IF NEW.email <> '' THEN
		NEW.has_email := true;
	ELSIF TG_OP = 'UPDATE' AND OLD.email <> '' THEN
		NEW.has_email := false;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.office_normalise() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.office_normalise() IS 'Trigger: puts the codes of an office into their official form';
CREATE TRIGGER office_normalise
	BEFORE INSERT OR UPDATE OF naf_code, headcount_class, departement_code, insee_code, postal_code, email
	ON jobmarket.office FOR EACH ROW EXECUTE FUNCTION jobmarket.office_normalise();

-- Imports ------------------------------------------------------------------

CREATE TABLE jobmarket.import_run (
	import_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('offices', 'sirene', 'dpae', 'apprenticeship', 'professionalisation', 'predictions')),
	file_name text NOT NULL,
	file_date date,
	status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'refused')),
	rows_read bigint NOT NULL DEFAULT 0,
	rows_imported bigint NOT NULL DEFAULT 0,
	rows_skipped bigint NOT NULL DEFAULT 0,
	rows_rejected bigint NOT NULL DEFAULT 0,
	message text,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz
);
CREATE UNIQUE INDEX import_run_done ON jobmarket.import_run (kind, file_name) WHERE status = 'done';
SELECT pg_extension_config_dump('jobmarket.import_run', '');
SELECT pg_extension_config_dump('jobmarket.import_run_import_id_seq', '');
COMMENT ON TABLE jobmarket.import_run IS 'Files of offices and hirings that were imported, or refused; a file done is not imported again';
COMMENT ON COLUMN jobmarket.import_run.import_id IS 'Number of the import';
COMMENT ON COLUMN jobmarket.import_run.kind IS 'offices (22 or 17 columns), sirene, dpae, apprenticeship, professionalisation or predictions';
COMMENT ON COLUMN jobmarket.import_run.file_name IS 'Name of the file, without its folder';
COMMENT ON COLUMN jobmarket.import_run.file_date IS 'Day up to which a file of hirings is complete, from its name';
COMMENT ON COLUMN jobmarket.import_run.status IS 'running, done, or refused: a limit of score_setting was passed and nothing was stored but the errors';
COMMENT ON COLUMN jobmarket.import_run.rows_read IS 'Lines read, without the header';
COMMENT ON COLUMN jobmarket.import_run.rows_imported IS 'Rows stored';
COMMENT ON COLUMN jobmarket.import_run.rows_skipped IS 'Right rows that a rule leaves out: short contracts, dates already covered, closed offices';
COMMENT ON COLUMN jobmarket.import_run.rows_rejected IS 'Rows that cannot be used, each one in import_error';
COMMENT ON COLUMN jobmarket.import_run.message IS 'Why the file was refused';
COMMENT ON COLUMN jobmarket.import_run.started_at IS 'Start';
COMMENT ON COLUMN jobmarket.import_run.finished_at IS 'End';

CREATE TABLE jobmarket.import_error (
	import_id bigint REFERENCES jobmarket.import_run ON DELETE CASCADE,
	line_no bigint,
	line text NOT NULL,
	reason text NOT NULL,
	PRIMARY KEY (import_id, line_no)
);
SELECT pg_extension_config_dump('jobmarket.import_error', '');
COMMENT ON TABLE jobmarket.import_error IS 'Lines of imported files that could not be used, as they were';
COMMENT ON COLUMN jobmarket.import_error.import_id IS 'Import';
COMMENT ON COLUMN jobmarket.import_error.line_no IS 'Number of the line in the staged file';
COMMENT ON COLUMN jobmarket.import_error.line IS 'The line';
COMMENT ON COLUMN jobmarket.import_error.reason IS 'What is wrong with it';

CREATE FUNCTION jobmarket.import_begin(kind text, file_name text, file_date date) RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $$
DECLARE
	base_name text := regexp_replace(file_name, '^.*[/\\]', '');
	run jobmarket.import_run;
BEGIN
	IF coalesce(base_name, '') = '' THEN
		RAISE EXCEPTION 'the file to import has no name'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give its name, by which it is known when it comes again.';
	END IF;
	-- one import of a kind at a time: the lower date bound and the count of
	-- what is already there must not move meanwhile
	PERFORM pg_advisory_xact_lock(hashtext('jobmarket.import'), hashtext(kind));
	SELECT * INTO run FROM jobmarket.import_run r
	WHERE r.kind = import_begin.kind AND r.file_name = base_name AND r.status = 'done';
	IF FOUND THEN
		RAISE NOTICE 'file "%" was imported before', base_name
			USING DETAIL = format('It is import %s, of %s.', run.import_id, run.finished_at);
		RETURN run;
	END IF;
	INSERT INTO jobmarket.import_run (kind, file_name, file_date)
	VALUES (import_begin.kind, base_name, import_begin.file_date) RETURNING * INTO run;
	RETURN run;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_begin(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_begin(text, text, date) IS 'Starts an import, or returns the one that brought the file before; used by the import functions';

CREATE FUNCTION jobmarket.import_end(run jobmarket.import_run) RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	UPDATE jobmarket.import_run r SET rows_read = run.rows_read, rows_imported = run.rows_imported,
		rows_skipped = run.rows_skipped, rows_rejected = run.rows_rejected, message = run.message,
		status = CASE WHEN run.message IS NULL THEN 'done' ELSE 'refused' END,
		finished_at = clock_timestamp()
	WHERE r.import_id = run.import_id RETURNING * INTO run;
	RETURN run;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_end(jobmarket.import_run) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_end(jobmarket.import_run) IS 'Ends an import, refused where it has a message; used by the import functions';

-- A table of lines, whatever its name, as (line_no, line) without byte order
-- mark, carriage returns, and the U+00C2 that decoding UTF-8 as Latin-1 leaves:
-- that before a sign of Latin-1's upper half, and where it is no letter of a
-- word (of BÂTIMENT, ÂGE or Âge it is one).
CREATE PROCEDURE jobmarket.stage_lines(staged regclass)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $$
DECLARE
	stray constant text := '\u00C2(?=[\u0080-\u00BF])'
		'|(?<![A-Za-z\u00C0-\u00FF])\u00C2(?![A-Za-z\u00C0-\u00FF])'
		'|(?<=[a-z\u00DF-\u00FF])\u00C2|(?<![A-Za-z\u00C0-\u00FF])\u00C2(?=[A-Z][a-z])';
BEGIN
	IF (SELECT count(*) FROM pg_attribute
		WHERE attrelid = staged AND attnum > 0 AND NOT attisdropped
			AND (attname = 'line_no' OR attname = 'line' AND atttypid = 'text'::regtype)) <> 2 THEN
		RAISE EXCEPTION 'table % has no columns line_no and line', staged
			USING ERRCODE = 'undefined_column',
				HINT = 'CREATE TEMP TABLE stage (line_no bigint GENERATED ALWAYS AS IDENTITY, line text), and COPY the file into stage (line).';
	END IF;
	EXECUTE format('CREATE TEMP TABLE jobmarket_line ON COMMIT DROP AS
		SELECT line_no, CASE WHEN strpos(line, chr(194)) > 0 THEN regexp_replace(line, %L, '''', ''g'') ELSE line END AS line
		FROM (SELECT line_no::bigint, ltrim(rtrim(line, E''\r''), chr(65279)) AS line
			  FROM %s WHERE line IS NOT NULL AND line <> '''') l', stray, staged);
	IF NOT EXISTS (SELECT FROM pg_temp.jobmarket_line) THEN
		RAISE EXCEPTION 'table % holds no line to import', staged
			USING ERRCODE = 'no_data_found',
				HINT = 'COPY the file into it first, the header with it.';
	END IF;
	-- the least is the header, and errors are known by it
	IF EXISTS (SELECT FROM pg_temp.jobmarket_line GROUP BY line_no HAVING line_no IS NULL OR count(*) > 1) THEN
		RAISE EXCEPTION 'lines of table % do not have a number each', staged
			USING ERRCODE = 'unique_violation',
				HINT = 'Stage one file at a time, with line_no bigint GENERATED ALWAYS AS IDENTITY.';
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.stage_lines(regclass) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.stage_lines(regclass) IS 'Lines of a staged file in a temporary table jobmarket_line; used by the import functions';

-- The common end of both imports of offices: jobmarket_office holds the
-- fields of the file in our columns, one row a line.
CREATE FUNCTION jobmarket.import_staged_offices(run jobmarket.import_run, replace_all boolean)
RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- rows of these prove that the extract is an old one
	stale constant text[] := '{50468025700020,48791579500024,41006536100041}';
	formats bigint;
	communes bigint;
	departements bigint;
	distinct_departements bigint;
	fewest bigint;
BEGIN
	UPDATE pg_temp.jobmarket_office SET
		departement_code = jobmarket.office_departement(insee_code, postal_code);
	UPDATE pg_temp.jobmarket_office o SET reason = CASE
			WHEN o.siret !~ '^[0-9]{14}$' OR o.siret IS NULL THEN 'SIRET is not 14 digits'
			WHEN o.insee_code IS NULL THEN 'no commune code'
			WHEN o.departement_code IS NULL
				OR NOT EXISTS (SELECT FROM jobmarket.departement d
							   WHERE d.departement_code = o.departement_code)
				THEN 'unknown département'
			-- INSEE's own commune is right: postal codes of a neighbouring département
			-- exist, and those of offices that are not to be found are not told
			WHEN run.kind = 'offices' AND jobmarket.departement_from_zip(o.postal_code)
				IS DISTINCT FROM jobmarket.departement_from_zip(left(o.departement_code, 2))
				THEN 'postal code is not of the département'
		END
	WHERE o.reason IS NULL;
	-- the last of several lines of one office counts
	UPDATE pg_temp.jobmarket_office o SET reason = 'another line of the same SIRET follows'
	WHERE o.reason IS NULL AND EXISTS (
		SELECT FROM (SELECT siret, max(line_no) AS last FROM pg_temp.jobmarket_office
					 WHERE reason IS NULL GROUP BY siret HAVING count(*) > 1) d
		WHERE d.siret = o.siret AND d.last > o.line_no);

	INSERT INTO jobmarket.import_error (import_id, line_no, line, reason)
	SELECT run.import_id, line_no, line, reason
	FROM pg_temp.jobmarket_office JOIN pg_temp.jobmarket_line USING (line_no)
	WHERE reason IS NOT NULL AND NOT skipped;

	SELECT count(*), count(*) FILTER (WHERE skipped),
		count(*) FILTER (WHERE reason IS NOT NULL AND NOT skipped),
		count(*) FILTER (WHERE reason IN ('wrong number of fields', 'SIRET is not 14 digits')),
		count(*) FILTER (WHERE reason = 'no commune code'),
		count(*) FILTER (WHERE reason IN ('unknown département', 'postal code is not of the département'))
	INTO run.rows_read, run.rows_skipped, run.rows_rejected, formats, communes, departements
	FROM pg_temp.jobmarket_office;
	SELECT count(*), coalesce(min(n), 0) INTO distinct_departements, fewest
	FROM (SELECT count(*) AS n FROM pg_temp.jobmarket_office
		  WHERE reason IS NULL AND NOT skipped GROUP BY departement_code) d;

	run.message := CASE
		WHEN EXISTS (SELECT FROM pg_temp.jobmarket_office WHERE siret = ANY (stale))
			THEN 'the file holds an office that closed long ago: it is outdated'
		WHEN formats > jobmarket.score_setting('format_errors_max')
			THEN format('%s rows of the wrong form', formats)
		WHEN communes > jobmarket.score_setting('blank_communes_max')
			THEN format('%s rows without commune', communes)
		WHEN departements > jobmarket.score_setting('unprocessable_departements_max')
			THEN format('%s rows of an unknown département', departements)
		WHEN distinct_departements < jobmarket.score_setting('distinct_departements_min')
			THEN format('only %s départements have offices', distinct_departements)
		WHEN fewest < jobmarket.score_setting('offices_per_departement_min')
			THEN format('a département has only %s offices', fewest)
	END;
	IF run.message IS NULL THEN
		INSERT INTO jobmarket.office AS o (siret, name, trade_name, naf_code, headcount_class,
			street_number, street, postal_code, insee_code, departement_code, geom, website,
			email, phone, flag_pmsmp, flag_poe_afpr, flag_junior, flag_senior, flag_handicap)
		SELECT n.siret, n.name, n.trade_name, n.naf_code, n.headcount_class, n.street_number, n.street,
			n.postal_code, n.insee_code, n.departement_code, n.geom, n.website, n.email, n.phone,
			coalesce(n.flag_pmsmp, false), coalesce(n.flag_poe_afpr, false),
			-- files that do not tell leave what was computed
			coalesce(n.flag_junior, b.flag_junior, false), coalesce(n.flag_senior, b.flag_senior, false),
			coalesce(n.flag_handicap, b.flag_handicap, false)
		FROM pg_temp.jobmarket_office n
		LEFT JOIN jobmarket.office b ON b.siret = n.siret
		WHERE n.reason IS NULL AND NOT n.skipped
		ON CONFLICT (siret) DO UPDATE SET
			name = EXCLUDED.name, trade_name = EXCLUDED.trade_name, naf_code = EXCLUDED.naf_code,
			headcount_class = EXCLUDED.headcount_class, street_number = EXCLUDED.street_number,
			street = EXCLUDED.street, postal_code = EXCLUDED.postal_code,
			insee_code = EXCLUDED.insee_code, departement_code = EXCLUDED.departement_code,
			-- files without coordinates do not take away those that a geocoder found
			geom = CASE WHEN EXCLUDED.geom IS NULL
						AND (o.street_number, o.street, o.insee_code)
							IS NOT DISTINCT FROM (EXCLUDED.street_number, EXCLUDED.street, EXCLUDED.insee_code)
					THEN o.geom ELSE EXCLUDED.geom END,
			website = EXCLUDED.website, email = EXCLUDED.email, phone = EXCLUDED.phone,
			flag_pmsmp = EXCLUDED.flag_pmsmp, flag_poe_afpr = EXCLUDED.flag_poe_afpr,
			flag_junior = EXCLUDED.flag_junior, flag_senior = EXCLUDED.flag_senior,
			flag_handicap = EXCLUDED.flag_handicap;
		GET DIAGNOSTICS run.rows_imported = ROW_COUNT;
		IF replace_all THEN
			DELETE FROM jobmarket.office o WHERE NOT EXISTS (
				SELECT FROM pg_temp.jobmarket_office n
				WHERE n.siret = o.siret AND n.reason IS NULL AND NOT n.skipped);
		END IF;
	END IF;

	DROP TABLE pg_temp.jobmarket_office, pg_temp.jobmarket_line;
	RETURN jobmarket.import_end(run);
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_staged_offices(jobmarket.import_run, boolean) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_staged_offices(jobmarket.import_run, boolean) IS 'Checks and stores staged offices; used by import_offices and import_sirene';

CREATE FUNCTION jobmarket.import_offices(staged regclass, file_name text, replace_all boolean DEFAULT false)
RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $$
DECLARE
	columns_2022 constant text := 'siret;raisonsociale;enseigne;codenaf;numerorue;libellerue;codecommune;codepostal;email;tel;trancheeffectif;website;flag_poe_afpr;flag_pmsmp;flag_junior;flag_senior;flag_handicap';
	run jobmarket.import_run := jobmarket.import_begin('offices', file_name, NULL);
BEGIN
	IF run.status <> 'running' THEN
		RETURN run;
	END IF;
	CALL jobmarket.stage_lines(staged);
	IF (SELECT line NOT LIKE '%siret%' FROM pg_temp.jobmarket_line ORDER BY line_no LIMIT 1) THEN
		RAISE EXCEPTION 'file "%" has no header with siret', file_name
			USING ERRCODE = 'invalid_text_representation';
	END IF;
	IF (SELECT rtrim(line) = columns_2022 FROM pg_temp.jobmarket_line ORDER BY line_no LIMIT 1) THEN
		CREATE TEMP TABLE jobmarket_office ON COMMIT DROP AS
		SELECT line_no, CASE WHEN f IS NULL THEN 'quote out of place'
				WHEN cardinality(f) <> 17 THEN 'wrong number of fields'
				WHEN f[2] IS NULL THEN 'no name'
				WHEN f[4] IS NULL THEN 'no activity'
				WHEN f[11] IS NOT NULL AND headcount.class IS NULL THEN 'unknown class of headcount'
				WHEN EXISTS (SELECT FROM unnest(f[13:17]) x WHERE lower(x) NOT IN ('0', '1', 'f', 't', 'false', 'true'))
					THEN 'a flag is not true or false' END AS reason,
			false AS skipped, f[1] AS siret, f[2] AS name, f[3] AS trade_name, f[4] AS naf_code,
			headcount.class AS headcount_class, f[5] AS street_number, f[6] AS street,
			CASE WHEN f[8] ~ '^[0-9]{4}$' THEN '0' || f[8] ELSE f[8] END AS postal_code,
			f[7] AS insee_code, NULL::text AS departement_code, jobmarket.point_of(0, 0) AS geom,
			jobmarket.normalise_website(f[12]) AS website, f[9] AS email, f[10] AS phone,
			lower(f[14]) IN ('1', 't', 'true') AS flag_pmsmp, lower(f[13]) IN ('1', 't', 'true') AS flag_poe_afpr,
			coalesce(lower(f[15]) IN ('1', 't', 'true'), false) AS flag_junior,
			coalesce(lower(f[16]) IN ('1', 't', 'true'), false) AS flag_senior,
			coalesce(lower(f[17]) IN ('1', 't', 'true'), false) AS flag_handicap
		FROM (SELECT line_no, f
			  FROM pg_temp.jobmarket_line
			  CROSS JOIN LATERAL (SELECT array_agg(nullif(nullif(btrim(t), ''), 'NULL') ORDER BY i) AS f
					FROM unnest(jobmarket.split_line(line, ';')) WITH ORDINALITY AS u (t, i)) c
			  WHERE line_no > (SELECT min(line_no) FROM pg_temp.jobmarket_line)) l
		LEFT JOIN LATERAL (
			SELECT h.headcount_class AS class FROM jobmarket.headcount_class h
			WHERE f[11] = concat(h.min_headcount, coalesce('-' || h.max_headcount, '+'))
				OR f[11] = h.headcount_class AND h.label IS NOT NULL LIMIT 1) headcount ON true;
		RETURN jobmarket.import_staged_offices(run, replace_all);
	END IF;
	CREATE TEMP TABLE jobmarket_office ON COMMIT DROP AS
	SELECT line_no, CASE WHEN cardinality(f) <> 22 THEN 'wrong number of fields' END AS reason,
		false AS skipped, f[1] AS siret, f[2] AS name, f[3] AS trade_name, f[4] AS naf_code,
		CASE WHEN f[12] ~ '^[0-9]{1,8}$' AND f[12]::integer > 0
			THEN jobmarket.headcount_class_of(f[12]::integer) ELSE f[11] END AS headcount_class,
		f[5] AS street_number, f[6] AS street,
		CASE WHEN f[8] ~ '^[0-9]{4}$' THEN '0' || f[8] ELSE f[8] END AS postal_code,
		f[7] AS insee_code, NULL::text AS departement_code, jobmarket.point_of(0, 0) AS geom,
		coalesce(jobmarket.normalise_website(f[15]), jobmarket.normalise_website(f[16]),
				 jobmarket.normalise_website(f[18])) AS website,
		CASE WHEN f[9] ~* '@pole-emploi\.' AND f[2] IS DISTINCT FROM 'POLE EMPLOI' THEN NULL ELSE f[9] END AS email,
		coalesce(f[17], f[10]) AS phone,
		f[22] = 'O' AS flag_pmsmp, coalesce(f[20] = 'O', false) OR coalesce(f[21] = 'O', false) AS flag_poe_afpr,
		NULL::boolean AS flag_junior, NULL::boolean AS flag_senior, NULL::boolean AS flag_handicap
	FROM (SELECT line_no,
			(SELECT array_agg(nullif(nullif(btrim(t), ''), 'NULL') ORDER BY i)
			 FROM unnest(string_to_array(line, '|')) WITH ORDINALITY AS u (t, i)) AS f
		  FROM pg_temp.jobmarket_line
		  WHERE line_no > (SELECT min(line_no) FROM pg_temp.jobmarket_line)) l;
	RETURN jobmarket.import_staged_offices(run, replace_all);
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_offices(regclass, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_offices(regclass, text, boolean) IS
'Imports staged lines (columns line_no and line) of the 22-column file of establishments, separated by |, or of the later one of 17 columns, separated by ; (which the header tells). replace_all also deletes the offices that the file does not hold. Rows that cannot be used go to import_error; beyond the limits of score_setting the file is refused as a whole';

CREATE FUNCTION jobmarket.import_sirene(staged regclass, file_name text, replace_all boolean DEFAULT false)
RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $$
DECLARE
	run jobmarket.import_run := jobmarket.import_begin('sirene', file_name, NULL);
	header text[];
BEGIN
	IF run.status <> 'running' THEN
		RETURN run;
	END IF;
	CALL jobmarket.stage_lines(staged);
	SELECT jobmarket.split_line(line) INTO header FROM pg_temp.jobmarket_line ORDER BY line_no LIMIT 1;
	IF header IS NULL OR NOT header @> '{siret,activitePrincipaleEtablissement,codeCommuneEtablissement}' THEN
		RAISE EXCEPTION 'file "%" has not the header of StockEtablissement', file_name
			USING ERRCODE = 'invalid_text_representation',
				DETAIL = 'Columns siret, activitePrincipaleEtablissement and codeCommuneEtablissement are needed.';
	END IF;
	CREATE TEMP TABLE jobmarket_office ON COMMIT DROP AS
	SELECT line_no, CASE WHEN f IS NULL THEN 'quote out of place'
						 WHEN n <> cardinality(header) THEN 'wrong number of fields' END AS reason,
		coalesce(f->>'etatAdministratifEtablissement' = 'F', false)
			OR f->>'codePaysEtrangerEtablissement' IS NOT NULL AS skipped,
		f->>'siret' AS siret,
		f->>'denominationUsuelleEtablissement' AS name,
		f->>'enseigne1Etablissement' AS trade_name,
		CASE WHEN coalesce(f->>'nomenclatureActivitePrincipaleEtablissement', 'NAFRev2') = 'NAFRev2'
			THEN f->>'activitePrincipaleEtablissement' END AS naf_code,
		nullif(f->>'trancheEffectifsEtablissement', 'NN') AS headcount_class,
		f->>'numeroVoieEtablissement' AS street_number,
		concat_ws(' ', f->>'typeVoieEtablissement', f->>'libelleVoieEtablissement') AS street,
		f->>'codePostalEtablissement' AS postal_code,
		f->>'codeCommuneEtablissement' AS insee_code, NULL::text AS departement_code,
		CASE WHEN f->>'coordonneeLambertAbscisseEtablissement' ~ '^[0-9]{1,9}(\.[0-9]{0,20})?$'
				AND f->>'coordonneeLambertOrdonneeEtablissement' ~ '^[0-9]{1,9}(\.[0-9]{0,20})?$'
				AND f->>'codeCommuneEtablissement' !~ '^9[78]'
			THEN jobmarket.point_of_lambert93((f->>'coordonneeLambertAbscisseEtablissement')::float8,
				(f->>'coordonneeLambertOrdonneeEtablissement')::float8) END AS geom,
		NULL::text AS website, NULL::text AS email, NULL::text AS phone,
		NULL::boolean AS flag_pmsmp, NULL::boolean AS flag_poe_afpr,
		NULL::boolean AS flag_junior, NULL::boolean AS flag_senior, NULL::boolean AS flag_handicap
	FROM (SELECT line_no, cardinality(jobmarket.split_line(line)) AS n,
			(SELECT jsonb_object_agg(header[i], nullif(nullif(btrim(t), ''), '[ND]'))
			 FROM unnest(jobmarket.split_line(line)) WITH ORDINALITY AS u (t, i)
			 WHERE i <= cardinality(header)) AS f
		  FROM pg_temp.jobmarket_line
		  WHERE line_no > (SELECT min(line_no) FROM pg_temp.jobmarket_line)) l;
	RETURN jobmarket.import_staged_offices(run, replace_all);
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_sirene(regclass, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_sirene(regclass, text, boolean) IS
'Imports staged lines (columns line_no and line) of INSEE''s StockEtablissement CSV, by the names in its header; establishments closed or abroad are skipped. As import_offices otherwise';
