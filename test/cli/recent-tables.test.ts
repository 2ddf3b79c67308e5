import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentTables } from '../../src/cli/recent-tables.ts';

test('asked for once a second, unless they are wanted as they are now; a failure is not remembered', async (t) => {
  let now = 5000;
  t.mock.method(performance, 'now', () => now);
  let asked = 0;
  let fails = false;
  const jobs = {
    name: 'jobs',
    columns: [],
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    triggers: [],
  };
  const tables = async () => {
    asked += 1;
    if (fails) throw new TypeError('not now');
    return [{ ...jobs, rows: null }];
  };
  const recent = new RecentTables({ tables });
  assert.deepEqual(recent.rulesOf('jobs'), {});
  await recent.tables('recent');
  await recent.tables('recent');
  assert.equal(asked, 1);
  assert.equal(recent.rulesOf('jobs').rules?.name, 'jobs');
  assert.deepEqual(recent.rulesOf('nope'), {});
  await recent.tables('now');
  assert.equal(asked, 2);
  now += 999;
  await recent.tables('recent');
  assert.equal(asked, 2);
  now += 1;
  assert.deepEqual(recent.rulesOf('jobs'), {});
  fails = true;
  await assert.rejects(recent.tables('recent'), TypeError);
  fails = false;
  await recent.tables('recent');
  assert.equal(asked, 4);
});
