import type { Memory } from '../lib/slabs.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Reject } from '../model/reject.ts';
import type { TableFacts } from '../model/stored-table.ts';
import type { Mode, Table } from '../model/table.ts';
import type { Tape } from '../model/tape.ts';
import type { Capabilities } from './capabilities.ts';
import type { DatabaseCheck } from './checks.ts';
import type { CompareOptions, Comparison } from './compare.ts';
import type { Ddl } from './ddl.ts';
import type { Replacement, Scratch, Snapshot } from './snapshot.ts';

/**
 * The contract of an engine. One folder per engine, the same file names in each.
 *
 * Everything a caller can do wrong with data comes back as a value (rejects); what the outside world does wrong
 * (no connection, lock held, disk full) is a RowferryError with a retryable code.
 */

/** What drivers take and give. Integers outside ±2^53 come and go as bigint. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface Engine {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  readonly capabilities: Capabilities;
  /** What `rowferry doctor` asks beyond the tables and the ledger. */
  readonly checks: readonly DatabaseCheck[];
  /** How it writes the tables that `rowferry plan` proposes. */
  readonly ddl: Ddl;
  connect(url: string, options?: ConnectOptions): Promise<Connection>;
  /** Writes the good records of a tape in the engine's bulk format. Pure; runs in a lane. */
  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory?: Memory): EncodedBatch;
  /** Whether the foreign keys of such a batch can be checked set by set, and the row-by-row check left off. */
  foreignKeysBy(plan: InsertPlan, mode: Mode): 'set' | 'row';
  /** For backups. Waits so many milliseconds for a lock held by others. */
  openSnapshot(url: string, lockTimeoutMs?: number): Promise<Snapshot>;
  /** For restoring a table. `lock-timeout`. */
  openReplacement(url: string, table: string, lockTimeoutMs?: number): Promise<Replacement>;
  /** For test restores. `database-unsupported` where the engine has no such table yet. */
  openScratch(url: string, facts: TableFacts): Promise<Scratch>;
}

export interface ConnectOptions {
  /** Waits this long for a lock held by others. Milliseconds; default 10,000. */
  readonly lockTimeoutMs?: number;
  /** The connection only reads. */
  readonly readOnly?: boolean;
  /** A server ended a session of the connection, or went away. Never called by an embedded database. */
  readonly onLost?: () => void;
}

export interface Connection {
  readonly engine: Engine;
  readonly staging: StagingTables;
  query(sql: string, parameters?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Rows affected. */
  execute(sql: string, parameters?: readonly SqlValue[]): Promise<number>;
  /**
   * Commits when `work` resolves, rolls back when it rejects. Not reentrant. `database-refused` when the database
   * takes the rows but not the commit (deferred constraints). After a TransientFailure the same work may be run again:
   * what was staged is as it was before.
   */
  transaction<T>(work: () => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The dictionary: every table that rows can be loaded into; rowferry's own are left out. */
  introspect(): Promise<Table[]>;
  /** Changes whenever the schema changes. */
  schemaVersion(): Promise<string>;
  /**
   * Whether the database may refuse rows of this table for reasons of which the dictionary knows nothing: unusual
   * indexes, types of its own, rights that lack.
   */
  hasHiddenRules(table: Table): Promise<boolean>;
  /**
   * Hands batches over; what was staged before is gone. The handles come in the same order. At most
   * `capabilities.stagedBatches` of them, those that were staged earlier for or in the same transaction among them. The data of the batches are given up: their buffers are detached.
   */
  stage(batches: readonly EncodedBatch[]): Promise<readonly Staged[]>;
  /**
   * Foreign keys whose parents are missing, as rejects; inside the open transaction, before `insertStaged`. A key into
   * the table itself may also find its parent in the batch, or in the staging table of `load`.
   */
  missingParents(
    staged: Staged,
    batch: EncodedBatch,
    plan: InsertPlan,
    load?: string,
  ): Promise<readonly DatabaseReject[]>;
  /** Takes rows out of a staged batch. Ordinals of tape records. */
  unstage(staged: Staged, records: readonly number[]): Promise<void>;
  /** Inserts a staged batch inside the open transaction; rows the database refuses come back as rejects. */
  insertStaged(staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome>;
  /** Holds a staged batch against its table, inside an open transaction; nothing is written. */
  compareStaged(staged: Staged, plan: InsertPlan, options: CompareOptions): Promise<Comparison>;
  close(): Promise<void>;
}

/**
 * Where the rows of an atomic load wait until all of them are there: a table per load, known by the load's id, with
 * the target's columns, keys and CHECKs, without its triggers and foreign keys. All but `loads` inside the open
 * write transaction.
 */
export interface StagingTables {
  /** Empty. `table-unsupported` when the engine cannot make a table like this one. */
  create(load: string, table: Table): Promise<void>;
  /** Nothing happens when it is not there. */
  drop(load: string): Promise<void>;
  /** The loads that have one. */
  loads(): Promise<readonly string[]>;
  /**
   * Instead of `insertStaged`. Rows that wait are counted as skipped. A key in the target is `unique.table` (passed
   * over in mode skip, left to `move` in mode upsert), a key of an earlier record `unique.file`.
   */
  insert(load: string, staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome>;
  /** All rows into the target, in a transaction with foreign keys by row; `database-refused` when one is refused. */
  move(load: string, plan: InsertPlan, mode: Mode): Promise<Moved>;
}

export type Moved = Pick<InsertOutcome, 'inserted' | 'updated' | 'skipped'>;

export interface TransactionOptions {
  /** Takes the write lock at once, where the engine has one. */
  readonly write?: boolean;
  /** How foreign keys are held in this transaction; default by the database, row by row. */
  readonly foreignKeys?: 'set' | 'row';
}

/** A batch that lies ready in the database, as SQL names it. */
export interface Staged {
  readonly source: string;
}

/** A batch in the engine's bulk format. All buffers can be transferred between threads. */
export interface EncodedBatch {
  readonly rows: number;
  /** In the memory that was asked for, if the engine can. */
  readonly data: Uint8Array;
  /** Null where the format itself tells which row is which. */
  readonly layout: RowLayout | null;
  /** Distinct foreign-key values of the batch, one entry per foreign key of the plan's columns. */
  readonly foreignKeys: readonly DistinctKeys[];
}

/** Where each row lies in `data`, so that single rows can be left out. */
export interface RowLayout {
  /** Int32 × (rows + 1): byte offsets; a row ends where the next one starts. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Int32 × rows: ordinals of the tape records. */
  readonly records: Int32Array<ArrayBuffer>;
}

/** The distinct keys of one foreign key; keys with a NULL part are left out (MATCH SIMPLE). */
export interface DistinctKeys {
  /** Index into table.foreignKeys. */
  readonly foreignKey: number;
  /** One row of text values per distinct key, in the order of the foreign key's columns. */
  readonly values: ReadonlyArray<readonly string[]>;
  /** Int32 × records of the tape: index into `values`, -1 without a key. Bad records have theirs too. */
  readonly keyOf: Int32Array<ArrayBuffer>;
}

/** A row the database refused: `index` is the tape record's ordinal. */
export type DatabaseReject = Pick<Reject, 'index' | 'errors'>;

export interface InsertOutcome {
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly rejects: readonly DatabaseReject[];
  /** How it was done, for the receipt. */
  readonly strategy: string;
}
