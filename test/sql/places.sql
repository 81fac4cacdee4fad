-- Places: a few communes, and whatever an offer may say.
CREATE TEMP TABLE staging (insee_code text, name text, departement_code text, region_code text, postal_codes text,
	population text, latitude text, longitude text);
INSERT INTO staging VALUES
	('75056', 'Paris', '75', '11', '', '2133111', '48.8566', '2.3429'),
	('75112', 'Paris 12e Arrondissement', '75', '11', '75012', '139867', '48.8352', '2.4198'),
	('53130', 'Laval', '53', '52', '53000', '49733', '48.0603', '-0.7664'),
	('38207', 'Laval-en-Belledonne', '38', '84', '38190', '950', '45.2551', '5.9375'),
	('74010', 'Annecy', '74', '84', '74000;74600', '131766', '45.9024', '6.1264'),
	('74116', 'Éteaux', '74', '84', '74800', '2000', '46.0700', '6.2900'),
	('74112', 'Epagny Metz-Tessy', '74', '84', '74370', '8300', '45.93', '6.10'),
	('74019', 'Argonay', '74', '84', '74370', '3200', '45.94', '6.14'),
	('2A004', 'Ajaccio', '2A', '94', '20000;20090', '73822', '41.9347', '8.7011'),
	('97302', 'Cayenne', '973', '03', '97300', '63468', '4.9350', '-52.3300'),
	('98818', 'Nouméa', '988', '988', '98800', '94285', '-22.27', '166.44'),
	('69123', 'Lyon', '69', '84', '', '522250', '45.7580', '4.8351'),
	('69387', 'Lyon 7e Arrondissement', '69', '84', '69007', '83000', '45.7323', '4.8377'),
	('57463', 'Metz', '57', '44', '57000;57050', '118489', '49.1080', '6.1955'),
	('57463', 'Metz', '57', '44', '57000', '118489', '', ''),
	('bad', 'Nowhere', '57', '44', '', '', '', ''),
	('99999', 'Nowhere', '99', '44', '', '', '', '');
BEGIN;
SELECT * FROM jobmarket.load_communes('staging');
SELECT * FROM jobmarket.load_communes('staging');
SELECT insee_code, parent_insee_code, postal_codes, ST_AsText(centroid) FROM jobmarket.commune
WHERE insee_code IN ('75112', '69387', '74010') ORDER BY 1;

SELECT i.*, r.insee_code, r.postal_code, r.departement_code AS dep, r.region_code AS reg, r.territory, r.method
FROM (VALUES
	(1, '74 - ANNECY', '74000', '74010', NULL::float8, NULL::float8),
	(2, '74 - Annecy', NULL, NULL, NULL, NULL),
	(3, '74 - Savoie (Haute)', NULL, NULL, 45.91, 6.13),
	(4, '74 - Savoie (Haute)', NULL, NULL, 6.13, 45.91),
	(5, '74 - Savoie (Haute)', NULL, NULL, 0, 0),
	(6, '75 - PARIS 12', NULL, NULL, NULL, NULL),
	(7, 'Paris', NULL, NULL, NULL, NULL),
	(8, 'Laval', NULL, NULL, NULL, NULL),
	(9, NULL, '20090', NULL, NULL, NULL),
	(10, '20 - AJACCIO', NULL, NULL, NULL, NULL),
	(11, '973 - Guyane', NULL, NULL, NULL, NULL),
	(12, 'Nouméa', NULL, NULL, NULL, NULL),
	(13, 'Réunion', NULL, NULL, NULL, NULL),
	(14, 'PACA', NULL, NULL, NULL, NULL),
	(15, 'France', NULL, NULL, 49.11, 6.2),
	(16, 'France', NULL, NULL, NULL, NULL),
	(17, 'Québec Canada', NULL, NULL, NULL, NULL),
	(18, 'Luxembourg (Frontalier)', NULL, NULL, NULL, NULL),
	(19, '69 - LYON 07', '69007', '69387', 4.84189, 45.745755),
	(20, '57 - Moselle', '57999', NULL, NULL, NULL),
	(21, NULL, NULL, '57999', NULL, NULL),
	(22, '', '', '', NULL, NULL),
	(24, 'Argonay, France', '74370', NULL, NULL, NULL),
	(25, 'Argonay (télétravail)', '74370', NULL, NULL, NULL),
	(26, 'France', '74370', NULL, NULL, NULL),
	(27, 'Saarbrücken', 'D-66111', NULL, NULL, NULL),
	(23, 'x', 'abc', '@', 'NaN', 'Infinity')) AS i (n, label, postal, insee, lat, lon),
	jobmarket.resolve_place(label, postal, insee, lat, lon) r ORDER BY n;
SELECT latitude, longitude FROM jobmarket.resolve_place('69 - LYON 07', '69007', '69387', 4.84189, 45.745755);
SELECT latitude, longitude FROM jobmarket.resolve_place('57 - METZ', '57000', '57463', 43.1, 2.2);

-- labels of several parts, quarters, territories
SELECT l, r.insee_code, r.departement_code AS dep, r.region_code AS reg, r.territory, r.method
FROM unnest(ARRAY['Metz, Moselle', 'Metz, Grand Est, France', 'Lyon et périphérie', 'NANTES 44', 'METZ 57', 'Métropole de Lyon', 'Annecy / Laval', 'Laval, Espagne',
	'Département de la Moselle', 'Paris La Défense', '9 - X', '1 - Ain', 'DOM-TOM', 'Collectivités d''Outre-Mer', '99 - Étranger', ' / , - ()',
	'Guadeloupe', 'Dépt. 57', 'Argonay - 74', 'Lyon ou Paris', 'Lieu : Metz', 'Poste basé à Metz (57)', '📍 Metz', 'Annecy-le-Vieux', 'Esch-sur-Alzette', 'Kehl']) WITH ORDINALITY u (l, n),
	jobmarket.resolve_place(l) r ORDER BY n;

-- cities abroad give way to communes of the label, countries do not; of "X et Y" neither half is sure
SELECT l, r.insee_code, r.territory, r.method, r.confidence
FROM unnest(ARRAY['Tournai', 'Metz, Tournai', 'Tournai / Metz', 'Metz et Kehl', 'Metz - Liège', 'Paris, Casablanca', 'Metz, Tournai, Belgique', 'Metz, Luxembourg',
	'Metz et Annecy', 'Metz et environs']) WITH ORDINALITY u (l, n),
	jobmarket.resolve_place(l) r ORDER BY n;
SELECT r.* FROM jobmarket.resolve_place('Metz, Tournai', NULL, NULL, 49.11, 6.2) r;

-- communes that are no more, from INSEE's movements
CREATE TEMP TABLE mvt (mod text, date_eff text, typecom_av text, com_av text, tncc_av text, ncc_av text, nccenr_av text, libelle_av text,
	typecom_ap text, com_ap text, tncc_ap text, ncc_ap text, nccenr_ap text, libelle_ap text);
INSERT INTO mvt (mod, date_eff, typecom_av, com_av, libelle_av, typecom_ap, com_ap, libelle_ap) VALUES
	('32', '2017-01-01', 'COM', '74010', 'Annecy', 'COM', '74010', 'Annecy'),
	('32', '2017-01-01', 'COM', '74093', 'Cran-Gevrier', 'COM', '74010', 'Annecy'),
	('32', '2017-01-01', 'COM', '74093', 'Cran-Gevrier', 'COMD', '74093', 'Cran-Gevrier'),
	('33', '1973-01-01', 'COM', '74901', 'Loin', 'COM', '74093', 'Cran-Gevrier'),
	('31', '1972-01-01', 'COM', '57463', 'Metz', 'COM', '57999', 'Ailleurs'),
	('21', '2000-01-01', 'COM', '57999', 'Ailleurs', 'COM', '57463', 'Metz'),
	('31', '1972-01-01', 'COM', '57998', 'Perdue', 'COM', '57997', 'Nulle part'),
	('31', '1980-01-01', 'COM', '57990', 'Ronde', 'COM', '57991', 'Tournante'),
	('31', '1980-01-01', 'COM', '57991', 'Tournante', 'COM', '57990', 'Ronde'),
	('32', 'n''est pas', 'COM', '57992', 'Sans date', 'COM', '57463', 'Metz');
SELECT * FROM jobmarket.load_commune_movements('mvt');
SELECT * FROM jobmarket.load_commune_movements('mvt');
SELECT * FROM jobmarket.commune_former ORDER BY 1;
SELECT (jobmarket.resolve_place('74 - x', NULL, '74901')).insee_code, (jobmarket.resolve_place('74 - CRAN GEVRIER')).*;
DELETE FROM jobmarket.commune_former;

-- numbers that are none, codes that lost their zero, several lines of one commune
SAVEPOINT s;
CREATE TEMP TABLE spoilt (LIKE staging);
INSERT INTO spoilt VALUES
	('57463', 'Metz', '57', '44', '', '', '', ''), ('57463', 'Metz', '57', '44', '57050; 57000;57000;abc;', '118489.0', '49,1080', ' 6.1955'),
	('1999', 'Ville-la-Grand', '1', '84', '1999', 'some', 'north', '6'), ('2a004', ' Ajaccio ', '2a', '94', '20000', '-5', '91', '8.7'),
	('57001', '', '57', '44', '', '', '', ''), (NULL, 'Nowhere', '57', '44', '', '', '', ''), ('57002', 'Nowhere', 'zz', '44', '', '', '', '');
SELECT * FROM jobmarket.load_communes('spoilt');
SELECT insee_code, name, departement_code, postal_codes, population, ST_AsText(centroid) FROM jobmarket.commune
WHERE insee_code IN ('57463', '01999', '2A004') ORDER BY 1;
CREATE TEMP TABLE typed AS SELECT 1998 AS insee_code, 'Numbers'::text AS name, 1 AS departement_code, 1998 AS postal_codes,
	12 AS population, 46.123456789012345::float8 AS latitude, 5.1::float8 AS longitude;
SET LOCAL extra_float_digits = -10;
SELECT * FROM jobmarket.load_communes('typed');
-- namesakes: that near the point, else the point, else the largest
INSERT INTO jobmarket.commune (insee_code, name, departement_code, population, centroid) VALUES
	('69189', 'Sainte-Colombe', '69', 1900, ST_SetSRID(ST_Point(4.865, 45.52), 4326)), ('25515', 'Sainte-Colombe', '25', 400, ST_SetSRID(ST_Point(6.26, 46.88), 4326)),
	('17323', 'Sainte-Colombe', '17', 90, ST_SetSRID(ST_Point(-0.25, 45.25), 4326)), ('35247', 'Sainte-Colombe', '35', 1800, ST_SetSRID(ST_Point(-1.45, 47.89), 4326));
SELECT i.*, r.insee_code, r.method, r.confidence FROM (VALUES ('Sainte-Colombe', NULL, NULL), ('Ste Colombe', 46.9, 6.3),
	('Sainte-Colombe', 49.1, 6.2), ('Sainte-Colombe', 6.2, 49.1), ('Laval', 49.1, 6.2)) i (label, latitude, longitude),
	jobmarket.resolve_place(label, NULL, NULL, latitude, longitude) r;
-- of cities abroad, too: that near the point, that of the département or region, that with its article
INSERT INTO jobmarket.commune (insee_code, name, departement_code, population, centroid) VALUES
	('37127', 'Le Liège', '37', 326, ST_SetSRID(ST_Point(1.11, 47.22), 4326)), ('11254', 'Montréal', '11', 2136, ST_SetSRID(ST_Point(2.14, 43.2), 4326));
SELECT i.*, r.insee_code, r.territory, r.method FROM (VALUES ('Liège', NULL, NULL), ('Le Liège', NULL, NULL), ('Le Liège, Centre', NULL, NULL), ('Liège, Belgique', NULL, NULL),
	('Liège', 47.23, 1.11), ('Montréal', NULL, NULL), ('Montréal', 43.2, 2.15), ('Montréal', 45.5, -73.6), ('Montréal', 49.11, 6.2), ('Montréal, Aude', NULL, NULL), ('Montréal, Québec', NULL, NULL))
	i (label, latitude, longitude), jobmarket.resolve_place(label, NULL, NULL, latitude, longitude) r;
RESET extra_float_digits;
SELECT insee_code, postal_codes, population, ST_Y(centroid) FROM jobmarket.commune WHERE insee_code = '01998';
ROLLBACK TO s;

-- former codes, aliases, and edits are seen at once
INSERT INTO jobmarket.commune_former VALUES ('74182', '74010');
INSERT INTO jobmarket.place_alias (alias, insee_code) VALUES ('La Venise des Alpes', '74010');
SELECT (jobmarket.resolve_place(NULL, NULL, '74182')).insee_code, (jobmarket.resolve_place('Venise des Alpes')).insee_code;
UPDATE jobmarket.commune SET name = 'Annecy-la-Neuve' WHERE insee_code = '74010';
SELECT (jobmarket.resolve_place('74 - Annecy la Neuve')).insee_code;
DELETE FROM jobmarket.commune WHERE insee_code = '74010';
SELECT (jobmarket.resolve_place(NULL, NULL, '74182')).*;
ROLLBACK;
-- without communes the département is still known
SELECT departement_code, territory, method FROM jobmarket.resolve_place('57 - METZ', '57000', '57463', 49.1, 6.2);
-- letters before a postal code are not always a country; of two départements the first
SELECT label, r.departement_code, r.territory, r.method FROM (VALUES ('B-1000'), ('B-20200'), ('D-66111'), ('RE-97400'), ('ZA-1234'), ('Val d''Oise et Yvelines')) i (label),
	jobmarket.resolve_place(label) r;
SELECT method FROM jobmarket.resolve_place(repeat('Saint ', 2000000));
SELECT * FROM jobmarket.load_communes('pg_class');
