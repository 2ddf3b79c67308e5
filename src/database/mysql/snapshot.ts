import type { ConnectionOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';
import { nearNames } from '../../lib/near-names.ts';
import type { RowSink } from '../../model/row-sink.ts';
import type { StoredColumn } from '../../model/stored-table.ts';
import type { SqlRow } from '../database.ts';
import { noTableError } from '../restore-failures.ts';
import { CarefulReadNeeded, type RowReader, type Snapshot, type StoredTable } from '../snapshot.ts';
import { placeOf, targetOf } from './address.ts';
import { isServerFailure, translate } from './failures.ts';
import { introspect } from './introspect.ts';
import { quoteName } from './names.ts';
import { profileColumns } from './profile.ts';
import { withGrant } from './rights.ts';
import { Session } from './session.ts';
import { pushStoredRows } from './stored-rows.ts';
import { tableFacts } from './table-facts.ts';

/** A MySQL or MariaDB database as it was at one moment: one transaction with a consistent snapshot of InnoDB. */

/**
 * Nothing is altered on reading, identifiers are quoted as everywhere, and neither side gives up because the other one
 * is busy with what it has. A server's own limit for transactions that stand still would end a backup.
 */
const SETTINGS = [
  "SET SESSION sql_mode = '', sql_quote_show_create = 1, net_write_timeout = 3600",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];
const NO_LEASE = 'SET SESSION idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0';

/** A session that reads what lies in tables as it is. */
export async function openForBackup(target: ConnectionOptions, lockTimeoutMs?: number): Promise<Session> {
  const session = await Session.open(target, lockTimeoutMs === undefined ? {} : { lockTimeoutMs });
  try {
    for (const sql of SETTINGS) await session.run(sql);
    if (session.isMariaDb) await session.run(NO_LEASE);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

export async function openMysqlSnapshot(url: string, lockTimeoutMs?: number): Promise<Snapshot> {
  const target = targetOf(url);
  const place = placeOf(target);
  let session: Session | undefined;
  try {
    session = await openForBackup(target, lockTimeoutMs);
    await session.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    return await MysqlSnapshot.of(session, place, { releasing: true });
  } catch (error) {
    await session?.close();
    throw translate(error, place);
  }
}

interface Options {
  /** A table that was read may be altered again while others are. */
  readonly releasing: boolean;
}

export class MysqlSnapshot implements Snapshot {
  readonly engine = 'mysql';
  readonly engineVersion: string;
  readonly takenAt = new Date();
  readonly tables: readonly string[];
  readonly #session: Session;
  readonly #place: string;
  readonly #options: Options;
  /** Tables that stand under another name for now. */
  readonly #standIns = new Map<string, string>();

  private constructor(session: Session, place: string, options: Options, version: string, tables: string[]) {
    this.#session = session;
    this.#place = place;
    this.#options = options;
    this.engineVersion = version;
    this.tables = tables;
  }

  /** `session` stands in a transaction. */
  static async of(session: Session, place: string, options: Options): Promise<MysqlSnapshot> {
    const [row] = await session.rows('SELECT VERSION() AS version');
    const names = await tableNames(session);
    if (options.releasing) await session.run('SAVEPOINT rowferry_table');
    return new MysqlSnapshot(session, place, options, String(row?.version), names);
  }

  /** The first read keeps others from altering the table until all of it was read. */
  async table(name: string, careful: boolean): Promise<StoredTable> {
    const spelled = this.#find(name) ?? (await this.#refuse(name));
    return this.#guard(spelled, async (session) => {
      if (this.#options.releasing) await session.run('ROLLBACK TO SAVEPOINT rowferry_table');
      const [counted] = await session.rows(`SELECT count(*) AS n FROM ${quoteName(spelled)}`);
      // A user who may not read all columns does not see the others: they would be missing in silence.
      await session.rows(`SELECT * FROM ${quoteName(spelled)} LIMIT 0`);
      const found = (await introspect(session, 'select')).find((each) => each.name === spelled);
      if (found === undefined) throw notThere(name, this.tables);
      await refuseVersionColumns(session, spelled);
      const columns = await profileColumns(session, found, careful);
      const facts = await tableFacts(session, found, columns);
      const read = this.#reader(spelled, columns, careful);
      return { facts, rows: Number(counted?.n), read };
    });
  }

  /** Others may alter the table again afterwards. */
  async count(name: string): Promise<number | null> {
    const spelled = this.#find(name);
    if (spelled === undefined) return null;
    try {
      const [counted] = await this.#session.rows(`SELECT count(*) AS n FROM ${quoteName(spelled)}`);
      if (this.#options.releasing) await this.#session.run('ROLLBACK TO SAVEPOINT rowferry_table');
      return Number(counted?.n);
    } catch (error) {
      if (isServerFailure(error)) return null;
      throw translate(error, this.#place);
    }
  }

  read(table: string, columns: readonly StoredColumn[], careful: boolean): RowReader {
    return this.#reader(this.#standIns.get(table) ?? this.#find(table) ?? table, columns, careful);
  }

  /** What is asked of `table` is read from `standIn`. */
  standIn(table: string, standIn: string): void {
    this.#standIns.set(table, standIn);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #find(name: string): string | undefined {
    return spelledAs(this.tables, name);
  }

  #reader(table: string, columns: readonly StoredColumn[], careful: boolean): RowReader {
    return (sink) => this.#rows(table, columns, careful, sink);
  }

  async *#rows(
    table: string,
    columns: readonly StoredColumn[],
    careful: boolean,
    sink: RowSink,
  ): AsyncGenerator<void> {
    try {
      yield* pushStoredRows(this.#session, table, columns, careful, sink);
    } catch (error) {
      throw await this.#failure(error, table);
    }
  }

  async #guard<T>(table: string, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(this.#session);
    } catch (error) {
      throw await this.#failure(error, table);
    }
  }

  async #failure(error: unknown, table: string): Promise<unknown> {
    if (error instanceof CarefulReadNeeded) return error;
    if (isServerFailure(error) && CHANGED.has(error.errno)) return changed(table, error);
    return translate(await withGrant(this.#session, error), this.#place);
  }

  async #refuse(name: string): Promise<never> {
    const row = await this.#guard(name, (session) => otherTable(session, name));
    if (row === undefined) throw notThere(name, this.tables);
    const { name: spelled, type, engine } = row;
    if (engine === null) throw noTableError(String(spelled), `a ${String(type).toLowerCase()}`);
    throw new RowferryError(
      'table-unsupported',
      `${spelled} is a table of the engine ${engine}, which cannot be read as it was at one moment`,
      { hint: `ALTER TABLE ${quoteName(String(spelled))} ENGINE = InnoDB` },
    );
  }
}

/** Of other engines nothing could be read as it was when the snapshot was taken. */
const TABLES = `SELECT TABLE_NAME AS name FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = DATABASE() AND ENGINE = 'InnoDB' AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
    AND TABLE_NAME NOT LIKE 'rowferry\\\\_%' ORDER BY TABLE_NAME`;

export async function tableNames(session: Session): Promise<string[]> {
  return (await session.rows(TABLES)).map(({ name }) => String(name));
}

/** Names may differ in case only, where the file system tells them apart. */
export function spelledAs(names: readonly string[], name: string): string | undefined {
  if (names.includes(name)) return name;
  return names.find((each) => each.toLowerCase() === name.toLowerCase());
}

/** A table or view that is none of those: its name, type and engine. */
export async function otherTable(session: Session, name: string): Promise<SqlRow | undefined> {
  const [row] = await session.rows(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND TABLE_NAME NOT LIKE 'rowferry\\\\_%'`,
    [name],
  );
  return row;
}

/** The definition of a table changed since the snapshot; it is not there any more, and so is a column. */
const CHANGED: ReadonlySet<number> = new Set([1412, 1146, 1054]);

function changed(table: string, cause: Error): RowferryError {
  return new RowferryError(
    'database-schema-changed',
    `${table} was altered after the snapshot was taken: as it was then it cannot be read any more`,
    { hint: 'back it up again when nobody alters tables', cause },
  );
}

function notThere(name: string, tables: readonly string[]): RowferryError {
  const near = nearNames(name, tables);
  return new RowferryError('table-not-found', `there is no table ${name} that can be backed up`, {
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'see what there is: rowferry tables',
  });
}

/** The server sets these columns anew with every row that is written. */
async function refuseVersionColumns(session: Session, table: string): Promise<void> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
      AND GENERATION_EXPRESSION IN ('ROW START', 'ROW END')`,
    [table],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => String(name)).join(', ');
  throw new RowferryError(
    'table-unsupported',
    `${table} shows since when its rows are valid (${names}): no restore could bring that back`,
  );
}
