# Offers through HTTP and through load_offers, in dumps, and gone with the
# extension.  Real offers where they lie beside the tree, else generated ones.
use strict;
use warnings FATAL => 'all';

use Emulator;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $real = ($ENV{JOBMARKET_DATA} // '') . '/offers/offers.jsonl.gz';
my @stock = -r $real ? ('--file' => $real) : ('--offers' => 3000, '--seed' => 11);
my $emulator = Emulator->new(@stock, '--client' => 'fast:secret:0');

my $node = PostgreSQL::Test::Cluster->new('offers');
$node->init;
$node->start;

sub database
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql(
		$name, qq{
		CREATE EXTENSION jobmarket CASCADE;
		CREATE SERVER ft FOREIGN DATA WRAPPER jobmarket OPTIONS (}
		  . $emulator->server_options("requests_per_second '10000', burst '1000'") . qq{);
		CREATE USER MAPPING FOR CURRENT_USER SERVER ft OPTIONS (client_id 'fast', client_secret 'secret')});
	return;
}

# Digest of all that a load writes, less when it was written.
sub digest
{
	my ($database) = @_;
	return $node->safe_psql(
		$database, q{
		SELECT 'offer', count(*), md5(string_agg((to_jsonb(o) - '{first_seen_at,changed_at}'::text[])::text, ',' ORDER BY offer_id))
		FROM jobmarket.offer o;
		} . join('', map {
			"SELECT '$_', count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM jobmarket.$_ t;\n"
		} qw(offer_document offer_skill offer_language offer_licence offer_training offer_quality
		  offer_salary_supplement offer_partner skill language licence training quality company
		  naf contract_type qualification))
		  # labels of these are as first met: they depend on the order
		  . join('', map { "SELECT '$_->[0]', count(*), md5(string_agg($_->[1], ',' ORDER BY $_->[1])) FROM jobmarket.$_->[0];\n" }
		  [ 'rome', 'rome_code' ], [ 'naf_division', 'naf_division_code' ]));
}

# through HTTP
database('http');
my ($status, $stdout, $stderr) = $node->psql('http', q{CALL jobmarket.harvest('{ft}')});
is($status, 0, 'harvest') or diag $stderr;
like($stderr, qr/complete: .* 0 rejected; coverage 1\.0000/, 'harvest misses nothing');
my $offers = $node->safe_psql('http', 'SELECT count(*) FROM jobmarket.offer');
is($offers, -r $real ? 3161 : 3000, 'all the offers');
is($node->safe_psql('http', 'SELECT count(*) FROM jobmarket.harvest_error'), 0, 'no error');

# through load_offers, from the documents that fetch_offers brings
database('loaded');
$node->safe_psql('loaded', q{
	CREATE TABLE page AS
	SELECT document FROM jobmarket.fetch_offers('ft', '{"origineOffre": 1}', 5000)
	UNION ALL SELECT document FROM jobmarket.fetch_offers('ft', '{"origineOffre": 2}', 5000)});
like($node->safe_psql('loaded', 'SELECT l FROM (SELECT jsonb_agg(document) d FROM page) p, jobmarket.load_offers(d) l'),
	qr/^\($offers,$offers,0,0,0\)$/, 'load_offers inserts all of them');
is(digest('loaded'), digest('http'), 'both ways give the same tables');

# again: nothing to do
like($node->safe_psql('loaded', 'SELECT l FROM (SELECT jsonb_agg(document) d FROM page) p, jobmarket.load_offers(d) l'),
	qr/^\($offers,0,0,$offers,0\)$/, 'load_offers again: all unchanged');
($status, $stdout, $stderr) = $node->psql('http', q{CALL jobmarket.harvest('{ft}')});
like($stderr, qr/complete: \d+ offers received, 0 inserted, 0 updated, \d+ unchanged, 0 withdrawn, 0 rejected/,
	'harvest again: all unchanged');
is(digest('http'), digest('loaded'), 'and the tables as they were');

# a harvest reads texts where load_offers reads jsonb: odd ones mean the same;
# those of origin 2 are too odd for that, and with them their page
my @odd = (
	[1, ''],
	[1, ', "description": "tab\t line\n \"quote\" \u00e9\u20ac \ud83d\ude80 back\\\\slash \/"'],
	[1, ', "nombrePostes": 1e0, "lieuTravail": {"latitude": 48.850, "longitude": -0.0}'],
	[1, ', "description": "   ", "competences": [], "salaire": {}, "formations": [{}, null, ""]'],
	[1, ', "dur\u00e9e": true, "inconnu": [1, "a", {"b": [false, null]}], "contact": {"nom": "Un"}, "agence": {"x": 1}'],
	[1, ', "\u0063ontact": {"nom": "Un"}, "nul": "a\u0000b"'],
	[2, ', "nombrePostes": 1'],
	[2, ', "profond": ' . '[' x 40 . ']' x 40],
	[2, ', "large": {' . join(', ', map { qq("k$_": $_) } 1 .. 300) . '}'],
	[2, ', "deux": 1, "deux": 2']);
my $file = "$PostgreSQL::Test::Utils::tmp_check/odd.jsonl";
open(my $out, '>', $file) or die "$file: $!";
print $out qq({"id": "ODD$_", "dateCreation": "2026-01-02T03:04:05.678Z", "intitule": "x", ),
	qq("origineOffre": {"origine": "$odd[$_][0]"}$odd[$_][1]}\n) foreach 0 .. $#odd;
close $out;
my $strange = Emulator->new('--file' => $file, '--client' => 'fast:secret:0');
database('odd');
$node->safe_psql('odd', 'CREATE SERVER odd FOREIGN DATA WRAPPER jobmarket OPTIONS (' . $strange->server_options . q{);
	CREATE USER MAPPING FOR CURRENT_USER SERVER odd OPTIONS (client_id 'fast', client_secret 'secret')});
($status, $stdout, $stderr) = $node->psql('odd', q{CALL jobmarket.harvest('{odd}')});
my $n = @odd;
like($stderr, qr/complete: $n offers received, $n inserted/, 'odd texts are harvested');
like($node->safe_psql('odd', q{SELECT l FROM (SELECT jsonb_agg(document) d FROM jobmarket.fetch_offers('odd', '{}', 150)) p, jobmarket.load_offers(d) l}),
	qr/^\($n,0,0,$n,0\)$/, 'and unchanged to load_offers');
$strange->stop;

# one that jsonb refuses costs its page no other
open($out, '>', $file) or die "$file: $!";
print $out qq({"id": "BIG$_", "dateCreation": "2026-01-02T03:04:05Z", "origineOffre": {"origine": "1"}, "n": 0.) . 1 x $_ . "}\n" foreach 9, 15000, 20000;
close $out;
$strange = Emulator->new('--file' => $file, '--client' => 'fast:secret:0');
database('refused');
$node->safe_psql('refused', 'CREATE SERVER big FOREIGN DATA WRAPPER jobmarket OPTIONS (' . $strange->server_options . q{);
	CREATE USER MAPPING FOR CURRENT_USER SERVER big OPTIONS (client_id 'fast', client_secret 'secret')});
$node->psql('refused', q{CALL jobmarket.harvest('{big}')});
is($node->safe_psql('refused', q{SELECT string_agg(offer_id, ' ' ORDER BY offer_id) FROM jobmarket.offer}), 'BIG15000 BIG9',
	'what jsonb takes is stored');
is($node->safe_psql('refused', q{SELECT message FROM jobmarket.harvest_error WHERE stage = 'decode'}), 'value overflows numeric format',
	'and what it refuses is told');
$strange->stop;

# children as many as the documents have
is( $node->safe_psql('http', q{
	WITH d AS (SELECT offer_id, document FROM jobmarket.offer_document), expected AS (
		SELECT 'competences' AS key, 'offer_skill' AS child UNION ALL SELECT 'langues', 'offer_language'
		UNION ALL SELECT 'permis', 'offer_licence' UNION ALL SELECT 'formations', 'offer_training'
		UNION ALL SELECT 'qualitesProfessionnelles', 'offer_quality')
	SELECT child FROM expected
	WHERE (SELECT sum(jsonb_array_length(document -> key)) FROM d WHERE jsonb_typeof(document -> key) = 'array')
		IS DISTINCT FROM (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM jobmarket.' || child, false, true, '')))[1]::text::bigint
	UNION ALL SELECT 'offer_partner' WHERE (SELECT sum(jsonb_array_length(document -> 'origineOffre' -> 'partenaires')) FROM d
		WHERE jsonb_typeof(document -> 'origineOffre' -> 'partenaires') = 'array')
		<> (SELECT count(*) FROM jobmarket.offer_partner)
	UNION ALL SELECT 'offer_salary_supplement' WHERE (SELECT sum(jsonb_array_length(document -> 'salaire' -> 'listeComplements')) FROM d
		WHERE jsonb_typeof(document -> 'salaire' -> 'listeComplements') = 'array')
		<> (SELECT count(*) FROM jobmarket.offer_salary_supplement)}),
	'', 'children as many as in the documents');
is($node->safe_psql('http', q{SELECT count(*) FROM jobmarket.offer_document WHERE document ?| '{contact,agence}'}),
	0, 'no contact, no agency');

# each filter of the search brings what the tables say
foreach my $case (
	[ '{"codeROME": ["M1805", "D1106"]}', q{rome_code IN ('M1805', 'D1106')} ],
	[ '{"departement": ["74"]}', q{departement_code = '74' OR place_insee_code LIKE '74%'} ],
	[ '{"typeContrat": "MIS"}', q{contract_type_code = 'MIS'} ],
	[ '{"origineOffre": 2, "codeROME": "M1805"}', q{origin_code = '2' AND rome_code = 'M1805'} ],
	[ '{"qualification": "9", "typeContrat": ["CDD"]}', q{qualification_code = '9' AND contract_type_code = 'CDD'} ],
	[ '{"minCreationDate": "2025-01-01T00:00:00Z", "maxCreationDate": "2026-12-31T23:59:59Z", "experienceExigence": "D"}',
		q{created_at BETWEEN '2025-01-01T00:00:00Z' AND '2026-12-31T23:59:59.999Z' AND experience_requirement = 'D'} ],
	[ '{"codeROME": "A9999"}', 'false' ])
{
	is( $node->safe_psql('http', qq{SELECT count(*), md5(coalesce(string_agg(offer_id, ',' ORDER BY offer_id), ''))
			FROM jobmarket.fetch_offers('ft', '$case->[0]', 3150)}),
		$node->safe_psql('http', qq{SELECT count(*), md5(coalesce(string_agg(offer_id, ',' ORDER BY offer_id), ''))
			FROM (SELECT offer_id FROM jobmarket.offer WHERE $case->[1]) o}),
		"fetch_offers $case->[0]");
}

# max_offers stops asking
$emulator->requests;
is($node->safe_psql('http', q{SELECT count(*) FROM jobmarket.fetch_offers('ft', '{}', 160)}), 160, 'max_offers 160');
is(scalar(grep { $_->{path} =~ /search/ } $emulator->requests), 2, 'two pages asked for');

# an offer that disappears
my $id = $node->safe_psql('http', q{SELECT max(offer_id) FROM jobmarket.offer});
is($node->safe_psql('http', "SELECT jobmarket.fetch_offer('ft', '$id') ->> 'id'"), $id, 'fetch_offer');
$emulator->control('remove', id => $id);
is($node->safe_psql('http', "SELECT jobmarket.fetch_offer('ft', '$id') IS NULL"), 't', 'fetch_offer of one that is gone');
$node->safe_psql('http', q{CALL jobmarket.harvest('{ft}')});
is($node->safe_psql('http', 'SELECT string_agg(offer_id, $$,$$) FROM jobmarket.offer WHERE withdrawn_at IS NOT NULL'),
	$id, 'and it alone is withdrawn');

# code lists
is($node->safe_psql('http', q{SELECT jobmarket.sync_referential('ft', 'departements')}), 101, 'départements');
is($node->safe_psql('http', q{SELECT count(*) FROM jobmarket.departement WHERE NOT shipped}), 0,
	'what shipped stays as it is');
cmp_ok($node->safe_psql('http', q{SELECT jobmarket.sync_referential('ft', 'communes')}), '>', 100, 'communes');
is($node->safe_psql('http', q{SELECT jobmarket.sync_referential('ft', 'communes') = count(*) FROM jobmarket.commune}),
	't', 'communes again');
foreach my $list (qw(regions metiers appellations nafs secteursActivites typesContrats langues permis themes pays))
{
	cmp_ok($node->safe_psql('http', qq{SELECT jobmarket.sync_referential('ft', '$list')}), '>', 0, $list);
}

# operators of the caller's own path are not ours
$node->safe_psql(
	'loaded', q{
	CREATE SCHEMA evil;
	CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $m$evil$m$; END';
	CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
	SET search_path = evil, pg_catalog;
	SELECT jobmarket.load_offers('[{"id": "EVIL001", "romeCode": "M1805"}]')});
($status, $stdout, $stderr) = $node->psql('loaded', q{SET search_path = evil, pg_catalog; CALL jobmarket.harvest('{ft}')});
is($status, 0, 'a hostile search_path is not followed') or diag $stderr;

# dump and restore: the same rows, edited shipped rows and added ones included
$node->safe_psql('http', q{
	UPDATE jobmarket.region SET name = 'Corsica' WHERE region_code = '94';
	UPDATE jobmarket.contract_type SET label = 'Permanent' WHERE contract_type_code = 'CDI';
	INSERT INTO jobmarket.source (source, name) VALUES ('apec', 'APEC');
	INSERT INTO jobmarket.role (role_code, name) VALUES ('INF', 'Infirmier');
	INSERT INTO jobmarket.role_rule (role_code, pattern, weight) VALUES ('INF', '\yinfirmiere?s?\y', 0.9);
	UPDATE jobmarket.role_rule SET weight = 0.5 WHERE rule_id = (SELECT min(rule_id) FROM jobmarket.role_rule);
	DELETE FROM jobmarket.role_rule WHERE rule_id = (SELECT max(rule_id) FROM jobmarket.role_rule WHERE shipped);
	DELETE FROM jobmarket.keyword WHERE keyword = 'python';
	DELETE FROM jobmarket.role WHERE role_code = 'PM';
	DELETE FROM jobmarket.headcount_class WHERE headcount_class = '53';
	INSERT INTO jobmarket.headcount_class (headcount_class, label) VALUES ('53', 'again');
	-- a rule that was edited before, a region with its departement before it, a key
	UPDATE jobmarket.role_rule SET weight = 0.4 WHERE rule_id = 4;
	DELETE FROM jobmarket.role_rule WHERE rule_id = 4;
	DELETE FROM jobmarket.commune WHERE departement_code = '975';
	DELETE FROM jobmarket.departement WHERE departement_code = '975';
	DELETE FROM jobmarket.region WHERE region_code = '975';
	UPDATE jobmarket.role SET role_code = 'DBA' WHERE role_code = 'DB';
	TRUNCATE jobmarket.road_control, jobmarket.place_alias;
	INSERT INTO jobmarket.source (source, name) VALUES ('mine', 'Mine');
	DELETE FROM jobmarket.source WHERE source = 'mine'});
is($node->safe_psql('http', q{SELECT count(*) FROM jobmarket.shipped_row_deleted WHERE key = 'mine'}), 0,
	'a row of one\'s own that goes is not noted');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/offers.dump";
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('http') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $dump ], 'pg_restore');
is(digest('restored'), digest('http'), 'the same offers after a restore');
sub like_the_original
{
	my ($database) = @_;
	foreach my $table (qw(region departement source commune rome_appellation referential_value
		harvest_run harvest_cell harvest_error offer_sighting offer_change role role_rule keyword keyword_variant
		headcount_class road_control place_alias offer_role offer_keyword))
	{
		my $sql = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM jobmarket.$table t";
		is($node->safe_psql($database, $sql), $node->safe_psql('http', $sql), "$database: $table");
	}
	return;
}
like_the_original('restored');
like($node->safe_psql('restored', q{SELECT l FROM jobmarket.load_offers('[{"id": "AFTER01"}]') l}), qr/\(1,1,0,0,0\)/,
	'and it loads');

# by several processes at once: they do not know
# the foreign keys of an extension's tables, so these must not be checked
$node->safe_psql('postgres', 'CREATE DATABASE parallel');
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '4', '-d', $node->connstr('parallel'), $dump ], 'pg_restore -j');
}
is(digest('parallel'), digest('http'), 'the same offers after a parallel restore');
like_the_original('parallel');
is($node->safe_psql('parallel', 'SELECT count(*) FROM jobmarket.road_network'), 1, 'roads have a version after it');

# the extension leaves nothing behind
my $objects = q{
	SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
	UNION ALL SELECT 'relation', oid::regclass::text FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
	UNION ALL SELECT 'routine', oid::regprocedure::text FROM pg_proc
	UNION ALL SELECT 'type', oid::regtype::text FROM pg_type WHERE typnamespace <> 'pg_toast'::regnamespace
	UNION ALL SELECT 'wrapper', fdwname FROM pg_foreign_data_wrapper
	UNION ALL SELECT 'role', rolname FROM pg_roles ORDER BY 1, 2};
$node->safe_psql('postgres', 'CREATE DATABASE gone');
$node->safe_psql('gone', 'CREATE EXTENSION postgis');
my $before = $node->safe_psql('gone', $objects);
$node->safe_psql('gone', q{CREATE EXTENSION jobmarket; SELECT jobmarket.load_offers('[{"id": "GONE001"}]')});
isnt($node->safe_psql('gone', $objects), $before, 'the extension is there');
$node->safe_psql('gone', 'DROP EXTENSION jobmarket CASCADE');
is($node->safe_psql('gone', $objects), $before, 'DROP EXTENSION leaves nothing behind');

# only in UTF8: others cannot hold what offers contain, or French names
$node->safe_psql('postgres', q{CREATE DATABASE latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
($status, $stdout, $stderr) = $node->psql('latin1', 'CREATE EXTENSION jobmarket CASCADE');
like($stderr, qr/needs a database encoded in UTF8|has no equivalent in encoding "LATIN1"/, 'LATIN1 is refused');
$node->safe_psql('postgres', q{CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0});
($status, $stdout, $stderr) = $node->psql('ascii', 'CREATE EXTENSION jobmarket CASCADE');
like($stderr, qr/needs a database encoded in UTF8/, 'SQL_ASCII is refused');

# without preload
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
is($node->safe_psql('http', q{SELECT count(*) FROM jobmarket.fetch_offers('ft', '{}', 10)}), 10, 'fetch_offers without preload');
like($node->safe_psql('http', q{SELECT l FROM jobmarket.load_offers('[{"id": "NOPRE01"}]') l}), qr/\(1,1,0,0,0\)/,
	'load_offers without preload');

$node->stop;
done_testing();
