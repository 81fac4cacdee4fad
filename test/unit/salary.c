/*
 * salary.c
 *		Labels of salaries, experience, working time and contracts.
 */
#include "text/durations.h"
#include "text/salary.h"
#include "unit.h"

/* "min max period months annual_min annual_max flags", - for what is absent. */
static const char *
parse(const char *label, bool repair)
{
	static char line[256];
	JmSalary	s;
	int			i;
	size_t		n;

	jm_parse_salary(label, strlen(label), repair, &s);
	n = (size_t) snprintf(line, sizeof(line), "%lld %lld %s %d %lld %lld", s.min, s.max,
						  jm_period_name(s.period) ? jm_period_name(s.period) : "-",
						  s.months, s.annual_min, s.annual_max);
	for (i = 0; i < JM_SALARY_FLAGS; i++)
		if (s.flags & (1u << i))
			n += (size_t) snprintf(line + n, sizeof(line) - n, " %s", jm_salary_flags[i]);
	return line;
}

#define LABEL(label, expected) CHECK_STR(parse(label, true), expected)
#define STRICT(label, expected) CHECK_STR(parse(label, false), expected)

static void
test_salaries(void)
{
	LABEL("Annuel de 35000.0 Euros \xC3\xA0 50000.0 Euros sur 12.0 mois", "3500000 5000000 year 1200 35000 50000");
	LABEL("Mensuel de 3576.93 Euros \xC3\xA0 4230.77 Euros sur 13.0 mois", "357693 423077 month 1300 46500 55000");
	LABEL("Mensuel de 2500.0 Euros sur 0.0 mois", "250000 250000 month 0 30000 30000");
	LABEL("Horaire de 11,88 Euros", "1188 1188 hour 0 21622 21622");
	LABEL("Mensuel de 5500.0 Euros \xC3\xA0 4200.0 Euros", "420000 550000 month 0 50400 66000 swapped");
	LABEL("Annuel de 12,00 Euros", "1200 1200 hour 0 21840 21840 period_repaired");
	LABEL("Mensuel de 40000 \xC3\xA0 50000 Euros", "4000000 5000000 year 0 40000 50000 period_repaired");
	LABEL("Annuel de 80000,00 Euros \xC3\xA0 850000,00 Euros", "8000000 85000000 year 0 80000 -1 max_outlier");
	LABEL("Annuel de 550000.0 Euros", "55000000 55000000 year 0 -1 -1 implausible");
	LABEL("Annuel de 32.0 Euros \xC3\xA0 38.0 Euros", "3200 3800 year 0 -1 -1 ambiguous");
	LABEL("De 25 \xC3\xA0 30 k\xE2\x82\xAC", "2500000 3000000 year 0 25000 30000 period_inferred");
	LABEL("jusqu'\xC3\xA0 60 k\xE2\x82\xAC", "-1 6000000 year 0 -1 60000 period_inferred");
	LABEL("Mensuel de 43% \xC3\xA0 100% du SMIC", "-1 -1 month 0 -1 -1 percent_of_smic");
	LABEL("30 000 (fixe) \xC3\xA0 35 000 \xE2\x82\xAC (variable)", "3000000 3500000 year 0 30000 35000 period_inferred");
	LABEL("TJM 450-600 \xE2\x82\xAC", "45000 60000 day 0 -1 -1 not_annualised");
	LABEL("Cachet de 200.00 Euros", "20000 20000 fee 0 -1 -1 not_annualised");
	LABEL("Annuel de 0.0 Euros", "-1 -1 year 0 -1 -1 zero");
	LABEL("Mensuel de 1600,00 Euros \xC3\xAF\xC2\xBF\xC2\xBD 1800,00 Euros",
		  "160000 180000 month 0 19200 21600 encoding_fixed below_full_time_smic");
	LABEL("13\xC3\xA8me mois + panier repas", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("2 101,74\xE2\x82\xAC Brut", "210174 210174 month 0 25221 25221 period_inferred");
	LABEL("12\xE2\x82\xAC" "50/h", "1250 1250 hour 0 22750 22750");
	LABEL("EUR 45,000 - EUR 50,000 per year", "4500000 5000000 year 0 45000 50000");
	LABEL("\xE2\x82\xAC" "45,000 \xC3\xA0 \xE2\x82\xAC" "50,000", "4500000 5000000 year 0 45000 50000 period_inferred");
	LABEL("2500\xE2\x82\xAC x 13", "250000 250000 month 1300 32500 32500 period_inferred");
	LABEL("2300\xE2\x82\xAC/mois x 13", "230000 230000 month 1300 29900 29900");
	LABEL("2300 x 12", "230000 230000 month 1200 27600 27600 period_inferred");
	LABEL("3 x 8", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("2 x 8 - 2100\xE2\x82\xAC", "210000 210000 month 0 25200 25200 period_inferred");
	/* the first of two amounts has its period, too */
	LABEL("25\xE2\x82\xAC/h - 30\xE2\x82\xAC/h", "2500 3000 hour 0 45500 54600");
	LABEL("2000 \xE2\x82\xAC par mois \xC3\xA0 2500 \xE2\x82\xAC par mois", "200000 250000 month 0 24000 30000");
	LABEL("30 k\xE2\x82\xAC/an brut \xC3\xA0 35 k\xE2\x82\xAC/an brut", "3000000 3500000 year 0 30000 35000");
	LABEL("12\xE2\x82\xAC de l'heure \xC3\xA0 13\xE2\x82\xAC de l'heure", "1200 1300 hour 0 21840 23660");
	LABEL("2 000\xE2\x82\xAC/mois - 24 000\xE2\x82\xAC/an", "200000 200000 month 0 24000 24000");
	LABEL("2000\xE2\x82\xAC/mois - 2 postes", "200000 200000 month 0 24000 24000");
	/* thousands said once */
	LABEL("40 \xC3\xA0 50 000 euros", "4000000 5000000 year 0 40000 50000 period_inferred");
	LABEL("35-45000\xE2\x82\xAC", "3500000 4500000 year 0 35000 45000 period_inferred");
	LABEL("1 000 \xC3\xA0 50 000 \xE2\x82\xAC", "100000 5000000 month 0 12000 -1 period_inferred max_outlier below_full_time_smic");
	/* one bound, said after it */
	LABEL("35k\xE2\x82\xAC mini", "3500000 -1 year 0 35000 -1 period_inferred");
	LABEL("45 K\xE2\x82\xAC max", "-1 4500000 year 0 -1 45000 period_inferred");
	LABEL("35K\xE2\x82\xAC et +", "3500000 -1 year 0 35000 -1 period_inferred");
	LABEL("35k\xE2\x82\xAC minimum \xC3\xA0 45k\xE2\x82\xAC maximum", "3500000 4500000 year 0 35000 45000 period_inferred");
	LABEL("40K\xE2\x82\xAC~50K\xE2\x82\xAC", "4000000 5000000 year 0 40000 50000 period_inferred");
	LABEL("Salaire: 11,88", "1188 1188 hour 0 21622 21622 period_inferred");
	LABEL("35000 sur 13 mois", "3500000 3500000 year 1300 35000 35000 period_inferred");
	LABEL("min 28k\xE2\x82\xAC max 35k\xE2\x82\xAC", "2800000 3500000 year 0 28000 35000 period_inferred");
	LABEL("mini 1900\xE2\x82\xAC maxi 2200\xE2\x82\xAC", "190000 220000 month 0 22800 26400 period_inferred");
	LABEL("100\xE2\x82\xAC la journ\xC3\xA9" "e", "10000 10000 day 0 -1 -1 not_annualised");
	LABEL("1900\xE2\x82\xAC, travail en journ\xC3\xA9" "e", "190000 190000 month 0 22800 22800 period_inferred");
	LABEL("Groupe 5 CCN66 - 2 100\xE2\x82\xAC", "210000 210000 month 0 25200 25200 period_inferred");
	LABEL("de2000\xE2\x82\xAC \xC3\xA0 2500\xE2\x82\xAC", "200000 250000 month 0 24000 30000 period_inferred");
	LABEL("salaire selon CCN 66", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("1900\xE2\x82\xAC x 13 mois", "190000 190000 month 1300 24700 24700 period_inferred");
	LABEL("30000,00\xE2\x82\xAC brut par an (13 mois)", "3000000 3000000 year 1300 30000 30000");
	LABEL("1800 \xE2\x82\xAC (6 mois)", "180000 180000 month 0 21600 21600 period_inferred");
	LABEL("500 \xE2\x82\xAC par semaine", "50000 50000 week 0 -1 -1 not_annualised");
	LABEL("39h/semaine, 2200 \xE2\x82\xAC", "220000 220000 month 0 26400 26400 period_inferred");
	LABEL("35 heures par semaine, 1900 \xE2\x82\xAC brut mensuel", "190000 190000 month 0 22800 22800");
	/* a period or an amount that belongs to something else */
	LABEL("2000\xE2\x82\xAC + panier repas de 10,30\xE2\x82\xAC par jour", "200000 200000 month 0 24000 24000 period_inferred");
	LABEL("35-38K\xE2\x82\xAC, t\xC3\xA9l\xC3\xA9travail 2 jours/semaine", "3500000 3800000 year 0 35000 38000 period_inferred");
	LABEL("45 000 \xE2\x82\xAC au forfait jour", "4500000 4500000 year 0 45000 45000 period_inferred");
	LABEL("2000 \xE2\x82\xAC - poste de jour", "200000 200000 month 0 24000 24000 period_inferred");
	LABEL("Tickets restaurant 9 \xE2\x82\xAC, salaire 2 000 \xE2\x82\xAC brut mensuel", "200000 200000 month 0 24000 24000");
	LABEL("Prime de 1000\xE2\x82\xAC", "100000 100000 month 0 12000 12000 period_inferred below_full_time_smic");
	LABEL("Fixe + primes : 2000\xE2\x82\xAC, tickets 9\xE2\x82\xAC", "200000 200000 month 0 24000 24000 period_inferred");
	LABEL("du 01/09/2024 au 31/12/2024 - 2000 \xE2\x82\xAC brut", "200000 200000 month 0 24000 24000 period_inferred");
	LABEL("80-90K CHF", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("\xC2\xA3" "40k - \xC2\xA3" "45k", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("USD 60k", "-1 -1 - 0 -1 -1 not_numeric");
	/* other ways to write a range and its bounds */
	LABEL("\xE2\x82\xAC" "50K/yr - \xE2\x82\xAC" "65K/yr", "5000000 6500000 year 0 50000 65000");
	LABEL("\xE2\x82\xAC" "15.00/hr - \xE2\x82\xAC" "18.00/hr", "1500 1800 hour 0 27300 32760");
	LABEL("1900 \xE2\x86\x92 2100 \xE2\x82\xAC", "190000 210000 month 0 22800 25200 period_inferred");
	LABEL("1900 jusqu'\xC3\xA0 2100 \xE2\x82\xAC", "190000 210000 month 0 22800 25200 period_inferred");
	LABEL("A partir de 25K\xE2\x82\xAC et jusqu'\xC3\xA0 32K\xE2\x82\xAC", "2500000 3200000 year 0 25000 32000 period_inferred");
	LABEL("< 25K \xE2\x82\xAC", "-1 2500000 year 0 -1 25000 period_inferred");
	LABEL("> 60K \xE2\x82\xAC", "6000000 -1 year 0 60000 -1 period_inferred");
	LABEL("SMIC \xC3\xA0 2500 \xE2\x82\xAC", "-1 250000 month 0 -1 30000 period_inferred");
	LABEL("2 000 \xE2\x82\xAC brut/mois minimum", "200000 -1 month 0 24000 -1");
	LABEL("1800\xE2\x82\xAC (d\xC3\xA9" "butant) \xC3\xA0 2200\xE2\x82\xAC (confirm\xC3\xA9)", "180000 220000 month 0 21600 26400 period_inferred");
	LABEL("Taux horaire : 12,31 + IFM", "1231 1231 hour 0 22404 22404");
	LABEL("\xE2\x80\xA2 Taux horaire : 12,31.", "1231 1231 hour 0 22404 22404");
	LABEL("\xF0\x9F\x92\xB0 2500\xE2\x82\xAC x 13 \xF0\x9F\x92\xB0", "250000 250000 month 1300 32500 32500 period_inferred");
	LABEL("base 39 + heures", "-1 -1 - 0 -1 -1 not_numeric");
	LABEL("", "-1 -1 - 0 -1 -1 not_numeric");
	/* numbers without end */
	LABEL("Annuel de 99999999999999999999999999 Euros", "100000000000000 100000000000000 year 0 -1 -1 implausible");
}

static void
test_strict(void)
{
	STRICT("Annuel de 35000 Euros", "3500000 3500000 year 0 35000 35000");
	STRICT("Annuel de 12,00 Euros", "1200 1200 year 0 -1 -1 implausible");
	STRICT("De 25000 \xC3\xA0 30000 Euros", "2500000 3000000 - 0 -1 -1 ambiguous");
	STRICT("Mensuel de 5500 Euros \xC3\xA0 4200 Euros", "550000 420000 month 0 -1 -1 swapped");
}

#define ARGS(s) (s), strlen(s)

static void
test_durations(void)
{
	CHECK_INT(jm_experience_months(ARGS("D\xC3\xA9" "butant accept\xC3\xA9 (4 ans)")), 0);
	CHECK_INT(jm_experience_months(ARGS("Exp\xC3\xA9rience exig\xC3\xA9" "e de 3 An(s)")), 36);
	CHECK_INT(jm_experience_months(ARGS("6 mois - dans la vente")), 6);
	CHECK_INT(jm_experience_months(ARGS("Exp\xC3\xA9rience exig\xC3\xA9" "e (de 1 \xC3\xA0 3 ans)")), 12);
	CHECK_INT(jm_experience_months(ARGS("Exp\xC3\xA9rience souhait\xC3\xA9" "e")), -1);
	CHECK_INT(jm_experience_months(ARGS("1 An(s) et 6 Mois")), 18);
	CHECK_INT(jm_experience_months(ARGS("5 ans et plus")), 60);
	CHECK_INT(jm_experience_months(ARGS("Aucune exp\xC3\xA9rience")), 0);
	CHECK_INT(jm_experience_months(ARGS("au moins trois ans")), 36);
	CHECK_INT(jm_experience_months(ARGS("3/5 ans")), 36);
	CHECK_INT(jm_weekly_minutes(ARGS("7h30-15h30")), -1);
	CHECK_INT(jm_weekly_minutes(ARGS("7H par jour, 28H")), 1680);
	CHECK_INT(jm_weekly_minutes(ARGS("2 X 8 - 35H")), 2100);
	CHECK_INT(jm_weekly_minutes(ARGS("entre 20 et 25 heures")), 1200);
	CHECK_INT(jm_weekly_minutes(ARGS("35h00 \xC3\xA0 39h00")), 2100);
	CHECK_INT(jm_contract_days(ARGS("CDD 1 an et 6 mois")), 540);
	CHECK_INT(jm_contract_days(ARGS("CDD - 0 Jour(s)")), -1);
	CHECK_INT(jm_weekly_minutes(ARGS("8h-17h, 35h hebdomadaires")), 2100);
	CHECK_INT(jm_weekly_minutes(ARGS("20h \xC3\xA0 25h")), 1200);
	CHECK_INT(jm_weekly_minutes(ARGS("37H30/semaine\nTravail en journ\xC3\xA9" "e")), 2250);
	CHECK_INT(jm_weekly_minutes(ARGS("35 H  Travail en journ\xC3\xA9" "e")), 2100);
	CHECK_INT(jm_weekly_minutes(ARGS("temps partiel - 20H/semaine")), 1200);
	CHECK_INT(jm_weekly_minutes(ARGS("Travail post\xC3\xA9 (2x8, 3x8, 5x8, etc.)")), -1);
	CHECK_INT(jm_weekly_minutes(ARGS("151H par mois")), -1);
	CHECK_INT(jm_contract_days(ARGS("CDD - 6 Mois")), 180);
	CHECK_INT(jm_contract_days(ARGS("Int\xC3\xA9rim - 3 Jour(s)")), 3);
	CHECK_INT(jm_contract_days(ARGS("CDI")), -1);
	CHECK_INT(jm_experience_months(ARGS("Pas d'exp\xC3\xA9rience requise")), 0);
	CHECK_INT(jm_experience_months(ARGS("Exp\xC3\xA9rience non requise")), 0);
	CHECK_INT(jm_experience_months(ARGS("Ouvert aux d\xC3\xA9" "butants")), 0);
	CHECK_INT(jm_experience_months(ARGS("Non d\xC3\xA9" "butant")), -1);
	CHECK_INT(jm_experience_months(ARGS("5+ years")), 60);
	CHECK_INT(jm_contract_days(ARGS("six mois")), 180);
}

int
main(void)
{
	test_salaries();
	test_strict();
	test_durations();
	return unit_failures != 0;
}
