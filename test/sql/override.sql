-- Scores per ROME and what people change by hand.  The numbers of the mapping
-- are those of activity 47.11D in part.
BEGIN;
INSERT INTO jobmarket.rome_naf (rome_code, naf_code, hirings) VALUES
	('D1106', '4711D', 4000), ('D1507', '4711D', 5000), ('M1607', '4711D', 900), ('D1103', '4711D', 100),
	('N1103', '4772A', 50), ('D1214', '4772A', 50);
INSERT INTO jobmarket.rome_tension VALUES ('D1106', 43.2), ('A1101', 61.9);
SELECT naf_code, count(*) FROM jobmarket.rome_naf GROUP BY 1 ORDER BY 1;
SELECT jobmarket.minimum_score('A1101'), jobmarket.minimum_score('D1507'), jobmarket.minimum_score('nonsense'), jobmarket.minimum_score(NULL);
SELECT rome, naf, h, jobmarket.rome_score(rome, naf, h)
FROM (VALUES ('D1507', '4711D', 120), ('D1507', '47.11D', 120), ('d1507', '4711d', 120), ('K1302', '4711D', 120),
	(NULL, '4711D', 120), ('D1507', NULL, 120), ('D1507', '4711D', NULL), ('M1607', '4711D', 120)) v (rome, naf, h);

CREATE VIEW shown AS SELECT siret::bigint AS office, contract,
	string_agg(rome_code || ' ' || score || CASE WHEN boosted THEN '*' ELSE '' END, ', ' ORDER BY rome_code) AS romes
FROM jobmarket.office_rome_score GROUP BY siret, contract;
INSERT INTO jobmarket.office (siret, naf_code, departement_code) VALUES
	('00000000000001', '4711D', '57'), ('00000000000002', '4711D', '57'), ('00000000000003', '9900Z', '57');
-- too small, unmapped, and one that is shown
INSERT INTO jobmarket.office_score (siret, hirings, as_of, hirings_alternance, as_of_alternance) VALUES
	('00000000000001', 120, '2020-01-01', NULL, NULL), ('00000000000002', 9, '2020-01-01', 10, '2020-01-01'), ('00000000000003', 120, '2020-01-01', NULL, NULL);
SELECT * FROM shown ORDER BY 1, 2;
-- prediction, mapping, tension and constants are followed
UPDATE jobmarket.office_score SET hirings = 60 WHERE siret = '00000000000001';
SELECT * FROM shown ORDER BY 1, 2;
UPDATE jobmarket.office_score SET hirings = 120 WHERE siret = '00000000000001';
UPDATE jobmarket.rome_naf SET hirings = 1 WHERE rome_code = 'M1607';
SELECT * FROM shown ORDER BY 1, 2;
UPDATE jobmarket.rome_naf SET hirings = 900 WHERE rome_code = 'M1607';
INSERT INTO jobmarket.rome_tension VALUES ('D1103', 100);
UPDATE jobmarket.score_setting SET value = 1 WHERE name = 'minimum_score_floor';
SELECT * FROM shown ORDER BY 1, 2;
-- emptied at once too
INSERT INTO jobmarket.office_override (siret, hirings) VALUES ('00000000000002', 120);
TRUNCATE jobmarket.office_override;
SELECT count(*), jobmarket.refresh_rome_scores() FROM shown;
TRUNCATE jobmarket.office_score;
SELECT count(*), jobmarket.refresh_rome_scores() FROM shown;
ROLLBACK;

BEGIN;
INSERT INTO jobmarket.rome_naf (rome_code, naf_code, hirings) VALUES
	('D1106', '4711D', 4000), ('D1507', '4711D', 5000), ('M1607', '4711D', 900), ('D1103', '4711D', 100),
	('N1103', '4772A', 50), ('D1214', '4772A', 50);
INSERT INTO jobmarket.rome VALUES ('D1506'), ('K1302');
INSERT INTO jobmarket.commune (insee_code, name, departement_code, centroid) VALUES
	('57463', 'Metz', '57', ST_Point(6.176, 49.119, 4326)), ('57616', 'Saint-Julien', '57', ST_Point(6.2, 49.13, 4326)),
	('2A004', 'Ajaccio', '2A', ST_Point(8.7, 41.9, 4326)), ('97411', 'Saint-Denis', '974', ST_Point(55.4, -20.9, 4326)),
	('57999', 'Nowhere', '57', NULL);
CREATE VIEW shown AS SELECT siret::bigint AS office, contract,
	string_agg(rome_code || ' ' || score || CASE WHEN boosted THEN '*' ELSE '' END, ', ' ORDER BY rome_code) AS romes
FROM jobmarket.office_rome_score GROUP BY siret, contract;
INSERT INTO jobmarket.office (siret, name, naf_code, departement_code, email, phone) VALUES
	('00000000000001', 'One', '4711D', '57', 'one@example.org', '0387'), ('00000000000003', 'Three', '9900Z', '57', NULL, NULL);
INSERT INTO jobmarket.office_score (siret, hirings, as_of) VALUES
	('00000000000001', 120, '2020-01-01'), ('00000000000003', 120, '2020-01-01');
SELECT * FROM shown;
SAVEPOINT s;
-- a list: only these are boosted, and added even below the minimum
INSERT INTO jobmarket.office_override (siret, boost, boost_romes) VALUES ('00000000000001', true, '{D1507,D1103}');
SELECT * FROM shown;
ROLLBACK TO s;
-- codes as people type them, and nothing at all
INSERT INTO jobmarket.office_override (siret, boost, boost_romes, remove_romes) VALUES ('00000000000001', true, '{" d1507 ",NULL}', '{NULL,d1103}');
SELECT * FROM shown;
ROLLBACK TO s;
-- one that the activity does not have: by all its hirings
INSERT INTO jobmarket.office_override (siret, boost, boost_romes) VALUES ('00000000000001', true, '{D1506,D1507}');
SELECT * FROM shown;
UPDATE jobmarket.office_override SET boost = false;
SELECT * FROM shown;
ROLLBACK TO s;
-- an empty list: all; removal wins
INSERT INTO jobmarket.office_override (siret, boost, remove_romes) VALUES ('00000000000001', true, '{D1507}');
SELECT * FROM shown;
DELETE FROM jobmarket.office_override;
SELECT * FROM shown;
-- another activity, in any spelling; an unmapped office can be boosted
INSERT INTO jobmarket.office_override (siret, add_nafs) VALUES ('00000000000001', '{4772a}');
INSERT INTO jobmarket.office_override (siret, boost, boost_romes) VALUES ('00000000000003', true, '{K1302}');
SELECT * FROM shown ORDER BY 1;
ROLLBACK TO s;
-- hirings: later rows win; 0 hides; alternance is apart
INSERT INTO jobmarket.office_override (siret, hirings) VALUES ('00000000000001', 0);
SELECT * FROM shown;
INSERT INTO jobmarket.office_override (siret, hirings) VALUES ('00000000000001', 100), ('00000000000001', 30);
SELECT * FROM shown;
INSERT INTO jobmarket.office_override (siret, hirings, contract) VALUES ('00000000000001', 10, 'alternance');
SELECT * FROM shown ORDER BY 1, 2;
ROLLBACK TO s;
-- removed, and back
INSERT INTO jobmarket.office_override (siret, action, reason) VALUES ('00000000000001', 'remove', 'asked for');
SELECT * FROM shown;
DELETE FROM jobmarket.office_override;
SELECT * FROM shown;
-- an office that no import knows; an import of it later is not disturbed
INSERT INTO jobmarket.office_override (siret, action, name, naf_code, postal_code, hirings)
VALUES ('00000000000009', 'add', 'Nine', '4711D', '57000', 110), ('00000000000001', 'add', 'Other', '4772A', '57000', NULL);
SELECT siret, name, naf_code, departement_code FROM jobmarket.office ORDER BY 1;
SELECT * FROM shown ORDER BY 1;
-- an override may come before its office
INSERT INTO jobmarket.office_override (siret, hirings, location_codes) VALUES ('00000000000005', 110, '{57463}');
INSERT INTO jobmarket.office (siret, naf_code) VALUES ('00000000000005', '4711D');
SELECT * FROM shown WHERE office = 5;
SELECT siret, insee_code FROM jobmarket.office_location;
ROLLBACK TO s;
-- contacts: an empty new value leaves the old one, removal wins
INSERT INTO jobmarket.office_override (siret, email, phone, website, trade_name) VALUES ('00000000000001', '', '0388', 'http://one.fr', 'Uno');
INSERT INTO jobmarket.office_override (siret, phone) VALUES ('00000000000001', '0399');
SELECT * FROM jobmarket.office_contact WHERE siret = '00000000000001';
INSERT INTO jobmarket.office_override (siret, email, remove_email) VALUES ('00000000000001', 'new@example.org', true);
SELECT email, phone FROM jobmarket.office_contact WHERE siret = '00000000000001';
-- more places: communes, départements, Corsica and overseas as one each; to a day
INSERT INTO jobmarket.office_override (siret, location_codes, locations_until) VALUES
	('00000000000001', '{57616," 57 "}', '2030-01-01'), ('00000000000001', '{57616}', NULL), ('00000000000001', '{20,nonsense}', '2031-01-01');
SELECT insee_code, ST_AsText(geom), until FROM jobmarket.office_location ORDER BY 1;
UPDATE jobmarket.office_override SET location_codes = '{}';
SELECT count(*) FROM jobmarket.office_location;
UPDATE jobmarket.office_override SET location_codes = '{97,2a}';
SELECT insee_code FROM jobmarket.office_location ORDER BY 1;
ROLLBACK TO s;
-- hirings that tell their occupation outweigh the activity as they grow
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, rome_code)
SELECT '00000000000001', '2019-06-01'::date, 2, 'M1607' FROM generate_series(1, 30)
UNION ALL SELECT '00000000000001', '2019-06-01', 2, 'K1302' FROM generate_series(1, 10)
UNION ALL SELECT '00000000000001', '2017-06-01', 2, 'D1507' FROM generate_series(1, 1000)
UNION ALL SELECT '00000000000001', '2019-06-01', 11, 'D1507' FROM generate_series(1, 1000);
SELECT jobmarket.refresh_rome_scores() > 0 AS changed;
SELECT * FROM shown;
SELECT score FROM jobmarket.office_rome_score WHERE rome_code = 'M1607'
INTERSECT SELECT jobmarket.score_from_hirings(120 * (30 + 20 * 0.09) / (40 + 20));
UPDATE jobmarket.score_setting SET value = -1 WHERE name = 'history_weight';
SELECT * FROM shown;
-- by hand there is nothing left to do
SELECT jobmarket.refresh_rome_scores(), jobmarket.refresh_rome_scores('{00000000000001}'), jobmarket.refresh_rome_scores('{}');
\set VERBOSITY terse
SAVEPOINT t;
INSERT INTO jobmarket.office_override (siret) VALUES ('1');
ROLLBACK TO t;
INSERT INTO jobmarket.office_override (siret, hirings) VALUES ('00000000000001', 'NaN');
ROLLBACK;
