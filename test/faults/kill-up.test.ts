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
/** Batches are committed a few times a second: kills fall before, into and after the next one. */
const JITTER_MS = 80;

test(`killed ${ROUNDS} times in the middle of files of ${LINES} rows: each row is there once`, async (t) => {
  const random = mulberry32(SEED);
  const hires = generateHires(LINES, SEED);
  const killedAt: number[] = [];
  for (let file = 0; killedAt.length < ROUNDS; file++) {
    const home = makeHome(t, hiresDdl(file % 2 === 0), { completion: 'rename' });
    drop(home, FILE, hires.content);
    while (killedAt.length < ROUNDS && !isDone(home)) killedAt.push(await killedRound(t, home, random));
    await finish(t, home);
    assert.deepEqual(violations(home, [{ table: 'hired_employees', file: FILE, ...hires.expected }]), []);
    assert.deepEqual(leftovers(home), []);
  }
  t.diagnostic(`killed after so many rows: ${killedAt.join(' ')}`);
  const midway = killedAt.filter((rows) => rows > 0 && rows < LINES).length;
  assert.ok(midway >= ROUNDS / 4, `only ${midway} kills fell between two batches`);
});

const isDone = (home: Home): boolean => whereIs(home, FILE).some((place) => place.startsWith('done/'));

/** Waits for the next batch or not, then a moment. Returns the rows that were committed. */
async function killedRound(t: TestContext, home: Home, random: () => number): Promise<number> {
  const committed = batchesOf(home).length + Math.floor(random() * 2);
  const up = startUp(t, home);
  await until(up, 'the file is taken', () => isDone(home) || up.output().includes('loading'));
  await until(up, 'the batches are committed', () => isDone(home) || batchesOf(home).length >= committed);
  await sleep(random() * JITTER_MS);
  await up.kill();
  return batchesOf(home).reduce((sum, rows) => sum + rows, 0);
}

/** Rows read in each batch that the ledger holds. */
function batchesOf(home: Home): number[] {
  const database = new DatabaseSync(home.database, { readOnly: true });
  try {
    const ledger = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rowferry_batches'").get();
    const batches = ledger === undefined ? [] : database.prepare('SELECT read FROM rowferry_batches').all();
    return batches.map(({ read }) => Number(read));
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
