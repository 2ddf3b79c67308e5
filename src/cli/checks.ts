import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import { LEDGER_VERSION, ledgerVersion } from '../ledger/migrate.ts';
import type { Table } from '../model/table.ts';
import { plural, size } from './format.ts';
import { databaseFile } from './local-server.ts';

/** One finding of `rowferry doctor`. */
export interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The command that mends it; of one that is ok, what has to be done soon; null when nothing has. */
  readonly mend: string | null;
}

const LEAST_FREE_BYTES = 200e6;

export function good(check: string, detail: string): Check {
  return { check, ok: true, detail, mend: null };
}

export function soon(check: string, detail: string, mend: string): Check {
  return { check, ok: true, detail, mend };
}

export function bad(check: string, detail: string, mend: string): Check {
  return { check, ok: false, detail, mend };
}

/** A configuration that is not valid has ended the command before this. */
export function checkSettings(config: Config): Check {
  return good('settings', config.file ?? 'no rowferry.config.json: defaults, flags and environment');
}

/** The folder itself, or the nearest one above that is there, since it is made when missing. */
export async function checkHome({ home }: Config): Promise<Check> {
  const found = nearestFolder(home);
  try {
    accessSync(found, constants.W_OK | constants.X_OK);
    return good('home', found === home ? `${home} can be written` : `${home} will be made`);
  } catch {
    return bad('home', `${found} cannot be written by this user`, `sudo chown "$(id -un)" ${found}`);
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

export async function checkDisk({ home }: Config): Promise<Check> {
  const { bavail, bsize } = await statfs(nearestFolder(home));
  const free = bavail * bsize;
  const detail = `${size(free)} free at ${home}`;
  if (free >= LEAST_FREE_BYTES) return good('disk', detail);
  return bad(
    'disk',
    `${detail}; expected ${size(LEAST_FREE_BYTES)}`,
    `du -sh ${join(home, 'backups')} ${join(home, 'data')}`,
  );
}

export async function checkDatabase(config: Config): Promise<Check[]> {
  const file = databaseFile(config);
  if (file !== null && !existsSync(file)) {
    if (config.databaseIsDefault)
      return [good('database', `${file} will be made, with example tables, by: rowferry up`)];
    const mend = `rowferry plan FILE… --apply   (or: sqlite3 ${file} < your-tables.sql)`;
    return [bad('database', `there is no database at ${file}`, mend)];
  }
  try {
    return await checkTables(config.databaseUrl);
  } catch (error) {
    const hint = error instanceof RowferryError ? error.hint : undefined;
    return [bad('database', error instanceof Error ? error.message : String(error), hint ?? 'rowferry init')];
  }
}

async function checkTables(url: string): Promise<Check[]> {
  const connection = await openDatabase(url, { readOnly: true, lockTimeoutMs: 2000 });
  try {
    const ledger = checkLedger(await ledgerVersion(connection));
    const tables = tablesFound(await connection.introspect());
    const checks = [good('database', `${connection.engine.name} answers`), ledger, tables];
    for (const { name, ask } of connection.engine.checks) {
      checks.push({ check: name, ...(await ask(connection)) });
    }
    return checks;
  } finally {
    await connection.close();
  }
}

function tablesFound(tables: readonly Table[]): Check {
  const names = tables.map(({ name }) => name).join(', ');
  if (tables.length > 0) return good('tables', `${plural(tables.length, 'table')}: ${names}`);
  return bad('tables', 'the database has no tables to load into', 'make them with your own DDL');
}

export function checkLedger(version: number): Check {
  if (version === 0) return good('ledger', 'will be made at the first start');
  const found = `version ${version}`;
  if (version === LEDGER_VERSION) return good('ledger', found);
  if (version < LEDGER_VERSION)
    return good('ledger', `${found}, brought to ${LEDGER_VERSION} at the next start`);
  return bad('ledger', `${found}; this program knows ${LEDGER_VERSION}`, 'npm install rowferry@latest');
}

export function checkPort({ host, port }: Config): Promise<Check> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const detail = taken
        ? `port ${port} on ${host} is used by another program`
        : `${host}:${port}: ${error.message}`;
      resolve(bad('port', detail, `rowferry up --port ${port < 65_535 ? port + 1 : 5001}`));
    });
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(good('port', `${host}:${port} is free`)));
    });
  });
}
