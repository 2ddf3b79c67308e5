import type { ClientConfig } from 'pg';
import { RowferryError } from '../../errors.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import { privilegeError } from '../restore-failures.ts';
import { type Renamed, type Replacement, type RowTarget, UncountedOrphans } from '../snapshot.ts';
import { clientConfig, placeOf } from './client-config.ts';
import { applyDifferences } from './differences.ts';
import { isDatabaseError, rowFailure, translate } from './failures.ts';
import { isLockFailure, lockError, lockTables } from './locks.ts';
import { brokenForeignKey, type Job } from './orphans.ts';
import { referrersOf } from './referrers.ts';
import { rowsOf } from './relations.ts';
import { renamedFacts } from './renamed.ts';
import { refuseOther, refuseWithoutRights, WAY_IN_WORDS, type Way, wayOf } from './replace-plan.ts';
import type { CopyTarget } from './row-target.ts';
import { type Raise, raiseSequences, sequencesToRaise } from './sequences.ts';
import { Session } from './session.ts';
import { BACKUP_SETTINGS, PostgresSnapshot } from './snapshot.ts';
import {
  analyzeStaging,
  copyInto,
  copyIntoStaging,
  dropStaging,
  namesOf,
  ROWS,
  type WrittenColumn,
  writtenColumns,
} from './staged-rows.ts';
import { firingTriggers, silence, type UserTrigger, wake } from './user-triggers.ts';

/**
 * Replaces a PostgreSQL table in one transaction. Readers see the old rows until it commits; the lock keeps writers
 * away, of the table and of rows that point at it. Never TRUNCATE, which others see at once, and never
 * session_replication_role, which commits rows without parents in silence.
 */
export async function openPostgresReplacement(
  url: string,
  table: string,
  lockTimeoutMs?: number,
): Promise<Replacement> {
  const config = clientConfig(url);
  let session: Session | null = null;
  try {
    session = await Session.open(config, lockTimeoutMs === undefined ? {} : { lockTimeoutMs });
    session.keepAlive();
    await session.run(...BACKUP_SETTINGS, 'BEGIN ISOLATION LEVEL READ COMMITTED');
    const before = await PostgresSnapshot.read(session, placeOf(config));
    const existing = before.spelled(table);
    if (existing === null) {
      await refuseOther(session, table);
    } else {
      const { relation } = before.find(existing);
      await refuseWithoutRights(session, relation);
      await lockTables(session, [relation], 'EXCLUSIVE');
    }
    // Who was waited for may have changed the table.
    const snapshot = await PostgresSnapshot.read(session, placeOf(config));
    return new PostgresReplacement(session, config, snapshot, existing);
  } catch (error) {
    await session?.close();
    throw translate(error, placeOf(config));
  }
}

class PostgresReplacement implements Replacement {
  readonly existing: string | null;
  readonly #session: Session;
  readonly #config: ClientConfig;
  #snapshot: PostgresSnapshot;
  #job: Job | null = null;
  #way: Way = 'create';
  #triggers: readonly UserTrigger[] = [];
  #columns: readonly WrittenColumn[] = [];
  /** All rows wait in the staging table, whether they need it or not: those without parents are counted there. */
  #counting = false;
  #staged = false;
  #target: CopyTarget | null = null;
  #raises: readonly Raise[] = [];

  constructor(session: Session, config: ClientConfig, snapshot: PostgresSnapshot, existing: string | null) {
    this.#session = session;
    this.#config = config;
    this.#snapshot = snapshot;
    this.existing = existing;
  }

  get snapshot(): PostgresSnapshot {
    return this.#snapshot;
  }

  renamed(facts: TableFacts, table: string): Promise<Renamed> {
    return this.#guard(facts, () => renamedFacts(this.#session, facts, table));
  }

  strategy(facts: TableFacts): Promise<string> {
    return this.#guard(facts, async () => {
      if (this.existing !== null) {
        this.#job = await this.#jobOn(this.existing);
        this.#way = wayOf(this.#job.referrers);
        this.#triggers = await firingTriggers(this.#session, this.#job.relation);
      }
      return WAY_IN_WORDS[this.#way];
    });
  }

  clear(facts: TableFacts): Promise<RowTarget> {
    return this.#guard(facts, async () => {
      const session = this.#session;
      await session.run('SAVEPOINT untouched');
      const job = this.existing === null ? await this.#made(facts) : this.#job;
      if (job === null) throw new TypeError('clear before strategy');
      const columns = writtenColumns(job.table, facts.columns);
      this.#job = job;
      this.#columns = columns;
      this.#staged =
        this.#counting || columns.some(({ cast }) => cast) || !/^(?:create|delete, copy)$/.test(this.#way);
      await silence(session, this.#triggers);
      if (this.#way === 'delete, copy') await session.run(`DELETE FROM ${rowsOf(job.relation)}`);
      const copy = this.#staged ? copyIntoStaging : copyInto;
      this.#target = await copy(session, job.relation.name, columns, (work) => this.#guard(facts, work));
      return this.#target;
    });
  }

  finish(facts: TableFacts): Promise<void> {
    return this.#guard(facts, async () => {
      const session = this.#session;
      const job = this.#job;
      if (job === null) throw new TypeError('finish before clear');
      await this.#target?.end();
      if (this.#staged) {
        await analyzeStaging(session);
        await session.run('SAVEPOINT staged');
        await this.#apply(job);
      }
      if (this.existing === null) await this.#complete(facts);
      // What waits for the end is held now, while it can be told.
      await session.run('SET CONSTRAINTS ALL IMMEDIATE');
      if (this.#staged) await dropStaging(session);
      await wake(session, this.#triggers);
      this.#raises = await sequencesToRaise(session, job.table, job.relation, facts);
    });
  }

  commit(): Promise<void> {
    return this.#guard(null, async () => {
      await raiseSequences(this.#session, this.#raises);
      await this.#session.commit();
    });
  }

  /** The server rolls an open transaction back when its connection ends. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  async #jobOn(name: string): Promise<Job> {
    const { table, relation } = this.#snapshot.find(name);
    const referrers = await referrersOf(this.#session, relation.oid);
    return { session: this.#session, table, relation, referrers };
  }

  async #made(facts: TableFacts): Promise<Job> {
    await this.#session.run(facts.createTable);
    this.#snapshot = await PostgresSnapshot.read(this.#session, placeOf(this.#config));
    const job = await this.#jobOn(facts.table);
    // Those of a backup are made behind the rows, and may not hold then.
    const foreignKeys = [...job.table.foreignKeys, ...facts.foreignKeys];
    return { ...job, table: { ...job.table, foreignKeys } };
  }

  /** What was kept aside until the rows are there. */
  async #complete({ indexes, later = [], triggers }: TableFacts): Promise<void> {
    for (const { sql } of [...indexes, ...later, ...triggers]) await this.#session.run(sql);
  }

  async #apply(job: Job): Promise<void> {
    const { name } = job.relation;
    const columns = this.#columns;
    if (this.#way === 'differences') {
      await applyDifferences(job, columns);
      return;
    }
    const into = `INSERT INTO ${name} (${namesOf(columns)}) OVERRIDING SYSTEM VALUE SELECT ${namesOf(columns, 's.')} FROM ${ROWS} s`;
    const sql =
      this.#way === 'at once'
        ? `WITH d AS (DELETE FROM ${rowsOf(job.relation)} RETURNING 1), n AS (SELECT count(*) AS c FROM d) ${into}, n`
        : into;
    await this.#session.run(sql);
  }

  async #guard<T>(facts: TableFacts | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#failure(error, facts);
    }
  }

  /** Whether the rows can go once more, by way of the staging table: everything is as it was before `clear` then. */
  async #counts(): Promise<boolean> {
    if (this.#staged) return false;
    this.#counting = await this.#session.run('ROLLBACK TO untouched').then(...told);
    return this.#counting;
  }

  /** A failure in this transaction, which goes no further. */
  async #failure(error: unknown, facts: TableFacts | null): Promise<unknown> {
    if (!isDatabaseError(error)) return translate(error, placeOf(this.#config));
    const session = this.#session;
    const job = this.#job;
    if (isLockFailure(error)) return lockError(session, job === null ? [] : [job.relation], error);
    if (error.code === '23503' && job !== null) {
      const counts = this.#staged && (await session.run('ROLLBACK TO staged').then(...told));
      const broken = await brokenForeignKey(job, error, counts);
      if (broken !== null) return (await this.#counts()) ? new UncountedOrphans(broken) : broken;
    }
    if (error.code === '42501') return lacksRight(error, facts);
    const translated = translate(error, placeOf(this.#config));
    if (translated !== error && rowFailure(error) === null) return translated;
    return new RowferryError(
      'restore-schema-drift',
      `${facts?.table ?? 'the table'} does not take the backup: ${error.message}${error.detail === undefined ? '' : ` (${error.detail})`}`,
      { hint: 'change the table back to what it was, or drop it: it is then made as it was', cause: error },
    );
  }
}

/** Whether a promise came true. */
const told: [() => boolean, () => boolean] = [() => true, () => false];

/** The schema that the table is made in, quoted. */
const SCHEMA = /^CREATE (?:UNLOGGED )?TABLE ((?:"(?:[^"]|"")*"|[^".\s])+)\./m;

function lacksRight(error: Error, facts: TableFacts | null): RowferryError {
  const schema = SCHEMA.exec(facts?.createTable ?? '')?.[1];
  const grant =
    /schema/i.test(error.message) && schema !== undefined ? `CREATE ON SCHEMA ${schema}` : 'the right';
  return privilegeError(
    `the role may not do what the restore needs: ${error.message}`,
    `GRANT ${grant} TO role`,
    error,
  );
}
