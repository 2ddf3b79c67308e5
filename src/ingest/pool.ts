import type { MessagePort } from 'node:worker_threads';
import type { Engine } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { type Lane, type LaneThread, openPreparer } from './lane.ts';
import type { LaneOps } from './lane-ops.ts';
import type { RunAgain } from './persistently.ts';
import type { PrepareOps } from './prepare-ops.ts';
import { Writers, type WritersOptions } from './writers.ts';

/** Bodies that may be under way at once, together; what is more is refused until there is room. */
const MOST_BYTES = 96 << 20;

export interface PoolOptions extends Pick<WritersOptions, 'onAgain' | 'mayAnswer'> {
  readonly lanes: number;
}

interface Preparer {
  readonly thread: LaneThread<PrepareOps>;
  readonly lane: Lane<PrepareOps>;
}

/**
 * The lanes of one database. The writers write, as many as `lanes` where several connections can write at a time, and
 * one elsewhere. The others prepare, so that a part is
 * scanned while the one before it commits. What belongs to one load is put in its order by the caller.
 */
export class Pool {
  readonly #databaseUrl: string;
  readonly #onAgain: (again: RunAgain) => void;
  readonly #writers: Writers;
  readonly #preparers: Preparer[];
  #bytes = 0;

  /** Two parts can be written at a time. */
  readonly severalWriters: boolean;

  constructor(databaseUrl: string, { capabilities }: Engine, { lanes, onAgain, mayAnswer }: PoolOptions) {
    const most = capabilities.singleWriter ? 1 : lanes;
    this.#databaseUrl = databaseUrl;
    this.#onAgain = onAgain;
    this.severalWriters = most > 1;
    this.#writers = new Writers({ databaseUrl, most, onAgain, mayAnswer });
    this.#preparers = Array.from({ length: Math.max(1, lanes - 1) }, () => this.#openPreparer());
  }

  /** The first lanes can be given work, or cannot be opened. */
  get opened(): Promise<unknown> {
    return this.#writers.opened;
  }

  write<Op extends keyof LaneOps>(
    op: Op,
    argument: Parameters<LaneOps[Op]>[1],
    transfer?: readonly (ArrayBuffer | MessagePort)[],
  ): ReturnType<LaneOps[Op]> {
    return this.#writers.call(op, argument, transfer);
  }

  prepare(
    part: Parameters<PrepareOps['prepare']>[1],
    transfer: readonly ArrayBuffer[],
  ): ReturnType<PrepareOps['prepare']> {
    for (const [index, { lane }] of this.#preparers.entries()) {
      if (lane.ended) this.#preparers[index] = this.#openPreparer();
    }
    return leastBusy(this.#preparers.map(({ lane }) => lane)).call('prepare', part, transfer);
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
    this.#writers.stopWaiting();
  }

  /** Rows that no writer has yet are refused with `shutting-down`. */
  giveUp(): void {
    this.#writers.giveUp();
  }

  async close(): Promise<void> {
    await Promise.all([this.#writers.close(), ...this.#preparers.map(({ thread }) => thread.close())]);
  }

  #openPreparer(): Preparer {
    const thread = openPreparer(this.#databaseUrl);
    return { thread, lane: thread.open(this.#onAgain) };
  }
}

function leastBusy<L extends { readonly load: number }>(lanes: readonly L[]): L {
  return lanes.reduce((best, lane) => (lane.load < best.load ? lane : best));
}
