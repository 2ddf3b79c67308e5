import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveDialect } from '../../src/csv/dialect.ts';
import { typeFacts } from '../../src/database/sqlite/types.ts';
import { namedPlan, readFirstRecord } from '../../src/ingest/columns.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import { column, tableOf } from '../check/judge.ts';
import { utf8 } from './fixture.ts';

const typed = (name: string, sqlType: string) => column(name, 'text', { sqlType, ...typeFacts(sqlType) });
const TABLE = tableOf([
  typed('id', 'INTEGER'),
  typed('first name', 'TEXT'),
  typed('born_at', 'DATE'),
  { ...typed('age', 'INT'), generated: true },
]);

function read(text: string, dialect: Partial<Dialect> = {}, last = true) {
  const found = readFirstRecord(utf8(text), last, TABLE, resolveDialect(dialect));
  if (found === null) return null;
  const { plan, header, data } = found;
  const columns = plan.columns.map((each) => each.name);
  return { columns, header, dataStart: data.byte, dataLine: data.line };
}

const POSITIONAL = { columns: ['id', 'first name', 'born_at'], header: false, dataStart: 0, dataLine: 0 };

test('without a header the columns come in the order of the table, generated ones left out', () => {
  assert.deepEqual(read('1,Ann,2020-01-01\n'), POSITIONAL);
  assert.deepEqual(read('x,y\n'), POSITIONAL);
});

test('a header is found by its names: any order, some left out, case, spaces, dashes and quotes alike', () => {
  assert.deepEqual(read('born_at,ID\n'), {
    columns: ['born_at', 'id'],
    header: true,
    dataStart: 11,
    dataLine: 1,
  });
  assert.deepEqual(read('"First-Name", id ,BORN AT\r\n1,')?.columns, ['first name', 'id', 'born_at']);
  assert.deepEqual(read('\n\r\nid\r\n1')?.dataStart, 7);
  assert.deepEqual(read('\n\r\nid\r\n1')?.dataLine, 3);
});

test('a first record that could be data is data, though one of its values is the name of a column', () => {
  assert.deepEqual(read('1,id,2020-01-01\n'), POSITIONAL);
});

test('a bad record in which one field in three is a name is a bad record, not a bad header', () => {
  assert.deepEqual(read('x,y,id\n'), POSITIONAL);
  assert.deepEqual(read('1000,id,0,0\n'), POSITIONAL);
  assert.throws(() => read('id,nme,born_at\n'), { code: 'header-invalid' });
});

test('a header with unknown, doubled or computed names is an error that lists the near matches', () => {
  assert.throws(() => read('id,frist name,born_at\n'), {
    code: 'header-invalid',
    message: /unknown column "frist name", did you mean first name\?/,
    hint: 'columns of t: id, first name, born_at, age',
  });
  assert.throws(() => read('id,ID\n'), { message: /column "ID" stands twice/ });
  assert.throws(() => read('id,age\n'), { message: /column age is computed by the database/ });
});

test('the dialect may say that there is a header, or that there is none', () => {
  assert.throws(() => read('1,Ann,2020-01-01\n', { header: true }), { code: 'header-invalid' });
  assert.deepEqual(read('id,first name,born_at\n', { header: false }), POSITIONAL);
});

test('a header whose quote is never closed is one that cannot be read', () => {
  assert.deepEqual(read('"id,name\n1,a,\n'), POSITIONAL);
  assert.throws(() => read('"id,name\n1,a,\n', { header: true }), {
    code: 'header-invalid',
    message: /the header has a quote that is never closed/,
  });
});

test('too many columns are told without listing them', () => {
  assert.throws(
    () => read(`${Array.from({ length: 1001 }, (_, i) => `c${i}`).join(',')}\n`, { header: true }),
    {
      code: 'header-invalid',
      message: /1001 columns; at most 1000/,
    },
  );
});

test('nothing to read yet, and nothing at all', () => {
  assert.equal(read('id,first', {}, false), null);
  assert.equal(read('', {}, false), null);
  assert.deepEqual(read(''), { ...POSITIONAL });
  assert.deepEqual(read('\n\n'), { ...POSITIONAL, dataStart: 2, dataLine: 2 });
});

test('a column is found by its own name before a like one', () => {
  const alike = tableOf([typed('a b', 'TEXT'), typed('a_b', 'TEXT'), typed('A-B ', 'TEXT')]);
  assert.deepEqual(
    namedPlan(alike, ['a_b', 'a b', 'A-B ']).columns.map((each) => each.name),
    ['a_b', 'a b', 'A-B '],
  );
});

test('names of a header that would break SQL or a log are names like any other', () => {
  for (const name of ['a"); DROP TABLE t;--', '`', 'x'.repeat(100), 'a\u0000b', '__proto__']) {
    assert.throws(() => namedPlan(TABLE, ['id', name]), {
      code: 'header-invalid',
      message: /unknown column "/,
    });
  }
});
