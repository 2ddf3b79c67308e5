import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSchema } from '../../../src/dictionary/schema/schema.ts';

const field = (facts: object) => ({ fields: [{ name: 'a', ...facts }] });

test('versions 1 and 2 say the same in their own ways', () => {
  const one = readSchema({
    fields: [{ name: 'a' }],
    missingValues: ['', '-'],
    primaryKey: 'a',
    foreignKeys: [{ fields: 'a', reference: { resource: '', fields: 'a' } }],
  });
  const two = readSchema({
    $schema: 'https://datapackage.org/profiles/2.0/tableschema.json',
    fields: [{ name: 'a', type: 'any' }],
    missingValues: [
      { value: '', label: 'not asked' },
      { value: '-', label: 'no answer' },
    ],
    primaryKey: ['a'],
    foreignKeys: [{ fields: ['a'], reference: { fields: ['a'] } }],
  });
  assert.deepEqual(one, two);
  assert.deepEqual(one.fields[0]?.reading.missingValues, ['', '-']);
});

test('the missing values of a field stand for those of the schema', () => {
  const { fields } = readSchema({
    missingValues: ['-'],
    fields: [{ name: 'a', missingValues: ['NA'] }, { name: 'b' }],
  });
  assert.deepEqual(
    fields.map(({ reading }) => reading.missingValues),
    [['NA'], ['-']],
  );
});

test('fieldsMatch is a text, and the list that the first profile of version 2 had', () => {
  const matchOf = (fieldsMatch: unknown) => readSchema({ ...field({}), fieldsMatch }).fieldsMatch;
  assert.deepEqual(['exact', ['equal'], 'subset', 'superset', 'partial', undefined].map(matchOf), [
    'exact',
    'equal',
    'subset',
    null,
    null,
    null,
  ]);
});

test('categories are a list of what is allowed', () => {
  const schema = readSchema(
    field({
      categories: [
        { value: 1, label: 'low' },
        { value: 2, label: 'high' },
      ],
    }),
  );
  assert.deepEqual(schema.fields[0]?.constraints.enum, [1, 2]);
});

test('what is passed over is named', () => {
  const { warnings } = readSchema({ fields: [{ name: 'a', type: 'list', unit: 'kg', title: 'A' }] });
  assert.deepEqual(warnings, [
    'field a: unit is not of Table Schema and is passed over',
    'field a: the items of lists are not checked',
  ]);
});

test('each mistake is told with its place and what was expected', () => {
  const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
    [[], /^the schema: found \[\]; expected a JSON object/],
    [{}, /^the schema: has no list of 1 to 1000 fields/],
    [{ fields: [1] }, /^fields\[0\]: found 1; expected a JSON object/],
    [{ fields: [{}] }, /^fields\[0\]: has no name/],
    [field({ type: 'interger' }), /^field a: its type is "interger"/],
    [field({ constraints: { maxlength: 3 } }), /^field a: the constraint "maxlength" cannot be checked/],
    [field({ constraints: { maxLength: '3' } }), /maxLength is "3"; expected a whole number/],
    [field({ constraints: { required: 'yes' } }), /required is "yes"; expected true or false/],
    [field({ constraints: { pattern: '(?=a)' } }), /its pattern "\(\?=a\)" cannot be read/],
    [field({ constraints: { pattern: 'a'.repeat(1001) } }), /has 1001 characters; at most 1000/],
    [field({ constraints: { pattern: '(a?){1000}' } }), /has \d+ instructions; at most 1000/],
    [
      {
        fields: Array.from({ length: 20 }, (_, i) => ({
          name: `f${i}`,
          constraints: { pattern: `.{0,${400 + i}}` },
        })),
      },
      /^field f1\d: the patterns of the schema have more than 10000 instructions/,
    ],
    [field({ constraints: { enum: [] } }), /enum is \[\]; expected a list of values/],
    [field({ constraints: { jsonSchema: {} } }), /the constraint "jsonSchema" cannot be checked/],
    [field({ decimalChar: ',,' }), /decimalChar is ",,"; expected one character/],
    [field({ decimalChar: ',', groupChar: ',' }), /decimalChar and groupChar are both ","/],
    [field({ trueValues: ['x'], falseValues: ['x'] }), /"x" stands in trueValues and in falseValues/],
    [{ ...field({}), fieldsMatch: 'all' }, /fieldsMatch is "all"; expected exact, equal/],
    [
      { ...field({}), foreignKeys: [{ fields: ['a', 'b'], reference: { fields: ['a'] } }] },
      /^foreignKeys\[0\]: has 2/,
    ],
    [field({ description: 'x'.repeat(300_000) }), /more than 262144 characters/],
  ];
  for (const [document, message] of cases) {
    assert.throws(() => readSchema(document), { code: 'schema-invalid', message });
  }
});
