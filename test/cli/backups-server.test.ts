import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRig } from '../client/rig.ts';
import { makeHome, rowferry } from './command.ts';

test('backups are shown and compared by their ids on a server, from a folder that has none of them', async () => {
  await using rig = await startRig();
  await using home = await makeHome();
  const environment = { ROWFERRY_KEY: rig.token, ROWFERRY_SERVER: rig.server.url };
  const run = (...args: string[]) => rowferry(home.path, args, environment);
  const backUp = async () => {
    const [made] = (await run('backup', 'jobs', '--json')).json;
    return String(made?.file).replace(/^.*\/|\.avro$/g, '');
  };
  const first = await backUp();
  await rig.client.table('jobs').insert([{ id: 990, job: 'Stowaway' }]);
  const second = await backUp();

  const shown = await run('backups', 'show', second, '--json');
  assert.equal(shown.code, 0, shown.stderr);
  assert.deepEqual([shown.json[0]?.id, shown.json[0]?.table], [second, 'jobs']);
  const diff = await run('backups', 'diff', first, second, '--json');
  assert.equal(diff.code, 3, diff.stderr);
  const [{ added, removed, changed } = assert.fail(diff.stdout)] = diff.json;
  assert.deepEqual([added, removed, changed], [1, 0, 0]);
  const none = await run('backups', 'show', 'jobs.20261122T143000Z.1a2b3c4d');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no backup|nor a backup/);
});
