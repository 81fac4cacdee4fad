/*
 * params.c
 *		Query strings and form bodies.
 */
#include <stdlib.h>
#include <string.h>

#include "emu.h"

/* More parameters than anyone sends: what follows is ignored. */
#define MAX_PARAMS 100

void
params_parse(Params *params, const char *query)
{
	char	   *p;

	params->count = 0;
	params->items = xmalloc(MAX_PARAMS * sizeof(Param));
	params->copy = xstrdup(query ? query : "");
	for (p = params->copy; *p && params->count < MAX_PARAMS;)
	{
		char	   *next = p + strcspn(p, "&");
		char	   *equal;

		if (*next)
			*next++ = '\0';
		if (*p)
		{
			Param	   *item = &params->items[params->count++];

			equal = strchr(p, '=');
			if (equal)
				*equal++ = '\0';
			else
				equal = p + strlen(p);
			percent_decode(p, true);
			percent_decode(equal, true);
			item->name = p;
			item->value = equal;
		}
		p = next;
	}
}

/* The first value of that name; an empty one counts as absent. */
const char *
params_get(const Params *params, const char *name)
{
	for (int i = 0; i < params->count; i++)
		if (strcmp(params->items[i].name, name) == 0)
			return params->items[i].value[0] ? params->items[i].value : NULL;
	return NULL;
}

void
params_free(Params *params)
{
	free(params->items);
	free(params->copy);
	memset(params, 0, sizeof(*params));
}
