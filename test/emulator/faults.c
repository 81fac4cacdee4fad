/*
 * faults.c
 *		Misbehaviour on request.
 *
 * Whether a request is hit follows from the fault seed, the number of the
 * request among those of its path and the kind of fault, so that a run can be
 * repeated.  Each kind draws on its own: several may hit one request, and
 * those that only deform the answer add up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu.h"

typedef enum
{
	OPT_RATE,					/* probability, or mean for churn */
	OPT_INT,
	OPT_SWITCH,
	OPT_STORM,
	OPT_PATH
} OptionKind;

typedef struct FaultOption
{
	const char *name;
	OptionKind	kind;
	size_t		offset;
	const char *help;
} FaultOption;

Faults		faults;

static const char *const html_body =
"<!DOCTYPE html><html><head><title>Maintenance</title></head>"
"<body><h1>Service momentanément indisponible</h1></body></html>";

static const Faults defaults = {
	.retry_after = 1,
	.oversize_bytes = 80000000,
	.stall_seconds = 30,
	.drip_rate = 200,
	.only_path = "search",
};

#define FIELD(f) offsetof(Faults, f)

static const FaultOption table[] = {
	{"fault-429", OPT_RATE, FIELD(f429), "answer 429 with Retry-After"},
	{"retry-after", OPT_INT, FIELD(retry_after), "seconds in Retry-After (1)"},
	{"storm-429", OPT_STORM, FIELD(storm_every), "EVERY:LENGTH, runs of 429"},
	{"fault-401", OPT_RATE, FIELD(f401), "answer 401 and revoke the token"},
	{"revoke-after", OPT_INT, FIELD(revoke_after), "revoke all tokens after N requests, once"},
	{"fault-500", OPT_RATE, FIELD(f500), "answer 500 with JSON"},
	{"fault-502", OPT_RATE, FIELD(f502), "answer 502 with HTML"},
	{"fault-503", OPT_RATE, FIELD(f503), "answer 503 with HTML"},
	{"fault-html", OPT_RATE, FIELD(html), "answer 200 with HTML"},
	{"fault-truncate", OPT_RATE, FIELD(truncate), "close before Content-Length bytes"},
	{"fault-badjson", OPT_RATE, FIELD(badjson), "cut the JSON, in valid HTTP"},
	{"fault-oversize", OPT_RATE, FIELD(oversize), "send a huge body"},
	{"oversize-bytes", OPT_INT, FIELD(oversize_bytes), "its size (80000000)"},
	{"fault-reset", OPT_RATE, FIELD(reset), "close without an answer"},
	{"fault-stall", OPT_RATE, FIELD(stall), "send nothing for a while"},
	{"stall-seconds", OPT_INT, FIELD(stall_seconds), "how long (30)"},
	{"fault-drip", OPT_RATE, FIELD(drip), "send the body slowly"},
	{"drip-bytes-per-second", OPT_INT, FIELD(drip_rate), "how slowly (200)"},
	{"slow-ms", OPT_INT, FIELD(slow_ms), "delay every answer"},
	{"fault-norange", OPT_RATE, FIELD(norange), "leave out Content-Range"},
	{"fault-wrongrange", OPT_RATE, FIELD(wrongrange), "wrong total or positions"},
	{"fault-duplicate", OPT_RATE, FIELD(duplicate), "repeat rows of the previous page instead of its own"},
	{"fault-badoffer", OPT_RATE, FIELD(badoffer), "spoil offers, per offer"},
	{"fault-redirect", OPT_RATE, FIELD(redirect), "302 to another host"},
	{"fault-nojson-token", OPT_SWITCH, FIELD(nojson_token), "token endpoint answers 503 HTML"},
	{"token-delay-ms", OPT_INT, FIELD(token_delay_ms), "delay of the token endpoint"},
	{"churn-create", OPT_RATE, FIELD(churn_create), "mean of offers created before each search"},
	{"churn-change", OPT_RATE, FIELD(churn_change), "mean of offers changed"},
	{"churn-remove", OPT_RATE, FIELD(churn_remove), "mean of offers removed"},
	{"clock-shift", OPT_INT, FIELD(clock_shift), "seconds taken off the date bounds"},
	{"fault-nodates", OPT_SWITCH, FIELD(nodates), "take no notice of the date bounds"},
	{"own-first", OPT_SWITCH, FIELD(own_first), "without origineOffre pages hold own offers only"},
	{"shape", OPT_INT, FIELD(shape), "areas of isochrones spoilt in way 1 to 9"},
	{"fault-after", OPT_INT, FIELD(after), "faults start after N requests"},
	{"fault-seed", OPT_INT, FIELD(seed), "seed of the faults (0)"},
	{"only-path", OPT_PATH, FIELD(only_path), "search (default), detail, token, referentiel, isochrone or any"},
};

#define TABLE_SIZE ((int) (sizeof(table) / sizeof(table[0])))

static const char *const path_names[] = {"search", "detail", "token", "referentiel", "isochrone", "other"};

static uint64_t counters[PATH_OTHER + 1];
static bool revoked;
static pthread_mutex_t fault_lock = PTHREAD_MUTEX_INITIALIZER;

const char *
fault_option_name(int i)
{
	return i < TABLE_SIZE ? table[i].name : NULL;
}

/* The option of that name; "fault-" may be left out and _ stand for -. */
static const FaultOption *
find_option(const char *name)
{
	for (int i = 0; i < TABLE_SIZE; i++)
	{
		const char *n = table[i].name;
		int			skip = strncmp(n, "fault-", 6) == 0 ? 6 : 0;

		for (int k = 0; k <= skip; k += 6)
		{
			size_t		j = 0;

			while (n[k + j] && (n[k + j] == name[j] || (n[k + j] == '-' && name[j] == '_')))
				j++;
			if (!n[k + j] && !name[j])
				return &table[i];
		}
	}
	return NULL;
}

bool
fault_option_is_switch(const char *name)
{
	const FaultOption *opt = find_option(name);

	return opt && opt->kind == OPT_SWITCH;
}

/* Set one option from its text; false when either makes no sense. */
bool
fault_set(const char *name, const char *value)
{
	const FaultOption *opt = find_option(name);
	void	   *field;
	char	   *end;
	bool		ok = true;

	if (opt == NULL || value == NULL || !*value)
		return false;
	field = (char *) &faults + opt->offset;
	switch (opt->kind)
	{
		case OPT_RATE:
			{
				double		x = strtod(value, &end);

				ok = *end == '\0' && x >= 0 && x < 1e6;
				if (ok)
					*(double *) field = x;
				break;
			}
		case OPT_INT:
			{
				int64_t		n = strtoll(value, &end, 10);

				ok = *end == '\0';
				if (ok)
					*(int64_t *) field = n;
				if (ok && field == &faults.revoke_after)
					revoked = false;
				break;
			}
		case OPT_SWITCH:
			*(bool *) field = strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
			break;
		case OPT_STORM:
			{
				long long	every;
				long long	length;

				ok = strcmp(value, "0") == 0;
				if (ok)
					every = length = 0;
				else
					ok = sscanf(value, "%lld:%lld", &every, &length) == 2 && every > 0 && length >= 0;
				if (ok)
				{
					faults.storm_every = every;
					faults.storm_length = length;
				}
				break;
			}
		case OPT_PATH:
			ok = strcmp(value, "any") == 0;
			for (int i = 0; i < PATH_OTHER; i++)
				ok |= strcmp(value, path_names[i]) == 0;
			if (ok)
				snprintf(faults.only_path, sizeof(faults.only_path), "%s", value);
			break;
	}
	return ok;
}

void
faults_reset(void)
{
	faults = defaults;
	revoked = false;
	memset(counters, 0, sizeof(counters));
}

void
faults_help(void)
{
	for (int i = 0; i < TABLE_SIZE; i++)
		printf("  --%-22s %s\n", table[i].name, table[i].help);
}

/* The settings as a JSON object */
void
faults_describe(Buf *buf)
{
	buf_adds(buf, "{");
	for (int i = 0; i < TABLE_SIZE; i++)
	{
		const char *field = (char *) &faults + table[i].offset;

		buf_addf(buf, "%s\"%s\":", i ? "," : "", table[i].name);
		switch (table[i].kind)
		{
			case OPT_RATE:
				buf_addf(buf, "%g", *(const double *) field);
				break;
			case OPT_INT:
				buf_addf(buf, "%lld", (long long) *(const int64_t *) field);
				break;
			case OPT_SWITCH:
				buf_adds(buf, *(const bool *) field ? "true" : "false");
				break;
			case OPT_STORM:
				buf_addf(buf, "\"%lld:%lld\"", (long long) faults.storm_every, (long long) faults.storm_length);
				break;
			case OPT_PATH:
				buf_json_string(buf, faults.only_path);
				break;
		}
	}
	buf_adds(buf, "}");
}

/* Number of this request among those of its path, from 1 */
uint64_t
fault_count(PathKind path)
{
	uint64_t	n;

	pthread_mutex_lock(&fault_lock);
	n = ++counters[path];
	pthread_mutex_unlock(&fault_lock);
	return n;
}

static bool
concerned(PathKind path, uint64_t counter)
{
	if (counter <= (uint64_t) (faults.after > 0 ? faults.after : 0))
		return false;
	return strcmp(faults.only_path, "any") == 0 || strcmp(faults.only_path, path_names[path]) == 0;
}

static uint64_t
draw(uint64_t counter, const void *kind)
{
	uint64_t	offset = (const char *) kind - (const char *) &faults;

	return mix64(mix64((uint64_t) faults.seed ^ (offset << 40)) ^ counter);
}

static bool
hit(uint64_t counter, const double *rate)
{
	return *rate > 0 && (draw(counter, rate) >> 11) * (1.0 / 9007199254740992.0) < *rate;
}

static void
html(Reply *reply, int status)
{
	reply_clear(reply);
	reply->status = status;
	reply->type = "text/html; charset=UTF-8";
	buf_adds(&reply->body, html_body);
}

/*
 * Faults that take the place of the answer.  True when one did; the request
 * is then not run at all.
 */
bool
fault_before(Reply *reply, PathKind path, uint64_t counter, int client, const char *authorization)
{
	bool		revoke = false;

	if (path == PATH_TOKEN && faults.nojson_token)
	{
		html(reply, 503);
		reply_note(reply, "nojson-token");
		return true;
	}
	if (path == PATH_SEARCH && faults.revoke_after > 0)
	{
		pthread_mutex_lock(&fault_lock);
		revoke = !revoked && counter > (uint64_t) faults.revoke_after;
		revoked |= revoke;
		pthread_mutex_unlock(&fault_lock);
	}
	if (revoke)
	{
		token_revoke_all();
		reply_clear(reply);
		reply->status = 401;
		reply_header(reply, "WWW-Authenticate", "Bearer");
		reply_note(reply, "revoke-all");
		return true;
	}
	if (!concerned(path, counter))
		return false;
	if (hit(counter, &faults.stall))
	{
		/* the answer itself comes later, and may have its own fault */
		reply->delay_ms += (int) (faults.stall_seconds * 1000);
		reply_note(reply, "stall");
	}
	if (hit(counter, &faults.reset))
	{
		reply->delivery = DELIVER_RESET;
		reply->status = 0;
		reply_note(reply, "reset");
		return true;
	}
	if (hit(counter, &faults.f401) && client >= 0)
	{
		token_revoke_last(client, authorization);
		reply_clear(reply);
		reply->status = 401;
		reply_header(reply, "WWW-Authenticate", "Bearer");
		reply_note(reply, "401");
		return true;
	}
	if (hit(counter, &faults.f429) ||
		(faults.storm_every > 0 &&
		 counter % (uint64_t) (faults.storm_every + faults.storm_length) >= (uint64_t) faults.storm_every))
	{
		reply_clear(reply);
		reply->status = 429;
		reply->type = "text/plain";
		reply_header(reply, "Retry-After", "%lld", (long long) faults.retry_after);
		buf_adds(&reply->body, "Too Many Requests");
		reply_note(reply, "429");
		return true;
	}
	if (hit(counter, &faults.f500))
	{
		reply_clear(reply);
		reply->status = 500;
		reply->type = "application/json;charset=UTF-8";
		buf_adds(&reply->body, "{\"codeErreur\":\"JCS0011G\",\"codeHttp\":500,\"message\":"
				 "\"La vue service retournée par le connecteur HTTP est nulle ou mal formée\"}");
		reply_note(reply, "500");
		return true;
	}
	if (hit(counter, &faults.f502))
	{
		html(reply, 502);
		reply_note(reply, "502");
		return true;
	}
	if (hit(counter, &faults.f503))
	{
		html(reply, 503);
		reply_note(reply, "503");
		return true;
	}
	if (hit(counter, &faults.html))
	{
		html(reply, 200);
		reply_note(reply, "html");
		return true;
	}
	if (hit(counter, &faults.redirect))
	{
		reply_clear(reply);
		reply->status = 302;
		reply_header(reply, "Location", "http://127.0.0.2:1/");
		reply_note(reply, "redirect");
		return true;
	}
	if (hit(counter, &faults.oversize))
	{
		reply_clear(reply);
		reply->status = 206;
		reply->type = "application/json;charset=UTF-8";
		reply_header(reply, "Content-Range", "offres 0-149/100000");
		reply->delivery = DELIVER_OVERSIZE;
		reply->size = faults.oversize_bytes;
		reply_note(reply, "oversize");
		return true;
	}
	return false;
}

/* Faults that deform an answer already made */
void
fault_after(Reply *reply, PathKind path, uint64_t counter)
{
	if (!concerned(path, counter) || reply->body.len < 2)
		return;
	if (hit(counter, &faults.badjson))
	{
		reply->body.len = 1 + draw(counter, &faults.badjson) / 7 % (reply->body.len - 1);
		reply_note(reply, "badjson");
	}
	if (hit(counter, &faults.truncate))
	{
		reply->delivery = DELIVER_TRUNCATE;
		reply->size = draw(counter, &faults.truncate) / 7 % reply->body.len;
		reply_note(reply, "truncate");
	}
	else if (hit(counter, &faults.drip))
	{
		reply->delivery = DELIVER_DRIP;
		reply_note(reply, "drip");
	}
}

/* How many rows of the page are to be repetitions */
uint32_t
fault_duplicates(uint64_t counter, int64_t first, uint32_t rows)
{
	uint32_t	n;

	/* the first page has none to repeat */
	if (first == 0 || !concerned(PATH_SEARCH, counter) || !hit(counter, &faults.duplicate) || rows < 2)
		return 0;
	n = 1 + draw(counter, &faults.duplicate) / 7 % (rows / 2);
	return n > first ? (uint32_t) first : n;
}

bool
fault_norange(uint64_t counter)
{
	return concerned(PATH_SEARCH, counter) && hit(counter, &faults.norange);
}

/* 0, or which of four wrong ranges to show */
int
fault_wrongrange(uint64_t counter)
{
	if (!concerned(PATH_SEARCH, counter) || !hit(counter, &faults.wrongrange))
		return 0;
	return 1 + draw(counter, &faults.wrongrange) / 7 % 4;
}

/* 0, or how to spoil that row of the page */
int
fault_badoffer(uint64_t counter, uint32_t row)
{
	uint64_t	number = counter * 151 + row;

	if (faults.badoffer <= 0 || !concerned(PATH_SEARCH, counter) || !hit(number, &faults.badoffer))
		return 0;
	return 1 + draw(number, &faults.badoffer) / 7 % 8;
}
