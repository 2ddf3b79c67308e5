import type { Config } from '../config.ts';
import type { Connection } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { placeOf } from './place.ts';
import { type Clock, Schedule } from './schedule.ts';

/** What is done by itself: the backups, and the test restores of them. */

/** The name of the schedule of backups in the ledger. */
export const BACKUP = 'backup';

export interface SchedulesOptions {
  readonly config: Pick<Config, 'home' | 'backupSchedule'> & Partial<Pick<Config, 'testRestoreSchedule'>>;
  readonly ledger: Connection;
  readonly log: Logger;
  readonly clock?: Clock;
  backUp(): Promise<void>;
  testRestore(): Promise<void>;
}

export class Schedules {
  readonly #backups: Schedule;
  readonly #testRestores: Schedule | null;

  private constructor(backups: Schedule, testRestores: Schedule | null) {
    this.#backups = backups;
    this.#testRestores = testRestores;
  }

  /** Null where no backups are scheduled. `config-invalid` for an expression that is none. */
  static async start(options: SchedulesOptions): Promise<Schedules | null> {
    const { backupSchedule, testRestoreSchedule = null, home } = options.config;
    if (backupSchedule === null) return null;
    const { ledger, log, clock } = options;
    const shared = { ledger, log, place: await placeOf(home), ...(clock === undefined ? {} : { clock }) };
    const backups = new Schedule({
      ...shared,
      name: BACKUP,
      setting: 'backupSchedule',
      expression: backupSchedule,
      startsAtOnce: true,
      run: options.backUp,
    });
    try {
      return new Schedules(backups, testRestores(options, testRestoreSchedule, shared));
    } catch (error) {
      backups.stop();
      throw error;
    }
  }

  nextRun(): Date | null {
    return this.#backups.nextRun();
  }

  stop(): void {
    this.#backups.stop();
    this.#testRestores?.stop();
  }

  /** After `stop`, when what ran was ended: it stands in the ledger. */
  async ended(): Promise<void> {
    await this.#backups.ended();
    await this.#testRestores?.ended();
  }
}

type Shared = Pick<SchedulesOptions, 'ledger' | 'log' | 'clock'> & { readonly place: string };

function testRestores(
  { testRestore }: SchedulesOptions,
  expression: string | null,
  shared: Shared,
): Schedule | null {
  if (expression === null) return null;
  return new Schedule({
    ...shared,
    name: 'test-restore',
    setting: 'testRestoreSchedule',
    expression,
    startsAtOnce: false,
    run: testRestore,
  });
}
