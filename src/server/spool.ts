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
    return await use({ path, sha256: await spool(body, path, limit) });
  } finally {
    await rm(path, { force: true });
  }
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
