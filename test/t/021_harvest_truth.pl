# What a harvest says must be true while offers come and go: everything that
# was there all the time is stored, what was removed before is withdrawn, and
# nothing else is.
use strict;
use warnings FATAL => 'all';

use Emulator;
use HarvestTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('truth');

# ---------------------------------------------------------------------------
# churn, a shifted clock, own offers first, one second with thousands of offers
# ---------------------------------------------------------------------------
my ($plain, $burst) = (6000, 7600);
my $emulator = Emulator->new('--offers' => $plain, '--client' => 'free:secret:0',
	'--burst' => "$burst\@" . $node->safe_psql('postgres',
		q{SELECT to_char(now() - interval '9 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')}));
add_server($node, $emulator, 'ft', 'free');

my $run = harvest($node, "'{ft}'");
is("$run->{status} $run->{offers_received} $run->{inserted}", 'complete ' . ($plain + $burst) . ' ' . ($plain + $burst),
	"a second with $burst offers: nothing is missing");
like($node->safe_psql('postgres', "SELECT string_agg(DISTINCT status, ',' ORDER BY status) FROM jobmarket.harvest_cell"),
	qr/^complete,split$/, 'it was split');

# some 1 % of the offers created and changed during the 100 requests, and as
# many removed as a cell of the whole country sees 10 times over;
# JOBMARKET_CHURN=1.3 removes 1 % too
my %churn = ('churn-create' => 1.3, 'churn-change' => 1.3, 'churn-remove' => $ENV{JOBMARKET_CHURN} || 0.3);
my @rounds = (
	['churn', %churn],
	['churn, clock 2 h late, own offers first', %churn, 'clock-shift' => 7200, 'own-first' => 1],
	['churn, clock 2 h early', %churn, 'clock-shift' => -7200]);
foreach (@rounds)
{
	my ($name, %faults) = @$_;

	# known to be gone before it begins
	my @removed = split /\n/, $node->safe_psql('postgres',
		"SELECT offer_id FROM jobmarket.offer WHERE withdrawn_at IS NULL ORDER BY random() LIMIT 40");
	$emulator->control('remove', id => $_) foreach @removed;
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS before, during;
		CREATE TABLE before AS SELECT offer_id FROM jobmarket.offer WHERE withdrawn_at IS NULL');

	$emulator->faults(%faults);
	$run = harvest($node, "'{ft}'");
	is("$run->{status} $run->{coverage}", 'complete 1', "$name: complete");
	cmp_ok($run->{inserted} + $run->{updated}, '>', 10, "$name: $run->{inserted} created meanwhile, $run->{updated} changed, $run->{withdrawn} withdrawn");
	is($node->safe_psql('postgres', "SELECT string_agg(message || ' ' || expected || ' ' || attempts || ' ' || criteria, '; ') FROM jobmarket.harvest_cell WHERE run_id = $run->{run_id}"),
		'', "$name: every cell");
	note "requests: $run->{requests} for " . pages_of($run->{offers_received}) . ' pages';
	$node->safe_psql('postgres', 'CREATE TABLE during AS SELECT offer_id, withdrawn_at IS NULL AS open FROM jobmarket.offer');

	# the truth, when all is quiet
	$emulator->faults;
	$run = harvest($node, "'{ft}'");
	is($run->{status}, 'complete', "$name: the quiet harvest after it");
	is($node->safe_psql('postgres', "SELECT count(*) FROM before b JOIN jobmarket.offer o USING (offer_id)
		LEFT JOIN during d USING (offer_id) WHERE o.withdrawn_at IS NULL AND d.open IS NOT TRUE"),
		'0', "$name: all offers that existed all the time are open");
	is($node->safe_psql('postgres', "SELECT count(*) FROM during WHERE open AND offer_id IN ('" . join("','", @removed) . "')"),
		'0', "$name: those removed before are withdrawn");
	is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer_change WHERE kind = 'revived' AND run_id = $run->{run_id}"),
		'0', "$name: none was withdrawn wrongly");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM jobmarket.offer WHERE withdrawn_at IS NULL'),
		($emulator->control('stats') =~ /"offers":\s*(\d+)/)[0], "$name: in the end as many as there are");
}
$emulator->stop;

# ---------------------------------------------------------------------------
# withdrawn, and back
# ---------------------------------------------------------------------------
sub serve
{
	my (@ids) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/few.jsonl";
	open(my $out, '>', $file) or die "$file: $!";
	foreach my $id (@ids)
	{
		print $out qq({"id": "$id", "intitule": "Offre $id", "dateCreation": "2026-03-0${id}T08:00:00.000Z", )
		  . qq("dateActualisation": "2026-03-0${id}T08:00:00.000Z", "romeCode": "M1805", "origineOffre": {"origine": "1"}}\n);
	}
	close $out;
	my $few = Emulator->new('--file' => $file, '--client' => 'free:secret:0');
	$node->safe_psql('postgres', 'DROP SERVER IF EXISTS few CASCADE');
	add_server($node, $few, 'few', 'free');
	my $row = harvest($node, "'{few}'");
	$few->stop;
	return "$row->{status} $row->{inserted} $row->{updated} $row->{unchanged} $row->{withdrawn}";
}
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
is(serve(1 .. 5), 'complete 5 0 0 0', 'five offers');
my $seen = $node->safe_psql('postgres', "SELECT first_seen_at FROM jobmarket.offer WHERE offer_id = '3'");
is(serve(1, 2, 4, 5), 'complete 0 0 4 1', 'one is gone');
is(serve(1, 2, 4, 5), 'complete 0 0 4 0', 'still');
is(serve(1 .. 5), 'complete 0 1 4 0', 'it is back');
is($node->safe_psql('postgres', "SELECT string_agg(kind, ',' ORDER BY change_id) FROM jobmarket.offer_change WHERE offer_id = '3'"),
	'withdrawn,revived', 'its history');
is($node->safe_psql('postgres', "SELECT withdrawn_at IS NULL AND first_seen_at = '$seen' FROM jobmarket.offer WHERE offer_id = '3'"),
	't', 'it is open again, and known since it was first seen');
is(serve(), 'complete 0 0 0 5', 'an empty source: all are gone');
$node->stop;
done_testing();
