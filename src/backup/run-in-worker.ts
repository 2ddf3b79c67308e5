import { Worker } from 'node:worker_threads';
import { type ErrorRecord, fromErrorRecord, RowferryError } from '../errors.ts';
import type { Job, JobPlace, JobResults } from './jobs.ts';

/** A job in a thread of its own, so that the caller's event loop keeps answering. */
export interface RunningJob<R> {
  readonly result: Promise<R>;
  /** Ends the thread at once; `result` rejects with `shutting-down`. */
  terminate(): Promise<void>;
}

type Answer<R> = { readonly result: R } | { readonly error: ErrorRecord };

const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? './backup-worker.ts' : './backup-worker.js',
  import.meta.url,
);

export function startJob<J extends Job>(place: JobPlace, job: J): RunningJob<JobResults[J['kind']]> {
  const worker = new Worker(SCRIPT, { workerData: { place, job } });
  let ended: RowferryError | undefined;
  const result = new Promise<JobResults[J['kind']]>((resolve, reject) => {
    worker.once('message', (answer: Answer<JobResults[J['kind']]>) => {
      if ('result' in answer) resolve(answer.result);
      else reject(fromErrorRecord(answer.error));
    });
    worker.once('error', (cause) => {
      reject(new RowferryError('internal', `the ${job.kind} thread failed: ${String(cause)}`, { cause }));
    });
    worker.once('exit', () => {
      reject(ended ?? new RowferryError('internal', `the ${job.kind} thread ended without an answer`));
    });
  });
  return {
    result,
    terminate: async () => {
      ended = new RowferryError('shutting-down', `the ${job.kind} was ended because the program stops`);
      await worker.terminate();
    },
  };
}
