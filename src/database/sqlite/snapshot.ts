import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import { nearNames } from '../../lib/near-names.ts';
import type { RowSink } from '../../model/row-sink.ts';
import type { StoredColumn } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import { noTableError } from '../restore-failures.ts';
import type { RowReader, Snapshot, StoredTable } from '../snapshot.ts';
import { sqlitePath } from './connect.ts';
import { quoteName } from './encode.ts';
import { translate } from './failures.ts';
import { introspect } from './introspect.ts';
import { profileColumns } from './profile.ts';
import { pushStoredRows, type ReadingWay } from './stored-rows.ts';
import { tableFacts } from './table-facts.ts';

/** A SQLite database as it was at one moment: one read transaction over all tables. */

export const DEFAULT_LOCK_TIMEOUT_MS = 10_000;

/** `database-unavailable` when there is no such file: nothing is created here. */
export function openForBackup(url: string, lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS): DatabaseSync {
  const path = sqlitePath(url);
  if (!existsSync(path)) throw new RowferryError('database-unavailable', `there is no database ${path}`);
  try {
    return new DatabaseSync(path, { timeout: lockTimeoutMs, enableForeignKeyConstraints: false });
  } catch (error) {
    throw translate(error, path);
  }
}

/** Takes the snapshot on a connection of its own, which only reads. */
export async function openSqliteSnapshot(url: string, lockTimeoutMs?: number): Promise<Snapshot> {
  const db = openForBackup(url, lockTimeoutMs);
  try {
    db.exec('PRAGMA query_only = ON');
    db.exec('BEGIN');
    return new SqliteSnapshot(db);
  } catch (error) {
    db.close();
    throw translate(error, sqlitePath(url));
  }
}

export class SqliteSnapshot implements Snapshot {
  readonly engine = 'sqlite';
  readonly engineVersion: string;
  readonly takenAt: Date;
  readonly #db: DatabaseSync;
  #schema: readonly Table[] | undefined;

  /** `db` stands in a transaction, which starts to see the database with the first read: here. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.engineVersion = String(db.prepare('SELECT sqlite_version() AS version').get()?.version);
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    this.takenAt = new Date();
  }

  get tables(): readonly string[] {
    return this.#schemaTables().map((table) => table.name);
  }

  async table(name: string, careful: boolean): Promise<StoredTable> {
    const db = this.#db;
    const table = this.#find(name);
    const way = this.#way(careful, false);
    return this.#guard(() => {
      const { rows, columns } = profileColumns(db, table, way);
      return {
        facts: tableFacts(db, table, this.#schemaTables(), columns),
        rows,
        read: (sink) => this.#rows(table, columns, way, sink),
      };
    });
  }

  async count(name: string): Promise<number | null> {
    try {
      const { name: spelled } = this.#find(name);
      return Number(this.#db.prepare(`SELECT count(*) AS n FROM ${quoteName(spelled)}`).get()?.n);
    } catch {
      return null;
    }
  }

  read(table: string, columns: readonly StoredColumn[], careful: boolean): RowReader {
    return (sink) => this.#rows(this.#find(table), columns, this.#way(careful, true), sink);
  }

  /** Forgets what the schema was; for the one transaction that changes it. */
  refresh(): void {
    this.#schema = undefined;
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #schemaTables(): readonly Table[] {
    this.#schema ??= introspect(this.#db);
    return this.#schema;
  }

  async *#rows(
    table: Table,
    columns: readonly StoredColumn[],
    way: ReadingWay,
    sink: RowSink,
  ): AsyncGenerator<void> {
    try {
      yield* pushStoredRows(this.#db, table, columns, way, sink);
    } catch (error) {
      throw translate(error, this.#db.location() ?? table.name);
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.#db.location() ?? 'the database');
    }
  }

  #way(careful: boolean, bigints: boolean): ReadingWay {
    return { careful: careful || cutsText(this.#db), bigints, encoding: encodingOf(this.#db) };
  }

  #find(name: string): Table {
    const table = this.#schemaTables().find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (table !== undefined) return table;
    refuseOther(this.#db, name);
    const near = nearNames(name, this.tables);
    throw new RowferryError('table-not-found', `there is no table ${name} that can be backed up`, {
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'see what there is: rowferry tables',
    });
  }
}

/** A view or virtual table of this name. */
function refuseOther(db: DatabaseSync, name: string): void {
  const found = db
    .prepare(
      "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
    )
    .get(name);
  if (found?.type === 'view') throw noTableError(String(found.name), 'a view');
  if (/^CREATE VIRTUAL TABLE/i.test(String(found?.sql))) {
    throw noTableError(String(found?.name), 'a virtual table');
  }
}

function encodingOf(db: DatabaseSync): string {
  return String(db.prepare('PRAGMA encoding').get()?.encoding);
}

/** Older drivers end a text at its first NUL. */
function cutsText(db: DatabaseSync): boolean {
  const row = db.prepare("SELECT 'a' || char(0) || 'b' AS text").get();
  return String(row?.text).length !== 3;
}
