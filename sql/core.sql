-- jobmarket: install script.  Made from sql/*.sql by the Makefile; edit those.
\echo Use "CREATE EXTENSION jobmarket CASCADE" to load this file. \quit

-- ---------------------------------------------------------------------------
-- core: the schema, its rights, and rows that ship with the extension
-- ---------------------------------------------------------------------------

DO $$
BEGIN
	IF getdatabaseencoding() <> 'UTF8' THEN
		RAISE EXCEPTION 'jobmarket needs a database encoded in UTF8'
			USING ERRCODE = 'feature_not_supported',
				  DETAIL = format('This one is in %s, which cannot hold what offers contain.', getdatabaseencoding()),
				  HINT = 'CREATE DATABASE … ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;
END
$$;

-- A member of the extension (not "schema =" in the control file), so that
-- DROP EXTENSION takes it away too.
CREATE SCHEMA jobmarket;
COMMENT ON SCHEMA jobmarket IS
'The French labour market: offers, companies, reference tables, and the functions that fetch, understand, score and rank them';

-- Names may be seen by all; what they lead to is granted one by one.
GRANT USAGE ON SCHEMA jobmarket TO PUBLIC;

CREATE FUNCTION jobmarket.version() RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jobmarket_version';
COMMENT ON FUNCTION jobmarket.version() IS
'Version of the loaded library';

-- Rows that ship with the extension come back with CREATE EXTENSION, so a dump
-- holds only those that users added or edited (shipped = false).  Two triggers
-- keep that true: an edit clears the mark, and an inserted row replaces the
-- shipped row of the same key, which is how an edited row survives a restore.
CREATE FUNCTION jobmarket.shipped_row_edited() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NEW.shipped AND NEW IS DISTINCT FROM OLD THEN
		NEW.shipped := false;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.shipped_row_edited() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.shipped_row_edited() IS
'Trigger: marks an edited row that came with the extension as the user''s own, so that pg_dump keeps it';

CREATE FUNCTION jobmarket.shipped_row_replaced() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	columns text;
	replaced bigint;
BEGIN
	SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
	FROM pg_attribute
	WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
	-- an update, for other tables' rows may refer to the shipped row already;
	-- TG_ARGV[0] is the primary key's column
	EXECUTE format('UPDATE %I.%I SET (%s) = (SELECT ($1).*) WHERE shipped AND %I = ($1).%I',
				   TG_TABLE_SCHEMA, TG_TABLE_NAME, columns, TG_ARGV[0], TG_ARGV[0])
		USING NEW;
	GET DIAGNOSTICS replaced = ROW_COUNT;
	IF replaced > 0 THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.shipped_row_replaced() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.shipped_row_replaced() IS
'Trigger: an inserted row takes the place of the row of the same key that came with the extension (restore of an edited row)';

CREATE PROCEDURE jobmarket.keep_shipped(tbl regclass, key_column name)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- called by the install script once a table holds its shipped rows
	EXECUTE format('UPDATE %s SET shipped = true', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_edited BEFORE UPDATE ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_edited()', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_replaced BEFORE INSERT ON %s
					FOR EACH ROW WHEN (NOT NEW.shipped)
					EXECUTE FUNCTION jobmarket.shipped_row_replaced(%L)', tbl, key_column);
	PERFORM pg_extension_config_dump(tbl, 'WHERE NOT shipped');
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.keep_shipped(regclass, name) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.keep_shipped(regclass, name) IS
'Install time only: marks a table''s rows as shipped with the extension and sets up what keeps users'' edits through dump and restore';
