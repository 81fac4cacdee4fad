-- What the texts of the offers say, as columns to group by.
\set ECHO queries
\pset footer off
\pset null '-'

\echo
\echo '==== Roles, salaries, keywords and places, read from the texts ========'
\echo
SELECT r.role_code AS role, r.name, count(*) AS offers,
	   round(percentile_cont(0.5) WITHIN GROUP (ORDER BY o.annual_min)) AS "median of the lower bound, euros a year",
	   mode() WITHIN GROUP (ORDER BY o.experience_months) AS "usual months of experience"
FROM jobmarket.offer o JOIN jobmarket.role r USING (role_code)
GROUP BY r.role_code ORDER BY offers DESC LIMIT 10;
SELECT k.category, keyword, count(*) AS offers
FROM jobmarket.offer_keyword JOIN jobmarket.keyword k USING (keyword)
GROUP BY k.category, keyword ORDER BY offers DESC, keyword LIMIT 12;
SELECT salary_label, annual_min, annual_max, salary_flags
FROM jobmarket.offer WHERE annual_min IS NOT NULL ORDER BY cardinality(salary_flags) DESC, offer_id LIMIT 5;
SELECT territory, place_method, count(*) AS offers
FROM jobmarket.offer GROUP BY territory, place_method ORDER BY offers DESC LIMIT 8;
\echo 'And on any text:'
\echo
SELECT jobmarket.classify_role('Ingénieur de données H/F') AS role,
	   jobmarket.extract_keywords('Python, C++ et tableaux de bord sous Power BI') AS keywords,
	   (jobmarket.parse_salary('Mensuel de 2500.0 Euros sur 13.0 mois')).annual_min;
