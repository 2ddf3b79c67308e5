/** Columns of every shape, and rows that fit them. */
import fc from 'fast-check';
import type { RowSink } from '../../src/model/row-sink.ts';
import {
  type ColumnForm,
  InvalidText,
  STORAGE_CLASSES,
  type StorageClass,
  type StoredColumn,
  type StoredValue,
} from '../../src/model/stored-table.ts';

export function column(
  name: string,
  classes: readonly StorageClass[],
  more: Partial<StoredColumn> = {},
): StoredColumn {
  const rest = { sqlType: '', nullable: true, default: null, generated: false, identity: false };
  const form: ColumnForm = { kind: 'classes', classes };
  return { name, ...rest, form, optional: false, reason: null, ...more };
}

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const EDGES = [0n, -1n, 63n, 64n, -64n, -65n, 2n ** 30n, 2n ** 30n - 1n, -(2n ** 30n), 2n ** 53n, MIN, MAX];

const integers = fc.oneof(fc.bigInt({ min: MIN, max: MAX }), fc.constantFrom(...EDGES));

/** As the decoder gives them: number where it is exact, unless the column holds reals too. */
export function asRead(value: bigint, beside: readonly StorageClass[]): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) && !beside.includes('real') ? number : value;
}

function valuesOf(storage: StorageClass, all: readonly StorageClass[]): fc.Arbitrary<StoredValue> {
  switch (storage) {
    case 'integer':
      return integers.map((value) => asRead(value, all));
    case 'real':
      return fc.double({ noNaN: true });
    case 'text':
      return fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 }));
    case 'blob':
      return fc.uint8Array().map((bytes) => Buffer.from(bytes));
    case 'invalid-text':
      return fc.uint8Array().map((bytes) => new InvalidText(Buffer.from(bytes)));
  }
}

/** What a row of a test holds: longs and their like as bigint, texts as string, decimals as bytes. */
export type Value = StoredValue | boolean;

const INT_EDGES = [0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31), 2 ** 30, -(2 ** 30) - 1];
const ints = fc.oneof(fc.integer(), fc.constantFrom(...INT_EDGES));
const bytes = fc.oneof(fc.uint8Array(), fc.uint8Array({ minLength: 60, maxLength: 70 }));
const blobs = bytes.map((each) => Buffer.from(each));
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 }));

function valuesOfForm(form: ColumnForm): fc.Arbitrary<Value> {
  switch (form.kind) {
    case 'classes':
      return fc.oneof(...form.classes.map((each) => valuesOf(each, form.classes)));
    case 'boolean':
      return fc.boolean();
    case 'int':
    case 'date':
      return ints;
    case 'long':
    case 'time-micros':
    case 'timestamp-micros':
      return integers;
    case 'float':
      return fc.float({ noNaN: true });
    case 'double':
      return fc.double({ noNaN: true });
    case 'string':
      return texts;
    case 'bytes':
      return blobs;
    case 'decimal':
      return fc.uint8Array({ minLength: form.size, maxLength: form.size }).map((each) => Buffer.from(each));
  }
}

/** Calls what the form asks for. */
export function pushValue(sink: RowSink, { form }: StoredColumn, value: Value): void {
  if (form.kind === 'classes') {
    if (typeof value !== 'boolean') sink.value(value);
  } else if (value === null) sink.null();
  else if (typeof value === 'boolean') sink.boolean(value);
  else if (typeof value === 'bigint') {
    sink.long(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  } else if (typeof value === 'number') {
    if (form.kind === 'float') sink.float(value);
    else if (form.kind === 'double') sink.double(value);
    else sink.int(value);
  } else if (typeof value === 'string') {
    const padded = Buffer.from(`<${value}>`);
    sink.text(padded, 1, padded.length - 1);
  } else if (!(value instanceof InvalidText)) {
    const padded = Buffer.concat([Buffer.alloc(3), value]);
    if (form.kind === 'decimal') sink.fixed(padded, 3, padded.length);
    else sink.bytes(padded, 3, padded.length);
  }
}

/** Gives what was pushed as values again. */
export class Recorder implements RowSink {
  readonly values: Value[] = [];
  rows = 0;

  null(): void {
    this.values.push(null);
  }
  boolean(value: boolean): void {
    this.values.push(value);
  }
  int(value: number): void {
    this.values.push(value);
  }
  long(high: number, low: number): void {
    this.values.push((BigInt(high) << 32n) | BigInt(low >>> 0));
  }
  float(value: number): void {
    this.values.push(value);
  }
  double(value: number): void {
    this.values.push(value);
  }
  text(from: Uint8Array, start: number, end: number): void {
    this.values.push(Buffer.from(from.subarray(start, end)).toString());
  }
  bytes(from: Uint8Array, start: number, end: number): void {
    this.values.push(Buffer.from(from.subarray(start, end)));
  }
  fixed(from: Uint8Array, start: number, end: number): void {
    this.bytes(from, start, end);
  }
  value(value: StoredValue): void {
    this.values.push(value);
  }
  endRow(): boolean {
    this.rows += 1;
    return false;
  }
}

const kinds = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'bytes',
  'date',
  'time-micros',
] as const;

const forms: fc.Arbitrary<ColumnForm> = fc.oneof(
  fc
    .subarray([...STORAGE_CLASSES], { minLength: 1 })
    .map((classes): ColumnForm => ({ kind: 'classes', classes })),
  fc.constantFrom(...kinds).map((kind): ColumnForm => ({ kind })),
  fc.boolean().map((utc): ColumnForm => ({ kind: 'timestamp-micros', utc })),
  fc
    .integer({ min: 1, max: 16 })
    .map((size): ColumnForm => ({ kind: 'decimal', precision: 2, scale: 1, size })),
);

const shapes = fc.record({ form: forms, optional: fc.boolean() });

export interface Sample {
  readonly columns: readonly StoredColumn[];
  readonly rows: ReadonlyArray<readonly Value[]>;
}

export const samples: fc.Arbitrary<Sample> = fc
  .array(shapes, { minLength: 1, maxLength: 6 })
  .chain((found) => {
    const columns = found.map(({ form, optional }, index) => column(`c${index}`, [], { form, optional }));
    const row = columns.map(({ form, optional }) =>
      fc.oneof(valuesOfForm(form), ...(optional ? [fc.constant(null)] : [])),
    );
    return fc.array(fc.tuple(...row), { maxLength: 20 }).map((rows) => ({ columns, rows }));
  });
