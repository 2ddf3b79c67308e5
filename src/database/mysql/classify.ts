import type { RejectError } from '../../model/reject.ts';
import type { DatabaseReject } from '../database.ts';
import { duplicateError } from '../duplicate-rejects.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY, warningCode } from './failures.ts';
import {
  type Key,
  type KeysJob,
  keysInTable,
  keysOf,
  type PlannedKey,
  plannedKeys,
  repeatedKeys,
} from './keys.ts';
import { matchingRows } from './row-text.ts';

/**
 * Refused rows as rejects. `rows` stand in the table but for the refused ones, so a key that is taken was taken by a
 * row before this batch or by one of its other rows, and which of them it was tells the code.
 */
export async function explain(
  job: KeysJob,
  rows: LaidOutRows,
  refused: ReadonlyMap<number, Condition>,
): Promise<DatabaseReject[]> {
  if (refused.size === 0) return [];
  const errors = new Map<number, RejectError[]>();
  for (const planned of plannedKeys(job.plan)) {
    // An upsert finds its own row in the table; that is what it is for.
    if (job.mode === 'upsert' && planned.key.primary) continue;
    const taken = await takenKeys(job, rows, refused, planned);
    for (const [record, error] of taken) addError(errors, record, error);
  }
  return [...refused]
    .sort(([a], [b]) => a - b)
    .map(([index, condition]) => ({ index, errors: reasons(condition, errors.get(index) ?? []) }));
}

/** A key in the table comes first; one in the file only when that is what the row was refused for. */
function reasons(condition: Condition, keys: readonly RejectError[]): readonly RejectError[] {
  const inTable = keys.some(({ code }) => code === 'unique.table');
  if (keys.length > 0 && (inTable || condition.errno === DUPLICATE_KEY)) return keys;
  const message = condition.message.replace(/ at row \d+$/, '');
  return [{ code: warningCode(condition), column: columnOf(message), value: null, message }];
}

/**
 * "Column 'x' cannot be null", "Out of range value for column `d`.`t`.`x`", "Field 'x' doesn't have a default value",
 * "… CONSTRAINT `c` FOREIGN KEY (`x`) REFERENCES …".
 */
const COLUMN = /(?:column|field) (?:`[^`]*`\.){0,2}['`]([^'`]+)['`]|FOREIGN KEY \(`([^`]+)`\)/i;

function columnOf(message: string): string | null {
  const [, column, ofKey] = COLUMN.exec(message) ?? [];
  return column ?? ofKey ?? null;
}

/** By record: what is wrong with this key of a refused row. */
async function takenKeys(
  job: KeysJob,
  rows: LaidOutRows,
  refused: ReadonlyMap<number, Condition>,
  planned: PlannedKey,
): Promise<Map<number, RejectError>> {
  const keys = byRecord(keysOf(rows, planned, (record) => refused.has(record)));
  const taken = await keysInTable(job, planned, [...keys.values()], rows);
  const owners = ownersOf(rows, refused, planned, new Set(taken.map(({ stored }) => stored)));
  const errors = new Map<number, RejectError>();
  for (const { record, stored } of taken) {
    const owner = owners.get(stored);
    if (owner !== undefined && owner > record) continue;
    errors.set(record, duplicateError(planned.key, keys.get(record)?.text ?? '', owner === undefined));
  }
  return errors;
}

const byRecord = (keys: readonly Key[]): Map<number, Key> => new Map(keys.map((key) => [key.record, key]));

/** Which accepted record has each of these keys. */
function ownersOf(
  rows: LaidOutRows,
  refused: ReadonlyMap<number, Condition>,
  { places }: PlannedKey,
  wanted: ReadonlySet<string>,
): Map<string, number> {
  const owners = new Map<string, number>();
  for (const { record, text } of matchingRows(rows, places, ',', wanted)) {
    if (!refused.has(record) && !owners.has(text)) owners.set(text, record);
  }
  return owners;
}

/** The rows with a key that stands in the table, as rejects with an error for each such key. */
export async function knownKeys(job: KeysJob, rows: LaidOutRows): Promise<DatabaseReject[]> {
  const errors = new Map<number, RejectError[]>();
  for (const planned of plannedKeys(job.plan)) {
    const keys = byRecord(keysOf(rows, planned));
    for (const { record } of await keysInTable(job, planned, [...keys.values()], rows)) {
      addError(errors, record, duplicateError(planned.key, keys.get(record)?.text ?? '', true));
    }
  }
  return inOrder(errors);
}

/**
 * The rows of an upsert that repeat a unique key of an earlier row of the batch, as rejects with an error for each
 * such key. One that another row of the table has as well is told as that.
 */
export async function repeats(job: KeysJob, rows: LaidOutRows): Promise<DatabaseReject[]> {
  const errors = new Map<number, RejectError[]>();
  for (const planned of plannedKeys(job.plan)) {
    const { key } = planned;
    const keys = keysOf(rows, planned);
    const repeated = await repeatedKeys(job.session, planned, keys);
    const again = keys.filter(({ record }) => repeated.has(record));
    const known = key.primary ? [] : await keysInTable(job, planned, again, rows);
    const inTable = new Set(known.map(({ record }) => record));
    for (const { record, text } of again) {
      addError(errors, record, duplicateError(key, text, inTable.has(record)));
    }
  }
  return inOrder(errors);
}

function addError(errors: Map<number, RejectError[]>, record: number, error: RejectError): void {
  const known = errors.get(record);
  if (known === undefined) errors.set(record, [error]);
  else known.push(error);
}

const inOrder = (errors: ReadonlyMap<number, RejectError[]>): DatabaseReject[] =>
  [...errors].map(([index, list]) => ({ index, errors: list })).sort((a, b) => a.index - b.index);
