import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lastRecordEnd } from '../../src/csv/slice.ts';
import { bytesOf, fieldsOf, scanText } from './records.ts';

const RFC = { quoteChar: '"' };
const cutOf = (text: string, dialect: { quoteChar: string | null } = RFC): number =>
  lastRecordEnd(bytesOf(text), dialect);

test('a content is cut after its last record end', () => {
  assert.equal(cutOf('a,b\nc,d\ne'), 8);
  assert.equal(cutOf('a,b\r\nc,d\r\ne'), 10);
  assert.equal(cutOf('a,b\rc,d\re'), 8);
  assert.equal(cutOf('a,b\n'), 4);
  assert.equal(cutOf('a,b'), 0);
  assert.equal(cutOf(''), 0);
});

test('a CR that ends the bytes is no cut: an LF may follow', () => {
  assert.equal(cutOf('a\rb\r'), 2);
  assert.equal(cutOf('"a"\r'), 0);
  assert.equal(cutOf('\r'), 0);
});

test('record ends in quotes are no cut', () => {
  assert.equal(cutOf('a,b\nc,"d\ne'), 4);
  assert.equal(cutOf('a,b\nc,"d\n""e\n'), 4);
  assert.equal(cutOf('a,"b\n"\nc,"d\n'), 7);
  assert.equal(cutOf('"a\r\n"\r\nb'), 7);
});

test('without a quote character quotes mean nothing', () => {
  assert.equal(cutOf('a,"b\nc', { quoteChar: null }), 5);
  assert.equal(cutOf("a,'b\nc", { quoteChar: "'" }), 0);
});

test('what stands before the cut is whole records, for well-formed content cut anywhere', () => {
  const field = fc.constantFrom('a', '', '"b\n"', '"c""\r\n"', 'd e', '"\r"');
  const rows = fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (table, end) => {
      const bytes = bytesOf(table.map((row) => row.join(',') + end).join(''));
      const all = fieldsOf(scanText(bytes, { width: 2 }));
      for (let size = 0; size <= bytes.length; size++) {
        const cut = lastRecordEnd(bytes.subarray(0, size), RFC);
        const head = fieldsOf(scanText(bytes.slice(0, cut), { width: 2 }));
        const tail = fieldsOf(scanText(bytes.slice(cut), { width: 2 }));
        assert.deepEqual([...head, ...tail], all);
      }
    }),
    { numRuns: 200 },
  );
});
