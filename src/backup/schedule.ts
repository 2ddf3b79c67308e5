import { Cron } from 'croner';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { lastRunOf, replaceRun, type ScheduledRun } from '../ledger/schedules.ts';
import type { Logger } from '../log.ts';
import { decide } from './due.ts';

/**
 * Runs something by a cron expression in local time: once for each due time, whatever the number of servers, and soon
 * after the start when one was missed. The ledger holds what was taken, so that a restart, a second server or a clock
 * that is set back does not run it again. Where summer time begins or ends croner gives each due time once.
 */

export interface Clock {
  now(): Date;
  /** Milliseconds that only go forward. */
  elapsed(): number;
}

const CLOCK: Clock = { now: () => new Date(), elapsed: () => performance.now() };

export interface ScheduleOptions {
  /** What is run: the name of its record. */
  readonly name: string;
  /** The name of the setting, for messages. */
  readonly setting: string;
  readonly expression: string;
  readonly ledger: Connection;
  readonly log: Logger;
  /** The id of the home folder. */
  readonly place: string;
  /** A schedule that never ran starts soon; otherwise with its next due time. */
  readonly startsAtOnce: boolean;
  readonly clock?: Clock;
  run(): Promise<void>;
}

/** After a start the loads that wait come first. Milliseconds, as all times here. */
const CATCH_UP_DELAY = 60_000;
/** Between two looks at the ledger, or two signs of life. */
const TICK = 20_000;
/** A run that gives no sign for so long was killed. Counted by the one who looks: clocks of servers differ. */
const DEAD_AFTER = 120_000;

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #cron: Cron;
  readonly #clock: Clock;
  readonly #startedAt: Date;
  readonly #startedElapsed: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #look: Promise<void> = Promise.resolve();
  #run: Promise<void> = Promise.resolve();
  /** The run under way, or ended and not written yet, as the ledger has it. */
  #own: ScheduledRun | null = null;
  #end: Pick<ScheduledRun, 'state' | 'detail' | 'finishedAt'> | null = null;
  #writes: Promise<void> = Promise.resolve();
  /** Since when the run of another gives no sign. */
  #still: { readonly beat: number; readonly since: number } | null = null;
  #told = false;

  /** `config-invalid` when the expression is not one of cron. Keeps no process alive. */
  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#cron = cronOf(options);
    this.#clock = options.clock ?? CLOCK;
    this.#startedAt = this.#clock.now();
    this.#startedElapsed = this.#clock.elapsed();
    this.#wait();
  }

  nextRun(): Date | null {
    return this.#cron.nextRun(this.#clock.now());
  }

  /** Takes nothing new; who runs it ends what runs. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** After `stop`: what ran has ended and stands in the ledger. */
  async ended(): Promise<void> {
    await this.#look;
    await this.#run;
    await this.#write().catch(() => undefined);
  }

  #wait(): void {
    if (this.#stopped) return;
    const untilNext = (this.nextRun()?.getTime() ?? Infinity) - this.#clock.now().getTime();
    const tick = () => {
      this.#look = this.#tick();
    };
    this.#timer = setTimeout(tick, Math.max(1, Math.min(TICK, untilNext))).unref();
  }

  async #tick(): Promise<void> {
    try {
      if (this.#own === null) await this.#lookAround();
      else await this.#write();
      this.#told = false;
    } catch (err) {
      this.#still = null;
      if (!this.#told)
        this.#options.log.warn({ err }, `the schedule of the ${this.#options.name} cannot be looked at`);
      this.#told = true;
    }
    this.#wait();
  }

  async #lookAround(): Promise<void> {
    const { ledger, name, place, startsAtOnce } = this.#options;
    const last = await lastRunOf(ledger, name);
    const lastIsDead = this.#isDead(last);
    const now = this.#clock.now();
    const due = this.#dueAt(now);
    if (due === null || this.#isTooSoon(due)) return;
    const next = this.#cron.nextRun(due);
    const decision = decide({ last, lastIsDead, now, due, next, place, startsAtOnce });
    if (decision === null || this.#stopped) return;
    const startedAt = now.toISOString();
    const finishedAt = decision.state === 'running' ? null : startedAt;
    const taken = await replaceRun(ledger, last, { name, place, startedAt, finishedAt, ...decision });
    if (taken === null) return;
    if (taken.state !== 'running') return this.#tellSkipped(taken);
    this.#own = taken;
    this.#run = this.#execute();
  }

  /** The newest due time that has come: croner counts in whole seconds, and those before a time only. */
  #dueAt(now: Date): Date | null {
    const nextSecond = Math.floor(now.getTime() / 1000) * 1000 + 1000;
    return this.#cron.previousRuns(1, new Date(nextSecond))[0] ?? null;
  }

  /** One that was missed before the start waits a while. */
  #isTooSoon(due: Date): boolean {
    return due < this.#startedAt && this.#clock.elapsed() - this.#startedElapsed < CATCH_UP_DELAY;
  }

  /** A look that failed begins the count anew: nobody can give a sign while the database is away. */
  #isDead(last: ScheduledRun | null): boolean {
    if (last === null || last.state !== 'running') {
      this.#still = null;
      return false;
    }
    const elapsed = this.#clock.elapsed();
    if (this.#still?.beat !== last.beat) this.#still = { beat: last.beat, since: elapsed };
    return elapsed - this.#still.since >= DEAD_AFTER;
  }

  #tellSkipped({ state, detail }: ScheduledRun): void {
    const { log, name } = this.#options;
    if (state === 'failed') log.error(`the scheduled ${name} failed: ${detail}`);
    else if (detail !== null) log.warn(`the schedule of the ${name} starts anew: ${detail}`);
  }

  async #execute(): Promise<void> {
    const { run, log, name } = this.#options;
    let end: Pick<ScheduledRun, 'state' | 'detail'> = { state: 'done', detail: null };
    try {
      await run();
    } catch (err) {
      const isCut = err instanceof RowferryError && err.code === 'shutting-down';
      if (!isCut) log.error({ err }, `the scheduled ${name} failed`);
      end = isCut
        ? { state: 'cut', detail: null }
        : { state: 'failed', detail: err instanceof Error ? err.message : String(err) };
    }
    this.#end = { ...end, finishedAt: this.#clock.now().toISOString() };
    await this.#write().catch(() => undefined);
  }

  /** A sign of life, or the end; an end that cannot be written now is written at a later tick. */
  #write(): Promise<void> {
    const written = this.#writes.then(() => this.#writeOwn());
    this.#writes = written.catch(() => undefined);
    return written;
  }

  async #writeOwn(): Promise<void> {
    const [own, end] = [this.#own, this.#end];
    if (own === null) return;
    const written = await replaceRun(this.#options.ledger, own, { ...own, ...end });
    if (written === null)
      this.#options.log.warn(`another server took over the scheduled ${this.#options.name}`);
    // What was taken over is still under way here: it is the other one's end that counts.
    this.#own = end === null ? (written ?? own) : null;
    if (end !== null) this.#end = null;
  }
}

function cronOf({ setting, expression }: ScheduleOptions): Cron {
  try {
    return new Cron(expression, { paused: true });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('config-invalid', `${setting} "${expression}" is no cron expression: ${found}`, {
      hint: 'write e.g. "0 3 * * *" for 03:00 every day, or null for none',
      cause,
    });
  }
}
