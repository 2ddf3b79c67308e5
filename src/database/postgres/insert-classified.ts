import type { DatabaseReject } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { rejectAltered } from './altered.ts';
import { BATCH, fillBatchTable, removeFromBatch, staged } from './batch-table.ts';
import { brokenChecks } from './broken-checks.ts';
import { byHalves } from './by-halves.ts';
import { duplicates, letWait, nextTurn, sameRow } from './classify.ts';
import {
  checkKeysNow,
  type InsertJob,
  onConflict,
  type Settled,
  settledRows,
  WITH_TRIGGERS,
  WITHOUT_TRIGGERS,
} from './insert-job.ts';
import { columnList, tableName } from './names.ts';

/** By way of a temporary table, where rows at fault are found set by set. */
export async function insertClassified(job: InsertJob): Promise<Settled> {
  const { session, plan, rows, bySet } = job;
  const unfit = await fillBatchTable(session, plan, rows);
  const altered = await rejectAltered(job);
  if (bySet) await session.run(WITHOUT_TRIGGERS);
  const settled = await insertBatchTable(job, rows.layout.records.length - unfit.length - altered.length);
  await session.run(`DROP TABLE ${BATCH}`, bySet ? WITH_TRIGGERS : '');
  return { ...settled, rejects: [...unfit, ...altered, ...settled.rejects] };
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
  /** By record: rows whose keys stand earlier in the batch, as rejects that they may become. */
  readonly #repeats = new Map<number, DatabaseReject>();
  readonly #rows: number;
  #changes = 0;
  #existing = 0;

  constructor(job: InsertJob, rows: number) {
    this.#job = job;
    this.#rows = rows;
  }

  async run(): Promise<Settled> {
    const { plan, mode } = this.#job;
    if (mode === 'skip') await this.#insert();
    else await this.#insertInTurns();
    const settled = settledRows(plan, mode, this.#changes, this.#existing);
    const updated = Math.min(this.#existing, settled);
    const rows = this.#rows - this.#rejects.length;
    return {
      inserted: settled - updated,
      updated,
      skipped: rows - settled,
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
    if (mode === 'upsert') await this.#reject(found.inFile);
    for (const reject of found.inFile) this.#repeats.set(reject.index, reject);
    let waiting = mode === 'upsert' ? [] : [...this.#repeats.keys()];
    await letWait(this.#job, waiting);
    await this.#insert();
    while (waiting.length > 0) {
      await nextTurn(this.#job);
      await this.#reject(await brokenChecks(this.#job));
      const { inTable, inFile } = await duplicates(this.#job);
      const late = inTable.map(({ index }) => index);
      this.#add(late.flatMap((index) => this.#repeats.get(index) ?? []));
      await removeFromBatch(session, late);
      waiting = inFile.map(({ index }) => index);
      await letWait(this.#job, waiting);
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
    await this.#reject(rejects.map((reject) => this.#asRepeat(reject)));
  }

  /** Where the role may not look into the table, its keys tell of rows of the file too. */
  #asRepeat(reject: DatabaseReject): DatabaseReject {
    const isKey = reject.errors.every(({ code }) => code === 'unique.table');
    return (isKey ? this.#repeats.get(reject.index) : undefined) ?? reject;
  }

  /** One by one: a spread of a hundred thousand arguments is more than the stack takes. */
  #add(rejects: readonly DatabaseReject[]): void {
    for (const reject of rejects) this.#rejects.push(reject);
  }

  async #reject(rejects: readonly DatabaseReject[]): Promise<void> {
    this.#add(rejects);
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
