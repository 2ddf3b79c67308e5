import type { MessagePort } from 'node:worker_threads';
import type { Engine } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { type Lane, type LaneThread, openPreparer, openWriterThread, type WriterThread } from './lane.ts';
import type { LaneOps } from './lane-ops.ts';
import type { RunAgain } from './persistently.ts';
import type { PrepareOps } from './prepare-ops.ts';

/** Bodies that may be under way at once, together; what is more is refused until there is room. */
const MOST_BYTES = 96 << 20;

/** As many as work on the parts of one load at a time. */
const WRITERS_AT_FIRST = 2;
/** A thread costs some 15 MB, and a writer mostly waits for its database. */
const WRITERS_A_THREAD = 2;

/**
 * The lanes of one database. The writers write, as many as `lanes` where several connections can write at a time, and
 * one elsewhere; from the third on each is opened when those before it are busy. The others prepare, so that a part is
 * scanned while the one before it commits. What belongs to one load is put in its order by the caller.
 */
export class Pool {
  readonly #databaseUrl: string;
  readonly #onAgain: (again: RunAgain) => void;
  readonly #mostWriters: number;
  readonly #threads: WriterThread[] = [];
  readonly #writers: Lane<LaneOps>[];
  readonly #preparerThreads: readonly LaneThread<PrepareOps>[];
  readonly #preparers: readonly Lane<PrepareOps>[];
  #bytes = 0;

  constructor(
    databaseUrl: string,
    { capabilities }: Engine,
    { lanes, onAgain }: { readonly lanes: number; readonly onAgain: (again: RunAgain) => void },
  ) {
    this.#databaseUrl = databaseUrl;
    this.#onAgain = onAgain;
    this.#mostWriters = capabilities.singleWriter ? 1 : lanes;
    const first = Math.min(this.#mostWriters, WRITERS_AT_FIRST);
    this.#writers = Array.from({ length: first }, () => this.#openWriter());
    this.#preparerThreads = Array.from({ length: Math.max(1, lanes - 1) }, () => openPreparer(databaseUrl));
    this.#preparers = this.#preparerThreads.map((thread) => thread.open(onAgain));
  }

  /** Two parts can be written at a time. */
  get severalWriters(): boolean {
    return this.#mostWriters > 1;
  }

  write<Op extends keyof LaneOps>(
    op: Op,
    argument: Parameters<LaneOps[Op]>[1],
    transfer?: readonly (ArrayBuffer | MessagePort)[],
  ): ReturnType<LaneOps[Op]> {
    return this.#writer().call(op, argument, transfer);
  }

  prepare(
    part: Parameters<PrepareOps['prepare']>[1],
    transfer: readonly ArrayBuffer[],
  ): ReturnType<PrepareOps['prepare']> {
    return leastBusy(this.#preparers).call('prepare', part, transfer);
  }

  /** Runs work that holds a body of so many bytes in memory; `overloaded` when there is no room for it. */
  async admit<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#bytes > 0 && this.#bytes + bytes > MOST_BYTES) {
      throw new RowferryError('overloaded', `${this.#bytes} bytes of other requests are under way`, {
        hint: 'send again a little later',
        retryAfterSeconds: 1,
      });
    }
    this.#bytes += bytes;
    try {
      return await work();
    } finally {
      this.#bytes -= bytes;
    }
  }

  /** What waits to be tried again fails at once. */
  stopWaiting(): void {
    for (const lane of this.#writers) lane.stopWaiting();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads, ...this.#preparerThreads].map((thread) => thread.close()));
  }

  #openWriter(): Lane<LaneOps> {
    const last = this.#threads.at(-1);
    if (last !== undefined && last.lanes < WRITERS_A_THREAD) return last.open(this.#onAgain);
    const thread = openWriterThread(this.#databaseUrl);
    this.#threads.push(thread);
    return thread.open(this.#onAgain);
  }

  /** The first one that is idle. */
  #writer(): Lane<LaneOps> {
    const best = leastBusy(this.#writers);
    if (best.load === 0 || this.#writers.length >= this.#mostWriters) return best;
    const added = this.#openWriter();
    this.#writers.push(added);
    return added;
  }
}

function leastBusy<L extends { readonly load: number }>(lanes: readonly L[]): L {
  return lanes.reduce((best, lane) => (lane.load < best.load ? lane : best));
}
