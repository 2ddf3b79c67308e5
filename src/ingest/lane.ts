import { MessageChannel, MessagePort, Worker } from 'node:worker_threads';
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

/** The near end of a lane: calls its operations by name; they run in the order of the calls. */
export class Lane<Operations extends Ops> {
  readonly #port: MessagePort;
  readonly #onAgain: (again: RunAgain) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: RowferryError | null = null;

  constructor(port: MessagePort, onAgain: (again: RunAgain) => void) {
    this.#port = port;
    this.#onAgain = onAgain;
    port.on('message', (response: LaneResponse) => this.#settle(response));
    port.on('close', () => this.fail(null));
  }

  /** Operations that have not ended yet. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Nothing can be called any more. */
  get ended(): boolean {
    return this.#ended !== null;
  }

  call<Op extends keyof Operations & string>(
    op: Op,
    argument: Parameters<Operations[Op]>[1],
    transfer: readonly (ArrayBuffer | MessagePort)[] = [],
  ): ReturnType<Operations[Op]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== null) {
        // What waits in a port that goes nowhere would stay for ever.
        for (const each of transfer) if (each instanceof MessagePort) each.close();
        return reject(this.#ended);
      }
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ id, op, argument }, [...transfer]);
    });
    return answer as ReturnType<Operations[Op]>;
  }

  /** What waits to be tried again fails at once. */
  stopWaiting(): void {
    this.#port.postMessage('stop waiting');
  }

  /** Resolves when what was called before has ended and the connection is closed. */
  async close(): Promise<void> {
    if (this.#ended !== null) return;
    const gone = new Promise<void>((resolve) => this.#port.once('close', () => resolve()));
    this.#port.postMessage('close');
    await gone;
  }

  /** Its thread has ended, or the lane. */
  fail(cause: unknown): void {
    this.#ended ??= new RowferryError('lane-lost', 'the thread that worked on it ended', {
      hint: 'send it again: another thread takes its place; the log of the server may tell why',
      retryAfterSeconds: 1,
      cause,
    });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
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
}

/** The near end of a thread, in which lanes are opened. */
export class LaneThread<Operations extends Ops> {
  readonly #worker: Worker;
  readonly #lanes: Lane<Operations>[] = [];
  readonly #gone: Promise<void>;
  #ended = false;

  constructor(
    thread: 'lane-thread' | 'prepare-thread' | 'file-thread' | 'decide-thread',
    databaseUrl: string,
  ) {
    const file = new URL(`./${thread}.${ENDING}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { databaseUrl }, resourceLimits: LIMITS });
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(null);
        resolve();
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get lanes(): number {
    return this.#lanes.length;
  }

  open(onAgain: (again: RunAgain) => void): Lane<Operations> {
    const { port1, port2 } = new MessageChannel();
    const lane = new Lane<Operations>(port1, onAgain);
    this.#lanes.push(lane);
    this.#worker.postMessage(port2, [port2]);
    return lane;
  }

  /** Resolves when what its lanes were asked for has ended. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    this.#worker.postMessage('end');
    await this.#gone;
  }

  #fail(cause: unknown): void {
    this.#ended = true;
    for (const lane of this.#lanes) lane.fail(cause);
  }
}

export type WriterThread = LaneThread<LaneOps>;

export const openWriterThread = (databaseUrl: string): WriterThread =>
  new LaneThread('lane-thread', databaseUrl);

export const openPreparer = (databaseUrl: string): LaneThread<PrepareOps> =>
  new LaneThread('prepare-thread', databaseUrl);
