import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { targetOf } from '../../../src/database/mysql/address.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { eventually } from '../../server/harness.ts';
import { coded } from '../fixture.ts';
import type { ServerHome } from '../shared/home.ts';
import { mysqlHome } from './fixture.ts';

const ROWS = `CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20)); INSERT INTO t SELECT seq, 'a' FROM seq_1_to_20000`;

async function another(home: ServerHome) {
  return createConnection({ ...targetOf(home.url), multipleStatements: true, rowsAsArray: true });
}

test('a transaction of another program is waited for', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const { id } = await home.backUp('t');
  const other = await another(home);
  t.after(() => other.end());
  await other.query("START TRANSACTION; INSERT INTO t VALUES (20001, 'other')");
  const restored = home.restore('t', id);
  await eventually(async () => (await waits(home)) > 0, 'the restore waits for the lock');
  await other.query('COMMIT');
  const { replaced, safetyBackup } = await restored;
  assert.equal(replaced, 20_001);
  assert.equal((await home.backups.find(safetyBackup ?? '')).rows, 20_001);
});

const waits = async (home: ServerHome): Promise<number> =>
  (
    await home.rows(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'SELECT count(*)%FOR UPDATE'",
    )
  ).length;

test('a lock that does not come is told with the connection that holds it', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const other = await another(home);
  t.after(() => other.end());
  await other.query("START TRANSACTION; UPDATE t SET a = 'b' WHERE id = 7");
  const says = `connection ${other.threadId} (admin@127.0.0.1`;
  await assert.rejects(mysqlEngine.openReplacement(home.url, 't', 1000), coded('lock-timeout', says));
  await other.query('ROLLBACK; LOCK TABLES t WRITE');
  await assert.rejects(
    mysqlEngine.openReplacement(home.url, 't', 1000),
    coded('lock-timeout', 't is locked'),
  );
});

test('nobody writes while the table is replaced: not into it, nor children that want for its old rows', async (t) => {
  const home = await mysqlHome(
    t,
    `${ROWS}; CREATE TABLE children (parent INT, FOREIGN KEY (parent) REFERENCES t (id)); CREATE TABLE empty (id INT PRIMARY KEY)`,
  );
  const other = await another(home);
  t.after(() => other.end());
  await other.query('SET innodb_lock_wait_timeout = 1');
  const replacement = await mysqlEngine.openReplacement(home.url, 'T');
  t.after(() => replacement.close());
  assert.equal(replacement.existing, 't');
  for (const sql of [
    "INSERT INTO t VALUES (20001, 'x')",
    'DELETE FROM t WHERE id = 3',
    'INSERT INTO children VALUES (3)',
  ]) {
    await assert.rejects(other.query(sql), /Lock wait timeout/, sql);
  }
  await replacement.close();
  await other.query('INSERT INTO children VALUES (3)');
  const ofEmpty = await mysqlEngine.openReplacement(home.url, 'empty');
  t.after(() => ofEmpty.close());
  await assert.rejects(other.query('INSERT INTO empty VALUES (1)'), /Lock wait timeout/);
  await ofEmpty.close();
  await other.query('INSERT INTO empty VALUES (1)');
});

test('a table of the program that is in use is not swept away', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const snapshot = await mysqlEngine.openSnapshot(home.url);
  const { facts } = await snapshot.table('t', false);
  await snapshot.close();
  const scratch = await mysqlEngine.openScratch(home.url, facts);
  const own = (): Promise<unknown[][]> => home.rows("SHOW TABLES LIKE 'rowferry%'");
  await (await mysqlEngine.openReplacement(home.url, 't')).close();
  assert.equal((await own()).length, 1);
  await scratch.close();
  assert.deepEqual(await own(), []);
});

test('a table that is altered while the snapshot stands is told; others are backed up', async (t) => {
  const home = await mysqlHome(
    t,
    `${ROWS}; CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t; CREATE TABLE v LIKE t`,
  );
  const snapshot = await mysqlEngine.openSnapshot(home.url);
  t.after(() => snapshot.close());
  await home.run('ALTER TABLE u FORCE; DROP TABLE v');
  await assert.rejects(snapshot.table('u', false), coded('database-schema-changed', 'u was altered'));
  await assert.rejects(snapshot.table('v', false), coded('database-schema-changed', 'v was altered'));
  assert.equal((await snapshot.table('t', false)).rows, 20_000);
});

test('a table can be altered again when it was read, while others are', async (t) => {
  const home = await mysqlHome(t, `${ROWS}; CREATE TABLE u LIKE t`);
  const other = await another(home);
  t.after(() => other.end());
  await other.query('SET lock_wait_timeout = 1');
  const snapshot = await mysqlEngine.openSnapshot(home.url);
  t.after(() => snapshot.close());
  await snapshot.table('t', false);
  await assert.rejects(other.query('ALTER TABLE t ADD COLUMN b INT'), /Lock wait timeout/);
  await snapshot.table('u', false);
  await other.query('ALTER TABLE t ADD COLUMN b INT');
});

test('tables of engines without snapshots, and views, are refused with a reason', async (t) => {
  const home = await mysqlHome(
    t,
    `CREATE TABLE ours (id INT PRIMARY KEY); CREATE TABLE theirs (id INT) ENGINE = MyISAM; CREATE VIEW seen AS SELECT * FROM ours;
     CREATE TABLE since (id INT, f TIMESTAMP(6) GENERATED ALWAYS AS ROW START, u TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (f, u)) WITH SYSTEM VERSIONING`,
  );
  const snapshot = await mysqlEngine.openSnapshot(home.url);
  t.after(() => snapshot.close());
  assert.deepEqual(snapshot.tables, ['ours', 'since']);
  await assert.rejects(snapshot.table('theirs', false), coded('table-unsupported', 'engine MyISAM'));
  await assert.rejects(snapshot.table('seen', false), coded('table-unsupported', 'view'));
  await assert.rejects(snapshot.table('since', false), coded('table-unsupported', 'f, u'));
  await assert.rejects(snapshot.table('our', false), coded('table-not-found', 'our'));
});

test('after a value for which the fast way has no place the same snapshot is read again, to its end', async (t) => {
  const home = await mysqlHome(
    t,
    `CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), d DATE); SET sql_mode = '';
     INSERT INTO t SELECT seq, 'twenty characters ..', IF(seq = 100, '0000-00-00', '2021-01-01') FROM seq_1_to_40000`,
  );
  const { id, rows } = await home.backUp('t');
  assert.equal(rows, 40_000);
  assert.equal((await home.restore('t', id, true)).replaced, 40_000);
});
