#!/bin/sh
# typedefs.sh PROGRAM...: names of the typedefs in the debug information of the
# programs given, the type list that pg_bsd_indent wants.
for program in "$@"; do
	objdump --dwarf=info "$program"
done | awk '
	/Abbrev Number:.*\(DW_TAG_/ { typedef = /DW_TAG_typedef/ }
	typedef && /DW_AT_name/ { print $NF; typedef = 0 }' | grep -E '^[A-Za-z_]' | sort -u
