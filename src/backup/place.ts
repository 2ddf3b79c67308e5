import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../lib/backoff.ts';
import { isUlid, ulid } from '../lib/ulid.ts';
import { backupsFolder } from './paths.ts';

/** What one that was faster has to write is a few bytes: this often is looked for them, each time after this pause. */
const LOOKS = 50;
const PAUSE_MS = 20;

/** The id of a home folder's backups, by which several servers of one database know who made the last run. */
export async function placeOf(home: string): Promise<string> {
  const folder = backupsFolder(home);
  const path = join(folder, '.place');
  const there = await read(path);
  if (isUlid(there)) return there;
  await mkdir(folder, { recursive: true });
  // Of several that start at once one makes the file, and the others go by what it writes.
  if (await isMade(path)) return read(path);
  for (let look = 0; look < LOOKS; look++) {
    const found = await read(path);
    if (isUlid(found)) return found;
    await pause(PAUSE_MS);
  }
  // Whoever made it was killed before it wrote.
  await writeFile(path, ulid());
  return read(path);
}

/** False when it is there already. */
async function isMade(path: string): Promise<boolean> {
  try {
    await writeFile(path, ulid(), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (isCoded(error, 'EEXIST')) return false;
    throw error;
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCoded(error, 'ENOENT')) return '';
    throw error;
  }
}

const isCoded = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
