import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { makeHome, rowferry } from './command.ts';

const EXAMPLES = new URL('../../examples/hr/', import.meta.url);
const FILES = ['departments', 'jobs', 'hired_employees'].map((name) =>
  join(EXAMPLES.pathname, `${name}.csv`),
);

/** The commands on a database server, as a person types them, with the example of examples/hr. */
for (const [engine, start] of [
  ['postgres', testPostgres],
  ['mysql', testMysql],
] as const) {
  describe(`on ${engine}`, async () => {
    const server = await start();
    const url = await server.freshDatabase();
    const { password } = new URL(url);
    await server.run(url, readFileSync(new URL(`ddl/${engine}.sql`, EXAMPLES), 'utf8'));
    const environment = { ROWFERRY_DATABASE_URL: url };

    test('check says what a load would do, and writes nothing; load does it; rejects says why', async () => {
      await using home = await makeHome();
      const checked = await rowferry(home.path, ['check', '--json', FILES[1] ?? ''], environment);
      assert.equal(checked.code, 0, checked.stderr);
      assert.equal(checked.json[0]?.inserted, 183);
      const loaded = await rowferry(home.path, ['load', '--json', ...FILES], environment);
      assert.equal(loaded.code, 3, loaded.stderr);
      assert.deepEqual(
        loaded.json.map(({ table, inserted, rejected }) => [table, inserted, rejected]),
        [
          ['departments', 12, 0],
          ['jobs', 183, 0],
          ['hired_employees', 1938, 62],
        ],
      );
      const again = await rowferry(home.path, ['load', '--json', ...FILES], environment);
      assert.deepEqual(
        again.json.map(({ state }) => state),
        ['duplicate', 'duplicate', 'duplicate'],
      );
      const rejects = await rowferry(
        home.path,
        ['rejects', String(loaded.json[2]?.load), '--json'],
        environment,
      );
      assert.equal(rejects.json.length, 62);
    });

    test('init keeps the password in its file, for its owner only, and shows it nowhere', async () => {
      await using home = await makeHome();
      const made = await rowferry(home.path, ['init', '--yes', '--database-url', url, '--json']);
      assert.equal(made.code, 0, made.stderr);
      const file = join(home.path, 'rowferry.config.json');
      assert.equal(JSON.parse(await readFile(file, 'utf8')).databaseUrl, url);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const doctor = await rowferry(home.path, ['doctor', '--json']);
      const tables = await rowferry(home.path, ['tables', '--json', '--debug']);
      assert.equal(tables.json.length, 3);
      for (const { stdout, stderr } of [made, doctor, tables]) {
        assert.ok(!`${stdout}${stderr}`.includes(password), 'the password is shown');
      }
    });
  });
}
