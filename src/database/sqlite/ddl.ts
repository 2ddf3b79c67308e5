import type { PlannedColumn, PlannedType } from '../../model/table-plan.ts';
import type { Ddl, SqlType } from '../ddl.ts';

/** Digits that a column of NUMERIC affinity keeps (docs/types.md). */
const DECIMAL_DIGITS = 15;
/** Digits of a fraction of a second that the dictionary takes in DATETIME and TIME. */
const FRACTION_DIGITS = 9;

export const sqliteDdl: Ddl = {
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  fitName: (name) => name,
  typeOf: ({ type }: PlannedColumn): SqlType => sqlType(type),
  tableOptions: '',
  forwardReferences: true,
};

const TEXT = (reason: string): SqlType => ({ sql: 'TEXT', note: `TEXT, as ${reason}` });

function sqlType(type: PlannedType): SqlType {
  switch (type.kind) {
    case 'decimal':
      return type.precision <= DECIMAL_DIGITS
        ? plain(`DECIMAL(${type.precision},${type.scale})`)
        : TEXT(`SQLite keeps ${DECIMAL_DIGITS} digits of a decimal`);
    case 'time':
    case 'datetime':
      if (type.fractionDigits > FRACTION_DIGITS)
        return TEXT(`a second has ${FRACTION_DIGITS} digits at most`);
      if (type.kind === 'time') return plain('TIME');
      return plain(type.zone === 'none' ? 'DATETIME' : 'TIMESTAMPTZ');
    case 'binary':
      return plain('BLOB');
    case 'float':
      return plain('DOUBLE');
    default:
      return plain(type.kind.toUpperCase());
  }
}

const plain = (sql: string): SqlType => ({ sql, note: null });
