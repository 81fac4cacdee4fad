-- Isochrones of remote services: names, rights and what needs no service (the
-- rest is in test/t/041_isochrone_remote.pl).
SET client_min_messages = warning;
CREATE SERVER unreachable FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'valhalla', api_url 'http://127.0.0.1:1');
CREATE SERVER offers FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'france_travail');
CREATE USER MAPPING FOR CURRENT_USER SERVER offers OPTIONS (client_id 'PAR_x', client_secret 'secret');
CREATE SERVER incomplete FOREIGN DATA WRAPPER jobmarket OPTIONS (provider 'valhalla');
RESET client_min_messages;
SET jobmarket.max_retries = 0;
\set VERBOSITY terse
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'offers');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'incomplete');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => '');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{0}', network => 'unreachable');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5,NULL}', network => 'unreachable');
SELECT count(*) FROM jobmarket.isochrone(ST_MakeLine(ST_Point(6, 49), ST_Point(7, 49)), '{5}', network => 'unreachable');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 490), '{5}', network => 'unreachable');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'unreachable', mode => 'boat');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'unreachable', mode => NULL);
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), NULL, network => 'unreachable');
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'unreachable');
-- falls back on a network that is not there either
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'unreachable', fallback => true);
SELECT count(*) FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => NULL);
\set VERBOSITY default
-- which of the two functions a call is
SELECT provolatile, proparallel, pronargs FROM pg_proc WHERE oid IN ('jobmarket.isochrone(geometry, float8[], text, text)'::regprocedure,
	'jobmarket.isochrone(geometry, float8[], name, text, text, boolean)'::regprocedure) ORDER BY pronargs;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', 'bike');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM jobmarket.isochrone(ST_Point(6, 49), '{5}', network => 'offers');
-- origins may be people's homes: readers do not see them
CREATE ROLE isochrone_reader;
CREATE ROLE isochrone_admin;
CALL jobmarket.grant_access('isochrone_reader');
CALL jobmarket.grant_access('isochrone_admin', 'admin');
SELECT r, has_table_privilege(r, 'jobmarket.isochrone_cache', 'SELECT') AS may_read FROM unnest('{isochrone_reader,isochrone_admin}'::name[]) r;
DROP OWNED BY isochrone_reader, isochrone_admin;
DROP ROLE isochrone_reader, isochrone_admin;
-- answers
SELECT a AS answer, ST_AsText(geom) AS geom, problem IS NOT NULL AS refused
FROM unnest(ARRAY['', 'x', '[]', '{}', 'null', '{"geometry": 5}', '{"geometry": {"type": "Polygon"}}', '{"geometry": {"type": ["Polygon"]}}',
	'{"geometry": {"type": "Polygon", "coordinates": []}}', '{"geometry": {"type": "Polygon", "coordinates": [[[1,2,9],[2,2,9],[2,3,9],[1,2,9]]]}}',
	'{"geometry": {"type": "Polygon", "coordinates": [[[1,2],[1,2],[1,2],[1,2]]]}}', '{"geometry": {"type": "Point", "coordinates": [1,2]}}']) a,
	LATERAL jobmarket.read_isochrone('ign_isochrone', a, '{5}');
DROP SERVER unreachable, offers, incomplete CASCADE;
-- the cache is written in its owner's name: no function of others may be called
BEGIN;
CREATE FUNCTION public.pg_column_size(geometry) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
CREATE FUNCTION public.st_makepoint(numeric, numeric) RETURNS geometry LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
CREATE FUNCTION public.hostile(numeric, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
CREATE OPERATOR public.> (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = public.hostile);
SET LOCAL search_path = public, jobmarket;
SELECT jobmarket.cache_isochrone('k' || i, 's', 'car', 'from', 5, 6.123456, 49, 'SRID=4326;MULTIPOLYGON(((6 49,7 49,7 50,6 49)))', 60, 500)
FROM generate_series(1, 600) i \g /dev/null
SELECT count(*), sum(bytes) <= 500::bigint::numeric AS within_its_size, min(ST_AsText(origin)) FROM jobmarket.isochrone_cache;
SELECT count(*) <= 256 AS few_locks FROM pg_locks WHERE locktype = 'advisory';
ROLLBACK;
