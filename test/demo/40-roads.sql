-- Travel times on a generated town.
\pset footer off
\echo
\echo '==== How far in ten minutes?  A generated town at Metz ================'
\echo
\set ECHO none
\i :tree/test/demo_roads.sql
\set ECHO queries
\timing on
SELECT minutes, round((ST_Area(geom::geography) / 1e6)::numeric, 2) AS km2
FROM jobmarket.isochrone(ST_SetSRID(ST_MakePoint(6.14, 49.11), 4326), '{2,5,10}');
SELECT round(minutes::numeric, 1) AS minutes
FROM unnest(jobmarket.travel_time(ST_SetSRID(ST_MakePoint(6.14, 49.11), 4326),
	ARRAY[ST_SetSRID(ST_MakePoint(6.15, 49.12), 4326), ST_SetSRID(ST_MakePoint(6.18, 49.13), 4326)])) minutes;
\timing off
