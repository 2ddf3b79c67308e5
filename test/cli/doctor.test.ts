import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeToken } from '../../src/seal/keys.ts';
import { startRig } from '../client/rig.ts';
import { makeHome, rowferry, runHere } from './command.ts';

test('doctor --server tells a missing key, a wrong one and a server that is not there apart', async () => {
  await using rig = await startRig();
  const found = async (url: string, key?: string): Promise<unknown[]> => {
    const environment = key === undefined ? {} : { ROWFERRY_KEY: key };
    const { json } = await rowferry(rig.home, ['doctor', '--json', '--server', url], environment);
    const server = json.find(({ check }) => check === 'server');
    return [server?.ok, server?.mend];
  };
  const setKey = 'export ROWFERRY_KEY=rfk_…';
  assert.deepEqual(await found(rig.server.url, rig.token), [true, null]);
  assert.deepEqual(await found(rig.server.url), [false, setKey]);
  assert.deepEqual(await found(rig.server.url, makeToken().token), [false, setKey]);
  assert.deepEqual(await found(rig.server.url, 'rfk_mistyped'), [false, setKey]);
  const elsewhere = await found('http://127.0.0.1:1', rig.token);
  assert.deepEqual(elsewhere, [false, 'rowferry up, where the server belongs']);
});

test('where there is no database, the command that is named makes one', async () => {
  await using home = await makeHome();
  const own = ['--json', '--database-url', 'sqlite:new.sqlite'];
  const database = async () =>
    (await runHere(home.path, ['doctor', ...own])).json.find(({ check }) => check === 'database');
  assert.match(
    String((await database())?.mend),
    /^rowferry plan FILE… --apply {3}\(or: sqlite3 .*new\.sqlite < /,
  );
  await writeFile(join(home.path, 'trees.csv'), 'id,name\n1,oak\n');
  const { code } = await runHere(home.path, ['plan', 'trees.csv', '--apply', ...own]);
  assert.deepEqual([code, (await database())?.ok], [0, true]);
});
