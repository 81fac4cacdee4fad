-- What later harvests do: nothing twice, and what changed meanwhile.
\set ECHO queries
\pset footer off
\pset null '-'

\echo
\echo '==== The same again: every offer is found unchanged ==================='
\echo
\timing on
CALL jobmarket.harvest('{francetravail}');
\timing off

\echo
\echo '==== A day later: 1 % of the offers changed, 1 % is gone =============='
\echo
\! perl -MHTTP::Tiny -e 'for (@ARGV) { my $r = HTTP::Tiny->new->post("$ENV{EMULATOR}/_emulator/$_"); die "$_: $r->{status}\n" unless $r->{success} }' 'change?share=0.01' 'remove?share=0.01'
\timing on
CALL jobmarket.harvest('{francetravail}');
\timing off
\echo
SELECT run_id, offers_available AS available, inserted, updated, unchanged, withdrawn, requests,
	finished_at - started_at AS duration
FROM jobmarket.harvest_run ORDER BY run_id;
\echo 'What changed, and what it was before:'
\echo
SELECT offer_id, kind, left(before::text, 90) AS before
FROM jobmarket.offer_change WHERE kind = 'updated' AND before ? 'intitule' ORDER BY offer_id LIMIT 3;
SELECT kind, count(*) FROM jobmarket.offer_change GROUP BY kind ORDER BY kind;
