import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConfig, placeOf } from '../../../src/database/postgres/client-config.ts';

test('the parts of an address, with their defaults', () => {
  const full = clientConfig('postgres://ann:p%40ss%2F@db.example:5433/my%20data');
  assert.deepEqual(
    [full.host, full.port, full.user, full.password, full.database, full.ssl],
    ['db.example', 5433, 'ann', 'p@ss/', 'my data', false],
  );
  const short = clientConfig('postgresql://localhost/x');
  assert.deepEqual(
    [short.host, short.port, short.user, short.password],
    ['localhost', 5432, 'postgres', undefined],
  );
  assert.equal(clientConfig('postgres://[::1]/x').host, '::1');
  assert.equal(clientConfig('postgres://ann@/x?host=/var/run/postgresql').host, '/var/run/postgresql');
  assert.equal(clientConfig('postgres://h/x?options=-c%20search_path%3Dhr').options, '-c search_path=hr');
  assert.deepEqual(
    [short.application_name, short.connectionTimeoutMillis, short.keepAlive],
    ['rowferry', 10_000, true],
  );
});

test('messages name the place, never the password', () => {
  assert.equal(placeOf(clientConfig('postgres://ann:secret@db:5433/x')), 'ann@db:5433/x');
});

test('TLS is verified unless it is said otherwise or the server is on this machine', () => {
  const verified = (url: string) => {
    const { ssl } = clientConfig(url);
    if (ssl === false) return 'plain';
    assert.ok(typeof ssl === 'object');
    const anyName = ssl.checkServerIdentity !== undefined;
    return `${ssl.rejectUnauthorized ? 'verified' : 'unverified'}${anyName ? ', any name' : ''}`;
  };
  assert.equal(verified('postgres://db/x'), 'plain');
  assert.equal(verified('postgres://db/x?sslmode=disable'), 'plain');
  assert.equal(verified('postgres://db/x?sslmode=require'), 'verified');
  assert.equal(verified('postgres://127.0.0.1/x?sslmode=require'), 'unverified');
  assert.equal(verified('postgres://localhost/x?sslmode=verify-full'), 'verified');
  assert.equal(verified('postgres://db/x?sslmode=verify-ca'), 'verified, any name');
  assert.equal(verified('postgres://db/x?sslmode=no-verify'), 'unverified');
});

test('what is not understood is refused', () => {
  const invalid = { code: 'config-invalid' };
  for (const url of [
    'postgres://db:x/y',
    'mysql://db/x',
    'postgres://db/x?sslmode=on',
    'postgres://db/x?sslmod=require',
    'postgres://db/x?sslmode=verify-full&sslrootcert=/nowhere.pem',
    'postgres://a%ZZ@db/x',
  ]) {
    assert.throws(() => clientConfig(url), invalid, url);
  }
});
