import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refine } from '../../../src/dictionary/schema/refine.ts';
import { readSchema } from '../../../src/dictionary/schema/schema.ts';
import { schemaOf } from '../../../src/dictionary/schema/write.ts';
import type { Column, ColumnKind, Table } from '../../../src/model/table.ts';
import { column, tableOf } from '../../check/judge.ts';

test('a table as a schema', () => {
  const table = tableOf(
    [
      column('id', 'integer', { nullable: false, identity: true, maximum: 2n ** 63n - 1n, minimum: 0n }),
      column('name', 'text', { nullable: false, maxLength: 20 }),
      column('size', 'text', { enum: ['S', 'M'], nullable: false, default: "'S'" }),
      column('boss', 'integer'),
      column('total', 'decimal', { generated: true }),
      column('lasts', 'time', { spanHours: 838 }),
      column('key', 'uuid'),
    ],
    {
      primaryKey: ['id'],
      uniqueKeys: [
        { name: 'pk', columns: ['id'], primary: true },
        { name: 'u', columns: ['name', 'size'], primary: false },
        { name: 'v', columns: ['total'], primary: false },
      ],
      foreignKeys: [
        { name: 'f', columns: ['boss'], parentTable: 't', parentColumns: ['id'], onDelete: '', onUpdate: '' },
      ],
    },
  );
  assert.deepEqual(schemaOf(table), {
    $schema: 'https://datapackage.org/profiles/2.0/tableschema.json',
    fields: [
      { name: 'id', type: 'integer', constraints: { minimum: 0, maximum: '9223372036854775807' } },
      { name: 'name', type: 'string', constraints: { required: true, maxLength: 20 } },
      { name: 'size', type: 'string', constraints: { enum: ['S', 'M'] } },
      { name: 'boss', type: 'integer' },
      { name: 'lasts', type: 'string' },
      { name: 'key', type: 'string', format: 'uuid' },
    ],
    primaryKey: ['id'],
    uniqueKeys: [['name', 'size']],
    foreignKeys: [{ fields: ['boss'], reference: { resource: '', fields: ['id'] } }],
  });
});

const KINDS: readonly ColumnKind[] = [
  ...(['integer', 'decimal', 'float', 'boolean', 'text', 'date'] as const),
  ...(['time', 'datetime', 'uuid', 'json', 'binary'] as const),
];

const facts = fc.record(
  {
    nullable: fc.boolean(),
    identity: fc.boolean(),
    default: fc.constantFrom(null, '1'),
    withZone: fc.boolean(),
  },
  { requiredKeys: [] },
);
const limits = fc.record(
  {
    maxLength: fc.nat({ max: 500 }),
    minimum: fc.bigInt({ min: -(2n ** 63n), max: 0n }),
    maximum: fc.bigInt({ min: 0n, max: 2n ** 64n }),
  },
  { requiredKeys: [] },
);

const anyColumn: fc.Arbitrary<Omit<Column, 'name'>> = fc
  .tuple(
    fc.constantFrom(...KINDS),
    facts,
    limits,
    fc.option(fc.uniqueArray(fc.string(), { minLength: 1 }), { nil: undefined }),
  )
  .map(([kind, said, { maxLength, minimum, maximum }, allowed]) =>
    column('', kind, {
      ...said,
      ...(kind === 'integer' && minimum !== undefined ? { minimum } : {}),
      ...(kind === 'integer' && maximum !== undefined ? { maximum } : {}),
      ...(kind === 'text' && maxLength !== undefined ? { maxLength } : {}),
      ...(kind === 'text' && allowed !== undefined ? { enum: allowed } : {}),
    }),
  );

const anyTable: fc.Arbitrary<Table> = fc.array(anyColumn, { minLength: 1, maxLength: 6 }).map((columns) => {
  const named = columns.map((each, i) => ({
    ...each,
    name: `c${i}`,
    ...(i === 0 ? { nullable: false } : {}),
  }));
  return tableOf(named, { primaryKey: ['c0'], uniqueKeys: [{ name: 'k', columns: ['c0'], primary: true }] });
});

test('property: a schema that is written and read back, through JSON, changes nothing of the table', () => {
  fc.assert(
    fc.property(anyTable, (table) => {
      const document = JSON.parse(JSON.stringify(schemaOf(table)));
      assert.deepEqual(refine(table, readSchema(document)), table);
    }),
  );
});
