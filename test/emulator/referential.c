/*
 * referential.c
 *		/v2/referentiel/{name}: bare arrays of the embedded tables.
 */
#include <string.h>

#include "data.h"
#include "emu.h"

typedef struct List
{
	const char *name;
	const DataPair *pairs;
	const int  *count;
} List;

static const List lists[] = {
	{"regions", data_regions, &data_regions_count},
	{"pays", data_countries, &data_countries_count},
	{"continents", data_continents, &data_continents_count},
	{"langues", data_languages, &data_languages_count},
	{"permis", data_licences, &data_licences_count},
	{"niveauxFormations", data_levels, &data_levels_count},
	{"naturesContrats", data_natures, &data_natures_count},
	{"typesContrats", data_types, &data_types_count},
	{"domaines", data_domains, &data_domains_count},
	{"themes", data_themes, &data_themes_count},
	{"nafs", data_nafs, &data_nafs_count},
};

static uint32_t
put_row(Buf *buf, uint32_t rows, const char *code, const char *label)
{
	buf_adds(buf, rows ? ",{\"code\":" : "{\"code\":");
	buf_json_string(buf, code);
	buf_adds(buf, ",\"libelle\":");
	buf_json_string(buf, label);
	buf_adds(buf, "}");
	return rows + 1;
}

static uint32_t
put_communes(Buf *buf)
{
	uint32_t	rows = 0;

	for (int i = 0; i < data_communes_count; i++)
	{
		const DataCommune *c = &data_communes[i];

		rows = put_row(buf, rows, c->code, c->name);
		buf->len--;
		buf_addf(buf, ",\"codePostal\":\"%s\",\"codeDepartement\":\"%s\"}", c->postal, c->dept);
	}
	return rows;
}

static uint32_t
put_depts(Buf *buf)
{
	uint32_t	rows = 0;

	for (int i = 0; i < data_depts_count; i++)
	{
		rows = put_row(buf, rows, data_depts[i].code, data_depts[i].name);
		for (int j = 0; j < data_regions_count; j++)
		{
			if (strcmp(data_regions[j].code, data_depts[i].region) != 0)
				continue;
			buf->len--;
			buf_adds(buf, ",\"region\":");
			put_row(buf, 0, data_regions[j].code, data_regions[j].label);
			buf_adds(buf, "}");
		}
	}
	return rows;
}

static uint32_t
put_metiers(Buf *buf)
{
	uint32_t	rows = 0;

	for (uint32_t i = 0; i < romes_count; i++)
		rows = put_row(buf, rows, romes[i].code, romes[i].label);
	return rows;
}

/* Several titles may stand for one appellation: it is listed once. */
static uint32_t
put_appellations(Buf *buf)
{
	uint32_t	rows = 0;

	for (int i = 0; i < data_romes_count; i++)
	{
		const DataTitle *t = data_romes[i].titles;

		for (int j = 0; j < DATA_MAX_TITLES && t[j].title; j++)
		{
			bool		seen = false;

			for (int k = 0; k < j; k++)
				seen |= strcmp(t[k].code, t[j].code) == 0;
			if (!seen)
				rows = put_row(buf, rows, t[j].code, t[j].appellation);
		}
	}
	return rows;
}

/* Divisions: the label is that of their first activity. */
static uint32_t
put_sectors(Buf *buf)
{
	uint32_t	rows = 0;
	char		code[3] = "";

	for (int i = 0; i < data_nafs_count; i++)
	{
		if (strncmp(code, data_nafs[i].code, 2) == 0)
			continue;
		memcpy(code, data_nafs[i].code, 2);
		rows = put_row(buf, rows, code, data_nafs[i].label);
	}
	return rows;
}

void
referential_run(Reply *reply, const char *name)
{
	static const struct
	{
		const char *name;
		uint32_t	(*put) (Buf *buf);
	}			made[] =
	{
		{"communes", put_communes},
		{"departements", put_depts},
		{"metiers", put_metiers},
		{"appellations", put_appellations},
		{"secteursActivites", put_sectors},
	};
	uint32_t	rows = 0;
	bool		found = false;

	buf_adds(&reply->body, "[");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		if (strcmp(lists[i].name, name) != 0)
			continue;
		found = true;
		for (int j = 0; j < *lists[i].count; j++)
			rows = put_row(&reply->body, rows, lists[i].pairs[j].code, lists[i].pairs[j].label);
	}
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
	{
		if (strcmp(made[i].name, name) != 0)
			continue;
		found = true;
		rows = made[i].put(&reply->body);
	}
	buf_adds(&reply->body, "]");
	if (!found)
	{
		buf_free(&reply->body);
		reply->status = 404;
		return;
	}
	reply->status = 200;
	reply->rows = rows;
	reply->type = "application/json;charset=UTF-8";
	reply_header(reply, "Content-Range", "%s */%u", name, rows);
}
