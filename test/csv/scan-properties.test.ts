import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { scanBytes } from '../../src/csv/dialect.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../src/model/dialect.ts';
import { bytesOf, fieldsOf, scanText, seen } from './records.ts';

/** Well-formed content: any text where it is quoted, text without special characters where it is not. */
const dialects = fc
  .uniqueArray(fc.constantFrom(',', ';', '\t', '|', '"', "'", '!', '~'), { minLength: 2, maxLength: 2 })
  .map(([delimiter = ',', quoteChar = '"']): Dialect => ({ ...DEFAULT_DIALECT, delimiter, quoteChar }));
const ends = fc.constantFrom('\n', '\r\n', '\r');
const anyText = fc.string({
  unit: fc.constantFrom(',', ';', '"', "'", '\n', '\r', 'a', 'é', '😀', ' ', '\\', '|'),
  maxLength: 8,
});

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

const field = fc.record({ text: anyText, quoted: fc.boolean() });
const tables = fc
  .integer({ min: 2, max: 5 })
  .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 12 }));

function written({ text, quoted }: Field, { delimiter, quoteChar }: Dialect): string {
  const quote = quoteChar ?? '"';
  const special = [delimiter, quote, '\n', '\r'].some((each) => text.includes(each));
  return quoted || special ? quote + text.replaceAll(quote, quote + quote) + quote : text;
}

test('a well-formed content is read as csv-parse reads it, for any delimiter, quote and record end', () => {
  fc.assert(
    fc.property(dialects, ends, tables, fc.boolean(), (dialect, end, table, endsOpen) => {
      const width = table[0]?.length ?? 2;
      const text = table.map((row) => row.map((each) => written(each, dialect)).join(dialect.delimiter));
      const content = text.join(end) + (endsOpen ? '' : end);
      const expected: string[][] = parse(content, {
        delimiter: dialect.delimiter,
        quote: dialect.quoteChar,
        escape: dialect.quoteChar,
        record_delimiter: [end],
        skip_empty_lines: true,
      });
      const tape = scanText(content, { ...scanBytes(dialect), width }, dialect);
      assert.deepEqual(
        fieldsOf(tape).map((fields) => fields.map((each) => each ?? '')),
        expected,
      );
      assert.equal(tape.consumed, bytesOf(content).length);
    }),
    { numRuns: 300 },
  );
});

/** Anything at all, well-formed or not. */
const anything = fc.string({
  unit: fc.constantFrom(',', ',', '"', '"', '\n', '\r', '\r\n', 'a', 'b', '😀', 'x,y\n', '"q",'),
  maxLength: 24,
});

test('cut at any byte, the rest scanned from where the first scan stood: the same records, lines and places', () => {
  fc.assert(
    fc.property(anything, fc.constantFrom(1, 2, 3), (content, width) => {
      const bytes = bytesOf(content);
      const whole = seen(scanText(bytes, { width }));
      for (let cut = 0; cut <= bytes.length; cut++) {
        const first = scanText(bytes.slice(0, cut), { width, last: false });
        const rest = scanText(bytes.slice(first.consumed), { width });
        assert.deepEqual(
          [...seen(first), ...seen(rest, first.consumed, first.lines)],
          whole,
          `${JSON.stringify(content)} cut at ${cut}`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('every byte of a content belongs to a record, a record end or a blank line', () => {
  fc.assert(
    fc.property(anything, (content) => {
      const bytes = bytesOf(content);
      const tape = scanText(bytes, { width: 2 });
      const gaps: number[] = [];
      let at = 0;
      for (const { start, end } of seen(tape)) {
        gaps.push(...bytes.subarray(at, start));
        at = end;
      }
      gaps.push(...bytes.subarray(at));
      assert.deepEqual(
        gaps.filter((byte) => byte !== 10 && byte !== 13),
        [],
      );
      assert.equal(tape.consumed, bytes.length);
    }),
    { numRuns: 300 },
  );
});
