-- Retention of history, and the anonymous remainder of withdrawn offers.
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;
TRUNCATE jobmarket.offer, jobmarket.harvest_run, jobmarket.company, jobmarket.harvest_error CASCADE;
RESET client_min_messages;
SELECT inserted, rejected FROM jobmarket.load_offers('[
 {"id": "0000001", "intitule": "Boulanger", "description": "Appelez M. Exemple", "romeCode": "D1102",
  "dateCreation": "2026-01-05T08:00:00.000Z", "dateActualisation": "2026-01-05T08:00:00.000Z",
  "entreprise": {"nom": "Pain SARL", "description": "Depuis 1950", "url": "https://pain.example.com", "logo": "https://pain.example.com/l.png"},
  "lieuTravail": {"libelle": "57 - METZ", "codePostal": "57000", "commune": "57463", "latitude": 49.1, "longitude": 6.2},
  "salaire": {"libelle": "Mensuel de 1900.0 Euros sur 12.0 mois"}, "competences": [{"code": "1", "libelle": "Cuire"}],
  "origineOffre": {"origine": "2", "urlOrigine": "https://offres.example.com/1", "partenaires": [{"nom": "P", "url": "https://p.example.com/1", "logo": "https://p.example.com/l"}]}},
 {"id": "0000002", "intitule": "Pâtissier", "description": "Texte", "dateCreation": "2026-01-06T08:00:00.000Z",
  "entreprise": {"nom": "Pain SARL"}, "origineOffre": {"origine": "1"}},
 {"id": "0000003", "intitule": "Facteur", "dateCreation": "2026-01-07T08:00:00.000Z",
  "entreprise": {"nom": "Poste"}, "lieuTravail": {"libelle": "54 - NANCY", "commune": "54395"}, "origineOffre": {"origine": "1"}}
]');
UPDATE jobmarket.offer SET withdrawn_at = now() - interval '10 days' WHERE offer_id IN ('0000001');
UPDATE jobmarket.offer SET withdrawn_at = now() - interval '1 hour' WHERE offer_id IN ('0000003');
INSERT INTO jobmarket.offer_change (offer_id, kind, before) VALUES ('0000001', 'updated', '{"entreprise": {"nom": "Ancien"}}');

SELECT jobmarket.anonymise_withdrawn('1 day');
SELECT jobmarket.anonymise_withdrawn('1 day') AS again;
SELECT title, rome_code, departement_code, salary_label, created_at, num_nonnulls(company_id, company_siret, company_description,
	company_url, company_logo_url, description, place_label, place_postal_code, place_insee_code, place_latitude,
	place_longitude, insee_code, postal_code, geom, origin_url) AS left_over
FROM jobmarket.offer WHERE offer_id = '0000001';
SELECT offer_id FROM jobmarket.offer_document ORDER BY 1;
SELECT offer_id, name, url, logo_url FROM jobmarket.offer_partner;
SELECT offer_id, kind, before FROM jobmarket.offer_change;
SELECT count(*) AS skills FROM jobmarket.offer_skill WHERE offer_id = '0000001';
-- another offer still names that company
SELECT name FROM jobmarket.company ORDER BY 1;
SELECT offer_id, place_label, company_id IS NOT NULL AS has_company FROM jobmarket.offer WHERE offer_id <> '0000001' ORDER BY 1;
SELECT jobmarket.anonymise_withdrawn('0');
SELECT name FROM jobmarket.company ORDER BY 1;
SELECT jobmarket.anonymise_withdrawn(NULL);
SELECT jobmarket.anonymise_withdrawn('-1 day');
-- an offer that comes back is whole again
SELECT updated FROM jobmarket.load_offers('{"id": "0000003", "intitule": "Facteur", "dateCreation": "2026-01-07T08:00:00.000Z",
  "entreprise": {"nom": "Poste"}, "lieuTravail": {"libelle": "54 - NANCY", "commune": "54395"}, "origineOffre": {"origine": "1"}}');
SELECT o.place_label, c.name, o.withdrawn_at FROM jobmarket.offer o JOIN jobmarket.company c USING (company_id) WHERE offer_id = '0000003';

-- retention: the last complete run of each kind stays, however old
INSERT INTO jobmarket.harvest_run (mode, servers, criteria, source, status, started_at, finished_at)
SELECT 'full', '{s}', c::jsonb, 'france_travail', st, now() - d * interval '1 day', now() - d * interval '1 day'
FROM (VALUES (1, '{}', 'complete', 300), (2, '{}', 'complete', 200), (3, '{}', 'failed', 150),
	(4, '{}', 'complete', 120), (5, '{}', 'partial', 5), (6, '{"departement": ["57"]}', 'complete', 500)) r (n, c, st, d) ORDER BY n;
UPDATE jobmarket.source SET last_complete_run_id = (SELECT max(run_id) FROM jobmarket.harvest_run WHERE status = 'complete' AND criteria = '{}');
INSERT INTO jobmarket.harvest_cell (run_id, cell_id, criteria) SELECT run_id, 1, '{}' FROM jobmarket.harvest_run;
INSERT INTO jobmarket.harvest_error (run_id, occurred_at, stage, message)
SELECT run_id, finished_at, 'request', 'x' FROM jobmarket.harvest_run;
INSERT INTO jobmarket.offer_change (offer_id, kind, changed_at) VALUES ('0000001', 'withdrawn', now() - interval '100 days');
SELECT * FROM jobmarket.purge_history();
SELECT status, criteria, round(extract(epoch FROM now() - started_at) / 86400) AS days FROM jobmarket.harvest_run ORDER BY run_id;
SELECT * FROM jobmarket.purge_history('90 days');
SELECT * FROM jobmarket.purge_history('90 days');
SELECT jobmarket.purge_history('-1 day');
-- by the settings
INSERT INTO jobmarket.offer_change (offer_id, kind, changed_at) VALUES ('0000001', 'withdrawn', now() - interval '100 days');
SET jobmarket.keep_runs = -1;
SELECT * FROM jobmarket.purge_history();
SET jobmarket.keep_runs = 4;
SET jobmarket.keep_changes = 99;
SELECT * FROM jobmarket.purge_history();
SELECT status, criteria FROM jobmarket.harvest_run ORDER BY run_id;
RESET jobmarket.keep_runs;
RESET jobmarket.keep_changes;
SET jobmarket.keep_runs = -2;

UPDATE jobmarket.source SET last_complete_run_id = NULL;
SET client_min_messages = warning;
TRUNCATE jobmarket.offer, jobmarket.harvest_run, jobmarket.company, jobmarket.harvest_error CASCADE;
