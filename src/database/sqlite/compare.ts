import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import { type Comparison, compareRows } from '../compare.ts';
import type { Staged } from '../database.ts';
import { quoteName } from './encode.ts';
import { readRows } from './run-statement.ts';
import { countStaged } from './stage.ts';

/**
 * Values are compared as the columns of the table compare them, by their affinity; texts byte by byte. A column takes
 * any value.
 */
export async function compareStaged(
  db: DatabaseSync,
  staged: Staged,
  plan: InsertPlan,
  limit: number,
): Promise<Comparison> {
  const nameOf = (c: number) => `t.${quoteName(plan.columns[c]?.name ?? '')}`;
  const sql = {
    source: `${staged.source} s`,
    rows: countStaged(db, staged),
    table: `main.${quoteName(plan.table.name)} t`,
    ordinal: 's.rowid - 1',
    staged: (c: number) => `s.c${c}`,
    stored: nameOf,
    sameKey: (c: number) => `${nameOf(c)} = s.c${c}`,
    same: (file: string, table: string) => `${table} IS ${file} COLLATE BINARY`,
    alike: (value: string) => `${value} COLLATE BINARY`,
    text: (value: string) =>
      `CASE typeof(${value}) WHEN 'blob' THEN hex(${value}) ELSE CAST(${value} AS TEXT) END`,
    // Rows alike are found by their values, which are indexed for the query.
    hash: () => '0',
  };
  const compared = await compareRows(async (query) => readRows(db.prepare(query)), plan, sql, limit);
  return { ...compared, unfit: [] };
}
