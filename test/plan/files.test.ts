import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import { planOf, tableOf, typesOf } from './folder.ts';

const names = (table: Awaited<ReturnType<typeof tableOf>>) => table.columns.map(({ name }) => name);

test('a first record of names above numbers is a header; one with a number is none', async () => {
  const headed = await tableOf('id,n\n1,a\n');
  assert.deepEqual([names(headed), headed.rows, headed.warnings], [['id', 'n'], 1, []]);
  const bare = await tableOf('1,a\n2,b\n');
  assert.deepEqual([names(bare), bare.rows, bare.warnings], [['column_1', 'column_2'], 2, []]);
});

test('where all columns are text it is said what was taken for what', async () => {
  const headed = await tableOf('name,city\nAnn,Bern\nBob,Basel\n');
  assert.equal(headed.rows, 2);
  assert.match(
    headed.warnings.join(),
    /t\.csv: .*taken for a header; --dialect '\{"header":false\}' if that is not so/,
  );
  const bare = await tableOf('Ann,Bern\nBob,Bern\n');
  assert.equal(bare.rows, 2);
  assert.match(bare.warnings.join(), /taken for data; --dialect '\{"header":true\}'/);
  assert.deepEqual((await tableOf('name,city\na,b\n', { dialect: { header: false } })).rows, 2);
});

test('a header alone: columns of text, no rows, no key', async () => {
  const table = await tableOf('id,name\n');
  assert.deepEqual(typesOf(table), ['id TEXT NULL', 'name TEXT NULL']);
  assert.deepEqual([table.rows, table.primaryKey], [0, []]);
});

test('names that are doubled, empty, or differ in what some database ignores are made different, and told', async () => {
  const table = await tableOf('id,ID,,a b,a-b,é,e\n1,1,1,1,1,1,1\n');
  assert.deepEqual(names(table), ['id', 'ID_2', 'column_3', 'a b', 'a-b_2', 'é', 'e_2']);
  assert.deepEqual(table.warnings, [
    'column 2, "ID", is named "ID_2"',
    'column 3, "", is named "column_3"',
    'column 5, "a-b", is named "a-b_2"',
    'column 7, "e", is named "e_2"',
  ]);
});

test('names are as long as the engine allows, and still different', async () => {
  const long = 'ä'.repeat(70);
  const lengths = { sqlite: 70, postgres: 31, mysql: 64 } as const;
  for (const [engine, characters] of Object.entries(lengths)) {
    const table = await tableOf(`${long},${long}\n1,1\n`, { engine: engine as keyof typeof lengths });
    assert.deepEqual(
      names(table).map((name) => [...name].length),
      engine === 'sqlite' ? [70, 72] : [characters, engine === 'postgres' ? 32 : characters],
      engine,
    );
    assert.equal(new Set(names(table)).size, 2);
  }
});

test('a table is named for its file; rowferry’s and SQLite’s own names are left to them', async () => {
  const plan = await planOf({
    'Jobs 2021.csv': 'a\n1\n',
    'rowferry_loads.csv': 'a\n1\n',
    'sqlite_x.csv': 'a\n1\n',
    'tab.tsv': 'a\n1\n',
  });
  assert.deepEqual(
    plan.map(({ name }) => name),
    ['Jobs 2021', '_rowferry_loads', '_sqlite_x', 'tab'],
  );
});

test('several files of one table are read as one, and have to be alike', async () => {
  const [table, ...others] = await planOf(
    { 'a.csv': 'id,n\n1,5\n2,6\n', 'b.csv': 'id,n\n3,x\n2,5\n' },
    { table: 'both' },
  );
  assert.equal(others.length, 0);
  assert.deepEqual([table?.name, table?.rows, table?.primaryKey], ['both', 4, ['id', 'n']]);
  await assert.rejects(
    planOf({ 'a.csv': 'id,n\n1,5\n', 'b.csv': 'id,m\n3,4\n' }, { table: 'both' }),
    (error) =>
      error instanceof RowferryError &&
      error.code === 'usage' &&
      /b\.csv and .*a\.csv are both of table both/.test(error.message),
  );
});

test('records that no load can read are left out and counted', async () => {
  const table = await tableOf('id,n\n1,a\n2\n3,b,c\nx\0,y\n4,"d\n');
  assert.equal(table.rows, 1);
  assert.deepEqual(Object.fromEntries(table.leftOut), {
    'columns.few': 1,
    'columns.many': 1,
    nul: 1,
    'quote.unclosed': 1,
  });
  assert.deepEqual(typesOf(table), ['id INTEGER', 'n TEXT']);
});

test('nothing of a file can end a comment', async () => {
  const table = await tableOf('id,"a\n); DROP TABLE x; --"\n1,7\n2,"8\n); DROP TABLE x;"\n');
  const code = table.ddl.commented.split('\n').map((line) => line.replace(/--.*$/, ''));
  assert.doesNotMatch(code.join('\n').replace(/"[^"]*"/g, ''), /DROP/);
});

const MARKED = {
  delimiter: ';',
  decimalChar: ',',
  groupChar: '.',
  dateFormat: '%d.%m.%Y',
  trueValues: ['ja'],
  falseValues: ['nein'],
};

test('values are what they are under the declared ways to write them', async () => {
  const table = await tableOf(
    'id;preis;seit;aktiv;code;n;alt\n1;1.234,50;31.12.2020;ja;1.5;1.000;2020-12-31\n2;0,5;01.02.2021;nein;x;-2.000.000;2020-12-30\n3;;;;7;5;\n',
    { dialect: MARKED, engine: 'postgres' },
  );
  assert.deepEqual(typesOf(table), [
    'id INTEGER',
    'preis NUMERIC(6,2) NULL',
    'seit DATE NULL',
    'aktiv BOOLEAN NULL',
    'code TEXT',
    'n INTEGER',
    'alt TEXT NULL',
  ]);
});

test('keys are compared as the values are read', async () => {
  const plan = await planOf(
    { 'cities.csv': 'id;name\n1.000;a\n1001;b\n', 'streets.csv': 'id;city_id\n1;1000\n2;1.001\n3;1.000\n' },
    { dialect: MARKED },
  );
  assert.deepEqual(
    plan.map(({ foreignKeys }) => foreignKeys.length),
    [0, 1],
  );
  const doubled = await tableOf('id;w\n1.000;x\n1000;x\n', { dialect: MARKED });
  assert.deepEqual(doubled.primaryKey, []);
});

test('other delimiters, encodings, preambles and header rows are read as declared', async () => {
  const utf16 = Buffer.from('\ufeffnote\nid|name\n|long\n1|Ä\n2|"b|c"\ntotal|2\n', 'utf16le');
  const [table] = await planOf(
    { 't.csv': utf16 },
    {
      dialect: {
        delimiter: '|',
        skipRows: 1,
        headerRows: [1, 2],
        header: true,
        skipFooterRows: 1,
        encoding: 'utf-16le',
      },
    },
  );
  assert.deepEqual(
    table?.columns.map(({ name }) => name),
    ['id', 'name long'],
  );
  assert.deepEqual([table?.rows, table?.primaryKey], [2, ['id']]);
});
