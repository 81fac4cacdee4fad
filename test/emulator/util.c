/*
 * util.c
 *		Buffers, random numbers, clocks, dates and text helpers.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu.h"

void
fatal(const char *fmt,...)
{
	va_list		args;

	fputs("emulator: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *
xmalloc(size_t size)
{
	void	   *ptr = malloc(size ? size : 1);

	if (ptr == NULL)
		fatal("out of memory");
	return ptr;
}

void *
xrealloc(void *ptr, size_t size)
{
	ptr = realloc(ptr, size ? size : 1);
	if (ptr == NULL)
		fatal("out of memory");
	return ptr;
}

char *
xstrdup(const char *s)
{
	size_t		len = strlen(s) + 1;

	return memcpy(xmalloc(len), s, len);
}

/* Make room for extra bytes and a terminator. */
void
buf_reserve(Buf *buf, size_t extra)
{
	if (buf->len + extra + 1 > buf->cap)
	{
		size_t		cap = buf->cap ? buf->cap : 256;

		while (cap < buf->len + extra + 1)
			cap *= 2;
		buf->data = xrealloc(buf->data, cap);
		buf->cap = cap;
	}
}

void
buf_add(Buf *buf, const char *data, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_adds(Buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void
buf_addf(Buf *buf, const char *fmt,...)
{
	va_list		args;
	int			n;

	buf_reserve(buf, 128);
	va_start(args, fmt);
	n = vsnprintf(buf->data + buf->len, buf->cap - buf->len, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t) n >= buf->cap - buf->len)
	{
		buf_reserve(buf, n);
		va_start(args, fmt);
		vsnprintf(buf->data + buf->len, buf->cap - buf->len, fmt, args);
		va_end(args);
	}
	buf->len += n;
}

/* Append s as the inside of a JSON string. */
void
buf_json_escape(Buf *buf, const char *s, size_t len)
{
	buf_reserve(buf, len * 6);
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
		{
			buf->data[buf->len++] = '\\';
			buf->data[buf->len++] = c;
		}
		else if (c == '\n' || c == '\t')
		{
			buf->data[buf->len++] = '\\';
			buf->data[buf->len++] = (c == '\n') ? 'n' : 't';
		}
		else if (c < 0x20)
			buf->len += sprintf(buf->data + buf->len, "\\u%04x", c);
		else
			buf->data[buf->len++] = c;
	}
	buf->data[buf->len] = '\0';
}

void
buf_json_string(Buf *buf, const char *s)
{
	buf_adds(buf, "\"");
	buf_json_escape(buf, s, strlen(s));
	buf_adds(buf, "\"");
}

void
buf_free(Buf *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

/* Finalizer of splitmix64: a good hash of one word. */
uint64_t
mix64(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

uint64_t
rng_next(uint64_t *state)
{
	uint64_t	result = mix64(*state);

	*state += UINT64_C(0x9E3779B97F4A7C15);
	return result;
}

uint32_t
rng_below(uint64_t *state, uint32_t n)
{
	if (n <= 1)
		return 0;
	return (uint32_t) (((rng_next(state) >> 32) * (uint64_t) n) >> 32);
}

double
rng_unit(uint64_t *state)
{
	return (rng_next(state) >> 11) * (1.0 / 9007199254740992.0);
}

bool
rng_chance(uint64_t *state, double p)
{
	return rng_unit(state) < p;
}

int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t start_us;

/* The real clock, run time_factor times faster since the first call. */
int64_t
sim_us(int64_t real_us)
{
	if (start_us == 0)
		start_us = real_us;
	return start_us + (int64_t) ((real_us - start_us) * options.time_factor);
}

/*
 * The clock offers live by: the reference instant plus the time elapsed, or
 * the real clock when there is no reference.
 */
int64_t
clock_ms(void)
{
	static int64_t first;
	int64_t		now = now_us() / 1000;

	if (first == 0)
		first = now;
	if (options.now_ms == NO_DATE)
		return now;
	return options.now_ms + (now - first);
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
int64_t
days_from_civil(int y, int m, int d)
{
	int64_t		era;
	int			yoe;
	int			doy;

	y -= (m <= 2);
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (int) (y - era * 400);
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void
civil_from_days(int64_t z, int *y, int *m, int *d)
{
	int64_t		era;
	int			doe;
	int			yoe;
	int			doy;
	int			mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (int) (z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int) (yoe + era * 400) + (*m <= 2);
}

static bool
digits(const char *s, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++)
	{
		if (s[i] < '0' || s[i] > '9')
			return false;
		*value = *value * 10 + (s[i] - '0');
	}
	return true;
}

/*
 * An instant as offers write it: seconds, an optional fraction, and Z or an
 * offset; nothing after the seconds reads as UTC.
 */
bool
parse_iso(const char *s, size_t len, int64_t *ms)
{
	int			y,
				mo,
				d,
				h,
				mi,
				se;
	int			frac = 0;
	int64_t		offset = 0;
	size_t		pos = 19;

	if (len < 19 || !digits(s, 4, &y) || s[4] != '-' ||
		!digits(s + 5, 2, &mo) || s[7] != '-' || !digits(s + 8, 2, &d) ||
		s[10] != 'T' || !digits(s + 11, 2, &h) || s[13] != ':' ||
		!digits(s + 14, 2, &mi) || s[16] != ':' || !digits(s + 17, 2, &se))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || se > 59)
		return false;
	else
	{
		int			y2,
					m2,
					d2;

		/* the 31st of a month of thirty days comes back as another date */
		civil_from_days(days_from_civil(y, mo, d), &y2, &m2, &d2);
		if (d2 != d)
			return false;
	}
	if (pos < len && s[pos] == '.')
	{
		int			scale = 100;

		for (pos++; pos < len && s[pos] >= '0' && s[pos] <= '9'; pos++)
		{
			frac += (s[pos] - '0') * scale;
			scale /= 10;
		}
	}
	if (pos < len && s[pos] == 'Z')
		pos++;
	else if (pos + 6 <= len && (s[pos] == '+' || s[pos] == '-'))
	{
		int			oh,
					om;

		if (!digits(s + pos + 1, 2, &oh) || s[pos + 3] != ':' ||
			!digits(s + pos + 4, 2, &om))
			return false;
		offset = (oh * 60 + om) * (s[pos] == '-' ? -60 : 60);
		pos += 6;
	}
	if (pos != len)
		return false;
	*ms = (days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + se - offset) * 1000 + frac;
	return true;
}

static char *
put2(char *p, int v)
{
	p[0] = '0' + v / 10;
	p[1] = '0' + v % 10;
	return p + 2;
}

/* Write 2025-08-04T18:00:50.137Z, 24 characters and a terminator. */
void
format_iso_ms(char *out, int64_t ms)
{
	int64_t		days = ms / 86400000;
	int			rest = (int) (ms % 86400000);
	int			y,
				m,
				d;
	char	   *p = out;

	if (rest < 0)
	{
		rest += 86400000;
		days--;
	}
	civil_from_days(days, &y, &m, &d);
	if (y < 0 || y > 9999)
		y = 0;
	p = put2(p, y / 100);
	p = put2(p, y % 100);
	*p++ = '-';
	p = put2(p, m);
	*p++ = '-';
	p = put2(p, d);
	*p++ = 'T';
	p = put2(p, rest / 3600000);
	*p++ = ':';
	p = put2(p, rest / 60000 % 60);
	*p++ = ':';
	p = put2(p, rest / 1000 % 60);
	*p++ = '.';
	*p++ = '0' + rest / 100 % 10;
	p = put2(p, rest % 100);
	*p++ = 'Z';
	*p = '\0';
}

/*
 * Lower case without accents, so that "INGÉNIEUR" is found by "ingenieur".
 * Covers what French needs; anything else becomes a space.
 */
char *
fold(const char *s)
{
	static const char latin[] =
	"aaaaaaaceeeeiiiidnooooo ouuuuy saaaaaaaceeeeiiiidnooooo ouuuuy y";
	size_t		len = strlen(s);
	char	   *out = xmalloc(len * 2 + 1);
	char	   *p = out;

	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = s[i];

		if (c < 0x80)
			*p++ = (c >= 'A' && c <= 'Z') ? c + 32 : (c < 0x20 ? ' ' : c);
		else if (c == 0xC3 && i + 1 < len)
			*p++ = latin[(unsigned char) s[++i] & 0x3F];
		else if (c == 0xC5 && i + 1 < len &&
				 ((unsigned char) s[i + 1] == 0x93 || (unsigned char) s[i + 1] == 0x92))
		{
			*p++ = 'o';
			*p++ = 'e';
			i++;
		}
		else
		{
			/* an apostrophe is typed straight or curly */
			bool		quote = (c == 0xE2 && i + 2 < len && (unsigned char) s[i + 1] == 0x80 &&
								 (unsigned char) s[i + 2] == 0x99);

			*p++ = quote ? '\'' : ' ';
			while (i + 1 < len && ((unsigned char) s[i + 1] & 0xC0) == 0x80)
				i++;
		}
	}
	*p = '\0';
	return out;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode in place; a broken escape stays as it is, %00 becomes '?'. */
void
percent_decode(char *s, bool plus_is_space)
{
	char	   *out = s;

	for (; *s; s++)
	{
		if (*s == '%' && hex_value(s[1]) >= 0 && hex_value(s[2]) >= 0)
		{
			int			c = hex_value(s[1]) * 16 + hex_value(s[2]);

			*out++ = c ? c : '?';
			s += 2;
		}
		else if (*s == '+' && plus_is_space)
			*out++ = ' ';
		else
			*out++ = *s;
	}
	*out = '\0';
}

double
distance_km(double lat1, double lon1, double lat2, double lon2)
{
	double		rad = M_PI / 180;
	double		a = sin((lat2 - lat1) * rad / 2);
	double		b = sin((lon2 - lon1) * rad / 2);
	double		h = a * a + cos(lat1 * rad) * cos(lat2 * rad) * b * b;

	return 2 * 6371 * asin(sqrt(h > 1 ? 1 : h));
}

static uint64_t
hash_string(const char *s)
{
	uint64_t	h = UINT64_C(1469598103934665603);

	for (; *s; s++)
		h = (h ^ (unsigned char) *s) * UINT64_C(1099511628211);
	return mix64(h);
}

bool
strmap_get(const StrMap *map, const char *key, uint32_t *value)
{
	if (map->size == 0)
		return false;
	for (size_t i = hash_string(key) & (map->size - 1);; i = (i + 1) & (map->size - 1))
	{
		if (map->keys[i] == NULL)
			return false;
		if (strcmp(map->keys[i], key) == 0)
		{
			*value = map->values[i];
			return true;
		}
	}
}

void
strmap_put(StrMap *map, const char *key, uint32_t value)
{
	size_t		i;

	if (map->used * 2 >= map->size)
	{
		StrMap		bigger = {0};

		bigger.size = map->size ? map->size * 2 : 64;
		bigger.keys = calloc(bigger.size, sizeof(char *));
		bigger.values = calloc(bigger.size, sizeof(uint32_t));
		if (bigger.keys == NULL || bigger.values == NULL)
			fatal("out of memory");
		for (size_t j = 0; j < map->size; j++)
		{
			if (map->keys[j] == NULL)
				continue;
			for (i = hash_string(map->keys[j]) & (bigger.size - 1); bigger.keys[i];)
				i = (i + 1) & (bigger.size - 1);
			bigger.keys[i] = map->keys[j];
			bigger.values[i] = map->values[j];
		}
		bigger.used = map->used;
		free(map->keys);
		free(map->values);
		*map = bigger;
	}
	for (i = hash_string(key) & (map->size - 1); map->keys[i];)
	{
		if (strcmp(map->keys[i], key) == 0)
		{
			map->values[i] = value;
			return;
		}
		i = (i + 1) & (map->size - 1);
	}
	map->keys[i] = xstrdup(key);
	map->values[i] = value;
	map->used++;
}

void
strmap_free(StrMap *map)
{
	for (size_t i = 0; i < map->size; i++)
		free(map->keys[i]);
	free(map->keys);
	free(map->values);
	memset(map, 0, sizeof(*map));
}
