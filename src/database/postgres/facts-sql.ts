/**
 * What is asked of the catalogs to make a table again. $1: its oid. All with an empty search_path, so that every name
 * is written with its schema.
 */

export const TABLE_FACTS_SQL = `SELECT c.relkind AS kind, c.relpersistence AS persistence,
    format('%I.%I', n.nspname, c.relname) AS name, array_to_string(c.reloptions, ', ') AS options,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
    c.relrowsecurity AS secured, c.relforcerowsecurity AS forced
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`;

export const TABLE_COLUMNS_SQL = `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS required, pg_get_expr(f.adbin, f.adrelid) AS fallback, a.attgenerated AS generated,
    a.attidentity AS identity,
    CASE WHEN a.attcollation <> y.typcollation THEN format('%I.%I', n.nspname, o.collname) END AS collation
  FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_collation o ON o.oid = a.attcollation LEFT JOIN pg_namespace n ON n.oid = o.collnamespace
    LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
  WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

/** Of identity columns, owned ones (serial), and those that a default asks. */
export const SEQUENCES_SQL = `SELECT DISTINCT ON (s.oid) a.attname AS "column", s.oid::regclass::text AS name,
    d.deptype AS tie, format_type(q.seqtypid, NULL) AS type, q.seqstart AS start, q.seqincrement AS increment,
    q.seqmin AS minimum, q.seqmax AS maximum, q.seqcache AS cache, q.seqcycle AS cycle,
    has_sequence_privilege(s.oid, 'UPDATE') AS settable, has_sequence_privilege(s.oid, 'SELECT, USAGE') AS readable,
    CASE WHEN has_sequence_privilege(s.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(s.oid)::text END AS value
  FROM (
    SELECT objid AS sequence, refobjsubid AS attnum, deptype FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = $1
        AND refobjsubid > 0 AND deptype IN ('a', 'i')
    UNION ALL
    SELECT p.refobjid, f.adnum, p.deptype FROM pg_attrdef f
      JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = f.oid AND p.refclassid = 'pg_class'::regclass
      WHERE f.adrelid = $1 AND p.deptype = 'n') d
    JOIN pg_class s ON s.oid = d.sequence AND s.relkind = 'S' JOIN pg_sequence q ON q.seqrelid = s.oid
    JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = d.attnum
  ORDER BY s.oid, d.deptype`;

export const CONSTRAINTS_SQL = `SELECT conname AS name, contype AS type, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE conrelid = $1 AND contype IN ('p', 'u', 'x', 'c', 'f') AND conparentid = 0
  ORDER BY contype = 'p' DESC, contype, conname`;

/** Those that no constraint brings along. */
export const INDEXES_SQL = `SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS sql
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = $1 AND NOT EXISTS (
    SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  ORDER BY c.relname`;

export const ALL_TRIGGERS_SQL = `SELECT tgname AS name, pg_get_triggerdef(oid) AS sql, tgenabled AS enabled
  FROM pg_trigger WHERE tgrelid = $1 AND NOT tgisinternal AND tgparentid = 0 ORDER BY tgname`;

export const PARTITIONS_SQL = `SELECT format('%I.%I', n.nspname, c.relname) AS name,
    pg_get_expr(c.relpartbound, c.oid) AS bound, t.parentrelid::regclass::text AS parent,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key
  FROM pg_partition_tree($1) t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE t.level > 0 ORDER BY t.level, 1`;

export const POLICIES_SQL = `SELECT polname AS name, polpermissive AS permissive, polcmd AS command,
    (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
      FROM unnest(polroles) r) AS roles,
    pg_get_expr(polqual, polrelid) AS visible, pg_get_expr(polwithcheck, polrelid) AS written
  FROM pg_policy WHERE polrelid = $1 ORDER BY polname`;

/** Foreign keys of other tables that point at this one; those of partitions stand with their root. */
export const REFERRERS_SQL = `SELECT k.oid::text AS id, k.conname AS name, k.conrelid::regclass::text AS child,
    c.relname AS child_name, k.confdeltype AS on_delete, k.confupdtype AS on_update,
    k.confmatchtype = 'f' AS match_full, pg_get_constraintdef(k.oid) AS definition,
    obj_description(k.oid, 'pg_constraint') AS comment,
    pg_has_role(c.relowner, 'USAGE') AS owned, k.conrelid = $1 AS own,
    has_table_privilege(k.conrelid, 'SELECT') AS readable, (
      SELECT json_agg(a.attname ORDER BY x.nth)::text FROM unnest(k.conkey) WITH ORDINALITY AS x(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.attnum) AS columns, (
      SELECT json_agg(a.attname ORDER BY x.nth)::text FROM unnest(k.confkey) WITH ORDINALITY AS x(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = x.attnum) AS parent_columns
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  WHERE k.confrelid = $1 AND k.contype = 'f' AND k.conparentid = 0
    AND coalesce(to_jsonb(k)->>'conenforced', 'true') = 'true'
  ORDER BY 3, 2`;
