import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { databaseOf, temporaryFolder } from '../database/sqlite/fixture.ts';

const folder = temporaryFolder();

/** A dictionary, and how often it has asked its database for the version. */
async function open(name: string) {
  const url = databaseOf(folder, name, 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
  const connection = await sqliteEngine.connect(url);
  let asked = 0;
  const dictionary = new Dictionary(
    new Proxy(connection, {
      get(target, member) {
        if (member === 'schemaVersion') asked++;
        const value: unknown = Reflect.get(target, member, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  );
  return { connection, dictionary, asked: () => asked };
}

test('for parts the version is not asked for anew each time; after forget() it is', async () => {
  const { connection, dictionary, asked } = await open('recent');
  const first = await dictionary.recent('t');
  const again = await Promise.all([dictionary.recent('t'), dictionary.recent('T')]);
  assert.deepEqual(again, [first, first]);
  assert.equal(asked(), 1);
  await connection.execute('ALTER TABLE t ADD COLUMN v TEXT');
  dictionary.forget();
  const { table, version } = await dictionary.recent('t');
  assert.deepEqual(
    table.columns.map((column) => column.name),
    ['id', 'v'],
  );
  assert.notEqual(version, first.version);
  assert.equal(asked(), 2);
  await connection.close();
});

test('parts that come at the same time ask once; what was asked before forget() is not the answer to what is asked after', async () => {
  const { connection, dictionary, asked } = await open('together');
  await Promise.all([dictionary.recent('t'), dictionary.recent('t'), dictionary.recent('t')]);
  assert.equal(asked(), 1);
  dictionary.forget();
  const before = dictionary.recent('t');
  dictionary.forget();
  await Promise.all([before, dictionary.recent('t')]);
  assert.equal(asked(), 3);
  await connection.close();
});

test('the version of a moment ago is the one its tables were read at', async () => {
  const { connection, dictionary } = await open('pair');
  const before = await dictionary.recent('t');
  await connection.execute('ALTER TABLE t ADD COLUMN v TEXT');
  assert.deepEqual(await dictionary.recent('t'), before);
  // Whoever asks for the tables as they are, has them read anew for the parts as well.
  await dictionary.tables();
  const { table, version } = await dictionary.recent('t');
  assert.equal(table.columns.length, 2);
  assert.equal(version, await connection.schemaVersion());
  await connection.close();
});

test('a table that is not there is named, with those near it', async () => {
  const { connection, dictionary } = await open('missing');
  await assert.rejects(dictionary.recent('tt'), { code: 'table-not-found', hint: 'did you mean t?' });
  await connection.close();
});
