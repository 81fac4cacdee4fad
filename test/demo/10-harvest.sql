-- What a harvest leaves in the tables.
\set ECHO queries
\pset footer off
\pset null '-'

\echo
\echo '==== The run ========================================================='
\echo 'One row a harvest.  coverage is the share of the announced offers that are'
\echo 'stored; received counts repetitions on the borders of date windows.'
\echo
SELECT * FROM jobmarket.harvest_run \gx
\echo 'It was cut into windows of creation dates (cells) that the API can serve whole:'
\echo
SELECT cell_id, criteria ->> 'origineOffre' AS origin, criteria ->> 'minCreationDate' AS since,
	criteria ->> 'maxCreationDate' AS until, expected, received, pages, status
FROM jobmarket.harvest_cell WHERE status <> 'split'
ORDER BY criteria ->> 'origineOffre', criteria ->> 'maxCreationDate' DESC LIMIT 6;

\echo
\echo '==== Offers by département ============================================'
\echo
SELECT d.departement_code AS code, d.name AS departement, r.name AS region, count(*) AS offers
FROM jobmarket.offer
JOIN jobmarket.departement d USING (departement_code)
JOIN jobmarket.region r ON r.region_code = d.region_code
GROUP BY d.departement_code, d.name, r.name
ORDER BY offers DESC, code LIMIT 10;

\echo
\echo '==== Offers by occupation (ROME) ======================================'
\echo
SELECT rome_code, label AS occupation, count(*) AS offers
FROM jobmarket.offer JOIN jobmarket.rome USING (rome_code)
GROUP BY rome_code, label
ORDER BY offers DESC, rome_code LIMIT 10;

\echo
\echo '==== Offers by contract ==============================================='
\echo
SELECT contract_type_code AS code, label AS contract, count(*) AS offers,
	round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent
FROM jobmarket.offer JOIN jobmarket.contract_type USING (contract_type_code)
GROUP BY contract_type_code, label
ORDER BY offers DESC, code;

\echo
\echo '==== Salaries, as employers write them ================================'
\echo 'Shapes of the labels, each digit shown as 9, with one example of each.'
\echo
SELECT regexp_replace(salary_label, '[0-9]+', '9', 'g') AS shape, count(*) AS offers,
	min(salary_label) AS example
FROM jobmarket.offer WHERE salary_label IS NOT NULL
GROUP BY shape ORDER BY offers DESC, shape LIMIT 8;

\echo
\echo '==== One offer in full ================================================'
\echo 'Companies, occupations, skills ... are tables of their own, joined here.  Before'
\echo 'a skill: E required (exigé), S wished (souhaité).'
\echo
\set ECHO none
\pset format wrapped
\pset columns 100
SELECT o.offer_id, o.title, o.created_at, o.updated_at,
	o.rome_code || ' ' || r.label AS occupation, o.appellation_label, c.name AS company,
	n.naf_code || ' ' || n.label AS activity, o.contract_type_label, o.contract_nature,
	o.working_time_label, o.experience_label, q.label AS qualification, o.positions,
	o.salary_label, o.place_label, d.name AS departement, ST_AsText(o.geom) AS place,
	(SELECT string_agg(coalesce(os.requirement, '-') || ' ' || s.label, E'\n' ORDER BY os.position)
	 FROM jobmarket.offer_skill os JOIN jobmarket.skill s USING (skill_id)
	 WHERE os.offer_id = o.offer_id) AS skills,
	(SELECT string_agg(l.label, ', ') FROM jobmarket.offer_language JOIN jobmarket.language l USING (language_id)
	 WHERE offer_id = o.offer_id) AS languages,
	(SELECT string_agg(l.label, ', ') FROM jobmarket.offer_licence JOIN jobmarket.licence l USING (licence_id)
	 WHERE offer_id = o.offer_id) AS licences,
	o.origin_url, o.description
FROM jobmarket.offer o
LEFT JOIN jobmarket.rome r USING (rome_code)
LEFT JOIN jobmarket.company c USING (company_id)
LEFT JOIN jobmarket.naf n USING (naf_code)
LEFT JOIN jobmarket.qualification q USING (qualification_code)
LEFT JOIN jobmarket.departement d USING (departement_code)
WHERE o.rome_code IN ('M1805', 'M1810', 'M1811') AND o.company_id IS NOT NULL AND o.geom IS NOT NULL
ORDER BY abs(5 - (SELECT count(*) FROM jobmarket.offer_skill s WHERE s.offer_id = o.offer_id)),
	o.salary_label IS NULL, length(o.description), o.offer_id LIMIT 1 \gx
\pset format aligned
