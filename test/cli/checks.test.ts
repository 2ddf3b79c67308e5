import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDatabase, checkLedger, checkPort } from '../../src/cli/checks.ts';
import { loadConfig } from '../../src/config.ts';
import { LEDGER_VERSION } from '../../src/ledger/migrate.ts';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome } from './command.ts';

test('a ledger newer than this program is a fault, an older one is not', () => {
  assert.equal(checkLedger(0).ok, true);
  assert.equal(checkLedger(LEDGER_VERSION).ok, true);
  const newer = checkLedger(LEDGER_VERSION + 1);
  assert.deepEqual([newer.ok, newer.mend], [false, 'npm install rowferry@latest']);
});

test('a port that is used names another to type', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const found = await checkPort(loadConfig({ port }, {}));
  assert.deepEqual([found.ok, found.mend], [false, `rowferry up --port ${port + 1}`]);
  await new Promise((resolve) => taken.close(resolve));
  assert.equal((await checkPort(loadConfig({ port }, {}))).ok, true);
});

test('a database: with tables, without, none, and a file that is no database', async () => {
  await using home = await makeHome();
  const url = (name: string) =>
    loadConfig({ home: home.path, databaseUrl: `sqlite:${home.path}/${name}` }, {});
  const found = async (name: string) => (await checkDatabase(url(name))).map(({ check, ok }) => [check, ok]);
  await makeDatabase(home.path);
  assert.deepEqual(await found('data/rowferry.sqlite'), [
    ['database', true],
    ['ledger', true],
    ['tables', true],
  ]);
  withDatabase(join(home.path, 'empty.sqlite'), (database) => database.exec('PRAGMA user_version = 1'));
  assert.deepEqual((await found('empty.sqlite')).at(-1), ['tables', false]);
  assert.deepEqual(await found('nowhere.sqlite'), [['database', false]]);
  await writeFile(join(home.path, 'text.sqlite'), 'this is no database file, however long it may be');
  await mkdir(join(home.path, 'folder.sqlite'));
  assert.deepEqual(await found('text.sqlite'), [['database', false]]);
  assert.deepEqual(await found('folder.sqlite'), [['database', false]]);
});
