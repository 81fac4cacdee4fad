-- ---------------------------------------------------------------------------
-- offers: job offers, what they ask for, and the dimensions that they share.
--
-- Every child is keyed (offer_id, position): the place of the element in the
-- API's array, so that what is stored can be checked against the document.
-- Dimensions that have no code are keyed by a digest of their label: the same
-- label has the same key in every database, and no sequence is a bottleneck.
--
-- Contact persons and agencies are not stored: the licence asks for it.
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.source (
	source text PRIMARY KEY CHECK (source ~ '^[a-z][a-z0-9_]{0,39}$'),
	name text NOT NULL,
	url text,
	licence text,
	licence_url text,
	last_complete_run_id bigint,
	refreshed_at timestamptz,
	shipped boolean NOT NULL DEFAULT false
);
INSERT INTO jobmarket.source (source, name, url, licence, licence_url) VALUES
	('france_travail', 'France Travail, Offres d''emploi v2',
	 'https://francetravail.io/data/api/offres-emploi',
	 'Licence de réutilisation de la base de données des offres d''emploi de France Travail',
	 'https://francetravail.io/produits-partages/documentation/conditions-dutilisation-api/licence-offres-emploi');
CALL jobmarket.keep_shipped('jobmarket.source', 'source');

CREATE TABLE jobmarket.company (
	company_id uuid PRIMARY KEY,
	name text NOT NULL
);

CREATE TABLE jobmarket.offer (
	offer_id text PRIMARY KEY,
	source text NOT NULL REFERENCES jobmarket.source,
	title text,
	description text COMPRESSION lz4,
	created_at timestamptz,
	updated_at timestamptz,
	rome_code text REFERENCES jobmarket.rome,
	appellation_label text,
	company_id uuid REFERENCES jobmarket.company,
	company_siret text,
	company_description text COMPRESSION lz4,
	company_url text,
	company_logo_url text,
	company_headcount_label text,
	adapted_company boolean,
	disability_committed boolean,
	naf_code text REFERENCES jobmarket.naf,
	naf_division_code text REFERENCES jobmarket.naf_division,
	contract_type_code text REFERENCES jobmarket.contract_type,
	contract_type_label text,
	contract_nature text,
	apprenticeship boolean,
	working_time_label text,
	working_time text,
	work_supplement text,
	work_condition text,
	schedules text[],
	working_conditions text[],
	experience_requirement text,
	experience_label text,
	experience_comment text,
	qualification_code text REFERENCES jobmarket.qualification,
	positions integer,
	accessible_to_disabled boolean,
	travel_code text,
	travel_label text,
	hard_to_fill boolean,
	office_tools text[],
	salary_label text,
	salary_comment text,
	salary_supplement_1 text,
	salary_supplement_2 text,
	place_label text,
	place_postal_code text,
	place_insee_code text,
	place_latitude double precision,
	place_longitude double precision,
	departement_code text REFERENCES jobmarket.departement,
	geom geometry(Point, 4326),
	origin_code text,
	origin_url text,
	content_hash bigint NOT NULL,
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	changed_at timestamptz NOT NULL DEFAULT now(),
	withdrawn_at timestamptz
);
CREATE INDEX ON jobmarket.offer (created_at);
CREATE INDEX ON jobmarket.offer (rome_code);
CREATE INDEX ON jobmarket.offer (departement_code);
CREATE INDEX ON jobmarket.offer (company_id);
CREATE INDEX ON jobmarket.offer (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX ON jobmarket.offer USING gist (geom);

CREATE TABLE jobmarket.offer_document (
	offer_id text PRIMARY KEY REFERENCES jobmarket.offer ON DELETE CASCADE,
	document jsonb COMPRESSION lz4 NOT NULL
) WITH (toast_tuple_target = 4080);	-- read one by one: in line is cheaper to write and to read

-- Narrow and loosely filled: a daily sweep updates each row in place (HOT)
-- instead of rewriting the wide rows of offer.
CREATE TABLE jobmarket.offer_sighting (
	offer_id text PRIMARY KEY REFERENCES jobmarket.offer ON DELETE CASCADE,
	run_id bigint,
	seen_at timestamptz NOT NULL
) WITH (fillfactor = 45);

CREATE TABLE jobmarket.offer_change (
	change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	offer_id text NOT NULL REFERENCES jobmarket.offer ON DELETE CASCADE,
	changed_at timestamptz NOT NULL DEFAULT now(),
	kind text NOT NULL CHECK (kind IN ('updated', 'withdrawn', 'revived')),
	run_id bigint,
	before jsonb COMPRESSION lz4
);
CREATE INDEX ON jobmarket.offer_change (offer_id, changed_at);
CREATE INDEX ON jobmarket.offer_change (changed_at);

CREATE TABLE jobmarket.skill (
	skill_id uuid PRIMARY KEY,
	skill_code text,
	label text
);
CREATE TABLE jobmarket.offer_skill (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	skill_id uuid NOT NULL REFERENCES jobmarket.skill,
	requirement text,
	PRIMARY KEY (offer_id, position)
);
CREATE INDEX ON jobmarket.offer_skill (skill_id);

CREATE TABLE jobmarket.language (
	language_id uuid PRIMARY KEY,
	label text
);
CREATE TABLE jobmarket.offer_language (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	language_id uuid NOT NULL REFERENCES jobmarket.language,
	requirement text,
	PRIMARY KEY (offer_id, position)
);
CREATE INDEX ON jobmarket.offer_language (language_id);

CREATE TABLE jobmarket.licence (
	licence_id uuid PRIMARY KEY,
	label text
);
CREATE TABLE jobmarket.offer_licence (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	licence_id uuid NOT NULL REFERENCES jobmarket.licence,
	requirement text,
	PRIMARY KEY (offer_id, position)
);
CREATE INDEX ON jobmarket.offer_licence (licence_id);

CREATE TABLE jobmarket.training (
	training_id uuid PRIMARY KEY,
	training_code text,
	domain_label text,
	level_label text
);
CREATE TABLE jobmarket.offer_training (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	training_id uuid NOT NULL REFERENCES jobmarket.training,
	requirement text,
	comment text,
	PRIMARY KEY (offer_id, position)
);
CREATE INDEX ON jobmarket.offer_training (training_id);

CREATE TABLE jobmarket.quality (
	quality_id uuid PRIMARY KEY,
	label text,
	description text
);
CREATE TABLE jobmarket.offer_quality (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	quality_id uuid NOT NULL REFERENCES jobmarket.quality,
	PRIMARY KEY (offer_id, position)
);
CREATE INDEX ON jobmarket.offer_quality (quality_id);

CREATE TABLE jobmarket.offer_salary_supplement (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	supplement_code text,
	label text,
	PRIMARY KEY (offer_id, position)
);

CREATE TABLE jobmarket.offer_partner (
	offer_id text REFERENCES jobmarket.offer ON DELETE CASCADE,
	position integer,
	name text,
	url text,
	logo_url text,
	PRIMARY KEY (offer_id, position)
);

CREATE TABLE jobmarket.unknown_attribute (
	attribute text PRIMARY KEY,
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	last_seen_at timestamptz NOT NULL DEFAULT now(),
	offers bigint NOT NULL,
	example_offer_id text NOT NULL
);

COMMENT ON TABLE jobmarket.source IS 'Where offers come from, and on what terms; the licence wants the source and the date of refresh named';
COMMENT ON COLUMN jobmarket.source.source IS 'Short name; offers of all but france_travail are keyed source:id';
COMMENT ON COLUMN jobmarket.source.name IS 'Name to show';
COMMENT ON COLUMN jobmarket.source.url IS 'Home of the data';
COMMENT ON COLUMN jobmarket.source.licence IS 'Name of the licence';
COMMENT ON COLUMN jobmarket.source.licence_url IS 'Text of the licence';
COMMENT ON COLUMN jobmarket.source.last_complete_run_id IS 'Last full harvest that missed nothing';
COMMENT ON COLUMN jobmarket.source.refreshed_at IS 'When that harvest began: what is stored is at least as fresh as this';
COMMENT ON COLUMN jobmarket.source.shipped IS 'True while the row is as it came with the extension';

COMMENT ON TABLE jobmarket.company IS 'Employers by name, as offers give it (offers carry no company number)';
COMMENT ON COLUMN jobmarket.company.company_id IS 'Digest of the name';
COMMENT ON COLUMN jobmarket.company.name IS 'Name as the offer gives it, runs of blanks made one';

COMMENT ON TABLE jobmarket.offer IS 'Job offers; withdrawn_at is NULL for those still open';
COMMENT ON COLUMN jobmarket.offer.offer_id IS 'France Travail''s own identifier, or source:identifier for other sources';
COMMENT ON COLUMN jobmarket.offer.source IS 'Where the offer comes from';
COMMENT ON COLUMN jobmarket.offer.title IS 'Title (intitule)';
COMMENT ON COLUMN jobmarket.offer.description IS 'Text of the offer';
COMMENT ON COLUMN jobmarket.offer.created_at IS 'Creation at the source (dateCreation)';
COMMENT ON COLUMN jobmarket.offer.updated_at IS 'Last update at the source (dateActualisation)';
COMMENT ON COLUMN jobmarket.offer.rome_code IS 'Occupation, ROME code';
COMMENT ON COLUMN jobmarket.offer.appellation_label IS 'ROME appellation (label only: the API gives no code)';
COMMENT ON COLUMN jobmarket.offer.company_id IS 'Employer; NULL where the offer names none';
COMMENT ON COLUMN jobmarket.offer.company_siret IS 'SIRET of the employer (only in old offers)';
COMMENT ON COLUMN jobmarket.offer.company_description IS 'The employer''s presentation in this offer';
COMMENT ON COLUMN jobmarket.offer.company_url IS 'The employer''s site';
COMMENT ON COLUMN jobmarket.offer.company_logo_url IS 'The employer''s logo';
COMMENT ON COLUMN jobmarket.offer.company_headcount_label IS 'Head count of the establishment, as a label (trancheEffectifEtab)';
COMMENT ON COLUMN jobmarket.offer.adapted_company IS 'Employer is an adapted company (entreprise adaptée)';
COMMENT ON COLUMN jobmarket.offer.disability_committed IS 'Employer recognised for its commitment to disabled people (employeurHandiEngage)';
COMMENT ON COLUMN jobmarket.offer.naf_code IS 'Activity of the employer, NAF code with its dot';
COMMENT ON COLUMN jobmarket.offer.naf_division_code IS 'NAF division, two digits (secteurActivite)';
COMMENT ON COLUMN jobmarket.offer.contract_type_code IS 'Contract type: CDI, CDD, MIS …';
COMMENT ON COLUMN jobmarket.offer.contract_type_label IS 'Contract type with its duration, as "CDD - 6 Mois"';
COMMENT ON COLUMN jobmarket.offer.contract_nature IS 'Nature of the contract (a label)';
COMMENT ON COLUMN jobmarket.offer.apprenticeship IS 'Work-study contract (alternance)';
COMMENT ON COLUMN jobmarket.offer.working_time_label IS 'Weekly hours and rhythm, as "35H Travail en journée"';
COMMENT ON COLUMN jobmarket.offer.working_time IS 'Temps plein or Temps partiel';
COMMENT ON COLUMN jobmarket.offer.work_supplement IS 'More on working time (complementExercice)';
COMMENT ON COLUMN jobmarket.offer.work_condition IS 'Particular conditions (conditionExercice)';
COMMENT ON COLUMN jobmarket.offer.schedules IS 'Schedules (contexteTravail.horaires)';
COMMENT ON COLUMN jobmarket.offer.working_conditions IS 'Working conditions (contexteTravail.conditionsExercice)';
COMMENT ON COLUMN jobmarket.offer.experience_requirement IS 'D beginner accepted, S wished, E required';
COMMENT ON COLUMN jobmarket.offer.experience_label IS 'Experience, as "2 An(s)"';
COMMENT ON COLUMN jobmarket.offer.experience_comment IS 'More on experience';
COMMENT ON COLUMN jobmarket.offer.qualification_code IS 'Qualification level, 1 to 9';
COMMENT ON COLUMN jobmarket.offer.positions IS 'Number of positions';
COMMENT ON COLUMN jobmarket.offer.accessible_to_disabled IS 'Open to disabled workers (accessibleTH)';
COMMENT ON COLUMN jobmarket.offer.travel_code IS 'Travel: 1 never, 2 occasional, 3 frequent, 4 daily';
COMMENT ON COLUMN jobmarket.offer.travel_label IS 'Travel, as a label';
COMMENT ON COLUMN jobmarket.offer.hard_to_fill IS 'Offer short of candidates (offresManqueCandidats)';
COMMENT ON COLUMN jobmarket.offer.office_tools IS 'Office software (outilsBureautiques)';
COMMENT ON COLUMN jobmarket.offer.salary_label IS 'Salary as stated';
COMMENT ON COLUMN jobmarket.offer.salary_comment IS 'Free comment on the salary';
COMMENT ON COLUMN jobmarket.offer.salary_supplement_1 IS 'First supplement (complement1)';
COMMENT ON COLUMN jobmarket.offer.salary_supplement_2 IS 'Second supplement (complement2)';
COMMENT ON COLUMN jobmarket.offer.place_label IS 'Place as stated';
COMMENT ON COLUMN jobmarket.offer.place_postal_code IS 'Postal code as stated';
COMMENT ON COLUMN jobmarket.offer.place_insee_code IS 'INSEE commune code as stated';
COMMENT ON COLUMN jobmarket.offer.place_latitude IS 'Latitude as stated, degrees';
COMMENT ON COLUMN jobmarket.offer.place_longitude IS 'Longitude as stated, degrees';
COMMENT ON COLUMN jobmarket.offer.departement_code IS 'Département of the place of work; NULL where it is not told';
COMMENT ON COLUMN jobmarket.offer.geom IS 'Place of work, WGS 84';
COMMENT ON COLUMN jobmarket.offer.origin_code IS '1 France Travail, 2 partner';
COMMENT ON COLUMN jobmarket.offer.origin_url IS 'Public page of the offer';
COMMENT ON COLUMN jobmarket.offer.content_hash IS 'Digest of the whole document; missing, null and empty count as the same';
COMMENT ON COLUMN jobmarket.offer.first_seen_at IS 'When it was first loaded';
COMMENT ON COLUMN jobmarket.offer.changed_at IS 'When its content, or whether it is withdrawn, last changed here';
COMMENT ON COLUMN jobmarket.offer.withdrawn_at IS 'When it was found gone from the source';

COMMENT ON TABLE jobmarket.offer_document IS 'The offer as the API gave it, less contact and agency (setting jobmarket.keep_documents)';
COMMENT ON COLUMN jobmarket.offer_document.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_document.document IS 'The document, attributes unknown to this version included';
COMMENT ON TABLE jobmarket.offer_sighting IS 'When each offer was last seen, and by which harvest';
COMMENT ON COLUMN jobmarket.offer_sighting.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_sighting.run_id IS 'Harvest that saw it; NULL after load_offers';
COMMENT ON COLUMN jobmarket.offer_sighting.seen_at IS 'When';
COMMENT ON TABLE jobmarket.offer_change IS 'History: what changed in an offer, and when';
COMMENT ON COLUMN jobmarket.offer_change.change_id IS 'Identifier';
COMMENT ON COLUMN jobmarket.offer_change.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_change.changed_at IS 'When the change was seen';
COMMENT ON COLUMN jobmarket.offer_change.kind IS 'updated, withdrawn, or revived (seen again after it was withdrawn)';
COMMENT ON COLUMN jobmarket.offer_change.run_id IS 'Harvest that saw it; NULL after load_offers';
COMMENT ON COLUMN jobmarket.offer_change.before IS 'For an update: the attributes that changed, with their values before (where documents are kept)';
COMMENT ON TABLE jobmarket.skill IS 'Skills (competences); those typed by recruiters have no code';
COMMENT ON COLUMN jobmarket.skill.skill_id IS 'Digest of code and label';
COMMENT ON COLUMN jobmarket.skill.skill_code IS 'ROME skill code';
COMMENT ON COLUMN jobmarket.skill.label IS 'Label';
COMMENT ON TABLE jobmarket.offer_skill IS 'Skills that an offer asks for';
COMMENT ON COLUMN jobmarket.offer_skill.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_skill.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_skill.skill_id IS 'The skill';
COMMENT ON COLUMN jobmarket.offer_skill.requirement IS 'E required, S wished';
COMMENT ON TABLE jobmarket.language IS 'Languages';
COMMENT ON COLUMN jobmarket.language.language_id IS 'Digest of the label';
COMMENT ON COLUMN jobmarket.language.label IS 'Label';
COMMENT ON TABLE jobmarket.offer_language IS 'Languages that an offer asks for';
COMMENT ON COLUMN jobmarket.offer_language.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_language.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_language.language_id IS 'The language';
COMMENT ON COLUMN jobmarket.offer_language.requirement IS 'E required, S wished';
COMMENT ON TABLE jobmarket.licence IS 'Driving licences (permis)';
COMMENT ON COLUMN jobmarket.licence.licence_id IS 'Digest of the label';
COMMENT ON COLUMN jobmarket.licence.label IS 'Label, as "B - Véhicule léger"';
COMMENT ON TABLE jobmarket.offer_licence IS 'Driving licences that an offer asks for';
COMMENT ON COLUMN jobmarket.offer_licence.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_licence.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_licence.licence_id IS 'The licence';
COMMENT ON COLUMN jobmarket.offer_licence.requirement IS 'E required, S wished';
COMMENT ON TABLE jobmarket.training IS 'Trainings and diploma levels (formations)';
COMMENT ON COLUMN jobmarket.training.training_id IS 'Digest of code, domain and level';
COMMENT ON COLUMN jobmarket.training.training_code IS 'Code of the domain (Formacode)';
COMMENT ON COLUMN jobmarket.training.domain_label IS 'Domain';
COMMENT ON COLUMN jobmarket.training.level_label IS 'Level, as "Bac+2 ou équivalents"';
COMMENT ON TABLE jobmarket.offer_training IS 'Trainings that an offer asks for';
COMMENT ON COLUMN jobmarket.offer_training.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_training.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_training.training_id IS 'The training';
COMMENT ON COLUMN jobmarket.offer_training.requirement IS 'E required, S wished';
COMMENT ON COLUMN jobmarket.offer_training.comment IS 'Free comment';
COMMENT ON TABLE jobmarket.quality IS 'Professional qualities (qualitesProfessionnelles)';
COMMENT ON COLUMN jobmarket.quality.quality_id IS 'Digest of the label';
COMMENT ON COLUMN jobmarket.quality.label IS 'Label';
COMMENT ON COLUMN jobmarket.quality.description IS 'What is meant by it, as first met';
COMMENT ON TABLE jobmarket.offer_quality IS 'Professional qualities that an offer asks for';
COMMENT ON COLUMN jobmarket.offer_quality.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_quality.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_quality.quality_id IS 'The quality';
COMMENT ON TABLE jobmarket.offer_salary_supplement IS 'Supplements to the salary (salaire.listeComplements)';
COMMENT ON COLUMN jobmarket.offer_salary_supplement.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_salary_supplement.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_salary_supplement.supplement_code IS 'Code';
COMMENT ON COLUMN jobmarket.offer_salary_supplement.label IS 'Label';
COMMENT ON TABLE jobmarket.offer_partner IS 'Partners that an offer comes from (origineOffre.partenaires)';
COMMENT ON COLUMN jobmarket.offer_partner.offer_id IS 'The offer';
COMMENT ON COLUMN jobmarket.offer_partner.position IS 'Place in the document''s array, from 1';
COMMENT ON COLUMN jobmarket.offer_partner.name IS 'Name, as METEOJOB';
COMMENT ON COLUMN jobmarket.offer_partner.url IS 'The offer''s page at the partner''s';
COMMENT ON COLUMN jobmarket.offer_partner.logo_url IS 'The partner''s logo';
COMMENT ON TABLE jobmarket.unknown_attribute IS 'Attributes met in offers that this version has no column for; their values are in offer_document';
COMMENT ON COLUMN jobmarket.unknown_attribute.attribute IS 'Path, as salaire.nouveau';
COMMENT ON COLUMN jobmarket.unknown_attribute.first_seen_at IS 'First met';
COMMENT ON COLUMN jobmarket.unknown_attribute.last_seen_at IS 'Last met';
COMMENT ON COLUMN jobmarket.unknown_attribute.offers IS 'How many new or changed offers had it';
COMMENT ON COLUMN jobmarket.unknown_attribute.example_offer_id IS 'One of them';

DO $$
DECLARE
	tbl text;
BEGIN
	FOREACH tbl IN ARRAY ARRAY['company', 'offer', 'offer_document', 'offer_sighting', 'offer_change',
		'skill', 'offer_skill', 'language', 'offer_language', 'licence', 'offer_licence',
		'training', 'offer_training', 'quality', 'offer_quality', 'offer_salary_supplement',
		'offer_partner', 'unknown_attribute', 'offer_change_change_id_seq'] LOOP
		PERFORM pg_extension_config_dump(('jobmarket.' || tbl)::regclass, '');
	END LOOP;
END
$$;

-- search_path: the statements inside are qualified, but their operators are
-- looked up in it.
CREATE FUNCTION jobmarket.load_offers(
	documents jsonb, source text DEFAULT 'france_travail',
	OUT received bigint, OUT inserted bigint, OUT updated bigint,
	OUT unchanged bigint, OUT rejected bigint)
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'jobmarket_load_offers';
REVOKE ALL ON FUNCTION jobmarket.load_offers(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.load_offers(jsonb, text) IS
'Loads one offer, an array of offers or an answer of the search into the tables; an offer that cannot be read becomes a row of harvest_error and the others load';
