import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDatabase } from '../client/rig.ts';
import { makeHome, type Outcome, rowferry } from './command.ts';

const listed = async (home: string): Promise<unknown[]> =>
  (await rowferry(home, ['keys', 'list', '--json'])).json.map(({ name }) => name);
const init = (home: string, ...flags: string[]): Promise<Outcome> =>
  rowferry(home, ['init', '--yes', '--database-url', 'sqlite:data/rowferry.sqlite', ...flags]);

test('init makes the first key in the database it was given, prints it once, and never a second', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const first = await init(home.path, '--json');
  assert.equal(first.code, 0, first.stderr);
  const [answer] = first.json;
  assert.match(String(answer?.token), /^rfk_\w{62}$/);
  assert.deepEqual(await listed(home.path), ['first key']);
  const again = await init(home.path, '--force');
  assert.equal(again.code, 0, again.stderr);
  assert.doesNotMatch(again.stdout + again.stderr, /rfk_|no API key was made/);
  assert.deepEqual(await listed(home.path), ['first key']);
});

test('for people the key comes with what to type next; --no-key leaves it out', async () => {
  await using home = await makeHome();
  await makeDatabase(home.path);
  const without = await init(home.path, '--no-key', '--json');
  assert.deepEqual([without.json[0]?.token, without.json[0]?.key], [null, null]);
  assert.deepEqual(await listed(home.path), []);
  const { stdout } = await init(home.path, '--force');
  assert.match(stdout, /is written\n\nAPI key, shown this once: (rfk_\w+)\n {2}curl .*\1/);
});

test('a database that is not there, or is none: the settings are written, and why there is no key', async () => {
  await using home = await makeHome();
  const missing = await init(home.path);
  assert.equal(missing.code, 0);
  assert.match(missing.stdout, /rowferry\.config\.json is written/);
  assert.match(missing.stderr, /no API key was made:\nrowferry: there is no database at .*\n {2}\S/);
  await writeFile(join(home.path, 'text.sqlite'), 'this is no database file, however long it may be');
  const wrong = await init(home.path, '--force', '--database-url', 'sqlite:text.sqlite', '--json');
  assert.deepEqual([wrong.code, wrong.json[0]?.token], [0, null], wrong.stderr);
  assert.match(wrong.stderr, /no API key was made:\nrowferry: /);
});
