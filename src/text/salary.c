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

#include "text/label_words.h"

const char *const jm_salary_flags[JM_SALARY_FLAGS] = {
	"swapped", "period_repaired", "period_inferred", "min_outlier", "max_outlier",
	"ambiguous", "implausible", "not_annualised", "not_numeric", "percent_of_smic",
	"zero", "net", "encoding_fixed", "below_full_time_smic"
};

#define WORD(i, list) jm_label_word_is(words, n, (i), (list))

#define CURRENCY "euros euro eur \xE2\x82\xAC"
#define THOUSAND "k ke keur keuros"
#define RANGE "a - et / ? ou ~ to \xE2\x86\x92"
#define FOREIGN "$ \xC2\xA3 chf usd gbp cad franc francs dollar dollars xpf cfp fcfa"
#define BONUS "prime primes panier paniers ticket tickets tr commission commissions bonus variable"

/* Name of a period, NULL for none. */
const char *
jm_period_name(JmSalaryPeriod period)
{
	static const char *const names[] = {NULL, "hour", "day", "month", "year", "fee", "week"};

	return names[period];
}

/* Joins "12", "E", "50", without a blank between, to one number; returns n. */
static int
join_cents(JmLabelWord *words, int n)
{
	int			i;

	for (i = 0; i + 2 < n; i++)
		if (words[i].number && words[i].cents % 100 == 0 && WORD(i + 1, CURRENCY) &&
			words[i + 2].number && words[i + 2].len == 2 &&
			words[i].s + words[i].len == words[i + 1].s &&
			words[i + 1].s + words[i + 1].len == words[i + 2].s)
		{
			words[i].cents += words[i + 2].cents / 100;
			memmove(&words[i + 2], &words[i + 3], (size_t) (n - i - 3) * sizeof(words[0]));
			n--;
		}
	return n;
}

/* A quote, a bullet, an emoji or a full stop: nothing at either end of a label. */
static bool
is_ornament(const JmLabelWord *word)
{
	return !word->number && (strchr("\"*.,;:!#", word->s[0]) != NULL || (unsigned char) word->s[0] >= 0xF0);
}

/* The period that word i names, if any. */
static JmSalaryPeriod
period_word(const JmLabelWord *words, int n, int i)
{
	/* "12 mois", "169 heures", "13e mois": a number of them, not a rate */
	if (i > 0 && (words[i - 1].number || WORD(i - 1, "e eme ieme em")))
		return JM_PERIOD_NONE;
	if (WORD(i, "annuel annuels annuelle annuelles an annee year yr annum"))
		return JM_PERIOD_YEAR;
	if (WORD(i, "mensuel mensuels mensuelle mensuelles mois month"))
		return JM_PERIOD_MONTH;
	if (WORD(i, "horaire horaires heure hour hr") || (WORD(i, "h") && WORD(i - 1, "/ par")))
		return JM_PERIOD_HOUR;
	/* "forfait jour" and "poste de jour" are ways to work */
	if (WORD(i, "jour") && WORD(i - 1, "forfait de"))
		return JM_PERIOD_NONE;
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
	return i > 0 && words[i - 1].s + words[i - 1].len == words[i].s &&
		words[i - 1].s[0] >= 'a' && words[i - 1].s[0] <= 'z' && !WORD(i - 1, CURRENCY) &&
		!WORD(i - 1, "de a entre et jusqu partir salaire brut net");
}

/* Is number i of a date, "31/12/2024"? */
static bool
is_date(const JmLabelWord *words, int n, int i)
{
	return i > 1 && WORD(i - 1, "/") && words[i - 2].number && words[i - 2].cents <= 1200 &&
		words[i - 2].s + words[i - 2].len + 1 == words[i].s && words[i].cents > 190000 && words[i].cents < 210000;
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

/* After a first amount, at i: the end of a remark in brackets before a second one, else i. */
static int
skip_remark(const JmLabelWord *words, int n, int i)
{
	int			end = i + 1;

	if (!WORD(i, "("))
		return i;
	while (end < n && !words[end].number && !WORD(end, ")"))
		end++;
	return WORD(end, ")") && WORD(end + 1, RANGE) && end + 2 < n && words[end + 2].number ? end + 1 : i;
}

/* Is a label of the form of the API: a period (or "Autre", or none), "de", amounts? */
static bool
is_structured(const JmLabelWord *words, int n)
{
	return WORD(0, "tjm de") ||
		(WORD(0, "annuel mensuel horaire journalier cachet autre") &&
		 (n == 1 || WORD(1, "de") || words[1].number));
}

/*
 * Does the period at i belong to a number beside the bounds, which are words
 * first to last ("panier 12 EUR / jour", "35 heures par semaine")?
 */
static bool
is_of_another(const JmLabelWord *words, int n, int i, int first, int last)
{
	i--;
	while (WORD(i, "/ par de l la brut bruts net nets"))
		i--;
	if (WORD(i, CURRENCY) || WORD(i, "j jour jours h heure heures"))
		i--;
	return i >= 0 && words[i].number && (i < first || i > last);
}

/* The period that a label states whose bounds are words first to last. */
static JmSalaryPeriod
stated_period(const JmLabelWord *words, int n, bool structured, int first, int last)
{
	JmSalaryPeriod stated = JM_PERIOD_NONE;
	int			i;

	if (structured)
		stated = period_word(words, n, 0);
	for (i = 0; i < n && stated == JM_PERIOD_NONE; i++)
		if (!is_of_another(words, n, i, first, last))
			stated = period_word(words, n, i);
	for (i = 0; i < n && stated == JM_PERIOD_NONE; i++)
		if (WORD(i, "hebdomadaire hebdo semaine week") && (i == 0 || !words[i - 1].number) &&
			!is_of_another(words, n, i, first, last))
			stated = JM_PERIOD_WEEK;
	return stated;
}

/* Is the amount at i a bonus ("prime de 1000", "tickets restaurant : 9")? */
static bool
is_bonus(const JmLabelWord *words, int n, int i)
{
	i--;
	while (WORD(i, "de d : a repas restaurant restaurants"))
		i--;
	return WORD(i, BONUS) && !WORD(i - 1, "+ et");
}

/* The first word that is an amount, or -1.  months: does the label name their number? */
static int
first_amount(const JmLabelWord *words, int n, bool structured, bool months)
{
	int			bonus = -1;

	for (int i = 0; i < n; i++)
	{
		int			next = skip_remark(words, n, i + 1);
		int			unit;
		bool		worth;

		if (!words[i].number || WORD(i + 1, "% e eme ieme em er mois heure heures h jour jours an ans") ||
			(WORD(i - 1, "sur") && WORD(i + 1, "mois")) ||
			(WORD(i - 1, "x *") && i > 1 && words[i - 2].number) ||
			is_glued(words, n, i) || is_date(words, n, i))
			continue;
		/* a range lends its unit to its first number */
		if (WORD(next, "jusqu"))
			next++;
		if (WORD(next, RANGE) && next + 1 < n && words[next + 1].number &&
			!WORD(next + 2, "%"))
			next += 2;
		unit = WORD(next, THOUSAND) ? next + 1 : next;
		if (WORD(i - 1, FOREIGN) || WORD(unit, FOREIGN))
			continue;
		worth = (structured && i <= 2) || WORD(next, CURRENCY) || WORD(next, THOUSAND) || WORD(i - 1, CURRENCY) ||
			WORD(next, "net nets brut bruts") || next == n || (months && WORD(next, "x * sur"));
		/* a bare number: nothing before it but what tells that it is a salary */
		if (!structured && (next == n || (!worth && WORD(next, "+ , ( selon"))))
		{
			int			k = 0;
			bool		told = next == n;

			while (WORD(k, "salaire salaires remuneration taux base fixe brut bruts brute net nets mensuel mensuelle "
						"annuel annuelle horaire : - de a partir des entre minimum mini"))
				told |= WORD(k++, "salaire salaires remuneration taux");
			worth = k == i && told;
		}
		if (worth && !is_bonus(words, n, i))
			return i;
		if (worth && bonus < 0)
			bonus = i;
	}
	return bonus;
}

/*
 * Reads the bounds, of which the first is word first, into *s; *last is the
 * last word of them.  Returns whether they were given in thousands.
 */
static bool
read_bounds(JmLabelWord *words, int n, int first, bool structured, bool repair, JmSalary *s, int *last)
{
	int			at = first + 1;
	int			end;
	const JmLabelWord dash = {"-", 1, false, 0};
	bool		unit = false;
	bool		first_thousand = false;
	bool		second_thousand = false;
	bool		only_min = false;
	bool		only_max = false;

	s->min = words[first].cents;
	*last = first;
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
	at = skip_remark(words, n, at);
	at = skip_rate(words, n, at);
	if (WORD(at, "et") && WORD(at + 1, "jusqu"))
		at++;
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
		*last = at + 1;
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
	for (int i = 0; i < first; i++)
	{
		if (WORD(i, "partir minimum mini min des >"))
			only_min = true;
		if (WORD(i, "jusqu maximum maxi max <") || (WORD(i, "smic") && i == first - 2 && WORD(i + 1, "a -")))
			only_max = true;
	}
	/* "2000 EUR par mois minimum" */
	if (rate_at(words, n, at, &end) != JM_PERIOD_NONE)
	{
		only_min |= WORD(end, "minimum mini min");
		only_max |= WORD(end, "maximum maxi max");
	}
	if (first_thousand && s->min < 10000000)
		s->min *= 1000;
	if ((second_thousand || (first_thousand && s->max >= 0 && s->max < 100000)) &&
		s->max >= 0 && s->max < 10000000)
		s->max *= 1000;

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
	return first_thousand || second_thousand;
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
	JmLabel		split;
	JmLabelWord *words = split.words;
	JmSalaryPeriod stated;
	bool		structured;
	bool		percent = false;
	bool		smic = false;
	bool		thousands = false;
	int			first;
	int			last = -1;
	int			n;
	int			i;

	memset(s, 0, sizeof(*s));
	s->min = s->max = s->annual_min = s->annual_max = -1;
	if (len > JM_LABEL_MAX)
		len = JM_LABEL_MAX;
	for (i = 0; i + 2 < (int) len; i++)
		if (memcmp(label + i, "\xEF\xBF\xBD", 3) == 0 || memcmp(label + i, "\xC3\xAF\xC2", 3) == 0 ||
			memcmp(label + i, "\xC3\x83\xC2", 3) == 0)
			s->flags |= JM_SALARY_ENCODING_FIXED;
	n = join_cents(words, jm_split_label(label, len, &split));
	while (n > 0 && is_ornament(words))
	{
		words++;
		n--;
	}
	while (n > 0 && is_ornament(&words[n - 1]))
		n--;

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

	structured = is_structured(words, n);
	first = first_amount(words, n, structured, s->months > 0);
	if (first >= 0)
		thousands = read_bounds(words, n, first, structured, repair, s, &last);
	stated = stated_period(words, n, structured, first, last);

	if (s->min < 0 && s->max < 0)
	{
		s->period = structured ? stated : JM_PERIOD_NONE;
		if (!(s->flags & JM_SALARY_ZERO))
			s->flags |= percent && smic ? JM_SALARY_PERCENT_OF_SMIC : JM_SALARY_NOT_NUMERIC;
		return;
	}
	jm_settle_period(s, stated, thousands, repair);
}
