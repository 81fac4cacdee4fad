/*
 * churn.c
 *		A stock that lives: offers created, changed and removed while it is
 *		being read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "emu.h"

static uint64_t steps;
static uint32_t next_serial;

/* A living offer, by chance; UINT32_MAX when there is none.  Locked. */
uint32_t
churn_random_slot(uint64_t key)
{
	if (index_count[0] == 0)
		return UINT32_MAX;
	return index_rows[0][mix64(key) % index_count[0]];
}

static void
set_raw(Offer *o, json_t *doc)
{
	o->raw = json_dumps(doc, JSON_COMPACT);
	o->raw_len = o->raw ? strlen(o->raw) : 0;
}

/* A copy of a document of the file under a new id */
static bool
copy_document(uint32_t serial, int64_t at_ms, Offer *o)
{
	uint32_t	slot = churn_random_slot(serial);
	json_t	   *doc;
	char		date[32];

	if (slot == UINT32_MAX)
		return false;
	*o = offers[slot];
	doc = json_loadb(o->raw, o->raw_len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(doc))
	{
		json_decref(doc);
		return false;
	}
	snprintf(o->id, sizeof(o->id), "9%06u", serial % 1000000);
	o->created = o->updated = at_ms;
	format_iso_ms(date, at_ms);
	json_object_set_new(doc, "id", json_string(o->id));
	json_object_set_new(doc, "dateCreation", json_string(date));
	json_object_set_new(doc, "dateActualisation", json_string(date));
	set_raw(o, doc);
	json_decref(doc);
	return o->raw != NULL;
}

/* Create offers at that instant; the store is locked for writing. */
uint32_t
churn_create(uint32_t count, int64_t at_ms)
{
	uint32_t	made = 0;

	if (next_serial < offers_count)
		next_serial = offers_count;
	for (uint32_t i = 0; i < count && next_serial < 7900000; i++, next_serial++)
	{
		Offer		o;
		uint32_t	other;

		if (options.file)
		{
			if (!copy_document(next_serial, at_ms, &o))
				continue;
		}
		else
		{
			generate_one(next_serial, &o);
			o.created = o.updated = at_ms;
		}
		if (store_find(o.id, &other))
			continue;
		store_insert(store_add(&o));
		made++;
	}
	return made;
}

/* Change title, salary and dateActualisation; locked for writing. */
bool
churn_change(uint32_t slot)
{
	Offer	   *o = &offers[slot];
	int64_t		now = clock_ms();

	if (!(o->flags & FLAG_ALIVE))
		return false;
	if (o->raw)
	{
		json_t	   *doc = json_loadb(o->raw, o->raw_len, JSON_ALLOW_NUL, NULL);
		const char *title = json_string_value(json_object_get(doc, "intitule"));
		char text[	64];
		Buf			changed = {0};

		if (!json_is_object(doc))
		{
			json_decref(doc);
			return false;
		}
		buf_addf(&changed, "%s - mise à jour", title ? title : "");
		json_object_set_new(doc, "intitule", json_string(changed.data));
		buf_free(&changed);
		snprintf(text, sizeof(text), "Mensuel de %d.0 Euros sur 12.0 mois", 1900 + (o->rev * 37 + o->serial) % 900);
		json_object_set_new(doc, "salaire", json_pack("{s:s}", "libelle", text));
		format_iso_ms(text, now);
		json_object_set_new(doc, "dateActualisation", json_string(text));
		/* nobody reads it: the store is locked for writing */
		free((char *) o->raw);
		set_raw(o, doc);
		json_decref(doc);
	}
	o->rev++;
	o->updated = now > o->updated ? now : o->updated + 1;
	store_version++;
	return true;
}

/* A number of events whose mean is given, which may be a fraction */
static uint32_t
events(double mean, uint64_t key)
{
	uint64_t	state = mix64(key);
	uint32_t	whole = (uint32_t) mean;

	return whole + rng_chance(&state, mean - whole);
}

/* What happens to the stock between two searches */
void
churn_step(void)
{
	uint64_t	key;
	uint32_t	n;

	if (faults.churn_create <= 0 && faults.churn_change <= 0 && faults.churn_remove <= 0)
		return;
	pthread_rwlock_wrlock(&store_lock);
	key = mix64((uint64_t) faults.seed ^ (++steps << 8));
	churn_create(events(faults.churn_create, key ^ 1), clock_ms());
	n = events(faults.churn_change, key ^ 2);
	for (uint32_t i = 0; i < n && index_count[0]; i++)
		churn_change(churn_random_slot(key ^ (i << 8) ^ 3));
	n = events(faults.churn_remove, key ^ 4);
	for (uint32_t i = 0; i < n && index_count[0]; i++)
		store_remove(churn_random_slot(key ^ (i << 8) ^ 5));
	pthread_rwlock_unlock(&store_lock);
}
