-- ---------------------------------------------------------------------------
-- predictions: those that another program made
-- ---------------------------------------------------------------------------

CREATE FUNCTION jobmarket.import_predictions(staged regclass, file_name text, as_of date)
RETURNS jobmarket.import_run
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	run jobmarket.import_run;
	delimiter text;
	header text[];
BEGIN
	IF as_of IS NULL OR NOT isfinite(as_of) THEN
		RAISE EXCEPTION 'as_of must be the first day of the six months predicted'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	run := jobmarket.import_begin('predictions', file_name, import_predictions.as_of);
	IF run.status <> 'running' THEN
		RETURN run;
	END IF;
	CALL jobmarket.stage_lines(staged);
	SELECT CASE WHEN l.line LIKE '%;%' THEN ';' ELSE ',' END INTO delimiter
	FROM pg_temp.jobmarket_line l ORDER BY l.line_no LIMIT 1;
	SELECT jobmarket.split_line(l.line, delimiter) INTO header
	FROM pg_temp.jobmarket_line l ORDER BY l.line_no LIMIT 1;
	IF header[1:2] IS DISTINCT FROM '{siret,predictions}' THEN
		RAISE EXCEPTION 'file "%" does not begin with the columns siret and predictions', file_name
			USING ERRCODE = 'invalid_text_representation';
	END IF;

	CREATE TEMP TABLE jobmarket_imported ON COMMIT DROP AS
	SELECT l.line_no, c.siret,
		CASE WHEN c.f[2] ~ '^[ \t]*[-+]?[0-9]{1,15}(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?[ \t\r]*$' THEN c.f[2]::float8 END AS hirings,
		CASE WHEN c.f IS NULL THEN 'quote out of place'
			WHEN c.siret IS NULL THEN 'SIRET is not 14 digits'
			WHEN o.siret IS NULL THEN 'no such office'
		END AS reason
	FROM pg_temp.jobmarket_line l
	CROSS JOIN LATERAL (
		-- programs that took SIRETs for numbers lost the zeros in front
		SELECT s.f, CASE WHEN s.f[1] ~ '^[ \t]*[0-9]{9,14}[ \t\r]*$' THEN lpad(btrim(s.f[1], E' \t\r'), 14, '0') END AS siret
		FROM (SELECT jobmarket.split_line(l.line, delimiter) AS f) s) c
	LEFT JOIN jobmarket.office o ON o.siret = c.siret
	WHERE l.line_no > (SELECT min(m.line_no) FROM pg_temp.jobmarket_line m);
	UPDATE pg_temp.jobmarket_imported i SET reason = 'prediction is not a number'
	WHERE i.reason IS NULL AND i.hirings IS NULL;
	UPDATE pg_temp.jobmarket_imported i SET reason = 'another line of the same SIRET follows'
	FROM (SELECT n.siret, max(n.line_no) AS line_no FROM pg_temp.jobmarket_imported n
		  WHERE n.reason IS NULL GROUP BY n.siret) last
	WHERE i.reason IS NULL AND i.siret = last.siret AND i.line_no < last.line_no;
	INSERT INTO jobmarket.import_error (import_id, line_no, line, reason)
	SELECT run.import_id, i.line_no, l.line, i.reason
	FROM pg_temp.jobmarket_imported i JOIN pg_temp.jobmarket_line l USING (line_no)
	WHERE i.reason IS NOT NULL;

	INSERT INTO jobmarket.office_score AS s (siret, as_of, hirings, raw_hirings, score, method)
	SELECT i.siret, import_predictions.as_of, greatest(i.hirings, 0), i.hirings,
		jobmarket.score_from_hirings(greatest(i.hirings, 0)), 'import'
	FROM pg_temp.jobmarket_imported i WHERE i.reason IS NULL
	ORDER BY i.siret
	ON CONFLICT (siret) DO UPDATE SET as_of = EXCLUDED.as_of, hirings = EXCLUDED.hirings,
		raw_hirings = EXCLUDED.raw_hirings, score = EXCLUDED.score, method = EXCLUDED.method, semesters = NULL;
	GET DIAGNOSTICS run.rows_imported = ROW_COUNT;
	SELECT count(*), count(i.reason) INTO run.rows_read, run.rows_rejected FROM pg_temp.jobmarket_imported i;
	run.message := CASE WHEN run.rows_read > 0 AND run.rows_imported = 0 THEN 'all rows are wrong' END;
	DROP TABLE pg_temp.jobmarket_imported, pg_temp.jobmarket_line;
	RETURN jobmarket.import_end(run);
END
$$;
REVOKE ALL ON FUNCTION jobmarket.import_predictions(regclass, text, date) FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.import_predictions(regclass, text, date) IS
'Imports staged lines (columns line_no and line) of a file of predicted hirings (siret, predictions) into office_score; lost zeros in front of a SIRET are put back. Offices must be there before; the next compute_hiring_potential writes over it';
