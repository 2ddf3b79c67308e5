import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeToken } from '../../src/seal/keys.ts';
import { startRig } from '../client/rig.ts';
import { rowferry } from './command.ts';

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
