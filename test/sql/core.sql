-- The schema and the reference rows that ship with the extension.
SET standard_conforming_strings = off;
SET escape_string_warning = off;
CREATE EXTENSION jobmarket;
RESET standard_conforming_strings;
RESET escape_string_warning;
CREATE EXTENSION jobmarket;
SELECT jobmarket.version() ~ '^[0-9]+\.[0-9]+\.[0-9]+' AS has_version;

SELECT territory, count(*) FROM jobmarket.region GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM jobmarket.departement;
SELECT d.name, r.name, r.territory
FROM jobmarket.departement d JOIN jobmarket.region r USING (region_code)
WHERE departement_code IN ('2A', '57', '974', '987') ORDER BY departement_code;

-- an edited shipped row becomes the user's own, and an inserted row replaces
-- the shipped one of its key, as a restore does
BEGIN;
UPDATE jobmarket.region SET name = 'Corsica' WHERE region_code = '94';
SELECT region_code, name, shipped FROM jobmarket.region WHERE NOT shipped;
INSERT INTO jobmarket.region VALUES ('53', 'Breizh', 'metropole');
SELECT region_code, name, shipped FROM jobmarket.region WHERE NOT shipped ORDER BY 1;
SELECT count(*) FROM jobmarket.region;
-- only the extension ships rows
INSERT INTO jobmarket.region VALUES ('999', 'Mine', 'com', true);
SELECT shipped FROM jobmarket.region WHERE region_code = '999';
ROLLBACK;

-- a deleted shipped row is noted, by whoever may delete it, and its like goes
-- when the note is restored
BEGIN;
CREATE ROLE regress_jobmarket_editor;
GRANT SELECT, UPDATE, DELETE ON jobmarket.contract_type TO regress_jobmarket_editor;
SET LOCAL ROLE regress_jobmarket_editor;
DELETE FROM jobmarket.contract_type WHERE contract_type_code = 'CDI';
UPDATE jobmarket.contract_type SET contract_type_code = 'XDD' WHERE contract_type_code = 'CDD';
UPDATE jobmarket.contract_type SET label = 'Seasonal' WHERE contract_type_code = 'SAI';
DELETE FROM jobmarket.contract_type WHERE contract_type_code = 'XDD';
RESET ROLE;
TABLE jobmarket.shipped_row_deleted ORDER BY table_name, key;
ROLLBACK;
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT count(*) FROM jobmarket.qualification;
TRUNCATE jobmarket.qualification CASCADE;
SELECT table_name, count(*) FROM jobmarket.shipped_row_deleted GROUP BY 1;
ROLLBACK;
BEGIN;
-- a region before its département, one that is in use, and what is not there
INSERT INTO jobmarket.shipped_row_deleted VALUES
	('region', '975'), ('departement', '975'), ('region', '94'), ('region', 'x'), ('offer', 'x'), ('nowhere', 'x');
SELECT region_code FROM jobmarket.region WHERE region_code IN ('975', '94');
TABLE jobmarket.shipped_row_deleted ORDER BY table_name, key;
-- a note that is there already, as dumps of single rows bring it
INSERT INTO jobmarket.shipped_row_deleted VALUES ('region', '975'), ('region', 'y');
SELECT count(*) FROM jobmarket.shipped_row_deleted WHERE key IN ('975', 'y');
ROLLBACK;
