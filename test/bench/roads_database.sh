# roads_database.sh: sourced by the benches of roads, with $top set and their
# arguments.  The first names the database that holds a network, or is the number
# of streets a side of a generated town, which is made unless it is there (285:
# 280,000 directed edges).  Sets PGDATABASE.
network=${1:-285}
case $network in
	*[!0-9]*) PGDATABASE=$network; export PGDATABASE ;;
	*)
		PGDATABASE=jobmarket_bench_roads_$network
		export PGDATABASE
		if ! psql -Xq -c '' 2>/dev/null; then
			createdb "$PGDATABASE" || exit 1
			psql -Xq -v ON_ERROR_STOP=1 -v side="$network" \
				-c 'CREATE EXTENSION postgis; CREATE EXTENSION pgrouting; CREATE EXTENSION jobmarket' \
				-f "$top/test/demo_roads.sql" || exit 1
		fi ;;
esac
