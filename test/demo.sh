#!/bin/sh
# demo.sh: jobmarket at work, on a throwaway cluster: installs what is missing
# of Debian's packages, builds, harvests 20,000 generated offers (or the real
# ones of ../shared/data) from an emulator of the API, and shows what is then
# in the tables.  With real data it also loads the roads of Andorra, for which
# it installs osm2pgsql.  Nothing is left behind but the packages.
#
#   sh test/demo.sh
#
# Settings: JOBMARKET_KEEP=1 keeps the temporary folder with the cluster;
# JOBMARKET_OFFERS=N generates N offers; JOBMARKET_DATA names a folder of real
# data (default ../shared/data).

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
. "$top/test/lib.sh"

begun=$(date +%s)

# step TEXT: a line with the seconds since the start
step()
{
	printf '[%3d s] %s\n' "$(elapsed "$begun")" "$*"
}

# show FILE [psql variables]: runs a script of the demo
show()
{
	file=$1
	shift
	# not -f: it would put the file's name before every notice
	as_user "$pgbin/psql" -X -q -v ON_ERROR_STOP=1 "$@" <"$file" 2>&1 && return
	[ $? -ne 141 ] || exit 141 # nobody reads on
	die "$file failed; the server's log ends with:
$(tail -n 20 "$work/demo.server.log")"
}

# start_emulator [options]: in the background, as a child of this shell so that
# it ends with it; sets $EMULATOR to its address
start_emulator()
{
	# shellcheck disable=SC2086
	$run_as "$src/test/emulator/emulator" --die-with-parent --gzip \
		--port-file "$work/emulator.port" --client PAR_demo:demo-secret:100:100 \
		"$@" >"$work/emulator.log" 2>&1 &
	emulator=$!
	until [ -s "$work/emulator.port" ]; do
		kill -0 $emulator 2>/dev/null || die "The emulator did not start: $(cat "$work/emulator.log")"
		sleep 0.1
	done
	EMULATOR=http://127.0.0.1:$(cat "$work/emulator.port")
	export EMULATOR
}

make_work
as_whom=
[ "$(id -u)" -ne 0 ] || as_whom=' (as root)'
src=$work/src
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD perl postgresql-client-$PGVERSION
step "Debian packages are there"

copy_tree "$src" || die "The tree cannot be copied."
{
	build "$src" && as_user make -s -j"$(nproc)" -C "$src/test/emulator"
} >"$work/build.log" 2>&1 || die "The build failed: $(tail -n 40 "$work/build.log")"
step "The extension and the emulator are built"

start_cluster "$src" demo || die "The cluster did not start."
find_data
if [ -f "$JOBMARKET_DATA/offers/offers.jsonl.gz" ]; then
	start_emulator --file "$JOBMARKET_DATA/offers/offers.jsonl.gz"
	offers="the real offers of $(cd "$data" && pwd)"
else
	offers="${JOBMARKET_OFFERS:-20000} generated offers"
	start_emulator --offers "${JOBMARKET_OFFERS:-20000}" --seed 1
fi
step "A throwaway cluster (socket only) and the emulator with $offers are up"

as_user "$pgbin/createdb" demo
PGDATABASE=demo
show "$src/test/demo/connect.sql" -v api="$EMULATOR"
# the road network of a small country, else scripts make a town
town=1
roads=${JOBMARKET_DATA:+$JOBMARKET_DATA/roads/andorra.osm.pbf}
if [ -f "$roads" ]; then
	install_packages osm2pgsql
	as_user "$pgbin/psql" -X -q -c 'CREATE EXTENSION IF NOT EXISTS hstore' &&
		as_user osm2pgsql -l --hstore -S /usr/share/osm2pgsql/default.style -d demo "$roads" >"$work/osm2pgsql.log" 2>&1 ||
		die "osm2pgsql failed: $(tail -n 5 "$work/osm2pgsql.log")"
	town=0
fi
# Each script shows one topic, with headings of its own; the variable "data" is
# the folder of real data, empty where there is none, "tree" this tree, "town" 1
# where no roads of OpenStreetMap were imported.
for script in "$src"/test/demo/[0-9][0-9]-*.sql; do
	show "$script" -v data="$JOBMARKET_DATA" -v tree="$src" -v town=$town
done

connect="$pgbin/psql -X -h $PGHOST -p $PGPORT -U $PGUSER demo"
if [ -t 0 ] && [ -t 1 ]; then
	say ""
	say "The cluster stays open.  From another terminal${as_whom}:"
	say ""
	say "    $connect"
	say ""
	say "Try  \\d+ jobmarket.offer    \\df jobmarket.*    TABLE jobmarket.harvest_run;"
	printf '\nEnter ends the demo and removes the cluster. '
	read -r answer || say ""
elif [ -z "${JOBMARKET_KEEP:-}" ]; then
	say ""
	say "Run in a terminal, the demo waits here, and psql leads into its cluster."
fi
[ -z "${JOBMARKET_KEEP:-}" ] || {
	stop_cluster
	say ""
	say "To look around later${as_whom}:"
	say "    cd / && ${run_as%%env*}$pgbin/pg_ctl -w -D $PGDATA -l $work/demo.server.log start"
	say "    $connect"
}
step "Done"
