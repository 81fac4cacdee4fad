#!/bin/sh
# roads.sh: isochrones and travel times against pgRouting, on the server that
# the PG* variables name (a superuser; PostGIS, pgRouting and jobmarket must be
# installed there, psql and pgbench on the path).
#
#   sh test/bench/roads.sh           a generated town of 280,000 directed edges
#   sh test/bench/roads.sh 1700      of 10,000,000 (loading takes minutes)
#   sh test/bench/roads.sh andorra   the database that holds this network
#
# Prints, for isochrones by car, milliseconds at p50 and p99, and the ratio of
# the mean to pgr_drivingDistance with ST_ConcaveHull of the same run.  The
# peer is measured up to ten minutes only: beyond it takes too long.  The search
# alone, against a plain Dijkstra in C: test/bench/roads.c.
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$top/test/bench/roads_database.sh"
psql -XAtq <<'T' || exit 1
CREATE TABLE IF NOT EXISTS bench_edge AS
	SELECT id, source, target, cost, reverse_cost FROM jobmarket.road_cost('car');
-- twenty places well inside, the same in every run
CREATE TABLE IF NOT EXISTS bench_place AS
	SELECT row_number() OVER (ORDER BY n) AS n, node_id, geom
	FROM (SELECT node_id, geom, row_number() OVER (ORDER BY hashint8(node_id)) AS n
		  FROM jobmarket.road_node WHERE degree > 2) q
	WHERE n <= 20 AND NOT ST_IsEmpty(geom);
CREATE INDEX IF NOT EXISTS bench_place_n ON bench_place (n);
ANALYZE bench_edge, bench_place;
SELECT format('%s edges, %s nodes', count(*), (SELECT count(*) FROM jobmarket.road_node)) FROM jobmarket.road_edge;
T
# run FILE SECONDS: one transaction a line into $work/log, sorted milliseconds
run()
{
	rm -f "$work"/log.*
	(cd "$work" && pgbench -n -f "$1" -T "$2" -l --log-prefix=log >"$work/out" 2>&1) ||
		{ cat "$work/out" >&2; exit 1; }
	cat "$work"/log.* | awk '{ print $3 / 1000 }' | sort -n >"$work/ms"
}
mean()
{
	awk '{ s += $1 } END { printf "%.3f", s / NR }' "$work/ms"
}
percentile()
{
	awk -v p="$1" '{ v[NR] = $1 } END { i = int(NR * p + 0.999999); print v[i < 1 ? 1 : i] }' "$work/ms"
}
for minutes in 5 10 15 30 60; do
	cat >"$work/ours.sql" <<T
\\set n random(1, 20)
SELECT ST_NPoints(geom) FROM jobmarket.isochrone((SELECT geom FROM bench_place WHERE n = :n), '{$minutes}');
T
	cat >"$work/theirs.sql" <<T
\\set n random(1, 20)
SELECT ST_NPoints(ST_ConcaveHull(ST_Collect(v.geom), 0.3))
FROM pgr_drivingDistance('SELECT id, source, target, cost, reverse_cost FROM bench_edge',
	(SELECT node_id FROM bench_place WHERE n = :n), $minutes * 60) d
	JOIN jobmarket.road_node v ON v.node_id = d.node;
T
	run "$work/ours.sql" 2		# warm
	run "$work/ours.sql" "${SECONDS_EACH:-8}"
	ours=$(mean)
	line="$minutes min: mean $ours, p50 $(percentile 0.5), p99 $(percentile 0.99) ms"
	if [ $minutes -le 10 ]; then
		run "$work/theirs.sql" "${SECONDS_EACH:-8}"
		theirs=$(mean)
		line="$line; pgRouting $theirs ms, ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.4f", a / b }')"
	fi
	printf '%s\n' "$line"
done
# a thousand destinations in one search
cat >"$work/times.sql" <<'T'
\set n random(1, 20)
SELECT cardinality(jobmarket.travel_time((SELECT geom FROM bench_place WHERE n = :n),
	(SELECT array_agg(geom) FROM (SELECT geom FROM jobmarket.road_node LIMIT 1000) q), max_minutes => 30));
T
run "$work/times.sql" "${SECONDS_EACH:-8}"
printf 'travel_time to 1000 places within 30 min: p50 %s, p99 %s ms\n' "$(percentile 0.5)" "$(percentile 0.99)"
