-- ---------------------------------------------------------------------------
-- rights: what a role may do, in three levels.  The extension makes no roles
-- of its own: they belong to the cluster and would outlive it.
-- ---------------------------------------------------------------------------

CREATE PROCEDURE jobmarket.grant_access(grantee name, level text DEFAULT 'reader')
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rules text;
	postgis text;
BEGIN
	IF level IS NULL OR level NOT IN ('reader', 'operator', 'admin') THEN
		RAISE EXCEPTION 'unknown level "%" of access', level
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'The levels are reader (queries), operator (also harvests and loads) and admin (also edits rules).';
	END IF;
	IF grantee IS NULL OR grantee = 'public' THEN
		RAISE EXCEPTION 'access is granted to a role, not to everybody'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Make a role for it, and grant that role to those who shall have it.';
	END IF;
	EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA jobmarket FROM %I', grantee);
	EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA jobmarket FROM %I', grantee);
	EXECUTE format('REVOKE ALL ON ALL ROUTINES IN SCHEMA jobmarket FROM %I', grantee);
	SELECT extnamespace::regnamespace::text INTO postgis FROM pg_extension WHERE extname = 'postgis';
	EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', postgis, grantee);
	-- REFERENCES shows a BI tool the keys in information_schema
	EXECUTE format('GRANT SELECT, REFERENCES ON ALL TABLES IN SCHEMA jobmarket TO %I', grantee);
	-- the view harvest_progress calls it in the reader's name
	EXECUTE format('GRANT EXECUTE ON FUNCTION jobmarket.harvest_live() TO %I', grantee);
	IF level = 'reader' THEN
		-- origins may be people's homes; isochrone() needs no right of its caller on it
		EXECUTE format('REVOKE ALL ON jobmarket.isochrone_cache FROM %I', grantee);
	END IF;
	IF level IN ('operator', 'admin') THEN
		EXECUTE format('GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobmarket TO %I', grantee);
		-- what ships is for CREATE EXTENSION to say
		EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON jobmarket.shipped_row FROM %I', grantee);
		EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobmarket TO %I', grantee);
		EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA jobmarket TO %I', grantee);
		IF level = 'operator' THEN
			-- the rules are those that ship; loads, imports and sync_referential
			-- write the code lists among them
			SELECT string_agg(c.oid::regclass::text, ', ') INTO rules
			FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid
				AND t.tgname IN ('shipped_row_edited', 'delete_shipped_rows')
			WHERE c.relnamespace = 'jobmarket'::regnamespace
			  AND c.relname NOT IN ('source', 'region', 'departement', 'contract_type', 'qualification', 'headcount_class');
			IF rules IS NOT NULL THEN
				EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %s FROM %I', rules, grantee);
			END IF;
		END IF;
		-- in a trigger of one's own the last would note deletions that were none
		EXECUTE format('REVOKE EXECUTE ON ROUTINE jobmarket.grant_access(name, text), jobmarket.keep_shipped(regclass, name),
						jobmarket.note_shipped_row_deleted() FROM %I', grantee);
	END IF;
END
$$;
REVOKE ALL ON PROCEDURE jobmarket.grant_access(name, text) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.grant_access(name, text) IS
'Grants a role what it needs: reader (queries and BI), operator (also harvests and loads), admin (also edits rules). What can be fetched is decided by USAGE on servers and by user mappings';
