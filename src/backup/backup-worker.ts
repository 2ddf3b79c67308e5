import { parentPort, workerData } from 'node:worker_threads';
import { toErrorRecord } from '../errors.ts';
import { type Job, type JobPlace, runJob } from './jobs.ts';

/** The worker thread: one job after the other, one answer each. */
const place: JobPlace = workerData;
parentPort?.on('message', async (job: Job) => {
  try {
    parentPort?.postMessage({ result: await runJob(place, job) });
  } catch (error) {
    parentPort?.postMessage({ error: toErrorRecord(error) });
  }
});
