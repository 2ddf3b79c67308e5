import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { listKeys } from '../../src/ledger/key-table.ts';
import { LEDGER_VERSION, ledgerVersion, migrate } from '../../src/ledger/migrate.ts';
import { createLog } from '../../src/log.ts';
import { databaseOf, rowsIn, temporaryFolder } from '../database/sqlite/fixture.ts';

const folder = temporaryFolder();

test('a database without a ledger gets one, beside the tables that are there; again it stays as it is', async () => {
  const url = databaseOf(folder, 'new', 'CREATE TABLE t (id INT); INSERT INTO t VALUES (1)');
  const connection = await sqliteEngine.connect(url);
  assert.equal(await ledgerVersion(connection), 0);
  await migrate(connection);
  const applied = rowsIn(url, 'SELECT * FROM rowferry_migrations');
  await migrate(connection);
  assert.equal(await ledgerVersion(connection), LEDGER_VERSION);
  assert.deepEqual(rowsIn(url, 'SELECT * FROM rowferry_migrations'), applied);
  assert.deepEqual(rowsIn(url, 'SELECT id FROM t'), [{ id: 1 }]);
  assert.deepEqual(
    (await connection.introspect()).map((table) => table.name),
    ['t'],
  );
  await connection.close();
});

test('two that begin at once make one ledger', async () => {
  const url = databaseOf(folder, 'both', '');
  const connections = await Promise.all([sqliteEngine.connect(url), sqliteEngine.connect(url)]);
  for (const connection of connections) await migrate(connection);
  assert.equal(rowsIn(url, 'SELECT * FROM rowferry_migrations').length, LEDGER_VERSION);
  await Promise.all(connections.map((connection) => connection.close()));
});

test('a ledger of version 1 is brought up to date; its keys are what they were', async () => {
  const first = readFileSync(new URL('../../src/ledger/sqlite/001-ledger.sql', import.meta.url), 'utf8');
  const url = databaseOf(
    folder,
    'first',
    `CREATE TABLE rowferry_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL);
     INSERT INTO rowferry_migrations VALUES (1, '001-ledger', '2026-11-01');
     ${first}
     INSERT INTO rowferry_keys VALUES ('k', 'ann', 'ann', '[]', x'00', '2026-11-01', '2027-11-01', NULL, '2026-11-02')`,
  );
  const connection = await sqliteEngine.connect(url);
  await migrate(connection);
  assert.equal(await ledgerVersion(connection), LEDGER_VERSION);
  const [key] = await listKeys(connection);
  assert.deepEqual(
    [key?.id, key?.owner, key?.sealedOnly, key?.lastUsedAt],
    ['k', 'ann', false, '2026-11-02'],
  );
  await connection.close();
});

test('a ledger newer than the program is refused, and left as it is', async () => {
  const url = databaseOf(
    folder,
    'newer',
    `CREATE TABLE rowferry_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL);
     INSERT INTO rowferry_migrations VALUES (99, '099-later', '2030-01-01')`,
  );
  const config = loadConfig({ home: folder, databaseUrl: url }, {});
  await assert.rejects(openIngest({ config, log: createLog({ destination: { write: () => {} } }) }), {
    code: 'ledger-newer',
    message: `the ledger has version 99; this program knows ${LEDGER_VERSION}`,
    hint: /npm install rowferry@latest/,
  });
  const tables = rowsIn(url, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  assert.deepEqual(tables, [{ name: 'rowferry_migrations' }]);
});
