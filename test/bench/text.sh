#!/bin/sh
# text.sh: what understanding offers costs, each against a peer measured in the
# same run.  Needs a server with the extension (PGHOST, PGUSER …) and real offers:
#
#   JOBMARKET_DATA=../shared/data sh test/bench/text.sh
#
# Works in a database of its own, jobmarket_bench_text, dropped at the end.
set -e
data=${JOBMARKET_DATA:?folder of the real offers}
db=jobmarket_bench_text
titles=${TITLES:-1000000}

psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $db" -c "CREATE DATABASE $db"
trap 'psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $db"' EXIT
psql -X -q -v ON_ERROR_STOP=1 -d $db >/dev/null <<SQL
CREATE EXTENSION jobmarket CASCADE;
CREATE TABLE staging (insee_code text, name text, departement_code text, region_code text, postal_codes text,
	population text, latitude text, longitude text);
\copy staging FROM '$data/reference/communes.csv' WITH (FORMAT csv, HEADER)
SELECT * FROM jobmarket.load_communes('staging');
CREATE TABLE raw (d jsonb);
\copy raw FROM PROGRAM 'zcat $data/offers/offers.jsonl.gz' WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
CREATE TABLE offer AS
-- no two alike: what was read lately is remembered
SELECT d->>'intitule' || ' ' || i AS title, d->>'description' AS description, d->'salaire'->>'libelle' AS salary,
	d->'lieuTravail'->>'libelle' AS place, d->'lieuTravail'->>'codePostal' AS postal, d->'lieuTravail'->>'commune' AS insee,
	(d->'lieuTravail'->>'latitude')::float8 AS lat, (d->'lieuTravail'->>'longitude')::float8 AS lon,
	d->>'experienceLibelle' AS experience, d->>'dureeTravailLibelle' AS hours, d->>'typeContratLibelle' AS contract
FROM raw, generate_series(1, 5) i;
CREATE TABLE title AS
SELECT title || ' ' || i AS title FROM offer, generate_series(1, $titles / (SELECT count(*) FROM offer) + 1) i LIMIT $titles;
CREATE TABLE word AS SELECT keyword AS word FROM jobmarket.keyword UNION SELECT variant FROM jobmarket.keyword_variant;
VACUUM ANALYZE;
SQL

# seconds SQL [SETTINGS]: the best of three runs, in seconds
seconds()
{
	for round in 1 2 3; do
		psql -X -q -A -t -d $db <<SQL
SET max_parallel_workers_per_gather = ${workers:-0};
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET jit = off;
-- rules are compiled once per session
SELECT jobmarket.classify_role('x'), jobmarket.extract_keywords('x'), jobmarket.metier_data('x'), jobmarket.resolve_place('x') \g /dev/null
\timing on
$1 \g /dev/null
SQL
	done | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -n 1 | awk '{ print $1 / 1000 }'
}

# ratio NAME OURS PEER
ratio()
{
	awk -v n="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%-58s %8.3f s  peer %8.3f s  1/%.1f\n", n, a, b, b / a }'
}

de="title ILIKE ANY (ARRAY['%ing%', '%eng%']) AND title ILIKE ANY (ARRAY['%data%', '%données%']) AND NOT title ILIKE ANY (ARRAY['%visuali%', '%viz%', '%scien%', '%center%', '%software%', '%architect%', '%base%', '%réseau%', '%model%', '%observabilité%', '%logiciel%', '%analys%', '%analytics%', '%chef%', '%business%', '%cyber%', '%sre%', '%marketing%', '%manager%', '%gouvernance%', '%responsable%', '%directeur%', '%formation%', '%certification%'])"
da="title ILIKE ANY (ARRAY['%data%', '%données%']) AND title ILIKE ANY (ARRAY['%analys%', '%viz%', '%vis%', '%power%bi%', '%business%intelligence%']) AND NOT title ILIKE ANY (ARRAY['%développeur%', '%programmeur%', '%informaticien%', '%center%', '%software%', '%base%', '%réseau%', '%observabilité%', '%logiciel%', '%analytics%', '%chef%', '%cyber%', '%sre%', '%marketing%', '%manager%', '%gouvernance%', '%audit%', '%soc%', '%advisory%', '%supervision%', '%responsable%', '%directeur%', '%formation%', '%certification%', '%trésorerie%', '%fonctionnel%'])"
ds="title ILIKE ANY (ARRAY['%data%scientist%', '%data%science%', '%scientifique donnée%']) AND NOT title ILIKE ANY (ARRAY['%développeur%', '%center%', '%software%', '%base%', '%réseau%', '%observabilité%', '%logiciel%', '%analytics%', '%chef%', '%business%', '%cyber%', '%sre%', '%marketing%', '%manager%', '%gouvernance%', '%audit%', '%soc%', '%advisory%', '%supervision%', '%responsable%', '%directeur%', '%formation%', '%certification%'])"

ratio "metier_data, $titles titles, against the ILIKE tests" \
	"$(seconds "SELECT count(jobmarket.metier_data(title)) FROM title")" \
	"$(seconds "SELECT count(CASE WHEN $ds THEN 'DS' WHEN $da THEN 'DA' WHEN $de THEN 'DE' END) FROM title")"

ratio "extract_keywords, 3,161 offers, against LIKE cross join" \
	"$(seconds "SELECT count(jobmarket.extract_keywords(description)) FROM (SELECT * FROM offer LIMIT 3161) o")" \
	"$(seconds "SELECT count(*) FROM (SELECT lower(description) AS d FROM offer LIMIT 3161) o JOIN word w ON o.d LIKE '%' || w.word || '%'")"

all="SELECT count(jobmarket.metier_data(title)), count(jobmarket.classify_role(title, description)),
	count(jobmarket.extract_keywords(concat_ws(' ', title, description))), count(jobmarket.parse_salary(salary)),
	count(jobmarket.resolve_place(place, postal, insee, lat, lon)), count(jobmarket.experience_months(experience)),
	count(jobmarket.weekly_hours(hours)), count(jobmarket.contract_months(contract)) FROM offer"
offers=$(psql -X -A -t -d $db -c 'SELECT count(*) FROM offer')
one=$(seconds "$all")
two=$(workers=1 && seconds "$all")
unset workers
awk -v n="$offers" -v a="$one" -v b="$two" 'BEGIN {
	printf "all understanding of %d real offers on one core: %.3f s, %.0f a second\n", n, a, n / a
	printf "  with one parallel worker: %.3f s, %.2f times as fast\n", b, a / b }'
for part in "classify_role(title, description)" "extract_keywords(concat_ws(' ', title, description))" "parse_salary(salary)" \
	"resolve_place(place, postal, insee, lat, lon)"; do
	printf '  %-56s %8.3f s\n' "$part" "$(seconds "SELECT count(jobmarket.$part) FROM offer")"
done

file=$(mktemp)
chmod 644 "$file"
zcat "$data/offers/offers.jsonl.gz" >"$file"
copy=$(psql -X -A -t -d $db -c 'CREATE TABLE copied (d jsonb)' -c '\timing on' \
	-c "\\copy copied FROM '$file' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | awk '{ print $1 / 1000 }')
rm -f "$file"
load=$(psql -X -A -t -d $db -c '\timing on' -c 'SELECT jobmarket.load_offers(jsonb_agg(d)) FROM raw' | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | awk '{ print $1 / 1000 }')
search=$(psql -X -A -t -d $db -c '\timing on' -c 'SELECT jobmarket.refresh_offer_search()' | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | awk '{ print $1 / 1000 }')
awk -v c="$copy" -v l="$load" -v s="$search" 'BEGIN {
	printf "COPY of the JSON %.3f s; load_offers with all understanding %.3f s: %.2f x\n", c, l, l / c
	printf "  refresh_offer_search afterwards %.3f s\n", s }'
