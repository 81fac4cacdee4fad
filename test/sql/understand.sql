-- What the rules say of loaded offers, and again after rules have changed.
BEGIN;
SELECT * FROM jobmarket.load_offers('[
	{"id": "1000001", "intitule": "Ingénieur Data / Data Analyst (H/F)", "description": "Python, SQL et Power BI.", "dateCreation": "2025-01-01T10:00:00Z",
	 "salaire": {"libelle": "Annuel de 40000.0 Euros à 50000.0 Euros sur 12.0 mois"}, "experienceLibelle": "2 An(s)",
	 "dureeTravailLibelle": "37H30/semaine", "typeContrat": "CDI", "typeContratLibelle": "CDI",
	 "lieuTravail": {"libelle": "57 - METZ", "latitude": 6.18, "longitude": 49.11}},
	{"id": "1000002", "intitule": "Boulanger (H/F)", "description": "Boulangerie artisanale. Permis B.", "dateCreation": "2025-01-01T10:00:00Z",
	 "salaire": {"libelle": "Autre", "commentaire": "1900 à 2100 € brut par mois"}, "typeContratLibelle": "CDD - 6 Mois",
	 "lieuTravail": {"libelle": "Réunion"}},
	{"id": "1000003"}]'::jsonb);
SELECT offer_id, role_code, experience_months, weekly_hours, contract_months, salary_period, annual_min, annual_max,
	departement_code, region_code, territory, place_method, ST_AsText(geom)
FROM jobmarket.offer WHERE offer_id LIKE '100000_' ORDER BY offer_id;
SELECT offer_id, role_code, rule_id FROM jobmarket.offer_role WHERE offer_id LIKE '100000_' ORDER BY 1, 2;
SELECT offer_id, array_agg(keyword ORDER BY keyword COLLATE "C") FROM jobmarket.offer_keyword WHERE offer_id LIKE '100000_' GROUP BY 1 ORDER BY 1;

-- nothing has changed: nothing is written
SELECT * FROM jobmarket.reclassify_offers();
-- new rules touch what they change
INSERT INTO jobmarket.role VALUES ('BO', 'Boulanger');
INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('BO', '\yboulang(er|ere)s?\y');
DELETE FROM jobmarket.keyword WHERE keyword = 'python';
INSERT INTO jobmarket.commune (insee_code, name, departement_code, population, centroid)
VALUES ('57463', 'Metz', '57', 118489, ST_SetSRID(ST_MakePoint(6.1955, 49.1080), 4326));
SELECT * FROM jobmarket.reclassify_offers();
SELECT offer_id, role_code, insee_code, place_method, ST_AsText(geom) FROM jobmarket.offer WHERE offer_id LIKE '100000_' ORDER BY offer_id;
SELECT * FROM jobmarket.reclassify_offers();

-- a changed offer is read again, an unchanged one is not
SELECT inserted, updated, unchanged FROM jobmarket.load_offers('[
	{"id": "1000002", "intitule": "Pâtissier (H/F)", "description": "Tour et four.", "dateCreation": "2025-01-01T10:00:00Z"},
	{"id": "1000003"}]'::jsonb);
SELECT offer_id, role_code, annual_min, territory FROM jobmarket.offer WHERE offer_id = '1000002';
SELECT keyword FROM jobmarket.offer_keyword WHERE offer_id = '1000002';
SELECT count(*) FROM jobmarket.offer_role WHERE offer_id = '1000002';

-- territories: nothing is dropped, views filter
SELECT * FROM jobmarket.load_offers((SELECT jsonb_agg(jsonb_build_object('id', 'TERRI' || n, 'intitule', 'x', 'lieuTravail', jsonb_build_object('libelle', l)))
	FROM unnest(ARRAY['57 - Moselle', '2A - Corse du Sud', '20 - Corse', '974 - Réunion', '988 - Nouvelle-Calédonie', 'Luxembourg', 'France']) WITH ORDINALITY t (l, n)));
SELECT o.territory, o.place_label, m.offer_id IS NOT NULL AS metropole, s.offer_id IS NOT NULL AS overseas, l.offer_id IS NOT NULL AS mainland
FROM jobmarket.offer o LEFT JOIN jobmarket.offer_metropole m USING (offer_id) LEFT JOIN jobmarket.offer_overseas s USING (offer_id)
LEFT JOIN jobmarket.offer_mainland l USING (offer_id) WHERE o.offer_id LIKE 'TERRI%' ORDER BY o.offer_id COLLATE "C";
SELECT v, col_description(v::regclass, 1) = col_description('jobmarket.offer'::regclass, 1) AS commented
FROM unnest(ARRAY['jobmarket.offer_metropole', 'jobmarket.offer_overseas', 'jobmarket.offer_mainland']) v;

-- full text documents: as to_tsvector() makes them, whatever the text
SELECT jobmarket.search_document(NULL, NULL), jobmarket.search_document('', ' '), jobmarket.search_document(NULL, 'Étés');
SELECT jobmarket.search_document('Chargé(e) d''études', 'Des études (SQL) ; études !');
SELECT bool_and(jobmarket.search_document(title, body) = setweight(to_tsvector('pg_catalog.french', jobmarket.search_words(title)), 'A')
	|| to_tsvector('pg_catalog.french', jobmarket.search_words(body)))
FROM (VALUES ('Ingénieur(e) Données F/H', 'Vous concevez l''architecture full-stack, en C++ et Node.js ; 35h/semaine, 2 500,50 € ! 5€ • 😀'),
	('le la les', 'et'), ('l''été', repeat('a b ', 9000)), ('x', repeat('même mot ', 300)), (E'\u202e\u200f', 'a@b.fr https://exemple.fr/a/b?c=d 12/05/2025'),
	('Data', repeat('x', 2000))) t (title, body);
SELECT length(d) > 50000, pg_column_size(d) < 2000000 FROM (SELECT jobmarket.search_document('x', string_agg('mot' || i, ' ')) AS d FROM generate_series(1, 1000000) i) t;
SELECT length(jobmarket.search_document('x', repeat('é', 5000000)));
-- another stop list is heeded at once
CREATE TEXT SEARCH DICTIONARY pg_temp.same (TEMPLATE = simple);
ALTER TEXT SEARCH CONFIGURATION pg_catalog.french ALTER MAPPING FOR asciiword WITH pg_temp.same;
SELECT jobmarket.search_document('les données');
ALTER TEXT SEARCH CONFIGURATION pg_catalog.french ALTER MAPPING FOR asciiword WITH pg_catalog.french_stem;
SELECT jobmarket.search_document('les données');

-- full text: only what is new or changed is made again
DELETE FROM jobmarket.offer WHERE offer_id LIKE 'TERRI%';
SELECT jobmarket.refresh_offer_search(), jobmarket.refresh_offer_search();
SELECT q, array_agg(s.offer_id ORDER BY s.offer_id) FROM unnest(ARRAY['ingenieurs donnees', 'INGÉNIEUR', 'python -boulangerie', '"data analyst"', 'patissiers or analyste']) q
LEFT JOIN jobmarket.offer_search s ON s.document @@ jobmarket.offer_query(q) GROUP BY q ORDER BY q COLLATE "C";
UPDATE jobmarket.offer SET content_hash = content_hash + 1 WHERE offer_id = '1000001';
SELECT jobmarket.refresh_offer_search();
ROLLBACK;

-- left for later: nothing is read while loading, and all by reclassify_offers
SET jobmarket.understand_offers = off;
SELECT * FROM jobmarket.load_offers('[{"id": "LATER01", "intitule": "Data engineer", "description": "Python", "salaire": {"libelle": "Annuel de 45000.0 Euros sur 12.0 mois"}, "lieuTravail": {"libelle": "57 - Moselle"}}]');
SELECT role_code, annual_min, departement_code, (SELECT count(*) FROM jobmarket.offer_keyword k WHERE k.offer_id = o.offer_id) AS keywords
FROM jobmarket.offer o WHERE offer_id = 'LATER01';
RESET jobmarket.understand_offers;
SELECT offers > 0 AS offers, keywords > 0 AS keywords FROM jobmarket.reclassify_offers();
SELECT role_code, annual_min, departement_code, (SELECT count(*) FROM jobmarket.offer_keyword k WHERE k.offer_id = o.offer_id) AS keywords
FROM jobmarket.offer o WHERE offer_id = 'LATER01';
-- and a change in that mode takes away what the old state said
SET jobmarket.understand_offers = off;
SELECT * FROM jobmarket.load_offers('[{"id": "LATER01", "intitule": "Boulanger"}]');
SELECT role_code, annual_min, departement_code, (SELECT count(*) FROM jobmarket.offer_keyword k WHERE k.offer_id = o.offer_id) AS keywords
FROM jobmarket.offer o WHERE offer_id = 'LATER01';
RESET jobmarket.understand_offers;
DELETE FROM jobmarket.offer WHERE offer_id = 'LATER01';
