-- not the schema that is named like the user
SET search_path = public;
-- Travel times and isochrones on a small town: 12 by 12 streets of about
-- 110 m, all of them 36 km/h, so that a street takes about 11 seconds.
CREATE TABLE ways AS
SELECT row_number() OVER (ORDER BY j, i, k) AS gid, j * 12 + i AS source, (j + k) * 12 + i + 1 - k AS target,
	ST_Length(g::geography) / 10 AS cost_s, ST_Length(g::geography) / 10 AS reverse_cost_s, g AS the_geom
FROM generate_series(0, 11) j, generate_series(0, 11) i, generate_series(0, 1) k,
	LATERAL (SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(6 + 0.0015 * i, 49 + 0.001 * j),
		ST_MakePoint(6 + 0.0015 * (i + 1 - k), 49 + 0.001 * (j + k))), 4326) AS g) l
WHERE i + 1 - k < 12 AND j + k < 12;
CALL jobmarket.load_road_network('ways', costs => 'table');
CREATE FUNCTION pg_temp.at(x float8, y float8) RETURNS geometry LANGUAGE sql IMMUTABLE
RETURN ST_SetSRID(ST_MakePoint(6 + 0.0015 * x, 49 + 0.001 * y), 4326);

-- along the streets, from street corners and between them
SELECT round(t::numeric, 4) FROM unnest(jobmarket.travel_time(pg_temp.at(0, 0),
	ARRAY[pg_temp.at(0, 0), pg_temp.at(1, 0), pg_temp.at(0, 1), pg_temp.at(11, 11), pg_temp.at(0.5, 0), pg_temp.at(3, 2.25)])) t;
-- the same edge, both ways along it
SELECT round(t::numeric, 4) FROM unnest(jobmarket.travel_time(pg_temp.at(0.5, 0),
	ARRAY[pg_temp.at(0.75, 0), pg_temp.at(0.25, 0), pg_temp.at(0.5, 0)])) t;
-- near a road, too far from any, in the sea, NULL, empty
SELECT jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(11, 11.1), pg_temp.at(30, 30), ST_SetSRID(ST_MakePoint(-20, 40), 4326),
	NULL, ST_GeomFromText('POINT EMPTY', 4326)]) IS NOT NULL;
SELECT t IS NULL AS none FROM unnest(jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(11, 11.1), pg_temp.at(30, 30),
	ST_SetSRID(ST_MakePoint(-20, 40), 4326), NULL, ST_GeomFromText('POINT EMPTY', 4326)])) t;
SELECT jobmarket.travel_time(pg_temp.at(500, 0), ARRAY[pg_temp.at(0, 0)]);
SELECT jobmarket.travel_time(ST_GeomFromText('POINT EMPTY', 4326), ARRAY[pg_temp.at(0, 0)]);
SELECT jobmarket.travel_time(NULL, ARRAY[pg_temp.at(0, 0)]), jobmarket.travel_time(pg_temp.at(0, 0), NULL),
	jobmarket.travel_time(pg_temp.at(0, 0), '{}'), jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(0, 0)], NULL);
-- a limit
SELECT t IS NULL AS beyond FROM unnest(jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(5, 0), pg_temp.at(6, 0)], max_minutes => 1)) t;
-- other reference systems, three dimensions, none
SELECT round((jobmarket.travel_time(ST_Transform(pg_temp.at(0, 0), 2154), ARRAY[ST_Transform(pg_temp.at(4, 4), 3857)]))[1]::numeric, 2),
	round((jobmarket.travel_time(ST_Force4D(pg_temp.at(0, 0)), ARRAY[ST_SetSRID(pg_temp.at(4, 4), 0)]))[1]::numeric, 2);
-- dimensions are kept
SELECT array_dims(jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[[pg_temp.at(0, 0), pg_temp.at(1, 1)], [NULL, pg_temp.at(2, 2)]]));

-- one-way streets, eastwards and westwards in turn
UPDATE jobmarket.road_edge SET reverse_seconds = NULL WHERE source / 12 = target / 12 AND source / 12 % 2 = 0;
UPDATE jobmarket.road_edge SET seconds = -1 WHERE source / 12 = target / 12 AND source / 12 % 2 = 1;
SELECT d, round((jobmarket.travel_time(pg_temp.at(1, 5), ARRAY[pg_temp.at(4, 5)], direction => d))[1]::numeric, 3)
FROM unnest('{from,to}'::text[]) d;
SELECT count(*) FILTER (WHERE a = b) AS equal, count(*) FILTER (WHERE a IS NULL) AS unreached FROM (
	SELECT (jobmarket.travel_time(pg_temp.at(x, 2), ARRAY[pg_temp.at(3, y)]))[1] AS a,
		(jobmarket.travel_time(pg_temp.at(3, y), ARRAY[pg_temp.at(x, 2)], direction => 'to'))[1] AS b
	FROM generate_series(0, 11) x, generate_series(0, 11) y) q;
-- who is reached differs from who can come
SELECT ST_Contains(a.geom, pg_temp.at(8, 5)) AS there, ST_Contains(b.geom, pg_temp.at(8, 5)) AS back,
	ST_Contains(a.geom, pg_temp.at(2, 5)) AS there, ST_Contains(b.geom, pg_temp.at(2, 5)) AS back
FROM jobmarket.isochrone(pg_temp.at(5, 5), '{0.7}') a, jobmarket.isochrone(pg_temp.at(5, 5), '{0.7}', direction => 'to') b;
UPDATE jobmarket.road_edge e SET seconds = cost_s, reverse_seconds = reverse_cost_s FROM ways WHERE gid = edge_id;

-- many to many, and positions stored beforehand
SELECT origin, destination, round(minutes::numeric, 3) FROM jobmarket.travel_time_matrix(
	ARRAY[pg_temp.at(0, 0), NULL, pg_temp.at(3, 3)], ARRAY[pg_temp.at(0, 1), NULL, pg_temp.at(3, 3)]) ORDER BY 1, 2;
SELECT count(*) FROM unnest('{car,NULL}'::text[]) mode, LATERAL jobmarket.travel_time_matrix(ARRAY[pg_temp.at(0, 0)], '{}', mode);
CREATE TABLE place AS
SELECT n, geom, jobmarket.road_position(geom) AS position
FROM (SELECT row_number() OVER () AS n, pg_temp.at(x * 1.37 - 2, y * 1.11) AS geom FROM generate_series(0, 9) x, generate_series(0, 9) y) q;
SELECT count(*), count(position) FROM place;
CREATE VIEW both_ways AS
SELECT (SELECT jobmarket.travel_time(pg_temp.at(5, 5), array_agg(geom ORDER BY n)) FROM place) AS by_geom,
	(SELECT jobmarket.travel_time(pg_temp.at(5, 5), array_agg(geom ORDER BY n), positions => array_agg(position ORDER BY n)) FROM place) AS by_position,
	(SELECT jobmarket.travel_time(pg_temp.at(5, 5), array_agg(NULL::geometry ORDER BY n), positions => array_agg(position ORDER BY n)) FROM place) AS without_geom;
SELECT count(*), max(abs(a - b)) < 0.001 AS close, bool_and(b IS NOT DISTINCT FROM c) AS same
FROM both_ways, unnest(by_geom, by_position, without_geom) u(a, b, c);
-- those of another mode are of no use
SELECT count(t) FROM place, unnest(jobmarket.travel_time(pg_temp.at(5, 5), ARRAY[NULL::geometry], 'foot', positions => ARRAY[position])) t;
-- once the network changes the points themselves are taken
UPDATE jobmarket.road_edge SET seconds = seconds + 0.001 WHERE edge_id = 1;
SELECT bool_and(a IS NOT DISTINCT FROM b) AS same, count(c) FROM both_ways, unnest(by_geom, by_position, without_geom) u(a, b, c);
SELECT jobmarket.travel_time(pg_temp.at(5, 5), ARRAY[pg_temp.at(1, 1)], positions => '{1,2}');
SELECT jobmarket.travel_time(pg_temp.at(5, 5), ARRAY[pg_temp.at(30, 30)], positions => ARRAY[p])
FROM unnest('{-1,0,9223372036854775807}'::bigint[]) p;

-- isochrones: valid, nested, in the order asked for, duplicates too
CREATE TABLE iso AS SELECT * FROM jobmarket.isochrone(pg_temp.at(5.5, 5), '{1,0.5,2,1}');
SELECT minutes, GeometryType(geom), ST_SRID(geom), ST_IsValid(geom), ST_NumGeometries(geom) FROM iso;
SELECT a.minutes, b.minutes, ST_Covers(b.geom, a.geom) FROM iso a, iso b WHERE a.minutes < b.minutes ORDER BY 1, 2;
-- what is in it: streets by their travel time, looked at every 5 m
CREATE FUNCTION pg_temp.wrong(area geometry, minutes float8, origin geometry, OUT missed numeric, OUT excess numeric) LANGUAGE sql AS $$
	SELECT round(100.0 * count(*) FILTER (WHERE t <= minutes AND NOT inside) / nullif(count(*) FILTER (WHERE t <= minutes), 0)),
		round(100.0 * count(*) FILTER (WHERE t IS DISTINCT FROM least(t, minutes) AND inside) / nullif(count(*) FILTER (WHERE t > minutes), 0))
	FROM (SELECT ST_Contains(area, p) AS inside, (jobmarket.travel_time(origin, ARRAY[p]))[1] AS t
		  FROM jobmarket.road_edge, generate_series(0.02, 0.98, 0.05) f, LATERAL ST_LineInterpolatePoint(geom, f) p) q $$;
SELECT DISTINCT iso.minutes, w.missed <= 1 AS missed_ok, w.excess <= 2 AS excess_ok
FROM (SELECT * FROM iso WHERE minutes < 2	-- beyond, hardly any street is left to be held wrongly
	UNION SELECT * FROM jobmarket.isochrone(pg_temp.at(5.5, 5), '{1.5}')) iso,
	LATERAL pg_temp.wrong(geom, minutes, pg_temp.at(5.5, 5)) w ORDER BY 1;
-- not as far as the next corner
SELECT minutes, ST_Contains(geom, pg_temp.at(5.5, 5)) AS around, ST_Contains(geom, pg_temp.at(6, 5)) AS corner
FROM jobmarket.isochrone(pg_temp.at(5.5, 5), '{0.01,0.05}');
-- nor anywhere
SELECT count(*) FILTER (WHERE ST_IsEmpty(geom)) AS empty FROM generate_series(1, 49) k,
	jobmarket.isochrone(pg_temp.at(3 + k / 20.0, 5), '{0.001,0.002}');
-- a block that no street enters is a hole once it is wide enough
DELETE FROM jobmarket.road_edge WHERE ST_X(ST_Centroid(geom)) BETWEEN 6.0031 AND 6.0134 AND ST_Y(ST_Centroid(geom)) BETWEEN 49.0021 AND 49.0089;
SELECT ST_IsValid(geom), ST_NumGeometries(geom), ST_NumInteriorRings(ST_GeometryN(geom, 1)) FROM jobmarket.isochrone(pg_temp.at(0, 0), '{30}');
-- nowhere near: an empty area; nothing asked for: nothing
SELECT minutes, ST_AsText(geom), ST_SRID(geom) FROM jobmarket.isochrone(ST_SetSRID(ST_MakePoint(-20, 40), 4326), '{5,10}');
SELECT minutes, ST_AsText(geom) FROM jobmarket.isochrone(ST_GeomFromText('POINT EMPTY', 4326), '{5}');
SELECT count(*) FROM jobmarket.isochrone(pg_temp.at(0, 0), '{}');
SELECT count(*) FROM jobmarket.isochrone(NULL, '{5}');
SELECT count(*) FROM jobmarket.isochrone(pg_temp.at(0, 0), NULL);
SELECT count(*) FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5}', NULL);
SELECT ST_IsValid(geom), ST_IsEmpty(geom) FROM jobmarket.isochrone(pg_temp.at(0, 0), '{0.001,35000}');

-- bad input
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{0}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{-5}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{NaN}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{Infinity}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{1e9}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5,NULL}');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), array_fill(5::float8, '{1000}'));
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5}', 'boat');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5}', '../../etc');
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5}', direction => 'up');
SELECT * FROM jobmarket.isochrone(ST_Buffer(pg_temp.at(0, 0), 1), '{5}');
SELECT * FROM jobmarket.isochrone(ST_SetSRID(ST_MakePoint(600, 49), 4326), '{5}');
SELECT * FROM jobmarket.isochrone(ST_SetSRID(ST_MakePoint('NaN', 49), 4326), '{5}');
SELECT * FROM jobmarket.isochrone(ST_SetSRID(ST_MakePoint('Infinity', 49), 2154), '{5}');
SELECT jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[ST_GeomFromText('LINESTRING(6 49, 6.1 49)', 4326)]);
SELECT jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(0, 0)], max_minutes => -1);
SELECT jobmarket.road_position(pg_temp.at(100, 100)), jobmarket.road_position(NULL);

-- what a transaction changed is seen by it alone, and forgotten with it
BEGIN;
UPDATE jobmarket.road_edge SET seconds = 60, reverse_seconds = 60;
SELECT jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(1, 0)]);
ROLLBACK;
SELECT round((jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(1, 0)]))[1]::numeric, 3);

-- in a parallel worker
SET force_parallel_mode = on;
SELECT round((jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(1, 0)]))[1]::numeric, 3);
UPDATE jobmarket.road_edge SET seconds = seconds;
SELECT round((jobmarket.travel_time(pg_temp.at(0, 0), ARRAY[pg_temp.at(1, 0)]))[1]::numeric, 3);
RESET force_parallel_mode;

-- areas that end in the middle of an edge, whatever its length, also where they
-- extend no farther than the roads
SELECT fill_metres AS fill_before FROM jobmarket.road_mode WHERE mode = 'car' \gset
CREATE TABLE line AS
SELECT b * 10 + k AS gid, b * 10 + k AS source, b * 10 + k + 1 AS target, m / 10.0 AS cost_s, m / 10.0 AS reverse_cost_s,
	ST_MakeLine(ST_Project(o::geography, before, pi() / 2)::geometry, ST_Project(o::geography, before + m, pi() / 2)::geometry) AS the_geom
FROM unnest(ARRAY[80, 99, 101]) b, LATERAL (SELECT ST_SetSRID(ST_MakePoint(6, 49 + b / 100.0), 4326) AS o) p,
	LATERAL (VALUES (1, 0, 10), (2, 10, b), (3, 10 + b, 100)) v(k, before, m)
UNION ALL	-- their beginnings, connected from south to north
SELECT 1, 801, 991, 2000, 2000, 'SRID=4326;LINESTRING(6 49.8, 6 49.99)'
UNION ALL SELECT 2, 991, 1011, 2000, 2000, 'SRID=4326;LINESTRING(6 49.99, 6 50.01)';
CALL jobmarket.load_road_network('line', costs => 'table');
UPDATE jobmarket.road_mode SET fill_metres = 0 WHERE mode = 'car';
SELECT b, ST_Distance(o::geography, ST_SetSRID(ST_MakePoint(ST_XMax(geom), ST_Y(o)), 4326)::geography)::int - b AS beyond
FROM unnest(ARRAY[80, 99, 101]) b, LATERAL (SELECT ST_SetSRID(ST_MakePoint(6, 49 + b / 100.0), 4326) AS o) p,
	LATERAL jobmarket.isochrone(o, ARRAY[(10 + b - 4) / 600.0]);
UPDATE jobmarket.road_mode SET fill_metres = :fill_before WHERE mode = 'car';
DROP TABLE line;

-- a network without edges
TRUNCATE jobmarket.road_edge;
SELECT * FROM jobmarket.isochrone(pg_temp.at(0, 0), '{5}');
DROP TABLE ways, place, iso CASCADE;
