-- Travel times: on roads of OpenStreetMap, or on a generated town.
\pset footer off
\if :town
\echo
\echo '==== How far in ten minutes?  A generated town at Metz ================'
\echo
\set ECHO none
SET client_min_messages = warning;
\i :tree/test/demo_roads.sql
RESET client_min_messages;
\set origin 'ST_SetSRID(ST_MakePoint(6.14, 49.11), 4326)'
\set here 'ST_SetSRID(ST_MakePoint(6.15, 49.12), 4326)'
\set there 'ST_SetSRID(ST_MakePoint(6.18, 49.13), 4326)'
\else
\echo
\echo '==== How far in ten minutes?  Andorra la Vella (© OpenStreetMap contributors) ===='
\echo
\set ECHO queries
CALL jobmarket.load_road_network();
\set origin 'ST_SetSRID(ST_MakePoint(1.5218, 42.5063), 4326)'
\set here 'ST_SetSRID(ST_MakePoint(1.5148, 42.5450), 4326)'
\set there 'ST_SetSRID(ST_MakePoint(1.7333, 42.5425), 4326)'
\endif
\set ECHO queries
\timing on
SELECT minutes, round((ST_Area(geom::geography) / 1e6)::numeric, 2) AS km2
FROM jobmarket.isochrone(:origin, '{2,5,10}');
SELECT mode, array_agg(round(t::numeric, 1)) AS minutes
FROM jobmarket.road_mode, unnest(jobmarket.travel_time(:origin, ARRAY[:here, :there], mode)) t
GROUP BY mode;
\timing off
