import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDatabase, startRig } from '../client/rig.ts';
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

test('the list marks what expires soon and names the next command; rotate says what to do with two keys', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  assert.equal(
    (await rowferry(home.path, ['keys', 'list'])).stdout,
    'there are no keys yet: rowferry keys create\n',
  );
  const create = ['keys', 'create', '--owner', 'hr', '--days', '13', '--json'];
  const made = (await rowferry(home.path, create)).json[0];
  const token = String(made?.token);
  const id = token.slice(4, 16);
  const { stdout } = await rowferry(home.path, ['keys', 'list']);
  assert.match(stdout, new RegExp(`^${id} .* expires soon\\n\\nnext: rowferry keys rotate ${id}\\n`, 'm'));
  const rotated = await rowferry(home.path, ['keys', 'rotate', id]);
  assert.match(
    rotated.stdout,
    new RegExp(`^rfk_\\w+\\n[^]*both keys are good now[^]*rowferry keys revoke ${id}\\n$`),
  );
  const third = await rowferry(home.path, create);
  assert.deepEqual([third.code, third.json[0]?.token], [1, undefined]);
  assert.match(third.stderr, /hr has 2 live keys.*\n.*rowferry keys revoke ID/);
});

test('a whole key stands for its id, and its secret goes nowhere', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const token = String((await rowferry(home.path, ['keys', 'create', '--json'])).json[0]?.token);
  const revoked = await rowferry(home.path, ['keys', 'revoke', token]);
  assert.equal(revoked.code, 0, revoked.stderr);
  const unknown = await rowferry(home.path, ['keys', 'rotate', `rfk_${'x'.repeat(12)}_${token.slice(17)}`]);
  assert.match(unknown.stderr, /there is no key x{12}\n/);
  assert.doesNotMatch(unknown.stderr, new RegExp(token.slice(17)));
});

test('an owner or a time that is none is wrong use', async () => {
  const create = (...flags: string[]) => rowferry('/', ['keys', 'create', ...flags]);
  const owner = await create('--owner', 'Ann Lind');
  assert.deepEqual([owner.code, /letters, digits and \. _ @ -/.test(owner.stderr)], [2, true], owner.stderr);
  const days = await create('--days', '0');
  assert.deepEqual([days.code, /expected 1 to 3650/.test(days.stderr)], [2, true], days.stderr);
});

test('through a server elsewhere keys are made with keys:admin alone, and what is missing is said', async () => {
  await using rig = await startRig();
  const weak = rig.server.keys.createEphemeral(['tables:*:*']).token;
  const keys = (key: string, ...args: string[]) =>
    rowferry(rig.home, ['keys', ...args, '--server', rig.server.url], { ROWFERRY_KEY: key });
  const refused = await keys(weak, 'create');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /not the scope keys:admin\n.*without --server/);
  const scopes = ['--scope', 'tables:jobs:read', 'tables:jobs:insert', '--scope', 'keys:admin'];
  const made = await keys(rig.token, 'create', '--owner', 'ops', '--json', ...scopes);
  assert.deepEqual(Object(made.json[0]?.key).scopes, [
    'tables:jobs:read',
    'tables:jobs:insert',
    'keys:admin',
  ]);
  const second = await keys(String(made.json[0]?.token), 'create', '--owner', 'reader', '--json');
  assert.deepEqual(Object(second.json[0]?.key).scopes, ['tables:*:*'], second.stderr);
});
