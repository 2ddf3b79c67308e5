/** Columns of every shape, and rows that fit them. */
import fc from 'fast-check';
import {
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
  return { name, ...rest, classes, optional: false, reason: null, ...more };
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

const shapes = fc.record({
  classes: fc.subarray([...STORAGE_CLASSES], { minLength: 1 }),
  optional: fc.boolean(),
});

export interface Sample {
  readonly columns: readonly StoredColumn[];
  readonly rows: ReadonlyArray<readonly StoredValue[]>;
}

export const samples: fc.Arbitrary<Sample> = fc
  .array(shapes, { minLength: 1, maxLength: 6 })
  .chain((found) => {
    const columns = found.map(({ classes, optional }, index) => column(`c${index}`, classes, { optional }));
    const row = columns.map(({ classes, optional }) => {
      const values = classes.map((each) => valuesOf(each, classes));
      return fc.oneof(...values, ...(optional ? [fc.constant(null)] : []));
    });
    return fc.array(fc.tuple(...row), { maxLength: 20 }).map((rows) => ({ columns, rows }));
  });
