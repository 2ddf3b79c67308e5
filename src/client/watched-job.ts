/** A backup, verification or restore that is watched while it runs, and stopped when it is not wanted any more. */
import { RowferryError } from '../errors.ts';
import { pause } from '../lib/backoff.ts';
import type { BackupJob } from './documents.ts';
import type { Api } from './retry.ts';

export interface WatchOptions {
  /** What the server says of the job, about twice a second while it runs or waits for its turn. */
  readonly onProgress?: ((job: BackupJob) => void) | undefined;
  /** Stops the job: `job-stopped` then, unless it was done before. */
  readonly signal?: AbortSignal | undefined;
}

const LOOK_EVERY_MS = 500;
/** Nobody waits long for a look that is repeated. */
const ONCE = { attempts: 1, timeoutMs: 5000 };

/** `send` sends the request of the job under this Idempotency-Key. */
export async function watched<T>(
  api: Api,
  { onProgress, signal }: WatchOptions,
  send: (idempotencyKey: string) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const key = crypto.randomUUID();
  const result = send(key);
  if (onProgress === undefined && signal === undefined) return result;
  const ended = new AbortController();
  const wake = () => ended.abort();
  result.then(wake, wake);
  await look(api, key, { onProgress, signal }, ended.signal);
  return result;
}

/** Until the request is answered. What is not seen is not told: looking is no reason to fail. */
async function look(
  api: Api,
  key: string,
  { onProgress, signal }: WatchOptions,
  ended: AbortSignal,
): Promise<void> {
  let isTold = false;
  while (!ended.aborted) {
    const isAborted = signal?.aborted === true;
    await untilNext(isAborted ? ended : anyOf(ended, signal));
    if (ended.aborted) return;
    try {
      const { jobs } = await api.call('GET /v1/backups/jobs', ONCE);
      const job = jobs.find(({ request }) => request === key);
      if (job === undefined || ended.aborted) continue;
      onProgress?.(job);
      if (signal?.aborted !== true || isTold) continue;
      await api.call('DELETE /v1/backups/jobs/{id}', { path: { id: key }, ...ONCE });
      isTold = true;
    } catch (error) {
      if (!(error instanceof RowferryError)) throw error;
    }
  }
}

function anyOf(ended: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? ended : AbortSignal.any([ended, signal]);
}

async function untilNext(woken: AbortSignal): Promise<void> {
  await pause(LOOK_EVERY_MS, woken).catch(() => undefined);
}
