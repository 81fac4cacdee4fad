/*
 * version.h
 *		Version of the module; the Makefile and the control file say the same.
 */
#ifndef JM_VERSION_H
#define JM_VERSION_H

#define JM_VERSION "0.1.0"

#endif							/* JM_VERSION_H */
