#!/bin/sh
# hiring_potential.sh [OFFICES [HIRINGS]]: compute_hiring_potential against the
# pandas way (hiring_potential.py), on the same synthetic rows, in one run.
#
# The peer reads the rows from the same server, stored in order of département
# for it.  Row-wise it would take many minutes: 6 départements are timed and the
# time is scaled up by their share of the rows.
#
# Ours reads tallies that triggers keep as hirings come in, the peer all hirings
# each time: so what the triggers cost an import is printed too.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/lib.sh"
offices=${1:-500000}
hirings=${2:-10000000}
make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD python3-sklearn python3-pandas python3-psycopg2 postgresql-client-$PGVERSION
src=$work/src
copy_tree "$src"
build "$src" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
start_cluster "$src" bench || exit 1
psql()
{
	as_user env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" PGOPTIONS='-c client_min_messages=warning' \
		"$pgbin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d postgres "$@"
}
psql -c "ALTER SYSTEM SET shared_buffers = '1GB'" && stop_cluster
as_user "$pgbin/pg_ctl" -w -D "$PGDATA" -l "$work/server.log" start >/dev/null
psql -c 'CREATE EXTENSION jobmarket CASCADE'
data=$top/../shared/data/reference
if [ -e "$data/rome_naf.csv" ]; then
	psql -c "\\copy jobmarket.rome_naf FROM '$data/rome_naf.csv' (FORMAT csv, HEADER)" \
		-c "\\copy jobmarket.rome_tension FROM '$data/rome_tension.csv' (FORMAT csv, HEADER)"
fi
say "$offices offices, $hirings hirings in 96 departements"
psql -f - <<T || exit 1
\\i $src/test/hiring_generator.sql
SELECT array_agg(departement_code) AS all FROM (SELECT departement_code FROM jobmarket.departement ORDER BY 1 LIMIT 96) d \\gset
CALL pg_temp.generate_hirings($offices, $hirings, :'all', '2019-12-31');
CREATE TABLE bench_office AS SELECT siret, naf_code, headcount_class, departement_code, geom IS NOT NULL AS has_place,
	flag_junior AS junior, flag_senior AS senior, flag_handicap AS handicap
FROM jobmarket.office ORDER BY departement_code, siret;
ALTER TABLE bench_office ADD PRIMARY KEY (siret);
CREATE INDEX ON bench_office (departement_code);
CREATE TABLE bench_hiring AS SELECT h.siret, h.hired_on, h.contract_type, h.age_bracket, h.disabled, o.departement_code
FROM jobmarket.hiring h JOIN jobmarket.office o USING (siret) ORDER BY o.departement_code, h.hired_on;
CREATE INDEX ON bench_hiring (departement_code);
VACUUM ANALYZE;
T

# ours [AS_OF]: milliseconds of a whole computation; the peak of its private
# memory, seen every 50 ms, goes to a file
ours()
{
	psql -c 'SELECT pg_backend_pid()' -c '\timing on' -c "CALL jobmarket.compute_hiring_potential(${1:+'$1'})" >"$work/ours" &
	client=$!
	while [ ! -s "$work/ours" ]; do sleep 0.05; done
	pid=$(head -n 1 "$work/ours")
	while kill -0 $client 2>/dev/null; do
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null
		sleep 0.05
	done | sort -n | tail -n 1 >>"$work/memory"
	wait $client
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$work/ours" | head -n 1
}
# peer MODE [N]
peer()
{
	as_user env PGHOST="$PGHOST" /usr/bin/python3 "$src/test/bench/hiring_potential.py" \
		"host=$PGHOST port=$PGPORT user=$PGUSER dbname=postgres" "$@"
}
# load [TRIGGERS]: milliseconds to insert a tenth of the hirings once more
load()
{
	psql -c 'CREATE TABLE IF NOT EXISTS bench_new AS SELECT siret, hired_on, contract_type, age_bracket, disabled
		FROM jobmarket.hiring TABLESAMPLE SYSTEM (10) REPEATABLE (1)'
	psql -c 'BEGIN' -c "ALTER TABLE jobmarket.hiring ${1:-ENABLE} TRIGGER USER" -c '\timing on' \
		-c "INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, age_bracket, disabled)
			TABLE bench_new" \
		-c '\timing off' -c 'ROLLBACK' | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
	psql -c 'VACUUM jobmarket.hiring' -c 'VACUUM jobmarket.hiring_tally'
}
# rounded FORMAT EXPRESSION
rounded()
{
	awk "BEGIN { printf \"$1\", $2 }"
}
# so that from month to month every departement is published, and can be compared
psql -c "UPDATE jobmarket.score_setting SET value = 1e6 WHERE name = 'high_score_change_max'"
first=$(ours)
psql -c 'VACUUM ANALYZE jobmarket.office_score'
vectorised=$(peer vectorised)
again=$(ours)
month=$(ours 2019-12-01)
# what autovacuum does a minute after half a million rows were updated
psql -c 'VACUUM jobmarket.office_score'
back=$(ours)
vectorised_again=$(peer vectorised)
agreement=$(psql -c "SELECT count(*) || ' offices, largest difference of a prediction '
		|| to_char(greatest(max(abs(s.hirings - b.hirings) / (1 + b.hirings)),
			max(abs(s.hirings_alternance - b.hirings_alternance) / (1 + b.hirings_alternance))), '9.9EEEE')
		|| ', ' || count(*) FILTER (WHERE (s.score, s.score_alternance, s.method) IS DISTINCT FROM (b.score, b.score_alternance, b.method))
		|| ' other scores' FROM bench_score b FULL JOIN jobmarket.office_score s USING (siret)" \
	-c "SELECT count(*) || ' scores per ROME, ' || count(*) FILTER (WHERE r.score IS DISTINCT FROM b.score) || ' others'
		FROM bench_rome_score b FULL JOIN jobmarket.office_rome_score r USING (siret, contract, rome_code)" \
	-c "SELECT count(*) FILTER (WHERE (flag_junior, flag_senior, flag_handicap) IS DISTINCT FROM (junior, senior, handicap))
		|| ' offices of other flags' FROM jobmarket.office JOIN bench_office USING (siret)" | paste -s -d ';' -)
memory=$(($(sort -n "$work/memory" | tail -n 1) / 1024))
rowwise=$(peer rowwise 6)
share=$(psql -c "SELECT count(*) FILTER (WHERE departement_code IN (SELECT DISTINCT departement_code FROM bench_office
	ORDER BY 1 LIMIT 6))::float8 / count(*) FROM bench_hiring")
rowwise=$(rounded %.1f "$rowwise / $share")
vectorised=$(rounded %.2f "($vectorised + $vectorised_again) / 2")
say "pandas, vectorised (mean of two): $vectorised s; row-wise (scaled): $rowwise s"
# line WHAT MILLISECONDS
line()
{
	say "compute_hiring_potential, $1: $(rounded %.1f "$2 / 1000") s; $(rounded %.2f "$2 / 1000 / $vectorised") of vectorised, 1/$(rounded %.0f "$rowwise * 1000 / $2") of row-wise"
}
line "first time, into empty tables" "$first"
line "again, nothing new" "$again"
line "another month" "$month"
line "and back" "$back"
# in turn, for each finds what the one before left in memory
load >/dev/null
without=$(load DISABLE)
with=$(load)
with=$(rounded %.3f "($with + $(load)) / 2")
without=$(rounded %.3f "($without + $(load DISABLE)) / 2")
say "inserting $(psql -c "SELECT count(*) FROM bench_new") hirings: $(rounded %.1f "$with / 1000") s with the triggers that keep tallies, $(rounded %.2f "$with / $without") of the time without"
say "private memory of the process: $memory MB at most"
say "the two agree: $agreement"
stop_cluster
