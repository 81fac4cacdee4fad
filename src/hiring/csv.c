/*
 * csv.c
 *		Fields of one line of a delimited file (RFC 4180 quoting).  A line is
 *		judged by itself, so that a broken one costs no other; COPY would give
 *		up the whole file.
 */
#include "hiring/csv.h"

/*
 * Writes the next field of the line *cursor .. end to field, which must have
 * room for the rest of the line, and its length.  *cursor is NULL after the
 * last field.  False when a quote is not closed, or text follows a closing
 * quote.
 */
bool
jm_csv_next(const char **cursor, const char *end, char delimiter,
			char *field, size_t *length)
{
	const char *c = *cursor;
	size_t		n = 0;

	if (c < end && *c == '"')
	{
		for (c++;; c++)
		{
			if (c == end)
				return false;
			if (*c == '"')
			{
				if (c + 1 == end || c[1] != '"')
					break;
				c++;
			}
			field[n++] = *c;
		}
		c++;
		if (c < end && *c != delimiter)
			return false;
	}
	else
		while (c < end && *c != delimiter)
			field[n++] = *c++;

	*length = n;
	*cursor = c < end ? c + 1 : NULL;
	return true;
}
