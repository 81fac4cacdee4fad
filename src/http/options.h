/*
 * options.h
 *		The options of foreign servers and user mappings.
 */
#ifndef JM_HTTP_OPTIONS_H
#define JM_HTTP_OPTIONS_H

/* An API that we can talk to, and what its servers start from. */
typedef struct JmProvider
{
	const char *name;
	const char *api_url;		/* NULL: the server has to say */
	const char *token_url;		/* NULL: no token, no user mapping */
	const char *scope;
	double		requests_per_second;
	const char *resource;		/* NULL: it has one only */
} JmProvider;

extern const JmProvider *jm_provider_find(const char *name);
extern double jm_option_rate(const char *value);
extern int	jm_option_burst(const char *value);

#endif							/* JM_HTTP_OPTIONS_H */
