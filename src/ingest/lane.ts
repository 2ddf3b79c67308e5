import { Worker } from 'node:worker_threads';
import { fromErrorRecord, RowferryError } from '../errors.ts';
import type { LaneOp, LaneOps } from './lane-ops.ts';
import type { LaneResponse } from './lane-thread.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? './lane-thread.ts' : './lane-thread.js',
  import.meta.url,
);

/** The near end of a lane: calls its operations by name; they run in the order of the calls. */
export class Lane {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: RowferryError | null = null;

  constructor(databaseUrl: string) {
    this.#worker = new Worker(THREAD, { workerData: { databaseUrl } });
    this.#worker.on('message', (response: LaneResponse) => this.#settle(response));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(null));
  }

  /** Operations that have not ended yet. */
  get load(): number {
    return this.#waiting.size;
  }

  call<Op extends LaneOp>(
    op: Op,
    argument: Parameters<LaneOps[Op]>[1],
    transfer: readonly ArrayBuffer[] = [],
  ): ReturnType<LaneOps[Op]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, op, argument }, [...transfer]);
    });
    return answer as ReturnType<LaneOps[Op]>;
  }

  /** Resolves when what was called before has ended and the connection is closed. */
  async close(): Promise<void> {
    if (this.#ended !== null) return;
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage('close');
    await gone;
  }

  #settle(response: LaneResponse): void {
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
