import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import type { ForeignKey } from '../../model/table.ts';
import type { DatabaseReject, DistinctKeys, EncodedBatch, Staged } from '../database.ts';
import { IN_TABLE, NOWHERE, orphanRejects } from '../orphan-rejects.ts';
import { keyCollations } from './collations.ts';
import { quoteName } from './encode.ts';

/**
 * One look-up per distinct key instead of one per row; every record of an orphan key is named. A table that refers
 * to itself finds parents in the batch and in the table `waiting` too, and a record whose parent is an orphan is one
 * as well.
 */
export function missingParents(
  db: DatabaseSync,
  staged: Staged,
  batch: EncodedBatch,
  plan: InsertPlan,
  waiting?: string,
): DatabaseReject[] {
  const lookUps = batch.foreignKeys.flatMap((keys) => {
    const key = plan.table.foreignKeys[keys.foreignKey];
    return key === undefined
      ? []
      : [{ key, keys, parents: findParents(db, staged, keys, key, plan, waiting) }];
  });
  return orphanRejects(lookUps);
}

function findParents(
  db: DatabaseSync,
  staged: Staged,
  { values }: DistinctKeys,
  key: ForeignKey,
  plan: InsertPlan,
  waiting: string | undefined,
): Int32Array {
  const parents = new Int32Array(values.length).fill(IN_TABLE);
  const own = key.parentTable === plan.table.name;
  let missing = notIn(db, key.parentTable, key, values, [...values.keys()]);
  if (own && waiting !== undefined) missing = notIn(db, waiting, key, values, missing);
  for (const index of missing) parents[index] = NOWHERE;
  if (own && missing.length > 0) {
    const wanted = missing.map((index) => values[index] ?? []);
    for (const { nth, record } of inBatch(db, staged, key, plan, wanted)) parents[missing[nth] ?? 0] = record;
  }
  return parents;
}

/** Of the keys at `places` in `values` those that no row of the table has. */
function notIn(
  db: DatabaseSync,
  table: string,
  key: ForeignKey,
  values: DistinctKeys['values'],
  places: readonly number[],
): number[] {
  if (places.length === 0 || !hasTable(db, table)) return [...places];
  const same = key.parentColumns
    .map((column, i) => `p.${quoteName(column)} = k.value ->> ${i}`)
    .join(' AND ');
  const rows = db
    .prepare(
      `SELECT k.key AS key FROM json_each(?) k
       WHERE NOT EXISTS (SELECT 1 FROM main.${quoteName(table)} p WHERE ${same})`,
    )
    .all(JSON.stringify(places.map((place) => values[place])));
  return rows.map((row) => places[Number(row.key)] ?? 0);
}

/** A foreign key may name a table that is made later. */
function hasTable(db: DatabaseSync, name: string): boolean {
  return (
    db
      .prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
      .get(name) !== undefined
  );
}

/** The first staged record with each of these keys; an index makes it one search per key. */
function inBatch(
  db: DatabaseSync,
  staged: Staged,
  key: ForeignKey,
  plan: InsertPlan,
  wanted: DistinctKeys['values'],
): { nth: number; record: number }[] {
  const columns = key.parentColumns.map((name) => plan.columns.findIndex((column) => column.name === name));
  if (columns.includes(-1)) return [];
  const collations = keyCollations(db, plan.table.name, key.parentColumns);
  const parts = columns.map((c, i) => `c${c} COLLATE ${collations[i]}`).join(', ');
  const [schema, rows] = staged.source.split('.');
  db.exec(`CREATE INDEX IF NOT EXISTS ${schema}.parents_${columns.join('_')} ON ${rows} (${parts})`);
  const same = columns.map((c, i) => `p.c${c} = (k.value ->> ${i}) COLLATE ${collations[i]}`).join(' AND ');
  const found = db
    .prepare(
      `SELECT k.key AS nth, min(p.rowid) AS id FROM json_each(?) k JOIN ${staged.source} p ON ${same} GROUP BY k.key`,
    )
    .all(JSON.stringify(wanted));
  return found.map((row) => ({ nth: Number(row.nth), record: Number(row.id) - 1 }));
}
