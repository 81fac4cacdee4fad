# Isochrones of remote services: what is asked, the cache, failures of every
# kind, rights, the fallback on the local network, a standby.

use strict;
use warnings;
use Cwd qw(getcwd);
use Emulator;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $town = ($ENV{TESTDIR} || getcwd()) . '/test/demo_roads.sql';
my $emulator = Emulator->new('--offers', '0');
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "jobmarket.allow_private_networks = on\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION postgis; CREATE EXTENSION jobmarket');
$node->safe_psql('postgres', "\\set side 30\n\\i $town");
$node->safe_psql('postgres', qq{
	CREATE SERVER ign FOREIGN DATA WRAPPER jobmarket
		OPTIONS (provider 'ign_isochrone', api_url '$emulator->{base}/navigation', requests_per_second '10000');
	CREATE SERVER valhalla FOREIGN DATA WRAPPER jobmarket
		OPTIONS (provider 'valhalla', api_url '$emulator->{base}', requests_per_second '10000');
	CREATE SERVER offers FOREIGN DATA WRAPPER jobmarket
		OPTIONS (provider 'valhalla', api_url '$emulator->{base}/nowhere');
	CREATE ROLE analyst;
	CREATE ROLE stranger;
	GRANT USAGE ON FOREIGN SERVER ign, valhalla TO analyst;
});
my $point = 'ST_SetSRID(ST_Point(6.12, 49.09), 4326)';

# The answer's rows (minutes, valid, SRID, corners, holes); error text in $2.
sub isochrone
{
	my ($minutes, $more, %set) = @_;
	my $place = delete $set{place} || $point;
	my $before = join '', map { "SET $_ = $set{$_}; " } keys %set;
	my ($status, $out, $err) = $node->psql('postgres',
		$before . "SELECT minutes, ST_IsValid(geom) AND ST_SRID(geom) = 4326, GeometryType(geom), ST_NPoints(geom), ST_NumInteriorRing(ST_GeometryN(geom, 1))
		 FROM jobmarket.isochrone($place, '{$minutes}', $more)");
	return wantarray ? ($out, $err, $status) : $out;
}
sub cached { return $node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.isochrone_cache'); }
sub empty { $node->safe_psql('postgres', 'DELETE FROM jobmarket.isochrone_cache'); }

# what is asked, and what comes back
is(isochrone('5,2.5', "network => 'ign'"), "5|t|MULTIPOLYGON|50|1\n2.5|t|MULTIPOLYGON|50|1", 'IGN: areas in the order asked for');
my @asked = $emulator->requests;
is(scalar @asked, 2, 'one request a limit');
is($asked[0]{path}, '/navigation/isochrone', 'at the address of the server');
like($asked[0]{query}, qr/^point=6\.12000%2C49\.09000&resource=bdtopo-valhalla&.*costValue=150&profile=car&direction=departure&/,
	'longitude first, seconds');
is(isochrone('1,2,3,4,5,6,6', "network => 'valhalla', mode => 'bike', direction => 'to'"),
	join("\n", map { "$_|t|MULTIPOLYGON|50|1" } 1 .. 6, 6), 'Valhalla: seven limits');
@asked = $emulator->requests;
is(scalar @asked, 2, 'at most four contours a request, each limit once');
$asked[0]{query} =~ s/%([0-9A-F]{2})/chr hex $1/ge;
is($asked[0]{query}, 'json={"locations":[{"lat":49.09000,"lon":6.12000}],"costing":"bicycle","reverse":true,"polygons":true,'
	  . '"contours":[{"time":1},{"time":2},{"time":3},{"time":4}]}', 'minutes, reverse');
is($node->safe_psql('postgres', "SELECT ST_Area(a.geom::geography) / (3.1416 * 3000 ^ 2) BETWEEN 0.93 AND 0.97, ST_Covers(ST_Envelope(a.geom), $point)
	FROM jobmarket.isochrone($point, '{5}', network => 'ign') a"), 't|t', 'the area lies round the point');

# the cache
is(cached(), 8, 'all were kept');
is(isochrone('2.5', "network => 'ign'"), '2.5|t|MULTIPOLYGON|50|1', 'again');
is(isochrone('6,4', "'valhalla', 'bike', 'to'"), "6|t|MULTIPOLYGON|50|1\n4|t|MULTIPOLYGON|50|1", 'positional arguments');
isochrone('5', "network => 'ign'", place => 'ST_Transform(ST_SetSRID(ST_Point(6.120001, 49.090001), 4326), 2154)');
is(scalar(my @none = $emulator->requests), 0, 'from the cache, also for a point less than a metre away, in another reference system');
isochrone('4,7', "network => 'valhalla', mode => 'bike', direction => 'to'");
@asked = $emulator->requests;
is(scalar @asked, 1, 'only what is not there is asked for');
unlike($asked[0]{query}, qr/time%22%3A4%7D/, 'namely the other limit');
isochrone('5', "network => 'ign', direction => 'to'");
isochrone('5', "network => 'ign', mode => 'foot'");
isochrone('5', "network => 'ign'", place => 'ST_SetSRID(ST_Point(6.13, 49.09), 4326)');
isochrone('5', "network => 'valhalla'");
is(scalar(@asked = $emulator->requests), 4, 'direction, mode, point and server count');
$node->safe_psql('postgres', "ALTER SERVER ign OPTIONS (ADD resource 'bdtopo-pgr')");
isochrone('5', "network => 'ign'");
is(scalar(@asked = $emulator->requests), 1, 'and so do the options of the server');
like($asked[0]{query}, qr/resource=bdtopo-pgr/, 'resource');
$node->safe_psql('postgres', "ALTER SERVER ign OPTIONS (DROP resource)");
is($node->safe_psql('postgres', "SELECT count(*) FROM generate_series(1, 5) i, jobmarket.isochrone(ST_SetSRID(ST_Point(6.2, 49.2 + i * 0), 4326), '{5}', network => 'ign')"),
	5, 'many calls in one statement');
is(scalar(@asked = $emulator->requests), 1, 'see what the first one stored');

# expiry: an entry is put back in time instead of waiting
empty();
isochrone('5', "network => 'ign'");
$node->safe_psql('postgres', "UPDATE jobmarket.isochrone_cache SET fetched_at = fetched_at - interval '29 days 23 hours'");
$emulator->requests;
isochrone('5', "network => 'ign'");
is(scalar(@asked = $emulator->requests), 0, 'not yet 30 days old');
$node->safe_psql('postgres', "UPDATE jobmarket.isochrone_cache SET fetched_at = fetched_at - interval '2 hours'");
isochrone('5', "network => 'ign'");
is(scalar(@asked = $emulator->requests), 1, 'older: asked for again');
is(cached(), 1, 'and replaced');
is($node->safe_psql('postgres', "SELECT fetched_at > now() - interval '1 hour' FROM jobmarket.isochrone_cache"), 't', 'by the new one');
$node->safe_psql('postgres', "UPDATE jobmarket.isochrone_cache SET fetched_at = fetched_at - interval '31 days'");
isochrone('6', "network => 'ign'");
is($node->safe_psql('postgres', 'SELECT string_agg(minutes::text, \',\') FROM jobmarket.isochrone_cache'), '6', 'what is too old is deleted with the next');

# size: each area takes about 850 bytes
empty();
isochrone($_, "network => 'ign'", 'jobmarket.isochrone_cache_size' => 4) for 1 .. 9;
is($node->safe_psql('postgres', "SELECT string_agg(minutes::text, ',' ORDER BY minutes), sum(bytes) <= 4096 FROM jobmarket.isochrone_cache"),
	'6,7,8,9|t', 'the oldest go when the limit is reached');
empty();
isochrone('5', "network => 'ign'", 'jobmarket.isochrone_cache_size' => 0);
isochrone('5', "network => 'ign'", 'jobmarket.isochrone_cache_expiry' => 0);
is(cached(), 0, 'without a cache');
isochrone('5', "network => 'ign'", 'default_transaction_read_only' => 'on');
is(cached(), 0, 'a read-only transaction stores nothing');
like(scalar isochrone('5', "network => 'ign'", 'default_transaction_isolation' => "'repeatable read'"), qr/^5\|t/, 'repeatable read');
is(cached(), 1, 'stores it');

# an open transaction that stored an area keeps nobody waiting
empty();
my $holder = $node->background_psql('postgres');
$holder->query_safe("BEGIN");
$holder->query_safe("SELECT count(*) FROM jobmarket.isochrone($point, '{5}', network => 'ign')");
like(scalar isochrone('5', "network => 'ign'", lock_timeout => "'1ms'"), qr/^5\|t/, 'the same area in another session meanwhile');
like(scalar isochrone('6', "network => 'ign'", lock_timeout => "'1ms'"), qr/^6\|t/, 'and another');
$holder->query_safe('COMMIT');
$holder->quit;
is(cached(), 2, 'both are kept');

# rights
empty();
my ($out, $err, $status) = isochrone('5', "network => 'ign'", role => 'stranger');
like($err, qr/permission denied for foreign server ign/, 'no USAGE');
($out, $err) = isochrone('5', "network => 'ign'", role => 'analyst');
is($out, '5|t|MULTIPOLYGON|50|1', 'USAGE is enough');
is(cached(), 1, 'kept for all');
($out, $err) = isochrone('5', "network => 'ign'", role => 'stranger');
like($err, qr/permission denied/, 'but not shown to whom may not use the server');
for my $call ("TABLE jobmarket.isochrone_cache", "SELECT jobmarket.cached_isochrones('{a}', 1)",
	"SELECT jobmarket.cache_isochrone('a', 'a', 'a', 'a', 1, 1, 1, NULL, 1, 1)")
{
	($status, $out, $err) = $node->psql('postgres', "SET role = analyst; $call");
	like($err, qr/permission denied/, "refused: $call");
}

# no road there
is(isochrone('5', "network => '$_'", place => 'ST_SetSRID(ST_Point(-30, 40), 4326)'), '5|t|MULTIPOLYGON|0|', "$_: no road near is an empty area")
  for 'ign', 'valhalla';

# failures: an error that says what to do, or the local network
empty();
my $local = isochrone('5', "network => NULL");
like($local, qr/^5\|t\|MULTIPOLYGON/, 'network => NULL is the local one');
my %quick = ('jobmarket.max_retries' => 0, 'jobmarket.max_response_size' => 64);
for my $case (
	['fault-429' => 1, qr/server "valhalla" was asked too often/],
	['fault-500' => 1, qr/server "valhalla" failed/],
	['fault-503' => 1, qr/server "valhalla" failed/],
	['fault-html' => 1, qr/unexpected answer from server "valhalla"/],
	['fault-badjson' => 1, qr/unexpected answer from server "valhalla"/],
	['fault-truncate' => 1, qr/could not get an answer from server "valhalla"/],
	['fault-reset' => 1, qr/could not get an answer from server "valhalla"/],
	['fault-redirect' => 1, qr/unexpected answer.*redirected/s],
	['fault-oversize' => 1, qr/too large/],
	[shape => 2, qr/unexpected answer.*type LineString/s],
	[shape => 3, qr/unexpected answer.*type none/s],
	[shape => 4, qr/unexpected answer.*outside the Earth/s],
	[shape => 7, qr/unexpected answer/],
	[shape => 8, qr/unexpected answer.*outside the Earth/s],
	[shape => 9, qr/unexpected answer.*no area for 5 minutes/s])
{
	my ($fault, $value, $expected) = @$case;
	my $minutes = $fault eq 'shape' && $value == 9 ? '5,6' : '5';
	$emulator->faults('only-path' => 'isochrone', $fault => $value);
	($out, $err) = isochrone($minutes, "network => 'valhalla'", %quick);
	is($out, '', "$fault $value: no answer");
	like($err, $expected, 'but an error');
	like($err, qr/HINT:.*fallback => true/, 'with a hint');
	($out, $err) = isochrone($minutes, "network => 'valhalla', fallback => true", %quick);
	is($out, isochrone($minutes, 'network => NULL'), 'with fallback the local network answers');
	like($err, qr/WARNING:  server "valhalla" gave no isochrone/, 'after a warning');
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.isochrone_cache WHERE minutes = 5'), 0, 'nothing of that was kept');
$emulator->faults('only-path' => 'isochrone', shape => 1);
is(isochrone('5', "network => 'ign'"), '5|t|MULTIPOLYGON|8|0', 'an area that crosses itself is made valid');
empty();
$emulator->faults('only-path' => 'isochrone', shape => 5);
is(isochrone('5', "network => 'ign'"), '5|t|MULTIPOLYGON|25|0', 'a ring that is not closed is closed');
empty();
$emulator->faults('only-path' => 'isochrone', shape => 6);
like(scalar isochrone('5', "network => 'ign'"), qr/^5\|t\|MULTIPOLYGON\|50\|0/, 'two polygons');
$emulator->faults('only-path' => 'isochrone', 'fault-503' => 0.5, 'fault-seed' => 7);
empty();
like(scalar isochrone('1,2,3,4', "network => 'ign'"), qr/^(\d\|t\|MULTIPOLYGON\|50\|1\n?){4}$/, 'what passes is tried again');
$emulator->faults;
# nothing but the server's own errors may be answered by the local network
for my $case (["network => 'nobody'", qr/server "nobody" does not exist/], ["network => 'ign', mode => 'bike'", qr/does not know mode of travel "bike"/],
	["network => 'ign', mode => 'boat'", qr/does not know mode/], ["network => 'ign', direction => 'up'", qr/unknown direction/])
{
	($out, $err) = isochrone('5', "$case->[0], fallback => true");
	like($err, $case->[1], "$case->[0]: an error even with fallback");
}
($out, $err) = isochrone('700', "network => 'ign'");
like($err, qr/server "ign" refused the request.*costValue.*too large.*HINT/s, 'what the service refuses, in its words');
($out, $err) = isochrone('5', "network => 'offers'");
like($err, qr/server "offers" refused the request.*404/s, 'a wrong address is no empty area');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.isochrone(NULL, '{5}', network => 'ign')"), 0, 'NULL');
is($node->safe_psql('postgres', "SELECT ST_IsEmpty(geom) FROM jobmarket.isochrone(ST_GeomFromText('POINT EMPTY', 4326), '{5}', network => 'ign')"), 't', 'an empty point');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.isochrone($point, '{}', network => 'ign')"), 0, 'no limits');

# private addresses only where allowed
($out, $err) = isochrone('9', "network => 'ign'", 'jobmarket.allow_private_networks' => 'off', %quick);
like($err, qr/requests to the address 127\.0\.0\.1 are not allowed/, 'the address policy holds');

# an answer that does not come
$emulator->faults('only-path' => 'isochrone', 'fault-stall' => 1, 'stall-seconds' => 600);
($out, $err) = isochrone('9', "network => 'ign', fallback => true", statement_timeout => "'200ms'");
like($err, qr/canceling statement due to statement timeout/, 'statement_timeout ends the wait, and is no failure to fall back from');
($out, $err) = isochrone('9', "network => 'ign', fallback => true", %quick, 'jobmarket.request_timeout' => "'200ms'");
like($err, qr/WARNING/, 'jobmarket.request_timeout is one');
like($out, qr/^9\|t/, 'with an answer');
$emulator->faults;
like(scalar isochrone('9', "network => 'ign'"), qr/^9\|t/, 'and well again');

# a standby asks, and keeps nothing
my $before = cached();
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$emulator->requests;
is($standby->safe_psql('postgres', "SELECT ST_NPoints(geom) FROM jobmarket.isochrone($point, '{9,11}', network => 'ign')"), "50\n50", 'on a standby');
is(scalar(@asked = $emulator->requests), 1, 'which reads the cache of the primary');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.isochrone_cache'), $before, 'and keeps nothing');
$standby->stop;

is($node->safe_psql('postgres', "SELECT jobmarket.http_live_handles()"), 0, 'no transfer is left');
unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/, 'the server never crashed');
$node->stop;
done_testing();
