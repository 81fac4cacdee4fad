# HarvestTest.pm: what the tests of the harvest share: a cluster, servers that
# lead to the emulator, and ways to look at what a harvest left.
package HarvestTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(new_node add_server harvest row state begin_harvest wait_for pages_of);

# A running cluster with the extension.
sub new_node
{
	my ($name, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', "jobmarket.max_retries = 5\nrestart_after_crash = on\n" . ($conf // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');
	return $node;
}

# A foreign server of that name, and the superuser's mapping.
sub add_server
{
	my ($node, $emulator, $name, $client, $options, $secret) = @_;
	$options //= "requests_per_second '100000'";
	$secret //= 'secret';
	$node->safe_psql('postgres',
		"CREATE SERVER $name FOREIGN DATA WRAPPER jobmarket OPTIONS ("
		  . $emulator->server_options($options) . ");
		CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (client_id '$client', client_secret '$secret')");
	return;
}

# CALL harvest(ARGUMENTS); the last run's row as a hash.
sub harvest
{
	my ($node, $arguments, $settings) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres',
		($settings // '') . "CALL jobmarket.harvest($arguments)");
	note $stderr if $stderr =~ /ERROR|WARNING/;
	return row($node);
}

# The last run, or the one given, as a hash.
sub row
{
	my ($node, $run_id) = @_;
	my %row;
	my $where = $run_id ? "run_id = $run_id" : 'run_id = (SELECT max(run_id) FROM jobmarket.harvest_run)';
	foreach (split /\n/, $node->safe_psql('postgres',
		"SELECT key || '=' || coalesce(value, '') FROM jobmarket.harvest_run r, jsonb_each_text(to_jsonb(r)) WHERE $where"))
	{
		my ($key, $value) = /^(\w+)=(.*)$/ or next;
		$row{$key} = $value;
	}
	return \%row;
}

# Digest of all open offers and of their content.
sub state
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		"SELECT count(*) || ' ' || md5(string_agg(offer_id || ' ' || content_hash, ',' ORDER BY offer_id COLLATE \"C\"))
		FROM jobmarket.offer WHERE withdrawn_at IS NULL");
}

# Starts a statement in a session of its own: the session and its process.
sub begin_harvest
{
	my ($node, $statement) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query_until(qr/started/, "\\echo started\n$statement;\n");
	return ($session, $pid);
}

# Waits until a query says t; dies after a minute.
sub wait_for
{
	my ($node, $query) = @_;
	my $end = time + 60;
	until ($node->safe_psql('postgres', $query) eq 't')
	{
		die "waited in vain: $query" if time > $end;
		sleep 0.02;
	}
	return;
}

# Least number of pages that hold so many offers.
sub pages_of
{
	my ($offers) = @_;
	return int(($offers + 149) / 150);
}

1;
