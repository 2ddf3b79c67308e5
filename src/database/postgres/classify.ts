import type { InsertPlan } from '../../model/plan.ts';
import type { RejectError } from '../../model/reject.ts';
import type { UniqueKey } from '../../model/table.ts';
import type { DatabaseReject, SqlRow } from '../database.ts';
import { type Duplicates, duplicateError } from '../duplicate-rejects.ts';
import { BATCH, integers, staged } from './batch-table.ts';
import type { InsertJob } from './insert-job.ts';
import { quoteName, tableName } from './names.ts';

/** Refused rows found set by set, in the batch table. */

interface Found {
  readonly errors: RejectError[];
  inTable: boolean;
}

/** The rows that repeat unique keys; a row that repeats several has an error for each. */
export async function duplicates(job: InsertJob): Promise<Duplicates> {
  const found = new Map<number, Found>();
  for (const key of job.plan.table.uniqueKeys) {
    const columns = plannedColumns(job.plan, key);
    if (columns === null) continue;
    const rows = await job.session.attempt(() => job.session.rows(duplicateQuery(job, key, columns)));
    // A key of a type that only the database can judge, and a value that is none: left to the insert.
    if ('value' in rows) addFound(found, key, rows.value);
  }
  const rows = [...found].sort(([a], [b]) => a - b);
  const rejects = (inTable: boolean): DatabaseReject[] =>
    rows.filter(([, row]) => row.inTable === inTable).map(([index, { errors }]) => ({ index, errors }));
  return { inTable: rejects(true), inFile: rejects(false) };
}

function plannedColumns(plan: InsertPlan, { columns }: UniqueKey): number[] | null {
  const planned = columns.map((name) => plan.columns.findIndex((column) => column.name === name));
  return planned.includes(-1) ? null : planned;
}

function addFound(found: Map<number, Found>, key: UniqueKey, rows: readonly SqlRow[]): void {
  for (const { ordinal, value, known } of rows) {
    const inTable = known === 1;
    const row = found.get(Number(ordinal)) ?? { errors: [], inTable: false };
    row.errors.push(duplicateError(key, String(value), inTable));
    row.inTable ||= inTable;
    found.set(Number(ordinal), row);
  }
}

/** In one pass over the batch, however large the table is. */
function duplicateQuery(job: InsertJob, key: UniqueKey, columns: readonly number[]): string {
  const values = columns.map((c) => staged(job.plan, c));
  const named = values.map((value, i) => `${value} AS k${i}`).join(', ');
  const text = `concat_ws(',', ${values.map((_, i) => `k${i}::text`).join(', ')})`;
  return `SELECT ordinal, ${text} AS value, known FROM (
      SELECT b.ordinal, ${named}, ${isKnown(job, key, values)} AS known,
        row_number() OVER (PARTITION BY ${values.join(', ')} ORDER BY b.ordinal) AS nth
      FROM ${BATCH} b WHERE ${values.map((value) => `${value} IS NOT NULL`).join(' AND ')}) found
    WHERE known OR nth > 1`;
}

/** An upsert may find its own row in the table; that is what it is for. */
function isKnown({ plan, mode, sees }: InsertJob, key: UniqueKey, values: readonly string[]): string {
  if (!sees || (mode === 'upsert' && key.primary)) return 'false';
  const same = key.columns.map((name, i) => `t.${quoteName(name)} = ${values[i]}`).join(' AND ');
  const other = mode === 'upsert' ? `AND NOT (${sameRow(plan, plan.table.primaryKey)})` : '';
  // With OFFSET a search by the index for each row: a join might read the whole table, however large it is.
  return `EXISTS (SELECT 1 FROM ${tableName(plan)} t WHERE ${same} ${other} OFFSET 0)`;
}

/** Row `t` of the table has the key of row `b` of the batch. */
export function sameRow(plan: InsertPlan, key: readonly string[]): string {
  return key
    .map((name) => {
      const column = plan.columns.findIndex((each) => each.name === name);
      return `t.${quoteName(name)} = ${staged(plan, column)}`;
    })
    .join(' AND ');
}

/** Lets rows wait for a later turn. */
export async function letWait({ session }: InsertJob, records: readonly number[]): Promise<void> {
  if (records.length === 0) return;
  await session.count(`UPDATE ${BATCH} SET waits = true WHERE ordinal = ANY($1::integer[])`, [
    integers(records),
  ]);
}

/** Those that had their turn are gone; those that waited have theirs. */
export async function nextTurn({ session }: InsertJob): Promise<void> {
  await session.run(`DELETE FROM ${BATCH} WHERE waits IS NULL`, `UPDATE ${BATCH} SET waits = NULL`);
}
