/*
 * main.c
 *		Options and life of the emulator.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emu.h"

#define MAX_BURSTS 32

Options		options = {
	.offers = 10000,
	.seed = 1,
	.now_ms = NO_DATE,
	.days = 60,
	.facet_limit = 1000,
	.threads = 1,
	.token_life = 1499,
	.time_factor = 1,
};

static Burst bursts[MAX_BURSTS];
static int	bursts_count;

enum
{
	OPT_PORT = 256, OPT_PORT_FILE, OPT_DIE, OPT_OFFERS, OPT_SEED, OPT_FILE, OPT_KEEP,
	OPT_NOW, OPT_DAYS, OPT_BURST, OPT_NO_FACETS, OPT_FACET_LIMIT, OPT_GZIP, OPT_THREADS,
	OPT_CLIENT, OPT_TOKEN_LIFE, OPT_FACTOR, OPT_CERT, OPT_KEY, OPT_LOG, OPT_STRICT,
	OPT_HELP, OPT_FAULT
};

static const struct option base_options[] = {
	{"port", required_argument, NULL, OPT_PORT},
	{"port-file", required_argument, NULL, OPT_PORT_FILE},
	{"die-with-parent", no_argument, NULL, OPT_DIE},
	{"offers", required_argument, NULL, OPT_OFFERS},
	{"seed", required_argument, NULL, OPT_SEED},
	{"file", required_argument, NULL, OPT_FILE},
	{"keep-broken", no_argument, NULL, OPT_KEEP},
	{"now", required_argument, NULL, OPT_NOW},
	{"days", required_argument, NULL, OPT_DAYS},
	{"burst", required_argument, NULL, OPT_BURST},
	{"no-facets", no_argument, NULL, OPT_NO_FACETS},
	{"facet-limit", required_argument, NULL, OPT_FACET_LIMIT},
	{"gzip", no_argument, NULL, OPT_GZIP},
	{"threads", required_argument, NULL, OPT_THREADS},
	{"client", required_argument, NULL, OPT_CLIENT},
	{"token-life", required_argument, NULL, OPT_TOKEN_LIFE},
	{"time-factor", required_argument, NULL, OPT_FACTOR},
	{"virtual-time", required_argument, NULL, OPT_FACTOR},
	{"tls-cert", required_argument, NULL, OPT_CERT},
	{"tls-key", required_argument, NULL, OPT_KEY},
	{"log", required_argument, NULL, OPT_LOG},
	{"strict-communes", no_argument, NULL, OPT_STRICT},
	{"help", no_argument, NULL, OPT_HELP},
};

#define BASE_COUNT ((int) (sizeof(base_options) / sizeof(base_options[0])))

static void
help(void)
{
	puts("emulator [options]: an emulator of the API Offres d'emploi v2, on the loopback\n\n"
		 "  --port N                 0 (default): any free port\n"
		 "  --port-file F            write the port into F\n"
		 "  --tls-cert F --tls-key F serve HTTPS\n"
		 "  --threads N              worker threads (1)\n"
		 "  --die-with-parent        end when the parent process does\n"
		 "  --log F                  request log\n"
		 "  --gzip                   compress for clients that accept it\n"
		 "  --offers N --seed S      N generated offers (10000, seed 1)\n"
		 "  --now ISO --days D       last instant and spread of their creation (clock, 60)\n"
		 "  --burst N@ISO            N more created in that second; repeatable\n"
		 "  --file F                 offers of a file of JSON lines, plain or .gz\n"
		 "  --keep-broken            serve its broken lines, too\n"
		 "  --client ID:SECRET[:RATE[:BURST]]  repeatable (PAR_demo:demo-secret:10:10)\n"
		 "  --token-life SECONDS     (1499)\n"
		 "  --time-factor F          the quota runs F times faster (also --virtual-time F)\n"
		 "  --no-facets              never send filtresPossibles\n"
		 "  --facet-limit N          send them for range=0-0 and totals up to N (1000)\n"
		 "  --strict-communes        refuse communes outside the référentiel\n"
		 "\nMisbehaviour, also by POST /_emulator/faults?name=value:");
	faults_help();
}

static long
number(const char *name, const char *value, long min, long max)
{
	char	   *end;
	long		n = strtol(value, &end, 10);

	if (*end || end == value || n < min || n > max)
		fatal("--%s: a number from %ld to %ld", name, min, max);
	return n;
}

static int64_t
instant(const char *name, const char *value)
{
	int64_t		ms;

	if (!parse_iso(value, strlen(value), &ms))
		fatal("--%s: an instant like 2026-08-01T12:00:00Z", name);
	return ms;
}

static void
add_burst(const char *value)
{
	const char *at = strchr(value, '@');
	char		count[16];

	if (at == NULL || at - value >= (long) sizeof(count) || bursts_count == MAX_BURSTS)
		fatal("--burst: N@ISO, at most %d times", MAX_BURSTS);
	snprintf(count, sizeof(count), "%.*s", (int) (at - value), value);
	bursts[bursts_count].count = number("burst", count, 0, 1000000);
	bursts[bursts_count++].second = instant("burst", at + 1) / 1000;
}

static void
set_option(int code, const char *name, const char *value)
{
	switch (code)
	{
		case OPT_PORT:
			options.port = number(name, value, 0, 65535);
			break;
		case OPT_PORT_FILE:
			options.port_file = value;
			break;
		case OPT_DIE:
			options.die_with_parent = true;
			break;
		case OPT_OFFERS:
			options.offers = number(name, value, 0, 5000000);
			break;
		case OPT_SEED:
			options.seed = strtoull(value, NULL, 10);
			break;
		case OPT_FILE:
			options.file = value;
			break;
		case OPT_KEEP:
			options.keep_broken = true;
			break;
		case OPT_NOW:
			options.now_ms = instant(name, value);
			break;
		case OPT_DAYS:
			options.days = number(name, value, 1, 3650);
			break;
		case OPT_BURST:
			add_burst(value);
			break;
		case OPT_NO_FACETS:
			options.no_facets = true;
			break;
		case OPT_FACET_LIMIT:
			options.facet_limit = number(name, value, 0, 100000000);
			break;
		case OPT_GZIP:
			options.gzip = true;
			break;
		case OPT_THREADS:
			options.threads = number(name, value, 1, 64);
			break;
		case OPT_CLIENT:
			client_add(value);
			break;
		case OPT_TOKEN_LIFE:
			options.token_life = number(name, value, 0, 1000000);
			break;
		case OPT_FACTOR:
			options.time_factor = strtod(value, NULL);
			if (!(options.time_factor > 0 && options.time_factor <= 1e6))
				fatal("--%s: more than 0, at most 1000000", name);
			break;
		case OPT_CERT:
			options.tls_cert = value;
			break;
		case OPT_KEY:
			options.tls_key = value;
			break;
		case OPT_LOG:
			options.log = value;
			break;
		case OPT_STRICT:
			options.strict_communes = true;
			break;
		case OPT_HELP:
			help();
			exit(0);
		default:
			exit(2);
	}
}

static void
read_options(int argc, char **argv)
{
	struct option all[BASE_COUNT + 64] = {0};
	int			n = BASE_COUNT;
	int			index;
	int			code;

	memcpy(all, base_options, sizeof(base_options));
	for (int i = 0; fault_option_name(i) && n < BASE_COUNT + 63; i++, n++)
	{
		const char *name = fault_option_name(i);

		all[n].name = name;
		all[n].has_arg = fault_option_is_switch(name) ? optional_argument : required_argument;
		all[n].val = OPT_FAULT;
	}
	while ((code = getopt_long(argc, argv, "h", all, &index)) != -1)
	{
		if (code == 'h')
			code = OPT_HELP;
		if (code != OPT_FAULT)
			set_option(code, code == OPT_HELP || code == '?' ? "" : all[index].name, optarg);
		else if (!fault_set(all[index].name, optarg ? optarg : "1"))
			fatal("--%s: bad value \"%s\"", all[index].name, optarg ? optarg : "");
	}
	if (optind < argc)
		fatal("unexpected argument \"%s\"", argv[optind]);
	if ((options.tls_cert == NULL) != (options.tls_key == NULL))
		fatal("--tls-cert and --tls-key go together");
}

/* A reader of the file never sees it half written. */
static void
write_port_file(const char *path, int port)
{
	Buf			temporary = {0};
	FILE	   *out;

	buf_addf(&temporary, "%s.%d", path, (int) getpid());
	out = fopen(temporary.data, "w");
	if (out == NULL || fprintf(out, "%d\n", port) < 0 || fclose(out) != 0 ||
		rename(temporary.data, path) != 0)
		fatal("cannot write \"%s\"", path);
	buf_free(&temporary);
}

int
main(int argc, char **argv)
{
	pid_t		parent = getppid();
	sigset_t	stop;
	struct rlimit files;
	int			caught;
	int			port;

	faults_reset();
	read_options(argc, argv);
	if (options.die_with_parent)
	{
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		/* it may have died before that */
		if (getppid() != parent)
			return 0;
	}

	/* connections are files */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
	{
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}

	/* pages of half a megabyte: do not map and unmap them each time */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);

	/* all threads inherit the mask; this one waits for the signal */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);

	clock_ms();
	sim_us(now_us());
	token_init();
	tables_init();
	render_init();
	/* not the clock a moment later: the same options give the same offers */
	generate_init(options.seed, options.now_ms == NO_DATE ? clock_ms() : options.now_ms, options.days);
	if (options.file)
		file_load(options.file, options.keep_broken);
	else
		generate_offers(options.offers, bursts, bursts_count);
	store_build();
	if (options.log)
		log_open(options.log);
	if (!timer_start())
		fatal("no thread");
	port = http_start();
	if (options.port_file)
		write_port_file(options.port_file, port);
	printf("listening on %s://127.0.0.1:%d\n", options.tls_cert ? "https" : "http", port);
	fflush(stdout);

	sigwait(&stop, &caught);
	timer_stop();
	http_stop();
	log_close();
	return 0;
}
