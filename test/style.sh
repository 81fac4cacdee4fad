#!/bin/sh
# style.sh DIR [fix]: pg_bsd_indent with our type list leaves the sources as
# they are (fix: makes them so), and rules of the house that a grep can check.
cd "$1" || exit 1
bad=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
# The option string of the server's pgindent.
for file in src/*/*.[ch] test/unit/*.[ch] test/emulator/*.[ch]; do
	[ -f "$file" ] || continue
	# tables of French text: this pg_bsd_indent mangles some UTF-8 bytes
	case $file in */data_*) continue ;; esac
	pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 \
		-i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4 -Utypedefs.list \
		<"$file" 2>"$scratch/errors" |
		# as pgindent does: a function's pointer result is not a declaration
		sed -E 's/^([A-Za-z_][A-Za-z0-9_]*)[ \t]+\*$/\1 */' >"$scratch/indented"
	[ ! -s "$scratch/errors" ] || bad=1
	cat "$scratch/errors"
	if [ "$2" = fix ]; then
		cmp -s "$file" "$scratch/indented" || cat "$scratch/indented" >"$file"
	else
		diff -u "$file" "$scratch/indented" || bad=1
	fi
done

# forbid WHY PATTERN FILES...
forbid()
{
	why=$1
	pattern=$2
	shift 2
	if grep -nE "$pattern" "$@" 2>/dev/null; then
		echo "^ $why"
		bad=1
	fi
}

forbid "blocks interrupts: use the multi interface" 'curl_easy_perform' src/*/*.[ch]
# shellcheck disable=SC2046
forbid "curl belongs to src/http" 'include <curl' $(ls src/*/*.[ch] | grep -v '^src/http/')
# shellcheck disable=SC2046
forbid "jansson belongs to src/json" 'jansson\.h' $(ls src/*/*.[ch] | grep -v '^src/json/')
exit $bad
