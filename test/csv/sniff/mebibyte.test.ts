import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sniff } from '../../../src/csv/sniff/sniff.ts';
import type { Column } from '../../../src/model/table.ts';

const column = (name: string, kind: Column['kind']) => ({ name, kind, nullable: true, generated: false });
const COLUMNS = [
  column('id', 'integer'),
  column('name', 'text'),
  column('amount', 'decimal'),
  column('day', 'date'),
];
const line = (i: number): string =>
  `${i};"M. \\"${i}\\", a | b, c";1.234,${i % 100};${1 + (i % 28)}.${1 + (i % 12)}.2020\n`;

/** How long it takes, cold, is measured by `npm run bench -- --only reading`. */
test('as much of a file as is looked at, cut within a record', () => {
  const text = `id;name;amount;day\n${Array.from({ length: 30_000 }, (_, i) => line(i)).join('')}`;
  const bytes = new TextEncoder().encode(text).subarray(0, 1 << 20);
  const { dialect, questions } = sniff(bytes, { table: { name: 't', columns: COLUMNS }, whole: false });
  assert.deepEqual(
    [dialect.delimiter, dialect.escapeChar, dialect.decimalChar, dialect.dateFormat, questions],
    [';', '\\', ',', '%d.%m.%Y', []],
  );
});
