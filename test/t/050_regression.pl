# Predictions of linear_regression and ridge_regression equal those of
# scikit-learn on 200 random problems, with serial and parallel plans.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $python = '/usr/bin/python3';
if (system("$python -c 'import sklearn' 2>/dev/null") != 0)
{
	plan skip_all => 'python3-sklearn is not installed';
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');
$node->safe_psql('postgres', q{
	CREATE TABLE problem (number int, row_no int, kind text, y float8, x float8[],
						  prediction float8)});
my $file = "$PostgreSQL::Test::Utils::tmp_check/problems.tsv";
system("$python $ENV{TESTDIR}/test/regression_problems.py 200 > $file") == 0
  or die 'could not make the problems';
$node->safe_psql('postgres', "COPY problem FROM '$file'; ANALYZE problem");

my $query = q{
	WITH model AS (
		SELECT number, CASE WHEN kind = 'ridge' THEN jobmarket.ridge_regression(y, x, 2.5)
							ELSE jobmarket.linear_regression(y, x) END AS model
		FROM problem GROUP BY number, kind),
	difference AS (
		SELECT kind, max(abs(jobmarket.predict(model, x) - prediction)) / max(abs(prediction)) AS d
		FROM problem JOIN model USING (number) GROUP BY kind, number)
	SELECT kind, count(*), max(d) FROM difference GROUP BY kind ORDER BY kind};

my %plans = (
	serial => 'SET max_parallel_workers_per_gather = 0;',
	parallel => q{SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0;
		SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET enable_sort = off;});
like($node->safe_psql('postgres', "$plans{parallel} EXPLAIN $query"),
	qr/Partial HashAggregate/, 'the parallel plan merges partial states');

foreach my $plan (sort keys %plans)
{
	my $problems = 0;
	foreach my $line (split /\n/, $node->safe_psql('postgres', "$plans{$plan} $query"))
	{
		my ($kind, $count, $difference) = split /\|/, $line;
		cmp_ok($difference, '<', 1e-9, "$plan plan, $count problems: $kind ($difference)");
		$problems += $count;
	}
	is($problems, 200, "$plan plan: all problems were compared");
}

$node->stop;
done_testing();
