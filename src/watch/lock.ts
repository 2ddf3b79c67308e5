import { readFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { RowferryError } from '../errors.ts';
import { asDiskError } from '../lib/disk-error.ts';
import { ulid } from '../lib/ulid.ts';
import { errnoOf } from './claim.ts';

/**
 * One watcher for one folder: a lock file that names its process. Node has no flock; a lock whose process is gone
 * is taken over, so that a kill -9 needs no cleaning up. On another host (containers that share a volume) a process
 * cannot be looked up: there the lock counts while its file is touched.
 */
const TOUCHED_WITHIN_MS = 60_000;

interface Holder {
  readonly pid: number;
  /** When the process started, in the system's own terms: a pid is given out again. Null: not known here. */
  readonly start: string | null;
  readonly host: string;
  /** Each lock is a different one, also within a process. */
  readonly token: string;
}

export interface Lock {
  /** Shows others that the lock is held. False: another process took it over. */
  touch(): Promise<boolean>;
  release(): Promise<void>;
}

/** Throws `lock-timeout` naming the holder. */
export async function takeLock(path: string): Promise<Lock> {
  const mine = JSON.stringify(thisProcess());
  if (!(await create(path, mine))) await takeOver(path, mine);
  return {
    touch: async () => {
      if ((await contentOf(path)) !== mine) return false;
      await utimes(path, new Date(), new Date());
      return true;
    },
    release: async () => {
      if ((await contentOf(path)) === mine) await rm(path, { force: true });
    },
  };
}

async function create(path: string, content: string): Promise<boolean> {
  const file = await openNew(path);
  if (file === null) return false;
  try {
    await file.writeFile(content);
  } catch (error) {
    // Without content it would pass for the lock of another that is about to write.
    await rm(path, { force: true });
    throw asDiskError(error, `no room left for ${path}`, 'free some space, then type the same again');
  } finally {
    await file.close();
  }
  return true;
}

/** Null when it is there already. */
async function openNew(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return null;
    throw error;
  }
}

/** Two that find the same dead lock must not both replace it: who makes the second file may. */
async function takeOver(path: string, mine: string): Promise<void> {
  const found = await contentOf(path);
  const released = found === null && (await create(path, mine));
  if (released) return;
  if (found === null || (await isHeld(path, holderIn(found)))) throw held(path, holderIn(found));
  const taking = `${path}.taking`;
  if (!(await create(taking, mine))) {
    if (!(await isTouched(taking))) await rm(taking, { force: true });
    throw held(path, null);
  }
  try {
    // Another may have been through here since it was read.
    if ((await contentOf(path)) !== found) throw held(path, holderIn(await contentOf(path)));
    await rename(taking, path);
  } catch (error) {
    await rm(taking, { force: true });
    throw error;
  }
}

async function isHeld(path: string, holder: Holder | null): Promise<boolean> {
  // A lock without content is one that is being written, or was when its process was killed.
  if (holder === null || holder.host !== hostname()) return await isTouched(path);
  return isRunning(holder.pid) && (holder.start === null || holder.start === startOf(holder.pid));
}

async function isTouched(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs < TOUCHED_WITHIN_MS;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function thisProcess(): Holder {
  return { pid: process.pid, start: startOf(process.pid), host: hostname(), token: ulid() };
}

/** Field 22 of /proc/<pid>/stat, in clock ticks since the boot; the name before it may hold spaces and brackets. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function holderIn(content: string | null): Holder | null {
  try {
    const parsed: unknown = JSON.parse(content ?? '');
    return isHolder(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number';
}

async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function held(path: string, holder: Holder | null): RowferryError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new RowferryError('lock-timeout', `the folder is already watched by ${who} (${path})`, {
    hint: 'stop that rowferry, or give this one a folder of its own: --home DIR',
  });
}
