import type { Connection } from '../database/database.ts';
import { hasLeftAnswers } from '../ledger/left-answers.ts';
import type { Logger } from '../log.ts';

export interface LeftAnswersWays {
  /** Looked at through; what is found is settled by a lane. */
  readonly connection: Connection;
  readonly settle: (now: number) => Promise<{ readonly expired: number; readonly forgotten: number }>;
  readonly log: Logger;
}

const EVERY_MS = 60_000;

/** Looks at the start and every minute for requests that a process left when it died, and for old answers. */
export class LeftAnswers {
  readonly #ways: LeftAnswersWays;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void>;

  constructor(ways: LeftAnswersWays) {
    this.#ways = ways;
    this.#running = this.#look();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#look());
    }, EVERY_MS);
    this.#timer.unref();
  }

  /** Ends what is running. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** What fails is tried again a minute later; a database that is away is told of by all others. */
  async #look(): Promise<void> {
    const { connection, settle, log } = this.#ways;
    try {
      const now = Date.now();
      if (!(await hasLeftAnswers(connection, now))) return;
      const settled = await settle(now);
      log.info(settled, 'requests that were left, and old answers, were settled');
    } catch (error) {
      log.debug({ err: error }, 'requests that were left could not be looked for');
    }
  }
}
