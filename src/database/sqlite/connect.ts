import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import { failpoint } from '../../lib/failpoint.ts';
import { release } from '../../lib/release.ts';
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
import { compareStaged } from './compare.ts';
import { refusedCommit, translate } from './failures.ts';
import { hasHiddenRules } from './hidden-rules.ts';
import { insertStaged, strategyOf } from './insert.ts';
import { introspect } from './introspect.ts';
import { missingParents } from './parents.ts';
import { readRows, runStatement } from './run-statement.ts';
import { detachImages, stageImage, unstage } from './stage.ts';
import { SqliteStagingTables, stagingName } from './staging.ts';

const SQLITE_SCHEME = 'sqlite:';

/** `sqlite:PATH` → absolute path. */
export function sqlitePath(url: string): string {
  const path = url.slice(SQLITE_SCHEME.length).replace(/^\/\/(?=\/)/, '');
  if (!url.startsWith(SQLITE_SCHEME) || path === '') {
    throw new RowferryError('config-invalid', `${JSON.stringify(url)} is no SQLite database`, {
      hint: 'write it as sqlite:PATH, e.g. sqlite:data/rowferry.sqlite',
    });
  }
  return resolve(path);
}

/**
 * A checkpoint after 64 MiB of log instead of 4: a commit of 4 MiB then costs the write of its log only (0.2 s less in
 * 2,000,000 rows). The log file is cut back to that size.
 */
const CHECKPOINTS = 'PRAGMA wal_autocheckpoint=16384; PRAGMA journal_size_limit=67108864';

/** A connection with WAL and synchronous=FULL: a commit that was answered survives a power cut. */
export class SqliteConnection implements Connection {
  readonly engine: Engine;
  readonly staging: StagingTables;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #foreignKeys = true;
  /** Batches that are attached. */
  #staged = 0;

  constructor(engine: Engine, url: string, options: ConnectOptions = {}) {
    this.engine = engine;
    this.#path = sqlitePath(url);
    this.#db = this.#guard(() => {
      mkdirSync(dirname(this.#path), { recursive: true });
      const db = new DatabaseSync(this.#path, {
        timeout: options.lockTimeoutMs ?? 10_000,
        readOnly: options.readOnly ?? false,
      });
      if (!options.readOnly) db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; ${CHECKPOINTS}`);
      db.exec('PRAGMA foreign_keys=ON; PRAGMA cache_size=-8000');
      return db;
    });
    this.#refuseUtf16();
    this.staging = new SqliteStagingTables(this.#db, (work) => this.#guard(work));
  }

  async query(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#guard(() => readRows(this.#prepare(sql), ...inputs(parameters)));
  }

  async execute(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#guard(() => runStatement(this.#prepare(sql), ...inputs(parameters)));
  }

  async transaction<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    this.#setForeignKeys(options.foreignKeys !== 'set');
    this.#guard(() => this.#db.exec(options.write ? 'BEGIN IMMEDIATE' : 'BEGIN'));
    try {
      const result = await work();
      failpoint('before_commit');
      this.#commit();
      failpoint('after_commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  async introspect(): Promise<Table[]> {
    return this.#guard(() => introspect(this.#db));
  }

  async schemaVersion(): Promise<string> {
    const [row] = await this.query('PRAGMA schema_version');
    return String(row?.schema_version);
  }

  async hasHiddenRules(table: Table): Promise<boolean> {
    return this.#guard(() => hasHiddenRules(this.#db, table));
  }

  async stage(batches: readonly EncodedBatch[]): Promise<readonly Staged[]> {
    // deserialize finalises every statement of the connection.
    this.#statements.clear();
    const staged = this.#guard(() => {
      // What an open transaction has read cannot be detached.
      if (!this.#db.isTransaction) this.#staged = detachImages(this.#db, this.#staged);
      return batches.map((batch) => stageImage(this.#db, batch.data, this.#staged++));
    });
    release(...batches.map((batch) => batch.data));
    return staged;
  }

  async missingParents(
    staged: Staged,
    batch: EncodedBatch,
    plan: InsertPlan,
    load?: string,
  ): Promise<readonly DatabaseReject[]> {
    const waiting = load === undefined ? undefined : stagingName(load);
    return this.#guard(() => missingParents(this.#db, staged, batch, plan, waiting));
  }

  async unstage(staged: Staged, records: readonly number[]): Promise<void> {
    this.#guard(() => unstage(this.#db, staged, records));
  }

  async insertStaged(staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    const strategy = strategyOf(plan, this.engine.foreignKeysBy(plan, mode));
    return this.#guard(() => insertStaged(this.#db, staged, plan, mode, strategy));
  }

  async compareStaged(staged: Staged, plan: InsertPlan, { limit }: CompareOptions): Promise<Comparison> {
    return this.#guard(() => compareStaged(this.#db, staged, plan, limit));
  }

  async close(): Promise<void> {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #commit(): void {
    this.#guard(() => {
      try {
        this.#db.exec('COMMIT');
      } catch (error) {
        throw refusedCommit(error) ?? error;
      }
    });
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size > 200) this.#statements.clear();
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.#path);
    }
  }

  /** No-op inside a transaction, so it is set before BEGIN (sqlite.org/pragma.html, foreign_keys). */
  #setForeignKeys(on: boolean): void {
    if (this.#foreignKeys === on) return;
    this.#db.exec(`PRAGMA foreign_keys=${on ? 'ON' : 'OFF'}`);
    this.#foreignKeys = on;
  }

  /** A staged image must have the encoding of the database it is attached to (sqlite.org/lang_attach.html). */
  #refuseUtf16(): void {
    const encoding = this.#guard(() => this.#db.prepare('PRAGMA encoding').get()?.encoding);
    if (encoding === 'UTF-8') return;
    this.#db.close();
    throw new RowferryError(
      'database-unsupported',
      `${this.#path} keeps its text as ${encoding}; expected UTF-8`,
      {
        hint: 'copy it into a new database: sqlite3 old.db .dump | sqlite3 new.db',
      },
    );
  }
}

function inputs(parameters: readonly SqlValue[]): SQLInputValue[] {
  return parameters.map((value) => value);
}
