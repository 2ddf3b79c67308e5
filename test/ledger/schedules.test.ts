import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import {
  databaseIdOf,
  lastRunOf,
  replaceRun,
  type ScheduledRun,
  type ScheduledState,
} from '../../src/ledger/schedules.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

/** What servers agree on by the ledger, on each engine. */

const SERVERS = 3;

const URLS: Readonly<Record<string, (t: TestContext) => Promise<string>>> = {
  sqlite: async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rowferry-schedules-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    return `sqlite:${join(folder, 'x.sqlite')}`;
  },
  postgres: async () => (await testPostgres()).freshDatabase(),
  mysql: async () => (await testMysql()).freshDatabase(),
};

const RUN: Omit<ScheduledRun, 'beat'> = {
  name: 'backup',
  due: '2026-11-23T03:00:00.000Z',
  place: '01KAN3M0V5Q5X8W2B7R4T9Y6ZC',
  state: 'running',
  attempts: 1,
  startedAt: '2026-11-23T03:00:00.012Z',
  finishedAt: null,
  detail: null,
};
const STATES: readonly ScheduledState[] = ['running', 'done', 'failed', 'cut', 'skipped'];
/** As long as the names of all tables that failed might make it. */
const DETAIL = `no room to back ü😀 up: 'x' \\ "y"\n${'long '.repeat(40_000)}`;

for (const [engine, urlOf] of Object.entries(URLS)) {
  test(`${engine}: of servers that take a run at once one gets it, and all read the same of it`, async (t) => {
    const url = await urlOf(t);
    const servers: Connection[] = [];
    for (let server = 0; server < SERVERS; server++) servers.push(await openDatabase(url));
    await using stack = new AsyncDisposableStack();
    for (const server of servers) stack.defer(() => server.close());
    const [first = assert.fail()] = servers;
    await migrate(first);
    assert.equal(new Set(await Promise.all(servers.map(databaseIdOf))).size, 1);
    assert.equal(await lastRunOf(first, 'backup'), null);
    const take = async (seen: ScheduledRun | null, next: typeof RUN): Promise<ScheduledRun> => {
      const taken = await Promise.all(servers.map((server) => replaceRun(server, seen, next)));
      const [winner = assert.fail(), ...more] = taken.filter((each) => each !== null);
      assert.deepEqual(more, [], 'one alone');
      for (const server of servers) assert.deepEqual(await lastRunOf(server, 'backup'), winner);
      return winner;
    };
    let last = await take(null, RUN);
    assert.deepEqual(last, { ...RUN, beat: 1 });
    for (const state of STATES) {
      const finishedAt = state === 'running' ? null : '2026-11-23T03:10:00.000Z';
      const detail = state === 'failed' ? DETAIL : null;
      const next: Omit<ScheduledRun, 'beat'> = {
        ...RUN,
        state,
        finishedAt,
        detail,
        attempts: last.attempts + 1,
      };
      const written = await take(last, next);
      assert.deepEqual(written, { ...next, beat: last.beat + 1 });
      last = written;
    }
    assert.equal(await replaceRun(first, { ...last, beat: 1 }, RUN), null, 'what was seen long ago');
    const other = await replaceRun(first, null, { ...RUN, name: 'test-restore' });
    assert.equal(other?.beat, 1);
    assert.deepEqual(await lastRunOf(first, 'backup'), last);
  });
}
