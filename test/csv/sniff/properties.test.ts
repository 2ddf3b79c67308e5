import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHead } from '../../../src/csv/general/head.ts';
import { readGeneral } from '../../../src/csv/general/read.ts';
import { sniff } from '../../../src/csv/sniff/sniff.ts';
import { type Shape, tokenize } from '../../../src/csv/sniff/tokenize.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../../src/model/dialect.ts';
import { fieldText } from '../../../src/model/field-text.ts';
import { MAX_FIELDS } from '../../../src/model/tape.ts';
import { column, tableOf } from './fixture.ts';

const TABLE = tableOf(
  column('id', 'integer', { nullable: false }),
  column('full_name', 'text'),
  column('price', 'decimal', { scale: 2 }),
  column('since', 'date'),
);
const HEADER = TABLE.columns.map(({ name }) => name);

interface Written {
  readonly delimiter: string;
  readonly quoteChar: string;
  /** In the place of a doubled quote. */
  readonly escapeChar: string | null;
  readonly end: string;
  readonly preamble: readonly string[];
  readonly footer: readonly string[];
}

const writtenAs = fc.record<Written>({
  delimiter: fc.constantFrom(',', ';', '\t', '|', '^', '~', '||', '::', '\t\t', '|~|'),
  quoteChar: fc.constantFrom('"', '"', "'"),
  escapeChar: fc.constantFrom(null, null, '\\'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  preamble: fc.constantFrom([], [], ['Report of May'], ['Report', 'made by hand', '']),
  footer: fc.constantFrom([], [], ['', 'made by hand'], ['Total 12']),
});

/** Names, some with what has to be quoted. */
const name = fc
  .array(fc.constantFrom('Ann', 'Bob', 'O"Neil', 'the 2nd', 'a,b', 'x; y', 'p|q', "d'Arc", 'é', '12'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((words) => words.join(' '));
const record = fc
  .tuple(fc.nat(99_999), name, fc.nat(99_999), fc.integer({ min: 0, max: 9999 }))
  .map(([id, text, cents, days]) => {
    const day = new Date(Date.UTC(2000, 0, 1 + days)).toISOString().slice(0, 10);
    return [String(id), text, (cents / 100).toFixed(2), day];
  });
const records = fc.array(record, { minLength: 6, maxLength: 30 });

function write(rows: ReadonlyArray<readonly string[]>, how: Written): string {
  const lines = rows.map((row) => row.map((field) => writeField(field, how)).join(how.delimiter));
  return [...how.preamble, ...lines, ...how.footer].map((line) => line + how.end).join('');
}

/** Texts stand in quotes, as many programs write them: one pair of apostrophes in a file says nothing. */
function writeField(field: string, { quoteChar, escapeChar }: Written): string {
  if (/^[\d.-]+$/.test(field)) return field;
  const escaped = field.replaceAll(quoteChar, (escapeChar ?? quoteChar) + quoteChar);
  return quoteChar + escaped + quoteChar;
}

function read(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect): string[][] {
  const head = readHead(bytes, dialect, true);
  assert.ok(head);
  const { byte, rows } = dialect.header === false ? head.first : head.data;
  const tape = readGeneral(bytes, head.dialect, { width: MAX_FIELDS, last: true, from: byte, rows });
  return Array.from({ length: tape.records }, (_, r) => {
    assert.equal(tape.faults[r], 0);
    return Array.from({ length: tape.fieldCounts[r] ?? 0 }, (_, f) => fieldText(tape, r * tape.width + f));
  });
}

test('rows in any dialect come back with the table, and without', () => {
  fc.assert(
    fc.property(records, writtenAs, (rows, how) => {
      const bytes = new TextEncoder().encode(write([HEADER, ...rows], how));
      const known = sniff(bytes, { table: TABLE, whole: true });
      assert.deepEqual(known.questions, []);
      assert.deepEqual(read(bytes, { ...known.dialect, header: true }), rows);
      const alone = sniff(bytes, { whole: true });
      assert.deepEqual(read(bytes, alone.dialect), rows);
    }),
    { numRuns: 300 },
  );
});

test('without a header the table tells the columns', () => {
  fc.assert(
    fc.property(records, writtenAs, (rows, how) => {
      const bytes = new TextEncoder().encode(write(rows, { ...how, preamble: [] }));
      const { dialect, questions } = sniff(bytes, { table: TABLE, whole: true });
      assert.deepEqual(questions, []);
      assert.deepEqual(read(bytes, { ...dialect, header: false }), rows);
    }),
    { numRuns: 200 },
  );
});

test('samples are divided as content is read', () => {
  const shape = fc.record<Shape>({
    delimiter: fc.constantFrom(',', ';', '||', ' '),
    quoteChar: fc.constantFrom('"', "'", null),
    doubleQuote: fc.boolean(),
    escapeChar: fc.constantFrom(null, '\\'),
    skipInitialSpace: fc.boolean(),
  });
  const text = fc.array(fc.constantFrom('a', ',', ';', '|', ' ', '"', "'", '\\', '\n', '\r', '1'), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(text, shape, (characters, how) => {
      fc.pre(how.delimiter !== ' ' || !how.skipInitialSpace);
      const content = characters.join('');
      const bytes = new TextEncoder().encode(content);
      const tape = readGeneral(bytes, { ...DEFAULT_DIALECT, ...how }, { width: 40, last: true });
      const broken = tape.faults.subarray(0, tape.records).some((fault) => fault !== 0);
      const rows = tokenize(content, how, { whole: true }).filter((row) => row.cells.length > 0);
      assert.equal(
        rows.some((row) => row.fault),
        broken,
      );
      if (broken) return;
      const found = Array.from({ length: tape.records }, (_, r) =>
        Array.from({ length: tape.fieldCounts[r] ?? 0 }, (_, f) => fieldText(tape, r * tape.width + f)),
      );
      assert.deepEqual(
        rows.map(({ cells }) => cells),
        found,
      );
    }),
    { numRuns: 2000 },
  );
});
