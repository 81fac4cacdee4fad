-- Imports of hirings: golden cases of the earlier importer.
\set VERBOSITY terse
BEGIN;
CREATE FUNCTION pg_temp.dpae(siret text, zip text, day text, type text, days text, age text DEFAULT '- de 26 ans',
	label text DEFAULT '', rome text DEFAULT 'NULL') RETURNS text
RETURN siret || '|NAF|address|' || zip || '|||FR|' || day || ' 00:00:00.0|' || type || '||' || rome || '|NULL|||||||||'
	|| days || '|iiann|' || label || '|' || age || '|0|x|Embauche';
CREATE TEMP TABLE stage (line_no bigint GENERATED ALWAYS AS IDENTITY, line text);
INSERT INTO stage (line)
SELECT 'kc_siret|dc_naf_id|...' UNION ALL
SELECT pg_temp.dpae(siret, zip, day, type, days)
FROM (VALUES ('51146379600017', '69800', '2016-10-01', '1', '100'), ('51146379600017', '69800', '2016-10-01', '2', '5'),
	('51146379600017', '69800', '2016-10-01', '2', 'NULL'), ('51146379600017', '69800', '2016-10-07', '1', '200'),
	('51146379600017', '69800', '2016-10-29', '2', '2'), ('03880702000011', '14700', '2016-10-30', '2', '2'))
	v (siret, zip, day, type, days);
SELECT file_date, status, rows_read, rows_imported, rows_skipped, rows_rejected
FROM jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201611102200.csv');
SELECT count(*) FROM jobmarket.hiring;
-- again, also under another name
SELECT status, rows_imported FROM jobmarket.import_dpae('stage', '/tmp/lbb_xdpdpae_delta_201611102200.csv');
SELECT status, rows_imported, rows_skipped FROM jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201611102300.csv');
-- the next month: only what is newer than the newest stored, and not in the future
TRUNCATE stage;
INSERT INTO stage (line)
SELECT 'kc_siret|dc_naf_id|...' UNION ALL
SELECT pg_temp.dpae(siret, zip, day, type, days)
FROM (VALUES ('51146379600017', '69800', '2016-10-01', '1', '200'), ('51146379600017', '14700', '2016-11-15', '2', '3'),
	('51146379600017', '14700', '2016-11-14', '2', '3'), ('51146379600017', '14700', '2021-11-07', '1', '300'),
	('51146379600017', '14700', '2016-10-01', '2', '3'), ('03880702000011', '14700', '2015-04-09', '2', '3'))
	v (siret, zip, day, type, days);
SELECT rows_imported, rows_skipped FROM jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201612102200.csv');
SELECT count(*) FROM jobmarket.hiring;
-- every field, and every way to be wrong
TRUNCATE stage;
INSERT INTO stage (line)
SELECT 'kc_siret|...' UNION ALL
SELECT pg_temp.dpae('51146379600017', '57000', '2016-12-01', type, days, age, label, rome)
FROM (VALUES ('1', '31', '- de 26 ans', '', ''), ('1', '32.0', E'de 26 ans \u00e0 50 ans', '', 'D1106'),
	('1', 'NULL', 'de 26 ans ? 50 ans', '', ''), ('3', '400', '+ de 50 ans', '', ''), ('2', '', '+ de 50 ans', 'RQTH-MDT', 'x'),
	('2', '1', 'de 26 ans  50 ans', '', ''), ('2', '1', 'young', '', ''), ('2', 'many', '- de 26 ans', '', ''), ('CDI', '1', '- de 26 ans', '', ''))
	v (type, days, age, label, rome)
UNION ALL SELECT pg_temp.dpae('5114637960001', '57000', '2016-12-02', '2', '1')
UNION ALL SELECT pg_temp.dpae('51146379600017', '123', '2016-12-02', '2', '1')
UNION ALL SELECT pg_temp.dpae('51146379600017', '96000', '2016-12-02', '2', '1')
UNION ALL SELECT pg_temp.dpae('51146379600017', '57000', '2016-02-30', '2', '1')
UNION ALL SELECT pg_temp.dpae('51146379600017', '57000', 'soon', '2', '1')
UNION ALL SELECT 'too|few';
SELECT status, rows_read, rows_imported, rows_skipped, rows_rejected FROM jobmarket.import_dpae('stage', 'x.csv', '2016-12-31');
SELECT hired_on, contract_type, contract_days, rome_code, age_bracket, disabled
FROM jobmarket.hiring WHERE hired_on >= '2016-12-01' ORDER BY hiring_id;
SELECT e.line_no - min(e.line_no) OVER () AS line, reason
FROM jobmarket.import_error e JOIN jobmarket.import_run USING (import_id) WHERE file_name = 'x.csv' ORDER BY 1;
-- one that is wrong altogether is refused, however short
TRUNCATE stage;
INSERT INTO stage (line) VALUES ('header'), ('x');
SELECT status, rows_rejected, message FROM jobmarket.import_dpae('stage', 'y.csv', '2016-12-31');
-- a file that is mostly wrong is refused, and its errors are kept
TRUNCATE stage;
INSERT INTO stage (line) SELECT 'header' UNION ALL SELECT pg_temp.dpae('51146379600017', '57000', '2017-01-01', '2', '1',
	CASE WHEN i % 10 = 0 THEN 'old' ELSE '- de 26 ans' END) FROM generate_series(1, 40) i;
SELECT status, rows_imported, rows_rejected, message FROM jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201701312200.csv');
UPDATE jobmarket.score_setting SET value = 0.2 WHERE name = 'first_rows_error_rate_max';
UPDATE jobmarket.score_setting SET value = 3 WHERE name = 'hirings_zip_errors_max';
SELECT status, rows_imported, message FROM jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201701312200.csv');
SAVEPOINT s;
SELECT jobmarket.import_dpae('stage', 'hirings.csv');
ROLLBACK TO s;

-- alternance: files overlap, and bring late declarations
TRUNCATE stage;
INSERT INTO stage (line) VALUES ('SIRET;DATE;TYPE;CP'), ('3880702000011;01/09/2016;APP;14700'), ('3880702000011;01/09/2016;APP;14700'),
	('51146379600017;15/09/2016;APP;57000'), ('51146379600017;31/02/2016;APP;57000'), ('51146379600017;01/09/2030;APP;57000'), ('x');
SELECT kind, file_date, rows_imported, rows_skipped, rows_rejected FROM jobmarket.import_alternance('stage', '20161001ExtractAPP.csv');
INSERT INTO stage (line) VALUES ('3880702000011;01/09/2016;APP;14700'), ('51146379600017;02/01/2015;APP;57000');
SELECT kind, rows_imported, rows_skipped, rows_rejected FROM jobmarket.import_alternance('stage', '20161101ExtractAPP.csv');
SELECT kind, rows_imported FROM jobmarket.import_alternance('stage', '20161101ExtractPRO.csv');
SELECT contract_type, hired_on, count(*) FROM jobmarket.hiring WHERE contract_type > 10 GROUP BY 1, 2 ORDER BY 1, 2;
SELECT jobmarket.import_alternance('stage', 'x.csv');
ROLLBACK;
