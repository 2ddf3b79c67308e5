import type { InsertPlan } from '../../model/plan.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY } from './failures.ts';
import { type PlannedKey, plannedKeys } from './keys.ts';
import type { Sent } from './load-data.ts';
import { canonicalText, matchingRows } from './row-text.ts';

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
      const asEncoded = counted([...counts].map(([value, count]) => [encodedValue(planned, value), count]));
      for (const [value, records] of recordsByValue(rows, planned, asEncoded)) {
        const count = asEncoded.get(value) ?? 0;
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
  const found = warnings.map(({ message }) => DUPLICATE.exec(message) ?? []);
  const byKey = Map.groupBy(found, ([, , name = '']) => name);
  return new Map([...byKey].map(([name, list]) => [name, counted(list.map(([, value = '']) => [value, 1]))]));
}

function counted(values: ReadonlyArray<readonly [string, number]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [value, count] of values) counts.set(value, (counts.get(value) ?? 0) + count);
  return counts;
}

/** Of keys with several columns the server does not tell where one part ends. */
function encodedValue({ columns }: PlannedKey, value: string): string {
  const [column] = columns;
  return column === undefined || columns.length > 1 ? value : canonicalText(column, value);
}

function recordsByValue(
  rows: LaidOutRows,
  { places }: PlannedKey,
  wanted: ReadonlyMap<string, number>,
): Map<string, number[]> {
  // The server puts the parts of a key together like this.
  const matches = matchingRows(rows, places, '-', new Set(wanted.keys()));
  const found = Map.groupBy(matches, ({ text }) => text);
  return new Map([...found].map(([text, list]) => [text, list.map(({ record }) => record)]));
}
