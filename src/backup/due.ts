import type { ScheduledRun } from '../ledger/schedules.ts';

/** Whether a server is to run what is due, decided from what stands in the ledger. */

/** The server that made the last run makes the next, since its home holds the backups. Others wait so long for it. */
const TAKE_OVER_AFTER_MS = 600_000;
/** A run that is cut short each time might be what ends the server. */
const MOST_ATTEMPTS = 3;

export interface Situation {
  /** The last run in the ledger; null: there never was one. */
  readonly last: ScheduledRun | null;
  /** It says that it runs, and gave no sign for long. */
  readonly lastIsDead: boolean;
  readonly now: Date;
  /** The newest due time that has come, and the one after it. */
  readonly due: Date;
  readonly next: Date | null;
  /** The id of this server's home folder. */
  readonly place: string;
  /** A schedule that never ran starts with the due time before now; otherwise with the next one. */
  readonly startsAtOnce: boolean;
}

/** What to write into the ledger, before anything is run; null: nothing is to be done now. */
export type Decision = Pick<ScheduledRun, 'due' | 'state' | 'attempts' | 'detail'> | null;

export function decide(situation: Situation): Decision {
  const { last, lastIsDead, startsAtOnce } = situation;
  const due = situation.due.toISOString();
  if (last === null) return startsAtOnce ? run(due, 1) : skip(due, null);
  if (last.state === 'running' && !lastIsDead) return null;
  if (last.due > due) return afterClockWentBack(situation, last, due);
  if (last.due === due) return onceMore(situation, last);
  return isOurTurn(situation, last) ? run(due, 1) : null;
}

function run(due: string, attempts: number): Decision {
  return { due, state: 'running', attempts, detail: null };
}

function skip(due: string, detail: string | null): Decision {
  return { due, state: 'skipped', attempts: 1, detail };
}

/**
 * A clock that is set back by less than the time between two runs does nothing: the due time that comes again was
 * taken. By more: the record would hold up every run until the clock has caught up.
 */
function afterClockWentBack({ next }: Situation, last: ScheduledRun, due: string): Decision {
  if (next === null || last.due <= next.toISOString()) return null;
  return skip(due, `the clock was set back: the last run was due at ${last.due}`);
}

/** One that was cut short is made up for; a server that stopped in good order was not ended by it. */
function onceMore(situation: Situation, last: ScheduledRun): Decision {
  const { due, state, attempts } = last;
  if ((state !== 'running' && state !== 'cut') || !isOurTurn(situation, last)) return null;
  if (state === 'cut') return run(due, attempts);
  if (attempts < MOST_ATTEMPTS) return run(due, attempts + 1);
  return { due, state: 'failed', attempts, detail: `it was cut short ${attempts} times` };
}

function isOurTurn({ now, due, next, place }: Situation, last: ScheduledRun): boolean {
  if (last.place === place) return true;
  const period = next === null ? TAKE_OVER_AFTER_MS : next.getTime() - due.getTime();
  return now.getTime() - due.getTime() >= Math.min(TAKE_OVER_AFTER_MS, period / 2);
}
