-- The score scale: golden numbers of La Bonne Boite, roundings included.
SELECT h, jobmarket.score_from_hirings(h)
FROM unnest('{-Infinity,-3,0,0.04,0.05,0.1,0.25,0.5,0.85,1,1.25,1.45,1.65,2,2.05,2.65,2.9,3,3.4,3.5,5,9,10,11,12,20,30,
	49,50,51,75,92,99,100,101,102,105,110,120,122,144,150,200,250,300,400,499,500,1000,1e300,Infinity}'::float8[]) h;
-- the whole inverse
SELECT array_agg(jobmarket.hirings_from_score(s) ORDER BY s) =
	'{0,0,0,1,1,1,1,1,2,2,2,2,2,3,3,3,3,3,4,4,4,4,4,5,5,5,5,5,6,6,6,6,6,7,7,7,7,7,8,8,8,8,8,9,9,9,9,9,10,10,
	10,14,18,22,26,30,34,38,42,46,50,52,55,58,60,62,65,68,70,72,75,78,80,82,85,88,90,92,95,98,100,100,101,102,102,
	104,105,108,111,115,121,130,141,156,176,205,243,296,368,465,599}'::int[] AS inverse
FROM generate_series(0, 100) s;
-- which is no true one: 42 scores do not come back
SELECT count(*) FROM generate_series(0, 100) s
WHERE jobmarket.score_from_hirings(jobmarket.hirings_from_score(s)) <> s;
SELECT s, jobmarket.stars_from_score(s)
FROM unnest('{-5,0,25,28,30,40,44,50,60,65,71,76,80,90,99,100,200}'::float8[]) s;
SELECT s, round(jobmarket.score_from_stars(jobmarket.stars_from_score(s)))
FROM unnest('{100,90,80,70,60,50,40}'::float8[]) s;
SELECT x, jobmarket.stars_from_score(jobmarket.score_from_stars(x))
FROM unnest('{5,4,3,2.5,2,1}'::float8[]) x;
SELECT jobmarket.stars_from_score(jobmarket.score_from_hirings(jobmarket.hirings_from_score(68)));

-- NULL, NaN and what is no score
SELECT jobmarket.score_from_hirings(NULL), jobmarket.hirings_from_score(NULL),
	jobmarket.stars_from_score(NULL), jobmarket.score_from_stars(NULL);
SELECT jobmarket.score_from_hirings('NaN');
SELECT jobmarket.stars_from_score('NaN');
SELECT jobmarket.score_from_stars('NaN');
SELECT jobmarket.hirings_from_score(101);
SELECT jobmarket.hirings_from_score(-1);

-- the constants are rows; a change is seen by the next statement, also within
-- one function, and a rollback brings the old ones back
BEGIN;
UPDATE jobmarket.score_setting SET value = 20 WHERE name = 'hirings_50';
SELECT jobmarket.score_from_hirings(10), jobmarket.hirings_from_score(50);
SELECT name, value FROM jobmarket.score_setting WHERE NOT shipped;
DO $$
BEGIN
	FOR i IN 1..3 LOOP
		UPDATE jobmarket.score_setting SET value = 10 * i WHERE name = 'hirings_50';
		RAISE NOTICE '%', jobmarket.score_from_hirings(10);
	END LOOP;
END $$;
UPDATE jobmarket.score_setting SET value = 50 WHERE name = 'hirings_50';
SELECT jobmarket.score_from_hirings(10);
ROLLBACK;
UPDATE jobmarket.score_setting SET value = 'NaN' WHERE name = 'mse_max';
SELECT jobmarket.score_from_hirings(10);
SELECT jobmarket.score_from_hirings(10, 10, 50, 100, 500), jobmarket.score_from_hirings(10, 20, 50, 100, 500),
	jobmarket.hirings_from_score(100, 10, 50, 100, 500);
SELECT jobmarket.score_from_hirings(10, 20, 10, 100, 500);

-- anybody may ask
CREATE ROLE regress_jobmarket_nobody;
SET ROLE regress_jobmarket_nobody;
SELECT jobmarket.score_from_hirings(120), jobmarket.minimum_score('K1401'), jobmarket.rome_score('K1401', '62.01Z', 120);
UPDATE jobmarket.score_setting SET value = 1;
RESET ROLE;
DROP ROLE regress_jobmarket_nobody;
