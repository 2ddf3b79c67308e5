import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateHires, hiresDdl, mulberry32 } from './generated-hires.ts';
import { leftovers, violations } from './invariant.ts';
import { drop, type Home, makeHome, startUp, until, whereIs } from './up-process.ts';

/** SIGKILL of `rowferry up` in the middle of a file, start again: each row once, and the balance holds. */

const LINES = 500_000;
const ROUNDS = 20;
const FILE = 'hired_employees.csv';
const SEED = 20_261_122;
const LONGEST_MS = 2000;

test(`killed ${ROUNDS} times in the middle of files of ${LINES} rows: each row is there once`, async (t) => {
  const random = mulberry32(SEED);
  const hires = generateHires(LINES, SEED);
  let rounds = 0;
  let midway = 0;
  for (let file = 0; rounds < ROUNDS; file++) {
    const home = makeHome(t, hiresDdl(file % 2 === 0), { completion: 'rename' });
    drop(home, FILE, hires.content);
    while (rounds < ROUNDS && !isDone(home)) {
      await killedRound(t, home, random);
      rounds += 1;
      midway += isMidway(home) ? 1 : 0;
    }
    await finish(t, home);
    assert.deepEqual(violations(home, [{ table: 'hired_employees', file: FILE, ...hires.expected }]), []);
    assert.deepEqual(leftovers(home), []);
  }
  t.diagnostic(`${rounds} kills, ${midway} of them between two batches of the file`);
  assert.ok(midway >= ROUNDS / 2, `only ${midway} kills hit a load under way`);
});

const isDone = (home: Home): boolean => whereIs(home, FILE).some((place) => place.startsWith('done/'));

/** Mostly soon after the file was taken up, so that one file is killed several times; sometimes at its very end. */
async function killedRound(t: TestContext, home: Home, random: () => number): Promise<void> {
  const up = startUp(t, home);
  await until(up, 'the file is taken', () => isDone(home) || up.output().includes('loading'));
  await sleep(random() ** 2 * LONGEST_MS);
  await up.kill();
}

/** Some of the file is committed and some is not. */
function isMidway(home: Home): boolean {
  const database = new DatabaseSync(home.database, { readOnly: true });
  try {
    const ledger = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rowferry_loads'").get();
    if (ledger === undefined) return false;
    const load = database.prepare('SELECT read, state FROM rowferry_loads').get();
    return load !== undefined && load.state === 'receiving' && Number(load.read) > 0;
  } finally {
    database.close();
  }
}

async function finish(t: TestContext, home: Home): Promise<void> {
  const up = startUp(t, home);
  await until(up, 'it has settled', () => up.output().includes('stop  Ctrl-C'));
  await until(up, 'the file is loaded', () => isDone(home));
  assert.equal(await up.stop(), 0, up.output());
}
