# Golden numbers that need the real mapping, tensions and offices: scores per
# ROME, and the Metz offices through the whole pipeline.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{JOBMARKET_DATA} // '';
plan skip_all => 'JOBMARKET_DATA is not set' if !-e "$data/reference/rome_naf.csv";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION jobmarket CASCADE');

sub query
{
	return $node->safe_psql('postgres', shift);
}

# the files are read by psql: the server's user may not be allowed to
sub load
{
	my ($table, $file) = @_;
	query("\\copy $table FROM '$data/$file' (FORMAT csv, HEADER)");
}

load('jobmarket.rome_naf (rome_code, naf_code, hirings)', 'reference/rome_naf.csv');
load('jobmarket.rome_tension (rome_code, tension_pct)', 'reference/rome_tension.csv');

is(query('SELECT count(*), count(DISTINCT rome_code), count(DISTINCT naf_code), sum(hirings), max(hirings) FROM jobmarket.rome_naf'),
	'5071|517|692|2889582|67797', 'the mapping, with dots in its NAF codes');
is(query(q{SELECT count(*) FROM jobmarket.naf WHERE naf_code !~ '^\d\d\.\d\d[A-Z]$'}), '0', 'no NAF code without dot');
is(query(q{SELECT string_agg(jobmarket.minimum_score(r)::text, ' ') FROM unnest('{K1401,A1101,L1510,D1106,M1601,M1607}'::text[]) r}),
	'20 10.715 20 13.52 15.23 14.135', 'minimum scores');
is(query('SELECT count(*), round(min(m)::numeric, 2), max(m) FROM (SELECT jobmarket.minimum_score(rome_code) m FROM jobmarket.rome_tension) t'),
	'495|7.07|18.23', 'range of the minima of occupations with a tension');

is(query(q{SELECT string_agg(rome_code || ' ' || jobmarket.rome_score(rome_code, '4711D', 120), ', ' ORDER BY rome_code)
	FROM jobmarket.rome_naf WHERE naf_code = '47.11D'}),
	'D1101 50, D1103 3, D1106 51, D1107 4, D1214 52, D1301 20, D1502 25, D1503 8, D1504 15, D1505 53, D1507 56, D1508 5, D1509 5, M1203 13, M1601 15, M1607 25',
	'all 16 occupations of 4711D');
is(query(q{SELECT jobmarket.rome_score('D1405', '4646Z', jobmarket.hirings_from_score(71))}), '50', '4646Z');
is(query(q{SELECT string_agg(jobmarket.rome_score(r, '02.20Z', 1000)::text, ' ') FROM unnest('{A1201,A1101,A1203,N4101,M1607}'::text[]) r}),
	'99 95 94 93 55', '0220Z');
is(query(q{SELECT round(1000 * affinity) FROM jobmarket.rome_naf_affinity WHERE (rome_code, naf_code) = ('A1201', '02.20Z')}), '425', '425 of 1,000 hirings for A1201');
is(query(q{SELECT string_agg(round(affinity::numeric, 6)::text, ' ' ORDER BY naf_code) FROM jobmarket.rome_naf_affinity
	WHERE (rome_code, naf_code) IN (('M1607', '88.10A'), ('D1101', '47.22Z'), ('D1106', '10.71C'), ('M1805', '62.01Z'), ('N4403', '49.20Z'))}),
	'0.314126 0.667057 0.084211 0.402535 0.052585', 'affinities');

# one office through the tables, and what people change by hand
query(q{INSERT INTO jobmarket.office (siret, naf_code, headcount_class) VALUES ('00000000000001', '4711D', '12');
	INSERT INTO jobmarket.office_score (siret, hirings, as_of) VALUES ('00000000000001', 120, '2020-01-01')});
my $shown = q{SELECT string_agg(rome_code || ' ' || score || CASE WHEN boosted THEN '*' ELSE '' END, ', ' ORDER BY rome_code)
	FROM jobmarket.office_rome_score WHERE contract = 'dpae'};
is(query($shown), 'D1101 50, D1106 51, D1214 52, D1301 20, D1502 25, D1504 15, D1505 53, D1507 56, M1203 13, M1607 25', 'indexed occupations');

sub with_override
{
	my ($columns, $values, $what) = @_;
	return query("BEGIN; INSERT INTO jobmarket.office_override (siret, $columns) VALUES ('00000000000001', $values); $what; ROLLBACK");
}
is(with_override('boost, boost_romes', q{true, '{D1507,D1103}'},
		q{SELECT string_agg(rome_code || ' ' || score, ', ' ORDER BY rome_code) FROM jobmarket.office_rome_score WHERE boosted}),
	'D1103 3, D1507 56', 'a list of boosts, one of them below its minimum');
is(with_override('boost, boost_romes', q{true, '{D1506,D1507}'},
		q{SELECT string_agg(rome_code || ' ' || score, ', ' ORDER BY rome_code) FROM jobmarket.office_rome_score WHERE boosted}),
	'D1506 90, D1507 56', 'a boosted occupation that the activity has not');
is(with_override('boost', 'true', 'SELECT count(*) FROM jobmarket.office_rome_score WHERE boosted'), '16', 'boosted for all');
is(with_override('remove_romes', q{'{D1507}'}, q{SELECT string_agg(rome_code, ',' ORDER BY rome_code) FROM jobmarket.office_rome_score
	WHERE rome_code IN ('D1101', 'D1507')}), 'D1101', 'one removed');
is(query(q{BEGIN; UPDATE jobmarket.score_setting SET value = 0 WHERE name IN ('minimum_score_base', 'minimum_score_floor');
	INSERT INTO jobmarket.office_override (siret, add_nafs) VALUES ('00000000000001', '{4772A}');
	SELECT count(*) FROM jobmarket.office_rome_score; ROLLBACK}), '17', 'an activity added, without minima');
query(q{DELETE FROM jobmarket.office});

# Metz: 17,091 offices whose hirings are given
query(q{CREATE TABLE metz (siret text, naf_code text, headcount_class text, postal_code text, insee_code text, departement_code text,
	longitude float8, latitude float8, hiring int, score_alternance int, flag_alternance int, flag_junior int, flag_senior int,
	flag_handicap int, flag_pmsmp int, has_email int)});
load('metz', 'offices/metz_offices.csv');
query(q{INSERT INTO jobmarket.office (siret, naf_code, headcount_class, postal_code, insee_code, departement_code, geom, has_email)
	SELECT siret, naf_code, headcount_class, postal_code, insee_code, departement_code, jobmarket.point_of(longitude, latitude), has_email = 1 FROM metz;
	INSERT INTO jobmarket.office_score (siret, hirings, score, as_of)
	SELECT siret, hiring, jobmarket.score_from_hirings(hiring), '2022-07-01' FROM metz});
is(query('SELECT count(*) FILTER (WHERE hirings >= 10), count(*) FILTER (WHERE score >= 80), count(*) FILTER (WHERE score = 100) FROM jobmarket.office_score'),
	'8855|3403|0', 'Metz: offices that may be shown');
is(query(q{SELECT count(DISTINCT siret), count(*), count(DISTINCT rome_code) FROM jobmarket.office_rome_score}),
	'8661|53505|423', 'Metz: offices indexed, pairs, occupations');
is(query(q{SELECT string_agg(rome_code || ' ' || n, ', ' ORDER BY n DESC) FROM
	(SELECT rome_code, count(*) AS n FROM jobmarket.office_rome_score GROUP BY 1 ORDER BY 2 DESC LIMIT 7) t}),
	'M1607 4761, M1203 3933, M1604 2420, M1601 1848, D1214 1423, K1304 1398, K2204 1131', 'Metz: the occupations of most offices');
is(query('SELECT jobmarket.refresh_rome_scores()'), '0', 'Metz: the triggers left nothing to do');

# Synthetic companies of a known law: the model must rank better than both
# naive predictions.
query(q{TRUNCATE metz; DELETE FROM jobmarket.office});
my $generator = "$ENV{TESTDIR}/test/hiring_generator.sql";
is($node->psql('postgres', qq{
	\\i $generator
	CALL pg_temp.generate_hirings(4000, 120000, '{57,54,67,68}', '2019-12-31');
	CALL jobmarket.compute_hiring_potential();}, on_error_die => 1), 0, 'synthetic companies');
is(query(q{SELECT count(*), bool_and(gains[1] > gains_last_semester[1] AND gains[1] > gains_last_year[1]),
	bool_and(beats_baselines AND published) FROM jobmarket.hiring_model WHERE contract = 'dpae'}),
	'4|t|t', 'the best 10 % made more of the hirings than by either naive prediction, in every département');
note(query(q{SELECT string_agg(format('%s: %s, last semester %s, last year %s', departement_code, round(gains[1]::numeric, 3),
	round(gains_last_semester[1]::numeric, 3), round(gains_last_year[1]::numeric, 3)), '; ') FROM jobmarket.hiring_model WHERE contract = 'dpae'}));

# dump and restore: user rows come back, and what is derived is made again
query(q{INSERT INTO jobmarket.office_override (siret, boost) SELECT siret, true FROM jobmarket.office_rome_score ORDER BY siret LIMIT 1});
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/hiring.sql";
command_ok(['pg_dump', '-d', $node->connstr('postgres'), '-f', $dump], 'dump');
command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump], 'restore');
foreach my $table (qw(office hiring office_score office_rome_score office_override hiring_model hiring_check score_setting rome_naf))
{
	my $sum = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM jobmarket.$table t";
	is($node->safe_psql('restored', $sum), query($sum), "restored: $table");
}
is($node->safe_psql('restored', 'SELECT jobmarket.refresh_rome_scores()'), '0', 'restored: scores per ROME are true');
is($node->safe_psql('restored', 'SELECT jobmarket.refresh_hiring_tallies(), sum(cardinality(tally)) - (SELECT count(*) FROM jobmarket.hiring) FROM jobmarket.hiring_tally'),
	'0|0', 'restored: tallies are true');
# a session without triggers leaves them behind, and the comparison says of how many offices
$node->safe_psql('restored', q{SET session_replication_role = replica;
	DELETE FROM jobmarket.hiring WHERE siret IN (SELECT min(siret) FROM jobmarket.hiring)});
is($node->safe_psql('restored', 'SELECT jobmarket.refresh_hiring_tallies()'), '1', 'hirings changed without triggers are found');
is($node->safe_psql('restored', 'SELECT jobmarket.refresh_hiring_tallies()'), '0', 'and put right');
(undef, undef, my $refused) = $node->psql('restored', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT jobmarket.refresh_hiring_tallies()');
like($refused, qr/cannot be compared at isolation level repeatable read.*HINT/s, 'but with no snapshot that may be old');
# where there are none at all a computation makes them
$node->safe_psql('restored', 'TRUNCATE jobmarket.hiring_tally; CALL jobmarket.compute_hiring_potential()');
is($node->safe_psql('restored', 'SELECT jobmarket.refresh_hiring_tallies()'), '0', 'a computation makes missing tallies');

$node->stop;
done_testing();
