import type { Random } from '../../../examples/hr/random.ts';
import type { Databases, EngineName } from './databases.ts';
import type { Disk } from './disk.ts';

/** One line of design's list of faults, done to one engine. */
export interface Fault {
  /** Of the list. */
  readonly number: number;
  /** Of a run that is asked for by a name of its own, and by no number. */
  readonly key?: string;
  readonly name: string;
  readonly engines: readonly EngineName[];
  run(setting: Setting): Promise<void>;
}

export interface Setting {
  /** Kept up as it goes, so that what was done before a failure is told. */
  readonly tally: Tally;
  readonly databases: Databases;
  /** What the database's server writes to; of SQLite, what processes with its environment write to. */
  readonly disk: Disk;
  readonly random: Random;
  readonly seed: number;
  /** How many faults at least. */
  readonly times: number;
  /** Smaller files and shorter waits, where the whole run does the numbers. */
  readonly isShort: boolean;
  say(line: string): void;
}

export interface Tally {
  /** Databases that were made for it, each ended with invariant I. */
  runs: number;
  injected: number;
  /** How often invariant I was looked at, in the middle of loads and at their end. */
  checks: number;
  readonly violations: string[];
  /** Measured times, a line each. */
  readonly told: string[];
}

export const nothingYet = (): Tally => ({ runs: 0, injected: 0, checks: 0, violations: [], told: [] });

/** `what`: where in the run it was looked at. */
export function note(tally: Tally, what: string, violations: readonly string[]): void {
  tally.checks += 1;
  for (const violation of violations) {
    tally.violations.push(`${what}: ${violation}`);
    process.stdout.write(`violation: ${what}: ${violation}\n`);
  }
}
