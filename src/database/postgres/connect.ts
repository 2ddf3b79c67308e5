import type { ClientConfig } from 'pg';
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
  StagingTables,
  TransactionOptions,
} from '../database.ts';
import { StagedBatches } from '../staged-batches.ts';
import { failedCommit, TransientFailure } from '../transient-failure.ts';
import { VERSION_SQL } from './catalog-sql.ts';
import { clientConfig, placeOf } from './client-config.ts';
import { compareStaged } from './compare.ts';
import { refusedCommit, translate } from './failures.ts';
import { hasHiddenRules } from './hidden-rules.ts';
import { insertRows } from './insert.ts';
import { introspect } from './introspect.ts';
import { qualified, tableName } from './names.ts';
import { missingParents } from './parents.ts';
import { maySkipTriggers, type Rights, rightsOn } from './rights.ts';
import { Session } from './session.ts';
import { PostgresStagingTables, stagingTable } from './staging.ts';

/** A connection that is made again after it was lost, but never within a transaction. */
export class PostgresConnection implements Connection {
  readonly engine: Engine;
  readonly staging: StagingTables;
  readonly #config: ClientConfig;
  readonly #options: ConnectOptions;
  readonly #batches = new StagedBatches();
  readonly #rights = new Map<string, Rights>();
  /** Several may ask at the same time on a connection that was lost. */
  readonly #opening = new SingleFlight<Session>();
  #session: Session;
  #closed = false;
  #open: 'no' | 'by row' | 'by set' = 'no';
  #maySkipTriggers: boolean | undefined;

  private constructor(engine: Engine, config: ClientConfig, options: ConnectOptions, session: Session) {
    this.engine = engine;
    this.#config = config;
    this.#options = options;
    this.#session = session;
    this.staging = new PostgresStagingTables(this.#batches, (work) => this.#guard(work));
  }

  static async open(engine: Engine, url: string, options: ConnectOptions = {}): Promise<Connection> {
    const config = clientConfig(url);
    try {
      return new PostgresConnection(engine, config, options, await Session.open(config, options));
    } catch (error) {
      throw translate(error, placeOf(config));
    }
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#guard((session) => session.rows(sql, parameters));
  }

  execute(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#guard((session) => session.count(sql, parameters));
  }

  async transaction<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    await this.#begin(options.foreignKeys ?? 'row');
    try {
      const result = await work();
      failpoint('before_commit');
      await this.#commit();
      failpoint('after_commit');
      this.#batches.clear();
      return result;
    } catch (error) {
      if (!this.#session.lost) await this.#session.rollback();
      this.#batches.restore();
      throw error;
    } finally {
      this.#open = 'no';
    }
  }

  introspect(): Promise<Table[]> {
    return this.#guard(introspect);
  }

  async schemaVersion(): Promise<string> {
    const [row] = await this.#guard((session) => session.prepared('schema_version', VERSION_SQL));
    return String(row?.version);
  }

  hasHiddenRules(table: Table): Promise<boolean> {
    return this.#guard((session) => hasHiddenRules(session, table));
  }

  async stage(batches: readonly EncodedBatch[]): Promise<readonly Staged[]> {
    return this.#batches.stage(batches);
  }

  async missingParents(
    staged: Staged,
    batch: EncodedBatch,
    plan: InsertPlan,
    load?: string,
  ): Promise<readonly DatabaseReject[]> {
    return this.#guard((session) =>
      missingParents({
        session,
        plan,
        batch: this.#batches.get(staged),
        keys: batch.foreignKeys,
        waiting: load === undefined ? null : stagingTable(load),
        lock: this.#open === 'by set',
        rightsOn: (table) => this.#rightsOn(session, table),
      }),
    );
  }

  async unstage(staged: Staged, records: readonly number[]): Promise<void> {
    this.#batches.get(staged).unstage(records);
  }

  insertStaged(staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    return this.#guard(async (session) => {
      const bySet = await this.#holdsBySet(session, plan, mode);
      const { rows } = this.#batches.get(staged);
      const { sees } = await this.#rightsOn(session, tableName(plan));
      return insertRows({ session, rows, plan, mode, bySet, sees });
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
        await session.commit();
      } catch (error) {
        throw refusedCommit(error) ?? failedCommit(translate(error, placeOf(this.#config)));
      }
    });
  }

  /** What a role may do is asked once per connection, and only what it may. */
  async #begin(foreignKeys: 'set' | 'row'): Promise<void> {
    await this.#guard(async (session) => {
      if (foreignKeys === 'set') this.#maySkipTriggers ??= await maySkipTriggers(session);
      await session.run('BEGIN ISOLATION LEVEL READ COMMITTED');
    });
    this.#rights.clear();
    this.#open = foreignKeys === 'set' && this.#maySkipTriggers ? 'by set' : 'by row';
  }

  /** Parents that cannot be looked up and locked are the database's part. */
  async #holdsBySet(session: Session, plan: InsertPlan, mode: Mode): Promise<boolean> {
    if (this.#open !== 'by set' || this.engine.foreignKeysBy(plan, mode) !== 'set') return false;
    for (const { parentSchema, parentTable } of plan.table.foreignKeys) {
      const { locks } = await this.#rightsOn(session, qualified(parentSchema, parentTable));
      if (!locks) return false;
    }
    return true;
  }

  async #rightsOn(session: Session, table: string): Promise<Rights> {
    const known = this.#rights.get(table) ?? (await rightsOn(session, table));
    this.#rights.set(table, known);
    return known;
  }

  async #guard<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#ready());
    } catch (error) {
      throw translate(error, placeOf(this.#config));
    }
  }

  async #ready(): Promise<Session> {
    if (!this.#session.lost) return this.#session;
    if (this.#closed) throw new RowferryError('shutting-down', 'the connection to the database is closed');
    if (this.#open !== 'no') {
      throw new TransientFailure(
        'database-unavailable',
        `the connection to ${placeOf(this.#config)} was lost`,
        {
          hint: 'check that the server runs; what was not committed is not there',
        },
      );
    }
    this.#session = await this.#opening.run(() => Session.open(this.#config, this.#options));
    return this.#session;
  }
}
