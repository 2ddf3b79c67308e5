import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { paddingOf, Sha256 } from '../../src/lib/sha256.ts';

const ours = (pieces: readonly Uint8Array[]): string => {
  const hash = new Sha256();
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
};
const nodes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('every length around the edges of a block', () => {
  for (let length = 0; length <= 260; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
    assert.equal(ours([bytes]), nodes(bytes), `${length} bytes`);
  }
});

test('random bytes in random pieces, also from the middle of a buffer', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 });
  fc.assert(
    fc.property(pieces, fc.nat({ max: 70 }), (chunks, offset) => {
      const whole = Uint8Array.from([...new Uint8Array(offset), ...chunks.flatMap((chunk) => [...chunk])]);
      const middle = whole.subarray(offset);
      return ours(chunks) === nodes(middle) && ours([middle]) === nodes(middle);
    }),
  );
});

test('the length in bits stands in the last 64 of a block, beyond 32 bits too', () => {
  for (const length of [0, 55, 56, 63, 64, 2 ** 29 - 1, 2 ** 29, 5 * 2 ** 40 + 3]) {
    const padding = Buffer.from(paddingOf(length));
    assert.equal(padding.readBigUInt64BE(padding.length - 8), 8n * BigInt(length));
    assert.equal((length + padding.length) % 64, 0);
    assert.ok(padding.length >= 9 && padding.length < 73 && padding[0] === 0x80);
  }
});
