import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { type LaidOutRows, withoutRecords } from '../row-layout.ts';
import { explain, repeats } from './classify.ts';
import { diagnoseDuplicates } from './diagnose.ts';
import { type Condition, NO_PARENT } from './failures.ts';
import { existingRecords } from './keys.ts';
import { loadDataInto, type Send } from './load-data.ts';
import { insertInto, updateIn } from './multi-row.ts';
import { type AskWarned, type Diagnose, type Put, putRows } from './put.ts';
import type { Session } from './session.ts';
import { warnedRecords } from './warned-rows.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly session: Session;
  readonly rows: LaidOutRows;
  readonly plan: InsertPlan;
  readonly mode: Mode;
  /** Foreign keys were checked by set, and the check row by row may be left off. */
  readonly bySet: boolean;
}

type Settled = Omit<InsertOutcome, 'strategy'>;

export async function insertRows(job: InsertJob): Promise<InsertOutcome> {
  const { session, plan, bySet } = job;
  if (job.mode === 'upsert') upsertKey(plan);
  const left = leftOut(job);
  if (left !== null) return { inserted: 0, updated: 0, skipped: 0, rejects: left, strategy: strategyOf(job) };
  const off = bySet && plan.table.foreignKeys.length > 0;
  if (off) await session.run('SET foreign_key_checks = 0');
  try {
    const settled = await (job.mode === 'upsert' ? upsert(job) : insert(job));
    const strategy = strategyOf(job);
    return { ...settled, strategy: settled.rejects.length === 0 ? strategy : `${strategy}, classified` };
  } finally {
    if (off && !session.lost) await session.run('SET foreign_key_checks = 1');
  }
}

function strategyOf({ session, plan, mode, bySet }: InsertJob): string {
  const ways = [session.takesLoadData ? 'load-data' : 'multi-row insert'];
  if (mode === 'upsert') ways.push('multi-row update');
  if (plan.table.foreignKeys.length > 0) ways.push(`foreign keys by ${bySet ? 'set' : 'row'}`);
  return ways.join(', ');
}

/** Columns that must have a value and have none, unless a trigger gives them one. */
function leftOut({ plan, rows }: InsertJob): DatabaseReject[] | null {
  const { table, columns } = plan;
  if (table.triggers.length > 0) return null;
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
  const [put = NOTHING] = await putFamilies(job, [wayIn(job, job.rows)]);
  const rejects = await explain(job, job.rows, put.refused);
  return { inserted: put.accepted, updated: 0, skipped: put.skipped, rejects };
}

/**
 * Rows whose primary key stands in the table are updated, the others inserted. Which they are is asked first: ON
 * DUPLICATE KEY UPDATE would change another row that has any of the keys.
 */
async function upsert(job: InsertJob): Promise<Settled> {
  const { session, plan } = job;
  const repeated = await repeats(job, job.rows);
  const rows = withoutRecords(job.rows, new Set(repeated.map(({ index }) => index)));
  const existing = await existingRecords(job, rows);
  const update = {
    rows: only(rows, existing),
    send: updateIn(session, plan, upsertKey(plan)),
    diagnose: () => null,
    askWarned: notTold,
  };
  const ways = [update, wayIn(job, withoutRecords(rows, existing))];
  const [updated = NOTHING, inserted = NOTHING] = await putFamilies(job, ways);
  const rejects = await explain(job, rows, new Map([...updated.refused, ...inserted.refused]));
  return {
    inserted: inserted.accepted,
    updated: updated.accepted,
    skipped: 0,
    rejects: [...repeated, ...rejects],
  };
}

/** Rows, and how they get into the table. */
interface Way {
  readonly rows: LaidOutRows;
  readonly send: Send;
  readonly diagnose: Diagnose;
  readonly askWarned: AskWarned;
}

const NOTHING: Put = { accepted: 0, skipped: 0, refused: new Map() };

/** Of several statements only the last one's warnings could be asked for. */
const notTold: AskWarned = async () => null;

function wayIn({ session, plan, mode }: InsertJob, rows: LaidOutRows): Way {
  const send = session.takesLoadData ? loadDataInto(session, plan) : insertInto(session, plan);
  const asking: AskWarned = (these, sent) => warnedRecords(session, these, sent, mode === 'skip');
  return {
    rows,
    send,
    diagnose: diagnoseDuplicates(plan),
    askWarned: session.takesLoadData ? asking : notTold,
  };
}

/** A row may come before its parent: rows that were refused for that go again while some of them get in. */
async function putFamilies(job: InsertJob, ways: readonly Way[]): Promise<Put[]> {
  const { session, plan, mode } = job;
  const send = (way: Way, rows: LaidOutRows) => putRows({ session, ...way, skip: mode === 'skip' }, rows);
  const puts: Put[] = [];
  for (const way of ways) puts.push(await send(way, way.rows));
  let goesOn = plan.table.foreignKeys.some((key) => key.parentTable === plan.table.name);
  while (goesOn) {
    goesOn = false;
    for (const [i, way] of ways.entries()) {
      const put = puts[i] ?? NOTHING;
      const orphans = orphansOf(put);
      const again = await send(way, only(way.rows, orphans));
      goesOn ||= again.accepted > 0;
      puts[i] = together(put, orphans, again);
    }
  }
  return puts;
}

const orphansOf = ({ refused }: Put): Set<number> =>
  new Set([...refused].filter(([, { errno }]) => errno === NO_PARENT).map(([record]) => record));

/** What became of all rows when some of the refused ones were put again. */
function together(first: Put, tried: ReadonlySet<number>, again: Put): Put {
  const still = [...first.refused].filter(([record]) => !tried.has(record));
  return {
    accepted: first.accepted + again.accepted,
    skipped: first.skipped + again.skipped,
    refused: new Map<number, Condition>([...still, ...again.refused]),
  };
}

const only = (rows: LaidOutRows, records: ReadonlySet<number>): LaidOutRows =>
  withoutRecords(rows, new Set([...rows.layout.records].filter((record) => !records.has(record))));
