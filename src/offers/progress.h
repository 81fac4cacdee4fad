/*
 * progress.h
 *		How far the harvests under way are, for other sessions.
 */
#ifndef JM_PROGRESS_H
#define JM_PROGRESS_H

#include "offers/harvest.h"

extern void jm_progress_init(void);
extern void jm_progress_set(const JmHarvest *h);
extern void jm_progress_end(void);

#endif							/* JM_PROGRESS_H */
