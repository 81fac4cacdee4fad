-- ---------------------------------------------------------------------------
-- harvest: runs, the cells that a run is cut into, and what went wrong
-- ---------------------------------------------------------------------------

CREATE TABLE jobmarket.harvest_run (
	run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
	servers name[] NOT NULL,
	criteria jsonb NOT NULL,
	status text NOT NULL DEFAULT 'running'
		CHECK (status IN ('running', 'complete', 'partial', 'failed', 'interrupted')),
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	offers_available bigint,
	offers_received bigint NOT NULL DEFAULT 0,
	inserted bigint NOT NULL DEFAULT 0,
	updated bigint NOT NULL DEFAULT 0,
	unchanged bigint NOT NULL DEFAULT 0,
	withdrawn bigint NOT NULL DEFAULT 0,
	rejected bigint NOT NULL DEFAULT 0,
	requests bigint NOT NULL DEFAULT 0,
	retries bigint NOT NULL DEFAULT 0,
	throttled bigint NOT NULL DEFAULT 0,
	bytes bigint NOT NULL DEFAULT 0,
	coverage double precision,
	message text,
	source text NOT NULL REFERENCES jobmarket.source,
	window_from timestamptz,
	window_to timestamptz,
	pid integer,
	resumed_at timestamptz,
	received_before bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON jobmarket.harvest_run (source, run_id);

CREATE TABLE jobmarket.harvest_cell (
	run_id bigint REFERENCES jobmarket.harvest_run ON DELETE CASCADE,
	cell_id bigint,
	criteria jsonb NOT NULL,
	expected bigint,
	received bigint,
	pages integer NOT NULL DEFAULT 0,
	status text NOT NULL DEFAULT 'pending'
		CHECK (status IN ('pending', 'split', 'complete', 'truncated', 'failed')),
	attempts integer NOT NULL DEFAULT 0,
	parent_cell_id bigint,
	finished_at timestamptz,
	message text,
	PRIMARY KEY (run_id, cell_id)
);

CREATE TABLE jobmarket.harvest_error (
	error_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id bigint REFERENCES jobmarket.harvest_run ON DELETE CASCADE,
	cell_id bigint,
	occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	stage text NOT NULL CHECK (stage IN ('request', 'page', 'decode', 'attribute', 'load')),
	http_status integer,
	message text NOT NULL,
	detail jsonb,
	resolved_at timestamptz
);
CREATE INDEX ON jobmarket.harvest_error (run_id, cell_id);
CREATE INDEX ON jobmarket.harvest_error (occurred_at);

DO $$
DECLARE
	tbl text;
BEGIN
	FOREACH tbl IN ARRAY ARRAY['harvest_run', 'harvest_cell', 'harvest_error',
		'harvest_run_run_id_seq', 'harvest_error_error_id_seq'] LOOP
		PERFORM pg_extension_config_dump(('jobmarket.' || tbl)::regclass, '');
	END LOOP;
END
$$;

COMMENT ON TABLE jobmarket.harvest_run IS 'Harvests, one row a run';
COMMENT ON COLUMN jobmarket.harvest_run.run_id IS 'Identifier';
COMMENT ON COLUMN jobmarket.harvest_run.mode IS 'full (also finds what was withdrawn) or incremental (new offers since the last complete run)';
COMMENT ON COLUMN jobmarket.harvest_run.servers IS 'Servers whose quotas it used';
COMMENT ON COLUMN jobmarket.harvest_run.criteria IS 'Criteria that limited it; {} for the whole country';
COMMENT ON COLUMN jobmarket.harvest_run.status IS 'running; complete; partial: some cells are missing or truncated; failed: nothing could be read; interrupted: stopped before its end';
COMMENT ON COLUMN jobmarket.harvest_run.started_at IS 'Start';
COMMENT ON COLUMN jobmarket.harvest_run.finished_at IS 'End';
COMMENT ON COLUMN jobmarket.harvest_run.offers_available IS 'Offers that the API announced: while it runs those counted at its start, then those of its cells';
COMMENT ON COLUMN jobmarket.harvest_run.offers_received IS 'Different offers received';
COMMENT ON COLUMN jobmarket.harvest_run.inserted IS 'Offers met for the first time';
COMMENT ON COLUMN jobmarket.harvest_run.updated IS 'Offers whose content changed, or that came back';
COMMENT ON COLUMN jobmarket.harvest_run.unchanged IS 'Offers known before and seen as they were';
COMMENT ON COLUMN jobmarket.harvest_run.withdrawn IS 'Offers found gone';
COMMENT ON COLUMN jobmarket.harvest_run.rejected IS 'Offers that could not be read: see harvest_error';
COMMENT ON COLUMN jobmarket.harvest_run.requests IS 'Requests sent for offers, repeated ones included';
COMMENT ON COLUMN jobmarket.harvest_run.retries IS 'Requests that had to be repeated';
COMMENT ON COLUMN jobmarket.harvest_run.throttled IS 'Answers 429 (too many requests)';
COMMENT ON COLUMN jobmarket.harvest_run.bytes IS 'Bytes of answers, as they came over the network';
COMMENT ON COLUMN jobmarket.harvest_run.coverage IS 'Share of the announced offers that are stored, 0 to 1';
COMMENT ON COLUMN jobmarket.harvest_run.message IS 'Why it is not complete';
COMMENT ON COLUMN jobmarket.harvest_run.source IS 'Source of the offers';
COMMENT ON COLUMN jobmarket.harvest_run.window_from IS 'Earliest creation date asked for';
COMMENT ON COLUMN jobmarket.harvest_run.window_to IS 'Latest creation date asked for';
COMMENT ON COLUMN jobmarket.harvest_run.pid IS 'Server process that runs it, or ran it last';
COMMENT ON COLUMN jobmarket.harvest_run.resumed_at IS 'When it was last resumed';
COMMENT ON COLUMN jobmarket.harvest_run.received_before IS 'Offers that it had received before it was last resumed';
COMMENT ON TABLE jobmarket.harvest_cell IS 'Parts of a run: a window of creation dates of one origin, small enough to be read whole';
COMMENT ON COLUMN jobmarket.harvest_cell.run_id IS 'The run';
COMMENT ON COLUMN jobmarket.harvest_cell.cell_id IS 'Number within the run, from 1';
COMMENT ON COLUMN jobmarket.harvest_cell.criteria IS 'What it asks the API';
COMMENT ON COLUMN jobmarket.harvest_cell.expected IS 'Offers that the API announced; NULL where no answer told';
COMMENT ON COLUMN jobmarket.harvest_cell.received IS 'Different offers received';
COMMENT ON COLUMN jobmarket.harvest_cell.pages IS 'Pages read';
COMMENT ON COLUMN jobmarket.harvest_cell.status IS 'pending; split into smaller cells; complete; truncated: cannot be split further and does not fit; failed';
COMMENT ON COLUMN jobmarket.harvest_cell.attempts IS 'How often it was read';
COMMENT ON COLUMN jobmarket.harvest_cell.parent_cell_id IS 'Cell that it was split from';
COMMENT ON COLUMN jobmarket.harvest_cell.finished_at IS 'When it was stored';
COMMENT ON COLUMN jobmarket.harvest_cell.message IS 'Why it is not complete';
COMMENT ON TABLE jobmarket.harvest_error IS 'What went wrong in a harvest or a load, with what is needed to try it again; never a secret, never a whole document';
COMMENT ON COLUMN jobmarket.harvest_error.error_id IS 'Identifier';
COMMENT ON COLUMN jobmarket.harvest_error.run_id IS 'The run; NULL for load_offers';
COMMENT ON COLUMN jobmarket.harvest_error.cell_id IS 'The cell';
COMMENT ON COLUMN jobmarket.harvest_error.occurred_at IS 'When';
COMMENT ON COLUMN jobmarket.harvest_error.stage IS 'request: no usable answer; page: an answer that is not what was asked for; decode: an offer that cannot be read; attribute: a value that was left out of an offer; load: the tables refused it';
COMMENT ON COLUMN jobmarket.harvest_error.http_status IS 'Status of the answer';
COMMENT ON COLUMN jobmarket.harvest_error.message IS 'What happened';
COMMENT ON COLUMN jobmarket.harvest_error.detail IS 'Criteria, range, codeErreur, offer …';
COMMENT ON COLUMN jobmarket.harvest_error.resolved_at IS 'When a later reading made it good';

CREATE PROCEDURE jobmarket.harvest(servers name[], mode text DEFAULT 'full', criteria jsonb DEFAULT '{}')
LANGUAGE C
AS 'MODULE_PATHNAME', 'jobmarket_harvest';
REVOKE ALL ON PROCEDURE jobmarket.harvest(name[], text, jsonb) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.harvest(name[], text, jsonb) IS
'Reads all offers that match the criteria from one or more servers of a source into the tables; mode full also marks offers that are gone, incremental reads those created since the last complete run. Commits as it goes; resumes a run of the same kind that was interrupted in the last six hours';

CREATE PROCEDURE jobmarket.resume_harvest(run_id bigint)
LANGUAGE C
AS 'MODULE_PATHNAME', 'jobmarket_resume_harvest';
REVOKE ALL ON PROCEDURE jobmarket.resume_harvest(bigint) FROM PUBLIC;
COMMENT ON PROCEDURE jobmarket.resume_harvest(bigint) IS
'Reads what an interrupted or partial harvest is missing, and only that';

CREATE FUNCTION jobmarket.harvest_live(
	OUT run_id bigint, OUT pid int, OUT offers_received bigint, OUT offers_available bigint,
	OUT requests bigint, OUT retries bigint, OUT throttled bigint, OUT bytes bigint, OUT rejected bigint)
RETURNS SETOF record
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'jobmarket_harvest_live';
REVOKE ALL ON FUNCTION jobmarket.harvest_live() FROM PUBLIC;
COMMENT ON FUNCTION jobmarket.harvest_live() IS
'Harvests of this database as of their last answer, from shared memory; no row where the library is not preloaded. See the view harvest_progress';

CREATE VIEW jobmarket.harvest_progress AS
WITH figures AS (
	SELECT r.run_id, r.source, r.mode, r.servers, r.started_at, r.pid, r.received_before,
		   clock_timestamp() - coalesce(r.resumed_at, r.started_at) AS elapsed,
		   greatest(l.offers_received, r.offers_received) AS offers_received,
		   greatest(l.offers_available, r.offers_available) AS offers_available,
		   greatest(l.requests, r.requests) AS requests, greatest(l.retries, r.retries) AS retries,
		   greatest(l.throttled, r.throttled) AS throttled, greatest(l.bytes, r.bytes) AS bytes,
		   greatest(l.rejected, r.rejected) AS rejected
	FROM jobmarket.harvest_run r
	LEFT JOIN jobmarket.harvest_live() l ON l.run_id = r.run_id AND l.pid = r.pid
	WHERE r.status = 'running'
	  AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = r.pid)
)
SELECT run_id, source, mode, servers, started_at, pid,
	   round((100.0 * least(offers_received, offers_available) / nullif(offers_available, 0))::numeric, 1) AS percent,
	   offers_received, offers_available,
	   round(((offers_received - received_before) / nullif(extract(epoch FROM elapsed), 0))::numeric, 1) AS offers_per_second,
	   CASE WHEN offers_received > received_before AND offers_available > offers_received THEN
		elapsed * ((offers_available - offers_received)::float8 / (offers_received - received_before)) END AS remaining,
	   requests, retries, throttled, bytes, rejected
FROM figures;
COMMENT ON VIEW jobmarket.harvest_progress IS
'Harvests under way, as of their last answer, or their last stored cell where the library is not preloaded';
COMMENT ON COLUMN jobmarket.harvest_progress.run_id IS 'The run';
COMMENT ON COLUMN jobmarket.harvest_progress.source IS 'Source of the offers';
COMMENT ON COLUMN jobmarket.harvest_progress.mode IS 'full or incremental';
COMMENT ON COLUMN jobmarket.harvest_progress.servers IS 'Servers whose quotas it uses';
COMMENT ON COLUMN jobmarket.harvest_progress.started_at IS 'Start';
COMMENT ON COLUMN jobmarket.harvest_progress.pid IS 'Server process';
COMMENT ON COLUMN jobmarket.harvest_progress.percent IS 'Share of the announced offers received';
COMMENT ON COLUMN jobmarket.harvest_progress.offers_received IS 'Offers received';
COMMENT ON COLUMN jobmarket.harvest_progress.offers_available IS 'Offers announced so far';
COMMENT ON COLUMN jobmarket.harvest_progress.offers_per_second IS 'Offers received a second since it was started or resumed';
COMMENT ON COLUMN jobmarket.harvest_progress.remaining IS 'Time left at that speed';
COMMENT ON COLUMN jobmarket.harvest_progress.requests IS 'Requests sent';
COMMENT ON COLUMN jobmarket.harvest_progress.retries IS 'Requests that had to be repeated';
COMMENT ON COLUMN jobmarket.harvest_progress.throttled IS 'Answers 429';
COMMENT ON COLUMN jobmarket.harvest_progress.bytes IS 'Bytes received';
COMMENT ON COLUMN jobmarket.harvest_progress.rejected IS 'Offers that could not be read';
