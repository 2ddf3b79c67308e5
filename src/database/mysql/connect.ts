import type { ConnectionOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';
import { failpoint } from '../../lib/failpoint.ts';
import { SingleFlight } from '../../lib/single-flight.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode, Table } from '../../model/table.ts';
import type { CompareOptions, Comparison } from '../compare.ts';
import type {
  Connection,
  ConnectOptions,
  DatabaseReject,
  EncodedBatch,
  Engine,
  InsertOutcome,
  SqlRow,
  SqlValue,
  Staged,
  TransactionOptions,
} from '../database.ts';
import { StagedBatches } from '../staged-batches.ts';
import { failedCommit, TransientFailure } from '../transient-failure.ts';
import { placeOf, targetOf } from './address.ts';
import { compareStaged } from './compare.ts';
import { isDenied, refusedCommit, translate } from './failures.ts';
import { hasHiddenRules } from './hidden-rules.ts';
import { insertRows } from './insert.ts';
import { introspect, schemaVersion } from './introspect.ts';
import { missingParents } from './parents.ts';
import { Session } from './session.ts';
import { MysqlStagingTables, stagingName } from './staging.ts';

/** A connection that is made again after it was lost, but never within a transaction. */
export class MysqlConnection implements Connection {
  readonly engine: Engine;
  readonly staging: MysqlStagingTables;
  readonly #target: ConnectionOptions;
  readonly #options: ConnectOptions;
  readonly #batches = new StagedBatches();
  /** Several may ask at the same time on a connection that was lost. */
  readonly #opening = new SingleFlight<Session>();
  #session: Session;
  #closed = false;
  #open: 'no' | 'by row' | 'by set' = 'no';

  private constructor(engine: Engine, target: ConnectionOptions, options: ConnectOptions, session: Session) {
    this.engine = engine;
    this.#target = target;
    this.#options = options;
    this.#session = session;
    this.staging = new MysqlStagingTables({
      batches: this.#batches,
      guard: (work) => this.#guard(work),
      beside: (work) => this.#beside(work),
    });
  }

  static async open(engine: Engine, url: string, options: ConnectOptions = {}): Promise<Connection> {
    const target = targetOf(url);
    try {
      return new MysqlConnection(engine, target, options, await Session.open(target, options));
    } catch (error) {
      throw translate(error, placeOf(target));
    }
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#again((session) => session.rows(sql, parameters));
  }

  execute(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#guard(async (session) => (await session.run(sql, parameters)).affected);
  }

  async transaction<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    await this.#again((session) => session.run('START TRANSACTION'));
    this.#open = options.foreignKeys === 'set' ? 'by set' : 'by row';
    try {
      const result = await work();
      failpoint('before_commit');
      await this.#commit();
      failpoint('after_commit');
      this.#batches.clear();
      await this.staging.dropCommitted();
      return result;
    } catch (error) {
      if (!this.#session.lost) await this.#session.rollback();
      this.staging.forgetDrops();
      this.#batches.restore();
      throw error;
    } finally {
      this.#open = 'no';
    }
  }

  introspect(): Promise<Table[]> {
    return this.#again(introspect);
  }

  schemaVersion(): Promise<string> {
    return this.#again(schemaVersion);
  }

  hasHiddenRules(table: Table): Promise<boolean> {
    return this.#again((session) => hasHiddenRules(session, table));
  }

  async stage(batches: readonly EncodedBatch[]): Promise<readonly Staged[]> {
    return this.#batches.stage(batches);
  }

  missingParents(
    staged: Staged,
    batch: EncodedBatch,
    plan: InsertPlan,
    load?: string,
  ): Promise<readonly DatabaseReject[]> {
    const waiting = load === undefined ? undefined : stagingName(load);
    const rows = () => this.#batches.get(staged).rows;
    return this.#guard(async (session) => {
      try {
        return await missingParents({ session, batch, rows, plan, waiting });
      } catch (error) {
        if (!isDenied(error)) throw error;
        // Parents that may not be read are the database's part.
        this.#open = 'by row';
        return [];
      }
    });
  }

  async unstage(staged: Staged, records: readonly number[]): Promise<void> {
    this.#batches.get(staged).unstage(records);
  }

  insertStaged(staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    return this.#guard(async (session) => {
      const bySet = this.#open === 'by set' && this.engine.foreignKeysBy(plan, mode) === 'set';
      return insertRows({ session, rows: this.#batches.get(staged).rows, plan, mode, bySet });
    });
  }

  compareStaged(staged: Staged, plan: InsertPlan, options: CompareOptions): Promise<Comparison> {
    return this.#guard((session) => compareStaged(session, this.#batches.get(staged).rows, plan, options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening.settled();
    await this.#session.close();
  }

  /** In doubt is only what was sent: on a connection that was lost before, nothing is. */
  #commit(): Promise<void> {
    return this.#guard(async (session) => {
      try {
        await session.run('COMMIT');
      } catch (error) {
        throw refusedCommit(error) ?? failedCommit(translate(error, placeOf(this.#target)));
      }
    });
  }

  /** For what only asks: servers end connections that were idle for long, and tell it when they are used. */
  async #again<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#session;
    try {
      return await this.#guard(work);
    } catch (error) {
      if (this.#open !== 'no' || !session.lost || session !== this.#session) throw error;
      return this.#guard(work);
    }
  }

  async #guard<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#ready());
    } catch (error) {
      throw translate(error, placeOf(this.#target));
    }
  }

  async #ready(): Promise<Session> {
    if (!this.#session.lost) return this.#session;
    if (this.#closed) throw new RowferryError('shutting-down', 'the connection to the database is closed');
    if (this.#open !== 'no') {
      throw new TransientFailure(
        'database-unavailable',
        `the connection to ${placeOf(this.#target)} was lost`,
        {
          hint: 'check that the server runs; what was not committed is not there',
        },
      );
    }
    this.#session = await this.#opening.run(() => Session.open(this.#target, this.#options));
    return this.#session;
  }

  /** Statements that would commit the open transaction go over a connection of their own. */
  async #beside(work: (session: Session) => Promise<void>): Promise<void> {
    await this.#guard(async () => {
      const session = await Session.open(this.#target, this.#options);
      try {
        await work(session);
      } finally {
        await session.close();
      }
    });
  }
}
