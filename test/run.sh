#!/bin/sh
# run.sh: builds the module and runs all the tests on throwaway clusters.
#
#   sh test/run.sh              everything
#   sh test/run.sh regress      only the steps named: style build unit emulator
#                               regress tap ubsan clang demo
#
# Settings: JOBMARKET_KEEP=1 keeps the temporary folder; REGRESS="a b" and
# TAP="test/t/x.pl" choose tests; CC chooses the compiler of the main build;
# JOBMARKET_DATA names a folder of real data (default ../shared/data).
# Ends with one line: N passed, N failed.

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
. "$top/test/lib.sh"

all_steps='style build unit emulator regress tap ubsan clang demo'
steps=${*:-$all_steps}
for step in $steps; do
	case " $all_steps " in
		*" $step "*) ;;
		*) die "There is no step \"$step\"; the steps are: $all_steps" ;;
	esac
done
begun=$(date +%s)
passed=0
failed=0

# verdict NAME STATUS [LOG]
verdict()
{
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		say "ok      $1"
	else
		failed=$((failed + 1))
		say "FAILED  $1"
		[ -z "${3:-}" ] || tail -n 100 "$3"
	fi
}

# finish: the line that says it all, and the exit status
finish()
{
	say "$(elapsed "$begun") seconds"
	say "$passed passed, $failed failed"
	[ $failed -eq 0 ]
	exit
}

# Each step below prints its own verdicts; none stops the others.

step_style()
{
	as_user sh "$src/test/style.sh" "$src" >"$work/style.log" 2>&1
	verdict "style: pg_bsd_indent, SQL comments, house rules" $? "$work/style.log"
}

step_build()
{
	! nm -D --undefined-only "$src/jobmarket.so" | grep -qw json_object
	verdict "build: json_object of jansson is not used (the server exports one too)" $?
}

step_unit()
{
	as_user make -s -C "$src/test/unit" check >"$work/unit.log" 2>&1
	status=$?
	grep -E '^(ok|FAILED) ' "$work/unit.log" >"$work/unit.list"
	while read -r result name; do
		[ "$result" = ok ]
		verdict "unit: $name" $?
	done <"$work/unit.list"
	[ $status -eq 0 ] && [ -s "$work/unit.list" ]
	verdict "unit: all programs built and ran" $? "$work/unit.log"
}

step_emulator()
{
	as_user sh "$src/test/emulator/selftest.sh" >"$work/emulator.log" 2>&1
	verdict "emulator: selftest" $? "$work/emulator.log"
}

# regress DIR NAME: pg_regress of the module built in DIR
regress()
{
	start_cluster "$1" "$2" || { verdict "$2: cluster starts" 1; return; }
	as_user make -s -C "$1" with_llvm=no PG_CONFIG="$pgbin/pg_config" installcheck \
		${REGRESS:+REGRESS="$REGRESS"} ${REGRESS:+ISOLATION=} >"$work/$2.log" 2>&1
	status=$?
	sed -n 's/^test \([^ ]*\) *\.\.\. \([a-zA-Z]*\).*/\1 \2/p' "$work/$2.log" >"$work/$2.list"
	while read -r name result; do
		[ "$result" = ok ]
		verdict "$2: $name" $?
	done <"$work/$2.list"
	# pg_regress, and pg_isolation_regress after it, count too: a test that they
	# never came to is missing above
	total=$(sed -n 's/^ *All \([0-9]*\) tests passed.*/\1/p
		s/^ *[0-9]* of \([0-9]*\) tests failed.*/\1/p' "$work/$2.log" |
		{ sum=0; while read -r n; do sum=$((sum + n)); done; echo $sum; })
	[ "${total:-0}" -gt 0 ] && [ "$total" -eq "$(wc -l <"$work/$2.list")" ] &&
		{ [ $status -eq 0 ] || grep -qv ' ok$' "$work/$2.list"; }
	verdict "$2: pg_regress ran all its tests" $? "$work/$2.log"
	[ $status -eq 0 ] || head -q -n 200 "$1"/tmp_check/*/regression.diffs 2>/dev/null
	# a crash shows here, not in the differences
	! grep -E 'PANIC|terminated by signal|runtime error|TRAP:' "$work/$2.server.log" >"$work/$2.crash"
	verdict "$2: server never crashed" $? "$work/$2.crash"
	stop_cluster
}

step_regress()
{
	regress "$src" regress
}

# One prove a file, so that each has an exit status of its own; two at a time.
step_tap()
{
	server_settings "$src" >"$work/tap.conf"
	mkdir -p "$work/tap"
	own_work
	# shellcheck disable=SC2086
	(cd "$src" && ls ${TAP:-test/t/*.pl}) >"$work/tap.list"
	[ -s "$work/tap.list" ]
	verdict "tap: there are tests" $?
	as_user env TEMP_CONFIG="$work/tap.conf" xargs -P 2 -n 1 sh -c '
		log=tap/${2##*/}
		begun=$(date +%s)
		make -s -C src with_llvm=no PG_CONFIG="$1" prove TAP="$2" >"$log.log" 2>&1
		echo "$? $(($(date +%s) - begun))" >"$log.status"' \
		sh "$pgbin/pg_config" <"$work/tap.list"
	while read -r file; do
		log=$work/tap/${file##*/}
		status=1
		seconds='?'
		[ ! -s "$log.status" ] || read -r status seconds <"$log.status"
		reason=$(sed -n 's/.*\.\. skipped: //p' "$log.log" 2>/dev/null)
		if [ "$status" -eq 0 ] && [ -n "$reason" ]; then
			say "skipped tap: $file ($reason)"
		else
			# what failed, before pages of a server's log; what a test
			# dies of is in a log of its own
			name=${file##*/}
			{
				grep -A 6 'Failed test' "$log.log" | head -n 60
				[ "$status" -eq 0 ] ||
					tail -n 15 "$src/tmp_check/log/regress_log_${name%.pl}"
				tail -n 25 "$log.log"
			} >"$log.failed" 2>/dev/null
			verdict "tap: $file ($seconds s)" "$status" "$log.failed"
		fi
	done <"$work/tap.list"
}

# build_variant NAME [make variables]: another build of the tree, in $work/NAME
build_variant()
{
	name=$1
	shift
	copy_tree "$work/$name" &&
		build "$work/$name" "$@" >"$work/$name.build.log" 2>&1
	status=$?
	verdict "$name: builds without a warning" $status "$work/$name.build.log"
	return $status
}

step_ubsan()
{
	build_variant ubsan EXTRA_LDFLAGS='-fsanitize=undefined' \
		EXTRA_CFLAGS='-fsanitize=undefined -fno-sanitize-recover=undefined -DUSE_ASSERT_CHECKING' &&
		regress "$work/ubsan" ubsan
}

step_clang()
{
	build_variant clang CC=clang-14
}

# The demo, as its reader would start it, with fewer offers.
step_demo()
{
	as_user env JOBMARKET_KEEP= JOBMARKET_DATA=/nowhere JOBMARKET_OFFERS=2000 \
		sh "$src/test/demo.sh" >"$work/demo.log" 2>&1
	status=$?
	[ $status -eq 0 ] && grep -q '^\[ *[0-9]* s\] Done$' "$work/demo.log"
	verdict "demo: runs to its end" $? "$work/demo.log"
	ls -d "$TMPDIR"/jobmarket.* >"$work/demo.left" 2>/dev/null
	[ ! -s "$work/demo.left" ]
	verdict "demo: leaves nothing behind" $? "$work/demo.left"
}

make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD clang-14 libclang-rt-14-dev binutils openssl curl \
	pg-bsd-indent libipc-run-perl perl python3-sklearn postgresql-client-$PGVERSION
src=$work/src
copy_tree "$src" || die "The tree cannot be copied."
find_data
say "Packages and a copy of the tree: $(elapsed "$begun") seconds"

build "$src" ${CC:+CC="$CC"} >"$work/build.log" 2>&1
verdict "build: no warning" $? "$work/build.log"
as_user make -s -j"$(nproc)" -C "$src/test/emulator" >"$work/emulator.log" 2>&1
verdict "build: emulator" $? "$work/emulator.log"
[ $failed -eq 0 ] || finish

for step in $steps; do
	started=$(date +%s)
	"step_$step"
	say "-- $step: $(elapsed "$started") seconds"
done
finish
