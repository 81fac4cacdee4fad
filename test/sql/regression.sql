-- Regression aggregates.
\set VERBOSITY terse
CREATE TEMP TABLE point AS
SELECT i, 3 + 2 * x1 - 0.5 * x2 AS y, x1, x2
FROM (SELECT i, sin(i) AS x1, cos(i * 1.7) * 10 AS x2 FROM generate_series(1, 200) i) t;

-- an exact law comes back
SELECT round((m).intercept::numeric, 10) AS intercept,
	(SELECT array_agg(round(c::numeric, 10)) FROM unnest((m).coefficients) c) AS coefficients,
	(m).n, (m).rank, (m).mse < 1e-25 AS exact, (m).r2 > 1 - 1e-12 AS all_explained
FROM (SELECT jobmarket.linear_regression(y, ARRAY[x1, x2]) AS m FROM point) t;

-- the golden vector with all 60 rows (no inner join): the server's own regr_*
-- agree where there is one x
CREATE TEMP TABLE golden AS
SELECT s, count(*) FILTER (WHERE m BETWEEN 19 AND 24) AS y, count(*) FILTER (WHERE m BETWEEN 25 AND 30) AS x
FROM generate_series(1, 60) s CROSS JOIN generate_series(1, 66) m
LEFT JOIN LATERAL generate_series(1, ((31 * s * s + 17 * m * m + 13 * s * m) % 97)
	% (1 + s % 5 + CASE WHEN s % 9 = 0 THEN 2 ELSE 0 END)) h ON true
WHERE h IS NOT NULL GROUP BY s;
SELECT abs((m).intercept - intercept) < 1e-12 AS intercept, abs((m).coefficients[1] - slope) < 1e-12 AS slope,
	abs((m).r2 - r2) < 1e-12 AS r2, (m).n = n AS n
FROM (SELECT jobmarket.linear_regression(y, ARRAY[x::float8]) AS m, regr_intercept(y, x) AS intercept,
		regr_slope(y, x) AS slope, regr_r2(y, x) AS r2, regr_count(y, x) AS n FROM golden) t;

-- rank-deficient: the smallest coefficients that fit; a constant column gets 0
SELECT (m).rank, (SELECT array_agg(round(c::numeric, 9)) FROM unnest((m).coefficients) c) AS coefficients
FROM (SELECT jobmarket.linear_regression(y, ARRAY[x1, x1, x2, 7, 0.1]) AS m FROM point) t;
-- fewer rows than columns: passes through them
SELECT (m).n, (m).rank, (m).mse < 1e-20 AS exact
FROM (SELECT jobmarket.linear_regression(y, ARRAY[x1, x2, x1 * x2, x1 * x1]) AS m FROM point WHERE i <= 3) t;
SELECT jobmarket.linear_regression(5, ARRAY[1, 2]::float8[]);
-- no x at all: the mean
SELECT jobmarket.linear_regression(y, '{}') FROM unnest('{1,2,6}'::float8[]) y;
-- large offsets keep their digits
SELECT (SELECT array_agg(round(c::numeric, 6)) FROM unnest((m).coefficients) c) AS coefficients
FROM (SELECT jobmarket.linear_regression(y + 1e6, ARRAY[x1 + 1e6, x2 - 1e6]) AS m FROM point) t;

-- NULL: the row is left out; no row: NULL
SELECT (jobmarket.linear_regression(y, CASE WHEN i % 10 = 0 THEN NULL WHEN i % 10 = 1 THEN ARRAY[x1, NULL] ELSE ARRAY[x1, x2] END)).n
FROM point;
SELECT jobmarket.linear_regression(NULL, ARRAY[1, 2]::float8[]);
SELECT jobmarket.linear_regression(y, ARRAY[x1]) FROM point WHERE false;
-- NaN, infinity, wrong lengths, beyond the range: errors
SELECT jobmarket.linear_regression('NaN', ARRAY[1]::float8[]);
SELECT jobmarket.linear_regression(1, ARRAY['Infinity']::float8[]);
SELECT jobmarket.linear_regression(y, CASE WHEN i = 5 THEN ARRAY[x1] ELSE ARRAY[x1, x2] END) FROM point;
SELECT jobmarket.linear_regression(y, ARRAY[[x1, x2]]) FROM point;
SELECT jobmarket.linear_regression(y, array_fill(x1, ARRAY[201])) FROM point;
SELECT jobmarket.linear_regression(y * 1e200, ARRAY[x1]) FROM point;
SELECT jobmarket.linear_regression(y, ARRAY[x1 * 1e305]) FROM point;
SELECT jobmarket.linear_regression(y, ARRAY[x1, 1e300]) FROM point;
-- any unit within: squares of these numbers are not, at either end
SELECT u, v, (m).rank, round(((m).coefficients[1] * u / v)::numeric, 9) AS c, round(((m).intercept / v)::numeric, 9) AS intercept,
	round((m).r2::numeric, 9) AS r2
FROM (VALUES (1e-200::float8, 1e-200::float8), (1e-200, 1), (1e200, 1), (1, 1e-200), (1e-290, 1e-10)) k (u, v)
CROSS JOIN LATERAL (SELECT jobmarket.linear_regression(y * v, ARRAY[x1 * u, x2 * u]) AS m FROM point) t;

-- groups, FILTER, windows, DISTINCT and ORDER BY
SELECT i % 3 AS g, (m).n, round((m).coefficients[1]::numeric, 8) AS c
FROM (SELECT i % 3 AS i, jobmarket.linear_regression(y, ARRAY[x1, x2]) FILTER (WHERE i > 20) AS m FROM point GROUP BY i % 3) t
ORDER BY 1;
SELECT count(*) FILTER (WHERE abs(slope - (m).coefficients[1]) < 1e-9) AS equal, count(*)
FROM (SELECT regr_slope(y, x1) OVER w AS slope, jobmarket.linear_regression(y, ARRAY[x1]) OVER w AS m
	  FROM point WINDOW w AS (ORDER BY i ROWS BETWEEN 20 PRECEDING AND CURRENT ROW)) t
WHERE (m).n > 2;
SELECT count(DISTINCT m) FROM (SELECT jobmarket.linear_regression(y, ARRAY[x1]) OVER () AS m FROM point) t;

-- serial and parallel plans agree
CREATE TABLE many AS SELECT i % 7 AS g, sin(i) * 5 + cos(i * i) AS y, ARRAY[sin(i), cos(i), i % 11] AS x
FROM generate_series(1, 20000) i;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, jobmarket.linear_regression(y, x) AS m, jobmarket.ridge_regression(y, x, 5) AS r FROM many GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
EXPLAIN (COSTS OFF) SELECT g, jobmarket.linear_regression(y, x) AS m FROM many GROUP BY g;
SELECT bool_and(abs((p.m).coefficients[1] - (s.m).coefficients[1]) < 1e-12 AND (p.m).n = (s.m).n
	AND abs((p.r).coefficients[3] - (s.r).coefficients[3]) < 1e-12) AS equal
FROM (SELECT g, jobmarket.linear_regression(y, x) AS m, jobmarket.ridge_regression(y, x, 5) AS r FROM many GROUP BY g) p
JOIN serial s USING (g);
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
DROP TABLE many;

-- ridge: towards least squares as the penalty goes, towards the mean as it grows
SELECT penalty, round((m).coefficients[1]::numeric, 6) AS c
FROM (VALUES (0), (1), (100), (1e12)) p (penalty)
CROSS JOIN LATERAL (SELECT jobmarket.ridge_regression(y, ARRAY[x1, x2], penalty) AS m FROM point) t;
SELECT jobmarket.ridge_regression(y, ARRAY[x1], -1) FROM point;
SELECT jobmarket.ridge_regression(y, ARRAY[x1], i) FROM point;

-- Poisson: the score equations of maximum likelihood hold at the solution
CREATE TEMP TABLE counted AS SELECT i, floor(exp(1 + 0.8 * x1) + i % 3)::float8 AS y, x1, x2 FROM point;
SELECT abs(sum(y - exp(jobmarket.predict(m, ARRAY[x1, x2])))) < 1e-8 AS intercept,
	abs(sum((y - exp(jobmarket.predict(m, ARRAY[x1, x2]))) * x1)) < 1e-8 AS x1,
	abs(sum((y - exp(jobmarket.predict(m, ARRAY[x1, x2]))) * x2)) < 1e-7 AS x2, max((m).n) AS n
FROM counted CROSS JOIN (SELECT jobmarket.poisson_regression(y, ARRAY[x1, x2]) AS m FROM counted) t;
SELECT jobmarket.poisson_regression(0, ARRAY[x1]) FROM point;
SELECT jobmarket.poisson_regression(-1, ARRAY[x1]) FROM point;
-- a column that splits 0 from the rest has no finite best coefficient
SELECT round((jobmarket.poisson_regression((i % 2)::float8, ARRAY[(i % 2)::float8])).r2::numeric, 6) FROM point;

-- predict
SELECT jobmarket.predict(ROW(1, '{2,3}', 10, 2, 0, 1)::jobmarket.regression, '{10,100}');
SELECT jobmarket.predict(ROW(1, '{2,3}', 10, 2, 0, 1)::jobmarket.regression, '{10,NULL}');
SELECT jobmarket.predict(NULL, '{10}'), jobmarket.predict(ROW(NULL, NULL, NULL, NULL, NULL, NULL)::jobmarket.regression, '{1}');
SELECT jobmarket.predict(ROW(1, '{2,3}', 10, 2, 0, 1)::jobmarket.regression, '{10}');

-- cumulative gains: the golden table of indicators
CREATE TEMP TABLE indicator (cycle int, naf text, dpt text, predicted float8, effective float8, good boolean);
INSERT INTO indicator VALUES
	(2,'8130Z','44',1,3,true), (2,'8130Z','44',1,3,true), (3,'1089Z','44',1,3,true), (1,'1091Z','44',0,300,true),
	(2,'4920Z','75',300,300,true), (3,'8130Z','49',23,67,true), (2,'1089Z','13',300,300,true), (2,'1091Z','13',20,30,false),
	(2,'4920Z','44',23,67,true), (2,'8130Z','44',23,67,false), (2,'1089Z','75',0,300,true), (3,'1091Z','44',0,0,true),
	(1,'4920Z','44',300,300,true), (2,'8130Z','44',67,123,true), (3,'4920Z','44',23,67,true), (2,'8130Z','44',1,3,true);
SELECT cycle, count(*), sum(effective),
	(SELECT array_agg(round(g::numeric, 6)) FROM unnest(jobmarket.cumulative_gains(predicted, effective)) g) AS gains
FROM indicator GROUP BY cycle ORDER BY cycle;
SELECT jobmarket.cumulative_gains(predicted, 0) FROM indicator;
-- ties take their mean, whatever the order
SELECT jobmarket.cumulative_gains(1, e ORDER BY e) = jobmarket.cumulative_gains(1, e ORDER BY e DESC) AS same,
	jobmarket.cumulative_gains(1, e) FROM generate_series(1, 10) e;
SELECT cycle, round(sqrt(q[1])::numeric, 6) AS rmse, round(q[2]::numeric, 3) AS mae, q[3:] = gains AS gains
FROM (SELECT cycle, jobmarket.forecast_quality(predicted, effective) AS q, jobmarket.cumulative_gains(predicted, effective) AS gains
	  FROM indicator GROUP BY cycle) t ORDER BY cycle;
SELECT jobmarket.cumulative_gains('NaN', 1);
SELECT jobmarket.cumulative_gains(NULL, 1);
-- no thread was started by linear algebra
SELECT pg_read_file('/proc/self/status') ~ 'Threads:\s+1\n' AS one_thread;
