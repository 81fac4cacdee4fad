-- isochrone_accuracy.sql: what isochrones hold and what they leave out; run by
-- isochrone_accuracy.sh.  Settings (psql variables): modes (text[]), limits
-- (float8[], minutes), origins (places by mode), points (looked at for each
-- area), direction, seed.
--
-- The true times are pgRouting's.  The edges on which the origins lie are cut
-- in two there, so that each origin is a vertex and no edge is a special case:
-- a point of an edge is reached from either end that is open to it, whichever
-- is sooner.  The length that an area holds is estimated from points at random
-- places, one on each of equally long pieces of all the roads that the area or
-- the reached part of the network may touch.
SET client_min_messages = warning;
-- the functions read tables that are made for each mode and origin
SET check_function_bodies = off;
SELECT setseed(:seed) \g /dev/null

CREATE TEMPORARY TABLE area (
	mode text, call text, minutes float8, origin integer, place geometry, geom geometry,
	reached float8, reached_inside float8, unreached float8, unreached_inside float8, valid boolean);

-- The edges of a mode with its origins, as vertices -1, -2, … ; flat is the
-- course with both axes to scale, t and t2 are seconds both ways along it.
CREATE PROCEDURE pg_temp.network(mode text, origins integer, direction text) LANGUAGE plpgsql AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.road, pg_temp.origin, pg_temp.reached;
	CREATE TEMPORARY TABLE road AS
	SELECT row_number() OVER (ORDER BY id) AS id, source, target, k, ST_Length(geom::geography) AS metres, ST_Scale(geom, k, 1) AS flat,
		-- who can reach the origin: the same question with all roads turned round
		CASE direction WHEN 'to' THEN reverse_cost ELSE cost END AS cost,
		CASE direction WHEN 'to' THEN cost ELSE reverse_cost END AS reverse_cost
	FROM jobmarket.road_cost(mode), LATERAL (SELECT cos(radians(ST_Y(ST_StartPoint(geom)))) AS k) s
	WHERE (cost >= 0 OR reverse_cost >= 0) AND ST_Length(geom) > 0;
	-- places from which one gets away and back, not where other edges are as near
	CREATE TEMPORARY TABLE origin AS
	WITH part AS (
		SELECT node, count(*) OVER (PARTITION BY component) AS size
		FROM pgr_strongComponents('SELECT id, source, target, cost, reverse_cost FROM road')),
	largest AS (SELECT node FROM part WHERE size = (SELECT max(size) FROM part))
	SELECT row_number() OVER ()::integer AS origin, r.id, 0.1 + 0.8 * random() AS share
	FROM (SELECT * FROM road ORDER BY id) r
	WHERE source IN (SELECT node FROM largest) AND target IN (SELECT node FROM largest)
	ORDER BY random() LIMIT origins;
	ALTER TABLE origin ADD place geometry;
	UPDATE origin o SET place = ST_Scale(ST_LineInterpolatePoint(r.flat, o.share), 1 / r.k, 1) FROM road r WHERE r.id = o.id;
	INSERT INTO road
	SELECT max_id + 2 * o.origin - h.half, CASE h.half WHEN 1 THEN r.source ELSE -o.origin END, CASE h.half WHEN 1 THEN -o.origin ELSE r.target END,
		r.k, r.metres * part, ST_LineSubstring(r.flat, from_share, to_share), r.cost * part, r.reverse_cost * part
	FROM origin o JOIN road r USING (id), (SELECT max(id) AS max_id FROM road) m,
		LATERAL (VALUES (1, 0, o.share), (0, o.share, 1)) AS h(half, from_share, to_share),
		LATERAL (SELECT to_share - from_share AS part) p;
	DELETE FROM road USING origin WHERE road.id = origin.id;
	CREATE INDEX ON road (id);
	ANALYZE road;
END
$$;

-- True times to both ends of each road from one origin, within a limit.
CREATE PROCEDURE pg_temp.search(origin integer, minutes float8) LANGUAGE plpgsql AS $$
BEGIN
	DROP TABLE IF EXISTS pg_temp.reached;
	CREATE TEMPORARY TABLE reached AS
	WITH node AS (
		SELECT node, agg_cost FROM pgr_drivingDistance('SELECT id, source, target, cost, reverse_cost FROM road',
			-origin, minutes * 60, directed => true))
	SELECT r.id, CASE WHEN r.cost >= 0 THEN a.agg_cost END AS from_source, CASE WHEN r.reverse_cost >= 0 THEN b.agg_cost END AS from_target
	FROM road r LEFT JOIN node a ON a.node = r.source LEFT JOIN node b ON b.node = r.target
	WHERE r.cost >= 0 AND a.node IS NOT NULL OR r.reverse_cost >= 0 AND b.node IS NOT NULL;
	CREATE INDEX ON reached (id);
	ANALYZE reached;
END
$$;

-- Metres of road reached and not, and of each those inside the area.
CREATE FUNCTION pg_temp.measure(area geometry, minutes float8, points integer,
	OUT reached float8, OUT reached_inside float8, OUT unreached float8, OUT unreached_inside float8)
LANGUAGE sql AS $$
	WITH near AS MATERIALIZED (
		SELECT r.id, r.metres, r.cost, r.reverse_cost, r.k, r.flat, d.from_source, d.from_target
		FROM road r LEFT JOIN reached d USING (id)
		WHERE least(d.from_source, d.from_target) <= minutes * 60 OR ST_Scale(r.flat, 1 / r.k, 1) && area),
	piece AS (
		SELECT n.*, greatest(1, ceil(n.metres * points / (SELECT sum(metres) FROM near)))::integer AS pieces FROM near n),
	point AS (
		SELECT p.metres / p.pieces AS metres, ST_Intersects(area, ST_Scale(ST_LineInterpolatePoint(p.flat, s.share), 1 / p.k, 1)) AS inside,
			coalesce(least(p.from_source + s.share * p.cost, p.from_target + (1 - s.share) * p.reverse_cost) <= minutes * 60, false) AS reached
		FROM piece p, generate_series(1, p.pieces) i, LATERAL (SELECT (i - random()) / p.pieces AS share) s)
	SELECT coalesce(sum(metres) FILTER (WHERE reached), 0), coalesce(sum(metres) FILTER (WHERE reached AND inside), 0),
		-- what is nowhere near was not reached
		coalesce(sum(metres) FILTER (WHERE NOT reached), 0) + (SELECT sum(metres) FROM road) - (SELECT sum(metres) FROM near),
		coalesce(sum(metres) FILTER (WHERE NOT reached AND inside), 0)
	FROM point
$$;

-- Each limit in a call of its own, and all in one.
CREATE PROCEDURE pg_temp.measure_mode(mode text, limits float8[], origins integer, points integer, direction text) LANGUAGE plpgsql AS $$
DECLARE
	o record;
	longest float8 := (SELECT max(m) FROM unnest(limits) m);
BEGIN
	CALL pg_temp.network(mode, origins, direction);
	FOR o IN SELECT origin.origin, origin.place FROM origin LOOP
		INSERT INTO area (mode, call, minutes, origin, place, geom)
		SELECT measure_mode.mode, 'alone', i.minutes, o.origin, o.place, i.geom
		FROM unnest(limits) m, LATERAL jobmarket.isochrone(o.place, ARRAY[m], measure_mode.mode, direction) i
		UNION ALL
		SELECT measure_mode.mode, 'together', i.minutes, o.origin, o.place, i.geom
		FROM jobmarket.isochrone(o.place, limits, measure_mode.mode, direction) i;
		CALL pg_temp.search(o.origin, longest);
		UPDATE area a SET (reached, reached_inside, unreached, unreached_inside) = (SELECT * FROM pg_temp.measure(a.geom, a.minutes, points)),
			valid = ST_IsValid(a.geom)
		WHERE a.mode = measure_mode.mode AND a.origin = o.origin;
	END LOOP;
END
$$;

SELECT format('CALL pg_temp.measure_mode(%L, %L, %s, %s, %L)', m, :'limits', :origins, :points, :'direction')
FROM unnest(:'modes'::text[]) m \gexec

\pset footer off
CREATE TEMPORARY VIEW result AS
SELECT *, 100 * reached_inside / nullif(reached, 0) AS held, 100 * unreached_inside / nullif(unreached, 0) AS excess,
	reached_inside < 0.99 * reached OR unreached_inside > 0.02 * unreached OR ST_IsEmpty(geom) AS misses
FROM area;
CREATE TEMPORARY VIEW not_nested AS
SELECT a.mode, b.minutes, a.origin FROM area a JOIN area b USING (mode, origin, call)
WHERE a.call = 'together' AND a.minutes < b.minutes AND NOT ST_Covers(b.geom, a.geom);
\echo per cent of the reached and of the unreached length inside
SELECT mode, call, minutes, count(*) AS areas, round(min(held)::numeric, 2) AS reached_worst, round(avg(held)::numeric, 2) AS reached_mean,
	round(max(excess)::numeric, 2) AS unreached_worst, round(avg(excess)::numeric, 2) AS unreached_mean, bool_and(valid) AS all_valid,
	CASE call WHEN 'together' THEN NOT EXISTS (SELECT FROM not_nested n WHERE n.mode = r.mode AND n.minutes = r.minutes) END AS nested,
	count(*) FILTER (WHERE misses) AS missing
FROM result r GROUP BY mode, call, minutes ORDER BY mode, call, minutes;
SELECT EXISTS (SELECT FROM result WHERE misses) AS any \gset
\if :any
\echo areas that miss
SELECT mode, call, minutes, round(ST_X(place)::numeric, 6) AS lon, round(ST_Y(place)::numeric, 6) AS lat, round(held::numeric, 2) AS reached_inside,
	round(excess::numeric, 2) AS unreached_inside, round((reached / 1000)::numeric, 3) AS reached_km, round((unreached / 1000)::numeric, 3) AS unreached_km
FROM result WHERE misses ORDER BY mode, call, minutes, origin;
\endif
\pset tuples_only on
\pset format unaligned
SELECT format('%s of %s areas miss a limit, %s are not valid, %s not nested', count(*) FILTER (WHERE misses), count(*),
	count(*) FILTER (WHERE NOT valid), (SELECT count(*) FROM not_nested)) FROM result;
