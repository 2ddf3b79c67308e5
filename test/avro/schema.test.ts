import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { avroName, tableSchema } from '../../src/avro/schema.ts';
import { column } from './columns.ts';

test('every name becomes one that Avro allows, each its own', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (names) => {
      const taken = new Set<string>();
      const made = names.map((name) => avroName(name, taken));
      assert.equal(new Set(made).size, names.length);
      for (const name of made) assert.match(name, /^[A-Za-z_][A-Za-z0-9_]*$/);
    }),
  );
});

test('names that Avro allows stay, names that readers lose do not', () => {
  const named = (name: string): string => avroName(name, new Set());
  assert.equal(named('hired_employees'), 'hired_employees');
  assert.equal(named('2021 hires'), '_2021_hires');
  assert.equal(named(''), '_');
  assert.equal(named('Größe'), 'Gr__e');
  assert.equal(named('string'), 'string_');
  assert.equal(named('__proto__'), '__proto___');
});

test('the schema names types, NULL, and the real names', () => {
  const schema = tableSchema('hires 2021', [
    column('id', ['integer'], { sqlType: 'INTEGER' }),
    column('full name', ['text'], { sqlType: 'VARCHAR(200)', optional: true }),
    column('full_name', ['integer', 'real', 'text', 'blob', 'invalid-text']),
    column('note', ['text', 'invalid-text'], { generated: true }),
  ]);
  assert.deepEqual(schema, {
    type: 'record',
    name: 'hires_2021',
    sqlName: 'hires 2021',
    fields: [
      { name: 'id', type: 'long', sqlType: 'INTEGER' },
      { name: 'full_name', type: ['null', 'string'], sqlName: 'full name', sqlType: 'VARCHAR(200)' },
      {
        name: 'full_name_2',
        type: [
          'long',
          'double',
          'string',
          'bytes',
          { type: 'record', name: 'full_name_2_invalid_text', fields: [{ name: 'bytes', type: 'bytes' }] },
        ],
        sqlName: 'full_name',
        sqlType: '',
      },
      { name: 'note', type: ['string', 'bytes'], sqlType: '', sqlGenerated: true },
    ],
  });
});
