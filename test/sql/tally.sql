-- Tallies follow the hirings, whatever is done to them.
\set VERBOSITY terse
BEGIN;
-- how many offices have another tally than their hirings make
CREATE FUNCTION pg_temp.wrong() RETURNS bigint BEGIN ATOMIC
	SELECT count(*)
	FROM (SELECT siret, jobmarket.hiring_tally(hired_on, contract_type, age_bracket, disabled, false) AS tally
		  FROM jobmarket.hiring GROUP BY siret) h
	FULL JOIN (SELECT siret, jobmarket.tally_sum(tally, false) AS tally FROM jobmarket.hiring_tally GROUP BY siret) t
		USING (siret)
	WHERE (SELECT array_agg(e ORDER BY e) FROM unnest(h.tally) e)
		IS DISTINCT FROM (SELECT array_agg(e ORDER BY e) FROM unnest(t.tally) e);
END;
SELECT setseed(0.3);
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, age_bracket, disabled)
SELECT lpad((random() * 20)::integer::text, 14, '0'), '2000-01-01'::date + (random() * 20)::integer - 10,
	('{1,2,3,11,12}'::integer[])[1 + (random() * 4)::integer], ('{00-25,26-50,51-99,NULL}'::text[])[1 + (random() * 3)::integer], random() < 0.1
FROM generate_series(1, 2000);
SELECT count(*), count(DISTINCT siret), sum(cardinality(tally)), pg_temp.wrong() FROM jobmarket.hiring_tally;
UPDATE jobmarket.hiring SET hired_on = hired_on + 1 WHERE random() < 0.3;
UPDATE jobmarket.hiring SET siret = lpad((siret::integer + 1)::text, 14, '0') WHERE random() < 0.3;
DELETE FROM jobmarket.hiring WHERE random() < 0.3;
SELECT pg_temp.wrong();
-- what counting does not look at adds nothing
SELECT count(*) AS rows FROM jobmarket.hiring_tally \gset
UPDATE jobmarket.hiring SET contract_days = 100, rome_code = 'D1106', contract_type = CASE contract_type WHEN 1 THEN 2 ELSE contract_type END;
DELETE FROM jobmarket.hiring WHERE false;
SELECT count(*) - :rows AS more FROM jobmarket.hiring_tally;
-- one row of many, and the same tallies
SELECT jobmarket.merge_hiring_tallies() > 0 AS merged;
SELECT count(*) - count(DISTINCT siret) AS scattered, pg_temp.wrong() FROM jobmarket.hiring_tally;
SELECT jobmarket.merge_hiring_tallies();
-- an office whose hirings are all gone has no row any more
DELETE FROM jobmarket.hiring WHERE siret = '00000000000003';
SELECT jobmarket.merge_hiring_tallies();
SELECT count(*) FROM jobmarket.hiring_tally WHERE siret = '00000000000003';
SELECT pg_temp.wrong(), jobmarket.refresh_hiring_tallies();
-- wrong ones are found and put right: too few, too many, none
UPDATE jobmarket.hiring_tally SET tally = tally[2:] WHERE siret = '00000000000005';
UPDATE jobmarket.hiring_tally SET tally = tally || tally WHERE siret = '00000000000006';
DELETE FROM jobmarket.hiring_tally WHERE siret = '00000000000007';
INSERT INTO jobmarket.hiring_tally (siret, tally) VALUES ('00000000000099', '{320}');
SELECT pg_temp.wrong();
SELECT jobmarket.refresh_hiring_tallies();
SELECT pg_temp.wrong(), jobmarket.refresh_hiring_tallies();
SELECT jobmarket.merge_hiring_tallies();
SELECT pg_temp.wrong();
SAVEPOINT s;
TRUNCATE jobmarket.hiring;
SELECT count(*) FROM jobmarket.hiring_tally;
ROLLBACK TO s;
SELECT pg_temp.wrong();
-- who may only add hirings need not know of tallies
CREATE ROLE regress_tally_importer;
GRANT INSERT ON jobmarket.hiring TO regress_tally_importer;
SET ROLE regress_tally_importer;
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type) VALUES ('00000000000005', '2001-02-03', 1);
SELECT count(*) FROM jobmarket.hiring_tally;
ROLLBACK TO s;
-- days that no calendar has, and offices that are none
INSERT INTO jobmarket.hiring (siret, hired_on, contract_type) VALUES ('nobody', '-infinity', 1), ('', '5874897-12-31', 2), ('nobody', '4713-01-01 BC', 11);
SELECT siret, tally FROM jobmarket.hiring_tally WHERE siret IN ('nobody', '') ORDER BY 1;
SELECT pg_temp.wrong();
SELECT jobmarket.tally_sum(t, r) FROM (VALUES ('{32,64,32}'::integer[], false), ('{32}', true), (NULL, true), ('{}', false)) v (t, r);
SELECT jobmarket.tally_sum(t, true) FROM (VALUES ('{32,64}'::integer[])) v (t);
SELECT jobmarket.tally_sum('{{1}}', false);
ROLLBACK TO s;
SELECT jobmarket.tally_sum('{1,NULL}', false);
ROLLBACK;
