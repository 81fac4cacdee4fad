-- Roles: the shipped rules, and rules of one's own.
SELECT t, jobmarket.classify_role(t) FROM unnest(ARRAY['Ingénieur(e) Data H/F', 'Data Analyst - Direction des Systèmes d''Information',
	'Analytics Engineer', 'Consultant Power BI', 'Scientifique des données', 'MLOps Engineer', 'Architecte Big Data', 'Data Steward',
	'Product Owner Data', 'Administrateur de bases de données', 'Formateur Data Engineer', 'Ingénieur Data Center',
	'Administrateur réseaux F/H - Système, réseaux, données', 'Boulanger', '', NULL]) WITH ORDINALITY AS x (t, n) ORDER BY n;
SELECT * FROM jobmarket.classify_roles('Data Engineer / Data Analyst (H/F)');
SELECT role_code, rule_id FROM jobmarket.classify_roles('Data Analyst et Power BI', 'tableaux de bord, reporting');
SELECT * FROM jobmarket.classify_roles(NULL);

-- a trade of one's own; seen at once, also in the transaction that adds it
BEGIN;
INSERT INTO jobmarket.role (role_code, name) VALUES ('INF', 'Infirmier');
INSERT INTO jobmarket.role_rule (role_code, pattern, weight) VALUES ('INF', '\yinfirmi(er|ere)s?\y', 0.9) RETURNING rule_id;
SELECT jobmarket.classify_role('Infirmière de nuit (H/F)');
SAVEPOINT a;
UPDATE jobmarket.role_rule SET pattern = '\yinfirmiere\y' WHERE role_code = 'INF' RETURNING version;
SELECT jobmarket.classify_role('Infirmier de nuit (H/F)');
ROLLBACK TO a;
SELECT jobmarket.classify_role('Infirmier de nuit (H/F)');
INSERT INTO jobmarket.role_rule (role_code, kind, pattern) VALUES ('INF', 'exclude', '\ycadre\y');
SELECT jobmarket.classify_role('Infirmier cadre'), jobmarket.classify_role('Infirmier de nuit');
INSERT INTO jobmarket.role_rule (role_code, kind, target, pattern, weight) VALUES ('INF', 'context', 'description', 'sans diplome', -0.5);
SELECT jobmarket.classify_role('Infirmier', 'Sans diplôme'), jobmarket.classify_role('Infirmier', 'Diplômé d''État');
-- a description can make a role where a rule says so
INSERT INTO jobmarket.role_rule (role_code, target, pattern, weight) VALUES ('INF', 'description', '\ysoins infirmiers\y', 0.6);
SELECT jobmarket.classify_role('Poste à pourvoir', 'Vous assurez des soins infirmiers.'), jobmarket.classify_role('Poste à pourvoir', NULL);
DELETE FROM jobmarket.role WHERE role_code = 'INF';
SELECT jobmarket.classify_role('Infirmier de nuit');
ROLLBACK;
SELECT jobmarket.classify_role('Infirmier de nuit');

-- a bad expression is refused, with its place
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', 'data (engineer');
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', 'a[b-');
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', 'abc**d');
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', 'abc)d');
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', repeat('a', 2001));
INSERT INTO jobmarket.role_rule (role_code, pattern, weight) VALUES ('DE', 'x', 2);
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('ZZ', 'x');
INSERT INTO jobmarket.role_rule (pattern) VALUES ('x');

-- the literals that rules are waited for never hide a match: what the rules
-- say one by one is what classify_roles says
CREATE TEMP TABLE title AS
SELECT t FROM unnest(ARRAY['Data Engineer', 'Ingénieur de données', 'Chargé d''analyse de données', 'Chef de projet data', 'DBA', 'Ingénieur BI',
	'Expert Machine Learning', 'Développeur ETL', 'Data Analyst / Data Scientist', 'Responsable de base de données', 'Technicien data lead',
	'Biostatisticien', 'Architecte data', 'Data', 'Chargé de reporting data', 'Ingénieur IA', 'BI', 'dba', 'Product owner IA']) AS t;
SELECT t FROM title
WHERE (SELECT array_agg(ROW(r.role_code, r.rule_id)::text ORDER BY r.role_code) FROM jobmarket.classify_roles(t) r)
	IS DISTINCT FROM (
	SELECT array_agg(ROW(w.role_code, w.rule_id)::text ORDER BY w.role_code) FROM (
		SELECT DISTINCT ON (i.role_code) i.role_code, i.rule_id FROM jobmarket.role_rule i
		WHERE i.kind = 'include' AND i.target = 'title' AND jobmarket.normalise_title(t) ~ i.pattern
			AND NOT EXISTS (SELECT FROM jobmarket.role_rule e WHERE e.kind = 'exclude'
				AND (e.role_code IS NULL OR e.role_code = i.role_code) AND jobmarket.normalise_title(t) ~ e.pattern)
		ORDER BY i.role_code, i.weight DESC, i.priority DESC, i.rule_id) w);
SELECT count(*) > 20 FROM title, jobmarket.classify_roles(t);

-- triggers or not
BEGIN;
SELECT jobmarket.classify_role('Infirmier');
SET LOCAL session_replication_role = replica;
INSERT INTO jobmarket.role VALUES ('INF', 'Infirmier');
INSERT INTO jobmarket.role_rule (role_code, pattern, weight) VALUES ('INF', '\yinfirmier\y', 0.9);
SELECT jobmarket.classify_role('Infirmier');
ROLLBACK;

-- huge and hostile; who cancels a check is told so, and not that the rule is wrong
BEGIN;
SET LOCAL statement_timeout = '10ms';
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('DE', '((((a{1,255}){1,255}){1,255}){1,255})');
ROLLBACK;
SELECT jobmarket.classify_role(repeat('data ', 2000000)), jobmarket.classify_role('Data engineer', repeat('x', 10000000));

-- everybody may read the rules and use the functions, nobody may change them
CREATE ROLE regress_text_reader;
SET ROLE regress_text_reader;
SELECT jobmarket.classify_role('Data engineer'), jobmarket.extract_keywords('Python'), (jobmarket.resolve_place('75 - Paris')).departement_code;
SELECT count(*) > 50 FROM jobmarket.role_rule;
INSERT INTO jobmarket.role VALUES ('X', 'x');
SELECT jobmarket.load_communes('jobmarket.commune');
RESET ROLE;
DROP ROLE regress_text_reader;
