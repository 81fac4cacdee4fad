-- Loading offers: every attribute in its place, nothing lost, nothing twice.
\set QUIET on
SET timezone = 'UTC';
\pset null '(null)'

-- one offer with everything that the API can say
\set everything '{"id": "195ABCD", "intitule": "Data engineer (H/F)", "description": "Ligne 1\\n\\"clé\\": valeur, a\\/b", "dateCreation": "2025-08-04T18:00:50.137Z", "dateActualisation": "2025-08-05T09:15:13.155Z", "lieuTravail": {"libelle": "57 - METZ", "latitude": 49.1193, "longitude": 6.1757, "codePostal": "57000", "commune": "57463"}, "romeCode": "M1811", "romeLibelle": "Data engineer", "appellationlibelle": "Data engineer", "entreprise": {"nom": "  ACME   Metz ", "description": "Nous", "logo": "https://example.org/l.png", "url": "https://example.org", "entrepriseAdaptee": true, "siret": "12345678900011"}, "typeContrat": "CDD", "typeContratLibelle": "CDD - 6 Mois", "natureContrat": "Contrat travail", "experienceExige": "E", "experienceLibelle": "2 An(s)", "experienceCommentaire": "en SQL", "formations": [{"codeFormation": "31054", "domaineLibelle": "informatique", "niveauLibelle": "Bac+5 et plus ou équivalents", "commentaire": "ou école", "exigence": "S"}, {"niveauLibelle": "Bac+2 ou équivalents", "exigence": "E"}, {"niveauLibelle": "Bac+2 ou équivalents", "exigence": "E"}], "langues": [{"libelle": "Anglais", "exigence": "S"}], "permis": [{"libelle": "B - Véhicule léger", "exigence": "E"}], "outilsBureautiques": "Tableur", "competences": [{"code": "115801", "libelle": "Gérer la sécurité informatique", "exigence": "E"}, {"libelle": "• Lecture\\tde plans", "exigence": "S"}, {"code": "300204", "exigence": "E"}], "salaire": {"libelle": "Annuel de 45000.0 Euros à 52000.0 Euros sur 12.0 mois", "commentaire": "A négocier", "complement1": "Chèque repas", "complement2": "Mutuelle", "listeComplements": [{"code": "6", "libelle": "Titres restaurant"}, {"code": "7", "libelle": "Complémentaire santé"}]}, "dureeTravailLibelle": "35H/semaine\\nTravail en journée", "dureeTravailLibelleConverti": "Temps plein", "complementExercice": "le samedi", "conditionExercice": "au froid", "alternance": false, "contact": {"nom": "Mme Jeanne Exemple", "courriel": "jeanne.exemple@example.org", "telephone": "0102030405"}, "agence": {"courriel": "agence@example.org"}, "nombrePostes": 2, "accessibleTH": true, "deplacementCode": "2", "deplacementLibelle": "Ponctuels Zone départementale", "qualificationCode": "9", "qualificationLibelle": "Cadre", "codeNAF": "62.02A", "secteurActivite": "62", "secteurActiviteLibelle": "Programmation", "qualitesProfessionnelles": [{"libelle": "Faire preuve d''autonomie", "description": "Capacité"}, {"libelle": "Faire preuve de rigueur"}], "trancheEffectifEtab": "10 à 19 salariés", "origineOffre": {"origine": "2", "urlOrigine": "https://candidat.francetravail.fr/offres/recherche/detail/195ABCD", "partenaires": [{"nom": "METEOJOB", "url": "https://www.meteojob.com/jobs/1", "logo": "https://example.org/m.png"}, {"nom": "INDEED", "url": "https://indeed.example/2"}]}, "offresManqueCandidats": true, "contexteTravail": {"horaires": ["35H/semaine", "Travail en journée"], "conditionsExercice": ["Port de charges"]}, "entrepriseAdaptee": null, "employeurHandiEngage": true, "nouveau": {"a": 1}}'

SELECT * FROM jobmarket.load_offers(:'everything');
\x on
SELECT to_jsonb(o) - '{geom,first_seen_at,changed_at,content_hash,company_id}'::text[] AS offer, ST_AsText(geom) AS geom
FROM jobmarket.offer o;
\x off
SELECT c.name FROM jobmarket.offer o JOIN jobmarket.company c USING (company_id);
SELECT position, skill_code, label, requirement FROM jobmarket.offer_skill JOIN jobmarket.skill USING (skill_id) ORDER BY 1;
SELECT position, training_code, domain_label, level_label, requirement, comment
FROM jobmarket.offer_training JOIN jobmarket.training USING (training_id) ORDER BY 1;
SELECT position, label, requirement FROM jobmarket.offer_language JOIN jobmarket.language USING (language_id);
SELECT position, label, requirement FROM jobmarket.offer_licence JOIN jobmarket.licence USING (licence_id);
SELECT position, label, description FROM jobmarket.offer_quality JOIN jobmarket.quality USING (quality_id) ORDER BY 1;
SELECT position, supplement_code, label FROM jobmarket.offer_salary_supplement ORDER BY 1;
SELECT position, name, url, logo_url FROM jobmarket.offer_partner ORDER BY 1;
SELECT rome_code, label FROM jobmarket.rome;
SELECT attribute, offers, example_offer_id FROM jobmarket.unknown_attribute;
-- persons are nowhere, in the document neither
SELECT document ?| '{contact,agence}' AS has_persons, document ? 'nouveau' AS has_unknown,
	   document ->> 'description' = o.description AS same_text
FROM jobmarket.offer_document JOIN jobmarket.offer o USING (offer_id);

-- again: nothing changes; nor does it when empty values come and go, or persons
SELECT * FROM jobmarket.load_offers(:'everything');
SELECT * FROM jobmarket.load_offers(:'everything'::jsonb - 'contact' - 'entrepriseAdaptee' || '{"salaireVide": {}, "rien": null}');
SELECT o.description, (SELECT count(*) FROM jobmarket.offer_change) AS changes FROM jobmarket.offer o;

-- a change: children follow, the history tells what was before
SELECT * FROM jobmarket.load_offers(:'everything'::jsonb || '{"intitule": "Data engineer confirmé", "competences": [{"code": "1", "libelle": "SQL"}], "dateActualisation": "2025-08-06T00:00:00Z"}');
SELECT kind, before ->> 'intitule' AS title, jsonb_array_length(before -> 'competences') AS skills,
	   before - '{intitule,competences}'::text[] AS rest FROM jobmarket.offer_change;
SELECT position, label FROM jobmarket.offer_skill JOIN jobmarket.skill USING (skill_id);
-- an older state that comes late changes nothing
SELECT * FROM jobmarket.load_offers(:'everything');
SELECT title FROM jobmarket.offer;

-- a withdrawn offer that is seen again is revived
UPDATE jobmarket.offer SET withdrawn_at = now();
SELECT * FROM jobmarket.load_offers(:'everything'::jsonb || '{"intitule": "Data engineer confirmé", "competences": [{"code": "1", "libelle": "SQL"}], "dateActualisation": "2025-08-06T00:00:00Z"}');
SELECT withdrawn_at FROM jobmarket.offer;
SELECT kind, count(*) FROM jobmarket.offer_change GROUP BY 1 ORDER BY 1;

-- defects of the earlier loads, each a case here
-- 1, 4: labels with missing parts are one row however often they come
SELECT * FROM jobmarket.load_offers('[
 {"id": "000000A", "formations": [{"niveauLibelle": "Bac"}], "competences": [{"libelle": "Sans code"}]},
 {"id": "000000B", "formations": [{"niveauLibelle": "Bac", "domaineLibelle": null}], "competences": [{"libelle": "Sans code", "code": ""}]}]');
SELECT count(*) FROM jobmarket.skill WHERE label = 'Sans code';
-- 2, 3: and linked all the same
SELECT offer_id, level_label, label FROM jobmarket.offer_training JOIN jobmarket.training USING (training_id)
JOIN jobmarket.offer_skill USING (offer_id) JOIN jobmarket.skill USING (skill_id)
WHERE offer_id LIKE '000000%' ORDER BY 1;
-- 5: a code with another label costs nothing
SELECT * FROM jobmarket.load_offers('{"id": "000000C", "qualificationCode": "9", "qualificationLibelle": "Cadre supérieur", "romeCode": "M1811", "romeLibelle": "Autre"}');
SELECT label FROM jobmarket.qualification WHERE qualification_code = '9';
-- 6: long values, and codes that are none
SELECT * FROM jobmarket.load_offers(jsonb_build_array(
 jsonb_build_object('id', '000000D', 'intitule', repeat('x', 100000), 'lieuTravail', jsonb_build_object('codePostal', 'Erreur geocodage'),
	'romeCode', repeat('M', 5000), 'competences', jsonb_build_array(jsonb_build_object('libelle', repeat('y', 9000))),
	'origineOffre', jsonb_build_object('partenaires', jsonb_build_array(jsonb_build_object('nom', repeat('z', 9000)))))));
SELECT length(title), place_postal_code, rome_code FROM jobmarket.offer WHERE offer_id = '000000D';
-- 7: objects that are missing, null, empty, or of another type
SELECT * FROM jobmarket.load_offers('[
 {"id": "000000E", "salaire": null, "entreprise": null, "origineOffre": {"partenaires": []}, "lieuTravail": {}},
 {"id": "000000F", "salaire": "1000", "entreprise": [], "competences": {"code": "1"}, "nombrePostes": "trois", "alternance": "oui", "lieuTravail": {"latitude": "48.5", "longitude": "x"}, "langues": ["Anglais", null, {}, 7]}]');
SELECT offer_id, positions, apprenticeship, place_latitude, geom IS NULL AS no_geom,
	   (SELECT string_agg(label, ',' ORDER BY position) FROM jobmarket.offer_language JOIN jobmarket.language USING (language_id)
		WHERE offer_id = o.offer_id) AS languages
FROM jobmarket.offer o WHERE offer_id IN ('000000E', '000000F') ORDER BY 1;
-- and within lists
SELECT * FROM jobmarket.load_offers('{"id": "000000G", "competences": [1, ["x"], {"code": {"a": 1}, "libelle": "Souder"}],
 "outilsBureautiques": ["Tableur", {"a": 1}], "contexteTravail": {"horaires": 35}, "lieuTravail": {"latitude": "0x10", "longitude": "1e1"}}');
SELECT label, office_tools, schedules, place_latitude, place_longitude
FROM jobmarket.offer o JOIN jobmarket.offer_skill USING (offer_id) JOIN jobmarket.skill USING (skill_id) WHERE offer_id = '000000G';
SELECT stage, message, detail - 'source' AS detail FROM jobmarket.harvest_error ORDER BY detail ->> 'attribute', detail ->> 'example_offer_id';
-- 9: no orphans
DELETE FROM jobmarket.offer WHERE offer_id = '195ABCD';
SELECT count(*) FROM jobmarket.offer_skill WHERE offer_id = '195ABCD';
DELETE FROM jobmarket.rome WHERE rome_code = 'M1811';

-- what cannot be read is kept as an error, and the others load
TRUNCATE jobmarket.harvest_error;
SELECT * FROM jobmarket.load_offers('[null, 7, "x", [], {}, {"id": 7}, {"id": ""}, {"id": "a b"}, {"id": "000000G", "dateCreation": "hier"}, {"id": "000000H", "dateActualisation": 5}, {"id": "000000I"}, {"id": "000000I"}]');
SELECT message, detail FROM jobmarket.harvest_error ORDER BY error_id;
-- an answer of the search, and other sources
SELECT * FROM jobmarket.load_offers('{"resultats": [{"id": "1", "intitule": "Autre source"}]}', 'apec');
SELECT offer_id, source, title FROM jobmarket.offer WHERE source <> 'france_travail';
SELECT * FROM jobmarket.load_offers('[]');
SELECT * FROM jobmarket.load_offers(NULL);
SELECT * FROM jobmarket.load_offers('3');
SELECT * FROM jobmarket.load_offers('{"id": "1"}', 'Bad source!');

-- départements from the commune's code, else from the label; places that are none
SELECT * FROM jobmarket.load_offers('[
 {"id": "D1", "lieuTravail": {"commune": "2A004", "libelle": "2A - AJACCIO"}},
 {"id": "D2", "lieuTravail": {"commune": "97411", "libelle": "974 - ST DENIS"}},
 {"id": "D3", "lieuTravail": {"libelle": "973 - Guyane"}},
 {"id": "D4", "lieuTravail": {"libelle": "74 - Savoie (Haute)"}},
 {"id": "D5", "lieuTravail": {"libelle": "France", "latitude": 0, "longitude": 0}},
 {"id": "D6", "lieuTravail": {"commune": "99999", "libelle": "Luxembourg (Frontalier)", "latitude": 95, "longitude": 6}}]');
SELECT offer_id, departement_code, geom IS NOT NULL AS has_geom FROM jobmarket.offer WHERE offer_id LIKE 'D_' ORDER BY 1;

-- foreign keys hold for everybody else, and a user's triggers fire
INSERT INTO jobmarket.offer_skill VALUES ('none', 1, gen_random_uuid(), 'E');
CREATE TABLE told (offer_id text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.told VALUES (NEW.offer_id); RETURN NEW; END $$;
CREATE TRIGGER tell AFTER INSERT ON jobmarket.offer FOR EACH ROW EXECUTE FUNCTION tell();
SELECT * FROM jobmarket.load_offers('[{"id": "T1"}, {"id": "T2"}]');
SELECT * FROM told ORDER BY 1;
DROP TRIGGER tell ON jobmarket.offer;
SHOW session_replication_role;
-- those that call a function of another extension, too, in loads of any size
CREATE TABLE versions (offer_id text);
CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.versions VALUES (NEW.offer_id); RETURN NEW; END $$;
ALTER EXTENSION postgis ADD FUNCTION keep_version();
CREATE TRIGGER keep_version AFTER INSERT ON jobmarket.offer FOR EACH ROW EXECUTE FUNCTION keep_version();
SELECT l.* FROM (SELECT jsonb_agg(jsonb_build_object('id', 'V' || i)) d FROM generate_series(1, 150) i) p, jobmarket.load_offers(d) l;
SELECT count(*) FROM versions;
DROP TRIGGER keep_version ON jobmarket.offer;
ALTER EXTENSION postgis DROP FUNCTION keep_version();
DROP FUNCTION keep_version();
DROP TABLE versions;
-- of one offer given twice the newer state counts, else what came last
SELECT * FROM jobmarket.load_offers('[{"id": "TW1", "intitule": "first"}, {"id": "TW2", "intitule": "first", "dateActualisation": "2026-01-02"},
 {"id": "TW1", "intitule": "second"}, {"id": "TW2", "intitule": "second", "dateActualisation": "2026-01-01"}, {"id": "TW1", "intitule": "third"}]');
SELECT offer_id, title, updated_at FROM jobmarket.offer WHERE offer_id LIKE 'TW_' ORDER BY 1;

-- a large load checks foreign keys itself, under locks; a user's key, too, is kept
BEGIN;
SELECT l.* FROM (SELECT jsonb_agg(jsonb_build_object('id', 'L' || i, 'competences', '[{"libelle": "SQL"}, {"libelle": "C"}]'::jsonb)) d
				 FROM generate_series(1, 150) i) p, jobmarket.load_offers(d) l;
SELECT relation::regclass, mode FROM pg_locks WHERE relation = 'jobmarket.keyword'::regclass AND mode = 'ShareLock';
COMMIT;
CREATE TABLE jobmarket.note (offer_id text, position integer,
	FOREIGN KEY (offer_id, position) REFERENCES jobmarket.offer_skill ON DELETE CASCADE);
INSERT INTO jobmarket.note SELECT offer_id, position FROM jobmarket.offer_skill WHERE offer_id = 'L1';
SELECT l.* FROM (SELECT jsonb_agg(jsonb_build_object('id', 'L' || i, 'competences', '[{"libelle": "Python"}]'::jsonb)) d
				 FROM generate_series(1, 150) i) p, jobmarket.load_offers(d) l;
SELECT * FROM jobmarket.note;
DROP TABLE jobmarket.note;
-- a trigger may refuse an offer, but not rename it
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.offer_id = 'R1' THEN RETURN NULL; END IF;
	NEW.offer_id := replace(NEW.offer_id, 'R3', 'X3'); RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON jobmarket.offer FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT * FROM jobmarket.load_offers('[{"id": "R1"}, {"id": "R2"}]');
\set VERBOSITY terse
SELECT * FROM jobmarket.load_offers('[{"id": "R3"}]');
\set VERBOSITY default
DROP TRIGGER refuse ON jobmarket.offer;
DROP FUNCTION refuse();
-- one source cannot write another's offers; an old document revives nothing
SELECT * FROM jobmarket.load_offers('{"id": "apec:1", "intitule": "Usurpée"}');
SELECT * FROM jobmarket.load_offers('{"id": "W1", "intitule": "nouveau", "dateActualisation": "2025-01-01T00:00:00Z"}');
UPDATE jobmarket.offer SET withdrawn_at = now() WHERE offer_id = 'W1';
SELECT * FROM jobmarket.load_offers('{"id": "W1", "intitule": "ancien", "dateActualisation": "2024-01-01T00:00:00Z"}');
SELECT title, withdrawn_at IS NOT NULL AS withdrawn FROM jobmarket.offer WHERE offer_id = 'W1';
SELECT * FROM jobmarket.load_offers('{"resultats": null}');
SELECT * FROM jobmarket.load_offers((SELECT jsonb_build_object('id', 'U1') || jsonb_object_agg('inconnu' || i, 1) FROM generate_series(1, 2000) i));
SELECT count(*), sum(offers) FROM jobmarket.unknown_attribute WHERE attribute LIKE 'inconnu%' OR attribute = '...';

-- without documents
SET jobmarket.keep_documents = off;
SELECT * FROM jobmarket.load_offers('[{"id": "N1", "intitule": "a"}]');
SELECT * FROM jobmarket.load_offers('[{"id": "N1", "intitule": "b"}]');
SELECT kind, before FROM jobmarket.offer_change WHERE offer_id = 'N1';
SELECT * FROM jobmarket.load_offers('[{"id": "000000I", "intitule": "b"}]');
SELECT count(*) FROM jobmarket.offer_document WHERE offer_id IN ('N1', '000000I');
RESET jobmarket.keep_documents;

-- a role without rights
CREATE ROLE regress_jobmarket_nobody;
SET ROLE regress_jobmarket_nobody;
SELECT * FROM jobmarket.load_offers('[]');
SELECT count(*) FROM jobmarket.offer;
CALL jobmarket.harvest('{x}');
SELECT jobmarket.sync_referential('x', 'regions');
SELECT * FROM jobmarket.fetch_offers('x');
RESET ROLE;
CALL jobmarket.grant_access('regress_jobmarket_nobody', 'boss');
CALL jobmarket.grant_access('regress_jobmarket_nobody');
SET ROLE regress_jobmarket_nobody;
SELECT count(*) > 0 AS reads FROM jobmarket.offer;
DELETE FROM jobmarket.offer;
RESET ROLE;
CALL jobmarket.grant_access('regress_jobmarket_nobody', 'operator');
SET ROLE regress_jobmarket_nobody;
SELECT * FROM jobmarket.load_offers('[{"id": "O1"}]');
SELECT umoptions FROM pg_user_mappings WHERE srvname = 'x';
-- no rules
DELETE FROM jobmarket.role_rule;
-- the one function that runs as its owner is not for his tables
CREATE TEMP TABLE keyword (keyword text);
CREATE TRIGGER evil AFTER DELETE ON keyword FOR EACH ROW EXECUTE FUNCTION jobmarket.note_shipped_row_deleted('keyword');
INSERT INTO jobmarket.shipped_row_deleted VALUES ('keyword', 'sql');
RESET ROLE;
CREATE TRIGGER evil AFTER DELETE ON keyword FOR EACH ROW EXECUTE FUNCTION jobmarket.note_shipped_row_deleted('keyword');
INSERT INTO keyword VALUES ('sql');
DELETE FROM keyword;
DROP TABLE keyword;
DROP OWNED BY regress_jobmarket_nobody;
DROP ROLE regress_jobmarket_nobody;
DROP FUNCTION tell();
DROP TABLE told;
SET client_min_messages = warning;
TRUNCATE jobmarket.offer, jobmarket.harvest_run CASCADE;
