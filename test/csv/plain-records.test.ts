import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanBytes } from '../../src/csv/dialect.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../src/model/dialect.ts';
import { MAX_RECORD_BYTES, RECORD_TOO_LONG } from '../../src/model/tape.ts';
import { bytesOf, fieldsOf, type SeenRecord, scanText, seen } from './records.ts';

/** Long runs of plain records, quoted fields among theirs, with others in between: the scan changes between its two loops. */

interface Written {
  readonly text: string;
  readonly quoted: boolean;
}

interface Line {
  readonly fields: readonly Written[];
  readonly end: string;
}

const dialects = fc
  .uniqueArray(fc.constantFrom(',', ';', '\t', '|', '"', "'", '!', '~', '-', '5'), {
    minLength: 2,
    maxLength: 2,
  })
  .map(([delimiter = ',', quoteChar = '"']): Dialect => ({ ...DEFAULT_DIALECT, delimiter, quoteChar }));
const plainText = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', '9', ' ', '-', ':', '.', '+', 'é', '😀', '\x80', '\x7f', '\x01'),
  maxLength: 24,
});
const anyText = fc.string({
  unit: fc.constantFrom(',', '"', '\n', '\r', 'a', '😀', ';', 'b', ' ', "'"),
  maxLength: 24,
});
const plainField = plainText.map((text): Written => ({ text, quoted: false }));
const quotedField = anyText.map((text): Written => ({ text, quoted: true }));
const field = fc.oneof({ weight: 4, arbitrary: plainField }, { weight: 1, arbitrary: quotedField });
const ends = fc.oneof(
  { weight: 40, arbitrary: fc.constant('\n') },
  { weight: 20, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\r', '\n\n', '\r\n\r') },
);

/** Most lines have `width` fields. */
const lines = (width: number): fc.Arbitrary<Line[]> => {
  const line = (length: number) =>
    fc.record({ fields: fc.array(field, { minLength: length, maxLength: length }), end: ends });
  const any = fc.integer({ min: 2, max: width + 2 }).chain(line);
  return fc.array(fc.oneof({ weight: 60, arbitrary: line(width) }, { weight: 1, arbitrary: any }), {
    minLength: 60,
    maxLength: 200,
  });
};
const contents = fc.integer({ min: 2, max: 6 }).chain((width) => fc.tuple(fc.constant(width), lines(width)));

function writeField({ text, quoted }: Written, { delimiter, quoteChar }: Dialect): string {
  const quote = quoteChar ?? '"';
  if (!quoted && !text.includes(delimiter) && !text.includes(quote)) return text;
  return quote + text.replaceAll(quote, quote + quote) + quote;
}

const lineEnds = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0;

/** What each line must come to, by what was written. */
function expected(table: readonly Line[], width: number, dialect: Dialect): SeenRecord[] {
  let at = 0;
  let line = 0;
  return table.map(({ fields, end }) => {
    const text = fields.map((each) => writeField(each, dialect)).join(dialect.delimiter);
    const start = at;
    const first = line;
    at += bytesOf(text + end).length;
    line += lineEnds(text + end);
    const values = fields.map((each) => (writeField(each, dialect) === '' ? null : each.text));
    return {
      fields: Array.from({ length: width }, (_, i) => values[i] ?? null),
      line: first,
      start,
      end: start + bytesOf(text).length,
      fault: 0,
      count: fields.length,
    };
  });
}

test('plain records and others, in any order: fields, places, lines and counts as they were written', () => {
  fc.assert(
    fc.property(dialects, contents, fc.constantFrom(0, 1, 3, 7, 8), (dialect, [width, table], before) => {
      const text = table.map(
        ({ fields, end }) => fields.map((each) => writeField(each, dialect)).join(dialect.delimiter) + end,
      );
      // The bytes may begin anywhere in their buffer.
      const bytes = bytesOf('x'.repeat(before) + text.join('')).subarray(before);
      const tape = scanText(bytes, { ...scanBytes(dialect), width }, dialect);
      assert.deepEqual(seen(tape), expected(table, width, dialect));
    }),
    { numRuns: 150 },
  );
});

test('at most so many records are taken', () => {
  const content = 'a,b,c\n'.repeat(500);
  for (const maxRecords of [0, 1, 33, 499, 500, 501]) {
    const tape = scanText(content, { maxRecords });
    assert.equal(tape.records, Math.min(maxRecords, 500));
    assert.equal(tape.consumed, 6 * tape.records);
    assert.equal(tape.lines, tape.records);
  }
});

test('a column of its own: empty lines among plain ones are NULL', () => {
  const tape = scanText(`${'a\n'.repeat(50)}\n\r\n${'b\n'.repeat(50)}`, { width: 1 });
  assert.equal(tape.records, 102);
  assert.deepEqual(fieldsOf(tape).slice(49, 53), [['a'], [null], [null], ['b']]);
});

test('a plain record that is too long is marked, and those around it are not', () => {
  const fields = (length: number) => `a,${'x'.repeat(length)},b\n`;
  const tape = scanText(
    `1,2,3\n${fields(MAX_RECORD_BYTES - 4)}${fields(MAX_RECORD_BYTES - 3)}4,5,6\n7,8,9\n`,
  );
  assert.deepEqual([...tape.faults.subarray(0, tape.records)], [0, 0, RECORD_TOO_LONG, 0, 0]);
});
