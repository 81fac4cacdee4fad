-- demo_roads.sql: a generated town as road network, for databases without a
-- file of OpenStreetMap.  To be included by psql; settings (psql variables):
--   side      streets in each direction (60: about 7 km, 14,000 directed edges)
--   lon, lat  south-western corner (6.1, 49.08: Metz)
-- Every 8th street is a main road, every 40th an expressway that meets main
-- roads only; some streets are one-way, some are missing, most bend a little.
\if :{?side}
\else
\set side 60
\endif
\if :{?lon}
\else
\set lon 6.1
\endif
\if :{?lat}
\else
\set lat 49.08
\endif
CREATE TEMPORARY TABLE town AS
SELECT row_number() OVER (ORDER BY j, i, k) AS gid,
	j * :side::bigint + i AS source, (j + k) * :side::bigint + i + 1 - k AS target,
	CASE WHEN n % 40 = 0 THEN 'trunk' WHEN n % 8 = 0 THEN 'secondary' ELSE 'residential' END AS highway,
	CASE WHEN n % 8 = 0 OR h % 8 > 0 THEN 2 WHEN h % 16 = 8 THEN 1 ELSE -1 END AS one_way,
	CASE WHEN n % 40 = 0 THEN 110.0 WHEN n % 8 = 0 THEN 80.0 ELSE 50.0 END AS maxspeed_forward,
	CASE WHEN n % 40 = 0 THEN 110.0 WHEN n % 8 = 0 THEN 80.0 ELSE 50.0 END AS maxspeed_backward,
	ST_SetSRID(ST_MakeLine(ARRAY[
		ST_MakePoint(:lon + 0.0015 * i + x, :lat + 0.001 * j + y),
		ST_MakePoint(:lon + 0.0015 * (i + (1 - k) * 0.5) + 0.0001 * (h % 5), :lat + 0.001 * (j + k * 0.5) + 0.0001 * (h % 3)),
		ST_MakePoint(:lon + 0.0015 * (i + 1 - k) + x2, :lat + 0.001 * (j + k) + y2)]), 4326) AS the_geom
FROM generate_series(0, :side - 1) AS j, generate_series(0, :side - 1) AS i, generate_series(0, 1) AS k,
	LATERAL (SELECT CASE k WHEN 0 THEN j ELSE i END AS n, CASE k WHEN 0 THEN i ELSE j END AS along,
		abs(hashint8(j * 100003::bigint + i * 2 + k)) AS h,
		hashint8(j * 100003::bigint + i) % 100 * 0.000003 AS x, hashint8(i * 100003::bigint + j) % 100 * 0.000002 AS y,
		hashint8((j + k) * 100003::bigint + i + 1 - k) % 100 * 0.000003 AS x2,
		hashint8((i + 1 - k) * 100003::bigint + j + k) % 100 * 0.000002 AS y2) AS r
WHERE i + 1 - k < :side AND j + k < :side
	-- some streets are missing, and small ones do not meet the expressways
	AND (n % 8 = 0 OR (h % 16 > 0 AND along % 40 > 0 AND along % 40 < 39));
CALL jobmarket.load_road_network('pg_temp.town');
DROP TABLE pg_temp.town;
