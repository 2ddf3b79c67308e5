import type { Column } from '../../model/table.ts';
import type { InsertOutcome } from '../database.ts';
import { isBinary } from './copy-format.ts';
import { insertClassified } from './insert-classified.ts';
import { conflictKey, copyInto, type InsertJob, type Settled } from './insert-job.ts';
import { copyInPieces } from './pieces.ts';
import type { Attempt } from './session.ts';
import { siftSuspects } from './suspects.ts';

/** A batch by the fastest of the ways that take it. */
export async function insertRows(job: InsertJob): Promise<InsertOutcome> {
  const { plan, mode } = job;
  if (mode === 'upsert') conflictKey(plan);
  const strategy = strategyOf(job);
  const left = rejectLeftOut(job);
  if (left !== null) return { ...left, strategy };
  // What a column might alter is looked for in the batch table.
  const straight = mode === 'insert' && !plan.columns.some(({ alters }) => alters === true);
  const done = straight ? await insertStraight(job) : null;
  if (done !== null) return { ...done, strategy: strategy + done.strategy };
  return { ...(await insertClassified(job)), strategy: `${strategy}, classified` };
}

/** COPY into the table itself; null when that cannot be done. What it adds to the strategy begins with a comma. */
async function insertStraight(job: InsertJob): Promise<InsertOutcome | null> {
  const sifted = await siftSuspects(job);
  if (sifted !== null) {
    const some = await copyRows({ ...job, rows: sifted.rows });
    if ('value' in some) return { ...some.value, rejects: sifted.rejects, strategy: ', repeats looked up' };
  }
  const all = await copyRows(job);
  if ('value' in all) return { ...all.value, strategy: '' };
  const pieces = await copyInPieces(job, all.failure);
  return pieces === null ? null : { ...pieces, strategy: ', in pieces' };
}

async function copyRows(job: InsertJob): Promise<Attempt<Settled>> {
  const { session, rows } = job;
  const copied = await session.attemptCopy(copyInto(job), rows.data);
  if (!('value' in copied)) return copied;
  const skipped = rows.layout.records.length - copied.value;
  return { value: { inserted: copied.value, updated: 0, skipped, rejects: [] } };
}

function strategyOf({ plan, rows, bySet, staging }: InsertJob): string {
  const format = isBinary(rows) ? 'copy-binary' : 'copy-text';
  if (staging) return `${format}, atomic`;
  if (plan.table.foreignKeys.length === 0) return format;
  return `${format}, foreign keys by ${bySet ? 'set' : 'row'}`;
}

/** A column that must have a value and is not planned: no row can be inserted, unless a trigger fills it. */
function rejectLeftOut({ plan, rows }: InsertJob): Settled | null {
  const { table, columns } = plan;
  const column = table.columns.find(
    (each) => isRequired(each) && !columns.some(({ name }) => name === each.name),
  );
  if (column === undefined || table.triggers.length > 0) return null;
  const message = `null value in column "${column.name}" of relation "${table.name}" violates not-null constraint`;
  const errors = [{ code: 'missing' as const, column: column.name, value: null, message }];
  const rejects = Array.from(rows.layout.records, (index) => ({ index, errors }));
  return { inserted: 0, updated: 0, skipped: 0, rejects };
}

const isRequired = (column: Column): boolean =>
  !column.nullable && column.default === null && !column.identity && !column.generated;
