import type { FieldColumns, SniffColumn } from './fit.ts';
import { isNullMark } from './null-marks.ts';
import type { Row } from './tokenize.ts';

/** What stands in one column of a sample. */
export interface ColumnValues {
  readonly column: SniffColumn;
  /** Neither empty nor of a record with another number of fields; none of a column of text or one that is settled. */
  readonly values: readonly Value[];
  /** A field that is not empty stood without quotes, or there was none at all. */
  readonly bare: boolean;
  /** Marks of NULL that stand without quotes in a column of text: they may be words there. */
  readonly words: ReadonlySet<string>;
}

export interface Value {
  readonly text: string;
  readonly quoted: boolean;
  /** 0-based physical line of its record. */
  readonly line: number;
}

const NONE: ReadonlySet<string> = new Set();

export function valuesOf(records: readonly Row[], columns: FieldColumns): ColumnValues[] {
  const whole = records.filter(({ cells, fault }) => !fault && cells.length === columns.length);
  return columns.flatMap((column, i) => {
    if (column === null) return [];
    const filled = whole.filter(({ cells }) => cells[i] !== '');
    const bare = filled.length === 0 || filled.some(({ quoted }) => !quoted[i]);
    if (column.kind === 'text' || column.settled === true) {
      const marks = filled
        .flatMap(({ cells, quoted }) => (quoted[i] ? [] : [cells[i] ?? '']))
        .filter(isNullMark);
      return [{ column, values: [], bare, words: new Set(marks) }];
    }
    const values = filled.map(({ cells, quoted, line }) => ({
      text: cells[i] ?? '',
      quoted: quoted[i] === true,
      line,
    }));
    return [{ column, values, bare, words: NONE }];
  });
}
