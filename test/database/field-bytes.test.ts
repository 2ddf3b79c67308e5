import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyField, copyWords } from '../../src/database/field-bytes.ts';

test('a field of any length is copied, and nothing beside it is touched', () => {
  const from = Uint8Array.from({ length: 80 }, (_, i) => 128 + i);
  for (let start = 0; start < 9; start++) {
    for (let length = 0; length <= 60; length++) {
      for (const at of [0, 1, 7]) {
        const wanted = new Uint8Array(at + length + 9);
        wanted.set(from.subarray(start, start + length), at);
        const bytewise = new Uint8Array(wanted.length);
        assert.equal(copyField(from, start, start + length, bytewise, at), at + length);
        const words = new Uint8Array(wanted.length);
        copyWords(new DataView(from.buffer), start, start + length, new DataView(words.buffer), at);
        assert.deepEqual([bytewise, words], [wanted, wanted]);
      }
    }
  }
});
