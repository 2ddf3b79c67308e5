import type { Column } from '../../model/table.ts';
import type { DatabaseReject, SqlRow } from '../database.ts';
import { BATCH, removeFromBatch, staged } from './batch-table.ts';
import { byHalves } from './by-halves.ts';
import type { InsertJob } from './insert-job.ts';
import { typeName } from './types.ts';

/** Characters of a value that a reason shows. */
const SHOWN = 200;

interface Altering {
  readonly column: Column;
  readonly text: string;
  /** The value by the type without its modifier, and as the column would keep it. */
  readonly written: string;
  readonly kept: string;
}

/**
 * Rows of the batch table with a value that its column would round or cut: found by the database, which alone knows
 * all the ways to write such values, and taken out. First those that are no value of the type at all.
 */
export async function rejectAltered(job: InsertJob): Promise<DatabaseReject[]> {
  const columns = alteringColumns(job);
  if (columns.length === 0) return [];
  const counts = columns.map(({ written, kept }) => `count(${written}), count(${kept})`).join(', ');
  const { rejects } = await byHalves(job, (where) => `SELECT ${counts} FROM ${BATCH} b WHERE ${where}`);
  await takeOut(job, rejects);
  const altered = new Map<number, DatabaseReject>();
  for (const each of columns) {
    for (const row of await job.session.rows(alteredSql(each))) addTo(altered, each.column, row);
  }
  await takeOut(job, [...altered.values()]);
  return [...rejects, ...altered.values()];
}

function alteringColumns({ plan }: InsertJob): Altering[] {
  return plan.columns.flatMap((column, c) => {
    if (column.alters !== true) return [];
    return [{ column, text: `b.c${c}`, written: staged(plan, c), kept: `b.c${c}::${column.sqlType}` }];
  });
}

/** Intervals by their texts, as 30 days are equal to a month; arrays by their values, as 1.0 is equal to 1.00. */
function alteredSql({ column, text, written, kept }: Altering): string {
  const as = column.baseType === 'interval' ? '::text' : `::${typeName(column)}`;
  return `SELECT b.ordinal, left(${text}, ${SHOWN}) AS value, left((${kept})::text, ${SHOWN}) AS kept
    FROM ${BATCH} b WHERE (${written})${as} IS DISTINCT FROM (${kept})${as}`;
}

function addTo(altered: Map<number, DatabaseReject>, column: Column, { ordinal, value, kept }: SqlRow): void {
  const { name, sqlType } = column;
  const shown = JSON.stringify(String(value));
  const message = `${name} is ${shown}; ${sqlType} would keep it as ${JSON.stringify(String(kept))}`;
  const error = { code: 'range' as const, column: name, value: String(value), message };
  const index = Number(ordinal);
  altered.set(index, { index, errors: [...(altered.get(index)?.errors ?? []), error] });
}

function takeOut({ session }: InsertJob, rejects: readonly DatabaseReject[]): Promise<void> {
  return removeFromBatch(
    session,
    rejects.map(({ index }) => index),
  );
}
