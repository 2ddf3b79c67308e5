import { Worker } from 'node:worker_threads';
import { type ErrorRecord, fromErrorRecord, RowferryError } from '../errors.ts';
import type { BackupJob } from './backups.ts';
import type { JobProgress } from './job-progress.ts';
import type { Job, JobPlace, JobResults } from './jobs.ts';

/**
 * The thread that backs up, verifies and restores, so that the caller's event loop keeps answering. One job at a
 * time; the thread is kept for a while, since many verifications may follow each other.
 */

/** How long a thread without work is kept. Milliseconds. */
const IDLE_MS = 10_000;

const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? './backup-worker.ts' : './backup-worker.js',
  import.meta.url,
);

/** What lives long are blocks, outside the heap: a small young generation is enough and stays small. */
const LIMITS = { maxYoungGenerationSizeMb: 3 };

type Answer<R> =
  | { readonly progress: JobProgress }
  | { readonly result: R }
  | { readonly error: ErrorRecord };

type OnProgress = (progress: JobProgress) => void;

interface Pending {
  readonly worker: Worker;
  answer(message: Answer<JobResults[Job['kind']]>): void;
  /** The thread ended instead of answering. */
  fail(cause?: unknown): void;
}

export class JobThread {
  readonly #place: JobPlace;
  #worker: Worker | null = null;
  #pending: Pending | null = null;
  #idle: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Read by the thread at every step: the job is not wanted any more. */
  readonly #stopped = new Int32Array(new SharedArrayBuffer(4));

  constructor(place: JobPlace) {
    this.#place = place;
  }

  async run<J extends Job>(job: J, onProgress?: OnProgress): Promise<JobResults[J['kind']]> {
    clearTimeout(this.#idle);
    Atomics.store(this.#stopped, 0, 0);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    worker.ref();
    try {
      return await this.#ask(worker, job, onProgress);
    } finally {
      this.#pending = null;
      worker.unref();
      this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    }
  }

  /** Ends the job under way at its next step, with `job-stopped`; what it changed is taken back. */
  stopJob(): void {
    Atomics.store(this.#stopped, 0, 1);
  }

  /** Ends the thread at once; a job under way rejects with `shutting-down`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#idle);
    await this.#end();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(SCRIPT, {
      workerData: { place: this.#place, stopped: this.#stopped },
      resourceLimits: LIMITS,
    });
    worker.on('message', (message) => this.#pending?.answer(message));
    worker.on('error', (cause) => this.#ended(worker, cause));
    worker.on('exit', () => this.#ended(worker));
    return worker;
  }

  #ask<J extends Job>(worker: Worker, job: J, onProgress?: OnProgress): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      this.#pending = {
        worker,
        answer: (message: Answer<JobResults[J['kind']]>) => {
          if ('progress' in message) onProgress?.(message.progress);
          else if ('result' in message) resolve(message.result);
          else reject(fromErrorRecord(message.error));
        },
        fail: (cause) => reject(this.#noAnswer(job, cause)),
      };
      worker.postMessage(job);
    });
  }

  /** A thread that was ended before may say so late, when another has taken its place. */
  #ended(worker: Worker, cause?: unknown): void {
    // Of its error it tells before its end: the next job is not for it any more.
    if (this.#worker === worker) this.#worker = null;
    if (this.#pending?.worker === worker) this.#pending.fail(cause);
  }

  #noAnswer(job: Job, cause: unknown): RowferryError {
    if (this.#stopping) {
      return new RowferryError('shutting-down', `the ${nameOf(job)} was ended because the program stops`);
    }
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    return new RowferryError('internal', `the ${nameOf(job)} thread ended without an answer${why}`, {
      cause,
    });
  }
}

/** What people call a job of this kind. */
export function nameOf({ kind }: Job): BackupJob['kind'] {
  return kind === 'run' ? 'backup' : kind;
}
