import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { check } from '../../src/check/check.ts';
import { scan } from '../../src/csv/scan.ts';
import { openDatabase } from '../../src/database/open.ts';
import { ROOT } from './source.ts';

/** Rows of the tables of docs/rejects.md, cells without their backticks. */
const rows = [...readFileSync(join(ROOT, 'docs/rejects.md'), 'utf8').matchAll(/^\| `[^|]*\|.*\|$/gm)].map(
  ([row]) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
);

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'rowferry-rejects-page-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Codes that the check finds in a record of a table whose first column is declared so. */
async function codesOf(code: string, declared: string, record: string): Promise<string[]> {
  const url = `sqlite:${join(folder, code)}`;
  const connection = await openDatabase(url);
  await connection.execute(`CREATE TABLE example (a ${declared}, b TEXT)`);
  const [table] = await connection.introspect();
  await connection.close();
  assert.ok(table);
  const bytes = new TextEncoder().encode(record);
  const tape = scan(bytes, { delimiter: 44, quote: 34, width: 2, last: true });
  return check(tape, { table, columns: table.columns, fields: [0, 1] }).codes;
}

for (const [code = '', , declared = '', field = ''] of rows.filter((cells) => cells.length === 4)) {
  // SQLite has no ENUM and no patterns: those come with other dictionaries.
  if (code === 'enum' || code === 'pattern') continue;
  test(`docs/rejects.md: ${field} in ${declared} is ${code}`, async () => {
    const value = code === 'missing' ? '' : `"${field.replaceAll('"', '""')}"`;
    assert.deepEqual(await codesOf(code, declared, `${value},b\n`), [code]);
  });
}
