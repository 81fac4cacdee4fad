# lib.sh: what run.sh and demo.sh share: packages, a private copy of the tree,
# the build, and throwaway clusters.  POSIX sh; to be sourced, with $top set to
# the root of the tree.
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

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s\n' "$*" >&2
	exit 1
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null 2>&1 ||
			die "Installing packages needs root or sudo: $*"
		sudo "$@"
	fi
}

# initdb and the server refuse root: then everything runs as user postgres,
# otherwise as the caller.
as_user()
{
	if [ "$(id -u)" -eq 0 ]; then
		(cd "$work" && setpriv --reuid=postgres --regid=postgres --init-groups \
			env HOME="$work" PATH="$PATH" "$@")
	else
		(cd "$work" && "$@")
	fi
}

# install_packages NAME...: those that are missing, and no cluster with them.
install_packages()
{
	missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q '^install ok installed$' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing Debian packages:$missing"
	export DEBIAN_FRONTEND=noninteractive
	{
		as_root apt-get -q update &&
		# PostgreSQL's package would make and start a cluster of its own.
		as_root apt-get -q install -y --no-install-recommends postgresql-common
	} >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; die "apt-get failed"; }
	conf=/etc/postgresql-common/createcluster.d
	as_root mkdir -p $conf
	printf 'create_main_cluster = false\n' | as_root tee $conf/jobmarket-test.conf >/dev/null
	# shellcheck disable=SC2086
	as_root apt-get -q install -y --no-install-recommends $missing \
		>>"$work/apt.log" 2>&1 || failed=1
	as_root rm -f $conf/jobmarket-test.conf
	[ -z "${failed:-}" ] || { tail -n 20 "$work/apt.log" >&2; die "apt-get failed"; }
}

# A temporary folder that the server's user may write, gone at exit.
make_work()
{
	work=$(mktemp -d "${TMPDIR:-/tmp}/jobmarket.XXXXXX") || die "no temporary folder"
	chmod 755 "$work"
	clusters=
	pids=
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

cleanup()
{
	status=$?
	trap - EXIT HUP INT TERM
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	for cluster in $clusters; do
		as_user "$pgbin/pg_ctl" -D "$cluster" -m immediate -w stop >/dev/null 2>&1
	done
	if [ -n "${JOBMARKET_KEEP:-}" ]; then
		say "kept: $work"
	else
		rm -rf "$work"
	fi
	exit "$status"
}

# copy_tree DIR: the sources without what builds leave, owned by the user.
copy_tree()
{
	mkdir -p "$1"
	(cd "$top" && tar -cf - --exclude=.git --exclude='*.o' --exclude='*.bc' \
		--exclude='*.so' --exclude=results --exclude=tmp_check .) | tar -xf - -C "$1"
	[ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$work"
}

# build DIR [make variables]: builds DIR and installs it below DIR/inst.
build()
{
	dir=$1
	shift
	as_user make -s -C "$dir" with_llvm=no PG_CONFIG="$pgbin/pg_config" "$@" all &&
		as_user make -s -C "$dir" with_llvm=no PG_CONFIG="$pgbin/pg_config" "$@" \
			DESTDIR="$dir/inst" install >/dev/null
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

# start_cluster DIR NAME: a cluster on a socket of its own, no TCP at all.
start_cluster()
{
	PGDATA=$work/cluster_$2
	PGHOST=$work
	PGPORT=54329
	PGUSER=postgres
	PGDATABASE=postgres
	export PGDATA PGHOST PGPORT PGUSER PGDATABASE
	as_user "$pgbin/initdb" -N -A trust -U postgres -E UTF8 --locale=C.UTF-8 \
		-D "$PGDATA" >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; return 1; }
	{
		server_settings "$1"
		say "listen_addresses = ''"
		say "unix_socket_directories = '$work'"
		say "port = $PGPORT"
	} | as_user sh -c 'cat >> "$1/postgresql.conf"' sh "$PGDATA"
	clusters="$clusters $PGDATA"
	as_user "$pgbin/pg_ctl" -w -D "$PGDATA" -l "$work/server.log" start >/dev/null || {
		cat "$work/server.log" >&2
		return 1
	}
}

stop_cluster()
{
	as_user "$pgbin/pg_ctl" -D "$PGDATA" -m fast -w stop >/dev/null
}
