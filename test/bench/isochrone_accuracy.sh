#!/bin/sh
# isochrone_accuracy.sh: how much of the reached length of a road network
# isochrones hold, and how much of the unreached, on the server that the PG*
# variables name (a superuser; PostGIS, pgRouting and jobmarket must be
# installed there, psql on the path).  At least 99 % and at most 2 % are wanted,
# for 5, 10, 20 and 30 minutes and all modes.
#
#   sh test/bench/isochrone_accuracy.sh andorra   the database that holds a network
#   sh test/bench/isochrone_accuracy.sh           a generated town of 280,000 directed edges
#   sh test/bench/isochrone_accuracy.sh 60        of 14,000
#
# Prints for each mode and limit the worst and the mean share over origins at
# random places of the roads, asked for one limit at a time and for all in one
# call; whether areas are valid, and nested where one call made them; each area
# that misses a limit; and how many do.  True times are those of pgRouting, at
# points that had no part in drawing (isochrone_accuracy.sql).
#
# Settings: ORIGINS=10 a mode, MODES=car,bike,foot, LIMITS=5,10,20,30 minutes,
# POINTS=100000 looked at for each area, DIRECTION=from or to, SEED=0.3
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/bench/roads_database.sh"
exec psql -Xq -v ON_ERROR_STOP=1 -v modes="{${MODES:-car,bike,foot}}" -v limits="{${LIMITS:-5,10,20,30}}" \
	-v origins="${ORIGINS:-10}" -v points="${POINTS:-100000}" -v direction="${DIRECTION:-from}" -v seed="${SEED:-0.3}" \
	-f "$top/test/bench/isochrone_accuracy.sql"
