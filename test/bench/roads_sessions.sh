#!/bin/sh
# roads_sessions.sh: memory of many sessions that use one road network, on the
# server that the PG* variables name (this machine's; run as root or as the
# user of the server, to read /proc; otherwise as roads.sh).
#
#   sh test/bench/roads_sessions.sh           a generated town of 280,000 directed edges
#   sh test/bench/roads_sessions.sh 1700      of 10,000,000 (loading takes minutes)
#   sh test/bench/roads_sessions.sh andorra   the database that holds this network
#
# SESSIONS=64 sessions of pgbench ask for isochrones of 15 minutes at random
# places.  After SECONDS_EACH=20 s, while they go on, reads /proc/*/smaps of them.
# Rss counts a page of the mapped file in every process that touched it, Pss
# shares it out among them: the sum of Pss is what the file takes in memory, at
# most its size when there is one copy.
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/bench/roads_database.sh"
work=$(mktemp -d) || exit 1
bench=
trap 'rm -rf "$work"; [ -z "$bench" ] || kill "$bench" 2>/dev/null' EXIT
cat >"$work/area.sql" <<'T'
\set n random(0, :last)
SELECT ST_NPoints(i.geom)
FROM (SELECT geom FROM jobmarket.road_node WHERE node_id >= :n ORDER BY node_id LIMIT 1) o,
	LATERAL jobmarket.isochrone(o.geom, '{15}') i;
T
sessions=${SESSIONS:-64}
file=$(psql -XAtqc "SELECT format('jobmarket/%s-car.roads', oid) FROM pg_database WHERE datname = current_database()") &&
	last=$(psql -XAtqc 'SELECT max(node_id) FROM jobmarket.road_node') || exit 1
# one compiles it, before the others come
psql -Xqo /dev/null -c "SELECT jobmarket.road_position(geom) FROM jobmarket.road_node LIMIT 1" || exit 1
size=$(psql -XAtqc "SELECT size FROM pg_stat_file('$file')") || exit 1
pgbench -n -c "$sessions" -j 2 -T 3600 -D last="$last" -f "$work/area.sql" >"$work/out" 2>&1 &
bench=$!
sleep "${SECONDS_EACH:-20}"
for pid in $(psql -XAtqc "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench' AND datname = current_database()"); do
	echo "process $pid"
	cat "/proc/$pid/smaps" || echo unreadable
done >"$work/smaps" 2>/dev/null
kill "$bench" || { cat "$work/out" >&2; exit 1; }
wait "$bench" 2>/dev/null
bench=
awk -v file="/$file" -v size="$size" '
	/^process / { processes++; next }
	/^unreadable/ { unreadable = 1 }
	/^[0-9a-f]+-[0-9a-f]+ / { ours = index($0, file) > 0; mapped += ours; next }
	/^Pss:/ { if (ours) pss += $2 }
	/^Rss:/ { if (ours) rss += $2 }
	/^Private_Dirty:/ { private += $2 }
	END {
		if (unreadable || mapped == 0) {
			print "the memory of the sessions cannot be read: not on this machine, or not allowed" > "/dev/stderr"
			exit 1
		}
		printf "%d sessions, of which %d have the file of %.1f MB mapped\n", processes, mapped, size / 1048576
		printf "the file in memory: Pss together %.1f MB, Rss summed %.1f MB\n", pss / 1024, rss / 1024
		printf "private memory: %.1f MB a session\n", private / 1024 / processes
		# the kernel rounds each share
		print pss * 1024 <= 1.01 * size ? "one copy in memory" : "MORE than one copy in memory"
	}' "$work/smaps"
