import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { BackupResult, Backups, RestoreResult } from '../../../src/backup/backups.ts';
import { openBackups } from '../../../src/backup/open-backups.ts';
import { createLog } from '../../../src/log.ts';
import { only, SIGNING_KEY } from '../fixture.ts';

/** A home folder, a database of its own on a server, and backups of it. */
export interface ServerHome {
  readonly path: string;
  /** Of the role that the backups run as. */
  readonly url: string;
  readonly backups: Backups;
  /** As one who may do everything. */
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  backUp(table: string): Promise<BackupResult>;
  restore(table: string, backup: string, dryRun?: boolean): Promise<RestoreResult>;
}

const SOON_MS = 20_000;

/** What has to come while something else stands still; rejects with `what` when it does not. */
export async function soon<T>(work: Promise<T>, what: string): Promise<T> {
  const over = new AbortController();
  const late = wait(SOON_MS, undefined, { signal: over.signal }).then(() => assert.fail(what));
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

export type OpenHome = (t: TestContext, sql: string) => Promise<ServerHome>;

const made: Array<Pick<ServerHome, 'path' | 'backups'>> = [];

after(async () => {
  for (const { path, backups } of made) {
    await backups.close();
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
});

/** Goes away with the file of tests: its thread is started once. */
export async function serverHome(
  url: string,
  database: Pick<ServerHome, 'run' | 'rows'>,
): Promise<ServerHome> {
  const path = mkdtempSync(join(tmpdir(), 'rowferry-backup-'));
  const log = createLog({ destination: { write: () => undefined } });
  const config = { home: path, databaseUrl: url, backupSchedule: null };
  const backups = await openBackups({ config, log, signingKey: SIGNING_KEY });
  made.push({ path, backups });
  return {
    path,
    url,
    backups,
    ...database,
    backUp: async (table) => only(await backups.run([table])),
    restore: (table, backup, dryRun = false) => backups.restore({ table, source: { backup }, dryRun }),
  };
}
