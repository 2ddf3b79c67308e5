import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InsertOutcome, Staged } from '../../src/database/database.ts';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { commitPart } from '../../src/ingest/commit-part.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import type { BatchWriter } from '../../src/ingest/insert-batch.ts';
import { announceLoad } from '../../src/ingest/load-life.ts';
import { Preparer } from '../../src/ingest/prepare.ts';
import { START, writeStaged } from '../../src/ingest/write.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { column, tableOf } from '../check/judge.ts';
import { databaseOf, rowsIn, temporaryFolder } from '../database/sqlite/fixture.ts';
import { sha256, utf8 } from './fixture.ts';

const folder = temporaryFolder();
const STAGED: Staged = { source: 'batch0.rows' };
const HONEST: InsertOutcome = { inserted: 2, updated: 0, skipped: 0, rejects: [], strategy: 'image' };

/** Three records, one of them bad, written by a database that says what it likes. */
function written(outcome: Partial<InsertOutcome>) {
  const writer: BatchWriter = {
    missingParents: async () => [],
    unstage: async () => {},
    insertStaged: async () => ({ ...HONEST, ...outcome }),
  };
  const table = tableOf([column('id', 'integer'), column('v', 'text')]);
  const part = { bytes: utf8('1,a\nx,b\n3,c\n'), table, last: true, columns: ['id', 'v'], dialect: {} };
  return writeStaged(writer, STAGED, new Preparer(sqliteEngine).csv(part), 'insert', START);
}

test('counts that account for every record pass', async () => {
  const { counts } = await written({});
  assert.deepEqual(counts, { read: 3, inserted: 2, updated: 0, skipped: 0, rejected: 1 });
  assert.equal((await written({ inserted: 1, updated: 1 })).counts.updated, 1);
  const reject = { index: 2, errors: [{ code: 'check' as const, column: null, value: null, message: 'no' }] };
  assert.equal((await written({ inserted: 1, rejects: [reject] })).counts.rejected, 2);
});

for (const [what, outcome] of [
  ['a row too many', { inserted: 3 }],
  ['a row too few', { inserted: 1 }],
  ['nothing', { inserted: 0 }],
  ['rows doubled as skipped', { skipped: 2 }],
  ['a reject that was inserted', { rejects: [{ index: 0, errors: [] }] }],
] as const) {
  test(`counts that do not are an error inside rowferry: ${what}`, async () => {
    await assert.rejects(written(outcome), {
      code: 'internal',
      message: /t: 3 records were read but \d+ accounted for/,
    });
  });
}

/** A load whose first part is prepared, what stood before, and what may happen before it commits. */
async function preparedPart(name: string, between: string, before = 'SELECT 1') {
  const url = databaseOf(folder, name, 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
  const connection = await sqliteEngine.connect(url);
  await migrate(connection);
  await connection.query(before);
  const dictionary = new Dictionary(connection);
  const table = await dictionary.table('t');
  const schemaVersion = await dictionary.version();
  const bytes = utf8('1,a\n2,b\n');
  const said = { table: 't', name: 'f.csv', size: bytes.length, sha256: sha256(bytes), owner: 'tester' };
  const { load } = await announceLoad(connection, said);
  const part = { bytes, table, last: true, columns: null, dialect: {} };
  const prepared = new Preparer(sqliteEngine).csv(part);
  const other = await sqliteEngine.connect(url);
  await other.execute(between);
  await other.close();
  const commit = {
    load: load.id,
    offset: 0,
    fence: 1,
    mode: load.mode,
    atomic: load.atomic,
    sha256: said.sha256,
    last: true,
    schemaVersion,
    prepared,
  };
  return { url, connection, commit: () => commitPart(connection, commit) };
}

test('a part that was prepared for another schema is not committed, and nothing of it remains', async () => {
  const { url, connection, commit } = await preparedPart('changed', 'ALTER TABLE t ADD COLUMN w INT');
  await assert.rejects(commit(), { code: 'database-schema-changed', retryable: true });
  assert.deepEqual(rowsIn(url, 'SELECT * FROM t'), []);
  assert.deepEqual(rowsIn(url, 'SELECT position, state FROM rowferry_loads'), [
    { position: 0, state: 'receiving' },
  ]);
  await connection.close();
});

test('a part commits when only rows changed meanwhile', async () => {
  const { connection, commit } = await preparedPart('same', "INSERT INTO t VALUES (2, 'there')");
  const { inserted, rejected } = await commit();
  assert.deepEqual([inserted, rejected], [1, 1]);
  await connection.close();
});

test('a load that another node took over is not written', async () => {
  const { url, connection, commit } = await preparedPart(
    'fence',
    "UPDATE rowferry_loads SET state = 'aborted'",
  );
  await assert.rejects(commit(), { code: 'load-finished' });
  assert.deepEqual(rowsIn(url, 'SELECT * FROM t'), []);
  await connection.close();
});

test('rows, rejects and receipt commit together or not at all', async () => {
  const { url, connection, commit } = await preparedPart(
    'refused',
    "INSERT INTO t VALUES (100, 'there')",
    `CREATE TRIGGER full BEFORE INSERT ON rowferry_batches BEGIN SELECT RAISE(ABORT, 'no ledger today'); END`,
  );
  await assert.rejects(commit(), /no ledger today/);
  assert.deepEqual(rowsIn(url, 'SELECT id FROM t'), [{ id: 100 }]);
  assert.deepEqual(rowsIn(url, 'SELECT read, position FROM rowferry_loads'), [{ read: 0, position: 0 }]);
  await connection.close();
});
