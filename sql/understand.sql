-- ---------------------------------------------------------------------------
-- understand: what the rules say of each offer, and its full-text search
-- ---------------------------------------------------------------------------

ALTER TABLE jobmarket.offer
	ADD COLUMN role_code text REFERENCES jobmarket.role ON UPDATE CASCADE ON DELETE SET NULL,
	ADD COLUMN experience_months integer,
	ADD COLUMN weekly_hours numeric,
	ADD COLUMN contract_months numeric,
	ADD COLUMN salary_min numeric,
	ADD COLUMN salary_max numeric,
	ADD COLUMN salary_period text,
	ADD COLUMN salary_months numeric,
	ADD COLUMN annual_min numeric,
	ADD COLUMN annual_max numeric,
	ADD COLUMN salary_flags text[],
	ADD COLUMN insee_code text REFERENCES jobmarket.commune ON UPDATE CASCADE ON DELETE SET NULL,
	ADD COLUMN postal_code text,
	ADD COLUMN region_code text REFERENCES jobmarket.region,
	ADD COLUMN territory text,
	ADD COLUMN place_method text,
	ADD COLUMN place_confidence real;
CREATE INDEX ON jobmarket.offer (role_code) WHERE role_code IS NOT NULL;
CREATE INDEX ON jobmarket.offer (insee_code);
COMMENT ON COLUMN jobmarket.offer.role_code IS 'Primary role, by classify_role';
COMMENT ON COLUMN jobmarket.offer.experience_months IS 'Months of experience asked for, by experience_months';
COMMENT ON COLUMN jobmarket.offer.weekly_hours IS 'Hours a week, by weekly_hours';
COMMENT ON COLUMN jobmarket.offer.contract_months IS 'Months that the contract lasts, by contract_months';
COMMENT ON COLUMN jobmarket.offer.salary_min IS 'Lower amount as stated, by parse_salary';
COMMENT ON COLUMN jobmarket.offer.salary_max IS 'Upper amount as stated';
COMMENT ON COLUMN jobmarket.offer.salary_period IS 'hour, day, week, month, year or fee';
COMMENT ON COLUMN jobmarket.offer.salary_months IS 'Months a year that are paid, where stated';
COMMENT ON COLUMN jobmarket.offer.annual_min IS 'Lower bound of a year''s full-time gross pay, euros';
COMMENT ON COLUMN jobmarket.offer.annual_max IS 'Upper bound of it';
COMMENT ON COLUMN jobmarket.offer.salary_flags IS 'What was repaired or doubted in the salary';
COMMENT ON COLUMN jobmarket.offer.insee_code IS 'Commune of the place of work, by resolve_place';
COMMENT ON COLUMN jobmarket.offer.postal_code IS 'Postal code of it';
COMMENT ON COLUMN jobmarket.offer.region_code IS 'Region of it';
COMMENT ON COLUMN jobmarket.offer.territory IS 'metropole, corse, drom, com, etranger or inconnu';
COMMENT ON COLUMN jobmarket.offer.place_method IS 'What decided on the place: insee, postal, label_commune, gps, label_departement, label_region, label_country or none';
COMMENT ON COLUMN jobmarket.offer.place_confidence IS 'How much that is to be trusted, 0 to 1';

CREATE TABLE jobmarket.offer_role (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	role_code text REFERENCES jobmarket.role ON UPDATE CASCADE ON DELETE CASCADE,
	confidence real NOT NULL,
	rule_id integer NOT NULL,
	PRIMARY KEY (offer_id, role_code)
);
CREATE INDEX ON jobmarket.offer_role (role_code);
COMMENT ON TABLE jobmarket.offer_role IS 'Roles that the rules find in an offer, by classify_roles';
COMMENT ON COLUMN jobmarket.offer_role.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_role.role_code IS 'The role';
COMMENT ON COLUMN jobmarket.offer_role.confidence IS 'From 0 to 1';
COMMENT ON COLUMN jobmarket.offer_role.rule_id IS 'Rule that decided; it may be gone since';

CREATE TABLE jobmarket.offer_keyword (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	keyword text REFERENCES jobmarket.keyword ON UPDATE CASCADE ON DELETE CASCADE,
	PRIMARY KEY (offer_id, keyword)
);
CREATE INDEX ON jobmarket.offer_keyword (keyword);
COMMENT ON TABLE jobmarket.offer_keyword IS 'Keywords in an offer''s title and description, by extract_keywords';
COMMENT ON COLUMN jobmarket.offer_keyword.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_keyword.keyword IS 'The keyword';

CREATE FUNCTION jobmarket.reclassify_offers(OUT offers bigint, OUT roles bigint, OUT keywords bigint)
LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'jobmarket_reclassify_offers';
REVOKE ALL ON FUNCTION jobmarket.reclassify_offers() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.reclassify_offers() IS
'Reads every offer''s texts again, after rules, keywords or places have changed, and writes only what differs; returns how many rows of offer, offer_role and offer_keyword changed';

-- Nothing is dropped for being overseas: who wants less asks a view.
CREATE VIEW jobmarket.offer_metropole AS
	SELECT * FROM jobmarket.offer WHERE territory IN ('metropole', 'corse');
COMMENT ON VIEW jobmarket.offer_metropole IS
'Offers in metropolitan France as INSEE means it, with Corsica; those whose place is unknown are not among them';
CREATE VIEW jobmarket.offer_overseas AS
	SELECT * FROM jobmarket.offer WHERE territory IN ('drom', 'com');
COMMENT ON VIEW jobmarket.offer_overseas IS
'Offers in the départements and collectivities overseas';
CREATE VIEW jobmarket.offer_mainland AS
	SELECT * FROM jobmarket.offer WHERE territory IS NULL OR territory NOT IN ('corse', 'drom', 'com');
COMMENT ON VIEW jobmarket.offer_mainland IS
'Offers but for those in Corsica and overseas, which is what the earlier project kept: places that are unknown or abroad are among them';
DO $$
DECLARE
	view text;
	attribute name;
	remark text;
BEGIN
	FOREACH view IN ARRAY ARRAY['offer_metropole', 'offer_overseas', 'offer_mainland'] LOOP
		FOR attribute, remark IN
			SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
			WHERE attrelid = 'jobmarket.offer'::regclass AND attnum > 0 AND NOT attisdropped
		LOOP
			EXECUTE format('COMMENT ON COLUMN jobmarket.%I.%I IS %L', view, attribute, remark);
		END LOOP;
	END LOOP;
END
$$;

-- Full-text search in a table of its own: neither a harvest nor an unchanged
-- offer shall wait for it.
CREATE TABLE jobmarket.offer_search (
	offer_id text PRIMARY KEY REFERENCES jobmarket.offer ON DELETE CASCADE,
	content_hash bigint NOT NULL,
	title text,
	document tsvector COMPRESSION lz4 NOT NULL
);
-- compressed it fits a page, and reading a row needs no second look-up
ALTER TABLE jobmarket.offer_search ALTER document SET STORAGE MAIN;
CREATE INDEX offer_search_document ON jobmarket.offer_search USING gin (document);
COMMENT ON TABLE jobmarket.offer_search IS
'Full-text search over offers: title and description by the French stemmer, without accents; filled by refresh_offer_search';
COMMENT ON COLUMN jobmarket.offer_search.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_search.content_hash IS 'State of the offer that this was made from';
COMMENT ON COLUMN jobmarket.offer_search.title IS 'normalise_title of its title, for a trigram index';
COMMENT ON COLUMN jobmarket.offer_search.document IS 'Its search_document: stems; the title''s weigh A, the description''s D';

CREATE FUNCTION jobmarket.search_document(title text, body text DEFAULT NULL) RETURNS tsvector
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'jobmarket_search_document';
COMMENT ON FUNCTION jobmarket.search_document(text, text) IS
'Full-text document of a title (weight A) and a body (weight D): what to_tsvector with configuration pg_catalog.french makes of their search_words, but several times as fast, and cut short where a tsvector is full';

CREATE FUNCTION jobmarket.offer_query(query text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT websearch_to_tsquery('pg_catalog.french'::regconfig, jobmarket.search_words(query));
END;
COMMENT ON FUNCTION jobmarket.offer_query(text) IS
'A search as people type it (words, "a phrase", or, -word) for jobmarket.offer_search.document';

CREATE FUNCTION jobmarket.refresh_offer_search() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
DECLARE
	refreshed bigint;
	-- indexes can be made and dropped by the table's owner only
	owner boolean := (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'jobmarket.offer_search'::regclass);
	trgm name;
BEGIN
	-- two at once would write the same rows in different orders
	PERFORM pg_advisory_xact_lock('jobmarket.offer_search'::regclass::oid::bigint);

	-- The first time, each index is made in one pass at the end.
	IF owner AND NOT EXISTS (SELECT FROM jobmarket.offer_search) THEN
		DROP INDEX IF EXISTS jobmarket.offer_search_document, jobmarket.offer_search_title_trgm;
	END IF;

	INSERT INTO jobmarket.offer_search AS s (offer_id, content_hash, title, document)
	SELECT o.offer_id, o.content_hash, jobmarket.normalise_title(o.title), jobmarket.search_document(o.title, o.description)
	FROM jobmarket.offer o LEFT JOIN jobmarket.offer_search old USING (offer_id)
	WHERE old.content_hash IS DISTINCT FROM o.content_hash
	ON CONFLICT (offer_id) DO UPDATE SET content_hash = excluded.content_hash,
		title = excluded.title, document = excluded.document;
	GET DIAGNOSTICS refreshed = ROW_COUNT;

	IF owner AND to_regclass('jobmarket.offer_search_document') IS NULL THEN
		CREATE INDEX offer_search_document ON jobmarket.offer_search USING gin (document);
	END IF;
	-- pg_trgm is not required: its index comes once the extension is there
	SELECT n.nspname INTO trgm FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
	WHERE e.extname = 'pg_trgm';
	IF owner AND trgm IS NOT NULL AND to_regclass('jobmarket.offer_search_title_trgm') IS NULL THEN
		EXECUTE format('CREATE INDEX offer_search_title_trgm ON jobmarket.offer_search USING gin (title %I.gin_trgm_ops)', trgm);
	END IF;
	RETURN refreshed;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.refresh_offer_search() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.refresh_offer_search() IS
'Brings jobmarket.offer_search up to the offers that are new or changed; returns how many. Makes a trigram index on titles where extension pg_trgm is installed and the caller owns the table. To be scheduled after a harvest';

DO $$
DECLARE
	tbl text;
BEGIN
	FOREACH tbl IN ARRAY ARRAY['offer_role', 'offer_keyword', 'offer_search'] LOOP
		PERFORM pg_extension_config_dump('jobmarket.' || tbl, '');
	END LOOP;
END
$$;
