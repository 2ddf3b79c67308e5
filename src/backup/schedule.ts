import { Cron } from 'croner';
import { RowferryError } from '../errors.ts';

/** Runs the backups by a cron expression in local time, and soon after the start when a run was missed. */

/** After a start the loads that wait come first. Milliseconds. */
const CATCH_UP_DELAY_MS = 60_000;

export interface ScheduleOptions {
  readonly expression: string;
  readonly catchUpDelayMs?: number;
  /** When the newest backup was made; null: never. */
  lastRun(): Promise<Date | null>;
  /** Reports its own failures; never rejects. */
  run(): Promise<void>;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #cron: Cron;
  readonly #catchUp: NodeJS.Timeout;

  /** `config-invalid` when the expression is not one of cron. Keeps no process alive. */
  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#cron = cronOf(options.expression, () => options.run());
    this.#catchUp = setTimeout(() => this.#runMissed(), options.catchUpDelayMs ?? CATCH_UP_DELAY_MS);
    this.#catchUp.unref();
  }

  nextRun(): Date | null {
    return this.#cron.nextRun();
  }

  stop(): void {
    clearTimeout(this.#catchUp);
    this.#cron.stop();
  }

  async #runMissed(): Promise<void> {
    const [due] = this.#cron.previousRuns(1);
    const last = await this.#options.lastRun();
    if (last === null || (due !== undefined && last < due)) await this.#options.run();
  }
}

function cronOf(expression: string, run: () => Promise<void>): Cron {
  try {
    // protect: a run that is due while another is at work is left out.
    return new Cron(expression, { protect: true, unref: true }, run);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError(
      'config-invalid',
      `backupSchedule "${expression}" is no cron expression: ${found}`,
      {
        hint: 'write e.g. "0 3 * * *" for 03:00 every day, or null for none',
        cause,
      },
    );
  }
}
