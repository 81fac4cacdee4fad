-- Keywords: whole words, traps, and words of one's own.
SELECT t, jobmarket.extract_keywords(t) FROM unnest(ARRAY[
	'Stratégie digitale, légitime', 'Git, GitLab et GitHub', 'scalable, scalabilité', 'Scala et Spark', 'excellent, excellence', 'Excel avancé',
	'JavaScript', 'Java / Java Script', 'tableaux de bord, tableau de bord, tableau électrique', 'Power BI, Tableau, Qlik', 'laws', 'AWS',
	'ETL', 'MySQL, NoSQL, PostgreSQL', 'SQL Server', 'redistribution', 'élasticité', 'bleu lapis-azur', 'R, SAS', 'R&D, R & D, R.A.S.', 'Python ou R.',
	'C, C++, C#', 'C''est, C.D.I., permis C', 'langage C', 'C++17', '.NET, ASP.NET, www.site.net', 'PowerBI power-bi Power&nbsp;BI POWER BI',
	'apprentissage automatique, deep-learning', 'k8s', 'HuggingFace, NiFi, sklearn', 'la SAS Dupont', 'Permis B, CACES R489', 'Anglais courant',
	'✅SQL ▪Docker →Java Power BI® Python™', 'conserver à -18°C, Python', 'Python3, Java17', 'EXCEL et WORD', 'Word', 'Dév. C♯ .NET, C++',
	'', NULL]) WITH ORDINALITY AS x (t, n) ORDER BY n;
SELECT count(*) >= 250, count(DISTINCT category) >= 10 FROM jobmarket.keyword;
SELECT keyword FROM jobmarket.keyword WHERE NOT keyword = ANY (jobmarket.extract_keywords(keyword))
	AND NOT EXISTS (SELECT FROM jobmarket.keyword_variant v WHERE v.keyword = keyword.keyword);

-- of one's own: seen at once
BEGIN;
INSERT INTO jobmarket.keyword (keyword, category) VALUES ('Chaudière à granulés', 'trade');
SELECT jobmarket.extract_keywords('Pose de chaudières, dont une CHAUDIERE A GRANULES');
INSERT INTO jobmarket.keyword_variant (variant, keyword, not_after, needs) VALUES ('granulés', 'Chaudière à granulés', '{sans}', '{plomberie}');
SELECT t, jobmarket.extract_keywords(t) FROM unnest(ARRAY['plomberie et granulés', 'granulés', 'plomberie sans granulés']) AS t;
UPDATE jobmarket.keyword SET keyword = 'chaudière' WHERE keyword LIKE 'Chaudière%';
SELECT jobmarket.extract_keywords('plomberie et granulés');
TRUNCATE jobmarket.keyword CASCADE;
SELECT jobmarket.extract_keywords('plomberie, Python');
ROLLBACK;
SELECT jobmarket.extract_keywords('plomberie, Python');
INSERT INTO jobmarket.keyword (keyword, category) VALUES (' - ', 'nothing');
INSERT INTO jobmarket.keyword (keyword, category) VALUES ('', 'nothing');
INSERT INTO jobmarket.keyword (keyword, category) VALUES ('🚀 →', 'nothing');

-- huge, and without end
SELECT jobmarket.extract_keywords(repeat('sql python ', 1000000));
SELECT jobmarket.extract_keywords(repeat('é', 5000000));
