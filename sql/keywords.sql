-- ---------------------------------------------------------------------------
-- keywords: a dictionary of what offers ask for, and its search
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.keyword (
	keyword text PRIMARY KEY CHECK (jobmarket.search_words(keyword) ~ '[^ -]'),
	category text NOT NULL,
	shipped boolean NOT NULL DEFAULT false
);
GRANT SELECT ON jobmarket.keyword TO PUBLIC;
COMMENT ON TABLE jobmarket.keyword IS
'Keywords that extract_keywords reports; the name itself is sought in any case, unless a variant of the same letters says otherwise';
COMMENT ON COLUMN jobmarket.keyword.keyword IS 'Name, as reported';
COMMENT ON COLUMN jobmarket.keyword.category IS 'What kind of thing it is: programming, database, cloud, office, licence, language …';
COMMENT ON COLUMN jobmarket.keyword.shipped IS 'True while the row is as it came with the extension';

CREATE TABLE jobmarket.keyword_variant (
	variant text PRIMARY KEY CHECK (jobmarket.search_words(variant) ~ '[^ -]'),
	keyword text NOT NULL REFERENCES jobmarket.keyword ON UPDATE CASCADE ON DELETE CASCADE,
	case_policy text NOT NULL DEFAULT 'any' CHECK (case_policy IN ('any', 'exact', 'capital')),
	covers boolean NOT NULL DEFAULT true,
	not_before text[] NOT NULL DEFAULT '{}',
	not_after text[] NOT NULL DEFAULT '{}',
	needs text[] NOT NULL DEFAULT '{}',
	shipped boolean NOT NULL DEFAULT false
);
CREATE INDEX ON jobmarket.keyword_variant (keyword);
GRANT SELECT ON jobmarket.keyword_variant TO PUBLIC;
COMMENT ON TABLE jobmarket.keyword_variant IS
'Other ways to write a keyword, and where a word is not the keyword; always whole words, accents and hyphens do not count';
COMMENT ON COLUMN jobmarket.keyword_variant.variant IS 'The words';
COMMENT ON COLUMN jobmarket.keyword_variant.keyword IS 'The keyword that they stand for';
COMMENT ON COLUMN jobmarket.keyword_variant.case_policy IS 'any: case does not count; exact: capitals just where the variant has them; capital: the first letter is one';
COMMENT ON COLUMN jobmarket.keyword_variant.covers IS 'Whether keywords inside this one stay unseen (JavaScript in "Java Script"); false: both count (SQL and SQL Server)';
COMMENT ON COLUMN jobmarket.keyword_variant.not_before IS 'Texts that must not follow: "de bord" after tableau';
COMMENT ON COLUMN jobmarket.keyword_variant.not_after IS 'Texts that must not precede: "permis" before C';
COMMENT ON COLUMN jobmarket.keyword_variant.needs IS 'Keywords of which at least one must be found in the same text; for words that mostly mean something else';
COMMENT ON COLUMN jobmarket.keyword_variant.shipped IS 'True while the row is as it came with the extension';

CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.keyword
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rules_changed();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobmarket.keyword_variant
	FOR EACH STATEMENT EXECUTE FUNCTION jobmarket.rules_changed();
ALTER TABLE jobmarket.keyword ENABLE ALWAYS TRIGGER rules_changed;
ALTER TABLE jobmarket.keyword_variant ENABLE ALWAYS TRIGGER rules_changed;

CREATE FUNCTION jobmarket.extract_keywords(txt text) RETURNS text[]
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'jobmarket_extract_keywords';
COMMENT ON FUNCTION jobmarket.extract_keywords(text) IS
'Keywords of the dictionary (tables keyword, keyword_variant) that a text names as whole words, each once, in byte order';
