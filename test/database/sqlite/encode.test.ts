import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../src/check/check.ts';
import { scan } from '../../../src/csv/scan.ts';
import { csvRecord } from '../../../src/csv/write.ts';
import { encodeImage } from '../../../src/database/sqlite/encode.ts';
import { typeFacts } from '../../../src/database/sqlite/types.ts';
import type { InsertPlan } from '../../../src/model/plan.ts';
import type { Column } from '../../../src/model/table.ts';
import type { Tape } from '../../../src/model/tape.ts';
import { column, planOf } from '../../check/judge.ts';

type Stored = null | bigint | number | string | Uint8Array;

const typed = (sqlType: string, i: number): Column =>
  column(`x${i}`, 'text', { sqlType, ...typeFacts(sqlType) });

const plan = (...types: string[]): InsertPlan => planOf(types.map(typed));

/** The image of a CSV content, opened by SQLite itself and found sound; [rowid, values…] of every row. */
function stored(content: string, into: InsertPlan, bad: readonly number[] = []): Stored[][] {
  const bytes = new TextEncoder().encode(content);
  const options = { delimiter: 44, quote: 34, width: into.columns.length, last: true };
  const unread = imageRows(scan(bytes, options), into, bad);
  const tape = scan(bytes, options);
  check(tape, into);
  const rows = imageRows(tape, into, bad);
  assert.deepEqual(rows, unread, 'with the integers that check read and without them');
  return rows;
}

function imageRows(tape: Tape, into: InsertPlan, bad: readonly number[]): Stored[][] {
  const marks = new Uint8Array(tape.records);
  for (const record of bad) marks[record] = 1;
  const db = new DatabaseSync(':memory:');
  try {
    db.exec("ATTACH ':memory:' AS batch");
    db.deserialize(encodeImage(tape, marks, into).data, { dbName: 'batch' });
    assert.deepEqual({ ...db.prepare('PRAGMA batch.integrity_check').get() }, { integrity_check: 'ok' });
    const statement = db.prepare('SELECT rowid AS nth, * FROM batch.rows ORDER BY rowid');
    statement.setReadBigInts(true);
    return statement.all().map((row) => Object.values(row) as Stored[]);
  } finally {
    db.close();
  }
}

const EDGES = [
  0n,
  1n,
  2n,
  127n,
  128n,
  32_767n,
  32_768n,
  2n ** 23n - 1n,
  2n ** 23n,
  2n ** 31n - 1n,
  2n ** 31n,
];
const LONG_EDGES = [2n ** 47n - 1n, 2n ** 47n, 10n ** 15n - 1n, 10n ** 15n, 2n ** 53n, 2n ** 63n - 1n];
const INTEGERS = [...EDGES, ...LONG_EDGES].flatMap((value) => [value, -value, -value - 1n]);

test('integers of every size come back as they are', () => {
  const rows = stored(INTEGERS.map((value) => `${value},\n`).join(''), plan('INTEGER', 'TEXT'));
  assert.deepEqual(
    rows.map(([nth, value]) => [nth, value]),
    INTEGERS.map((value, i) => [BigInt(i + 1), value]),
  );
});

test('integers of one size after those of another, for as many records as are encoded together and more', () => {
  const short = EDGES.slice(0, -2).flatMap((value) => [value, -value, -value - 1n]);
  for (const edge of short) {
    const near = Array.from({ length: 600 }, (_, i) => (i === 599 ? edge : BigInt(i % 2)));
    const rows = stored([...near, ...near].map((value) => `${value},a\n`).join(''), plan('INTEGER', 'TEXT'));
    assert.deepEqual(
      rows.map(([, value, text]) => [value, text]),
      [...near, ...near].map((value) => [value, 'a']),
    );
  }
});

test('the spellings of numbers and truth', () => {
  const text = '+7,007,-0,TRUE,1e3,.5\n-7,0000000000000000001,+0,f,-2.5E-3,5.\n';
  assert.deepEqual(stored(text, plan('INT', 'INT', 'INT', 'BOOLEAN', 'REAL', 'REAL')), [
    [1n, 7n, 7n, 0n, 1n, 1000, 0.5],
    [2n, -7n, 1n, 0n, 0n, -0.0025, 5],
  ]);
});

test('text and bytes: doubled quotes undone, the empty string is none of NULL', () => {
  const text = 'a,"a""b""","",\\x00ff\n,"""",é😀,0XAB\n"line\nbreak",\\N, ,""\n';
  assert.deepEqual(stored(text, plan('TEXT', 'TEXT', 'TEXT', 'BLOB')), [
    [1n, 'a', 'a"b"', '', Uint8Array.from([0, 255])],
    [2n, null, '"', 'é😀', Uint8Array.from([0xab])],
    [3n, 'line\nbreak', '\\N', ' ', new Uint8Array(0)],
  ]);
});

test('texts that are shorter than they are written, around the sizes at which their head grows', () => {
  const texts = Array.from({ length: 80 }, (_, quotes) => '"'.repeat(quotes));
  const content = texts.map((text) => csvRecord([text, 'x'])).join('');
  assert.deepEqual(
    stored(content, plan('TEXT', 'TEXT')),
    texts.map((text, i) => [BigInt(i + 1), text, 'x']),
  );
});

test('dates and the rest go as they were written', () => {
  const text = '2020-02-29,2021-11-07T02:48:42Z,"{""a"":1}",123e4567-e89b-12d3-a456-426614174000,007\n';
  assert.deepEqual(stored(text, plan('DATE', 'DATETIME', 'JSON', 'UUID', 'STRING')), [
    [1n, '2020-02-29', '2021-11-07T02:48:42Z', '{"a":1}', '123e4567-e89b-12d3-a456-426614174000', '007'],
  ]);
});

test('decimals go as numbers, whole ones with all their digits', () => {
  const text = '1.50,123456789012345678,+0.1,-000123456789012345678,5.0\n-.5,1,999999999999.999,,.000\n';
  const types = Array<string>(5).fill('DECIMAL(20,5)');
  assert.deepEqual(stored(text, plan(...types)), [
    [1n, 1.5, 123456789012345678n, 0.1, -123456789012345678n, 5],
    [2n, -0.5, 1n, 999999999999.999, null, 0],
  ]);
});

test('bad records are left out and the others keep their ordinals', () => {
  assert.deepEqual(
    stored('a\nb\nc\nd\n', plan('TEXT'), [0, 2]).map((row) => row[0]),
    [2n, 4n],
  );
  assert.deepEqual(stored('a\nb\n', plan('TEXT'), [0, 1]), []);
});

test('a batch of no record, of one, and of as many as fill several pages', () => {
  assert.deepEqual(stored('', plan('TEXT', 'INT')), []);
  assert.equal(stored('a,1\n', plan('TEXT', 'INT')).length, 1);
  const many = stored(
    Array.from({ length: 100_000 }, (_, i) => `name ${i},${i}\n`).join(''),
    plan('TEXT', 'INT'),
  );
  assert.equal(many.length, 100_000);
  assert.ok(
    many.every(
      ([nth, name, value], i) => nth === BigInt(i + 1) && name === `name ${i}` && value === BigInt(i),
    ),
  );
});

test('records around the size of a page, with their start on the leaf and the rest in overflow pages', () => {
  const sizes = [
    65_480, 65_492, 65_493, 65_494, 65_495, 65_496, 65_500, 65_536, 131_000, 131_072, 300_000, 1_048_500,
  ];
  const text = sizes.map((size, i) => `${i},${String.fromCharCode(97 + i).repeat(size)}\n`).join('');
  for (const content of [text, text.split('\n').reverse().join('\n')]) {
    const lengths = stored(content, plan('INT', 'TEXT')).map(([, i, value]) => [i, String(value).length]);
    assert.deepEqual(new Set(lengths.map(String)), new Set(sizes.map((size, i) => String([i, size]))));
  }
});

test('every size from a page less forty to a page more ten', () => {
  for (let size = 65_490; size < 65_546; size += 1) {
    const [row] = stored(`${'x'.repeat(size)}\n`, plan('TEXT'));
    assert.equal(String(row?.[1]).length, size);
  }
});

test('a thousand columns', () => {
  const width = 1000;
  const content = `${Array.from({ length: width }, (_, i) => `v${i}`).join(',')}\n`.repeat(3);
  const rows = stored(content, plan(...Array<string>(width).fill('TEXT')));
  assert.equal(rows.length, 3);
  assert.deepEqual([rows[2]?.[1], rows[2]?.[width], rows[2]?.length], ['v0', 'v999', width + 1]);
});

test('fields go where the plan sends them, in any order and not all of them', () => {
  const columns = [typed('TEXT', 0), typed('INT', 1)];
  const into: InsertPlan = { ...planOf(columns), fields: [2, 0] };
  const bytes = new TextEncoder().encode('1,x,a\n2,y,b\n');
  const tape = scan(bytes, { delimiter: 44, quote: 34, width: 3, last: true });
  const db = new DatabaseSync(':memory:');
  db.deserialize(encodeImage(tape, new Uint8Array(2), into).data);
  assert.deepEqual(
    db
      .prepare('SELECT * FROM rows')
      .all()
      .map((row) => Object.values(row)),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  db.close();
});

interface Cell {
  readonly type: string;
  readonly text: string | null;
  readonly value: Stored;
}

const cell = (type: string): fc.Arbitrary<Cell> => {
  const empty = fc.constant({ type, text: null, value: null });
  const of = (values: fc.Arbitrary<readonly [string, Stored]>) =>
    fc.oneof(
      { weight: 1, arbitrary: empty },
      { weight: 4, arbitrary: values.map(([text, value]) => ({ type, text, value })) },
    );
  if (type === 'BIGINT')
    return of(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => [`${n}`, n]));
  if (type === 'REAL')
    return of(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => [`${n}`, n + 0]));
  if (type === 'INT') return of(fc.integer().map((n) => [`${n}`, BigInt(n)]));
  if (type === 'DECIMAL(30,15)') {
    const fraction = fc.tuple(fc.integer(), fc.stringMatching(/^[0-9]{1,12}$/));
    return of(fraction.map(([whole, digits]) => [`${whole}.${digits}`, Number(`${whole}.${digits}`)]));
  }
  if (type === 'BOOLEAN') return of(fc.boolean().map((b) => [`${b}`, b ? 1n : 0n]));
  if (type === 'BLOB')
    return of(fc.uint8Array({ maxLength: 300 }).map((b) => [Buffer.from(b).toString('hex'), b]));
  const short = fc.string({ unit: 'grapheme', maxLength: 60 });
  const text = fc.oneof(
    { weight: 20, arbitrary: short },
    { weight: 1, arbitrary: short.map((s) => `${s}x`.repeat(3000)) },
  );
  return of(text.map((s) => [s.replaceAll('\0', ''), s.replaceAll('\0', '')]));
};

const batches = fc
  .array(fc.constantFrom('BIGINT', 'INT', 'REAL', 'DECIMAL(30,15)', 'BOOLEAN', 'BLOB', 'VARCHAR(20)'), {
    minLength: 2,
    maxLength: 6,
  })
  .chain((types) =>
    fc
      .array(fc.tuple(fc.tuple(...types.map(cell)), fc.boolean()), { maxLength: 40 })
      .map((rows) => ({ types, rows })),
  );

test('any batch comes back value by value, with the rowids of its ordinals', () => {
  fc.assert(
    fc.property(batches, ({ types, rows }) => {
      const content = rows.map(([cells]) => csvRecord(cells.map((each) => each.text))).join('');
      const bad = rows.flatMap(([, left], i) => (left ? [i] : []));
      const expected = rows.flatMap(([cells, left], i) =>
        left ? [] : [[BigInt(i + 1), ...cells.map((each) => each.value)]],
      );
      assert.deepEqual(stored(content, plan(...types), bad), expected);
    }),
    { numRuns: 100 },
  );
});
