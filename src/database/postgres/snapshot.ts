import type { ClientConfig } from 'pg';
import { RowferryError } from '../../errors.ts';
import { nearNames } from '../../lib/near-names.ts';
import type { StoredColumn } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import { noTableError, privilegeError } from '../restore-failures.ts';
import type { RowReader, Snapshot, StoredTable } from '../snapshot.ts';
import { clientConfig, placeOf } from './client-config.ts';
import { translate } from './failures.ts';
import { introspect } from './introspect.ts';
import { lockForReading } from './locks.ts';
import { profileColumns } from './profile.ts';
import { type Relation, relationsByName, rowsOf } from './relations.ts';
import { Session } from './session.ts';
import { rowReader } from './stored-rows.ts';
import { tableFacts } from './table-facts.ts';

/** A PostgreSQL database as it was at one moment: one transaction over all tables, on a connection of its own. */

/** Reading may take long, and rows that are hidden would be rows that are lost. */
export const BACKUP_SETTINGS = ['SET statement_timeout = 0', 'SET row_security = off'];

const TRIES = 3;

export async function openPostgresSnapshot(url: string, lockTimeoutMs?: number): Promise<Snapshot> {
  const config = clientConfig(url);
  for (let tries = 1; ; tries++) {
    const snapshot = await openOnce(config, lockTimeoutMs);
    if (snapshot !== null) return snapshot;
    if (tries < TRIES) continue;
    throw new RowferryError(
      'database-schema-changed',
      `${placeOf(config)}: tables were emptied or rewritten each time that the backup began`,
    );
  }
}

/** Null: a table was rewritten between the snapshot and its lock, and would seem empty. */
async function openOnce(config: ClientConfig, lockTimeoutMs?: number): Promise<Snapshot | null> {
  const place = placeOf(config);
  const options = { readOnly: true, ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }) };
  let session: Session | null = null;
  try {
    session = await Session.open(config, options);
    session.keepAlive();
    await session.run(...BACKUP_SETTINGS, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const snapshot = await PostgresSnapshot.read(session, place);
    if (await lockForReading(session, snapshot.readable)) return snapshot;
    await snapshot.close();
    return null;
  } catch (error) {
    await session?.close();
    throw translate(error, place);
  }
}

export class PostgresSnapshot implements Snapshot {
  readonly engine = 'postgres';
  readonly engineVersion: string;
  readonly takenAt = new Date();
  readonly tables: readonly string[];
  readonly #session: Session;
  readonly #place: string;
  readonly #schema: readonly Table[];
  readonly #relations: ReadonlyMap<string, Relation>;

  private constructor(
    session: Session,
    place: string,
    version: string,
    schema: readonly Table[],
    relations: ReadonlyMap<string, Relation>,
  ) {
    this.#session = session;
    this.#place = place;
    this.engineVersion = version;
    this.#schema = schema;
    this.#relations = relations;
    this.tables = schema.map(({ name }) => name);
  }

  /** In an open transaction, which may begin to see the database with the first query: here. */
  static async read(session: Session, place: string): Promise<PostgresSnapshot> {
    const [server] = await session.rows("SELECT current_setting('server_version') AS version");
    const schema = await introspect(session);
    const relations = await relationsByName(session);
    return new PostgresSnapshot(session, place, String(server?.version), schema, relations);
  }

  get readable(): readonly Relation[] {
    return this.tables.map((name) => this.#relation(name)).filter(({ readable }) => readable);
  }

  /** The table of this name, or the only one that differs in upper and lower case. */
  spelled(name: string): string | null {
    if (this.#relations.has(name) && this.tables.includes(name)) return name;
    const alike = this.tables.filter((each) => each.toLowerCase() === name.toLowerCase());
    return alike.length === 1 ? (alike[0] ?? null) : null;
  }

  find(name: string): { readonly table: Table; readonly relation: Relation } {
    const spelled = this.spelled(name);
    const table = this.#schema.find((each) => each.name === spelled);
    if (table !== undefined) return { table, relation: this.#relation(table.name) };
    const near = nearNames(name, this.tables);
    throw new RowferryError('table-not-found', `there is no table ${name} that can be backed up`, {
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'see what there is: rowferry tables',
    });
  }

  table(name: string, _careful: boolean): Promise<StoredTable> {
    return this.#guard(async () => {
      if (this.spelled(name) === null) await refuseOther(this.#session, name);
      const { table, relation } = this.find(name);
      await this.#refuseUnreadable(relation);
      const session = this.#session;
      const { rows, columns } = await profileColumns(session, table, rowsOf(relation), relation.required);
      const facts = await tableFacts(session, table, relation.oid, columns);
      return { facts, rows, read: this.read(table.name, columns) };
    });
  }

  count(name: string): Promise<number | null> {
    return this.#guard(async () => {
      const { relation } = this.find(name);
      if (!relation.readable || relation.secured) return null;
      const session = this.#session;
      await session.run('SAVEPOINT rowferry_count');
      try {
        const [counted] = await session.rows(`SELECT count(*) AS n FROM ${rowsOf(relation)}`);
        return Number(counted?.n);
      } catch {
        await session.run('ROLLBACK TO SAVEPOINT rowferry_count');
        return null;
      }
    });
  }

  read(name: string, columns: readonly StoredColumn[]): RowReader {
    const { table, relation } = this.find(name);
    const reader = rowReader(this.#session, table, rowsOf(relation), columns);
    const place = this.#place;
    return async function* read(sink) {
      try {
        yield* reader(sink);
      } catch (error) {
        throw translate(error, place);
      }
    };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #relation(name: string): Relation {
    const relation = this.#relations.get(name);
    if (relation === undefined) throw new TypeError(`a table ${name} that is not in the catalogs`);
    return relation;
  }

  async #refuseUnreadable({ name, readable, secured }: Relation): Promise<void> {
    const [row] = await this.#session.rows('SELECT quote_ident(current_user) AS role');
    if (!readable) {
      throw privilegeError(`${row?.role} may not read ${name}`, `GRANT SELECT ON ${name} TO ${row?.role}`);
    }
    if (secured) throw rowSecurityError(name, String(row?.role));
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error, this.#place);
    }
  }
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
};

const OTHER_SQL = `SELECT c.relname AS name, c.relkind AS kind, i.inhparent::regclass::text AS parent,
    has_any_column_privilege(c.oid, 'INSERT') AS known, quote_ident(current_user) AS role
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
  WHERE lower(c.relname) = lower($1) AND pg_table_is_visible(c.oid) ORDER BY c.relname <> $1`;

/** Something of this name that is none of the tables: what it is, or whose part. */
async function refuseOther(session: Session, name: string): Promise<void> {
  const [row] = await session.rows(OTHER_SQL, [name]);
  if (row === undefined) return;
  const kind = KINDS[String(row.kind)];
  if (kind !== undefined) throw noTableError(String(row.name), kind);
  if (row.parent !== null) {
    throw new RowferryError('table-unsupported', `${row.name} is a partition of ${row.parent}`, {
      hint: `it is backed up with the whole: rowferry backup ${row.parent}`,
    });
  }
  if (Number(row.known) === 0) {
    const grant = `GRANT SELECT, INSERT ON ${row.name} TO ${row.role}`;
    throw privilegeError(`${row.role} has no rights on ${row.name}`, grant);
  }
}

export function rowSecurityError(table: string, role: string): RowferryError {
  return new RowferryError('database-row-security', `row security hides rows of ${table} from ${role}`, {
    hint: `use the owner of ${table}, or let the role see all rows: ALTER ROLE ${role} BYPASSRLS`,
  });
}
