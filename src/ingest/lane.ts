import { Worker } from 'node:worker_threads';
import { fromErrorRecord, RowferryError } from '../errors.ts';
import type { LaneOps } from './lane-ops.ts';
import type { RunAgain } from './persistently.ts';
import type { PrepareOps } from './prepare-ops.ts';
import type { LaneResponse } from './thread.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A lane's rows live in typed arrays, outside the heap: a small young generation is enough and stays small. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

type Ops = { readonly [name: string]: (context: never, argument: never) => Promise<unknown> };

/** The near end of a thread: calls its operations by name; they run in the order of the calls. */
export class Lane<Operations extends Ops> {
  readonly #worker: Worker;
  readonly #onAgain: (again: RunAgain) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: RowferryError | null = null;

  constructor(
    thread: 'lane-thread' | 'prepare-thread',
    databaseUrl: string,
    onAgain: (again: RunAgain) => void,
  ) {
    this.#onAgain = onAgain;
    const file = new URL(`./${thread}.${ENDING}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { databaseUrl }, resourceLimits: LIMITS });
    this.#worker.on('message', (response: LaneResponse) => this.#settle(response));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(null));
  }

  /** Operations that have not ended yet. */
  get load(): number {
    return this.#waiting.size;
  }

  call<Op extends keyof Operations & string>(
    op: Op,
    argument: Parameters<Operations[Op]>[1],
    transfer: readonly ArrayBuffer[] = [],
  ): ReturnType<Operations[Op]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, op, argument }, [...transfer]);
    });
    return answer as ReturnType<Operations[Op]>;
  }

  /** What waits to be tried again fails at once. */
  stopWaiting(): void {
    this.#worker.postMessage('stop waiting');
  }

  /** Resolves when what was called before has ended and the connection is closed. */
  async close(): Promise<void> {
    if (this.#ended !== null) return;
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage('close');
    await gone;
  }

  #settle(response: LaneResponse): void {
    if ('again' in response) {
      this.#onAgain(response.again);
      return;
    }
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ('error' in response) waiting?.reject(fromErrorRecord(response.error));
    else waiting?.resolve(response.value);
  }

  #fail(cause: unknown): void {
    this.#ended ??= new RowferryError('internal', 'a lane ended while it was needed', { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}

export const openLane = (databaseUrl: string, onAgain: (again: RunAgain) => void): Lane<LaneOps> =>
  new Lane('lane-thread', databaseUrl, onAgain);
export const openPreparer = (databaseUrl: string): Lane<PrepareOps> =>
  new Lane('prepare-thread', databaseUrl, () => undefined);
