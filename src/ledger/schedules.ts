import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { patiently } from './patience.ts';
import { firstOf, insertNew, ledgerOf, run } from './queries.ts';
import type { ScheduleRow } from './schema.ts';

/** The last run of each schedule, on which all servers of the database agree; and the name that backups know it by. */

/**
 * `cut`: ended by a server that stopped; `skipped`: this due time was passed over. One that is `running` and whose beat
 * stands still was killed.
 */
export type ScheduledState = 'running' | 'done' | 'failed' | 'cut' | 'skipped';

export interface ScheduledRun {
  readonly name: string;
  /** When it had to start. RFC 3339 in UTC. */
  readonly due: string;
  /** The home folder that it was made in, by its id. */
  readonly place: string;
  readonly state: ScheduledState;
  /** 1: never cut short. */
  readonly attempts: number;
  /** Goes up with every change: whoever changes a run says which one it saw. */
  readonly beat: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Why it failed. */
  readonly detail: string | null;
}

/** Null: the schedule never ran. */
export async function lastRunOf(connection: Connection, name: string): Promise<ScheduledRun | null> {
  const query = ledgerOf(connection).selectFrom('rowferry_schedules').selectAll().where('name', '=', name);
  const row = await firstOf(connection, query);
  return row === undefined ? null : toRun(row);
}

/**
 * Puts `next` in the place of `seen`; null, and nothing is changed, when another server was faster. A run's beat is given
 * here.
 */
export async function replaceRun(
  connection: Connection,
  seen: ScheduledRun | null,
  next: Omit<ScheduledRun, 'beat'>,
): Promise<ScheduledRun | null> {
  const written: ScheduledRun = { ...next, beat: (seen?.beat ?? 0) + 1 };
  const row = toRow(written);
  const isOurs = await patiently(async () => {
    if (seen === null) return insertNew(connection, 'rowferry_schedules', row, ['name']);
    const update = ledgerOf(connection).updateTable('rowferry_schedules').set(row);
    return (await run(connection, update.where('name', '=', seen.name).where('beat', '=', seen.beat))) === 1;
  });
  return isOurs ? written : null;
}

/** The id of the database: made with its ledger, and kept when it moves. */
export async function databaseIdOf(connection: Connection): Promise<string> {
  const row = await firstOf(connection, ledgerOf(connection).selectFrom('rowferry_database').select('id'));
  if (row === undefined) throw new RowferryError('internal', 'the ledger does not name its database');
  return row.id;
}

function toRow({ startedAt, finishedAt, ...same }: ScheduledRun): ScheduleRow {
  return { ...same, started_at: startedAt, finished_at: finishedAt };
}

const STATES: readonly ScheduledState[] = ['running', 'done', 'failed', 'cut', 'skipped'];

function toRun({ started_at: startedAt, finished_at: finishedAt, ...same }: ScheduleRow): ScheduledRun {
  const state = STATES.find((each) => each === same.state) ?? 'failed';
  return { ...same, state, startedAt, finishedAt };
}
