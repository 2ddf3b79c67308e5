import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Column, Mode } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome } from '../database.ts';
import { upsertKey } from '../modes.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { rejectAltered } from './altered.ts';
import { BATCH, fillBatchTable, removeFromBatch, staged } from './batch-table.ts';
import { brokenChecks, byHalves, duplicates, letWait, nextTurn, sameRow } from './classify.ts';
import { copySql } from './copy-format.ts';
import { columnList, qualified, quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly session: Session;
  readonly rows: LaidOutRows;
  readonly plan: InsertPlan;
  readonly mode: Mode;
  /** Foreign keys were checked by set, and their triggers may be left off. */
  readonly bySet: boolean;
  /** The role may read all rows of the table. */
  readonly sees: boolean;
}

export type Settled = Omit<InsertOutcome, 'strategy'>;

/** Neither triggers of foreign keys nor others fire, so this is for tables without the others only. */
const WITHOUT_TRIGGERS = 'SET LOCAL session_replication_role = replica';
const WITH_TRIGGERS = 'SET LOCAL session_replication_role = origin';

/**
 * The whole batch at full speed; null when the database refuses it, which leaves nothing behind, or might alter a value.
 */
export async function copyBatch(job: InsertJob): Promise<Settled | null> {
  const { session, rows, plan, bySet } = job;
  if (plan.columns.some(({ alters }) => alters === true)) return null;
  const sql = copySql(tableName(plan), columnList(plan), plan);
  const copy = async (): Promise<number> => {
    const inserted = await session.copyIn(sql, rows.data);
    const after = [bySet ? WITH_TRIGGERS : '', checkKeysNow(plan)];
    if (after.some((statement) => statement !== '')) await session.run(...after);
    return inserted;
  };
  const attempt = await session.attempt(copy, bySet ? WITHOUT_TRIGGERS : '');
  if (!('value' in attempt)) return null;
  const inserted = attempt.value;
  return { inserted, updated: 0, skipped: rows.layout.records.length - inserted, rejects: [] };
}

/** Deferrable keys are held at the end of the statement or later: here, so that a row at fault can be told. */
function checkKeysNow({ table }: InsertPlan): string {
  const keys = table.uniqueKeys.filter((key) => key.deferrable === true);
  if (keys.length === 0) return '';
  return `SET CONSTRAINTS ${keys.map((key) => qualified(table.schema, key.name)).join(', ')} IMMEDIATE`;
}

/** A column that must have a value and is not planned: no row can be inserted, unless a trigger fills it. */
export function rejectLeftOut({ plan, rows }: InsertJob): Settled | null {
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

/** By way of a temporary table, where rows at fault are found set by set. */
export async function insertClassified(job: InsertJob): Promise<Settled> {
  const { session, plan, rows, bySet } = job;
  const unfit = await fillBatchTable(session, plan, rows);
  unfit.push(...(await rejectAltered(job)));
  if (bySet) await session.run(WITHOUT_TRIGGERS);
  const settled = await insertBatchTable(job, rows.layout.records.length - unfit.length);
  await session.run(`DROP TABLE ${BATCH}`, bySet ? WITH_TRIGGERS : '');
  return { ...settled, rejects: [...unfit, ...settled.rejects] };
}

/** ON CONFLICT knows nothing of deferrable keys: what would be skipped because of one is a reject first. */
async function insertBatchTable(job: InsertJob, rows: number): Promise<Settled> {
  if (job.mode !== 'skip' || checkKeysNow(job.plan) === '') return new ClassifiedInsert(job, rows).run();
  const settled = await new ClassifiedInsert({ ...job, mode: 'insert' }, rows).run();
  const rejects = settled.rejects.filter(({ errors }) =>
    errors.some(({ code }) => code !== 'unique.table' && code !== 'unique.file'),
  );
  return { ...settled, skipped: settled.skipped + settled.rejects.length - rejects.length, rejects };
}

class ClassifiedInsert {
  readonly #job: InsertJob;
  readonly #rejects: DatabaseReject[] = [];
  #rows: number;
  #changes = 0;
  #existing = 0;

  constructor(job: InsertJob, rows: number) {
    this.#job = job;
    this.#rows = rows;
  }

  async run(): Promise<Settled> {
    const { mode } = this.#job;
    if (mode === 'skip') await this.#insert();
    else await this.#insertInTurns();
    const updated = Math.min(this.#existing, this.#changes);
    const rows = this.#rows - this.#rejects.length;
    return {
      inserted: this.#changes - updated,
      updated,
      skipped: rows - this.#changes,
      rejects: this.#rejects,
    };
  }

  /**
   * As if the rows came one after the other: those whose keys stand earlier in the batch wait until it is known
   * whether the earlier ones got into the table, and only then are rejects. An upsert tells them at once, as it would
   * write a row twice.
   */
  async #insertInTurns(): Promise<void> {
    const { session, mode } = this.#job;
    const found = await duplicates(this.#job);
    await this.#reject(found.inTable);
    let waiting = new Map(found.inFile.map((reject) => [reject.index, reject]));
    if (mode === 'upsert') {
      await this.#reject(found.inFile);
      waiting = new Map();
    }
    await letWait(this.#job, [...waiting.keys()]);
    await this.#insert();
    while (waiting.size > 0) {
      await nextTurn(this.#job);
      await this.#reject(await brokenChecks(this.#job));
      const { inTable, inFile } = await duplicates(this.#job);
      const late = inTable.map(({ index }) => index);
      this.#rejects.push(...late.flatMap((index) => waiting.get(index) ?? []));
      await removeFromBatch(session, late);
      const still = new Set(inFile.map(({ index }) => index));
      waiting = new Map([...waiting].filter(([index]) => still.has(index)));
      await letWait(this.#job, [...waiting.keys()]);
      await this.#insert();
    }
  }

  /** The rows whose turn it is: all at once, then without those that break a CHECK, then by halves. */
  async #insert(): Promise<void> {
    const { session, mode } = this.#job;
    const existing = mode === 'upsert' ? await countExisting(this.#job) : 0;
    const all = await session.attemptCount(this.#insertOf('b.waits IS NULL'));
    if ('value' in all) {
      this.#changes += all.value;
      this.#existing += existing;
      return;
    }
    await this.#reject(await brokenChecks(this.#job));
    const before = mode === 'upsert' ? await countExisting(this.#job) : 0;
    const { changes, rejects } = await byHalves(this.#job, (where) => this.#insertOf(where));
    const refused = mode === 'upsert' ? await countExisting(this.#job, rejects) : 0;
    this.#changes += changes;
    this.#existing += before - refused;
    await this.#reject(rejects);
  }

  async #reject(rejects: readonly DatabaseReject[]): Promise<void> {
    this.#rejects.push(...rejects);
    await removeFromBatch(
      this.#job.session,
      rejects.map(({ index }) => index),
    );
  }

  #insertOf(where: string): string {
    const { plan, mode } = this.#job;
    const values = plan.columns.map((_, c) => staged(plan, c)).join(', ');
    const tail = mode === 'skip' ? 'ON CONFLICT DO NOTHING' : mode === 'upsert' ? onConflict(plan) : '';
    const insert = `INSERT INTO ${tableName(plan)} (${columnList(plan)}) OVERRIDING SYSTEM VALUE
      SELECT ${values} FROM ${BATCH} b WHERE ${where} ORDER BY b.ordinal ${tail}`;
    const check = checkKeysNow(plan);
    return check === '' ? insert : `${insert}; ${check}`;
  }
}

/** The key of an upsert; `bad-request` where ON CONFLICT cannot find rows by it. */
export function conflictKey(plan: InsertPlan): readonly string[] {
  const key = upsertKey(plan);
  if (plan.table.uniqueKeys.every(({ primary, deferrable }) => !primary || deferrable !== true)) return key;
  throw new RowferryError('bad-request', `the primary key of ${plan.table.name} is deferrable`, {
    hint: 'mode upsert needs one that is not; use mode insert or skip',
  });
}

export function onConflict(plan: InsertPlan): string {
  const key = conflictKey(plan);
  const set = plan.columns
    .filter((column) => !key.includes(column.name))
    .map((column) => `${quoteName(column.name)} = excluded.${quoteName(column.name)}`);
  const action = set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`;
  return `ON CONFLICT (${key.map(quoteName).join(', ')}) DO ${action}`;
}

/** Rows of the batch whose primary key stands in the table; of those named only, when named. */
async function countExisting(job: InsertJob, named?: readonly DatabaseReject[]): Promise<number> {
  const { session, plan } = job;
  const same = sameRow(plan, upsertKey(plan));
  const only = named === undefined ? '' : `AND b.ordinal IN (${ordinalsOf(named)})`;
  const [row] = await session.rows(
    `SELECT count(*) AS n FROM ${BATCH} b
     WHERE EXISTS (SELECT 1 FROM ${tableName(plan)} t WHERE ${same}) ${only}`,
  );
  return Number(row?.n ?? 0);
}

const ordinalsOf = (rejects: readonly DatabaseReject[]): string =>
  ['-1', ...rejects.map(({ index }) => index)].join(', ');

export function strategyOf(plan: InsertPlan, format: 'copy-binary' | 'copy-text', bySet: boolean): string {
  if (plan.table.foreignKeys.length === 0) return format;
  return `${format}, foreign keys by ${bySet ? 'set' : 'row'}`;
}
