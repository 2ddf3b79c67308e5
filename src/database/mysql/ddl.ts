import type { PlannedColumn, PlannedTable, PlannedType } from '../../model/table-plan.ts';
import { type ColumnPlace, type Ddl, roundedLength, type SqlType } from '../ddl.ts';
import { quoteName } from './names.ts';

const NAME_CHARACTERS = 64;
const DECIMAL_DIGITS = 65;
const DECIMAL_SCALE = 30;
/** Microseconds. */
const FRACTION_DIGITS = 6;
const UUID_LENGTH = 36;
/** Of one character in utf8mb4. */
const CHARACTER_BYTES = 4;
/** All columns of a row that are not TEXT have 65,535 bytes together; some are left for lengths and NULLs. */
const ROW_BYTES = 60_000;
const TEXT_BYTES = 65_535;
/** Compares by code point, so that texts are the same only when they are. */
const EXACT = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** TIMESTAMP ends in 2038 and a DATETIME keeps no zone: moments in UTC go into a DATETIME, as UTC. */
export const mysqlDdl: Ddl = {
  quoteName,
  fitName,
  typeOf: (column: PlannedColumn, place: ColumnPlace): SqlType => sqlType(column, column.type, place),
  tableOptions: ' ENGINE = InnoDB CHARACTER SET utf8mb4',
  forwardReferences: false,
};

/** Names have no characters beyond U+FFFF, and no spaces at their end. */
function fitName(name: string): string {
  const basic = name.replace(/[\u{10000}-\u{10ffff}]/gu, '_');
  return basic.slice(0, NAME_CHARACTERS).trimEnd();
}

function sqlType(column: PlannedColumn, type: PlannedType, place: ColumnPlace): SqlType {
  const asText = (reason: string): SqlType => ({ ...text(column, place), note: `text, as ${reason}` });
  switch (type.kind) {
    case 'integer':
      return plain(type.bits === 32 ? 'INT' : 'BIGINT');
    case 'decimal':
      return type.precision <= DECIMAL_DIGITS && type.scale <= DECIMAL_SCALE
        ? plain(`DECIMAL(${type.precision},${type.scale})`)
        : asText(`a DECIMAL has ${DECIMAL_DIGITS} digits at most, ${DECIMAL_SCALE} after the point`);
    case 'time':
    case 'datetime':
      if (type.fractionDigits > FRACTION_DIGITS)
        return asText(`a second has ${FRACTION_DIGITS} digits at most`);
      if (type.kind === 'time') return plain(`TIME${fraction(type.fractionDigits)}`);
      if (type.zone !== 'any') return plain(`DATETIME${fraction(type.fractionDigits)}`);
      return type.inTimestamp
        ? plain(timestamp(fraction(type.fractionDigits), column.nullable))
        : asText('a TIMESTAMP lies in the years 1970 to 2038');
    case 'uuid':
      return plain(`CHAR(${UUID_LENGTH})${place.keyed ? ` ${EXACT}` : ''}`);
    case 'binary':
      return plain('LONGBLOB');
    case 'float':
      return plain('DOUBLE');
    case 'text':
      return text(column, place);
    default:
      return plain(type.kind.toUpperCase());
  }
}

const fraction = (digits: number): string => (digits === 0 ? '' : digits <= 3 ? '(3)' : '(6)');

/** Without a default the first one of a table would be set by every UPDATE, where the server is set up as of old. */
const timestamp = (digits: string, nullable: boolean): string =>
  `TIMESTAMP${digits}${nullable ? '' : ` DEFAULT CURRENT_TIMESTAMP${digits}`}`;

/** A key wants a VARCHAR; elsewhere it is one as long as the row has room for all of them. */
function text({ longest, longestBytes }: PlannedColumn, { keyed, table }: ColumnPlace): SqlType {
  const length = roundedLength(longest);
  if (length !== null && (keyed || varcharBytes(table) <= ROW_BYTES)) {
    return plain(`VARCHAR(${length})${keyed ? ` ${EXACT}` : ''}`);
  }
  return plain(longestBytes * 2 <= TEXT_BYTES ? 'TEXT' : 'MEDIUMTEXT');
}

function varcharBytes({ columns }: PlannedTable): number {
  return columns.reduce((sum, { longest }) => sum + (roundedLength(longest) ?? 0) * CHARACTER_BYTES, 0);
}

const plain = (sql: string): SqlType => ({ sql, note: null });
