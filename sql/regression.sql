-- ---------------------------------------------------------------------------
-- regression: least squares, ridge and Poisson regression as aggregates
-- ---------------------------------------------------------------------------

CREATE TYPE jobmarket.regression AS (
	intercept float8,
	coefficients float8[],
	n bigint,
	rank integer,
	mse float8,
	r2 float8
);
COMMENT ON TYPE jobmarket.regression IS 'A fitted regression: what linear_regression and its kin return, and predict takes';
COMMENT ON COLUMN jobmarket.regression.intercept IS 'Constant term';
COMMENT ON COLUMN jobmarket.regression.coefficients IS 'One coefficient for each element of x';
COMMENT ON COLUMN jobmarket.regression.n IS 'Rows that went in';
COMMENT ON COLUMN jobmarket.regression.rank IS 'Rank of the centred x; less than its length where columns depend on each other';
COMMENT ON COLUMN jobmarket.regression.mse IS 'Mean of the squared residuals over the rows that went in';
COMMENT ON COLUMN jobmarket.regression.r2 IS 'Share of the variance explained (Poisson: of the deviance); 1 where y is constant';

CREATE FUNCTION jobmarket.regression_accum(internal, float8, float8[]) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_accum';
CREATE FUNCTION jobmarket.regression_accum(internal, float8, float8[], float8) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_accum';
CREATE FUNCTION jobmarket.regression_combine(internal, internal) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_combine';
CREATE FUNCTION jobmarket.regression_serialize(internal) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_serialize';
CREATE FUNCTION jobmarket.regression_deserialize(bytea, internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_deserialize';
CREATE FUNCTION jobmarket.regression_final(internal) RETURNS jobmarket.regression
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_regression_final';
CREATE FUNCTION jobmarket.poisson_accum(internal, float8, float8[]) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_poisson_accum';
CREATE FUNCTION jobmarket.poisson_final(internal) RETURNS jobmarket.regression
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_poisson_final';
COMMENT ON FUNCTION jobmarket.regression_accum(internal, float8, float8[]) IS 'Transition function of linear_regression';
COMMENT ON FUNCTION jobmarket.regression_accum(internal, float8, float8[], float8) IS 'Transition function of ridge_regression';
COMMENT ON FUNCTION jobmarket.regression_combine(internal, internal) IS 'Combine function of linear_regression and ridge_regression';
COMMENT ON FUNCTION jobmarket.regression_serialize(internal) IS 'Serialisation function of linear_regression and ridge_regression';
COMMENT ON FUNCTION jobmarket.regression_deserialize(bytea, internal) IS 'Deserialisation function of linear_regression and ridge_regression';
COMMENT ON FUNCTION jobmarket.regression_final(internal) IS 'Final function of linear_regression and ridge_regression';
COMMENT ON FUNCTION jobmarket.poisson_accum(internal, float8, float8[]) IS 'Transition function of poisson_regression';
COMMENT ON FUNCTION jobmarket.poisson_final(internal) IS 'Final function of poisson_regression';

CREATE AGGREGATE jobmarket.linear_regression(y float8, x float8[]) (
	SFUNC = jobmarket.regression_accum,
	STYPE = internal,
	SSPACE = 4096,
	FINALFUNC = jobmarket.regression_final,
	COMBINEFUNC = jobmarket.regression_combine,
	SERIALFUNC = jobmarket.regression_serialize,
	DESERIALFUNC = jobmarket.regression_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.linear_regression(float8, float8[]) IS
'Ordinary least squares of y on the elements of x with an intercept; minimum-norm coefficients where columns of x depend on each other. Rows with a NULL are left out; NaN, infinity and arrays of different lengths are errors; NULL when no row is left';

CREATE AGGREGATE jobmarket.ridge_regression(y float8, x float8[], penalty float8) (
	SFUNC = jobmarket.regression_accum,
	STYPE = internal,
	SSPACE = 4096,
	FINALFUNC = jobmarket.regression_final,
	COMBINEFUNC = jobmarket.regression_combine,
	SERIALFUNC = jobmarket.regression_serialize,
	DESERIALFUNC = jobmarket.regression_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.ridge_regression(float8, float8[], float8) IS
'Least squares with penalty times the sum of squared coefficients added (the intercept is free); x is not scaled. As linear_regression otherwise';

CREATE AGGREGATE jobmarket.poisson_regression(y float8, x float8[]) (
	SFUNC = jobmarket.poisson_accum,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = jobmarket.poisson_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.poisson_regression(float8, float8[]) IS
'Poisson regression of the counts y on the elements of x with a logarithmic link: exp(predict(model, x)) is the expected count. Keeps all rows in memory. NULL when all y are 0 or, with a warning, when it does not converge';

CREATE FUNCTION jobmarket.predict(model jobmarket.regression, x float8[]) RETURNS float8
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_predict';
COMMENT ON FUNCTION jobmarket.predict(jobmarket.regression, float8[]) IS
'intercept + coefficients . x; NULL where an element is NULL, an error where the lengths differ';
