import type { InsertPlan } from '../../model/plan.ts';
import type { Column, ForeignKey } from '../../model/table.ts';
import type { DatabaseReject, DistinctKeys, EncodedBatch } from '../database.ts';
import { IN_TABLE, type LookUp, NOWHERE, orphanRejects } from '../orphan-rejects.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { type KeyRow, keyTable, keyValue, portions, sameKey } from './key-rows.ts';
import { quoteName } from './names.ts';
import { rowValues, sentText } from './row-text.ts';
import type { Session } from './session.ts';

export interface ParentsJob {
  readonly session: Session;
  readonly batch: EncodedBatch;
  /** The rows that are still staged. */
  readonly rows: () => LaidOutRows;
  readonly plan: InsertPlan;
  /** The staging table of an atomic load, where parents may wait too. */
  readonly waiting: string | undefined;
}

/**
 * One look-up per distinct key instead of one per row; the parents that are found are locked until the transaction
 * ends, so that none can go away. A table that refers to itself finds parents in the batch and in the table `waiting`
 * too, and a record whose parent is an orphan is one as well.
 */
export async function missingParents(job: ParentsJob): Promise<DatabaseReject[]> {
  const lookUps: LookUp[] = [];
  for (const keys of job.batch.foreignKeys) {
    const key = job.plan.table.foreignKeys[keys.foreignKey];
    if (key !== undefined) lookUps.push({ key, keys, parents: await findParents(job, keys, key) });
  }
  return orphanRejects(lookUps);
}

async function findParents(job: ParentsJob, { values }: DistinctKeys, key: ForeignKey): Promise<Int32Array> {
  const { session, plan, waiting } = job;
  const parents = new Int32Array(values.length).fill(NOWHERE);
  const columns = columnsOf(plan, key.columns);
  const own = key.parentTable === plan.table.name && key.parentSchema === undefined;
  const missing = () =>
    values.flatMap((value, i) => (parents[i] === NOWHERE ? [keyRow(columns, i, value)] : []));
  const look = async (table: string): Promise<void> => {
    for (const i of await standIn(session, table, key, columns, missing())) parents[i] = IN_TABLE;
  };
  await look(parentName(key));
  if (!own) return parents;
  if (waiting !== undefined) await look(quoteName(waiting));
  for (const { nth, record } of (await inBatch(job, key, missing())).reverse()) parents[nth] = record;
  return parents;
}

export const parentName = ({ parentSchema, parentTable }: ForeignKey): string =>
  parentSchema === undefined
    ? quoteName(parentTable)
    : `${quoteName(parentSchema)}.${quoteName(parentTable)}`;

const keyRow = (columns: readonly Column[], nth: number, value: readonly string[]): KeyRow => [
  nth,
  ...columns.map((column, i) => sentText(column, value[i] ?? '')),
];

/** A child's columns have the types of its parent's, or compare like them. */
function columnsOf(plan: InsertPlan, names: readonly string[]): Column[] {
  return names.flatMap((name) => plan.columns.find((column) => column.name === name) ?? []);
}

/** The numbers of the keys that a row of the table has. Only rows that are found stay locked (READ COMMITTED). */
async function standIn(
  session: Session,
  table: string,
  key: ForeignKey,
  columns: readonly Column[],
  wanted: readonly KeyRow[],
): Promise<number[]> {
  const same = sameKey('p', key.parentColumns.map(quoteName), 'k', columns);
  const found: number[] = [];
  for (const portion of portions(session, wanted)) {
    const rows = await session.rows(
      `SELECT k.n AS n FROM ${keyTable('k', columns, portion)} STRAIGHT_JOIN ${table} p ON ${same} LOCK IN SHARE MODE`,
    );
    for (const { n } of rows) found.push(Number(n));
  }
  return found;
}

/** Staged records with these keys, first ones first. */
async function inBatch(
  job: ParentsJob,
  key: ForeignKey,
  wanted: readonly KeyRow[],
): Promise<{ nth: number; record: number }[]> {
  const { session, plan } = job;
  const places = key.parentColumns.map((name) => plan.columns.findIndex((column) => column.name === name));
  if (wanted.length === 0 || places.includes(-1)) return [];
  const columns = columnsOf(plan, key.parentColumns);
  const found: { nth: number; record: number }[] = [];
  for (const some of portions(session, ofBatch(job.rows(), places))) {
    for (const these of portions(session, wanted)) {
      found.push(...(await amongThese(session, columns, some, these)));
    }
  }
  return found;
}

/** Keys of the batch have even numbers, those looked for odd ones: one sort brings equal ones together. */
async function amongThese(
  session: Session,
  columns: readonly Column[],
  ofBatch: readonly KeyRow[],
  wanted: readonly KeyRow[],
): Promise<{ nth: number; record: number }[]> {
  const list = columns.map((column, i) => keyValue('k', column, i)).join(', ');
  const rows = await session.rows(
    `SELECT n, parent FROM (
      SELECT k.n AS n, MIN(IF(k.n % 2 = 0, k.n, NULL)) OVER (PARTITION BY ${list}) AS parent
      FROM ${keyTable('k', columns, [...ofBatch, ...wanted.map(asOdd)])}) found
     WHERE n % 2 = 1 AND parent IS NOT NULL`,
  );
  return rows.map(({ n, parent }) => ({ nth: (Number(n) - 1) / 2, record: Number(parent) / 2 }));
}

const asOdd = ([n, ...parts]: KeyRow): KeyRow => [2 * n + 1, ...parts];

function ofBatch(rows: LaidOutRows, places: readonly number[]): KeyRow[] {
  const keys: KeyRow[] = [];
  rows.layout.records.forEach((record, nth) => {
    const values = rowValues(rows, nth, places);
    if (!values.includes(null)) keys.push([2 * record, ...values]);
  });
  return keys;
}
