import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { findLoad, insertLoad, updateLoad } from '../../src/ledger/loads.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import { databaseOf, temporaryFolder } from '../database/sqlite/fixture.ts';

const folder = temporaryFolder();

test('a dialect that an earlier release wrote is filled up with what it meant', async () => {
  const connection = await sqliteEngine.connect(databaseOf(folder, 'dialects', ''));
  await migrate(connection);
  const load = { id: 'L1', table: 't', name: 'x.csv', size: 1, sha256: 'a', owner: 'o', maxRejects: null };
  await insertLoad(connection, { ...load, mode: 'insert', atomic: false, request: '', parent: null });
  assert.equal((await findLoad(connection, 'L1')).dialect, null);
  const written = { delimiter: ';', quoteChar: null, header: false, encoding: 'utf-8' };
  await connection.execute('UPDATE rowferry_loads SET dialect = ?', [JSON.stringify(written)]);
  assert.deepEqual((await findLoad(connection, 'L1')).dialect, { ...DEFAULT_DIALECT, ...written });
  const whole = { ...DEFAULT_DIALECT, headerRows: [1, 2], trueValues: ['ja'] };
  await updateLoad(connection, { id: 'L1', fence: 1 }, { dialect: whole });
  assert.deepEqual((await findLoad(connection, 'L1')).dialect, whole);
  await connection.close();
});
