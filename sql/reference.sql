-- ---------------------------------------------------------------------------
-- reference: official code lists (regions, départements, communes, ROME, NAF,
-- contracts ...).  Codes are text: leading zeros matter.
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.region (
	region_code text PRIMARY KEY,
	name text NOT NULL,
	territory text NOT NULL
		CHECK (territory IN ('metropole', 'corse', 'drom', 'com')),
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.region IS
'Regions of France by INSEE code (code officiel géographique), and the overseas collectivities under their département code';
COMMENT ON COLUMN jobmarket.region.region_code IS 'INSEE region code; 75 is Nouvelle-Aquitaine, not Paris';
COMMENT ON COLUMN jobmarket.region.name IS 'Official name';
COMMENT ON COLUMN jobmarket.region.territory IS 'metropole, corse, drom (overseas régions) or com (overseas collectivities)';
COMMENT ON COLUMN jobmarket.region.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.region (region_code, name, territory) VALUES
	('01', 'Guadeloupe', 'drom'),
	('02', 'Martinique', 'drom'),
	('03', 'Guyane', 'drom'),
	('04', 'La Réunion', 'drom'),
	('06', 'Mayotte', 'drom'),
	('11', 'Île-de-France', 'metropole'),
	('24', 'Centre-Val de Loire', 'metropole'),
	('27', 'Bourgogne-Franche-Comté', 'metropole'),
	('28', 'Normandie', 'metropole'),
	('32', 'Hauts-de-France', 'metropole'),
	('44', 'Grand Est', 'metropole'),
	('52', 'Pays de la Loire', 'metropole'),
	('53', 'Bretagne', 'metropole'),
	('75', 'Nouvelle-Aquitaine', 'metropole'),
	('76', 'Occitanie', 'metropole'),
	('84', 'Auvergne-Rhône-Alpes', 'metropole'),
	('93', 'Provence-Alpes-Côte d''Azur', 'metropole'),
	('94', 'Corse', 'corse'),
	('975', 'Saint-Pierre-et-Miquelon', 'com'),
	('977', 'Saint-Barthélemy', 'com'),
	('978', 'Saint-Martin', 'com'),
	('984', 'Terres australes et antarctiques françaises', 'com'),
	('986', 'Wallis-et-Futuna', 'com'),
	('987', 'Polynésie française', 'com'),
	('988', 'Nouvelle-Calédonie', 'com'),
	('989', 'Île de Clipperton', 'com');
CALL jobmarket.keep_shipped('jobmarket.region', 'region_code');

CREATE TABLE jobmarket.departement (
	departement_code text PRIMARY KEY,
	name text NOT NULL,
	region_code text NOT NULL REFERENCES jobmarket.region,
	shipped boolean NOT NULL DEFAULT false
);
CREATE INDEX ON jobmarket.departement (region_code);
COMMENT ON TABLE jobmarket.departement IS 'Départements by INSEE code (01 … 2A, 2B … 95, 971 …)';
COMMENT ON COLUMN jobmarket.departement.departement_code IS 'INSEE code, two characters, three overseas';
COMMENT ON COLUMN jobmarket.departement.name IS 'Official name';
COMMENT ON COLUMN jobmarket.departement.region_code IS 'Region that it belongs to';
COMMENT ON COLUMN jobmarket.departement.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.departement (departement_code, name, region_code) VALUES
	('01', 'Ain', '84'),
	('02', 'Aisne', '32'),
	('03', 'Allier', '84'),
	('04', 'Alpes-de-Haute-Provence', '93'),
	('05', 'Hautes-Alpes', '93'),
	('06', 'Alpes-Maritimes', '93'),
	('07', 'Ardèche', '84'),
	('08', 'Ardennes', '44'),
	('09', 'Ariège', '76'),
	('10', 'Aube', '44'),
	('11', 'Aude', '76'),
	('12', 'Aveyron', '76'),
	('13', 'Bouches-du-Rhône', '93'),
	('14', 'Calvados', '28'),
	('15', 'Cantal', '84'),
	('16', 'Charente', '75'),
	('17', 'Charente-Maritime', '75'),
	('18', 'Cher', '24'),
	('19', 'Corrèze', '75'),
	('21', 'Côte-d''Or', '27'),
	('22', 'Côtes-d''Armor', '53'),
	('23', 'Creuse', '75'),
	('24', 'Dordogne', '75'),
	('25', 'Doubs', '27'),
	('26', 'Drôme', '84'),
	('27', 'Eure', '28'),
	('28', 'Eure-et-Loir', '24'),
	('29', 'Finistère', '53'),
	('2A', 'Corse-du-Sud', '94'),
	('2B', 'Haute-Corse', '94'),
	('30', 'Gard', '76'),
	('31', 'Haute-Garonne', '76'),
	('32', 'Gers', '76'),
	('33', 'Gironde', '75'),
	('34', 'Hérault', '76'),
	('35', 'Ille-et-Vilaine', '53'),
	('36', 'Indre', '24'),
	('37', 'Indre-et-Loire', '24'),
	('38', 'Isère', '84'),
	('39', 'Jura', '27'),
	('40', 'Landes', '75'),
	('41', 'Loir-et-Cher', '24'),
	('42', 'Loire', '84'),
	('43', 'Haute-Loire', '84'),
	('44', 'Loire-Atlantique', '52'),
	('45', 'Loiret', '24'),
	('46', 'Lot', '76'),
	('47', 'Lot-et-Garonne', '75'),
	('48', 'Lozère', '76'),
	('49', 'Maine-et-Loire', '52'),
	('50', 'Manche', '28'),
	('51', 'Marne', '44'),
	('52', 'Haute-Marne', '44'),
	('53', 'Mayenne', '52'),
	('54', 'Meurthe-et-Moselle', '44'),
	('55', 'Meuse', '44'),
	('56', 'Morbihan', '53'),
	('57', 'Moselle', '44'),
	('58', 'Nièvre', '27'),
	('59', 'Nord', '32'),
	('60', 'Oise', '32'),
	('61', 'Orne', '28'),
	('62', 'Pas-de-Calais', '32'),
	('63', 'Puy-de-Dôme', '84'),
	('64', 'Pyrénées-Atlantiques', '75'),
	('65', 'Hautes-Pyrénées', '76'),
	('66', 'Pyrénées-Orientales', '76'),
	('67', 'Bas-Rhin', '44'),
	('68', 'Haut-Rhin', '44'),
	('69', 'Rhône', '84'),
	('70', 'Haute-Saône', '27'),
	('71', 'Saône-et-Loire', '27'),
	('72', 'Sarthe', '52'),
	('73', 'Savoie', '84'),
	('74', 'Haute-Savoie', '84'),
	('75', 'Paris', '11'),
	('76', 'Seine-Maritime', '28'),
	('77', 'Seine-et-Marne', '11'),
	('78', 'Yvelines', '11'),
	('79', 'Deux-Sèvres', '75'),
	('80', 'Somme', '32'),
	('81', 'Tarn', '76'),
	('82', 'Tarn-et-Garonne', '76'),
	('83', 'Var', '93'),
	('84', 'Vaucluse', '93'),
	('85', 'Vendée', '52'),
	('86', 'Vienne', '75'),
	('87', 'Haute-Vienne', '75'),
	('88', 'Vosges', '44'),
	('89', 'Yonne', '27'),
	('90', 'Territoire de Belfort', '27'),
	('91', 'Essonne', '11'),
	('92', 'Hauts-de-Seine', '11'),
	('93', 'Seine-Saint-Denis', '11'),
	('94', 'Val-de-Marne', '11'),
	('95', 'Val-d''Oise', '11'),
	('971', 'Guadeloupe', '01'),
	('972', 'Martinique', '02'),
	('973', 'Guyane', '03'),
	('974', 'La Réunion', '04'),
	('975', 'Saint-Pierre-et-Miquelon', '975'),
	('976', 'Mayotte', '06'),
	('977', 'Saint-Barthélemy', '977'),
	('978', 'Saint-Martin', '978'),
	('984', 'Terres australes et antarctiques françaises', '984'),
	('986', 'Wallis-et-Futuna', '986'),
	('987', 'Polynésie française', '987'),
	('988', 'Nouvelle-Calédonie', '988'),
	('989', 'Île de Clipperton', '989');
CALL jobmarket.keep_shipped('jobmarket.departement', 'departement_code');

CREATE TABLE jobmarket.commune (
	insee_code text PRIMARY KEY,
	name text NOT NULL,
	departement_code text NOT NULL REFERENCES jobmarket.departement,
	postal_codes text[] NOT NULL DEFAULT '{}',
	population integer CHECK (population >= 0),
	centroid geometry(Point, 4326),
	parent_insee_code text REFERENCES jobmarket.commune
);
CREATE INDEX ON jobmarket.commune (departement_code);
CREATE INDEX ON jobmarket.commune (parent_insee_code);
CREATE INDEX ON jobmarket.commune USING gin (postal_codes);
CREATE INDEX ON jobmarket.commune USING gist (centroid);
SELECT pg_extension_config_dump('jobmarket.commune', '');
COMMENT ON TABLE jobmarket.commune IS
'Communes and municipal arrondissements by INSEE code; filled by sync_referential or from CSV';
COMMENT ON COLUMN jobmarket.commune.insee_code IS 'INSEE commune code (not a postal code)';
COMMENT ON COLUMN jobmarket.commune.name IS 'Name';
COMMENT ON COLUMN jobmarket.commune.departement_code IS 'Département that it belongs to';
COMMENT ON COLUMN jobmarket.commune.postal_codes IS 'Its postal codes; one code may serve several communes';
COMMENT ON COLUMN jobmarket.commune.population IS 'Inhabitants';
COMMENT ON COLUMN jobmarket.commune.centroid IS 'Reference point, WGS 84';
COMMENT ON COLUMN jobmarket.commune.parent_insee_code IS 'For a municipal arrondissement (Paris, Lyon, Marseille): its commune';

CREATE TABLE jobmarket.rome (
	rome_code text PRIMARY KEY,
	label text
);
SELECT pg_extension_config_dump('jobmarket.rome', '');
COMMENT ON TABLE jobmarket.rome IS 'Occupations of the ROME (répertoire opérationnel des métiers et des emplois); a code met in an offer is added with the label given there';
COMMENT ON COLUMN jobmarket.rome.rome_code IS 'ROME code, a letter and four digits';
COMMENT ON COLUMN jobmarket.rome.label IS 'Label';

CREATE TABLE jobmarket.rome_appellation (
	appellation_code text PRIMARY KEY,
	label text NOT NULL,
	rome_code text REFERENCES jobmarket.rome
);
CREATE INDEX ON jobmarket.rome_appellation (rome_code);
SELECT pg_extension_config_dump('jobmarket.rome_appellation', '');
COMMENT ON TABLE jobmarket.rome_appellation IS 'Job titles (appellations) of the ROME';
COMMENT ON COLUMN jobmarket.rome_appellation.appellation_code IS 'Appellation code';
COMMENT ON COLUMN jobmarket.rome_appellation.label IS 'Title, in both genders';
COMMENT ON COLUMN jobmarket.rome_appellation.rome_code IS 'Occupation that it belongs to, where known';

CREATE TABLE jobmarket.naf (
	naf_code text PRIMARY KEY,
	label text
);
SELECT pg_extension_config_dump('jobmarket.naf', '');
COMMENT ON TABLE jobmarket.naf IS 'Activities of the French nomenclature (NAF rév. 2, 732 classes); a code met in an offer is added';
COMMENT ON COLUMN jobmarket.naf.naf_code IS 'NAF code with its dot, as 62.02A';
COMMENT ON COLUMN jobmarket.naf.label IS 'Label';

CREATE TABLE jobmarket.naf_division (
	naf_division_code text PRIMARY KEY,
	label text
);
SELECT pg_extension_config_dump('jobmarket.naf_division', '');
COMMENT ON TABLE jobmarket.naf_division IS 'Divisions of the NAF (« secteur d''activité » of the API); a code met in an offer is added with its label';
COMMENT ON COLUMN jobmarket.naf_division.naf_division_code IS 'First two digits of the NAF code';
COMMENT ON COLUMN jobmarket.naf_division.label IS 'Label';

CREATE TABLE jobmarket.contract_type (
	contract_type_code text PRIMARY KEY,
	label text,
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.contract_type IS 'Contract types (CDI, CDD, MIS …); a code met in an offer is added';
COMMENT ON COLUMN jobmarket.contract_type.contract_type_code IS 'Code of France Travail';
COMMENT ON COLUMN jobmarket.contract_type.label IS 'Label; NULL for a code met in an offer and not yet synchronised';
COMMENT ON COLUMN jobmarket.contract_type.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.contract_type (contract_type_code, label) VALUES
	('CDI', 'Contrat à durée indéterminée'),
	('CDD', 'Contrat à durée déterminée'),
	('MIS', 'Mission intérimaire'),
	('SAI', 'Contrat travail saisonnier'),
	('LIB', 'Profession libérale'),
	('FRA', 'Franchise'),
	('CCE', 'Profession commerciale'),
	('DDI', 'CDD insertion'),
	('DIN', 'CDI intérimaire'),
	('TTI', 'Intérim insertion'),
	('REP', 'Reprise d''entreprise');
CALL jobmarket.keep_shipped('jobmarket.contract_type', 'contract_type_code');

CREATE TABLE jobmarket.qualification (
	qualification_code text PRIMARY KEY,
	label text,
	shipped boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE jobmarket.qualification IS 'Qualification levels of an offer, 1 (manœuvre) to 9 (cadre); a code met in an offer is added';
COMMENT ON COLUMN jobmarket.qualification.qualification_code IS 'Code of France Travail';
COMMENT ON COLUMN jobmarket.qualification.label IS 'Label';
COMMENT ON COLUMN jobmarket.qualification.shipped IS 'True while the row is as it came with the extension';

INSERT INTO jobmarket.qualification (qualification_code, label) VALUES
	('1', 'Manœuvre'),
	('2', 'Ouvrier spécialisé'),
	('3', 'Ouvrier qualifié (P1,P2)'),
	('4', 'Ouvrier qualifié (P3,P4,OHQ)'),
	('5', 'Employé non qualifié'),
	('6', 'Employé qualifié'),
	('7', 'Technicien'),
	('8', 'Agent de maîtrise'),
	('9', 'Cadre');
CALL jobmarket.keep_shipped('jobmarket.qualification', 'qualification_code');

CREATE TABLE jobmarket.referential_value (
	resource text,
	code text,
	label text NOT NULL,
	detail jsonb,
	PRIMARY KEY (resource, code)
);
SELECT pg_extension_config_dump('jobmarket.referential_value', '');
COMMENT ON TABLE jobmarket.referential_value IS
'Code lists of the API that have no table of their own (themes, domaines, langues, permis, niveauxFormations, naturesContrats, pays, continents …); filled by sync_referential';
COMMENT ON COLUMN jobmarket.referential_value.resource IS 'Name of the list in the API';
COMMENT ON COLUMN jobmarket.referential_value.code IS 'Code';
COMMENT ON COLUMN jobmarket.referential_value.label IS 'Label';
COMMENT ON COLUMN jobmarket.referential_value.detail IS 'The whole entry, as the API gave it';
