import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/database/open.ts';
import type { RowferryError } from '../../src/errors.ts';
import { Writers } from '../../src/ingest/writers.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { testPostgres } from '../servers/postgres.ts';
import { openGate } from './gate.ts';

/** From which on a job that waits calls for more lanes, and some time for these to be called. Milliseconds. */
const RELIEF_MS = 1000 + 100;

for (const most of [1, 2]) {
  test(`with ${most} at most, nobody looks again and again while all lanes stand still`, async (t) => {
    const url = await ledgerIn(sqliteFile(t));
    await using opened = open(url, most);
    const { writers } = opened;
    using other = new DatabaseSync(url.slice('sqlite:'.length));
    other.exec('BEGIN IMMEDIATE');
    // As many lanes as there may be at most, with the relief, and more.
    const jobs = Array.from({ length: most + 5 }, () => writers.call('settleLeft', Date.now()));
    await sleep(RELIEF_MS);
    let timers = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'Timeout') timers += 1;
      },
    });
    hook.enable();
    await sleep(200);
    hook.disable();
    other.exec('ROLLBACK');
    await Promise.all(jobs);
    assert.ok(timers < 10, `${timers} timers in 200 ms`);
  });
}

test('a job does not wait for a lane that is only being opened when another one comes free', async (t) => {
  const url = await ledgerIn(await (await testPostgres()).freshDatabase());
  const gate = await openGate(t, url);
  const { writers, [Symbol.asyncDispose]: close } = open(gate.url, 3);
  t.after(() => {
    gate.open();
    return close();
  });
  // Both of the first lanes are there.
  await Promise.all([ready(writers), ready(writers)]);
  gate.close();
  const held = gate.held();
  const jobs = [1, 2, 3].map(() => writers.call('settleLeft', Date.now()));
  const late = sleep(20_000, 'it waited', { ref: false });
  await held;
  assert.notEqual(await Promise.race([Promise.all(jobs), late]), 'it waited');
});

test('it closes while jobs wait: those that the lane has are done, the others are refused', {
  timeout: 20_000,
}, async (t) => {
  const { writers } = open(await ledgerIn(sqliteFile(t)), 1);
  await writers.opened;
  const jobs = Array.from({ length: 5 }, () => outcomeOf(writers.call('settleLeft', Date.now())));
  await writers.close();
  assert.deepEqual(await Promise.all(jobs), [...Array(2).fill('done'), ...Array(3).fill('shutting-down')]);
  assert.equal(await outcomeOf(writers.call('settleLeft', Date.now())), 'shutting-down');
});

test('what is given up are rows that no lane has; the short ends of requests are still written', async (t) => {
  await using opened = open(await ledgerIn(sqliteFile(t)), 1);
  const { writers } = opened;
  await writers.opened;
  const [first, second, short] = [1, 2, 3].map(() => outcomeOf(writers.call('settleLeft', Date.now())));
  const rows = outcomeOf(writers.call('retry', Object.create(null)));
  writers.giveUp();
  const later = outcomeOf(writers.call('retry', Object.create(null)));
  assert.deepEqual(await Promise.all([rows, later]), ['shutting-down', 'shutting-down']);
  assert.deepEqual(await Promise.all([first, second, short]), ['done', 'done', 'done']);
});

test('it is told when the first lanes are there', async (t) => {
  const gate = await openGate(t, await ledgerIn(await (await testPostgres()).freshDatabase()));
  gate.close();
  await using opened = open(gate.url, 2);
  const told = opened.writers.opened.then(() => 'told');
  await gate.held();
  assert.equal(await Promise.race([told, sleep(100, 'not yet')]), 'not yet');
  gate.open();
  assert.equal(await told, 'told');
});

const outcomeOf = (job: Promise<unknown>): Promise<string> =>
  job.then(
    () => 'done',
    (error: RowferryError) => error.code,
  );

const ready = (writers: Writers): Promise<void> => writers.call('ready', null);

function open(databaseUrl: string, most: number): AsyncDisposable & { readonly writers: Writers } {
  const writers = new Writers({ databaseUrl, most, onAgain: () => {}, mayAnswer: () => {} });
  return { writers, [Symbol.asyncDispose]: () => writers.close() };
}

function sqliteFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-writers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return `sqlite:${join(folder, 'x.sqlite')}`;
}

async function ledgerIn(url: string): Promise<string> {
  const connection = await openDatabase(url);
  await migrate(connection);
  await connection.close();
  return url;
}
