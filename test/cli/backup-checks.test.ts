import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBackups } from '../../src/cli/backup-checks.ts';
import { loadConfig } from '../../src/config.ts';
import { makeDatabase } from '../client/rig.ts';
import { makeHome, runHere } from './command.ts';

const DAY_MS = 86_400_000;

test('doctor tells of tables without a verified backup, and of backups that are overdue', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const checked = async (days: number, environment = {}) => {
    const config = loadConfig({ home: home.path }, environment);
    const [found = assert.fail('no check')] = await checkBackups(config, Date.now() + days * DAY_MS);
    return found;
  };
  const none = await checked(0);
  assert.deepEqual([none.ok, none.mend?.startsWith('rowferry backup ')], [true, true]);
  const tables = none.mend?.replace('rowferry backup ', '').split(' ') ?? [];
  const [first = '', ...others] = tables;
  assert.equal((await runHere(home.path, ['backup', first])).code, 0);
  assert.equal((await checked(0)).mend, `rowferry backup ${others.join(' ')}`);
  assert.equal((await runHere(home.path, ['backup', ...others])).code, 0);
  assert.deepEqual([(await checked(0)).mend, (await checked(1)).mend], [null, null]);
  const late = await checked(3);
  assert.deepEqual([late.ok, late.mend], [false, none.mend]);
  assert.match(late.detail, /overdue: .* 3 days old/);
  assert.equal(
    (await checked(3, { ROWFERRY_BACKUP_SCHEDULE: 'none' })).ok,
    true,
    'a week without a schedule',
  );
  assert.equal((await checked(8, { ROWFERRY_BACKUP_SCHEDULE: 'none' })).ok, false);
});
