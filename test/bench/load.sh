#!/bin/sh
# load.sh [COPIES]: loading offers into all tables, against COPY of the same
# JSON into one jsonb column, in the same run.  Real offers, each COPIES times
# (10) under other identifiers, from ../shared/data beside the tree.
# Reach: 2 times COPY, 4 with the texts understood.
#
# Ends with lines: copy SECONDS, load SECONDS, ratio, offers a second.

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
# COPY's text format, one document a line; and arrays of 3,150 for load_offers
python3 - "$work" "$copies" <<'T'
import json, sys
work, copies = sys.argv[1], int(sys.argv[2])
docs = []
n = 0
for line in open(work + '/offers.jsonl'):
    o = json.loads(line)
    for c in range(copies):
        o['id'] = 'B%07d' % n
        n += 1
        docs.append(json.dumps(o, ensure_ascii=False))
def escape(s):
    return s.replace('\\', '\\\\')
with open(work + '/copy.txt', 'w') as f:
    for d in docs:
        f.write(escape(d) + '\n')
with open(work + '/pages.txt', 'w') as f:
    for i in range(0, n, 1500):
        f.write(escape('[' + ','.join(docs[i:i + 1500]) + ']') + '\n')
T
chmod 644 "$work"/*.txt
cat >"$work/bench.sql" <<'T'
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION jobmarket CASCADE;
CREATE TABLE raw (document jsonb);
-- not compressed: a harvest has the text in memory
CREATE TABLE pages (body text);
ALTER TABLE pages ALTER body SET STORAGE EXTERNAL;
COPY pages FROM :'pages';
CREATE TABLE figure (name text, seconds float8, wal bigint);
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
CHECKPOINT;
SELECT clock_timestamp() AS t, pg_current_wal_lsn() AS w \gset
COPY raw FROM :'copy';
INSERT INTO figure SELECT 'copy', extract(epoch FROM clock_timestamp() - :'t'), pg_current_wal_lsn() - :'w';
CHECKPOINT;
SET jobmarket.understand_offers = off;
SELECT clock_timestamp() AS t, pg_current_wal_lsn() AS w \gset
CALL load_all();
INSERT INTO figure SELECT 'load, texts left for later', extract(epoch FROM clock_timestamp() - :'t'), pg_current_wal_lsn() - :'w';
RESET jobmarket.understand_offers;
SELECT count(*) AS n FROM jobmarket.offer \gset
TRUNCATE jobmarket.offer CASCADE;
CHECKPOINT;
SELECT clock_timestamp() AS t, pg_current_wal_lsn() AS w \gset
CALL load_all();
INSERT INTO figure SELECT 'load, texts understood', extract(epoch FROM clock_timestamp() - :'t'), pg_current_wal_lsn() - :'w';
CHECKPOINT;
SELECT clock_timestamp() AS t, pg_current_wal_lsn() AS w \gset
CALL load_all();
INSERT INTO figure SELECT 'again', extract(epoch FROM clock_timestamp() - :'t'), pg_current_wal_lsn() - :'w';
SELECT format('%s: %s s, %s offers/s, %s times copy, %s MB of WAL', f.name, round(f.seconds::numeric, 2),
	round((SELECT count(*) FROM jobmarket.offer) / f.seconds),
	round((f.seconds / c.seconds)::numeric, 2), f.wal / 1000000)
FROM figure f, figure c WHERE c.name = 'copy';
T
chmod 644 "$work/bench.sql"
as_user "$pgbin/psql" -X -v ON_ERROR_STOP=1 -v pages="$work/pages.txt" -v copy="$work/copy.txt" -f "$work/bench.sql"
