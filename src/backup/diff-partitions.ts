import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asDiskError } from '../lib/disk-error.ts';

/**
 * Rows of any number, spread over files by what they are compared by: as many as fit into memory stand in one file.
 * Only hashes are written, salted for one comparison: no value of a row reaches the disk.
 */

/** Of the key of a row, and of the whole row. */
export const HASH_BYTES = 16;
const ENTRY_BYTES = 2 * HASH_BYTES;
/** Entries of one side that are held in memory at a time, on average. */
const ENTRIES_A_FILE = 200_000;
/** One byte of the hash tells the file. */
const MOST_FILES = 256;
const BUFFER_ENTRIES = 1024;

/** Key and row of one entry, each 16 bytes as latin1 text. */
export interface Entry {
  readonly key: string;
  readonly row: string;
}

interface Part {
  readonly path: string;
  readonly file: FileHandle;
  readonly buffer: Buffer;
  used: number;
}

/** The rows of one side. */
export class Partitions {
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  static async create(folder: string, side: string, count: number): Promise<Partitions> {
    const parts: Part[] = [];
    for (let index = 0; index < count; index++) {
      const path = join(folder, `${side}${index}`);
      const buffer = Buffer.allocUnsafe(BUFFER_ENTRIES * ENTRY_BYTES);
      parts.push({ path, file: await open(path, 'wx', 0o600), buffer, used: 0 });
    }
    return new Partitions(parts);
  }

  /** Resolves when there is room for the next; null: there is. */
  add({ key, row }: Entry): Promise<void> | null {
    const part = this.#parts[key.charCodeAt(0) % this.#parts.length];
    if (part === undefined) return null;
    part.buffer.write(key, part.used, 'latin1');
    part.buffer.write(row, part.used + HASH_BYTES, 'latin1');
    part.used += ENTRY_BYTES;
    return part.used < part.buffer.length ? null : flush(part);
  }

  async finish(): Promise<void> {
    for (const part of this.#parts) {
      await flush(part);
      await part.file.close();
    }
  }

  async *entries(index: number): AsyncGenerator<Entry> {
    const path = this.#parts[index]?.path ?? '';
    const highWaterMark = BUFFER_ENTRIES * ENTRY_BYTES;
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark })) {
      const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
        const middle = at + HASH_BYTES;
        yield {
          key: bytes.toString('latin1', at, middle),
          row: bytes.toString('latin1', middle, at + ENTRY_BYTES),
        };
      }
      rest = Buffer.from(bytes.subarray(at));
    }
  }
}

async function flush(part: Part): Promise<void> {
  const used = part.buffer.subarray(0, part.used);
  part.used = 0;
  await part.file.appendFile(used).catch((error: unknown) => {
    const hint = 'free some space there, or name another folder with TMPDIR';
    throw asDiskError(error, `no room in ${tmpdir()} to compare the backups`, hint);
  });
}

export function filesFor(rows: number): number {
  return Math.min(MOST_FILES, Math.max(1, Math.ceil(rows / ENTRIES_A_FILE)));
}

/** A private folder that goes away with the work, whatever becomes of it. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-diff-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
