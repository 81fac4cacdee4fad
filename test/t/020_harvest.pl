# The harvest: complete, repeated, incremental, limited, resumed, refused,
# cancelled, watched; quota of two servers.
use strict;
use warnings FATAL => 'all';

use Emulator;
use HarvestTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $emulator = Emulator->new('--offers' => 6000, '--client' => 'free:secret:0');
my $node = new_node('harvest');
add_server($node, $emulator, 'ft', 'free');

# fails NAME, SQL, SQLSTATE, PATTERN...
sub fails
{
	my ($name, $sql, $sqlstate, @patterns) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	like($stderr, qr/ERROR:  $sqlstate:/, "$name: SQLSTATE $sqlstate");
	like($stderr, $_, "$name: message") foreach @patterns;
	return;
}

# ---------------------------------------------------------------------------
# refused before anything is done
# ---------------------------------------------------------------------------
fails('no server', "CALL jobmarket.harvest('{}')", '22023', qr/HINT/);
fails('null', "CALL jobmarket.harvest(NULL)", '22004', qr/HINT/);
fails('null server', "CALL jobmarket.harvest('{ft,NULL}')", '22004');
fails('unknown server', "CALL jobmarket.harvest('{nobody}')", '42704');
fails('named twice', "CALL jobmarket.harvest('{ft,ft}')", '22023', qr/named twice/);
fails('unknown mode', "CALL jobmarket.harvest('{ft}', 'fast')", '22023', qr/full and incremental/);
fails('sort', qq{CALL jobmarket.harvest('{ft}', 'full', '{"sort": 1}')}, '22023', qr/cannot have the criterion/);
fails('unknown criterion', qq{CALL jobmarket.harvest('{ft}', 'full', '{"ville": "Metz"}')}, '22023');
fails('dates reversed', qq{CALL jobmarket.harvest('{ft}', 'full',
	'{"minCreationDate": "2026-02-01T00:00:00Z", "maxCreationDate": "2026-01-01T00:00:00Z"}')}, '22023');
fails('in a transaction', "BEGIN; CALL jobmarket.harvest('{ft}')", '2D000', qr/HINT/);
fails('in a function', "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL jobmarket.harvest(''{ft}''); END';
	SELECT pg_temp.f()", '2D000');
fails('resume of nothing', 'CALL jobmarket.resume_harvest(99)', '42704');
$node->safe_psql('postgres', 'CREATE ROLE visitor; GRANT USAGE ON SCHEMA jobmarket TO visitor');
fails('not granted', "SET ROLE visitor; CALL jobmarket.harvest('{ft}')", '42501');
$node->safe_psql('postgres', 'GRANT EXECUTE ON PROCEDURE jobmarket.harvest(name[], text, jsonb) TO visitor');
fails('no USAGE', "SET ROLE visitor; CALL jobmarket.harvest('{ft}')", '42501', qr/foreign server ft/);
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.harvest_run'), '0', 'no run begun');
is(scalar($emulator->requests), 0, 'and nothing asked');

add_server($node, $emulator, 'wrong', 'free', undef, 'mistaken');
fails('wrong secret', "CALL jobmarket.harvest('{wrong}')", '28P01', qr/HINT: .*client_secret/);
is(row($node)->{status}, 'failed', 'wrong secret: the run says failed');
like(row($node)->{message}, qr/invalid_client|authentication failed/i, 'and why');

# ---------------------------------------------------------------------------
# first, second, incremental
# ---------------------------------------------------------------------------
$emulator->requests;
my $run = harvest($node, "'{ft}'");
is("$run->{status} $run->{coverage} $run->{offers_available} $run->{offers_received} $run->{inserted} $run->{unchanged}",
	'complete 1 6000 6000 6000 0', 'first run: all offers');
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.offer'), '6000', 'all are stored');
my @searches = grep { $_->{path} =~ /search/ } $emulator->requests;
# of each origin one that counts, one for the newest, one that is read twice,
# and parts of pages where cells are cut
cmp_ok(scalar(@searches), '<=', pages_of(6000) + 10, 'five requests an origin more than its pages: ' . @searches);
is($run->{requests}, scalar(@searches), 'the run counts its requests');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT status, ',') FROM jobmarket.harvest_cell WHERE run_id = $run->{run_id}"),
	'complete', 'all cells are complete');
is($node->safe_psql('postgres', "SELECT last_complete_run_id FROM jobmarket.source WHERE source = 'france_travail'"),
	$run->{run_id}, 'the source knows its last complete run');
is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE resolved_at IS NOT NULL) FROM jobmarket.harvest_error"),
	'1|1', 'the error of the run that failed is made good');
my $first = HarvestTest::state($node);

$run = harvest($node, "'{ft}'");
is("$run->{status} $run->{offers_received} $run->{inserted} $run->{updated} $run->{unchanged} $run->{withdrawn}",
	'complete 6000 0 0 6000 0', 'second run: nothing new');
is(HarvestTest::state($node), $first, 'the same offers');

my @gone = split /\n/, $node->safe_psql('postgres', 'SELECT offer_id FROM jobmarket.offer ORDER BY md5(offer_id) LIMIT 3');
$emulator->control('remove', id => $_) foreach @gone;
$emulator->control('create', n => 5);
$run = harvest($node, "'{ft}', 'incremental'");
is("$run->{status} $run->{inserted} $run->{withdrawn}", 'complete 5 0', 'incremental: the new ones, none withdrawn');
cmp_ok($run->{requests}, '<=', 6, "with $run->{requests} requests");
$run = harvest($node, "'{ft}'");
is("$run->{status} $run->{offers_received} $run->{inserted} $run->{withdrawn}", 'complete 6002 0 3', 'full: the removed ones');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer_change WHERE kind = 'withdrawn' AND run_id = $run->{run_id}"),
	'3', 'and their history says so');

# ---------------------------------------------------------------------------
# limited by criteria
# ---------------------------------------------------------------------------
my $paris = $node->safe_psql('postgres',
	"SELECT count(*) FROM jobmarket.offer WHERE departement_code = '75' AND withdrawn_at IS NULL");
$emulator->control('remove', id => $node->safe_psql('postgres',
	"SELECT offer_id FROM jobmarket.offer WHERE departement_code = '75' AND withdrawn_at IS NULL LIMIT 1"));
$run = harvest($node, qq{'{ft}', 'full', '{"departement": ["75"]}'});
is("$run->{status} $run->{unchanged} $run->{withdrawn}", 'complete ' . ($paris - 1) . ' 0',
	'one département: its offers, and none withdrawn');
my $window = '{"minCreationDate": "%s", "maxCreationDate": "%s", "origineOffre": "1"}';
my @days = split /\|/, $node->safe_psql('postgres',
	q{SELECT to_char(d, 'YYYY-MM-DD"T00:00:00Z"'), to_char(d + interval '5 days', 'YYYY-MM-DD"T23:59:59Z"')
	FROM (SELECT date_trunc('day', now() - interval '20 days') d) x});
my $expected = $node->safe_psql('postgres',
	"SELECT count(*) FROM jobmarket.offer WHERE origin_code = '1' AND withdrawn_at IS NULL
	AND created_at >= '$days[0]' AND created_at < '$days[1]'::timestamptz + interval '1 second'");
$run = harvest($node, "'{ft}', 'full', '" . sprintf($window, @days) . "'");
cmp_ok($expected, '>', 100, 'a window with offers');
cmp_ok(abs($run->{offers_received} - $expected), '<=', 1, 'its own dates and origin: those offers');

# ---------------------------------------------------------------------------
# partial, and resumed
# ---------------------------------------------------------------------------
$node->safe_psql('postgres', q{
	TRUNCATE jobmarket.offer CASCADE;
	CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF hashtext(NEW.offer_id) % 3000 = 0 THEN RAISE EXCEPTION 'not this one'; END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON jobmarket.offer FOR EACH ROW EXECUTE FUNCTION public.refuse()});
$run = harvest($node, "'{ft}'");
is($run->{status}, 'partial', 'tables that refuse an offer: partial');
cmp_ok($run->{coverage}, '<', 1, "coverage $run->{coverage}");
like($run->{message}, qr/cells could not be read whole/, 'and why');
my $bad = $node->safe_psql('postgres',
	"SELECT count(*) || ' ' || sum(pages) FROM jobmarket.harvest_cell WHERE run_id = $run->{run_id} AND status = 'failed'");
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.harvest_error WHERE run_id = $run->{run_id} AND stage = 'load'
	AND message LIKE 'not this one%' AND detail -> 'criteria' ->> 'minCreationDate' IS NOT NULL AND resolved_at IS NULL"),
	(split / /, $bad)[0], 'an error a failed cell, with its criteria');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer_change WHERE run_id = $run->{run_id}"), '0', 'nothing withdrawn');
$node->safe_psql('postgres', 'DROP TRIGGER refuse ON jobmarket.offer');
$emulator->requests;
$node->safe_psql('postgres', "CALL jobmarket.resume_harvest($run->{run_id})");
$run = row($node, $run->{run_id});
is("$run->{status} $run->{coverage} $run->{offers_received} $run->{offers_available} $run->{inserted}",
	'complete 1 6001 6001 6001', 'resumed: complete');
@searches = grep { $_->{path} =~ /search/ } $emulator->requests;
cmp_ok(scalar(@searches), '<=', (split / /, $bad)[1] + 4 * (split / /, $bad)[0], 'only the failed cells were read: ' . @searches . " requests for $bad");
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.harvest_error WHERE run_id = $run->{run_id} AND resolved_at IS NULL"),
	'0', 'its errors are resolved');
my ($status, $stdout, $stderr) = $node->psql('postgres', "CALL jobmarket.resume_harvest($run->{run_id})");
like($stderr, qr/nothing to resume/, 'a complete run is not resumed');

# ---------------------------------------------------------------------------
# watched, contended, cancelled, terminated
# ---------------------------------------------------------------------------
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
# After some answers no more come, so that it waits for as long as is looked at
# it; it has no limit of time of its own.
$emulator->faults('fault-stall' => 1, 'stall-seconds' => 600, 'fault-after' => 34);
my $patient = "SET jobmarket.request_timeout = 0; SET jobmarket.stall_timeout = 0; CALL jobmarket.harvest('{ft}')";
my $holder = $node->background_psql('postgres');
$holder->query('BEGIN; LOCK TABLE jobmarket.offer IN SHARE ROW EXCLUSIVE MODE');
my ($session, $pid) = begin_harvest($node, $patient);
# shared memory is ahead of the tables, which take nothing yet
wait_for($node, "SELECT EXISTS (SELECT FROM jobmarket.harvest_progress p JOIN jobmarket.harvest_run r USING (run_id) WHERE p.requests > r.requests)");
$holder->quit;
wait_for($node, "SELECT EXISTS (SELECT FROM jobmarket.harvest_progress
	WHERE pid = $pid AND percent > 0 AND offers_per_second > 0 AND remaining IS NOT NULL)");
pass('harvest_progress shows it from another session');
like($node->safe_psql('postgres', "SELECT query FROM pg_stat_activity WHERE pid = $pid"),
	qr/^harvest \d+: \d+ %, \d+ of \d+ offers/, 'so does pg_stat_activity');
my ($waiting, $holding) = (0, 0);
foreach (1 .. 40)
{
	my ($waits, $holds) = split /\|/, $node->safe_psql('postgres',
		"SELECT (wait_event_type IS NOT DISTINCT FROM 'Extension')::int, (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)::int
		FROM pg_stat_activity WHERE pid = $pid");
	$waiting += $waits;
	$holding += $waits && $holds;
}
cmp_ok($waiting, '>', 0, "seen waiting $waiting times");
is($holding, 0, 'holding neither a snapshot nor a transaction identifier');
fails('a second harvest', "CALL jobmarket.harvest('{ft}')", '55006', qr/being harvested/);
my $run_id = row($node)->{run_id};
fails('resuming what runs', "CALL jobmarket.resume_harvest($run_id)", '55006', qr/being harvested/);

# All that can end the harvest is the cancel.  That it acts at once is shown
# without a clock, which would show how busy the machine is: the process sleeps
# and does not look around from time to time.
sub sleeps
{
	my ($name) = @_;
	my ($switches, $before);
	foreach (1 .. 20)
	{
		$before = $switches // -1;
		($switches) = slurp_file("/proc/$pid/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
		last if $switches == $before;
		sleep 1.1;
	}
	return is($switches, $before, "$name: without answers it sleeps");
}
sleeps('cancel');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
wait_for($node, "SELECT status = 'interrupted' FROM jobmarket.harvest_run WHERE run_id = $run_id");
pass('cancel: the run says interrupted');
$session->query('SELECT 1');
is($session->query('SELECT jobmarket.http_live_handles()'), '0', 'no handle left');
$session->quit;
$run = row($node);
cmp_ok($run->{offers_received}, '<', 6001, "after $run->{offers_received} offers");
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer"), $run->{offers_received}, 'its figures are those of the tables');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer o LEFT JOIN jobmarket.offer_sighting s USING (offer_id)
	LEFT JOIN jobmarket.offer_document d USING (offer_id) WHERE s.run_id IS DISTINCT FROM $run_id OR d.document IS NULL"),
	'0', 'nothing is half-written');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'the lock is gone');

# a terminated one is noticed by the next
$emulator->faults('fault-stall' => 1, 'stall-seconds' => 600);
($session, $pid) = begin_harvest($node, $patient);
wait_for($node, "SELECT status = 'running' FROM jobmarket.harvest_run WHERE run_id = $run_id");
is(row($node)->{run_id}, $run_id, 'the next harvest goes on with the interrupted one');
sleeps('terminate');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
wait_for($node, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid)");
pass('terminate: gone');
eval { $session->{run}->finish };
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.harvest_progress'), '0', 'harvest_progress knows');
$emulator->faults;
($status, $stdout, $stderr) = $node->psql('postgres', "CALL jobmarket.harvest('{ft}')");
like($stderr, qr/resuming harvest $run_id, which was interrupted/, 'the next harvest says what it resumes');
$run = row($node);
is("$run->{run_id} $run->{status} $run->{offers_received} $run->{inserted} $run->{unchanged}",
	"$run_id complete 6001 6001 0", 'and completes it, its figures those of one run');

# a network that is lost, and comes back
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
$emulator->faults('fault-reset' => 1, 'fault-after' => 20);
$run = harvest($node, "'{ft}'", 'SET jobmarket.max_retries = 0;');
is($run->{status}, 'interrupted', 'lost network: interrupted');
like($run->{message}, qr/no answer any more/, 'and why');
cmp_ok($run->{coverage}, '<', 1, "coverage $run->{coverage}");
$emulator->faults;
$run = harvest($node, "'{ft}'");
is("$run->{status} $run->{offers_received}", 'complete 6001', 'the next one completes it');
$emulator->stop;

# ---------------------------------------------------------------------------
# two servers, each within its quota; one of them without rights
# ---------------------------------------------------------------------------
my $factor = 4;
$emulator = Emulator->new('--offers' => 6000, '--time-factor' => $factor,
	'--client' => 'one:secret:10:10', '--client' => 'two:secret:10:10');
my $rate = "requests_per_second '" . 10 * $factor . "', burst '1'";
$node->safe_psql('postgres', 'DROP SERVER ft CASCADE; DROP SERVER wrong CASCADE');
add_server($node, $emulator, 'one', 'one', $rate);
add_server($node, $emulator, 'two', 'two', $rate);
add_server($node, $emulator, 'bad', 'two', $rate, 'mistaken');
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
$run = harvest($node, "'{one,two,bad}'");
is("$run->{status} $run->{offers_received} $run->{throttled}", 'complete 6000 0',
	'two servers, and a third that is given up: complete, never throttled');
@searches = grep { $_->{path} =~ /search/ } $emulator->requests;
foreach my $client ('one', 'two')
{
	my @times = map { $_->{simulated} } grep { $_->{client} eq $client } @searches;
	my ($most, $from) = (0, 0);
	foreach my $i (0 .. $#times)
	{
		$from++ while $times[$i] - $times[$from] >= 1;
		$most = $i - $from + 1 if $i - $from + 1 > $most;
	}
	cmp_ok(scalar(@times), '>=', pages_of(6000) / 3, "server $client did its share: " . @times);
	# a request may be late on its way, and the next one not
	cmp_ok($most, '<=', 11, "at most 10 requests in any second, give or take the way: $most");
}
$emulator->stop;
$node->stop;
done_testing();
