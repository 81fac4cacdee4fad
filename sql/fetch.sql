-- ---------------------------------------------------------------------------
-- fetch: asking the API without storing anything.  Any role may call these:
-- what it can reach is decided by USAGE on the server and by its user mapping.
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.fetch_offers(server name, criteria jsonb DEFAULT '{}', max_offers integer DEFAULT 150)
RETURNS TABLE (offer_id text, title text, company_name text, rome_code text, place_label text,
			   insee_code text, contract_type text, salary_label text, created_at timestamptz, document jsonb)
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 150
AS 'MODULE_PATHNAME', 'jobmarket_fetch_offers';
COMMENT ON FUNCTION jobmarket.fetch_offers(name, jsonb, integer) IS
'Offers that match the criteria (keys are the API''s parameter names), at most max_offers of them; the API serves at most 3,150 for one search';

CREATE FUNCTION jobmarket.fetch_offer(server name, offer_id text)
RETURNS jsonb
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'jobmarket_fetch_offer';
COMMENT ON FUNCTION jobmarket.fetch_offer(name, text) IS
'One offer as the API gives it, less contact and agency; NULL when it is gone';

CREATE FUNCTION jobmarket.fetch_referential(server name, resource text)
RETURNS SETOF jsonb
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000
AS 'MODULE_PATHNAME', 'jobmarket_fetch_referential';
COMMENT ON FUNCTION jobmarket.fetch_referential(name, text) IS
'Entries of one of the API''s code lists: regions, departements, communes, metiers, appellations, nafs, typesContrats …';
