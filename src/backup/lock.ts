import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockProcesses } from '../database/sqlite/process-lock.ts';
import { RowferryError } from '../errors.ts';
import { sweepPartials } from './partial.ts';
import { backupsFolder } from './paths.ts';
import { sweepRemovals } from './removal.ts';

/** Holds the backups of a home folder against other processes, and sweeps away what dead ones left. */

/** How long to wait for another process. Milliseconds. */
const LOCK_TIMEOUT_MS = 10_000;

export async function withBackupsLocked<T>(
  home: string,
  work: () => Promise<T>,
  timeoutMs = LOCK_TIMEOUT_MS,
): Promise<T> {
  const folder = backupsFolder(home);
  mkdirSync(folder, { recursive: true });
  const lock = lockProcesses(join(folder, '.lock'), timeoutMs, 'on the backups of this home folder');
  try {
    await sweepPartials(folder);
    await sweepRemovals(folder);
    return await work();
  } finally {
    lock.release();
  }
}

/** Sweeps, unless another process is at work: what looks left behind may be what it is writing. */
export async function sweepIfIdle(home: string): Promise<void> {
  if (!existsSync(backupsFolder(home))) return;
  try {
    await withBackupsLocked(home, async () => undefined, 0);
  } catch (error) {
    if (!(error instanceof RowferryError) || error.code !== 'lock-timeout') throw error;
  }
}
