import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { type LaidOutRows, withoutRecords } from '../row-layout.ts';
import { existingRecords, explain, repeats } from './classify.ts';
import { diagnoseDuplicates } from './diagnose.ts';
import { type Condition, NO_PARENT } from './failures.ts';
import { loadDataInto, type Send } from './load-data.ts';
import { insertInto, updateIn } from './multi-row.ts';
import { type Diagnose, type Put, putRows } from './put.ts';
import type { Session } from './session.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly session: Session;
  readonly rows: LaidOutRows;
  readonly plan: InsertPlan;
  readonly mode: Mode;
  /** The server takes LOAD DATA LOCAL. */
  readonly loadData: boolean;
  /** Foreign keys were checked by set, and the check row by row may be left off. */
  readonly bySet: boolean;
}

type Settled = Omit<InsertOutcome, 'strategy'>;

export async function insertRows(job: InsertJob): Promise<InsertOutcome> {
  const { session, plan, bySet } = job;
  const left = leftOut(job);
  const strategy = strategyOf(job);
  if (left !== null) return { inserted: 0, updated: 0, skipped: 0, rejects: left, strategy };
  const off = bySet && plan.table.foreignKeys.length > 0;
  if (off) await session.run('SET foreign_key_checks = 0');
  try {
    const settled = await (job.mode === 'upsert' ? upsert(job) : insert(job));
    return { ...settled, strategy };
  } finally {
    if (off && !session.lost) await session.run('SET foreign_key_checks = 1');
  }
}

function strategyOf({ plan, mode, loadData, bySet }: InsertJob): string {
  const ways = [loadData ? 'load-data' : 'multi-row insert'];
  if (mode === 'upsert') ways.push('multi-row update');
  if (plan.table.foreignKeys.length > 0) ways.push(`foreign keys by ${bySet ? 'set' : 'row'}`);
  return ways.join(', ');
}

/** Columns that must have a value and have none: LOAD DATA would fill them in with a mere warning. */
function leftOut({ plan, rows }: InsertJob): DatabaseReject[] | null {
  const { table, columns } = plan;
  const missing = table.columns.filter(
    (column) =>
      !column.nullable &&
      column.default === null &&
      !column.generated &&
      !column.identity &&
      !columns.some(({ name }) => name === column.name),
  );
  if (missing.length === 0) return null;
  const errors = missing.map(({ name }) => ({
    code: 'missing' as const,
    column: name,
    value: null,
    message: `${name} is left out; it must have a value`,
  }));
  return [...rows.layout.records].map((index) => ({ index, errors }));
}

async function insert(job: InsertJob): Promise<Settled> {
  const { rows, mode, plan } = job;
  const put = await putFamilies(job, rows, sendOf(job), diagnoseDuplicates(plan));
  const rejects = await explain(job, rows, put.refused);
  return { inserted: put.accepted, updated: 0, skipped: mode === 'skip' ? put.skipped : 0, rejects };
}

const sendOf = ({ session, plan, loadData }: InsertJob): Send =>
  loadData ? loadDataInto(session, plan) : insertInto(session, plan);

/**
 * Rows whose primary key stands in the table are updated, the others inserted. Which they are is asked first: ON
 * DUPLICATE KEY UPDATE would change another row that has any of the keys.
 */
async function upsert(job: InsertJob): Promise<Settled> {
  const { session, plan } = job;
  const key = upsertKey(plan);
  const repeated = await repeats(job, job.rows);
  const rows = withoutRecords(job.rows, new Set(repeated.map(({ index }) => index)));
  const existing = await existingRecords(job, rows);
  const fresh = new Set([...rows.layout.records].filter((record) => !existing.has(record)));
  const updated = await putFamilies(
    job,
    withoutRecords(rows, fresh),
    updateIn(session, plan, key),
    () => null,
  );
  const inserted = await putFamilies(
    job,
    withoutRecords(rows, existing),
    sendOf(job),
    diagnoseDuplicates(plan),
  );
  const rejects = await explain(job, rows, new Map([...updated.refused, ...inserted.refused]));
  return {
    inserted: inserted.accepted,
    updated: updated.accepted,
    skipped: 0,
    rejects: [...repeated, ...rejects],
  };
}

/** A row may come before its parent: rows that were refused for that go again while some of them get in. */
async function putFamilies(job: InsertJob, rows: LaidOutRows, send: Send, diagnose: Diagnose): Promise<Put> {
  const { session, plan, mode } = job;
  const options = { session, send, diagnose, skip: mode === 'skip' };
  const put = await putRows(options, rows);
  const refersToItself = plan.table.foreignKeys.some((key) => key.parentTable === plan.table.name);
  let left = refersToItself ? orphansOf(put.refused) : new Set<number>();
  while (left.size > 0) {
    const others = new Set([...rows.layout.records].filter((record) => !left.has(record)));
    const again = await putRows(options, withoutRecords(rows, others));
    for (const record of left) put.refused.delete(record);
    for (const [record, condition] of again.refused) put.refused.set(record, condition);
    put.accepted += again.accepted;
    put.skipped += again.skipped;
    left = again.accepted === 0 ? new Set() : orphansOf(again.refused);
  }
  return put;
}

const orphansOf = (refused: ReadonlyMap<number, Condition>): Set<number> =>
  new Set([...refused].filter(([, { errno }]) => errno === NO_PARENT).map(([record]) => record));
