-- ---------------------------------------------------------------------------
-- text: what can be read from an offer's words without any table
-- ---------------------------------------------------------------------------

-- COST is what was measured on real offers, in units of some 25 ns: the planner
-- shall know when these are worth parallel workers.

CREATE FUNCTION jobmarket.normalise_text(txt text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 'jobmarket_normalise_text';
COMMENT ON FUNCTION jobmarket.normalise_text(text) IS
'Lower case without accents, plain quotes, hyphens and single spaces, HTML and mojibake repaired; the same in every collation';

CREATE FUNCTION jobmarket.search_words(txt text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 'jobmarket_search_words';
COMMENT ON FUNCTION jobmarket.search_words(text) IS
'normalise_text with blanks for signs that are no letters (emoji, arrows, trademarks), as keywords and full-text search see a text, whatever the database''s locale';

CREATE FUNCTION jobmarket.clean_text(txt text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500
AS 'MODULE_PATHNAME', 'jobmarket_clean_text';
COMMENT ON FUNCTION jobmarket.clean_text(text) IS
'Text for reading: HTML references decoded, tags removed, mojibake repaired, control and zero-width characters dropped; case, accents and line ends stay';

CREATE FUNCTION jobmarket.normalise_title(title text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'jobmarket_normalise_title';
COMMENT ON FUNCTION jobmarket.normalise_title(text) IS
'A job title as role rules see it: normalise_text, words by single spaces, parts by " / ", without gender markers, references and département numbers';

CREATE FUNCTION jobmarket.metier_data(title text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'jobmarket_metier_data';
COMMENT ON FUNCTION jobmarket.metier_data(text) IS
'DE, DA, DS or NULL by the substring rules of the earlier project, kept for comparison; classify_role is the better answer';

CREATE FUNCTION jobmarket.parse_salary(label text, policy text DEFAULT 'repair',
	OUT min numeric, OUT max numeric, OUT period text, OUT months numeric,
	OUT annual_min numeric, OUT annual_max numeric, OUT flags text[])
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
AS 'MODULE_PATHNAME', 'jobmarket_parse_salary';
COMMENT ON FUNCTION jobmarket.parse_salary(text, text) IS
'Amounts of a salary label as written, their period (hour, day, week, month, year, fee), months a year when stated, annual bounds in euros (hour × 1820, month × months), and flags for whatever was repaired or doubted; policy repair or strict';

CREATE FUNCTION jobmarket.experience_months(label text) RETURNS integer
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'jobmarket_experience_months';
COMMENT ON FUNCTION jobmarket.experience_months(text) IS
'Months of experience that a label asks for; 0 for beginners, NULL when it gives no duration';

CREATE FUNCTION jobmarket.weekly_hours(label text) RETURNS numeric
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'jobmarket_weekly_hours';
COMMENT ON FUNCTION jobmarket.weekly_hours(text) IS
'Hours of work a week in a label such as 37H30/semaine; NULL when it gives none';

CREATE FUNCTION jobmarket.contract_months(label text) RETURNS numeric
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'jobmarket_contract_months';
COMMENT ON FUNCTION jobmarket.contract_months(text) IS
'Months that a contract lasts by its label, a day as 1/30; NULL when it gives no duration';

-- Rules stand in tables and are compiled once per backend; this tells every
-- session that they changed.
CREATE FUNCTION jobmarket.rules_changed() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'jobmarket_rules_changed';
REVOKE ALL ON FUNCTION jobmarket.rules_changed() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.rules_changed() IS
'Trigger: makes every session compile the rules of this table again';
