import { RowferryError } from '../../errors.ts';
import { formatProblem } from '../../lib/date-format.ts';
import type { ColumnReading } from '../../model/column-reading.ts';
import type { Dialect } from '../../model/dialect.ts';
import type { Column } from '../../model/table.ts';

/**
 * How the values of a column are written: as its schema says, else as the dialect does. Of the dialect only what
 * concerns the kind of the column. `dialect-invalid` for a format of dates that has problems.
 */
export function readingOf(column: Column, dialect: Dialect): ColumnReading {
  const own = column.read ?? {};
  switch (column.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
      return { ...own, ...marksOf(own, dialect) };
    case 'boolean':
      return { ...own, ...spellingsOf(own, dialect) };
    case 'date':
      return { ...own, ...formatOf(column, 'date', own.format ?? dialect.dateFormat) };
    case 'datetime':
      return {
        ...own,
        ...formatOf(column, 'datetime', own.format ?? dialect.datetimeFormat),
        ...zoneOf(own, dialect),
      };
    case 'time':
      return { ...own, ...formatOf(column, 'time', own.format ?? null), ...zoneOf(own, dialect) };
    default:
      return own;
  }
}

/** Of two marks that are the same the one that was not declared for the column gives way. */
function marksOf(own: ColumnReading, dialect: Dialect): ColumnReading {
  const decimalChar = own.decimalChar ?? dialect.decimalChar;
  const groupChar = own.groupChar === undefined ? dialect.groupChar : own.groupChar;
  if (groupChar !== decimalChar) return { decimalChar, groupChar };
  return own.decimalChar === undefined ? { decimalChar: '.', groupChar } : { decimalChar, groupChar: null };
}

function spellingsOf(own: ColumnReading, dialect: Dialect): ColumnReading {
  const trueValues = own.trueValues ?? without(dialect.trueValues, own.falseValues);
  const falseValues = own.falseValues ?? without(dialect.falseValues, own.trueValues);
  return {
    ...(trueValues === undefined ? {} : { trueValues }),
    ...(falseValues === undefined ? {} : { falseValues }),
  };
}

function without(values: readonly string[] | null, taken: readonly string[] = []): string[] | undefined {
  return values?.filter((value) => !taken.includes(value));
}

function formatOf(
  column: Column,
  kind: 'date' | 'time' | 'datetime',
  format: string | null,
): { format?: string } {
  if (format === null || format === 'default') return { format: 'default' };
  const problem = formatProblem(format, kind);
  if (problem === null) return { format };
  throw new RowferryError(
    'dialect-invalid',
    `the format ${JSON.stringify(format)} of column ${column.name} ${problem}`,
    { hint: 'docs/types.md lists the directives of formats' },
  );
}

function zoneOf({ timeZone }: ColumnReading, dialect: Dialect): ColumnReading {
  const zone = timeZone ?? dialect.timeZone;
  return zone === null ? {} : { timeZone: zone };
}
