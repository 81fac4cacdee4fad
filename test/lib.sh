# lib.sh: what run.sh and demo.sh share: packages, a private copy of the tree,
# the build, throwaway clusters, and leaving nothing behind.  POSIX sh; to be
# sourced, with $top set to the root of the tree.
#
# Nothing is written into the tree or under /usr but Debian packages: the build
# happens in a temporary copy, the module is installed below it, and Debian's
# setting extension_destdir makes the throwaway server look there.

PGVERSION=15
pgbin=/usr/lib/postgresql/$PGVERSION/bin
pglib=/usr/lib/postgresql/$PGVERSION/lib

PACKAGES_BUILD="gcc libc6-dev make pkg-config postgresql-$PGVERSION
 postgresql-server-dev-$PGVERSION postgresql-$PGVERSION-postgis-3
 libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev zlib1g-dev ca-certificates
 liblapack-dev libblas-dev"

# The caller's settings lead elsewhere: PGHOSTADDR or PGSERVICE to another
# server, MAKEFLAGS to other targets.  After "su", PATH may lack what dpkg wants.
for name in $(env | sed -n 's/^\(PG[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done
unset CDPATH MAKEFLAGS MFLAGS MAKELEVEL
no_proxy=127.0.0.1,localhost${no_proxy:+,$no_proxy}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH no_proxy LC_ALL=C.UTF-8
umask 022
[ -t 0 ] || exec </dev/null

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s\n' "$*" >&2
	exit 1
}

# elapsed SINCE: seconds since that epoch
elapsed()
{
	echo $(($(date +%s) - $1))
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# initdb and the server refuse root: then everything runs as user postgres,
# otherwise as the caller.  $run_as holds no blanks but between its words.
as_user()
{
	# shellcheck disable=SC2086
	(cd "$work" && exec $run_as "$@")
}

# install_packages NAME...: those that are missing, and no cluster with them.
install_packages()
{
	command -v dpkg-query >/dev/null 2>&1 ||
		die "This needs Debian 12; elsewhere see README.md, section Installation."
	missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q '^install ok installed$' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
		die "Neither root nor sudo.  As root: apt-get install --no-install-recommends$missing"
	fi
	say "Installing Debian packages:$missing"
	as_root true || die "Packages are missing, and sudo failed."
	# One at a time, where two of us start on a bare machine.
	# shellcheck disable=SC2086
	as_root flock -o /var/lib/apt sh -s -- $missing >"$work/apt.log" 2>&1 <<'T'
# PostgreSQL's package would make and start a cluster of its own.
folder=/etc/postgresql-common/createcluster.d
conf=$folder/jobmarket-test-$$.conf
trap 'rm -f "$conf"; rmdir --ignore-fail-on-non-empty "$folder"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$folder"
echo 'create_main_cluster = false' >"$conf"
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# In a container or chroot, which a power cut does not outlive, without the many
# fsyncs (as Debian's Docker images do): half of the time.
[ -d /run/systemd/system ] || unsafe='-o Dpkg::Options::=--force-unsafe-io'
apt-get -q update </dev/null
apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold ${unsafe:-} \
	install -y --no-install-recommends "$@" </dev/null
T
	[ $? -eq 0 ] || {
		tail -n 20 "$work/apt.log" >&2
		die "apt-get failed (packages of Debian 12, bookworm, are needed)."
	}
}

# place_works DIR: programs run there, also those of another user when we are root
place_works()
{
	printf '#!/bin/sh\n' >"$1/try" && chmod 755 "$1" "$1/try" || return 1
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$1/try" 2>/dev/null
	else
		"$1/try" 2>/dev/null
	fi
	works=$?
	rm -f "$1/try"
	# trust authentication: only this user may reach the sockets
	chmod 700 "$1"
	return $works
}

# make_work: $work, a temporary folder, gone at exit.
make_work()
{
	work=
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
	for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		# make takes no blanks, and the path of a socket has 107 bytes at most
		case $base in
			*[!A-Za-z0-9/._+-]* | [!/]*) continue ;;
		esac
		[ ${#base} -le 40 ] || continue
		work=$(mktemp -d "$base/jobmarket.XXXXXX" 2>/dev/null) || continue
		place_works "$work" && break
		rmdir "$work"
		work=
	done
	[ -n "$work" ] || die "No temporary folder can be used: set TMPDIR to a short path without blanks, where programs may run."
	[ "$base" = "${TMPDIR:-/tmp}" ] || say "TMPDIR ($TMPDIR) does not do; working below $base."
	run_as="env HOME=$work"
	[ "$(id -u)" -ne 0 ] ||
		run_as="setpriv --reuid=postgres --regid=postgres --init-groups $run_as"
	# What tests leave in TMPDIR goes with the rest; JOBMARKET_WORK marks our
	# processes.
	TMPDIR=$work/tmp
	JOBMARKET_WORK=$work
	export TMPDIR JOBMARKET_WORK
	mkdir "$TMPDIR"
}

# own_work: called once the packages, and with them user postgres, are there
own_work()
{
	[ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$work"
}

# our_processes: ids of those that this run started
our_processes()
{
	for proc in /proc/[0-9]*; do
		[ "${proc#/proc/}" -ne $$ ] &&
			grep -qsz "^JOBMARKET_WORK=$work\$" "$proc/environ" 2>/dev/null &&
			printf '%s\n' "${proc#/proc/}"
	done
}

# Also after Ctrl-C in the middle of a test that has servers of its own.
cleanup()
{
	status=$?
	trap '' HUP INT PIPE TERM
	trap - EXIT
	[ -n "$work" ] || exit "$status"
	for pid in $(our_processes); do
		kill "$pid" 2>/dev/null
	done
	find "$work" -name postmaster.pid 2>/dev/null | while read -r file; do
		as_user "$pgbin/pg_ctl" -D "${file%/*}" -m immediate -w stop >/dev/null 2>&1
	done
	for pid in $(our_processes); do
		kill -KILL "$pid" 2>/dev/null
	done
	if [ -n "${JOBMARKET_KEEP:-}" ]; then
		say "Kept: $work" 2>/dev/null
	else
		rm -rf "$work"
	fi
	exit "$status"
}

# copy_tree DIR: the sources without what builds leave, owned by the user.
copy_tree()
{
	mkdir -p "$1"
	# -m: a time in the future would confuse make
	(cd "$top" && tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.bc' \
		--exclude='*.so' --exclude=./results --exclude=./tmp_check \
		--exclude=./test/emulator/emulator --exclude=./test/emulator/bench \
		--exclude=./test/unit/bin .) | tar -xmf - -C "$1" || return 1
	chmod -R u+rwX "$1"
	find "$1/sql" -name 'jobmarket--*.sql' ! -name 'jobmarket--*--*.sql' -exec rm {} +
	own_work
}

# build DIR [make variables]: builds DIR and installs it below DIR/inst.
build()
{
	dir=$1
	shift
	as_user make -s -j"$(nproc)" -C "$dir" with_llvm=no PG_CONFIG="$pgbin/pg_config" "$@" all &&
		as_user make -s -C "$dir" with_llvm=no PG_CONFIG="$pgbin/pg_config" "$@" \
			DESTDIR="$dir/inst" install >/dev/null
}

# find_data: real data (offers, reference tables ...) where they lie beside the
# tree, or where JOBMARKET_DATA says; a copy, for the server's user must read
# them.  Sets and exports JOBMARKET_DATA, empty where there are none.
find_data()
{
	data=${JOBMARKET_DATA:-$top/../shared/data}
	JOBMARKET_DATA=
	if [ -d "$data" ]; then
		cp -rL "$data" "$work/data" && chmod -R u+rwX,go+rX "$work/data" &&
			own_work && JOBMARKET_DATA=$work/data
	fi
	export JOBMARKET_DATA
}

# server_settings DIR: lines of postgresql.conf for a server that uses the
# module installed below DIR/inst.
server_settings()
{
	cat <<T
extension_destdir = '$1/inst'
dynamic_library_path = '$1/inst$pglib:$pglib'
shared_preload_libraries = 'jobmarket'
jobmarket.allow_private_networks = on
max_wal_size = 2GB
fsync = off
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
T
}

# start_cluster DIR NAME: cluster $work/NAME.data, on a socket only, no TCP; its
# log is $work/NAME.server.log
start_cluster()
{
	PGDATA=$work/$2.data
	PGHOST=$work
	PGPORT=54329
	PGUSER=postgres
	PGDATABASE=postgres
	export PGDATA PGHOST PGPORT PGUSER PGDATABASE
	as_user "$pgbin/initdb" -N -A trust -U postgres -E UTF8 --locale=C.UTF-8 \
		-D "$PGDATA" >"$work/initdb.log" 2>&1 || {
		cat "$work/initdb.log" >&2
		return 1
	}
	{
		server_settings "$1"
		say "listen_addresses = ''"
		say "unix_socket_directories = '$work'"
		say "port = $PGPORT"
	} | as_user sh -c 'cat >> "$1/postgresql.conf"' sh "$PGDATA"
	own_work
	as_user "$pgbin/pg_ctl" -w -D "$PGDATA" -l "$work/$2.server.log" start >/dev/null || {
		cat "$work/$2.server.log" >&2
		return 1
	}
}

stop_cluster()
{
	as_user "$pgbin/pg_ctl" -D "$PGDATA" -m fast -w stop >/dev/null
}
