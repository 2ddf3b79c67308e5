import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { asDiskError } from '../lib/disk-error.ts';
import { ulid } from '../lib/ulid.ts';

/**
 * Private files (mode 0600) for content that is read more than once and does not lie on the disk as it is: what was
 * compressed, and standard input. They are named for their process, so that the next start can tell those of one that
 * was killed.
 */

/** On another host a process cannot be looked up: what is older than this is taken for left behind. */
const FOREIGN_DAYS_MS = 86_400_000;
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /^([0-9a-f]{8})-(\d+)-[0-9A-Z]{26}\.spool$/;

export interface Spooled {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export function spoolFolder(home: string): string {
  return join(home, 'data', 'work', 'spool');
}

export class Spool implements AsyncDisposable {
  readonly #folder: string;
  readonly #files = new Set<string>();
  /** The first folder that had to be made; null: all were there. */
  #made: string | null = null;

  constructor(home: string) {
    this.#folder = spoolFolder(home);
    process.on('exit', this.#atExit);
  }

  /**
   * Writes the chunks to a new file. When that fails nothing is left behind. Throws `disk-full`, and what the source
   * throws.
   */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<Spooled> {
    this.#made ??= (await mkdir(this.#folder, { recursive: true, mode: 0o700 })) ?? null;
    const path = join(this.#folder, `${HOST}-${process.pid}-${ulid()}.spool`);
    this.#files.add(path);
    try {
      return { path, ...(await writeNew(path, chunks)) };
    } catch (error) {
      await this.remove(path);
      throw asDiskError(
        error,
        `no room is left in ${this.#folder} for what is unpacked`,
        'free some space there, or choose another home with --home; nothing of it was loaded',
      );
    }
  }

  /** Whether it wrote this file, and did not remove it. */
  holds(path: string): boolean {
    return this.#files.has(path);
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    this.#files.delete(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#atExit);
    for (const path of [...this.#files]) await this.remove(path);
    if (this.#made !== null) await removeEmpty(this.#folder, this.#made);
  }

  /** A second Ctrl-C ends the process at once, past every `finally`. */
  readonly #atExit = (): void => {
    for (const path of this.#files) rmSync(path, { force: true });
  };
}

async function writeNew(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Pick<Spooled, 'sha256' | 'bytes'>> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await writeAll(file, chunk);
      bytes += chunk.length;
    }
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

/** From `folder` up to `top`, as far as nobody else put something there. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  for (let at = folder; at.startsWith(top); at = dirname(at)) {
    if (
      !(await rmdir(at).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

/** Removes what processes left that were killed while they unpacked. */
export async function sweepSpool(home: string): Promise<void> {
  const folder = spoolFolder(home);
  for (const name of await readdir(folder).catch(() => [])) {
    const [, host, pid] = NAME.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts !== null && isLeft(host, Number(pid), facts.mtimeMs)) await rm(path, { force: true });
  }
}

function isLeft(host: string, pid: number, writtenAt: number): boolean {
  if (host !== HOST) return writtenAt < Date.now() - FOREIGN_DAYS_MS;
  // In a container each process may be number 1.
  if (pid === process.pid) return writtenAt < Date.now() - process.uptime() * 1000;
  return !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
