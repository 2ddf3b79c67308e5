import type { InsertPlan } from '../../model/plan.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY } from './failures.ts';
import { type PlannedKey, plannedKeys } from './keys.ts';
import type { Sent } from './load-data.ts';
import { canonicalText, rowValues } from './row-text.ts';

/** MySQL 8.0.19 and later put the table's name before the key's. */
const DUPLICATE = /^Duplicate entry '([\s\S]*)' for key '(?:.*\.)?([^.]*)'$/;

/**
 * The rows that were passed over for a key, from the warnings "Duplicate entry '7' for key 'PRIMARY'": each names one
 * row without saying which. Of the rows with that key all were refused, or all but the first. Null when the warnings
 * leave it open; the rows are then put in smaller pieces.
 */
export function diagnoseDuplicates(plan: InsertPlan) {
  const keys = plannedKeys(plan);
  return (rows: LaidOutRows, { warnings }: Sent): ReadonlyMap<number, Condition> | null => {
    const refused = new Map<number, Condition>();
    const first: number[] = [];
    for (const [name, counts] of countByKey(warnings)) {
      const planned = keys.find(({ key }) => key.name === name);
      if (planned === undefined) return null;
      for (const [value, records] of recordsByValue(rows, planned, counts)) {
        const count = counts.get(value) ?? 0;
        if (records.length !== count && records.length !== count + 1) return null;
        const condition = { errno: DUPLICATE_KEY, message: `Duplicate entry '${value}' for key '${name}'` };
        for (const record of records.slice(-count)) refused.set(record, condition);
        first.push(...records.slice(0, -count));
      }
    }
    // Not when two keys lay claim to a row, or a value was found in no row.
    const certain = refused.size === warnings.length && !first.some((record) => refused.has(record));
    return certain ? refused : null;
  };
}

/** How often each value of each key was refused. */
function countByKey(warnings: readonly Condition[]): Map<string, Map<string, number>> {
  const byKey = new Map<string, Map<string, number>>();
  for (const { message } of warnings) {
    const [, value = '', name = ''] = DUPLICATE.exec(message) ?? [];
    const counts = byKey.get(name) ?? new Map<string, number>();
    byKey.set(name, counts.set(value, (counts.get(value) ?? 0) + 1));
  }
  return byKey;
}

function recordsByValue(
  rows: LaidOutRows,
  { columns, places }: PlannedKey,
  wanted: ReadonlyMap<string, number>,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  rows.layout.records.forEach((record, nth) => {
    const parts = rowValues(rows, nth, places);
    if (parts.includes(null)) return;
    // The server puts the parts together like this.
    const value = columns.map((column, i) => canonicalText(column, parts[i] ?? '')).join('-');
    if (!wanted.has(value)) return;
    const records = found.get(value);
    if (records === undefined) found.set(value, [record]);
    else records.push(record);
  });
  return found;
}
