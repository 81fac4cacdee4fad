-- ---------------------------------------------------------------------------
-- gains: how good predictions were, once what they predicted has happened
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.gains_accum(internal, float8, float8) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_gains_accum';
COMMENT ON FUNCTION jobmarket.gains_accum(internal, float8, float8) IS 'Transition function of cumulative_gains';
CREATE FUNCTION jobmarket.gains_final(internal) RETURNS float8[]
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_gains_final';
COMMENT ON FUNCTION jobmarket.gains_final(internal) IS 'Final function of cumulative_gains';
CREATE AGGREGATE jobmarket.cumulative_gains(predicted float8, effective float8) (
	SFUNC = jobmarket.gains_accum,
	STYPE = internal,
	SSPACE = 1024,
	FINALFUNC = jobmarket.gains_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.cumulative_gains(float8, float8) IS
'Shares of all that was effective which the best 10, 20 .. 90 % by prediction made; ties take their mean';

CREATE FUNCTION jobmarket.forecast_final(internal) RETURNS float8[]
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_forecast_final';
COMMENT ON FUNCTION jobmarket.forecast_final(internal) IS 'Final function of forecast_quality';
CREATE AGGREGATE jobmarket.forecast_quality(predicted float8, effective float8) (
	SFUNC = jobmarket.gains_accum,
	STYPE = internal,
	SSPACE = 1024,
	FINALFUNC = jobmarket.forecast_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.forecast_quality(float8, float8) IS
'Mean squared error, mean absolute error, and behind them the nine cumulative gains, in one array';

CREATE FUNCTION jobmarket.hiring_gains(starts_on date DEFAULT NULL, months integer DEFAULT 6, contract text DEFAULT 'dpae',
	grouping_by text DEFAULT 'all')
RETURNS TABLE (grouping_key text, offices bigint, effective bigint, gains float8[], rmse float8,
	good_offices bigint, effective_of_good bigint, share_not_covered float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (grouping_by IN ('all', 'naf', 'departement') AND contract IN ('dpae', 'alternance')
		AND months BETWEEN 1 AND 120) IS NOT TRUE THEN
		RAISE EXCEPTION 'hiring_gains wants contract dpae or alternance, grouping_by all, naf or departement, and 1 to 120 months'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	SELECT g.grouping_key, g.offices, g.effective::bigint, g.quality[3:], sqrt(g.quality[1]), g.good_offices,
		g.effective_of_good::bigint,
		CASE WHEN g.effective = 0 THEN 1 ELSE (g.effective - g.effective_of_good) / g.effective END
	FROM (
		SELECT CASE grouping_by WHEN 'naf' THEN o.naf_code WHEN 'departement' THEN o.departement_code ELSE 'all' END AS grouping_key,
			count(*) AS offices, sum(p.effective) AS effective,
			jobmarket.forecast_quality(p.hirings, p.effective) AS quality,
			count(*) FILTER (WHERE p.good) AS good_offices,
			coalesce(sum(p.effective) FILTER (WHERE p.good), 0) AS effective_of_good
		FROM (
			SELECT s.siret, CASE hiring_gains.contract WHEN 'dpae' THEN s.hirings ELSE s.hirings_alternance END AS hirings,
				coalesce(h.n, 0)::float8 AS effective,
				EXISTS (SELECT FROM jobmarket.office_rome_score r
						WHERE r.siret = s.siret AND r.contract = hiring_gains.contract) AS good
			FROM jobmarket.office_score s
			LEFT JOIN (
				-- each by the date of its own prediction: not all départements are always
				-- published together
				SELECT i.siret, count(*) AS n
				FROM jobmarket.hiring i
				JOIN (SELECT x.siret, coalesce(hiring_gains.starts_on,
						CASE hiring_gains.contract WHEN 'dpae' THEN x.as_of ELSE x.as_of_alternance END) AS day
					  FROM jobmarket.office_score x) d ON d.siret = i.siret
				WHERE i.hired_on >= d.day AND i.hired_on < d.day + make_interval(months => hiring_gains.months)
					AND (i.contract_type > 10) = (hiring_gains.contract = 'alternance')
				GROUP BY i.siret) h ON h.siret = s.siret) p
		JOIN jobmarket.office o ON o.siret = p.siret
		WHERE p.hirings IS NOT NULL
		GROUP BY 1) g
	ORDER BY g.grouping_key;
END
$$;
REVOKE ALL ON FUNCTION jobmarket.hiring_gains(date, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.hiring_gains(date, integer, text, text) IS
'How good the published predictions were, once what they predicted has happened: cumulative gains, root of the mean squared error, and the share of hirings by offices that the search cannot show (share_not_covered). starts_on NULL: the date of each prediction; grouping_by all, naf or departement';
