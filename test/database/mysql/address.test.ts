import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, targetOf } from '../../../src/database/mysql/address.ts';
import { RowferryError } from '../../../src/errors.ts';

const refusal = (url: string): string => {
  try {
    targetOf(url);
  } catch (error) {
    if (error instanceof RowferryError) return `${error.code}: ${error.message}; ${error.hint}`;
    throw error;
  }
  return 'accepted';
};

test('the parts of an address, with their defaults', () => {
  const full = targetOf('mysql://ann:p%40ss%2F@db.example:3307/my%20data');
  assert.deepEqual(
    [full.host, full.port, full.user, full.password, full.database, full.ssl],
    ['db.example', 3307, 'ann', 'p@ss/', 'my data', undefined],
  );
  const short = targetOf('mariadb://localhost/x');
  assert.deepEqual([short.host, short.port, short.user, short.password], ['localhost', 3306, 'root', '']);
  assert.equal(targetOf('mysql://[::1]/x').host, '::1');
  const socket = targetOf('mysql://ann@localhost/x?socket=/run/mysqld.sock');
  assert.deepEqual([socket.socketPath, socket.host], ['/run/mysqld.sock', undefined]);
  assert.equal(short.connectTimeout, 10_000);
  assert.equal(short.enableKeepAlive, true);
});

test('messages name the place, never the password', () => {
  assert.equal(placeOf(targetOf('mysql://ann:secret@db:3307/x')), 'ann@db:3307/x');
  assert.equal(placeOf(targetOf('mysql://ann:secret@db/x?socket=/s')), 'ann@/s/x');
});

test('TLS is verified unless it is said otherwise or the server is on this machine', () => {
  const verified = (url: string) => {
    const { ssl } = targetOf(url);
    if (ssl === undefined) return 'plain';
    assert.ok(typeof ssl === 'object');
    return `${ssl.rejectUnauthorized ? 'verified' : 'unverified'}${ssl.verifyIdentity ? ' with name' : ''}`;
  };
  assert.equal(verified('mysql://db/x'), 'plain');
  assert.equal(verified('mysql://db/x?ssl=disable'), 'plain');
  assert.equal(verified('mysql://db/x?ssl=require'), 'verified with name');
  assert.equal(verified('mysql://127.0.0.1/x?ssl=require'), 'unverified');
  assert.equal(verified('mysql://localhost/x?ssl=verify-full'), 'verified with name');
  assert.equal(verified('mysql://db/x?ssl=verify-ca'), 'verified');
  assert.equal(verified('mysql://db/x?ssl=no-verify'), 'unverified');
  assert.equal(verified('mysql://10.0.0.5/x?ssl=verify-ca'), 'verified');
});

test('what is not understood is refused, with what is', () => {
  const form = 'write it as mysql://USER:PASSWORD@HOST:3306/DATABASE';
  assert.equal(
    refusal('mysql:x'),
    `config-invalid: the address of the MySQL database names no database; ${form}`,
  );
  assert.equal(
    refusal('mysql://db'),
    `config-invalid: the address of the MySQL database names no database; ${form}`,
  );
  assert.equal(
    refusal('mysql//db/x'),
    `config-invalid: the address of the MySQL database cannot be read; ${form}`,
  );
  assert.equal(
    refusal('mysql://db/%'),
    `config-invalid: the address of the MySQL database has a % that begins no character; ${form}`,
  );
  for (const url of ['mysql://10.0.0.5/x?ssl=require', 'mysql://127.0.0.1/x?ssl=verify-full']) {
    assert.match(refusal(url), /^config-invalid: the certificate of an address .*write the name of the host/);
  }
  assert.equal(
    refusal('mysql://db/x?ssl=yes'),
    'config-invalid: ssl is "yes"; expected one of disable, no-verify, require, verify-ca, verify-full',
  );
  assert.equal(
    refusal('mysql://db/x?sslmode=require'),
    'config-invalid: unknown parameter "sslmode" in the address of the database; expected one of ssl, sslrootcert, sslcert, sslkey, socket',
  );
  assert.equal(
    refusal('mysql://db/x?ssl=verify-full&sslrootcert=/nowhere.pem'),
    'config-invalid: /nowhere.pem cannot be read; check sslrootcert, sslcert and sslkey in the address of the database',
  );
});
