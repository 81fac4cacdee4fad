#!/bin/sh
# run.sh: builds the module and runs all the tests on throwaway clusters.
#
#   sh test/run.sh              everything
#   sh test/run.sh regress      only the steps named: style build unit emulator
#                               regress tap ubsan clang
#
# Settings: JOBMARKET_KEEP=1 keeps the temporary folder; REGRESS="a b" and
# TAP="test/t/x.pl" choose tests; CC chooses the compiler of the main build.
# Ends with one line: N passed, N failed.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
. "$top/test/lib.sh"

steps=${*:-style build unit emulator regress tap ubsan clang}
passed=0
failed=0
export LC_ALL=C.UTF-8

# verdict NAME STATUS [LOG]
verdict()
{
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		say "ok      $1"
	else
		failed=$((failed + 1))
		say "FAILED  $1"
		[ -z "${3:-}" ] || tail -n 60 "$3"
	fi
}

# Each step below prints its own verdicts; none stops the others.

step_style()
{
	as_user sh "$src/test/style.sh" "$src" >"$work/style.log" 2>&1
	verdict "style: pg_bsd_indent, SQL comments, house rules" $? "$work/style.log"
}

step_unit()
{
	as_user make -s -C "$src/test/unit" check >"$work/unit.log" 2>&1
	status=$?
	grep -E '^(ok|FAILED) ' "$work/unit.log"
	passed=$((passed + $(grep -c '^ok ' "$work/unit.log")))
	failed=$((failed + $(grep -c '^FAILED ' "$work/unit.log")))
	verdict "unit: all programs ran" $status "$work/unit.log"
}

step_emulator()
{
	as_user make -s -C "$src/test/emulator" >"$work/emulator.log" 2>&1
	verdict "emulator: builds" $? "$work/emulator.log"
	as_user sh "$src/test/emulator/selftest.sh" >"$work/emulator.log" 2>&1
	verdict "emulator: selftest" $? "$work/emulator.log"
}

# regress DIR NAME: pg_regress of the module built in DIR
regress()
{
	start_cluster "$1" "pg_$2" || { verdict "$2: cluster starts" 1; return; }
	as_user make -s -C "$1" with_llvm=no PG_CONFIG="$pgbin/pg_config" installcheck \
		${REGRESS:+REGRESS="$REGRESS"} >"$work/$2.log" 2>&1
	status=$?
	sed -n 's/^test \([^ ]*\) *\.\.\. \([a-zA-Z]*\).*/\1 \2/p' "$work/$2.log" >"$work/$2.list"
	while read -r name result; do
		[ "$result" = ok ]
		verdict "$2: $name" $?
	done <"$work/$2.list"
	if [ $status -ne 0 ]; then
		cat "$1/tmp_check/regress/regression.diffs" 2>/dev/null | head -n 200
		tail -n 5 "$work/$2.log"
		# a crash shows here, not in the diffs
		grep -E 'PANIC|terminated by signal|runtime error' "$work/server.log" | head
	fi
	! grep -qE 'terminated by signal|PANIC|runtime error' "$work/server.log"
	verdict "$2: server never crashed" $?
	stop_cluster
}

step_regress()
{
	regress "$src" regress
}

step_tap()
{
	server_settings "$src" >"$work/tap.conf"
	as_user env TEMP_CONFIG="$work/tap.conf" JOBMARKET_DATA="${JOBMARKET_DATA:-}" \
		make -s -C "$src" PG_CONFIG="$pgbin/pg_config" prove \
		PROVE_FLAGS='-j2 --timer' ${TAP:+TAP="$TAP"} >"$work/tap.log" 2>&1
	status=$?
	sed -n 's/^\[[^]]*\] \(test\/t\/[^ ]*\) \.* *\(ok\).*/\1 \2/p;
		s/^\[[^]]*\] \(test\/t\/[^ ]*\) \.* *\(skipped\|Dubious\|Failed\).*/\1 \2/p;
		s/^\(test\/t\/[^ ]*\) .*(Wstat.*/\1 failed/p' "$work/tap.log" | sort -u >"$work/tap.list"
	while read -r name result; do
		[ "$result" = ok ] || [ "$result" = skipped ]
		verdict "tap: $name${result#ok}" $?
	done <"$work/tap.list"
	verdict "tap: all ran" $status "$work/tap.log"
}

step_ubsan()
{
	copy_tree "$work/ubsan"
	build "$work/ubsan" EXTRA_CFLAGS='-fsanitize=undefined -fno-sanitize-recover=undefined -DUSE_ASSERT_CHECKING' \
		EXTRA_LDFLAGS='-fsanitize=undefined' >"$work/build.log" 2>&1
	verdict "ubsan: builds with assertions" $? "$work/build.log"
	regress "$work/ubsan" ubsan
}

step_clang()
{
	copy_tree "$work/clang"
	build "$work/clang" CC=clang-14 >"$work/build.log" 2>&1
	verdict "clang: builds without a warning" $? "$work/build.log"
}

make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD clang-14 libclang-rt-14-dev binutils openssl curl \
	pg-bsd-indent libipc-run-perl perl python3-sklearn postgresql-client-$PGVERSION
src=$work/src
copy_tree "$src"
# Real offers, where they lie beside the tree; tests skip what is absent.
if [ -d "$top/../shared/data" ]; then
	JOBMARKET_DATA=$(cd "$top/../shared/data" && pwd)
	export JOBMARKET_DATA
fi

build "$src" ${CC:+CC="$CC"} >"$work/build.log" 2>&1
verdict "build: no warning" $? "$work/build.log"
[ $failed -eq 0 ] || { say "$passed passed, $failed failed"; exit 1; }
! nm -D --undefined-only "$src/jobmarket.so" | grep -qw json_object
verdict "build: json_object of jansson is not used (the server exports one too)" $?

for step in $steps; do
	[ "$step" = build ] || step_"$step"
done

say "$passed passed, $failed failed"
[ $failed -eq 0 ]
