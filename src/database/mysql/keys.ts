import type { InsertPlan } from '../../model/plan.ts';
import type { Column, Mode, UniqueKey } from '../../model/table.ts';
import type { SqlRow } from '../database.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type KeyRow, keyTable, keyValue, portions, sameKey } from './key-rows.ts';
import { quoteName, tableName } from './names.ts';
import { canonicalText, rowValues } from './row-text.ts';
import type { Session } from './session.ts';
import { isBits } from './values.ts';

/** The unique keys of rows that wait to be inserted, looked up in the table and among themselves. */

export interface KeysJob {
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

/** The key of a record, none of its parts NULL. */
export interface Key {
  readonly record: number;
  readonly parts: readonly string[];
  /** As rejects show it, and as other spellings of it are known by. */
  readonly text: string;
}

export function keysOf(
  rows: LaidOutRows,
  { columns, places }: PlannedKey,
  of: (record: number) => boolean = () => true,
): Key[] {
  const keys: Key[] = [];
  rows.layout.records.forEach((record, nth) => {
    if (!of(record)) return;
    const parts = rowValues(rows, nth, places).filter((part) => part !== null);
    if (parts.length === places.length) keys.push({ record, parts, text: keyText(columns, parts) });
  });
  return keys;
}

const keyText = (columns: readonly Column[], parts: readonly string[]): string =>
  columns.map((column, i) => canonicalText(column, parts[i] ?? '')).join(',');

const keyRows = (keys: readonly Key[]): KeyRow[] => keys.map(({ record, parts }) => [record, ...parts]);

export interface Taken {
  readonly record: number;
  /** The key as it stands in the table, where it may be spelled otherwise. */
  readonly stored: string;
}

/** Which of the keys rows of the table have. An upsert asks for other rows than the one it changes. */
export async function keysInTable(
  job: KeysJob,
  planned: PlannedKey,
  keys: readonly Key[],
  rows: LaidOutRows,
): Promise<Taken[]> {
  const { session, plan, mode } = job;
  const { key, columns } = planned;
  const stored = key.columns.map((name, i) => `${textOf(`t.${quoteName(name)}`, columns[i])} AS c${i}`);
  const own = mode === 'upsert' && !key.primary ? primaryKeys(plan, rows) : null;
  const ofKey = keyRows(keys).map((row): KeyRow => [...row, ...(own?.byRecord.get(row[0]) ?? [])]);
  const all = [...columns, ...(own?.columns ?? [])];
  const other = own === null ? '' : `AND NOT (${sameKey('t', own.names, 'k', own.columns, columns.length)})`;
  const same = sameKey('t', key.columns.map(quoteName), 'k', columns);
  const taken: Taken[] = [];
  for (const portion of portions(session, ofKey)) {
    const found = await session.rows(
      `SELECT k.n AS n, ${stored.join(', ')} FROM ${keyTable('k', all, portion)}
       STRAIGHT_JOIN ${tableName(plan)} t ON ${same} ${other}`,
    );
    for (const row of found) taken.push({ record: Number(row.n), stored: storedText(columns, row) });
  }
  return taken;
}

const storedText = (columns: readonly Column[], row: SqlRow): string =>
  keyText(
    columns,
    columns.map((_, i) => String(row[`c${i}`])),
  );

interface PrimaryKeys {
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly byRecord: ReadonlyMap<number, readonly string[]>;
}

function primaryKeys(plan: InsertPlan, rows: LaidOutRows): PrimaryKeys | null {
  const planned = plannedKeys(plan).find(({ key }) => key.primary);
  if (planned === undefined) return null;
  const byRecord = new Map(keysOf(rows, planned).map(({ record, parts }) => [record, parts]));
  return { names: planned.key.columns.map(quoteName), columns: planned.columns, byRecord };
}

/** A column of the table as the text that its encoded values have. */
function textOf(name: string, column: Column | undefined): string {
  if (column?.kind === 'binary') return `HEX(${name})`;
  if (column !== undefined && isBits(column)) return `CAST(${name} AS UNSIGNED)`;
  return `CAST(${name} AS CHAR)`;
}

/** The records whose key an earlier one of these has. */
export async function repeatedKeys(
  session: Session,
  { columns }: PlannedKey,
  keys: readonly Key[],
): Promise<Set<number>> {
  const list = columns.map((column, i) => keyValue('k', column, i)).join(', ');
  const repeated = new Set<number>();
  for (const portion of portions(session, keyRows(keys))) {
    const found = await session.rows(
      `SELECT n FROM (SELECT k.n AS n, ROW_NUMBER() OVER (PARTITION BY ${list} ORDER BY k.n) AS nth
        FROM ${keyTable('k', columns, portion)}) numbered WHERE nth > 1`,
    );
    for (const { n } of found) repeated.add(Number(n));
  }
  return repeated;
}

/** The records whose primary key stands in the table; their rows are locked until the transaction ends. */
export async function existingRecords({ session, plan }: KeysJob, rows: LaidOutRows): Promise<Set<number>> {
  const existing = new Set<number>();
  const planned = plannedKeys(plan).find(({ key }) => key.primary);
  if (planned === undefined) return existing;
  const { key, columns } = planned;
  const same = sameKey('t', key.columns.map(quoteName), 'k', columns);
  for (const portion of portions(session, keyRows(keysOf(rows, planned)))) {
    const found = await session.rows(
      `SELECT k.n AS n FROM ${keyTable('k', columns, portion)} STRAIGHT_JOIN ${tableName(plan)} t ON ${same} FOR UPDATE`,
    );
    for (const { n } of found) existing.add(Number(n));
  }
  return existing;
}
