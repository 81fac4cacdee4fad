/*
 * score.h
 *		From hirings to a score of 0 to 100, to stars, and back.
 */
#ifndef JM_SCORE_H
#define JM_SCORE_H

/* Hirings in six months that are worth a score of 50, 60, 80 and 100. */
typedef struct JmScoreScale
{
	double		at_50;
	double		at_60;
	double		at_80;
	double		at_100;
} JmScoreScale;

extern double jm_round_one_decimal(double x);
extern int	jm_score_from_hirings(const JmScoreScale *scale, double hirings);
extern int	jm_hirings_from_score(const JmScoreScale *scale, int score);
extern double jm_stars_from_score(double score);
extern double jm_score_from_stars(double stars);

#endif							/* JM_SCORE_H */
