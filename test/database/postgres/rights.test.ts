import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userUrl } from '../../servers/server.ts';
import { summary } from '../shared/load.ts';
import { connectionTo, databaseOf, listIn, run } from './fixture.ts';
import { load } from './load.ts';

/** What the role may not do is done in another way, or refused with the reason; never done wrongly. */

const TABLES = `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
  CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p, n int CHECK (n > 0));`;
let roles = 0;

/** The URL of a new role with these rights: `@` stands for its name, `#` for the schema. */
async function roleWith(url: string, ...rights: readonly string[]): Promise<string> {
  const role = `loader_${process.pid}_${++roles}`;
  const schema = /search_path=(\w+)/.exec(decodeURIComponent(url))?.[1] ?? '';
  const all = ["CREATE ROLE @ LOGIN PASSWORD 'secret'", 'GRANT USAGE ON SCHEMA # TO @', ...rights];
  await run(url, all.join(';').replaceAll('@', role).replaceAll('#', schema));
  return userUrl(url, role, 'secret');
}

const READ_AND_WRITE = 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA # TO @';
const BY_SET = 'GRANT SET ON PARAMETER session_replication_role TO @';
const BATCH = '1,1,1\n2,3,1\n3,2,0\n1,2,1\n4,2,1\n';
const REFUSED = ['1 foreign_key p', '2 check', '3 unique.file id'];

test('a role that reads and writes rows: all is the same, foreign keys row by row', async () => {
  const url = await databaseOf(TABLES);
  const loaded = await load(await roleWith(url, READ_AND_WRITE), BATCH);
  assert.deepEqual(loaded.errors, REFUSED);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by row, classified');
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'p is "3"; there is no such row in p(id)');
});

test('with session_replication_role: foreign keys by set', async () => {
  const url = await databaseOf(TABLES);
  const loaded = await load(await roleWith(url, READ_AND_WRITE, BY_SET), BATCH);
  assert.deepEqual(loaded.errors, REFUSED);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by set, classified');
});

test('parents that may not be locked are the database’s part', async () => {
  const url = await databaseOf(TABLES);
  const loaded = await load(
    await roleWith(url, 'GRANT SELECT ON ALL TABLES IN SCHEMA # TO @', 'GRANT INSERT ON t TO @', BY_SET),
    BATCH,
  );
  assert.deepEqual(loaded.errors, REFUSED);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by row, classified');
});

test('parents that may not be read are looked up by the database', async () => {
  const url = await databaseOf(TABLES);
  const loaded = await load(await roleWith(url, 'GRANT SELECT, INSERT ON t TO @', BY_SET), BATCH);
  assert.deepEqual(loaded.errors, REFUSED);
  assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', /violates foreign key constraint "t_p_fkey"/);
});

test('a role that may only insert: the database tells repeated keys', async () => {
  const url = await databaseOf(`${TABLES} INSERT INTO t VALUES (4, NULL, 1)`);
  const role = await roleWith(url, 'GRANT INSERT ON t TO @');
  assert.equal(summary(await load(role, '7,,1\n8,1,1\n')), '2 = 2 + 0 + 0 + 0');
  const loaded = await load(role, BATCH);
  assert.deepEqual(loaded.errors, ['1 foreign_key p', '2 check', '3 unique.file id', '4 unique.table id']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t ORDER BY id'), [1, 4, 7, 8]);
});

test('rows that a policy does not let in are rejects', async () => {
  const url = await databaseOf(`${TABLES} ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY small ON t USING (n < 10) WITH CHECK (n < 100); INSERT INTO t VALUES (50, NULL, 50)`);
  const role = await roleWith(url, READ_AND_WRITE, BY_SET);
  const loaded = await load(role, '1,1,5\n2,2,100\n3,2,50\n50,,7\n1,,7\n');
  assert.deepEqual(loaded.errors, ['1 database', '3 unique.table id', '4 unique.file id']);
  assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', /row-level security policy/);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
});

test('parents of which a policy hides some are the database’s part', async () => {
  const url = await databaseOf(`${TABLES} ALTER TABLE p ENABLE ROW LEVEL SECURITY;
    CREATE POLICY one ON p USING (id = 1)`);
  const loaded = await load(await roleWith(url, READ_AND_WRITE, BY_SET), '1,1,1\n2,2,1\n3,3,1\n');
  assert.deepEqual(loaded.errors, ['2 foreign_key p']);
});

test('tables that the role may not insert into are not listed', async () => {
  const url = await databaseOf(TABLES);
  const connection = await connectionTo(
    await roleWith(url, 'GRANT SELECT ON ALL TABLES IN SCHEMA # TO @', 'GRANT INSERT (id) ON p TO @'),
  );
  assert.deepEqual(
    (await connection.introspect()).map(({ name }) => name),
    ['p'],
  );
});

test('what is not granted is refused, with where to look', async () => {
  const url = await databaseOf(`${TABLES} CREATE SEQUENCE s; ALTER TABLE t ADD nth int DEFAULT nextval('s')`);
  const role = await roleWith(url, READ_AND_WRITE);
  await assert.rejects(load(role, '1\n', { columns: ['id'] }), {
    code: 'database-refused',
    message: /loader_.*permission denied for sequence s/,
    hint: /docs\/databases\.md/,
  });
});
