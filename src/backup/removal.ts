import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../lib/atomic-file.ts';
import { manifestPath } from './paths.ts';

/** Takes a backup away, its file and its manifest. What a crash cuts short is finished by the next sweep. */

const REMOVED = '.removed';

/**
 * The file loses its name first, in one step: from then on there is no such backup, and what is left of it is known to
 * be on its way out. `path` is that of the file.
 */
export async function removeBackup(path: string): Promise<void> {
  await rename(path, path + REMOVED);
  await syncFolder(dirname(path));
  await finish(path);
}

/** Finishes what was cut short. Only while no one else is at work. */
export async function sweepRemovals(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((each) => each.endsWith(REMOVED))) {
    await finish(join(folder, name.slice(0, -REMOVED.length)));
  }
}

async function finish(path: string): Promise<void> {
  await rm(manifestPath(path), { force: true });
  await rm(path + REMOVED, { force: true });
}
