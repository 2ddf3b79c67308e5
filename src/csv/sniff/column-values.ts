import type { FieldColumns, SniffColumn } from './fit.ts';
import type { Row } from './tokenize.ts';

/** What stands in one column of a sample. */
export interface ColumnValues {
  readonly column: SniffColumn;
  /** Neither empty nor of a record with another number of fields. */
  readonly values: readonly Value[];
}

export interface Value {
  readonly text: string;
  readonly quoted: boolean;
  /** 0-based physical line of its record. */
  readonly line: number;
}

export function valuesOf(records: readonly Row[], columns: FieldColumns): ColumnValues[] {
  return columns.flatMap((column, i) => {
    if (column === null) return [];
    const values: Value[] = [];
    for (const { cells, quoted, fault, line } of records) {
      const text = cells[i] ?? '';
      if (text === '' || fault || cells.length !== columns.length) continue;
      values.push({ text, quoted: quoted[i] === true, line });
    }
    return [{ column, values }];
  });
}
