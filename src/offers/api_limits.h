/*
 * api_limits.h
 *		What one search of the API gives.
 */
#ifndef JM_API_LIMITS_H
#define JM_API_LIMITS_H

#define JM_API_PAGE 150			/* offers of a page */
#define JM_API_REACH 3150		/* rows of one search that can be read */

#endif							/* JM_API_LIMITS_H */
