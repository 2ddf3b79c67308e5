import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { isPlain } from '../../src/csv/dialect.ts';
import { readGeneral } from '../../src/csv/general/read.ts';
import { readRecords } from '../../src/csv/read-records.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import { RECORD_QUOTE_STRAY, RECORD_QUOTE_UNCLOSED } from '../../src/model/tape.ts';
import { bytesOf, type SeenRecord, seen } from '../csv/records.ts';
import { anyDialects, anything, contents, singleDialects } from './grammar.ts';
import { type PythonCsv, startPython } from './python.ts';

let python: PythonCsv;
before(() => {
  python = startPython();
});
after(() => python[Symbol.asyncDispose]());

/** More than any record of these contents has. */
const WIDTH = 32;

/** As both readers see it, where both can read it. */
function read(content: string, dialect: Dialect): SeenRecord[] {
  const options = { width: WIDTH, last: true };
  const found = seen(readGeneral(bytesOf(content), dialect, options));
  const isBroken = found.some(({ fault }) => (fault & RECORD_QUOTE_UNCLOSED) !== 0);
  // They differ in where a record with an open quote ends.
  if (isPlain(dialect) && !isBroken) {
    assert.deepEqual(seen(readRecords(bytesOf(content), dialect, options)), found);
  }
  return found;
}

const fieldsOf = ({ fields, count }: SeenRecord): (string | null)[] => fields.slice(0, count);
const asTexts = (fields: readonly (string | null)[]): string[] => fields.map((each) => each ?? '');

test('what the grammar writes is read as it was meant, and as Python reads it', async () => {
  await fc.assert(
    fc.asyncProperty(contents(singleDialects, { mixedEnds: true }), async ({ content, dialect, records }) => {
      const found = read(content, dialect);
      assert.deepEqual(found.map(fieldsOf), records);
      assert.ok(found.every(({ fault }) => fault === 0));
      const rows = await python.rowsOf(content, dialect);
      assert.deepEqual(
        rows.filter((row) => row.length > 0),
        records.map(asTexts),
      );
    }),
    { numRuns: 1500 },
  );
});

test('what the grammar writes is read as it was meant, and as csv-parse reads it', () => {
  fc.assert(
    fc.property(contents(anyDialects, { mixedEnds: false }), ({ content, dialect, records, end }) => {
      const found = read(content, dialect);
      assert.deepEqual(found.map(fieldsOf), records);
      const rows: string[][] = parse(content, {
        delimiter: dialect.delimiter,
        quote: dialect.quoteChar,
        escape: dialect.escapeChar ?? dialect.quoteChar,
        comment: dialect.commentChar,
        comment_no_infix: true,
        record_delimiter: [end],
        relax_column_count: true,
        skip_empty_lines: true,
      });
      assert.deepEqual(rows, records.map(asTexts));
    }),
    { numRuns: 1500 },
  );
});

/** Escapes stand before marks only: before a letter Python drops them, and here they are data. */
const broken = fc.tuple(
  anything,
  singleDialects.map((dialect): Dialect => ({ ...dialect, escapeChar: null, doubleQuote: true })),
  fc.boolean(),
);

test('of anything at all Python sees the same records, up to a quote that is never closed', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(broken, async ([content, drawn, isQuoting]) => {
      const dialect = isQuoting ? drawn : { ...drawn, quoteChar: null };
      const found = read(content, dialect);
      const rows = (await python.rowsOf(content, dialect)).filter((row) => row.length > 0);
      const open = found.findIndex(({ fault }) => (fault & RECORD_QUOTE_UNCLOSED) !== 0);
      const whole = open < 0 ? found : found.slice(0, open);
      if (open < 0) assert.equal(rows.length, found.length);
      for (const [i, each] of whole.entries()) {
        // Python drops the quotes of "a"b and goes on; here the record is a reject with as many fields.
        if ((each.fault & RECORD_QUOTE_STRAY) !== 0) assert.equal(each.count, rows[i]?.length);
        else assert.deepEqual(asTexts(fieldsOf(each)), rows[i]);
        compared++;
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(compared > 3000, `${compared} records`);
});
