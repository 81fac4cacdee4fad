-- What is read from an offer's words without any table.
SELECT jobmarket.normalise_text('  Ingénieur&nbsp;DONNÉES <b>d’études</b> ');
SELECT jobmarket.clean_text('DÃ©veloppeur &amp; Cie');
-- damaged more than once
SELECT t = jobmarket.clean_text(t) AS idempotent, t FROM (VALUES (jobmarket.clean_text('Tech Lead&lt;br /&gt;Description')),
	(jobmarket.clean_text('DÃƒÂ©veloppeur &amp;lt;b&amp;gt;SQL')), (jobmarket.clean_text(repeat('&amp;', 3) || repeat('amp;', 2000) || 'lt;br&gt;'))) v (t);
SELECT jobmarket.normalise_title('Ingénieur / Ingénieure Data & IA - Lyon (69) H/F');
SELECT t, jobmarket.metier_data(t) FROM unnest(ARRAY['Ingénieur Data', 'INGÉNIEUR DONNÉES', 'Ingenieur donnees',
	'Data Analyst - Power BI', 'Data Scientist / Data Analyst', 'Data Engineer - Système d''Information',
	'DATA SCİENTİST', '', NULL]) WITH ORDINALITY AS x (t, n) ORDER BY n;

SELECT x.label, s.* FROM unnest(ARRAY['Mensuel de 3576.93 Euros à 4230.77 Euros sur 13.0 mois',
	'Annuel de 12,00 Euros', 'Autre de 30000,00 Euros à 400000,00 Euros', '25 - 45 k€ brut annuel', 'Selon profil', '']) AS x (label),
	jobmarket.parse_salary(x.label) s;
SELECT * FROM jobmarket.parse_salary('Mensuel de 5500 Euros à 4200 Euros', 'strict');
SELECT * FROM jobmarket.parse_salary(NULL);
SELECT * FROM jobmarket.parse_salary('Annuel de 30000 Euros', 'loose');
SELECT jobmarket.experience_months('2 An(s)'), jobmarket.weekly_hours('37H20/semaine'), jobmarket.contract_months('Intérim - 15 Jour(s)'),
	jobmarket.experience_months('x'), jobmarket.weekly_hours(''), jobmarket.contract_months(NULL);

-- huge
SELECT length(jobmarket.normalise_text(repeat('É', 5000000))), jobmarket.metier_data(repeat('x', 10000000) || 'Ingénieur Data'),
	(jobmarket.parse_salary(repeat('9', 10000000))).flags;

-- the same wherever: the functions' own tables decide, not the collation
SELECT jobmarket.normalise_text('ÉÀÇ' COLLATE "C"), jobmarket.metier_data('INGÉNIEUR DONNÉES' COLLATE "C"),
	jobmarket.classify_role('INGÉNIEUR DONNÉES' COLLATE "C"), jobmarket.extract_keywords('PLÂTRERIE' COLLATE "C");

-- pure functions are immutable, what reads rules is stable, all are parallel safe
SELECT proname, provolatile, proparallel, has_function_privilege('public', p.oid, 'EXECUTE') AS public
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE proname IN ('normalise_text', 'clean_text', 'normalise_title', 'metier_data', 'parse_salary', 'experience_months',
	'weekly_hours', 'contract_months', 'classify_role', 'classify_roles', 'extract_keywords', 'resolve_place', 'load_communes',
	'rules_changed', 'check_role_rule')
ORDER BY proname COLLATE "C";
