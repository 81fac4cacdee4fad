-- Rules that every object of the extension keeps.
\pset format unaligned
\pset tuples_only on
CREATE TEMP VIEW member AS
SELECT classid, objid FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'jobmarket');

-- a comment on every function, relation and column
SELECT 'no comment: ' || p.oid::regprocedure
FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
WHERE obj_description(p.oid, 'pg_proc') IS NULL ORDER BY 1;
SELECT 'no comment: ' || c.oid::regclass
FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY 1;
SELECT 'no comment: ' || c.oid::regclass || '.' || a.attname
FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND col_description(c.oid, a.attnum) IS NULL ORDER BY 1;

-- who runs as somebody else pins its search_path, and so does all plpgsql
SELECT 'search_path not pinned: ' || p.oid::regprocedure
FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
JOIN pg_language l ON l.oid = p.prolang
WHERE (p.prosecdef OR l.lanname = 'plpgsql' OR (l.lanname = 'sql' AND p.prosqlbody IS NULL))
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=pg_catalog, %pg_temp')
ORDER BY 1;

-- what everybody may call: computes from its arguments, or is gated otherwise
SELECT p.provolatile, p.proparallel, p.oid::regprocedure
FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
WHERE has_function_privilege('public', p.oid, 'EXECUTE')
ORDER BY p.provolatile DESC, p.oid::regprocedure::text COLLATE "C";

-- nothing that writes is open to all; volatile ones among them only fetch
SELECT 'open to all: ' || c.oid::regclass
FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT')
ORDER BY 1;

-- every table has a primary key, and is dumped (but road_network, which tells
-- of a file that this server made from the other tables)
SELECT 'no primary key: ' || c.oid::regclass
FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
ORDER BY 1;
SELECT 'not dumped: ' || c.oid::regclass
FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid,
	 pg_extension e
WHERE c.relkind IN ('r', 'S') AND e.extname = 'jobmarket' AND NOT c.oid = ANY (e.extconfig)
  AND c.relname <> 'road_network'
ORDER BY 1;

-- every foreign key to a large table has an index to follow it back
SELECT 'no index: ' || k.conrelid::regclass || ' (' || a.attname || ')'
FROM pg_constraint k JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = k.conrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND k.confdeltype = 'c'
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])
ORDER BY 1;
\pset format aligned
\pset tuples_only off
