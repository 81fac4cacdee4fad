/*
 * guc.h
 *		Settings of the extension (jobmarket.*).
 */
#ifndef JM_GUC_H
#define JM_GUC_H

extern bool jm_allow_private_networks;

extern void jm_guc_init(void);

#endif							/* JM_GUC_H */
