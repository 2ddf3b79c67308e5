import type { InsertPlan } from '../../model/plan.ts';
import type { RejectError } from '../../model/reject.ts';
import type { Column, Mode, UniqueKey } from '../../model/table.ts';
import type { DatabaseReject } from '../database.ts';
import { duplicateError } from '../duplicate-rejects.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type Condition, DUPLICATE_KEY, warningCode } from './failures.ts';
import { type KeyRow, keyTable, keyValue, portions, sameKey } from './key-rows.ts';
import { quoteName, tableName } from './names.ts';
import { canonicalText, rowValues } from './row-text.ts';
import type { Session } from './session.ts';
import { isBits } from './values.ts';

export interface ClassifyJob {
  readonly session: Session;
  readonly plan: InsertPlan;
  readonly mode: Mode;
}

/** A unique key all of whose columns are planned: their places in the plan. */
export interface PlannedKey {
  readonly key: UniqueKey;
  readonly columns: readonly Column[];
  readonly places: readonly number[];
}

export function plannedKeys({ columns, table }: InsertPlan): PlannedKey[] {
  return table.uniqueKeys.flatMap((key) => {
    const places = key.columns.map((name) => columns.findIndex((column) => column.name === name));
    const found = places.flatMap((place) => columns[place] ?? []);
    return found.length === key.columns.length ? [{ key, columns: found, places }] : [];
  });
}

/**
 * Refused rows as rejects. `rows` stand in the table but for the refused ones, so a key that is taken was taken by a
 * row before this batch or by one of its other rows, and which of them it was tells the code.
 */
export async function explain(
  job: ClassifyJob,
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

async function takenKeys(
  job: ClassifyJob,
  rows: LaidOutRows,
  refused: ReadonlyMap<number, Condition>,
  planned: PlannedKey,
): Promise<Map<number, RejectError>> {
  const taken = await inTable(
    job,
    keysOf(rows, planned.places, (record) => refused.has(record)),
    planned,
  );
  const wanted = new Set(taken.map(({ stored }) => stored));
  const owners = ownersOf(rows, refused, planned, wanted);
  const errors = new Map<number, RejectError>();
  for (const { record, own, stored } of taken) {
    const owner = owners.get(stored);
    if (owner === undefined || owner < record) {
      errors.set(record, duplicateError(planned.key, own, owner === undefined));
    }
  }
  return errors;
}

interface Key {
  readonly record: number;
  readonly parts: readonly string[];
}

/** The keys without a NULL part of some records. */
function keysOf(rows: LaidOutRows, places: readonly number[], of: (record: number) => boolean): Key[] {
  const keys: Key[] = [];
  rows.layout.records.forEach((record, nth) => {
    if (!of(record)) return;
    const parts = rowValues(rows, nth, places).filter((part) => part !== null);
    if (parts.length === places.length) keys.push({ record, parts });
  });
  return keys;
}

const canonicalKey = (columns: readonly Column[], parts: readonly string[]): string =>
  columns.map((column, i) => canonicalText(column, parts[i] ?? '')).join(',');

interface Taken {
  readonly record: number;
  /** The key of the record, and that of the row in the table, which may be spelled otherwise. */
  readonly own: string;
  readonly stored: string;
}

async function inTable(job: ClassifyJob, keys: readonly Key[], planned: PlannedKey): Promise<Taken[]> {
  const { session, plan } = job;
  const { key, columns } = planned;
  const own = new Map(keys.map(({ record, parts }) => [record, canonicalKey(columns, parts)]));
  const same = sameKey('t', key.columns.map(quoteName), 'k', columns);
  const stored = key.columns.map((name, i) => `${textOf(`t.${quoteName(name)}`, columns[i])} AS c${i}`);
  const taken: Taken[] = [];
  for (const portion of portions(keys.map(({ record, parts }): KeyRow => [record, ...parts]))) {
    const found = await session.rows(
      `SELECT k.n AS n, ${stored.join(', ')} FROM ${keyTable('k', columns, portion)}
       STRAIGHT_JOIN ${tableName(plan)} t ON ${same}`,
    );
    for (const row of found) {
      const record = Number(row.n);
      const parts = columns.map((_, i) => String(row[`c${i}`]));
      taken.push({ record, own: own.get(record) ?? '', stored: canonicalKey(columns, parts) });
    }
  }
  return taken;
}

/** A column of the table as the text that its encoded values have. */
function textOf(name: string, column: Column | undefined): string {
  if (column?.kind === 'binary') return `HEX(${name})`;
  if (column !== undefined && isBits(column)) return `CAST(${name} AS UNSIGNED)`;
  return `CAST(${name} AS CHAR)`;
}

/** Which accepted record has each of these keys. */
function ownersOf(
  rows: LaidOutRows,
  refused: ReadonlyMap<number, Condition>,
  { columns, places }: PlannedKey,
  wanted: ReadonlySet<string>,
): Map<string, number> {
  const owners = new Map<string, number>();
  if (wanted.size === 0) return owners;
  for (const { record, parts } of keysOf(rows, places, (each) => !refused.has(each))) {
    const key = canonicalKey(columns, parts);
    if (wanted.has(key) && !owners.has(key)) owners.set(key, record);
  }
  return owners;
}

/** The rows with a key that stands in the table, as rejects with an error for each such key. */
export async function knownKeys(job: ClassifyJob, rows: LaidOutRows): Promise<DatabaseReject[]> {
  const errors = new Map<number, RejectError[]>();
  for (const planned of plannedKeys(job.plan)) {
    const keys = keysOf(rows, planned.places, () => true);
    for (const { record, own } of await inTable(job, keys, planned)) {
      addError(errors, record, duplicateError(planned.key, own, true));
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

/** The rows that repeat a unique key of an earlier row of the batch, as rejects with an error for each such key. */
export async function repeats({ session, plan }: ClassifyJob, rows: LaidOutRows): Promise<DatabaseReject[]> {
  const errors = new Map<number, RejectError[]>();
  for (const { key, columns, places } of plannedKeys(plan)) {
    const list = columns.map((column, i) => keyValue('k', column, i)).join(', ');
    const keys = keysOf(rows, places, () => true);
    const own = new Map(keys.map(({ record, parts }) => [record, canonicalKey(columns, parts)]));
    for (const portion of portions(keys.map(({ record, parts }): KeyRow => [record, ...parts]))) {
      const found = await session.rows(
        `SELECT n FROM (SELECT k.n AS n, ROW_NUMBER() OVER (PARTITION BY ${list} ORDER BY k.n) AS nth
          FROM ${keyTable('k', columns, portion)}) numbered WHERE nth > 1`,
      );
      for (const row of found) {
        const record = Number(row.n);
        addError(errors, record, duplicateError(key, own.get(record) ?? '', false));
      }
    }
  }
  return inOrder(errors);
}

/** The records whose primary key stands in the table; their rows are locked until the transaction ends. */
export async function existingRecords(
  { session, plan }: ClassifyJob,
  rows: LaidOutRows,
): Promise<Set<number>> {
  const existing = new Set<number>();
  for (const { key, columns, places } of plannedKeys(plan)) {
    if (!key.primary) continue;
    const same = sameKey('t', key.columns.map(quoteName), 'k', columns);
    const keys = keysOf(rows, places, () => true);
    for (const portion of portions(keys.map(({ record, parts }): KeyRow => [record, ...parts]))) {
      const found = await session.rows(
        `SELECT k.n AS n FROM ${keyTable('k', columns, portion)} STRAIGHT_JOIN ${tableName(plan)} t ON ${same} FOR UPDATE`,
      );
      for (const { n } of found) existing.add(Number(n));
    }
  }
  return existing;
}
