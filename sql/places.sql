-- ---------------------------------------------------------------------------
-- places: where an offer is, from whatever it says of its place
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.commune_former (
	insee_code text PRIMARY KEY,
	current_insee_code text NOT NULL,
	name text
);
CREATE INDEX ON jobmarket.commune_former (current_insee_code);
GRANT SELECT ON jobmarket.commune_former TO PUBLIC;
SELECT pg_extension_config_dump('jobmarket.commune_former', '');
COMMENT ON TABLE jobmarket.commune_former IS
'Communes that were merged or renumbered; load_commune_movements fills it from the code officiel géographique';
COMMENT ON COLUMN jobmarket.commune_former.insee_code IS 'Former code';
COMMENT ON COLUMN jobmarket.commune_former.current_insee_code IS 'Code of the commune that it is part of now';
COMMENT ON COLUMN jobmarket.commune_former.name IS 'Its name then, which labels still use';

CREATE TABLE jobmarket.place_alias (
	alias text PRIMARY KEY CHECK (jobmarket.normalise_text(alias) <> ''),
	region_code text REFERENCES jobmarket.region,
	departement_code text REFERENCES jobmarket.departement,
	insee_code text,
	territory text CHECK (territory IN ('metropole', 'corse', 'drom', 'com', 'etranger', 'inconnu')),
	shipped boolean NOT NULL DEFAULT false,
	CHECK (num_nonnulls(region_code, departement_code, insee_code, territory) <= 1)
);
CREATE INDEX ON jobmarket.place_alias (region_code);
CREATE INDEX ON jobmarket.place_alias (departement_code);
GRANT SELECT ON jobmarket.place_alias TO PUBLIC;
COMMENT ON TABLE jobmarket.place_alias IS
'Other names of regions, départements, communes and territories; an alias without any is a city abroad, which gives way to a commune that the label names, too';
COMMENT ON COLUMN jobmarket.place_alias.alias IS 'Name; case, accents and hyphens do not count';
COMMENT ON COLUMN jobmarket.place_alias.region_code IS 'Region that it means';
COMMENT ON COLUMN jobmarket.place_alias.departement_code IS 'Département that it means';
COMMENT ON COLUMN jobmarket.place_alias.insee_code IS 'Commune that it means';
COMMENT ON COLUMN jobmarket.place_alias.territory IS 'Territory that it means, when it says no more; a country is etranger';
COMMENT ON COLUMN jobmarket.place_alias.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.place_alias (alias, region_code) VALUES
	('IDF', '11'), ('Région parisienne', '11'), ('Région Île-de-France', '11'), ('Grand Paris', '11'),
	('PACA', '93'), ('Région Sud', '93'), ('Sud PACA', '93'), ('Provence', '93'), ('Côte d''Azur', '93'),
	('AURA', '84'), ('Auvergne', '84'), ('Rhône-Alpes', '84'),
	('Alsace', '44'), ('Lorraine', '44'), ('Champagne-Ardenne', '44'), ('Alsace-Champagne-Ardenne-Lorraine', '44'),
	('Aquitaine', '75'), ('Limousin', '75'), ('Poitou-Charentes', '75'),
	('Midi-Pyrénées', '76'), ('Languedoc-Roussillon', '76'), ('Occitanie Pyrénées-Méditerranée', '76'),
	('Bourgogne', '27'), ('Franche-Comté', '27'), ('Haute-Normandie', '28'), ('Basse-Normandie', '28'),
	('Picardie', '32'), ('Nord-Pas-de-Calais', '32'), ('Nord-Pas-de-Calais-Picardie', '32'),
	('Centre', '24'), ('Centre-Val-de-Loire', '24'), ('Centre Val de Loire', '24'), ('Pays-de-Loire', '52');
INSERT INTO jobmarket.place_alias (alias, departement_code) VALUES
	('Réunion', '974'), ('Île de la Réunion', '974'), ('Nouvelle Calédonie', '988'),
	('La Polynésie française', '987'), ('Tahiti', '987'), ('Saint-Martin (Antilles)', '978'),
	('Saint Barth', '977'), ('Wallis et Futuna', '986'), ('Belfort (Territoire)', '90'),
	('Guyane française', '973'),
	('La Défense', '92'), ('Paris La Défense', '92'), ('Saint-Quentin-en-Yvelines', '78'), ('Marne-la-Vallée', '77'),
	('Cergy-Pontoise', '95'), ('Paris-Saclay', '91'), ('Plateau de Saclay', '91'), ('Grand Lyon', '69'), ('Métropole de Lyon', '69'),
	('Pays basque', '64'), ('Bassin d''Arcachon', '33'), ('Vallée de l''Arve', '74'), ('Pays de Gex', '01');
INSERT INTO jobmarket.place_alias (alias, insee_code) VALUES
	('Sophia Antipolis', '06152'), ('Roissy CDG', '95527'), ('Roissy Charles de Gaulle', '95527'),
	('Aéroport Charles de Gaulle', '95527'), ('Aéroport d''Orly', '94054'), ('Saint-Exupéry', '69299'),
	-- short and former names that offers still give
	('Saint-Ouen', '93070'), ('Évry', '91228'), ('Courcouronnes', '91228'), ('Asnières', '92004'), ('Levallois', '92044'),
	('Rueil', '92063'), ('Vélizy', '78640'), ('Issy', '92040'), ('Ivry', '94041'), ('Lomme', '59350'), ('Hellemmes', '59350'),
	('Cherbourg', '50129'), ('Cherbourg-Octeville', '50129'), ('Châlons-sur-Marne', '51108'),
	('Annecy-le-Vieux', '74010'), ('Cran-Gevrier', '74010'), ('Seynod', '74010');
INSERT INTO jobmarket.place_alias (alias, territory) VALUES
	('Collectivités d''Outre-Mer', 'com'), ('DROM-COM', 'drom'), ('DOM-TOM', 'drom'),
	('Outre-mer', 'drom'), ('Antilles', 'drom'), ('Antilles-Guyane', 'drom');
-- Countries, and what is as good as one: they decide, whatever else the label names.
INSERT INTO jobmarket.place_alias (alias, territory)
SELECT unnest(ARRAY[
	'Afrique', 'Afrique du Sud', 'Algérie', 'Allemagne', 'Andorre', 'Angleterre', 'Arabie saoudite',
	'Argentine', 'Australie', 'Autriche', 'Bahreïn', 'Belgique', 'Belgium', 'Bénin', 'Brésil',
	'Bulgarie', 'Burkina Faso', 'Cameroun', 'Canada', 'Chili', 'Chine', 'Chypre', 'Colombie',
	'Congo', 'Corée du Sud', 'Costa Rica', 'Côte d''Ivoire', 'Croatie', 'Danemark', 'Djibouti',
	'Égypte', 'Émirats arabes unis', 'Espagne', 'Estonie', 'États-Unis', 'Étranger', 'Europe', 'Finlande',
	'Gabon', 'Germany', 'Grande-Bretagne', 'Grèce', 'Guinée', 'Hong Kong', 'Hongrie', 'Inde',
	'Indonésie', 'Ireland', 'Irlande', 'Islande', 'Israël', 'Italie', 'Italy', 'Japon', 'Kenya',
	'Lettonie', 'Liban', 'Liechtenstein', 'Lituanie', 'Luxembourg', 'Madagascar',
	'Mali', 'Malte', 'Maroc', 'Maurice', 'Mauritanie', 'Mexique', 'Monaco', 'Morocco',
	'Netherlands', 'Niger', 'Nigeria', 'Norvège', 'Nouvelle-Zélande', 'Pays-Bas', 'Pérou',
	'Pologne', 'Portugal', 'Qatar', 'Québec', 'République tchèque', 'Roumanie', 'Royaume-Uni',
	'Russie', 'Sénégal', 'Serbie', 'Singapour', 'Slovaquie', 'Slovénie', 'Spain', 'Suède', 'Suisse', 'Switzerland',
	'Tchad', 'Thaïlande', 'Togo', 'Tunisie', 'Turquie', 'UK', 'Ukraine', 'United Kingdom', 'United States',
	'USA', 'Vietnam']), 'etranger';
-- Cities abroad: a commune of France that the label names, too, comes before them.
INSERT INTO jobmarket.place_alias (alias) VALUES
	-- where people who live in France work across the border
	('Arlon'), ('Bâle'), ('Bettembourg'), ('Bruxelles'), ('Capellen'), ('Charleroi'), ('Contern'), ('Courtrai'), ('Differdange'),
	('Dudelange'), ('Esch-sur-Alzette'), ('Gand'), ('Genève'), ('Howald'), ('Karlsruhe'), ('Kehl'), ('La Chaux-de-Fonds'),
	('La Louvière'), ('Lausanne'), ('Leudelange'), ('Liège'), ('Luxembourg-Ville'), ('Meyrin'), ('Mouscron'), ('Munsbach'),
	('Namur'), ('Neuchâtel'), ('Nyon'), ('Plan-les-Ouates'), ('Sarrebruck'), ('Tournai'), ('Vevey'), ('Windhof'),
	('Yverdon-les-Bains'),
	-- others
	('Amsterdam'), ('Barcelone'), ('Berlin'), ('Casablanca'), ('Dakar'), ('Dubaï'), ('Dublin'), ('Düsseldorf'), ('Francfort'),
	('Hambourg'), ('Lisbonne'), ('London'), ('Londres'), ('Madrid'), ('Milan'), ('Montréal'), ('Munich'), ('New York'),
	('Prague'), ('Rabat'), ('Rotterdam'), ('Stuttgart'), ('Tanger'), ('Tunis'), ('Turin'), ('Varsovie'), ('Zurich');
CALL jobmarket.keep_shipped('jobmarket.place_alias', 'alias');

DO $$
DECLARE
	tbl text;
BEGIN
	FOREACH tbl IN ARRAY ARRAY['region', 'departement', 'commune', 'commune_former', 'place_alias'] LOOP
		EXECUTE format('CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.%I
						FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rules_changed()', tbl);
		EXECUTE format('ALTER TABLE jobmarket.%I ENABLE ALWAYS TRIGGER rules_changed', tbl);
	END LOOP;
END
$$;

CREATE FUNCTION jobmarket.resolve_place(label text, postal_code text DEFAULT NULL, insee_code text DEFAULT NULL,
	latitude float8 DEFAULT NULL, longitude float8 DEFAULT NULL,
	OUT insee_code text, OUT postal_code text, OUT departement_code text, OUT region_code text,
	OUT territory text, OUT method text, OUT confidence real, OUT latitude float8, OUT longitude float8)
LANGUAGE C STABLE PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'jobmarket_resolve_place';
COMMENT ON FUNCTION jobmarket.resolve_place(text, text, text, float8, float8) IS
'Commune, postal code, département, region and territory (metropole, corse, drom, com, etranger, inconnu) of a place, with the method that decided (insee, postal, label_commune, gps, label_departement, label_region, label_country, none), its confidence, and the point (the stated one, put right, or the commune''s); needs table commune to be filled';

CREATE PROCEDURE jobmarket.require_columns(staging regclass, columns name[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing text := (SELECT string_agg(c, ', ' ORDER BY i) FROM unnest(columns) WITH ORDINALITY AS u (c, i)
		WHERE NOT EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = staging AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped));
BEGIN
	IF staging IS NULL OR missing <> '' THEN
		RAISE EXCEPTION 'table % lacks columns: %', coalesce(staging::text, 'NULL'), coalesce(missing, 'all')
			USING ERRCODE = 'undefined_column',
				HINT = format('Copy the file into a table with the columns %s, of type text.', array_to_string(columns, ', '));
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.require_columns(regclass, name[]) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.require_columns(regclass, name[]) IS 'Raises an error unless the table has these columns; used by load_communes and load_commune_movements';

CREATE FUNCTION jobmarket.load_communes(staging regclass, OUT loaded bigint, OUT rejected bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET extra_float_digits = 1
AS $$
DECLARE
	geometry_schema name := (SELECT n.nspname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		JOIN pg_namespace n ON n.oid = t.typnamespace
		WHERE a.attrelid = 'jobmarket.commune'::regclass AND a.attname = 'centroid');
BEGIN
	CALL jobmarket.require_columns(staging, '{insee_code,name,departement_code,postal_codes,population,latitude,longitude}');
	-- Columns may come as text or as what they mean, so all go through text.
	-- Codes that went through a number lack a zero in front; a number that is
	-- none is as good as missing, and costs no more than itself.
	EXECUTE format($q$
		WITH line AS (
			SELECT upper(btrim(insee_code::text)) AS insee_code, btrim(name::text) AS name,
				upper(btrim(departement_code::text)) AS departement_code, postal_codes::text AS postal_codes,
				btrim(population::text) AS population,
				replace(btrim(latitude::text), ',', '.') AS latitude, replace(btrim(longitude::text), ',', '.') AS longitude
			FROM %1$s
		), number AS (
			SELECT CASE WHEN insee_code ~ '^[0-9]{4}$' THEN '0' || insee_code ELSE insee_code END AS insee_code, name,
				CASE WHEN departement_code ~ '^[0-9]$' THEN '0' || departement_code ELSE departement_code END AS departement_code,
				(SELECT array_agg(DISTINCT lpad(btrim(c), 5, '0')) FROM unnest(string_to_array(postal_codes, ';')) c
				 WHERE btrim(c) ~ '^[0-9]{4,5}$') AS postal_codes,
				CASE WHEN population ~ '^[0-9]{1,9}(\.[0-9]*)?$' THEN split_part(population, '.', 1)::integer END AS population,
				CASE WHEN latitude ~ '^[-+]?[0-9]{1,2}(\.[0-9]{0,30})?$' THEN latitude::float8 END AS latitude,
				CASE WHEN longitude ~ '^[-+]?[0-9]{1,3}(\.[0-9]{0,30})?$' THEN longitude::float8 END AS longitude
			FROM line
		), given AS (
			SELECT DISTINCT ON (insee_code) insee_code, name, departement_code,
				coalesce(postal_codes, '{}') AS postal_codes, population,
				CASE WHEN abs(latitude) <= 90 AND abs(longitude) <= 180
					THEN %2$I.st_setsrid(%2$I.st_makepoint(longitude, latitude), 4326) END AS centroid
			FROM number
			WHERE insee_code ~ '^[0-9][0-9AB][0-9]{3}$' AND name <> '' AND length(name) <= 200
			-- of several lines of one commune the one that tells most
			ORDER BY insee_code, latitude IS NULL, cardinality(postal_codes) DESC NULLS LAST, population DESC NULLS LAST, name
		), taken AS (
			INSERT INTO jobmarket.commune AS c (insee_code, name, departement_code, postal_codes, population, centroid, parent_insee_code)
			SELECT g.insee_code, g.name, g.departement_code, g.postal_codes, g.population, g.centroid, p.insee_code
			FROM given g
			JOIN jobmarket.departement d USING (departement_code)
			-- the arrondissements of Paris, Lyon and Marseille
			LEFT JOIN given p ON p.insee_code = CASE
				WHEN g.insee_code BETWEEN '75101' AND '75120' THEN '75056'
				WHEN g.insee_code BETWEEN '69381' AND '69389' THEN '69123'
				WHEN g.insee_code BETWEEN '13201' AND '13216' THEN '13055' END
			-- parents first: pg_dump --inserts writes rows in the order of the table
			ORDER BY p.insee_code IS NOT NULL, g.insee_code
			ON CONFLICT (insee_code) DO UPDATE SET
				name = excluded.name, departement_code = excluded.departement_code,
				postal_codes = excluded.postal_codes, population = coalesce(excluded.population, c.population),
				centroid = coalesce(excluded.centroid, c.centroid),
				parent_insee_code = coalesce(excluded.parent_insee_code, c.parent_insee_code)
			RETURNING 1
		)
		SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM line) - (SELECT count(*) FROM taken)$q$,
		staging, geometry_schema) INTO loaded, rejected;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.load_communes(regclass) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.load_communes(regclass) IS
'Fills jobmarket.commune from a table with the columns insee_code, name, departement_code, postal_codes (separated by ;), population, latitude, longitude, as COPY reads them from CSV; returns how many were taken, and how many rows were not (bad code, unknown département, twice the same)';

CREATE FUNCTION jobmarket.load_commune_movements(staging regclass, OUT loaded bigint, OUT unresolved bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO'
AS $$
BEGIN
	CALL jobmarket.require_columns(staging, '{mod,date_eff,typecom_av,com_av,libelle_av,typecom_ap,com_ap}');
	-- Columns may come as text or as what they mean, so all go through text;
	-- dates sort as such, and one that is none costs nothing.
	EXECUTE format($q$
		WITH RECURSIVE movement AS (
			-- 21 is a commune's return, which says nothing of those that are gone
			SELECT DISTINCT ON (com_av::text) com_av::text AS old, com_ap::text AS new,
				date_eff::text COLLATE "C" AS since, libelle_av::text AS name
			FROM %s
			WHERE com_av::text <> com_ap::text AND typecom_av::text IN ('COM', 'COMA', 'COMD')
				AND typecom_ap::text = 'COM' AND mod::text <> '21'
			ORDER BY com_av::text, date_eff::text COLLATE "C" DESC NULLS LAST, (typecom_av::text = 'COM') DESC
		), path AS (
			SELECT m.old, m.new, m.since, m.name, 1 AS steps FROM movement m
			WHERE NOT EXISTS (SELECT FROM jobmarket.commune c WHERE c.insee_code = m.old)
			UNION ALL
			SELECT p.old, m.new, m.since, p.name, p.steps + 1
			FROM path p JOIN movement m ON m.old = p.new AND m.since >= p.since
			WHERE p.steps < 20 AND NOT EXISTS (SELECT FROM jobmarket.commune c WHERE c.insee_code = p.new)
		), found AS (
			SELECT DISTINCT ON (p.old) p.old, p.new, p.name FROM path p
			JOIN jobmarket.commune c ON c.insee_code = p.new ORDER BY p.old, p.steps
		), taken AS (
			INSERT INTO jobmarket.commune_former AS f (insee_code, current_insee_code, name)
			SELECT old, new, name FROM found
			ON CONFLICT (insee_code) DO UPDATE SET current_insee_code = excluded.current_insee_code, name = excluded.name
			WHERE (f.current_insee_code, f.name) IS DISTINCT FROM (excluded.current_insee_code, excluded.name)
		)
		SELECT (SELECT count(*) FROM found),
			(SELECT count(DISTINCT old) FROM path) - (SELECT count(*) FROM found)$q$, staging)
	INTO loaded, unresolved;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.load_commune_movements(regclass) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.load_commune_movements(regclass) IS
'Fills jobmarket.commune_former from a table with columns as in INSEE''s v_mvt_commune (mod, date_eff, typecom_av, com_av, libelle_av, typecom_ap, com_ap …), after load_communes; follows communes that were merged more than once; returns how many former codes lead to a commune of today, and how many do not';
