/*
 * durations.c
 *		Durations read from the labels of offers: experience, weekly hours,
 *		contracts.
 */
#include "text/durations.h"

#include "text/label_words.h"

#define WORD(i, list) jm_label_word_is(words, n, (i), (list))

/* The number that word i writes out, in hundredths; -1 when it is none. */
static long long
written_number(const JmLabelWord *words, int n, int i)
{
	static const char *const numbers[] = {
		"un une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"
	};
	int			k;

	for (k = 0; k < (int) (sizeof(numbers) / sizeof(numbers[0])); k++)
		if (WORD(i, numbers[k]))
			return (k + 1) * 100;
	return -1;
}

/* "1 An(s) et 6 Mois": the months after the word for years, in hundredths. */
static long long
months_beside(const JmLabelWord *words, int n, int year_word)
{
	int			i = year_word + 1;

	while (WORD(i, "( s ) et"))
		i++;
	return i + 1 < n && words[i].number && words[i].cents < 1200 && WORD(i + 1, "mois") ?
		words[i].cents : 0;
}

/*
 * Months of experience that a label asks for ("2 An(s)", "Experience exigee de
 * 6 Mois"); 0 when beginners are accepted, -1 when it gives no duration.
 */
int
jm_experience_months(const char *label, size_t len)
{
	JmLabel		split;
	const JmLabelWord *words = split.words;
	int			n = jm_split_label(label, len, &split);
	int			i;

	if (WORD(0, "debutant debutante debutants aucune sans"))
		return 0;
	for (i = 0; i < n; i++)
	{
		int			unit = i + 1;
		long long	number = words[i].number ? words[i].cents : written_number(words, n, i);

		if (number < 0 || number > 100000)
			continue;
		/* "de 1 a 3 ans": the least that will do */
		if (WORD(unit, "a - / ou") && unit + 1 < n && words[unit + 1].number)
			unit += 2;
		else if (WORD(unit, "+"))
			unit++;
		if (WORD(unit, "an ans annee annees year years"))
			return (int) ((number * 12 + months_beside(words, n, unit)) / 100);
		if (WORD(unit, "mois month months"))
			return (int) (number / 100);
	}
	for (i = 0; i < n; i++)
		if ((WORD(i, "debutant debutante debutants") && !WORD(i - 1, "non")) ||
			(WORD(i, "experience") && (WORD(i - 2, "pas") || (WORD(i + 1, "non") && WORD(i + 2, "requise exigee necessaire")))))
			return 0;
	return -1;
}

/*
 * Minutes of work a week that a label gives ("37H30/semaine Travail en
 * journee"), -1 when it gives none or what cannot be a week's.
 */
int
jm_weekly_minutes(const char *label, size_t len)
{
	JmLabel		split;
	const JmLabelWord *words = split.words;
	int			n = jm_split_label(label, len, &split);
	int			i;

	for (i = 0; i + 1 < n; i++)
	{
		long long	minutes;
		int			after = i + 2;

		if (!words[i].number)
			continue;
		/* "entre 20 et 25 heures": as "20h a 25h", the first; not "2x8 - 35h" */
		if (i + 3 < n && !WORD(i - 1, "x") && WORD(i + 1, "a - / et ou") && words[i + 2].number &&
			words[i + 2].cents > words[i].cents && WORD(i + 3, "h heure heures"))
			after = i + 4;
		else if (!WORD(i + 1, "h heure heures"))
			continue;
		minutes = words[i].cents * 60 / 100;
		if (after < n && words[after].number && words[after].cents < 6000 &&
			words[after].s == words[after - 1].s + words[after - 1].len)
		{
			if (after == i + 2)
				minutes += words[after].cents / 100;
			after++;
		}
		/* "8h - 17h30" are times of day, "7h / jour" is not of a week */
		if (minutes < 15 * 60 && after + 2 < n && WORD(after, "a - /") && words[after + 1].number &&
			words[after + 1].cents <= 2400 && WORD(after + 2, "h heures"))
		{
			i = after + 2;
			continue;
		}
		if (WORD(after, "/ par") && WORD(after + 1, "jour jours j"))
			continue;
		if (minutes > 0 && minutes <= 80 * 60)
			return (int) minutes;
	}
	return -1;
}

/*
 * Days that a contract lasts ("CDD - 6 Mois", "Interim - 15 Jour(s)"), a month
 * as 30 days; -1 when the label gives no duration.
 */
int
jm_contract_days(const char *label, size_t len)
{
	JmLabel		split;
	const JmLabelWord *words = split.words;
	int			n = jm_split_label(label, len, &split);
	int			i;

	for (i = 0; i + 1 < n; i++)
	{
		long long	number = words[i].number ? words[i].cents : written_number(words, n, i);

		if (number <= 0 || number > 1000000)
			continue;
		if (WORD(i + 1, "mois month months"))
			return (int) (number * 30 / 100);
		if (WORD(i + 1, "jour jours"))
			return (int) (number / 100);
		if (WORD(i + 1, "semaine semaines"))
			return (int) (number * 7 / 100);
		if (WORD(i + 1, "an ans"))
			return (int) ((number * 12 + months_beside(words, n, i + 1)) * 30 / 100);
	}
	return -1;
}
