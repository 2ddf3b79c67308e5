import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startMysql } from '../../../scripts/servers/mysql.ts';
import type { Connection } from '../../../src/database/database.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { RowferryError } from '../../../src/errors.ts';
import { makeCertificate } from '../../server/certificate.ts';
import { databaseUrl } from '../../servers/server.ts';
import { connectionTo, databaseName, databaseOf, listIn, run, userWith } from './fixture.ts';

const opened: Connection[] = [];
after(async () => {
  for (const connection of opened) await connection.close();
});

async function open(...args: Parameters<typeof mysqlEngine.connect>): Promise<Connection> {
  const connection = await mysqlEngine.connect(...args);
  opened.push(connection);
  return connection;
}

async function failureOf(work: Promise<unknown>): Promise<RowferryError> {
  const failure = await work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof RowferryError, String(failure));
  return failure;
}

test('strict, in UTC, and by row committed: whatever the server is set to', async () => {
  const [row] = await (await connectionTo(await databaseOf())).query(
    'SELECT @@sql_mode AS mode, @@time_zone AS zone, @@tx_isolation AS isolation, @@foreign_key_checks AS f',
  );
  for (const mode of ['STRICT_ALL_TABLES', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE', 'NO_AUTO_VALUE_ON_ZERO']) {
    assert.match(String(row?.mode), new RegExp(`\\b${mode}\\b`));
  }
  assert.deepEqual([row?.zone, row?.isolation, row?.f], ['+00:00', 'READ-COMMITTED', 1]);
});

test('values come and go as they are', async () => {
  const connection = await connectionTo(await databaseOf());
  const values = [7, -5, 1.5, 2n ** 63n - 1n, 2n ** 64n - 1n, 'it\'s \\ "?" \u0000 😀', null];
  const selected = values.map((_, i) => `? AS v${i}`).join(', ');
  const [row] = await connection.query(`SELECT ${selected}`, values);
  assert.deepEqual(Object.values(row ?? {}), [7, -5, '1.5', 2n ** 63n - 1n, 2n ** 64n - 1n, values[5], null]);
  const bytes = Uint8Array.of(0, 39, 92, 255);
  const [other] = await connection.query(
    `SELECT ? AS bytes, CAST('2021-11-07 02:48:42.5' AS DATETIME(3)) AS at, CAST('1.50' AS DECIMAL(5,2)) AS price,
      CAST(1.5 AS DOUBLE) AS d, CAST('-838:59:59' AS TIME) AS span, 9007199254740993 AS large, 5000000000 AS small`,
    [bytes],
  );
  assert.deepEqual(Object.values(other ?? {}), [
    Buffer.from(bytes),
    '2021-11-07 02:48:42.500',
    '1.50',
    1.5,
    '-838:59:59',
    9007199254740993n,
    5_000_000_000,
  ]);
});

test('execute tells the rows that were found, changed or not', async () => {
  const connection = await connectionTo(
    await databaseOf('CREATE TABLE t (id INT); INSERT INTO t VALUES (1), (1), (2)'),
  );
  assert.equal(await connection.execute('UPDATE t SET id = 1 WHERE id = ?', [1]), 2);
  assert.equal(await connection.execute('DELETE FROM t WHERE id > ?', [5]), 0);
});

test('a transaction is there whole or not at all', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
  const connection = await connectionTo(url);
  const insert = () => connection.execute('INSERT INTO t VALUES (1)');
  assert.equal(await connection.transaction(insert, { write: true }), 1);
  const failure = connection.transaction(async () => {
    await insert();
    throw new TypeError('on purpose');
  });
  await assert.rejects(failure, TypeError);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), [1]);
});

test('who may not come in, and where nothing is', async () => {
  const url = await databaseOf();
  const cases: ReadonlyArray<readonly [change: Partial<URL>, code: string, retryable: boolean]> = [
    [{ password: 'wrong' }, 'config-invalid', false],
    [{ pathname: '/rowferry_nowhere' }, 'config-invalid', false],
    [{ port: '1' }, 'database-unavailable', true],
    [{ hostname: 'rowferry.invalid' }, 'database-unavailable', true],
    [{ search: '?ssl=require' }, 'database-unavailable', true],
  ];
  for (const [change, code, retryable] of cases) {
    const { href } = Object.assign(new URL(url), change);
    const failure = await failureOf(open(href));
    assert.deepEqual([failure.code, failure.retryable], [code, retryable], failure.message);
    assert.doesNotMatch(failure.message, /test-only/);
    assert.ok(failure.hint);
  }
});

test('a lost connection: nothing of its transaction is there, and the next use makes a new one', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
  const connection = await open(url);
  const kill = async (): Promise<void> => {
    const [row] = await connection.query('SELECT CONNECTION_ID() AS id');
    await run(url, `KILL ${row?.id}`);
  };
  const failure = await failureOf(
    connection.transaction(async () => {
      await connection.execute('INSERT INTO t VALUES (1)');
      await kill();
      await connection.execute('INSERT INTO t VALUES (2)');
    }),
  );
  assert.deepEqual([failure.code, failure.retryable], ['database-unavailable', true]);
  await connection.transaction(() => connection.execute('INSERT INTO t VALUES (3)'));
  await kill();
  await connection.transaction(() => connection.execute('INSERT INTO t VALUES (4)'));
  await kill();
  assert.deepEqual(await connection.query('SELECT id FROM t ORDER BY id'), [{ id: 3 }, { id: 4 }]);
});

test('rows that others hold: busy after the wait, and told so', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1), (2, 2)',
  );
  const [one, two] = [await open(url), await open(url, { lockTimeoutMs: 1 })];
  const failure = await one.transaction(async () => {
    await one.execute('UPDATE t SET v = 5 WHERE id = 1');
    return failureOf(two.transaction(() => two.execute('UPDATE t SET v = 6 WHERE id = 1')));
  });
  assert.deepEqual([failure.code, failure.retryable], ['database-busy', true]);
  assert.deepEqual(await listIn(url, 'SELECT v FROM t ORDER BY id'), [5, 2]);
});

test('of two transactions that wait for each other one is busy, and all of it is taken back', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 0), (2, 0)',
  );
  const [one, two] = [await open(url), await open(url)];
  const both: (() => void)[] = [];
  const met = new Promise<void>((resolve) => both.push(resolve));
  let arrived = 0;
  const meet = (): Promise<void> => {
    arrived += 1;
    if (arrived === 2) both[0]?.();
    return met;
  };
  const add = (connection: Connection, first: number, second: number) =>
    connection.transaction(async () => {
      await connection.execute('UPDATE t SET v = v + 1 WHERE id = ?', [first]);
      await meet();
      await connection.execute('UPDATE t SET v = v + 1 WHERE id = ?', [second]);
    });
  const ended = await Promise.allSettled([add(one, 1, 2), add(two, 2, 1)]);
  const lost = ended.filter((each) => each.status === 'rejected').map(({ reason }) => reason);
  assert.deepEqual(
    lost.map((error) => error instanceof RowferryError && error.code),
    ['database-busy'],
  );
  assert.deepEqual(await listIn(url, 'SELECT v FROM t'), [1, 1]);
});

test('a connection that only reads, and a user who may not write', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
  const reader = await open(url, { readOnly: true });
  const failure = await failureOf(reader.execute('INSERT INTO t VALUES (1)'));
  assert.equal(failure.code, 'database-unavailable');
  const user = await open(await userWith(url, `SELECT ON ${databaseName(url)}.*`));
  const denied = await failureOf(user.execute('INSERT INTO t VALUES (1)'));
  assert.equal(denied.code, 'database-refused');
  assert.match(denied.hint ?? '', /docs\/databases\.md/);
});

test('an address of MariaDB, and one of a Unix socket', async () => {
  const url = await databaseOf();
  const connection = await open(url.replace('mysql:', 'mariadb:'));
  const [row] = await connection.query('SELECT @@socket AS path');
  const local = new URL(url);
  local.host = 'localhost';
  local.searchParams.set('socket', String(row?.path));
  const [seen] = await (await open(local.href)).query(
    'SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()',
  );
  assert.equal(seen?.host, 'localhost');
});

test('TLS: verified by the certificate of an authority and by the name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-mysql-tls-'));
  chmodSync(folder, 0o755);
  const { cert, key } = makeCertificate(folder, 'db', 'DNS:localhost');
  chmodSync(key, 0o644);
  const foreign = makeCertificate(folder, 'foreign', 'DNS:localhost').cert;
  const elsewhere = makeCertificate(folder, 'elsewhere', 'DNS:db.example');
  chmodSync(elsewhere.key, 0o644);
  const server = await startMysql([`--ssl-cert=${cert}`, `--ssl-key=${key}`]);
  const other = await startMysql([`--ssl-cert=${elsewhere.cert}`, `--ssl-key=${elsewhere.key}`]);
  const cipher = async (parameters: string, { url } = server) => {
    const database = databaseUrl(url, 'mysql').replace('127.0.0.1', 'localhost');
    const connection = await mysqlEngine.connect(`${database}?${parameters}`);
    const [row] = await connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    await connection.close();
    return row?.Value === '' ? 'plain' : 'encrypted';
  };
  const refused = async (parameters: string, at = server) => {
    const failure = await failureOf(cipher(parameters, at));
    return failure.code === 'database-unavailable' && /sslrootcert/.test(failure.hint ?? '');
  };
  try {
    assert.equal(await cipher(''), 'plain');
    assert.equal(await cipher('ssl=require'), 'encrypted');
    assert.equal(await cipher(`ssl=verify-full&sslrootcert=${cert}`), 'encrypted');
    assert.ok(await refused('ssl=verify-full'));
    assert.ok(await refused(`ssl=verify-full&sslrootcert=${foreign}`));
    assert.ok(await refused(`ssl=require&sslrootcert=${foreign}`));
    assert.ok(await refused(`ssl=verify-full&sslrootcert=${elsewhere.cert}`, other));
    assert.equal(await cipher(`ssl=verify-ca&sslrootcert=${elsewhere.cert}`, other), 'encrypted');
  } finally {
    await Promise.all([server.stop(), other.stop()]);
    rmSync(folder, { recursive: true, maxRetries: 3 });
  }
});
