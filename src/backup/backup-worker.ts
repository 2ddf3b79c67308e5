import { parentPort, workerData } from 'node:worker_threads';
import { toErrorRecord } from '../errors.ts';
import { type JobProgress, Progress } from './job-progress.ts';
import { type Job, type JobPlace, runJob } from './jobs.ts';

/** The worker thread: one job after the other, one answer each. */
const { place, stopped }: { readonly place: JobPlace; readonly stopped: Int32Array } = workerData;
const options = {
  tell: (progress: JobProgress) => parentPort?.postMessage({ progress }),
  isStopped: () => Atomics.load(stopped, 0) === 1,
};
parentPort?.on('message', async (job: Job) => {
  try {
    parentPort?.postMessage({ result: await runJob(place, job, new Progress(options)) });
  } catch (error) {
    parentPort?.postMessage({ error: toErrorRecord(error) });
  }
});
