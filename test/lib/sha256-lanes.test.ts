import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DigestSums } from '../../src/lib/sha256-lanes.ts';

/** By node:crypto, one message after the other. */
function expected(messages: readonly Uint8Array[]): bigint[] {
  const sums = [0n, 0n, 0n, 0n];
  for (const message of messages) {
    const digest = hash('sha256', message, 'buffer');
    for (const word of [0, 1, 2, 3]) sums[word] = (sums[word] ?? 0n) + BigInt(digest.readUInt32BE(word * 4));
  }
  return sums;
}

function add(sums: DigestSums, messages: readonly Uint8Array[]): void {
  let end = 0;
  const ends = messages.map((message) => {
    end += message.length;
    return end;
  });
  sums.add(Buffer.concat(messages), Int32Array.from(ends));
}

test('every length up to three blocks, beside others and alone', () => {
  const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => length + at * 7);
  const sums = new DigestSums();
  for (let length = 0; length < 200; length++) {
    for (const beside of [[], [0], [1, 64], [150, 55, 56, 119], [3, 63, 0, 128, 9, 70]]) {
      const messages = [length, ...beside].map(message);
      add(sums, messages);
      assert.deepEqual(sums.take(), expected(messages), `${length} beside ${beside}`);
    }
  }
});

test('any messages, in several calls, are those that node:crypto hashes', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 4 }), (calls) => {
      const sums = new DigestSums();
      for (const each of calls) add(sums, each);
      assert.deepEqual(sums.take(), expected(calls.flat()));
      assert.deepEqual(sums.take(), [0n, 0n, 0n, 0n]);
    }),
  );
});

test('a long message beside short ones, and more bytes than before', () => {
  const sums = new DigestSums();
  for (const bytes of [10, 100_000, 1 << 20]) {
    const messages = [1, bytes, 2, 3, bytes / 2, 1].map((length) =>
      new Uint8Array(length).fill(length % 251),
    );
    add(sums, messages);
    assert.deepEqual(sums.take(), expected(messages));
  }
});
