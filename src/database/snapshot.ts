import type { StoredColumn, StoredValue, TableFacts } from '../model/stored-table.ts';

/**
 * The contract of what backups need of an engine: every table as it was at one moment, and a table replaced as a
 * whole. Both are synchronous and belong into a worker thread with a connection of their own.
 */
export interface Snapshot {
  readonly engine: string;
  readonly engineVersion: string;
  /** When the snapshot was taken. */
  readonly takenAt: Date;
  /** Names of the tables that can be backed up, in order; rowferry's own are left out. */
  readonly tables: readonly string[];
  /**
   * Reads what the table is and what classes of values it holds. Not careful is fast and may end in
   * CarefulReadNeeded while reading. `table-not-found`, `table-unsupported`.
   */
  table(name: string, careful: boolean): StoredTable;
  /** The rows as values of these columns, every integer as bigint. */
  read(table: string, columns: readonly StoredColumn[], careful: boolean): Iterable<readonly StoredValue[]>;
  close(): void;
}

export interface StoredTable {
  readonly facts: TableFacts;
  /** count(*) in the snapshot. */
  readonly rows: number;
  /** Each row once, one value per column of the facts. */
  read(): Iterable<readonly StoredValue[]>;
}

/** The driver cannot give these values as they are on the fast way: the table is to be read again, carefully. */
export class CarefulReadNeeded extends Error {
  constructor(cause?: unknown) {
    super('the table holds values that need the careful way of reading', { cause });
    this.name = 'CarefulReadNeeded';
  }
}

/** One write transaction that replaces one table. Whatever is not committed never happened. */
export interface Replacement {
  /** The database as this transaction sees it. */
  readonly snapshot: Snapshot;
  /** The table as the database spells it; null: there is none. */
  readonly existing: string | null;
  /** Removes every row, or makes the table when it is missing. No trigger fires, no child row is touched. */
  clear(facts: TableFacts): void;
  /** `values` holds whole rows one after the other, generated columns left out. */
  insert(values: readonly StoredValue[]): void;
  /** Puts back what `clear` took away, sets sequences; throws `restore-orphans` for new violations. */
  finish(facts: TableFacts): void;
  commit(): void;
  /** Ends the transaction if it is open, and the connection. */
  close(): void;
}
