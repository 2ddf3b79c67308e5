import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface AtomicFileOptions {
  /** Permission bits of a new file; default 0o644 (less the umask). */
  readonly mode?: number;
}

/**
 * A file that is there whole or not at all: `write` fills a temporary file in the same folder, which is
 * fsynced and renamed onto `path`. When `write` rejects nothing is left behind and an older file stays.
 * The folder is made when missing and fsynced, since a rename is durable only when its folder is.
 */
export async function writeAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  options: AtomicFileOptions = {},
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o644);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
