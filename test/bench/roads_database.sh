# roads_database.sh: sourced by the benches of roads with $top set; its argument
# names the database that holds a network, or is the number of streets a side
# of a generated town, which is made unless it is there.  Sets PGDATABASE.
case $1 in
	*[!0-9]*) PGDATABASE=$1; export PGDATABASE ;;
	*)
		PGDATABASE=jobmarket_bench_roads_$1
		export PGDATABASE
		if ! psql -Xq -c '' 2>/dev/null; then
			createdb "$PGDATABASE" || exit 1
			psql -Xq -v ON_ERROR_STOP=1 -v side="$1" \
				-c 'CREATE EXTENSION postgis; CREATE EXTENSION pgrouting; CREATE EXTENSION jobmarket' \
				-f "$top/test/demo_roads.sql" || exit 1
		fi ;;
esac
