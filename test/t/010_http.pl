# The HTTP client against the emulator and against a server that does what no
# honest one would: errors, limits, interrupts, tokens, the quota, secrets.
use strict;
use warnings FATAL => 'all';

use Emulator;
use IO::Compress::Gzip qw(gzip);
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $secret = 'S3cret-value-that-nobody-may-see';
my $token = 'T0ken-value-that-nobody-may-see';

my $emulator = Emulator->new(
	'--offers' => 2000,
	'--client' => "fast:$secret:0",
	'--client' => "slow:$secret:10:10",
	'--client' => "lone:$secret:10:10",
	map { ('--client' => "many$_:$secret:0") } 1 .. 3);

my $node = PostgreSQL::Test::Cluster->new('http');
$node->init;
$node->append_conf('postgresql.conf', "log_min_messages = debug2\nlog_statement = all\njobmarket.max_retries = 1");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');

# create_server NODE, NAME, OPTIONS, CLIENT: a server and the superuser's
# mapping.  log_statement would show what this statement itself says.
sub create_server
{
	my ($on, $name, $options, $client) = @_;
	$on->safe_psql(
		'postgres', qq{
		SET log_statement = none;
		SET log_min_messages = fatal;
		SET debug_print_parse = off;
		CREATE SERVER $name FOREIGN DATA WRAPPER jobmarket OPTIONS ($options);
		CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (client_id '$client', client_secret '$secret')});
	return;
}

my $regions = "SELECT count(*) FROM jobmarket.fetch_referential(%s, 'regions')";
my %referentiel = ('only-path' => 'referentiel');

# fails NAME, SQL, SQLSTATE, PATTERN...: the statement ends in that error.
sub fails
{
	my ($name, $sql, $sqlstate, @patterns) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	like($stderr, qr/ERROR:  $sqlstate:/, "$name: SQLSTATE $sqlstate");
	like($stderr, $_, "$name: message") foreach @patterns;
	unlike($stderr, qr/$secret|$token/, "$name: no secret");
	return $stderr;
}

create_server($node, 'fast', $emulator->server_options("requests_per_second '100000'"), 'fast');

# ---------------------------------------------------------------------------
# what goes wrong, and how it is said
# ---------------------------------------------------------------------------
is($node->safe_psql('postgres', sprintf($regions, "'fast'")), '18', 'an answer');

create_server($node, 'wrong', $emulator->server_options, 'nobody');
fails('wrong client', sprintf($regions, "'wrong'"), '28P01',
	qr/did not accept the credentials/, qr/Client authentication failed \(invalid_client\)/, qr/HINT: .*client_secret/);
$node->safe_psql('postgres', "ALTER SERVER wrong OPTIONS (ADD scope 'no_such_api')");
$node->safe_psql('postgres',
	"SET log_statement = none; ALTER USER MAPPING FOR CURRENT_USER SERVER wrong OPTIONS (SET client_id 'fast')");
fails('wrong scope', sprintf($regions, "'wrong'"), '28000', qr/invalid_scope/, qr/HINT: .*scope/);

my $free_port = PostgreSQL::Test::Cluster::get_free_port();
create_server($node, 'nobody_there',
	"api_url 'http://127.0.0.1:$free_port', token_url 'http://127.0.0.1:$free_port/t'", 'fast');
fails('unreachable host', sprintf($regions, "'nobody_there'"), '08001', qr/token server: /, qr/HINT: .*api_url/);

$emulator->faults(%referentiel, 'fault-503' => 1);
fails('HTML 503', sprintf($regions, "'fast'"), '57P03', qr/HTTP 503, after 2 attempts/, qr/HINT/);
$emulator->faults(%referentiel, 'fault-500' => 1);
fails('JSON 500', sprintf($regions, "'fast'"), '58000', qr/JCS0011G/);
$emulator->faults(%referentiel, 'fault-html' => 1);
fails('HTML with status 200', sprintf($regions, "'fast'"), '08P01', qr/not a whole JSON document \(text\/html/);
$emulator->faults(%referentiel, 'fault-redirect' => 1);
fails('redirect', sprintf($regions, "'fast'"), '08P01', qr/HTTP 302: redirected to host 127\.0\.0\.2\n/);
is(scalar(grep { $_->{status} eq '302' } $emulator->requests), 1, 'a redirect is not asked for again');
$emulator->faults(%referentiel, 'fault-truncate' => 1);
fails('cut body', sprintf($regions, "'fast'"), '08006', qr/after 2 attempts/);
$emulator->faults(%referentiel, 'fault-reset' => 1);
fails('reset connection', sprintf($regions, "'fast'"), '08006', qr/after 2 attempts/);
$emulator->faults(%referentiel, 'fault-401' => 1);
fails('401 again and again', sprintf($regions, "'fast'"), '28000', qr/HTTP 401, after 2 attempts/);
$emulator->faults('only-path' => 'token', 'fault-nojson-token' => 1);
$emulator->control('revoke');
fails('token server down', sprintf($regions, "'fast'"), '57P03', qr/token server: HTTP 503/);
$emulator->faults(%referentiel, 'fault-oversize' => 1, 'oversize-bytes' => 3_000_000);
fails('too large', "SET jobmarket.max_response_size = '2MB'; " . sprintf($regions, "'fast'"),
	'54000', qr/larger than 2048 kB/, qr/HINT: .*jobmarket.max_response_size/);
$emulator->faults(%referentiel, 'fault-stall' => 1, 'stall-seconds' => 20);
fails('time limit', "SET jobmarket.request_timeout = 300; SET jobmarket.max_retries = 0; " . sprintf($regions, "'fast'"),
	'08006', qr/timed out/i);
fails('stall', "SET jobmarket.stall_timeout = 1; SET jobmarket.max_retries = 0; " . sprintf($regions, "'fast'"),
	'08006', qr/too slow/i);

# a fault that passes is not seen
$emulator->faults(%referentiel, 'fault-after' => 0, 'fault-503' => 0.5, 'fault-reset' => 0.2);
is( $node->safe_psql('postgres', "SET jobmarket.max_retries = 20; " . sprintf($regions, "'fast'")),
	'18', 'an answer after retries');

# private addresses
$emulator->faults;
fails('private address, connected to before', sprintf($regions, "'fast'") . '; SET jobmarket.allow_private_networks = off; ' . sprintf($regions, "'fast'"),
	'42501', qr/address 127\.0\.0\.1 are not allowed/, qr/HINT: .*jobmarket.allow_private_networks/);
fails('private address', "SET jobmarket.allow_private_networks = off; " . sprintf($regions, "'fast'"),
	'42501', qr/address 127\.0\.0\.1 are not allowed/, qr/HINT: .*jobmarket.allow_private_networks/);

# ---------------------------------------------------------------------------
# TLS
# ---------------------------------------------------------------------------
my $dir = $PostgreSQL::Test::Utils::tmp_check;
run_log(
	[   'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
		'-keyout', "$dir/key.pem", '-out', "$dir/cert.pem", '-subj', '/CN=emulator',
		'-addext', 'subjectAltName=IP:127.0.0.1'
	]);
my $tls = Emulator->new('--offers' => 10, '--tls-cert' => "$dir/cert.pem", '--tls-key' => "$dir/key.pem",
	'--client' => "fast:$secret:0");
create_server($node, 'tls', $tls->server_options, 'fast');
fails('unknown authority', sprintf($regions, "'tls'"), '08001', qr/certificate/i, qr/HINT: .*ca_file/);
is(scalar($tls->requests), 0, 'nothing is sent to a server that cannot be verified');
$node->safe_psql('postgres', "ALTER SERVER tls OPTIONS (ADD ca_file '$dir/cert.pem')");
is($node->safe_psql('postgres', sprintf($regions, "'tls'")), '18', 'accepted with ca_file');
$node->safe_psql('postgres', "ALTER SERVER tls OPTIONS (SET ca_file '$dir/no.pem')");
fails('authority file missing', sprintf($regions, "'tls'"), '08001', qr/HINT: .*ca_file/);
$tls->stop;

# ---------------------------------------------------------------------------
# interrupts, in the middle of an answer that does not come
# ---------------------------------------------------------------------------
$node->safe_psql('postgres', 'CREATE TABLE ended (what text, at timestamptz)');
foreach my $fault ('stall', 'drip')
{
	$emulator->faults(%referentiel, "fault-$fault" => 1, 'stall-seconds' => 30, 'drip-bytes-per-second' => 20);

	# caught in the session, so that the clock is the server's
	my $try = "DO \$\$ BEGIN PERFORM jobmarket.fetch_referential('fast', 'regions');"
	  . " EXCEPTION WHEN query_canceled THEN INSERT INTO ended VALUES ('%s', clock_timestamp()); END \$\$;\n";

	my ($status, $stdout) = $node->psql(
		'postgres', "SET statement_timeout = 300;
		BEGIN; " . sprintf($try, 'timeout') . "COMMIT;
		SELECT 'handles ' || jobmarket.http_live_handles()");
	like($stdout, qr/handles 0$/, "statement_timeout in a $fault: no handle left");

	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query_until(qr/started/, "\\echo started\n" . sprintf($try, 'cancel'));
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'not waiting';
	my $cancelled = $node->safe_psql('postgres', "SELECT clock_timestamp() FROM pg_cancel_backend($pid)");
	is($session->query('SELECT jobmarket.http_live_handles()'), '0', "cancel in a $fault: no handle left");
	my $late = $node->safe_psql('postgres',
		"SELECT round(1000 * extract(epoch FROM max(at) - '$cancelled')) FROM ended WHERE what = 'cancel'");
	cmp_ok($late, '<', 100, "cancel in a $fault: within 100 ms ($late)");

	$session->query_until(qr/started/, "\\echo started\n" . sprintf($regions, "'fast'") . ";\n");
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'not waiting';
	$late = $node->safe_psql(
		'postgres', qq{
		CREATE OR REPLACE PROCEDURE pg_temp.stop(INOUT ms int) LANGUAGE plpgsql AS \$\$
		DECLARE t timestamptz := clock_timestamp();
		BEGIN
			PERFORM pg_terminate_backend($pid);
			WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid) LOOP
				PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
			END LOOP;
			ms := 1000 * extract(epoch FROM clock_timestamp() - t);
		END \$\$;
		CALL pg_temp.stop(0)});
	cmp_ok($late, '<', 100, "terminate in a $fault: within 100 ms ($late)");
	eval { $session->{run}->finish };
}

# the timeout itself, by the server's clock
$emulator->faults(%referentiel, 'fault-stall' => 1, 'stall-seconds' => 30);
my $took = $node->safe_psql(
	'postgres', q{
	SET statement_timeout = 300;
	DO $$ DECLARE t timestamptz := clock_timestamp();
	BEGIN
		PERFORM jobmarket.fetch_referential('fast', 'regions');
	EXCEPTION WHEN query_canceled THEN
		PERFORM set_config('jm.took', round(1000 * extract(epoch FROM clock_timestamp() - t))::text, false);
	END $$;
	SELECT current_setting('jm.took')});
cmp_ok($took, '<', 400, "statement_timeout of 300 ms acts after $took ms");

# a fast shutdown does not wait for an answer either
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_until(qr/started/, "\\echo started\n" . sprintf($regions, "'fast'") . ";\n");
	sleep 0.3;
	my $start = time;
	$node->stop('fast');
	cmp_ok(time - $start, '<', 5, 'fast shutdown in the middle of an answer');
	eval { $session->{run}->finish };
	$node->start;
}
$emulator->faults;

# ---------------------------------------------------------------------------
# memory
# ---------------------------------------------------------------------------
{
	my $session = $node->background_psql('postgres');
	my $pid = $session->query('SELECT pg_backend_pid()');
	my $rss = sub {
		my ($kb) = slurp_file("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/;
		die 'no resident size' unless $kb;
		return $kb;
	};
	my $contexts = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
	my $calls = "SELECT count(*) FROM (SELECT jobmarket.fetch_referential('fast', 'regions') FROM generate_series(1, %d)) r";
	my $errors = q{DO $$ BEGIN FOR i IN 1 .. 200 LOOP
		BEGIN PERFORM jobmarket.fetch_referential('fast', 'regions'); EXCEPTION WHEN protocol_violation THEN NULL; END;
		END LOOP; END $$};

	$session->query(sprintf($calls, 200));
	$emulator->faults(%referentiel, 'fault-redirect' => 1);
	$session->query($errors);
	$emulator->faults;
	my @before = (scalar $session->query($contexts), $rss->());
	is($session->query(sprintf($calls, 1000)), '18000', 'a thousand calls');
	$emulator->faults(%referentiel, 'fault-redirect' => 1);
	$session->query($errors) for 1 .. 3;
	$emulator->faults;
	my @after = (scalar $session->query($contexts), $rss->());
	cmp_ok($after[0] - $before[0], '<', 64 * 1024, "memory contexts are flat over them ($before[0], $after[0] bytes)");
	cmp_ok($after[1] - $before[1], '<', 1024, "so is the process ($before[1], $after[1] kB)");
	is($session->query('SELECT jobmarket.http_live_handles()'), '0', 'no handle left');
	$session->quit;
}

# ---------------------------------------------------------------------------
# tokens
# ---------------------------------------------------------------------------

# at_once NODE, SQL...: each in a session of its own, all at the same time.
sub at_once
{
	my ($on, @statements) = @_;
	my @sessions = map { $on->background_psql('postgres', on_error_stop => 0) } @statements;
	foreach my $i (0 .. $#sessions)
	{
		$sessions[$i]->query_until(qr/started/, "\\echo started\n$statements[$i];\n");
	}
	my @results = map { $_->query('SELECT 1') } @sessions;
	$_->quit foreach @sessions;
	return @results;
}

create_server($node, "many$_", $emulator->server_options("requests_per_second '1000'"), "many$_") foreach 1 .. 3;
$emulator->requests;
$emulator->faults('only-path' => 'token', 'token-delay-ms' => 400);
at_once($node, map { sprintf($regions, "'many1'") } 1 .. 5);
my @requests = $emulator->requests;
is(scalar(grep { $_->{method} eq 'POST' } @requests), 1, 'five sessions, one token');
is(scalar(grep { $_->{method} eq 'GET' && $_->{status} == 200 } @requests), 5, 'five answers');

# whoever renews it may die
$emulator->faults('only-path' => 'token', 'token-delay-ms' => 20_000);
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query_until(qr/started/, "\\echo started\n" . sprintf($regions, "'many2'") . ";\n");
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'not waiting';
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
	$emulator->faults;
	my $start = time;
	is($node->safe_psql('postgres', sprintf($regions, "'many2'")), '18', 'a token after its renewer died');
	cmp_ok(time - $start, '<', 5, 'at once');
	eval { $session->{run}->finish };
}

# a revoked token is renewed once for all
$emulator->control('revoke');
$emulator->requests;
at_once($node, map { sprintf($regions, "'many1'") } 1 .. 4);
@requests = $emulator->requests;
is(scalar(grep { $_->{method} eq 'POST' } @requests), 1, 'a revoked token: one renewal');
is(scalar(grep { $_->{method} eq 'GET' && $_->{status} == 200 } @requests), 4, 'and four answers');

# a token is renewed before its end
my $short = Emulator->new('--offers' => 10, '--token-life' => 2, '--client' => "fast:$secret:0");
create_server($node, 'short', $short->server_options("requests_per_second '1000'"), 'fast');
$node->safe_psql('postgres',
	sprintf($regions, "'short'") . '; SELECT pg_sleep(1.9); ' . sprintf($regions, "'short'"));
@requests = $short->requests;
is(scalar(grep { $_->{status} eq '401' } @requests), 0, 'a token that ends soon is not used');
is(scalar(grep { $_->{method} eq 'POST' } @requests), 2, 'but renewed');
$short->stop;

# ---------------------------------------------------------------------------
# the quota
# ---------------------------------------------------------------------------
my $calls = "SELECT count(*) FROM (SELECT jobmarket.fetch_referential('%s', 'continents') FROM generate_series(1, %d)) r";
create_server($node, 'slow', $emulator->server_options("requests_per_second '10'"), 'slow');
$emulator->requests;
my $start = time;
at_once($node, (sprintf($calls, 'slow', 20)) x 2);
$took = time - $start;
@requests = $emulator->requests;
is(scalar(grep { $_->{method} eq 'GET' && $_->{status} == 200 } @requests), 40, 'two sessions: all answers');
cmp_ok(Emulator::busiest_second(@requests), '<=', 10, 'two sessions: never more than ten in a second');
cmp_ok($took, '<', 7, sprintf('two sessions: 40 requests in %.1f s', $took));

# Retry-After holds everybody
$emulator->faults(%referentiel, 'fault-429' => 1, 'retry-after' => 1);
$emulator->requests;
fails('asked too often', sprintf($regions, "'slow'"), '53400', qr/HTTP 429, after 2 attempts/, qr/HINT: .*requests_per_second/);
$emulator->faults;
is($node->safe_psql('postgres', sprintf($regions, "'slow'")), '18', 'an answer after the pause');
@requests = grep { $_->{method} eq 'GET' } $emulator->requests;
is(scalar(@requests), 3, 'two refusals, one answer');
cmp_ok($requests[$_]{time} - $requests[ $_ - 1 ]{time}, '>=', 1, 'a pause of a second after 429') foreach 1;

# without shared memory
my $lone = PostgreSQL::Test::Cluster->new('lone');
$lone->init;
$lone->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$lone->start;
$lone->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');
create_server($lone, 'lone', $emulator->server_options("requests_per_second '10'"), 'lone');
$emulator->requests;
at_once($lone, (sprintf($calls, 'lone', 10)) x 3);
@requests = $emulator->requests;
is(scalar(grep { $_->{method} eq 'GET' && $_->{status} == 200 } @requests), 30, 'not preloaded: all answers');
cmp_ok(Emulator::busiest_second(@requests), '<=', 10, 'not preloaded: never more than ten in a second');
is($lone->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
$emulator->faults(%referentiel, 'fault-stall' => 1, 'stall-seconds' => 20);
my ($status, $stdout) = $lone->psql('postgres',
	"SET statement_timeout = 300; " . sprintf($regions, "'lone'") . ";\nSELECT 'locks ' || count(*) FROM pg_locks WHERE locktype = 'advisory'",
	on_error_stop => 0);
like($stdout, qr/locks 0$/, 'not even after a cancel');
$emulator->faults;
$lone->stop;

# ---------------------------------------------------------------------------
# a hostile server
# ---------------------------------------------------------------------------
my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1', LocalPort => 0, ReuseAddr => 1) or die;
my $hostile = $listener->sockport;
my $child = fork // die;
if ($child == 0)
{
	my $bomb;
	gzip(\('{"a":"' . ('x' x 20_000_000) . '"}'), \$bomb);
	my %answers = (
		token => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"$token\",\"expires_in\":1e300}",
		bomb => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n$bomb",
		mark => "HTTP/1.1 200 OK\r\n\r\n\xEF\xBB\xBF{\"access_token\":\"$token\"}",
		quote => "HTTP/1.1 200 OK\r\n\r\n{$token}",
		more => "HTTP/1.1 206 Partial Content\r\n\r\n[" . join(',', map { "{\"id\":\"MORE00$_\"}" } 1 .. 5) . ']',
		offer => "HTTP/1.1 200 OK\r\n\r\n\xEF\xBB\xBF{\"id\":\"MARK001\",\"contact\":{}}",
		list => "HTTP/1.1 200 OK\r\n\r\n[{\"code\":\"57463\",\"libelle\":\"Metz\",\"codeDepartement\":\"57\",\"region\":{\"code\":\"44\"}},"
		  . '{"code":"57463","libelle":"METZ","codeDepartement":"00"},{"code":{"a":1},"libelle":"x"},7]',
		cut => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[{\"code\":\"01\",\"libe",
		longer => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]GARBAGE",
		nine => "just some bytes",
		interim => "HTTP/1.1 100 Continue\r\nContent-Range: offres 9-9/9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
		headers => "HTTP/1.1 200 OK\r\n" . ("X-Header: " . ('x' x 1000) . "\r\n") x 1000 . "\r\n[]",
		away => "HTTP/1.1 302 Found\r\nLocation: https://evil.example/?t=$token\r\nContent-Length: 0\r\n\r\n");
	local $SIG{PIPE} = 'IGNORE';
	while (my $client = $listener->accept)
	{
		my $head = '';
		while (my $line = <$client>)
		{
			$head .= $line;
			last if $line =~ /^\r?\n$/;
		}
		my $body = '';
		read($client, $body, $1) if $head =~ /^Content-Length: (\d+)/mi;
		my $answer = $answers{ $head =~ m{^\w+ /(?:v2/referentiel/)?(\w+)} ? $1 : '' };
		if (!$answer)
		{
			# tells what it was told, and tries to write lines of its own
			my $told = $head =~ /Bearer (\S+)/ ? $1 : 'none';
			$head =~ s/["\\\r\n]/ /g;
			$body =~ s/["\\\r\n]/ /g;
			my $known = $body =~ /%2F/ ? '' : $secret;
			my $echo = "{\"message\":\"$head $body $known\\n LOG:  forged\\u001b[31m\",\"codeErreur\":\"$told\"}";
			$answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: " . length($echo) . "\r\n\r\n$echo";
		}
		print $client $answer;
		close $client;
	}
	exit 0;
}
close $listener;
create_server($node, 'hostile', "api_url 'http://127.0.0.1:$hostile', token_url 'http://127.0.0.1:$hostile/token', requests_per_second '1000'", 'fast');
create_server($node, 'echo', "api_url 'http://127.0.0.1:$hostile', token_url 'http://127.0.0.1:$hostile/echo', requests_per_second '1000'", 'fast');
my $ask = "SELECT count(*) FROM jobmarket.fetch_referential('%s', '%s')";

# the resource's names are checked before a request, so that only real ones go
$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET api_url 'http://127.0.0.1:$hostile/$_->[0]')"), fails(@{ $_->[1] })
  foreach (
	[ 'echoes', [ 'echo', sprintf($ask, 'hostile', 'regions'), '22023', qr/Bearer \*+ /, qr/ LOG:  forged/ ] ],
	[ 'bomb', [ 'gzip bomb', "SET jobmarket.max_response_size = '1MB'; " . sprintf($ask, 'hostile', 'regions'), '54000', qr/larger than 1024 kB/ ] ],
	[ 'cut', [ 'cut without a length', sprintf($ask, 'hostile', 'regions'), '08P01', qr/not a whole JSON/ ] ],
	[ 'nine', [ 'no HTTP', sprintf($ask, 'hostile', 'regions'), '08006' ] ],
	[ 'headers', [ 'endless headers', sprintf($ask, 'hostile', 'regions'), '08\w\w\w' ] ],
	[ 'quote', [ 'the token in what is no JSON', sprintf($ask, 'hostile', 'regions'), 'HV004', qr/invalid input syntax/ ] ],
	[ 'away', [ 'redirect with the token', sprintf($ask, 'hostile', 'regions'), '08P01', qr/redirected to host evil\.example\n/ ] ]);
fails('echo of the secret', sprintf($ask, 'echo', 'regions'), '28000', qr/client_secret=\*+/);
$node->safe_psql('postgres', "SET log_statement = none; SET log_min_messages = fatal; SET debug_print_parse = off;
	ALTER USER MAPPING FOR CURRENT_USER SERVER echo OPTIONS (SET client_secret 'S3cret/value that+nobody=may-see')");
fails('echo of the secret as it was sent', sprintf($ask, 'echo', 'regions'), '28000', qr/client_secret=\*+&/);
$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET api_url 'http://127.0.0.1:$hostile/more')");
is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.fetch_offers('hostile', max_offers => 3)"), '3',
	'more offers than were asked for');
$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET api_url 'http://127.0.0.1:$hostile/offer')");
is($node->safe_psql('postgres', "SELECT jobmarket.fetch_offer('hostile', 'MARK001')"), '{"id": "MARK001"}', 'an offer after a byte order mark');
$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET api_url 'http://127.0.0.1:$hostile/list')");
is($node->safe_psql('postgres', "SELECT jobmarket.sync_referential('hostile', '$_')"), '1', "$_: codes twice, or none")
  foreach qw(communes regions departements metiers themes);
$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET token_url 'http://127.0.0.1:$hostile/mark')");
foreach my $odd ('longer', 'interim')
{
	$node->safe_psql('postgres', "ALTER SERVER hostile OPTIONS (SET api_url 'http://127.0.0.1:$hostile/$odd')");
	is($node->safe_psql('postgres', sprintf($ask, 'hostile', 'regions')), '0', "odd, but an answer: $odd");
}
kill 'TERM', $child;
waitpid $child, 0;

# ---------------------------------------------------------------------------
# secrets
# ---------------------------------------------------------------------------
my $log = slurp_file($node->logfile);
like($log, qr/fetch_referential/, 'the log holds statements');
unlike($log, qr/\Q$secret\E/, 'but no secret');
unlike($log, qr/\Q$token\E|Bearer [^*\s]|client_secret=[^*]/, 'and no token');
unlike($log, qr/^LOG:  forged/m, 'and no line of the server asked');
unlike($log, qr/PANIC|terminated by signal|server process .* was terminated/, 'and nothing crashed');

$node->stop;
done_testing();
