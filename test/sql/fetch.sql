-- Criteria are checked before any request: nothing listens on this server's port.
CREATE SERVER nowhere FOREIGN DATA WRAPPER jobmarket
	OPTIONS (provider 'france_travail', api_url 'http://127.0.0.1:1/partenaire/offresdemploi',
			 token_url 'http://127.0.0.1:1/token?realm=%2Fpartenaire');
CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere OPTIONS (client_id 'PAR_x', client_secret 's3cret');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '[]');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"codeRome": "M1811"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"range": "0-9"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"codeROME": "1811"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"codeROME": []}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"codeROME": null}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"codeROME": {"a": 1}}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"commune": ["1","2","3","4","5","6"]}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"motsCles": "c"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"minCreationDate": "2025-01-01T00:00:00Z"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"minCreationDate": "2025-01-02T00:00:00Z", "maxCreationDate": "2025-01-01T00:00:00Z"}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"salaireMin": 30000}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{"distance": 10}');
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{}', -1);
SELECT count(*) FROM jobmarket.fetch_offers('nowhere', '{}', 0);
SELECT count(*) FROM jobmarket.fetch_offers(NULL);
SELECT jobmarket.fetch_offer('nowhere', '');
SELECT jobmarket.fetch_offer('nowhere', NULL) IS NULL AS gone;
SELECT * FROM jobmarket.fetch_referential('nowhere', 'villes');
SELECT * FROM jobmarket.fetch_referential('nowhere', NULL);
SELECT count(*) FROM jobmarket.fetch_offers('elsewhere');
-- a server of isochrones serves no offers
CREATE SERVER valhalla_nowhere FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'valhalla', api_url 'http://127.0.0.1:1');
SELECT count(*) FROM jobmarket.fetch_offers('valhalla_nowhere');
SELECT jobmarket.fetch_offer('valhalla_nowhere', '0000001');
SELECT jobmarket.fetch_referential('valhalla_nowhere', 'regions');
CALL jobmarket.harvest('{valhalla_nowhere}');
DROP SERVER valhalla_nowhere;
-- a harvest: its arguments, and that it must run on its own
CALL jobmarket.harvest('{}');
CALL jobmarket.harvest(NULL);
CALL jobmarket.harvest('{nowhere,nowhere}');
CALL jobmarket.harvest('{nowhere}', 'weekly');
CALL jobmarket.harvest('{nowhere}', criteria => '{"sort": 1}');
CALL jobmarket.resume_harvest(4711);
CALL jobmarket.resume_harvest(NULL);
BEGIN;
CALL jobmarket.harvest('{nowhere}');
ROLLBACK;
SELECT count(*) FROM jobmarket.harvest_run;
SET client_min_messages = warning;
DROP SERVER nowhere CASCADE;
