import { readFileSync } from 'node:fs';
import type { Connection, Engine } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { firstOf, ledgerOf, run } from './queries.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
}

/** In order; a migration that was ever released is never changed. */
const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: '001-ledger' },
  { version: 2, name: '002-sealed-only-keys' },
  { version: 3, name: '003-audit' },
  { version: 4, name: '004-schemas' },
  { version: 5, name: '005-retries' },
  { version: 6, name: '006-leases' },
  { version: 7, name: '007-backups' },
];

export const LEDGER_VERSION = MIGRATIONS.length;

interface Way {
  /** A row when there is a ledger. */
  readonly find: string;
  /** Keeps the migrations of other processes out; null: the write transaction does. `taken` is 1 where it can fail. */
  readonly lock: string | null;
  /** Null: the lock ends with the transaction. */
  readonly unlock: string | null;
}

/** Of this database: the names of locks belong to the whole server. */
const MYSQL_LOCK = "concat('rowferry ', md5(database()))";

const WAYS: Readonly<Record<Engine['name'], Way>> = {
  sqlite: {
    find: "SELECT 1 AS found FROM sqlite_schema WHERE name = 'rowferry_migrations'",
    lock: null,
    unlock: null,
  },
  postgres: {
    find: "SELECT 1 AS found FROM pg_catalog.pg_tables WHERE schemaname = 'rowferry' AND tablename = 'migrations'",
    // Any number that nobody else uses.
    lock: 'SELECT pg_advisory_xact_lock(8246775021113)',
    unlock: null,
  },
  mysql: {
    find: `SELECT 1 AS found FROM information_schema.tables
      WHERE table_schema = database() AND table_name = 'rowferry_migrations'`,
    lock: `SELECT get_lock(${MYSQL_LOCK}, 60) AS taken`,
    unlock: `SELECT release_lock(${MYSQL_LOCK})`,
  },
};

/**
 * Brings the ledger to this program's version, once whatever the number of processes that start. A ledger that is
 * there takes no right but to read it.
 */
export async function migrate(connection: Connection): Promise<void> {
  const current = await ledgerVersion(connection);
  refuseNewer(current);
  if (current === LEDGER_VERSION) return;
  try {
    await withLock(connection, () => bringUpToDate(connection));
  } catch (error) {
    throw explained(error);
  }
}

async function withLock(connection: Connection, work: () => Promise<void>): Promise<void> {
  if (!connection.engine.capabilities.transactionalDdl) return locked(connection, work);
  await connection.transaction(() => locked(connection, work), { write: true });
}

async function locked(connection: Connection, work: () => Promise<void>): Promise<void> {
  const { lock, unlock } = WAYS[connection.engine.name];
  const [row] = lock === null ? [] : await connection.query(lock);
  if (row !== undefined && 'taken' in row && row.taken !== 1) {
    throw new RowferryError('database-busy', 'another program is bringing the ledger up to date', {
      hint: 'start again when it is done',
    });
  }
  try {
    await work();
  } finally {
    if (unlock !== null) await connection.query(unlock);
  }
}

async function bringUpToDate(connection: Connection): Promise<void> {
  await runFile(connection, '000-migrations');
  const current = await version(connection);
  refuseNewer(current);
  for (const migration of MIGRATIONS) {
    if (migration.version > current) await apply(connection, migration);
  }
}

/** 0 without a ledger. */
export async function ledgerVersion(connection: Connection): Promise<number> {
  const [found] = await connection.query(WAYS[connection.engine.name].find);
  return found === undefined ? 0 : version(connection);
}

function refuseNewer(current: number): void {
  if (current <= LEDGER_VERSION) return;
  throw new RowferryError(
    'ledger-newer',
    `the ledger has version ${current}; this program knows ${LEDGER_VERSION}`,
    {
      hint: 'update rowferry: npm install rowferry@latest',
    },
  );
}

async function version(connection: Connection): Promise<number> {
  const versions = ledgerOf(connection).selectFrom('rowferry_migrations').select('version');
  return (await firstOf(connection, versions.orderBy('version', 'desc').limit(1)))?.version ?? 0;
}

async function apply(connection: Connection, { version, name }: Migration): Promise<void> {
  await runFile(connection, name);
  const row = { version, name, applied_at: new Date().toISOString() };
  await run(connection, ledgerOf(connection).insertInto('rowferry_migrations').values(row));
}

async function runFile(connection: Connection, name: string): Promise<void> {
  const file = new URL(`../ledger/${connection.engine.name}/${name}.sql`, import.meta.url);
  for (const statement of readFileSync(file, 'utf8').split(/;\s*$/m)) {
    if (statement.trim() !== '') await connection.execute(statement);
  }
}

/** Making tables takes rights that loading rows does not. */
function explained(error: unknown): unknown {
  if (!(error instanceof RowferryError) || error.code !== 'database-refused') return error;
  return new RowferryError('database-refused', `the ledger cannot be made: ${error.detail}`, {
    hint: 'start rowferry once as a user who may make tables, then as this one; docs/databases.md names the rights',
    cause: error,
  });
}
