# Emulator.pm: starts and drives the emulator of the offers API (test/emulator)
# from TAP tests.
package Emulator;

use strict;
use warnings FATAL => 'all';

use HTTP::Tiny;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

my $program;
my $started = 0;
my @running;

# new('--option', 'value', ...): a running emulator.
sub new
{
	my ($class, @options) = @_;
	my $tree = $ENV{TESTDIR};

	if (!$program)
	{
		$program = "$tree/test/emulator/emulator";
		system_or_bail('make', '-s', '-C', "$tree/test/emulator", 'emulator')
		  unless -x $program;
	}
	my $name = "$PostgreSQL::Test::Utils::tmp_check/emulator_$$" . '_' . $started++;
	my $self = bless {
		log => "$name.log",
		scheme => (grep { $_ eq '--tls-cert' } @options) ? 'https' : 'http'
	}, $class;

	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0)
	{
		open(STDOUT, '>', "$name.out");
		open(STDERR, '>&', \*STDOUT);
		exec($program, '--die-with-parent', '--port-file', "$name.port", '--log', $self->{log}, @options);
		die "exec: $!";
	}
	push @running, $self;
	foreach (1 .. 600)
	{
		last if -s "$name.port";
		usleep(50_000);
	}
	$self->{port} = slurp_file("$name.port");
	chomp $self->{port};
	$self->{base} = "$self->{scheme}://127.0.0.1:$self->{port}";
	return $self;
}

# Options of CREATE SERVER that lead to it, more may be appended.
sub server_options
{
	my ($self, $more) = @_;
	return "api_url '$self->{base}/partenaire/offresdemploi', "
	  . "token_url '$self->{base}/connexion/oauth2/access_token?realm=%2Fpartenaire'"
	  . ($more ? ", $more" : '');
}

# POST /_emulator/ACTION; the answer's body.
sub control
{
	my ($self, $action, %settings) = @_;
	my $query = join '&', map { "$_=$settings{$_}" } sort keys %settings;
	my $reply = HTTP::Tiny->new(timeout => 10)
	  ->post("http://127.0.0.1:$self->{port}/_emulator/$action" . ($query ne '' ? "?$query" : ''),
		{ content => '' });
	die "emulator: $reply->{status} $reply->{content}" unless $reply->{success};
	return $reply->{content};
}

# These faults and no others from now on: only-path => 'search', 'fault-429' => 1.
sub faults
{
	my ($self, %settings) = @_;
	return $self->control('reset-faults', %settings);
}

# The requests logged since the last call, as hashes.
sub requests
{
	my ($self) = @_;
	my @requests;
	open(my $file, '<', $self->{log}) or die "$self->{log}: $!";
	seek($file, $self->{read} // 0, 0);
	while (my $line = <$file>)
	{
		chomp $line;
		my %request;
		@request{qw(time simulated client method path query status rows bytes note)} = split /\t/, $line;
		push @requests, \%request;
	}
	$self->{read} = tell($file);
	close($file);
	return @requests;
}

# Most of the requests given (of GET) in any one second, less the 30 ms that a
# busy machine may take from sending a request to its being read.
sub busiest_second
{
	my @times = sort { $a <=> $b } map { $_->{time} } grep { $_->{method} eq 'GET' } @_;
	my ($most, $first) = (0, 0);
	foreach my $last (0 .. $#times)
	{
		$first++ while $times[$last] - $times[$first] >= 0.97;
		$most = $last - $first + 1 if $last - $first + 1 > $most;
	}
	return $most;
}

sub stop
{
	my ($self) = @_;
	return unless $self->{pid};
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

END
{
	my $status = $?;
	$_->stop foreach @running;
	$? = $status;
}

1;
