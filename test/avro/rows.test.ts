import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { RowDecoder } from '../../src/avro/decoder.ts';
import { MisfitError, RowEncoder, SuspectTextError } from '../../src/avro/encoder.ts';
import { tableSchema } from '../../src/avro/schema.ts';
import { RowferryError } from '../../src/errors.ts';
import { type ColumnForm, classesOf, InvalidText, type StoredColumn } from '../../src/model/stored-table.ts';
import { column, pushValue, Recorder, type Sample, samples, type Value } from './columns.ts';

function encode({ columns, rows }: Sample): Buffer {
  const encoder = new RowEncoder(columns);
  for (const row of rows) push(encoder, columns, row);
  assert.equal(encoder.rows, rows.length);
  return encoder.takeBlock().data;
}

function push(encoder: RowEncoder, columns: readonly StoredColumn[], row: readonly Value[]): void {
  columns.forEach((each, index) => {
    pushValue(encoder, each, row[index] ?? null);
  });
  encoder.endRow();
}

function decode(columns: readonly StoredColumn[], block: Buffer, rows: number): Value[] {
  const decoder = new RowDecoder(columns);
  decoder.open(block);
  const recorder = new Recorder();
  for (let row = 0; row < rows; row++) decoder.read(recorder);
  assert.ok(decoder.atEnd);
  assert.equal(recorder.rows, rows);
  return recorder.values;
}

test('what was encoded is decoded, value for value', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const block = encode(sample);
      assert.deepEqual(decode(sample.columns, block, sample.rows.length), sample.rows.flat());
    }),
  );
});

test('reading past rows tells where each ends, as the encoder did', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const encoder = new RowEncoder(sample.columns);
      for (const row of sample.rows) push(encoder, sample.columns, row);
      const { data, rows, ends } = encoder.takeBlock();
      assert.deepEqual([rows, ends.length], [sample.rows.length, sample.rows.length]);
      const decoder = new RowDecoder(sample.columns);
      decoder.open(data);
      assert.deepEqual(decoder.skip(rows), ends);
      sample.rows.forEach((row, index) => {
        const bytes = data.subarray(ends[index - 1] ?? 0, ends[index]);
        assert.deepEqual(Buffer.from(bytes), encode({ columns: sample.columns, rows: [row] }));
      });
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
function forAvsc(value: Value, columnOf: StoredColumn): unknown {
  const { optional } = columnOf;
  const classes = classesOf(columnOf);
  if (value === null) return null;
  const [branch, plain] = avscBranch(value, columnOf);
  return optional || classes.length > 1 ? { [branch]: plain } : plain;
}

function avscBranch(value: Exclude<Value, null>, columnOf: StoredColumn): [string, unknown] {
  const { name, form } = columnOf;
  const classes = classesOf(columnOf);
  if (typeof value === 'boolean') return ['boolean', value];
  if (typeof value === 'number' && form.kind !== 'classes')
    return [AVRO_KINDS[form.kind] ?? form.kind, value];
  if (form.kind === 'decimal') return [`${name}_decimal`, value];
  if (typeof value === 'string') return ['string', value];
  if (typeof value === 'bigint') return ['long', value];
  if (typeof value === 'number' && classes.includes('real')) return ['double', value];
  if (typeof value === 'number') return ['long', BigInt(value)];
  if (!(value instanceof InvalidText)) return ['bytes', value];
  return classes.includes('blob') ? [`${name}_invalid_text`, { bytes: value.bytes }] : ['bytes', value.bytes];
}

/** avsc takes its own long, not ours, for one with a logical type. */
const bareLong = (_: string, value: unknown): unknown =>
  typeof value === 'object' &&
  value !== null &&
  'logicalType' in value &&
  'type' in value &&
  value.type === 'long'
    ? 'long'
    : value;

const AVRO_KINDS: Readonly<Record<string, string>> = { date: 'int' };

test('avsc encodes the same rows to the same bytes, and reads ours', () => {
  fc.assert(
    fc.property(samples, ({ columns, rows }) => {
      const type = avsc.Type.forSchema(JSON.parse(JSON.stringify(tableSchema('t', columns)), bareLong), {
        registry: { long: longs },
        wrapUnions: true,
        omitRecordMethods: true,
      });
      for (const row of rows) {
        const entries = columns.map((each, index) => [each.name, forAvsc(row[index] ?? null, each)]);
        const ours = encode({ columns, rows: [row] });
        assert.deepEqual(ours, type.toBuffer(Object.fromEntries(entries)));
        assert.deepEqual(type.toBuffer(type.fromBuffer(ours)), ours);
      }
    }),
    { numRuns: 60 },
  );
});

test('integers come back as bigint beyond 2^53 and beside reals', () => {
  const read = (value: Value, columns: readonly StoredColumn[]): Value | undefined =>
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
      () => encoder.value(value),
      (error) => error instanceof MisfitError && error.column === 'hired',
    );
  }
});

test('a number that is a real is never written as an integer', () => {
  const integer = [column('a', ['integer'])];
  const exact = new RowEncoder(integer, { integersAreBigint: true });
  assert.throws(() => exact.value(5), MisfitError);
  const again = new RowEncoder(integer, { integersAreBigint: true });
  again.value(5n);
  again.endRow();
  assert.deepEqual(again.takeBlock().data, encode({ columns: integer, rows: [[5]] }));
});

test('U+FFFD is suspect only where asked', () => {
  const columns = [column('a', ['text'])];
  for (const value of ['\uFFFD', `${'x'.repeat(200)}\uFFFD`]) {
    assert.throws(() => new RowEncoder(columns, { suspectReplacement: true }).value(value), SuspectTextError);
    assert.equal(decode(columns, encode({ columns, rows: [[value]] }), 1)[0], value);
  }
});

const typed = (form: ColumnForm, more: Partial<StoredColumn> = {}): StoredColumn =>
  column('a', [], { form, ...more });

test('a full block is told of, a row with too few or too many values refused', () => {
  const encoder = new RowEncoder([typed({ kind: 'int' }), typed({ kind: 'bytes' })], { blockBytes: 100 });
  const row = (bytes: number): boolean => {
    encoder.int(1);
    encoder.bytes(Buffer.alloc(bytes), 0, bytes);
    return encoder.endRow();
  };
  assert.deepEqual([row(40), row(40), row(40)], [false, false, true]);
  assert.equal(encoder.takeBlock().rows, 3);
  assert.equal(row(10), false);
  encoder.int(1);
  assert.throws(() => encoder.endRow(), TypeError);
  encoder.bytes(Buffer.alloc(0), 0, 0);
  assert.throws(() => encoder.int(1), TypeError);
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
    ['an int of 33 bits', typed({ kind: 'int' }), [255, 255, 255, 255, 31]],
    ['a boolean of 2', typed({ kind: 'boolean' }), [2]],
    ['a branch too high of a typed column', typed({ kind: 'int' }, { optional: true }), [4, 0]],
    ['a cut decimal', typed({ kind: 'decimal', precision: 4, scale: 0, size: 2 }), [1]],
    ['a cut float', typed({ kind: 'float' }), [1, 2, 3]],
    ['typed text that is not UTF-8', typed({ kind: 'string' }), [4, 0xc3, 0x28]],
  ];
  for (const [what, each, bytes] of damaged) {
    for (const method of ['skip', 'read'] as const) {
      const decoder = new RowDecoder([each]);
      decoder.open(Buffer.from(bytes));
      const run = (): unknown => (method === 'skip' ? decoder.skip(1) : decoder.read(new Recorder()));
      assert.throws(run, (error) => error instanceof RowferryError && error.code === 'backup-checksum', what);
    }
  }
});
