#!/bin/sh
# load.sh [COPIES]: loading offers into all tables, against COPY of the same
# JSON into one jsonb column, in the same run.  Real offers, each COPIES times
# (10) under other identifiers, from ../shared/data beside the tree.
# Reach: 2 times COPY, 4 with the texts understood and full-text search (with the
# trigram index on titles).  Then the load again, when nothing has changed.
#
# Ends with a line for each: seconds, of them CPU time of the session, offers a
# second, times COPY (by CPU time too: for a machine with other work), WAL.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$top/test/lib.sh"
copies=${1:-10}
make_work
# shellcheck disable=SC2086
install_packages $PACKAGES_BUILD python3
copy_tree "$work/src"
build "$work/src" >/dev/null || die "the build failed"
start_cluster "$work/src" bench || die "no cluster"

data=$top/../shared/data/offers/offers.jsonl.gz
if [ -f "$data" ]; then
	gzip -dc "$data" >"$work/offers.jsonl"
else
	die "needs ../shared/data/offers/offers.jsonl.gz"
fi
cp "$top/../shared/data/reference/communes.csv" "$work/communes.csv"
# COPY's text format, one document a line; and arrays of 3,150 for load_offers
python3 - "$work" "$copies" <<'T'
import json, sys
work, copies = sys.argv[1], int(sys.argv[2])
docs = []
n = 0
offers = [json.loads(line) for line in open(work + '/offers.jsonl')]
for c in range(copies):
    for o in offers:
        # no two alike: what was read lately is remembered
        docs.append(json.dumps({**o, 'id': 'B%07d' % n, 'intitule': '%s %d' % (o['intitule'], c)}, ensure_ascii=False))
        n += 1
def escape(s):
    return s.replace('\\', '\\\\')
with open(work + '/copy.txt', 'w') as f:
    for d in docs:
        f.write(escape(d) + '\n')
with open(work + '/pages.txt', 'w') as f:
    for i in range(0, n, 1500):
        f.write(escape('[' + ','.join(docs[i:i + 1500]) + ']') + '\n')
T
chmod 644 "$work"/*.txt "$work/communes.csv"
cat >"$work/bench.sql" <<'T'
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION jobmarket CASCADE;
CREATE EXTENSION pg_trgm;
CREATE TABLE staging (insee_code text, name text, departement_code text, region_code text,
	postal_codes text, population text, latitude text, longitude text);
COPY staging FROM :'communes' WITH (FORMAT csv, HEADER);
SELECT * FROM jobmarket.load_communes('staging') \g /dev/null
CREATE TABLE raw (document jsonb);
-- not compressed: a harvest has the text in memory
CREATE TABLE pages (body text);
ALTER TABLE pages ALTER body SET STORAGE EXTERNAL;
COPY pages FROM :'pages';
CREATE TABLE figure (name text, seconds float8, cpu float8, wal bigint);
-- CPU seconds of this session so far
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE sql VOLATILE AS $$
	SELECT (s[12]::float8 + s[13]::float8) / 100
	FROM string_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ') s
$$;
CREATE PROCEDURE load_all() LANGUAGE plpgsql AS $$
DECLARE
	body text;
BEGIN
	-- a transaction a part, as a harvest does
	FOR body IN SELECT p.body FROM pages p LOOP
		PERFORM jobmarket.load_offers(body::jsonb);
		COMMIT;
	END LOOP;
END
$$;
\set start 'SELECT clock_timestamp() AS t, cpu() AS c, pg_current_wal_lsn() AS w \\gset'
\set stop 'INSERT INTO figure SELECT :''name'', extract(epoch FROM clock_timestamp() - :''t''), cpu() - :c, pg_current_wal_lsn() - :''w'';'
CHECKPOINT;
\set name copy
:start
COPY raw FROM :'copy';
:stop
CHECKPOINT;
\set name 'load, texts left for later'
SET jobmarket.understand_offers = off;
:start
CALL load_all();
:stop
RESET jobmarket.understand_offers;
SELECT count(*) AS n FROM jobmarket.offer \gset
TRUNCATE jobmarket.offer CASCADE;
CHECKPOINT;
\set name 'load, texts understood'
:start
CALL load_all();
:stop
\set name 'full-text search of it'
:start
SELECT jobmarket.refresh_offer_search() \g /dev/null
:stop
INSERT INTO figure SELECT 'both: everything on', sum(seconds), sum(cpu), sum(wal) FROM figure
WHERE name IN ('load, texts understood', 'full-text search of it');
CHECKPOINT;
\set name again
:start
CALL load_all();
SELECT jobmarket.refresh_offer_search() \g /dev/null
:stop
SELECT format('%s: %s s, of CPU time %s s, %s offers/s, %s times copy (CPU %s), %s MB of WAL', f.name, round(f.seconds::numeric, 2),
	round(f.cpu::numeric, 2), round(:n / f.seconds), round((f.seconds / c.seconds)::numeric, 2),
	round((f.cpu / c.cpu)::numeric, 2), f.wal / 1000000)
FROM figure f, figure c WHERE c.name = 'copy';
T
chmod 644 "$work/bench.sql"
as_user "$pgbin/psql" -X -v ON_ERROR_STOP=1 -v pages="$work/pages.txt" -v copy="$work/copy.txt" -v communes="$work/communes.csv" -f "$work/bench.sql"
