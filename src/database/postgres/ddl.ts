import type { PlannedColumn, PlannedType } from '../../model/table-plan.ts';
import type { Ddl, SqlType } from '../ddl.ts';
import { quoteName } from './names.ts';

/** Longer names are cut by the server without a word (NAMEDATALEN - 1). */
const NAME_BYTES = 63;
/** Digits that numeric(p,s) may have; without p and s there are more. */
const DECIMAL_DIGITS = 1000;
/** Microseconds. */
const FRACTION_DIGITS = 6;
/** Digits of a numeric without precision: before the point, and after it. */
const MOST_WHOLE = 131_072;
const MOST_SCALE = 16_383;

export const postgresDdl: Ddl = {
  quoteName,
  fitName,
  typeOf: ({ type }: PlannedColumn): SqlType => sqlType(type),
  tableOptions: '',
  forwardReferences: false,
};

/** Columns that every table has. */
const SYSTEM = /^(?:tableoid|[xc]min|[xc]max|ctid)$/;

function fitName(name: string): string {
  if (SYSTEM.test(name)) return `${name}_`;
  let fitting = '';
  for (const character of name) {
    if (Buffer.byteLength(fitting + character) > NAME_BYTES) break;
    fitting += character;
  }
  return fitting;
}

const TEXT = (reason: string): SqlType => ({ sql: 'TEXT', note: `TEXT, as ${reason}` });

function sqlType(type: PlannedType): SqlType {
  switch (type.kind) {
    case 'integer':
      return plain(type.bits === 32 ? 'INTEGER' : 'BIGINT');
    case 'decimal':
      return decimal(type.precision, type.scale);
    case 'time':
    case 'datetime':
      if (type.fractionDigits > FRACTION_DIGITS)
        return TEXT(`a second has ${FRACTION_DIGITS} digits at most`);
      if (type.kind === 'time') return plain('TIME');
      return plain(type.zone === 'none' ? 'TIMESTAMP' : 'TIMESTAMPTZ');
    case 'binary':
      return plain('BYTEA');
    case 'float':
      return plain('DOUBLE PRECISION');
    default:
      return plain(type.kind.toUpperCase());
  }
}

function decimal(precision: number, scale: number): SqlType {
  if (precision <= DECIMAL_DIGITS) return plain(`NUMERIC(${precision},${scale})`);
  if (precision - scale <= MOST_WHOLE && scale <= MOST_SCALE) return plain('NUMERIC');
  return TEXT('no number has so many digits');
}

const plain = (sql: string): SqlType => ({ sql, note: null });
