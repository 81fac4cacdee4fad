-- hiring_generator.sql: defines pg_temp.generate_hirings, which fills office and
-- hiring with synthetic companies of a known law, at any size.  For tests, the
-- demo and benchmarks; nothing in it is real.
--
-- An office has a rate of hiring with a heavy tail (log-normal), a headcount
-- that goes with it, a season (a share of them hires in summer), growth or
-- decline, and one in twenty closes on the way.  The dates of its hirings are
-- independent draws from that density, so counts vary as Poisson counts do.

CREATE OR REPLACE PROCEDURE pg_temp.generate_hirings(
	n_offices integer,
	n_hirings bigint,					-- about so many
	departements text[],
	until date,							-- last day of data
	months integer DEFAULT 72,			-- of history
	alternance_share float8 DEFAULT 0.05,
	rome_share float8 DEFAULT 0,		-- of hirings that tell their occupation
	silent_share float8 DEFAULT 0.05,	-- of offices without any hiring
	seed float8 DEFAULT 0.57)
LANGUAGE plpgsql AS $$
DECLARE
	starts_on date := (date_trunc('month', until + 1) - make_interval(months => months))::date;
	days integer := until + 1 - starts_on;
	total float8;
BEGIN
	PERFORM setseed(seed);
	-- a small mapping where none is loaded; the numbers are invented
	IF NOT EXISTS (SELECT FROM jobmarket.rome_naf) THEN
		INSERT INTO jobmarket.rome_naf (rome_code, naf_code, hirings) VALUES
			('D1106', '47.11D', 700), ('D1507', '47.11D', 900), ('D1214', '47.11D', 300),
			('D1106', '10.71C', 800), ('D1102', '10.71C', 900),
			('G1602', '56.10A', 900), ('G1803', '56.10A', 800), ('G1605', '56.10A', 700),
			('K1304', '88.10A', 1000), ('K1302', '88.10A', 600),
			('J1501', '86.10Z', 900), ('J1506', '86.10Z', 800), ('M1607', '86.10Z', 150),
			('M1805', '62.01Z', 800), ('M1810', '62.01Z', 150), ('M1806', '62.02A', 500), ('M1805', '62.02A', 500),
			('F1703', '41.20B', 900), ('F1701', '41.20B', 300),
			('N4101', '49.41A', 1000), ('N1105', '52.10B', 900), ('N1103', '52.10B', 500),
			('H2101', '10.13A', 700), ('K2204', '81.21Z', 1000), ('M1203', '69.20Z', 900), ('M1607', '69.20Z', 200);
	END IF;

	CREATE TEMP TABLE generated_office ON COMMIT DROP AS
	WITH activity AS (
		SELECT naf_code, sum(sum(hirings)) OVER (ORDER BY naf_code) / sum(sum(hirings)) OVER () AS upto
		FROM jobmarket.rome_naf GROUP BY naf_code
	), activities AS (
		SELECT array_agg(naf_code ORDER BY upto) AS codes, array_agg(upto::float8 ORDER BY upto) AS bounds
		FROM activity
	)
	SELECT lpad((10000000000000 + i * 7919::bigint)::text, 14, '0') AS siret, i,
		departements[1 + (i - 1) % cardinality(departements)] AS departement_code,
		a.codes[1 + least(width_bucket(random(), a.bounds), cardinality(a.codes) - 1)] AS naf_code,
		CASE WHEN random() < silent_share THEN 0
			-- the second factor: some of the headcount's effect
			ELSE exp(1.3 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) END AS rate,
		random() AS season, exp(0.35 * (random() - 0.5)) AS growth,
		CASE WHEN random() < 0.05 THEN random() ELSE 1 END AS life, random() AS noise
	FROM generate_series(1, n_offices) i CROSS JOIN activities a;
	SELECT sum(rate * life * CASE WHEN season < 0.3 THEN 0.68 ELSE 0.93 END) INTO total FROM generated_office;

	INSERT INTO jobmarket.office (siret, name, naf_code, headcount_class, departement_code, geom)
	SELECT siret, 'Entreprise ' || i, naf_code,
		jobmarket.headcount_class_of((rate * exp(noise * 2) * 6)::integer), departement_code,
		jobmarket.point_of(CASE departement_code WHEN '57' THEN 6.2 ELSE 2.5 END + (noise - 0.5) * 0.8,
						   CASE departement_code WHEN '57' THEN 49.1 ELSE 47.0 END + (season - 0.5) * 0.6)
	FROM generated_office;

	INSERT INTO jobmarket.hiring (siret, hired_on, contract_type, contract_days, age_bracket, rome_code)
	SELECT d.siret, d.hired_on, CASE WHEN d.kind < alternance_share THEN 11 WHEN d.kind < 0.5 THEN 1 ELSE 2 END,
		CASE WHEN d.kind BETWEEN alternance_share AND 0.5 THEN 32 + (d.kind * 300)::integer END,
		CASE WHEN d.age < 0.4 THEN '00-25' WHEN d.age < 0.88 THEN '26-50' ELSE '51-99' END,
		CASE WHEN d.told < rome_share THEN
			(SELECT rome_code FROM jobmarket.rome_naf r WHERE r.naf_code = d.naf_code
			 ORDER BY hirings DESC, rome_code LIMIT 1) END
	FROM (SELECT o.siret, o.naf_code, o.season, random() AS kind, random() AS age, random() AS told,
			starts_on + floor(days * o.life * power(random(), 1 / o.growth))::integer AS hired_on
		  FROM generated_office o
		  CROSS JOIN generate_series(1, floor(o.rate * o.life * n_hirings / total + random())::integer)) d
	-- 30 % of offices hire in summer, the others a little less then
	WHERE random() < CASE WHEN season < 0.3
			THEN CASE WHEN extract(month FROM hired_on) BETWEEN 4 AND 9 THEN 1 ELSE 0.36 END
			ELSE CASE WHEN extract(month FROM hired_on) IN (8, 12) THEN 0.6 ELSE 1 END END
	-- as monthly files bring them
	ORDER BY hired_on;
	DROP TABLE generated_office;
END
$$;
