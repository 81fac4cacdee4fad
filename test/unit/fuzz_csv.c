/*
 * fuzz_csv.c
 *		Lines of any bytes are cut without reading or writing past their ends,
 *		and fields that are quoted as RFC 4180 wants come back as they were.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hiring/csv.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *
allocate(size_t size)
{
	void	   *memory = malloc(size + 1);

	if (!memory)
		abort();
	return memory;
}

/* Copies of exactly the size needed, so that the sanitizer sees one byte more. */
static void
any_line(const char *data, size_t size, char delimiter)
{
	char	   *field = malloc(size ? size : 1);
	const char *cursor = data;
	size_t		total = 0;
	size_t		fields = 0;

	while (cursor)
	{
		size_t		length;

		if (!jm_csv_next(&cursor, data + size, delimiter, field, &length))
			break;
		total += length;
		fields++;
		if (total > size || fields > size + 1)
			abort();
	}
	free(field);
}

/* data as fields, cut at zero bytes: quoted, joined, and cut again */
static void
round_trip(const char *data, size_t size, char delimiter)
{
	char	   *line = allocate(2 * size + 3 * (size + 1));
	char	   *field = allocate(2 * size + 3 * (size + 1));
	char	   *end = line;
	const char *cursor;
	const char *expected = data;

	*end++ = '"';
	for (size_t i = 0; i < size; i++)
	{
		if (data[i] == '\0')
		{
			*end++ = '"';
			*end++ = delimiter;
			*end++ = '"';
			continue;
		}
		if (data[i] == '"')
			*end++ = '"';
		*end++ = data[i];
	}
	*end++ = '"';

	cursor = line;
	while (cursor)
	{
		size_t		length;
		const char *stop = memchr(expected, '\0', (size_t) (data + size - expected));

		if (!stop)
			stop = data + size;
		if (!jm_csv_next(&cursor, end, delimiter, field, &length) ||
			length != (size_t) (stop - expected) || memcmp(field, expected, length) != 0 ||
			(cursor == NULL) != (stop == data + size))
			abort();
		expected = stop + 1;
	}
	free(field);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char delimiters[] = {',', ';', '|', '\t'};
	char		delimiter;
	char	   *copy;

	if (size == 0)
		return 0;
	delimiter = delimiters[data[0] % sizeof(delimiters)];
	copy = malloc(size - 1 ? size - 1 : 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	any_line(copy, size - 1, delimiter);
	round_trip(copy, size - 1, delimiter);
	free(copy);
	return 0;
}
