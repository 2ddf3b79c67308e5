import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDatabase } from '../client/rig.ts';
import { makeHome, rowferry } from './command.ts';

test('a sealed-only key is made by a flag, and the list says what each key is for', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const made = await rowferry(home.path, ['keys', 'create', '--owner', 'ferry', '--sealed-only']);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^rfk_\w+\n {2}of ferry, .*, for sealed requests only\n/);
  const plain = await rowferry(home.path, ['keys', 'create', '--owner', 'curl']);
  assert.doesNotMatch(plain.stdout, /sealed requests only/);
  const { stdout } = await rowferry(home.path, ['keys', 'list']);
  assert.match(stdout, / ferry .* sealed only +good\n/);
  assert.match(stdout, / curl .* sealed, bearer +good\n/);
  const { json } = await rowferry(home.path, ['keys', 'list', '--json']);
  const found = json.map(({ owner, sealedOnly }) => `${owner} ${sealedOnly}`);
  assert.deepEqual(found.sort(), ['curl false', 'ferry true']);
});
