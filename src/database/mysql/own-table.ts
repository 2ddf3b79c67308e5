import { randomBytes } from 'node:crypto';
import type { TableFacts } from '../../model/stored-table.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/**
 * Tables under a name of the program's own, for rows that nobody is to see yet. CREATE and DROP commit, so a crash
 * leaves one behind; the lock by its name goes with the connection that made it, and tells whose table is left.
 */

const PREFIX = 'rowferry_restore_';

/** Made as the facts say, with its indexes and without foreign keys and triggers. Its name. */
export async function createOwnTable(session: Session, facts: TableFacts): Promise<string> {
  const name = `${PREFIX}${randomBytes(6).toString('hex')}`;
  await session.rows('SELECT GET_LOCK(?, 0)', [name]);
  await session.run(withName(withoutForeignKeys(facts.createTable), name));
  return name;
}

export async function dropOwnTable(session: Session, name: string): Promise<void> {
  await session.run(`DROP TABLE IF EXISTS ${quoteName(name)}`);
  await session.rows('SELECT RELEASE_LOCK(?)', [name]);
}

/** Drops those whose makers are gone, as far as the user may; commits. */
export async function sweepOwnTables(session: Session): Promise<void> {
  const rows = await session.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, ${PREFIX.length}) = '${PREFIX}'`,
  );
  for (const { name } of rows) {
    const [row] = await session.rows('SELECT GET_LOCK(?, 0) AS free', [String(name)]);
    if (Number(row?.free) === 1) await dropOwnTable(session, String(name)).catch(() => undefined);
  }
}

/** The clauses that add the foreign keys, each for an ALTER TABLE. */
export function foreignKeyClauses({ createTable }: Pick<TableFacts, 'createTable'>): string[] {
  return [...createTable.matchAll(FOREIGN_KEY)].map(([, clause = '']) => `ADD ${clause}`);
}

/** Each has a line of its own, behind another one that ends with a comma. */
const FOREIGN_KEY = /,\n {2}((?:CONSTRAINT `(?:[^`]|``)+` )?FOREIGN KEY .*?)(?=,?\n)/g;

const withoutForeignKeys = (createTable: string): string => createTable.replace(FOREIGN_KEY, '');

const withName = (createTable: string, name: string): string =>
  createTable.replace(/^CREATE TABLE `(?:[^`]|``)+`/, () => `CREATE TABLE ${quoteName(name)}`);
