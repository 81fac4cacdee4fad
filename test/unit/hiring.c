/*
 * hiring.c
 *		Score scale, cumulative gains and lines of files.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "hiring/csv.h"
#include "hiring/gains.h"
#include "hiring/score.h"

static const JmScoreScale scale = {10, 50, 100, 500};

/* Every decimal between -2 and 20 against the C library's exact printing. */
static void
test_rounding(void)
{
	for (int i = -2000; i <= 20000; i++)
	{
		double		x = i / 1000.0;
		char		printed[64];

		snprintf(printed, sizeof(printed), "%.1f", x);
		CHECK(jm_round_one_decimal(x) == strtod(printed, NULL));
	}
	CHECK(jm_round_one_decimal(0.25) == 0.2);
	CHECK(jm_round_one_decimal(0.35) == 0.3);
	CHECK(jm_round_one_decimal(2.65) == 2.6);
}

static void
test_scores(void)
{
	int			last = 0;

	for (int i = 0; i < 100000; i++)
	{
		int			score = jm_score_from_hirings(&scale, i / 100.0);

		CHECK(score >= last && score <= 100);
		last = score;
	}
	CHECK_INT(jm_score_from_hirings(&scale, -INFINITY), 0);
	CHECK_INT(jm_score_from_hirings(&scale, INFINITY), 100);
	CHECK_INT(jm_score_from_hirings(&scale, 499), 99);
	CHECK_INT(jm_hirings_from_score(&scale, 61), 52);
	CHECK_INT(jm_hirings_from_score(&scale, 63), 58);
	for (int s = 50; s <= 100; s++)
		if (s != 81 && s != 83)
			CHECK_INT(jm_score_from_hirings(&scale, jm_hirings_from_score(&scale, s)), s);
}

static int
by_prediction(const void *a, const void *b)
{
	double		x = ((const JmGainsPair *) a)->predicted;
	double		y = ((const JmGainsPair *) b)->predicted;

	return (x < y) - (x > y);
}

/* Against adding up in order, with the ties of a cut at their mean. */
static void
test_gains_of(int n)
{
	JmGainsPair pairs[300];
	double		gains[JM_GAINS_SHARES];
	double		expected[JM_GAINS_SHARES] = {0};
	double		total = 0;
	int			kinds = 1 + rand() % (2 * n);

	for (int i = 0; i < n; i++)
	{
		/* in any order, and sorted either way */
		pairs[i].predicted = n % 3 == 0 ? rand() % kinds : n % 3 == 1 ? i / 3 : -i / 3;
		pairs[i].effective = rand() % 5;
		total += pairs[i].effective;
	}
	qsort(pairs, n, sizeof(JmGainsPair), by_prediction);
	for (int k = 0; k < JM_GAINS_SHARES; k++)
	{
		int			cut = n * (k + 1) / 10;
		double		tied = 0;
		int			n_tied = 0;
		int			larger = 0;

		for (int i = 0; i < n; i++)
			if (cut > 0 && pairs[i].predicted > pairs[cut - 1].predicted)
			{
				expected[k] += pairs[i].effective;
				larger++;
			}
			else if (cut > 0 && pairs[i].predicted == pairs[cut - 1].predicted)
			{
				tied += pairs[i].effective;
				n_tied++;
			}
		if (cut > 0)
			expected[k] += tied * (cut - larger) / n_tied;
		if (total > 0)
			expected[k] /= total;
	}
	for (int i = n - 1; n % 2 && i > 0; i--)
	{
		int			j = rand() % (i + 1);
		JmGainsPair pair = pairs[i];

		pairs[i] = pairs[j];
		pairs[j] = pair;
	}
	jm_gains(pairs, n, gains);
	for (int k = 0; k < JM_GAINS_SHARES; k++)
		CHECK(fabs(gains[k] - expected[k]) < 1e-12);
}

static void
test_gains(void)
{
	JmGainsPair pairs[] = {{1, 10}, {5, 30}, {3, 60}};
	JmGainsPair ties[] = {{1, 4}, {1, 0}, {1, 0}, {1, 0}};
	double		gains[JM_GAINS_SHARES];

	jm_gains(pairs, 3, gains);
	CHECK(gains[2] == 0 && gains[3] == 0.3 && gains[5] == 0.3 && gains[6] == 0.9);
	jm_gains(ties, 4, gains);
	CHECK(gains[2] == 0.25 && gains[4] == 0.5);
	jm_gains(NULL, 0, gains);
	CHECK(gains[0] == 0);
	for (int n = 1; n < 300; n++)
		test_gains_of(n);
}

static void
check_line(const char *line, char delimiter, const char *expected)
{
	char		joined[200] = "";
	char		field[200];
	const char *cursor = line;

	while (cursor)
	{
		size_t		length;

		if (!jm_csv_next(&cursor, line + strlen(line), delimiter, field, &length))
		{
			strcat(joined, "!");
			break;
		}
		CHECK(length <= strlen(line));
		field[length] = '\0';
		strcat(strcat(joined, field), "~");
	}
	CHECK_STR(joined, expected);
}

/* Any line ends, and writes no more than its length. */
static void
test_random_lines(void)
{
	static const char alphabet[] = "a\"\",; ";

	srand(1);
	for (int round = 0; round < 20000; round++)
	{
		size_t		n = rand() % 12;
		char	   *line = malloc(n + 1);
		char	   *field = malloc(n + 1);
		const char *cursor = line;
		size_t		total = 0;
		size_t		length;

		for (size_t i = 0; i < n; i++)
			line[i] = alphabet[rand() % (sizeof(alphabet) - 1)];
		while (cursor && jm_csv_next(&cursor, line + n, ',', field, &length))
			total += length + 1;
		CHECK(total <= n + 1);
		free(line);
		free(field);
	}
}

int
main(void)
{
	test_rounding();
	test_scores();
	test_gains();
	check_line("a,b", ',', "a~b~");
	check_line("", ',', "~");
	check_line(",", ',', "~~");
	check_line("a;b,c", ';', "a~b,c~");
	check_line("\"a,b\",\"c\"\"d\"", ',', "a,b~c\"d~");
	check_line("a\"b,c", ',', "a\"b~c~");
	check_line("\"a", ',', "!");
	check_line("\"a\"b", ',', "!");
	test_random_lines();
	return unit_failures != 0;
}
