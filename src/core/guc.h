/*
 * guc.h
 *		Settings of the extension (jobmarket.*).
 */
#ifndef JM_GUC_H
#define JM_GUC_H

extern bool jm_allow_private_networks;
extern bool jm_keep_documents;
extern bool jm_understand_offers;

/* http */
extern int	jm_connect_timeout; /* ms */
extern int	jm_request_timeout; /* ms */
extern int	jm_stall_timeout;	/* s */
extern int	jm_max_response_size;	/* kB */
extern int	jm_max_retries;
extern int	jm_max_retry_after; /* s */

/* geo */
extern int	jm_isochrone_cache_expiry;	/* s */
extern int	jm_isochrone_cache_size;	/* kB */

extern void jm_guc_init(void);

#endif							/* JM_GUC_H */
