import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import type { ForeignKey } from '../../model/table.ts';
import type { DatabaseReject, DistinctKeys, EncodedBatch, Staged } from '../database.ts';
import { keyCollations } from './collations.ts';
import { quoteName } from './encode.ts';

type RejectError = DatabaseReject['errors'][number];

/** One foreign key of a batch, with what became of its distinct keys. */
interface LookUp {
  readonly key: ForeignKey;
  readonly keys: DistinctKeys;
  /** By index into `keys.values`: in the table, nowhere, or the record of the batch that is the parent. */
  readonly parents: Int32Array;
}

const IN_TABLE = -1;
const NOWHERE = -2;

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
  const errors = directOrphans(lookUps);
  addDescendants(errors, lookUps);
  return [...errors].map(([index, list]) => ({ index, errors: list })).sort((a, b) => a.index - b.index);
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

function directOrphans(lookUps: readonly LookUp[]): Map<number, RejectError[]> {
  const errors = new Map<number, RejectError[]>();
  for (const { key, keys, parents } of lookUps) {
    keys.keyOf.forEach((at, record) => {
      if (at >= 0 && parents[at] === NOWHERE) addError(errors, record, key, keys.values[at] ?? []);
    });
  }
  return errors;
}

/** Orphans take their children in the batch with them, and so on. */
function addDescendants(errors: Map<number, RejectError[]>, lookUps: readonly LookUp[]): void {
  if (errors.size === 0) return;
  const children = childrenInBatch(lookUps);
  const open = children.size === 0 ? [] : [...errors.keys()];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const { record, key, value } of children.get(parent) ?? []) {
      if (!errors.has(record)) open.push(record);
      addError(errors, record, key, value);
    }
  }
}

interface Child {
  readonly record: number;
  readonly key: ForeignKey;
  readonly value: readonly string[];
}

function childrenInBatch(lookUps: readonly LookUp[]): Map<number, Child[]> {
  const children = new Map<number, Child[]>();
  for (const { key, keys, parents } of lookUps) {
    if (!parents.some((parent) => parent >= 0)) continue;
    keys.keyOf.forEach((at, record) => {
      const parent = at < 0 ? IN_TABLE : (parents[at] ?? IN_TABLE);
      if (parent < 0) return;
      const child = { record, key, value: keys.values[at] ?? [] };
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [child]);
      else known.push(child);
    });
  }
  return children;
}

function addError(
  errors: Map<number, RejectError[]>,
  record: number,
  key: ForeignKey,
  value: readonly string[],
): void {
  const known = errors.get(record);
  if (known === undefined) errors.set(record, [orphanError(key, value)]);
  else known.push(orphanError(key, value));
}

function orphanError(key: ForeignKey, values: readonly string[]): RejectError {
  const column = key.columns.length === 1 ? (key.columns[0] ?? null) : null;
  const parent = `${key.parentTable}(${key.parentColumns.join(', ')})`;
  return {
    code: 'foreign_key',
    column,
    value: values.join(','),
    message: `${key.columns.join(', ')} is ${JSON.stringify(values.join(','))}; there is no such row in ${parent}`,
  };
}
