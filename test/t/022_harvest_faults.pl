# Faults of the API, each alone and all together: the end state is that of an
# undisturbed harvest, every fault is told, and the quota is kept.
use strict;
use warnings FATAL => 'all';

use Emulator;
use HarvestTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $offers = 3000;
my $factor = 8;
my $emulator = Emulator->new('--offers' => $offers, '--client' => 'free:secret:0',
	'--client' => 'quota:secret:10:10', '--time-factor' => $factor);
my $node = new_node('faults', "jobmarket.max_response_size = 4MB\njobmarket.request_timeout = 2s\n");
add_server($node, $emulator, 'ft', 'free');
add_server($node, $emulator, 'quota', 'quota', "requests_per_second '" . 10 * $factor . "', burst '1'");

# Empties the tables, harvests with these faults, and looks at the end.
sub survives
{
	my ($name, $server, $expected, %faults) = @_;
	$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer, jobmarket.harvest_error CASCADE');
	$emulator->faults(%faults);
	$emulator->requests;
	my $run = harvest($node, "'{$server}'");
	$emulator->faults;
	my @requests = $emulator->requests;
	is("$run->{status} $run->{coverage}", 'complete 1', "$name: complete");
	is(HarvestTest::state($node), $expected, "$name: the same offers and contents") if $expected;
	my $errors = $node->safe_psql('postgres', "SELECT count(*) || ' errors, ' || count(*) FILTER (WHERE resolved_at IS NULL) || ' open, '
		|| count(*) FILTER (WHERE detail #>> '{criteria,minCreationDate}' IS NULL OR detail ->> 'range' IS NULL) || ' without criteria: '
		|| coalesce(string_agg(DISTINCT stage || ' ' || coalesce(http_status::text, ''), ', '), '')
		FROM jobmarket.harvest_error WHERE run_id = $run->{run_id}");
	like($errors, qr/ 0 open, 0 without criteria/, "$name: its errors are made good, and could be replayed");
	note "$name: $run->{requests} requests, $run->{retries} retries, $run->{throttled} throttled; $errors";
	is(scalar(grep { $_->{note} =~ /\bquota\b/ } @requests), 0, "$name: never above the quota");
	my @injected = grep { $_->{note} ne '-' } @requests;
	cmp_ok(scalar(@injected), '>', 0, "$name: faults were injected: " . @injected) if %faults;
	# a connection that is reset before it answers is made anew by curl itself,
	# and offers that slid between pages are read again without an error
	cmp_ok($run->{retries} + (split / /, $errors)[0], '>', 0, "$name: and are told")
	  if %faults && $name !~ /reset|duplicates|token/;
	is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.harvest_error WHERE message ~ 'eyJ|Bearer|secret' OR detail::text ~ 'Bearer|secret'"),
		'0', "$name: no secret in the errors");
	return $run;
}

survives('undisturbed', 'ft');
my $expected = HarvestTest::state($node);
like($expected, qr/^$offers /, "$offers offers");

survives('429', 'ft', $expected, 'fault-429' => 0.05);
survives('storms of 429', 'ft', $expected, 'storm-429' => '15:2');
survives('401', 'ft', $expected, 'fault-401' => 0.15);
survives('500', 'ft', $expected, 'fault-500' => 0.15);
survives('502', 'ft', $expected, 'fault-502' => 0.15);
survives('503', 'ft', $expected, 'fault-503' => 0.15);
survives('HTML', 'ft', $expected, 'fault-html' => 0.15);
survives('truncated', 'ft', $expected, 'fault-truncate' => 0.15);
survives('bad JSON', 'ft', $expected, 'fault-badjson' => 0.15);
survives('oversize', 'ft', $expected, 'fault-oversize' => 0.1, 'oversize-bytes' => 6_000_000);
survives('reset', 'ft', $expected, 'fault-reset' => 0.15);
survives('stall', 'ft', $expected, 'fault-stall' => 0.05, 'stall-seconds' => 30);
survives('no Content-Range', 'ft', $expected, 'fault-norange' => 0.15);
survives('wrong Content-Range', 'ft', $expected, 'fault-wrongrange' => 0.15);
survives('duplicates', 'ft', $expected, 'fault-duplicate' => 0.15);
survives('undecodable offers', 'ft', $expected, 'fault-badoffer' => 0.003);
survives('redirects', 'ft', $expected, 'fault-redirect' => 0.1);
survives('all together', 'quota', $expected,
	'fault-429' => 0.02, 'fault-401' => 0.03, 'fault-500' => 0.03, 'fault-502' => 0.03, 'fault-503' => 0.03, 'fault-html' => 0.03,
	'fault-truncate' => 0.03, 'fault-badjson' => 0.03, 'fault-oversize' => 0.02, 'oversize-bytes' => 6_000_000,
	'fault-reset' => 0.03, 'fault-stall' => 0.02, 'stall-seconds' => 30, 'fault-norange' => 0.03, 'fault-wrongrange' => 0.03,
	'fault-duplicate' => 0.03, 'fault-badoffer' => 0.001);

# the token server fails now and then, and every token is revoked
$node->restart;
survives('token server', 'ft', $expected, 'only-path' => 'token', 'fault-503' => 0.5, 'fault-reset' => 0.2);

# what stays wrong is not complete: the run says so, and loses nothing else
$emulator->faults('fault-badoffer' => 1);
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
my $run = harvest($node, "'{ft}'");
isnt($run->{status}, 'complete', "nothing but undecodable offers: $run->{status}");
cmp_ok($run->{coverage}, '<', 1, "coverage $run->{coverage}");
$emulator->faults;
$node->safe_psql('postgres', "CALL jobmarket.resume_harvest($run->{run_id})");
is(row($node, $run->{run_id})->{status}, 'complete', 'resumed when the API is well: complete');
# characters that were broken each time were stored as they came
harvest($node, "'{ft}'");
is(HarvestTest::state($node), $expected, 'and the next harvest makes the rest good');

# An API that takes no notice of dates has more in every window than it serves,
# and they would be cut for ever: an end with an error.
$emulator->stop;
$emulator = Emulator->new('--offers' => 9000, '--client' => 'free:secret:0', '--fault-nodates');
add_server($node, $emulator, 'nodates', 'free');
(my $status, my $stdout, my $stderr) = $node->psql('postgres', "\\set VERBOSITY verbose\nCALL jobmarket.harvest('{nodates}')");
like($stderr, qr/ERROR:  08P01: .* stopped: 50 windows in a row could not be read: the answers hold offers of other dates/, 'no dates: an error');
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.harvest_error e JOIN jobmarket.harvest_cell c USING (run_id, cell_id)
	WHERE run_id = (SELECT max(run_id) FROM jobmarket.harvest_run) AND c.status = 'failed' AND e.message = c.message"), '50', 'and a row for each window');
$emulator->stop;
$emulator = Emulator->new('--offers' => $offers, '--client' => 'free:secret:0');
$node->safe_psql('postgres', 'ALTER SERVER ft OPTIONS (' . join(', ', map { "SET $_" } split /, /, $emulator->server_options) . ')');

# Cancelled in its last act, which deletes old history and which another
# session holds up here: all is stored, and the run stays complete.
$node->safe_psql('postgres', q{
	CREATE FUNCTION public.hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$;
	CREATE TRIGGER hold_up BEFORE DELETE ON jobmarket.harvest_run FOR EACH STATEMENT EXECUTE FUNCTION public.hold_up()});
my $holder = $node->background_psql('postgres');
$holder->query('SELECT pg_advisory_lock(42)');
my ($session, $pid) = begin_harvest($node, "CALL jobmarket.harvest('{ft}')");
wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $pid AND locktype = 'advisory' AND objid = 42 AND NOT granted)");
$run = row($node);
is($run->{status}, 'complete', 'complete before old history is deleted');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
is($session->query('SELECT jobmarket.http_live_handles()'), '0', 'cancelled then: no handle left');
like($session->{stderr}, qr/canceling statement due to user request/, 'the caller is told');
is_deeply(row($node), $run, 'the run stays as it was: complete');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $pid AND locktype = 'advisory'"), '0', 'the lock is gone');
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.harvest_live()'), '0', 'and no progress is shown');
$session->quit;
$holder->quit;
cmp_ok(harvest($node, "'{ft}'")->{run_id}, '>', $run->{run_id}, 'the next harvest is a new one');
is(row($node)->{status}, 'complete', 'and complete');
$emulator->stop;
$node->stop;
done_testing();
