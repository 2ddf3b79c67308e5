import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate } from '../../../src/database/sqlite/failures.ts';
import { RowferryError } from '../../../src/errors.ts';

/** Result codes: https://www.sqlite.org/rescode.html */
const CODES: Readonly<Record<number, string>> = {
  5: 'database-busy',
  6: 'database-busy',
  8: 'database-unavailable',
  // SQLITE_IOERR_READ; SQLITE_IOERR_SHMSIZE: no room for the index of the WAL.
  266: 'database-unavailable',
  4874: 'disk-full',
  11: 'database-unavailable',
  13: 'disk-full',
  14: 'database-unavailable',
  26: 'database-unavailable',
};

test('failures of the disk and the file have their codes, all others come as they are', () => {
  const codeOf = (errcode: number): unknown => {
    const error = translate(Object.assign(new Error('failed'), { errcode }), '/srv/hr.sqlite');
    return error instanceof RowferryError ? error.code : error;
  };
  assert.deepEqual(Object.fromEntries(Object.keys(CODES).map((code) => [code, codeOf(Number(code))])), CODES);
  const other = Object.assign(new Error('failed'), { errcode: 1 });
  assert.equal(translate(other, '/srv/hr.sqlite'), other);
});
