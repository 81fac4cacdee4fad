-- ---------------------------------------------------------------------------
-- semester: hirings counted by semester, as features of the model
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.hiring_profile_accum(integer[], date, integer, text, boolean, date, integer) RETURNS integer[]
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_hiring_profile_accum';
COMMENT ON FUNCTION jobmarket.hiring_profile_accum(integer[], date, integer, text, boolean, date, integer) IS 'Transition function of hiring_profile';
CREATE FUNCTION jobmarket.int_array_add(integer[], integer[]) RETURNS integer[]
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_int_array_add';
COMMENT ON FUNCTION jobmarket.int_array_add(integer[], integer[]) IS 'Combine function of hiring_profile';
CREATE AGGREGATE jobmarket.hiring_profile(hired_on date, contract_type integer, age_bracket text,
										  disabled boolean, as_of date, periods integer) (
	SFUNC = jobmarket.hiring_profile_accum,
	STYPE = integer[],
	COMBINEFUNC = jobmarket.int_array_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.hiring_profile(date, integer, text, boolean, date, integer) IS
'Counts of hirings before as_of (first day of a month): by semester, nearest first, of types 1 to 3, then of types 11 and 12, then over the last 365 days: all, below 26 years, above 50, disabled';
CREATE FUNCTION jobmarket.lag_sum(counts integer[], first integer, number integer) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_lag_sum';
COMMENT ON FUNCTION jobmarket.lag_sum(integer[], integer, integer) IS 'Sum of number elements of counts from first on';

CREATE TYPE jobmarket.semester_fit AS (
	intercept float8,
	coefficients float8[],
	rank integer,
	mse_train float8,
	test float8[],
	offices bigint,
	totals bigint[],
	last_semester float8[],
	last_year float8[]
);
COMMENT ON TYPE jobmarket.semester_fit IS 'A model of hirings, fitted and tested: what semester_model returns';
COMMENT ON COLUMN jobmarket.semester_fit.intercept IS 'Constant term; NULL, as the next four, where the fit did not converge';
COMMENT ON COLUMN jobmarket.semester_fit.coefficients IS 'Seven semesters, nearest first, and the headcount';
COMMENT ON COLUMN jobmarket.semester_fit.rank IS 'Rank of the features';
COMMENT ON COLUMN jobmarket.semester_fit.mse_train IS 'Mean squared error in training';
COMMENT ON COLUMN jobmarket.semester_fit.test IS 'One year back: mean squared error, mean absolute error, and the nine cumulative gains';
COMMENT ON COLUMN jobmarket.semester_fit.offices IS 'Offices';
COMMENT ON COLUMN jobmarket.semester_fit.totals IS 'Hirings of all of them by semester, nearest first';
COMMENT ON COLUMN jobmarket.semester_fit.last_semester IS 'As test, of the naive prediction "as in the last known semester"';
COMMENT ON COLUMN jobmarket.semester_fit.last_year IS 'As test, of the naive prediction "as in the same semester a year before"';

CREATE FUNCTION jobmarket.semester_accum(internal, integer[], float8, integer, integer, integer, integer, integer, float8) RETURNS internal
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_semester_accum';
COMMENT ON FUNCTION jobmarket.semester_accum(internal, integer[], float8, integer, integer, integer, integer, integer, float8) IS 'Transition function of semester_model';
CREATE FUNCTION jobmarket.semester_final(internal) RETURNS jobmarket.semester_fit
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_semester_final';
COMMENT ON FUNCTION jobmarket.semester_final(internal) IS 'Final function of semester_model';
CREATE AGGREGATE jobmarket.semester_model(counts integer[], headcount float8, first integer, periods integer,
										  gap integer, back integer, kind integer, penalty float8) (
	SFUNC = jobmarket.semester_accum,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = jobmarket.semester_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE jobmarket.semester_model(integer[], float8, integer, integer, integer, integer, integer, float8) IS
'Hirings of a semester by the seven before and the headcount. counts[first] on are an office''s hirings by semester, nearest first; gap semesters lack complete data; the test predicts the semester back before the coming one, training those two years back. kind: 0 least squares, 1 ridge regression with penalty, 2 Poisson regression on log(1 + x). Offices without counts are left out; NULL where nobody hired';

CREATE FUNCTION jobmarket.semester_prediction(intercept float8, coefficients float8[], counts integer[], first integer,
											  headcount float8, kind integer) RETURNS float8
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jobmarket_semester_prediction';
COMMENT ON FUNCTION jobmarket.semester_prediction(float8, float8[], integer[], integer, float8, integer) IS
'Hirings that a model of semester_model expects of an office whose last known semesters are counts[first] on';
