-- ---------------------------------------------------------------------------
-- isochrone: areas reached, and travel times, on the road network
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.isochrone(origin geometry, minutes float8[], mode text DEFAULT 'car',
	direction text DEFAULT 'from')
RETURNS TABLE (minutes float8, geom geometry)
LANGUAGE C STABLE PARALLEL SAFE ROWS 3 COST 100000
AS 'MODULE_PATHNAME', 'jobmarket_isochrone';
COMMENT ON FUNCTION jobmarket.isochrone(geometry, float8[], text, text) IS
'Area reached within each number of minutes from the origin (or from which the origin is reached: direction ''to''): MultiPolygon in WGS 84, empty where there is no road near';

CREATE FUNCTION jobmarket.travel_time(origin geometry, destinations geometry[], mode text DEFAULT 'car',
	direction text DEFAULT 'from', max_minutes float8 DEFAULT NULL, positions bigint[] DEFAULT NULL)
RETURNS float8[]
LANGUAGE C STABLE PARALLEL SAFE COST 100000
AS 'MODULE_PATHNAME', 'jobmarket_travel_time';
COMMENT ON FUNCTION jobmarket.travel_time(geometry, geometry[], text, text, float8, bigint[]) IS
'Minutes from the origin to each destination (direction ''to'': from each to the origin), NULL where unreachable, above max_minutes, or without a road near; positions: those of road_position(), used where they are of the current network and mode';

CREATE FUNCTION jobmarket.road_position(location geometry, mode text DEFAULT 'car')
RETURNS bigint
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'jobmarket_road_position';
COMMENT ON FUNCTION jobmarket.road_position(geometry, text) IS
'Nearest place on the compiled network of a mode, to be stored with the point and given to travel_time(); NULL where no road is near; good for this mode, and until the network changes';

CREATE FUNCTION jobmarket.travel_time_matrix(origins geometry[], destinations geometry[], mode text DEFAULT 'car',
	max_minutes float8 DEFAULT NULL)
RETURNS TABLE (origin integer, destination integer, minutes float8)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
	SELECT o.n::integer, d.n::integer, d.minutes
	FROM unnest(origins) WITH ORDINALITY AS o(geom, n),
		-- NULL for a NULL origin, which has its rows all the same
		LATERAL unnest(coalesce(jobmarket.travel_time(o.geom, destinations, mode, 'from', max_minutes),
			array_fill(NULL::float8, ARRAY[coalesce(cardinality(destinations), 0)]))) WITH ORDINALITY AS d(minutes, n);
END;
COMMENT ON FUNCTION jobmarket.travel_time_matrix(geometry[], geometry[], text, float8) IS
'Minutes between each of the origins and each of the destinations, by their numbers in the arrays from 1; NULL where unreachable';
