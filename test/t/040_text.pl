# What offers say, against labelled cases (where they lie beside the tree), and
# rules edited while sessions use them.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('text');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');

# --- rules edited while other sessions use them ---

my $other = $node->background_psql('postgres');
my $frozen = $node->background_psql('postgres');
my $ask = q{SELECT coalesce(jobmarket.classify_role('Soudeur TIG'), '-') || ' ' || jobmarket.extract_keywords('zorglub')::text
	|| ' ' || coalesce((jobmarket.resolve_place('Champignac')).departement_code, '-')};
is($other->query_safe($ask), '- {} -', 'before the edit');
$frozen->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($frozen->query_safe($ask), '- {} -', 'a repeatable-read transaction, before');
$node->safe_psql(
	'postgres', q{
	INSERT INTO jobmarket.role VALUES ('SO', 'Soudeur');
	INSERT INTO jobmarket.role_rule (role_code, pattern) VALUES ('SO', '\ysoudeu(r|se)\y');
	INSERT INTO jobmarket.keyword VALUES ('zorglub', 'comics');
	INSERT INTO jobmarket.place_alias (alias, departement_code) VALUES ('Champignac', '57')});
is($other->query_safe($ask), 'SO {zorglub} 57', 'another session sees the edit at its next statement');
$frozen->query_safe($ask);
$frozen->query_safe('COMMIT');
is($frozen->query_safe($ask), 'SO {zorglub} 57', 'an old snapshot leaves nothing old behind');
$node->safe_psql('postgres', q{BEGIN; DELETE FROM jobmarket.role; ROLLBACK});
is($other->query_safe($ask), 'SO {zorglub} 57', 'an edit that was rolled back changes nothing');

# memory of compiled rules comes back when they are compiled again
my $used = q{SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name = 'jobmarket rules'};
$other->query_safe($ask);
my $before = $other->query_safe($used);
foreach my $round (1 .. 20)
{
	$other->query_safe("UPDATE jobmarket.role_rule SET remark = '$round' WHERE role_code = 'SO'");
	$other->query_safe($ask);
}
is($other->query_safe($used), $before, 'compiling again and again holds no more memory');
$other->quit;
$frozen->quit;

# --- reclassifying: with parallel workers, and never over a newer offer ---

my @offers = map { sprintf('{"id": "TEXT%03d", "intitule": "Soudeur TIG %d", "description": "Python, zorglub, quux"}', $_, $_) } 1 .. 200;
my $documents = '[' . join(',', @offers) . ']';
$node->safe_psql('postgres', "SELECT * FROM jobmarket.load_offers('$documents')");
my ($out, $plans);
$node->psql(
	'postgres', q{
	LOAD 'auto_explain';
	SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
	SET auto_explain.log_level = notice; SET auto_explain.log_analyze = on;
	SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	BEGIN;
	UPDATE jobmarket.role_rule SET weight = 0.7 WHERE role_code = 'SO';
	INSERT INTO jobmarket.keyword VALUES ('quux', 'comics');
	UPDATE jobmarket.offer SET weekly_hours = 1 WHERE offer_id = 'TEXT001';
	SELECT * FROM jobmarket.reclassify_offers();
	SELECT * FROM jobmarket.reclassify_offers();
	ROLLBACK},
	stdout => \$out, stderr => \$plans);
is($out, "1|200|200\n0|0|0", 'rules edited in this transaction: all that differs is written, and nothing twice')
  or diag $plans;
my $gathers = () = $plans =~ /Workers Launched: [1-9]/g;
cmp_ok($gathers, '>=', 3, 'each of the three readings has parallel workers') or diag $plans;

my $loader = $node->background_psql('postgres');
$loader->query_safe('BEGIN');
$loader->query_safe(q{SELECT * FROM jobmarket.load_offers('[{"id": "TEXT001", "intitule": "Boulanger"}]')});
my $again = $node->background_psql('postgres');
$again->query_safe(q{UPDATE jobmarket.role_rule SET weight = 0.7 WHERE role_code = 'SO'});
$again->query_until(qr/begun/, "\\echo begun\nSELECT * FROM jobmarket.reclassify_offers();\n");
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity
	WHERE wait_event_type = 'Lock' AND query LIKE '%reclassify_offers%'})
  or die 'reclassify_offers does not wait for the loader';
$loader->query_safe('COMMIT');
$loader->quit;
$again->quit;
is($node->safe_psql('postgres', q{SELECT coalesce(role_code, '-'), (SELECT count(*) FROM jobmarket.offer_role r WHERE r.offer_id = o.offer_id),
	(SELECT count(*) FROM jobmarket.offer_role r), (SELECT min(confidence) FROM jobmarket.offer_role r)
	FROM jobmarket.offer o WHERE offer_id = 'TEXT001'}),
	'-|0|199|0.7', 'an offer that a load changed meanwhile is left as the load has read it');

# --- full-text search: made by its owner, kept up by an operator ---

$node->safe_psql('postgres', q{CREATE ROLE op LOGIN; CALL jobmarket.grant_access('op', 'operator')});
my $hits = q{SELECT count(*) FROM jobmarket.offer_search WHERE document @@ jobmarket.offer_query('soudeurs "tig 7" or boulanger')};
my $indexes = q{SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid::regclass::text COLLATE "C")
	FROM pg_index WHERE indrelid = 'jobmarket.offer_search'::regclass};
is($node->safe_psql('postgres', "SET ROLE op; SELECT jobmarket.refresh_offer_search(); SELECT * FROM jobmarket.reclassify_offers(); $hits; $indexes"),
	"200\n0|0|0\n2\njobmarket.offer_search_document jobmarket.offer_search_pkey", 'an operator fills it');
is($node->safe_psql('postgres', "CREATE EXTENSION pg_trgm; SET ROLE op; SELECT jobmarket.refresh_offer_search(); RESET ROLE;
	SELECT jobmarket.refresh_offer_search(); $indexes"),
	"0\n0\njobmarket.offer_search_document jobmarket.offer_search_pkey jobmarket.offer_search_title_trgm",
	'the trigram index is its owner\'s to make');
is($node->safe_psql('postgres', "TRUNCATE jobmarket.offer_search; SELECT jobmarket.refresh_offer_search(); $hits; $indexes;
	SET enable_seqscan = off; EXPLAIN (COSTS OFF) $hits") =~ s/Bitmap Index Scan on offer_search_document.*/INDEX/sr
	=~ s/\nAggregate.*INDEX/ INDEX/sr,
	"200\n2\njobmarket.offer_search_document jobmarket.offer_search_pkey jobmarket.offer_search_title_trgm INDEX",
	'filled anew, its indexes are made anew and used');

# what users add or edit survives dump and restore
$node->safe_psql('postgres', q{UPDATE jobmarket.role_rule SET weight = 0.5 WHERE rule_id = 4});
my $dump = $node->backup_dir . '/text.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', "SELECT weight FROM jobmarket.role_rule WHERE rule_id = 4; $ask"),
	"0.5\nSO {zorglub} 57", 'edited and added rules are back');

$node->safe_psql('postgres', 'CREATE DATABASE utf8');
$node->safe_psql('utf8', 'CREATE EXTENSION jobmarket CASCADE');

# --- labelled cases ---

my $data = $ENV{JOBMARKET_DATA} // '';
if (!-d "$data/labels")
{
	note 'no labelled cases: JOBMARKET_DATA';
	$node->stop;
	done_testing();
	exit;
}

# rows of a tab-separated file into a table of texts
sub load
{
	my ($file, $table) = @_;
	open my $in, '<:encoding(UTF-8)', "$data/$file" or die "$file: $!";
	my $head = <$in>;
	my $columns = ($head =~ tr/\t//) + 1;
	my $sql = "CREATE TABLE $table (" . join(', ', map { "c$_ text" } 1 .. $columns) . ");\nCOPY $table FROM STDIN;\n";
	while (my $line = <$in>)
	{
		$line =~ s/[\r\n]+$//;
		my @fields = split /\t/, $line, -1;
		push @fields, '' while @fields < $columns;
		$sql .= join("\t", map { s/\\/\\\\/gr } @fields) . "\n";
	}
	close $in;
	utf8::encode($sql);
	my $script = $node->basedir . '/load.sql';
	append_to_file($script, "$sql\\.\n");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $script, $node->connstr('utf8') ], "load $file");
	unlink $script;
	return;
}

# reaches NAME, SQL, SHARE: SQL gives the right and all cases
sub reaches
{
	my ($name, $sql, $share) = @_;
	my ($right, $all) = split /\|/, $node->safe_psql('utf8', $sql);
	ok($all > 0 && $right >= $share * $all, "$name: $right of $all");
	return;
}

load('labels/roles_seed_rules.tsv', 'seed');
is($node->safe_psql('utf8', q{SELECT count(*), count(*) FILTER (WHERE coalesce(jobmarket.metier_data(c3), '-') <> c5) FROM seed}),
	'124|0', 'metier_data: the recorded outcome on all rows');

load('labels/roles.tsv', 'roles');
my $predicted = q{(SELECT *, coalesce(jobmarket.classify_role(c2), 'none') AS p, string_to_array(c4, ',') AS a FROM roles) r};
reaches('primary role', "SELECT count(*) FILTER (WHERE p = ANY (a)), count(*) FROM $predicted", 0.95);
foreach my $role (qw(DE DA DS none))
{
	reaches("precision of $role", "SELECT count(*) FILTER (WHERE p = ANY (a)), count(*) FROM $predicted WHERE p = '$role'", 0.97);
	next if $role eq 'none';
	reaches("recall of $role",
		"SELECT count(*) FILTER (WHERE p = ANY (a) AND (p <> 'none' OR 'none' = ANY (a))), count(*) FROM $predicted WHERE c3 = '$role'", 0.95);
}

foreach my $case ([ 'salaries.tsv', 0 ], [ 'salaries_worked.tsv', 2 ], [ 'salary_comments.tsv', 0 ])
{
	my ($file, $at) = @$case;
	load("labels/$file", 'salaries');
	my ($label, $min, $max, $period, $months, $low, $high, $flags) = map { 'c' . ($at + $_) } 1 .. 8;
	my $undisputed = "$flags !~ 'debatable'" . ($at ? " AND c1 NOT IN ('13', '66', '97')" : '');
	reaches($file, qq{SELECT count(*) FILTER (WHERE (s.min, s.max, s.period, s.months, s.annual_min, s.annual_max) IS NOT DISTINCT FROM
		(nullif($min, '')::numeric, nullif($max, '')::numeric, nullif($period, ''), nullif($months, '')::numeric,
		nullif($low, '')::numeric, nullif($high, '')::numeric)), count(*)
		FROM salaries, jobmarket.parse_salary($label) s WHERE $undisputed}, 0.99);
	$node->safe_psql('utf8', 'DROP TABLE salaries');
}

open my $csv, '<:encoding(UTF-8)', "$data/reference/communes.csv" or die;
my $communes = "CREATE TABLE staging (insee_code text, name text, departement_code text, region_code text, postal_codes text, population text, latitude text, longitude text);\nCOPY staging FROM STDIN (FORMAT csv, HEADER);\n"
	. join('', <$csv>) . "\\.\nSELECT * FROM jobmarket.load_communes('staging');\n";
utf8::encode($communes);
append_to_file($node->basedir . '/communes.sql', $communes);
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $node->basedir . '/communes.sql', $node->connstr('utf8') ], 'load communes');
is($node->safe_psql('utf8', 'SELECT count(*) FROM jobmarket.commune c
	JOIN jobmarket.commune p ON p.insee_code = c.parent_insee_code WHERE p.ctid > c.ctid'),
	'0', 'none is stored before its parent, where pg_dump --inserts would have it before, too');
foreach my $case ([ 'places.tsv', 0.97 ], [ 'places_derived.tsv', 0.90 ])
{
	my ($file, $share) = @$case;
	load("labels/$file", 'places');
	my $resolved = q{places p CROSS JOIN LATERAL jobmarket.resolve_place(nullif(c1, ''), nullif(c4, ''), nullif(c5, ''),
		nullif(c2, '')::float8, nullif(c3, '')::float8) r WHERE c12 NOT LIKE 'debatable%'};
	reaches("$file: INSEE code", "SELECT count(*) FILTER (WHERE coalesce(r.insee_code, '') = c6), count(*) FROM $resolved", $share);
	reaches("$file: departement and territory",
		"SELECT count(*) FILTER (WHERE coalesce(r.departement_code, '') = c8 AND r.territory = c10), count(*) FROM $resolved", 0.98);
	$node->safe_psql('utf8', 'DROP TABLE places');
}

$node->stop;
done_testing();
