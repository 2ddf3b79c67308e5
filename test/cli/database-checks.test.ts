import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDatabase } from '../../src/cli/checks.ts';
import { loadConfig } from '../../src/config.ts';
import {
  mysqlLeastTarget,
  mysqlTarget,
  postgresLeastTarget,
  postgresTarget,
  type Target,
} from '../conformance/engines.ts';
import { userUrl } from '../servers/server.ts';

const checksOf = async ({ url }: Pick<Target, 'url'>) =>
  Object.fromEntries(
    (await checkDatabase(loadConfig({ databaseUrl: url }, {}))).map(({ check, ok, detail, mend }) => [
      check,
      { ok, detail, mend },
    ]),
  );

test('doctor on PostgreSQL: what a role may do, and the statement that mends it', async () => {
  const all = await checksOf(await postgresTarget());
  assert.deepEqual(Object.keys(all), ['database', 'ledger', 'tables', 'server', 'rights', 'speed', 'atomic']);
  assert.ok(Object.values(all).every(({ ok, mend }) => ok && mend === null));
  assert.match(all.server?.detail ?? '', /^PostgreSQL \d+.*encoding UTF8$/);

  const target = await postgresLeastTarget();
  const role = new URL(target.url).username;
  await target.run(`REVOKE UPDATE ON prices FROM ${role}; REVOKE ALL ON codes FROM ${role}`);
  const least = await checksOf(target);
  assert.match(least.ledger?.detail ?? '', /^version \d+$/);
  assert.deepEqual(least.rights?.mend, `GRANT SELECT, INSERT, UPDATE ON codes, prices TO ${role}`);
  assert.deepEqual(least.speed?.mend, `GRANT SET ON PARAMETER session_replication_role TO ${role}`);
  assert.deepEqual(least.atomic?.mend, `GRANT CREATE ON SCHEMA rowferry TO ${role}`);
  const mends = [least.rights?.mend, least.speed?.mend, least.atomic?.mend];
  await target.run(`${mends.join(';\n')};`);
  assert.ok(Object.values(await checksOf(target)).every(({ ok, mend }) => ok && mend === null));
});

test('doctor on MySQL: what a user may do, and the statement that mends it', async () => {
  const whole = await mysqlTarget();
  const all = await checksOf(whole);
  assert.deepEqual(Object.keys(all), [
    'database',
    'ledger',
    'tables',
    'server',
    'engines',
    'rights',
    'speed',
    'atomic',
  ]);
  assert.ok(Object.values(all).every(({ ok, mend }) => ok && mend === null));
  await whole.run('CREATE TABLE old (id INT) ENGINE = MyISAM');
  const { engines } = await checksOf(whole);
  assert.deepEqual(engines?.mend, 'ALTER TABLE `old` ENGINE = InnoDB');

  const target = await mysqlLeastTarget();
  const least = await checksOf(target);
  assert.deepEqual(least.rights?.mend, null);
  assert.match(least.atomic?.mend ?? '', /^GRANT CREATE, DROP ON `rowferry_test_\w+`\.\* TO 'l_\w+'@'%'$/);
  await target.run(`${least.atomic?.mend};`);
  assert.equal((await checksOf(target)).atomic?.mend, null);
});

test('a wrong password is said, and not shown', async () => {
  for (const { url } of [await postgresTarget(), await mysqlTarget()]) {
    const found = await checksOf({ url: userUrl(url, 'admin', 'wr0ng-s3cret') });
    assert.equal(found.database?.ok, false);
    assert.match(found.database?.detail ?? '', /password|denied/i);
    assert.doesNotMatch(JSON.stringify(found), /wr0ng-s3cret/);
  }
});
