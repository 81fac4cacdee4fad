/*
 * csv.h
 *		Fields of one line of a delimited file.
 */
#ifndef JM_CSV_H
#define JM_CSV_H

#include <stdbool.h>
#include <stddef.h>

extern bool jm_csv_next(const char **cursor, const char *end, char delimiter,
						char *field, size_t *length);

#endif							/* JM_CSV_H */
