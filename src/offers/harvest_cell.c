/*
 * harvest_cell.c
 *		The cells of a harvest, and its errors, stored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "core/subxact.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "offers/harvest.h"
#include "offers/page.h"
#include "offers/query.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* How often the tables are asked to take a cell, which may fail for a
 * deadlock or the like. */
#define STORE_TRIES 3

/* Cells in a row that brought nothing after which what the API says of its
 * offers counts as untrue: there may be no end to such cells. */
#define BARREN_AFTER 50

typedef struct PendingError
{
	int64		cell_id;
	const char *stage;
	int			status;
	char	   *message;
	char	   *detail;			/* JSON */
} PendingError;

/*
 * Notes what went wrong with a request, with all that is needed to send it
 * again.
 */
void
jm_harvest_note_error(JmHarvest *h, const JmPlanAsk *ask, const char *stage,
					  const JmRequest *request, const char *message)
{
	MemoryContext old = MemoryContextSwitchTo(h->error_context);
	PendingError *error = palloc(sizeof(PendingError));
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "{\"criteria\": %s, \"range\": \"%d-%d\", \"attempts\": %d, \"server\": ",
					 jm_criteria_json(jm_harvest_window(h, ask->origin, ask->from, ask->to,
														&ask->filter)),
					 ask->first, ask->last, request->attempts);
	escape_json(&detail, request->server->name);
	if (request->error_code)
	{
		appendStringInfoString(&detail, ", \"codeErreur\": ");
		escape_json(&detail, request->error_code);
	}
	appendStringInfoChar(&detail, '}');
	error->cell_id = ask->cell_id;
	error->stage = stage;
	error->status = request->status;
	error->message = pstrdup(message);
	error->detail = detail.data;
	h->errors = lappend(h->errors, error);
	MemoryContextSwitchTo(old);
}

/* Writes the errors noted since the last commit; the caller forgets them then. */
void
jm_harvest_store_errors(JmHarvest *h)
{
	ListCell   *lc;

	foreach(lc, h->errors)
	{
		PendingError *e = lfirst(lc);
		Oid			types[6] = {INT8OID, INT8OID, TEXTOID, INT4OID, TEXTOID, TEXTOID};
		Datum		values[6];
		char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

		values[0] = Int64GetDatum(h->run_id);
		values[1] = Int64GetDatum(e->cell_id);
		nulls[1] = e->cell_id ? ' ' : 'n';
		values[2] = CStringGetTextDatum(e->stage);
		values[3] = Int32GetDatum(e->status);
		nulls[3] = e->status ? ' ' : 'n';
		values[4] = CStringGetTextDatum(e->message);
		values[5] = CStringGetTextDatum(e->detail);
		jm_harvest_execute("INSERT INTO jobmarket.harvest_error (run_id, cell_id, stage, http_status, message, detail) "
						   "VALUES ($1, $2, $3, $4, $5, $6::jsonb)", 6, types, values, nulls);
	}
}

static const char *
cell_status(JmCellStatus status)
{
	switch (status)
	{
		case JM_CELL_COMPLETE:
			return "complete";
		case JM_CELL_SPLIT:
			return "split";
		case JM_CELL_TRUNCATED:
			return "truncated";
		default:
			return "failed";
	}
}

static void
store_cell_row(JmHarvest *h, JmCell *cell)
{
	Oid			types[10] = {INT8OID, INT8OID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTOID,
	INT4OID, INT8OID, TEXTOID};
	Datum		values[10];
	char		nulls[10];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(h->run_id);
	values[1] = Int64GetDatum(cell->cell_id);
	values[2] = CStringGetTextDatum(jm_criteria_json(jm_harvest_window(h, cell->origin, cell->from,
																	   cell->to, &cell->filter)));
	values[3] = Int64GetDatum(cell->expected);
	nulls[3] = cell->expected >= 0 ? ' ' : 'n';
	values[4] = Int64GetDatum(cell->received);
	values[5] = Int32GetDatum(cell->npages);
	values[6] = CStringGetTextDatum(cell_status(cell->status));
	values[7] = Int32GetDatum(cell->moves + 1);
	values[8] = Int64GetDatum(cell->parent_id);
	nulls[8] = cell->parent_id ? ' ' : 'n';
	nulls[9] = cell->problem ? ' ' : 'n';
	values[9] = cell->problem ? CStringGetTextDatum(cell->problem) : (Datum) 0;
	jm_harvest_execute("INSERT INTO jobmarket.harvest_cell (run_id, cell_id, criteria, expected, received, "
					   "pages, status, attempts, parent_cell_id, message, finished_at) "
					   "VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())",
					   10, types, values, nulls);
}

/* Adds a stored cell to the figures. */
static void
add_figures(JmFigures *f, const JmCell *cell, const JmLoadCounts *counts)
{
	f->received += counts->received - counts->repeated - counts->rejected;
	f->counts.inserted += counts->inserted;
	f->counts.updated += counts->updated;
	f->counts.unchanged += Max(counts->unchanged - counts->repeated, 0);
	f->counts.rejected += counts->rejected;
	f->bad_cells += cell->status == JM_CELL_FAILED || cell->status == JM_CELL_TRUNCATED;
	f->uncounted_cells += cell->expected < 0;
	if (cell->expected < 0)
		return;
	if (cell->npages == 0)
	{
		/* parts count themselves; what none of them reaches counts here */
		f->expected_cells += Max(cell->expected - cell->received, 0);
		return;
	}
	f->expected_cells += cell->expected;
	f->received_cells += cell->received;
}

typedef struct StoreArgs
{
	JmHarvest  *harvest;
	JmCell	   *cell;
	void		(*meanwhile) (void *harvest);
} StoreArgs;

/* Stores a cell's offers, its row, the errors noted meanwhile and the figures. */
static void
store_cell(void *arg)
{
	StoreArgs  *args = arg;
	JmHarvest  *h = args->harvest;
	JmCell	   *cell = args->cell;
	MemoryContext context = CurrentMemoryContext;
	JmLoader   *loader;
	JmLoadCounts counts;

	/*
	 * A connection of its own: when the loader fails, all that it registered
	 * goes with the subtransaction, and so does the memory of SPI.
	 */
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	MemoryContextSwitchTo(context);
	loader = jm_loader_create(h->source, h->run_id, cell->cell_id);
	jm_loader_between(loader, args->meanwhile, h);
	for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
	{
		if (cell->pages[p].payload)
			jm_loader_add_page(loader, cell->pages[p].payload);
	}
	jm_loader_finish(loader, &counts);
	store_cell_row(h, cell);
	jm_harvest_store_errors(h);
	add_figures(&h->figures, cell, &counts);
	h->figures.available = Max(h->figures.available, h->received_before + jm_plan_announced(h->plan));
	h->figures.available = Max(h->figures.available, h->figures.received);
	jm_harvest_store_figures(h, NULL, NULL, -1);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/* Notes what went wrong with a cell as a whole. */
static void
note_cell(JmHarvest *h, const JmCell *cell, const char *stage, const char *message)
{
	JmPlanAsk	ask = {.cell_id = cell->cell_id,.last = Max(cell->npages, 1) * JM_API_PAGE - 1,
		.origin = cell->origin,.from = cell->from,.to = cell->to,
	.filter = cell->filter};
	JmRequest	none = {.server = h->servers[0].server};

	jm_harvest_note_error(h, &ask, stage, &none, message);
}

/* What the API announces may be untrue, and then there is no end to cells. */
static void
look_if_barren(JmHarvest *h, const JmCell *cell)
{
	JmRequest	none = {.sqlstate = ERRCODE_PROTOCOL_VIOLATION,
	.hint = "What the API announces and what it sends do not agree; try again later."};

	if (cell->status != JM_CELL_FAILED || cell->received > 0)
		h->barren = 0;
	else if (++h->barren == BARREN_AFTER)
		jm_harvest_stop(h, &none, psprintf("%d windows in a row could not be read: %s",
										   BARREN_AFTER, cell->problem));
}

/*
 * Stores a finished cell and commits; one that the tables refuse, or that failed
 * before, with its error.  Stops the harvest after too many in a row that
 * brought nothing.  Calls meanwhile often.  Payloads are JmOfferPage.
 */
void
jm_harvest_take_cell(JmHarvest *h, JmCell *cell, void (*meanwhile) (void *harvest))
{
	StoreArgs	args = {h, cell, meanwhile};
	JmFigures	before = h->figures;
	ErrorData  *error = NULL;
	MemoryContext old = MemoryContextSwitchTo(h->scratch);

	if (cell->status == JM_CELL_FAILED)
		note_cell(h, cell, "page", cell->problem);
	for (int attempt = 0; attempt < STORE_TRIES; attempt++)
	{
		error = jm_try(store_cell, &args);
		if (error == NULL)
			break;
		h->figures = before;
	}
	if (error)
	{
		/* the tables refuse it: keep that, and go on with the other cells */
		note_cell(h, cell, "load", psprintf("%s (SQLSTATE %s)", error->message,
											unpack_sql_state(error->sqlerrcode)));
		cell->status = JM_CELL_FAILED;
		cell->problem = "the tables refused its offers";
		cell->received = 0;
		for (int p = 0; p < JM_PLAN_MAX_PAGES; p++)
		{
			if (cell->pages[p].payload)
				MemoryContextDelete(GetMemoryChunkContext(cell->pages[p].payload));
			cell->pages[p].payload = NULL;
		}
		error = jm_try(store_cell, &args);
		if (error)
			ReThrowError(error);
	}
	look_if_barren(h, cell);
	MemoryContextSwitchTo(old);
	jm_plan_free_cell(h->plan, cell);
	SPI_commit();
	h->committed = h->figures;
	h->errors = NIL;
	MemoryContextReset(h->error_context);
	MemoryContextReset(h->scratch);
}
