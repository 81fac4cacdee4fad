/*
 * spoil.c
 *		Undecodable offers.
 *
 * The text of one offer, just written at the end of a page, is edited in
 * place: eight ways of being wrong, some of them not even JSON or UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "emu.h"

/* Replace bytes [from, to) of the buffer. */
static void
replace(Buf *buf, size_t from, size_t to, const char *text)
{
	size_t		len = strlen(text);
	size_t		rest = buf->len - to;

	buf_reserve(buf, len);
	memmove(buf->data + from + len, buf->data + to, rest);
	memcpy(buf->data + from, text, len);
	buf->len = from + len + rest;
	buf->data[buf->len] = '\0';
}

/*
 * Where a string member lies: *name at its opening quote, [*from, *to) the
 * inside of its value.
 */
static bool
find_member(Buf *buf, size_t start, const char *name, size_t *key, size_t *from, size_t *to)
{
	size_t		len = strlen(name);
	char	   *p = buf->data + start;

	while ((p = strstr(p, name)) != NULL)
	{
		char	   *v = p + len;

		v += strspn(v, " ");
		if (*v == ':')
		{
			v++;
			v += strspn(v, " ");
			if (*v != '"')
				return false;
			*key = p - buf->data;
			*from = v + 1 - buf->data;
			for (v++; *v && *v != '"'; v++)
				if (*v == '\\' && v[1])
					v++;
			*to = v - buf->data;
			return true;
		}
		p += len;
	}
	return false;
}

void
spoil_offer(Buf *buf, size_t start, int variant)
{
	size_t		key;
	size_t		from;
	size_t		to;

	switch (variant)
	{
		case 1:					/* no id */
			if (find_member(buf, start, "\"id\"", &key, &from, &to))
				replace(buf, key, key + 4, "\"xx\"");
			break;
		case 2:					/* id a number */
			if (find_member(buf, start, "\"id\"", &key, &from, &to))
				replace(buf, from - 1, to + 1, "1234567");
			break;
		case 3:					/* not an object */
			replace(buf, start, buf->len, "\"offre\"");
			break;
		case 4:
			replace(buf, start, buf->len, "null");
			break;
		case 5:
			if (find_member(buf, start, "\"dateCreation\"", &key, &from, &to))
				replace(buf, from, to, "hier \xc3\xa0 midi");
			break;
		case 6:					/* U+0000, which a text of PostgreSQL cannot
								 * hold */
			if (find_member(buf, start, "\"intitule\"", &key, &from, &to))
				replace(buf, to, to, "\\u0000");
			break;
		case 7:					/* half of a surrogate pair */
			if (find_member(buf, start, "\"intitule\"", &key, &from, &to))
				replace(buf, to, to, "\\ud800");
			break;
		default:				/* no UTF-8 */
			if (find_member(buf, start, "\"intitule\"", &key, &from, &to))
				replace(buf, to, to, "\xff\xfe\xe9");
			break;
	}
}
