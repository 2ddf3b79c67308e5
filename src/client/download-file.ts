import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RowferryError } from '../errors.ts';
import { syncFolder } from '../lib/atomic-file.ts';
import { inputOf, readFully, sinkOf } from '../lib/byte-file.ts';
import { asDiskError } from '../lib/disk-error.ts';
import type { Hash } from './source.ts';

/** A download as a file: `PATH.partial` until all of it came and its SHA-256 is right. */

export const PARTIAL = '.partial';

const READ_BYTES = 1 << 20;

/** The content from an offset on; `hash` has had what comes before it. */
type ContentFrom = (offset: number, hash: Hash) => AsyncIterable<Uint8Array>;

/**
 * Goes on with a partial file that an earlier download left. Where that turns out to be part of something else, the
 * download starts anew. What came before a failure is kept for the next time, unless its SHA-256 was wrong.
 */
export async function downloadTo(path: string, bytes: number, content: ContentFrom): Promise<void> {
  const partial = path + PARTIAL;
  const file = await open(partial, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const there = await sizeOf(file, bytes);
    await fill(file, there, content).catch(async (error: unknown) => {
      if (there === 0 || !isWrong(error)) throw error;
      await file.truncate(0);
      await fill(file, 0, content);
    });
    await file.sync();
  } catch (error) {
    if (isWrong(error)) await rm(partial, { force: true });
    throw asDiskError(
      error,
      `no room for ${path}`,
      'free some space and type the same again: it goes on where it stopped',
    );
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** How much is there already; more than there can be is nothing. */
async function sizeOf(file: FileHandle, most: number): Promise<number> {
  const { size } = await file.stat();
  if (size <= most) return size;
  await file.truncate(0);
  return 0;
}

async function fill(file: FileHandle, from: number, content: ContentFrom): Promise<void> {
  const hash = createHash('sha256');
  const input = inputOf(file);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let left = from; left > 0; ) {
    const length = await readFully(input, buffer, Math.min(left, buffer.length));
    if (length === 0)
      throw new RowferryError('file-changed', 'the partial file became shorter while it was read');
    hash.update(buffer.subarray(0, length));
    left -= length;
  }
  const sink = sinkOf(file);
  let at = from;
  for await (const chunk of content(from, hash)) {
    await sink.write(chunk, at);
    at += chunk.length;
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof RowferryError && error.code === 'backup-checksum';
}
