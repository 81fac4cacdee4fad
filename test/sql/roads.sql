-- not the schema that is named like the user
SET search_path = public;
-- The road tables: reading tags, loading from either tool, costs.
\set VERBOSITY default
-- nothing is loaded
SELECT jobmarket.travel_time(ST_SetSRID(ST_Point(6.1, 49.1), 4326), '{}');
SELECT * FROM jobmarket.isochrone(ST_SetSRID(ST_Point(6.1, 49.1), 4326), '{10}');
CALL jobmarket.load_road_network();
-- tables of just anybody are not looked for: reading them may run their owner's code
BEGIN;
CREATE ROLE jobmarket_road_owner;
CREATE SCHEMA road_lair AUTHORIZATION jobmarket_road_owner;
SET ROLE jobmarket_road_owner;
CREATE VIEW road_lair.ways AS
SELECT 1 / 0 AS gid, 1 AS source, 2 AS target, ST_GeomFromText('LINESTRING(6 49, 6.01 49)', 4326) AS the_geom;
RESET ROLE;
SAVEPOINT s;
CALL jobmarket.load_road_network();
ROLLBACK TO s;
ALTER VIEW road_lair.ways OWNER TO CURRENT_USER;
CALL jobmarket.load_road_network();
ROLLBACK;
CALL jobmarket.load_road_network(costs => 'guess');
CALL jobmarket.load_road_network('pg_class');

-- rules that ship
SELECT mode, count(*), min(speed_kmh), max(speed_kmh) FROM jobmarket.road_speed GROUP BY mode ORDER BY mode;
SELECT mode, maxspeed_factor, snap_metres, fill_metres FROM jobmarket.road_mode ORDER BY mode;

-- tags
SELECT m, jobmarket.maxspeed_kmh(m)
FROM unnest('{50,50.0000000000,30 mph,80 km/h,FR:urban,FR:rural,FR:motorway,FR:zone30,walk,none,signals,1e3,-5,99999,50;70,"",0.000000000000000000000000000000000000000000000000001}'::text[]) m;
SELECT h, t, r.car, r.bike, r.foot
FROM (VALUES ('residential', '{}'), ('residential', '{"oneway": "yes"}'), ('residential', '{"oneway": "-1"}'),
	('residential', '{"oneway": "yes", "oneway:bicycle": "no"}'), ('residential', '{"oneway": "yes", "cycleway": "opposite_lane"}'),
	('motorway', '{}'), ('motorway', '{"oneway": "no"}'), ('tertiary', '{"junction": "roundabout"}'),
	('service', '{"access": "private"}'), ('service', '{"access": "private", "foot": "yes"}'),
	('track', '{"motor_vehicle": "forestry"}'), ('primary', '{"foot": "use_sidepath", "bicycle": "use_sidepath"}'),
	('service', '{"access": "no", "motorcar": "yes"}'), ('footway', '{"oneway": "yes"}')) v(h, t),
	LATERAL jobmarket.road_access(h, t::jsonb) r;

-- osm2pgrouting's tables: a main road 1-2-3, a one-way against its drawing
-- 2-4, a private drive 3-5, a footway 4-5, and rows that cannot be used
CREATE TABLE ways (gid bigint, source bigint, target bigint, tag_id int, one_way int, osm_id bigint,
	maxspeed_forward float8, maxspeed_backward float8, cost_s float8, reverse_cost_s float8, the_geom geometry);
CREATE TABLE configuration (tag_id int, tag_key text, tag_value text, maxspeed_forward float8, maxspeed_backward float8);
INSERT INTO configuration VALUES (106, 'highway', 'primary', 90, 90), (110, 'highway', 'residential', 50, 50),
	(112, 'highway', 'service', 50, 50), (119, 'highway', 'footway', 50, 50);
-- an empty table leaves what is there
CALL jobmarket.load_road_network();
INSERT INTO ways VALUES
	(1, 1, 2, 106, 0, 11, 90, 90, 40, 40, ST_GeomFromText('LINESTRING(6 49, 6.01 49)', 4326)),
	(2, 2, 3, 106, 0, 11, 70, 50, 30, 'infinity', ST_GeomFromText('LINESTRING(6.01 49, 6.02 49)', 4326)),
	(3, 2, 4, 110, -1, 12, 50, 50, 10, 'NaN', ST_GeomFromText('LINESTRING(6.01 49, 6.01 49.01)', 4326)),
	(4, 3, 5, 112, 0, 13, 50, 50, -1, -1, ST_GeomFromText('LINESTRING(6.02 49, 6.02 49.01)', 4326)),
	(5, 4, 5, 119, 0, 14, 50, 50, NULL, 5, ST_GeomFromText('LINESTRING(6.01 49.01, 6.02 49.01)', 4326)),
	(6, 5, 6, 106, 0, 15, 90, 90, 1, 1, NULL),
	(7, NULL, 6, 106, 0, 15, 90, 90, 1, 1, ST_GeomFromText('LINESTRING(6 49, 6.01 49)', 4326)),
	(8, 5, 6, 106, 0, 15, 90, 90, 1, 1, ST_GeomFromText('LINESTRING EMPTY', 4326)),
	(9, 5, 6, 106, 0, 15, 90, 90, 1, 1, ST_GeomFromText('POINT(6 49)', 4326));
CALL jobmarket.load_road_network();
SELECT edge_id, source, target, highway, car, bike, foot, maxspeed_forward, maxspeed_backward, source_control, target_control, round(length_m) AS m
FROM jobmarket.road_edge ORDER BY edge_id;
SELECT node_id, degree, control FROM jobmarket.road_node ORDER BY node_id;
-- a known maximum counts by its factor; a class without speed is closed
SELECT id, source, target, cost, reverse_cost FROM jobmarket.road_cost('car') ORDER BY id;
SELECT id, source, target, cost, reverse_cost FROM jobmarket.road_cost('foot') ORDER BY id;
SELECT count(*) FROM jobmarket.road_cost('boat');
-- the tables' own costs, closed where they are negative, infinite or no number
CALL jobmarket.load_road_network('ways', costs => 'table');
SELECT id, cost, reverse_cost FROM jobmarket.road_cost('car') ORDER BY id;
SELECT n AS node, jobmarket.travel_time(a.geom, array_agg(b.geom ORDER BY b.node_id)) AS minutes
FROM unnest('{1,2,3,4}'::int[]) n JOIN jobmarket.road_node a ON a.node_id = n, jobmarket.road_node b
GROUP BY n, a.geom ORDER BY n;

-- with --addnodes but without --tags, with --tags, and with vertices that pgRouting made
BEGIN;
CREATE TABLE osm_ways (osm_id bigint);
CREATE TABLE osm_nodes (osm_id bigint, the_geom geometry(Point, 4326));
INSERT INTO osm_nodes VALUES (70, ST_GeomFromText('POINT(6.01 49)', 4326));
CREATE TABLE ways_vertices_pgr (id bigint, osm_id bigint, the_geom geometry(Point, 4326));
INSERT INTO ways_vertices_pgr VALUES (2, 70, ST_GeomFromText('POINT(6.01 49)', 4326));
CREATE VIEW at_node_2 AS
SELECT array_agg(edge_id ORDER BY edge_id) FILTER (WHERE source_control = 'stop') AS stops,
	array_agg(edge_id ORDER BY edge_id) FILTER (WHERE maxspeed_forward = 20) AS slow
FROM jobmarket.road_edge;
SET LOCAL client_min_messages = error;
CALL jobmarket.load_road_network('ways');
TABLE at_node_2;
ALTER TABLE osm_ways ADD tags jsonb;
INSERT INTO osm_ways VALUES (12, '{"maxspeed": "20"}');
ALTER TABLE osm_nodes ADD tags jsonb;
UPDATE osm_nodes SET tags = '{"highway": "stop"}';
CALL jobmarket.load_road_network('ways');
TABLE at_node_2;
ALTER TABLE ways_vertices_pgr DROP osm_id;
CALL jobmarket.load_road_network('ways');
TABLE at_node_2;
-- a table that only has the name
ALTER TABLE configuration DROP tag_value;
CALL jobmarket.load_road_network('ways');
SELECT DISTINCT highway FROM jobmarket.road_edge;
ROLLBACK;
-- the same number twice: nothing is loaded
BEGIN;
INSERT INTO ways SELECT * FROM ways WHERE gid <= 2;
CALL jobmarket.load_road_network('ways');
ROLLBACK;
SELECT count(*) FROM jobmarket.road_edge;
-- no seconds is no way; neither are more than a compiled network can hold
BEGIN;
CREATE TABLE own AS SELECT gid, source, target, the_geom, cost_s, reverse_cost_s FROM ways WHERE gid = 1;
INSERT INTO own
SELECT n, 1, 2, the_geom, c, r
FROM own, (VALUES (2, NULL, 7), (3, 7, NULL), (4, 1e308, 7), (5, 7, 2147483), (6, 1e-308, 0)) v(n, c, r);
CALL jobmarket.load_road_network('own', costs => 'table');
SELECT id, cost, reverse_cost FROM jobmarket.road_cost() ORDER BY id;
SELECT jobmarket.travel_time(a.geom, ARRAY[b.geom]) FROM jobmarket.road_node a, jobmarket.road_node b WHERE a.node_id = 1 AND b.node_id = 2;
-- lines in one part of many
ALTER TABLE own ALTER the_geom TYPE geometry USING ST_Multi(the_geom);
CALL jobmarket.load_road_network('own');
ROLLBACK;

-- osm2pgsql's: ways meet where they share a vertex, a bridge has none; two
-- ways that cross without one do not meet
CREATE TABLE planet_osm_line (osm_id bigint, highway text, oneway text, tags jsonb, way geometry(LineString, 3857));
CREATE TABLE planet_osm_point (osm_id bigint, highway text, way geometry(Point, 3857));
INSERT INTO planet_osm_line
SELECT osm_id, highway, oneway, tags::jsonb, ST_Transform(ST_GeomFromText(line, 4326), 3857)
FROM (VALUES
	(1, 'primary', NULL, '{"maxspeed": "70"}', 'LINESTRING(6 49, 6.01 49, 6.015 49.0001, 6.02 49, 6.03 49)'),
	(2, 'residential', 'yes', NULL, 'LINESTRING(6.01 48.99, 6.01 49, 6.01 49.01)'),
	(3, 'residential', NULL, '{"bridge": "yes", "layer": "1"}', 'LINESTRING(6.0175 48.99, 6.0175 49.01)'),
	(4, 'residential', NULL, NULL, 'LINESTRING(6.01 49.01, 6.0175 49.01, 6.0175 49.02, 6.01 49.01)'),
	(5, 'motorway', NULL, NULL, 'LINESTRING(7 49, 7.01 49)'),
	(6, NULL, NULL, '{"waterway": "river"}', 'LINESTRING(6 49, 6 50)'),
	(7, 'proposed', NULL, NULL, 'LINESTRING(6 49, 6 50)'),
	(-8, 'primary', NULL, NULL, 'LINESTRING(6 49, 6.01 49)')) v(osm_id, highway, oneway, tags, line);
INSERT INTO planet_osm_point
SELECT osm_id, highway, ST_Transform(ST_GeomFromText(point, 4326), 3857)
FROM (VALUES (1, 'traffic_signals', 'POINT(6.01 49)'), (2, 'traffic_signals', 'POINT(6.015 49.0001)'),
	(3, 'bus_stop', 'POINT(6.02 49)'), (4, 'stop', 'POINT(6.5 49)')) v(osm_id, highway, point);
CALL jobmarket.load_road_network('planet_osm_line');
SELECT edge_id, osm_id, source, target, highway, car, maxspeed_forward, source_control, target_control, signals, ST_AsText(geom, 4) AS geom
FROM jobmarket.road_edge ORDER BY edge_id;
SELECT id, cost, reverse_cost FROM jobmarket.road_cost('car') ORDER BY id;
CALL jobmarket.load_road_network('planet_osm_line', costs => 'table');
-- beside a table that is only called ways
BEGIN;
ALTER TABLE ways RENAME gid TO number;
CALL jobmarket.load_road_network();
ROLLBACK;
-- and where the right one is in another schema
BEGIN;
CREATE SCHEMA osm;
ALTER TABLE planet_osm_line SET SCHEMA osm;
ALTER TABLE ways SET SCHEMA osm;
CREATE TABLE ways (id int);
CREATE TABLE planet_osm_line (id int);
CALL jobmarket.load_road_network();
DROP TABLE osm.ways;
CALL jobmarket.load_road_network();
DROP TABLE osm.planet_osm_line;
CALL jobmarket.load_road_network();
ROLLBACK;
-- numbers as text
BEGIN;
CREATE TABLE own AS SELECT gid::text, source::text, target, osm_id::text, the_geom FROM ways;
CREATE TABLE own_vertices_pgr AS SELECT 1::text AS id, 70::text AS osm_id;
CREATE TABLE osm_nodes (osm_id bigint, tags jsonb, the_geom geometry(Point, 4326));
INSERT INTO osm_nodes VALUES (70, '{"highway": "traffic_signals"}', ST_GeomFromText('POINT(6 49)', 4326));
CALL jobmarket.load_road_network('own');
SELECT count(*) FROM jobmarket.road_node WHERE control = 'traffic_signals';
UPDATE own SET gid = 'first' WHERE gid = '1';
CALL jobmarket.load_road_network('own');
ROLLBACK;
-- its option --prefix: the points of the same name
BEGIN;
ALTER TABLE planet_osm_line RENAME TO "Nord_line";
CALL jobmarket.load_road_network('"Nord_line"');
SELECT count(*) FILTER (WHERE source_control = 'traffic_signals') FROM jobmarket.road_edge;
ALTER TABLE planet_osm_point RENAME TO "Nord_point";
CALL jobmarket.load_road_network('"Nord_line"');
SELECT count(*) FILTER (WHERE source_control = 'traffic_signals') FROM jobmarket.road_edge;
ROLLBACK;

-- what lies nowhere costs no more than itself
BEGIN;
CREATE TABLE off_ways AS SELECT * FROM ways WHERE gid <= 3;
INSERT INTO off_ways (gid, source, target, one_way, the_geom) VALUES (101, 1, 2, 0, ST_GeomFromText('LINESTRING(6 49, 600 490)', 4326)),
	(102, 1, 2, 0, ST_SetSRID(ST_MakeLine(ST_MakePoint(6, 49), ST_MakePoint('NaN', 'NaN')), 4326));
CALL jobmarket.load_road_network('off_ways');
SELECT edge_id FROM jobmarket.road_edge ORDER BY 1;
ALTER TABLE planet_osm_line ALTER way TYPE geometry;
INSERT INTO planet_osm_line (osm_id, highway, way) VALUES (20, 'primary', ST_GeomFromText('LINESTRING(6 49, 600 490)', 4326)),
	(21, 'primary', ST_SetSRID(ST_MakeLine(ST_MakePoint(6, 49), ST_MakePoint('NaN', 'NaN')), 4326));
CALL jobmarket.load_road_network('planet_osm_line');
ROLLBACK;

-- each change gives a new version
CREATE TEMPORARY TABLE seen AS SELECT version FROM jobmarket.road_network;
UPDATE jobmarket.road_speed SET speed_kmh = 30 WHERE road_speed_key = 'car/residential';
SELECT count(*) FROM jobmarket.road_network JOIN seen USING (version);
SELECT id, cost FROM jobmarket.road_cost('car') WHERE id = 3;
UPDATE seen SET version = (SELECT version FROM jobmarket.road_network);
-- as in a parallel restore
SET session_replication_role = replica;
UPDATE jobmarket.road_speed SET speed_kmh = 25 WHERE road_speed_key = 'car/residential';
RESET session_replication_role;
SELECT count(*) FROM jobmarket.road_network JOIN seen USING (version);
INSERT INTO jobmarket.road_speed VALUES ('car/track', 'car', 'path', 5);
INSERT INTO jobmarket.road_speed VALUES ('car/path', 'car', 'path', 0);
UPDATE jobmarket.road_mode SET fill_metres = 'NaN';
UPDATE jobmarket.road_mode SET snap_metres = 'infinity';

-- no edge may hang in the air
INSERT INTO jobmarket.road_edge (edge_id, source, target, highway, length_m, geom)
VALUES (99, 1, 999, 'service', 10, ST_GeomFromText('LINESTRING(6 49, 6.01 49)', 4326));

-- rights: the functions are for all, the tables and the loader are not
CREATE ROLE jobmarket_road_test;
SET ROLE jobmarket_road_test;
SELECT count(*) FROM jobmarket.road_edge;
CALL jobmarket.load_road_network('planet_osm_line');
SELECT count(*) > 0 FROM jobmarket.road_speed;
SELECT round((jobmarket.travel_time(ST_SetSRID(ST_Point(6.0175, 49.01), 4326), ARRAY[ST_SetSRID(ST_Point(6.0175, 48.99), 4326)]))[1]::numeric, 3);
RESET ROLE;
DROP ROLE jobmarket_road_test;
DROP TABLE ways, configuration, planet_osm_line, planet_osm_point, seen;
