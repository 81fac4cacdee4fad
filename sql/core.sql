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
				  HINT = 'CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0;';
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
-- holds only those that users added or edited (shipped = false).  Triggers keep
-- that true: an edit clears the mark, an inserted row replaces the shipped row
-- of the same key, which is how an edited row survives a restore, and the keys
-- of those that are deleted are noted, so that a restore deletes them again.
CREATE TABLE jobmarket.shipped_row (
	table_name name,
	key text,
	PRIMARY KEY (table_name, key)
);
COMMENT ON TABLE jobmarket.shipped_row IS 'Rows that come with the extension, whatever became of them since';
COMMENT ON COLUMN jobmarket.shipped_row.table_name IS 'Table of schema jobmarket';
COMMENT ON COLUMN jobmarket.shipped_row.key IS 'The row''s primary key';
-- triggers read it for whoever changes these tables
GRANT SELECT ON jobmarket.shipped_row TO PUBLIC;

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
	IF NOT EXISTS (SELECT FROM jobmarket.shipped_row s
				   WHERE s.table_name = TG_TABLE_NAME AND s.key = to_jsonb(NEW) ->> TG_ARGV[0]) THEN
		RETURN NEW;
	END IF;
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

-- pg_dump sorts tables by name where no foreign key says otherwise: this one
-- comes after those whose rows may refer to one another.
CREATE TABLE jobmarket.shipped_row_deleted (
	table_name name,
	key text,
	PRIMARY KEY (table_name, key)
);
SELECT pg_extension_config_dump('jobmarket.shipped_row_deleted', '');
COMMENT ON TABLE jobmarket.shipped_row_deleted IS
'Rows that came with the extension and that users deleted or gave another key: the restore of a dump deletes them too. Take a row away for its like to come back then';
COMMENT ON COLUMN jobmarket.shipped_row_deleted.table_name IS 'Table of schema jobmarket';
COMMENT ON COLUMN jobmarket.shipped_row_deleted.key IS 'The row''s primary key';

-- Who may delete a row need not be allowed to write here.
CREATE FUNCTION jobmarket.note_shipped_row_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- on a table of somebody else's, types and casts of his would run as the owner
	IF TG_TABLE_SCHEMA <> 'jobmarket' THEN
		RAISE EXCEPTION 'jobmarket.note_shipped_row_deleted() is for tables of jobmarket'
			USING ERRCODE = 'trigger_protocol_violated';
	END IF;
	-- also what was edited before: as it came, the row would be back
	IF TG_OP = 'TRUNCATE' THEN
		INSERT INTO jobmarket.shipped_row_deleted
		SELECT s.table_name, s.key FROM jobmarket.shipped_row s WHERE s.table_name = TG_TABLE_NAME
		ON CONFLICT DO NOTHING;
	ELSIF TG_OP = 'DELETE' OR to_jsonb(NEW) -> TG_ARGV[0] <> to_jsonb(OLD) -> TG_ARGV[0] THEN
		INSERT INTO jobmarket.shipped_row_deleted
		SELECT s.table_name, s.key FROM jobmarket.shipped_row s
		WHERE s.table_name = TG_TABLE_NAME AND s.key = to_jsonb(OLD) ->> TG_ARGV[0]
		ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.note_shipped_row_deleted() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.note_shipped_row_deleted() IS
'Trigger: notes the key of a row that came with the extension and is deleted, so that a restore deletes it again';

CREATE FUNCTION jobmarket.delete_shipped_rows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record;
	deleted bigint;
	again boolean := true;
	in_use text;
BEGIN
	-- rows that refer to others may be noted after these: until nothing moves
	WHILE again LOOP
		again := false;
		in_use := NULL;
		FOR d IN
			SELECT s.table_name, s.key, a.attname
			FROM jobmarket.shipped_row_deleted s
			JOIN pg_trigger t ON t.tgrelid = to_regclass(format('jobmarket.%I', s.table_name))
				AND t.tgname = 'shipped_row_replaced'
			JOIN pg_index i ON i.indrelid = t.tgrelid AND i.indisprimary
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		LOOP
			BEGIN
				EXECUTE format('DELETE FROM jobmarket.%I WHERE shipped AND %I = %L', d.table_name, d.attname, d.key);
				GET DIAGNOSTICS deleted = ROW_COUNT;
				again := again OR deleted > 0;
			EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
				in_use := concat_ws(', ', in_use, format('%s %s', d.table_name, d.key));
			END;
		END LOOP;
	END LOOP;
	IF in_use IS NOT NULL THEN
		RAISE WARNING 'rows that came with the extension stay, for others refer to them: %', in_use
			USING HINT = 'Delete them where they shall be gone here too.';
	END IF;
	RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.delete_shipped_rows() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.delete_shipped_rows() IS
'Trigger: deletes the rows that shipped_row_deleted names, which a restore fills';

-- A dump of single INSERTs brings a note that the deletion of another has made.
CREATE FUNCTION jobmarket.shipped_row_noted() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM jobmarket.shipped_row_deleted s
			   WHERE s.table_name = NEW.table_name AND s.key = NEW.key) THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.shipped_row_noted() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.shipped_row_noted() IS 'Trigger: leaves out a note that is there already';
CREATE TRIGGER shipped_row_noted BEFORE INSERT ON jobmarket.shipped_row_deleted
	FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_noted();
ALTER TABLE jobmarket.shipped_row_deleted ENABLE ALWAYS TRIGGER shipped_row_noted;
-- not when a deletion is noted, which comes from within a trigger
CREATE TRIGGER delete_shipped_rows AFTER INSERT ON jobmarket.shipped_row_deleted
	FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION jobmarket.delete_shipped_rows();
-- also with session_replication_role = replica, as a parallel restore needs it
ALTER TABLE jobmarket.shipped_row_deleted ENABLE ALWAYS TRIGGER delete_shipped_rows;

CREATE PROCEDURE jobmarket.keep_shipped(tbl regclass, key_column name)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- called by the install script once a table holds its shipped rows
	EXECUTE format('UPDATE %s SET shipped = true', tbl);
	EXECUTE format('INSERT INTO jobmarket.shipped_row SELECT relname, %I FROM %s, pg_class c WHERE c.oid = %L::regclass',
				   key_column, tbl, tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_edited BEFORE UPDATE ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_edited()', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_replaced BEFORE INSERT ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.shipped_row_replaced(%L)', tbl, key_column);
	EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER shipped_row_replaced', tbl);
	EXECUTE format('CREATE TRIGGER shipped_row_deleted AFTER DELETE OR UPDATE OF %I ON %s
					FOR EACH ROW EXECUTE FUNCTION jobmarket.note_shipped_row_deleted(%L)',
				   key_column, tbl, key_column);
	EXECUTE format('CREATE TRIGGER shipped_rows_truncated BEFORE TRUNCATE ON %s
					FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.note_shipped_row_deleted(%L)', tbl, key_column);
	PERFORM pg_extension_config_dump(tbl, 'WHERE NOT shipped');
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.keep_shipped(regclass, name) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.keep_shipped(regclass, name) IS
'Install time only: marks a table''s rows as shipped with the extension and sets up what keeps users'' edits through dump and restore';
