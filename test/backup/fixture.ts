/** A home folder with a real SQLite file, and backups of it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { BackupResult, Backups } from '../../src/backup/backups.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import type { RetentionRules } from '../../src/config/retention.ts';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { RowferryError } from '../../src/errors.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createLog } from '../../src/log.ts';

export const SIGNING_KEY = Buffer.alloc(32, 7);

/** Rules that keep the newest alone. */
export const LAST_ONE: RetentionRules = {
  keepLast: 1,
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  keepWithinMs: 0,
};

export interface Home {
  readonly path: string;
  readonly databaseUrl: string;
  readonly db: DatabaseSync;
  /** Lines that were logged. */
  readonly logged: string[];
  /** The backups of this home, opened once. */
  backups(): Promise<Backups>;
  open(schedule: string | null, signingKey?: Uint8Array): Promise<Backups>;
}

/** What a test leaves to the next one of its file: to start the thread of backups takes longer than most tests. */
interface Spare {
  readonly path: string;
  readonly logged: string[];
  readonly backups: Promise<Backups>;
}

const spares: Spare[] = [];
process.on('exit', () => {
  for (const { path } of spares) rmSync(path, { recursive: true, force: true });
});

function empty(folder: string): void {
  for (const name of readdirSync(folder)) {
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Goes away with the test, and so does whatever `open` opened. */
export function makeHome(t: TestContext, sql: string): Home {
  const spare = spares.pop();
  const path = spare?.path ?? mkdtempSync(join(tmpdir(), 'rowferry-backup-'));
  empty(path);
  mkdirSync(join(path, 'data'));
  const file = join(path, 'data', 'x.sqlite');
  const db = new DatabaseSync(file, { timeout: 10_000 });
  // The first write decides on the encoding, and journal_mode is one.
  const [encoding = ''] = /PRAGMA encoding[^;]*;/.exec(sql) ?? [];
  db.exec(`${encoding} PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF; ${sql}`);
  const logged = spare?.logged ?? [];
  logged.length = 0;
  const opened: Backups[] = [];
  let usual = spare?.backups;
  t.after(async () => {
    for (const backups of opened) await backups.close();
    db.close();
    if (usual === undefined) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    else spares.push({ path, logged, backups: usual });
  });
  const databaseUrl = `sqlite:${file}`;
  const usually = (): Promise<Backups> => {
    usual ??= start(null, SIGNING_KEY);
    return usual;
  };
  const start = async (backupSchedule: string | null, signingKey: Uint8Array) => {
    const log = createLog({ destination: { write: (line) => logged.push(line) } });
    const config = { home: path, databaseUrl, backupSchedule };
    const ledger = backupSchedule === null ? {} : { ledger: await openLedger(databaseUrl) };
    return openBackups({ config, log, signingKey, ...ledger });
  };
  const open = async (backupSchedule: string | null, signingKey: Uint8Array = SIGNING_KEY) => {
    const backups = await start(backupSchedule, signingKey);
    opened.push(backups);
    return backups;
  };
  return { path, databaseUrl, db, logged, backups: usually, open };
}

/** A connection to the database, with a ledger in it. */
export async function openLedger(databaseUrl: string): Promise<Connection> {
  const connection = await openDatabase(databaseUrl, { lockTimeoutMs: 20 });
  await migrate(connection);
  return connection;
}

/** Every row of a table with the class and the bytes of each value. */
export function contentOf(db: DatabaseSync, table: string): unknown[] {
  const columns = db
    .prepare('SELECT name FROM pragma_table_xinfo(?)')
    .all(table)
    .map((row) => `"${String(row.name).replaceAll('"', '""')}"`);
  const values = columns.map((name) => `typeof(${name}) || ':' || hex(CAST(${name} AS BLOB))`);
  const exact = columns.map((name) => `quote(${name})`);
  const statement = db.prepare(
    `SELECT ${[...values, ...exact].join(', ')} FROM "${table.replaceAll('"', '""')}" ORDER BY ${[...values, ...exact].map((_, index) => index + 1).join(', ')}`,
  );
  statement.setReturnArrays(true);
  return statement.all();
}

export function only(results: readonly BackupResult[]): BackupResult {
  const [result] = results;
  if (result === undefined || results.length > 1) throw new Error(`${results.length} results instead of one`);
  return result;
}

/** There is nothing to do. */
const SELF_EVIDENT: ReadonlySet<string> = new Set(['job-stopped']);

/** Accepts the error with this code whose message says all of this; where nothing was changed, it says what to do. */
export function coded(code: string, ...says: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof RowferryError)) return false;
    if (error.code !== code || !says.every((text) => error.detail.includes(text))) {
      throw new Error(`${error.code}: ${error.detail}`, { cause: error });
    }
    if (error.detail.endsWith('Nothing was changed.') && !SELF_EVIDENT.has(code)) {
      assert.ok(error.hint !== undefined, `${error.code}: ${error.detail} It does not say what to do`);
    }
    return true;
  };
}
