/*
 * text.c
 *		Company names and descriptions, written straight as JSON text.
 *
 * The sentences are escaped and cut at their placeholders once, at the start:
 * a description is then a few copies of memory, which is what lets one core
 * serve tens of thousands of offers a second.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data.h"
#include "emu.h"

#define MAX_PIECES 8

typedef struct Piece
{
	const char *text;
	uint32_t	len;
	char		slot;			/* placeholder after the text, or 0 */
} Piece;

typedef struct Sentence
{
	Piece		pieces[MAX_PIECES];
	int			count;
} Sentence;

typedef struct Pool
{
	Sentence   *items;
	int			count;
} Pool;

typedef struct Words
{
	const char *title;
	const char *company;
	const char *place;
	uint32_t	reference;
} Words;

static Pool openings;
static Pool duties;
static Pool profiles;
static Pool benefits;
static Pool closings;
static Pool fillers;

static void
cut_sentence(Sentence *out, const char *text)
{
	Buf			buf = {0};
	char	   *p;

	buf_json_escape(&buf, text, strlen(text));
	memset(out, 0, sizeof(*out));
	for (p = buf.data; *p && out->count < MAX_PIECES;)
	{
		Piece	   *piece = &out->pieces[out->count++];

		piece->text = p;
		while (*p && !(p[0] == '%' && p[1] && strchr("TCLR", p[1])))
			p++;
		piece->len = p - piece->text;
		if (*p)
		{
			piece->slot = p[1];
			p += 2;
		}
	}
	/* the pieces keep pointing into the buffer */
}

static void
fill_pool(Pool *pool, const char *const *texts, int count)
{
	pool->items = xmalloc(count * sizeof(Sentence));
	pool->count = count;
	for (int i = 0; i < count; i++)
		cut_sentence(&pool->items[i], texts[i]);
}

void
text_init(void)
{
	fill_pool(&openings, data_openings, data_openings_count);
	fill_pool(&duties, data_duties, data_duties_count);
	fill_pool(&profiles, data_profiles, data_profiles_count);
	fill_pool(&benefits, data_benefits, data_benefits_count);
	fill_pool(&closings, data_closings, data_closings_count);
	fill_pool(&fillers, data_fillers, data_fillers_count);
}

static void
put_sentence(Buf *buf, const Sentence *s, const Words *words)
{
	char		number[16];

	for (int i = 0; i < s->count; i++)
	{
		buf_add(buf, s->pieces[i].text, s->pieces[i].len);
		switch (s->pieces[i].slot)
		{
			case 'T':
				buf_adds(buf, words->title);
				break;
			case 'C':
				buf_adds(buf, words->company);
				break;
			case 'L':
				buf_adds(buf, words->place);
				break;
			case 'R':
				snprintf(number, sizeof(number), "%06u", words->reference);
				buf_adds(buf, number);
				break;
			default:
				break;
		}
	}
}

static void
put_from(Buf *buf, const Pool *pool, uint64_t *r, const Words *words)
{
	put_sentence(buf, &pool->items[rng_below(r, pool->count)], words);
}

/* A run of different sentences of a pool, from a random one on */
static int
start_in(const Pool *pool, uint64_t *r)
{
	return rng_below(r, pool->count);
}

/*
 * Write the inside of the JSON string of a description.  The length is drawn
 * first: 48 to 4,990 characters, 1,900 bytes on average.
 */
void
text_describe(Buf *buf, const Offer *offer, uint64_t key, const char *company, const char *title)
{
	uint64_t	r = mix64(key ^ 0x7E47);
	Words		words;
	size_t		begin = buf->len;
	size_t		target;
	int			at;

	words.title = title;
	words.company = company;
	words.place = "votre région";
	words.reference = (uint32_t) (key % 1000000);
	if (!(offer->flags & FLAG_TWIN))
	{
		const Place *place = &places[offer->place];

		if (place->kind == 'c')
			words.place = data_communes[place->data].name;
		else if (place->kind == 'd')
			words.place = data_depts[place->data].name;
	}

	put_from(buf, &openings, &r, &words);
	if (rng_chance(&r, 0.04))
		return;
	target = 300 + (size_t) (-log(1 - rng_unit(&r)) * 1300);
	if (target > 4450)
		target = 4450;

	if (rng_chance(&r, 0.5))
	{
		buf_add(buf, "\\n\\n", 4);
		put_from(buf, &fillers, &r, &words);
	}
	buf_adds(buf, "\\n\\nVos missions :\\n");
	at = start_in(&duties, &r);
	for (int n = 0; n < duties.count && buf->len - begin < target * 6 / 10; n++)
		put_sentence(buf, &duties.items[at++ % duties.count], &words);
	buf_add(buf, "\\n", 2);
	at = start_in(&profiles, &r);
	for (int n = 0; n < profiles.count && buf->len - begin < target * 8 / 10; n++)
	{
		put_sentence(buf, &profiles.items[at++ % profiles.count], &words);
		buf_add(buf, "\\n", 2);
	}
	at = start_in(&benefits, &r);
	for (int n = 0; n < benefits.count && buf->len - begin < target * 9 / 10; n++)
	{
		put_sentence(buf, &benefits.items[at++ % benefits.count], &words);
		buf_add(buf, "\\n \\n", 5);
	}
	at = start_in(&fillers, &r);
	for (int n = 0; n < fillers.count && buf->len - begin < target; n++)
	{
		put_sentence(buf, &fillers.items[at++ % fillers.count], &words);
		buf_add(buf, "\\n", 2);
	}
	put_from(buf, &closings, &r, &words);
}

/*
 * A company: the frequency of the n-th falls like 1/n, from staffing agencies
 * with thousands of offers to shops with one.
 */
void
text_company(Buf *buf, uint64_t key)
{
	uint64_t	r = mix64(key ^ 0xC0);
	uint32_t	rank = (uint32_t) exp(rng_unit(&r) * log(30000.0)) - 1;
	uint64_t	h;
	const char *head;
	const char *tail;

	if (rank < (uint32_t) data_companies_count)
	{
		buf_json_escape(buf, data_companies[rank], strlen(data_companies[rank]));
		return;
	}
	h = mix64(rank);
	head = data_company_heads[h % data_company_heads_count];
	tail = data_company_tails[(h >> 16) % data_company_tails_count];
	buf_adds(buf, head);
	buf_add(buf, " ", 1);
	buf_adds(buf, tail);
	/* the pairs run out long before the ranks do */
	if (rank > 400)
		buf_addf(buf, " %u", rank % 97 + 1);
}
