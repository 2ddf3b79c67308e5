import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { mulberry32 } from '../generated-hires.ts';
import { drop } from '../up-process.ts';
import { type Databases, type EngineName, openDatabases } from './databases.ts';
import { Disk } from './disk.ts';
import { eventsDdl, eventsFile } from './events.ts';
import { eventually } from './failpoints.ts';
import { nothingYet } from './fault.ts';
import { FAULTS } from './faults.ts';
import { Ending, homeOf, up } from './home.ts';
import { standing } from './invariant.ts';

const SEED = 1;

const MOST_COMMITS = 12;
const BROKEN = join(import.meta.dirname, 'broken-ledger-hook.ts');

/** What invariant I says when rows and receipt are committed one after the other, and a kill falls in between. */
async function foundWith({ engine, fresh }: Databases, imports: readonly string[]): Promise<string[]> {
  let kills = 0;
  for (let nth = 1; nth <= MOST_COMMITS; nth++) {
    await using ending = new Ending();
    const database = await fresh();
    await database.run(eventsDdl(engine, false));
    const home = homeOf(ending, database);
    const file = eventsFile(1, 1000, SEED);
    drop(home, file.name, file.content);
    const process = up(ending, home, { failpoint: `before_commit:kill:${nth}`, imports });
    await eventually('it ends', () => !process.isRunning() || process.output().includes('stop  Ctrl-C'));
    await process.kill();
    const found = await standing(database);
    const isKilled = process.output().includes('failpoint before_commit: kill');
    kills += isKilled ? 1 : 0;
    if (found.length > 0) return found;
    if (!isKilled) break;
  }
  assert.ok(kills > 0, 'no COMMIT was reached');
  return [];
}

/** The short run of `npm run faults` as tests, and the proof that the harness can fail. */
export async function shortRunOf(engine: EngineName): Promise<void> {
  const disk = new Disk(tmpdir());
  const databases = await openDatabases(engine, disk.env);
  after(async () => {
    await databases.stop();
    disk[Symbol.dispose]();
  });

  for (const { fault, short } of FAULTS.filter(
    (each) => each.short > 0 && each.fault.engines.includes(engine),
  )) {
    test(`${engine}: ${fault.number} ${fault.name}: nothing lost and nothing twice`, async () => {
      const tally = nothingYet();
      const random = mulberry32(SEED);
      const say = () => undefined;
      await fault.run({ databases, disk, random, seed: SEED, times: short, isShort: true, say, tally });
      assert.deepEqual(tally.violations, []);
      assert.ok(tally.injected > 0, 'nothing was injected');
    });
  }

  test(`${engine}: a ledger with a transaction of its own is found, the sound one passes the same`, async () => {
    assert.match(
      (await foundWith(databases, [BROKEN])).join('\n'),
      /\(b\) events-1\.csv: \d+ rows, the ledger says 0/,
    );
    assert.deepEqual(await foundWith(databases, []), []);
  });
}
