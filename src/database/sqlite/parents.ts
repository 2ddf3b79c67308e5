import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import type { ForeignKey } from '../../model/table.ts';
import type { DatabaseReject, DistinctKeys, EncodedBatch, Staged } from '../database.ts';
import { quoteName } from './encode.ts';

/** One look-up per distinct key instead of one per row; every record of an orphan key is named. */
export function missingParents(
  db: DatabaseSync,
  staged: Staged,
  batch: EncodedBatch,
  plan: InsertPlan,
): DatabaseReject[] {
  return batch.foreignKeys.flatMap((keys) => {
    const key = plan.table.foreignKeys[keys.foreignKey];
    return key === undefined ? [] : orphansOf(db, staged, keys, key, plan);
  });
}

function orphansOf(
  db: DatabaseSync,
  staged: Staged,
  keys: DistinctKeys,
  key: ForeignKey,
  plan: InsertPlan,
): DatabaseReject[] {
  const orphans = new Map<number, DatabaseReject['errors']>();
  const statement = db.prepare(orphanQuery(staged, key, plan));
  const value = JSON.stringify(keys.values);
  for (const row of statement.all(value)) {
    const index = Number(row.key);
    orphans.set(index, [orphanError(key, keys.values[index] ?? [])]);
  }
  if (orphans.size === 0) return [];
  const rejects: DatabaseReject[] = [];
  keys.keyOf.forEach((at, index) => {
    const errors = at < 0 ? undefined : orphans.get(at);
    if (errors !== undefined) rejects.push({ index, errors });
  });
  return rejects;
}

/** A parent in the table, or, for a key into the table itself, in the batch. */
function orphanQuery(staged: Staged, key: ForeignKey, plan: InsertPlan): string {
  const same = key.parentColumns
    .map((column, i) => `p.${quoteName(column)} = k.value ->> ${i}`)
    .join(' AND ');
  const self = key.parentTable.toLowerCase() === plan.table.name.toLowerCase();
  const inBatch = self
    ? ` AND NOT EXISTS (SELECT 1 FROM ${staged.source} p WHERE ${batchMatch(key, plan)})`
    : '';
  return `SELECT k.key AS key FROM json_each(?) k WHERE NOT EXISTS
    (SELECT 1 FROM main.${quoteName(key.parentTable)} p WHERE ${same})${inBatch}`;
}

function batchMatch(key: ForeignKey, plan: InsertPlan): string {
  return key.parentColumns
    .map((name, i) => {
      const c = plan.columns.findIndex((column) => column.name === name);
      return c < 0 ? 'false' : `p.c${c} = k.value ->> ${i}`;
    })
    .join(' AND ');
}

function orphanError(key: ForeignKey, values: readonly string[]): DatabaseReject['errors'][number] {
  const column = key.columns.length === 1 ? (key.columns[0] ?? null) : null;
  const parent = `${key.parentTable}(${key.parentColumns.join(', ')})`;
  return {
    code: 'foreign_key',
    column,
    value: values.join(','),
    message: `${key.columns.join(', ')} is ${JSON.stringify(values.join(','))}; there is no such row in ${parent}`,
  };
}
