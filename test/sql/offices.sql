-- Offices, their codes, and the two files that they come from.
BEGIN;
-- codes and small repairs
SELECT code, jobmarket.normalise_naf(code) FROM unnest('{6202A,62.02A, 6202a ,62.02,"","NULL"}'::text[]) code;
SELECT zip, jobmarket.departement_from_zip(zip)
FROM unnest('{"",NULL,6,06,06000,6000,2A,6600,20200,97110,123}'::text[]) zip;
SELECT insee, zip, jobmarket.office_departement(insee, zip)
FROM (VALUES ('57463', '57000'), ('2A004', '20000'), (NULL, '20000'), (NULL, '20200'), ('97411', '97400'),
	(NULL, '97400'), (NULL, '57'), (NULL, NULL), ('xx', '57000')) v (insee, zip);
SELECT url, jobmarket.normalise_website(url)
FROM unnest('{NULL,"",abc,abc@def.fr,abc.com,https://abc.fr,www.decathlon.fr,http://www.decathlon.fr,
	"café.fr/menu?x=1","\"abc.fr\"","http://a b.fr",.fr,http://.fr}'::text[]) url;
SELECT n, jobmarket.headcount_class_of(n)
FROM unnest('{-1,0,1,2,3,5,6,9,10,19,20,50,100,200,249,250,500,1000,2000,5000,9999,10000,2147483647}'::int[]) n;
SELECT ST_AsText(jobmarket.point_of(6.18, 49.1)), jobmarket.point_of(0, 0), jobmarket.point_of(6.18, 'NaN'),
	jobmarket.point_of(200, 1), ST_AsText(jobmarket.point_of_lambert93(931000, 6894000), 3), jobmarket.point_of_lambert93(1, 1);
SELECT jobmarket.split_line('a,"b ""c"", d",,é'), jobmarket.split_line(''), jobmarket.split_line('"'), jobmarket.split_line('"a"b'),
	jobmarket.split_line('a;b,c', ';'), jobmarket.split_line('a,');
SELECT jobmarket.split_line('a', 'é');
ROLLBACK;

BEGIN;
-- what is inserted by hand is put right too
INSERT INTO jobmarket.office (siret, naf_code, headcount_class, postal_code, email) VALUES
	('00000000000001', '6202a', '12', '57000', 'a@example.org'), ('00000000000002', '', '99', '20200', ''),
	('00000000000003', '9999Z', NULL, NULL, NULL);
SELECT siret, naf_code, headcount_class, departement_code, has_email FROM jobmarket.office ORDER BY 1;
UPDATE jobmarket.office SET email = NULL WHERE siret = '00000000000001';
SELECT has_email FROM jobmarket.office WHERE siret = '00000000000001';
SAVEPOINT s;
INSERT INTO jobmarket.office (siret) VALUES ('1234');
ROLLBACK TO s;

-- the 22-column file
CREATE TEMP TABLE stage (line_no bigint GENERATED ALWAYS AS IDENTITY, line text);
INSERT INTO stage (line) VALUES
	('dc_siretetablissement|dc_raisonsocialeentreprise|dc_enseigne|dc_nafrev2_id|dc_numerodansvoie|dc_libnomrue|dc_commune_etablissement_id|dc_codepostal|dc_emaillbb|dc_numerotelephone1|dc_trancheeffectif_id|dn_effectifreelentreprise|dc_trancheeffectifentreprise|dd_datecreationentreprise|dc_sitewebetablissement_1|dc_sitewebetablissement_2|dc_telephonecorrespondant|dc_urlentreprise|dc_rolepmsmp|contrat_afpr|contrat_poe|contrat_pmsmp'),
	('26560004900167|CC|NULL|8411Z|1|RUE A|57463|57000|x@pole-emploi.fr|0387000000|12|0|||NULL|abc.com||||N|O|O'),
	('26560004900267|POLE EMPLOI||8413Z|1|RUE A|57463|57000|origin_email@pole-emploi.fr|0387000000|12|150|||||0611111111|www.x.fr||||'),
	('00565014800033|Lauranne|Enseigne|4711D|||06088|6000|laf@example.eu||01|NULL||||||||N|N|N'),
	('00565014800041|No commune||4711D||||57000|||01|||||||||||'),
	('00565014800058|Wrong zip||4711D|||57463|54000|||01|||||||||||'),
	('0056501480006|Short siret||4711D|||57463|57000|||01|||||||||||'),
	('00565014800074|Too few fields|57000'),
	(E'00565014800082|\u00c2Twice||4711D|||57463|57000|||01|||||||||||\r'),
	(E'00565014800082|Corse||4711D|||2A004|20000|||01|||||||||||\r');
SELECT kind, file_name, status, rows_read, rows_imported, rows_skipped, rows_rejected, message
FROM jobmarket.import_offices('stage', '/data/lbb_etablissement_full_2016.csv');
SELECT line_no, left(line, 30) AS line, reason FROM jobmarket.import_error ORDER BY line_no;
SELECT siret, name, trade_name, naf_code, headcount_class, departement_code, postal_code, website, email, phone,
	flag_pmsmp, flag_poe_afpr
FROM jobmarket.office WHERE siret > '00000000000003' ORDER BY siret;
-- the same file again: nothing
\set VERBOSITY terse
SELECT status, rows_imported FROM jobmarket.import_offices('stage', 'lbb_etablissement_full_2016.csv');
SELECT count(*) FROM jobmarket.import_run;
\set VERBOSITY default
-- another, which replaces all; coordinates found meanwhile stay while the address does
UPDATE jobmarket.office SET geom = jobmarket.point_of(6, 49);
DELETE FROM stage WHERE line LIKE '%POLE EMPLOI%';
SELECT status, rows_imported FROM jobmarket.import_offices('stage', 'b.csv', replace_all => true);
SELECT siret, ST_AsText(geom) FROM jobmarket.office ORDER BY siret;
-- limits: too many bad rows, an outdated file
INSERT INTO stage (line) SELECT 'bad' FROM generate_series(1, 4);
SELECT status, rows_imported, rows_rejected, message FROM jobmarket.import_offices('stage', 'c.csv', true);
SELECT count(*) FROM jobmarket.office;
DELETE FROM stage WHERE line = 'bad';
INSERT INTO stage (line) VALUES ('50468025700020|Old||4711D|||57463|57000|||01|||||||||||');
SELECT status, message FROM jobmarket.import_offices('stage', 'd.csv');
SAVEPOINT s;
SELECT jobmarket.import_offices('pg_class', 'e.csv');
ROLLBACK TO s;
TRUNCATE stage;
INSERT INTO stage (line) VALUES ('a|b');
SELECT jobmarket.import_offices('stage', 'f.csv');
ROLLBACK TO s;

-- StockEtablissement, by the names in its header
TRUNCATE stage;
INSERT INTO stage (line) VALUES
	('siret,etatAdministratifEtablissement,numeroVoieEtablissement,typeVoieEtablissement,libelleVoieEtablissement,codePostalEtablissement,codeCommuneEtablissement,activitePrincipaleEtablissement,nomenclatureActivitePrincipaleEtablissement,trancheEffectifsEtablissement,enseigne1Etablissement,denominationUsuelleEtablissement,coordonneeLambertAbscisseEtablissement,coordonneeLambertOrdonneeEtablissement,codePaysEtrangerEtablissement'),
	('10000000000011,A,3,RUE,DE METZ,57000,57463,62.02A,NAFRev2,12,"LE ""PETIT"", BAR",,931000.5,6894000.1,'),
	('10000000000029,F,3,RUE,DE METZ,57000,57463,62.02A,NAFRev2,12,,,,,'),
	('10000000000037,A,,,[ND],97400,97411,56.10A,NAFRev2,NN,[ND],,340000,7600000,'),
	('10000000000045,A,,,,57000,57463,5610A,NAFRev1,NN,,,,,'),
	('10000000000052,A,,,,57000,57463,56.10A,NAFRev2,NN,"broken,,,'),
	-- address not told; a commune with the postal code of a neighbour, and no number; abroad
	('10000000000060,A,[ND],[ND],[ND],[ND],57463,62.02A,NAFRev2,NN,[ND],[ND],[ND],[ND],'),
	('10000000000078,A,,,,48250,07148,01.11Z,NAFRev2,NN,,,' || repeat('9', 400) || ',6894000,'),
	('10000000000086,A,,,STREET,,,62.02A,NAFRev2,NN,,,,,99132');
SELECT status, rows_read, rows_imported, rows_skipped, rows_rejected FROM jobmarket.import_sirene('stage', 'StockEtablissement_utf8.csv');
SELECT siret, name, trade_name, naf_code, headcount_class, street, departement_code, ST_AsText(geom, 3)
FROM jobmarket.office WHERE siret LIKE '1000%' ORDER BY 1;
SELECT line_no, reason FROM jobmarket.import_error WHERE import_id = (SELECT max(import_id) FROM jobmarket.import_run);
ROLLBACK;

-- an operator may import, also codes that no list has yet
BEGIN;
\set VERBOSITY terse
CREATE ROLE regress_jobmarket_importer;
GRANT USAGE ON SCHEMA jobmarket TO regress_jobmarket_importer;
CALL jobmarket.grant_access('regress_jobmarket_importer', 'operator');
SET LOCAL ROLE regress_jobmarket_importer;
CREATE TEMP TABLE stage (line_no bigint GENERATED ALWAYS AS IDENTITY, line text);
INSERT INTO stage (line) VALUES ('siret,activitePrincipaleEtablissement,codeCommuneEtablissement,trancheEffectifsEtablissement'),
	('90000000000011,77.77X,57463,Q9');
SELECT status, rows_imported FROM jobmarket.import_sirene('stage', 'new_codes.csv');
SELECT naf_code, headcount_class, label FROM jobmarket.office JOIN jobmarket.headcount_class USING (headcount_class);
ROLLBACK;

-- the later file of 17 columns, which the header tells
BEGIN;
\set VERBOSITY terse
CREATE TEMP TABLE stage (line_no bigint GENERATED ALWAYS AS IDENTITY, line text);
INSERT INTO jobmarket.office (siret, flag_senior) VALUES ('00000000000017', true);
INSERT INTO stage (line) VALUES
	('siret;raisonsociale;enseigne;codenaf;numerorue;libellerue;codecommune;codepostal;email;tel;trancheeffectif;website;flag_poe_afpr;flag_pmsmp;flag_junior;flag_senior;flag_handicap'),
	('00000000000017;UN;NULL;4711D;1;RUE;57463;57000;a@example.org;0387;0-0;abc.com;0;1;1;NULL;0'),
	('00000000000025;"DEUX; FILS";;4711D;;;57463;57000;;;10-19;NULL;true;False;NULL;1;NULL'),
	('00000000000033;TROIS;;4711D;;;57463;57000;;;10000+;;0;0;0;0;0'),
	('00000000000041;QUATRE;;4711D;;;57463;57000;;;0-2;;0;0;0;0;0'),
	('00000000000058;NULL;;4711D;;;57463;57000;;;1-2;;0;0;0;0;0'),
	('00000000000066;SIX;;;;;57463;57000;;;1-2;;0;0;0;0;0'),
	('00000000000074;SEPT;;4711D;;;57463;57000;;;NULL;;maybe;0;0;0;0'),
	('00000000000082;HUIT;;4711D;;;57463;54000;;;1-2;;0;0;0;0;0'),
	('83;NEUF;;4711D;;;57463;57000;;;1-2;;0;0;0;0;0'),
	('00000000000090;DIX;;4711D;;;57463;57000;;;1-2;;0;0;0;0;0;0'),
	('00000000000108;"ONZE;;4711D;;;57463;57000;;;1-2;;0;0;0;0;0');
SELECT kind, status, rows_read, rows_imported, rows_rejected FROM jobmarket.import_offices('stage', 'etablissements.csv');
SELECT siret, name, headcount_class, website, flag_poe_afpr, flag_pmsmp, flag_junior, flag_senior, flag_handicap
FROM jobmarket.office ORDER BY siret;
SELECT line_no, reason FROM jobmarket.import_error ORDER BY line_no;
-- a header that is nearly that one is none
UPDATE stage SET line = replace(line, 'flag_junior', 'junior') WHERE line LIKE 'siret%';
SELECT status, message FROM jobmarket.import_offices('stage', 'other.csv');

-- predictions of another program; zeros in front are lost on the way
TRUNCATE stage;
INSERT INTO stage (line) VALUES ('siret,predictions,x'), ('17,1'), ('000000017,12.5'), ('00000000000025,-3'), ('00000000000025,1e2'),
	('00000000000033,NaN'), ('00000000000033,'), ('99999999999999,1'), ('"00000000000033,1'), ('00000000000017,99999999999999999');
SAVEPOINT s;
SELECT jobmarket.import_predictions('stage', 'predictions.csv', NULL);
ROLLBACK TO s;
SELECT jobmarket.import_predictions('stage', 'predictions.csv', 'infinity');
ROLLBACK TO s;
SELECT kind, file_date, status, rows_read, rows_imported, rows_rejected FROM jobmarket.import_predictions('stage', 'predictions.csv', '2020-01-01');
SELECT siret, as_of, hirings, raw_hirings, score, method FROM jobmarket.office_score ORDER BY siret;
SELECT line_no - min(line_no) OVER () + 1 AS line, reason
FROM jobmarket.import_error WHERE import_id = (SELECT max(import_id) FROM jobmarket.import_run) ORDER BY line_no;
SELECT status FROM jobmarket.import_predictions('stage', 'predictions.csv', '2020-01-01');
UPDATE stage SET line = 'a,b' WHERE line LIKE 'siret%';
SELECT jobmarket.import_predictions('stage', 'p.csv', '2020-01-01');
ROLLBACK TO s;

-- a byte order mark, letters that look like the trace of a wrong decoding, and an empty file
TRUNCATE stage;
INSERT INTO stage (line) VALUES
	(U&'\FEFFsiret,activitePrincipaleEtablissement,codeCommuneEtablissement,codePostalEtablissement,denominationUsuelleEtablissement,enseigne1Etablissement' || E'\r'),
	(U&'20000000000018,62.01Z,57463,57000,CH\00C2TEAU DU B\00C2TIMENT \00C2GE \00C2ge,N\00C2\00B0 1\00C2\00A0\00C2 \00C2Un caf\00C2' || E'\r');
SET LOCAL standard_conforming_strings = off;
SELECT status, rows_read, rows_imported FROM jobmarket.import_sirene('stage', 'bom.csv');
SET LOCAL standard_conforming_strings = on;
SELECT name = U&'CH\00C2TEAU DU B\00C2TIMENT \00C2GE \00C2ge' AS name, trade_name = U&'N\00B0 1\00A0 Un caf' AS trade_name
FROM jobmarket.office WHERE siret = '20000000000018';
TRUNCATE stage;
SAVEPOINT s;
SELECT jobmarket.import_dpae('stage', 'lbb_xdpdpae_delta_201611102200.csv');
ROLLBACK TO s;
SELECT jobmarket.import_offices('stage', 'empty.csv', true);
ROLLBACK TO s;
SELECT jobmarket.import_sirene('stage', NULL);
ROLLBACK TO s;
CREATE TEMP TABLE twice AS SELECT 1 AS line_no, line FROM unnest(ARRAY['siret,activitePrincipaleEtablissement,codeCommuneEtablissement', '1,2,3', '4,5,6']) line;
SELECT jobmarket.import_sirene('twice', 'twice.csv');
ROLLBACK TO s;

-- addresses of scams
UPDATE jobmarket.office SET email = U&'Jos\00e9@Example.ORG' WHERE siret = '00000000000033';
SELECT email, jobmarket.email_key(email) FROM unnest(ARRAY['"A@b.FR"', U&' Jos\00e9@x.fr ', '', '" "', NULL]) email;
INSERT INTO jobmarket.blocked_email (email) VALUES ('jose@example.org'), ('"JOSE@EXAMPLE.ORG"'), (''), (NULL), ('nobody@example.org');
SELECT email, offices FROM jobmarket.blocked_email ORDER BY 1;
SELECT siret, email, has_email FROM jobmarket.office ORDER BY 1;
UPDATE jobmarket.office SET email = 'nobody@example.org' WHERE siret = '00000000000033';
INSERT INTO jobmarket.office (siret, email) VALUES ('00000000000116', 'NoBody@example.org'), ('00000000000124', 'somebody@example.org');
INSERT INTO jobmarket.office_override (siret, email) VALUES ('00000000000017', 'jose@example.org'), ('00000000000124', 'other@example.org');
SELECT c.siret, c.email, o.has_email FROM jobmarket.office_contact c JOIN jobmarket.office o USING (siret) ORDER BY 1;
ROLLBACK;
