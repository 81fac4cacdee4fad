# kill -9 of the backend and of the postmaster at random moments: the harvest
# goes on where it was, and little is fetched twice.
use strict;
use warnings FATAL => 'all';

use Emulator;
use HarvestTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

# JOBMARKET_CRASHES=20 for more
my $crashes = $ENV{JOBMARKET_CRASHES} || 6;
my $seed = $ENV{JOBMARKET_SEED} || 20260301;
srand($seed);
note "seed $seed, $crashes crashes";

my $offers = 2500 + 2500 * $crashes;
my $emulator = Emulator->new('--offers' => $offers, '--client' => 'free:secret:0');
my $node = new_node('crash');
add_server($node, $emulator, 'ft', 'free');
my $stored = 'SELECT coalesce(sum(pages), 0) FROM jobmarket.harvest_cell';
my $last = 0;
my $worst = 0;

foreach my $i (1 .. $crashes)
{
	$emulator->requests;
	my ($session, $pid) = begin_harvest($node, "CALL jobmarket.harvest('{ft}')");
	wait_for($node, "SELECT EXISTS (SELECT FROM jobmarket.harvest_run WHERE status = 'running' AND pid = $pid)");
	sleep 0.2 + rand 0.6;
	my $what = $i % 3 == 0 ? 'postmaster' : 'backend';
	if ($what eq 'postmaster')
	{
		$node->kill9;
		# its children must be gone before it can be started again
		foreach (1 .. 500)
		{
			last unless kill 0, $pid;
			sleep 0.01;
		}
		$node->start;
	}
	else
	{
		kill 'KILL', $pid;
		$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid)")
		  or die 'the server did not come back';
	}
	eval { $session->{run}->finish };
	my $row = row($node);
	if ($row->{status} eq 'complete')
	{
		note "crash $i came too late";
		last;
	}
	my $now = $node->safe_psql('postgres', $stored);
	my $asked = grep { $_->{path} =~ /search/ } $emulator->requests;
	my $lost = $asked - ($now - $last);
	$worst = $lost if $lost > $worst;
	cmp_ok($lost, '<=', 21, "crash $i ($what): $asked pages read, $lost of them to be read again");
	is($node->safe_psql('postgres', "SELECT count(*) FROM jobmarket.offer o LEFT JOIN jobmarket.offer_sighting s USING (offer_id)
		LEFT JOIN jobmarket.offer_document d USING (offer_id) WHERE s.run_id IS NULL OR d.offer_id IS NULL"),
		'0', "crash $i: no offer is half-written");
	$last = $now;
}
note "at worst $worst pages were read again";
my $run = harvest($node, "'{ft}'");
is("$run->{run_id} $run->{status} $run->{coverage} $run->{offers_received} $run->{inserted}",
	"1 complete 1 $offers $offers", 'the same run is complete in the end');
my $state = HarvestTest::state($node);
$node->safe_psql('postgres', 'TRUNCATE jobmarket.offer CASCADE');
$run = harvest($node, "'{ft}'");
is($run->{status}, 'complete', 'an undisturbed harvest');
is(HarvestTest::state($node), $state, 'ends in the same state');
$emulator->stop;
$node->stop;
done_testing();
