import type { UniqueKey } from '../../model/table.ts';
import type { DatabaseReject } from '../database.ts';
import { duplicateError } from '../duplicate-rejects.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { withoutRecords } from '../row-layout.ts';
import { integers } from './batch-table.ts';
import { integerReader, isBinary } from './copy-format.ts';
import type { InsertJob } from './insert-job.ts';
import { quoteName, tableName } from './names.ts';

/**
 * Most files bring whole-number keys in rising order. A key that does not rise is suspect: these few are looked up
 * before the COPY, which then need not fail because of one. A file in another order has too many of them, and a key
 * that rises may stand in the table all the same: the COPY tells.
 */
const ROWS_PER_SUSPECT = 100;
const INTEGERS: ReadonlySet<string> = new Set(['int2', 'int4', 'int8']);

export interface Sifted {
  readonly rejects: readonly DatabaseReject[];
  /** The rows without them. */
  readonly rows: LaidOutRows;
}

/** Null when nothing was found. */
export async function siftSuspects(job: InsertJob): Promise<Sifted | null> {
  const { plan, rows } = job;
  const [key, ...others] = plan.table.uniqueKeys;
  const column = plan.columns.findIndex(({ name }) => name === key?.columns[0]);
  if (key === undefined || others.length > 0 || key.columns.length !== 1 || !job.sees) return null;
  if (!INTEGERS.has(plan.columns[column]?.baseType ?? '') || !isBinary(rows)) return null;
  const keys = keysOf(rows, column);
  const suspects = notRising(keys, Math.ceil(keys.length / ROWS_PER_SUSPECT));
  if (suspects === null || suspects.length === 0) return null;
  const inTable = await knownKeys(
    job,
    key,
    suspects.map((row) => keys[row] ?? 0),
  );
  const rejects = judge(key, rows, keys, suspects, inTable);
  if (rejects.length === 0) return null;
  const gone = new Set(rejects.map(({ index }) => index));
  return { rejects, rows: withoutRecords(rows, gone) };
}

/** NaN for NULL. */
function keysOf(rows: LaidOutRows, column: number): Float64Array {
  const read = integerReader(rows, column);
  const keys = new Float64Array(rows.layout.records.length);
  for (let row = 0; row < keys.length; row++) keys[row] = read(row);
  return keys;
}

/** Rows whose key is not above all keys before it; null when there are more than `most`, or numbers beyond 2^53. */
function notRising(keys: Float64Array, most: number): number[] | null {
  const found: number[] = [];
  let top = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row] ?? 0;
    if (key > top) {
      if (key > Number.MAX_SAFE_INTEGER) return null;
      top = key;
    } else if (key <= top) {
      if (found.length === most || key < Number.MIN_SAFE_INTEGER) return null;
      found.push(row);
    }
  }
  return found;
}

async function knownKeys(
  { session, plan }: InsertJob,
  key: UniqueKey,
  keys: readonly number[],
): Promise<ReadonlySet<number>> {
  const name = quoteName(key.columns[0] ?? '');
  const rows = await session.rows(
    `SELECT k FROM unnest($1::bigint[]) AS k
     WHERE EXISTS (SELECT 1 FROM ${tableName(plan)} t WHERE t.${name} = k OFFSET 0)`,
    [integers(keys)],
  );
  return new Set(rows.map(({ k }) => Number(k)));
}

function judge(
  key: UniqueKey,
  { layout }: LaidOutRows,
  keys: Float64Array,
  suspects: readonly number[],
  inTable: ReadonlySet<number>,
): DatabaseReject[] {
  const rising = withoutRows(keys, suspects);
  const taken = new Set<number>();
  return suspects.flatMap((row) => {
    const value = keys[row] ?? 0;
    const known = inTable.has(value);
    if (!known && !taken.has(value) && !includes(rising, value)) {
      taken.add(value);
      return [];
    }
    const errors = [duplicateError(key, String(value), known)];
    return [{ index: layout.records[row] ?? 0, errors }];
  });
}

/** The keys of the other rows, without NULLs. `rows` in their order; a loop, as there is one turn for each row. */
function withoutRows(keys: Float64Array, rows: readonly number[]): Float64Array {
  const others = new Float64Array(keys.length);
  let count = 0;
  let next = 0;
  for (let row = 0; row < keys.length; row++) {
    const key = keys[row] ?? 0;
    if (row === rows[next]) next++;
    else if (!Number.isNaN(key)) others[count++] = key;
  }
  return others.subarray(0, count);
}

/** Of rising numbers. One that a suspect repeats stands before it: those after it are above. */
function includes(rising: Float64Array, value: number): boolean {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return rising[low] === value;
}
