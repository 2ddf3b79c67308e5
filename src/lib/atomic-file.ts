import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface AtomicFileOptions {
  /** Permission bits of a new file; default 0o644 (less the umask). */
  readonly mode?: number;
}

/** Longer than any file is written for. */
const SWEPT_AFTER_MS = 24 * 60 * 60 * 1000;

/** A file that is being written beside its place. */
export interface AtomicFile {
  readonly file: FileHandle;
  /** Puts it in its place, durably, in one step. When that fails nothing is left behind and an older file stays. */
  commit(): Promise<void>;
  /** Leaves nothing behind; an older file stays. */
  discard(): Promise<void>;
}

/**
 * A file that is there whole or not at all: what is written goes to a temporary file in the same folder, which is
 * fsynced and renamed onto `path`. The folder is made when missing and fsynced, since a rename is durable only when
 * its folder is. To be ended by `commit` or `discard`.
 */
export async function openAtomic(path: string, options: AtomicFileOptions = {}): Promise<AtomicFile> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', options.mode ?? 0o644);
  const discard = async (): Promise<void> => {
    await file.close();
    await rm(temporary, { force: true });
  };
  const commit = async (): Promise<void> => {
    try {
      await file.sync();
      await file.close();
      await rename(temporary, path);
    } catch (error) {
      await discard();
      throw error;
    }
    await syncFolder(folder);
  };
  return { file, commit, discard };
}

/** `write` fills the file; when it rejects nothing is left behind and an older file stays. */
export async function writeAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  options: AtomicFileOptions = {},
): Promise<void> {
  const atomic = await openAtomic(path, options);
  try {
    await write(atomic.file);
  } catch (error) {
    await atomic.discard();
    throw error;
  }
  await atomic.commit();
}

/** Whether a process that was killed may have left this file beside the place it was for. */
export function isTemporary(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Removes what processes that were killed left in a folder and those below it: what nobody wrote to for a day. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const limit = Date.now() - SWEPT_AFTER_MS;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (!isTemporary(basename(name))) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts?.isFile() && facts.mtimeMs < limit) await rm(path, { force: true });
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
