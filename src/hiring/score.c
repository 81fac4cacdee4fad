/*
 * score.c
 *		The score scale of La Bonne Boite, with the roundings of the original:
 *		scores must come out the same to the unit.
 */
#include "hiring/score.h"

#include <math.h>

/*
 * Rounds to one decimal, ties to even, judging the exact binary value as
 * Python's round(x, 1) does.  For |x| < 2^52 / 10.
 */
double
jm_round_one_decimal(double x)
{
	double		scaled = fabs(x) * 10;
	double		error = fma(fabs(x), 10, -scaled);	/* exact = scaled + error */
	double		whole = floor(scaled);
	double		rest = (scaled - whole) - 0.5;

	if (rest > 0 || (rest == 0 && error > 0) ||
		(rest == 0 && error == 0 && fmod(whole, 2) == 1))
		whole += 1;
	return copysign(whole / 10, x);
}

/*
 * Score of a number of hirings in six months: linear up to 50, 60 and 80, then
 * logarithmic; 0 below none and 100 from at_100 on, which is a small jump.
 */
int
jm_score_from_hirings(const JmScoreScale *scale, double hirings)
{
	double		score;

	/* round() takes halves away from zero */
	hirings = hirings <= 3 ?
		jm_round_one_decimal(fmax(hirings, -1)) : round(hirings);

	if (hirings <= scale->at_50)
		score = 50 * hirings / scale->at_50;
	else if (hirings >= scale->at_100)
		score = 100;
	else if (hirings <= scale->at_60)
		score = 50 + 10 * (hirings - scale->at_50) / (scale->at_60 - scale->at_50);
	else if (hirings <= scale->at_80)
		score = 60 + 20 * (hirings - scale->at_60) / (scale->at_80 - scale->at_60);
	else
		score = 80 + 20 * log10(1 + hirings - scale->at_80) / log10(scale->at_100);

	return (int) round(fmax(score, 0));
}

/*
 * Hirings worth a score of 0 to 100, rounded half to even as in the original;
 * not an inverse below 50, where several scores share a whole number.
 */
int
jm_hirings_from_score(const JmScoreScale *scale, int score)
{
	double		hirings;

	if (score <= 50)
		hirings = scale->at_50 * score / 50;
	else if (score <= 60)
		hirings = scale->at_50 + (score - 50) / 10.0 * (scale->at_60 - scale->at_50);
	else if (score <= 80)
		hirings = scale->at_60 + (score - 60) / 20.0 * (scale->at_80 - scale->at_60);
	else
		hirings = scale->at_80 - 1 +
			pow(10, (score - 80) / 20.0 * log10(scale->at_100));

	/* rint() takes halves to even */
	return (int) rint(hirings);
}

/* Stars shown for a score: 2.5 up to a score of 20, then up to 5. */
double
jm_stars_from_score(double score)
{
	score = fmin(fmax(score, 20), 100);
	return jm_round_one_decimal(2.5 + (score - 20) / 80 * 2.5);
}

/* Score of a number of stars, not rounded. */
double
jm_score_from_stars(double stars)
{
	stars = fmin(fmax(stars, 2.5), 5);
	return 20 + (stars - 2.5) / 2.5 * 80;
}
