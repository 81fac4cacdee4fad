/*
 * emu.h
 *		Declarations shared by the parts of the offers API emulator.
 */
#ifndef EMU_H
#define EMU_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- buffer (util.c) ---- */

typedef struct Buf
{
	char	   *data;
	size_t		len;
	size_t		cap;
} Buf;

extern void *xmalloc(size_t size);
extern void *xrealloc(void *ptr, size_t size);
extern char *xstrdup(const char *s);
extern void buf_reserve(Buf *buf, size_t extra);
extern void buf_add(Buf *buf, const char *data, size_t len);
extern void buf_adds(Buf *buf, const char *s);
extern void buf_addf(Buf *buf, const char *fmt,...) __attribute__((format(printf, 2, 3)));
extern void buf_json_escape(Buf *buf, const char *s, size_t len);
extern void buf_json_string(Buf *buf, const char *s);
extern void buf_free(Buf *buf);

extern uint64_t mix64(uint64_t x);
extern uint64_t rng_next(uint64_t *state);
extern uint32_t rng_below(uint64_t *state, uint32_t n);
extern double rng_unit(uint64_t *state);
extern bool rng_chance(uint64_t *state, double p);

extern int64_t now_us(void);
extern int64_t sim_us(int64_t real_us);
extern int64_t clock_ms(void);
extern int64_t days_from_civil(int y, int m, int d);
extern void civil_from_days(int64_t days, int *y, int *m, int *d);
extern bool parse_iso(const char *s, size_t len, int64_t *ms);
extern void format_iso_ms(char *out, int64_t ms);
extern char *fold(const char *s);
extern void percent_decode(char *s, bool plus_is_space);
extern double distance_km(double lat1, double lon1, double lat2, double lon2);
extern void fatal(const char *fmt,...) __attribute__((format(printf, 1, 2), noreturn));

/* string to index map (util.c) */
typedef struct StrMap
{
	char	  **keys;
	uint32_t   *values;
	size_t		size;
	size_t		used;
} StrMap;

extern bool strmap_get(const StrMap *map, const char *key, uint32_t *value);
extern void strmap_put(StrMap *map, const char *key, uint32_t value);
extern void strmap_free(StrMap *map);

/* ---- offers (store.c) ---- */

#define FLAG_TH			0x01	/* open to disabled workers */
#define FLAG_SHORTAGE	0x02	/* lacks candidates */
#define FLAG_ADAPTED	0x04	/* adapted company */
#define FLAG_HANDI		0x08	/* recognised employer */
#define FLAG_TWIN		0x10	/* shares its text with its neighbours */
#define FLAG_ALIVE		0x20
#define FLAG_BROKEN		0x40	/* document of a file that is no offer */

#define NO_DATE			INT64_MIN
#define NO_ROW			0xFFFF

/*
 * What an offer needs to be found.  A generated offer is rendered from its
 * serial number; one of a file keeps its bytes.
 */
typedef struct Offer
{
	int64_t		created;		/* ms since 1970 */
	int64_t		updated;
	const char *raw;			/* NULL when generated */
	uint32_t	raw_len;
	uint32_t	serial;
	uint32_t	title;			/* row of titles */
	uint32_t	place;			/* row of places */
	uint16_t	rome;			/* rows of their tables, or NO_ROW */
	uint16_t	partner;
	uint16_t	naf;
	uint16_t	rev;			/* number of changes */
	uint8_t		origin;			/* 1, 2, or 0 */
	uint8_t		type;
	uint8_t		nature;
	uint8_t		exper;			/* class of the facet, 0 to 4 */
	uint8_t		months;			/* of experience */
	char		exig;			/* D, S, E or 0 */
	uint8_t		qual;			/* 0 to 9 */
	uint8_t		hours;			/* 0, 1 full, 2 part time */
	uint8_t		flags;
	char		id[16];
} Offer;

extern Offer *offers;
extern uint32_t offers_count;
extern uint32_t *index_rows[3]; /* 0 all, 1 own, 2 partners; by creation */
extern uint32_t index_count[3];
extern uint64_t store_version;
extern pthread_rwlock_t store_lock;

extern uint32_t store_add(const Offer *offer);
extern void store_build(void);
extern void store_insert(uint32_t slot);
extern void store_remove(uint32_t slot);
extern void store_remove_share(double share, uint64_t key, uint32_t *removed);
extern bool store_find(const char *id, uint32_t *slot);
extern void index_window(int which, int64_t min_ms, int64_t max_ms, uint32_t *lo, uint32_t *hi);

/* ---- tables (tables.c) ---- */

#define PLACE_NONE		0

typedef struct Place
{
	char		commune[8];
	char		dept[4];
	char		region[4];
	bool		located;
	double		lat;
	double		lon;
	int			data;			/* row in the data table of its kind */
	char		kind;			/* c, d, r, f, or 0 */
} Place;

typedef struct Title
{
	char	   *folded;			/* for keywords: without case and accents */
	char	   *text;
	char	   *appellation;	/* code, or NULL */
	uint16_t	rome;
} Title;

typedef struct Rome
{
	char		code[8];
	char	   *label;
	char	   *folded;			/* code and label */
	int			data;
	uint32_t	first_title;
} Rome;

extern Place *places;
extern uint32_t places_count;
extern uint32_t place_first_commune;
extern uint32_t place_first_dept;
extern uint32_t place_first_region;
extern uint32_t place_france;
extern Title *titles;
extern uint32_t titles_count;
extern Rome *romes;
extern uint32_t romes_count;
extern char **nafs;
extern uint32_t nafs_count;
extern char **partners;
extern uint32_t partners_count;

extern void tables_init(void);
extern uint16_t rome_intern(const char *code, const char *label);
extern uint32_t title_intern(const char *text, const char *appellation, uint16_t rome);
extern uint32_t place_intern(const char *label, const char *commune, bool located, double lat, double lon);
extern uint16_t naf_intern(const char *code);
extern uint16_t partner_intern(const char *code);
extern uint8_t type_by_code(const char *code);
extern uint8_t nature_by_label(const char *label);
extern uint8_t nature_by_code(const char *code);
extern const char *dept_region(const char *dept);
extern void dept_of_commune(const char *commune, char *dept);
extern bool valid_commune(const char *code);
extern const Place *find_commune(const char *code);

/* ---- making and showing offers ---- */

typedef struct Burst
{
	uint32_t	count;
	int64_t		second;
} Burst;

extern void generate_init(uint64_t seed, int64_t now_ms, int days);
extern void generate_offers(uint32_t count, const Burst *bursts, int nbursts);
extern void generate_one(uint32_t serial, Offer *offer);
extern uint64_t generate_key(uint32_t serial, uint64_t purpose);
extern uint64_t text_key(const Offer *offer);
extern void text_init(void);
extern void text_describe(Buf *buf, const Offer *offer, uint64_t key, const char *company, const char *title);
extern void text_company(Buf *buf, uint64_t key);
extern void render_init(void);
extern void render_offer(Buf *buf, const Offer *offer);

extern void file_load(const char *path, bool keep_broken);

/* ---- churn.c ---- */
extern uint32_t churn_create(uint32_t count, int64_t at_ms);
extern bool churn_change(uint32_t slot);
extern void churn_step(void);
extern uint32_t churn_random_slot(uint64_t key);

/* ---- requests and replies ---- */

typedef struct Param
{
	char	   *name;
	char	   *value;
} Param;

typedef struct Params
{
	Param	   *items;
	int			count;
	char	   *copy;			/* the text they point into */
} Params;

extern void params_parse(Params *params, const char *query);
extern const char *params_get(const Params *params, const char *name);
extern void params_free(Params *params);

typedef enum
{
	DELIVER_PLAIN,
	DELIVER_TRUNCATE,
	DELIVER_DRIP,
	DELIVER_OVERSIZE,
	DELIVER_RESET
} Delivery;

#define MAX_HEADERS 20

typedef struct Reply
{
	int			status;
	const char *type;			/* content type, NULL for none */
	Buf			body;
	struct
	{
		const char *name;
		char		value[96];
	}			headers[MAX_HEADERS];
	int			nheaders;
	Delivery	delivery;
	int64_t		size;			/* of an oversized body */
	int			delay_ms;
	long		rows;			/* -1 when it has none */
	const char *client;			/* NULL when unknown */
	Buf			note;
} Reply;

extern void reply_header(Reply *reply, const char *name, const char *fmt,...) __attribute__((format(printf, 3, 4)));
extern void reply_drop_header(Reply *reply, const char *name);
extern void reply_note(Reply *reply, const char *fmt,...) __attribute__((format(printf, 2, 3)));
extern void reply_clear(Reply *reply);
extern void reply_error400(Reply *reply, const char *message);

/* ---- search.c, query.c ---- */

#define MAX_PAGE		150
#define MAX_FIRST		3000
#define MAX_LAST		3149

#define MAX_KEYWORDS	7

typedef struct Query
{
	int64_t		first;
	int64_t		last;
	int			sort;
	bool		dated;
	int64_t		min_ms;
	int64_t		max_ms;
	int			origin;			/* 0 both */
	int			exper;			/* -1 any */
	char		exig;
	int			qual;			/* -1 any */
	int			full_time;		/* -1 any */
	int			hours;			/* -1 any */
	int			th;
	int			shortage;
	int			adapted;
	int			handi;
	uint32_t	types;			/* bits */
	uint32_t	natures;
	bool		contract;		/* one of the two is asked for */
	uint8_t    *place_ok;
	uint8_t    *rome_ok;
	uint8_t    *naf_ok;
	uint8_t    *title_ok;		/* 0 no, else relevance */
	uint8_t    *partner_ok;
	double	   *place_km;		/* distance to the commune */
	bool		filtered;		/* anything besides dates and origin */
} Query;

extern bool query_parse(Query *q, const Params *params, Reply *error);
extern void query_free(Query *q);
extern void search_run(Reply *reply, const char *raw_query, uint64_t counter);
extern void detail_run(Reply *reply, const char *id);
extern void referential_run(Reply *reply, const char *name);
extern void isochrone_ign(Reply *reply, const char *query);
extern void isochrone_valhalla(Reply *reply, const char *query);

/* ---- token.c ---- */

extern void client_add(const char *spec);
extern void token_init(void);
extern void token_run(Reply *reply, const char *query, const char *content_type, const char *body);
extern bool token_check(Reply *reply, const char *authorization, int64_t at_us, int *client);
extern bool quota_take(Reply *reply, int client, int64_t at_us);
extern void quota_headers(Reply *reply, int client);
extern void token_revoke_last(int client, const char *authorization);
extern void token_revoke_all(void);
extern void token_stats(Buf *buf);

/* ---- faults.c ---- */

typedef struct Faults
{
	double		f429,
				f401,
				f500,
				f502,
				f503,
				html,
				truncate,
				badjson,
				oversize,
				reset,
				stall,
				drip,
				norange,
				wrongrange,
				duplicate,
				badoffer,
				redirect;
	double		churn_create,
				churn_change,
				churn_remove;
	int64_t		retry_after,
				storm_every,
				storm_length,
				revoke_after,
				oversize_bytes,
				stall_seconds,
				drip_rate,
				slow_ms,
				token_delay_ms,
				clock_shift,
				after,
				seed,
				shape;
	bool		nojson_token,
				nodates,
				own_first;
	char		only_path[16];
} Faults;

typedef enum
{
	PATH_SEARCH,
	PATH_DETAIL,
	PATH_TOKEN,
	PATH_REFERENTIAL,
	PATH_ISOCHRONE,
	PATH_OTHER
} PathKind;

extern Faults faults;
extern const char *fault_option_name(int i);
extern bool fault_option_is_switch(const char *name);
extern bool fault_set(const char *name, const char *value);
extern void faults_reset(void);
extern void faults_help(void);
extern void faults_describe(Buf *buf);
extern uint64_t fault_count(PathKind path);
extern bool fault_before(Reply *reply, PathKind path, uint64_t counter, int client, const char *authorization);
extern void fault_after(Reply *reply, PathKind path, uint64_t counter);
extern uint32_t fault_duplicates(uint64_t counter, int64_t first, uint32_t rows);
extern int	fault_badoffer(uint64_t counter, uint32_t row);
extern int	fault_wrongrange(uint64_t counter);
extern bool fault_norange(uint64_t counter);
extern void spoil_offer(Buf *buf, size_t start, int variant);

/* ---- log.c ---- */

extern void log_open(const char *path);
extern void log_request(int64_t at_us, const char *method, const char *path, const char *query, const Reply *reply);
extern void log_connection(int change);
extern void stats_run(Reply *reply);
extern void log_close(void);

/* ---- control.c, http.c, timer.c ---- */

extern void control_run(Reply *reply, const char *action, const char *query, bool post);

typedef struct Options
{
	int			port;
	const char *port_file;
	bool		die_with_parent;
	uint32_t	offers;
	uint64_t	seed;
	const char *file;
	bool		keep_broken;
	int64_t		now_ms;			/* NO_DATE: the real clock */
	int			days;
	bool		no_facets;
	uint32_t	facet_limit;
	bool		gzip;
	int			threads;
	int			token_life;
	double		time_factor;
	const char *tls_cert;
	const char *tls_key;
	const char *log;
	bool		strict_communes;
} Options;

extern Options options;

extern int	http_start(void);
extern void http_stop(void);
extern bool timer_start(void);
extern void timer_after(void *connection, int ms);
extern void timer_stop(void);
extern bool timer_stopping(void);

#endif
