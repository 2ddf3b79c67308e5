import type { RowferryError } from '../errors.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { StoredColumn, TableFacts } from '../model/stored-table.ts';

/**
 * The contract of what backups need of an engine: every table as it was at one moment, and a table replaced as a
 * whole. Each has a connection of its own, and may keep the thread busy: both belong into a worker thread.
 */
export interface Snapshot {
  readonly engine: string;
  readonly engineVersion: string;
  /** When the snapshot was taken. */
  readonly takenAt: Date;
  /** Names of the tables that can be backed up, in order; rowferry's own are left out. */
  readonly tables: readonly string[];
  /**
   * Reads what the table is, and in which form each column can be kept. Not careful is fast and may end in
   * CarefulReadNeeded while reading; only asked for careful after that. `table-not-found`, `table-unsupported`.
   */
  table(name: string, careful: boolean): Promise<StoredTable>;
  /** count(*), to tell how far a run is; null where it cannot be told, of which `table` says why. */
  count(name: string): Promise<number | null>;
  /** The rows in the forms of these columns, which those of another snapshot of the table may be. */
  read(table: string, columns: readonly StoredColumn[], careful: boolean): RowReader;
  close(): Promise<void>;
}

/**
 * Pushes each row once into the sink, in no certain order, and yields whenever `endRow` says so, for the caller to
 * take what the sink has gathered. What is not read to its end closes what it reads from.
 */
export type RowReader = (sink: RowSink) => AsyncIterable<void>;

export interface StoredTable {
  readonly facts: TableFacts;
  /** count(*) in the snapshot. */
  readonly rows: number;
  readonly read: RowReader;
}

/** The driver cannot give these values as they are on the fast way: the table is to be read again, carefully. */
export class CarefulReadNeeded extends Error {
  constructor(cause?: unknown) {
    super('the table holds values that need the careful way of reading', { cause });
    this.name = 'CarefulReadNeeded';
  }
}

/**
 * Rows of the backup have no parents, and the way that they went does not tell how many. The transaction is as it was
 * before `clear`: called once more, it takes a way on which they can be counted.
 */
export class UncountedOrphans extends Error {
  /** What is said where they cannot be counted. */
  readonly refusal: RowferryError;

  constructor(refusal: RowferryError) {
    super(refusal.detail, { cause: refusal });
    this.name = 'UncountedOrphans';
    this.refusal = refusal;
  }
}

/**
 * One write transaction that replaces one table; from its start on nobody else writes to the table. Whatever is not
 * committed never happened. Called in the order of its members; `renamed` only for
 * another table, `clear` to `commit` not for a dry run.
 */
export interface Replacement {
  /** The database as this transaction sees it. */
  readonly snapshot: Snapshot;
  /** The table as the database spells it; null: there is none. */
  readonly existing: string | null;
  /** What makes a missing table of these facts under another name: that of what was opened. */
  renamed(facts: TableFacts, table: string): Promise<Renamed>;
  /** What will be done, in words for the result. Rejects when it is plain already that it cannot be done. */
  strategy(facts: TableFacts): Promise<string>;
  /** Makes room for the rows, and the table when it is missing. No trigger fires, no child row is touched. */
  clear(facts: TableFacts): Promise<RowTarget>;
  /** All rows came: they stand in the table afterwards, sequences are set; `restore-orphans` for new violations, or UncountedOrphans. */
  finish(facts: TableFacts): Promise<void>;
  commit(): Promise<void>;
  /** Ends the transaction if it is open, and the connection. */
  close(): Promise<void>;
}

/** The facts of a table that is made under another name; no name in them is one of the table it was. */
export interface Renamed {
  readonly facts: TableFacts;
  /** What the new table does not have of the old one, in words. */
  readonly notTaken: readonly string[];
}

/**
 * A table of its own for the rows of a backup, as `facts.createTable` makes it, but for its foreign keys and triggers:
 * the rows alone are tried. Nobody else sees it, and nothing is left of it when it is closed.
 */
export interface Scratch {
  readonly target: RowTarget;
  /** The scratch table, by the name that the facts have. */
  readonly snapshot: Snapshot;
  /** All rows came: the indexes are made too. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Takes the rows of a backup, generated columns left out. */
export interface RowTarget extends RowSink {
  /** Hands over what was gathered; to be waited for when `endRow` says so, and behind the last row. */
  flush(): Promise<void>;
}
