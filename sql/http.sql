
-- ---------------------------------------------------------------------------
-- http: foreign servers (APIs), user mappings (credentials), diagnosis
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.fdw_validator(options text[], catalog oid) RETURNS void
LANGUAGE C STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jobmarket_fdw_validator';
-- the server calls it on CREATE SERVER and the like, whoever that is
REVOKE ALL ON FUNCTION jobmarket.fdw_validator(text[], oid) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.fdw_validator(text[], oid) IS
'Checks the options of servers and user mappings of the foreign data wrapper jobmarket';

-- No handler: there are no foreign tables.  Servers and user mappings hold what
-- a connection to an API needs, with PostgreSQL's own rights on them.
CREATE FOREIGN DATA WRAPPER jobmarket VALIDATOR jobmarket.fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER jobmarket IS
'APIs that jobmarket fetches from: CREATE SERVER says where and how fast, CREATE USER MAPPING holds client_id and client_secret';

CREATE FUNCTION jobmarket.http_live_handles() RETURNS bigint
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'jobmarket_http_live_handles';
COMMENT ON FUNCTION jobmarket.http_live_handles() IS
'Diagnosis: HTTP transfers alive in this session; 0 between statements';
