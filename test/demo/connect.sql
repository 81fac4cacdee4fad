-- The extension, a server with its credentials, the code lists, and a harvest.
\pset footer off
SET client_min_messages = warning;
\set ECHO queries
\echo
\echo '==== Connect ========================================================='
\echo 'A foreign server says where the API is and how fast it may be asked (here an'
\echo 'emulator on this machine); a user mapping holds the credentials of a role.'
\echo
CREATE EXTENSION jobmarket CASCADE;
\set ECHO none
-- what the caller would write, with the addresses filled in
SELECT :'api' || '/partenaire/offresdemploi' AS api_url,
	   :'api' || '/connexion/oauth2/access_token?realm=%2Fpartenaire' AS token_url \gset
\set ECHO queries
CREATE SERVER francetravail FOREIGN DATA WRAPPER jobmarket
	OPTIONS (api_url :'api_url', token_url :'token_url', requests_per_second '100');
CREATE USER MAPPING FOR CURRENT_USER SERVER francetravail
	OPTIONS (client_id 'PAR_demo', client_secret 'demo-secret');

\echo
\echo '==== Ask the API: nothing is stored ==================================='
\echo 'Criteria are the parameters of the API; they are checked before any request.'
\echo
SELECT offer_id, title, company_name, place_label, contract_type, created_at::date
FROM jobmarket.fetch_offers('francetravail',
	'{"codeROME": ["M1805", "M1811"], "typeContrat": "CDI"}', max_offers => 5);

\echo
\echo '==== The code lists of the API, for names ============================='
\echo
SELECT resource, jobmarket.sync_referential('francetravail', resource) AS entries
FROM unnest('{communes,metiers,appellations,nafs,secteursActivites}'::text[]) AS resource;

\echo
\echo '==== Harvest: all offers into the tables =============================='
\echo
\set ECHO none
SET client_min_messages = notice;
\set ECHO queries
\timing on
CALL jobmarket.harvest('{francetravail}');
\timing off
