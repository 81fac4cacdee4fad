-- ---------------------------------------------------------------------------
-- isochrone_remote: areas that a service computes, and the cache of them
-- ---------------------------------------------------------------------------

-- Another function of the same name, for it asks a server and writes the cache:
-- what does neither stays STABLE and parallel safe.  network stands before the
-- arguments with defaults, so that a call without it is never this one.
CREATE FUNCTION jobmarket.isochrone(origin geometry, minutes float8[], network name, mode text DEFAULT 'car',
	direction text DEFAULT 'from', fallback boolean DEFAULT false)
RETURNS TABLE (minutes float8, geom geometry)
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3 COST 1000000
AS 'MODULE_PATHNAME', 'jobmarket_isochrone_remote';
COMMENT ON FUNCTION jobmarket.isochrone(geometry, float8[], name, text, text, boolean) IS
'The same areas as a service computes them: network names a server of provider ign_isochrone or valhalla (NULL: the network of this database); fallback: when the service fails, warn and take the network of this database';

CREATE TABLE jobmarket.isochrone_cache (
	cache_key text PRIMARY KEY,
	server_name name NOT NULL,
	mode text NOT NULL,
	direction text NOT NULL,
	minutes float8 NOT NULL,
	origin geometry(Point, 4326) NOT NULL,
	bytes bigint NOT NULL,
	fetched_at timestamptz NOT NULL,
	geom geometry(MultiPolygon, 4326) NOT NULL
);
CREATE INDEX isochrone_cache_fetched_at ON jobmarket.isochrone_cache (fetched_at);
COMMENT ON TABLE jobmarket.isochrone_cache IS 'Isochrones that remote servers computed; kept for jobmarket.isochrone_cache_expiry, the oldest deleted beyond jobmarket.isochrone_cache_size; deleting any is safe';
COMMENT ON COLUMN jobmarket.isochrone_cache.cache_key IS 'SHA-256 of the server''s name and address and of the request';
COMMENT ON COLUMN jobmarket.isochrone_cache.server_name IS 'Server that computed it';
COMMENT ON COLUMN jobmarket.isochrone_cache.mode IS 'Mode of travel: car, bike or foot';
COMMENT ON COLUMN jobmarket.isochrone_cache.direction IS 'from (who leaves the origin) or to (who goes to it)';
COMMENT ON COLUMN jobmarket.isochrone_cache.minutes IS 'Limit in minutes';
COMMENT ON COLUMN jobmarket.isochrone_cache.origin IS 'Origin, rounded to 0.00001 degrees (a metre)';
COMMENT ON COLUMN jobmarket.isochrone_cache.bytes IS 'Size of the area, bytes';
COMMENT ON COLUMN jobmarket.isochrone_cache.fetched_at IS 'When the server answered';
COMMENT ON COLUMN jobmarket.isochrone_cache.geom IS 'The area, WGS 84';
-- Not dumped: it can be had again, and its keys name servers of this cluster.
SELECT pg_catalog.pg_extension_config_dump('jobmarket.isochrone_cache', 'WHERE false');

CREATE FUNCTION jobmarket.cached_isochrones(keys text[], expiry_seconds integer)
RETURNS TABLE (cache_key text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT c.cache_key, c.geom
	FROM jobmarket.isochrone_cache c
	WHERE c.cache_key = ANY (keys) AND c.fetched_at > clock_timestamp() - make_interval(secs => expiry_seconds::float8);
END;
REVOKE ALL ON FUNCTION jobmarket.cached_isochrones(text[], integer) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.cached_isochrones(text[], integer) IS
'Part of isochrone: areas of the cache that are not too old';

-- Runs in the name of isochrone's caller, and computes from its arguments only.
CREATE FUNCTION jobmarket.read_isochrone(provider text, answer text, limits float8[])
RETURNS TABLE (geom geometry, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path FROM CURRENT
AS $$
DECLARE
	document jsonb;
	shapes jsonb[];
	shape jsonb;
	part geometry;
	wanted float8;
BEGIN
	FOREACH wanted IN ARRAY limits LOOP
		geom := NULL;
		problem := NULL;
		BEGIN
			document := coalesce(document, answer::jsonb);
			IF provider = 'ign_isochrone' THEN
				shapes := ARRAY[document->'geometry'];
			ELSE
				-- Valhalla rounds its contours to single precision
				shapes := ARRAY(SELECT f->'geometry' FROM jsonb_path_query(document, '$.features[*]') f
								WHERE abs((f->'properties'->>'contour')::float8 - wanted) <= float8 '1e-4' * wanted);
			END IF;
			FOREACH shape IN ARRAY shapes LOOP
				IF shape->>'type' IS NULL OR shape->>'type' NOT IN ('Polygon', 'MultiPolygon') THEN
					problem := format('a geometry of type %s stands where an area should be', coalesce(left(shape->>'type', 20), 'none'));
					EXIT;
				END IF;
				part := ST_SetSRID(ST_Force2D(ST_GeomFromGeoJSON(shape)), 4326);
				IF NOT ST_IsEmpty(part) AND NOT (
					ST_XMin(part::box3d) >= float8 '-180' AND ST_XMax(part::box3d) <= float8 '180'
					AND ST_YMin(part::box3d) >= float8 '-90' AND ST_YMax(part::box3d) <= float8 '90') THEN
					problem := 'an area lies outside the Earth';
					EXIT;
				END IF;
				-- a valid one comes back as it is
				part := ST_Multi(ST_CollectionExtract(ST_MakeValid(part), 3));
				geom := CASE WHEN geom IS NULL THEN part ELSE ST_Multi(ST_Union(geom, part)) END;
			END LOOP;
			IF geom IS NULL AND problem IS NULL THEN
				problem := format('it holds no area for %s minutes', wanted);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			problem := left(SQLERRM, 200);
		END;
		IF problem IS NOT NULL THEN
			geom := NULL;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION jobmarket.read_isochrone(text, text, float8[]) IS
'Part of isochrone: the area of each limit in a service''s answer, valid, or what is wrong with it';

CREATE FUNCTION jobmarket.cached_origin(longitude float8, latitude float8) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ST_SetSRID(ST_MakePoint(round(longitude::numeric, 5)::float8, round(latitude::numeric, 5)::float8), 4326);
COMMENT ON FUNCTION jobmarket.cached_origin(float8, float8) IS
'Part of isochrone: the origin as isochrone_cache shows it';

-- Keeping an answer must neither wait for another transaction nor fail because
-- of one: who does not get a lock at once does without.  A lock stands for many
-- keys, for a query over many places must not fill the server's table of locks.
-- It runs as the owner of the cache: no schema of others is on its path.
CREATE FUNCTION jobmarket.cache_isochrone(key text, server name, mode text, direction text, minutes float8,
	longitude float8, latitude float8, area geometry, expiry_seconds integer, max_bytes bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	expired timestamptz := clock_timestamp() - make_interval(secs => expiry_seconds);
BEGIN
	IF NOT pg_try_advisory_xact_lock('jobmarket.isochrone_cache'::regclass::oid::integer, hashtext(key) & 255) THEN
		RETURN;
	END IF;
	-- somebody else may be deleting the row
	PERFORM FROM jobmarket.isochrone_cache c WHERE c.cache_key = key FOR UPDATE SKIP LOCKED;
	IF NOT FOUND AND EXISTS (SELECT FROM jobmarket.isochrone_cache c WHERE c.cache_key = key) THEN
		RETURN;
	END IF;
	INSERT INTO jobmarket.isochrone_cache AS c (cache_key, server_name, mode, direction, minutes, origin, bytes, fetched_at, geom)
	VALUES (key, server, mode, direction, minutes, jobmarket.cached_origin(longitude, latitude),
		pg_column_size(area), clock_timestamp(), area)
	ON CONFLICT (cache_key) DO UPDATE SET bytes = excluded.bytes, fetched_at = excluded.fetched_at, geom = excluded.geom;
	IF EXISTS (SELECT FROM jobmarket.isochrone_cache WHERE fetched_at < expired)
		OR (SELECT sum(bytes) FROM jobmarket.isochrone_cache) > max_bytes
	THEN
		DELETE FROM jobmarket.isochrone_cache
		WHERE cache_key IN (
			SELECT c.cache_key FROM jobmarket.isochrone_cache c
			WHERE c.cache_key IN (
				SELECT q.cache_key
				FROM (SELECT cache_key, fetched_at, sum(bytes) OVER (ORDER BY fetched_at DESC, cache_key) AS total
					  FROM jobmarket.isochrone_cache) q
				WHERE q.total > max_bytes OR q.fetched_at < expired)
			FOR UPDATE SKIP LOCKED);
	END IF;
EXCEPTION WHEN transaction_rollback OR lock_not_available THEN
	-- REPEATABLE READ, and another changed the cache: the answer is good all the same
	RETURN;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.cache_isochrone(text, name, text, text, float8, float8, float8, geometry, integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.cache_isochrone(text, name, text, text, float8, float8, float8, geometry, integer, bigint) IS
'Part of isochrone: keeps an area, and deletes what is too old or too much';

