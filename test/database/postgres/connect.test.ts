import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startPostgres } from '../../../scripts/servers/postgres.ts';
import type { Connection } from '../../../src/database/database.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { RowferryError } from '../../../src/errors.ts';
import { makeCertificate } from '../../server/certificate.ts';
import { loadBy, summary } from '../shared/load.ts';
import { connectionTo, databaseOf, listIn, run } from './fixture.ts';

const opened: Connection[] = [];
after(async () => {
  for (const connection of opened) await connection.close();
});

async function open(...args: Parameters<typeof postgresEngine.connect>): Promise<Connection> {
  const connection = await postgresEngine.connect(...args);
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

const isRetryable = ({ code, retryable }: RowferryError): readonly [string, boolean] => [code, retryable];

test('text forms do not depend on what the server or the role are set to', async () => {
  const url = new URL(await databaseOf());
  const odd =
    '-c TimeZone=Asia/Tokyo -c DateStyle=German -c IntervalStyle=postgres -c bytea_output=escape -c extra_float_digits=-15';
  url.searchParams.set('options', `${url.searchParams.get('options')} ${odd}`);
  const [row] = await (await open(url.href)).query(
    `SELECT '2021-11-07 02:48:42.5+01'::timestamptz AS at, '2021-11-07'::date AS day, interval '1 mon 2 days' AS span,
      0.1::float8 + 0.2 AS f, '\\x00ff'::bytea AS bytes, current_setting('client_encoding') AS encoding`,
  );
  assert.deepEqual(Object.values(row ?? {}), [
    '2021-11-07 01:48:42.5+00',
    '2021-11-07',
    'P1M2D',
    0.30000000000000004,
    Uint8Array.of(0, 255),
    'UTF8',
  ]);
});

test('values come and go as they are', async () => {
  const connection = await connectionTo(await databaseOf());
  const [row] = await connection.query(
    `SELECT $1::int8 AS a, $2::int8 AS b, $3::int8 AS c, $4::text AS d, $5::bytea AS e, $6::text AS f,
      1.50::numeric AS g, true AS h, false AS i, '{1,2}'::int[] AS j, '{"a":1}'::jsonb AS k, 'NaN'::float8 AS l, 7::oid AS m`,
    [7, 2n ** 63n - 1n, -(2n ** 53n), 'it\'s \\ "$1" 😀', Uint8Array.of(0, 39, 92, 255), null],
  );
  assert.deepEqual(Object.values(row ?? {}), [
    7,
    2n ** 63n - 1n,
    -(2n ** 53n),
    'it\'s \\ "$1" 😀',
    Uint8Array.of(0, 39, 92, 255),
    null,
    '1.50',
    1,
    0,
    '{1,2}',
    '{"a": 1}',
    Number.NaN,
    7,
  ]);
});

test('execute tells the rows that were affected', async () => {
  const connection = await connectionTo(
    await databaseOf('CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)'),
  );
  assert.equal(await connection.execute('UPDATE t SET id = 1 WHERE id = $1', [1]), 2);
  assert.equal(await connection.execute('DELETE FROM t WHERE id > $1', [5]), 0);
});

test('a transaction is there whole or not at all', async () => {
  const url = await databaseOf('CREATE TABLE t (id int)');
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

test('a transaction that failed on the way is not taken for committed', async () => {
  const url = await databaseOf('CREATE TABLE t (id int PRIMARY KEY)');
  const connection = await connectionTo(url);
  const insert = () => connection.execute('INSERT INTO t VALUES (1)');
  const failure = connection.transaction(async () => {
    await insert();
    await insert().catch(() => undefined);
  });
  await assert.rejects(failure, { code: 'internal', message: /failed before its COMMIT/ });
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), []);
});

test('a constraint that is held at the COMMIT refuses the rows there', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (id int, p int DEFAULT 5 REFERENCES p DEFERRABLE INITIALLY DEFERRED)`);
  const connection = await connectionTo(url);
  const failure = await failureOf(loadBy(connection, '1\n', { columns: ['id'] }));
  assert.deepEqual([failure.code, failure.retryable], ['database-refused', false]);
  assert.match(failure.message, /violates foreign key constraint/);
  await run(url, 'INSERT INTO p VALUES (5)');
  assert.equal(summary(await loadBy(connection, '1\n', { columns: ['id'] })), '1 = 1 + 0 + 0 + 0');
});

test('who may not come in, and where nothing is', async () => {
  const url = await databaseOf();
  const cases: ReadonlyArray<readonly [change: Partial<URL>, code: string, retryable: boolean]> = [
    [{ password: 'wrong' }, 'config-invalid', false],
    [{ username: 'nobody' }, 'config-invalid', false],
    [{ pathname: '/rowferry_nowhere' }, 'config-invalid', false],
    [{ port: '1' }, 'database-unavailable', true],
    [{ hostname: 'rowferry.invalid' }, 'database-unavailable', true],
    [{ search: '?sslmode=require' }, 'database-unavailable', true],
  ];
  for (const [change, code, retryable] of cases) {
    const { href } = Object.assign(new URL(url), change);
    const failure = await failureOf(open(href));
    assert.deepEqual([failure.code, failure.retryable], [code, retryable], failure.message);
    assert.doesNotMatch(`${failure.message} ${failure.hint}`, /test-only/);
    assert.ok(failure.hint);
  }
});

test('a lost connection: nothing of its transaction is there, and the next use makes a new one', async () => {
  const url = await databaseOf('CREATE TABLE t (id int)');
  const connection = await open(url);
  const kill = async (): Promise<void> => {
    const [row] = await connection.query('SELECT pg_backend_pid() AS id');
    await run(url, `SELECT pg_terminate_backend(${row?.id}, 10000)`);
  };
  const failure = await failureOf(
    connection.transaction(async () => {
      await connection.execute('INSERT INTO t VALUES (1)');
      await kill();
      await connection.execute('INSERT INTO t VALUES (2)');
    }),
  );
  assert.deepEqual(isRetryable(failure), ['database-unavailable', true]);
  await connection.transaction(() => connection.execute('INSERT INTO t VALUES (3)'));
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), [3]);
});

test('the server goes in the middle of a COPY: the load is to be tried again', async () => {
  const url = await databaseOf(`CREATE TABLE t (id int, v text);
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
    CREATE TRIGGER die BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 9000) EXECUTE FUNCTION die();`);
  const connection = await open(url);
  const csv = Array.from({ length: 20_000 }, (_, i) => `${i},${'x'.repeat(100)}\n`).join('');
  const failure = await failureOf(loadBy(connection, csv, {}));
  assert.deepEqual(isRetryable(failure), ['database-unavailable', true]);
  await run(url, 'DROP TRIGGER die ON t');
  assert.equal(summary(await loadBy(connection, csv, {})), '20000 = 20000 + 0 + 0 + 0');
});

test('rows that others hold: busy after the wait, and told so', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)',
  );
  const [one, two] = [await open(url), await open(url, { lockTimeoutMs: 20 })];
  const failure = await one.transaction(async () => {
    await one.execute('UPDATE t SET v = 5 WHERE id = 1');
    return failureOf(two.transaction(() => two.execute('UPDATE t SET v = 6 WHERE id = 1')));
  });
  assert.deepEqual(isRetryable(failure), ['database-busy', true]);
  assert.match(failure.detail, /: another session holds a lock: canceling statement due to lock timeout$/);
  assert.deepEqual(await listIn(url, 'SELECT v FROM t ORDER BY id'), [5, 2]);
});

test('a connection that only reads', async () => {
  const reader = await open(await databaseOf('CREATE TABLE t (id int)'), { readOnly: true });
  const failure = await failureOf(reader.execute('INSERT INTO t VALUES (1)'));
  assert.equal(failure.code, 'database-unavailable');
});

test('an address of a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-postgres-socket-'));
  chmodSync(folder, 0o777);
  const server = await startPostgres([`unix_socket_directories=${folder}`]);
  try {
    const local = new URL(server.url.replace('postgres:', 'postgresql:'));
    local.searchParams.set('host', folder);
    const connection = await postgresEngine.connect(local.href);
    const [row] = await connection.query('SELECT inet_client_addr() IS NULL AS local');
    await connection.close();
    assert.equal(row?.local, 1);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, maxRetries: 3 });
  }
});

test('TLS: verified by the certificate of an authority and by the name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-postgres-tls-'));
  chmodSync(folder, 0o755);
  const certificate = (name: string, host: string) => {
    const made = makeCertificate(folder, name, host);
    chmodSync(made.key, 0o600);
    // The server runs as a user of its own when this process is root.
    if (process.getuid?.() === 0) {
      chownSync(made.key, Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })), 0);
    }
    return made;
  };
  const [here, foreign, elsewhere] = [
    certificate('db', 'DNS:localhost'),
    certificate('foreign', 'DNS:localhost'),
    certificate('elsewhere', 'DNS:db.example'),
  ];
  const settings = ({ cert, key }: typeof here) => ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`];
  const server = await startPostgres(settings(here));
  const other = await startPostgres(settings(elsewhere));
  const way = async (parameters: string, { url } = server) => {
    const connection = await postgresEngine.connect(`${url.replace('127.0.0.1', 'localhost')}?${parameters}`);
    const [row] = await connection.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await connection.close();
    return row?.ssl === 1 ? 'encrypted' : 'plain';
  };
  const refused = async (parameters: string, at = server) => {
    const failure = await failureOf(way(parameters, at));
    return failure.code === 'database-unavailable' && /sslrootcert/.test(failure.hint ?? '');
  };
  try {
    assert.equal(await way(''), 'plain');
    assert.equal(await way('sslmode=require'), 'encrypted');
    assert.equal(await way(`sslmode=verify-full&sslrootcert=${here.cert}`), 'encrypted');
    assert.ok(await refused('sslmode=verify-full'));
    assert.ok(await refused(`sslmode=verify-full&sslrootcert=${foreign.cert}`));
    assert.ok(await refused(`sslmode=require&sslrootcert=${foreign.cert}`));
    assert.ok(await refused(`sslmode=verify-full&sslrootcert=${elsewhere.cert}`, other));
    assert.equal(await way(`sslmode=verify-ca&sslrootcert=${elsewhere.cert}`, other), 'encrypted');
  } finally {
    await Promise.all([server.stop(), other.stop()]);
    rmSync(folder, { recursive: true, maxRetries: 3 });
  }
});
