import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_MS } from '../../../src/ledger/answers.ts';
import type { Scope } from '../up-process.ts';
import type { Database } from './databases.ts';
import type { EventsFile } from './events.ts';
import { type FaultsHome, run } from './home.ts';
import { type Held, violations } from './invariant.ts';
import { ledgerState } from './ledger-state.ts';

const CLOCK = join(import.meta.dirname, 'clock.ts');
/** What the last requests of a server that lives are given to end. */
const ENDING_MS = 2000;
const PATIENCE_MS = 30_000;

export interface Work {
  readonly ending: Scope;
  readonly database: Database;
  readonly home: FaultsHome;
}

export interface Loaded {
  readonly files: readonly EventsFile[];
  readonly held?: readonly Held[];
  /** The files were dropped into the home's folder. */
  readonly isWatched: boolean;
}

/**
 * All of invariant I when every file is loaded. Requests that a killed server left hold their key for a minute: a
 * server whose clock is past their leases is started, after which no request may be told as running.
 */
export async function atEnd(work: Work, { files, held = [], isWatched }: Loaded): Promise<string[]> {
  const { database, home } = work;
  if (!(await noneRuns(database, ENDING_MS))) await pastLeases(work);
  return violations(database, { files, held, home: isWatched ? home : null });
}

async function pastLeases({ ending, database, home }: Work): Promise<void> {
  const clock = join(home.path, 'past-leases');
  writeFileSync(clock, new Int32Array([LEASE_MS / 1000 + 1]));
  const env = { FAULT_CLOCK: clock };
  const server = run(ending, home, ['serve', '--port', '0', '--log', 'text'], { imports: [CLOCK], env });
  await noneRuns(database, PATIENCE_MS);
  await server.stop();
}

async function noneRuns({ engine, snapshot }: Database, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const ledger = await snapshot((query) => ledgerState(engine, query));
    if (ledger?.answers.every(({ state }) => state !== 'running') ?? true) return true;
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
}
