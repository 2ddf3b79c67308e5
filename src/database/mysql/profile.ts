import type { ColumnForm, StoredColumn } from '../../model/stored-table.ts';
import type { Column, Table } from '../../model/table.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/** In which form the values of each column can be kept (backup.md, Types). */

/** Most digits of the decimals that readers of Avro know. */
const DECIMAL_DIGITS = 38;

interface TypeForm {
  readonly form: ColumnForm;
  readonly reason?: string;
}

const INT: ColumnForm = { kind: 'int' };
const LONG: ColumnForm = { kind: 'long' };
const STRING: ColumnForm = { kind: 'string' };

/**
 * By the types alone, unless careful: then dates, times and timestamps that no logical type has a place for make their
 * column a string. All other types hold nothing that their form does not.
 */
export async function profileColumns(
  session: Session,
  table: Table,
  careful: boolean,
): Promise<StoredColumn[]> {
  const columns = table.columns.map(storedColumn);
  const asked = careful ? columns.flatMap((column) => misfitCount(column) ?? []) : [];
  if (asked.length === 0) return columns;
  const sums = asked.map(({ sql }, index) => `SUM(${sql}) AS c${index}`);
  const [row] = await session.rows(`SELECT ${sums.join(', ')} FROM ${quoteName(table.name)}`);
  const reasons = new Map(
    asked.flatMap(({ name, what }, index) => {
      const count = Number(row?.[`c${index}`] ?? 0);
      return count === 0 ? [] : [[name, `values that are ${what}: ${count}`]];
    }),
  );
  return columns.map((column) => {
    const reason = reasons.get(column.name);
    return reason === undefined ? column : { ...column, form: STRING, reason };
  });
}

function storedColumn(column: Column): StoredColumn {
  const { name, sqlType, nullable, generated, identity } = column;
  const { form, reason = null } = formOf(column);
  // A generated column may give NULL whatever is said of it.
  const optional = nullable || generated;
  return { name, sqlType, nullable, default: column.default, generated, identity, form, optional, reason };
}

function formOf({ baseType = '', sqlType, kind, precision = 0, scale = 0 }: Column): TypeForm {
  const unsigned = /\bunsigned\b/i.test(sqlType);
  switch (baseType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'year':
      return { form: INT };
    case 'int':
      return { form: unsigned ? LONG : INT };
    case 'bigint':
      return { form: unsigned ? decimal(20, 0) : LONG };
    case 'decimal':
      if (precision <= DECIMAL_DIGITS) return { form: decimal(precision, scale) };
      return { form: STRING, reason: `a decimal of Avro has ${DECIMAL_DIGITS} digits at most` };
    case 'float':
    case 'double':
    case 'date':
      return { form: { kind: baseType } };
    case 'time':
      return { form: { kind: 'time-micros' } };
    case 'timestamp':
    case 'datetime':
      return { form: { kind: 'timestamp-micros', utc: baseType === 'timestamp' } };
    default:
      return { form: kind === 'binary' ? { kind: 'bytes' } : STRING };
  }
}

/** In the fewest bytes that hold each number of so many digits, with its sign. */
function decimal(precision: number, scale: number): ColumnForm {
  let size = 1;
  while (1n << BigInt(8 * size - 1) < 10n ** BigInt(precision)) size++;
  return { kind: 'decimal', precision, scale, size };
}

interface Asked {
  readonly name: string;
  /** True for a value that does not fit. */
  readonly sql: string;
  readonly what: string;
}

/** The days that a date stands for are no other date's; year 0 and what is none have no days, or those of another. */
function misfitCount({ name, form }: StoredColumn): Asked[] | null {
  const column = quoteName(name);
  switch (form.kind) {
    case 'date':
    case 'timestamp-micros':
      return [
        {
          name,
          sql: `NOT (FROM_DAYS(TO_DAYS(${column})) <=> DATE(${column}))`,
          what: 'no dates of the years 1 to 9999',
        },
      ];
    case 'time-micros':
      return [
        {
          name,
          sql: `${column} < TIME '00:00:00' OR ${column} >= TIME '24:00:00'`,
          what: 'no times of a day',
        },
      ];
    default:
      return null;
  }
}
