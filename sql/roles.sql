-- ---------------------------------------------------------------------------
-- roles: what kind of job a title names, by rules that users may edit
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.role (
	role_code text PRIMARY KEY,
	name text NOT NULL,
	shipped boolean NOT NULL DEFAULT false
);
GRANT SELECT ON jobmarket.role TO PUBLIC;
COMMENT ON TABLE jobmarket.role IS 'Roles that classify_roles knows: the ten data roles, and any that users add';
COMMENT ON COLUMN jobmarket.role.role_code IS 'Code';
COMMENT ON COLUMN jobmarket.role.name IS 'Name';
COMMENT ON COLUMN jobmarket.role.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.role (role_code, name) VALUES
	('DE', 'Data engineer'),
	('AE', 'Analytics engineer'),
	('DA', 'Data analyst'),
	('BI', 'Business intelligence'),
	('DS', 'Data scientist'),
	('ML', 'Machine-learning and AI engineer'),
	('AR', 'Data architect'),
	('DM', 'Data management'),
	('PM', 'Data project and product'),
	('DB', 'Database administrator');

-- Numbers from 1,000 are the users'.
CREATE SEQUENCE jobmarket.role_rule_rule_id_seq AS integer START 1000 MINVALUE 1000;
SELECT pg_extension_config_dump('jobmarket.role_rule_rule_id_seq', '');

CREATE TABLE jobmarket.role_rule (
	rule_id integer PRIMARY KEY DEFAULT nextval('jobmarket.role_rule_rule_id_seq'),
	role_code text REFERENCES jobmarket.role ON UPDATE CASCADE ON DELETE CASCADE,
	target text NOT NULL DEFAULT 'title' CHECK (target IN ('title', 'description')),
	kind text NOT NULL DEFAULT 'include' CHECK (kind IN ('include', 'exclude', 'context')),
	pattern text NOT NULL CHECK (pattern <> ''),
	weight real NOT NULL DEFAULT 0.8 CHECK (weight BETWEEN -1 AND 1),
	priority integer NOT NULL DEFAULT 0,
	version integer NOT NULL DEFAULT 1,
	remark text,
	shipped boolean NOT NULL DEFAULT false,
	CHECK (kind = 'exclude' OR role_code IS NOT NULL),
	CHECK (kind <> 'include' OR weight > 0)
);
ALTER SEQUENCE jobmarket.role_rule_rule_id_seq OWNED BY jobmarket.role_rule.rule_id;
CREATE INDEX ON jobmarket.role_rule (role_code);
GRANT SELECT ON jobmarket.role_rule TO PUBLIC;
COMMENT ON TABLE jobmarket.role_rule IS
'Rules of classify_roles: a role is found when an include rule matches, the one of greatest weight decides; context rules add their weight to its confidence, an exclude rule takes the role away';
COMMENT ON COLUMN jobmarket.role_rule.rule_id IS 'Number; below 1000 for rules that came with the extension';
COMMENT ON COLUMN jobmarket.role_rule.role_code IS 'Role that the rule speaks of; NULL in an exclude rule: every role';
COMMENT ON COLUMN jobmarket.role_rule.target IS 'What the pattern looks at: normalise_title(title), or normalise_text(description)';
COMMENT ON COLUMN jobmarket.role_rule.kind IS 'include, exclude or context';
COMMENT ON COLUMN jobmarket.role_rule.pattern IS 'Regular expression (PostgreSQL''s advanced syntax, case-sensitive) on the normalised text';
COMMENT ON COLUMN jobmarket.role_rule.weight IS 'include: confidence from 0 to 1; context: added to it; exclude: no meaning';
COMMENT ON COLUMN jobmarket.role_rule.priority IS 'Between roles of equal confidence the higher comes first, then the one that the title names first';
COMMENT ON COLUMN jobmarket.role_rule.version IS 'Counts the changes of the pattern';
COMMENT ON COLUMN jobmarket.role_rule.remark IS 'Why the rule is there';
COMMENT ON COLUMN jobmarket.role_rule.shipped IS 'True while the row is as it came with the extension';

CREATE FUNCTION jobmarket.check_role_rule() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'jobmarket_check_role_rule';
REVOKE ALL ON FUNCTION jobmarket.check_role_rule() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.check_role_rule() IS
'Trigger: refuses a rule whose regular expression is wrong, and counts its versions';
CREATE TRIGGER check_role_rule BEFORE INSERT OR UPDATE ON jobmarket.role_rule
	FOR EACH ROW EXECUTE FUNCTION jobmarket.check_role_rule();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.role
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rules_changed();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.role_rule
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rules_changed();
ALTER TABLE jobmarket.role ENABLE ALWAYS TRIGGER rules_changed;
ALTER TABLE jobmarket.role_rule ENABLE ALWAYS TRIGGER rules_changed;

CREATE FUNCTION jobmarket.classify_role(title text, description text DEFAULT NULL) RETURNS text
LANGUAGE C STABLE PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 'jobmarket_classify_role';
COMMENT ON FUNCTION jobmarket.classify_role(text, text) IS
'Primary role of an offer by the rules of jobmarket.role_rule; NULL when none reaches a confidence of 0.5';

CREATE FUNCTION jobmarket.classify_roles(title text, description text DEFAULT NULL,
	OUT role_code text, OUT confidence real, OUT rule_id integer)
RETURNS SETOF record
LANGUAGE C STABLE PARALLEL SAFE COST 500 ROWS 1
AS 'MODULE_PATHNAME', 'jobmarket_classify_roles';
COMMENT ON FUNCTION jobmarket.classify_roles(text, text) IS
'All roles of an offer, best first, each with its confidence and the rule that decided';

-- Titles are normalised: lower case, no accents, no gender markers, " / "
-- between their parts (see docs/text.md).  A compound such as "data engineer"
-- weighs more than words that merely stand in the same title.
INSERT INTO jobmarket.role_rule (rule_id, role_code, kind, pattern, weight, remark) VALUES
	-- data engineer
	(1, 'DE', 'include', '\ydata ?(engin[a-z]+|engen[a-z]+|ingenieure?s?|inge|eng|ing)\y', 0.95, 'data engineer, data ingénieur'),
	(2, 'DE', 'include', '\y(ingenieure?s?|inge|ing|engineer) ((d )?etudes? |et |developpement |devops |cloud )*(de la |de |en |des |du |la )?(big ?)?(datas?|donnees?)\y(?! (analyst|scientist|scien|manage|architect|loss|cent|steward|protection|mining|miner|sig\y))', 0.95, 'ingénieur data, ingénieur de données'),
	(3, 'DE', 'include', '\y(ingenieure?s?|engineers?|developpeu(r|se)s?|developpement|developers?|dev|experte?|consultante?|lead|etudes|concepteur)\y.*\ybig ?data\y', 0.8, 'développeur big data'),
	(4, 'DE', 'include', '\ybig ?data\y', 0.6, 'big data alone'),
	(16, 'DE', 'include', '\ydata (developpeu(r|se)|developers?|dev)\y', 0.8, 'data developer'),
	(5, 'DE', 'include', '\y(developpeu(r|se)s?|developers?|dev|tech lead|lead tech)( senior| junior| confirme)? data\y(?! (analyst|scien|viz|visuali|bi\y|power|manage|cent))', 0.8, 'développeur data'),
	(6, 'DE', 'include', '\y(experte?|consultante?|lead|specialiste)( senior| junior| confirme| technique)?( ia (&|et))? data\y(?! (analyst|scien|viz|visuali|bi\y|power|manage|cent|science|quality|gouv|govern|steward|experte? bi))', 0.55, 'expert data, consultant data'),
	(7, 'DE', 'include', '\ydata (platform|plateforme|integration|solutions?|pipelines?|warehouse|lake|ops|cloud|software|backend|reliability|infrastructure|streaming|migration|operations) (engineer|ingenieur|developer|developpeur|specialist)', 0.85, 'data platform engineer'),
	(8, 'DE', 'include', '\y(dataops|data ops|data platform|data integration|integration de donnees|data ?lake|data ?warehouse|data ?factory)\y', 0.55, 'work on data flows'),
	(9, 'DE', 'include', '\y(etl|elt|talend|databricks|snowflake|datastage|informatica|powercenter|dataiku|spark|pyspark|hadoop|cloudera|airflow|microsoft fabric|ssis|bigquery|big query|redshift|teradata|stambia|matillion|fivetran|oracle data integrator|data integrator|azure data factory)\y', 0.6, 'tools of data engineers'),
	(11, 'DE', 'include', '\yingenieure?s?\y( [a-z]+){0,3} (traitement|exploitation) (des? |de la )(donnees?|data)\y', 0.7, 'ingénieur en traitement de données'),
	(12, 'DE', 'include', '\y(plateformes?|platforms?|infrastructures?) (big )?data\y', 0.72, 'administrateur plateforme data'),
	(14, 'DE', 'include', '\y(developpeu(r|se)|consultante?|experte?|ingenieure?) (odi|kafka|spark|nifi)\y', 0.6, 'tools whose names mean other things alone'),
	(15, 'DE', 'include', '\yadministrat(eur|rice) ([a-z]+ )?(big ?data|hadoop|cloudera|snowflake|databricks|kafka|teradata)\y', 0.75, 'administrateur big data'),
	(13, 'DE', 'include', '\y(developpeu(r|se)|developpement)\y.*\ydata( /|$)', 0.55, 'développement java / data'),
	-- analytics engineer
	(20, 'AE', 'include', '\yanalytics (engineers?|engineering|ingenieure?)\y', 0.98, NULL),
	(21, 'AE', 'include', '\y(ingenieure?|developpeu(r|se)) analytics\y', 0.9, NULL),
	-- data analyst
	(30, 'DA', 'include', '\ydata ?(business )?ann?al[iy](st|ste|sts|stes|zer)\y', 0.95, NULL),
	(31, 'DA', 'include', '\yanaly(ste|st|stes) (des? |en |la |les |de la )?(big ?)?(datas?|donnees?)\y', 0.95, 'analyste data, analyste de données'),
	(32, 'DA', 'include', '\ydata( [a-z&]+){1,3} analy(st|ste|sts|stes)\y', 0.85, 'data quality analyst'),
	(33, 'DA', 'include', '\y(analyses?|analysis) (des? |de la |de l )?(big )?(data|donnees?)\y', 0.8, 'chargé d''analyse de données'),
	(34, 'DA', 'include', '\yanaly(ste|st)s? (en )?(business intelligence|bi|decisionnel(le)?|power ?bi|reporting)\y', 0.9, 'analyste décisionnel'),
	(35, 'DA', 'include', '\y(business intelligence|bi|power ?bi) analy(ste|st)s?\y', 0.9, 'BI analyst'),
	(36, 'DA', 'include', '\y(dataviz|data ?viz|data ?vi[sz]uali[sz]ation)\y', 0.65, NULL),
	(37, 'DA', 'include', '\ydata ?analy(tics|sis|se)\y', 0.65, NULL),
	(38, 'DA', 'include', '\yreporting\y.*\y(data|donnees)\y|\y(data|donnees)\y.*\yreporting\y', 0.6, 'chargé de reporting data'),
	(39, 'DA', 'include', '\yanaly(ste|st)s?\y.* (et |& |/ )data\y', 0.6, NULL),
	(40, 'DA', 'include', '\ychargee?s? (d |de )?etudes? (de |en |des )?(data|donnees)\y', 0.8, 'chargé d''études data'),
	(41, 'DA', 'include', '\y(chargee?s?|attachee?) (d |de )?(la )?(etudes? |production |traitements? )?([a-z]+ et )?statistiques?\y', 0.7, 'chargé d''études statistiques'),
	(42, 'DA', 'include', '\y(head of|chief|direct(eur|rice|or of)|responsable|vp) (data )?analytics\y', 0.65, NULL),
	-- business intelligence
	(50, 'BI', 'include', '\ybusiness intelligence\y', 0.8, NULL),
	(51, 'BI', 'include', '\ypower ?bi\y', 0.75, NULL),
	(52, 'BI', 'include', '\y(ms ?)?bi\y(?! (benne|sites?|energies?|langue|mode|articule|metiers?|composant|couche|place|carbur[a-z]+|hebdo[a-z]*|mensuel(le)?|annuel(le)?|polaire)\y)', 0.7, 'and not bi-site, bi-benne'),
	(53, 'BI', 'include', '\y(informatique )?decisionnel(le)?s?\y', 0.75, NULL),
	(54, 'BI', 'include', '\y(qlik|qlikview|qlik ?sense|cognos|business ?objects|sap bo|sap bw|sap analytics( cloud)?|microstrategy|looker|spotfire|ssrs|ssas|obiee)\y', 0.7, 'tools of business intelligence'),
	(55, 'BI', 'include', '\ytableau (software|desktop|server)\y|\yanalytics tableau\y', 0.7, NULL),
	-- data scientist
	(70, 'DS', 'include', '\ydata ?scien(?!ces?\y)[a-z]+\y', 0.95, NULL),
	(71, 'DS', 'include', '\y(data ?sciences?|sciences? (des?|de la) (donnees?|data))\y', 0.8, NULL),
	(72, 'DS', 'include', '\yscientifiques? (des?|en|de la) (donnees?|data)\y', 0.9, NULL),
	(73, 'DS', 'include', '\y(data ?min(er|ing)|fouille de donnees|explorat(eur|rice|ion) de donnees)\y', 0.7, NULL),
	(74, 'DS', 'include', '\y(bio ?)?statistici(en|enne)s?\y', 0.78, NULL),
	(75, 'DS', 'include', '\ybiostatistiques?\y', 0.55, NULL),
	-- machine learning and AI engineer
	(90, 'ML', 'include', '\y(machine learning|apprentissage (automatique|profond|statistique))\y', 0.85, NULL),
	(91, 'ML', 'include', '\yml ?ops\y|\yllm ?ops\y', 0.8, NULL),
	(92, 'ML', 'include', '\y(ai|ia|ml|deep learning|llm|gen ?ai|generative ai|ia generative|nlp|computer vision|intelligence artificielle)( software| platform| research| solutions?| application| agents?)? (engineers?|engineering|ingenieure?|developers?|developpeu(r|se)|researcher|scientist|research)\y', 0.85, 'AI engineer'),
	(93, 'ML', 'include', '\y(ingenieure?s?|engineers?|developpeu(r|se)s?|developers?|programmeu(r|se)|chercheu(r|se)|post doctorante?|doctorante?|architecte?)( [a-z&]+){0,4} (ia|ai|gen ?ai|intelligence artificielle|deep learning|llm|nlp|vision par ordinateur|computer vision)\y', 0.75, 'ingénieur IA'),
	(96, 'ML', 'include', '\y(applied|research) scientists?\y.*\y(ai|ia|ml|nlp|llm|vision|learning)\y', 0.75, NULL),
	(94, 'ML', 'include', '\yml engineer|\yprompt engineer|\yexperte? (en )?(ia|ai|intelligence artificielle|deep learning|nlp|llm)\y', 0.7, NULL),
	(95, 'ML', 'include', '\y(deep learning|computer vision|vision par ordinateur)\y', 0.55, NULL),
	-- data architect
	(110, 'AR', 'include', '\ydata( [a-z&]+)? architect(e|es|s|ure)?\y', 0.95, NULL),
	(111, 'AR', 'include', '\yarchitect(e|es|ure)?\y.*\y(data|donnees?|big ?data|bi|decisionnel(le)?|snowflake|databricks)\y', 0.92, NULL),
	(112, 'AR', 'include', '\ydata ?modell?(er|ing)\y|\ymodelisat(eur|rice|ion) (des? |de la )?(donnees?|data)\y', 0.7, 'data modeller'),
	-- data management
	(130, 'DM', 'include', '\y(geo ?)?data ?(manag(er|ers|ement)|steward(s|ship)?|owner|govern[a-z]+|custodian|curat(or|ion)|librarian|catalog(ue)?|officer|coordinat(or|eur|rice)|speciali(st|ste))\y', 0.85, NULL),
	(131, 'DM', 'include', '\y(gouvernance|qualite) (des? |de la )?(data|donnees?)\y|\ydata (quality|qualite|gouvernance)\y', 0.75, NULL),
	(132, 'DM', 'include', '\y(master data|mdm|referentiels? (des? )?(data|donnees|produits?)|donnees (de )?reference)\y', 0.75, NULL),
	(133, 'DM', 'include', '\y(gestionnaires?|(?<!controleu(r|se)s? de )gestion|responsable|administrat(eur|rice)|chargee?|referente?|technicien(ne)?|assistante?|integrat(eur|rice))( (?!marketing|communication|recrutement|commercial|etudes?|projets?|vente|reporting)[a-z]+){0,2} (des? |du |la |de la )?(bases? )?(des? )?(donnees?|datas?)\y(?! (analy|scien|engineer|ingenieur|cent))', 0.7, 'gestionnaire de données'),
	(134, 'DM', 'include', '\y(traitement|(?<!controleu(r|se)s? de )gestion|administration) (des? |de la )(donnees?|data)\y', 0.6, NULL),
	(135, 'DM', 'include', '\y(chief data|head of data|vp (of )?data|direct(eur|rice) (de la |des )?(data|donnees)|responsable data|manager data|data lead|data intelligence|data (&|and|et) (analytics|ai|ia) (manager|lead|director|direct(eur|rice)))\y', 0.65, NULL),
	(136, 'DM', 'include', '\y(experte?|specialiste|coordinat(eur|rice)) (en |des? |du |de la )?(donnees?|data)\y', 0.52, 'expert data is rather an engineer, by his greater weight'),
	-- project and product
	(150, 'PM', 'include', '\y(chef(fe)?s? d[eu]s? ?(projets?|produits?)|pmo|scrum master|coordinat(eur|rice) (de )?projets?|chargee?s? de projets?|project manager|pilote( de)?( l)? ?projets?|product (owner|manager)|program(me)? manager|direct(eur|rice) de projets?|responsable de (projets?|produits?)|delivery manager)\y.*\y(data|donnees?|bi|ia|ai|big ?data|decisionnel(le)?s?|machine learning|gen ?ai|intelligence artificielle|dataviz|analytics)\y', 0.86, NULL),
	(151, 'PM', 'include', '\y(data|ia|ai|bi|ml|machine learning|big ?data)( [a-z&]+)? (product|project|program) (owner|manager|lead|chief)s?\y', 0.95, NULL),
	(152, 'PM', 'include', '\y(business analyst|amoa|moa)( [a-z]+)? data\y|\ydata (project|translator)\y', 0.5, NULL),
	-- database administrator
	(170, 'DB', 'include', '\ydbas?\y', 0.95, NULL),
	(171, 'DB', 'include', '\y(administrat(eur|rice|ion)s?|admin|ingenieure?s?|experte?|specialiste|exploitation|maintenance|architecte|consultante?|developpeu(r|se))\y.*\y(bases? ?(de |des )?donnees|sgbdr?|bdd)\y', 0.85, NULL),
	(172, 'DB', 'include', '\y(administrat(eur|rice|ion)s?)\y.*\y(sql ?server|oracle|postgres(ql)?|mysql|mongodb|sql|db2|sybase|mariadb)\y', 0.8, NULL),
	(173, 'DB', 'include', '\ydatabases? (reliability )?(admin[a-z]*|engineer|specialist|manager)\y', 0.9, NULL),
	(174, 'DB', 'include', '\y(developpeu(r|se)|developer|dev|ingenieur|consultante?) (pl ?/? ?)?(sql|t sql|plsql|oracle)\y(?! (ebs|e business|fusion|erp|hcm|apps|applications|retail|financials?|netsuite|crm|forms?))', 0.55, NULL),
	(176, 'DB', 'include', '\y(ingenieure?|experte?|consultante?|specialiste) ([a-z]+ )?(postgres(ql)?|mysql|mariadb|mongodb|sybase|exadata)\y', 0.6, 'not Oracle, whose name is also that of an ERP'),
	(175, 'DB', 'include', '\y(gestionnaire|responsable|gestion)s?( [a-z]+)? (de |des )?(bases? ?(de |des )?donnees|bdd)\y', 0.6, 'mostly data management');

INSERT INTO jobmarket.role_rule (rule_id, role_code, kind, pattern, remark) VALUES
	-- who teaches, recruits, sells or rules on data does not do it
	(200, NULL, 'exclude', '^((stage|stagiaire|alternance|alternante?|cdi|cdd|senior|junior|lead|une?|h|le|la) (/ )?)*(format(eur|rice)s?|formations?|enseignante?s?|professeure?s?|prof|teacher|trainer|recruteu(r|se)|recruiter|talent acquisition|account|commercial(e|aux)?|vendeu(r|se)|business develop[a-z]*|sales(?! data)|intervenante?|tut(eur|rice)|coach|mentore?|chasseu(r|se)|juriste|avocate?|conseill(er|ere)|cours|animat(eur|rice)|journaliste|secretaire|comptable)\y', 'another trade first'),
	(201, NULL, 'exclude', '\y(chargee?s? d[eu] recrutement|ingenieure?s? (commercial(e)?|d affaires)|(technico|attachee?|assistante?|responsable|directeur|directrice|ingenieure?) commercial(e)?|account (executive|manager)|sales (executive|manager|engineer|representative|development)|business develop(er|ment)|maitre de conferences|enseignante? chercheur)\y', 'another trade'),
	(202, NULL, 'exclude', '\ydata ?cent(er|re)s?\y', 'data centre'),
	(203, NULL, 'exclude', '\ydata (loss|protection|privacy|entry)\y|\ysaisie (de |des )?(data|donnees)\y|\yoperat(eur|rice)( [a-z]+)? de saisie\y', 'security, or typing'),
	(204, NULL, 'exclude', '\y(sauvegardes?|restauration) (des? )?donnees\y|\ydonnees (d )?(essais?|audiovisuelles?)\y', 'backups, test campaigns'),
	(208, 'DM', 'exclude', '\yprotection (des? |de la |du )?(donnees?|data)\y', 'law or security'),
	(205, 'ML', 'exclude', '\y(droit|juridique|juriste|ethique|compliance|philosophie|sociologie)\y', 'studies of AI'),
	(206, 'DM', 'exclude', '\y(systemes?|reseaux?)( et| /)? (systemes?|reseaux?)\y(?!.*\ydata manager)', 'system and network administration with data in its list'),
	(207, 'DB', 'exclude', '\y(administrat(eur|rice)s?) (linux|unix|windows|reseaux?)\y', 'systems first');

-- A description confirms what a title says; it does not make a role.
INSERT INTO jobmarket.role_rule (rule_id, role_code, target, kind, pattern, weight, remark) VALUES
	(300, 'DE', 'description', 'context', '\y(spark|airflow|kafka|dbt|etl|pipelines? (de |des )?(donnees|data)|data pipelines?)\y', 0.02, NULL),
	(301, 'DA', 'description', 'context', '\y(tableaux? de bord|dashboards?|dataviz|reportings?)\y', 0.02, NULL),
	(302, 'DS', 'description', 'context', '\y(modeles? (predictifs?|statistiques?)|machine learning|modelisation statistique)\y', 0.02, NULL),
	(303, 'ML', 'description', 'context', '\y(mise en production de modeles|mlops|deep learning|pytorch|tensorflow|llm)\y', 0.02, NULL),
	(304, 'DB', 'description', 'context', '\y(sauvegardes?|restauration|haute disponibilite|rman|tuning)\y', 0.02, NULL);

CALL jobmarket.keep_shipped('jobmarket.role', 'role_code');
CALL jobmarket.keep_shipped('jobmarket.role_rule', 'rule_id');
