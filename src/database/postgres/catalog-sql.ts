/**
 * What is asked of the catalogs of PostgreSQL. Tables are those that a name without a schema finds, the role may insert
 * into, and nothing is in the way of: no views, foreign tables, partitions (their parent stands for them), temporary
 * tables, tables whose INSERT a rule rewrites (COPY knows no rules), nor rowferry's own.
 */
const TABLES = `tables AS (
  SELECT c.oid, c.relname, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'rowferry'])
    AND pg_table_is_visible(c.oid) AND has_any_column_privilege(c.oid, 'INSERT')
    AND NOT EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3'))`;

/** Of this session alone. */
const TEMPORARY_TABLES = `tables AS (
  SELECT oid, relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r')`;

export const TABLES_SQL = `WITH ${TABLES} SELECT relname AS name, nspname AS schema FROM tables ORDER BY 1`;

/** Domains down to the type they are of, with what they ask for on the way. */
const DOMAINS = `domains AS (
  SELECT oid, typbasetype AS base, typtypmod AS modifier, typnotnull AS required, typdefault AS fallback
  FROM pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT d.oid, t.typbasetype, greatest(d.modifier, t.typtypmod), d.required OR t.typnotnull,
    coalesce(d.fallback, t.typdefault)
  FROM domains d JOIN pg_type t ON t.oid = d.base AND t.typtype = 'd')`;

const columnsOf = (tables: string): string => `WITH RECURSIVE ${DOMAINS}, ${tables}
  SELECT t.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS sql_type,
    CASE WHEN n.nspname = 'pg_catalog' THEN y.typname::text ELSE format('"%s"."%s"',
      replace(n.nspname, '"', '""'), replace(y.typname, '"', '""')) END AS base_type,
    greatest(a.atttypmod, d.modifier, -1) AS modifier,
    a.attnotnull OR coalesce(d.required, false) AS required,
    coalesce(pg_get_expr(f.adbin, f.adrelid), d.fallback) AS fallback,
    a.attgenerated <> '' AS generated, a.attidentity <> '' AS identity, o.collname AS collation,
    (SELECT json_agg(enumlabel ORDER BY enumsortorder)::text FROM pg_enum WHERE enumtypid = y.oid) AS labels
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN domains d ON d.oid = a.atttypid AND EXISTS (
      SELECT 1 FROM pg_type b WHERE b.oid = d.base AND b.typtype <> 'd')
    JOIN pg_type y ON y.oid = coalesce(d.base, a.atttypid) JOIN pg_namespace n ON n.oid = y.typnamespace
    LEFT JOIN pg_collation o ON o.oid = a.attcollation AND NOT o.collisdeterministic
    LEFT JOIN pg_attrdef f ON f.adrelid = t.oid AND f.adnum = a.attnum
  ORDER BY t.relname, a.attnum`;

export const COLUMNS_SQL = columnsOf(TABLES);
export const TEMPORARY_COLUMNS_SQL = columnsOf(TEMPORARY_TABLES);

/**
 * Unique indexes by which duplicates can be told as the database tells them: whole, over columns, NULLs distinct,
 * compared as the columns themselves are. A column of a newer catalog is read by way of jsonb, where it may be missing.
 */
export const KEYS_SQL = `WITH ${TABLES}
  SELECT t.relname AS table, coalesce(k.conname, c.relname) AS name, i.indisprimary AS primary,
    coalesce(k.condeferrable, false) AS deferrable, (
      SELECT json_agg(a.attname ORDER BY p.nth)::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.attnum WHERE p.nth <= i.indnkeyatts) AS columns
  FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
  WHERE i.indisunique AND i.indisvalid AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL
    AND coalesce(to_jsonb(i)->>'indnullsnotdistinct', 'false') = 'false'
    AND NOT EXISTS (
      SELECT 1 FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS p(attnum, own)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.attnum
        JOIN pg_collation o ON o.oid IN (p.own, a.attcollation)
      WHERE p.own <> a.attcollation AND NOT o.collisdeterministic)
  ORDER BY t.relname, i.indisprimary DESC, 2`;

export const FOREIGN_KEYS_SQL = `WITH ${TABLES}
  SELECT t.relname AS table, k.conname AS name, p.relname AS parent, n.nspname AS parent_schema,
    pg_table_is_visible(p.oid) AS visible, k.confdeltype AS on_delete, k.confupdtype AS on_update,
    k.confmatchtype = 'f' AS match_full, (
      SELECT json_agg(a.attname ORDER BY x.nth)::text FROM unnest(k.conkey) WITH ORDINALITY AS x(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.attnum) AS columns, (
      SELECT json_agg(a.attname ORDER BY x.nth)::text FROM unnest(k.confkey) WITH ORDINALITY AS x(attnum, nth)
        JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = x.attnum) AS parent_columns
  FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
    JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
  WHERE coalesce(to_jsonb(k)->>'conenforced', 'true') = 'true'
  ORDER BY t.relname, k.conname`;

export const CHECKS_SQL = `WITH ${TABLES}
  SELECT t.relname AS table, pg_get_constraintdef(k.oid) AS sql
  FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'c'
  ORDER BY t.relname, k.conname`;

/** Triggers that an INSERT fires, and what fires in a partition but not in its parent: its own triggers and keys. */
export const TRIGGERS_SQL = `WITH RECURSIVE ${TABLES}, parts AS (
    SELECT oid AS root, oid FROM tables
    UNION ALL SELECT p.root, i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.oid
      JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition)
  SELECT t.relname AS table, g.tgname AS name
  FROM tables t JOIN parts p ON p.root = t.oid JOIN pg_trigger g ON g.tgrelid = p.oid
  WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 4 <> 0 AND g.tgparentid = 0
  UNION ALL
  SELECT t.relname, k.conname
  FROM tables t JOIN parts p ON p.root = t.oid AND p.oid <> t.oid JOIN pg_constraint k ON k.conrelid = p.oid
  WHERE k.contype = 'f' AND k.conparentid = 0
  ORDER BY 1, 2`;

/** Sums over the versions of all catalog rows that a dictionary is read from. */
export const VERSION_SQL = `WITH spaces AS (
    SELECT oid FROM pg_namespace WHERE nspname = ANY (current_schemas(false)) AND nspname <> 'rowferry'),
  relations AS (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace IN (SELECT oid FROM spaces)),
  versions AS (
    SELECT oid::int8 AS id, xmin FROM pg_class WHERE oid IN (SELECT oid FROM relations)
    UNION ALL SELECT attrelid::int8 * 65536 + attnum, xmin FROM pg_attribute
      WHERE attrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT oid::int8, xmin FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT oid::int8, xmin FROM pg_constraint WHERE conrelid IN (SELECT oid FROM relations) OR contypid <> 0
    UNION ALL SELECT indexrelid::int8, xmin FROM pg_index WHERE indrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT oid::int8, xmin FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relations)
    UNION ALL SELECT ev_class::int8, xmin FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relations)
    UNION ALL SELECT oid::int8, xmin FROM pg_type WHERE typnamespace IN (SELECT oid FROM spaces)
    UNION ALL SELECT oid::int8, xmin FROM pg_enum)
  SELECT concat_ws(' ', current_user, current_schemas(false)::text, count(*),
    sum(hashint8extended(id, xmin::text::int8))) AS version FROM versions`;
