import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refine, unrefined } from '../../../src/dictionary/schema/refine.ts';
import { readSchema } from '../../../src/dictionary/schema/schema.ts';
import type { Column, ColumnKind, Table } from '../../../src/model/table.ts';
import { column, tableOf } from '../../check/judge.ts';

const KINDS: readonly ColumnKind[] = [
  ...(['integer', 'decimal', 'float', 'boolean', 'text', 'date'] as const),
  ...(['time', 'datetime', 'uuid', 'json', 'binary'] as const),
];

const PEOPLE = tableOf(
  [
    column('id', 'integer', { nullable: false, minimum: 1n, maximum: 1000n }),
    column('Full name', 'text', { maxLength: 20 }),
    column('salary', 'decimal', { precision: 10, scale: 2 }),
    column('born', 'date'),
    column('team', 'integer'),
    column('size', 'text', { enum: ['S', 'M', 'L'] }),
    column('double', 'integer', { generated: true }),
  ],
  {
    name: 'people',
    primaryKey: ['id'],
    uniqueKeys: [{ name: 'pk', columns: ['id'], primary: true }],
    foreignKeys: [
      {
        name: 'fk',
        columns: ['team'],
        parentTable: 'teams',
        parentColumns: ['id'],
        onDelete: 'NO ACTION',
        onUpdate: 'NO ACTION',
      },
    ],
  },
);

const refined = (schema: object): Table => refine(PEOPLE, readSchema(schema));

function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
}

const ruleOf = (field: { readonly name: string; readonly [member: string]: unknown }) => {
  const { rules, read } = columnOf(refined({ fields: [field] }), field.name);
  return { rules, read };
};

test('constraints become rules, and those that the table has anyway none', () => {
  const table = refined({
    fields: [
      { name: 'id', type: 'integer', constraints: { required: true, minimum: 1, maximum: 500 } },
      {
        name: 'full_name',
        type: 'string',
        constraints: { required: true, maxLength: 20, minLength: 2, pattern: '\\w+' },
      },
      { name: 'salary', type: 'number', constraints: { exclusiveMinimum: 0, maximum: '1e5' } },
      { name: 'size', constraints: { enum: ['S', 'M', 'L', 'XL'] } },
    ],
  });
  assert.deepEqual(columnOf(table, 'id').rules, { maximum: { value: '500', exclusive: false } });
  assert.deepEqual(columnOf(table, 'Full name').rules, { required: true, minLength: 2, pattern: '\\w+' });
  assert.deepEqual(columnOf(table, 'salary').rules, {
    minimum: { value: '0', exclusive: true },
    maximum: { value: '100000', exclusive: false },
  });
  assert.equal(columnOf(table, 'size').rules, undefined);
  assert.deepEqual(unrefined(table), PEOPLE);
});

test('how values are written stands with the column', () => {
  assert.deepEqual(
    ruleOf({ name: 'salary', type: 'number', decimalChar: ',', groupChar: '.', bareNumber: false }).read,
    {
      decimalChar: ',',
      groupChar: '.',
      bareNumber: false,
    },
  );
  assert.deepEqual(ruleOf({ name: 'born', type: 'date', format: '%d/%m/%Y', missingValues: ['-'] }).read, {
    format: '%d/%m/%Y',
    missingValues: ['-'],
  });
  assert.equal(
    ruleOf({ name: 'Full name', type: 'string', decimalChar: '.', bareNumber: true }).read,
    undefined,
  );
});

test('hundredths and time zones, which the standard does not know', () => {
  assert.deepEqual(ruleOf({ name: 'salary', type: 'number', percent: true }).read, { percent: true });
  const logged = tableOf([column('at', 'datetime', { withZone: true }), column('local', 'datetime')]);
  const read = (name: string, timeZone: string) =>
    refine(logged, readSchema({ fields: [{ name, type: 'datetime', timeZone }] })).columns.find(
      (each) => each.name === name,
    )?.read;
  assert.deepEqual(read('at', 'Europe/Madrid'), { timeZone: 'Europe/Madrid' });
  assert.throws(() => read('at', 'Mars/Olympus'), {
    code: 'schema-invalid',
    message: /timeZone is "Mars\/Olympus"/,
  });
  assert.throws(() => read('local', 'UTC'), {
    code: 'schema-invalid',
    message: /timeZone cannot be honoured/,
  });
});

test('bounds may be written as the file writes numbers', () => {
  const bounded = {
    name: 'salary',
    type: 'number',
    decimalChar: ',',
    groupChar: '.',
    constraints: { maximum: '1.234,5' },
  };
  assert.deepEqual(ruleOf(bounded).rules?.maximum, { value: '1234.5', exclusive: false });
});

test('the keys of the table hold those of the schema', () => {
  const table = refined({
    fields: [{ name: 'id', constraints: { unique: true } }, { name: 'team' }],
    primaryKey: ['id', 'team'],
    foreignKeys: [{ fields: 'team', reference: { resource: 'Teams', fields: 'ID' } }],
  });
  assert.deepEqual(columnOf(table, 'team').rules, { required: true });
});

test('fieldsMatch names the columns in the order of the fields', () => {
  const table = refined({ fieldsMatch: 'exact', fields: [{ name: 'team' }, { name: 'id' }] });
  assert.deepEqual(table.fields, { match: 'exact', columns: ['team', 'id'] });
});

test('what contradicts the table, and what nobody would check, is refused', () => {
  const cases: ReadonlyArray<readonly [object, RegExp]> = [
    [{ fields: [{ name: 'nam' }] }, /^field nam: the table people has no such column/],
    [{ fields: [{ name: 'id' }, { name: 'ID' }] }, /^field ID: and field id are both the column id/],
    [{ fields: [{ name: 'double' }] }, /computed by the database/],
    [{ fields: [{ name: 'born', type: 'integer' }] }, /its type is integer, and the column born is DATE/],
    [{ fields: [{ name: 'born', type: 'datetime' }] }, /its type is datetime, and the column born is DATE/],
    [{ fields: [{ name: 'born', type: 'date', format: 'any' }] }, /its format any /],
    [{ fields: [{ name: 'id', type: 'integer', format: 'odd' }] }, /its format is odd; those of integer/],
    [
      { fields: [{ name: 'Full name', type: 'string', format: 'phone' }] },
      /those of string that are read: default, email/,
    ],
    [
      { fields: [{ name: 'id', constraints: { maxLength: 3 } }] },
      /minLength and maxLength cannot be checked/,
    ],
    [{ fields: [{ name: 'id', constraints: { pattern: '1+' } }] }, /pattern cannot be checked/],
    [{ fields: [{ name: 'Full name', constraints: { minimum: 'a' } }] }, /have no order that is checked/],
    [
      { fields: [{ name: 'born', constraints: { minimum: '2021-02-30' } }] },
      /minimum is "2021-02-30"; expected a date/,
    ],
    [{ fields: [{ name: 'id', constraints: { maximum: 2 ** 53 } }] }, /which a JSON number does not keep/],
    [{ fields: [{ name: 'id', constraints: { minimum: 1, exclusiveMinimum: 0 } }] }, /expected one of them/],
    [{ fields: [{ name: 'id', constraints: { enum: ['a'] } }] }, /enum is "a"; expected a whole number/],
    [
      { fields: [{ name: 'Full name', type: 'number', decimalChar: ',' }] },
      /its decimalChar cannot be honoured/,
    ],
    [
      { fields: [{ name: 'team', constraints: { unique: true } }] },
      /no key of the table people keeps team unique/,
    ],
    [{ fields: [{ name: 'team' }], primaryKey: 'team' }, /^primaryKey: no key of the table/],
    [{ fields: [{ name: 'id' }], primaryKey: 'nr' }, /^primaryKey: names "nr", which is no field/],
    [
      {
        fields: [{ name: 'team' }],
        foreignKeys: [{ fields: 'team', reference: { resource: 'groups', fields: 'id' } }],
      },
      /^foreignKeys\[0\]: the table people has no foreign key from team to groups \(id\)/,
    ],
  ];
  for (const [schema, message] of cases)
    assert.throws(() => refined(schema), { code: 'schema-invalid', message });
});

test('which types of fields fit which kinds of columns', () => {
  const takes = (type: string) =>
    KINDS.filter((kind) => {
      try {
        refine(tableOf([column('v', kind)]), readSchema({ fields: [{ name: 'v', type }] }));
        return true;
      } catch {
        return false;
      }
    }).join(' ');
  assert.deepEqual(
    Object.fromEntries(
      ['integer', 'number', 'boolean', 'date', 'object', 'duration'].map((type) => [type, takes(type)]),
    ),
    {
      integer: 'integer decimal float boolean text',
      number: 'integer decimal float text',
      boolean: 'integer boolean text',
      date: 'text date',
      object: 'text json',
      duration: 'text',
    },
  );
  assert.equal(takes('string'), KINDS.join(' '));
});
