/** A figure of the table that `npm run bench` prints. */
import { cpus, totalmem } from 'node:os';

export interface Result {
  readonly what: string;
  readonly value: string;
  /** The same figure of the native tool, taken in the same run. */
  readonly beside: string;
  /** Ours divided by theirs. */
  readonly ratio: string;
  readonly target: string;
}

/** In the order of the columns. */
const COLUMNS = ['what', 'value', 'beside', 'ratio', 'target'] as const;

export function printResults(results: readonly Result[], write: (line: string) => void): void {
  const rows = [
    { what: '', value: 'rowferry', beside: 'beside it', ratio: 'ratio', target: 'target' },
    ...results,
  ];
  const widths = COLUMNS.map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = COLUMNS.map((column, index) => row[column].padEnd(widths[index] ?? 0));
    write(`| ${cells.join(' | ')} |`);
    if (row === rows[0]) write(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  }
}

/** Machine and date, without which a figure says nothing. */
export function circumstances(): string {
  const processors = cpus();
  return [
    new Date().toISOString().slice(0, 10),
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}`,
    `SQLite ${process.versions.sqlite ?? ''}`,
  ].join(', ');
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
export const seconds = (value: number): string => `${value.toFixed(2)} s`;
