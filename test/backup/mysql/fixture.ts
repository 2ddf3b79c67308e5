/** A home folder and a MySQL or MariaDB database of its own, and backups of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BackupResult, Backups, RestoreResult } from '../../../src/backup/backups.ts';
import { openBackups } from '../../../src/backup/open-backups.ts';
import { createLog } from '../../../src/log.ts';
import { databaseOf, run, valuesIn } from '../../database/mysql/fixture.ts';
import { only, SIGNING_KEY } from '../fixture.ts';

export interface MysqlHome {
  readonly path: string;
  /** Of the user that the backups run as. */
  readonly url: string;
  readonly backups: Backups;
  /** As a user who may do everything. */
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  backUp(table: string): Promise<BackupResult>;
  restore(table: string, backup: string, dryRun?: boolean): Promise<RestoreResult>;
}

/** `as`: the URL of the user that the backups run as; that of one who may do everything where left out. */
export async function mysqlHome(
  t: TestContext,
  sql: string,
  as: (url: string) => Promise<string> = async (url) => url,
): Promise<MysqlHome> {
  const admin = await databaseOf(sql);
  const url = await as(admin);
  const path = mkdtempSync(join(tmpdir(), 'rowferry-backup-'));
  const log = createLog({ destination: { write: () => undefined } });
  const config = { home: path, databaseUrl: url, backupSchedule: null };
  const backups = await openBackups({ config, log, signingKey: SIGNING_KEY });
  t.after(async () => {
    await backups.close();
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    path,
    url,
    backups,
    run: (statements) => run(admin, statements),
    rows: (query) => valuesIn(admin, query),
    backUp: async (table) => only(await backups.run([table])),
    restore: (table, backup, dryRun = false) => backups.restore({ table, source: { backup }, dryRun }),
  };
}

const TEXTS = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'uuid',
]);
const NUMBERS = /^(?:(?:tiny|small|medium|big)?int|decimal|year|bit)$/;

/** Every row with the bytes of each value, in an order of their own. */
export async function contentOf(home: MysqlHome, table: string): Promise<unknown[][]> {
  const columns = await home.rows(
    `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  const values = columns.map(([name, type]) =>
    valueSql(`\`${String(name).replaceAll('`', '``')}\``, String(type)),
  );
  const order = values.map((_, index) => index + 1).join(', ');
  return home.rows(`SELECT ${values.join(', ')} FROM \`${table}\` ORDER BY ${order}`);
}

function valueSql(column: string, type: string): string {
  if (type === 'float' || type === 'double') return `CAST(${column} * 1e0 AS CHAR)`;
  if (NUMBERS.test(type)) return `CAST(${column} + 0 AS CHAR)`;
  if (TEXTS.has(type)) return `HEX(CONVERT(${column} USING utf8mb4))`;
  return /^(?:date|time|datetime|timestamp|inet6)$/.test(type) ? `CAST(${column} AS CHAR)` : `HEX(${column})`;
}
