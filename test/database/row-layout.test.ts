import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LaidOutRows, laidOutRows, withoutRecords } from '../../src/database/row-layout.ts';

/** Rows of text between a head and a tail, of records with these ordinals. */
function rowsOf(
  rows: readonly (readonly [record: number, text: string])[],
  head = '<',
  tail = '>',
): LaidOutRows {
  const starts = [head.length];
  for (const [, text] of rows) starts.push((starts.at(-1) ?? 0) + text.length);
  const data = new TextEncoder().encode(head + rows.map(([, text]) => text).join('') + tail);
  return {
    data,
    layout: { starts: Int32Array.from(starts), records: Int32Array.from(rows, ([record]) => record) },
  };
}

test('single rows are left out, their neighbours stay', () => {
  const rows = rowsOf([
    [0, 'aa'],
    [2, ''],
    [3, 'b'],
    [7, 'ccc'],
  ]);
  assert.deepEqual(
    withoutRecords(rows, new Set([3])),
    rowsOf([
      [0, 'aa'],
      [2, ''],
      [7, 'ccc'],
    ]),
  );
  assert.deepEqual(withoutRecords(rows, new Set([0, 2, 3, 7])), rowsOf([]));
  assert.equal(withoutRecords(rows, new Set([1, 4])), rows);
});

test('any rows without any records are those that were not named', () => {
  const some = fc.array(fc.tuple(fc.string({ unit: 'grapheme-ascii' }), fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(some, fc.string({ unit: 'grapheme-ascii' }), (texts, tail) => {
      const rows = texts.map(([text], i) => [i * 3, text] as const);
      const gone = new Set(texts.flatMap(([, left], i) => (left ? [i * 3] : [])));
      const kept = rows.filter(([record]) => !gone.has(record));
      assert.deepEqual(withoutRecords(rowsOf(rows, '', tail), gone), rowsOf(kept, '', tail));
    }),
  );
});

test('a batch that does not tell where its rows lie is a misuse', () => {
  const batch = { rows: 0, data: new Uint8Array(0), layout: null, foreignKeys: [] };
  assert.throws(() => laidOutRows(batch), TypeError);
});
