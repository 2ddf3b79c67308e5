import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import type { DatabaseReject } from '../database.ts';
import { type LaidOutRows, withoutRecords } from '../row-layout.ts';
import { copySql, isBinary, withOrdinals } from './copy-format.ts';
import { isJudged } from './encoders.ts';
import { failedLine, refusal } from './failures.ts';
import { quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';
import { typeName } from './types.ts';

/**
 * A batch in a temporary table: `ordinal`, a column c0, c1, … for each planned column, and `waits` for the rows whose
 * turn comes later. It lasts until the next one or the end of the transaction.
 */
export const BATCH = 'pg_temp.rowferry_batch';

/** A batch is sorted in memory, and no query over it is worth compiling. */
const SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off";

/** Rows that no column of their type takes are left out and come back as rejects. */
export async function fillBatchTable(
  session: Session,
  plan: InsertPlan,
  rows: LaidOutRows,
): Promise<DatabaseReject[]> {
  await session.run(SETTINGS, `DROP TABLE IF EXISTS ${BATCH}`, createBatchTable(plan, isBinary(rows)));
  const list = ['ordinal', ...plan.columns.map((_, c) => `c${c}`)].join(', ');
  const rejects: DatabaseReject[] = [];
  for (let left = rows; ; ) {
    const sql = copySql(BATCH, list, left);
    const attempt = await session.attemptCopy({ sql }, withOrdinals(left));
    if ('value' in attempt) return rejects;
    const index = left.layout.records[failedLine(attempt.failure, 'rowferry_batch') - 1];
    if (index === undefined) throw attempt.failure;
    rejects.push({ index, errors: [refusal(plan, attempt.failure)] });
    left = withoutRecords(left, new Set([index]));
  }
}

function createBatchTable(plan: InsertPlan, binary: boolean): string {
  const columns = plan.columns.map((column, c) => `, ${sourceOf(column, binary)} AS c${c}`).join('');
  return `CREATE TEMPORARY TABLE rowferry_batch ON COMMIT DROP AS
    SELECT 0 AS ordinal${columns}, true AS waits FROM ${tableName(plan)} t WITH NO DATA`;
}

/** With the collation of the table's column, so that keys are compared alike; without its domain's constraints. */
function sourceOf(column: Column, binary: boolean): string {
  return isJudged(column, binary) ? `t.${quoteName(column.name)}::${typeName(column)}` : 'NULL::text';
}

/** The value of planned column `c` in row `b` of the batch. */
export function staged(plan: InsertPlan, c: number): string {
  const column = plan.columns[c];
  if (column === undefined || isJudged(column)) return `b.c${c}`;
  // The first byte of its binary form is the version, which no JSON text begins with.
  const text = column.baseType === 'jsonb' ? `ltrim(b.c${c}, chr(1))` : `b.c${c}`;
  return `${text}::${typeName(column)}`;
}

/** Takes rows out. */
export async function removeFromBatch(session: Session, records: readonly number[]): Promise<void> {
  if (records.length === 0) return;
  await session.count(`DELETE FROM ${BATCH} WHERE ordinal = ANY($1::integer[])`, [integers(records)]);
}

/** The text form of an array of integers. */
export const integers = (values: readonly number[]): string => `{${values.join(',')}}`;
