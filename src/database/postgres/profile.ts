import type { ColumnForm, StoredColumn } from '../../model/stored-table.ts';
import type { Column, Table } from '../../model/table.ts';
import { quoteName } from './names.ts';
import { DECIMAL_DIGITS, decimalSize } from './numeric-fixed.ts';
import type { Session } from './session.ts';

/** In which form each column is kept: typed where every value fits, text otherwise; found by one query. */

export interface Profile {
  readonly rows: number;
  readonly columns: readonly StoredColumn[];
}

/** What the type asks for, and what tells, over all values, that one does not fit. */
interface Wish {
  readonly form: ColumnForm;
  /** An aggregate of `c`, the column; null: every value fits. */
  readonly misfit: string | null;
  readonly reason: string;
}

const every = (form: ColumnForm): Wish => ({ form, misfit: null, reason: '' });

const simple = (kind: Exclude<ColumnForm['kind'], 'classes' | 'decimal' | 'timestamp-micros'>): Wish =>
  every({ kind });

const timestamps = (utc: boolean): Wish => ({
  form: { kind: 'timestamp-micros', utc },
  misfit: "min(c) < '0001-01-01' OR max(c) >= '10000-01-01'",
  reason: 'it holds times before the year 1 or after the year 9999, or infinity',
});

/** By pg_type.typname, domains undone; the others are text. */
const WISHES: Readonly<Record<string, Wish>> = {
  bool: simple('boolean'),
  int2: simple('int'),
  int4: simple('int'),
  int8: simple('long'),
  oid: simple('long'),
  float4: simple('float'),
  float8: simple('double'),
  bytea: simple('bytes'),
  date: {
    form: { kind: 'date' },
    misfit: "min(c) < '0001-01-01' OR max(c) > '9999-12-31'",
    reason: 'it holds dates before the year 1 or after the year 9999, or infinity',
  },
  time: { form: { kind: 'time-micros' }, misfit: "max(c) = '24:00'", reason: 'it holds 24:00:00' },
  timestamp: timestamps(false),
  timestamptz: timestamps(true),
};

function wishOf({ baseType = '', precision, scale }: Column): Wish {
  if (baseType !== 'numeric') return WISHES[baseType] ?? simple('string');
  // Without a precision each value shows digits of its own: 1.5 is not 1.50.
  if (precision === undefined || scale === undefined) return simple('string');
  if (precision > DECIMAL_DIGITS || scale < 0 || scale > precision) return simple('string');
  return {
    form: { kind: 'decimal', precision, scale, size: decimalSize(precision) },
    misfit: "max(c) = 'NaN'",
    reason: 'it holds NaN',
  };
}

/** `relation`: as a query names it. `required`: the columns of which the table itself says NOT NULL. */
export async function profileColumns(
  session: Session,
  table: Table,
  relation: string,
  required: ReadonlySet<string>,
): Promise<Profile> {
  const wishes = table.columns.map(wishOf);
  const misfits = table.columns.map((column, index) => {
    const misfit = wishes[index]?.misfit ?? null;
    return misfit === null ? 'false' : misfit.replaceAll('(c)', `(${quoteName(column.name)})`);
  });
  const asked = misfits.map((misfit, index) => `, ${misfit} AS m${index}`);
  const [row] = await session.rows(`SELECT count(*) AS rows${asked.join('')} FROM ${relation}`);
  return {
    rows: Number(row?.rows),
    columns: table.columns.map((column, index) => {
      const wish = wishes[index] ?? simple('string');
      const fits = row?.[`m${index}`] !== 1;
      const { name, sqlType, nullable, generated, identity } = column;
      return {
        name,
        sqlType,
        nullable,
        default: column.default,
        generated,
        identity,
        form: fits ? wish.form : { kind: 'string' },
        optional: !required.has(name),
        reason: fits ? null : wish.reason,
      };
    }),
  };
}
