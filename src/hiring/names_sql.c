/*
 * names_sql.c
 *		Texts by number, in order of appearance.
 */
#include "postgres.h"

#include "hiring/names_sql.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* An empty table. */
void
jm_names_init(JmNames *names, MemoryContext context)
{
	memset(names, 0, sizeof(*names));
	names->context = context;
}

/* The first bytes of a name, of which most have no more. */
static uint64
name_head(const text *name)
{
	uint64		head = 0;

	memcpy(&head, VARDATA_ANY(name), Min(VARSIZE_ANY_EXHDR(name), sizeof(head)));
	return head;
}

/* The slot of a name, or the one where it would go. */
static uint32
name_slot(const JmNames *names, const text *name, uint64 head)
{
	int			length = VARSIZE_ANY_EXHDR(name);

	/* a multiplicative hash; the high bits are the good ones */
	uint32		slot = (uint32) (((head ^ length) * UINT64CONST(0x9E3779B97F4A7C15)) >> 32) & names->mask;

	for (; names->slots[slot].number != 0; slot = (slot + 1) & names->mask)
	{
		const text *other = names->names[names->slots[slot].number - 1];

		if (names->slots[slot].head == head && VARSIZE_ANY_EXHDR(other) == length &&
			(length <= sizeof(head) ||
			 memcmp(VARDATA_ANY(other), VARDATA_ANY(name), length) == 0))
			break;
	}
	return slot;
}

static void
names_grow(JmNames *names)
{
	int			room = names->room ? names->room * 2 : 64;
	text	  **larger = MemoryContextAllocHuge(names->context, sizeof(text *) * room);

	if (names->n > 0)
		memcpy(larger, names->names, sizeof(text *) * names->n);
	names->names = larger;
	names->room = room;
	names->mask = 2 * room - 1;
	names->slots = MemoryContextAllocExtended(names->context, sizeof(*names->slots) * 2 * room,
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < names->n; i++)
	{
		uint64		head = name_head(names->names[i]);
		uint32		slot = name_slot(names, names->names[i], head);

		names->slots[slot].head = head;
		names->slots[slot].number = i + 1;
	}
}

/*
 * Number of a name, a text, from 0: a new one where it was not met before, or -1
 * if not add.
 */
int32
jm_name_number(JmNames *names, Datum datum, bool add)
{
	text	   *name = DatumGetTextPP(datum);
	uint64		head = name_head(name);
	uint32		slot;

	if (names->n == names->room)
		names_grow(names);
	slot = name_slot(names, name, head);
	if (names->slots[slot].number == 0)
	{
		Size		size = VARSIZE_ANY(name);

		if (!add)
			return -1;
		names->names[names->n] = MemoryContextAlloc(names->context, size);
		memcpy(names->names[names->n], name, size);
		names->slots[slot].head = head;
		names->slots[slot].number = ++names->n;
	}
	return names->slots[slot].number - 1;
}
