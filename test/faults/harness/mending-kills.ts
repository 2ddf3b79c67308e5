import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Scope, until } from '../up-process.ts';
import { type Database, ENGINES, type Query } from './databases.ts';
import { type Fault, note, type Tally } from './fault.ts';
import { Ending, type FaultsHome, type Faulty, homeOf, run } from './home.ts';

/** kill -9 of `rejects retry` and of `reconcile --resend`, in tables without a key: a row that comes twice stays twice. */

const ROWS = 300;
/** A retry is one transaction, a resend the second: the table is compared in one before it. */
const pointsOf = (commit: number): string[] => [
  `before_commit:kill:${commit}`,
  `after_commit:kill:${commit}`,
  'after_rows:kill:1',
  'before_ledger:kill:1',
];

const DDL = `CREATE TABLE mended (v VARCHAR(20) NOT NULL, n INTEGER);
  CREATE TABLE held (v VARCHAR(20) NOT NULL, n INTEGER);`;

interface Ended {
  readonly wasKilled: boolean;
  readonly output: string;
}

async function ended(
  scope: Scope,
  home: FaultsHome,
  args: readonly string[],
  faulty: Faulty = {},
): Promise<Ended> {
  const process = run(scope, home, args, faulty);
  await until(process, 'it ends', () => !process.isRunning());
  const output = process.output();
  return { wasKilled: /failpoint \w+: kill/.test(output), output };
}

const numbers = (query: Query, sql: string) =>
  query(sql).then(([row]) => Object.values(row ?? {}).map(Number));

const ledgerOf = ({ engine }: Database): string => (engine === 'postgres' ? 'rowferry.' : 'rowferry_');

/** What the ledger says of the rejects is what stands in the table, each once. */
async function assertTruthful(database: Database, load: string, first: number): Promise<void> {
  const ledger = ledgerOf(database);
  await database.snapshot(async (query) => {
    const mine = `n BETWEEN ${first} AND ${first + ROWS - 1}`;
    const rows = `SELECT count(*) AS n, count(DISTINCT n) AS d FROM mended WHERE ${mine}`;
    const [found, distinct] = await numbers(query, rows);
    const rejects = `SELECT count(*) AS n FROM ${ledger}rejects r JOIN ${ledger}loads l ON l.id = r.retry_load
      WHERE r.load_id = '${load}' AND r.state = 'retried' AND l.parent = '${load}'`;
    const [retried = 0] = await numbers(query, rejects);
    const sums = `SELECT coalesce(sum(inserted), 0) AS i, coalesce(sum(rejected), 0) AS r FROM ${ledger}loads
      WHERE parent = '${load}'`;
    assert.deepEqual([found, distinct], [ROWS - ROWS / 3 + retried, found]);
    assert.deepEqual(await numbers(query, sums), [retried, 0]);
    assert.ok([0, ROWS / 3].includes(retried), `${retried} of one transaction`);
  });
}

const fileOf = (first: number, isMended: boolean): string =>
  Array.from({ length: ROWS }, (_, i) => `${i % 3 > 0 ? 'a' : isMended ? 'b' : ''},${first + i}\n`).join('');

async function killRetries({ ending, database, home, points, tally }: Work): Promise<void> {
  const ledger = ledgerOf(database);
  for (const [i, failpoint] of pointsOf(1).slice(0, points).entries()) {
    const first = i * ROWS;
    const [file, fixed] = [join(home.path, `mended-${i}.csv`), join(home.path, 'fixed.csv')];
    writeFileSync(file, fileOf(first, false));
    const { output } = await ended(ending, home, ['load', file, '--max-rejects', '100%', '--json']);
    const [, load = assert.fail(output)] = /"load":"(\w+)"/.exec(output) ?? [];
    const records = fileOf(first, true)
      .split('\n')
      .filter((line) => line.startsWith('b'));
    writeFileSync(fixed, `${records.join('\n')}\n`);
    const retry = ['rejects', 'retry', load, '--with', fixed];
    const killed = await ended(ending, home, retry, { failpoint });
    assert.ok(killed.wasKilled, `${failpoint}: ${killed.output}`);
    await assertTruthful(database, load, first);
    const again = await ended(ending, home, retry);
    assert.match(again.output, /inserted|nothing was left/, failpoint);
    await assertTruthful(database, load, first);
    const [open] = await database.snapshot((query) =>
      numbers(
        query,
        `SELECT count(*) AS n FROM ${ledger}rejects WHERE load_id = '${load}' AND state <> 'retried'`,
      ),
    );
    assert.equal(open, 0, failpoint);
    tally.injected += 1;
    note(tally, failpoint, []);
  }
}

async function killResends({ ending, database, home, points, tally }: Work): Promise<void> {
  const ledger = ledgerOf(database);
  const file = join(home.path, 'held.csv');
  writeFileSync(file, fileOf(0, true));
  await ended(ending, home, ['load', file]);
  for (const failpoint of pointsOf(2).slice(0, points)) {
    await database.run('DELETE FROM held WHERE n < 100');
    const killed = await ended(ending, home, ['reconcile', file, '--resend'], { failpoint });
    assert.ok(killed.wasKilled, `${failpoint}: ${killed.output}`);
    await ended(ending, home, ['reconcile', file, '--resend']);
    const found = await database.snapshot((query) =>
      numbers(query, 'SELECT count(*) AS n, count(DISTINCT n) AS d FROM held'),
    );
    assert.deepEqual(found, [ROWS, ROWS], failpoint);
    tally.injected += 1;
    note(tally, failpoint, []);
  }
  const { output } = await ended(ending, home, ['reconcile', file, '--json']);
  assert.match(output, /"state":"proved"/);
  const open = await database.snapshot((query) =>
    numbers(query, `SELECT count(*) AS n FROM ${ledger}loads WHERE state = 'receiving'`),
  );
  assert.deepEqual(open, [0]);
}

interface Work {
  readonly ending: Ending;
  readonly database: Database;
  readonly home: FaultsHome;
  /** How many of the places, the first ones. */
  readonly points: number;
  readonly tally: Tally;
}

/** 32: `times` is how many kills; half of them hit retries. What is wrong ends it. */
export const mendingKills: Fault = {
  number: 32,
  key: 'mending',
  name: 'retries of rejects and resends killed: each record once',
  engines: ENGINES,
  run: async ({ databases, times, tally }) => {
    await using ending = new Ending();
    const database = await databases.fresh();
    await database.run(DDL);
    const home = homeOf(ending, database, { mapping: {} });
    const work = { ending, database, home, points: Math.ceil(times / 2), tally };
    await killRetries(work);
    await killResends(work);
    tally.runs += 1;
  },
};
