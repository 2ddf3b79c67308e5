import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitTable, type TableText } from '../../src/cli/fit-table.ts';
import { layOut } from '../../src/cli/ui.ts';

const TABLE: TableText = {
  heads: ['load', 'when', 'file', 'read>', 'skipped>'],
  rows: [
    ['01KAN3M0V5Q5X8W2B7R4T9Y6ZC', '2026-11-23 04:30:38', 'hired_employees-2021-12-export.csv', '1,999', '0'],
    ['01KAN3M0V5Q5X8W2B7R4T9Y6ZD', '2026-11-23 04:30:39', 'jobs.csv', '183', '0'],
  ],
};
const fitting = { drop: ['skipped>', 'when'], cut: ['file'] };
const widest = ({ heads, rows }: TableText) => Math.max(...layOut(heads, rows).map((line) => line.length));

test('a table that fits, or goes into a file, stays as it is', () => {
  assert.equal(fitTable(TABLE, { ...fitting, width: null }), TABLE);
  assert.equal(fitTable(TABLE, { ...fitting, width: widest(TABLE) }), TABLE);
});

test('texts are cut in the middle before columns are left out, one after the other', () => {
  const width = widest(TABLE);
  for (let less = 1; less < 70; less++) {
    const table = fitTable(TABLE, { ...fitting, width: width - less });
    assert.ok(widest(table) <= Math.max(width - less, 45), `${width - less}`);
    assert.equal(table.rows[0]?.[0], TABLE.rows[0]?.[0]);
  }
  const cut = fitTable(TABLE, { ...fitting, width: width - 4 });
  assert.deepEqual(cut.heads, TABLE.heads);
  assert.match(cut.rows[0]?.[2] ?? '', /^hired_employees?.*….*export\.csv$/);
  assert.equal(cut.rows[1]?.[2], 'jobs.csv');
  assert.deepEqual(fitTable(TABLE, { ...fitting, width: 70 }).heads, ['load', 'when', 'file', 'read>']);
  assert.deepEqual(fitTable(TABLE, { ...fitting, width: 60 }).heads, ['load', 'file', 'read>']);
});
