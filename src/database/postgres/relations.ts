import type { SqlRow } from '../database.ts';
import { nameList } from './introspect.ts';
import { qualified } from './names.ts';
import type { Session } from './session.ts';

/** Tables as the catalogs know them. */

export interface Relation {
  readonly oid: string;
  /** r: a table, p: one of partitions. */
  readonly kind: string;
  /** With its schema. */
  readonly name: string;
  /** The role may read it. */
  readonly readable: boolean;
  /** Row security hides rows of it from the role. */
  readonly secured: boolean;
  /** Columns of which the table itself says NOT NULL. */
  readonly required: ReadonlySet<string>;
}

/** As a query names the rows: those of tables that inherit from this one are their own, those of partitions are not. */
export const rowsOf = ({ kind, name }: Pick<Relation, 'kind' | 'name'>): string =>
  kind === 'p' ? name : `ONLY ${name}`;

const RELATIONS_SQL = `SELECT c.oid::text AS oid, c.relname AS name, n.nspname AS schema, c.relkind AS kind,
    has_table_privilege(c.oid, 'SELECT') AS readable, row_security_active(c.oid) AS secured,
    (SELECT json_agg(attname)::text FROM pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND attnotnull AND NOT attisdropped) AS required
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND pg_table_is_visible(c.oid)`;

/** Those that a name without a schema finds, by that name. */
export async function relationsByName(session: Session): Promise<Map<string, Relation>> {
  const rows = await session.rows(RELATIONS_SQL);
  return new Map(rows.map((row) => [String(row.name), relation(row)]));
}

const relation = (row: SqlRow): Relation => ({
  oid: String(row.oid),
  kind: String(row.kind),
  name: qualified(String(row.schema), String(row.name)),
  readable: row.readable === 1,
  secured: row.secured === 1,
  required: new Set(nameList(row.required)),
});
