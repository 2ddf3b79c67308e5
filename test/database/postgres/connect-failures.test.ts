import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { clientConfig, placeOf } from '../../../src/database/postgres/client-config.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { translate } from '../../../src/database/postgres/failures.ts';
import { Session } from '../../../src/database/postgres/session.ts';
import { TransientFailure } from '../../../src/database/transient-failure.ts';
import { RowferryError } from '../../../src/errors.ts';
import { connectionTo, databaseOf, listIn, run } from './fixture.ts';

/** SQLSTATE → whether the transaction is to be run again, and the code of the failure. */
const STATES: Readonly<Record<string, readonly [again: boolean, code: string | null]>> = {
  '40001': [true, 'database-busy'],
  '40P01': [true, 'database-busy'],
  '40000': [true, 'database-busy'],
  '55P03': [true, 'database-busy'],
  '57014': [false, 'database-busy'],
  '08006': [true, 'database-unavailable'],
  '57P01': [true, 'database-unavailable'],
  '53100': [false, 'disk-full'],
  '53300': [false, 'database-unavailable'],
  '25006': [false, 'database-unavailable'],
  '42501': [false, 'database-refused'],
  '23505': [false, null],
};

test('which failures of the server pass, and which stay', async () => {
  const connection = await connectionTo(await databaseOf());
  for (const [state, [again, code]] of Object.entries(STATES)) {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${state}'; END $$`;
    await assert.rejects(connection.execute(raise), (error) => {
      assert.equal(error instanceof TransientFailure, again, state);
      assert.equal(error instanceof RowferryError ? error.code : null, code);
      return true;
    });
  }
});

test('a transaction whose ROLLBACK finds the connection gone: the next one begins on a new one', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
  const connection = await connectionTo(url);
  for (let i = 0; i < 3; i++) {
    const failure = connection.transaction(async () => {
      await connection.execute('INSERT INTO t VALUES (1)');
      const [row] = await connection.query('SELECT pg_backend_pid() AS id');
      await run(url, `SELECT pg_terminate_backend(${row?.id}, 10000)`);
      throw new TypeError('on purpose');
    });
    await assert.rejects(failure, TypeError);
    await connection.transaction(() => connection.execute('INSERT INTO t VALUES (2)'));
  }
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), [2, 2, 2]);
});

test('a connection that does not take its transaction back is given up', async () => {
  const config = clientConfig(await databaseOf());
  const session = await Session.open({ ...config, query_timeout: 200 });
  await session.run('BEGIN');
  await assert.rejects(session.run('SELECT pg_sleep(3)'), /timeout/);
  await session.rollback();
  const { lost } = session;
  await session.close();
  assert.ok(lost);
});

test('a server that cannot be reached may be there later; one that shows another certificate may not', async () => {
  const nowhere = postgresEngine.connect('postgres://x:y@127.0.0.1:1/z');
  await assert.rejects(nowhere, (error) => error instanceof TransientFailure && !error.inDoubt);
  const certificate = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  assert.ok(!(translate(certificate, 'here') instanceof TransientFailure));
});

test('a server that takes the connection and says nothing is not waited for', async () => {
  const taken: Socket[] = [];
  const server = createServer((socket) => taken.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const config = clientConfig(`postgres://x:y@127.0.0.1:${address.port}/z`);
  const failure = await Session.open({ ...config, connectionTimeoutMillis: 50 }).then(
    () => assert.fail('it did not fail'),
    (error: unknown) => translate(error, placeOf(config)),
  );
  for (const socket of taken) socket.destroy();
  server.close();
  assert.ok(failure instanceof TransientFailure);
  assert.equal(failure.code, 'database-unavailable');
});
