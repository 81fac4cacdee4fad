/*
 * salary.c
 *		Reads salary labels: two amounts at most, a period, months a year.
 *
 * Labels are "Mensuel de 2000.0 Euros a 2500.0 Euros sur 13.0 mois", with
 * recruiters' errors in them, or free comments ("25 - 45 k€ brut annuel").
 * Whatever is repaired, inferred or doubted is told in a flag; the amounts
 * themselves stay as written.
 */
#include "text/salary.h"

#include <string.h>

#include "text/normalise.h"

#define LABEL_MAX 2048			/* bytes looked at; labels have 100 */
#define MAX_WORDS 128

/* Working time of a full-time year: 35 hours a week, 52 weeks. */
#define HOURS_A_YEAR 1820
/* Yearly minimum wage of a full-time job: 11.65 an hour (2024). */
#define FULL_TIME_SMIC 21203
/* Without a period, a rate above this may be a day's as well as an hour's. */
#define HOUR_INFERRED_MAX 6000
/* Without a period, 5,400 to 20,000 may be a month or a year. */
#define YEAR_INFERRED_MIN 1000000
/* "Annuel de 30": thirty thousand, or an hour's wage?  Below, an hour's. */
#define THOUSANDS_MIN 2000

const char *const jm_salary_flags[JM_SALARY_FLAGS] = {
	"swapped", "period_repaired", "period_inferred", "min_outlier", "max_outlier",
	"ambiguous", "implausible", "not_annualised", "not_numeric", "percent_of_smic",
	"zero", "net", "encoding_fixed", "below_full_time_smic"
};

/* Plausible gross amounts of a full or part time job, in cents. */
static const struct
{
	long long	min;
	long long	max;
}			bands[] =

{
	[JM_PERIOD_HOUR] = {900, 20000},
	[JM_PERIOD_MONTH] = {45000, 2000000},
	[JM_PERIOD_YEAR] = {540000, 30000000},
};

static const JmSalaryPeriod annual_periods[] = {JM_PERIOD_HOUR, JM_PERIOD_MONTH, JM_PERIOD_YEAR};

/* A word, number or sign of the label. */
typedef struct JmLabelWord
{
	const char *text;			/* not a number: its bytes */
	int			len;
	bool		number;
	long long	cents;			/* number: its value in hundredths */
} JmLabelWord;

/* Name of a period, NULL for none. */
const char *
jm_period_name(JmSalaryPeriod period)
{
	static const char *const names[] = {NULL, "hour", "day", "month", "year", "fee", "week"};

	return names[period];
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Three digits, and no fourth, at s? */
static bool
three_digits(const char *s, size_t len)
{
	return len >= 3 && is_digit(s[0]) && is_digit(s[1]) && is_digit(s[2]) &&
		(len == 3 || !is_digit(s[3]));
}

/*
 * A number at s: thousands grouped by blanks, dots or commas or not at all,
 * decimals after either sign.  Sets *cents, returns its length.
 */
static size_t
read_number(const char *s, size_t len, long long *cents)
{
	const long long limit = 1000000000000LL;
	long long	value = 0;
	size_t		at = 0;
	long long	fraction = 0;
	int			scale = 100;

	while (at < len && is_digit(s[at]))
	{
		if (value < limit)
			value = value * 10 + (s[at] - '0');
		at++;
	}
	if (at <= 3 && value > 0)
	{
		while (at + 1 < len && (s[at] == ' ' || s[at] == '.' || s[at] == ',' || s[at] == '\'') &&
			   three_digits(s + at + 1, len - at - 1))
		{
			int			i;

			for (i = 1; i <= 3; i++)
				if (value < limit)
					value = value * 10 + (s[at + i] - '0');
			at += 4;
		}
	}
	if (at + 1 < len && (s[at] == '.' || s[at] == ',') && is_digit(s[at + 1]))
	{
		at++;
		while (at < len && is_digit(s[at]))
		{
			scale /= 10;
			fraction += (s[at] - '0') * scale;
			at++;
		}
	}
	*cents = (value < limit ? value : limit) * 100 + fraction;
	return at;
}

/* Splits a folded label into words; returns their number. */
static int
split_label(const char *s, size_t len, JmLabelWord *words)
{
	size_t		at = 0;
	int			n = 0;

	while (at < len && n < MAX_WORDS)
	{
		JmLabelWord *w = &words[n];
		size_t		start = at;

		if (s[at] == ' ' || s[at] == '\'')
		{
			at++;
			continue;
		}
		w->number = is_digit(s[at]);
		w->cents = 0;
		if (w->number)
			at += read_number(s + at, len - at, &w->cents);
		else if (is_letter(s[at]))
		{
			while (at < len && is_letter(s[at]))
				at++;
		}
		else if ((unsigned char) s[at] >= 0x80)
		{
			/* one character: the euro sign is its own word */
			at++;
			while (at < len && ((unsigned char) s[at] & 0xC0) == 0x80)
				at++;
		}
		else
			at++;
		w->text = s + start;
		w->len = (int) (at - start);
		n++;
	}
	return n;
}

/* Is word i one of a list separated by blanks? */
static bool
is_one_of(const JmLabelWord *words, int n, int i, const char *list)
{
	if (i < 0 || i >= n || words[i].number)
		return false;
	while (*list)
	{
		size_t		len = strcspn(list, " ");

		if ((int) len == words[i].len && memcmp(list, words[i].text, len) == 0)
			return true;
		list += len;
		while (*list == ' ')
			list++;
	}
	return false;
}

#define WORD(i, list) is_one_of(words, n, (i), (list))

#define CURRENCY "euros euro eur \xE2\x82\xAC"
#define THOUSAND "k ke keur keuros"
#define RANGE "a - et / ? ou ~ to"

/* Joins "12", "E", "50", without a blank between, to one number; returns n. */
static int
join_cents(JmLabelWord *words, int n)
{
	int			i;

	for (i = 0; i + 2 < n; i++)
		if (words[i].number && words[i].cents % 100 == 0 && WORD(i + 1, CURRENCY) &&
			words[i + 2].number && words[i + 2].len == 2 &&
			words[i].text +words[i].len == words[i + 1].text &&
			words[i + 1].text +words[i + 1].len == words[i + 2].text)
		{
			words[i].cents += words[i + 2].cents / 100;
			memmove(&words[i + 2], &words[i + 3], (size_t) (n - i - 3) * sizeof(words[0]));
			n--;
		}
	return n;
}

/* The period that word i names, if any. */
static JmSalaryPeriod
period_word(const JmLabelWord *words, int n, int i)
{
	/* "12 mois", "169 heures", "13e mois": a number of them, not a rate */
	if (i > 0 && (words[i - 1].number || WORD(i - 1, "e eme ieme em")))
		return JM_PERIOD_NONE;
	if (WORD(i, "annuel annuels annuelle annuelles an annee year annum"))
		return JM_PERIOD_YEAR;
	if (WORD(i, "mensuel mensuels mensuelle mensuelles mois month"))
		return JM_PERIOD_MONTH;
	if (WORD(i, "horaire horaires heure hour") || (WORD(i, "h") && WORD(i - 1, "/ par")))
		return JM_PERIOD_HOUR;
	if (WORD(i, "journalier journaliere tjm tj jour day") || (WORD(i, "j") && WORD(i - 1, "/ par")) ||
		(WORD(i, "journee") && WORD(i - 1, "/ par la")))
		return JM_PERIOD_DAY;
	if (WORD(i, "cachet"))
		return JM_PERIOD_FEE;
	return JM_PERIOD_NONE;
}

/* Is number i the end of a name ("CCN66"), and no amount typed without a blank? */
static bool
is_glued(const JmLabelWord *words, int n, int i)
{
	return i > 0 && words[i - 1].text +words[i - 1].len == words[i].text &&
		is_letter(words[i - 1].text[0]) && !WORD(i - 1, CURRENCY) &&
		!WORD(i - 1, "de a entre et jusqu partir salaire brut net");
}

/* The period named at i ("/ h", "par an", "mensuel", "de l heure"); *end is after it. */
static JmSalaryPeriod
rate_at(const JmLabelWord *words, int n, int i, int *end)
{
	JmSalaryPeriod period;

	while (WORD(i, "brut bruts net nets / par de l"))
		i++;
	period = period_word(words, n, i);
	if (period == JM_PERIOD_NONE)
		return period;
	i++;
	while (WORD(i, "brut bruts net nets"))
		i++;
	*end = i;
	return period;
}

/*
 * After a first amount, at i: where its period ends when a second amount of the
 * same follows, as in "25 EUR / h - 30 EUR / h"; else i.
 */
static int
skip_rate(const JmLabelWord *words, int n, int i)
{
	int			range = i;
	int			at;
	int			end;
	JmSalaryPeriod period = rate_at(words, n, i, &range);
	JmSalaryPeriod other;

	if (period == JM_PERIOD_NONE || !WORD(range, RANGE))
		return i;
	at = range + 1;
	if (WORD(at, CURRENCY))
		at++;
	if (at >= n || !words[at].number)
		return i;
	at++;
	if (WORD(at, THOUSAND))
		at++;
	if (WORD(at, CURRENCY))
		at++;
	else if (!WORD(range + 1, CURRENCY))
		return i;				/* "2 postes" */
	other = rate_at(words, n, at, &end);
	return other == period || other == JM_PERIOD_NONE ? range : i;
}

static bool
fits(JmSalaryPeriod period, long long min, long long max)
{
	return (min < 0 || (min >= bands[period].min && min <= bands[period].max)) &&
		(max < 0 || (max >= bands[period].min && max <= bands[period].max));
}

/* One more bound as an amount of a year, in whole euros. */
static long long
annualise(long long cents, JmSalaryPeriod period, int months)
{
	if (cents < 0)
		return -1;
	if (period == JM_PERIOD_HOUR)
		cents *= HOURS_A_YEAR;
	else if (period == JM_PERIOD_MONTH)
		cents = (cents * (months > 0 ? months : 1200) + 50) / 100;
	return (cents + 50) / 100;
}

/*
 * Finds the period of a salary whose amounts are known, and the annual bounds.
 * stated is what the label says.
 */
static void
settle_period(JmSalary *s, JmSalaryPeriod stated, bool thousands, bool repair)
{
	bool		min_fits;
	bool		max_fits;
	int			i;

	s->period = stated;
	if (stated == JM_PERIOD_FEE && repair && fits(JM_PERIOD_YEAR, s->min, s->max))
	{
		s->period = JM_PERIOD_YEAR;
		s->flags |= JM_SALARY_PERIOD_INFERRED;
	}
	if (s->period == JM_PERIOD_DAY || s->period == JM_PERIOD_FEE || s->period == JM_PERIOD_WEEK)
	{
		s->flags |= JM_SALARY_NOT_ANNUALISED;
		return;
	}

	if (s->period == JM_PERIOD_NONE)
	{
		long long	top = s->max >= 0 ? s->max : s->min;

		if (!repair)
		{
			s->flags |= JM_SALARY_AMBIGUOUS;
			return;
		}
		if (thousands)
			s->period = JM_PERIOD_YEAR;
		else if (fits(JM_PERIOD_HOUR, s->min, s->max))
		{
			if (top > HOUR_INFERRED_MAX)
			{
				s->flags |= JM_SALARY_AMBIGUOUS;
				return;
			}
			s->period = JM_PERIOD_HOUR;
		}
		else if (fits(JM_PERIOD_YEAR, s->min, s->max) && top >= YEAR_INFERRED_MIN)
			s->period = JM_PERIOD_YEAR;
		else if (fits(JM_PERIOD_MONTH, s->min, s->max))
			s->period = JM_PERIOD_MONTH;
		else
		{
			/* one bound that fits decides, the lower first */
			for (i = 2; i >= 0 && s->period == JM_PERIOD_NONE; i--)
				if (s->min >= 0 && fits(annual_periods[i], s->min, -1))
					s->period = annual_periods[i];
			for (i = 2; i >= 0 && s->period == JM_PERIOD_NONE; i--)
				if (s->max >= 0 && fits(annual_periods[i], s->max, -1))
					s->period = annual_periods[i];
			if (s->period == JM_PERIOD_NONE)
			{
				s->flags |= JM_SALARY_IMPLAUSIBLE;
				return;
			}
		}
		s->flags |= JM_SALARY_PERIOD_INFERRED;
	}

	min_fits = s->min >= 0 && fits(s->period, s->min, -1);
	max_fits = s->max >= 0 && fits(s->period, s->max, -1);
	if (!min_fits && !max_fits)
	{
		int			candidates = 0;
		JmSalaryPeriod other = JM_PERIOD_NONE;

		if (repair)
		{
			for (i = 0; i < 3; i++)
				if (annual_periods[i] != s->period && fits(annual_periods[i], s->min, s->max))
				{
					candidates++;
					other = annual_periods[i];
				}
			/* thousands typed as units read like an hour's wage */
			if (s->period == JM_PERIOD_YEAR && (s->max >= 0 ? s->max : s->min) >= THOUSANDS_MIN &&
				fits(JM_PERIOD_YEAR, s->min >= 0 ? s->min * 1000 : -1, s->max >= 0 ? s->max * 1000 : -1))
				candidates++;
		}
		if (candidates != 1 || other == JM_PERIOD_NONE)
		{
			s->flags |= candidates > 1 ? JM_SALARY_AMBIGUOUS : JM_SALARY_IMPLAUSIBLE;
			return;
		}
		s->period = other;
		s->flags |= JM_SALARY_PERIOD_REPAIRED;
		min_fits = s->min >= 0;
		max_fits = s->max >= 0;
	}
	if (s->min >= 0 && !min_fits)
		s->flags |= JM_SALARY_MIN_OUTLIER;
	if (s->max >= 0 && !max_fits)
		s->flags |= JM_SALARY_MAX_OUTLIER;
	if (!repair && (s->flags & (JM_SALARY_SWAPPED | JM_SALARY_MIN_OUTLIER | JM_SALARY_MAX_OUTLIER)))
		return;
	if (min_fits)
		s->annual_min = annualise(s->min, s->period, s->months);
	if (max_fits)
		s->annual_max = annualise(s->max, s->period, s->months);
	if ((s->annual_min >= 0 ? s->annual_min : s->annual_max) < FULL_TIME_SMIC)
		s->flags |= JM_SALARY_BELOW_SMIC;
}

/*
 * Reads a label of len bytes into *s.  With repair, bounds in the wrong order
 * are exchanged, a period that cannot be is replaced by the only other that
 * can, and a missing one is inferred; without, such a label keeps its amounts
 * but gets no annual bounds.  Amounts are taken for gross unless flagged net.
 */
void
jm_parse_salary(const char *label, size_t len, bool repair, JmSalary *s)
{
	char		folded[JM_NORMALISED_MAX(LABEL_MAX)];
	JmLabelWord words[MAX_WORDS];
	JmSalaryPeriod stated = JM_PERIOD_NONE;
	bool		structured = false;
	bool		percent = false;
	bool		smic = false;
	bool		thousands = false;
	bool		only_min = false;
	bool		only_max = false;
	const JmLabelWord dash = {"-", 1, false, 0};
	int			first = -1;
	int			n;
	int			i;
	size_t		folded_len;

	memset(s, 0, sizeof(*s));
	s->min = s->max = s->annual_min = s->annual_max = -1;
	if (len > LABEL_MAX)
		len = LABEL_MAX;
	for (i = 0; i + 2 < (int) len; i++)
		if (memcmp(label + i, "\xEF\xBF\xBD", 3) == 0 || memcmp(label + i, "\xC3\xAF\xC2", 3) == 0 ||
			memcmp(label + i, "\xC3\x83\xC2", 3) == 0)
			s->flags |= JM_SALARY_ENCODING_FIXED;
	folded_len = jm_normalise(label, len, folded, NULL, 0);
	n = join_cents(words, split_label(folded, folded_len, words));

	/* "sur 13.0 mois", "x 13 mois", "(13 mois)" */
	for (i = 0; i + 2 < n; i++)
		if (words[i + 1].number && WORD(i + 2, "mois") &&
			((WORD(i, "sur") && words[i + 1].cents > 0 && words[i + 1].cents <= 2400) ||
			 (WORD(i, "x * (") && words[i + 1].cents >= 1200 && words[i + 1].cents <= 1600)))
			s->months = (int) words[i + 1].cents;
	/* "2500 EUR x 13", and no more of it */
	if (n >= 3 && WORD(n - 2, "x *") &&
		(words[n - 3].number || WORD(n - 3, CURRENCY) || WORD(n - 3, "mois mensuel mensuels brut bruts net nets")) &&
		words[n - 1].number && words[n - 1].cents >= 1200 && words[n - 1].cents <= 1600)
		s->months = (int) words[n - 1].cents;
	for (i = 0; i < n; i++)
	{
		if (WORD(i, "net nets"))
			s->flags |= JM_SALARY_NET;
		if (WORD(i, "smic"))
			smic = true;
		if (WORD(i, "%"))
			percent = true;
	}

	/* the form of the API: a period (or "Autre", or none), "de", amounts */
	if (WORD(0, "annuel mensuel horaire journalier cachet autre tjm de"))
	{
		stated = period_word(words, n, 0);
		structured = WORD(0, "tjm de") || n == 1 || WORD(1, "de") || words[1].number;
	}
	if (!structured || stated == JM_PERIOD_NONE)
	{
		stated = JM_PERIOD_NONE;
		for (i = 0; i < n && stated == JM_PERIOD_NONE; i++)
			stated = period_word(words, n, i);
		/* last, and "35 heures par semaine" tells the working time */
		for (i = 0; i < n && stated == JM_PERIOD_NONE; i++)
			if (WORD(i, "hebdomadaire hebdo semaine week") && (i == 0 || !words[i - 1].number) &&
				!WORD(i - 2, "h heure heures") && !WORD(i - 1, "h heure heures"))
				stated = JM_PERIOD_WEEK;
	}

	/* the first number that is an amount */
	for (i = 0; i < n && first < 0; i++)
	{
		int			next = i + 1;
		bool		worth;

		if (!words[i].number || WORD(i + 1, "% e eme ieme em er mois heure heures h jour jours an ans") ||
			(WORD(i - 1, "sur") && WORD(i + 1, "mois")) ||
			(WORD(i - 1, "x *") && i > 1 && words[i - 2].number) ||
			is_glued(words, n, i))
			continue;
		/* a range lends its unit to its first number */
		if (WORD(next, RANGE) && next + 1 < n && words[next + 1].number &&
			!WORD(next + 2, "%"))
			next += 2;
		worth = (structured && i <= 2) || WORD(next, CURRENCY) || WORD(next, THOUSAND) || WORD(i - 1, CURRENCY) ||
			WORD(next, "net nets brut bruts") || next == n || (s->months > 0 && WORD(next, "x * sur"));
		/* a bare number: nothing before it but what tells that it is a salary */
		if (next == n && !structured)
		{
			int			k = 0;

			while (WORD(k, "salaire salaires remuneration base fixe brut bruts brute net nets mensuel mensuelle "
						"annuel annuelle horaire : - de a partir des entre minimum mini"))
				k++;
			worth = k == i;
		}
		if (worth)
			first = i;
	}

	if (first >= 0)
	{
		int			at = first + 1;
		bool		unit = false;
		bool		first_thousand = false;
		bool		second_thousand = false;

		s->min = words[first].cents;
		if (WORD(at, THOUSAND))
		{
			first_thousand = unit = true;
			at++;
		}
		if (WORD(at, CURRENCY))
		{
			unit = true;
			at++;
		}
		while (WORD(at, "brut bruts net nets"))
			at++;
		if (WORD(at, "minimum mini min") && WORD(at + 1, RANGE))
			at++;
		/* "min 28 k max 35 k" */
		else if (WORD(at, "maximum maxi max") && at + 2 < n && words[at + 1].number &&
				 (WORD(at + 2, THOUSAND) || WORD(at + 2, CURRENCY)))
			words[at] = dash;
		else if (WORD(at, "minimum mini min") || (WORD(at, "et ou") && WORD(at + 1, "plus +")))
			only_min = true;
		else if (WORD(at, "maximum maxi max"))
			only_max = true;
		at = skip_rate(words, n, at);
		if (WORD(at, "jusqu"))
			at++;
		/* "EUR 40,000 - EUR 45,000" */
		if (WORD(at, RANGE) && WORD(at + 1, CURRENCY) && at + 2 < n && words[at + 2].number)
		{
			words[at + 1] = words[at];
			at++;
		}
		if (WORD(at, RANGE) && at + 1 < n && words[at + 1].number &&
			!WORD(at + 2, "% e eme ieme mois h heures jours"))
		{
			s->max = words[at + 1].cents;
			at += 2;
			if (WORD(at, THOUSAND))
				second_thousand = true;
			/* "45 a 60 K": both; "45 euros a 60 K": the second */
			if (second_thousand && !unit)
				first_thousand = true;
		}
		/* "40 a 50 000 euros" */
		if (!structured && !unit && !second_thousand && s->min >= 1000 && s->min < 100000 &&
			s->min % 100 == 0 && s->max >= 1000000 && s->max >= s->min * 1000 && s->max <= s->min * 10000)
			s->min *= 1000;
		for (i = 0; i < first; i++)
		{
			if (WORD(i, "partir minimum mini min des"))
				only_min = true;
			if (WORD(i, "jusqu maximum maxi max"))
				only_max = true;
		}
		if (first_thousand && s->min < 10000000)
			s->min *= 1000;
		if ((second_thousand || (first_thousand && s->max >= 0 && s->max < 100000)) &&
			s->max >= 0 && s->max < 10000000)
			s->max *= 1000;
		thousands = first_thousand || second_thousand;

		if (s->max < 0)
		{
			s->max = s->min;
			if (only_min)
				s->max = -1;
			else if (only_max)
				s->min = -1;
		}
		if (s->min == 0 || s->max == 0)
		{
			s->flags |= JM_SALARY_ZERO;
			if (s->min == 0)
				s->min = -1;
			if (s->max == 0)
				s->max = -1;
		}
		else if (s->min >= 0 && s->max >= 0 && s->min > s->max)
		{
			s->flags |= JM_SALARY_SWAPPED;
			if (repair)
			{
				long long	other = s->min;

				s->min = s->max;
				s->max = other;
			}
		}
	}

	if (s->min < 0 && s->max < 0)
	{
		s->period = structured ? stated : JM_PERIOD_NONE;
		if (!(s->flags & JM_SALARY_ZERO))
			s->flags |= percent && smic ? JM_SALARY_PERCENT_OF_SMIC : JM_SALARY_NOT_NUMERIC;
		return;
	}
	settle_period(s, stated, thousands, repair);
}

/* Folds and splits a label that is not a salary. */
static int
split_other(const char *label, size_t len, char *folded, JmLabelWord *words)
{
	if (len > LABEL_MAX)
		len = LABEL_MAX;
	return split_label(folded, jm_normalise(label, len, folded, NULL, 0), words);
}

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
	char		folded[JM_NORMALISED_MAX(LABEL_MAX)];
	JmLabelWord words[MAX_WORDS];
	int			n = split_other(label, len, folded, words);
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
		if (WORD(unit, "an ans annee annees"))
			return (int) ((number * 12 + months_beside(words, n, unit)) / 100);
		if (WORD(unit, "mois"))
			return (int) (number / 100);
	}
	return -1;
}

/*
 * Minutes of work a week that a label gives ("37H30/semaine Travail en
 * journee"), -1 when it gives none or what cannot be a week's.
 */
int
jm_weekly_minutes(const char *label, size_t len)
{
	char		folded[JM_NORMALISED_MAX(LABEL_MAX)];
	JmLabelWord words[MAX_WORDS];
	int			n = split_other(label, len, folded, words);
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
			words[after].text == words[after - 1].text +words[after - 1].len)
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
	char		folded[JM_NORMALISED_MAX(LABEL_MAX)];
	JmLabelWord words[MAX_WORDS];
	int			n = split_other(label, len, folded, words);
	int			i;

	for (i = 0; i + 1 < n; i++)
	{
		if (!words[i].number || words[i].cents == 0 || words[i].cents > 1000000)
			continue;
		if (WORD(i + 1, "mois"))
			return (int) (words[i].cents * 30 / 100);
		if (WORD(i + 1, "jour jours"))
			return (int) (words[i].cents / 100);
		if (WORD(i + 1, "semaine semaines"))
			return (int) (words[i].cents * 7 / 100);
		if (WORD(i + 1, "an ans"))
			return (int) ((words[i].cents * 12 + months_beside(words, n, i + 1)) * 30 / 100);
	}
	return -1;
}
