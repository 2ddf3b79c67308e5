import { readFileSync } from 'node:fs';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
}

/** In order; a migration that was ever released is never changed. */
const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: '001-ledger' },
  { version: 2, name: '002-sealed-only-keys' },
  { version: 3, name: '003-audit' },
];

export const LEDGER_VERSION = MIGRATIONS.length;

const CREATE_MIGRATIONS = `CREATE TABLE IF NOT EXISTS rowferry_migrations
  (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)`;

/** Brings the ledger to this program's version, in one transaction that holds the write lock. */
export async function migrate(connection: Connection): Promise<void> {
  await connection.transaction(
    async () => {
      await connection.execute(CREATE_MIGRATIONS);
      const current = await version(connection);
      refuseNewer(current);
      for (const migration of MIGRATIONS) {
        if (migration.version > current) await apply(connection, migration);
      }
    },
    { write: true },
  );
}

/** 0 without a ledger. */
export async function ledgerVersion(connection: Connection): Promise<number> {
  const [table] = await connection.query("SELECT 1 FROM sqlite_schema WHERE name = 'rowferry_migrations'");
  return table === undefined ? 0 : version(connection);
}

export function refuseNewer(current: number): void {
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
  const [row] = await connection.query('SELECT max(version) AS version FROM rowferry_migrations');
  return Number(row?.version ?? 0);
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  const file = new URL(`./${connection.engine.name}/${migration.name}.sql`, import.meta.url);
  for (const statement of readFileSync(file, 'utf8').split(/;\s*$/m)) {
    if (statement.trim() !== '') await connection.execute(statement);
  }
  await connection.execute('INSERT INTO rowferry_migrations VALUES (?, ?, ?)', [
    migration.version,
    migration.name,
    new Date().toISOString(),
  ]);
}
