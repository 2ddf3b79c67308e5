import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { placeOf, targetOf } from '../../../src/database/mysql/address.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { translate } from '../../../src/database/mysql/failures.ts';
import { Session } from '../../../src/database/mysql/session.ts';
import { TransientFailure } from '../../../src/database/transient-failure.ts';
import { RowferryError } from '../../../src/errors.ts';
import { connectionTo, databaseOf, listIn, run } from './fixture.ts';

/** Error number → whether the transaction is to be run again, and the code of the failure. */
const ERRORS: ReadonlyMap<number, readonly [again: boolean, code: string | null]> = new Map([
  [1213, [true, 'database-busy']],
  [1205, [true, 'database-busy']],
  [1927, [true, 'database-unavailable']],
  [1053, [true, 'database-unavailable']],
  [1317, [false, 'database-unavailable']],
  [1040, [false, 'database-unavailable']],
  [1290, [false, 'database-unavailable']],
  [1114, [false, 'disk-full']],
  [1142, [false, 'database-refused']],
  [1062, [false, null]],
]);

test('which failures of the server pass, and which stay', async () => {
  const connection = await connectionTo(await databaseOf());
  for (const [errno, [again, code]] of ERRORS) {
    const signal = `BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'on purpose'; END`;
    await assert.rejects(connection.execute(signal), (error) => {
      assert.equal(error instanceof TransientFailure, again, String(errno));
      assert.equal(error instanceof RowferryError ? error.code : null, code);
      return true;
    });
  }
});

test('what a trigger signals as rolled back is run again, with any error number', async () => {
  const connection = await connectionTo(await databaseOf());
  for (const signal of ["'40001'", "'40000' SET MYSQL_ERRNO = 5001", "'40001' SET MYSQL_ERRNO = 1644"]) {
    await assert.rejects(connection.execute(`BEGIN NOT ATOMIC SIGNAL SQLSTATE ${signal}; END`), (error) => {
      assert.ok(error instanceof TransientFailure, signal);
      assert.equal(error.code, 'database-busy');
      return true;
    });
  }
});

test('a table that is full is told as a disk that is', () => {
  const sqlState = 'HY000';
  const full = Object.assign(new Error("The table 't' is full"), { errno: 1114, sqlState });
  const told = translate(full, 'here');
  assert.ok(told instanceof RowferryError);
  assert.equal(told.detail, "here: no room is left on the disk of the database: The table 't' is full");
});

test('a transaction whose ROLLBACK finds the connection gone: the next one begins on a new one', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
  const connection = await connectionTo(url);
  for (let i = 0; i < 3; i++) {
    const failure = connection.transaction(async () => {
      await connection.execute('INSERT INTO t VALUES (1)');
      const [row] = await connection.query('SELECT CONNECTION_ID() AS id');
      await run(url, `KILL ${row?.id}`);
      throw new TypeError('on purpose');
    });
    await assert.rejects(failure, TypeError);
    await connection.transaction(() => connection.execute('INSERT INTO t VALUES (2)'));
  }
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), [2, 2, 2]);
});

test('a server that cannot be reached may be there later; one that shows another certificate may not', async () => {
  const nowhere = mysqlEngine.connect('mysql://x:y@127.0.0.1:1/z');
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
  const target = targetOf(`mysql://x:y@127.0.0.1:${address.port}/z`);
  const failure = await Session.open({ ...target, connectTimeout: 50 }).then(
    () => assert.fail('it did not fail'),
    (error: unknown) => translate(error, placeOf(target)),
  );
  for (const socket of taken) socket.destroy();
  server.close();
  assert.ok(failure instanceof TransientFailure);
  assert.equal(failure.code, 'database-unavailable');
});
