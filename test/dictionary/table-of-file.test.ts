import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOfFile, tableOfInput } from '../../src/dictionary/table-of-file.ts';

const TABLES = ['departments', 'hired_employees', 'jobs', 'jobs_old', 'Mixed'];

const NAMED: ReadonlyArray<readonly [path: string, table: string]> = [
  ['hired_employees.csv', 'hired_employees'],
  ['/data/in/Hired_Employees.CSV', 'hired_employees'],
  ['hired_employees-2021.csv', 'hired_employees'],
  ['hired_employees_2021 (1).csv', 'hired_employees'],
  ['hired_employees.csv.01JD.csv', 'hired_employees'],
  ['hired_employees/x.csv', 'hired_employees'],
  ['incoming\\hired_employees\\x.csv', 'hired_employees'],
  ['jobs_old-2.csv', 'jobs_old'],
  ['jobs-2.csv', 'jobs'],
  ['jobs/departments.csv', 'departments'],
  ['mixed.csv', 'Mixed'],
  ['jobs_old.csv.gz', 'jobs_old'],
  ['x/Jobs_Old.CSV.ZST', 'jobs_old'],
  ['jobs.gz', 'jobs'],
  ['jobs_old.zip', 'jobs_old'],
];
for (const [path, table] of NAMED) {
  test(`${path} belongs to ${table}`, () => assert.equal(tableOfFile(path, TABLES), table));
}

test('a table that begins with another table letter by letter is not that table', () => {
  assert.throws(() => tableOfFile('jobsite.csv', TABLES), { code: 'table-not-found' });
});

test('near names are told', () => {
  assert.throws(
    () => tableOfFile('department.csv', TABLES),
    (error: { code: string; hint: string }) =>
      error.code === 'table-not-found' && /did you mean departments\?/.test(error.hint),
  );
});

test('a folder and a name that disagree are a question', () => {
  assert.throws(() => tableOfFile('jobs/hired_employees-2021.csv', TABLES), { code: 'usage' });
});

test('a member is of the table that it or the archive is named for', () => {
  const tableOf = (plainName: string, archive: string) => tableOfInput({ plainName, archive }, TABLES);
  assert.equal(tableOf('x/jobs.csv', 'in/x.zip'), 'jobs');
  assert.equal(tableOf('jobs/2021.csv', 'in/jobs.zip'), 'jobs');
  assert.equal(tableOf('jobs-2021/a/may.csv', 'in/jobs-2021.zip'), 'jobs');
  assert.equal(tableOf('x/may.csv', 'departments/x.zip'), 'departments');
  assert.throws(() => tableOf('x/may.csv', 'in/x.zip'), /no table is named in may\.csv/);
  assert.throws(() => tableOf('jobs/departments-2.csv', 'jobs.zip'), { code: 'usage' });
});

test('the mapping knows a packed file by either name', () => {
  assert.equal(tableOfFile('in/staff-1.csv.gz', TABLES, { 'staff*.csv': 'jobs' }), 'jobs');
  assert.equal(tableOfFile('in/staff-1.csv.gz', TABLES, { 'staff*.csv.gz': 'jobs' }), 'jobs');
});

test('the mapping goes first, with globs and folders', () => {
  const mapping = { 'staff*.csv': 'hired_employees', 'old/*.csv': 'JOBS_OLD' };
  assert.equal(tableOfFile('/in/staff-2021.csv', TABLES, mapping), 'hired_employees');
  assert.equal(tableOfFile('/in/old/jobs.csv', TABLES, mapping), 'jobs_old');
  assert.equal(tableOfFile('/in/new/jobs.csv', TABLES, mapping), 'jobs');
});

test('a mapping to no table names the mapping', () => {
  assert.throws(() => tableOfFile('a.csv', TABLES, { 'a.csv': 'nowhere' }), /mapping sends a.csv to nowhere/);
});

test('of tables that differ in case only the exact one is taken', () => {
  assert.equal(tableOfFile('jobs.csv', ['JOBS', 'jobs']), 'jobs');
  assert.equal(tableOfFile('JOBS.csv', ['jobs', 'JOBS']), 'JOBS');
});
