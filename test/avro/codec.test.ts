import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { MisfitError, RowEncoder, SuspectTextError } from '../../src/avro/codec.ts';
import { RowDecoder } from '../../src/avro/decoder.ts';
import { tableSchema } from '../../src/avro/schema.ts';
import { RowferryError } from '../../src/errors.ts';
import { InvalidText, type StoredColumn, type StoredValue } from '../../src/model/stored-table.ts';
import { column, type Sample, samples } from './columns.ts';

function encode({ columns, rows }: Sample): Buffer {
  const encoder = new RowEncoder(columns);
  for (const row of rows) encoder.encode(row);
  assert.equal(encoder.rows, rows.length);
  return encoder.takeBlock();
}

function decode(columns: readonly StoredColumn[], block: Buffer, rows: number): StoredValue[] {
  const decoder = new RowDecoder(columns);
  decoder.open(block);
  const values: StoredValue[] = [];
  for (let row = 0; row < rows; row++) decoder.read(values);
  assert.ok(decoder.atEnd);
  return values;
}

test('what was encoded is decoded, value for value', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const block = encode(sample);
      assert.deepEqual(decode(sample.columns, block, sample.rows.length), sample.rows.flat());
    }),
  );
});

test('skipping a row gives exactly its bytes', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const encoder = new RowEncoder(sample.columns);
      const encoded = sample.rows.map((row) => Buffer.from(encoder.encode(row)));
      const decoder = new RowDecoder(sample.columns);
      decoder.open(encoder.takeBlock());
      for (const row of encoded) assert.deepEqual(decoder.skip(), row);
    }),
  );
});

/** avsc's own long is a number; this one keeps 64 bits. */
const longs = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => Number(a > b) - Number(a < b),
});

/** The same value as avsc, told to wrap every union, makes it. */
function forAvsc(value: StoredValue, columnOf: StoredColumn): unknown {
  const { classes, optional } = columnOf;
  if (value === null) return null;
  const [branch, plain] = avscBranch(value, columnOf);
  return optional || classes.length > 1 ? { [branch]: plain } : plain;
}

function avscBranch(value: Exclude<StoredValue, null>, { name, classes }: StoredColumn): [string, unknown] {
  if (typeof value === 'string') return ['string', value];
  if (typeof value === 'bigint') return ['long', value];
  if (typeof value === 'number' && classes.includes('real')) return ['double', value];
  if (typeof value === 'number') return ['long', BigInt(value)];
  if (!(value instanceof InvalidText)) return ['bytes', value];
  return classes.includes('blob') ? [`${name}_invalid_text`, { bytes: value.bytes }] : ['bytes', value.bytes];
}

test('avsc encodes the same rows to the same bytes, and reads ours', () => {
  fc.assert(
    fc.property(samples, ({ columns, rows }) => {
      const type = avsc.Type.forSchema(JSON.parse(JSON.stringify(tableSchema('t', columns))), {
        registry: { long: longs },
        wrapUnions: true,
        omitRecordMethods: true,
      });
      const encoder = new RowEncoder(columns);
      for (const row of rows) {
        const entries = columns.map((each, index) => [each.name, forAvsc(row[index] ?? null, each)]);
        const ours = Buffer.from(encoder.encode(row));
        assert.deepEqual(ours, type.toBuffer(Object.fromEntries(entries)));
        assert.deepEqual(type.toBuffer(type.fromBuffer(ours)), ours);
      }
    }),
    { numRuns: 60 },
  );
});

test('integers come back as bigint beyond 2^53 and beside reals', () => {
  const read = (value: StoredValue, columns: readonly StoredColumn[]): StoredValue | undefined =>
    decode(columns, encode({ columns, rows: [[value]] }), 1)[0];
  const alone = [column('a', ['integer'])];
  const mixed = [column('a', ['integer', 'real'])];
  assert.equal(read(2 ** 53 - 1, alone), 2 ** 53 - 1);
  assert.equal(read(2n ** 53n, alone), 2n ** 53n);
  assert.equal(read(-(2n ** 63n), alone), -(2n ** 63n));
  assert.equal(read(5n, mixed), 5n);
  assert.equal(read(5, mixed), 5);
  assert.ok(Object.is(read(-0, mixed), -0));
});

test('generated columns are read past, not given', () => {
  const columns = [
    column('a', ['integer']),
    column('b', ['text'], { generated: true }),
    column('c', ['real']),
  ];
  const block = encode({
    columns,
    rows: [
      [1, 'x', 1.5],
      [2, 'y', 2.5],
    ],
  });
  assert.deepEqual(decode(columns, block, 2), [1, 1.5, 2, 2.5]);
});

test('a value without a branch is refused by name', () => {
  for (const value of [1.5, 'x', null, Buffer.alloc(1), new InvalidText(Buffer.alloc(1))]) {
    const encoder = new RowEncoder([column('hired', ['integer'])]);
    assert.throws(
      () => encoder.encode([value]),
      (error) => error instanceof MisfitError && error.column === 'hired',
    );
  }
});

test('a number that is a real is never written as an integer', () => {
  const integer = [column('a', ['integer'])];
  const exact = new RowEncoder(integer, { integersAreBigint: true });
  assert.throws(() => exact.encode([5]), MisfitError);
  exact.encode([5n]);
  assert.deepEqual(exact.takeBlock(), encode({ columns: integer, rows: [[5]] }));
});

test('U+FFFD is suspect only where asked', () => {
  const columns = [column('a', ['text'])];
  for (const value of ['\uFFFD', `${'x'.repeat(200)}\uFFFD`]) {
    assert.throws(
      () => new RowEncoder(columns, { suspectReplacement: true }).encode([value]),
      SuspectTextError,
    );
    assert.equal(decode(columns, encode({ columns, rows: [[value]] }), 1)[0], value);
  }
});

test('damaged blocks are refused', () => {
  const damaged: ReadonlyArray<readonly [string, StoredColumn, number[]]> = [
    ['no byte', column('a', ['integer']), []],
    ['a branch too high', column('a', ['integer'], { optional: true }), [4]],
    ['a negative branch', column('a', ['integer'], { optional: true }), [1]],
    ['a length beyond the block', column('a', ['blob']), [8, 1, 2]],
    ['a negative length', column('a', ['text']), [1]],
    ['a length of 2^62', column('a', ['text']), [254, 255, 255, 255, 255, 255, 255, 255, 127, 0]],
    ['text that is not UTF-8', column('a', ['text']), [4, 0xc3, 0x28]],
    ['a surrogate', column('a', ['text']), [6, 0xed, 0xa0, 0x80]],
    ['a cut double', column('a', ['real']), [1, 2, 3]],
    ['a number of 11 bytes', column('a', ['integer']), Array(11).fill(255)],
    ['a number of 65 bits', column('a', ['integer']), [...Array(9).fill(255), 2]],
  ];
  for (const [what, each, bytes] of damaged) {
    for (const method of ['skip', 'read'] as const) {
      const decoder = new RowDecoder([each]);
      decoder.open(Buffer.from(bytes));
      const run = (): unknown => (method === 'skip' ? decoder.skip() : decoder.read([]));
      assert.throws(run, (error) => error instanceof RowferryError && error.code === 'backup-checksum', what);
    }
  }
});
