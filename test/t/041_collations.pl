# Every function of texts gives the same answers whatever the database's
# collation and character classes: C, C.UTF-8, ICU, and fr_FR.UTF-8 by glibc
# (made for this test where the system lacks it).
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('collations');
my $locales = PostgreSQL::Test::Utils::tempdir;

# The server finds the locale in LOCPATH, and nothing is installed.
my $french = -e '/usr/share/i18n/locales/fr_FR'
  && system("localedef -i fr_FR -f UTF-8 $locales/fr_FR.UTF-8 >$locales/log 2>&1") == 0;
if ($french)
{
	system("localedef -i C -f UTF-8 $locales/C.UTF-8 >>$locales/log 2>&1; cp -r /usr/lib/locale/C.utf8 $locales/ 2>/dev/null");
	$ENV{LOCPATH} = $locales;
}
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;

# --- texts: written to be hard, and the real ones where they are ---

my $data = $ENV{JOBMARKET_DATA} // '';
my $texts = $node->basedir . '/texts.sql';
append_to_file($texts, <<'SQL');
CREATE EXTENSION jobmarket CASCADE;
CREATE TABLE t (n serial, t text, postal text, insee text, lat float8, lon float8);
INSERT INTO t (t) VALUES
	(NULL), (''), (' '), (E'\t\r\n'), ('Ingénieur(e) Données d''Été – Lyon (69) H/F'), ('INGÉNIEURE DONNÉES À L''ÉCOLE'),
	(E'Inge\u0301nieur donne\u0301es'), ('ISTANBUL İSTANBUL ısparta Straße STRASSE ﬁnance Œuvre ŒUVRE ſ K Å'),
	('ΔΕΔΟΜΕΝΑ δεδομένα ΟΔΟΣ Данные ДАННЫЕ بيانات נתונים データ 数据'), (E'\u202edata\u202c \u200fdata\u200e \u2066engineer\u2069'),
	('Développeur C++ / C# / .NET – R&D 😀 5€ • → 20 % ½ ² º'), ('DÃ©veloppeur donnÃ©es ï¿½ ��'),
	('Data&nbsp;Engineer&#233; &lt;b&gt;<p>SQL</p> l’équipe « BI »'), (E'\x01\x02\x1f\x7f\u0085\u00a0\u00ad\ufeff'),
	('De 2 000,50 € à 2500€ brut/mois sur 13 mois'), ('Annuel de 35000.0 Euros à 40 k€ sur 13.5 mois'), ('Horaire de ١٢ Euros'), ('Mensuel de １８００ Euros'),
	('3 An(s)'), ('6 MOIS'), ('Débutant accepté'), ('DÉBUTANT'), ('35H30 Travail en journée'), ('39H/SEMAINE'), ('CDD - 6 Mois'), ('Intérim - 15 Jour(s)'),
	('Île-de-France'), ('ÎLE-DE-FRANCE'), ('2A - AJACCIO'), ('75 - PARIS 12'), ('Étampes'), ('SAINT-ÉTIENNE'), ('974 - ST DENIS'), ('Réunion'), ('QUÉBEC'),
	('PLÂTRERIE, Électricité, sql, Excel, excellent, Git, digital, R, C'), (repeat('É', 3000)), (repeat('ingénieur data ', 500));
CREATE TEMP TABLE communes (insee_code text, name text, departement_code text, region_code text, postal_codes text,
	population text, latitude text, longitude text);
SQL
if (-d "$data/offers")
{
	append_to_file($texts, <<"SQL");
COPY communes FROM '$data/reference/communes.csv' WITH (FORMAT csv, HEADER);
CREATE TEMP TABLE raw (d jsonb);
-- every third: what a function does to one it does to all, and time matters
COPY raw FROM PROGRAM 'gzip -dc $data/offers/offers.jsonl.gz | awk "NR % 3 == 1"' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02');
INSERT INTO t (t) SELECT t FROM raw, LATERAL (VALUES (d->>'intitule'), (d->>'description'), (d->'salaire'->>'libelle'),
	(d->>'experienceLibelle'), (d->>'dureeTravailLibelle'), (d->>'typeContratLibelle')) v (t);
INSERT INTO t (t, postal, insee, lat, lon) SELECT d->'lieuTravail'->>'libelle', d->'lieuTravail'->>'codePostal',
	d->'lieuTravail'->>'commune', (d->'lieuTravail'->>'latitude')::float8, (d->'lieuTravail'->>'longitude')::float8 FROM raw;
SQL
}
else
{
	append_to_file($texts, <<'SQL');
INSERT INTO communes VALUES ('75056', 'Paris', '75', '11', '', '2133111', '48.8566', '2.3429'),
	('91223', 'Étampes', '91', '11', '91150', '25000', '48.43', '2.16'), ('42218', 'Saint-Étienne', '42', '84', '42000;42100', '174082', '45.44', '4.38');
SQL
}
append_to_file($texts, "SELECT * FROM jobmarket.load_communes('communes');\n");

# --- what each function says of them, as a digest ---

my %calls = (
	normalise_text => 'jobmarket.normalise_text(t)', clean_text => 'jobmarket.clean_text(t)',
	normalise_title => 'jobmarket.normalise_title(t)', metier_data => 'jobmarket.metier_data(t)',
	classify_role => 'jobmarket.classify_role(t, t)', extract_keywords => 'jobmarket.extract_keywords(t)',
	classify_roles => '(SELECT array_agg(r) FROM jobmarket.classify_roles(t) r)',
	salary => 'jobmarket.parse_salary(t)', strict => q{jobmarket.parse_salary(t, 'strict')},
	experience_months => 'jobmarket.experience_months(t)', weekly_hours => 'jobmarket.weekly_hours(t)',
	contract_months => 'jobmarket.contract_months(t)', search_document => 'jobmarket.search_document(left(t, 50), t)',
	search_words => 'jobmarket.search_words(t)', offer_query => 'jobmarket.offer_query(left(t, 200))', resolve_place => 'jobmarket.resolve_place(t, postal, insee, lat, lon)');
my $digests = join ' UNION ALL ', map { "SELECT '$_', count(v), md5(string_agg(coalesce(v, '-'), '|' ORDER BY n)) FROM (SELECT n, ($calls{$_})::text AS v FROM t OFFSET 0) v" }
  sort keys %calls;

my %databases = (
	c => "LOCALE 'C'",
	'c.utf-8' => "LOCALE 'C.UTF-8'",
	icu => "LOCALE_PROVIDER icu ICU_LOCALE 'fr' LOCALE 'C'",
	'fr_fr.utf-8' => "LOCALE 'fr_FR.UTF-8'");
my $expected;
foreach my $name (sort keys %databases)
{
	my $made = $node->psql('postgres', qq{CREATE DATABASE "$name" TEMPLATE template0 ENCODING 'UTF8' $databases{$name}});
  SKIP:
	{
		skip "no database with $databases{$name} here", 2 if $made != 0 && $name ne 'c';
		$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $texts, $node->connstr($name) ], "$name: texts");
		my $got = $node->safe_psql($name, "SET client_encoding = UTF8; SET client_min_messages = warning; $digests");
		$expected //= $got;
		is($got, $expected, "$name: the same answers");
	}
}
my @counts = map { (split /\|/)[1] } split /\n/, $expected;
cmp_ok($_, '>', 0, 'a function has answers at all') foreach @counts;

$node->stop;
done_testing();
