import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUlid, ulid } from '../lib/ulid.ts';
import { backupsFolder } from './paths.ts';

/** The id of a home folder's backups, by which several servers of one database know who made the last run. */
export async function placeOf(home: string): Promise<string> {
  const folder = backupsFolder(home);
  const path = join(folder, '.place');
  const found = await read(path);
  if (isUlid(found)) return found;
  await mkdir(folder, { recursive: true });
  // Two that start at once write one of two ids, and both go by what is there afterwards.
  await writeFile(path, ulid(), { mode: 0o600 });
  return read(path);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
