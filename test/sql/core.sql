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
