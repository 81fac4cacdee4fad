-- ---------------------------------------------------------------------------
-- roads: the road network, what time its edges take, and loading it from the
-- tables that osm2pgrouting or osm2pgsql make
-- ---------------------------------------------------------------------------

-- Here and below: what is less than infinity is no NaN either.
CREATE TABLE jobmarket.road_mode (
	mode text PRIMARY KEY CHECK (mode ~ '^[a-z_]{1,15}$'),
	label text NOT NULL,
	access_column text NOT NULL CHECK (access_column IN ('car', 'bike', 'foot')),
	maxspeed_factor real CHECK (maxspeed_factor > 0 AND maxspeed_factor <= 100),
	snap_metres real NOT NULL DEFAULT 1000 CHECK (snap_metres >= 0 AND snap_metres < 'infinity'),
	fill_metres real NOT NULL DEFAULT 150 CHECK (fill_metres >= 0 AND fill_metres < 'infinity'),
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.road_mode IS 'Modes of travel on the road network';
COMMENT ON COLUMN jobmarket.road_mode.mode IS 'Name used in isochrone() and travel_time()';
COMMENT ON COLUMN jobmarket.road_mode.label IS 'What it is';
COMMENT ON COLUMN jobmarket.road_mode.access_column IS 'Column of road_edge that says in which direction an edge is open to it: car, bike or foot';
COMMENT ON COLUMN jobmarket.road_mode.maxspeed_factor IS 'Share of the legal maximum speed that is driven where that is known; NULL: the maximum does not matter';
COMMENT ON COLUMN jobmarket.road_mode.snap_metres IS 'How far from a road a point may lie, in metres';
COMMENT ON COLUMN jobmarket.road_mode.fill_metres IS 'How far from a reached road an isochrone extends, in metres';
COMMENT ON COLUMN jobmarket.road_mode.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.road_mode (mode, label, access_column, maxspeed_factor, snap_metres, fill_metres) VALUES
	('car', 'Car', 'car', 0.8, 1000, 150),
	('bike', 'Bicycle', 'bike', NULL, 500, 100),
	('foot', 'On foot', 'foot', NULL, 500, 75);
CALL jobmarket.keep_shipped('jobmarket.road_mode', 'mode');

-- Speeds of the default profiles of OSRM (profiles/car.lua, bicycle.lua and
-- foot.lua of Project-OSRM/osrm-backend, version 5), but for what they lack: car
-- on "road", bicycles on trunk roads, people on foot on trunk roads, cycleways
-- and bridleways.  A class without a row is closed.
CREATE TABLE jobmarket.road_speed (
	road_speed_key text PRIMARY KEY,
	mode text NOT NULL REFERENCES jobmarket.road_mode,
	highway text NOT NULL,
	speed_kmh real NOT NULL CHECK (speed_kmh > 0 AND speed_kmh < 'infinity'),
	junction_seconds real NOT NULL DEFAULT 0 CHECK (junction_seconds >= 0 AND junction_seconds < 'infinity'),
	shipped boolean NOT NULL DEFAULT false,
	UNIQUE (mode, highway),
	CHECK (road_speed_key = mode || '/' || highway)
);
COMMENT ON TABLE jobmarket.road_speed IS 'Speed by mode and road class; a class without a row is closed to the mode.  Shipped values: default profiles of OSRM (car.lua, bicycle.lua, foot.lua); this project''s own estimates are car/road, bike/trunk(_link), foot/trunk(_link), foot/cycleway, foot/bridleway and all seconds at junctions';
COMMENT ON COLUMN jobmarket.road_speed.road_speed_key IS 'mode/highway';
COMMENT ON COLUMN jobmarket.road_speed.mode IS 'Mode of travel';
COMMENT ON COLUMN jobmarket.road_speed.highway IS 'Road class: value of the key highway in OpenStreetMap';
COMMENT ON COLUMN jobmarket.road_speed.speed_kmh IS 'Speed where no legal maximum is known (or it does not matter to the mode), km/h';
COMMENT ON COLUMN jobmarket.road_speed.junction_seconds IS 'Time lost where an edge of this class ends in a junction of three roads or more without a signal, seconds';
COMMENT ON COLUMN jobmarket.road_speed.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.road_speed (road_speed_key, mode, highway, speed_kmh, junction_seconds)
SELECT 'car/' || highway, 'car', highway, speed, junction
FROM (VALUES
	('motorway', 90, 0), ('motorway_link', 45, 0), ('trunk', 85, 0), ('trunk_link', 40, 0),
	('primary', 65, 0.5), ('primary_link', 30, 0.5), ('secondary', 55, 0.5), ('secondary_link', 25, 0.5),
	('tertiary', 40, 1), ('tertiary_link', 20, 1), ('unclassified', 25, 1.5), ('residential', 25, 1.5),
	('living_street', 10, 1), ('service', 15, 1.5), ('road', 25, 1.5)) AS v(highway, speed, junction);
INSERT INTO jobmarket.road_speed (road_speed_key, mode, highway, speed_kmh, junction_seconds)
SELECT 'bike/' || highway, 'bike', highway, speed, 0.5
FROM (VALUES
	('trunk', 15), ('trunk_link', 15), ('primary', 15), ('primary_link', 15), ('secondary', 15),
	('secondary_link', 15), ('tertiary', 15), ('tertiary_link', 15), ('unclassified', 15),
	('residential', 15), ('living_street', 15), ('service', 15), ('road', 15), ('cycleway', 15),
	('track', 12), ('path', 13), ('footway', 4), ('pedestrian', 4), ('steps', 2)) AS v(highway, speed);
INSERT INTO jobmarket.road_speed (road_speed_key, mode, highway, speed_kmh, junction_seconds)
SELECT 'foot/' || highway, 'foot', highway, 5, 0
FROM unnest('{trunk,trunk_link,primary,primary_link,secondary,secondary_link,tertiary,tertiary_link,unclassified,
	residential,living_street,service,road,cycleway,track,path,footway,pedestrian,steps,bridleway}'::text[]) AS highway;
CALL jobmarket.keep_shipped('jobmarket.road_speed', 'road_speed_key');

CREATE TABLE jobmarket.road_control (
	road_control_key text PRIMARY KEY,
	mode text NOT NULL REFERENCES jobmarket.road_mode,
	control text NOT NULL,
	seconds real NOT NULL CHECK (seconds >= 0 AND seconds < 'infinity'),
	shipped boolean NOT NULL DEFAULT false,
	UNIQUE (mode, control),
	CHECK (road_control_key = mode || '/' || control)
);
COMMENT ON TABLE jobmarket.road_control IS 'Time lost at signals and signs by mode; without a row nothing is lost.  Shipped values: 2 s at signals as in the default profiles of OSRM (traffic_light_penalty); the others are this project''s own estimates';
COMMENT ON COLUMN jobmarket.road_control.road_control_key IS 'mode/control';
COMMENT ON COLUMN jobmarket.road_control.mode IS 'Mode of travel';
COMMENT ON COLUMN jobmarket.road_control.control IS 'traffic_signals, stop, give_way, mini_roundabout or crossing, as in OpenStreetMap';
COMMENT ON COLUMN jobmarket.road_control.seconds IS 'Mean time lost, seconds';
COMMENT ON COLUMN jobmarket.road_control.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.road_control (road_control_key, mode, control, seconds) VALUES
	('car/traffic_signals', 'car', 'traffic_signals', 2),
	('car/stop', 'car', 'stop', 3),
	('car/give_way', 'car', 'give_way', 1.5),
	('car/mini_roundabout', 'car', 'mini_roundabout', 1.5),
	('car/crossing', 'car', 'crossing', 0.5),
	('bike/traffic_signals', 'bike', 'traffic_signals', 2),
	('bike/stop', 'bike', 'stop', 2),
	('foot/traffic_signals', 'foot', 'traffic_signals', 2);
CALL jobmarket.keep_shipped('jobmarket.road_control', 'road_control_key');

CREATE TABLE jobmarket.road_node (
	node_id bigint PRIMARY KEY,
	degree integer NOT NULL DEFAULT 0,
	control text,
	geom geometry(Point, 4326) NOT NULL
);
COMMENT ON TABLE jobmarket.road_node IS 'Places where roads meet or end';
COMMENT ON COLUMN jobmarket.road_node.node_id IS 'Number of the node';
COMMENT ON COLUMN jobmarket.road_node.degree IS 'How many edges end there';
COMMENT ON COLUMN jobmarket.road_node.control IS 'traffic_signals, stop, give_way, mini_roundabout, crossing, or NULL';
COMMENT ON COLUMN jobmarket.road_node.geom IS 'Place, WGS 84';
SELECT pg_catalog.pg_extension_config_dump('jobmarket.road_node', '');

-- What is met at the ends stands in the edge, so that costs need no join with
-- the nodes: on ten million edges that join costs more than all the rest.
CREATE TABLE jobmarket.road_edge (
	edge_id bigint PRIMARY KEY,
	source bigint NOT NULL,
	target bigint NOT NULL,
	highway text NOT NULL,
	car text NOT NULL DEFAULT 'both' CHECK (car IN ('both', 'forward', 'backward', 'none')),
	bike text NOT NULL DEFAULT 'both' CHECK (bike IN ('both', 'forward', 'backward', 'none')),
	foot text NOT NULL DEFAULT 'both' CHECK (foot IN ('both', 'forward', 'backward', 'none')),
	maxspeed_forward real,
	maxspeed_backward real,
	source_control text,
	target_control text,
	signals smallint NOT NULL DEFAULT 0,
	seconds float8,
	reverse_seconds float8,
	length_m float8 NOT NULL CHECK (length_m >= 0 AND length_m <= 1e9),
	osm_id bigint,
	geom geometry(LineString, 4326) NOT NULL,
	CONSTRAINT road_edge_source_fkey FOREIGN KEY (source) REFERENCES jobmarket.road_node,
	CONSTRAINT road_edge_target_fkey FOREIGN KEY (target) REFERENCES jobmarket.road_node
);
COMMENT ON TABLE jobmarket.road_edge IS 'Roads between two nodes: the truth from which the compiled networks are made';
COMMENT ON COLUMN jobmarket.road_edge.edge_id IS 'Number of the edge';
COMMENT ON COLUMN jobmarket.road_edge.source IS 'Node at its first end';
COMMENT ON COLUMN jobmarket.road_edge.target IS 'Node at its second end';
COMMENT ON COLUMN jobmarket.road_edge.highway IS 'Road class: value of the key highway in OpenStreetMap';
COMMENT ON COLUMN jobmarket.road_edge.car IS 'Directions open to cars: both, forward (from source to target), backward or none';
COMMENT ON COLUMN jobmarket.road_edge.bike IS 'Directions open to bicycles';
COMMENT ON COLUMN jobmarket.road_edge.foot IS 'Directions open to people on foot';
COMMENT ON COLUMN jobmarket.road_edge.maxspeed_forward IS 'Legal maximum speed from source to target, km/h; NULL: not known';
COMMENT ON COLUMN jobmarket.road_edge.maxspeed_backward IS 'Legal maximum speed from target to source, km/h; NULL: not known';
COMMENT ON COLUMN jobmarket.road_edge.source_control IS 'Signal or sign at the source (road_control.control), ''junction'' where three roads or more meet without one, or NULL';
COMMENT ON COLUMN jobmarket.road_edge.target_control IS 'Signal or sign at the target, ''junction'', or NULL';
COMMENT ON COLUMN jobmarket.road_edge.signals IS 'Traffic signals between the two ends';
COMMENT ON COLUMN jobmarket.road_edge.seconds IS 'Travel time by car from source to target in place of the one from length and speed; negative: closed; NULL: from length and speed';
COMMENT ON COLUMN jobmarket.road_edge.reverse_seconds IS 'Travel time by car from target to source; counts where seconds is not NULL, and NULL is closed then';
COMMENT ON COLUMN jobmarket.road_edge.length_m IS 'Length in metres';
COMMENT ON COLUMN jobmarket.road_edge.osm_id IS 'Way of OpenStreetMap that it is part of';
COMMENT ON COLUMN jobmarket.road_edge.geom IS 'Course from source to target, WGS 84';
SELECT pg_catalog.pg_extension_config_dump('jobmarket.road_edge', '');

-- Not dumped: it tells states of this database's tables apart, and loading a
-- dump makes new states.
CREATE TABLE jobmarket.road_network (
	network_id integer PRIMARY KEY DEFAULT 1 CHECK (network_id = 1),
	version uuid NOT NULL,
	changed_at timestamptz NOT NULL
);
COMMENT ON TABLE jobmarket.road_network IS 'State of the road tables: one row, changed with them; a compiled network is good while it bears the same version';
COMMENT ON COLUMN jobmarket.road_network.network_id IS 'Always 1';
COMMENT ON COLUMN jobmarket.road_network.version IS 'New whenever a road table changes';
COMMENT ON COLUMN jobmarket.road_network.changed_at IS 'When that was';
SELECT pg_catalog.pg_extension_config_dump('jobmarket.road_network', 'WHERE false');

CREATE FUNCTION jobmarket.road_network_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO jobmarket.road_network (version, changed_at)
	VALUES (gen_random_uuid(), clock_timestamp())
	ON CONFLICT (network_id) DO UPDATE
		SET version = excluded.version, changed_at = excluded.changed_at;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.road_network_changed() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.road_network_changed() IS
'Trigger: gives the road network a new version, so that the next query compiles it again';

CREATE TRIGGER road_network_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.road_edge
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.road_network_changed();
CREATE TRIGGER road_network_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.road_speed
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.road_network_changed();
CREATE TRIGGER road_network_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.road_control
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.road_network_changed();
CREATE TRIGGER road_network_changed
	AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.road_mode
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.road_network_changed();

-- in a restore with session_replication_role = replica, too
ALTER TABLE jobmarket.road_edge ENABLE ALWAYS TRIGGER road_network_changed;
ALTER TABLE jobmarket.road_speed ENABLE ALWAYS TRIGGER road_network_changed;
ALTER TABLE jobmarket.road_control ENABLE ALWAYS TRIGGER road_network_changed;
ALTER TABLE jobmarket.road_mode ENABLE ALWAYS TRIGGER road_network_changed;

-- Which tables the network may be read from is no secret to those who may use
-- the functions: these three are rules, and the version is a random number.
GRANT SELECT ON jobmarket.road_mode, jobmarket.road_speed, jobmarket.road_control,
	jobmarket.road_network TO PUBLIC;

-- Costs in the form that pgRouting takes, rounded to the millisecond because
-- compiled networks count in milliseconds: both then give equal times.  They
-- hold at most 24 days for one edge, 2^31 milliseconds.
CREATE FUNCTION jobmarket.road_cost(mode text DEFAULT 'car')
RETURNS TABLE (id bigint, source bigint, target bigint, cost float8, reverse_cost float8, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT t.edge_id, t.source, t.target,
		CASE WHEN t.fixed THEN CASE WHEN t.seconds >= 0 AND t.seconds < 2147483 THEN round(t.seconds * 1000) / 1000 ELSE -1 END
			WHEN t.open IN ('both', 'forward') THEN round(1000 *
				(t.length_m * 3.6 / t.forward_kmh + t.inner_seconds + t.target_seconds)) / 1000
			ELSE -1 END,
		CASE WHEN t.fixed THEN CASE WHEN t.reverse_seconds >= 0 AND t.reverse_seconds < 2147483 THEN round(t.reverse_seconds * 1000) / 1000 ELSE -1 END
			WHEN t.open IN ('both', 'backward') THEN round(1000 *
				(t.length_m * 3.6 / t.backward_kmh + t.inner_seconds + t.source_seconds)) / 1000
			ELSE -1 END,
		t.geom
	FROM (SELECT e.edge_id, e.source, e.target, e.seconds, e.reverse_seconds, e.length_m, e.geom,
			m.access_column = 'car' AND e.seconds IS NOT NULL AS fixed,
			CASE m.access_column WHEN 'car' THEN e.car WHEN 'bike' THEN e.bike ELSE e.foot END AS open,
			coalesce(CASE WHEN e.maxspeed_forward > 0 THEN e.maxspeed_forward * m.maxspeed_factor END, s.speed_kmh)::float8 AS forward_kmh,
			coalesce(CASE WHEN e.maxspeed_backward > 0 THEN e.maxspeed_backward * m.maxspeed_factor END, s.speed_kmh)::float8 AS backward_kmh,
			e.signals * coalesce(signal.seconds, 0)::float8 AS inner_seconds,
			coalesce(a.seconds, CASE WHEN e.source_control = 'junction' THEN s.junction_seconds ELSE 0 END)::float8 AS source_seconds,
			coalesce(b.seconds, CASE WHEN e.target_control = 'junction' THEN s.junction_seconds ELSE 0 END)::float8 AS target_seconds
		FROM jobmarket.road_mode m
			JOIN jobmarket.road_speed s ON s.mode = m.mode
			JOIN jobmarket.road_edge e ON e.highway = s.highway
			LEFT JOIN jobmarket.road_control a ON a.mode = m.mode AND a.control = e.source_control
			LEFT JOIN jobmarket.road_control b ON b.mode = m.mode AND b.control = e.target_control
			LEFT JOIN jobmarket.road_control signal ON signal.mode = m.mode AND signal.control = 'traffic_signals'
		WHERE m.mode = road_cost.mode) AS t;
END;
REVOKE ALL ON FUNCTION jobmarket.road_cost(text) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.road_cost(text) IS
'Travel time of every edge by a mode, in seconds both ways (negative: closed), rounded to the millisecond; columns as pgRouting takes them';

-- What the tags of a way of OpenStreetMap mean for us; sources: OpenStreetMap
-- wiki, "Key:access", "Key:oneway", "Key:maxspeed" and "Speed limits" (France).
CREATE FUNCTION jobmarket.maxspeed_kmh(maxspeed text) RETURNS real
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN maxspeed ~ '^[0-9]{1,3}(\.[0-9]{1,20})?$' THEN maxspeed::real
		WHEN maxspeed ~ '^[0-9]{1,3} ?(km/h|kmh|kph)$' THEN substring(maxspeed FROM '^[0-9]+')::real
		WHEN maxspeed ~ '^[0-9]{1,3} ?mph$' THEN substring(maxspeed FROM '^[0-9]+')::real * 1.609344
		WHEN maxspeed ~ '^[A-Z]{2}:urban$' THEN 50
		WHEN maxspeed ~ '^[A-Z]{2}:rural$' THEN 80
		WHEN maxspeed ~ '^[A-Z]{2}:motorway$' THEN 130
		WHEN maxspeed ~ '^([A-Z]{2}:)?zone:?30$' THEN 30
		WHEN maxspeed IN ('walk', 'FR:walk') OR maxspeed ~ 'living_street$' THEN 10
	END::real;
END;
COMMENT ON FUNCTION jobmarket.maxspeed_kmh(text) IS
'Speed in km/h of a maxspeed tag of OpenStreetMap, NULL where it says none';

-- One row; a function of sets is what the planner puts in line, and ten million
-- calls would take five minutes.
CREATE FUNCTION jobmarket.road_access(highway text, tags jsonb)
RETURNS TABLE (car text, bike text, foot text, maxspeed_forward real, maxspeed_backward real)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT CASE WHEN coalesce(tags->>'motorcar', tags->>'motor_vehicle', tags->>'vehicle', tags->>'access') = ANY (closed.tag) THEN 'none'
			ELSE way.direction END,
		CASE WHEN coalesce(tags->>'bicycle', tags->>'vehicle', tags->>'access') = ANY (closed.tag || '{use_sidepath}'::text[]) THEN 'none'
			WHEN tags->>'oneway:bicycle' = 'no' OR tags->>'cycleway' LIKE 'opposite%' OR tags->>'cycleway:left' LIKE 'opposite%' THEN 'both'
			-- off the carriageway a one-way is one for bicycles only where it says so
			WHEN highway IN ('footway', 'pedestrian', 'path', 'track', 'steps') AND tags->>'oneway:bicycle' IS NULL THEN 'both'
			ELSE way.direction END,
		CASE WHEN coalesce(tags->>'foot', tags->>'access') = ANY (closed.tag || '{use_sidepath}'::text[]) THEN 'none'
			WHEN highway IN ('motorway', 'motorway_link') THEN 'none'
			ELSE 'both' END,
		jobmarket.maxspeed_kmh(coalesce(tags->>'maxspeed:forward', tags->>'maxspeed')),
		jobmarket.maxspeed_kmh(coalesce(tags->>'maxspeed:backward', tags->>'maxspeed'))
	FROM (SELECT '{no,private,agricultural,forestry,emergency,psv,military,restricted}'::text[] AS tag) closed,
		(SELECT CASE WHEN lower(tags->>'oneway') IN ('yes', 'true', '1') THEN 'forward'
				WHEN lower(tags->>'oneway') IN ('-1', 'reverse') THEN 'backward'
				WHEN lower(tags->>'oneway') IN ('no', 'false', '0') THEN 'both'
				WHEN highway = 'motorway' OR tags->>'junction' IN ('roundabout', 'circular') THEN 'forward'
				ELSE 'both' END AS direction) way;
END;
COMMENT ON FUNCTION jobmarket.road_access(text, jsonb) IS
'Directions open to each mode and legal speeds of a way of OpenStreetMap, from its class and tags';

CREATE FUNCTION jobmarket.road_table_columns(road_table regclass) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(array_agg(attname::text), '{}')
	FROM pg_attribute
	WHERE attrelid = road_table AND attnum > 0 AND NOT attisdropped;
END;
REVOKE ALL ON FUNCTION jobmarket.road_table_columns(regclass) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.road_table_columns(regclass) IS 'Names of the columns of a table, none without a table';

-- Tables that nobody named are read only where the caller need not fear their
-- owner: reading a view, or a column of a type of one's own, runs its owner's
-- code with the rights of whoever reads.
CREATE FUNCTION jobmarket.find_road_table(name text, columns text[], beside regclass DEFAULT NULL) RETURNS regclass
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT c.oid::regclass
	FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_roles r ON r.oid = c.relowner
		LEFT JOIN pg_class b ON b.oid = beside
	WHERE c.relname = find_road_table.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		AND CASE WHEN beside IS NULL THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
			ELSE c.relnamespace = b.relnamespace END
		AND (r.rolsuper OR r.rolname = current_user OR c.relowner = b.relowner
			OR c.relowner = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()))
		-- others have tables of this name, too
		AND jobmarket.road_table_columns(c.oid) @> columns
	ORDER BY n.nspname <> 'public', n.nspname
	LIMIT 1;
END;
REVOKE ALL ON FUNCTION jobmarket.find_road_table(text, text[], regclass) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.find_road_table(text, text[], regclass) IS
'A table of this name with these columns, that of schema public first, or the one in the schema of another; only of the caller, a superuser, the owner of the database, or the owner of that other one';

-- search_path FROM CURRENT is pg_catalog and PostGIS's own schema.
CREATE PROCEDURE jobmarket.load_road_network(roads regclass DEFAULT NULL, nodes regclass DEFAULT NULL,
	costs text DEFAULT 'speeds')
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	ways regclass := coalesce(roads, jobmarket.find_road_table('ways', '{gid,source,target,the_geom}'));
	lines regclass := coalesce(roads, jobmarket.find_road_table('planet_osm_line', '{osm_id,highway,way}'));
	columns text[];
	source_name text;
	repeated bigint;			-- gids that occur more than once
	number bigint;				-- the lowest of them
	edges bigint;
BEGIN
	IF costs NOT IN ('speeds', 'table') OR costs IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown kind of costs "%s"', costs),
			HINT = 'Use "speeds" (from length and road_speed) or "table" (columns cost_s and reverse_cost_s of the input).';
	END IF;
	IF coalesce(ways, lines) IS NULL THEN
		RAISE undefined_table USING
			MESSAGE = 'no road tables were found',
			DETAIL = 'Tables ways (columns gid, source, target and the_geom) and planet_osm_line (osm_id, highway and way) are looked for, of this user, a superuser, or the owner of the database.',
			HINT = 'Make them with osm2pgrouting (tables ways and ways_vertices_pgr) or osm2pgsql (table planet_osm_line), or name the table: CALL jobmarket.load_road_network(''schema.ways'').';
	END IF;
	CREATE TEMPORARY TABLE jobmarket_way (edge_id bigint, source bigint, target bigint, highway text,
		tags jsonb, seconds float8, reverse_seconds float8, osm_id bigint, geom geometry) ON COMMIT DROP;
	CREATE TEMPORARY TABLE jobmarket_control (node_id bigint, x float8, y float8, control text) ON COMMIT DROP;

	columns := jobmarket.road_table_columns(coalesce(ways, lines));
	IF ways IS NOT NULL AND columns @> '{gid,source,target,the_geom}' THEN
		source_name := 'osm2pgrouting';
		CALL jobmarket.stage_osm2pgrouting(ways, nodes, columns, costs = 'table');
	ELSIF lines IS NOT NULL AND columns @> '{osm_id,highway,way}' THEN
		source_name := 'osm2pgsql';
		IF costs = 'table' THEN
			RAISE invalid_parameter_value USING MESSAGE = 'tables of osm2pgsql hold no costs';
		END IF;
		CALL jobmarket.stage_osm2pgsql(lines, columns);
	ELSE
		RAISE undefined_column USING
			MESSAGE = format('table %s is neither one of osm2pgrouting nor one of osm2pgsql', coalesce(ways, lines)),
			HINT = 'osm2pgrouting''s ways has columns gid, source, target and the_geom; osm2pgsql''s planet_osm_line has osm_id, highway and way.';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_temp.jobmarket_way) THEN
		RAISE no_data_found USING
			MESSAGE = format('table %s holds no roads', coalesce(ways, lines)),
			HINT = 'The network loaded before is kept.';
	END IF;
	ANALYZE pg_temp.jobmarket_way;
	SELECT count(*), min(w.edge_id) INTO repeated, number
	FROM (SELECT edge_id FROM pg_temp.jobmarket_way GROUP BY edge_id HAVING count(*) > 1) w;
	IF repeated > 0 THEN
		RAISE unique_violation USING
			MESSAGE = format('gid %s occurs more than once in table %s', number, coalesce(ways, lines)),
			DETAIL = format('In all, %s gids do.', repeated),
			HINT = 'Imports that are put together in one table also share the numbers of their nodes: import them at once.  The network loaded before is kept.';
	END IF;

	-- Who edits roads locks them and then the version; who edits rules and looks
	-- what comes of it locks the version and then reads the roads.  Both can be
	-- waited for here, before the roads are locked for all.  Who has read the roads
	-- before the edit cannot: he keeps them from being locked for all, and waits for
	-- the version.
	LOCK TABLE jobmarket.road_node, jobmarket.road_edge IN SHARE ROW EXCLUSIVE MODE;
	LOCK TABLE jobmarket.road_network IN SHARE ROW EXCLUSIVE MODE;
	-- the constraints are checked faster all at once
	ALTER TABLE jobmarket.road_edge DROP CONSTRAINT road_edge_source_fkey, DROP CONSTRAINT road_edge_target_fkey;
	TRUNCATE jobmarket.road_edge, jobmarket.road_node;
	INSERT INTO jobmarket.road_node (node_id, degree, control, geom)
	SELECT n.node_id, n.degree, c.control, n.geom
	FROM (SELECT e.node_id, count(*) AS degree, (array_agg(e.geom))[1] AS geom
		  FROM pg_temp.jobmarket_way w,
			LATERAL (VALUES (w.source, ST_StartPoint(w.geom)), (w.target, ST_EndPoint(w.geom))) AS e(node_id, geom)
		  GROUP BY e.node_id) n
		LEFT JOIN (SELECT node_id, min(control) AS control FROM pg_temp.jobmarket_control
				   WHERE node_id IS NOT NULL GROUP BY node_id) c USING (node_id);
	-- signals on the way, not at its ends
	CREATE TEMPORARY TABLE jobmarket_signal ON COMMIT DROP AS
	SELECT w.edge_id, count(*)::smallint AS signals
	FROM pg_temp.jobmarket_way w, LATERAL ST_DumpPoints(w.geom) p
		JOIN pg_temp.jobmarket_control c ON c.x = ST_X(p.geom) AND c.y = ST_Y(p.geom)
	WHERE EXISTS (SELECT FROM pg_temp.jobmarket_control WHERE control = 'traffic_signals')
		AND c.control = 'traffic_signals' AND p.path[1] > 1 AND p.path[1] < ST_NPoints(w.geom)
	GROUP BY w.edge_id;
	INSERT INTO jobmarket.road_edge (edge_id, source, target, highway, car, bike, foot, maxspeed_forward, maxspeed_backward,
		source_control, target_control, signals, seconds, reverse_seconds, length_m, osm_id, geom)
	SELECT w.edge_id, w.source, w.target, w.highway, r.car, r.bike, r.foot, r.maxspeed_forward, r.maxspeed_backward,
		coalesce(a.control, CASE WHEN a.degree > 2 THEN 'junction' END),
		coalesce(b.control, CASE WHEN b.degree > 2 THEN 'junction' END),
		coalesce(s.signals, 0), w.seconds, w.reverse_seconds, ST_Length(w.geom::geography), w.osm_id, w.geom
	FROM pg_temp.jobmarket_way w
		JOIN jobmarket.road_node a ON a.node_id = w.source
		JOIN jobmarket.road_node b ON b.node_id = w.target
		LEFT JOIN pg_temp.jobmarket_signal s ON s.edge_id = w.edge_id,
		LATERAL jobmarket.road_access(w.highway, w.tags) r;
	GET DIAGNOSTICS edges = ROW_COUNT;
	ALTER TABLE jobmarket.road_edge
		ADD CONSTRAINT road_edge_source_fkey FOREIGN KEY (source) REFERENCES jobmarket.road_node,
		ADD CONSTRAINT road_edge_target_fkey FOREIGN KEY (target) REFERENCES jobmarket.road_node;
	DROP TABLE pg_temp.jobmarket_way, pg_temp.jobmarket_control, pg_temp.jobmarket_signal;
	RAISE NOTICE 'loaded % edges from %''s table %', edges, source_name, coalesce(ways, lines);
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.load_road_network(regclass, regclass, text) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.load_road_network(regclass, regclass, text) IS
'Replaces the road network by that of a table made by osm2pgrouting (ways) or osm2pgsql (planet_osm_line); without a name looks for either; costs => ''table'' takes car times from cost_s and reverse_cost_s';

CREATE PROCEDURE jobmarket.leave_out_roads_off_earth(staged regclass)
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
	left_out bigint;
BEGIN
	-- their lengths and boxes mean nothing; those of NaN neither
	EXECUTE format('DELETE FROM %s WHERE NOT geom @ ST_MakeEnvelope(-180, -90, 180, 90, 4326) OR NOT ST_Length(geom) < ''infinity''', staged);
	GET DIAGNOSTICS left_out = ROW_COUNT;
	IF left_out > 0 THEN
		RAISE WARNING '% roads are left out, for they lie nowhere on Earth', left_out
			USING HINT = 'Is the SRID of their geometry column right?';
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.leave_out_roads_off_earth(regclass) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.leave_out_roads_off_earth(regclass) IS
'Part of load_road_network: deletes what cannot be a road from staged lines';

CREATE PROCEDURE jobmarket.stage_osm2pgrouting(ways regclass, nodes regclass, columns text[], fixed boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
	has_tags boolean := false;
	vertices regclass := coalesce(nodes,
		(SELECT jobmarket.find_road_table(c.relname || '_vertices_pgr', '{}', ways) FROM pg_class c WHERE c.oid = ways));
	configuration regclass := jobmarket.find_road_table('configuration',
		'{tag_id,tag_key,tag_value,maxspeed_forward,maxspeed_backward}', ways);
	osm_ways regclass := jobmarket.find_road_table('osm_ways', '{osm_id,tags}', ways);
	osm_nodes regclass := jobmarket.find_road_table('osm_nodes', '{osm_id,tags,the_geom}', ways);
	highway text := '''unclassified''';
	tags text;
	staged bigint;
	rows bigint;
BEGIN
	-- without option --tags there is no such column
	IF osm_ways IS NOT NULL AND 'osm_id' = ANY (columns) THEN
		EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE tags IS NOT NULL)', osm_ways) INTO has_tags;
	END IF;
	IF 'highway' = ANY (columns) THEN
		-- not osm2pgrouting's, but a road table of one's own may say so directly
		highway := 'coalesce(w.highway::text, ''unclassified'')';
	ELSIF configuration IS NOT NULL AND 'tag_id' = ANY (columns) THEN
		highway := format('coalesce((SELECT c.tag_value FROM %s c WHERE c.tag_id = w.tag_id AND c.tag_key = ''highway'' LIMIT 1), ''unclassified'')', configuration);
	END IF;
	-- what its columns say, for files loaded without tags; a maximum speed that
	-- is the class's default in its configuration is no information
	tags := '''{}''::jsonb';
	IF 'one_way' = ANY (columns) THEN
		tags := tags || ' || CASE w.one_way WHEN 1 THEN ''{"oneway": "yes"}''::jsonb WHEN -1 THEN ''{"oneway": "-1"}''::jsonb WHEN 2 THEN ''{"oneway": "no"}''::jsonb ELSE ''{}''::jsonb END';
	END IF;
	IF columns @> '{maxspeed_forward,maxspeed_backward}' AND NOT (columns @> '{tag_id}' AND configuration IS NOT NULL) THEN
		tags := tags || ' || jsonb_strip_nulls(jsonb_build_object(
				''maxspeed:forward'', w.maxspeed_forward::text, ''maxspeed:backward'', w.maxspeed_backward::text))';
	ELSIF columns @> '{maxspeed_forward,maxspeed_backward}' AND NOT has_tags THEN
		tags := tags || format(' || (SELECT jsonb_strip_nulls(jsonb_build_object(
				''maxspeed:forward'', nullif(w.maxspeed_forward, c.maxspeed_forward)::text,
				''maxspeed:backward'', nullif(w.maxspeed_backward, c.maxspeed_backward)::text))
			FROM (SELECT min(maxspeed_forward) AS maxspeed_forward, min(maxspeed_backward) AS maxspeed_backward
				  FROM %s WHERE tag_id = w.tag_id) c)', configuration);
	END IF;
	IF has_tags THEN
		tags := tags || format(' || coalesce((SELECT o.tags::jsonb FROM %s o WHERE o.osm_id = w.osm_id), ''{}''::jsonb)', osm_ways);
	END IF;
	EXECUTE format(
		'INSERT INTO pg_temp.jobmarket_way (edge_id, source, target, highway, tags, seconds, reverse_seconds, osm_id, geom)
		SELECT w.gid::bigint, w.source::bigint, w.target::bigint, %s, %s, %s, %s, %s, g.geom
		FROM %s w, LATERAL (SELECT CASE WHEN ST_SRID(w.the_geom) IN (0, 4326) THEN ST_SetSRID(ST_Force2D(w.the_geom), 4326)
			ELSE ST_Transform(ST_Force2D(w.the_geom), 4326) END AS geom) g
		WHERE w.gid IS NOT NULL AND w.source IS NOT NULL AND w.target IS NOT NULL AND GeometryType(w.the_geom) = ''LINESTRING''
			AND NOT ST_IsEmpty(w.the_geom)',
		highway, tags,
		CASE WHEN fixed THEN 'coalesce(w.cost_s, -1)' ELSE 'NULL::float8' END,
		CASE WHEN fixed THEN 'coalesce(w.reverse_cost_s, -1)' ELSE 'NULL::float8' END,
		CASE WHEN 'osm_id' = ANY (columns) THEN 'w.osm_id::bigint' ELSE 'NULL::bigint' END,
		ways);
	GET DIAGNOSTICS staged = ROW_COUNT;
	EXECUTE format('SELECT count(*) FROM %s', ways) INTO rows;
	IF rows > staged THEN
		RAISE WARNING '% roads are left out, for they lack gid, source, target or a line', rows - staged
			USING HINT = 'Lines are of type LineString; ST_Dump takes a MultiLineString apart.';
	END IF;
	CALL jobmarket.leave_out_roads_off_earth('pg_temp.jobmarket_way');
	IF osm_nodes IS NOT NULL THEN
		EXECUTE format(
			'INSERT INTO pg_temp.jobmarket_control (node_id, x, y, control)
			SELECT v.id, n.x, n.y, n.control
			FROM (SELECT osm_id::bigint AS osm_id, ST_X(the_geom) AS x, ST_Y(the_geom) AS y, tags::jsonb->>''highway'' AS control FROM %s) n
				LEFT JOIN %s
			WHERE n.control IN (''traffic_signals'', ''stop'', ''give_way'', ''crossing'', ''mini_roundabout'')', osm_nodes,
			CASE WHEN jobmarket.road_table_columns(vertices) @> '{id,osm_id}' THEN format('(SELECT id::bigint AS id, osm_id::bigint AS osm_id FROM %s) v USING (osm_id)', vertices)
				-- pgRouting's own tables of vertices do not say which node it was
				ELSE '(SELECT ST_X(e.geom) AS x, ST_Y(e.geom) AS y, min(e.id) AS id
					FROM pg_temp.jobmarket_way w,
						LATERAL (VALUES (w.source, ST_StartPoint(w.geom)), (w.target, ST_EndPoint(w.geom))) AS e(id, geom)
					GROUP BY 1, 2) v USING (x, y)' END);
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.stage_osm2pgrouting(regclass, regclass, text[], boolean) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.stage_osm2pgrouting(regclass, regclass, text[], boolean) IS
'Part of load_road_network: reads osm2pgrouting''s tables';

-- osm2pgsql keeps lines without their nodes: ways are cut where they share a
-- vertex with another way (bridges share none with what they cross).
CREATE PROCEDURE jobmarket.stage_osm2pgsql(lines regclass, columns text[])
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
	tags text := '''{}''::jsonb';
	tag text;
	-- its option --prefix names them
	points regclass := (SELECT jobmarket.find_road_table(regexp_replace(c.relname, '_line$', '_point'), '{highway,way}', lines)
						FROM pg_class c WHERE c.oid = lines AND c.relname LIKE '%\_line');
BEGIN
	FOREACH tag IN ARRAY '{access,bicycle,foot,junction,maxspeed,motorcar,motor_vehicle,oneway,vehicle,cycleway}'::text[] LOOP
		IF tag = ANY (columns) THEN
			tags := tags || format(' || jsonb_build_object(%L, l.%I)', tag, tag);
		END IF;
	END LOOP;
	tags := format('jsonb_strip_nulls(%s)', tags);
	IF 'tags' = ANY (columns) THEN
		tags := tags || ' || coalesce(l.tags::jsonb, ''{}''::jsonb)';
	END IF;
	EXECUTE format(
		'CREATE TEMPORARY TABLE jobmarket_line ON COMMIT DROP AS
		SELECT row_number() OVER (ORDER BY l.osm_id) AS line_id, l.osm_id, l.highway::text AS highway, %s AS tags,
			ST_RemoveRepeatedPoints(CASE WHEN ST_SRID(l.way) IN (0, 4326) THEN ST_SetSRID(ST_Force2D(l.way), 4326)
				ELSE ST_Transform(ST_Force2D(l.way), 4326) END) AS geom
		FROM %s l
		WHERE l.highway IN (SELECT s.highway FROM jobmarket.road_speed s)
			AND l.osm_id > 0 AND GeometryType(l.way) = ''LINESTRING'' AND ST_NPoints(l.way) > 1', tags, lines);
	CALL jobmarket.leave_out_roads_off_earth('pg_temp.jobmarket_line');
	-- places in ten-millionths of a degree, as OpenStreetMap keeps them: from a
	-- projection they come back with noise
	CREATE TEMPORARY TABLE jobmarket_vertex ON COMMIT DROP AS
	SELECT l.line_id, p.path[1] AS position, round(ST_X(p.geom) * 1e7)::bigint AS x, round(ST_Y(p.geom) * 1e7)::bigint AS y,
		p.path[1] = 1 OR p.path[1] = ST_NPoints(l.geom) AS at_end,
		NULL::bigint AS node_id
	FROM pg_temp.jobmarket_line l, LATERAL ST_DumpPoints(l.geom) p;
	CREATE INDEX ON pg_temp.jobmarket_vertex (line_id, position);
	ANALYZE pg_temp.jobmarket_vertex;
	WITH node AS (
		SELECT x, y, row_number() OVER (ORDER BY x, y) AS node_id
		FROM pg_temp.jobmarket_vertex GROUP BY x, y HAVING count(*) > 1 OR bool_or(at_end))
	UPDATE pg_temp.jobmarket_vertex v SET node_id = n.node_id
	FROM node n WHERE n.x = v.x AND n.y = v.y;

	INSERT INTO pg_temp.jobmarket_way (edge_id, source, target, highway, tags, osm_id, geom)
	SELECT row_number() OVER (ORDER BY l.line_id, s.first), s.source, s.target, l.highway, l.tags, l.osm_id, s.geom
	FROM (SELECT c.line_id, c.first, c.source, c.target,
			(SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(v.x / 1e7, v.y / 1e7) ORDER BY v.position), 4326)
			 FROM pg_temp.jobmarket_vertex v
			 WHERE v.line_id = c.line_id AND v.position BETWEEN c.first AND c.last) AS geom
		  FROM (SELECT line_id, position AS first, lead(position) OVER w AS last,
					node_id AS source, lead(node_id) OVER w AS target
				FROM pg_temp.jobmarket_vertex WHERE node_id IS NOT NULL
				WINDOW w AS (PARTITION BY line_id ORDER BY position)) c
		  WHERE c.last IS NOT NULL) s
		JOIN pg_temp.jobmarket_line l USING (line_id);
	IF points IS NOT NULL THEN
		EXECUTE format(
			'INSERT INTO pg_temp.jobmarket_control (node_id, x, y, control)
			SELECT v.node_id, p.x / 1e7, p.y / 1e7, p.control
			FROM (SELECT round(ST_X(g) * 1e7)::bigint AS x, round(ST_Y(g) * 1e7)::bigint AS y, control
				  FROM (SELECT ST_Transform(way, 4326) AS g, highway::text AS control FROM %s
						WHERE highway IN (''traffic_signals'', ''stop'', ''give_way'', ''crossing'', ''mini_roundabout'')) q) p
				JOIN (SELECT x, y, min(node_id) AS node_id FROM pg_temp.jobmarket_vertex GROUP BY x, y) v USING (x, y)', points);
	END IF;
	DROP TABLE pg_temp.jobmarket_line, pg_temp.jobmarket_vertex;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.stage_osm2pgsql(regclass, text[]) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.stage_osm2pgsql(regclass, text[]) IS
'Part of load_road_network: reads osm2pgsql''s tables and finds where ways meet';
