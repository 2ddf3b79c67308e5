import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { RowferryError } from '../errors.ts';
import { ulid } from '../lib/ulid.ts';
import { announcedLength, eachChunk, tooLarge } from './body.ts';
import type { Limits } from './limits.ts';

export interface Spooled {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Writes the body to a file of its own (mode 0600) in the folder, calls `use` with it and removes it, whatever
 * became of it. Throws as readBody does, and `disk-full`.
 */
export async function withSpooledBody<T>(
  request: IncomingMessage,
  folder: string,
  limits: Limits,
  use: (file: Spooled) => Promise<T>,
): Promise<T> {
  announcedLength(request, limits.restoreBytes);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `upload-${ulid()}.avro`);
  try {
    return await use({ path, sha256: await spool(request, path, limits) });
  } finally {
    await rm(path, { force: true });
  }
}

async function spool(request: IncomingMessage, path: string, limits: Limits): Promise<string> {
  const hash = createHash('sha256');
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const fault = faultOf(file, request);
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > limits.restoreBytes) throw tooLarge(limits.restoreBytes);
    fault.rethrow();
    hash.update(chunk);
    if (file.write(chunk)) return;
    request.pause();
    file.once('drain', () => request.resume());
  };
  try {
    await eachChunk(request, limits, take);
    file.end();
    await finished(file).catch(() => fault.rethrow());
  } finally {
    file.destroy();
  }
  return hash.digest('hex');
}

/** A file that fails while the request waits for it must wake the request, or it would wait for ever. */
function faultOf(file: WriteStream, request: IncomingMessage): { rethrow(): void } {
  let fault: NodeJS.ErrnoException | null = null;
  file.on('error', (error: NodeJS.ErrnoException) => {
    fault = error;
    request.resume();
  });
  return {
    rethrow() {
      if (fault === null) return;
      if (fault.code !== 'ENOSPC') throw fault;
      throw new RowferryError('disk-full', 'there is no room to keep the uploaded file', {
        hint: 'free some space under data/work and send it again',
        cause: fault,
      });
    },
  };
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
