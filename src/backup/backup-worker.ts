import { parentPort, workerData } from 'node:worker_threads';
import { toErrorRecord } from '../errors.ts';
import { type Job, type JobPlace, runJob } from './jobs.ts';

/** The worker thread: one job, one answer, then it ends. */
const { place, job }: { place: JobPlace; job: Job } = workerData;
try {
  parentPort?.postMessage({ result: await runJob(place, job) });
} catch (error) {
  parentPort?.postMessage({ error: toErrorRecord(error) });
}
