import { RowferryError } from '../errors.ts';
import type { Asker, BackupJob } from './backups.ts';
import type { JobProgress } from './job-progress.ts';
import { type JobThread, nameOf } from './job-thread.ts';
import type { Job, JobResults } from './jobs.ts';

/** Jobs of the backups one after the other, as they were asked for; what is known of each meanwhile. */

/** Tests give jobs to something that runs them beside it, and stops none. */
export type JobRunner = Pick<JobThread, 'run' | 'stop'> & Partial<Pick<JobThread, 'stopJob'>>;

interface Waiting {
  readonly job: Job;
  readonly asker: Asker | null;
  startedAt: Date | null;
  told: { readonly progress: JobProgress; readonly at: number } | null;
  stopped: boolean;
}

export class JobLine {
  readonly #runner: JobRunner;
  readonly #line: Waiting[] = [];
  /** Ends when the job before has ended, however. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(runner: JobRunner) {
    this.#runner = runner;
  }

  do<J extends Job>(job: J, asker: Asker | null): Promise<JobResults[J['kind']]> {
    const waiting: Waiting = { job, asker, startedAt: null, told: null, stopped: false };
    this.#line.push(waiting);
    const result = this.#turn
      .then(() => this.#start(job, waiting))
      .finally(() => this.#line.splice(this.#line.indexOf(waiting), 1));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  jobs(): readonly BackupJob[] {
    return this.#line.map(({ job, asker, startedAt, told }) => ({
      kind: nameOf(job),
      asker,
      startedAt,
      progress: told?.progress ?? null,
      endsAt: told === null ? null : endOf(told),
    }));
  }

  stopJob({ owner, request }: Asker): boolean {
    const found = this.#line.find(({ asker }) => asker?.owner === owner && asker.request === request);
    if (found === undefined) return false;
    found.stopped = true;
    if (found.startedAt !== null) this.#runner.stopJob?.();
    return true;
  }

  /** A restore that is under way is waited for; another job is ended. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#line.some(({ job, startedAt }) => job.kind === 'restore' && startedAt !== null))
      await this.#turn;
    await this.#runner.stop();
    await this.#turn;
  }

  async #start<J extends Job>(job: J, waiting: Waiting): Promise<JobResults[J['kind']]> {
    if (this.#closed) throw new RowferryError('shutting-down', 'the program is stopping');
    if (waiting.stopped)
      throw new RowferryError('job-stopped', `the ${nameOf(job)} was stopped before it began`);
    waiting.startedAt = new Date();
    return await this.#runner.run(job, (progress) => {
      waiting.told = { progress, at: Date.now() };
    });
  }
}

function endOf({ progress, at }: NonNullable<Waiting['told']>): Date | null {
  return progress.secondsLeft === null ? null : new Date(at + progress.secondsLeft * 1000);
}
