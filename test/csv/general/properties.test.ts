import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { scanBytes } from '../../../src/csv/dialect.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../../src/model/dialect.ts';
import { RECORD_QUOTE_UNCLOSED } from '../../../src/model/tape.ts';
import { bytesOf, fieldsOf, type SeenRecord, scanText, seen } from '../records.ts';
import { encoded, readAll } from './reading.ts';

/** Anything at all, well-formed or not. */
const anything = fc.string({
  unit: fc.constantFrom(
    ',',
    ',',
    '"',
    '"',
    '\n',
    '\r',
    '\r\n',
    'a',
    '#',
    '\\',
    '😀',
    'é',
    'x,y\n',
    '"q",',
    '||',
    ' ',
  ),
  maxLength: 24,
});
const widths = fc.constantFrom(1, 2, 3);

const broken = (records: readonly SeenRecord[]): boolean =>
  records.some(({ fault }) => (fault & RECORD_QUOTE_UNCLOSED) !== 0);

test('what scan reads is read alike: fields, places, lines, faults; but for where a broken record ends', () => {
  let compared = 0;
  fc.assert(
    fc.property(anything, widths, fc.boolean(), (content, width, last) => {
      const scanned = scanText(content, { width, last });
      if (broken(seen(scanned))) return;
      const read = readAll(content, {}, { width, last });
      assert.deepEqual(seen(read), seen(scanned));
      assert.deepEqual([read.consumed, read.lines], [scanned.consumed, scanned.lines]);
      compared++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(compared > 300, `${compared} contents`);
});

test('plain delimiters and quotes are read as scan reads them', () => {
  const dialects = fc.constantFrom([';', "'"], ['\t', '"'], ['|', null], ['"', "'"]);
  fc.assert(
    fc.property(anything, dialects, widths, (content, [delimiter, quoteChar], width) => {
      const dialect: Dialect = {
        ...DEFAULT_DIALECT,
        delimiter: delimiter ?? ',',
        quoteChar: quoteChar ?? null,
      };
      const scanned = scanText(content, { ...scanBytes(dialect), width });
      if (broken(seen(scanned))) return;
      assert.deepEqual(seen(readAll(content, dialect, { width })), seen(scanned));
    }),
    { numRuns: 500 },
  );
});

const DIALECTS: readonly Partial<Dialect>[] = [
  {},
  { delimiter: '||', commentChar: '#' },
  { delimiter: ' ', skipInitialSpace: true },
  { escapeChar: '\\' },
  { escapeChar: '\\', doubleQuote: false, nullSequence: '\\N', skipBlankRows: false },
  { lineTerminator: '\n' },
  { lineTerminator: '\r\n', quoteChar: null },
  { lineTerminator: 'y', delimiter: 'x' },
  { ragged: 'pad' },
  { ragged: 'trim', commentChar: '#a' },
];

test('cut at any byte, the rest read from where the first reading stood: the same records, lines and places', () => {
  fc.assert(
    fc.property(anything, widths, fc.constantFrom(...DIALECTS), (content, width, dialect) => {
      const bytes = bytesOf(content);
      const whole = seen(readAll(bytes, dialect, { width }));
      for (let cut = 0; cut <= bytes.length; cut++) {
        const first = readAll(bytes.slice(0, cut), dialect, { width, last: false });
        const rest = readAll(bytes.slice(first.consumed), dialect, { width });
        const both = [...seen(first), ...seen(rest, first.consumed, first.lines)];
        assert.deepEqual(both, whole, `${JSON.stringify([content, dialect])} cut at ${cut}`);
      }
    }),
    { numRuns: 600 },
  );
});

/** The same content has the same fields in every encoding, and its places are those of its code units. */
test('in UTF-16 and Latin-1 the same fields, faults and lines as in UTF-8, cut anywhere', () => {
  fc.assert(
    fc.property(
      anything,
      fc.constantFrom('utf-16le', 'utf-16be', 'latin1'),
      widths,
      (drawn, encoding, width) => {
        const content = encoding === 'latin1' ? drawn.replaceAll('😀', 'ü') : drawn;
        const facts = ({ fields, line, fault, count }: SeenRecord) => ({ fields, line, fault, count });
        const expected = seen(readAll(content, {}, { width })).map(facts);
        const bytes = encoded(content, encoding);
        const whole = seen(readAll(bytes, { encoding }, { width }));
        assert.deepEqual(whole.map(facts), expected);
        for (let cut = 0; cut <= bytes.length; cut++) {
          const first = readAll(bytes.slice(0, cut), { encoding }, { width, last: false });
          const rest = readAll(bytes.slice(first.consumed), { encoding }, { width });
          assert.deepEqual([...seen(first), ...seen(rest, first.consumed, first.lines)], whole);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a record that stands in UTF-16 is found again at its places', () => {
  fc.assert(
    fc.property(anything, (content) => {
      const bytes = encoded(content, 'utf-16le');
      const asText = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('utf16le');
      const utf8 = seen(readAll(content));
      const found = seen(readAll(bytes, { encoding: 'utf-16le' })).map(({ start, end }) =>
        asText(start, end),
      );
      const raw = Buffer.from(content);
      assert.deepEqual(
        found,
        utf8.map(({ start, end }) => raw.toString('utf8', start, end)),
      );
    }),
    { numRuns: 300 },
  );
});

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

const anyText = fc.string({
  unit: fc.constantFrom(',', ';', '|', '"', "'", '\n', '\r', 'a', 'é', '😀', ' ', '\\', '^'),
  maxLength: 8,
});
const tables = fc.integer({ min: 2, max: 5 }).chain((width) =>
  fc.array(
    fc.array(fc.record({ text: anyText, quoted: fc.boolean() }), { minLength: width, maxLength: width }),
    {
      maxLength: 12,
    },
  ),
);
const parsed = fc.record({
  delimiter: fc.constantFrom(',', ';', '||', '|;|', ' ', 'é'),
  quoteChar: fc.constantFrom('"', "'"),
  escapeChar: fc.constantFrom('\\', '^', null),
  lineTerminator: fc.constantFrom('\n', '\r\n', '\r'),
});
type Parsed = { delimiter: string; quoteChar: string; escapeChar: string | null; lineTerminator: string };

/** csv-parse knows one escape: before a quote or itself, inside quotes. */
function written({ text, quoted }: Field, { delimiter, quoteChar, escapeChar }: Parsed): string {
  const special = [...delimiter, quoteChar, escapeChar ?? quoteChar, '\n', '\r'].some((each) =>
    text.includes(each),
  );
  if (!quoted && !special) return text;
  const mark = escapeChar ?? quoteChar;
  const inside = [...text].map((each) => (each === quoteChar || each === mark ? mark + each : each));
  return quoteChar + inside.join('') + quoteChar;
}

test('a well-formed content is read as csv-parse reads it, for any delimiter, quote, escape and record end', () => {
  fc.assert(
    fc.property(parsed, tables, fc.boolean(), (dialect, table, endsOpen) => {
      const { delimiter, quoteChar, escapeChar, lineTerminator } = dialect;
      const lines = table.map((row) => row.map((each) => written(each, dialect)).join(delimiter));
      const content = lines.join(lineTerminator) + (endsOpen ? '' : lineTerminator);
      const expected: string[][] = parse(content, {
        delimiter,
        quote: quoteChar,
        escape: escapeChar ?? quoteChar,
        record_delimiter: [lineTerminator],
        skip_empty_lines: true,
      });
      const tape = readAll(
        content,
        { ...dialect, doubleQuote: escapeChar === null },
        { width: table[0]?.length ?? 2 },
      );
      assert.deepEqual(
        fieldsOf(tape).map((fields) => fields.map((each) => each ?? '')),
        expected,
      );
    }),
    { numRuns: 500 },
  );
});
