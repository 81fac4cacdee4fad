-- Foreign servers and user mappings: their options, rights on them, and what
-- is said when something is missing.  Nothing here reaches the network.

-- the default options are those of the official API
CREATE SERVER http_default FOREIGN DATA WRAPPER jobmarket;
CREATE SERVER http_full FOREIGN DATA WRAPPER jobmarket OPTIONS (
	provider 'france_travail',
	api_url 'https://localhost:1/partenaire/offresdemploi/',
	token_url 'https://localhost:1/connexion/oauth2/access_token?realm=%2Fpartenaire',
	scope 'api_offresdemploiv2 o2dsoffre',
	requests_per_second '2.5', burst '3', ca_file '/nowhere/ca.pem');
CREATE SERVER http_isochrones FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'ign_isochrone');
CREATE SERVER http_plain FOREIGN DATA WRAPPER jobmarket OPTIONS (
	provider 'valhalla', api_url 'http://127.0.0.1:8002', token_url 'http://[::1]:8002/token');

-- unknown options, and options in the wrong place
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (url 'https://a.example');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (client_secret 'hush');
CREATE USER MAPPING FOR CURRENT_USER SERVER http_full OPTIONS (api_url 'https://a.example');
CREATE USER MAPPING FOR CURRENT_USER SERVER http_full OPTIONS (clientsecret 'hush');
ALTER FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'https://a.example');
-- the same by SQLSTATE
\set VERBOSITY sqlstate
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (url 'https://a.example');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (burst 'x');
\set VERBOSITY default

-- values
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'pole_emploi');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (requests_per_second 'fast');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (requests_per_second '0');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (requests_per_second '-1');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (requests_per_second 'NaN');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (requests_per_second '10 ');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (burst '1.5');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (burst '1e99');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (ca_file 'ca.pem');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (scope '');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (scope E'a\r\nX-Header: b');

-- addresses
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'api.francetravail.io');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'ftp://api.francetravail.io');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'http://api.francetravail.io/partenaire');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'http://10.0.0.1');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'http://127.0.0.1.example.org');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (token_url 'https://me:hush@api.francetravail.io/');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'https://a.example/x?y=1');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (token_url 'https://a.example/x#y');
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url 'https://');
SELECT count(*) FROM pg_foreign_server WHERE srvname = 'http_bad';

-- a name in the server's file system is not for everybody
CREATE ROLE jobmarket_test_http;
GRANT USAGE ON FOREIGN DATA WRAPPER jobmarket TO jobmarket_test_http;
SET ROLE jobmarket_test_http;
CREATE SERVER http_bad FOREIGN DATA WRAPPER jobmarket OPTIONS (ca_file '/etc/ssl/ca.pem');
CREATE SERVER http_own FOREIGN DATA WRAPPER jobmarket;
-- nor are servers of others, and what a mapping holds
SELECT jobmarket.fetch_offer('http_full', '1234567');
RESET ROLE;

-- what is missing, with what to type
GRANT EXECUTE ON FUNCTION jobmarket.fetch_offer(name, text) TO jobmarket_test_http;
SET ROLE jobmarket_test_http;
SELECT jobmarket.fetch_offer('http_full', '1234567');
RESET ROLE;
SELECT jobmarket.fetch_offer('no such server', '1234567');
GRANT USAGE ON FOREIGN SERVER http_full TO jobmarket_test_http;
SET ROLE jobmarket_test_http;
SELECT jobmarket.fetch_offer('http_full', '1234567');
RESET ROLE;
CREATE USER MAPPING FOR jobmarket_test_http SERVER http_full OPTIONS (client_id 'x');
SET ROLE jobmarket_test_http;
SELECT jobmarket.fetch_offer('http_full', '1234567');
RESET ROLE;
\set VERBOSITY sqlstate
SELECT jobmarket.fetch_offer('no such server', '1234567');
SET ROLE jobmarket_test_http;
SELECT jobmarket.fetch_offer('http_full', '1234567');
RESET ROLE;
CREATE FOREIGN DATA WRAPPER other;
CREATE SERVER http_other FOREIGN DATA WRAPPER other;
SELECT jobmarket.fetch_offer('http_other', '1234567');
\set VERBOSITY default
SELECT jobmarket.fetch_offer('http_other', '1234567');

-- a mapping for everybody serves who has none of his own
CREATE USER MAPPING FOR PUBLIC SERVER http_full OPTIONS (client_secret 'hush');
SELECT jobmarket.fetch_offer('http_full', '1234567');

-- others see no credentials
SET ROLE jobmarket_test_http;
SELECT srvname, usename, umoptions FROM pg_user_mappings WHERE srvname LIKE 'http%' ORDER BY 1, 2;
RESET ROLE;

-- private addresses are for superusers to open
ALTER USER MAPPING FOR PUBLIC SERVER http_full OPTIONS (ADD client_id 'x');
SET jobmarket.allow_private_networks = off;
ALTER SERVER http_full OPTIONS (SET api_url 'http://127.0.0.1:1', SET token_url 'http://localhost:1/t', DROP ca_file);
\set VERBOSITY sqlstate
SELECT jobmarket.fetch_offer('http_full', '1234567');
\set VERBOSITY default
RESET jobmarket.allow_private_networks;
SET ROLE jobmarket_test_http;
SET jobmarket.allow_private_networks = on;
SET jobmarket.max_response_size = '1GB';
RESET ROLE;
-- nobody listens on port 1
SET jobmarket.max_retries = 1;
\set VERBOSITY sqlstate
SELECT jobmarket.fetch_offer('http_full', '1234567');
\set VERBOSITY default
SELECT jobmarket.http_live_handles();

DROP SERVER http_default, http_full, http_isochrones, http_plain, http_own, http_other CASCADE;
DROP FOREIGN DATA WRAPPER other;
REVOKE ALL ON FUNCTION jobmarket.fetch_offer(name, text) FROM jobmarket_test_http;
REVOKE ALL ON FOREIGN DATA WRAPPER jobmarket FROM jobmarket_test_http;
DROP ROLE jobmarket_test_http;
