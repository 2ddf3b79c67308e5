import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scan } from '../../src/csv/scan.ts';
import { distinctForeignKeys } from '../../src/database/distinct-keys.ts';
import type { Column, Table } from '../../src/model/table.ts';

const column = (name: string): Column => ({
  name,
  sqlType: 'TEXT',
  kind: 'text',
  nullable: true,
  default: null,
  generated: false,
  identity: false,
});

function keysOf(rows: readonly (readonly string[])[], width: number) {
  const columns = Array.from({ length: width }, (_, i) => column(`c${i}`));
  const names = columns.map(({ name }) => name);
  const key = {
    name: 'k',
    columns: names,
    parentTable: 'p',
    parentColumns: names,
    onDelete: '',
    onUpdate: '',
  };
  const none = { primaryKey: [], uniqueKeys: [], checks: [], triggers: [] };
  const table: Table = { name: 't', columns, foreignKeys: [key], ...none };
  const bytes = new TextEncoder().encode(rows.map((row) => `${row.join(',')}\n`).join(''));
  const tape = scan(bytes, { delimiter: 44, quote: 34, width, last: true });
  const [found] = distinctForeignKeys(tape, { table, columns, fields: columns.map((_, i) => i) });
  assert.ok(found);
  return found;
}

const field = fc.oneof(
  fc.integer({ min: 0, max: 12_000 }).map(String),
  fc.constantFrom(
    '0',
    '00',
    '000',
    '0000',
    '01',
    '10',
    '9',
    '09',
    '/',
    ':',
    '12:4',
    '-1',
    '1a',
    'ä',
    '99999',
  ),
  fc.stringMatching(/^[0-9a-z]{1,6}$/),
);

test('every record is given its own key, each key once, in the order they first come', () => {
  const rows = fc
    .integer({ min: 1, max: 2 })
    .chain((width) =>
      fc.tuple(
        fc.constant(width),
        fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 400 }),
      ),
    );
  fc.assert(
    fc.property(rows, ([width, records]) => {
      const { values, keyOf } = keysOf(records, width);
      const texts = records.map((row) => row.join(','));
      assert.deepEqual(
        values.map((value) => value.join(',')),
        [...new Set(texts)],
      );
      assert.deepEqual(
        [...keyOf].map((key) => values[key]?.join(',')),
        texts,
      );
    }),
    { numRuns: 300 },
  );
});

test('tens of thousands of keys, short numbers before all others', () => {
  const texts = Array.from({ length: 30_000 }, (_, value) => String(value));
  const { values, keyOf } = keysOf(
    [...texts, ...texts].map((text) => [text]),
    1,
  );
  assert.deepEqual(values.flat(), texts);
  assert.deepEqual([...keyOf], [...texts.keys(), ...texts.keys()]);
});

test('numbers of one to four digits are all different keys, zeros in front too', () => {
  const texts = [1, 2, 3, 4].flatMap((digits) =>
    Array.from({ length: 10 ** digits }, (_, value) => String(value).padStart(digits, '0')),
  );
  const { values, keyOf } = keysOf(
    [...texts, ...texts].map((text) => [text]),
    1,
  );
  assert.deepEqual(values.flat(), texts);
  assert.deepEqual([...keyOf], [...texts.keys(), ...texts.keys()]);
});
