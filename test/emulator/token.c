/*
 * token.c
 *		Clients, their tokens and their quota.
 *
 * The quota is a token bucket per client id, whatever number of access tokens
 * the client holds, and it runs on the simulated clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "emu.h"

#define MAX_CLIENTS 64
#define TOKEN_BUCKETS 1024
#define TOKEN_LENGTH 27
#define RING 8192

/* Times of the last requests, to find the busiest second */
typedef struct Ring
{
	int64_t		at[RING];
	uint32_t	head;
	uint32_t	tail;
	uint32_t	max;
} Ring;

typedef struct Client
{
	char	   *id;
	char	   *secret;
	double		rate;
	double		burst;
	double		level;
	int64_t		filled_at;		/* simulated, 0 before the first call */
	uint64_t	requests;
	uint64_t	refused;
	uint64_t	tokens;
	Ring	   *real;
	Ring	   *simulated;
	Ring	   *accepted;		/* simulated times of what was let through */
} Client;

typedef struct Token
{
	struct Token *next;
	int			client;
	int64_t		expires_us;
	char text[	TOKEN_LENGTH + 1];
} Token;

static Client clients[MAX_CLIENTS];
static int	clients_count;
static Token *tokens[TOKEN_BUCKETS];
static pthread_mutex_t token_lock = PTHREAD_MUTEX_INITIALIZER;

/* ID:SECRET[:RATE[:BURST]] */
void
client_add(const char *spec)
{
	char	   *copy = xstrdup(spec);
	char	   *field[4] = {copy, NULL, NULL, NULL};
	Client	   *c = &clients[clients_count];

	for (int i = 1; i < 4 && field[i - 1]; i++)
	{
		field[i] = strchr(field[i - 1], ':');
		if (field[i])
			*field[i]++ = '\0';
	}
	if (clients_count == MAX_CLIENTS || !field[1] || !*field[0])
		fatal("--client wants ID:SECRET[:RATE[:BURST]]");
	c->id = field[0];
	c->secret = field[1];
	c->rate = field[2] ? atof(field[2]) : 10;
	c->burst = field[3] ? atof(field[3]) : (c->rate > 0 && c->rate < 1 ? 1 : c->rate);
	c->level = c->burst;
	c->real = calloc(1, sizeof(Ring));
	c->simulated = calloc(1, sizeof(Ring));
	c->accepted = calloc(1, sizeof(Ring));
	if (!c->real || !c->simulated || !c->accepted)
		fatal("out of memory");
	clients_count++;
}

void
token_init(void)
{
	if (clients_count == 0)
		client_add("PAR_demo:demo-secret:10:10");
}

/* Count one more request in the second that ends now. */
static void
ring_add(Ring *ring, int64_t at)
{
	ring->at[ring->head++ % RING] = at;
	if (ring->head - ring->tail > RING)
		ring->tail = ring->head - RING;
	while (ring->tail != ring->head && ring->at[ring->tail % RING] <= at - 1000000)
		ring->tail++;
	if (ring->head - ring->tail > ring->max)
		ring->max = ring->head - ring->tail;
}

static uint32_t
token_bucket(const char *text)
{
	uint64_t	h = 0;

	for (; *text; text ++)
		h = mix64(h ^ (unsigned char) *text);
	return h % TOKEN_BUCKETS;
}

static void
token_error(Reply *reply, const char *error, const char *description)
{
	reply->status = 400;
	reply->type = "application/json;charset=UTF-8";
	buf_addf(&reply->body, "{\"error\":\"%s\",\"error_description\":", error);
	buf_json_string(&reply->body, description);
	buf_adds(&reply->body, "}");
}

/* Compare in a time that does not depend on where the difference is. */
static bool
same_secret(const char *a, const char *b)
{
	size_t		la = strlen(a);
	size_t		lb = strlen(b);
	unsigned char diff = la != lb;

	for (size_t i = 0; i < la; i++)
		diff |= a[i] ^ b[lb ? i % lb : 0];
	return diff == 0;
}

/* Every scope must be one the application may ask for. */
static bool
check_scope(const char *scope, const char *client_id, Reply *reply)
{
	char	   *copy = xstrdup(scope);
	char	   *save = NULL;
	bool		offers_seen = false;
	Buf			unknown = {0};

	for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
	{
		if (strcmp(s, "api_offresdemploiv2") == 0)
			offers_seen = true;
		else if (strcmp(s, "o2dsoffre") != 0 &&
				 !(strncmp(s, "application_", 12) == 0 && strcmp(s + 12, client_id) == 0))
		{
			if (unknown.len)
				buf_adds(&unknown, ", ");
			buf_adds(&unknown, s);
		}
	}
	free(copy);
	if (unknown.len || !offers_seen)
	{
		Buf text = {0};

		buf_addf(&text, "Unknown/invalid scope(s): [%s]", unknown.len ? unknown.data : "");
		token_error(reply, "invalid_scope", text.data);
		buf_free(&text);
		buf_free(&unknown);
		return false;
	}
	return true;
}

static void
issue(Reply *reply, int client, const char *scope)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char noise[TOKEN_LENGTH];
	Token	   *token = xmalloc(sizeof(Token));
	int64_t		now = now_us();
	uint32_t	b;

	if (getrandom(noise, sizeof(noise), 0) != sizeof(noise))
		fatal("no random bytes");
	for (int i = 0; i < TOKEN_LENGTH; i++)
		token->text[i] = letters[noise[i] & 63];
	token->text[TOKEN_LENGTH] = '\0';
	token->client = client;
	token->expires_us = now + (int64_t) options.token_life * 1000000;

	pthread_mutex_lock(&token_lock);
	clients[client].tokens++;
	b = token_bucket(token->text);
	/* drop what expired in that chain, so that memory does not grow */
	for (Token **t = &tokens[b]; *t;)
	{
		Token	   *old = *t;

		if (old->expires_us <= now)
		{
			*t = old->next;
			free(old);
		}
		else
			t = &old->next;
	}
	token->next = tokens[b];
	tokens[b] = token;
	pthread_mutex_unlock(&token_lock);

	reply->status = 200;
	reply->type = "application/json;charset=UTF-8";
	reply_header(reply, "Cache-Control", "no-store");
	buf_adds(&reply->body, "{\"scope\":");
	buf_json_string(&reply->body, scope);
	buf_addf(&reply->body, ",\"expires_in\":%d,\"token_type\":\"Bearer\",\"access_token\":\"%s\"}",
			 options.token_life, token->text);
}

/* POST /connexion/oauth2/access_token */
void
token_run(Reply *reply, const char *query, const char *content_type, const char *body)
{
	Params		in_url;
	Params		form;
	const char *realm;
	const char *grant;
	const char *id;
	const char *secret;
	const char *scope;
	int			client = -1;

	params_parse(&in_url, query);
	params_parse(&form, body);
	realm = params_get(&in_url, "realm");
	grant = params_get(&form, "grant_type");
	id = params_get(&form, "client_id");
	secret = params_get(&form, "client_secret");
	scope = params_get(&form, "scope");

	for (int i = 0; id && secret && i < clients_count; i++)
		if (strcmp(clients[i].id, id) == 0 && same_secret(secret, clients[i].secret))
			client = i;
	if (client >= 0)
		reply->client = clients[client].id;

	if (content_type == NULL || strncasecmp(content_type, "application/x-www-form-urlencoded", 33) != 0)
		token_error(reply, "invalid_request", "Invalid Content Type");
	else if (realm == NULL || strcmp(realm, "/partenaire") != 0)
		token_error(reply, "invalid_request", "Invalid realm");
	else if (grant == NULL)
		token_error(reply, "invalid_request", "Grant type is not set");
	else if (strcmp(grant, "client_credentials") != 0)
		token_error(reply, "unsupported_grant_type", "Grant type is not supported");
	else if (client < 0)
		token_error(reply, "invalid_client", "Client authentication failed");
	else if (scope == NULL)
		token_error(reply, "invalid_scope", "Unknown/invalid scope(s): []");
	else if (check_scope(scope, id, reply))
		issue(reply, client, scope);
	params_free(&in_url);
	params_free(&form);
}

static const char *
bearer(const char *authorization)
{
	if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	authorization += 7;
	while (*authorization == ' ')
		authorization++;
	return authorization;
}

static void
unauthorized(Reply *reply)
{
	reply_clear(reply);
	reply->status = 401;
	reply_header(reply, "WWW-Authenticate", "Bearer");
}

/* Find whose token it is; otherwise the reply is 401. */
bool
token_check(Reply *reply, const char *authorization, int64_t at_us, int *client)
{
	const char *text = bearer(authorization);
	bool		ok = false;

	if (text)
	{
		pthread_mutex_lock(&token_lock);
		for (Token *t = tokens[token_bucket(text)]; t && !ok; t = t->next)
			if (strcmp(t->text, text) == 0 && t->expires_us > at_us)
			{
				*client = t->client;
				reply->client = clients[t->client].id;
				ok = true;
			}
		pthread_mutex_unlock(&token_lock);
	}
	if (!ok)
		unauthorized(reply);
	return ok;
}

void
token_revoke_last(int client, const char *authorization)
{
	const char *text = bearer(authorization);

	(void) client;
	if (text == NULL)
		return;
	pthread_mutex_lock(&token_lock);
	for (Token *t = tokens[token_bucket(text)]; t; t = t->next)
		if (strcmp(t->text, text) == 0)
			t->expires_us = 0;
	pthread_mutex_unlock(&token_lock);
}

void
token_revoke_all(void)
{
	pthread_mutex_lock(&token_lock);
	for (int b = 0; b < TOKEN_BUCKETS; b++)
		for (Token *t = tokens[b]; t; t = t->next)
			t->expires_us = 0;
	pthread_mutex_unlock(&token_lock);
}

void
quota_headers(Reply *reply, int client)
{
	const Client *c = &clients[client];
	double		rate = c->rate > 0 ? c->rate : 1000000;
	double		burst = c->rate > 0 ? c->burst : 1000000;
	double		left = c->rate > 0 ? c->level : 1000000;

	reply_header(reply, "x-ratelimit-burst-capacity-clientidlimiter", "%.0f", burst);
	reply_header(reply, "x-ratelimit-replenish-rate-clientidlimiter", "%.0f", rate);
	reply_header(reply, "x-ratelimit-remaining-clientidlimiter", "%d", (int) left);
	reply_header(reply, "x-ratelimit-requested-tokens-clientidlimiter", "1");
	reply_header(reply, "x-ratelimit-burst-capacity-defaultlimiter", "100");
	reply_header(reply, "x-ratelimit-replenish-rate-defaultlimiter", "100");
	reply_header(reply, "x-ratelimit-remaining-defaultlimiter", "99");
	reply_header(reply, "x-ratelimit-requested-tokens-defaultlimiter", "1");
}

/* Take one call from the quota; otherwise the reply is 429. */
bool
quota_take(Reply *reply, int client, int64_t at_us)
{
	Client	   *c = &clients[client];
	int64_t		now = sim_us(at_us);
	bool		ok = true;

	pthread_mutex_lock(&token_lock);
	c->requests++;
	ring_add(c->real, at_us);
	ring_add(c->simulated, now);
	if (c->rate > 0)
	{
		if (c->filled_at != 0 && now > c->filled_at)
			c->level += (now - c->filled_at) * 1e-6 * c->rate;
		if (c->level > c->burst)
			c->level = c->burst;
		if (now > c->filled_at)
			c->filled_at = now;
		ok = c->level >= 1;
		if (ok)
			c->level -= 1;
	}
	if (ok)
		ring_add(c->accepted, now);
	else
		c->refused++;
	quota_headers(reply, client);
	pthread_mutex_unlock(&token_lock);
	if (!ok)
	{
		reply->status = 429;
		reply->type = "text/plain";
		reply_header(reply, "Retry-After", "%lld", (long long) faults.retry_after);
		buf_adds(&reply->body, "Too Many Requests");
		reply_note(reply, "quota");
	}
	return ok;
}

/* A JSON object, one member per client */
void
token_stats(Buf *buf)
{
	pthread_mutex_lock(&token_lock);
	buf_adds(buf, "{");
	for (int i = 0; i < clients_count; i++)
	{
		Client	   *c = &clients[i];

		if (i)
			buf_adds(buf, ",");
		buf_json_string(buf, c->id);
		buf_addf(buf, ":{\"requests\":%llu,\"refused\":%llu,\"tokens\":%llu,"
				 "\"rate\":%g,\"burst\":%g,\"max_per_second\":%u,"
				 "\"max_per_simulated_second\":%u,\"max_accepted_per_simulated_second\":%u}",
				 (unsigned long long) c->requests, (unsigned long long) c->refused,
				 (unsigned long long) c->tokens, c->rate, c->burst, c->real->max,
				 c->simulated->max, c->accepted->max);
	}
	buf_adds(buf, "}");
	pthread_mutex_unlock(&token_lock);
}
