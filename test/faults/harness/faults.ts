import { burst } from './burst.ts';
import { answerCuts, commitCuts, databaseKills } from './cuts.ts';
import { fullDisks, writeErrors } from './disks.ts';
import { failpoints } from './failpoints.ts';
import type { Fault } from './fault.ts';
import { kills } from './kills.ts';
import { mendingKills } from './mending-kills.ts';
import { clockJumps, drains, sameKeys } from './others.ts';
import { pastLeases } from './past-lease.ts';
import { stalls } from './stalls.ts';
import { steadyKills } from './steady-kills.ts';

/** The faults with how many of them there are for each engine in a whole run and in a short one. */
export const FAULTS: readonly { readonly fault: Fault; readonly times: number; readonly short: number }[] = [
  { fault: kills, times: 200, short: 2 },
  { fault: steadyKills, times: 3, short: 0 },
  { fault: failpoints, times: 42, short: 2 },
  { fault: pastLeases, times: 10, short: 0 },
  { fault: mendingKills, times: 8, short: 2 },
  { fault: databaseKills, times: 50, short: 1 },
  { fault: commitCuts, times: 100, short: 2 },
  { fault: answerCuts, times: 100, short: 2 },
  { fault: sameKeys, times: 20, short: 1 },
  { fault: writeErrors, times: 60, short: 1 },
  // test/faults/disk-full.test.ts fills a disk on each engine.
  { fault: fullDisks, times: 12, short: 0 },
  { fault: clockJumps, times: 100, short: 1 },
  { fault: drains, times: 5, short: 1 },
  { fault: stalls, times: 2, short: 1 },
  { fault: burst, times: 20_000, short: 40 },
];
