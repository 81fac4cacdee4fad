/*
 * search_document.c
 *		An offer's full-text document, as to_tsvector() makes it, several times
 *		as fast.
 *
 * PostgreSQL's own parser and dictionaries say what a word's lexemes are, but
 * each word is asked of them once: natural texts repeat their words, and in
 * to_tsvector() taking them apart is nearly all of the time.  A text is cut at
 * spaces, and what stands between two is looked up with its lexemes and how
 * many positions it takes.  So a dictionary that joins words over a space (a
 * thesaurus) is not understood; configuration pg_catalog.french has none.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "core/compat.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "port/pg_bswap.h"
#include "text/normalise.h"
#include "text/rules.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define CONFIGURATION "french"

/* Longer pieces without a space are cut: no lexeme may exceed MAXSTRLEN. */
#define PIECE_MAX 2000
/* Remembered words, in bytes, before all are forgotten. */
#define MEMORY_MAX (32 * 1024 * 1024)

/* A lexeme, held once */
typedef struct Lexeme
{
	uint64		head;			/* its first bytes, to compare quickly */
	int			len;
	uint64		document;		/* last document that held it */
	int			slot;			/* its place in that document */
	char	   *text;
} Lexeme;

/* A lexeme of a piece, and where in it */
typedef struct Part
{
	Lexeme	   *lexeme;
	int			position;
} Part;

typedef struct Bytes
{
	const char *s;
	int			len;
} Bytes;

typedef struct PieceEntry
{
	Bytes		key;
	uint32		hash;
	char		status;
	int			n_parts;
	int			advance;		/* positions that the piece takes */
	Part	   *parts;
} PieceEntry;

typedef struct LexemeEntry
{
	Bytes		key;
	uint32		hash;
	char		status;
	Lexeme	   *lexeme;
} LexemeEntry;

#define HASH_BYTES(k) hash_bytes((const unsigned char *) (k).s, (k).len)
#define SAME_BYTES(a, b) ((a).len == (b).len && memcmp((a).s, (b).s, (a).len) == 0)

#define SH_PREFIX piece
#define SH_ELEMENT_TYPE PieceEntry
#define SH_KEY_TYPE Bytes
#define SH_KEY key
#define SH_HASH_KEY(tb, k) HASH_BYTES(k)
#define SH_EQUAL(tb, a, b) SAME_BYTES(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SH_PREFIX lexeme
#define SH_ELEMENT_TYPE LexemeEntry
#define SH_KEY_TYPE Bytes
#define SH_KEY key
#define SH_HASH_KEY(tb, k) HASH_BYTES(k)
#define SH_EQUAL(tb, a, b) SAME_BYTES(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What this session remembers; NULL context: nothing yet */
static MemoryContext memory = NULL;
static piece_hash *pieces;
static lexeme_hash *lexemes;
static Oid	configuration;
static bool stale = false;
static uint64 documents = 0;

/* A lexeme of the document that is being made */
typedef struct Slot
{
	Lexeme	   *lexeme;
	int			n;				/* positions */
	int			last;			/* the last of them */
	int			end;			/* of its bytes in the tsvector */
} Slot;

/* One occurrence */
typedef struct Occurrence
{
	int			slot;
	WordEntryPos position;
} Occurrence;

typedef struct Document
{
	Slot	   *slots;
	int			n_slots;
	int			max_slots;
	Occurrence *occurrences;
	int			n_occurrences;
	int			max_occurrences;
	int			position;		/* that the next word counts from */
	int			last;			/* greatest that a lexeme has */
	size_t		bytes;			/* of lexemes and positions, at most */
} Document;

static int
compare_slots(const Slot *a, const Slot *b)
{
	int			c;

	if (a->lexeme->head != b->lexeme->head)
		return a->lexeme->head < b->lexeme->head ? -1 : 1;
	c = memcmp(a->lexeme->text, b->lexeme->text, Min(a->lexeme->len, b->lexeme->len));
	return c != 0 ? c : a->lexeme->len - b->lexeme->len;
}

#define ST_SORT sort_slots
#define ST_ELEMENT_TYPE Slot
#define ST_COMPARE(a, b) compare_slots(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* A text search configuration, dictionary or parser has changed. */
static void
forget(Datum arg, int cache, uint32 hash)
{
	stale = true;
}

/* Makes ready to remember words, having forgotten too many or stale ones. */
static void
prepare(void)
{
	static bool registered = false;

	if (!registered)
	{
		CacheRegisterSyscacheCallback(TSPARSEROID, forget, (Datum) 0);
		CacheRegisterSyscacheCallback(TSDICTOID, forget, (Datum) 0);
		CacheRegisterSyscacheCallback(TSCONFIGOID, forget, (Datum) 0);
		CacheRegisterSyscacheCallback(TSCONFIGMAP, forget, (Datum) 0);
		registered = true;
	}
	if (memory != NULL && (stale || MemoryContextMemAllocated(memory, true) > MEMORY_MAX))
	{
		MemoryContextDelete(memory);
		memory = NULL;
	}
	if (memory == NULL)
	{
		MemoryContext made = AllocSetContextCreate(TopMemoryContext, "jobmarket search words",
												   ALLOCSET_DEFAULT_SIZES);

		stale = false;
		configuration = get_ts_config_oid(list_make2(makeString("pg_catalog"),
													 makeString(CONFIGURATION)), false);
		pieces = piece_create(made, 8192, NULL);
		lexemes = lexeme_create(made, 8192, NULL);
		memory = made;
	}
}

/* The one copy of a lexeme. */
static Lexeme *
intern(const char *s, int len)
{
	Bytes		key = {s, len};
	LexemeEntry *entry = lexeme_lookup(lexemes, key);
	Lexeme	   *lexeme;
	bool		found;
	char		head[8] = {0};

	if (entry != NULL)
		return entry->lexeme;
	lexeme = MemoryContextAlloc(memory, sizeof(Lexeme) + len);
	lexeme->text = (char *) (lexeme + 1);
	memcpy(lexeme->text, s, len);
	lexeme->len = len;
	memcpy(head, s, Min(len, 8));
	memcpy(&lexeme->head, head, 8);
	lexeme->head = pg_ntoh64(lexeme->head);
	lexeme->document = 0;
	key.s = lexeme->text;
	lexeme_insert(lexemes, key, &found)->lexeme = lexeme;
	return lexeme;
}

/* What PostgreSQL makes of a piece; remembered. */
static PieceEntry *
look_up(const char *s, int len)
{
	Bytes		key = {s, len};
	PieceEntry *entry = piece_lookup(pieces, key);
	ParsedText	parsed;
	Part	   *parts;
	char	   *copy;
	bool		found;

	if (likely(entry != NULL))
		return entry;
	memset(&parsed, 0, sizeof(parsed));
	parsed.lenwords = 16;
	parsed.words = palloc(sizeof(ParsedWord) * parsed.lenwords);
	parsetext(configuration, &parsed, unconstify(char *, s), len);
	copy = MemoryContextAlloc(memory, sizeof(Part) * parsed.curwords + len);
	parts = (Part *) copy;
	copy += sizeof(Part) * parsed.curwords;
	memcpy(copy, s, len);
	for (int i = 0; i < parsed.curwords; i++)
	{
		parts[i].lexeme = intern(parsed.words[i].word, parsed.words[i].len);
		parts[i].position = parsed.words[i].pos.pos;
		pfree(parsed.words[i].word);
	}
	pfree(parsed.words);
	key.s = copy;
	entry = piece_insert(pieces, key, &found);
	entry->parts = parts;
	entry->n_parts = parsed.curwords;
	entry->advance = parsed.pos;
	return entry;
}

/* Adds an occurrence of a lexeme; false when the document is full. */
static bool
add_occurrence(Document *d, Lexeme *lexeme, int position, int weight)
{
	Slot	   *slot;
	WordEntryPos at = 0;

	position = LIMITPOS(position);
	WEP_SETWEIGHT(at, weight);
	WEP_SETPOS(at, position);
	if (lexeme->document != documents)
	{
		/* the string, its padding, and the number of its positions */
		size_t		bytes = lexeme->len + 1 + sizeof(uint16);

		if (d->bytes + bytes + sizeof(WordEntryPos) > MAXSTRPOS)
			return false;
		if (d->n_slots == d->max_slots)
			d->slots = repalloc(d->slots, sizeof(Slot) * (d->max_slots *= 2));
		lexeme->document = documents;
		lexeme->slot = d->n_slots++;
		d->slots[lexeme->slot].lexeme = lexeme;
		d->slots[lexeme->slot].n = 0;
		d->slots[lexeme->slot].last = 0;
		d->bytes += bytes;
	}
	slot = &d->slots[lexeme->slot];
	if (slot->n >= MAXNUMPOS - 1 || slot->last == position)
		return true;
	if (d->bytes + sizeof(WordEntryPos) > MAXSTRPOS)
		return false;
	if (d->n_occurrences == d->max_occurrences)
		d->occurrences = repalloc(d->occurrences,
								  sizeof(Occurrence) * (d->max_occurrences *= 2));
	d->occurrences[d->n_occurrences].slot = lexeme->slot;
	d->occurrences[d->n_occurrences++].position = at;
	slot->last = position;
	slot->n++;
	d->bytes += sizeof(WordEntryPos);
	d->last = Max(d->last, position);
	return true;
}

/*
 * A text as text search is to see it: normalised, with blanks instead of
 * signs.  The server's parser asks the database's locale, and in "C" takes
 * all for letters; so that documents do not depend on it, signs part words.
 */
static char *
search_words(text *t, size_t *length)
{
	size_t		len;
	char	   *utf8 = jm_utf8(t, &len);
	char	   *s = MemoryContextAllocHuge(CurrentMemoryContext, JM_NORMALISED_MAX(len) + 1);

	len = jm_normalise(utf8, len, s, NULL, JM_SIGN_IS_SPACE, jm_check_interrupts);
	s[len] = '\0';
	*length = len;
	return s;
}

/* Adds the words of a text with a weight: 0 (D) to 3 (A). */
static void
add_text(Document *d, text *t, int weight)
{
	size_t		len;
	char	   *s = search_words(t, &len);
	const char *at;
	const char *end;
	int			turn = 0;

	for (at = s, end = s + len; at < end;)
	{
		const char *next = at;
		const char *from;
		int			n;
		PieceEntry *piece;

		while (next < end && *next != ' ' && next - at < PIECE_MAX)
			next++;
		if (next < end && *next != ' ')
		{
			/* cut between characters */
			n = pg_mbcliplen(at, Min(end - at, 2 * PIECE_MAX), PIECE_MAX);
			next = at + Max(n, 1);
		}

		/* punctuation around a word is not part of it */
		from = at;
		at = next + (next < end && *next == ' ');
		while (from < next && strchr("(\"',;:~", *from))
			from++;
		while (next > from && strchr(".,;:!?)\"'", next[-1]))
			next--;
		if (from == next)
			continue;
		if ((++turn & 0x3FF) == 0)
			CHECK_FOR_INTERRUPTS();
		piece = look_up(from, next - from);
		for (int i = 0; i < piece->n_parts; i++)
			if (!add_occurrence(d, piece->parts[i].lexeme,
								d->position + piece->parts[i].position, weight))
				return;
		d->position += piece->advance;
	}
}

/* The document as a tsvector. */
static TSVector
assemble(Document *d)
{
	TSVector	out;
	Slot	   *slots = d->slots;
	int		   *place = palloc(sizeof(int) * Max(d->n_slots, 1));
	WordEntry  *entries;
	char	   *strings;
	int			at = 0;
	Size		size;

	sort_slots(slots, d->n_slots);
	for (int i = 0; i < d->n_slots; i++)
	{
		place[slots[i].lexeme->slot] = i;
		at = SHORTALIGN(at + slots[i].lexeme->len) + sizeof(uint16) +
			slots[i].n * sizeof(WordEntryPos);
		slots[i].end = at;
	}
	size = CALCDATASIZE(d->n_slots, at);
	out = palloc0(size);
	SET_VARSIZE(out, size);
	out->size = d->n_slots;
	entries = ARRPTR(out);
	strings = STRPTR(out);
	for (int i = 0; i < d->n_slots; i++)
	{
		Lexeme	   *lexeme = slots[i].lexeme;

		entries[i].haspos = 1;
		entries[i].len = lexeme->len;
		entries[i].pos = i == 0 ? 0 : slots[i - 1].end;
		memcpy(strings + entries[i].pos, lexeme->text, lexeme->len);
		_POSVECPTR(out, &entries[i])->npos = slots[i].n;
		slots[i].n = 0;
	}
	for (int i = 0; i < d->n_occurrences; i++)
	{
		int			slot = place[d->occurrences[i].slot];

		POSDATAPTR(out, &entries[slot])[slots[slot].n++] = d->occurrences[i].position;
	}
	return out;
}

PG_FUNCTION_INFO_V1(jobmarket_search_words);

/* search_words(text) -> text */
Datum
jobmarket_search_words(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *s = search_words(PG_GETARG_TEXT_PP(0), &len);

	PG_RETURN_TEXT_P(jm_text_from_utf8(s, len));
}

PG_FUNCTION_INFO_V1(jobmarket_search_document);

/* search_document(title text, body text) -> tsvector; either may be NULL */
Datum
jobmarket_search_document(PG_FUNCTION_ARGS)
{
	Document	d = {0};

	prepare();
	documents++;
	d.max_slots = d.max_occurrences = 256;
	d.slots = palloc(sizeof(Slot) * d.max_slots);
	d.occurrences = palloc(sizeof(Occurrence) * d.max_occurrences);
	if (!PG_ARGISNULL(0))
		add_text(&d, PG_GETARG_TEXT_PP(0), 3);
	/* as when two documents are joined by || */
	d.position = d.last;
	if (!PG_ARGISNULL(1))
		add_text(&d, PG_GETARG_TEXT_PP(1), 0);
	PG_RETURN_TSVECTOR(assemble(&d));
}
