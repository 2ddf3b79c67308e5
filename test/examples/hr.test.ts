import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { generateExample } from '../../examples/hr/generate.ts';

const FOLDER = join(import.meta.dirname, '../../examples/hr');
const records = (name: keyof ReturnType<typeof generateExample>): string[][] =>
  generateExample()
    [name].split('\n')
    .map((line) => line.split(','));

test('the generator gives the files as they stand, byte for byte', () => {
  for (const [name, content] of Object.entries(generateExample())) {
    assert.ok(
      readFileSync(join(FOLDER, name)).equals(Buffer.from(content)),
      `${name} differs: run node examples/hr/generate.ts`,
    );
  }
});

test('12 departments, 183 jobs and 2,000 hires, every name once, ids from 1 without a gap', () => {
  assert.equal(new Set(records('departments.csv').map((fields) => fields[1])).size, 12);
  assert.equal(new Set(records('jobs.csv').map((fields) => fields[1])).size, 183);
  const ids = records('hired_employees.csv').map((fields) => Number(fields[0]));
  assert.deepEqual(
    ids,
    Array.from({ length: 2000 }, (_, index) => index + 1),
  );
});

test('62 hires lack exactly one field: name 18, datetime 14, department_id 16, job_id 14', () => {
  const missing = [0, 0, 0, 0, 0];
  for (const fields of records('hired_employees.csv')) {
    assert.ok(fields.filter((field) => field === '').length <= 1);
    fields.forEach((field, column) => {
      if (field === '') missing[column] = (missing[column] ?? 0) + 1;
    });
  }
  assert.deepEqual(missing, [0, 18, 14, 16, 14]);
});

test('the complete hires fit the SQLite tables, foreign keys and all', () => {
  const database = new DatabaseSync(':memory:');
  database.exec(readFileSync(join(FOLDER, 'ddl/sqlite.sql'), 'utf8'));
  const insert = (table: string, rows: string[][]): void => {
    for (const row of rows) {
      database.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(',')})`).run(...row);
    }
  };
  insert('departments', records('departments.csv'));
  insert('jobs', records('jobs.csv'));
  insert(
    'hired_employees',
    records('hired_employees.csv').filter((row) => !row.includes('')),
  );
  assert.equal(database.prepare('SELECT count(*) AS n FROM hired_employees').get()?.n, 2000 - 62);
  database.close();
});
