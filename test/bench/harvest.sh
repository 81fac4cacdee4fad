#!/bin/sh
# harvest.sh [OFFERS [DAILY]]: a harvest of so many generated offers (740,000)
# and one second with 9,000 more, against COPY of the same documents into one
# jsonb column; a second one with 2 % changed; and 10 daily ones of DAILY
# offers (100,000).  Ends with one line a figure.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/lib.sh"
offers=${1:-740000}
daily=${2:-100000}
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
	as_user "$pgbin/psql" -X -q -At -v ON_ERROR_STOP=1 -c "$1" || die "failed: $1"
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
say "real time at the quota of two servers of 10 requests a second: $((requests / 20)) s"

sql "COPY (SELECT document FROM jobmarket.offer_document) TO '$work/documents.txt'"
sql 'CREATE TABLE raw (document jsonb COMPRESSION lz4)'
begin=$(date +%s.%N)
sql "COPY raw FROM '$work/documents.txt'"
copy=$(awk "BEGIN { print $(date +%s.%N) - $begin }")
say "copy: seconds $copy, harvest $(ratio "$first" "$copy") times that"
sql 'DROP TABLE raw'

curl -s -X POST "$base/_emulator/change?share=0.02" >/dev/null
harvest ft
say "second, 2 % changed: seconds $seconds, $(ratio "$seconds" "$first") of the first"
say "second, 2 % changed: WAL $((wal / 1048576)) MB, $(ratio "$wal" "$first_wal") of the first"
say "second, 2 % changed: requests $requests, $(ratio "$requests * 150" "$received") of the least, own memory $((peak / 1024)) MB"

sql 'TRUNCATE jobmarket.offer CASCADE; DROP SERVER ft CASCADE'
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
