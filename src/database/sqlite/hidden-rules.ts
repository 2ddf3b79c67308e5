import type { DatabaseSync } from 'node:sqlite';
import type { Table } from '../../model/table.ts';

/** Indexes over a part of the rows or over an expression, which may also fail, and types that are enforced. */
const HIDDEN = `SELECT strict FROM pragma_table_list(?1) WHERE schema = 'main' AND strict = 1
  UNION ALL SELECT 1 FROM pragma_index_list(?1) l
  WHERE l.partial = 1 OR EXISTS (SELECT 1 FROM pragma_index_info(l.name) p WHERE p.name IS NULL)`;

/** What SQLite asks of rows beyond the dictionary. */
export const hasHiddenRules = (db: DatabaseSync, { name }: Table): boolean =>
  db.prepare(HIDDEN).get(name) !== undefined;
