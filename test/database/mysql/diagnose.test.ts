import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scan } from '../../../src/csv/scan.ts';
import { diagnoseDuplicates } from '../../../src/database/mysql/diagnose.ts';
import { encodeRows } from '../../../src/database/mysql/encode.ts';
import type { Column, UniqueKey } from '../../../src/model/table.ts';
import { column, planOf, toBytes } from '../../check/judge.ts';

const COLUMNS = [column('id', 'integer'), column('a', 'text'), column('d', 'decimal')];
const key = (name: string, ...columns: readonly string[]): UniqueKey => ({
  name,
  columns,
  primary: name === 'PRIMARY',
});

/** Records that are told as refused, for warnings as `value for key`; null when it is left open. */
function refused(
  csv: string,
  warnings: readonly string[],
  keys: readonly UniqueKey[] = [key('PRIMARY', 'id')],
  columns: readonly Column[] = COLUMNS,
): number[] | null {
  const plan = planOf(columns, { uniqueKeys: keys });
  const tape = scan(toBytes(csv), { delimiter: 44, quote: 34, width: columns.length, last: true });
  const { rows, data, layout } = encodeRows(tape, new Uint8Array(tape.records), plan);
  const conditions = warnings.map((warning) => {
    const [value = '', name = ''] = warning.split(' for ');
    return { errno: 1062, message: `Duplicate entry '${value}' for key '${name}'` };
  });
  const sent = { affected: rows - warnings.length, warnings: conditions };
  const found = diagnoseDuplicates(plan)({ data, layout }, sent);
  return found === null ? null : [...found.keys()].sort((a, b) => a - b);
}

test('a key that stood in the table: all rows that have it', () => {
  assert.deepEqual(refused('1,,\n2,,\n1,,\n3,,\n', ['1 for PRIMARY', '1 for PRIMARY']), [0, 2]);
});

test('a key of the file: all rows that have it but the first', () => {
  assert.deepEqual(refused('1,,\n2,,\n1,,\n+01,,\n', ['1 for PRIMARY', '1 for PRIMARY']), [2, 3]);
});

test('both servers’ names for keys; keys of several columns', () => {
  const keys = [key('PRIMARY', 'id'), key('both', 'd', 'a')];
  assert.deepEqual(
    refused('1,x-y,1.50\n2,x-y,1.5\n1,z,2\n', ['1 for t.PRIMARY', '1.5-x-y for my.t.both'], keys),
    [1, 2],
  );
});

test('quotes in values', () => {
  const keys = [key('a', 'a')];
  assert.deepEqual(
    refused("1,it's for key 'b',\n2,it's for key 'b',\n", ["it's for key 'b' for a"], keys),
    null,
  );
  assert.deepEqual(refused("1,it's,\n2,it's,\n", ["it's for a"], keys), [1]);
});

test('what is open is left open', () => {
  const two = [key('PRIMARY', 'id'), key('a', 'a')];
  // Neither all nor all but one.
  assert.equal(refused('1,,\n1,,\n1,,\n', ['1 for PRIMARY']), null);
  // A value as no row has it: cut short, or as the column rounds it.
  assert.equal(refused('1,,\n', ['100 for PRIMARY']), null);
  // A key that is not known.
  assert.equal(refused('1,x,\n', ['x for start']), null);
  // Both keys claim the same row, so one of them is wrong.
  assert.equal(refused('1,x,\n2,x,\n2,y,\n', ['x for a', '2 for PRIMARY', 'x for a'], two), null);
  // Words of another language.
  const plan = planOf(COLUMNS, { uniqueKeys: two });
  const layout = { starts: Int32Array.of(0, 8), records: Int32Array.of(0) };
  const rows = { data: new TextEncoder().encode('1\t\\N\t\\N\n'), layout };
  const sent = {
    affected: 0,
    warnings: [{ errno: 1062, message: "Doppelter Eintrag '1' für Schlüssel 'PRIMARY'" }],
  };
  assert.equal(diagnoseDuplicates(plan)(rows, sent), null);
});
