import type { ForeignKey } from '../model/table.ts';
import type { DatabaseReject, DistinctKeys } from './database.ts';

type RejectError = DatabaseReject['errors'][number];

/** One foreign key of a batch, with what became of its distinct keys. */
export interface LookUp {
  readonly key: ForeignKey;
  readonly keys: DistinctKeys;
  /** By index into `keys.values`: IN_TABLE, NOWHERE, or the record of the batch that is the parent. */
  readonly parents: Int32Array;
}

export const IN_TABLE = -1;
export const NOWHERE = -2;

/** The records whose parents are nowhere and, when they are parents in the batch, their children and so on. */
export function orphanRejects(lookUps: readonly LookUp[]): DatabaseReject[] {
  const errors = directOrphans(lookUps);
  addDescendants(errors, lookUps);
  return [...errors].map(([index, list]) => ({ index, errors: list })).sort((a, b) => a.index - b.index);
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
