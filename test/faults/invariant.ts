import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Home } from './up-process.ts';
import { whereIs } from './up-process.ts';

/**
 * What has to hold after every fault and recovery, as the list of what does not: balance of each load, ledger =
 * rows of the table = distinct rows, rejects, receipts, each file in one place, nothing left running, and the
 * database's own checks.
 */
export interface Expected {
  readonly table: string;
  readonly file: string;
  readonly read: number;
  readonly inserted: number;
  /** Sum of the ids that are to be in the table; each is there once. */
  readonly idSum: number;
}

type Row = Readonly<Record<string, unknown>>;

export function violations(home: Home, expected: readonly Expected[]): string[] {
  const database = new DatabaseSync(home.database, { readOnly: true });
  try {
    return [
      ...integrity(database),
      ...balances(database),
      ...expected.flatMap((file) => [
        ...rows(database, file),
        ...places(home, file),
        ...receipts(home, database, file),
      ]),
    ];
  } finally {
    database.close();
  }
}

function integrity(database: DatabaseSync): string[] {
  const found = database
    .prepare('PRAGMA integrity_check')
    .all()
    .map((row) => String(row.integrity_check));
  const orphans = database.prepare('PRAGMA foreign_key_check').all();
  return [
    ...found.filter((line) => line !== 'ok').map((line) => `integrity_check: ${line}`),
    ...orphans.map((row) => `foreign_key_check: row ${row.rowid} of ${row.table} has no parent`),
  ];
}

/** The CHECKs of the ledger hold the first; said again here, since this has to find a ledger without them too. */
const BALANCES: Readonly<Record<string, string>> = {
  'read = inserted + updated + skipped + rejected':
    'SELECT id FROM rowferry_loads WHERE read <> inserted + updated + skipped + rejected',
  'no load is left open': "SELECT id FROM rowferry_loads WHERE state = 'receiving'",
  'batches add up to their load': `SELECT l.id FROM rowferry_loads l LEFT JOIN rowferry_batches b ON b.load_id = l.id
    GROUP BY l.id HAVING l.read <> total(b.read) OR l.inserted <> total(b.inserted) OR l.rejected <> total(b.rejected)
      OR l.updated <> total(b.updated) OR l.skipped <> total(b.skipped)`,
  'batches lie end to end': `SELECT l.id FROM rowferry_loads l JOIN rowferry_batches b ON b.load_id = l.id
    GROUP BY l.id HAVING total(b.end_byte - b.first_byte) <> l.size OR max(b.end_byte) <> l.size`,
  'each rejected record is kept': `SELECT l.id FROM rowferry_loads l LEFT JOIN rowferry_rejects r ON r.load_id = l.id
    GROUP BY l.id HAVING l.rejected <> count(r.load_id)`,
};

function balances(database: DatabaseSync): string[] {
  return Object.entries(BALANCES).flatMap(([rule, sql]) =>
    database
      .prepare(sql)
      .all()
      .map(({ id }) => `load ${id} breaks: ${rule}`),
  );
}

function rows(database: DatabaseSync, { table, read, inserted, idSum }: Expected): string[] {
  const found = database
    .prepare(`SELECT count(*) AS n, count(DISTINCT id) AS ids, total(id) AS idSum FROM ${table}`)
    .get();
  const ledger = database
    .prepare(
      'SELECT total(inserted) AS inserted, total(read) AS read FROM rowferry_loads WHERE table_name = ?',
    )
    .get(table);
  const wanted = { n: inserted, ids: inserted, idSum };
  return [
    ...differences(`rows of ${table}`, wanted, found ?? {}),
    ...differences(`ledger of ${table}`, { inserted, read }, ledger ?? {}),
  ];
}

function places(home: Home, { file }: Expected): string[] {
  const found = whereIs(home, file);
  return found.length === 1 && found[0] === `done/${file}`
    ? []
    : [`${file} lies in: ${found.join(', ') || 'no place'}`];
}

function receipts(home: Home, database: DatabaseSync, { file, table }: Expected): string[] {
  const path = join(home.path, 'data', 'done', `${file}.receipt.json`);
  if (!existsSync(path)) return [`${file} has no receipt`];
  const receipt: Row = JSON.parse(readFileSync(path, 'utf8'));
  const load = database.prepare('SELECT * FROM rowferry_loads WHERE id = ?').get(String(receipt.load));
  if (load === undefined)
    return [`the receipt of ${file} names load ${receipt.load}, which the ledger does not know`];
  const { state, read, inserted, updated, skipped, rejected, sha256 } = load;
  const wanted = { state, read, inserted, updated, skipped, rejected, sha256, table };
  return differences(`receipt of ${file}`, wanted, receipt);
}

function differences(what: string, wanted: Row, found: Row): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `${what}: ${name} is ${found[name]}, expected ${value}`);
}

/** Temporary files of a process that was killed in the middle of writing one. */
export function leftovers(home: Home): string[] {
  return readdirSync(join(home.path, 'data', 'work')).filter((name) => name !== '.lock');
}
