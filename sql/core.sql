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
	-- else the patterns of rules below would lose their backslashes
	IF current_setting('standard_conforming_strings') <> 'on' THEN
		RAISE EXCEPTION 'jobmarket cannot be created with standard_conforming_strings off'
			USING ERRCODE = 'feature_not_supported',
				  HINT = 'SET standard_conforming_strings = on, and try again.';
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
-- holds only those that users added or edited (shipped = false).  Triggers
-- keep that true: an edit clears the mark, and an inserted row replaces the
-- shipped row of the same key, which is how an edited row survives a restore.
-- What was deleted is noted, for it would come back otherwise.
CREATE TABLE jobmarket.shipped_row_deleted (
	table_name text,
	key text,
	key_column text NOT NULL,
	PRIMARY KEY (table_name, key)
);
SELECT pg_extension_config_dump('jobmarket.shipped_row_deleted', '');
COMMENT ON TABLE jobmarket.shipped_row_deleted IS 'Rows deleted from tables that come filled with the extension; a restore deletes those of them again that CREATE EXTENSION brought back';
COMMENT ON COLUMN jobmarket.shipped_row_deleted.table_name IS 'Table, in schema jobmarket';
COMMENT ON COLUMN jobmarket.shipped_row_deleted.key IS 'Key of the row, as text';
COMMENT ON COLUMN jobmarket.shipped_row_deleted.key_column IS 'Column of the key';

-- Runs as the owner: who may delete a rule need not be granted the notes.
CREATE FUNCTION jobmarket.shipped_row_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- on a table of somebody else's, types and casts of his would run as the owner
	IF TG_TABLE_SCHEMA <> 'jobmarket' THEN
		RAISE EXCEPTION 'jobmarket.shipped_row_deleted() is for tables of jobmarket'
			USING ERRCODE = 'trigger_protocol_violated';
	END IF;
	IF TG_OP = 'TRUNCATE' THEN
		EXECUTE format('INSERT INTO jobmarket.shipped_row_deleted (table_name, key, key_column)
						SELECT %L, %I, %L FROM %I.%I ON CONFLICT DO NOTHING',
					   TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[0], TG_TABLE_SCHEMA, TG_TABLE_NAME);
	ELSE
		INSERT INTO jobmarket.shipped_row_deleted (table_name, key, key_column)
		VALUES (TG_TABLE_NAME, to_jsonb(OLD) ->> TG_ARGV[0], TG_ARGV[0]) ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.shipped_row_deleted() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.shipped_row_deleted() IS
'Trigger: notes a row deleted from a table that comes filled, so that it stays deleted after a restore';

CREATE FUNCTION jobmarket.shipped_row_deleted_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- noted by the trigger above, it is gone already
	IF pg_trigger_depth() > 1 THEN
		RETURN NEW;
	END IF;
	IF EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
			   WHERE c.relnamespace = 'jobmarket'::regnamespace AND c.relname = NEW.table_name
				 AND t.tgfoid = 'jobmarket.shipped_row_deleted'::regproc) THEN
		BEGIN
			EXECUTE format('DELETE FROM jobmarket.%I WHERE shipped AND %I::text = $1',
						   NEW.table_name, NEW.key_column) USING NEW.key;
		EXCEPTION WHEN foreign_key_violation THEN
			RAISE WARNING 'row "%" of table jobmarket.% could not be deleted again', NEW.key, NEW.table_name
				USING DETAIL = SQLERRM;
		END;
	END IF;
	IF EXISTS (SELECT FROM jobmarket.shipped_row_deleted d
			   WHERE d.table_name = NEW.table_name AND d.key = NEW.key) THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.shipped_row_deleted_again() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.shipped_row_deleted_again() IS
'Trigger: when a dump is restored, deletes a row that CREATE EXTENSION brought back and the user had deleted';
CREATE TRIGGER shipped_row_deleted_again BEFORE INSERT ON jobmarket.shipped_row_deleted
	FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_deleted_again();
-- also with session_replication_role = replica, as a parallel restore needs it
ALTER TABLE jobmarket.shipped_row_deleted ENABLE ALWAYS TRIGGER shipped_row_deleted_again;

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
	NEW.shipped := false;		-- whatever it says: only CREATE EXTENSION ships rows
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
'Trigger: an inserted row takes the place of the row of the same key that came with the extension, as the restore of an edited row needs; ON CONFLICT does not come into it';

CREATE PROCEDURE jobmarket.keep_shipped(tbl regclass, key_column name)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- called by the install script once a table holds its shipped rows
	EXECUTE format('UPDATE %s SET shipped = true', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_edited BEFORE UPDATE ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_edited()', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_replaced BEFORE INSERT ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_replaced(%L)', tbl, key_column);
	EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER shipped_row_replaced', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_deleted AFTER DELETE ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_deleted(%L)', tbl, key_column);
	EXECUTE format('CREATE TRIGGER shipped_rows_deleted BEFORE TRUNCATE ON %s
					FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.shipped_row_deleted(%L)', tbl, key_column);
	PERFORM pg_extension_config_dump(tbl, 'WHERE NOT shipped');
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.keep_shipped(regclass, name) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.keep_shipped(regclass, name) IS
'Install time only: marks a table''s rows as shipped with the extension and sets up what keeps users'' edits through dump and restore';
