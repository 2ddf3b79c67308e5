import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { changedLoad, findLoad, insertLoad, type LoadChange, updateLoad } from '../../src/ledger/loads.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import { databaseOf, temporaryFolder } from '../database/sqlite/fixture.ts';

const folder = temporaryFolder();
const LOAD = { id: 'L1', table: 't', name: 'x.csv', size: 1, sha256: 'a', owner: 'o', maxRejects: null };

test('a dialect that an earlier release wrote is filled up with what it meant', async () => {
  const connection = await sqliteEngine.connect(databaseOf(folder, 'dialects', ''));
  await migrate(connection);
  await insertLoad(connection, { ...LOAD, mode: 'insert', atomic: false, request: '', parent: null });
  assert.equal((await findLoad(connection, 'L1')).dialect, null);
  const written = { delimiter: ';', quoteChar: null, header: false, encoding: 'utf-8' };
  await connection.execute('UPDATE rowferry_loads SET dialect = ?', [JSON.stringify(written)]);
  assert.deepEqual((await findLoad(connection, 'L1')).dialect, { ...DEFAULT_DIALECT, ...written });
  const whole = { ...DEFAULT_DIALECT, headerRows: [1, 2], trueValues: ['ja'] };
  await updateLoad(connection, { id: 'L1', fence: 1 }, { dialect: whole });
  assert.deepEqual((await findLoad(connection, 'L1')).dialect, whole);
  await connection.close();
});

test('a load that was changed is known without being read again, whatever was changed', async () => {
  const connection = await sqliteEngine.connect(databaseOf(folder, 'changes', ''));
  await migrate(connection);
  await insertLoad(connection, { ...LOAD, mode: 'insert', atomic: false, request: '', parent: null });
  const counts = { read: 9, inserted: 4, updated: 3, skipped: 0, rejected: 2 };
  const changes: readonly LoadChange[] = [
    {
      position: 70,
      nextLine: 12,
      counts,
      reasons: [{ code: 'missing', column: 'a', count: 2, firstLine: 5 }],
      strategy: 'copy',
    },
    { dialect: { ...DEFAULT_DIALECT, delimiter: ';' }, columns: ['a', 'b'], mode: 'upsert', atomic: true },
    { state: 'aborted', detail: 'why', maxRejects: '5%' },
    { state: 'receiving', detail: null, maxRejects: null, dialect: null, position: 0 },
    {},
  ];
  for (const change of changes) {
    const load = await findLoad(connection, LOAD.id);
    const changed = changedLoad(load, change, await updateLoad(connection, load, change));
    assert.deepEqual(changed, await findLoad(connection, LOAD.id), JSON.stringify(change));
  }
  await connection.close();
});
