import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashedFile } from '../client/source-file.ts';

/**
 * The SHA-256 of the first large file of a `rowferry load`, made in a thread of its own while the program is still being
 * read, which takes longer. This module is loaded before all others, so it needs none of them.
 */

/** What the thread says: bytes that it has read, and at the end what it found. */
export type FromHashThread = { readonly bytes: number } | { readonly hashed: HashedFile };

/** A smaller file is read in no time. */
const LEAST_BYTES = 8 << 20;
const PACKED = /\.(?:gz|zst|zip)$/i;
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

interface UnderWay {
  readonly path: string;
  readonly worker: Worker;
  readonly hashed: Promise<HashedFile | null>;
  onRead: (bytes: number) => void;
}

let underWay: UnderWay | null = null;

/** Starts on the first file of a command line that is worth it. */
export function hashAhead([command, ...parameters]: readonly string[]): void {
  if (command !== 'load') return;
  const path = parameters.find((each) => !each.startsWith('-') && isLarge(each));
  if (path !== undefined) underWay = start(resolve(path));
}

function isLarge(path: string): boolean {
  const stats = PACKED.test(path) ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size >= LEAST_BYTES;
}

/** What was found of a file, or will be; null where nothing was begun, or it went wrong: it is to be read then. */
export async function hashedAhead(path: string, onRead: (bytes: number) => void): Promise<HashedFile | null> {
  if (underWay === null || underWay.path !== resolve(path)) return null;
  underWay.onRead = onRead;
  underWay.worker.ref();
  return underWay.hashed;
}

function start(path: string): UnderWay {
  const worker = new Worker(new URL(`./hash-thread.${ENDING}`, import.meta.url), { workerData: path });
  const { promise, resolve: end } = Promise.withResolvers<HashedFile | null>();
  const started: UnderWay = { path, worker, hashed: promise, onRead: () => {} };
  worker.on('message', (said: FromHashThread) => {
    if ('hashed' in said) end(said.hashed);
    else started.onRead(said.bytes);
  });
  worker.on('error', () => end(null));
  worker.on('exit', () => end(null));
  // A command that ends before does not wait for it.
  worker.unref();
  return started;
}
