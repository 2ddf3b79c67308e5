import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isTemporary } from '../lib/atomic-file.ts';
import { MANIFEST, manifestPath, PARTIAL } from './paths.ts';

/** Takes away what was written of a backup that did not get its name; `path` is the name it would have had. */
export async function discardPartial(path: string): Promise<void> {
  if (!existsSync(path)) await rm(manifestPath(path), { force: true });
  await rm(path + PARTIAL, { force: true });
}

/** What killed runs left behind. Only while no one is writing. */
export async function sweepPartials(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const stale = names.filter((name) => name.endsWith(PARTIAL));
  await Promise.all(stale.map((name) => discardPartial(join(folder, name.slice(0, -PARTIAL.length)))));
  const manifests = names.filter((name) => name.includes(MANIFEST) && isTemporary(basename(name)));
  await Promise.all(manifests.map((name) => rm(join(folder, name), { force: true })));
}
