import { createHash, type Hash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { RowferryError } from '../errors.ts';
import type { Source } from './source.ts';

export interface OpenOptions {
  /** Refuse a symbolic link in the last place of the path. */
  readonly noFollow?: boolean;
}

/** A file on its way: read at offsets into the caller's buffers, and watched for changes meanwhile. */
export class SourceFile implements Source {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #stats: BigIntStats;

  private constructor(path: string, handle: FileHandle, stats: BigIntStats) {
    this.path = path;
    this.name = basename(path);
    this.#handle = handle;
    this.#stats = stats;
    this.size = Number(stats.size);
  }

  /** Throws `file-unreadable`. O_NONBLOCK: opening a FIFO without a writer would otherwise wait for ever. */
  static async open(path: string, options: OpenOptions = {}): Promise<SourceFile> {
    const follow = options.noFollow === true ? constants.O_NOFOLLOW : 0;
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | follow).catch(
      (cause: NodeJS.ErrnoException) => {
        throw unreadable(path, because(cause), cause);
      },
    );
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return new SourceFile(path, handle, stats);
    await handle.close();
    throw unreadable(path, stats.isDirectory() ? 'is a folder, expected a file' : 'is not a regular file');
  }

  newHash(): Hash {
    return createHash('sha256');
  }

  async readAt(position: number, buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      const length = buffer.length - filled;
      const { bytesRead } = await this.#handle.read(buffer, filled, length, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  /** Size, time and inode are what they were at the start. */
  async assertUnchanged(): Promise<void> {
    const now = await this.#handle.stat({ bigint: true });
    const before = this.#stats;
    if (now.size === before.size && now.mtimeNs === before.mtimeNs && now.ino === before.ino) return;
    throw new RowferryError(
      'file-changed',
      `${this.path} changed while it was read (${before.size} bytes at first, ${now.size} now)`,
      { hint: 'wait until the program that writes it is done, then load it again' },
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function unreadable(path: string, detail: string, cause?: unknown): RowferryError {
  return new RowferryError('file-unreadable', `${path} ${detail}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}

function because(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'is not there';
  if (cause.code === 'EACCES') return 'may not be read by this user';
  if (cause.code === 'ELOOP') return 'is a symbolic link, expected a regular file';
  return `cannot be opened: ${cause.message}`;
}
