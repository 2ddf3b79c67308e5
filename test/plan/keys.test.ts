import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignKeysOf, planOf, tableOf } from './folder.ts';

const KEYS: ReadonlyArray<readonly [what: string, content: string, key: readonly string[]]> = [
  ['a column named id, wherever it stands', 'name,id\na,1\nb,2\n', ['id']],
  ['the id of the table before another one', 'x_id,t_id\n1,5\n2,6\n', ['t_id']],
  ['the first column that is unique', 'word,n\nb,1\na,2\n', ['word']],
  ['numbers before texts where the first is none', 'w,word,n\nx,b,1\nx,a,2\n', ['n']],
  [
    'UUIDs of one case',
    'k,w\nabcdef01-e89b-12d3-a456-426614174000,x\nabcdef02-e89b-12d3-a456-426614174000,x\n',
    ['k'],
  ],
  [
    'not UUIDs of both cases',
    'w,k\nx,ABCDEF01-e89b-12d3-a456-426614174000\nx,abcdef01-e89b-12d3-a456-426614174000\n',
    [],
  ],
  ['not where a value is missing', 'id,w\n1,x\n,x\n', []],
  ['not where a value comes again', 'id,w\n1,x\n1,x\n', []],
  ['not decimals, of which one number can be written in two ways', 'w,d\nx,1.5\nx,1.50\n', []],
  ['not what is paid or measured, even if it comes first', 'amount,w\n5,x\n7,x\n', []],
  ['no part of it either', 'w,qty\nx,5\nx,7\ny,5\n', []],
  ['not numbers further on that are not given one after the other', 'w,people\nx,810\nx,92000\n', []],
  ['not days in the first place', 'day,w\n2020-01-01,x\n2020-01-02,x\n', []],
  ['not texts further on', 'w,word\nx,a\nx,b\n', []],
  ['not a day and a text, however different', 'day,w\n2020-01-01,x\n2020-01-01,y\n2020-01-02,x\n', []],
  ['a number that is named for what it costs and for a key', 'w,price_code\nx,5\nx,70\n', ['price_code']],
  ['not dates, which are different by chance', 'w,d\nx,2020-01-01\nx,2020-01-02\n', []],
  ['not texts that differ in spaces at their end, which some databases ignore', 'w,k\nx,"a"\nx,"a "\n', []],
  ['not texts too long for an index', `w,k\nx,${'a'.repeat(300)}\nx,${'b'.repeat(300)}\n`, []],
  ['texts in capitals beside small letters', 'k,w\na,x\nA,x\n', ['k']],
  [
    'two columns where no single one is',
    'order_id,line_no,price\n1,1,5\n1,2,5\n2,1,5\n',
    ['order_id', 'line_no'],
  ],
  [
    'a moment and a place',
    'sensor,at,v\na,2020-01-01T00:00:00Z,1\na,2020-01-01T00:01:00Z,1\nb,2020-01-01T00:00:00Z,1\n',
    ['sensor', 'at'],
  ],
  [
    'not a moment that can be written in two ways',
    'sensor,at,v\na,2020-01-01T00:00:00Z,1\na,2020-01-01T00:00Z,1\n',
    [],
  ],
  ['none where no two do', 'a,b\n1,x\n1,x\n', []],
];

for (const [what, content, key] of KEYS) {
  test(`the primary key is ${what}`, async () => {
    assert.deepEqual((await tableOf(content, { dialect: { header: true } })).primaryKey, key);
  });
}

test('what was expected to be a key says why it is none', async () => {
  const doubled = await tableOf('id,w\n7,x\n8,y\n7,z\n');
  assert.deepEqual(doubled.warnings, [
    'id is no key: "7" comes again in line 4',
    'no primary key: w has another value in every row, which may be by chance',
  ]);
  assert.deepEqual(doubled.primaryKey, []);
  const empty = await tableOf('id,w\n1,x\n,x\n');
  assert.deepEqual(empty.warnings, [
    'id is no key: it is empty in line 3',
    'no primary key: no column, and no two, tell all rows apart',
  ]);
});

const DEPARTMENTS = 'id,name\n1,Ops\n2,Fin\n3,Eng\n';

test('foreign keys by name and inclusion, parents first', async () => {
  const plan = await planOf({
    'employees.csv': 'id,department_id,manager_id\n1,2,\n2,2,1\n3,3,1\n',
    'departments.csv': DEPARTMENTS,
  });
  assert.deepEqual(
    plan.map(({ name }) => name),
    ['departments', 'employees'],
  );
  assert.deepEqual(plan.map(foreignKeysOf), [
    [],
    ['department_id → departments.id', 'manager_id → employees.id'],
  ]);
  assert.match(plan[1]?.foreignKeys[0]?.evidence ?? '', /all 3 values are there, 67 % of the keys come/);
});

test('one orphan, and the key is not proposed; it is named with its line', async () => {
  const rows = Array.from({ length: 999 }, (_, i) => `${i + 1},${(i % 3) + 1}\n`).join('');
  const plan = await planOf({
    'departments.csv': DEPARTMENTS,
    'staff.csv': `id,department_id\n${rows}1000,4711\n`,
  });
  const staff = plan.find(({ name }) => name === 'staff');
  assert.deepEqual(staff?.foreignKeys, []);
  assert.deepEqual(staff?.notProposed, [
    {
      column: 'department_id',
      parentTable: 'departments',
      parentColumn: 'id',
      reason: '1 orphan among 1000 values, e.g. "4711" in line 1001',
    },
  ]);
  assert.match(staff?.ddl.commented ?? '', /-- department_id → departments\.id is not proposed: 1 orphan/);
});

test('inclusion alone is no foreign key where names could say so: small numbers are everywhere', async () => {
  const reviews = `id,stars\n${Array.from({ length: 9 }, (_, i) => `${i + 1},${(i % 5) + 1}\n`).join('')}`;
  const plan = await planOf({ 'shops.csv': 'id,name\n1,a\n2,b\n3,c\n4,d\n5,e\n', 'reviews.csv': reviews });
  assert.deepEqual(plan.flatMap(foreignKeysOf), []);
  assert.match(
    plan.flatMap(({ notProposed }) => notProposed.map(({ reason }) => reason)).join(),
    /the names do not say so/,
  );
});

test('texts point at a key without a name that says so', async () => {
  const codes = Array.from({ length: 12 }, (_, i) => `C${i}`);
  const plan = await planOf({
    'countries.csv': `code,name\n${codes.map((code) => `${code},${code} land\n`).join('')}`,
    'people.csv': `id,born_in\n${[...codes, ...codes].map((code, i) => `${i},${code}\n`).join('')}`,
  });
  assert.deepEqual(plan.flatMap(foreignKeysOf), ['born_in → countries.code']);
});

test('a key that is not the primary one becomes unique', async () => {
  const plan = await planOf({
    'countries.csv': 'id,iso_code\n1,CH\n2,AT\n',
    'cities.csv': 'id,country_iso_code\n1,CH\n2,CH\n3,AT\n',
  });
  assert.deepEqual(plan.flatMap(foreignKeysOf), ['country_iso_code → countries.iso_code']);
  assert.deepEqual(plan[0]?.uniqueColumns, ['iso_code']);
  assert.match(plan[0]?.ddl.create ?? '', /UNIQUE \("iso_code"\)/);
});

test('one table for each other’s details: the key points from the details', async () => {
  const plan = await planOf({
    'customers.csv': 'customer_id,name\n1,a\n2,b\n',
    'customer_details.csv': 'customer_id,note\n1,x\n2,x\n',
  });
  assert.deepEqual(plan.map(foreignKeysOf), [[], ['customer_id → customers.customer_id']]);
});

test('tables that point at each other: by ALTER TABLE, inline on SQLite', async () => {
  const files = {
    'teams.csv': 'id,leader_person_id\n1,10\n2,11\n',
    'people.csv': 'id,team_id\n10,1\n11,2\n12,2\n',
  };
  const renamed = { 'teams.csv': files['teams.csv'], 'persons.csv': files['people.csv'] };
  const postgres = await planOf(renamed, { engine: 'postgres' });
  assert.deepEqual(
    postgres.flatMap(({ ddl }) => ddl.constraints),
    ['ALTER TABLE "persons" ADD FOREIGN KEY ("team_id") REFERENCES "teams" ("id")'],
  );
  const sqlite = await planOf(renamed);
  assert.deepEqual(
    sqlite.flatMap(({ ddl }) => ddl.constraints),
    [],
  );
  assert.equal(sqlite.flatMap(foreignKeysOf).length, 2);
  assert.match(sqlite.flatMap(({ warnings }) => warnings).join(), /point at each other: .*rejects retry/);
});

test('a column has the type of the key that it points at', async () => {
  const plan = await planOf(
    { 'accounts.csv': 'id,name\n1,a\n5000000000,b\n', 'moves.csv': 'id,account_id\n1,1\n2,1\n' },
    { engine: 'mysql' },
  );
  assert.match(plan[1]?.ddl.create ?? '', /`account_id` BIGINT NOT NULL/);
});
