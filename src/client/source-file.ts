import { createHash, type Hash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { RowferryError } from '../errors.ts';
import type { Source } from './source.ts';

/** The SHA-256 of a file, and what the file was then. */
export interface HashedFile {
  /** Hex. */
  readonly sha256: string;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/** Of a file whose SHA-256 was begun elsewhere; null where it was not. */
export type HashedElsewhere = (onRead: (bytes: number) => void) => Promise<HashedFile | null>;

export interface OpenOptions {
  /** Refuse a symbolic link in the last place of the path. */
  readonly noFollow?: boolean;
  readonly hashed?: HashedElsewhere | undefined;
}

/** A file on its way: read at offsets into the caller's buffers, and watched for changes meanwhile. */
export class SourceFile implements Source {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #stats: BigIntStats;
  readonly #hashed: HashedElsewhere | undefined;

  private constructor(path: string, handle: FileHandle, stats: BigIntStats, hashed?: HashedElsewhere) {
    this.path = path;
    this.name = basename(path);
    this.#handle = handle;
    this.#stats = stats;
    this.#hashed = hashed;
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
    if (stats.isFile()) return new SourceFile(path, handle, stats, options.hashed);
    await handle.close();
    throw unreadable(path, stats.isDirectory() ? 'is a folder, expected a file' : 'is not a regular file');
  }

  /** Of no use where the file was another one then. */
  async hashed(onRead: (bytes: number) => void): Promise<string | null> {
    const found = (await this.#hashed?.(onRead)) ?? null;
    return found !== null && isSame(found, this.#stats) ? found.sha256 : null;
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
    if (isSame(now, before)) return;
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

type Look = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>;

const isSame = (a: Look, b: Look): boolean => a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino;

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
