# Computing again while others read, while overrides are edited and offices
# vanish: no torn state, and nobody is left waiting for ever.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "deadlock_timeout = '200ms'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');
my $generator = "$ENV{TESTDIR}/test/hiring_generator.sql";
$node->safe_psql('postgres', qq{
	\\i $generator
	CALL pg_temp.generate_hirings(3000, 120000, '{57,54,67}', '2019-12-31', alternance_share => 0.2, rome_share => 0.5);
	UPDATE jobmarket.score_setting SET value = 1e6
	WHERE name IN ('mean_difference_max', 'high_score_change_max', 'variation_max', 'data_gap_periods_max');
	CALL jobmarket.compute_hiring_potential();});

# Readers: in one snapshot all scores are of one computation, and the scores per
# ROME are what they must be.
my $reader = q{
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1 / (count(DISTINCT as_of) = 1)::int FROM jobmarket.office_score;
SELECT 1 / (count(*) = 0)::int FROM (
	(SELECT siret, contract, rome_code, score::int, boosted FROM jobmarket.office_rome_score
	 EXCEPT SELECT * FROM jobmarket.expected_rome_scores())
	UNION ALL
	(SELECT * FROM jobmarket.expected_rome_scores()
	 EXCEPT SELECT siret, contract, rome_code, score::int, boosted FROM jobmarket.office_rome_score)) torn;
COMMIT;
};
my $editor = q{
\set office random(1, 3000)
\set kind random(1, 5)
\set hirings random(0, 200)
BEGIN;
SELECT siret::bigint AS picked FROM jobmarket.office ORDER BY siret OFFSET :office % 2000 LIMIT 1 \gset
INSERT INTO jobmarket.office_override (siret, hirings, boost, remove_romes)
VALUES (lpad(:picked::text, 14, '0'), CASE WHEN :kind < 3 THEN :hirings END, :kind = 3, CASE WHEN :kind = 4 THEN '{G1602}' ELSE '{}' END::text[]);
UPDATE jobmarket.office SET naf_code = CASE WHEN :kind = 5 THEN '56.10A' ELSE naf_code END WHERE siret = lpad(:picked::text, 14, '0');
DELETE FROM jobmarket.office_override WHERE override_id < (SELECT max(override_id) - 50 FROM jobmarket.office_override);
COMMIT;
};
my $remover = q{
DELETE FROM jobmarket.office WHERE siret = (SELECT max(siret) FROM jobmarket.office);
\sleep 100 ms
};
# Hirings come, change and go meanwhile, in any order of offices; without
# occupation, for those count in the scores per ROME from the next computation on.
my $importer = q{
\set first random(0, 2999)
\set second random(0, 2999)
\set day random(1, 700)
BEGIN;
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type)
SELECT siret, '2018-01-01'::date + :day, 1 FROM (SELECT siret FROM jobmarket.office ORDER BY siret OFFSET :first LIMIT 20) o;
UPDATE jobmarket.hiring SET hired_on = hired_on + 40, contract_type = 11
WHERE rome_code IS NULL AND siret = (SELECT siret FROM jobmarket.office ORDER BY siret OFFSET :second LIMIT 1);
DELETE FROM jobmarket.hiring WHERE rome_code IS NULL AND hired_on < '2016-01-01'
	AND siret = (SELECT siret FROM jobmarket.office ORDER BY siret OFFSET :first LIMIT 1);
COMMIT;
};
my $merger = q{
SELECT jobmarket.merge_hiring_tallies();
SELECT 1 / (jobmarket.refresh_hiring_tallies() = 0)::int;
};
my $computer = q{
\set month random(1, 12)
CALL jobmarket.compute_hiring_potential(make_date(2019, :month, 1));
};
# gaps are of no matter here: hirings after as_of are not looked at
my $dir = PostgreSQL::Test::Utils::tempdir;
my %scripts = (reader => $reader, editor => $editor, remover => $remover, computer => $computer,
	importer => $importer, merger => $merger);
my %running;
foreach my $name (sort keys %scripts)
{
	append_to_file("$dir/$name.sql", $scripts{$name});
	my $clients = $name eq 'remover' ? 1 : 2;
	my ($out, $err) = ('', '');
	my $handle = IPC::Run::start(
		['pgbench', '-n', '-c', $clients, '-T', '12', '-h', $node->host, '-p', $node->port,
			'--max-tries=20', '-f', "$dir/$name.sql", 'postgres'],
		'>', \$out, '2>', \$err);
	$running{$name} = [$handle, \$out, \$err];
}
foreach my $name (sort keys %running)
{
	my ($handle, $out, $err) = @{ $running{$name} };
	ok(IPC::Run::finish($handle), "$name: no error") or diag($$err);
	unlike($$err, qr/ERROR|aborted/, "$name: nothing failed");
	my ($done) = $$out =~ /transactions actually processed: (\d+)/;
	cmp_ok($done // 0, '>', 0, "$name: $done transactions");
}
is($node->safe_psql('postgres', 'SELECT jobmarket.refresh_rome_scores()'), '0', 'scores per ROME are true in the end');
my $tallies = q{SELECT count(*) FILTER (WHERE h.n IS DISTINCT FROM t.n) FROM
	(SELECT siret, count(*) AS n FROM jobmarket.hiring GROUP BY siret) h
	FULL JOIN (SELECT siret, sum(cardinality(tally)) AS n FROM jobmarket.hiring_tally GROUP BY siret) t USING (siret)};
$node->safe_psql('postgres', 'SELECT jobmarket.merge_hiring_tallies()');
is($node->safe_psql('postgres', $tallies), '0', 'tallies are as many as the hirings');
is($node->safe_psql('postgres', 'SELECT jobmarket.refresh_hiring_tallies()'), '0', 'and the same');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT as_of) FROM jobmarket.office_score'), '1', 'scores are of one computation');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'no deadlock');

# cancelled while it publishes, which a lock makes it wait for: nothing of it
# remains, and the next one works
my $scores = q{SELECT count(*), md5(string_agg(s::text, ',' ORDER BY s.siret)) FROM jobmarket.office_score s};
my $before = $node->safe_psql('postgres', $scores);
my $runs = $node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.hiring_potential_run');
my $held = q{FROM pg_locks WHERE relation = 'jobmarket.office_score'::regclass AND mode = 'ShareLock' AND granted};
my ($out, $err) = ('', '');
my $locker = IPC::Run::start(
	['psql', '-X', '-d', $node->connstr('postgres'), '-c',
		'BEGIN; LOCK TABLE jobmarket.office_score IN SHARE MODE; SELECT pg_sleep(600)'],
	'>', \$out, '2>', \$err);
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 $held"), 'the scores are locked');
my ($ret, $stdout, $stderr) = $node->psql('postgres', q{SET statement_timeout = '1s'; CALL jobmarket.compute_hiring_potential('2018-07-01')});
like($stderr, qr/statement timeout/, 'a computation can be cancelled');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) $held");
IPC::Run::finish($locker);
is($node->safe_psql('postgres', $scores), $before, 'and leaves the scores as they were');
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.hiring_potential_run'), $runs, 'and no trace');
$node->safe_psql('postgres', q{CALL jobmarket.compute_hiring_potential('2018-07-01')});
is($node->safe_psql('postgres', 'SELECT DISTINCT as_of FROM jobmarket.office_score'), '2018-07-01', 'the next one works');

# Sessions of which one waits for another, in an order that they are led to.
sub waits
{
	my ($session, $sql, $what) = @_;
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	$session->query_until(qr/asked/, "\\echo asked\n$sql;\n");
	ok($node->poll_query_until('postgres',
			"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'"), $what);
}

# TRUNCATE beside a computation that has begun, and one that began before it
my $log = -s $node->logfile;
my $holder = $node->background_psql('postgres');
my $computing = $node->background_psql('postgres', on_error_stop => 0);
my $other = $node->background_psql('postgres');
$computing->query_safe('SET client_min_messages = error');
$holder->query_safe('BEGIN; LOCK TABLE jobmarket.hiring_tally');
waits($computing, q{CALL jobmarket.compute_hiring_potential('2018-07-01')}, 'a computation has begun');
waits($other, 'TRUNCATE jobmarket.office_score', 'TRUNCATE waits for it');
$holder->query_safe('COMMIT');
$_->query_safe('SELECT 1') for $computing, $other;
is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.office_score'), '0', 'and comes after it');
$node->safe_psql('postgres', q{CALL jobmarket.compute_hiring_potential('2018-07-01')});
$holder->query_safe('BEGIN; SELECT count(*) FROM jobmarket.office_score');
waits($other, 'TRUNCATE jobmarket.office_score', 'TRUNCATE waits for a reader');
waits($computing, q{CALL jobmarket.compute_hiring_potential('2018-07-01')}, 'a computation waits for it');
$holder->query_safe('COMMIT');
$_->query_safe('SELECT 1') for $computing, $other;
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.office_score'), '>', 0, 'and comes after it');
unlike(slurp_file($node->logfile, $log), qr/deadlock detected/, 'no deadlock with TRUNCATE');

# a row that is moved while its triggers are off is not lost silently: all of the
# computation is
$before = $node->safe_psql('postgres', $scores);
$holder->query_safe('BEGIN; SELECT FROM jobmarket.office_score
	WHERE siret <> (SELECT max(siret) FROM jobmarket.office_score) FOR UPDATE');
waits($computing, q{CALL jobmarket.compute_hiring_potential('2019-01-01')}, 'a computation waits for a row');
$node->safe_psql('postgres', q{SET session_replication_role = replica;
	UPDATE jobmarket.office_score SET score = score WHERE siret = (SELECT max(siret) FROM jobmarket.office_score)});
$holder->query_safe('COMMIT');
$computing->query('SELECT 1');
like(slurp_file($node->logfile, $log), qr/ERROR:  rows of jobmarket.office_score were changed without its triggers/,
	'a row was moved meanwhile: an error');
is($node->safe_psql('postgres', $scores), $before, 'which publishes nothing');
$node->safe_psql('postgres', q{CALL jobmarket.compute_hiring_potential('2019-01-01')});
is($node->safe_psql('postgres', 'SELECT DISTINCT as_of FROM jobmarket.office_score'), '2019-01-01', 'the next one publishes all');
$_->quit for $holder, $computing, $other;

$node->stop;
done_testing();
