# The compiled road network over a server's life: damage, rebuilding under
# load, many sessions, a standby, another database, dump and restore; and on
# real networks, where they and pgRouting are there, equal times.

use strict;
use warnings;
use Cwd qw(getcwd);
use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $town = ($ENV{TESTDIR} || getcwd()) . '/test/demo_roads.sql';
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "max_connections = 100\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION postgis; CREATE EXTENSION jobmarket');

# Loads the generated town of this many streets a side.
sub load_town
{
	my ($database, $side) = @_;
	$node->safe_psql($database, "\\set side $side\n\\i $town");
}

load_town('postgres', 60);
my $point = 'ST_SetSRID(ST_Point(6.14, 49.11), 4326)';
my $time = "SELECT (jobmarket.travel_time($point, ARRAY[ST_SetSRID(ST_Point(6.16, 49.12), 4326)]))[1]";
my $area = "SELECT ST_IsValid(geom), ST_NPoints(geom) FROM jobmarket.isochrone($point, '{3}')";
my $expected = $node->safe_psql('postgres', $time);
like($expected, qr/^[0-9.]+$/, 'a travel time');
my $expected_area = $node->safe_psql('postgres', $area);
like($expected_area, qr/^t\|/, 'an area');

my $oid = $node->safe_psql('postgres', "SELECT oid FROM pg_database WHERE datname = 'postgres'");
my $file = $node->data_dir . "/jobmarket/$oid-car.roads";
ok(-s $file, 'the compiled network is a file below the data directory');
is((stat $file)[2] & 0777, 0600, 'which only the server reads');

# Answers of one session that has the network open, before and after something.
sub while_open
{
	my ($what, $harm) = @_;
	my $session = $node->background_psql('postgres');
	is($session->query_safe($time), $expected, "$what: before");
	$harm->();
	is($session->query_safe($time), $expected, "$what: the session that has it open");
	is($session->query_safe($area), $expected_area, "$what: its next area");
	$session->quit;
	is($node->safe_psql('postgres', $time), $expected, "$what: a new session");
}

sub overwrite
{
	my ($at, $bytes) = @_;
	open(my $fh, '+<:raw', $file) or die "$file: $!";
	seek($fh, $at, 0);
	print $fh $bytes;
	close $fh;
}

while_open('truncated to nothing', sub { truncate($file, 0) });
while_open('truncated in the middle', sub { truncate($file, 100_000) });
while_open('removed', sub { unlink $file });
while_open('header overwritten', sub { overwrite(0, "\xff" x 4096) });
# what is overwritten in place may be seen by who has it mapped: nothing is
# promised but that the server stands; new sessions check
{
	my $session = $node->background_psql('postgres');
	$session->query_safe($time);
	my $size = -s $file;
	overwrite(4096, join('', map { chr(int(rand(256))) } 1 .. $size - 4096));
	$session->query($time);
	$session->query($area);
	$session->quit;
	is($node->safe_psql('postgres', $time), $expected, 'overwritten: a new session compiles it again');
}
# of another database
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION postgis; CREATE EXTENSION jobmarket');
load_town('other', 20);
$node->safe_psql('other', $time . " IS NULL");
my $other = $node->safe_psql('postgres', "SELECT oid FROM pg_database WHERE datname = 'other'");
my $other_file = $node->data_dir . "/jobmarket/$other-car.roads";
copy($other_file, $file);
is($node->safe_psql('postgres', $time), $expected, 'the file of another database is not used');
$node->safe_psql('postgres', 'DROP DATABASE other');
unlink $file;
is($node->safe_psql('postgres', $time), $expected, 'compiled again');
ok(!-e $other_file, 'files of dropped databases go with the next compilation');

# nowhere to write
unlink $file;
my $directory = $node->data_dir . '/jobmarket';
rename($directory, "$directory.away");
open(my $plain, '>', $directory);
close $plain;
my ($status, $out, $err) = $node->psql('postgres', $time);
isnt($status, 0, 'no directory to write to');
like($err, qr/could not (create|open)/, 'a clear error');
unlink $directory;
rename("$directory.away", $directory);
is($node->safe_psql('postgres', $time), $expected, 'and well again');
is(scalar(grep { /\.tmp$/ } glob("$directory/*")), 0, 'nothing left over');

# 64 sessions at once find no file: one compiles
$node->safe_psql('postgres', 'UPDATE jobmarket.road_control SET seconds = seconds');
my $script = "$PostgreSQL::Test::Utils::tmp_check/travel.sql";
append_to_file($script, "$time;\n");
my $log = -s $node->logfile;
$node->command_ok([ 'pgbench', '-n', '-c', '64', '-j', '2', '-t', '5', '-f', $script, 'postgres' ],
	'64 sessions at once');
my $built = () = slurp_file($node->logfile, $log) =~ /compiled road network for mode "car"/g;
is($built, 1, 'one of them compiled the network');

# changes while others ask: always an answer, old or new
my $changes = "$PostgreSQL::Test::Utils::tmp_check/change.sql";
append_to_file($changes, "UPDATE jobmarket.road_control SET seconds = seconds WHERE mode = 'car';\n");
$node->command_checks_all(
	[ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '4', '-f', "$script\@30", '-f', "$changes\@1", 'postgres' ],
	0, [qr/number of failed transactions: 0 /], [qr/^(?!.*aborted).*$/s], 'rebuilding while they query');
is($node->safe_psql('postgres', $time), $expected, 'the last state is the one used');

# a query that has to compile while the network is replaced waits, and then has
# the new one: the emptied tables are no network
$node->safe_psql('postgres', 'CREATE TABLE ways AS SELECT edge_id AS gid, source, target, highway, geom AS the_geom FROM jobmarket.road_edge;
	UPDATE jobmarket.road_control SET seconds = seconds');
unlink $file;
my $loader = $node->background_psql('postgres');
$loader->query_safe("SET client_min_messages = error; BEGIN; CALL jobmarket.load_road_network('ways')");
my $waiting = $node->background_psql('postgres');
$waiting->query_until(qr/asked/, "\\echo asked\n$time;\n");
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND relation = 'jobmarket.road_edge'::regclass");
$loader->query_safe('COMMIT');
my $answer = $waiting->query_safe('SELECT 1');
like($answer, qr/^[0-9.]+\n1$/, 'compiling waits until a network is loaded');
is($answer, $node->safe_psql('postgres', $time) . "\n1", 'and has the new one');
# who edits rules and looks at what comes of it is not in a load's way, nor it in his
$waiting->query_safe('BEGIN; UPDATE jobmarket.road_control SET seconds = seconds');
$loader->query_until(qr/asked/, "\\echo asked\nCALL jobmarket.load_road_network('ways');\n");
$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_locks WHERE NOT granted');
is($waiting->query_safe($time) . "\n1", $answer, 'rules edited and tried while a load waits');
$waiting->query_safe('COMMIT');
is($loader->query_safe('SELECT 2'), 2, 'which then goes on');
$_->quit for $loader, $waiting;
$node->safe_psql('postgres', 'DROP TABLE ways');
load_town('postgres', 60);

# a hot standby compiles its own, and follows
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
unlink glob($standby->data_dir . '/jobmarket/*');
is($standby->safe_psql('postgres', $time), $expected, 'a standby compiles its own');
$node->safe_psql('postgres', "UPDATE jobmarket.road_speed SET speed_kmh = speed_kmh / 2 WHERE mode = 'car';
	UPDATE jobmarket.road_mode SET maxspeed_factor = maxspeed_factor / 2 WHERE mode = 'car'");
$node->wait_for_catchup($standby);
my $slower = $standby->safe_psql('postgres', $time);
cmp_ok($slower, '>', $expected * 1.5, 'and follows the tables');
is($slower, $node->safe_psql('postgres', $time), 'to the same times');
$standby->stop;

# dump and restore: roads and edited rules come back, and a network of their own
my $dump = "$PostgreSQL::Test::Utils::tmp_check/roads.dump";
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '-d', 'restored', $dump ], 'restore');
is($node->safe_psql('restored', $time), $slower, 'the same time in the restored database');

# cancelled within 100 ms: while compiling, and in a long list of destinations
load_town('postgres', 300);
for my $query ($time,
	"SELECT cardinality(jobmarket.travel_time($point, array_agg(ST_SetSRID(ST_Point(6.1 + i * 1e-6, 49.1), 4326)))) FROM generate_series(1, 1000000) i")
{
	my $start = time;
	($status, $out, $err) = $node->psql('postgres', "SET statement_timeout = '100ms'; $query");
	my $took = time - $start;
	like($err, qr/statement timeout/, 'cancelled');
	# starting psql takes some of it
	cmp_ok($took, '<', 1, sprintf('after %.2f s', $took));
}
my $million = "SELECT cardinality(t), (SELECT count(u) FROM unnest(t) u) FROM (SELECT jobmarket.travel_time($point,
	array_agg(ST_SetSRID(ST_Point(6.1 + i % 1000 * 2e-4, 49.08 + i / 1000 * 1e-4), 4326)), max_minutes => 10) AS t
	FROM generate_series(1, 1000000) i) q";
like($node->safe_psql('postgres', $million), qr/^1000000\|[1-9]/, 'a million destinations');

# without shared_preload_libraries
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
like($node->safe_psql('postgres', $time), qr/^[0-9.]+$/, 'works without preloading');

# real networks against pgRouting
my $roads = ($ENV{JOBMARKET_DATA} || '/nonexistent') . '/roads';
my $tools = -x '/usr/bin/osm2pgsql'
  && $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'");
SKIP:
{
	skip 'needs real networks, osm2pgsql and pgRouting', 6 unless -d $roads && $tools;
	for my $place ('andorra.osm.pbf', 'monaco.osm.gz')
	{
		my ($name) = split /\./, $place;
		$node->safe_psql('postgres', "CREATE DATABASE $name");
		$node->safe_psql($name,
			'CREATE EXTENSION postgis; CREATE EXTENSION pgrouting; CREATE EXTENSION hstore; CREATE EXTENSION jobmarket');
		system_or_bail('osm2pgsql', '-l', '--hstore', '--log-level=error', '-S', '/usr/share/osm2pgsql/default.style',
			'-d', $name, '-H', $node->host, '-P', $node->port, "$roads/$place");
		$node->safe_psql($name, 'CALL jobmarket.load_road_network()');
		for my $mode ('car', 'bike', 'foot')
		{
			is($node->safe_psql($name, qq{
				SELECT setseed(0.5);
				CREATE TEMP TABLE edges AS SELECT id, source, target, cost, reverse_cost FROM jobmarket.road_cost('$mode');
				CREATE TEMP TABLE part AS SELECT node, count(*) OVER (PARTITION BY component) AS size
					FROM pgr_strongComponents('SELECT * FROM edges');
				CREATE TEMP TABLE pairs AS SELECT a.node AS source, b.node AS target, a.n
				FROM (SELECT node, row_number() OVER (ORDER BY random()) AS n FROM part, generate_series(1, 20) WHERE size = (SELECT max(size) FROM part)) a
					JOIN (SELECT node, row_number() OVER (ORDER BY random()) AS n FROM part, generate_series(1, 20) WHERE size = (SELECT max(size) FROM part)) b USING (n)
				WHERE n <= 1000;
				CREATE TEMP TABLE theirs AS SELECT * FROM pgr_dijkstraCost('SELECT * FROM edges', 'SELECT source, target FROM pairs');
				CREATE TEMP TABLE ours AS
				SELECT p.*, 60 * (jobmarket.travel_time(a.geom, ARRAY[b.geom], '$mode'))[1] AS there,
					60 * (jobmarket.travel_time(b.geom, ARRAY[a.geom], '$mode', 'to'))[1] AS back
				FROM pairs p JOIN jobmarket.road_node a ON a.node_id = p.source JOIN jobmarket.road_node b ON b.node_id = p.target;
				SELECT count(*), count(*) FILTER (WHERE coalesce(greatest(abs(there - seconds), abs(back - seconds)) > 1e-6, true))
				FROM ours o, LATERAL (SELECT CASE WHEN source = target THEN 0 ELSE (SELECT agg_cost FROM theirs
					WHERE start_vid = source AND end_vid = target) END AS seconds) s}) =~ s/^\s+//r,
				'1000|0', "$name by $mode: 1,000 pairs as pgRouting has them");
		}
	}
}

unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/, 'the server never crashed');
$node->stop;
done_testing();
