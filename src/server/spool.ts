import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asDiskError } from '../lib/disk-error.ts';
import { releaseOwn } from '../lib/release.ts';
import { ulid } from '../lib/ulid.ts';
import type { Chunks } from '../seal/ece-streams.ts';
import { announcedLength, streamBody, tooLarge } from './body.ts';
import { compressionOf } from './content-coding.ts';
import { inflate, mostCompressed } from './inflate.ts';
import type { Limits } from './limits.ts';
import { mostSealed, openWhileReading } from './sealed-bodies.ts';
import type { Request } from './services.ts';

export interface Spooled {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  /** What came before the file: kept in memory alone. */
  readonly secret: Buffer;
}

export interface SpoolOptions {
  /** Bytes at the start of the body that are not part of the file; default 0. */
  readonly secretBytes?: number;
}

/**
 * Writes the body, opened and inflated, to a file of its own (mode 0600) in the folder, calls `use` with it
 * and removes it, whatever became of it. Throws as readBody does, `seal-body-invalid` and `disk-full`.
 */
export async function withSpooledBody<T>(
  { raw, seal }: Request,
  folder: string,
  limits: Limits,
  use: (file: Spooled) => Promise<T>,
  { secretBytes = 0 }: SpoolOptions = {},
): Promise<T> {
  const limit = limits.restoreBytes;
  const compression = compressionOf(raw, seal !== null);
  const received = compression === null ? limit : mostCompressed(limit);
  announcedLength(raw, seal === null ? received : mostSealed(seal, received));
  await mkdir(folder, { recursive: true });
  const path = join(folder, `upload-${ulid()}.avro`);
  try {
    const opened = openWhileReading(seal, streamBody(raw, limits));
    const body = compression === null ? opened : inflate(opened, compression);
    const { first, rest } = await takeFirst(body, secretBytes);
    return await use({ path, sha256: await spool(rest, path, limit), secret: first });
  } finally {
    await rm(path, { force: true });
  }
}

/** The first so many bytes, fewer where there are no more, and what comes after them. */
async function takeFirst(source: Chunks, bytes: number): Promise<{ first: Buffer; rest: Chunks }> {
  if (bytes === 0) return { first: Buffer.alloc(0), rest: source };
  const chunks = iterate(source);
  let start = Buffer.alloc(0);
  while (start.length < bytes) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
  }
  const first = Buffer.from(start.subarray(0, bytes));
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield start.subarray(bytes);
    yield* chunks;
  }
  return { first, rest: rest() };
}

async function* iterate(source: Chunks): AsyncGenerator<Uint8Array> {
  yield* source;
}

async function spool(source: Chunks, path: string, limit: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge(limit);
      hash.update(chunk);
      await file.writeFile(chunk);
      // Chunks of many uploads at a time would wait for the garbage collector by the hundred.
      releaseOwn(chunk);
    }
  } catch (error) {
    throw asDiskError(
      error,
      'there is no room to keep the uploaded file',
      'free some space under data/work and send it again',
    );
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** Uploads of a process that was killed; one that is still being written is younger than a day. */
export async function sweepUploads(home: string): Promise<void> {
  const folder = uploadFolder(home);
  const names = await readdir(folder).catch(() => []);
  const limit = Date.now() - 86_400_000;
  for (const name of names) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts?.isFile() && facts.mtimeMs < limit) await rm(path, { force: true });
  }
}

export function uploadFolder(home: string): string {
  return join(home, 'data', 'work', 'uploads');
}
