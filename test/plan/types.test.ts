import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOf, typesOf } from './folder.ts';

/** Values of one column → its types on SQLite, PostgreSQL and MySQL; `∅` is an empty field. */
const COLUMNS: ReadonlyArray<readonly [values: string, sqlite: string, postgres: string, mysql: string]> = [
  ['1 2 -3', 'INTEGER', 'INTEGER', 'INT'],
  ['0', 'INTEGER', 'INTEGER', 'INT'],
  ['2147483647 -2147483648', 'INTEGER', 'INTEGER', 'INT'],
  ['2147483648', 'INTEGER', 'BIGINT', 'BIGINT'],
  ['-2147483649', 'INTEGER', 'BIGINT', 'BIGINT'],
  ['9223372036854775807 -9223372036854775808', 'INTEGER', 'BIGINT', 'BIGINT'],
  ['9223372036854775808 1', 'TEXT', 'NUMERIC(19,0)', 'DECIMAL(19,0)'],
  ['1.50 22.5', 'DECIMAL(4,2)', 'NUMERIC(4,2)', 'DECIMAL(4,2)'],
  ['0.25 .5 -0.125', 'DECIMAL(3,3)', 'NUMERIC(3,3)', 'DECIMAL(3,3)'],
  ['5. 12345', 'DECIMAL(5,0)', 'NUMERIC(5,0)', 'DECIMAL(5,0)'],
  ['1234567.123456789', 'TEXT', 'NUMERIC(16,9)', 'DECIMAL(16,9)'],
  [`1${'0'.repeat(70)}`, 'TEXT', 'NUMERIC(71,0)', 'VARCHAR(100)'],
  ['1e5 2.5 3', 'DOUBLE', 'DOUBLE PRECISION', 'DOUBLE'],
  ['1e5 12345678901234567890', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['1e999', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['007 12', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['12 007', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['+41791234567 12', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['-0 1', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['00.5', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['1,5', 'DECIMAL(2,1)', 'NUMERIC(2,1)', 'DECIMAL(2,1)'],
  ['1,5 2.5', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['1.234,50 -7', 'DECIMAL(6,2)', 'NUMERIC(6,2)', 'DECIMAL(6,2)'],
  ['1,234 5,678', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['192.168.100.101 192.168.100.102', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['0x1F', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['true FALSE True', 'BOOLEAN', 'BOOLEAN', 'BOOLEAN'],
  ['0 1', 'INTEGER', 'INTEGER', 'INT'],
  ['true 1', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['t f', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['2020-02-29 0001-01-01', 'DATE', 'DATE', 'DATE'],
  ['2021-02-29', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['31/12/2020', 'DATE', 'DATE', 'DATE'],
  ['01/02/2020 03/04/2020', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['31.12.2020T10:00', 'DATETIME', 'TIMESTAMP', 'DATETIME'],
  ['1.13.10 1.2.11', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['02:48 23:59:59', 'TIME', 'TIME', 'TIME'],
  ['02:48:00.25', 'TIME', 'TIME', 'TIME(3)'],
  ['24:00', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['2020-01-01T10:00:00', 'DATETIME', 'TIMESTAMP', 'DATETIME'],
  ['2020-01-01T10:00:00.123456', 'DATETIME', 'TIMESTAMP', 'DATETIME(6)'],
  ['2020-01-01T10:00:00.1234567', 'DATETIME', 'TEXT', 'VARCHAR(50)'],
  ['2020-01-01T10:00:00.1000000', 'DATETIME', 'TIMESTAMP', 'DATETIME(6)'],
  ['2020-01-01T10:00:00Z 2099-01-01T10:00+00:00', 'TIMESTAMPTZ', 'TIMESTAMPTZ', 'DATETIME'],
  ['2020-01-01T10:00:00+02:00', 'TIMESTAMPTZ', 'TIMESTAMPTZ', 'TIMESTAMP DEFAULT CURRENT_TIMESTAMP'],
  ['2020-01-01T10:00:00+02:00 2099-01-01T10:00Z', 'TIMESTAMPTZ', 'TIMESTAMPTZ', 'VARCHAR(50)'],
  ['2020-01-01T10:00:00Z 2020-01-01T10:00:00', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['2020-01-01 2020-01-01T10:00:00', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['123e4567-e89b-12d3-a456-426614174000', 'UUID', 'UUID', 'CHAR(36)'],
  ['abcdef01-e89b-12d3-a456-426614174000', 'UUID', 'UUID', 'CHAR(36)'],
  ['{} [1,2]', 'JSON', 'JSON', 'JSON'],
  ['{"a":"\\u0000"}', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['{"a":"\\ud800"}', 'TEXT', 'TEXT', 'VARCHAR(20)'],
  [`${'['.repeat(40)}${']'.repeat(40)}`, 'TEXT', 'TEXT', 'VARCHAR(100)'],
  ['[x]', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['1 x', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['N/A 1', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['1 ""', 'TEXT', 'TEXT', 'VARCHAR(10)'],
  ['∅ ∅', 'TEXT NULL', 'TEXT NULL', 'VARCHAR(10) NULL'],
  ['∅ 5', 'INTEGER NULL', 'INTEGER NULL', 'INT NULL'],
  ['ä'.repeat(11), 'TEXT', 'TEXT', 'VARCHAR(20)'],
  ['x'.repeat(501), 'TEXT', 'TEXT', 'TEXT'],
  ['x'.repeat(40_000), 'TEXT', 'TEXT', 'MEDIUMTEXT'],
];

/** A second column that repeats keeps the first one from being a key: a key has other types on MySQL. */
function fileOf(values: string): string {
  const fields = values
    .split(' ')
    .map((value) => (value === '∅' ? '' : /^""$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`));
  return `v,w\n${[...fields, ...fields].map((field) => `${field},a\n`).join('')}`;
}

for (const [values, sqlite, postgres, mysql] of COLUMNS) {
  test(`${values.slice(0, 60)} is ${sqlite}, ${postgres}, ${mysql}`, async () => {
    const found = [];
    for (const engine of ['sqlite', 'postgres', 'mysql'] as const) {
      const table = await tableOf(fileOf(values), { engine, dialect: { header: true } });
      found.push(typesOf(table)[0]);
    }
    assert.deepEqual(found, [`v ${sqlite}`, `v ${postgres}`, `v ${mysql}`]);
  });
}

test('the reason stands in the evidence: where the first value stood that made text of a column', async () => {
  const table = await tableOf('a,b,c,d\n1,007,x,2020-01-01\n2,8,y,\nN/A,9,z,7\n');
  assert.deepEqual(
    table.columns.map(({ evidence }) => evidence),
    [
      'longest 3; text, as whole numbers are mixed with "N/A" in line 4',
      'longest 3; text, as "007" in line 2 has a zero in front',
      'longest 1',
      'longest 10; text, as dates are mixed with "7" in line 4; 1 of 3 empty',
    ],
  );
});

test('the whole file counts, not its beginning', async () => {
  const rows = Array.from({ length: 300_000 }, (_, i) => `${i},${i % 7}\n`).join('');
  const table = await tableOf(`id,n\n${rows}300000,seven\n`);
  assert.deepEqual(typesOf(table), ['id INTEGER', 'n TEXT']);
  assert.match(table.columns[1]?.evidence ?? '', /"seven" in line 300002/);
  assert.deepEqual(table.primaryKey, ['id']);
});
