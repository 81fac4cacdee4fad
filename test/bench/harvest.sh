#!/bin/sh
# harvest.sh [OFFERS [DAILY]]: harvests of so many generated offers (740,000)
# and one second with 9,000 more:
#	first	against COPY of the same documents into one jsonb column
#	second	with 2 % changed, against the first
#	churn	1 % created, 1 % changed and 1 % removed while it runs, the clock
#		2 h late, own offers first: against the truth that a quiet one finds
#	quota	a first one of two servers of 10 requests a second each: what
#		the request log says of it (FACTOR=2: on a clock twice as fast)
#	bloat	10 daily ones of DAILY offers (100,000)
# Prints one line a figure.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/lib.sh"
offers=${1:-740000}
daily=${2:-100000}
factor=${FACTOR:-1}
make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD curl
copy_tree "$work/src"
build "$work/src" >/dev/null || die "the build failed"
as_user make -s -C "$work/src/test/emulator" emulator || die "no emulator"
start_cluster "$work/src" bench || die "no cluster"

# emulator NAME OPTION...: on a free port, its log in NAME.log
emulator()
{
	name=$1
	shift
	as_user "$work/src/test/emulator/emulator" --die-with-parent --port-file "$work/$name.port" --log "$work/$name.log" \
		--client free:secret:0 --client one:secret:10:10 --client two:secret:10:10 "$@" >"$work/$name.out" 2>&1 &
	pids="$pids $!"
	while [ ! -s "$work/$name.port" ]; do sleep 0.1; done
	base=http://127.0.0.1:$(cat "$work/$name.port")
}

sql()
{
	as_user env PGOPTIONS='-c client_min_messages=warning' \
		"$pgbin/psql" -X -q -At -v ON_ERROR_STOP=1 -c "$1" || die "failed: $1"
}

# server NAME CLIENT RATE
server()
{
	sql "CREATE SERVER $1 FOREIGN DATA WRAPPER jobmarket OPTIONS (api_url '$base/partenaire/offresdemploi',
		token_url '$base/connexion/oauth2/access_token?realm=%2Fpartenaire', requests_per_second '$3', burst '1')"
	sql "CREATE USER MAPPING FOR CURRENT_USER SERVER $1 OPTIONS (client_id '$2', client_secret 'secret')"
}

# harvest SERVERS: sets seconds, wal, requests, received, peak (kB of the backend's own memory)
harvest()
{
	lsn=$(sql 'SELECT pg_current_wal_lsn()')
	as_user "$pgbin/psql" -X -q -c "CALL jobmarket.harvest('{$1}')" >"$work/call.log" 2>&1 &
	call=$!
	peak=0
	while kill -0 $call 2>/dev/null; do
		pid=$(sql "SELECT pid FROM jobmarket.harvest_run WHERE status = 'running'")
		kb=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/${pid:-none}/status" 2>/dev/null)
		[ "${kb:-0}" -le "$peak" ] || peak=$kb
		sleep 0.5
	done
	wait $call || die "$(cat "$work/call.log")"
	run=$(sql "SELECT extract(epoch FROM finished_at - started_at) || ' ' || pg_wal_lsn_diff(pg_current_wal_lsn(), '$lsn')
		|| ' ' || requests || ' ' || offers_received || ' ' || coverage || ' ' || status
		FROM jobmarket.harvest_run ORDER BY run_id DESC LIMIT 1")
	# shellcheck disable=SC2086
	set -- $run
	seconds=$1 wal=$2 requests=$3 received=$4 coverage=$5 status=$6
}

ratio()
{
	awk "BEGIN { printf \"%.4f\", $1 / $2 }"
}

tables="(SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relnamespace = 'jobmarket'::regnamespace
	AND relkind = 'r' AND relname ~ '^(offer|company|skill|language|licence|training|quality)')"

sql 'CREATE EXTENSION jobmarket CASCADE' 2>/dev/null
noon=$(date -u -d '9 days ago 12:00' +%Y-%m-%dT%H:%M:%SZ)
emulator country --offers "$offers" --burst "9000@$noon"
server ft free 100000
harvest ft
first=$seconds first_wal=$wal
say "first: offers $received, coverage $coverage, $status"
say "first: requests $requests, $(ratio "$requests * 150" "$received") of the least"
say "first: seconds $seconds, offers a second $(ratio "$received" "$seconds")"
say "first: own memory of the backend at most $((peak / 1024)) MB"

sql "COPY (SELECT document FROM jobmarket.offer_document) TO '$work/documents.txt'"
sql 'CREATE TABLE raw (document jsonb COMPRESSION lz4)'
begin=$(date +%s.%N)
sql "COPY raw FROM '$work/documents.txt'"
copy=$(awk "BEGIN { print $(date +%s.%N) - $begin }")
say "copy: seconds $copy, harvest $(ratio "$first" "$copy") times that"
sql 'DROP TABLE raw'

curl -s -f -X POST "$base/_emulator/change?share=0.02" >/dev/null
harvest ft
say "second, 2 % changed: seconds $seconds, $(ratio "$seconds" "$first") of the first"
say "second, 2 % changed: WAL $((wal / 1048576)) MB, $(ratio "$wal" "$first_wal") of the first"
say "second, 2 % changed: requests $requests, $(ratio "$requests * 150" "$received") of the least, own memory $((peak / 1024)) MB"

# control ACTION?SETTINGS
control()
{
	curl -s -f -X POST "$base/_emulator/$1" || die "the emulator refused $1"
}

# rates are per request, of which there will be OFFERS / 150
sql 'CREATE TABLE removed AS SELECT offer_id FROM jobmarket.offer WHERE withdrawn_at IS NULL ORDER BY random() LIMIT 200'
for id in $(sql 'SELECT offer_id FROM removed'); do control "remove?id=$id" >/dev/null; done
sql 'CREATE TABLE before AS SELECT offer_id FROM jobmarket.offer JOIN jobmarket.offer_sighting USING (offer_id) WHERE withdrawn_at IS NULL'
control 'reset-faults?churn-create=1.5&churn-change=1.5&churn-remove=1.5&clock-shift=7200&own-first=1' >/dev/null
harvest ft
say "churn: $status, coverage $coverage, offers $received, requests $(ratio "$requests * 150" "$received") of the least, seconds $seconds"
say "churn: $(sql "SELECT inserted || ' created meanwhile, ' || updated || ' changed, ' || withdrawn || ' withdrawn' FROM jobmarket.harvest_run ORDER BY run_id DESC LIMIT 1")"
sql 'CREATE TABLE during AS SELECT offer_id, withdrawn_at IS NULL AS open FROM jobmarket.offer'
control reset-faults >/dev/null
harvest ft
say "churn: of those there all the time $(sql 'SELECT count(*) FROM before b JOIN jobmarket.offer o USING (offer_id)
	LEFT JOIN during d USING (offer_id) WHERE o.withdrawn_at IS NULL AND d.open IS NOT TRUE') missing; of $(sql 'SELECT count(*) FROM removed') removed before $(
	sql 'SELECT count(*) FROM removed JOIN during USING (offer_id) WHERE open') not withdrawn; $(
	sql "SELECT count(*) FROM jobmarket.offer_change WHERE kind = 'revived'") withdrawn wrongly"

sql 'DROP TABLE before, during, removed; TRUNCATE jobmarket.offer CASCADE; DROP SERVER ft CASCADE'
emulator quota --offers "$offers" --burst "9000@$noon" --time-factor "$factor"
server one one "$(awk "BEGIN { print 10 * $factor }")"
server two two "$(awk "BEGIN { print 10 * $factor }")"
harvest one,two
say "quota: $status, coverage $coverage, offers $received, requests $(ratio "$requests * 150" "$received") of the least"
awk -F '\t' '$4 == "GET" && $5 ~ /search/ {
	t = $2; if (t > 1e12) t /= 1e6
	if (!first || t < first) first = t
	if (t > last) last = t
	# a ring of the last 10 requests of each client; 30 ms are for the way
	n = ++count[$3]
	if (n > 10 && t - ring[$3, n % 10] < 0.97) above++
	ring[$3, n % 10] = t
	refused += $7 == 429
} END {
	printf "quota: real time %.0f s (%.0f offers a second), ", last - first, offers / (last - first)
	for (c in count) printf "%s %d requests, ", c, count[c]
	printf "%d times more than 10 in a second, %d refused\n", above, refused
}' offers="$received" "$work/quota.log"

sql 'TRUNCATE jobmarket.offer CASCADE; DROP SERVER one CASCADE; DROP SERVER two CASCADE'
emulator days --offers "$daily"
server ft free 100000
harvest ft
sql 'VACUUM ANALYZE'
fresh=$(sql "SELECT $tables / (SELECT count(*) FROM jobmarket.offer)")
for day in 1 2 3 4 5 6 7 8 9 10; do
	curl -s -X POST "$base/_emulator/change?share=0.02" >/dev/null
	harvest ft
	# what autovacuum does between two nights
	sql 'VACUUM ANALYZE'
done
later=$(sql "SELECT $tables / (SELECT count(*) FROM jobmarket.offer)")
say "bloat: bytes an offer $fresh, after 10 daily harvests with 2 % changed $later, $(ratio "$later" "$fresh") of it (history of changes included)"
say "bloat: without history $(ratio "$(sql "SELECT ($tables - pg_total_relation_size('jobmarket.offer_change')) / (SELECT count(*) FROM jobmarket.offer)")" "$fresh")"
