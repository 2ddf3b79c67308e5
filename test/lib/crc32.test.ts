import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from '../../src/lib/crc32.ts';

test('agrees with zlib on the check value and on random texts', () => {
  assert.equal(crc32('123456789'), 0xcbf43926);
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => crc32(text) === zlibCrc32(text)));
});
