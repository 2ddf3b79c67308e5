/**
 * What a kill (-9) would leave at each step of some work on files: a copy of the folder before and after each call that
 * changes one. The page cache outlives the process, so that a copy is what the next process would find.
 */
import { cpSync, promises, readdirSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { JobPlace } from '../../src/backup/jobs.ts';
import { runJob } from '../../src/backup/jobs.ts';
import type { BackupsOptions } from '../../src/backup/open-backups.ts';

/** Jobs in the thread of the test, whose calls can be watched. */
export const jobsHere: NonNullable<BackupsOptions['runJobs']> = (place: JobPlace) => ({
  run: async (job) => (await runJob(place, job)) as never,
  stop: async () => undefined,
});

const CHANGES = ['open', 'rename', 'rm'] as const;
const FILE_CHANGES = ['write', 'writeFile', 'truncate', 'sync'] as const;

/** Runs `work`, and gives the paths of the copies of `folder`, in `into`, one for each state that it went through. */
export async function everyStep(
  folder: string,
  into: string,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const copies: string[] = [];
  let last = '';
  const look = (): void => {
    const state = stateOf(folder);
    if (state === last) return;
    last = state;
    const copy = join(into, String(copies.length));
    cpSync(folder, copy, { recursive: true });
    copies.push(copy);
  };
  const handle = Object.getPrototypeOf(await probe(folder));
  const undo = [...watch(promises, CHANGES, look), ...watch(handle, FILE_CHANGES, look)];
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const each of undo) each();
    syncBuiltinESMExports();
  }
  look();
  return copies;
}

async function probe(folder: string): Promise<object> {
  const path = join(folder, '.probe');
  const file = await promises.open(path, 'w');
  await file.close();
  rmSync(path);
  return file;
}

/** Calls `look` before and after each of these methods; gives what puts them back. */
function watch(object: object, names: readonly string[], look: () => void): Array<() => void> {
  return names.map((name) => {
    const method: unknown = Reflect.get(object, name);
    if (typeof method !== 'function') throw new TypeError(`there is no ${name}`);
    const watched = async function (this: unknown, ...values: unknown[]): Promise<unknown> {
      look();
      try {
        return await Reflect.apply(method, this, values);
      } finally {
        look();
      }
    };
    Reflect.set(object, name, watched);
    return () => void Reflect.set(object, name, method);
  });
}

/** Names and contents; the file of the lock aside, which holds nothing. */
function stateOf(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.lock'))
    .map((entry) => join(entry.parentPath, entry.name));
  return JSON.stringify(entries.sort().map((path) => [path, readFileSync(path).toString('latin1')]));
}
