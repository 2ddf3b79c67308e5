import type { SniffColumn, SniffTable } from '../../../src/csv/sniff/fit.ts';
import { type Sniffed, type SniffOptions, sniff } from '../../../src/csv/sniff/sniff.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../../src/model/dialect.ts';

export function column(name: string, kind: string, more: Partial<SniffColumn> = {}): SniffColumn {
  return { name, kind, nullable: true, generated: false, ...more };
}

export function tableOf(...columns: readonly SniffColumn[]): SniffTable {
  return { name: 't', columns };
}

/** One column of each kind that is written in many ways. */
export const SALES = tableOf(
  column('id', 'integer'),
  column('name', 'text'),
  column('amount', 'decimal', { scale: 2 }),
  column('day', 'date'),
  column('ok', 'boolean'),
);
export const NAMES = SALES.columns.map(({ name }) => name);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function sniffText(text: string, options: Partial<SniffOptions> = {}): Sniffed {
  return sniff(bytesOf(text), { whole: true, ...options });
}

/** What is not as RFC 4180 has it. */
export function unusual(dialect: Dialect): Partial<Dialect> {
  const entries = Object.entries(dialect);
  return Object.fromEntries(
    entries.filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(DEFAULT_DIALECT, name)),
    ),
  );
}

/** Twenty records of SALES, changed by `change`. */
export function salesRows(
  delimiter: string,
  change: (record: string[], i: number) => readonly string[] = (record) => record,
): string {
  const lines = Array.from({ length: 20 }, (_, i) => {
    const day = `2020-01-${String(i + 1).padStart(2, '0')}`;
    return change([String(i + 1), `name ${i}`, (i * 1.5).toFixed(2), day, i % 2 ? 'true' : 'false'], i);
  });
  return lines.map((line) => `${line.join(delimiter)}\n`).join('');
}
